// Package locate works out where a flight's vapour comes from, again and again
// as the flight goes on.
package locate

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

const (
	// A flight is located when it has this many readings, and again each time
	// it has grown by a quarter: the work of a flight stays in proportion to
	// its length, and when it is done depends on the log alone, not on how
	// fast this machine is.
	minReadings = 30
	growth      = 1.25

	// Buildings this far beyond the readings can still be the source.
	reachM       = 500
	maxBuildings = 20000

	// Earlier flights over the same place are located together with this one: so
	// many at the most, the latest.
	maxEarlier = 6

	// What was worked out is remembered for so many flights, to go on from there.
	maxTrackers = 4
)

// Locate is the step.
type Locate struct {
	*service.Base
	workers int

	mu       sync.Mutex // of the trackers
	trackers []tracked  // the latest used last
}

// A tracked is the memory of one flight. It saves work and changes no answer:
// after a restart the same log gives the same picture without it.
type tracked struct {
	flight  vigia.ID
	tracker *localise.Tracker
}

// New makes the step. The answer does not depend on workers.
func New(b *service.Base, workers int) *Locate { return &Locate{Base: b, workers: workers} }

// tracker returns a flight's memory, and forgets the one that was used longest
// ago.
func (l *Locate) tracker(flight vigia.ID) *localise.Tracker {
	t := tracked{flight, &localise.Tracker{}}
	for i, k := range l.trackers {
		if k.flight == flight {
			t = k
			l.trackers = append(l.trackers[:i], l.trackers[i+1:]...)
			break
		}
	}
	if l.trackers = append(l.trackers, t); len(l.trackers) > maxTrackers {
		l.trackers = l.trackers[1:]
	}
	return t.tracker
}

// Step locates a flight's sources when there is something to locate.
func (l *Locate) Step() service.Step {
	s := service.Step{Name: "locate", Subjects: []string{stream.DetectionFound, stream.PlumeFound, stream.FlightIsClosed}}
	s.Prepare = func(ctx context.Context, m stream.Message) (service.Apply, error) {
		flight, log, closed, err := trigger(m)
		if err != nil {
			return nil, err
		}
		e, err := l.gather(ctx, flight, log)
		if err != nil || !e.due(closed) {
			return nil, err
		}
		p, err := l.posterior(ctx, e, closed)
		if err != nil {
			return nil, err
		}
		return func(tx store.Tx) error {
			_, err := tx.AddPosterior(p, s.Trace("source.located", l.Clock(), stream.SourceLocated))
			return err
		}, nil
	}
	return s
}

// trigger reads which flight to look at, up to which place in the log.
func trigger(m stream.Message) (flight vigia.ID, log uint64, closed bool, err error) {
	if m.Subject == stream.FlightIsClosed {
		var c vigia.FlightClosed
		if err := json.Unmarshal(m.Data, &c); err != nil {
			return "", 0, false, vigia.Errorf(vigia.Invalid, "the end of a flight is not readable: %v", err)
		}
		return c.Flight, c.Log, true, nil
	}
	if m.Subject == stream.PlumeFound {
		var p vigia.Plume
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return "", 0, false, vigia.Errorf(vigia.Invalid, "the plume is not readable: %v", err)
		}
		return p.Flight, p.Log, false, nil
	}
	var d vigia.Detection
	if err := json.Unmarshal(m.Data, &d); err != nil {
		return "", 0, false, vigia.Errorf(vigia.Invalid, "the detection is not readable: %v", err)
	}
	return d.Flight, d.Log, false, nil
}

// evidence is all that one posterior rests on.
type evidence struct {
	flight    vigia.Flight
	detected  bool // something rose above the background
	count     int  // readings there are
	last      int  // readings the flight's last posterior rests on
	growing   bool // and it was one that is worked out anew when the flight has ended
	readings  []vigia.Observation
	winds     []vigia.Wind
	buildings []vigia.Building
	frame     geo.Frame
	with      []vigia.ID // earlier flights whose readings and winds are among them
}

func (e evidence) due(closed bool) bool {
	switch {
	case e.count < minReadings || len(e.winds) == 0 || !e.detected:
		return false
	case closed:
		return e.count != e.last || e.growing
	}
	return float64(e.count) >= growth*float64(e.last)
}

func (l *Locate) gather(ctx context.Context, flight vigia.ID, log uint64) (evidence, error) {
	var e evidence
	err := l.Store.View(ctx, func(r store.Reader) (err error) {
		if e.count, err = r.CountObservations(flight, log); err != nil || e.count < minReadings {
			return err
		}
		if e.flight, err = r.Flight(flight); err != nil {
			return err
		}
		if e.detected, err = detected(r, flight, log); err != nil {
			return err
		}
		before, err := r.Posteriors(flight, 1)
		if err != nil {
			return err
		}
		if len(before) > 0 {
			by := before[0].Method
			e.last, e.growing = before[0].Readings, strings.HasPrefix(by, localise.FlightMethod) || strings.HasPrefix(by, localise.GrowingMethod)
		}
		if e.winds, err = r.Winds(flight, log); err != nil || !e.due(true) {
			return err
		}
		if e.readings, err = r.Observations(store.ObservationFilter{Flight: flight, UpToLog: log}); err != nil {
			return err
		}
		centre, radiusM := around(e.readings)
		// The first reading is the origin: it stays while the flight grows, and what
		// is remembered of the flight with it.
		first := e.readings[0].Middle()
		e.frame = geo.Frame{Origin: geo.Point{Lon: first.Lon, Lat: first.Lat, Alt: e.flight.GroundM}}
		if err = e.join(r, centre, radiusM, log); err != nil {
			return err
		}
		e.buildings, err = r.BuildingsNear(centre, radiusM+reachM, maxBuildings)
		return err
	})
	return e, err
}

