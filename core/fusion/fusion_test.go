package fusion_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/fusion"
	"github.com/vigia-project/vigia/geo"
)

var (
	t0    = time.Date(2025, 3, 4, 10, 0, 0, 0, time.UTC)
	frame = geo.Frame{Origin: geo.Point{Lon: -30, Lat: 40}} // open sea
)

func source(x, y, major, minor, azimuth, rate float64) vigia.Source {
	return vigia.Source{
		At: frame.ToPoint(geo.Local{X: x, Y: y}), RateKgH: rate, RateLo: rate / 1.5, RateHi: rate * 1.5,
		Ellipse: vigia.Ellipse{SemiMajorM: major, SemiMinorM: minor, AzimuthDeg: azimuth},
	}
}

func posterior(flight string, minute int, sources ...vigia.Source) vigia.Posterior {
	counts := make([]float64, len(sources)+1)
	counts[0], counts[len(sources)] = 0.02, 0.98
	if len(sources) == 0 {
		counts[0] = 1
	}
	return vigia.Posterior{
		ID: vigia.NewID("posterior", flight, minute, len(sources)), Flight: vigia.ID(flight), Chemical: "methane",
		AsOf: t0.Add(time.Duration(minute) * time.Minute), CountProbability: counts, Sources: sources,
	}
}

// A table is the sites as a store would keep them.
type table map[vigia.ID]vigia.Site

func (tb table) apply(p vigia.Posterior) []vigia.Site {
	var all []vigia.Site
	for _, s := range tb {
		all = append(all, s)
	}
	changed := fusion.Fuse(all, p)
	for _, s := range changed {
		tb[s.ID] = s
	}
	return changed
}

func TestFuse_Story(t *testing.T) {
	tb := table{}
	step := func(what string, p vigia.Posterior, want ...string) {
		t.Helper()
		changed := tb.apply(p)
		var got []string
		for _, s := range changed {
			l := frame.ToLocal(s.At)
			got = append(got, fmt.Sprintf("%s v%d at %.0f,%.0f of %d", s.Status, s.Version, math.Round(l.X)+0, math.Round(l.Y)+0, len(s.Evidence)))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: changed %v; expected %v", what, got, want)
		}
	}
	step("the first flight, half way, founds a site", posterior("f1", 10, source(0, 0, 60, 30, 0, 2)), "candidate v1 at 0,0 of 1")
	step("the same again changes nothing", posterior("f1", 10, source(0, 0, 60, 30, 0, 2)))
	step("the flight's end moves it", posterior("f1", 20, source(20, 0, 20, 10, 0, 2)), "candidate v2 at 20,0 of 1")
	step("a late posterior of the same flight is dropped", posterior("f1", 15, source(90, 0, 20, 10, 0, 2)))
	step("a second flight agrees and joins", posterior("f2", 900, source(40, 0, 20, 10, 0, 2)), "candidate v3 at 30,0 of 2")
	step("it then finds nothing there", posterior("f2", 910), "candidate v4 at 20,0 of 1")
	step("and the first is worked out anew, with nothing", posterior("f1", 21), "withdrawn v5 at 20,0 of 0")
	step("a third flight brings the site back", posterior("f3", 2000, source(30, 0, 20, 10, 0, 2)), "candidate v6 at 30,0 of 1")
	step("and finds a second one far away", posterior("f3", 2010, source(30, 0, 20, 10, 0, 2), source(400, 0, 20, 10, 0, 1)),
		"candidate v7 at 30,0 of 1", "candidate v1 at 400,0 of 1")
	if len(tb) != 2 {
		t.Errorf("%d sites are kept; 2 expected", len(tb))
	}
}

func TestFuse_OtherChemicalIsNotConcerned(t *testing.T) {
	tb := table{}
	tb.apply(posterior("f1", 1, source(0, 0, 20, 20, 0, 1)))
	p := posterior("f2", 2, source(0, 0, 20, 20, 0, 1))
	p.Chemical = "ammonia"
	changed := tb.apply(p)
	if len(changed) != 1 || changed[0].Version != 1 || len(tb) != 2 {
		t.Errorf("ammonia where methane is makes %+v; a new site is expected", changed)
	}
}

