package ingest

import (
	"context"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A packet is what an aircraft or a radar said at one time: where it was, and
// which vehicles it saw.
type packet struct {
	raw     []byte
	at      time.Time
	sensors []geo.Point // from where it was sensed; none: it does not say
	pose    *vigia.Pose
	reports []vigia.PositionReport
}

// name gives the facts of a packet their ids and their way back to its bytes.
// The same packet gives the same ids, whichever way it came.
func (p *packet) name(flight vigia.ID, sensor string) (digest string) {
	digest = vigia.Digest(p.raw)
	if p.pose != nil {
		p.pose.ID = vigia.NewID("pose", flight, sensor, digest)
		p.pose.Flight, p.pose.Sensor, p.pose.Time = flight, sensor, p.at
	}
	for i := range p.reports {
		r := &p.reports[i]
		r.ID = vigia.NewID("report", flight, sensor, digest, i)
		r.Flight, r.Sensor = flight, sensor
		if r.Time.IsZero() {
			r.Time = p.at
		}
	}
	return digest
}

// takePacket puts a packet where the authorisation lets it go. The aircraft must
// be in the volume; a vehicle, which is on the ground, in its footprint. A packet
// of which a part may not be seen is sealed whole, and the rest is kept as it
// was read, without the bytes (docs/decisions/positions-expire.md).
func (in *intake) takePacket(ctx context.Context, p *packet) error {
	digest := p.name(in.flight.ID, in.options.Name)
	reason, ok := vigia.Unplaced, len(p.sensors) > 0
	if ok || in.refused != "" {
		reason, ok = in.permits(p.at, p.sensors...)
	}
	if !ok {
		return in.seal(ctx, string(p.raw), 1, reason)
	}
	seen := p.reports[:0:0]
	hidden := vigia.SealReason("")
	for _, r := range p.reports {
		if reason, ok := in.permitsGround(r.Time, r.At); !ok {
			hidden = reason
			continue
		}
		seen = append(seen, r)
	}
	in.start(p.at)
	origin := vigia.Provenance{Offset: int64(len(in.batch.Raw))}
	if hidden != "" {
		origin = vigia.Provenance{Chunk: digest}
		if err := in.seal(ctx, string(p.raw), len(p.reports)-len(seen), hidden); err != nil {
			return err
		}
	} else {
		in.batch.Raw = append(in.batch.Raw, p.raw...)
	}
	if p.pose != nil {
		p.pose.Origin = origin
		in.batch.Poses = append(in.batch.Poses, *p.pose)
	}
	for _, r := range seen {
		r.Origin = origin
		in.batch.Reports = append(in.batch.Reports, r)
	}
	if records(&in.batch) >= batchRecords || len(in.batch.Raw) >= batchBytes {
		return in.flush(ctx)
	}
	return nil
}

// motionID names a batch by the ids of what is in it, which are hashes.
func motionID(subject string, b *vigia.Batch) vigia.ID {
	ids := make([]vigia.ID, 0, len(b.Poses)+len(b.Reports))
	for _, p := range b.Poses {
		ids = append(ids, p.ID)
	}
	for _, r := range b.Reports {
		ids = append(ids, r.ID)
	}
	return vigia.NewID("batch", subject, b.Flight, ids)
}

// setChunk gives every record that has none the digest of the batch's bytes.
func setChunk(b *vigia.Batch) {
	set := func(o *vigia.Provenance) {
		if o.Chunk == "" {
			o.Chunk = b.Chunk
		}
	}
	for k := range b.Observations {
		set(&b.Observations[k].Origin)
	}
	for k := range b.Winds {
		set(&b.Winds[k].Origin)
	}
	for k := range b.Poses {
		set(&b.Poses[k].Origin)
	}
	for k := range b.Reports {
		set(&b.Reports[k].Origin)
	}
}
