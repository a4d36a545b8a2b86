// Package detect reads the log as it grows: it keeps what the sensors said for
// the steps that need history, and finds what the background does not explain.
package detect

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/pointsensor"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// history is how far back a sensor's background looks.
const history = 30 * time.Minute

// Detect finds what rises above the background, in readings and in scan lines.
type Detect struct {
	*service.Base
	options pointsensor.Options
	library []spectral.Signature
	workers int

	// flights are the scan lines under way. The step alone uses it: a step has one
	// message in hand at a time.
	flights map[vigia.ID]*flightScans
}

// New makes the step. falseAlarm is the probability, per reading and per pixel,
// that the background alone is called a detection; library is what scan lines
// are searched for. The answer does not depend on workers.
func New(b *service.Base, falseAlarm float64, library []spectral.Signature, workers int) *Detect {
	return &Detect{
		Base: b, options: pointsensor.Options{FalseAlarm: falseAlarm, Window: history},
		library: library, workers: workers, flights: map[vigia.ID]*flightScans{},
	}
}

// Step reads everything on the log that the picture is made of.
func (d *Detect) Step() service.Step {
	s := service.Step{
		Name:     "detect",
		Subjects: []string{stream.Observation + "*", stream.Wind + "*", stream.Buildings, stream.ScanLines + "*", stream.FlightOrder},
	}
	s.Prepare = func(ctx context.Context, m stream.Message) (service.Apply, error) {
		switch {
		case m.Subject == stream.FlightOrder:
			return d.order(ctx, s, m)
		case strings.HasPrefix(m.Subject, stream.ScanLines):
			return d.scan(ctx, s, m)
		}
		return d.batch(ctx, s, m)
	}
	return s
}

// order announces that a flight's data is complete, after what its cubes hold.
func (d *Detect) order(ctx context.Context, s service.Step, m stream.Message) (service.Apply, error) {
	var decision vigia.Decision
	if err := json.Unmarshal(m.Data, &decision); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the decision is not readable: %v", err)
	}
	if decision.Kind != vigia.EndFlight || decision.Flight == nil {
		return nil, nil
	}
	found, err := d.closeScans(ctx, decision.Flight.ID, m)
	if err != nil {
		return nil, err
	}
	closed := vigia.FlightClosed{Flight: decision.Flight.ID, Log: m.Seq}
	return func(tx store.Tx) error {
		if err := d.keep(tx, s, found); err != nil {
			return err
		}
		_, err := tx.AddFact(vigia.NewID("closed", decision.ID), closed, s.Trace("flight.closed", d.Clock(), stream.FlightIsClosed))
		return err
	}, nil
}

// batch keeps a batch and finds what is in it.
func (d *Detect) batch(ctx context.Context, s service.Step, m stream.Message) (service.Apply, error) {
	var b vigia.Batch
	if err := json.Unmarshal(m.Data, &b); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the batch is not readable: %v", err)
	}
	found, err := d.find(ctx, b.Observations)
	if err != nil {
		return nil, err
	}
	return func(tx store.Tx) error {
		if err := tx.AddBatch(b, m.Seq); err != nil {
			return err
		}
		for _, det := range found {
			det.Log = m.Seq
			if _, err := tx.AddDetection(det, s.Trace("detection.found", d.Clock(), stream.DetectionFound)); err != nil {
				return err
			}
		}
		d.Counters.Add("detect.found", float64(len(found)))
		return nil
	}, nil
}

// find looks at each sensor's readings against that sensor's own past.
func (d *Detect) find(ctx context.Context, readings []vigia.Observation) ([]vigia.Detection, error) {
	bySensor := map[string][]vigia.Observation{}
	for _, o := range readings {
		bySensor[o.Sensor] = append(bySensor[o.Sensor], o)
	}
	var found []vigia.Detection
	for _, own := range bySensor {
		slices.SortFunc(own, func(a, b vigia.Observation) int {
			return cmp.Or(a.Time.Compare(b.Time), strings.Compare(string(a.ID), string(b.ID)))
		})
		first := own[0]
		var past []vigia.Observation
		err := d.Store.View(ctx, func(r store.Reader) (err error) {
			past, err = r.Observations(store.ObservationFilter{
				Flight: first.Flight, Sensor: first.Sensor, From: first.Time.Add(-history), Before: first.Time,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		found = append(found, pointsensor.Detect(past, own, d.options)...)
	}
	slices.SortFunc(found, func(a, b vigia.Detection) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(string(a.ID), string(b.ID)))
	})
	return found, nil
}
