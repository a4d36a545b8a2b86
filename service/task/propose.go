package task

import (
	"context"
	"fmt"
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/plan"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

// An Offer is what the crew could fly next: what cannot be read off the
// posterior.
type Offer struct {
	WindFromDeg float64 // forecast, clockwise from true north
	LowestM     float64 // lowest height above the ground that is flown there
	SpeedMPS    float64
	EnduranceS  float64 // over the place
}

// DefaultOffer is a small multirotor's, over roofs; its wind is for the caller to
// tell.
var DefaultOffer = Offer{LowestM: 25, SpeedMPS: 12, EnduranceS: 24 * 60}

// A Proposal is a flight for a person to accept or not, by registering it.
// Nothing follows from it by itself.
type Proposal struct {
	After         vigia.ID    `json:"after"` // the flight that left it open
	Posterior     vigia.ID    `json:"posterior"`
	Authorisation vigia.ID    `json:"authorisation"`
	Around        geo.Point   `json:"around"` // middle of the square, on the ground
	SideM         float64     `json:"side_m"`
	MarginM       float64     `json:"margin_m"`
	SpacingM      float64     `json:"spacing_m"`
	Sweeps        int         `json:"sweeps"`
	HeightM       float64     `json:"height_m"` // above the ground
	SpeedMPS      float64     `json:"speed_mps"`
	Legs          []geo.Point `json:"legs"` // turning points of the first sweep; altitudes above the ellipsoid
	SetNow        int         `json:"set_now"`
	SetExpected   float64     `json:"set_expected"`
	Reason        string      `json:"reason"`
}

// reachM is how far around the posterior's first source buildings are looked for.
const (
	reachM       = 1500
	maxBuildings = 20000
)

// Propose works out the next flight over what a flight's latest posterior leaves
// open, inside the volume of the flight's own authorisation. The flight may be in
// the air still: asked every few minutes, for the next few, each answer is where
// to fly them. It answers NotFound where there is no such flight, Conflict where its
// posterior holds no source in a known building, and what plan.Next answers.
func (t *Task) Propose(ctx context.Context, flight vigia.ID, o Offer) (Proposal, error) {
	var f vigia.Flight
	var a vigia.Authorisation
	var latest vigia.Posterior
	var buildings []vigia.Building
	err := t.Store.View(ctx, func(r store.Reader) (err error) {
		if f, err = r.Flight(flight); err != nil {
			return err
		}
		if a, err = r.Authorisation(f.Authorisation); err != nil {
			return err
		}
		found, err := r.Posteriors(flight, 1)
		if err != nil {
			return err
		}
		if len(found) == 0 || len(found[0].Sources) == 0 || len(found[0].Buildings) == 0 {
			return vigia.Errorf(vigia.Conflict, "the flight %s has found no source in a known building: there is nothing to fly over again", flight)
		}
		latest = found[0]
		buildings, err = r.BuildingsNear(latest.Sources[0].At, reachM, maxBuildings)
		return err
	})
	if err != nil {
		return Proposal{}, err
	}
	if o.SpeedMPS < 1 || o.SpeedMPS > 100 || o.EnduranceS > 24*3600 {
		return Proposal{}, vigia.Errorf(vigia.Invalid, "the speed must be within 1 to 100 m/s, and the time over the place at most a day")
	}
	at := latest.Sources[0].At
	frame := geo.Frame{Origin: geo.Point{Lon: at.Lon, Lat: at.Lat, Alt: f.GroundM}}
	next, err := plan.Next(plan.Request{
		Candidates: candidates(frame, latest, buildings), WindFromDeg: o.WindFromDeg,
		Footprint: frame.PolygonToLocal(a.Volume.Footprint),
		FloorM:    a.Volume.FloorM - f.GroundM, CeilingM: a.Volume.CeilingM - f.GroundM,
		LowestM: o.LowestM, SpeedMPS: o.SpeedMPS, EnduranceS: o.EnduranceS,
	})
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{
		After: flight, Posterior: latest.ID, Authorisation: a.ID,
		Around: frame.ToPoint(geo.Local{X: next.X, Y: next.Y}), SideM: next.SideM, MarginM: next.MarginM,
		SpacingM: next.SpacingM, Sweeps: next.Sweeps, HeightM: next.HeightM, SpeedMPS: next.SpeedMPS,
		SetNow: next.SetNow, SetExpected: math.Round(10*next.SetExpected) / 10,
	}
	for _, l := range next.Legs {
		p.Legs = append(p.Legs, frame.ToPoint(l))
	}
	p.Reason = fmt.Sprintf("%d buildings hold 90 %% of what the buildings hold; after this flight %.1f are expected to.", p.SetNow, p.SetExpected)
	return p, nil
}

// candidates are the posterior's buildings where they stand.
func candidates(f geo.Frame, p vigia.Posterior, buildings []vigia.Building) []plan.Candidate {
	at := map[vigia.ID]geo.Polygon{}
	for _, b := range buildings {
		at[b.ID] = b.Footprint
	}
	var out []plan.Candidate
	for _, b := range p.Buildings {
		footprint, ok := at[b.ID]
		if !ok {
			continue
		}
		x, y := f.PolygonToLocal(footprint).Centroid()
		out = append(out, plan.Candidate{ID: b.ID, X: x, Y: y, Probability: b.Probability})
	}
	return out
}
