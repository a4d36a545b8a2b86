package ingest

import (
	"context"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/mavlink"
)

const (
	// attitudeFresh is how old an attitude may be that goes with a place.
	attitudeFresh = time.Second
	// windEvery is how often the aircraft's own estimate of the wind is kept: it
	// is a filter's, and says nothing new ten times a second.
	windEvery = 5 * time.Second
)

// telemetry reads what autopilots say of themselves. They tell the time since
// they were switched on, so a frame is of when it came; a delay of the link is
// not known.
type telemetry struct {
	door     *door
	splitter mavlink.Splitter
	skipped  int64
	aircraft map[uint8]*flying
	err      error
}

// flying is one aircraft.
type flying struct {
	mavlink.Telemetry
	windAt time.Time
}

func newMAVLink(d *door) parser { return &telemetry{door: d, aircraft: map[uint8]*flying{}} }

func (t *telemetry) push(ctx context.Context, b []byte) error {
	t.splitter.Push(b, func(f mavlink.Frame) { t.take(ctx, f) })
	return t.close(ctx)
}

func (t *telemetry) close(context.Context) error {
	if n := t.splitter.Skipped - t.skipped; n > 0 {
		t.skipped = t.splitter.Skipped
		t.door.bad(vigia.Errorf(vigia.Invalid, "%d bytes belong to no MAVLink frame", n))
	}
	err := t.err
	t.err = nil
	return err
}

func (t *telemetry) take(ctx context.Context, f mavlink.Frame) {
	if t.err != nil {
		return
	}
	a := t.aircraft[f.System]
	if a == nil {
		a = &flying{Telemetry: mavlink.Telemetry{System: f.System}}
		t.aircraft[f.System] = a
	}
	now := t.door.Clock().UTC()
	if !a.Apply(now, f) {
		return
	}
	switch {
	case a.PositionAt.Equal(now) && f.Name == "GLOBAL_POSITION_INT":
		t.err = t.position(ctx, f, a)
	case a.WindAt.Equal(now) && now.Sub(a.windAt) >= windEvery:
		a.windAt = now
		t.err = t.wind(ctx, f, a)
	}
}

// position takes where an aircraft is. MAVLink's altitude is above the sea.
func (t *telemetry) position(ctx context.Context, f mavlink.Frame, a *flying) error {
	at := a.Position
	at.Alt += t.door.geoidM
	if err := at.Valid(); err != nil {
		t.door.bad(vigia.Errorf(vigia.Invalid, "%v", err))
		return nil
	}
	p := &packet{raw: f.Bytes(), at: a.PositionAt, sensors: []geo.Point{at}, pose: &vigia.Pose{At: at}}
	if a.PositionAt.Sub(a.AttitudeAt) <= attitudeFresh {
		p.pose.Attitude = &vigia.Attitude{HeadingDeg: a.YawDeg, PitchDeg: a.PitchDeg, RollDeg: a.RollDeg}
	}
	return t.door.motion(ctx, p)
}

// wind takes what an aircraft makes of the wind that carries it.
func (t *telemetry) wind(ctx context.Context, f mavlink.Frame, a *flying) error {
	in, err := t.door.intake(ctx, stream.Wind)
	if err != nil {
		return err
	}
	w := vigia.Wind{Flight: in.flight.ID, Time: a.WindAt, SpeedMPS: a.WindSpeed, FromDeg: a.WindFromDeg}
	if err := w.Valid(); err != nil {
		t.door.bad(err)
		return nil
	}
	w.ID = vigia.NewID("wind", w)
	return in.take(ctx, string(f.Bytes()), w.Time, nil, func(b *vigia.Batch, offset int64) {
		w.Origin = vigia.Provenance{Offset: offset}
		b.Winds = append(b.Winds, w)
	})
}