func TestFuse_TwoSourcesOneSiteEach(t *testing.T) {
	tb := table{}
	tb.apply(posterior("f1", 1, source(0, 0, 30, 30, 0, 1), source(22, 0, 30, 30, 0, 1)))
	if len(tb) != 2 {
		t.Fatalf("two sources 22 m apart make %d sites", len(tb))
	}
	changed := tb.apply(posterior("f2", 2, source(21, 1, 30, 30, 0, 1), source(1, 1, 30, 30, 0, 1)))
	if len(tb) != 2 || len(changed) != 2 {
		t.Fatalf("a second look makes %d sites; 2 expected", len(tb))
	}
	for _, s := range tb {
		a, b := frame.ToLocal(s.Evidence[0].Source.At), frame.ToLocal(s.Evidence[1].Source.At)
		if math.Hypot(a.X-b.X, a.Y-b.Y) > 3 {
			t.Errorf("a site joins %.0f,%.0f with %.0f,%.0f: the sources are crossed", a.X, a.Y, b.X, b.Y)
		}
	}
}

func TestFuse_BuildingsMultiply(t *testing.T) {
	look := func(flight string, p map[string]float64, elsewhere float64) vigia.Posterior {
		q := posterior(flight, 1, source(0, 0, 30, 30, 0, 1))
		for _, id := range []string{"a", "b", "c"} {
			if p[id] > 0 {
				q.Buildings = append(q.Buildings, vigia.BuildingProbability{ID: vigia.ID(id), Probability: p[id]})
			}
		}
		q.Elsewhere = elsewhere
		return q
	}
	for _, c := range []struct {
		name      string
		looks     []vigia.Posterior
		first     string
		p         float64
		elsewhere float64
	}{
		{"one look is itself", []vigia.Posterior{look("1", map[string]float64{"a": 0.5, "b": 0.4}, 0.1)}, "a", 0.5, 0.1},
		// 0.6·0.6 : 0.3·0.3 : 0.1·0.1
		{"two that agree", []vigia.Posterior{look("1", map[string]float64{"a": 0.6, "b": 0.3}, 0.1), look("2", map[string]float64{"a": 0.6, "b": 0.3}, 0.1)}, "a", 0.36 / 0.46, 0.01 / 0.46},
		// each names a house the other does not list: 0.9e-5 each, against 0.01
		{"two that contradict each other", []vigia.Posterior{look("1", map[string]float64{"a": 0.9}, 0.1), look("2", map[string]float64{"b": 0.9}, 0.1)}, "a", 0.9e-5 / 0.010018, 0.01 / 0.010018},
		{"a map is never complete", []vigia.Posterior{look("1", map[string]float64{"a": 1}, 0), look("2", map[string]float64{"a": 1}, 0)}, "a", 0.999, 0.001},
	} {
		tb := table{}
		for _, p := range c.looks {
			tb.apply(p)
		}
		for _, s := range tb {
			if len(s.Buildings) == 0 || string(s.Buildings[0].ID) != c.first || math.Abs(s.Buildings[0].Probability-c.p) > 1e-6 || math.Abs(s.Elsewhere-c.elsewhere) > 1e-6 {
				t.Errorf("%s: buildings %v, elsewhere %.6f; expected %s %.6f, elsewhere %.6f", c.name, s.Buildings, s.Elsewhere, c.first, c.p, c.elsewhere)
			}
		}
	}
}

