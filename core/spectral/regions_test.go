package spectral

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// pd runs a method and returns what share of the plume it finds at 1e-2, 1e-3, 1e-4.
func pd(t *testing.T, m *madeUp, src Source, o Options) (p [3]float64) {
	t.Helper()
	scene, err := Prepare(src, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Workers, o.Rate = 2, 1e-3
	r, err := Detect(context.Background(), scene, [][]float64{m.absorption}, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, rate := range [3]float64{1e-2, 1e-3, 1e-4} {
		p[i] = detection(m, r.Scores, rate)
	}
	return p
}

// A sensor whose columns differ by a per cent in each band: stripes look like a
// vapour, and taking them out brings back what a good sensor would find. On a
// sensor without stripes nothing is lost.
func TestFlatten(t *testing.T) {
	m := makeUp(21, 300, 300, 48, 0.01, 900)
	clean := pd(t, m, m, Options{Method: Auto})
	untouched, err := Flatten(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	same := pd(t, m, untouched, Options{Method: Auto})
	r := rand.New(rand.NewPCG(1, 2))
	for c := range m.samples {
		for b := range m.bands {
			g := float32(1 + 0.01*r.NormFloat64())
			for l := range m.lines {
				m.x[(l*m.samples+c)*m.bands+b] *= g
			}
		}
	}
	striped := pd(t, m, m, Options{Method: Auto})
	flat, err := Flatten(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	again := pd(t, m, flat, Options{Method: Auto})
	t.Logf("found at 1e-2, 1e-3, 1e-4: without stripes %.3f, flattened all the same %.3f; striped %.3f, flattened %.3f", clean, same, striped, again)
	if again[1] < striped[1]+0.1 || again[1] < clean[1]-0.1 {
		t.Error("flattening does not pay where there are stripes")
	}
	if same[1] < clean[1]-0.05 {
		t.Error("flattening costs where there are none")
	}
	x := []float32{1, 2, 3, 4}
	if _, err := Flatten(&madeUp{lines: 1, samples: 2, bands: 2, x: x}, nil); err == nil {
		t.Error("a scene of one line was flattened")
	}
}

// Ground of which a tenth (roofs, say) varies strongly in the vapour's own
// direction: over one background for all the vapour hides everywhere; over
// backgrounds of their own it hides on roofs only.
func TestDetect_Clusters(t *testing.T) {
	m := makeUp(22, 300, 300, 48, 0, 0)
	r := rand.New(rand.NewPCG(22, 9))
	m.release(r, 0.01, 900)
	patch := patches(r, m.lines, m.samples, 10)
	for p := range m.column {
		row := m.x[p*m.bands : (p+1)*m.bands]
		vary := 0.0
		if patch[p] == 0 {
			vary = 3000 * r.NormFloat64()
		}
		for b := range row {
			if patch[p] == 0 {
				row[b] = row[b]*0.4 + 0.3 + 0.5*float32(b)/float32(m.bands) // another material altogether
			}
			row[b] *= float32(math.Exp(-m.absorption[b] * (m.column[p] + vary)))
		}
	}
	for _, method := range []Method{MF, Auto} {
		one := pd(t, m, m, Options{Method: method})
		many := pd(t, m, m, Options{Method: method, Clusters: 8})
		t.Logf("%-4s found at 1e-2, 1e-3, 1e-4: one background %.3f, eight %.3f", method, one, many)
		if many[0] < one[0]+0.2 || many[1] < one[1] || method == Auto && many[1] < one[1]+0.3 {
			t.Errorf("%s: backgrounds of their own do not pay", method)
		}
	}
	scene, err := Prepare(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := scene.Cluster(context.Background(), 6, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := scene.Cluster(context.Background(), 6, 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatal("the kinds of ground depend on the number of workers")
		}
	}
	if _, err := scene.Cluster(context.Background(), 1000, 1, 1); err == nil {
		t.Error("a thousand kinds were taken")
	}
}
