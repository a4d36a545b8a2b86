package spectral

import (
	"context"
	"math"
	"testing"
)

// measured runs auto over a made-up scene and measures its columns.
func measured(t *testing.T, m *madeUp) (*Result, *Columns) {
	t.Helper()
	scene, err := Prepare(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Detect(context.Background(), scene, [][]float64{m.absorption}, Options{Method: Auto, Workers: 2, Rate: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	c, err := scene.Columns(context.Background(), r.Background, m.absorption, r.Plumes.Skip(), 2)
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

// A column's stated uncertainty covers the truth as often as it should, in the
// plume and beside it; a plume's mass does; and so do the squares a locator gets.
func TestColumns_Cover(t *testing.T) {
	var in, out, inAll, outAll, ratio, cells, cellsAll float64
	mass, masses := 0.0, 0.0
	for seed := range uint64(6) {
		m := makeUp(40+seed, 200, 200, 48, 0.01+0.004*float64(seed), 2500)
		r, c := measured(t, m)
		sum, want := 0.0, 0.0
		for i, v := range c.Amount {
			miss := math.Abs(float64(v) - m.column[i])
			covered := 0.0
			if miss < 1.96*float64(c.Sigma[i]) {
				covered = 1
			}
			if m.column[i] > 0 {
				in, inAll = in+covered, inAll+1
				sum, want = sum+float64(v), want+m.column[i]
			} else {
				out, outAll = out+covered, outAll+1
			}
		}
		ratio += sum / want / 6
		if len(r.Plumes.Plumes) == 0 {
			t.Errorf("seed %d: no plume", seed)
			continue
		}
		p := r.Plumes.Plumes[0]
		total, sd := c.Total(p, r.Plumes.Mask, 1)
		truth := 0.0
		for _, i := range p.Members {
			truth += m.column[i]
		}
		masses++
		if math.Abs(total-truth) < 2*sd+0.1*truth {
			mass++
		}
		t.Logf("seed %d: plume of %d pixels, %.3g ± %.2g ppm·m·pixels, truth %.3g; all: %.2f of the truth", seed, p.Pixels, total, sd, truth, sum/want)
		for _, k := range c.Cells(p, r.Plumes.Mask, nil, 400) {
			mean, n := 0.0, 0.0
			edge := int(math.Sqrt(float64(k.Pixels)))
			for l := int(k.Line) - edge/2; l <= int(k.Line)+edge/2 && l < m.lines; l++ {
				for s := int(k.Sample) - edge/2; s <= int(k.Sample)+edge/2 && s < m.samples; s++ {
					if l >= 0 && s >= 0 {
						mean += m.column[l*m.samples+s]
						n++
					}
				}
			}
			if mean == 0 {
				cellsAll++
				if math.Abs(k.Mean) < 1.96*k.Sigma {
					cells++
				}
			}
		}
	}
	t.Logf("95 %% intervals cover %.3f of plume pixels, %.3f of the others, %.3f of squares beside the plume; columns sum up to %.3f of the truth", in/inAll, out/outAll, cells/cellsAll, ratio)
	if in/inAll < 0.92 || out/outAll < 0.92 || cells/cellsAll < 0.90 {
		t.Error("the stated uncertainty does not cover the truth")
	}
	if math.Abs(ratio-1) > 0.05 {
		t.Errorf("columns sum up to %.2f of the truth", ratio)
	}
	if mass < masses-1 {
		t.Errorf("%.0f of %.0f masses lie within two standard deviations and a tenth", mass, masses)
	}
}

// A map of a scene that is nearly all background is nearer to the truth when it
// is sparse, and a plume's strong pixels keep what they hold.
func TestColumns_Sparse(t *testing.T) {
	m := makeUp(50, 200, 200, 48, 0.01, 2500)
	_, c := measured(t, m)
	sparse := c.Sparse()
	var plain, thin, kept, there, zeros float64
	for i, v := range sparse {
		plain += math.Pow(float64(c.Amount[i])-m.column[i], 2)
		thin += math.Pow(float64(v)-m.column[i], 2)
		if v == 0 {
			zeros++
		}
		if m.column[i] > 3000 {
			kept, there = kept+float64(v), there+m.column[i]
		}
	}
	t.Logf("root mean square error %.0f ppm·m, sparse %.0f; %.1f %% of the scene is nothing; of the strong pixels %.3f is kept",
		math.Sqrt(plain/float64(len(sparse))), math.Sqrt(thin/float64(len(sparse))), 100*zeros/float64(len(sparse)), kept/there)
	if thin > plain/2 || math.Abs(kept/there-1) > 0.05 || zeros < 0.9*float64(len(sparse)) {
		t.Error("the sparse map does not pay")
	}
}
