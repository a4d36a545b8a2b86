package mpegts

import (
	"bytes"

	"github.com/vigia-project/vigia"
)

// DefaultUnitLimit bounds the memory of one unit, bytes. A frame of 4K video
// fits; a stream that never starts another unit does not grow without end.
const DefaultUnitLimit = 16 << 20

// Options say what a Demuxer delivers.
type Options struct {
	// Unit is called for each unit, in the order in which units end.
	Unit func(Unit)
	// Want chooses streams; nil is all. It is asked once for each stream of
	// each version of a program's table.
	Want func(Stream) bool
	// UnitLimit is the longest unit, bytes; 0 is DefaultUnitLimit.
	UnitLimit int
}

// A Demuxer takes a transport stream apart. It is an io.WriteCloser: bytes may
// come in any pieces. It is not for concurrent use.
type Demuxer struct {
	opt    Options
	stats  Stats
	offset int64  // of the next byte to be read
	carry  []byte // the cut packet at the end of the last piece
	skip   int    // bytes between two packets still to be passed over
	stride int    // distance of packets: 188, 192 (4 bytes before) or 204 (16 after); 0: not in step
	closed bool

	pids     [1 << 13]*pid
	pat      patState
	programs map[uint16]*program
	order    []uint16 // program numbers in the order of the table
}

// A pid is what is known and under way on one PID.
type pid struct {
	number     uint16
	counter    uint8
	hasCounter bool
	last       []byte // the last packet's payload, to know a repeated one

	tables  *assembler // of a table, else nil
	stream  *Stream    // of a stream that is wanted, else nil
	program *program
	pes     pes
}

// A pes is the PES packet under way on a PID.
type pes struct {
	open   bool
	buf    []byte
	need   int // bytes in all, header included; 0: until the next begins
	broken bool
	offset int64
}

type program struct {
	number  uint16
	pmt     uint16
	version int // -1: not yet seen
	streams []Stream
	clock   int64
	clocked bool
}

type patState struct {
	version int
	last    uint8
	seen    map[uint8]bool
	entries map[uint16]uint16
	order   []uint16
}

// NewDemuxer returns a Demuxer.
func NewDemuxer(o Options) *Demuxer {
	if o.UnitLimit <= 0 {
		o.UnitLimit = DefaultUnitLimit
	}
	d := &Demuxer{opt: o, programs: map[uint16]*program{}}
	d.pat.version = -1
	d.pids[0] = &pid{tables: &assembler{}}
	return d
}

// Stats tells what was met so far.
func (d *Demuxer) Stats() Stats { return d.stats }

// Streams lists the streams of all programs, in the tables' order.
func (d *Demuxer) Streams() []Stream {
	var all []Stream
	for _, n := range d.order {
		if p := d.programs[n]; p != nil {
			all = append(all, p.streams...)
		}
	}
	return all
}

// Write takes the next bytes of the stream. It fails only after Close.
func (d *Demuxer) Write(b []byte) (int, error) {
	if d.closed {
		return 0, vigia.Errorf(vigia.Conflict, "the transport stream was closed")
	}
	if len(d.carry) == 0 {
		d.carry = append(d.carry, d.consume(b, false)...)
		return len(b), nil
	}
	d.carry = append(d.carry, b...)
	rest := d.consume(d.carry, false)
	d.carry = d.carry[:copy(d.carry, rest)]
	return len(b), nil
}

// Close ends the stream: what is under way is delivered.
func (d *Demuxer) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	d.stats.Skipped += uint64(len(d.consume(d.carry, true)))
	for _, n := range d.order {
		if p := d.programs[n]; p != nil {
			for _, s := range p.streams {
				if q := d.pids[s.PID]; q != nil {
					d.flush(q, q.pes.need > 0)
				}
			}
		}
	}
	return nil
}

// strides are the distances at which packets lie: plain, with the four bytes
// of time that recorders put before, with the sixteen bytes of error
// correction after.
var strides = [...]int{PacketSize, 192, 204}

// inStep is how many packets must lie in step to be taken for a stream.
const inStep = 3

// consume takes whole packets and returns the rest.
func (d *Demuxer) consume(b []byte, final bool) []byte {
	for {
		if d.skip > 0 {
			n := min(d.skip, len(b))
			b, d.skip, d.offset = b[n:], d.skip-n, d.offset+int64(n)
		}
		if d.stride == 0 {
			n, found := d.search(b, final)
			d.stats.Skipped += uint64(n)
			b, d.offset = b[n:], d.offset+int64(n)
			if !found {
				return b
			}
		}
		if len(b) < PacketSize {
			return b
		}
		if b[0] != Sync {
			d.stride = 0
			continue
		}
		d.packet(b[:PacketSize:PacketSize])
		b, d.offset, d.skip = b[PacketSize:], d.offset+PacketSize, d.stride-PacketSize
	}
}

