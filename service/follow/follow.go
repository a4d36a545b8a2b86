// Package follow watches an authorised area: position reports within it become
// tracks, and every track expires. What lies outside the area, the hours or
// the purpose of the authorisation is counted and not kept.
//
// It does not stand on the stream yet: ingest has no door for position
// reports. A Watch is what its step will hold, one for each flight.
package follow

import (
	"math"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/track"
	"github.com/vigia-project/vigia/geo"
)

// A Watch follows vehicles for one flight under one authorisation.
type Watch struct {
	authorisation vigia.Authorisation
	flight        vigia.Flight
	keep          time.Duration
	frame         geo.Frame
	tracker       *track.Tracker
	start         time.Time
	points        []vigia.TrackPoint // in order of time
	outside       map[vigia.SealReason]int
}

// MaxKeep is the longest that a track may be kept.
const MaxKeep = 90 * 24 * time.Hour

// New begins a watch. keep is how long a track lives after the time it tells
// of; it must be above 0 and at most MaxKeep. The flight must be of the
// authorisation and of its purpose.
func New(a vigia.Authorisation, f vigia.Flight, keep time.Duration) (*Watch, error) {
	if err := a.Valid(); err != nil {
		return nil, err
	}
	if f.Authorisation != a.ID || f.Purpose != a.Purpose {
		return nil, vigia.Errorf(vigia.Forbidden, "the flight %s is not of the authorisation %s and its purpose", f.ID, a.ID)
	}
	if keep <= 0 || keep > MaxKeep {
		return nil, vigia.Errorf(vigia.Invalid, "tracks are kept for more than nothing and at most %d days", int(MaxKeep.Hours()/24))
	}
	w := &Watch{authorisation: a, flight: f, keep: keep, tracker: track.New(track.Settings{}), start: a.From, outside: map[vigia.SealReason]int{}}
	ring := a.Volume.Footprint[0]
	w.frame.Origin = geo.Point{Lon: ring[0][0], Lat: ring[0][1], Alt: f.GroundM}
	return w, nil
}

// permits tells whether a vehicle may be followed at a time and place. It is on
// the ground, so the volume's floor and ceiling, which bound the aircraft, do
// not bound it.
func (w *Watch) permits(t time.Time, at geo.Point) (vigia.SealReason, bool) {
	switch a := w.authorisation; {
	case t.Before(a.From) || !t.Before(a.Until):
		return vigia.OutsideHours, false
	case !a.Volume.Footprint.Contains(at.Lon, at.Lat):
		return vigia.OutsideVolume, false
	}
	return "", true
}

// Add takes the reports of one scan. Those that the authorisation does not
// cover are counted by reason and dropped before anything follows them.
func (w *Watch) Add(reports []vigia.PositionReport) error {
	if len(reports) == 0 {
		return nil
	}
	first := reports[0]
	scan := track.Scan{Number: first.Scan, Time: first.Time.Sub(w.start).Seconds()}
	for i, r := range reports {
		if r.Scan != first.Scan || !r.Time.Equal(first.Time) {
			return vigia.Errorf(vigia.Invalid, "report %s is of another scan than the one before it", r.ID)
		}
		if r.Flight != w.flight.ID {
			return vigia.Errorf(vigia.Forbidden, "report %s is of the flight %s, not of %s", r.ID, r.Flight, w.flight.ID)
		}
		if err := r.At.Valid(); err != nil {
			return vigia.Errorf(vigia.Invalid, "report %s: %v", r.ID, err)
		}
		if reason, ok := w.permits(r.Time, r.At); !ok {
			w.outside[reason]++
			continue
		}
		l := w.frame.ToLocal(r.At)
		scan.Reports = append(scan.Reports, track.Report{ID: i, X: l.X, Y: l.Y, Sigma: r.SigmaM, Class: r.Class})
	}
	if first.Time.Before(w.authorisation.From) || !first.Time.Before(w.authorisation.Until) {
		return nil // outside the hours nothing moves on, not even a prediction
	}
	if err := w.tracker.Add(scan); err != nil {
		return err
	}
	w.take(w.tracker.Settled())
	return nil
}

// End settles what still waits for late scans.
func (w *Watch) End() { w.take(w.tracker.Close()) }

// take keeps the points of settled pictures that lie in the area: a track that
// drives out of it is told up to its edge.
func (w *Watch) take(pictures []track.Picture) {
	for _, p := range pictures {
		at := w.start.Add(time.Duration(p.Time * float64(time.Second)))
		for _, e := range p.Tracks {
			place := w.frame.ToPoint(geo.Local{X: e.X, Y: e.Y})
			if _, ok := w.permits(at, place); !ok {
				continue
			}
			w.points = append(w.points, vigia.TrackPoint{
				Track: vigia.NewID("track", w.flight.ID, e.Track), Flight: w.flight.ID, Time: at, At: place,
				EastMPS: e.VX, NorthMPS: e.VY, SigmaM: math.Sqrt((e.Covariance[0][0] + e.Covariance[1][1]) / 2),
				Existence: e.Existence, Class: e.Class, Expires: at.Add(w.keep),
			})
		}
	}
}

// Points returns what is kept at the time now, and forgets what has expired.
func (w *Watch) Points(now time.Time) []vigia.TrackPoint {
	w.points = slices.DeleteFunc(w.points, func(p vigia.TrackPoint) bool { return !now.Before(p.Expires) })
	return slices.Clone(w.points)
}

// Outside counts the reports that were dropped, by reason.
func (w *Watch) Outside() map[vigia.SealReason]int {
	out := map[vigia.SealReason]int{}
	for k, n := range w.outside {
		out[k] = n
	}
	return out
}
