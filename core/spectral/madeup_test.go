package spectral

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// A madeUp scene is a cluttered background with a plume of known columns.
type madeUp struct {
	lines, samples, bands int
	wavelength            []float64 // nm
	absorption            []float64 // per ppm·m
	column                []float64 // ppm·m a pixel, 0 outside the plume
	x                     []float32 // BIP
}

func (m *madeUp) Shape() (int, int, int) { return m.lines, m.samples, m.bands }

func (m *madeUp) ReadPixels(dst []float32, first int) error {
	copy(dst, m.x[first*m.bands:])
	return nil
}

// makeUp makes a scene: smooth materials in patches with their own brightness,
// noise with tails heavier than Gaussian, and where share is not zero a
// widening plume over that share of the scene, absorbing by Beer–Lambert in a
// band of fine lines. Half of the plume's pixels hold less than column ppm·m.
func makeUp(seed uint64, lines, samples, bands int, share, column float64) *madeUp {
	m := &madeUp{lines: lines, samples: samples, bands: bands}
	r := rand.New(rand.NewPCG(seed, 2))
	m.wavelength, m.absorption = make([]float64, bands), make([]float64, bands)
	for b := range bands {
		m.wavelength[b] = 2000 + 500*float64(b)/float64(bands)
		at := (m.wavelength[b] - 2330) / 60
		m.absorption[b] = 2e-5 * math.Exp(-at*at/2) * (1 + 0.6*math.Cos(float64(b)*1.9))
	}
	const materials = 10
	spectra := make([][]float64, materials)
	for i := range spectra {
		spectra[i] = smoothSpectrum(r, m.wavelength)
	}
	patch := patches(r, lines, samples, materials)
	bright := field(r, lines, samples)
	m.column = make([]float64, lines*samples)
	if share > 0 {
		m.release(r, share, column)
	}
	m.x = make([]float32, lines*samples*bands)
	for p := range lines * samples {
		a, c := spectra[patch[p]], spectra[patch[min(p+1, lines*samples-1)]]
		mix, albedo := 0.3*r.Float64(), math.Exp(0.35*bright[p]+0.1*r.NormFloat64())
		tail := 1.0
		if r.Float64() < 0.02 {
			tail = 3
		}
		row := m.x[p*bands : (p+1)*bands]
		for b := range row {
			v := albedo * (a[b]*(1-mix) + c[b]*mix)
			if m.column[p] > 0 {
				v *= math.Exp(-m.absorption[b] * m.column[p])
			}
			row[b] = float32(v + tail*0.01*math.Sqrt(v)*r.NormFloat64())
		}
	}
	return m
}

// smoothSpectrum is a sum of a few broad features.
func smoothSpectrum(r *rand.Rand, nm []float64) []float64 {
	out := make([]float64, len(nm))
	for i := range out {
		out[i] = 2
	}
	for range 6 {
		at, width, height := 1950+600*r.Float64(), 30+120*r.Float64(), r.NormFloat64()*0.4
		for i, w := range nm {
			d := (w - at) / width
			out[i] = max(0.2, out[i]+height*math.Exp(-d*d/2))
		}
	}
	return out
}

// patches gives each pixel the material of its nearest seed, on a coarse grid.
func patches(r *rand.Rand, lines, samples, materials int) []int {
	const cell = 25
	w, h := samples/cell+2, lines/cell+2
	kind, dy, dx := make([]int, w*h), make([]float64, w*h), make([]float64, w*h)
	for i := range kind {
		kind[i], dy[i], dx[i] = r.IntN(materials), r.Float64(), r.Float64()
	}
	out := make([]int, lines*samples)
	for l := range lines {
		for s := range samples {
			best, cy, cx := math.Inf(1), l/cell, s/cell
			for y := max(0, cy-1); y <= min(h-1, cy+1); y++ {
				for x := max(0, cx-1); x <= min(w-1, cx+1); x++ {
					i := y*w + x
					d := math.Hypot((float64(y)+dy[i])*cell-float64(l), (float64(x)+dx[i])*cell-float64(s))
					if d < best {
						best, out[l*samples+s] = d, kind[i]
					}
				}
			}
		}
	}
	return out
}

// field is a smooth random field of about unit variance.
func field(r *rand.Rand, lines, samples int) []float64 {
	out := make([]float64, lines*samples)
	for range 12 {
		fy, fx, phase := r.NormFloat64()*0.05, r.NormFloat64()*0.05, 2*math.Pi*r.Float64()
		for l := range lines {
			for s := range samples {
				out[l*samples+s] += math.Cos(fy*float64(l)+fx*float64(s)+phase) / math.Sqrt(6)
			}
		}
	}
	return out
}

