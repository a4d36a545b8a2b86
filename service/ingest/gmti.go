package ingest

import (
	"context"
	"math"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/gmti"
)

// radar reads the dwells of a ground moving target indicator.
type radar struct {
	door     *door
	splitter gmti.Splitter
	skipped  int64
	mission  *gmti.Mission // whose day the times count from
	err      error
}

func newGMTI(d *door) parser { return &radar{door: d} }

func (r *radar) push(ctx context.Context, b []byte) error {
	r.splitter.Push(b, func(packet []byte, _ int64) { r.take(ctx, packet) })
	return r.result()
}

func (r *radar) close(ctx context.Context) error {
	r.splitter.Flush(func(packet []byte, _ int64) { r.take(ctx, packet) })
	return r.result()
}

func (r *radar) result() error {
	if n := r.splitter.Skipped - r.skipped; n > 0 {
		r.skipped = r.splitter.Skipped
		r.door.bad(vigia.Errorf(vigia.Invalid, "%d bytes belong to no STANAG 4607 packet", n))
	}
	err := r.err
	r.err = nil
	return err
}

// take reads one packet. Each dwell in it was sensed from a place of its own.
func (r *radar) take(ctx context.Context, raw []byte) {
	if r.err != nil {
		return
	}
	decoded, err := gmti.Decode(raw)
	if err != nil {
		r.door.bad(err)
		return
	}
	var p *packet
	for _, s := range decoded.Segments {
		switch s := s.(type) {
		case *gmti.Mission:
			r.mission = s
		case *gmti.Dwell:
			if r.mission == nil {
				r.door.bad(vigia.Errorf(vigia.Invalid, "a dwell came before the mission that tells its day"))
				return
			}
			at, sensor := r.mission.Time(s.TimeMS), radarPlace(s)
			if p == nil {
				p = &packet{raw: raw, at: at, pose: &vigia.Pose{At: sensor, Attitude: attitude(s)}}
			}
			p.sensors = append(p.sensors, sensor)
			p.reports = append(p.reports, sightings(s, sensor, at)...)
		}
	}
	if p != nil {
		r.err = r.door.motion(ctx, p)
	}
}

func radarPlace(d *gmti.Dwell) geo.Point {
	return geo.Point{Lat: d.Lat, Lon: math.Remainder(d.Lon, 360), Alt: float64(d.AltitudeCM) / 100}
}

// attitude is how the platform lay, where the radar tells all of it.
func attitude(d *gmti.Dwell) *vigia.Attitude {
	if all := gmti.Bit(21) | gmti.Bit(22) | gmti.Bit(23); d.Mask&all != all {
		return nil
	}
	return &vigia.Attitude{HeadingDeg: d.HeadingDeg, PitchDeg: d.PitchDeg, RollDeg: d.RollDeg}
}

// sightings are the targets of a dwell.
func sightings(d *gmti.Dwell, sensor geo.Point, at time.Time) []vigia.PositionReport {
	has := func(field int) bool { return d.Mask&gmti.TargetBit(field) != 0 }
	var all []vigia.PositionReport
	for i := range d.Targets {
		t := &d.Targets[i]
		place, ok := d.Place(t)
		if !ok || place.Valid() != nil {
			continue
		}
		r := vigia.PositionReport{Scan: int(d.Revisit)<<16 | int(d.Index), Time: at, At: place}
		if has(12) && has(13) { // across the line of sight is the worse by far
			r.SigmaM = math.Sqrt((square(float64(t.SlantRangeSDCM)/100) + square(float64(t.CrossRangeSDDM)/10)) / 2)
		}
		if has(7) { // ST 4607: away is negative; ours is positive
			r.RangeRate = &vigia.RangeRate{MPS: -float64(t.VelocityCMPS) / 100, From: sensor}
			if has(15) {
				r.RangeRate.SigmaMPS = float64(t.VelocitySDCMPS) / 100
			}
			if d.Mask&gmti.Bit(31) != 0 {
				r.RangeRate.MDVMPS = float64(d.MDVDMPS) / 10
			}
		}
		all = append(all, r)
	}
	return all
}

func square(x float64) float64 { return x * x }
