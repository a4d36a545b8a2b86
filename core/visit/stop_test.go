package visit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/visit"
	"github.com/vigia-project/vigia/geo"
)

// legs makes a track of a sample every five seconds: seconds at a speed east.
func legs(parts ...[2]float64) (out []visit.Sample) {
	x, at := 0.0, 0.0
	for _, p := range parts {
		for end := at + p[0]; at < end; at += 5 {
			out = append(out, visit.Sample{Time: at, X: x})
			x += 5 * p[1]
		}
	}
	return out
}

// What is wanted leaves some ten seconds for settling at each end that is seen.
func TestStops(t *testing.T) {
	for _, c := range []struct {
		name          string
		samples       []visit.Sample
		dwells        []float64
		before, after bool // of the first, of the last
	}{
		{"drives through", legs([2]float64{200, 12}), nil, false, false},
		{"stands in the middle", legs([2]float64{100, 12}, [2]float64{120, 0}, [2]float64{100, 12}), []float64{102}, false, false},
		{"was there already", legs([2]float64{120, 0}, [2]float64{100, 12}), []float64{110}, true, false},
		{"is there still", legs([2]float64{100, 12}, [2]float64{120, 0}), []float64{107}, false, true},
		{"stands all the time", legs([2]float64{200, 0}), []float64{195}, true, true},
		{"a red light", legs([2]float64{100, 12}, [2]float64{15, 0}, [2]float64{100, 12}), nil, false, false},
		{"too short to tell", legs([2]float64{10, 0}), nil, false, false},
	} {
		got, err := visit.Stops(c.samples, visit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(c.dwells) {
			t.Errorf("%s: %d stops; want %d: %+v", c.name, len(got), len(c.dwells), got)
			continue
		}
		for i, s := range got {
			if math.Abs(s.Dwell()-c.dwells[i]) > 6 {
				t.Errorf("%s: it stays %.0f s; want %.0f", c.name, s.Dwell(), c.dwells[i])
			}
		}
		if n := len(got); n > 0 && (got[0].ArrivedBefore != c.before || got[n-1].DepartsAfter != c.after) {
			t.Errorf("%s: censored %v, %v; want %v, %v", c.name, got[0].ArrivedBefore, got[n-1].DepartsAfter, c.before, c.after)
		}
	}
}

// It comes from the west.
func TestStops_Approach(t *testing.T) {
	got, err := visit.Stops(legs([2]float64{100, 12}, [2]float64{120, 0}), visit.Options{})
	if err != nil || len(got) != 1 || math.Abs(got[0].Approach-270) > 1 {
		t.Errorf("got %+v, %v; want one stop that was approached from 270°", got, err)
	}
}

// Whatever the track: stops lie within it, in order, apart, and are made of numbers.
func TestStops_Sane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var samples []visit.Sample
		at := 0.0
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			at += rapid.SampledFrom([]float64{1e-3, 1, 5, 60, 1e5}).Draw(t, "dt")
			samples = append(samples, visit.Sample{Time: at, X: rapid.Float64Range(-1e3, 1e3).Draw(t, "x"),
				Y: rapid.SampledFrom([]float64{0, 1, 1e7}).Draw(t, "y"), Sigma: rapid.SampledFrom([]float64{0, 1, 1e4}).Draw(t, "sigma")})
		}
		stops, err := visit.Stops(samples, visit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		last := math.Inf(-1)
		for _, s := range stops {
			if !(s.Arrive >= last && s.Depart > s.Arrive && s.Arrive >= samples[0].Time && s.Depart <= at) {
				t.Fatalf("the stop %+v is out of order, or outside the track", s)
			}
			if !(s.ArriveSD > 0) || !(s.DepartSD > 0) || math.IsInf(s.ArriveSD+s.DepartSD, 0) || !(s.Stood >= 0 && s.Stood <= 1+1e-9) {
				t.Fatalf("the stop %+v is not made of numbers", s)
			}
			last = s.Depart
		}
	})
}

func TestStops_Refuses(t *testing.T) {
	for name, samples := range map[string][]visit.Sample{
		"not a number": {{X: math.NaN()}},
		"back in time": {{Time: 2}, {Time: 1}},
		"twice":        {{Time: 2}, {Time: 2}},
		"sigma":        {{Sigma: -1}},
	} {
		if _, err := visit.Stops(samples, visit.Options{}); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: got %v; want invalid", name, err)
		}
	}
}

func TestAssign(t *testing.T) {
	sites := []visit.Site{{ID: "shed", Area: geo.Rect(0, 0, 20, 20)}, {ID: "barn", Area: geo.Rect(100, 0, 120, 20)}}
	for _, c := range []struct {
		x    float64
		site vigia.ID
		p    float64
	}{
		{10, "shed", 1}, {25, "shed", 0.739}, {60, "", 0}, {96, "barn", 0.790}, {110, "barn", 1},
	} {
		if site, p := visit.Assign(visit.Stop{X: c.x, Y: 10}, sites); site != c.site || math.Abs(p-c.p) > 2e-3 {
			t.Errorf("at %v m: %q with probability %.3f; want %q, %.3f", c.x, site, p, c.site, c.p)
		}
	}
}

// A vehicle that stands for hours, seen every second with noise, is one stay,
// found in the time that its length allows.
func TestStops_Long(t *testing.T) {
	const hours = 6
	r := rand.New(rand.NewPCG(1, 2))
	var samples []visit.Sample
	x := 0.0
	for s := range 600 + hours*3600 + 600 {
		if s < 600 || s >= 600+hours*3600 {
			x += 10
		}
		samples = append(samples, visit.Sample{Time: float64(s), X: x + 2*r.NormFloat64(), Y: 2 * r.NormFloat64(), Sigma: 2})
	}
	got, err := visit.Stops(samples, visit.Options{})
	if err != nil || len(got) != 1 || math.Abs(got[0].Dwell()-hours*3600) > 60 || got[0].ArrivedBefore || got[0].DepartsAfter {
		t.Errorf("got %+v, %v; want one stay of %d hours", got, err, hours)
	}
}
