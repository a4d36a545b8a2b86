package cot

import (
	"bytes"
	"errors"
	"io"

	"github.com/vigia-project/vigia"
)

// A Reader cuts a stream of events, such as a TAK client's TCP connection,
// where they come back to back with nothing between them but the end of one:
// "</event>", or as messages of TAK protocol 1 with their lengths. It holds at most EventLimit bytes.
type Reader struct {
	r     io.Reader
	err   error
	buf   []byte
	start int
	end   int
	seen  int // bytes behind start in which no event ends
}

var eventEnd = []byte("</event>")

// NewReader reads events from r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r, buf: make([]byte, 8<<10)} }

// Next returns the next event, and its bytes as they came. With an error of
// code vigia.Invalid it returns the bytes of what is no event (the first
// EventLimit of them), and the next call goes on behind it. Any other error is
// final, and io.EOF is the end of the stream.
func (r *Reader) Next() (Event, []byte, error) {
	for {
		window := r.buf[r.start:r.end]
		if len(window) > 0 && window[0] == protoMagic {
			if e, raw, ok, err := r.message(window); ok {
				return e, raw, err
			}
			continue
		}
		from := max(0, r.seen-len(eventEnd))
		if at := bytes.Index(window[from:], eventEnd); at >= 0 {
			raw := bytes.Clone(window[:from+at+len(eventEnd)])
			r.drop(len(raw))
			e, err := Decode(bytes.TrimSpace(raw))
			return e, raw, err
		}
		r.seen = len(window)
		if len(window) >= EventLimit {
			return r.tooLong()
		}
		if !r.more() {
			return r.last()
		}
	}
}

// message takes a message of TAK protocol 1 from the start of the window. It is
// false where more bytes came and it is to be tried again.
func (r *Reader) message(window []byte) (e Event, raw []byte, ok bool, err error) {
	n, err := protoLength(window)
	if err != nil {
		// Nothing says where the next begins: this byte is passed over.
		raw = bytes.Clone(window[:1])
		r.drop(1)
		return Event{}, raw, true, err
	}
	if n == 0 {
		if r.more() {
			return Event{}, nil, false, nil
		}
		e, raw, err = r.last()
		return e, raw, true, err
	}
	raw = bytes.Clone(window[:n])
	r.drop(n)
	e, err = Decode(raw)
	return e, raw, true, err
}

// last ends the stream: with an error when it stops in the middle of an event.
func (r *Reader) last() (Event, []byte, error) {
	rest := bytes.Clone(r.buf[r.start:r.end])
	if errors.Is(r.err, io.EOF) && len(bytes.TrimSpace(rest)) > 0 {
		r.drop(len(rest))
		return Event{}, rest, vigia.Errorf(vigia.Invalid, "the stream ends in the middle of an event")
	}
	return Event{}, nil, r.err
}

// tooLong drops an event that does not end, up to where one does.
func (r *Reader) tooLong() (Event, []byte, error) {
	raw := bytes.Clone(r.buf[r.start : r.start+EventLimit])
	for {
		window := r.buf[r.start:r.end]
		if at := bytes.Index(window, eventEnd); at >= 0 {
			r.drop(at + len(eventEnd))
			break
		}
		r.drop(max(0, len(window)-len(eventEnd)+1))
		if !r.more() {
			r.drop(r.end - r.start)
			break
		}
	}
	return Event{}, raw, vigia.Errorf(vigia.Invalid, "an event is longer than %d bytes", EventLimit)
}

func (r *Reader) drop(n int) {
	r.start += n
	r.seen = 0
}

// more reads once into the buffer, which grows up to EventLimit; false when
// nothing more comes.
func (r *Reader) more() bool {
	if r.err != nil {
		return false
	}
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.start, r.end = 0, r.end-r.start
	}
	if r.end == len(r.buf) {
		bigger := make([]byte, min(2*len(r.buf), EventLimit))
		copy(bigger, r.buf)
		r.buf = bigger
	}
	// A reader may return 0, nil now and then (io.Reader); a hundred times is a defect.
	for range 100 {
		n, err := r.r.Read(r.buf[r.end:])
		r.end += n
		if err != nil {
			r.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	r.err = io.ErrNoProgress
	return false
}
