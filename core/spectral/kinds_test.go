package spectral

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// sharp makes a scene whose plume has a sharp edge and columns of about a size
// throughout, spread as e to the power of a normal number times spread: the
// background beside it is as near to its strong pixels as its own weak ones are.
func sharp(seed uint64, lines, samples, bands int, column, spread float64) *madeUp {
	m := makeUp(seed, lines, samples, bands, 0, 0)
	r := rand.New(rand.NewPCG(seed, 9))
	m.release(r, 0.01, column)
	slow := field(r, lines, samples)
	for p, c := range m.column {
		if c == 0 {
			continue
		}
		m.column[p] = column * math.Exp(0.7*spread*(slow[p]+r.NormFloat64()))
		row := m.x[p*bands : (p+1)*bands]
		for b := range row {
			row[b] *= float32(math.Exp(-m.absorption[b] * m.column[p]))
		}
	}
	return m
}

// The robust method finds more than both others at every rate down to 1e-4, in
// four kinds of plume. Thresholds are set on the truth, the background beside a
// plume included.
func TestDetect_Kinds(t *testing.T) {
	for _, c := range []struct {
		name  string
		scene *madeUp
		worse float64 // than ACE, that is allowed: where all is found already
	}{
		{"fading out", makeUp(11, 350, 400, 64, 0.01, 800), 0},
		{"sharp, wide spread", sharp(12, 350, 400, 64, 800, 1), 0},
		{"sharp, strong", sharp(13, 350, 400, 64, 4000, 0.5), 0.02},
		{"sharp, weak", sharp(14, 350, 400, 64, 400, 0.3), 0},
	} {
		scene, err := Prepare(c.scene, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		rates := [3]float64{1e-2, 1e-3, 1e-4}
		pd := map[Method][3]float64{}
		for _, method := range []Method{MF, ACE, Auto} {
			r, err := Detect(context.Background(), scene, [][]float64{c.scene.absorption}, Options{Method: method, Workers: 2, Rate: 1e-3})
			if err != nil {
				t.Fatal(err)
			}
			var p [3]float64
			for i, rate := range rates {
				p[i] = detection(c.scene, r.Scores, rate)
			}
			pd[method] = p
		}
		t.Logf("%-18s mf %.3f  ace %.3f  auto %.3f", c.name, pd[MF], pd[ACE], pd[Auto])
		for i, rate := range rates {
			if pd[Auto][i] < pd[MF][i] || pd[Auto][i] < pd[ACE][i]-c.worse {
				t.Errorf("%s: at %g auto finds %.3f, the matched filter %.3f, ACE %.3f", c.name, rate, pd[Auto][i], pd[MF][i], pd[ACE][i])
			}
		}
	}
}
