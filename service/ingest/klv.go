package ingest

import (
	"context"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// standalone is how old the last place of the aircraft may be for a packet of
// targets that comes without one.
const standalone = 5 * time.Second

// klv reads ST 0601 packets, and the ST 0903 sets in them or beside them.
type klv struct {
	door     *door
	splitter misb.Splitter
	skipped  int64
	frame    misb.Frame
	vmti     misb.VMTI
	err      error // of the disk, kept across the splitter's callback

	last   *geo.Point // where the aircraft was
	lastAt time.Time
}

func newKLV(d *door) parser { return &klv{door: d} }

func (k *klv) push(ctx context.Context, b []byte) error {
	k.splitter.Push(b, func(packet []byte, _ int64) { k.take(ctx, packet) })
	return k.result()
}

func (k *klv) close(ctx context.Context) error {
	k.splitter.Flush(func(packet []byte, _ int64) { k.take(ctx, packet) })
	return k.result()
}

// result tells of bytes passed over and of what the disk said.
func (k *klv) result() error {
	if n := k.splitter.Skipped - k.skipped; n > 0 {
		k.skipped = k.splitter.Skipped
		k.door.bad(vigia.Errorf(vigia.Invalid, "%d bytes belong to no KLV packet", n))
	}
	err := k.err
	k.err = nil
	return err
}

// take reads one packet. Sets of other kinds have nothing that is kept.
func (k *klv) take(ctx context.Context, raw []byte) {
	if k.err != nil {
		return
	}
	p, err := k.read(raw)
	if err != nil {
		k.door.bad(err)
		return
	}
	if p != nil {
		k.err = k.door.motion(ctx, p)
	}
}

func (k *klv) read(raw []byte) (*packet, error) {
	head, _, err := misb.SplitPacket(raw)
	if err != nil {
		return nil, err
	}
	switch {
	case head.Key.Is(misb.KeyUASDatalink):
		return k.datalink(raw)
	case head.Key.Is(misb.KeyVMTI):
		return k.targets(raw)
	}
	return nil, nil
}

// datalink reads an ST 0601 packet.
func (k *klv) datalink(raw []byte) (*packet, error) {
	f := &k.frame
	if err := f.Decode(raw); err != nil {
		return nil, err
	}
	p := &packet{raw: raw}
	var ok bool
	if p.at, ok = f.Time(); !ok {
		return nil, vigia.Errorf(vigia.Invalid, "the packet has no time")
	}
	if at, datum, ok := f.Sensor(); ok && datum != misb.NoHeight {
		at.Alt = k.ellipsoid(at.Alt, datum)
		p.sensors, p.pose = []geo.Point{at}, k.pose(at)
		k.last, k.lastAt = &at, p.at
	}
	center, datum, centered := f.FrameCenter()
	if !centered {
		return p, k.sightings(p, f.Raw(misb.VMTISet), nil)
	}
	center.Alt = k.ellipsoid(center.Alt, datum)
	if p.pose != nil {
		p.pose.Look = &center
	}
	return p, k.sightings(p, f.Raw(misb.VMTISet), &center)
}

// targets reads an ST 0903 set that stands on its own: it was sensed from where
// the aircraft last was.
func (k *klv) targets(raw []byte) (*packet, error) {
	head, _, err := misb.SplitPacket(raw)
	if err != nil {
		return nil, err
	}
	m, err := misb.Decode(raw)
	if err != nil {
		return nil, err
	}
	if m.Checksum == misb.Bad {
		return nil, vigia.Errorf(vigia.Invalid, "the packet's checksum does not hold")
	}
	p := &packet{raw: raw}
	if err := k.sightings(p, head.Value, nil); err != nil {
		return nil, err
	}
	p.at = time.UnixMicro(int64(k.vmti.Micros)).UTC()
	if k.last != nil && p.at.Sub(k.lastAt).Abs() <= standalone {
		p.sensors = []geo.Point{*k.last}
	}
	return p, nil
}

// pose is how the aircraft of the frame lay and where it looked.
func (k *klv) pose(at geo.Point) *vigia.Pose {
	f := &k.frame
	pose := &vigia.Pose{At: at}
	heading, ok := f.Float(misb.PlatformHeading)
	pitch, ok1 := first(f, misb.PlatformPitchFull, misb.PlatformPitch)
	roll, ok2 := first(f, misb.PlatformRollFull, misb.PlatformRoll)
	if ok && ok1 && ok2 {
		pose.Attitude = &vigia.Attitude{HeadingDeg: heading, PitchDeg: pitch, RollDeg: roll}
	}
	if corners, ok := f.Corners(); ok {
		pose.Corners = corners[:]
	}
	return pose
}

func first(f *misb.Frame, tags ...int) (v float64, ok bool) {
	for _, tag := range tags {
		if v, ok = f.Float(tag); ok {
			break
		}
	}
	return v, ok
}

// ellipsoid is a height above the ellipsoid. One above the sea needs the geoid's,
// which the flight tells.
func (k *klv) ellipsoid(h float64, d misb.Datum) float64 {
	if d == misb.SeaLevel {
		h += k.door.geoidM
	}
	return h
}

// sightings reads the vehicles of a VMTI set. Those without a place are counted:
// nothing can be said of where they are.
func (k *klv) sightings(p *packet, set []byte, center *geo.Point) error {
	if len(set) == 0 {
		return nil
	}
	if err := k.vmti.Decode(set, center); err != nil {
		return err
	}
	unplaced := 0
	for _, t := range k.vmti.Targets {
		if !t.Located || t.Location.Valid() != nil {
			unplaced++
			continue
		}
		p.reports = append(p.reports, vigia.PositionReport{
			Scan: int(k.vmti.Frame), At: t.Location, SigmaM: max(t.SigmaM[0], t.SigmaM[1]),
			Class: t.Class, Confidence: float64(max(t.Confidence, 0)) / 100,
		})
	}
	if unplaced > 0 {
		k.door.Counters.Add("ingest.unplaced", float64(unplaced))
	}
	return nil
}

// transport reads the KLV of an MPEG transport stream, of all its programs.
type transport struct {
	door      *door
	demuxer   *mpegts.Demuxer
	collector misb.Collector
	lost      uint64
	streams   map[uint16]*klv // of each PID: each is a sequence of its own
	recorder  *recorder       // of the video beside it
}

func newTransport(d *door) parser {
	t := &transport{door: d, streams: map[uint16]*klv{}, recorder: newRecorder(d)}
	t.demuxer = mpegts.NewDemuxer(mpegts.Options{Want: misb.Carries, Unit: t.collector.Unit, UnitLimit: 1 << 20})
	return t
}

func (t *transport) push(ctx context.Context, b []byte) error {
	t.hand(ctx)
	if _, err := t.demuxer.Write(b); err != nil {
		return err
	}
	if err := t.recorder.push(ctx, b); err != nil {
		return err
	}
	return t.end()
}

func (t *transport) close(ctx context.Context) error {
	t.hand(ctx)
	if err := t.demuxer.Close(); err != nil {
		return err
	}
	if err := t.recorder.close(ctx); err != nil {
		return err
	}
	return t.end()
}

// hand gives each packet that is found to the sequence it is of.
func (t *transport) hand(ctx context.Context) {
	t.collector.Each = func(f misb.Found) { t.stream(f.Unit.PID).take(ctx, f.Packet) }
}

func (t *transport) stream(pid uint16) *klv {
	k := t.streams[pid]
	if k == nil {
		k = &klv{door: t.door}
		t.streams[pid] = k
	}
	return k
}

// end tells what was lost on the way, and what the disk said.
func (t *transport) end() error {
	if lost := t.demuxer.Stats().Lost + t.collector.Stats().Lost; lost > t.lost {
		t.door.meter.Lost(int(lost - t.lost))
		t.lost = lost
	}
	for _, k := range t.streams {
		if err := k.result(); err != nil {
			return err
		}
	}
	return nil
}
