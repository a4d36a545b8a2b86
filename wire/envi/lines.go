package envi

import (
	"errors"
	"io"

	"github.com/vigia-project/vigia"
)

// Lines reads a cube that comes byte after byte, line by line, and holds one
// line. Bands one after the other (BSQ) have no lines before their end, and are
// refused: open such a file as a Cube.
type Lines struct {
	h    Header
	r    io.Reader
	raw  []byte
	rows []float32
	next int
}

// NewLines begins to read the data of a header.
func NewLines(h Header, r io.Reader) (*Lines, error) {
	if _, ok := h.length(); !ok {
		return nil, vigia.Errorf(vigia.Invalid, "the header promises %d × %d × %d numbers, which no file holds", h.Lines, h.Samples, h.Bands)
	}
	if h.Type == Complex64 || h.Type == Complex128 {
		return nil, vigia.Errorf(vigia.Invalid, "the numbers are complex (data type %d); a scan line holds real ones", h.Type)
	}
	if h.Interleave == BSQ && h.Bands > 1 && h.Lines > 1 {
		return nil, vigia.Errorf(vigia.Invalid, "the cube is interleaved by band (bsq), which has no lines before its end; send it as bil or bip (vigia ingest turns it)")
	}
	if most := MostLine / h.Type.Width(); h.Samples > most/h.Bands {
		return nil, vigia.Errorf(vigia.Invalid, "a line of %d samples in %d bands is longer than %d bytes", h.Samples, h.Bands, MostLine)
	}
	if n, err := io.CopyN(io.Discard, r, h.Offset); err != nil {
		return nil, broken(err, "the data end after %d bytes, before the offset of %d", n, h.Offset)
	}
	return &Lines{h: h, r: r}, nil
}

// MostLine is how many bytes one line of Lines may have.
const MostLine = 64 << 20

// Next reads the next line into dst, Samples times Bands numbers, the bands of a
// pixel side by side. It returns io.EOF after the last line that the header
// promises, and an Invalid error where the data end before it.
func (l *Lines) Next(dst []float32) error {
	if l.next == l.h.Lines {
		return io.EOF
	}
	n := l.h.Samples * l.h.Bands
	if len(dst) != n {
		return vigia.Errorf(vigia.Internal, "a line has %d numbers, and %d were asked for", n, len(dst))
	}
	if l.raw == nil {
		l.raw, l.rows = make([]byte, n*l.h.Type.Width()), make([]float32, n)
	}
	if _, err := io.ReadFull(l.r, l.raw); err != nil {
		return broken(err, "the data are truncated or the header lies: they end in line %d of %d", l.next+1, l.h.Lines)
	}
	l.next++
	if l.h.Interleave == BIP {
		convert(dst, l.raw, l.h.Type, l.h.BigEndian)
		return nil
	}
	convert(l.rows, l.raw, l.h.Type, l.h.BigEndian)
	for b := 0; b < l.h.Bands; b += 16 {
		g := min(16, l.h.Bands-b)
		turn(dst[b:], l.rows[b*l.h.Samples:], l.h.Samples, l.h.Samples, g, l.h.Bands)
	}
	return nil
}

func broken(err error, format string, args ...any) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return vigia.Errorf(vigia.Invalid, format, args...)
	}
	return vigia.Errorf(vigia.Unavailable, "the data cannot be read: %v", err)
}
