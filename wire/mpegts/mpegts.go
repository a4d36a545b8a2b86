// Package mpegts reads and writes MPEG-2 transport streams (ISO/IEC 13818-1,
// ITU-T H.222.0), in which drones send video with metadata beside it. Bytes go
// in, elementary stream units come out; there is no socket and no clock inside.
//
// A Demuxer takes any number of programs, follows their tables as they change,
// counts what was lost, and goes on. A Muxer writes streams of data that a
// Demuxer, and any other reader, takes.
package mpegts

import "math"

// PacketSize is the length of a transport packet, bytes (§2.4.3.2).
const PacketSize = 188

// Sync is the first byte of each packet.
const Sync = 0x47

// ClockHz is the rate of presentation times, 1/s (§2.4.3.7).
const ClockHz = 90000

// clockWrap is where the 33 bits of a presentation time begin again.
const clockWrap = int64(1) << 33

// The stream types that this house meets (§2.4.4.10, Table 2-34).
const (
	TypePrivate  = 0x06 // PES packets of private data: asynchronous metadata
	TypeMetadata = 0x15 // metadata in PES packets: synchronous metadata
	TypeH264     = 0x1b
	TypeH265     = 0x24
)

// The stream ids of PES packets that carry metadata (§2.4.3.7, Table 2-22).
const (
	IDPrivate1 = 0xbd
	IDMetadata = 0xfc
)

// FormatKLVA is the format identifier of SMPTE 336M KLV metadata, "KLVA".
const FormatKLVA = 0x4b4c5641

// A Stream is one elementary stream of a program, as its table describes it.
type Stream struct {
	Program uint16
	PID     uint16 // 13 bits
	Type    uint8  // stream_type
	Format  uint32 // format_identifier of a registration or metadata descriptor; 0 without
}

// A Unit is the payload of one PES packet.
type Unit struct {
	Stream
	ID      uint8  // stream_id
	HasPTS  bool   // whether PTS is known
	PTS     int64  // presentation time, 1/90000 s, counted on over the wrap of its 33 bits
	Aligned bool   // data_alignment_indicator: the payload begins with an access unit
	Broken  bool   // a packet was lost: bytes are missing at the end or within
	Offset  int64  // of its first packet, bytes from the start of the stream
	Data    []byte // valid until the next call of the Demuxer
}

// Seconds is the presentation time, or NaN where there is none.
func (u Unit) Seconds() float64 {
	if !u.HasPTS {
		return math.NaN()
	}
	return float64(u.PTS) / ClockHz
}

// Stats counts what a Demuxer met. What is wrong with a stream is counted and
// never stops it.
type Stats struct {
	Packets    uint64 // whole packets
	Units      uint64 // units delivered
	Broken     uint64 // of them with bytes missing
	Lost       uint64 // breaks of the continuity counter
	Repeated   uint64 // packets sent twice, and left out once
	Errors     uint64 // packets marked as damaged by the receiver
	Scrambled  uint64 // packets that are encrypted
	Unmapped   uint64 // packets with a payload on a PID that no table names yet
	Skipped    uint64 // bytes passed over in search of a packet
	BadTables  uint64 // sections whose CRC or length is wrong
	Oversized  uint64 // units longer than the limit, left out
	Unreadable uint64 // PES headers or adaptation fields that contradict themselves
}

// unwrap counts a 33-bit time on from the last one of its program, whichever
// way round is nearer.
func unwrap(last int64, known bool, raw int64) int64 {
	if !known {
		return raw
	}
	d := (raw - last) & (clockWrap - 1)
	if d >= clockWrap/2 {
		d -= clockWrap
	}
	return last + d
}