// Independent looks at one place, in any order, say the same in the end.
func TestFuse_OrderOfFlightsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(t, "flights")
		var looks []vigia.Posterior
		for i := range n {
			f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
			p := posterior(fmt.Sprintf("f%d", i), i+1, source(f(-8, 8, "x"), f(-8, 8, "y"), f(20, 60, "major"), f(5, 20, "minor"), f(0, 180, "azimuth"), f(0.1, 10, "rate")))
			p.Buildings = []vigia.BuildingProbability{{ID: "a", Probability: f(0.3, 0.6, "a")}, {ID: "b", Probability: 0.2}}
			p.Elsewhere = 1 - 0.2 - p.Buildings[0].Probability
			looks = append(looks, p)
		}
		numbers := func(order []int) string {
			tb := table{}
			for _, i := range order {
				tb.apply(looks[i])
			}
			if len(tb) != 1 {
				t.Fatalf("looks within 23 m of each other made %d sites", len(tb))
			}
			for _, s := range tb {
				s.ID, s.Version = "", 0
				b, _ := json.Marshal(s)
				return string(b)
			}
			return ""
		}
		inOrder := make([]int, n)
		for i := range inOrder {
			inOrder[i] = i
		}
		other := rapid.Permutation(inOrder).Draw(t, "order")
		if a, b := numbers(inOrder), numbers(other); a != b {
			t.Errorf("flights in order %v give\n%s\nin order:\n%s", other, b, a)
		}
	})
}

// A posterior that comes again changes nothing; what came in is not altered.
func TestFuse_IdempotentAndPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tb := table{}
		for i := range rapid.IntRange(1, 6).Draw(t, "posteriors") {
			var sources []vigia.Source
			for range rapid.IntRange(0, 3).Draw(t, "sources") {
				f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
				sources = append(sources, source(f(-200, 200, "x"), f(-200, 200, "y"), f(10, 80, "major"), f(1, 10, "minor"), f(0, 180, "azimuth"), f(0.1, 10, "rate")))
			}
			p := posterior(fmt.Sprintf("f%d", rapid.IntRange(0, 2).Draw(t, "flight")), i, sources...)
			before, _ := json.Marshal(tb)
			var all []vigia.Site
			for _, s := range tb {
				all = append(all, s)
			}
			fusion.Fuse(all, p)
			if after, _ := json.Marshal(tb); string(after) != string(before) {
				t.Fatalf("the sites that came in were altered")
			}
			tb.apply(p)
			if again := tb.apply(p); len(again) != 0 {
				t.Fatalf("the same posterior again changes %d sites", len(again))
			}
			seen := 0
			for _, s := range tb {
				for k, e := range s.Evidence {
					if e.Flight == p.Flight {
						seen++
					}
					if k > 0 && s.Evidence[k-1].Flight >= e.Flight {
						t.Fatalf("a site holds evidence of flights %s, %s: one a flight, in order", s.Evidence[k-1].Flight, e.Flight)
					}
				}
				if (len(s.Evidence) == 0) != (s.Status == vigia.Withdrawn) {
					t.Fatalf("a site with %d pieces of evidence is %s", len(s.Evidence), s.Status)
				}
			}
			if seen != len(sources) {
				t.Fatalf("%d sources of the posterior have %d pieces of evidence", len(sources), seen)
			}
		}
	})
}

// A posterior that already rests on an earlier flight's readings takes its place
// in the site: what both say is believed once.
func TestFuse_HeldEvidenceIsNotCountedTwice(t *testing.T) {
	first, second := posterior("a", 1, source(0, 0, 40, 40, 0, 5)), posterior("b", 2, source(4, 0, 20, 20, 0, 5))
	for _, order := range [][]vigia.Posterior{{first, second}, {second, first}} {
		tb := table{}
		for _, p := range order {
			if p.Flight == "b" {
				p.With = []vigia.ID{"a"}
			}
			tb.apply(p)
		}
		if len(tb) != 1 {
			t.Fatalf("%d sites of two looks at one place", len(tb))
		}
		for _, s := range tb {
			if len(s.Evidence) != 2 {
				t.Errorf("%d pieces of evidence are shown; both flights' were expected", len(s.Evidence))
			}
			if s.Ellipse.SemiMajorM < 19.9 {
				t.Errorf("the ellipse shrank to %.1f m: the first flight was counted twice", s.Ellipse.SemiMajorM)
			}
		}
	}
}
