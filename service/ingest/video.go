package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

const (
	// segmentSeconds is how much video a segment holds at least, where key frames
	// come often enough.
	segmentSeconds = 2
	// segmentBytes is how much it holds at most. A segment is one message of the
	// stream, sealed and in base64 where it must be.
	segmentBytes = 5 << 20
	// silence is how long the metadata may say nothing before what is seen is no
	// longer known to be permitted.
	silence = 1500 * time.Millisecond
	// looksASecond is how many of the metadata's packets are kept beside a segment.
	looksASecond = 5
)

// A recorder cuts the video of a transport stream into segments, and puts each
// where the authorisation lets it go. Until then it is in memory and nowhere
// else: bytes that nobody may see never touch a disk unsealed.
type recorder struct {
	door  *door
	cut   cutter
	frame misb.Frame
	last  *vigia.Segment // that was kept
	ended int64          // its end, 1/90000 s
}

func newRecorder(d *door) *recorder {
	r := &recorder{door: d}
	r.cut.init()
	return r
}

// push takes bytes of the transport stream.
func (r *recorder) push(ctx context.Context, b []byte) error {
	return r.cut.push(b, func(p *piece) error { return r.keep(ctx, p) })
}

// close keeps what is under way.
func (r *recorder) close(ctx context.Context) error {
	return r.cut.close(func(p *piece) error { return r.keep(ctx, p) })
}

// keep puts a piece on the stream, or under seal.
func (r *recorder) keep(ctx context.Context, p *piece) error {
	in, err := r.door.intake(ctx, stream.VideoSegment)
	if err != nil {
		return err
	}
	seg, reason := r.judge(in, p)
	if reason != "" {
		r.last = nil
		// One seal a segment: the parts of several would be too long for a message.
		if err := in.flushSealed(ctx); err != nil {
			return err
		}
		if err := in.seal(ctx, string(p.bytes), 1, reason); err != nil {
			return err
		}
		return in.flushSealed(ctx)
	}
	seg.Discontinuity = r.last == nil || p.from-r.ended > mpegts.ClockHz/2 || p.from < r.ended-mpegts.ClockHz/2
	repeated, err := r.publish(ctx, &seg, p.bytes)
	if err != nil {
		return err
	}
	r.last, r.ended = &seg, p.until
	if repeated {
		r.door.meter.Repeated(1)
	} else {
		r.door.Counters.Add("ingest.segments", 1)
	}
	return nil
}

// publish puts the bytes on the stream, and then what says where they are: a
// segment that is known can be played.
func (r *recorder) publish(ctx context.Context, seg *vigia.Segment, raw []byte) (repeated bool, err error) {
	flight := string(seg.Flight)
	seg.Bytes, seg.Digest = len(raw), vigia.Digest(raw)
	seg.ID = vigia.NewID("segment", seg.Flight, seg.Source, seg.From, seg.Digest)
	seg.Place, _, err = r.door.Stream.Publish(ctx, stream.Message{Subject: stream.VideoBytes + flight, ID: string(seg.ID) + "-bytes", Data: raw})
	if err != nil {
		return false, err
	}
	data, err := json.Marshal(seg)
	if err != nil {
		return false, err
	}
	_, repeated, err = r.door.Stream.Publish(ctx, stream.Message{Subject: stream.VideoSegment + flight, ID: string(seg.ID), Data: data})
	return repeated, err
}

// judge reads a piece's metadata and asks the authorisation about every packet:
// when it was, from where it was seen and, where it says so, what the middle of
// the picture was. A reason tells why the piece may not be seen.
func (r *recorder) judge(in *intake, p *piece) (vigia.Segment, vigia.SealReason) {
	seg := vigia.Segment{Flight: in.flight.ID, Source: in.options.Name, Seconds: p.seconds(), Looks: []vigia.View{}}
	if in.refused != "" {
		return seg, in.refused
	}
	var before time.Time
	for _, raw := range p.packets {
		look, center, ok := r.look(raw)
		if !ok || vigia.ValidTime(look.Time, r.door.Clock()) != nil {
			continue // it says nothing; the silence counts
		}
		if reason, ok := in.permits(look.Time, look.At); !ok {
			return seg, reason
		}
		if center != nil {
			if reason, ok := in.permitsGround(look.Time, *center); !ok {
				return seg, reason
			}
		}
		if !before.IsZero() && look.Time.Sub(before).Abs() > silence {
			return seg, vigia.Unplaced
		}
		if seg.From.IsZero() {
			seg.From = look.Time
		}
		before, seg.Until = look.Time, look.Time
		if n := len(seg.Looks); n == 0 || look.Time.Sub(seg.Looks[n-1].Time) >= time.Second/looksASecond {
			seg.Looks = append(seg.Looks, look)
		}
	}
	told := seg.Until.Sub(seg.From)
	if seg.From.IsZero() || time.Duration(seg.Seconds*float64(time.Second))-told > silence {
		return seg, vigia.Unplaced
	}
	return seg, ""
}

