package spectral

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/vigia-project/vigia/internal/recorded"
)

// passed is the share of scores beyond a threshold.
func passed(scores []float32, limit float64) float64 {
	n, over := 0.0, 0.0
	for _, v := range scores {
		if v == v {
			n++
			if float64(v) > limit {
				over++
			}
		}
	}
	return over / n
}

// Requested alarm rates in real scenes without a plume, as Detect calibrates
// them: the recorded scene's other half of a plume blanked with a margin, and the
// recorded background for each gas the library has in its bands. The bar is a
// factor of two, where the scene is large enough to tell: ten alarms or more.
func TestRates_PlumeFree(t *testing.T) {
	dir := recorded.Dir(t, "spectra/starcop_ang20190927t153023")
	scores := floats64(t, filepath.Join(dir, "mag1c.img"))
	truth, err := os.ReadFile(filepath.Join(dir, "label.img"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range scores {
		for l := max(0, i/512-8); l <= min(511, i/512+8); l++ {
			for s := max(0, i%512-8); s <= min(511, i%512+8); s++ {
				if truth[l*512+s] != 0 {
					scores[i] = nan32
				}
			}
		}
	}
	rates(t, "STARCOP, plume blanked", &Result{Scores: scores}, 512)

	base := realBackground(t)
	scene, err := Prepare(base, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	centres := make([]float64, base.bands)
	for b := range centres {
		centres[b] = 7600 + 5800*float64(b)/float64(base.bands-1)
	}
	for _, name := range []string{"methane", "ammonia", "ethylene", "sulphur hexafluoride", "acetone", "toluene"} {
		for _, g := range Library() {
			if g.Name != name {
				continue
			}
			k, _ := g.Resample(centres, nil)
			for _, method := range []Method{MF, ACE, Auto} {
				r, err := Detect(context.Background(), scene, [][]float64{k}, Options{Method: method, Kind: Absorption})
				if err != nil {
					t.Fatal(err)
				}
				rates(t, name+" by "+string(method), r, base.samples)
			}
		}
	}
}

// rates holds a scene's scores to each rate asked for.
func rates(t *testing.T, what string, r *Result, samples int) {
	t.Helper()
	for _, rate := range []float64{1e-2, 1e-3, 1e-4} {
		if err := r.judge(samples, rate); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got := passed(r.Scores, r.Threshold.Value)
		masked := 0.0
		for _, m := range r.Plumes.Mask {
			masked += float64(m)
		}
		n := float64(len(r.Scores))
		masked /= n
		telling := rate*n >= 10
		t.Logf("%-32s asked %g, came out %.2g, of the mask %.2g (own interval %.1e to %.1e), %d plumes", what, rate, got, masked, r.Threshold.RateLo, r.Threshold.RateHi, len(r.Plumes.Plumes))
		if telling && math.Abs(math.Log(masked/rate)) > math.Log(2) {
			t.Errorf("%s: a rate of %g came out as %.2g in the mask", what, rate, masked)
		}
		if telling && math.Abs(math.Log(got/rate)) > math.Log(2) {
			t.Errorf("%s: a rate of %g came out as %.2g", what, rate, got)
		}
	}
}

// A strong plume over a fortieth of a real scene all but nulls itself in the
// plain filter; auto brings most of it back.
func TestDetect_Hidden(t *testing.T) {
	base := realBackground(t)
	centres := make([]float64, base.bands)
	for b := range centres {
		centres[b] = 7600 + 5800*float64(b)/float64(base.bands-1)
	}
	var k []float64
	for _, g := range Library() {
		if g.Name == "ammonia" {
			k, _ = g.Resample(centres, nil)
		}
	}
	depth := make([]float64, base.bands)
	for b := range depth {
		depth[b] = 200 * k[b]
	}
	var members []int
	for l := 30; l < 44; l++ {
		for s := 40; s < 54; s++ {
			members = append(members, l*base.samples+s)
		}
	}
	scene, err := Prepare(base.plant(members, depth), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	share := map[Method]float64{}
	for _, m := range []Method{MF, Auto} {
		r, err := Detect(context.Background(), scene, [][]float64{k}, Options{Method: m, Kind: Absorption})
		if err != nil {
			t.Fatal(err)
		}
		amounts := r.Scores
		if m == Auto {
			amounts = r.Amounts
		}
		mean := 0.0
		for _, i := range members {
			share[m] += float64(r.Plumes.Mask[i]) / float64(len(members))
			mean += float64(amounts[i]) / float64(len(members))
		}
		c, err := scene.Columns(context.Background(), r.Background, k, r.Plumes.Skip(), 1)
		if err != nil {
			t.Fatal(err)
		}
		measured := 0.0
		for _, i := range members {
			measured += float64(c.Amount[i]) / float64(len(members))
		}
		t.Logf("%s: %.0f %% of the plume in the mask, mean score %.0f and column %.0f of 200 ppm·m", m, 100*share[m], mean, measured)
	}
	if share[Auto] < 0.5 || share[Auto] < share[MF] {
		t.Errorf("auto has %.2f of the plume, the plain filter %.2f", share[Auto], share[MF])
	}
}
