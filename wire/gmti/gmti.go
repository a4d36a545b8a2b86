// Package gmti reads and writes the ground moving target reports of radars:
// NATO STANAG 4607 edition 3, with the implementation guide AEDP-7. Field
// numbers in comments (P1, D32.4, …) are the standard's.
//
// Segments of kinds that this package does not take apart, such as high range
// resolution profiles, are kept as bytes, so that every packet is written again
// as it was read.
package gmti

import (
	"encoding/binary"

	"github.com/vigia-project/vigia"
)

// HeaderSize is the length of a packet's header, bytes.
const HeaderSize = 32

// segmentHeader is the length of a segment's header, bytes.
const segmentHeader = 5

// PacketLimit is the longest packet that is read, bytes.
const PacketLimit = 16 << 20

// A Kind is the type of a segment (S1).
type Kind uint8

// The kinds of segments.
const (
	KindMission          Kind = 1
	KindDwell            Kind = 2
	KindHRR              Kind = 3 // high range resolution: kept as bytes
	KindJobDefinition    Kind = 5
	KindFreeText         Kind = 6
	KindTestStatus       Kind = 10
	KindPlatformLocation Kind = 13
)

var kindNames = map[Kind]string{
	KindMission: "mission", KindDwell: "dwell", KindHRR: "hrr", 4: "reserved", KindJobDefinition: "job_definition",
	KindFreeText: "free_text", 7: "low_reflectivity_index", 8: "group", 9: "attached_target", KindTestStatus: "test_and_status",
	11: "system_specific", 12: "processing_history", KindPlatformLocation: "platform_location", 101: "job_request", 102: "job_acknowledge",
}

// String is the segment's name in the standard, in lower snake case.
func (k Kind) String() string {
	if n, ok := kindNames[k]; ok {
		return n
	}
	return "reserved"
}

// A Header is a packet's header (AEDP-7 §3.1). Text is as it stands on the
// wire, blanks at its end included; shorter text is filled up with blanks.
type Header struct {
	Version        string // P1, 2 characters, such as "30"
	Nationality    string // P3, 2
	Classification uint8  // P4: 1 top secret, 2 secret, 3 confidential, 4 restricted, 5 unclassified
	System         string // P5, 2: whose classification
	Code           uint16 // P6: further restrictions, a flag each
	Exercise       uint8  // P7: 0 operation, 1 simulation, 2 synthesis; 128 and on: the same, in an exercise
	Platform       string // P8, 10
	Mission        uint32 // P9
	Job            uint32 // P10: 0 when the packet is of no job
}

func (h *Header) visit(v *visitor, size *uint32) {
	v.text("version_id", &h.Version, 2)
	v.u32("packet_size", size)
	v.text("nationality", &h.Nationality, 2)
	v.u8("security_classification", &h.Classification)
	v.text("classification_system", &h.System, 2)
	v.u16("packet_security_code", &h.Code)
	v.u8("exercise_indicator", &h.Exercise)
	v.text("platform_id", &h.Platform, 10)
	v.u32("mission_id", &h.Mission)
	v.u32("job_id", &h.Job)
}

// A Segment is one segment: *Mission, *Dwell, *JobDefinition, *FreeText,
// *TestStatus, *PlatformLocation or *Raw.
type Segment interface {
	Kind() Kind
	visit(v *visitor)
}

// A Packet is a header and segments.
type Packet struct {
	Header
	Segments []Segment
}

// A Raw is a segment that is not taken apart: of another kind, or with bytes
// that contradict the standard, which Why then tells.
type Raw struct {
	Type Kind
	Data []byte
	Why  string
}

// Kind is the segment's type.
func (r *Raw) Kind() Kind { return r.Type }

func (r *Raw) visit(v *visitor) {
	v.rest("hex", &r.Data)
	if v.mode == listing && r.Why != "" {
		v.fields = append(v.fields, Field{"error", r.Why})
	}
}

// newSegment returns an empty segment of a kind.
func newSegment(k Kind) Segment {
	switch k {
	case KindMission:
		return &Mission{}
	case KindDwell:
		return &Dwell{}
	case KindJobDefinition:
		return &JobDefinition{}
	case KindFreeText:
		return &FreeText{}
	case KindTestStatus:
		return &TestStatus{}
	case KindPlatformLocation:
		return &PlatformLocation{}
	}
	return &Raw{Type: k}
}

