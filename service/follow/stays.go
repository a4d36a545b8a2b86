package follow

import (
	"math"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/track"
	"github.com/vigia-project/vigia/core/visit"
	"github.com/vigia-project/vigia/geo"
)

// A path is what a track did so far.
type path struct {
	samples []visit.Sample
	last    time.Time
	class   string
}

// follow adds a settled picture to the paths. What lies outside the area is not
// part of one: a track that comes back goes on, with the time between unseen.
func (w *Watch) follow(p track.Picture) {
	at := w.at(p.Time)
	for _, e := range p.Tracks {
		if _, ok := w.permits(at, w.frame.ToPoint(geo.Local{X: e.X, Y: e.Y})); !ok {
			continue
		}
		t := w.paths[e.Track]
		if t == nil {
			t = &path{}
			w.paths[e.Track] = t
		}
		if n := len(t.samples); n > 0 && t.samples[n-1].Time >= p.Time {
			continue // two sensors' scans of one time
		}
		t.samples = append(t.samples, visit.Sample{Time: p.Time, X: e.X, Y: e.Y, Sigma: math.Sqrt((e.Covariance[0][0] + e.Covariance[1][1]) / 2)})
		t.last = at
		if e.Class != "" {
			t.class = e.Class
		}
	}
}

// visits tells where a track stayed, and forgets its path. A stay that is cut
// by the end of the watch is censored, and so is one whose track was lost.
func (w *Watch) visits(n int) []vigia.Visit {
	t := w.paths[n]
	delete(w.paths, n)
	stops, err := visit.Stops(t.samples, visit.Options{})
	if err != nil {
		return nil // samples are in order and made of numbers: follow saw to it
	}
	var out []vigia.Visit
	for _, s := range stops {
		arrive, depart := w.at(s.Arrive), w.at(s.Depart)
		v := vigia.Visit{
			Flight: w.flight.ID, Track: w.name(n), At: w.frame.ToPoint(geo.Local{X: s.X, Y: s.Y}), SpreadM: s.Spread,
			Arrive: arrive, Depart: depart, ArriveSD: seconds(s.ArriveSD), DepartSD: seconds(s.DepartSD),
			ArrivedBefore: s.ArrivedBefore, DepartsAfter: s.DepartsAfter, Class: t.class, Expires: depart.Add(w.keep.Visits),
		}
		if !math.IsNaN(s.Approach) {
			v.ApproachDeg = &s.Approach
		}
		v.ID = vigia.NewID("visit", v)
		out = append(out, v)
	}
	return out
}

func seconds(s float64) time.Duration {
	return time.Duration(math.Round(s*1e3)) * time.Millisecond
}
