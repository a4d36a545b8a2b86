package cot

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
)

// The TAK protocol version 1 (ATAK-CIV, takproto/protocol.txt): an event as a
// protobuf TakMessage, behind a header. On a stream the header is 0xBF and the
// length; in a datagram it is 0xBF, the version and 0xBF.
const (
	protoMagic   = 0xbf
	protoVersion = 1
)

// The wire types of protobuf (protobuf.dev/programming-guides/encoding).
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)

// EncodeStream writes an event of a type that may leave for a TCP connection
// that speaks protocol 1. Errors are those of Encode.
func EncodeStream(e Event) ([]byte, error) {
	body, err := encodeProto(e, leaving[:])
	if err != nil {
		return nil, err
	}
	return append(binary.AppendUvarint([]byte{protoMagic}, uint64(len(body))), body...), nil
}

// EncodeDatagram writes an event of a type that may leave for a datagram.
// Errors are those of Encode.
func EncodeDatagram(e Event) ([]byte, error) {
	body, err := encodeProto(e, leaving[:])
	if err != nil {
		return nil, err
	}
	return append([]byte{protoMagic, protoVersion, protoMagic}, body...), nil
}

// encodeProto writes a TakMessage. All of the detail goes as XML, which the
// protocol allows and which leaves it byte for byte as it is.
func encodeProto(e Event, types []string) ([]byte, error) {
	if !slices.Contains(types, e.Type) {
		return nil, vigia.Errorf(vigia.Forbidden, "an event of type %q may not leave; the types that may are %v", clip(e.Type), types)
	}
	if err := e.Valid(); err != nil {
		return nil, err
	}
	// The XML way proves that the detail is one well-formed element.
	if _, err := encode(e); err != nil {
		return nil, err
	}
	inner, ok := innerOf(e.Detail)
	if !ok {
		return nil, vigia.Errorf(vigia.Invalid, "the detail element has attributes or blanks in its tags; protocol 1 has no place for them")
	}
	var w protoWriter
	for _, f := range []struct {
		n int
		s string
	}{{1, e.Type}, {2, e.Access}, {3, e.QoS}, {4, e.Opex}, {5, e.UID}} {
		w.text(f.n, f.s)
	}
	for n, t := range []time.Time{e.Time, e.Start, e.Stale} {
		ms := t.UnixMilli()
		if ms < 0 {
			return nil, vigia.Errorf(vigia.Invalid, "the time %v is before 1970; protocol 1 has no such times", t)
		}
		w.varint(6+n, uint64(ms))
	}
	w.text(9, e.How)
	for n, v := range []float64{e.Point.Lat, e.Point.Lon, e.Point.HAE, e.Point.CE, e.Point.LE} {
		w.double(10+n, v)
	}
	if e.Detail != "" {
		var d protoWriter
		d.text(1, inner)
		w.bytes(15, d)
	}
	var m protoWriter
	m.bytes(2, w)
	return m, nil
}

// innerOf is what stands between the tags of a detail.
func innerOf(detail string) (string, bool) {
	if detail == "" || detail == "<detail/>" {
		return "", true
	}
	s, ok := strings.CutPrefix(detail, "<detail>")
	s, ok2 := strings.CutSuffix(s, "</detail>")
	return s, ok && ok2
}

// A protoWriter is protobuf fields one after the other. Fields of the default
// value are left out, as proto3 has it.
type protoWriter []byte

func (w *protoWriter) tag(n, kind int) { *w = binary.AppendUvarint(*w, uint64(n<<3|kind)) }

func (w *protoWriter) bytes(n int, b []byte) {
	w.tag(n, wireBytes)
	*w = append(binary.AppendUvarint(*w, uint64(len(b))), b...)
}

func (w *protoWriter) text(n int, s string) {
	if s != "" {
		w.bytes(n, []byte(s))
	}
}

func (w *protoWriter) varint(n int, v uint64) {
	if v != 0 {
		w.tag(n, wireVarint)
		*w = binary.AppendUvarint(*w, v)
	}
}

func (w *protoWriter) double(n int, v float64) {
	if bits := math.Float64bits(v); bits != 0 {
		w.tag(n, wireFixed8)
		*w = binary.LittleEndian.AppendUint64(*w, bits)
	}
}

// protoLength is the length of the stream message at the start of b, header
// included; 0 where b holds too little to tell. The error is Invalid.
func protoLength(b []byte) (int, error) {
	n, used := binary.Uvarint(b[1:])
	switch {
	case used < 0 || n > EventLimit-1-binary.MaxVarintLen64:
		return 0, vigia.Errorf(vigia.Invalid, "an event is longer than %d bytes", EventLimit)
	case used == 0 || len(b) < 1+used+int(n):
		return 0, nil
	}
	return 1 + used + int(n), nil
}

