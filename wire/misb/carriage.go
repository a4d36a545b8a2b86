package misb

import (
	"bytes"

	"github.com/vigia-project/vigia/wire/mpegts"
)

// Carries tells whether a stream of a transport stream may carry KLV (ST 1402
// §9.4): it says so by the format identifier KLVA, or is of the type for
// metadata. Private data of no stated format are looked into as well, since
// some encoders leave the descriptor out.
func Carries(s mpegts.Stream) bool {
	switch {
	case s.Format == mpegts.FormatKLVA, s.Type == mpegts.TypeMetadata:
		return true
	}
	return s.Type == mpegts.TypePrivate && s.Format == 0
}

// A Found is a KLV packet that was found in a transport stream.
type Found struct {
	Unit   mpegts.Unit // of the PES packet in which it ended; without Data
	Packet []byte      // valid during the call
}

// A Collector finds the KLV packets in the units of a transport stream:
// asynchronous ones, as they lie in the PES packet, and synchronous ones, in
// cells of access units (ST 1402 §9.4.1, §9.4.2). Packets may be cut over cells
// and over PES packets.
type Collector struct {
	Each func(Found)

	pids  map[uint16]*collecting
	stats CollectorStats
}

// CollectorStats counts what a Collector met.
type CollectorStats struct {
	Packets uint64 // found
	Skipped uint64 // bytes that belong to no packet
	Lost    uint64 // cells missing, by their sequence numbers
}

type collecting struct {
	stream   mpegts.Stream
	splitter Splitter
	sequence map[uint8]uint8 // the last of each service
}

// Unit takes the next unit.
func (c *Collector) Unit(u mpegts.Unit) {
	if c.pids == nil {
		c.pids = map[uint16]*collecting{}
	}
	p := c.pids[u.PID]
	if p == nil || p.stream != u.Stream {
		p = &collecting{stream: u.Stream, sequence: map[uint8]uint8{}}
		c.pids[u.PID] = p
	}
	before := p.splitter.Skipped
	each := func(packet []byte, _ int64) {
		c.stats.Packets++
		f := Found{Unit: u, Packet: packet}
		f.Unit.Data = nil
		if c.Each != nil {
			c.Each(f)
		}
	}
	if starts(u.Data) || !inCells(u) {
		c.push(p, u.Data, starts(u.Data), each)
	} else {
		c.cells(p, u.Data, each)
	}
	if u.Broken { // what follows does not continue it
		p.splitter.Flush(each)
	}
	c.stats.Skipped += uint64(p.splitter.Skipped - before)
}

// Stats tells what was met so far.
func (c *Collector) Stats() CollectorStats { return c.stats }

// starts tells whether a packet begins at the start of b.
func starts(b []byte) bool { return bytes.HasPrefix(b, prefix[:]) }

// inCells tells whether a unit is made of cells. Its stream id says so, or the
// stream's type where the id is for private data; some encoders write packets
// without cells all the same, which starts sees.
func inCells(u mpegts.Unit) bool {
	return u.ID == mpegts.IDMetadata || u.Type == mpegts.TypeMetadata
}

// push adds the bytes of a packet, which begins here or goes on. A packet that
// begins ends any other.
func (c *Collector) push(p *collecting, b []byte, start bool, each func([]byte, int64)) {
	if start && p.splitter.Pending() > 0 {
		p.splitter.Flush(each)
	}
	p.splitter.Push(b, each)
}

func (c *Collector) cells(p *collecting, b []byte, each func([]byte, int64)) {
	for len(b) > 0 {
		cell, rest, ok := mpegts.NextCell(b)
		if !ok {
			c.stats.Skipped += uint64(len(b))
			return
		}
		if last, known := p.sequence[cell.Service]; known && cell.Sequence != last+1 {
			c.stats.Lost++
			p.splitter.Flush(each)
		}
		p.sequence[cell.Service] = cell.Sequence
		if !cell.Config {
			c.push(p, cell.Data, cell.First, each)
		}
		b = rest
	}
}
