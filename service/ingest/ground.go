package ingest

import (
	"context"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/ground"
)

// unattended reads what sensors on the ground say.
type unattended struct {
	door     *door
	splitter ground.Splitter
	skipped  int64
	err      error
}

func newGround(d *door) parser { return &unattended{door: d} }

func (u *unattended) push(ctx context.Context, b []byte) error {
	u.splitter.Push(b, func(object []byte) { u.take(ctx, object) })
	return u.result()
}

func (u *unattended) close(context.Context) error {
	u.splitter.Flush()
	return u.result()
}

func (u *unattended) result() error {
	if n := u.splitter.Skipped - u.skipped; n > 0 {
		u.skipped = u.splitter.Skipped
		u.door.bad(vigia.Errorf(vigia.Invalid, "%d bytes belong to no message, or to one that is cut or longer than %d bytes", n, ground.MaxMessage))
	}
	err := u.err
	u.err = nil
	return err
}

func (u *unattended) take(ctx context.Context, object []byte) {
	if u.err != nil {
		return
	}
	m, err := ground.Decode(object)
	if err == nil {
		err = vigia.ValidTime(m.Time(), u.door.Clock())
	}
	if err != nil {
		u.door.bad(err)
		return
	}
	switch raw := string(object) + "\n"; {
	case m.Observation != nil:
		u.err = u.observation(ctx, raw, m)
	case m.Wind != nil:
		u.err = u.wind(ctx, raw, *m.Wind)
	default:
		u.err = u.vehicle(ctx, raw, m)
	}
}

// same tells whether two names are of one chemical.
func same(a, b string) bool {
	ca, errA := vigia.ChemicalNamed(a)
	cb, errB := vigia.ChemicalNamed(b)
	return a == b || errA == nil && errB == nil && ca == cb
}

// observation takes a reading of gas. The sensor stands in the area, below the
// floor that bounds the aircraft.
func (u *unattended) observation(ctx context.Context, raw string, m ground.Message) error {
	in, err := u.door.intake(ctx, stream.Observation)
	if err != nil {
		return err
	}
	o := *m.Observation
	if in.refused == "" && m.Chemical != "" && !same(m.Chemical, in.flight.Chemical) {
		u.door.bad(vigia.Errorf(vigia.Invalid, "the sensor %s reads %s, and the flight's sensors %s", o.Sensor, m.Chemical, in.flight.Chemical))
		return nil
	}
	o.Flight, o.Chemical = in.flight.ID, in.flight.Chemical
	places := []*geo.Point{&o.At}
	if o.To != nil {
		to := *o.To
		o.To = &to
		places = append(places, o.To)
	}
	for _, p := range places {
		if m.OnGround {
			p.Alt = in.flight.GroundM
		}
	}
	o.ID = observationID(o)
	at := make([]geo.Point, len(places))
	for i, p := range places {
		at[i] = *p
	}
	reason, ok := in.permitsGround(o.Time, at...)
	return in.put(ctx, raw, o.Time, reason, ok, func(b *vigia.Batch, offset int64) {
		o.Origin.Offset = offset
		b.Observations = append(b.Observations, o)
	})
}

func (u *unattended) wind(ctx context.Context, raw string, w vigia.Wind) error {
	in, err := u.door.intake(ctx, stream.Wind)
	if err != nil {
		return err
	}
	w.Flight = in.flight.ID
	w.ID = vigia.NewID("wind", w)
	return in.take(ctx, raw, w.Time, nil, func(b *vigia.Batch, offset int64) {
		w.Origin.Offset = offset
		b.Winds = append(b.Winds, w)
	})
}

// vehicle takes that something passed.
func (u *unattended) vehicle(ctx context.Context, raw string, m ground.Message) error {
	in, err := u.door.intake(ctx, stream.Position)
	if err != nil {
		return err
	}
	r := *m.Report
	r.Flight = in.flight.ID
	if m.OnGround {
		r.At.Alt = in.flight.GroundM
	}
	r.ID = vigia.NewID("report", r)
	reason, ok := in.permitsGround(r.Time, r.At)
	return in.put(ctx, raw, r.Time, reason, ok, func(b *vigia.Batch, offset int64) {
		r.Origin.Offset = offset
		b.Reports = append(b.Reports, r)
	})
}
