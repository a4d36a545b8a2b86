package follow

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/lang"
	"github.com/vigia-project/vigia/core/visit"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

const (
	// siteReach bounds how far from a site's place its visitors are looked for:
	// a site that is known no better than that has no visitors of its own.
	siteReach = 150.0 // m
	// likely is the probability from which a building counts as the site's.
	likely = 0.2
)

// Visits are the stays at a site, by arrival, each with the probability that it
// was there. It joins what is known of both when it is asked, so that a site
// found later has the visits before.
func Visits(r store.Reader, site vigia.Site) ([]vigia.Visit, error) {
	near, err := r.VisitsNear(site.At, 2*siteReach)
	if err != nil {
		return nil, err
	}
	areas, frame, err := premises(r, site)
	if err != nil {
		return nil, err
	}
	out := []vigia.Visit{}
	for _, v := range near {
		at := frame.ToLocal(v.At)
		if id, p := visit.Assign(visit.Stop{X: at.X, Y: at.Y, Spread: v.SpreadM}, areas); id != "" {
			v.Site, v.SiteProbability = site.ID, p
			out = append(out, v)
		}
	}
	return out, nil
}

// premises are the areas of a site in a frame about it: its likely buildings,
// or where there are none the ground in which it lies.
func premises(r store.Reader, site vigia.Site) ([]visit.Site, geo.Frame, error) {
	frame := geo.Frame{Origin: site.At}
	probability := map[vigia.ID]float64{}
	for _, b := range site.Buildings {
		probability[b.ID] = b.Probability
	}
	buildings, err := r.BuildingsNear(site.At, siteReach, 0)
	if err != nil {
		return nil, frame, err
	}
	var out []visit.Site
	for _, b := range buildings {
		if probability[b.ID] >= likely {
			out = append(out, visit.Site{ID: site.ID, Area: frame.PolygonToLocal(b.Footprint)})
		}
	}
	if len(out) == 0 {
		out = []visit.Site{{ID: site.ID, Area: ellipse(site.Ellipse)}}
	}
	return out, frame, nil
}

// ellipse is the polygon of a region about the origin, no wider than siteReach.
func ellipse(e vigia.Ellipse) geo.Polygon {
	const corners = 24
	major, minor := math.Min(e.SemiMajorM, siteReach), math.Min(e.SemiMinorM, siteReach)
	sin, cos := math.Sincos(e.AzimuthDeg * math.Pi / 180)
	ring := make([][2]float64, 0, corners)
	for k := range corners {
		v, u := math.Sincos(2 * math.Pi * float64(k) / corners)
		u, v = u*major, v*minor
		ring = append(ring, [2]float64{u*sin + v*cos, u*cos - v*sin})
	}
	return geo.Polygon{ring}
}

// Rhythm is what comes and goes at a site, by the hours in which it was in
// view. Hours are the sun's at the site, to a whole hour: no clock of any
// country is needed to tell a night from a day.
func Rhythm(r store.Reader, site vigia.Site) (vigia.Rhythm, error) {
	visits, err := Visits(r, site)
	if err != nil {
		return vigia.Rhythm{}, err
	}
	looks, err := r.Looks(store.TrafficFilter{})
	if err != nil {
		return vigia.Rhythm{}, err
	}
	came, watched, options := arrivals(visits), watches(looks, site.At), visit.RhythmOptions{Zone: sunZone(site.At.Lon)}
	out := visit.RhythmOf(came, watched, options)
	out.Site, out.Loading = site.ID, visit.Loading(came, watched, options)
	Say(&out)
	return out, nil
}

// Say adds the sentences of a rhythm.
func Say(r *vigia.Rhythm) {
	for i := range r.Recurring {
		r.Recurring[i].Sentences = lang.Recurrence(r.Recurring[i])
	}
	for i := range r.Together {
		r.Together[i].Sentences = lang.Together(r.Together[i])
	}
	for i := range r.Unusual {
		r.Unusual[i].Sentences = lang.Unusual(r.Unusual[i])
	}
	for i := range r.Loading {
		r.Loading[i].Sentences = lang.Loading(r.Loading[i])
	}
}

// arrivals are visits as a rhythm sees them. Of one that was there when the
// watch began nobody knows when it came.
func arrivals(visits []vigia.Visit) []visit.Arrival {
	var out []visit.Arrival
	for _, v := range visits {
		if v.ArrivedBefore {
			continue
		}
		a := visit.Arrival{At: v.Arrive, Class: v.Class}
		if !v.DepartsAfter {
			a.Dwell = v.Depart.Sub(v.Arrive)
		}
		out = append(out, a)
	}
	return out
}

// watches are the times in which a place was in view; two flights that looked
// at once count once.
func watches(looks []vigia.Look, at geo.Point) []visit.Watch {
	var all []visit.Watch
	for _, l := range looks {
		if slices.ContainsFunc(l.Areas, func(a geo.Polygon) bool { return a.Contains(at.Lon, at.Lat) }) {
			all = append(all, visit.Watch{From: l.From, To: l.To})
		}
	}
	slices.SortFunc(all, func(a, b visit.Watch) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var out []visit.Watch
	for _, w := range all {
		if n := len(out); n > 0 && !w.From.After(out[n-1].To) {
			if w.To.After(out[n-1].To) {
				out[n-1].To = w.To
			}
			continue
		}
		out = append(out, w)
	}
	return out
}

// sunZone is the zone whose noon is nearest to the sun's.
func sunZone(lon float64) *time.Location {
	hours := int(math.Round(lon / 15))
	return time.FixedZone(fmt.Sprintf("UTC%+d", hours), hours*3600)
}