// Split finds the packet at the start of b by its header and returns its
// length. It is 0 where b holds too little to tell; the error is Invalid.
func Split(b []byte) (int, error) {
	if len(b) < 6 {
		return 0, nil
	}
	if !isVersion(b) {
		return 0, vigia.Errorf(vigia.Invalid, "a packet of STANAG 4607 begins with two digits of its version, not % x", b[:2])
	}
	n := binary.BigEndian.Uint32(b[2:])
	if n < HeaderSize || n > PacketLimit {
		return 0, vigia.Errorf(vigia.Invalid, "a packet of %d bytes is not read; %d to %d are", n, HeaderSize, PacketLimit)
	}
	if uint64(len(b)) < uint64(n) {
		return 0, nil
	}
	return int(n), nil
}

func isVersion(b []byte) bool {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	return len(b) >= 2 && digit(b[0]) && (digit(b[1]) || b[1] == ' ')
}

// Is tells whether a file begins like a packet.
func Is(head []byte) bool {
	if len(head) < HeaderSize+segmentHeader || !isVersion(head) {
		return false
	}
	n := binary.BigEndian.Uint32(head[2:])
	class, first := head[8], binary.BigEndian.Uint32(head[HeaderSize+1:])
	return n > HeaderSize && n <= PacketLimit && class >= 1 && class <= 5 && first >= segmentHeader && first <= n-HeaderSize
}

// Decode reads one packet, with nothing after. The packet refers to b. The
// error is Invalid.
func Decode(b []byte) (*Packet, error) {
	n, err := Split(b)
	if err != nil {
		return nil, err
	}
	if n == 0 || n != len(b) {
		return nil, vigia.Errorf(vigia.Invalid, "%d bytes are not one packet", len(b))
	}
	p := &Packet{}
	v := &visitor{mode: reading, b: b[:HeaderSize]}
	var size uint32
	p.visit(v, &size)
	for b = b[HeaderSize:]; len(b) > 0; {
		if len(b) < segmentHeader {
			return nil, vigia.Errorf(vigia.Invalid, "%d bytes follow the last segment", len(b))
		}
		kind, n := Kind(b[0]), binary.BigEndian.Uint32(b[1:])
		if n < segmentHeader || uint64(n) > uint64(len(b)) {
			return nil, vigia.Errorf(vigia.Invalid, "a segment of %d bytes, where %d are left", n, len(b))
		}
		p.Segments = append(p.Segments, readSegment(kind, b[segmentHeader:n]))
		b = b[n:]
	}
	return p, nil
}

// readSegment reads one segment; one that contradicts the standard stays bytes.
func readSegment(k Kind, b []byte) Segment {
	s := newSegment(k)
	v := &visitor{mode: reading, b: b}
	s.visit(v)
	if v.err == nil && len(v.b) > 0 {
		v.err = vigia.Errorf(vigia.Invalid, "%d bytes are left over", len(v.b))
	}
	if v.err != nil {
		return &Raw{Type: k, Data: b, Why: v.err.Error()}
	}
	return s
}

// Append writes the packet after dst. The error is Invalid: a value does not
// fit its field.
func (p *Packet) Append(dst []byte) ([]byte, error) {
	from := len(dst)
	v := &visitor{mode: writing, b: dst}
	size := uint32(0)
	p.visit(v, &size)
	for _, s := range p.Segments {
		at := len(v.b)
		v.b = append(v.b, byte(s.Kind()), 0, 0, 0, 0)
		s.visit(v)
		binary.BigEndian.PutUint32(v.b[at+1:], uint32(len(v.b)-at))
	}
	if v.err == nil && len(v.b)-from > PacketLimit {
		v.err = vigia.Errorf(vigia.Invalid, "a packet of %d bytes is too long", len(v.b)-from)
	}
	if v.err != nil {
		return dst, v.err
	}
	binary.BigEndian.PutUint32(v.b[from+2:], uint32(len(v.b)-from))
	return v.b, nil
}

// Fields lists what a header says, by the standard's names.
func (h *Header) Fields() []Field {
	v := &visitor{mode: listing}
	size := uint32(0)
	h.visit(v, &size)
	return append(v.fields[:1:1], v.fields[2:]...) // without the size, which the whole packet has
}

// Fields lists what a segment says, by the standard's names, with the units of
// the standard at the end of the names.
func Fields(s Segment) []Field {
	v := &visitor{mode: listing}
	s.visit(v)
	return v.fields
}