// join adds the earlier flights that found a source of the same chemical within
// reach of this one's readings, in the order of time.
func (e *evidence) join(r store.Reader, centre geo.Point, radiusM float64, log uint64) error {
	var own []localise.Reading
	for _, o := range e.readings {
		own = append(own, readingIn(e.frame, o))
	}
	flights, err := r.Flights()
	if err != nil || !localise.Moving(own) {
		return err
	}
	var found []vigia.Posterior
	for _, f := range flights {
		if f.ID == e.flight.ID || f.Chemical != e.flight.Chemical {
			continue
		}
		latest, err := r.Posteriors(f.ID, 1)
		if err != nil {
			return err
		}
		if len(latest) == 1 && strings.HasPrefix(latest[0].Method, localise.FlightMethod) && latest[0].AsOf.Before(e.readings[0].Time) && within(latest[0], centre, radiusM+reachM) {
			found = append(found, latest[0])
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].AsOf.Before(found[j].AsOf) })
	for _, p := range found[max(0, len(found)-maxEarlier):] {
		readings, err := r.Observations(store.ObservationFilter{Flight: p.Flight, UpToLog: log})
		if err != nil {
			return err
		}
		winds, err := r.Winds(p.Flight, log)
		if err != nil {
			return err
		}
		e.readings, e.winds, e.with = append(e.readings, readings...), append(e.winds, winds...), append(e.with, p.Flight)
	}
	slices.Sort(e.with)
	return nil
}

func within(p vigia.Posterior, centre geo.Point, radiusM float64) bool {
	for _, s := range p.Sources {
		if geo.Distance(geo.Point{Lon: s.At.Lon, Lat: s.At.Lat}, geo.Point{Lon: centre.Lon, Lat: centre.Lat}) < radiusM {
			return true
		}
	}
	return false
}

// detected tells whether a flight had found anything by a place in the log:
// where nothing was, there is nothing to locate.
func detected(r store.Reader, flight vigia.ID, log uint64) (bool, error) {
	found, err := r.Detections(store.DetectionFilter{Flight: flight})
	for _, d := range found {
		if d.Log <= log {
			return true, err
		}
	}
	if err != nil {
		return false, err
	}
	plumes, err := r.Plumes(store.PlumeFilter{Flight: flight, UpToLog: log, Limit: 1})
	return len(plumes) > 0, err
}

// around returns the middle of the readings and how far the farthest lies.
func around(readings []vigia.Observation) (centre geo.Point, radiusM float64) {
	west, south := math.Inf(1), math.Inf(1)
	east, north := math.Inf(-1), math.Inf(-1)
	for _, o := range readings {
		m := o.Middle()
		west, east = min(west, m.Lon), max(east, m.Lon)
		south, north = min(south, m.Lat), max(north, m.Lat)
	}
	centre = geo.Point{Lon: (west + east) / 2, Lat: (south + north) / 2}
	return centre, geo.Distance(centre, geo.Point{Lon: east, Lat: north})
}

// posterior works it out.
func (l *Locate) posterior(ctx context.Context, e evidence, closed bool) (vigia.Posterior, error) {
	chemical, err := vigia.ChemicalNamed(e.flight.Chemical)
	if err != nil {
		return vigia.Posterior{}, err
	}
	problem := localise.Problem{
		Winds: e.winds, Chemical: chemical, Seed: seedOf(e.flight.ID), Workers: l.workers, Growing: !closed,
	}
	for _, o := range e.readings {
		problem.Observations = append(problem.Observations, readingIn(e.frame, o))
	}
	for _, b := range e.buildings {
		problem.Buildings = append(problem.Buildings, localise.Building{ID: b.ID, Footprint: e.frame.PolygonToLocal(b.Footprint)})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	answer, err := l.tracker(e.flight.ID).Locate(ctx, problem, nil)
	if err != nil {
		return vigia.Posterior{}, err
	}
	p := posteriorOf(e.frame, answer)
	p.Flight, p.Chemical, p.Readings, p.With = e.flight.ID, chemical.Name, e.count, e.with
	p.ID = e.id(p, closed)
	return p, nil
}

// id names a posterior by what it was worked out from.
func (e evidence) id(p vigia.Posterior, closed bool) vigia.ID {
	var from []vigia.ID
	for _, o := range e.readings {
		from = append(from, o.ID)
	}
	for _, w := range e.winds {
		from = append(from, w.ID)
	}
	for _, b := range e.buildings {
		from = append(from, b.ID)
	}
	return vigia.NewID("post", p.Flight, from, p.Method, p.Seed, closed)
}

// seedOf makes a flight's seed: the same flight is always drawn alike.
func seedOf(flight vigia.ID) int64 {
	h := fnv.New64a()
	h.Write([]byte(flight))
	return int64(h.Sum64() >> 1)
}