// search looks for packets in step. It returns how many bytes to pass over,
// and whether packets begin there; where not, more bytes are needed.
func (d *Demuxer) search(b []byte, final bool) (int, bool) {
	for i := 0; i < len(b); i++ {
		if b[i] != Sync {
			j := bytes.IndexByte(b[i:], Sync)
			if j < 0 {
				return len(b), false
			}
			i += j
		}
		for _, stride := range strides {
			ok, open := steps(b[i:], stride)
			if open && !final {
				return i, false
			}
			if ok && len(b)-i >= PacketSize {
				d.stride = stride
				return i, true
			}
		}
	}
	return len(b), false
}

// steps tells whether packets may lie in b at a stride, and whether b is too
// short to be sure.
func steps(b []byte, stride int) (ok, open bool) {
	for k := 1; k < inStep; k++ {
		if k*stride >= len(b) {
			return true, true
		}
		if b[k*stride] != Sync {
			return false, false
		}
	}
	return true, false
}

// packet takes one packet (§2.4.3.2).
func (d *Demuxer) packet(b []byte) {
	d.stats.Packets++
	if b[1]&0x80 != 0 { // transport_error_indicator: not even the PID is sure
		d.stats.Errors++
		return
	}
	number := uint16(b[1]&0x1f)<<8 | uint16(b[2])
	if number == 0x1fff { // null packets
		return
	}
	p := d.pids[number]
	payload, discontinuity, pcr := d.adaptation(b)
	if p == nil {
		if payload != nil && number > 0x1f { // the low PIDs are tables of others
			d.stats.Unmapped++
		}
		return
	}
	if p.program != nil && pcr >= 0 {
		p.program.clock, p.program.clocked = unwrap(p.program.clock, p.program.clocked && !discontinuity, pcr), true
	}
	if payload == nil {
		if discontinuity {
			p.hasCounter = false
		}
		return
	}
	if p.tables == nil && p.stream == nil { // not wanted
		return
	}
	if !d.inOrder(p, b[3]&0x0f, payload, discontinuity) {
		return
	}
	if b[3]&0xc0 != 0 {
		d.stats.Scrambled++
		return
	}
	start := b[1]&0x40 != 0
	switch {
	case p.tables != nil:
		p.tables.add(payload, start, func(section []byte) { d.section(p, section) })
	case p.stream != nil:
		d.payload(p, payload, start)
	}
}

// adaptation returns the packet's payload, nil without one, and what its
// adaptation field says: a break that is meant, and a program clock in 1/90000 s
// or -1 (§2.4.3.4).
func (d *Demuxer) adaptation(b []byte) (payload []byte, discontinuity bool, pcr int64) {
	pcr = -1
	payload = b[4:]
	if b[3]&0x20 != 0 {
		n := int(b[4])
		if n > 183 || n == 183 && b[3]&0x10 != 0 {
			d.stats.Unreadable++
			return nil, false, -1
		}
		if n > 0 {
			discontinuity = b[5]&0x80 != 0
			if b[5]&0x10 != 0 && n >= 7 {
				pcr = int64(be32(b[6:]))<<1 | int64(b[10]>>7)
			}
		}
		payload = b[5+n:]
	}
	if b[3]&0x10 == 0 {
		payload = nil
	}
	return payload, discontinuity, pcr
}

// inOrder follows the continuity counter (§2.4.3.3). It is false for a packet
// sent twice; a packet that is missing marks what is under way as broken.
func (d *Demuxer) inOrder(p *pid, counter uint8, payload []byte, discontinuity bool) bool {
	had, last := p.hasCounter, p.counter
	p.hasCounter, p.counter = true, counter
	if had && !discontinuity && counter != (last+1)&0x0f {
		if counter == last && bytes.Equal(payload, p.last) {
			d.stats.Repeated++
			return false
		}
		d.stats.Lost++
		if p.tables != nil {
			p.tables.drop()
		}
		if p.pes.open {
			p.pes.broken = true
			d.flush(p, true)
		}
	}
	p.last = append(p.last[:0], payload...)
	return true
}

// Is tells whether a file begins like a transport stream: packets in step, from
// within the first bytes on.
func Is(head []byte) bool {
	d := NewDemuxer(Options{})
	n, found := d.search(head[:min(len(head), 1024)], false)
	return found && n < 204
}
