package localise_test

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/vigia-project/vigia/core/localise"
)

// stretch is how long readings are kept or left out together: those nearer in
// time share their errors.
const stretch = 10 * time.Minute

// half keeps a random half of a release's readings, by stretches of time.
func (r release) half(seed uint64) []localise.Reading {
	rnd := rand.New(rand.NewPCG(seed, 17))
	kept := map[time.Time]bool{}
	var out []localise.Reading
	for _, o := range r.problem.Observations {
		at := o.Time.Truncate(stretch)
		if _, known := kept[at]; !known {
			kept[at] = rnd.IntN(2) == 0
		}
		if kept[at] {
			out = append(out, o)
		}
	}
	return out
}

// How often the stated regions and intervals hold the truth, over all recorded
// releases, many seeds, and a random half of the readings each time. Issue 3 asks
// for 80 to 97 % of regions that are stated as 90 %. VIGIA_LONG=1 runs it, and
// VIGIA_SEEDS says for how many seeds, and VIGIA_FROM from which; it tells figures
// and holds none of them.
func TestLocate_Coverage(t *testing.T) {
	if os.Getenv("VIGIA_LONG") == "" {
		t.Skip("SKIPPED: it only tells figures, for a minute of two processors a seed; VIGIA_LONG=1 runs it")
	}
	number := func(name string) int {
		v := os.Getenv(name)
		if v == "" {
			return 1
		}
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := number("VIGIA_FROM") - 1
	runs, found, region, rate := 0, 0, 0, 0
	for k := range number("VIGIA_SEEDS") {
		seed := uint64(first + k)
		for _, r := range releases(t) {
			r.correctWind()
			p := r.problem
			p.Observations, p.Seed, p.Workers = r.half(seed), int64(seed)+1, runtime.NumCPU()
			ans, err := localise.Locate(context.Background(), p, nil)
			if err != nil {
				t.Fatal(err)
			}
			if runs++; len(ans.Sources) == 0 {
				t.Logf("%s, seed %d: no source in %d readings", r.name, seed+1, len(p.Observations))
				continue
			}
			found++
			s, truth := ans.Sources[0], r.truth.Sources[0]
			in, within := holds(s.Region90, truth.X, truth.Y), s.RateLo <= truth.Rate && truth.Rate <= s.RateHi
			if in {
				region++
			}
			if within {
				rate++
			}
			t.Logf("%s, seed %d: %.1f m off, in the region %v; %.2f kg/h [%.2f, %.2f], true %.2f", r.name, seed+1, r.miss(s), in, s.RateKgH, s.RateLo, s.RateHi, truth.Rate)
		}
	}
	t.Logf("%d runs, a source found in %d: the 90 %% region holds the truth in %d, the 95 %% interval of the rate in %d", runs, found, region, rate)
}
