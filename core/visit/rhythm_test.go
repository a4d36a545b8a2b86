package visit_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/visit"
)

// A plan is a known schedule of a simulated site.
type plan struct {
	name string
	has  func(time.Time) bool
	hour float64
}

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

// month simulates a site: ordinary visits by day more than by night, the
// plan's visits (each comes in nine of ten cases, give or take a quarter of an
// hour), and a watch that misses whole days and some hours.
func month(r *rand.Rand, days int, usual float64, p *plan) (arrivals []visit.Arrival, watches []visit.Watch) {
	watched := func(t time.Time) bool {
		for _, w := range watches {
			if !t.Before(w.From) && t.Before(w.To) {
				return true
			}
		}
		return false
	}
	for d := range days {
		day := start.AddDate(0, 0, d)
		if r.Float64() < 0.15 {
			continue
		}
		gap := time.Duration(r.Float64()*20) * time.Hour
		watches = append(watches, visit.Watch{From: day, To: day.Add(gap)}, visit.Watch{From: day.Add(gap + 2*time.Hour), To: day.Add(24 * time.Hour)})
	}
	add := func(t time.Time, least, most float64) {
		if watched(t) {
			arrivals = append(arrivals, visit.Arrival{At: t, Dwell: time.Duration((least + (most-least)*r.Float64()) * float64(time.Minute))})
		}
	}
	for d := range days {
		day := start.AddDate(0, 0, d)
		for h := range 48 {
			lambda := usual / 48 * (1 + 0.8*math.Sin(float64(h-16)/48*2*math.Pi))
			if r.Float64() < lambda {
				add(day.Add(time.Duration((float64(h)+r.Float64())*30)*time.Minute), 2, 120)
			}
		}
		if p != nil && p.has(day) && r.Float64() < 0.9 {
			add(day.Add(time.Duration((p.hour+0.25*r.NormFloat64())*float64(time.Hour))), 8, 15)
		}
	}
	return arrivals, watches
}

// The project's bar: 90 % of the schedules found at one false pattern a
// site-month. The record is eight weeks.
func TestPatterns_SimulatedSites(t *testing.T) {
	const days, sites = 56, 30
	r := rand.New(rand.NewPCG(5, 6))
	found, planned, wrong := 0, 0, 0
	missed := map[string]int{}
	for range sites {
		hour := 1 + 22*r.Float64()
		weekday := time.Weekday(r.IntN(7))
		for _, p := range []plan{
			{"every day", func(time.Time) bool { return true }, hour},
			{"Monday to Friday", func(d time.Time) bool { return d.Weekday() >= 1 && d.Weekday() <= 5 }, hour},
			{"weekends", func(d time.Time) bool { return d.Weekday() == 0 || d.Weekday() == 6 }, hour},
			{"one weekday", func(d time.Time) bool { return d.Weekday() == weekday }, hour},
			{"every third day", func(d time.Time) bool { return d.YearDay()%3 == 0 }, hour},
		} {
			planned++
			hit := false
			arrivals, watches := month(r, days, 0.5+2.5*r.Float64(), &p)
			for _, got := range visit.Patterns(arrivals, watches, visit.RhythmOptions{}) {
				if got.From.Hours() < hour+0.75 && got.To.Hours() > hour-0.75 {
					hit = true
				} else {
					wrong++
				}
			}
			if hit {
				found++
			} else {
				missed[p.name]++
			}
		}
	}
	none := 0
	for range sites {
		arrivals, watches := month(r, days, 0.5+2.5*r.Float64(), nil)
		none += len(visit.Patterns(arrivals, watches, visit.RhythmOptions{}))
	}
	recall := float64(found) / float64(planned)
	months := days / 30.0
	falseRate := float64(wrong+none) / (float64(planned+sites) * months)
	t.Logf("recall %.3f of %d schedules; %.3f false patterns a site-month; missed: %v", recall, planned, falseRate, missed)
	if recall < 0.90 || falseRate > 1 {
		t.Errorf("recall %.3f, %.3f false patterns a site-month; the bars are 0.90 and 1", recall, falseRate)
	}
}

func TestPatterns_Counts(t *testing.T) {
	var arrivals []visit.Arrival
	var watches []visit.Watch
	for d := range 9 {
		day := start.AddDate(0, 0, d)
		watches = append(watches, visit.Watch{From: day, To: day.AddDate(0, 0, 1)})
		if d != 3 && d != 4 {
			arrivals = append(arrivals, visit.Arrival{At: day.Add(20*time.Hour + time.Duration(d)*time.Minute), Dwell: time.Duration(8+d) * time.Minute})
		}
	}
	got := visit.Patterns(arrivals, watches, visit.RhythmOptions{})
	if len(got) != 1 {
		t.Fatalf("got %d patterns; want one", len(got))
	}
	p := got[0]
	if p.Days != vigia.EveryDay || p.From != 20*time.Hour || p.To != 20*time.Hour+30*time.Minute || p.Seen != 7 || p.Watched != 9 ||
		p.Shortest != 8*time.Minute || p.Longest != 16*time.Minute {
		t.Errorf("got %+v", p)
	}
}

// What nobody watched is not taken for nothing: hours with no watch neither
// make a pattern nor break one.
func TestPatterns_UnwatchedIsNotNothing(t *testing.T) {
	var arrivals []visit.Arrival
	var watches []visit.Watch
	for d := range 20 {
		day := start.AddDate(0, 0, d)
		if d%2 == 0 { // every other day was watched, and there was a visit
			watches = append(watches, visit.Watch{From: day, To: day.AddDate(0, 0, 1)})
			arrivals = append(arrivals, visit.Arrival{At: day.Add(5 * time.Hour)})
		}
	}
	got := visit.Patterns(arrivals, watches, visit.RhythmOptions{})
	if len(got) != 1 || got[0].Watched != 10 || got[0].Seen != 10 {
		t.Errorf("got %+v; want 10 of 10 watched days", got)
	}
	if got := visit.Patterns(arrivals, nil, visit.RhythmOptions{}); len(got) != 0 {
		t.Errorf("without any watch: %+v", got)
	}
}