// look reads one packet. It is false for one that does not say when and whence.
func (r *recorder) look(raw []byte) (look vigia.View, center *geo.Point, ok bool) {
	f := &r.frame
	if f.Decode(raw) != nil {
		return look, nil, false
	}
	if look.Time, ok = f.Time(); !ok {
		return look, nil, false
	}
	at, datum, ok := f.Sensor()
	if !ok || datum == misb.NoHeight {
		return look, nil, false
	}
	if datum == misb.SeaLevel {
		at.Alt += r.door.geoidM
	}
	look.At = at
	if corners, ok := f.Corners(); ok {
		look.Corners = corners[:]
	}
	if c, _, ok := f.FrameCenter(); ok {
		center = &c
	}
	return look, center, true
}

// A piece is some seconds of a transport stream.
type piece struct {
	bytes       []byte
	packets     [][]byte // KLV packets that ended within
	from, until int64    // presentation times of its pictures, 1/90000 s
	timed       bool
}

// seconds is how long a piece plays: to the last picture, and that one.
func (p *piece) seconds() float64 {
	return float64(p.until-p.from) / mpegts.ClockHz
}

// A cutter cuts a transport stream at key frames. Each piece begins with the
// tables that name its streams.
type cutter struct {
	carry   []byte
	demuxer *mpegts.Demuxer
	klv     misb.Collector
	video   int // PID of the first video; -1: none yet
	pmt     int // PID of its program's table; -1: none yet
	tables  [2][]byte
	piece   *piece
	frameAt int64 // presentation time of the picture before
	step    int64 // between the last two pictures
	clock   int64 // unwrapped
	clocked bool
}

func (c *cutter) init() {
	c.video, c.pmt = -1, -1
	c.klv.Each = func(f misb.Found) {
		if c.piece != nil {
			c.piece.packets = append(c.piece.packets, bytes.Clone(f.Packet))
		}
	}
	c.demuxer = mpegts.NewDemuxer(mpegts.Options{Want: misb.Carries, Unit: c.klv.Unit, UnitLimit: 1 << 20})
}

// push takes bytes in any pieces.
func (c *cutter) push(b []byte, done func(*piece) error) error {
	c.carry = append(c.carry, b...)
	at := 0
	for len(c.carry)-at >= mpegts.PacketSize {
		if c.carry[at] != mpegts.Sync || len(c.carry)-at > mpegts.PacketSize && c.carry[at+mpegts.PacketSize] != mpegts.Sync {
			at++ // out of step: after a loss, or the extra bytes of a recorder between packets
			continue
		}
		if err := c.packet(c.carry[at:at+mpegts.PacketSize], done); err != nil {
			c.carry = c.carry[:copy(c.carry, c.carry[at+mpegts.PacketSize:])]
			return err
		}
		at += mpegts.PacketSize
	}
	c.carry = c.carry[:copy(c.carry, c.carry[at:])]
	return nil
}

func (c *cutter) close(done func(*piece) error) error {
	if err := c.demuxer.Close(); err != nil {
		return err
	}
	return c.finish(done)
}

// packet adds one transport packet, and cuts before it where it begins a key
// frame and the piece is long enough.
func (c *cutter) packet(b []byte, done func(*piece) error) error {
	pid := int(b[1]&0x1f)<<8 | int(b[2])
	start := b[1]&0x40 != 0
	c.table(pid, start, b)
	if pid == c.video && start {
		pts, timed, key := pictureStart(b)
		if key && c.piece != nil && (!timed || !c.piece.timed || c.unwrap(pts)-c.piece.from >= segmentSeconds*mpegts.ClockHz) {
			if timed && c.piece.timed {
				c.piece.until = c.unwrap(pts)
			}
			if err := c.finish(done); err != nil {
				return err
			}
		}
		if key && c.piece == nil {
			c.begin()
		}
		if timed && c.piece != nil {
			c.picture(c.unwrap(pts))
		}
	}
	if c.piece != nil {
		if len(c.piece.bytes)+len(b) > segmentBytes {
			// No key frame for too long: what follows cannot be played without
			// what came before, and is left until the next.
			if err := c.finish(done); err != nil {
				return err
			}
		} else {
			c.piece.bytes = append(c.piece.bytes, b...)
		}
	}
	_, err := c.demuxer.Write(b)
	return err
}

// begin begins a piece with the tables.
func (c *cutter) begin() {
	c.piece = &piece{}
	for _, t := range c.tables {
		c.piece.bytes = append(c.piece.bytes, t...)
	}
}

