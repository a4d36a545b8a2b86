package plain

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/vigia-project/vigia"
)

// A scanner cuts bytes into records of RFC 4180, in one fixed buffer. A quoted
// field may hold line breaks; a record over several lines that does not hold
// together is taken for one bad line, and scanning resumes with the line
// after it, so that a stray quote costs one record and not the rest.
type scanner struct {
	r      io.Reader
	err    error // of r, io.EOF included; met once the buffer is empty
	buf    []byte
	start  int // of the unread bytes in buf
	end    int
	offset int64 // of buf[start] in the input
	line   int   // of buf[start]
	want   int   // fields a record must have; 0: any number

	unended bool // the last record had no line end
}

// A fault is what is wrong with a record, and in which field (0 is the first).
type fault struct {
	field   int
	message string
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, 2*LineLimit), line: 1}
}

// more reads once into the buffer; false when nothing more comes.
func (s *scanner) more() bool {
	if s.err != nil {
		return false
	}
	if s.end == len(s.buf) {
		copy(s.buf, s.buf[s.start:s.end])
		s.end -= s.start
		s.start = 0
	}
	// A reader may return 0, nil now and then (io.Reader); a hundred times is a defect.
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err != nil {
			s.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// next returns the next record that is not an empty line, and its fields. A
// fault is the record's own; an error is the end.
func (s *scanner) next() (Record, []string, *fault, error) {
	for {
		rec, fields, f, err := s.record()
		if err == nil && f == nil && strings.Trim(rec.Raw, "\r\n") == "" {
			continue
		}
		return rec, fields, f, err
	}
}

func (s *scanner) record() (Record, []string, *fault, error) {
	quoted, firstBreak := false, -1
	for i := 0; ; i++ {
		if i == LineLimit {
			return s.tooLong(firstBreak)
		}
		if s.start+i == s.end && !s.more() {
			return s.last(i, quoted, firstBreak)
		}
		switch s.buf[s.start+i] {
		case '"':
			quoted = !quoted
		case '\n':
			if !quoted {
				return s.whole(i+1, firstBreak)
			}
			if firstBreak < 0 {
				firstBreak = i
			}
		}
	}
}

// whole takes a record of n bytes that ends where its quotes are closed.
func (s *scanner) whole(n, firstBreak int) (Record, []string, *fault, error) {
	fields, f := split(s.buf[s.start : s.start+n])
	if firstBreak >= 0 && (f != nil || (s.want > 0 && len(fields) != s.want)) {
		return s.badFirstLine(firstBreak)
	}
	return s.take(n), fields, f, nil
}

// last takes the n bytes that are left when the input ends.
func (s *scanner) last(n int, quoted bool, firstBreak int) (Record, []string, *fault, error) {
	switch {
	case !errors.Is(s.err, io.EOF):
		return Record{Offset: s.offset, Line: s.line}, nil, nil, s.err
	case n == 0:
		return Record{Offset: s.offset, Line: s.line}, nil, nil, io.EOF
	case quoted && firstBreak >= 0:
		return s.badFirstLine(firstBreak)
	}
	s.unended = true
	return s.whole(n, firstBreak)
}

// badFirstLine takes the first line of a record that does not hold together.
func (s *scanner) badFirstLine(firstBreak int) (Record, []string, *fault, error) {
	fields, f := split(s.buf[s.start : s.start+firstBreak+1])
	if f == nil {
		f = &fault{len(fields) - 1, "a quote is opened and not closed"}
	}
	return s.take(firstBreak + 1), fields, f, nil
}

// tooLong takes a record that passes the limit.
func (s *scanner) tooLong(firstBreak int) (Record, []string, *fault, error) {
	if firstBreak >= 0 {
		return s.badFirstLine(firstBreak)
	}
	field := bytes.Count(s.buf[s.start:s.start+LineLimit], []byte{','})
	rec := s.take(LineLimit)
	for {
		if s.start == s.end && !s.more() {
			break
		}
		part := s.buf[s.start:s.end]
		at := bytes.IndexByte(part, '\n')
		if at >= 0 {
			part = part[:at+1]
		}
		s.advance(len(part))
		rec.Size += int64(len(part))
		if at >= 0 {
			break
		}
	}
	return rec, nil, &fault{field, vigia.Errorf(vigia.Invalid, "the line is %d bytes long; at most %d are read", rec.Size, LineLimit).Message}, nil
}

// take returns the next n bytes as a record.
func (s *scanner) take(n int) Record {
	rec := Record{Offset: s.offset, Line: s.line, Raw: string(s.buf[s.start : s.start+n]), Size: int64(n)}
	s.advance(n)
	return rec
}

func (s *scanner) advance(n int) {
	s.line += bytes.Count(s.buf[s.start:s.start+n], []byte{'\n'})
	s.start += n
	s.offset += int64(n)
}

// split cuts one record into fields (RFC 4180 §2). Blanks around a field that
// is not quoted are dropped.
func split(record []byte) ([]string, *fault) {
	text := string(record)
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	var fields []string
	for {
		var field string
		if strings.HasPrefix(text, `"`) {
			var ok bool
			if field, text, ok = quotedField(text); !ok {
				return append(fields, field), &fault{len(fields), "a quote is opened and not closed, or text follows a closing quote"}
			}
		} else {
			end := strings.IndexByte(text, ',')
			if end < 0 {
				end = len(text)
			}
			field, text = text[:end], text[end:]
			if strings.Contains(field, `"`) {
				return append(fields, field), &fault{len(fields), "a quote stands inside a field that does not begin with one"}
			}
			field = strings.Trim(field, " \t")
		}
		fields = append(fields, field)
		if text == "" {
			return fields, nil
		}
		text = text[1:] // the comma
	}
}

// quotedField reads a field that begins with a quote, and what is behind it:
// a comma and more, or nothing.
func quotedField(text string) (field, rest string, ok bool) {
	var b strings.Builder
	for text = text[1:]; ; {
		at := strings.IndexByte(text, '"')
		if at < 0 {
			return b.String(), "", false
		}
		b.WriteString(text[:at])
		text = text[at+1:]
		switch {
		case strings.HasPrefix(text, `"`):
			b.WriteByte('"')
			text = text[1:]
		case text == "" || text[0] == ',':
			return b.String(), text, true
		default:
			return b.String(), "", false
		}
	}
}
