package spectral

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigia-project/vigia/internal/recorded"
)

// A planted scene is a real background with a plume put into it.
type planted struct {
	lines, samples, bands int
	x                     []float32
}

func (p *planted) Shape() (int, int, int) { return p.lines, p.samples, p.bands }

func (p *planted) ReadPixels(dst []float32, first int) error {
	copy(dst, p.x[first*p.bands:])
	return nil
}

// realBackground is the recorded cube to plant plumes in, 90 × 90 × 224.
func realBackground(t testing.TB) *planted {
	path := recorded.Dir(t, "spectra/targets/background_224.img")
	b, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	p := &planted{lines: 90, samples: 90, bands: 224, x: make([]float32, len(b)/4)}
	for i := range p.x {
		p.x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return p.without(t)
}

// without leaves out the bands that the recording has as zero, in water's lines.
func (p *planted) without(t testing.TB) *planted {
	scene, err := Prepare(p, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := &planted{lines: p.lines, samples: p.samples, bands: len(scene.Bands)}
	for i := range p.lines * p.samples {
		for _, b := range scene.Bands {
			out.x = append(out.x, p.x[i*p.bands+b])
		}
	}
	return out
}

// plant puts absorption of the given columns (a factor for each gas) into a
// blob of pixels.
func (p *planted) plant(members []int, depth []float64) *planted {
	out := *p
	out.x = append([]float32(nil), p.x...)
	for _, i := range members {
		for b := range p.bands {
			out.x[i*p.bands+b] *= float32(math.Exp(-depth[b]))
		}
	}
	return &out
}

// blob is a disc of pixels somewhere in the scene.
func blob(r *rand.Rand, p *planted, radius int) (members []int, mask []uint8) {
	l0, s0 := radius+r.IntN(p.lines-2*radius), radius+r.IntN(p.samples-2*radius)
	mask = make([]uint8, p.lines*p.samples)
	for l := range p.lines {
		for s := range p.samples {
			if (l-l0)*(l-l0)+(s-s0)*(s-s0) <= radius*radius {
				members = append(members, l*p.samples+s)
				mask[l*p.samples+s] = 1
			}
		}
	}
	return members, mask
}

// The recorded background's bands are given the wavelengths of a thermal imager,
// 7.6 to 13.4 µm, where the library's gases have their bands: its clutter is
// real, its wavelengths are not.
func TestIdentify_Planted(t *testing.T) {
	base := realBackground(t)
	centres := make([]float64, base.bands)
	for b := range centres {
		centres[b] = 7600 + 5800*float64(b)/float64(base.bands-1)
	}
	var names []string
	var library [][]float64
	for _, g := range Library() {
		k, _ := g.Resample(centres, nil)
		most := 0.0
		for _, v := range k {
			most = max(most, v)
		}
		if most > 2e-5 { // else this sensor does not see it
			names, library = append(names, g.Name), append(library, k)
		}
	}
	t.Logf("%d gases: %s", len(names), strings.Join(names, ", "))
	scene, err := Prepare(base, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !scene.whole() {
		t.Fatalf("bands were left out: %v", scene.Warnings)
	}
	m, err := scene.Measure(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	bg, err := m.Background()
	if err != nil {
		t.Fatal(err)
	}
	sigma := make([]float64, len(library))
	for g, k := range library {
		target, _, err := Target(k, Absorption, bg.Mean, bg.Mean)
		if err != nil {
			t.Fatal(err)
		}
		d, err := NewDetector(bg, target, MF)
		if err != nil {
			t.Fatal(err)
		}
		sigma[g] = d.Sigma
	}
	r := rand.New(rand.NewPCG(11, 0))
	// ask plants gases at some times the filter's standard deviation a pixel.
	ask := func(snr float64, gases []int, known []int) []Answer {
		members, mask := blob(r, base, 6)
		depth := make([]float64, base.bands)
		for _, g := range gases {
			for b, k := range library[g] {
				depth[b] += k * snr * sigma[g]
			}
		}
		some, of := make([]string, len(known)), make([][]float64, len(known))
		for i, g := range known {
			some[i], of[i] = names[g], library[g]
		}
		s := *scene
		s.Source = base.plant(members, depth)
		answers, err := s.Identify(bg, Plume{Members: members}, mask, some, of, 1)
		if err != nil {
			t.Fatal(err)
		}
		return answers
	}
	all := make([]int, len(names))
	for i := range all {
		all[i] = i
	}
	for _, snr := range []float64{4} { // a pixel at four standard deviations is at the limit of detection
		var first, none, pairs, tries float64
		wrong := map[string]string{}
		for g := range names {
			for range 4 {
				tries++
				if got := ask(snr, []int{g}, all)[0].Name; got == names[g] {
					first++
				} else {
					wrong[names[g]] = got
				}
				others := append(append([]int(nil), all[:g]...), all[g+1:]...)
				if got := ask(snr, []int{g}, others)[0].Name; got == None {
					none++
				} else {
					wrong["without "+names[g]] = got
				}
				h := (g + 1 + r.IntN(len(names)-1)) % len(names)
				got := ask(snr, []int{g, h}, all)[0].Name
				if got == names[g]+" + "+names[h] || got == names[h]+" + "+names[g] {
					pairs++
				}
			}
		}
		t.Logf("at %g σ a pixel: right gas first %.0f %%, none of these for one left out %.0f %%, both of a pair first %.0f %%; wrong: %v",
			snr, 100*first/tries, 100*none/tries, 100*pairs/tries, wrong)
		for what, share := range map[string]float64{"the right gas first": first / tries, "none of these for a gas left out": none / tries, "both of a pair first": pairs / tries} {
			if share < 0.9 {
				t.Errorf("%s in %.0f %%; the bar is 90 %%", what, 100*share)
			}
		}
	}
}
