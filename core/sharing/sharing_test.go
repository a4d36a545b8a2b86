package sharing_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/sharing"
	"github.com/vigia-project/vigia/geo"
)

func lead(at geo.Point) vigia.Lead {
	return vigia.Lead{
		ID: "lead-1", Status: vigia.Approved, Version: 2,
		Steps: []vigia.Step{{By: "analyst-name", Kind: vigia.RaiseLead, Note: "internal note"}},
		Site: vigia.Site{
			ID: "site-internal", Chemical: "acetone", At: at, RateKgH: 1.5, RateLo: 1, RateHi: 2,
			Ellipse:   vigia.Ellipse{SemiMajorM: 12, SemiMinorM: 5},
			FirstSeen: time.Unix(0, 0).UTC(), LastSeen: time.Unix(60, 0).UTC(),
			Buildings: []vigia.BuildingProbability{{ID: "b1", Probability: .7}, {ID: "b2", Probability: .2}, {ID: "b3", Probability: .01}},
			Evidence:  []vigia.Evidence{{Flight: "secret-flight", Posterior: "post-1"}},
		},
	}
}

func TestCut_TellsWhatThePolicyLets(t *testing.T) {
	r, held := sharing.Cut(lead(geo.Point{Lon: -30, Lat: 10, Alt: 33}), sharing.Default)
	if r.Lead != "lead-1" || r.Chemical != "acetone" || r.Flights != 1 || r.RateKgH == nil || *r.RateKgH != 1.5 {
		t.Errorf("the release is %+v", r)
	}
	if len(r.Places) != 2 || r.Places[0].ID != "b1" || r.Places[1].ID != "b2" {
		t.Errorf("buildings told: %v; b3 at one in a hundred must not be", r.Places)
	}
	if want := []vigia.Withheld{{What: vigia.WithheldPlace, Number: 10}, {What: vigia.WithheldUnlikely, Number: 1, Limit: .05}}; !slices.Equal(held, want) {
		t.Errorf("what is withheld must be said: %v, want %v", held, want)
	}
}

func TestCut_HoldsBack(t *testing.T) {
	l := lead(geo.Point{Lon: -30.00012345, Lat: 10.00054321, Alt: 33})
	r, held := sharing.Cut(l, sharing.Policy{Name: "coarse-1", GridM: 500})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"analyst-name", "internal note", "secret-flight", "post-1", "site-internal", "b1", "30.00012345", "10.00054321", "rate_kg_h"} {
		if strings.Contains(string(b), secret) {
			t.Errorf("the release tells %q: %s", secret, b)
		}
	}
	if len(held) != 3 {
		t.Errorf("three things are withheld or coarsened; it says %v", held)
	}
}

// Wherever the site is, all of its 95 % ellipse lies within the stated
// precision of the place that is told, and two sites in one cell are told alike.
func TestCut_PrecisionHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := geo.Point{Lon: rapid.Float64Range(-179, 179).Draw(rt, "lon"), Lat: rapid.Float64Range(-80, 80).Draw(rt, "lat")}
		grid := rapid.Float64Range(1, 5000).Draw(rt, "grid")
		l := lead(at)
		r, _ := sharing.Cut(l, sharing.Policy{Name: "p", GridM: grid})
		if d := geo.Distance(at, r.At) + l.Site.Ellipse.SemiMajorM; d > r.PrecisionM {
			rt.Fatalf("the source may lie %.1f m away and %.1f m is told", d, r.PrecisionM)
		}
		if d := geo.Distance(at, r.At); d > grid {
			rt.Fatalf("moved by %.1f m on a grid of %.1f m", d, grid)
		}
	})
}

func TestPolicy_Valid(t *testing.T) {
	for _, p := range []sharing.Policy{{}, {Name: "p", GridM: -1}, {Name: "p", BuildingFloor: 2}} {
		if vigia.ErrorCode(p.Valid()) != vigia.Invalid {
			t.Errorf("%+v passes for a policy", p)
		}
	}
	if err := sharing.Default.Valid(); err != nil {
		t.Error(err)
	}
}