// picture notes a picture's time. Pictures may come in another order than they
// are shown in.
func (c *cutter) picture(t int64) {
	p := c.piece
	if !p.timed {
		p.from, p.until, p.timed = t, t, true
	}
	if d := t - c.frameAt; d > 0 && d < mpegts.ClockHz {
		c.step = d
	}
	c.frameAt = t
	p.until = max(p.until, t+c.step)
}

// unwrap counts a 33-bit time on from the last.
func (c *cutter) unwrap(raw int64) int64 {
	const wrap = int64(1) << 33
	if c.clocked {
		d := (raw - c.clock) & (wrap - 1)
		if d >= wrap/2 {
			d -= wrap
		}
		raw = c.clock + d
	}
	c.clock, c.clocked = raw, true
	return raw
}

func (c *cutter) finish(done func(*piece) error) error {
	p := c.piece
	c.piece = nil
	if p == nil || !p.timed {
		return nil
	}
	return done(p)
}

// table keeps the packets of the tables, and finds the video in them.
func (c *cutter) table(pid int, start bool, b []byte) {
	switch pid {
	case 0:
		if start {
			c.tables[0] = c.tables[0][:0]
			c.pmt = firstProgram(b)
		}
		c.tables[0] = append(c.tables[0], b...)
	case c.pmt:
		if start {
			c.tables[1] = c.tables[1][:0]
		}
		c.tables[1] = append(c.tables[1], b...)
	}
	if pid != 0 && c.video >= 0 && pid != c.pmt {
		return
	}
	for _, s := range c.demuxer.Streams() {
		if isVideo(s.Type) {
			c.video = int(s.PID)
			return
		}
	}
}

// firstProgram is the PID of the first program's table, of a packet that begins
// a PAT (ISO/IEC 13818-1 §2.4.4.3); -1 where it names none.
func firstProgram(b []byte) int {
	at := 4
	if b[3]&0x20 != 0 {
		at += 1 + int(b[4])
	}
	if at >= len(b) {
		return -1
	}
	at += 1 + int(b[at]) // pointer_field
	if at+12 > len(b) || b[at] != 0 {
		return -1
	}
	end := min(len(b), at+3+(int(b[at+1]&0x0f)<<8|int(b[at+2]))-4)
	for at += 8; at+4 <= end; at += 4 {
		if b[at]|b[at+1] != 0 { // program 0 is the network's
			return int(b[at+2]&0x1f)<<8 | int(b[at+3])
		}
	}
	return -1
}

func isVideo(kind uint8) bool {
	switch kind {
	case 0x01, 0x02, 0x10, mpegts.TypeH264, mpegts.TypeH265:
		return true
	}
	return false
}

// pictureStart reads the packet in which a picture begins: its presentation
// time, and whether it can be decoded without those before: by the transport
// stream's own mark (random_access_indicator, §2.4.3.4), or by the parameter
// sets or the key picture of H.264 and H.265 at its start.
func pictureStart(b []byte) (pts int64, timed, key bool) {
	at := 4
	if b[3]&0x20 != 0 {
		n := int(b[4])
		key = n > 0 && b[5]&0x40 != 0
		at += 1 + n
	}
	if b[3]&0x10 == 0 || at+9 > len(b) {
		return 0, false, key
	}
	h := b[at:]
	if h[0] != 0 || h[1] != 0 || h[2] != 1 || h[6]&0xc0 != 0x80 {
		return 0, false, key
	}
	if h[7]&0x80 != 0 && len(h) >= 14 {
		timed = true
		pts = int64(h[9]>>1&7)<<30 | int64(h[10])<<22 | int64(h[11]>>1)<<15 | int64(h[12])<<7 | int64(h[13]>>1)
	}
	if from := 9 + int(h[8]); !key && from < len(h) {
		key = keyUnit(h[from:])
	}
	return pts, timed, key
}

// keyUnit tells whether NAL units begin a key picture: of H.264 an SPS or an
// IDR slice (ITU-T H.264 Table 7-1), of H.265 a VPS, an SPS or an IRAP picture
// (ITU-T H.265 Table 7-1).
func keyUnit(b []byte) bool {
	for i := 0; i+4 < len(b); i++ {
		if b[i] != 0 || b[i+1] != 0 || b[i+2] != 1 {
			continue
		}
		if t := b[i+3] & 0x1f; b[i+3]&0x60 != 0 && (t == 7 || t == 5) {
			return true
		}
		if t := b[i+3] >> 1 & 0x3f; b[i+3]&0x81 == 0 && b[i+4]&0x07 == 1 && (t >= 16 && t <= 21 || t == 32 || t == 33) {
			return true
		}
	}
	return false
}
