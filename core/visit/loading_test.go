package visit_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/visit"
)

// A site with a plan of loading among its usual visits of 3 to 20 minutes: a
// long stay of a truck, or five short stops of vans within two hours.
func TestLoading_SimulatedSites(t *testing.T) {
	const sites, days = 60, 28
	r := rand.New(rand.NewPCG(31, 1))
	for _, c := range []struct {
		sign  vigia.LoadingSign
		plan  func(day time.Time) []visit.Arrival
		least int // of the sites in which it is found
	}{
		{vigia.LongStay, func(day time.Time) []visit.Arrival {
			return []visit.Arrival{{At: day.Add(21 * time.Hour), Dwell: time.Duration(100+60*r.Float64()) * time.Minute, Class: "truck"}}
		}, 54},
		{vigia.ShortStops, func(day time.Time) (out []visit.Arrival) {
			for k := range 5 {
				out = append(out, visit.Arrival{At: day.Add(20*time.Hour + time.Duration(float64(k)*22+10*r.Float64())*time.Minute), Dwell: 6 * time.Minute, Class: "van"})
			}
			return out
		}, 54},
		{"", func(time.Time) []visit.Arrival { return nil }, 0},
	} {
		found, others := 0, 0
		for range sites {
			var arrivals []visit.Arrival
			var watches []visit.Watch
			planned := 3 + r.IntN(days-6)
			for d := range days {
				day := start.AddDate(0, 0, d)
				if d != planned && r.Float64() < 0.2 {
					continue
				}
				watches = append(watches, visit.Watch{From: day, To: day.Add(24 * time.Hour)})
				for _, class := range []string{"car", "van"} {
					for h := range 24 {
						if r.Float64() < 0.1*(1+0.8*math.Sin(float64(h-8)/12*math.Pi)) {
							dwell := 3 * math.Exp(r.Float64()*math.Log(20.0/3))
							arrivals = append(arrivals, visit.Arrival{At: day.Add(time.Duration((float64(h) + r.Float64()) * float64(time.Hour))),
								Dwell: time.Duration(dwell * float64(time.Minute)), Class: class})
						}
					}
				}
				if d == planned {
					arrivals = append(arrivals, c.plan(day)...)
				}
			}
			at := start.AddDate(0, 0, planned)
			hit := false
			for _, l := range visit.Loading(arrivals, watches, visit.RhythmOptions{}) {
				if l.Sign == c.sign && l.From.After(at) && l.From.Before(at.AddDate(0, 0, 1)) {
					hit = true
				} else {
					others++
				}
			}
			if hit {
				found++
			}
		}
		t.Logf("%q: found in %d of %d sites; %d others in %.0f site-months", c.sign, found, sites, others, sites*days/30.4)
		if found < c.least || float64(others) > 0.15*sites {
			t.Errorf("%q: found in %d of %d sites, %d others; the bounds are %d and %.0f", c.sign, found, sites, others, c.least, 0.15*sites)
		}
	}
}

// The numbers of one plain case, whatever the order of the visits.
func TestLoading(t *testing.T) {
	var arrivals []visit.Arrival
	watches := []visit.Watch{{From: start, To: start.AddDate(0, 0, 10)}}
	for d := range 10 {
		arrivals = append(arrivals, visit.Arrival{At: start.AddDate(0, 0, d).Add(9 * time.Hour), Dwell: time.Duration(16+d) * time.Minute, Class: "car"})
	}
	night := start.AddDate(0, 0, 4).Add(22 * time.Hour)
	for k := range 4 {
		arrivals = append(arrivals, visit.Arrival{At: night.Add(time.Duration(k) * 12 * time.Minute), Dwell: time.Duration(4+k) * time.Minute, Class: "van"})
	}
	arrivals = append(arrivals, visit.Arrival{At: start.AddDate(0, 0, 7), Dwell: 6 * time.Hour, Class: "truck"})
	slices.Reverse(arrivals)
	got := visit.Loading(arrivals, watches, visit.RhythmOptions{})
	if len(got) != 2 {
		t.Fatalf("got %+v; want the four stops of the vans and the truck's stay", got)
	}
	row, long := got[0], got[1]
	if row.Sign != vigia.ShortStops || row.Class != "van" || row.Visits != 4 || row.Shortest != 4*time.Minute || row.Longest != 7*time.Minute ||
		!row.From.Equal(night) || !row.To.Equal(night.Add(43*time.Minute)) {
		t.Errorf("the stops in a row are %+v", row)
	}
	if long.Sign != vigia.LongStay || long.Class != "truck" || long.Longest != 6*time.Hour || long.Usual < 10*time.Minute || long.Usual > 20*time.Minute {
		t.Errorf("the long stay is %+v", long)
	}
	if few := visit.Loading(fewest(arrivals), watches, visit.RhythmOptions{}); len(few) != 0 {
		t.Errorf("of a truck and four cars %+v is told; nothing is usual yet", few)
	}
}

// fewest are the truck and the last four cars.
func fewest(arrivals []visit.Arrival) (out []visit.Arrival) {
	for _, a := range arrivals {
		if a.Class != "van" && len(out) < 5 {
			out = append(out, a)
		}
	}
	return out
}
