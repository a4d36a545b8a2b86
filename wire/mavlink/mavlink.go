// Package mavlink reads the telemetry of small aircraft and writes them their
// missions: MAVLink 1 and 2 (mavlink.io/en/guide/serialization.html), on the
// message definitions of gomavlib. There is no socket and no clock inside.
//
// What it writes is a closed list (Leaving, Flying). Nothing arms a motor,
// nothing releases or moves a payload, and a mission is started only on an
// aircraft that its pilot has armed.
package mavlink

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/bluenviron/gomavlib/v3/pkg/dialect"
	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/bluenviron/gomavlib/v3/pkg/frame"
	"github.com/bluenviron/gomavlib/v3/pkg/message"

	"github.com/vigia-project/vigia"
)

// messages are the definitions that are known: MAVLink's common set, and what
// ArduPilot adds to it.
var messages = sync.OnceValue(func() *dialect.ReadWriter {
	rw, err := dialect.NewReadWriter(ardupilotmega.Dialect)
	if err != nil {
		panic(err) // the definitions are compiled in
	}
	return rw
})

// The first bytes of frames.
const (
	magic1 = 0xfe
	magic2 = 0xfd
)

// flagSigned says that a signature follows (incompat_flags).
const flagSigned = 0x01

// signatureSize is the length of a signature: link, time, hash.
const signatureSize = 13

// A Frame is one message with who sent it.
type Frame struct {
	Version           int // 1 or 2
	System, Component uint8
	Sequence          uint8
	ID                uint32
	Name              string // such as GLOBAL_POSITION_INT; empty where the message is not known
	Message           message.Message
	Payload           []byte // as it came
	Signed            bool
	Link              uint8  // of the signature
	SignedAt          uint64 // 10 µs since 2015, by the sender's clock

	raw   frame.Frame
	bytes []byte
}

// Bytes is the frame as it came.
func (f Frame) Bytes() []byte { return f.bytes }

// Split returns the length of the frame at the start of b, from its header; 0
// where b holds too little to tell. The error is Invalid: no frame begins here.
func Split(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n := 0
	switch {
	case b[0] != magic1 && b[0] != magic2:
		return 0, vigia.Errorf(vigia.Invalid, "no MAVLink frame begins with %#x", b[0])
	case len(b) < 3:
		return 0, nil
	case b[0] == magic1:
		n = 8 + int(b[1])
	case b[2]&^flagSigned != 0:
		return 0, vigia.Errorf(vigia.Invalid, "the frame needs what is not known: incompat_flags %#x", b[2])
	default:
		n = 12 + int(b[1])
		if b[2]&flagSigned != 0 {
			n += signatureSize
		}
	}
	if len(b) < n {
		return 0, nil
	}
	return n, nil
}

// Decode reads one frame, with nothing after. A message that is not known has
// no Name and no Message; its checksum cannot be told either. The error is
// Invalid. The frame refers to b.
func Decode(b []byte) (Frame, error) {
	n, err := Split(b)
	if err != nil {
		return Frame{}, err
	}
	if n == 0 || n != len(b) {
		return Frame{}, vigia.Errorf(vigia.Invalid, "%d bytes are not one frame", len(b))
	}
	f := header(b)
	f.bytes = b
	rw := messages().GetMessage(f.ID)
	if rw == nil {
		return f, nil
	}
	stated := f.raw.GetChecksum()
	if sum := f.raw.GenerateChecksum(rw.CRCExtra()); sum != stated {
		return Frame{}, vigia.Errorf(vigia.Invalid, "the checksum of message %d is %#04x and should be %#04x", f.ID, stated, sum)
	}
	// The reader may cut trailing zeros of the payload it is given.
	m, err := rw.Read(&message.MessageRaw{ID: f.ID, Payload: bytes.Clone(f.Payload)}, f.Version == 2)
	if err != nil {
		return Frame{}, vigia.Errorf(vigia.Invalid, "message %d cannot be read: %v", f.ID, err)
	}
	f.Message, f.Name = m, nameOf(m)
	return f, nil
}

// header takes a frame of the right length apart.
func header(b []byte) Frame {
	u16 := func(i int) uint16 { return uint16(b[i]) | uint16(b[i+1])<<8 }
	n := int(b[1])
	if b[0] == magic1 {
		f := Frame{Version: 1, Sequence: b[2], System: b[3], Component: b[4], ID: uint32(b[5]), Payload: b[6 : 6+n : 6+n]}
		f.raw = &frame.V1Frame{
			SequenceNumber: f.Sequence, SystemID: f.System, ComponentID: f.Component,
			Message: &message.MessageRaw{ID: f.ID, Payload: f.Payload}, Checksum: u16(6 + n),
		}
		return f
	}
	f := Frame{
		Version: 2, Sequence: b[4], System: b[5], Component: b[6],
		ID: uint32(b[7]) | uint32(b[8])<<8 | uint32(b[9])<<16, Payload: b[10 : 10+n : 10+n], Signed: b[2]&flagSigned != 0,
	}
	v2 := &frame.V2Frame{
		IncompatibilityFlag: b[2], CompatibilityFlag: b[3], SequenceNumber: f.Sequence, SystemID: f.System, ComponentID: f.Component,
		Message: &message.MessageRaw{ID: f.ID, Payload: f.Payload}, Checksum: u16(10 + n),
	}
	if f.Signed {
		s := b[12+n:]
		f.Link = s[0]
		for i := 6; i > 0; i-- {
			f.SignedAt = f.SignedAt<<8 | uint64(s[i])
		}
		v2.SignatureLinkID, v2.SignatureTimestamp = f.Link, f.SignedAt
		v2.Signature = (*frame.V2Signature)(s[7:13])
	}
	f.raw = v2
	return f
}

// nameOf is a message's name in MAVLink, from its type's: MessageWindCov is
// WIND_COV.
func nameOf(m message.Message) string {
	return upper(reflect.TypeOf(m).Elem().Name()[len("Message"):])
}

func upper(camel string) string {
	var out []byte
	for i := range len(camel) {
		c := camel[i]
		big := c >= 'A' && c <= 'Z'
		if big && i > 0 {
			out = append(out, '_')
		}
		if !big && c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		out = append(out, c)
	}
	return string(out)
}

// A Splitter finds the frames in a stream of bytes that comes in pieces. What
// is no frame, or has a wrong checksum, is passed over and counted.
type Splitter struct {
	Skipped int64 // bytes passed over
	buf     []byte
}

// Push adds bytes and calls each for every whole frame, which is valid during
// the call.
func (s *Splitter) Push(b []byte, each func(Frame)) {
	s.buf = append(s.buf, b...)
	rest := s.buf
	for len(rest) > 0 {
		n, err := Split(rest)
		if err == nil && n == 0 {
			break
		}
		var f Frame
		if err == nil {
			f, err = Decode(rest[:n:n])
		}
		if err != nil {
			s.Skipped++
			rest = rest[1:]
			continue
		}
		each(f)
		rest = rest[n:]
	}
	s.buf = s.buf[:copy(s.buf, rest)]
}
