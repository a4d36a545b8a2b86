package spectral

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// Planck against the laws that follow from it: over all wavelengths a body of
// 300 K sends out 5.670374·10⁻⁸·300⁴ W/m² (Stefan and Boltzmann), and most at
// 2897.77/300 µm (Wien); and turned round.
func TestPlanck(t *testing.T) {
	sum := 0.0
	for nm := 500.0; nm < 2e6; nm *= 1.001 {
		sum += math.Pi * Planck(nm*1.0005, 300) * nm * 0.001 / 1000
	}
	if want := 5.670374e-8 * math.Pow(300, 4); math.Abs(sum/want-1) > 1e-3 {
		t.Errorf("%v W/m², want %v", sum, want)
	}
	if Planck(9659.2, 300) < Planck(9600, 300) || Planck(9659.2, 300) < Planck(9720, 300) {
		t.Error("300 K does not peak at 9.659 µm")
	}
	for _, k := range []float64{220, 300, 1200} {
		if v := BrightnessTemperature(10000, Planck(10000, k)); math.Abs(v-k) > 1e-6 {
			t.Errorf("%v K comes back as %v", k, v)
		}
	}
}

// thermal makes a scene of 8 to 13 µm under air of airK: ground in patches from
// 14 K colder than the air to 16 K warmer, emissivities of some per cent of
// structure, an isothermal atmosphere, noise, and two equal discs of sulphur
// hexafluoride, over the coldest and over the warmest ground.
func thermal(seed uint64, airK float64) (m *madeUp, cold, warm []int) {
	const lines, samples, bands = 160, 160, 64
	m = &madeUp{lines: lines, samples: samples, bands: bands, column: make([]float64, lines*samples), x: make([]float32, lines*samples*bands)}
	r := rand.New(rand.NewPCG(seed, 6))
	for b := range bands {
		m.wavelength = append(m.wavelength, 8000+5000*float64(b)/bands)
	}
	for _, g := range Library() {
		if g.Name == "sulphur hexafluoride" {
			m.absorption, _ = g.Resample(m.wavelength, nil)
		}
	}
	tau := make([]float64, bands)
	for b := range tau {
		tau[b] = 0.75 + 0.15*math.Sin(float64(b)*1.3)
	}
	materials := make([][]float64, 6)
	for i := range materials {
		materials[i] = make([]float64, bands)
		at, width := 8000+5000*r.Float64(), 600+800*r.Float64()
		for b, w := range m.wavelength {
			materials[i][b] = 0.97 - 0.04*r.Float64()*math.Exp(-math.Pow((w-at)/width, 2))
		}
	}
	patch := patches(r, lines, samples, len(materials))
	slow := field(r, lines, samples)
	for p := range m.column {
		l, s := p/samples, p%samples
		ground := airK + 2*slow[p] + r.NormFloat64()
		if s < samples/2 {
			ground -= 10
		} else {
			ground += 12
		}
		for _, at := range [2]int{40, 120} {
			if math.Hypot(float64(l-80), float64(s-at)) < 9 {
				m.column[p] = 12
				if at == 40 {
					cold = append(cold, p)
				} else {
					warm = append(warm, p)
				}
			}
		}
		for b, w := range m.wavelength {
			air := Planck(w, airK)
			v := materials[patch[p]][b] * Planck(w, ground)
			pass := math.Exp(-m.absorption[b] * m.column[p])
			v = pass*v + (1-pass)*air
			v = tau[b]*v + (1-tau[b])*air
			m.x[p*bands+b] = float32(v + 0.01*r.NormFloat64())
		}
	}
	return m, cold, warm
}

// Over warm ground a vapour absorbs and over cold ground it shines. Told the
// air's temperature, the filter finds both, and measures the same column; told
// nothing, it finds one.
func TestThermal_TheSignTurns(t *testing.T) {
	m, cold, warm := thermal(3, 296)
	found := func(glow bool) (c, w float64, r *Result, scene *Scene) {
		scene, err := Prepare(m, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if glow {
			if err := scene.Glow(296, m.wavelength, WattPerM2SrUM); err != nil {
				t.Fatal(err)
			}
		}
		r, err = Detect(context.Background(), scene, [][]float64{m.absorption}, Options{Method: Auto, Kind: Absorption, Rate: 1e-3, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		share := func(members []int) float64 {
			n := 0.0
			for _, p := range members {
				n += float64(r.Plumes.Mask[p])
			}
			return n / float64(len(members))
		}
		return share(cold), share(warm), r, scene
	}
	c, w, _, _ := found(false)
	t.Logf("as sunlight: %.0f %% of the disc over cold ground, %.0f %% over warm ground", 100*c, 100*w)
	if c > 0.2 && w > 0.2 {
		t.Error("a plain absorption should not be seen over both: the scene does not test the sign")
	}
	c, w, r, scene := found(true)
	columns, err := scene.Columns(context.Background(), r.Background, m.absorption, r.Plumes.Skip(), 2)
	if err != nil {
		t.Fatal(err)
	}
	mean := func(members []int) (sum float64) {
		for _, p := range members {
			sum += float64(columns.Amount[p]) / float64(len(members))
		}
		return sum
	}
	t.Logf("as thermal: %.0f %% and %.0f %%; columns %.1f and %.1f of 12 ppm·m", 100*c, 100*w, mean(cold), mean(warm))
	if c < 0.8 || w < 0.8 {
		t.Error("one of the discs is not found")
	}
	if math.Abs(mean(cold)-12) > 2 || math.Abs(mean(warm)-12) > 2 {
		t.Error("the columns over cold and over warm ground are not those that are there")
	}
}

func TestThermal_BadUnits(t *testing.T) {
	m, _, _ := thermal(1, 296)
	scene, err := Prepare(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another unit": scene.Glow(296, m.wavelength, MicroflickUnit), "no unit": scene.Glow(296, m.wavelength, "lux"),
		"degrees Celsius": scene.Glow(23, m.wavelength, WattPerM2SrUM), "some wavelengths": scene.Glow(296, m.wavelength[:3], WattPerM2SrUM),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