// decodeProto reads one message with its header, of a stream or of a datagram.
func decodeProto(b []byte) (Event, error) {
	body, ok := bytes.CutPrefix(b, []byte{protoMagic, protoVersion, protoMagic})
	if !ok {
		n, err := protoLength(b)
		if err != nil {
			return Event{}, err
		}
		if n == 0 || n != len(b) {
			return Event{}, vigia.Errorf(vigia.Invalid, "%d bytes are not one message of TAK protocol 1", len(b))
		}
		_, used := binary.Uvarint(b[1:])
		body = b[1+used:]
	}
	e := Event{Version: "2.0"}
	found := false
	err := protoFields(body, func(n int, f protoField) {
		if n == 2 && f.kind == wireBytes {
			found = true
			e.proto(f.bytes)
		}
	})
	if err != nil {
		return Event{}, err
	}
	if !found {
		return Event{}, vigia.Errorf(vigia.Invalid, "the message of TAK protocol 1 holds no event")
	}
	if err := e.Valid(); err != nil {
		return Event{}, err
	}
	// Protobuf lets any bytes through, and the detail was put together of parts:
	// what is taken must stand as XML.
	if _, err := encode(e); err != nil {
		return Event{}, err
	}
	return e, nil
}

// A protoField is the value of one field.
type protoField struct {
	kind   int
	number uint64 // varint, fixed
	bytes  []byte
}

func (f protoField) double() float64 { return math.Float64frombits(f.number) }

// protoFields reads the fields of one message. The error is Invalid.
func protoFields(b []byte, each func(n int, f protoField)) error {
	for len(b) > 0 {
		tag, used := binary.Uvarint(b)
		if used <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return errProto
		}
		b = b[used:]
		f := protoField{kind: int(tag & 7)}
		switch f.kind {
		case wireVarint:
			if f.number, used = binary.Uvarint(b); used <= 0 {
				return errProto
			}
		case wireFixed8:
			if used = 8; len(b) < used {
				return errProto
			}
			f.number = binary.LittleEndian.Uint64(b)
		case wireFixed4:
			if used = 4; len(b) < used {
				return errProto
			}
		case wireBytes:
			n, head := binary.Uvarint(b)
			if head <= 0 || n > uint64(len(b)-head) {
				return errProto
			}
			used = head + int(n)
			f.bytes = b[head:used]
		default:
			return errProto
		}
		b = b[used:]
		each(int(tag>>3), f)
	}
	return nil
}

var errProto = vigia.Errorf(vigia.Invalid, "the message of TAK protocol 1 is broken")

// proto reads a CotEvent. A broken part leaves the event without what Valid
// asks for, or without a detail that stands.
func (e *Event) proto(b []byte) {
	words := map[int]*string{1: &e.Type, 2: &e.Access, 3: &e.QoS, 4: &e.Opex, 5: &e.UID, 9: &e.How}
	times := map[int]*time.Time{6: &e.Time, 7: &e.Start, 8: &e.Stale}
	numbers := map[int]*float64{10: &e.Point.Lat, 11: &e.Point.Lon, 12: &e.Point.HAE, 13: &e.Point.CE, 14: &e.Point.LE}
	for _, t := range times {
		*t = time.UnixMilli(0).UTC()
	}
	err := protoFields(b, func(n int, f protoField) {
		switch {
		case f.kind == wireBytes && words[n] != nil:
			*words[n] = string(f.bytes)
		case f.kind == wireVarint && times[n] != nil:
			*times[n] = time.UnixMilli(int64(min(f.number, math.MaxInt64/2))).UTC()
		case f.kind == wireFixed8 && numbers[n] != nil:
			*numbers[n] = f.double()
		case f.kind == wireBytes && n == 15:
			e.Detail = protoDetail(f.bytes)
		}
	})
	if err != nil {
		e.UID = ""
	}
}

// A protoPart is a part of a detail that protocol 1 has fields for: the element
// and its attributes, by their numbers.
type protoPart struct {
	element    string
	attributes map[int]string
}

var protoParts = map[int]protoPart{
	2: {"contact", map[int]string{1: "endpoint", 2: "callsign"}},
	3: {"__group", map[int]string{1: "name", 2: "role"}},
	4: {"precisionlocation", map[int]string{1: "geopointsrc", 2: "altsrc"}},
	5: {"status", map[int]string{1: "battery"}},
	6: {"takv", map[int]string{1: "device", 2: "platform", 3: "os", 4: "version"}},
	7: {"track", map[int]string{1: "speed", 2: "course"}},
}

// protoDetail writes a Detail as XML: the XML that it carries as it is, and
// behind it the parts that have fields.
func protoDetail(b []byte) string {
	var inner string
	var parts bytes.Buffer
	err := protoFields(b, func(n int, f protoField) {
		if n == 1 && f.kind == wireBytes {
			inner = string(f.bytes)
			return
		}
		p, ok := protoParts[n]
		if !ok || f.kind != wireBytes {
			return
		}
		parts.WriteString("<" + p.element)
		if err := protoFields(f.bytes, func(n int, f protoField) { f.attribute(&parts, p.attributes[n]) }); err != nil {
			parts.WriteByte('<') // what is broken must not stand
		}
		parts.WriteString("/>")
	})
	if err != nil {
		return "<broken"
	}
	return "<detail>" + inner + parts.String() + "</detail>"
}

// attribute writes a field as an attribute; a field that has no name is of a
// later protocol.
func (f protoField) attribute(b *bytes.Buffer, name string) {
	switch {
	case name == "":
	case f.kind == wireBytes:
		attribute(b, name, string(f.bytes))
	case f.kind == wireVarint:
		attribute(b, name, strconv.FormatUint(f.number, 10))
	case f.kind == wireFixed8:
		attribute(b, name, strconv.FormatFloat(f.double(), 'f', -1, 64))
	}
}
