package gmti

// A Splitter finds the packets in a stream of bytes that comes in pieces, such
// as a file or a TCP connection. What is no packet is passed over and counted.
type Splitter struct {
	Skipped int64 // bytes passed over
	offset  int64 // of the next byte to be read
	buf     []byte
}

// Push adds bytes and calls each for every whole packet, with its offset. The
// packet is valid during the call.
func (s *Splitter) Push(b []byte, each func(packet []byte, offset int64)) {
	s.buf = append(s.buf, b...)
	rest := s.split(s.buf, false, each)
	s.buf = s.buf[:copy(s.buf, rest)]
}

// Flush ends the stream: what is left is passed over, and packets within are
// found.
func (s *Splitter) Flush(each func(packet []byte, offset int64)) {
	s.skip(len(s.split(s.buf, true, each)))
	s.buf = nil
}

func (s *Splitter) skip(n int) {
	s.Skipped += int64(n)
	s.offset += int64(n)
}

// split takes packets from the start of b and returns the rest.
func (s *Splitter) split(b []byte, final bool, each func([]byte, int64)) []byte {
	for len(b) > 0 {
		if len(b) < HeaderSize+segmentHeader && !final {
			return b
		}
		n := 0
		if Is(b) || isEmpty(b) {
			n, _ = Split(b) // Is has looked at what it may refuse
			if n == 0 && !final {
				return b
			}
		}
		if n == 0 {
			s.skip(1)
			b = b[1:]
			continue
		}
		each(b[:n:n], s.offset)
		s.offset += int64(n)
		b = b[n:]
	}
	return nil
}

// isEmpty tells whether b begins with a packet of no segments: a sign of life.
func isEmpty(b []byte) bool {
	return len(b) >= HeaderSize && isVersion(b) && b[2] == 0 && b[3] == 0 && b[4] == 0 && b[5] == HeaderSize && b[8] >= 1 && b[8] <= 5
}
