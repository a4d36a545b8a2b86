package misb

import (
	"bytes"

	"github.com/vigia-project/vigia"
)

// A Packet is a key, a length and a value (ST 336).
type Packet struct {
	Key   Key
	Value []byte
}

// SplitPacket reads the packet at the start of b and returns what follows. The
// error is Invalid.
func SplitPacket(b []byte) (Packet, []byte, error) {
	if len(b) < 17 {
		return Packet{}, b, errShort
	}
	if !bytes.HasPrefix(b, prefix[:]) {
		return Packet{}, b, vigia.Errorf(vigia.Invalid, "no universal key begins here: % x", b[:4])
	}
	n, size, err := readLength(b[16:])
	if err != nil {
		return Packet{}, b, err
	}
	end := 16 + size + n
	if end > len(b) {
		return Packet{}, b, errShort
	}
	return Packet{Key: Key(b[:16]), Value: b[16+size : end]}, b[end:], nil
}

// AppendPacket writes a packet after dst.
func AppendPacket(dst []byte, k Key, value []byte) []byte {
	dst = append(dst, k[:]...)
	dst = appendLength(dst, len(value))
	return append(dst, value...)
}

// A Splitter finds the packets in a stream of KLV bytes that comes in pieces,
// such as a file, or the units of a transport stream. What is no packet is
// passed over and counted.
type Splitter struct {
	Skipped int64 // bytes passed over
	Offset  int64 // of the next byte that is not yet read, from the start
	buf     []byte
}

// maxPending is the most that a Splitter keeps, bytes.
const maxPending = maxLength + 32

// Push adds bytes and calls each for every whole packet, with the packet's
// offset in the stream. The packet is valid during the call.
func (s *Splitter) Push(b []byte, each func(packet []byte, offset int64)) {
	if len(s.buf) > 0 {
		s.buf = append(s.buf, b...)
		rest := s.split(s.buf, each)
		s.buf = s.buf[:copy(s.buf, rest)]
		return
	}
	s.buf = append(s.buf, s.split(b, each)...)
}

// Pending tells how many bytes of an unfinished packet are kept.
func (s *Splitter) Pending() int { return len(s.buf) }

// Flush gives up the packet that is under way, and looks for others in it.
func (s *Splitter) Flush(each func(packet []byte, offset int64)) {
	b := s.buf
	s.buf = nil
	for len(b) > 0 {
		s.skip(1)
		b = s.split(b[1:], each)
	}
}

func (s *Splitter) skip(n int) {
	s.Skipped += int64(n)
	s.Offset += int64(n)
}

func (s *Splitter) split(b []byte, each func([]byte, int64)) []byte {
	for len(b) > 0 {
		i := bytes.Index(b, prefix[:])
		if i < 0 {
			// A key may be cut at the end.
			keep := min(len(b), len(prefix)-1)
			for keep > 0 && !bytes.HasPrefix(prefix[:], b[len(b)-keep:]) {
				keep--
			}
			s.skip(len(b) - keep)
			return b[len(b)-keep:]
		}
		s.skip(i)
		b = b[i:]
		_, rest, err := SplitPacket(b)
		switch {
		case err == errShort && len(b) < maxPending:
			return b
		case err != nil:
			s.skip(1)
			b = b[1:]
			continue
		}
		n := len(b) - len(rest)
		each(b[:n:n], s.Offset)
		s.Offset += int64(n)
		b = rest
	}
	return nil
}

// Is tells whether a file begins with a KLV packet.
func Is(head []byte) bool { return bytes.HasPrefix(head, prefix[:]) }
