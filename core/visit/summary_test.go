package visit_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/visit"
)

// Sites with one night in which five times as many come as is usual, and sites
// without: the night is told, and little else.
func TestRhythmOf_UnusualTimes(t *testing.T) {
	const days, sites = 56, 20
	r := rand.New(rand.NewPCG(7, 8))
	found, wrong, quietFalse := 0, 0, 0
	for range sites {
		arrivals, watches := month(r, days, 6, nil)
		spell := visit.Watch{From: start.AddDate(0, 0, 20+r.IntN(20)).Add(18 * time.Hour)}
		spell.To = spell.From.Add(8 * time.Hour)
		watches = append(watches, spell) // this night was watched
		for at := spell.From; ; {
			at = at.Add(time.Duration(r.ExpFloat64() * float64(40*time.Minute)))
			if !at.Before(spell.To) {
				break
			}
			arrivals = append(arrivals, visit.Arrival{At: at})
		}
		hit := false
		for _, u := range visit.RhythmOf(arrivals, watches, visit.RhythmOptions{}).Unusual {
			if u.From.Before(spell.To) && u.To.After(spell.From) && float64(u.Visits) > u.Expected {
				hit = true
				continue
			}
			wrong++
		}
		if hit {
			found++
		}
		arrivals, watches = month(r, days, 6, nil)
		quietFalse += len(visit.RhythmOf(arrivals, watches, visit.RhythmOptions{}).Unusual)
	}
	falseRate := float64(wrong+quietFalse) / (2 * sites * days / 30.0)
	t.Logf("%d of %d busy nights are told; %.3f false ones a site-month", found, sites, falseRate)
	if found < 17 || falseRate > 0.5 {
		t.Errorf("%d of %d busy nights are told and %.3f false ones a site-month; the bounds are 17 and 0.5", found, sites, falseRate)
	}
}

// A van, then two cars within the hour, in four of five cases, among others
// that come when they like; and sites where nobody waits for anybody.
func TestRhythmOf_Together(t *testing.T) {
	const days, sites = 56, 20
	r := rand.New(rand.NewPCG(9, 10))
	classed := func() ([]visit.Arrival, []visit.Watch) {
		arrivals, watches := month(r, days, 4, nil)
		for i := range arrivals {
			arrivals[i].Class = []string{"car", "car", "van", "motorcycle"}[r.IntN(4)]
		}
		return arrivals, watches
	}
	found, wrong := 0, 0
	for range sites {
		arrivals, watches := classed()
		for range 10 {
			at := start.Add(time.Duration(r.Float64() * days * 24 * float64(time.Hour)))
			arrivals = append(arrivals, visit.Arrival{At: at, Class: "truck"})
			if r.Float64() < 0.8 {
				for range 2 {
					arrivals = append(arrivals, visit.Arrival{At: at.Add(time.Duration(r.Float64() * float64(50*time.Minute))), Class: "car"})
				}
			}
		}
		for _, p := range visit.RhythmOf(arrivals, watches, visit.RhythmOptions{}).Together {
			switch {
			case p.First == "truck" && p.Then == "car":
				found++
				if p.Seen > p.Of || p.Expected > float64(p.Seen) || p.Within > time.Hour {
					t.Errorf("the pattern does not add up: %+v", p)
				}
			case p.First == "car" && p.Then == "car": // it is true of them as well
			default:
				wrong++
			}
		}
		arrivals, watches = classed()
		wrong += len(visit.RhythmOf(arrivals, watches, visit.RhythmOptions{}).Together)
	}
	t.Logf("%d of %d sites are told of the truck and the cars; %d false patterns in %d site-months", found, sites, wrong, 2*sites*days/30)
	if found < 18 || float64(wrong) > 0.1*2*sites*days/30 {
		t.Errorf("%d of %d found, %d false", found, sites, wrong)
	}
}

// The hours of the week count what was seen and watched, and an hour that
// nobody watched is neither busy nor quiet.
func TestRhythmOf_Hours(t *testing.T) {
	var arrivals []visit.Arrival
	var watches []visit.Watch
	for d := range 28 {
		day := start.AddDate(0, 0, d)
		watches = append(watches, visit.Watch{From: day.Add(8 * time.Hour), To: day.Add(20*time.Hour + 30*time.Minute)})
		arrivals = append(arrivals, visit.Arrival{At: day.Add(9*time.Hour + 10*time.Minute)}, visit.Arrival{At: day.Add(3 * time.Hour)}) // the second was not watched
	}
	got := visit.RhythmOf(arrivals, watches, visit.RhythmOptions{})
	monday9, monday20, monday3 := got.Hours[9], got.Hours[20], got.Hours[3]
	if got.Visits != 28 || math.Abs(got.Watched-350) > 1e-6 || monday9 != (vigia.WeekHour{Visits: 4, Watched: 4, Usual: monday9.Usual}) || monday20.Watched != 2 || monday3.Watched != 0 || monday3.Visits != 0 {
		t.Errorf("got %d visits in %v h; %+v, %+v, %+v", got.Visits, got.Watched, monday9, monday20, monday3)
	}
	if monday9.Usual < 0.8 || monday20.Usual > 0.1 {
		t.Errorf("the usual rates are %v at nine and %v at eight in the evening", monday9.Usual, monday20.Usual)
	}
	if len(got.Unusual) != 0 {
		t.Errorf("unusual: %+v", got.Unusual)
	}
	if none := visit.RhythmOf(nil, nil, visit.RhythmOptions{}); none.Visits != 0 || none.Recurring != nil || len(none.Hours) != 168 {
		t.Errorf("of nothing: %+v", none)
	}
}
