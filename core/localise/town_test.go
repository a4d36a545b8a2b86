package localise_test

import (
	"context"
	"math"
	"os"
	"runtime"
	"sort"
	"strconv"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/sim"
)

// flown is one flight over the simulator's town, as the inversion is given it.
func flown(t testing.TB, scenario string, seed int64) (localise.Problem, sim.Truth, geo.Local) {
	t.Helper()
	s, err := sim.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	s.Seed = seed
	w, err := sim.New(s)
	if err != nil {
		t.Fatal(err)
	}
	truth := w.Truth()
	frame := geo.Frame{Origin: s.Origin}
	chemical, err := vigia.ChemicalNamed(s.Chemical)
	if err != nil {
		t.Fatal(err)
	}
	p := localise.Problem{Chemical: chemical, Seed: seed, Workers: runtime.NumCPU()}
	for r := range w.Records() {
		if o := r.Observation; o != nil {
			p.Observations = append(p.Observations, localise.Reading{
				Time: o.Time, Sensor: o.Sensor, Kind: o.Kind, At: frame.ToLocal(o.At), Value: o.Value, Sigma: o.Sigma, Limit: o.Limit,
			})
		}
		if r.Wind != nil {
			p.Winds = append(p.Winds, *r.Wind)
		}
	}
	for _, b := range w.Buildings() {
		p.Buildings = append(p.Buildings, localise.Building{ID: b.ID, Footprint: frame.PolygonToLocal(b.Footprint)})
	}
	return p, truth, frame.ToLocal(truth.At)
}

// seeds is how many flights are flown: VIGIA_SEEDS, or a few.
func seeds(t testing.TB, few int) int {
	if v := os.Getenv("VIGIA_SEEDS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return few
}

// The simulator's town: puffs in a gusty wind, of which the inversion knows
// nothing. docs/benchmarks.md has the figures of 200 flights.
func TestLocate_Town(t *testing.T) {
	n := seeds(t, 1)
	var found, inSet, named, turned int
	var off, size, rank []float64
	for seed := range n {
		p, truth, at := flown(t, "town", int64(seed+1))
		ans, err := localise.Locate(context.Background(), p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ans.Wind != localise.From {
			turned++
		}
		if len(ans.Sources) == 0 {
			t.Logf("seed %d: none, counts %.3f", seed+1, ans.CountProbability)
			continue
		}
		found++
		s := ans.Sources[0]
		place := math.Inf(1)
		for i, b := range ans.Buildings {
			if b.ID == truth.Building {
				place = float64(i + 1)
				named++
			}
		}
		for _, id := range s.Set90 {
			if id == truth.Building {
				inSet++
			}
		}
		miss := math.Hypot(s.X-at.X, s.Y-at.Y)
		off, rank = append(off, miss), append(rank, place)
		size = append(size, float64(len(s.Set90)))
		t.Logf("seed %d: %d source(s), %.0f m off, 95 %% %.0f × %.0f m, %.1f kg/h [%.1f, %.1f], rank %.0f, set of %d, elsewhere %.2f, counts %.3f, %s",
			seed+1, len(ans.Sources), miss, s.Ellipse.SemiMajorM, s.Ellipse.SemiMinorM, s.RateKgH, s.RateLo, s.RateHi, place, len(s.Set90), s.Elsewhere, ans.CountProbability, ans.Wind)
	}
	sort.Float64s(off)
	sort.Float64s(size)
	sort.Float64s(rank)
	if found > 0 {
		t.Logf("of %d flights %d found a source, %d with the true building in the 90 %% set; wind read otherwise in %d; median %.0f m off, rank %.0f, set of %.0f",
			n, found, inSet, turned, off[found/2], rank[found/2], size[found/2])
	}
}

// A town with nothing to find. VIGIA_SEEDS flights over as many towns.
func TestLocate_EmptyTown(t *testing.T) {
	n := seeds(t, 1)
	none := 0
	for seed := range n {
		p, _, _ := flown(t, "empty", int64(seed+1))
		ans, err := localise.Locate(context.Background(), p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(ans.Sources) == 0 {
			none++
		} else {
			t.Logf("seed %d: a source where there is none, counts %.3f", seed+1, ans.CountProbability)
		}
		if (seed+1)%10 == 0 {
			t.Logf("%d of %d so far", none, seed+1)
		}
	}
	t.Logf("of %d flights over a town without a source %d found none", n, none)
	if n >= 20 && float64(none) < 0.95*float64(n) {
		t.Errorf("%d of %d find none; issue 3 asks for 95 %%", none, n)
	}
}