// release fills the plume.
func (m *madeUp) release(r *rand.Rand, share, column float64) {
	want := int(share * float64(m.lines*m.samples))
	l0, s0 := float64(m.lines)*0.3, float64(m.samples)*0.2
	type at struct {
		i int
		v float64
	}
	var all []at
	for l := range m.lines {
		for s := range m.samples {
			along, off := float64(s)-s0, float64(l)-l0-0.3*(float64(s)-s0)
			if along < 1 {
				continue
			}
			width := 3 + 0.12*along
			all = append(all, at{l*m.samples + s, math.Exp(-off*off/(2*width*width)) / width * math.Exp(0.3*r.NormFloat64())})
		}
	}
	slices.SortFunc(all, func(a, b at) int {
		if a.v > b.v {
			return -1
		}
		return 1
	})
	all = all[:want]
	median := all[len(all)/2].v
	for _, p := range all {
		m.column[p.i] = column * p.v / median
	}
}

// save writes the scene and the signature as files.
func (m *madeUp) save(t testing.TB, dir string) {
	t.Helper()
	var wl, csv strings.Builder
	csv.WriteString("wavelength_nm,value\n")
	for b, w := range m.wavelength {
		fmt.Fprintf(&wl, "%s%v", map[bool]string{true: ", "}[b > 0], w)
		fmt.Fprintf(&csv, "%v,%v\n", w, m.absorption[b])
	}
	header := fmt.Sprintf("ENVI\nsamples = %d\nlines = %d\nbands = %d\nheader offset = 0\ndata type = 4\ninterleave = bip\nbyte order = 0\nwavelength units = Nanometers\nwavelength = {%s}\n",
		m.samples, m.lines, m.bands, wl.String())
	truth := make([]float32, len(m.column))
	for i, v := range m.column {
		truth[i] = float32(v)
	}
	for name, b := range map[string][]byte{
		"cube.hdr": []byte(header), "signature.csv": []byte(csv.String()),
		"cube.img": raw(m.x), "truth.f32": raw(truth),
	} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(f)
		_, err = w.Write(b)
		if e := w.Flush(); err == nil {
			err = e
		}
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func raw(v []float32) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v)) }

// TestMakeUpCube writes the benchmark's cube where VIGIA_CUBE says, for other
// programs to be measured on.
func TestMakeUpCube(t *testing.T) {
	dir := os.Getenv("VIGIA_CUBE")
	if dir == "" {
		t.Skip("VIGIA_CUBE names no folder to write the cube to")
	}
	makeUp(1, 1000, 600, 128, 0.01, 500).save(t, dir)
}

// detection is the share of plume pixels that pass the score which a share of
// the others passes.
func detection(m *madeUp, scores []float32, rate float64) float64 {
	var background []float32
	for i, v := range scores {
		if m.column[i] == 0 {
			background = append(background, v)
		}
	}
	limit := selectFrom(background, int(float64(len(background))*(1-rate)))
	found, there := 0.0, 0.0
	for i, v := range scores {
		if m.column[i] > 0 {
			there++
			if v > limit {
				found++
			}
		}
	}
	return found / there
}

// The robust method must not lose against the plain one, and gains where a
// plume is large enough to hide in its own covariance.
func TestDetect_MadeUp(t *testing.T) {
	m := makeUp(3, 240, 300, 64, 0.02, 800)
	scene, err := Prepare(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	pd := map[Method]float64{}
	for _, method := range []Method{MF, ACE, Auto} {
		r, err := Detect(context.Background(), scene, [][]float64{m.absorption}, Options{Method: method, Workers: 2, Rate: 1e-3})
		if err != nil {
			t.Fatal(err)
		}
		pd[method] = detection(m, r.Scores, 1e-3)
		alarms, n := 0.0, 0.0
		for i, v := range r.Scores {
			if m.column[i] == 0 {
				n++
				if float64(v) > r.Threshold.Value {
					alarms++
				}
			}
		}
		t.Logf("%-4s Pd %.3f %.3f %.3f at 1e-2, 1e-3, 1e-4; rate asked 1e-3, came out %.2g (own interval %.1e to %.1e); %d plumes", method,
			detection(m, r.Scores, 1e-2), pd[method], detection(m, r.Scores, 1e-4), alarms/n, r.Threshold.RateLo, r.Threshold.RateHi, len(r.Plumes.Plumes))
	}
	if pd[Auto] < pd[MF] {
		t.Errorf("the robust method finds %.3f and the plain one %.3f", pd[Auto], pd[MF])
	}
}
