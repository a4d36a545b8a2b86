package ground

// A Splitter finds the objects in a stream of JSON that comes in pieces: objects
// one after the other, on lines or not, or in arrays. What is no object is
// passed over and counted. It holds at most one message.
type Splitter struct {
	Skipped int64 // bytes passed over
	TooLong int64 // objects longer than MaxMessage, passed over

	buf           []byte
	depth         int // of braces and brackets in the object; 0: outside
	text, escaped bool
	tooLong       bool
}

// Push adds bytes and calls each for every whole object, which is valid during
// the call.
func (s *Splitter) Push(b []byte, each func(object []byte)) {
	for _, c := range b {
		if s.depth == 0 {
			s.outside(c)
			continue
		}
		s.keep(c)
		switch {
		case s.escaped:
			s.escaped = false
		case s.text && c == '\\':
			s.escaped = true
		case c == '"':
			s.text = !s.text
		case s.text:
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			s.depth--
			if s.depth == 0 {
				s.end(each)
			}
		}
	}
}

// Flush ends the stream: an object that is cut is passed over.
func (s *Splitter) Flush() {
	s.Skipped += int64(len(s.buf))
	*s = Splitter{Skipped: s.Skipped, TooLong: s.TooLong}
}

// Pending is how many bytes of an object wait for the rest.
func (s *Splitter) Pending() int { return len(s.buf) }

func (s *Splitter) outside(c byte) {
	switch c {
	case '{':
		s.depth, s.tooLong = 1, false
		s.buf = append(s.buf[:0], c)
	case ' ', '\t', '\r', '\n', ',', '[', ']', 0x1e: // 0x1e: JSON text sequences, RFC 7464
	default:
		s.Skipped++
	}
}

func (s *Splitter) keep(c byte) {
	if len(s.buf) >= MaxMessage {
		s.tooLong = true
		s.Skipped++
		return
	}
	s.buf = append(s.buf, c)
}

func (s *Splitter) end(each func([]byte)) {
	if s.tooLong {
		s.TooLong++
		s.Skipped += int64(len(s.buf))
	} else {
		each(s.buf)
	}
	s.buf = s.buf[:0]
}
