package envi

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"
	"sync"
	"unsafe"

	"github.com/vigia-project/vigia"
)

// A Cube reads pixels of a raster whose data are as long as the header says.
// Its methods may be called from many goroutines at once. It holds no more
// memory than the calls under way ask for.
type Cube struct {
	Header
	data io.ReaderAt
	raw  sync.Pool // *[]byte, where the file's numbers are not ready to use
}

// NewCube joins a header and its data, of which there are size bytes. Data
// shorter than the header says are an error, and nothing is allocated for them.
func NewCube(h Header, data io.ReaderAt, size int64) (*Cube, error) {
	need, ok := h.length()
	if !ok {
		return nil, vigia.Errorf(vigia.Invalid, "the header promises %d × %d × %d numbers, which no file holds", h.Lines, h.Samples, h.Bands)
	}
	if size < need {
		return nil, vigia.Errorf(vigia.Invalid, "the data are truncated or the header lies: %d lines × %d samples × %d bands × %d bytes after an offset of %d need %d bytes, and there are %d",
			h.Lines, h.Samples, h.Bands, h.Type.Width(), h.Offset, need, size)
	}
	if h.Type == Complex64 || h.Type == Complex128 {
		return nil, vigia.Errorf(vigia.Invalid, "the numbers are complex (data type %d); a scan line holds real ones", h.Type)
	}
	return &Cube{Header: h, data: data}, nil
}

// length is how many bytes the data need with their offset; false on overflow.
func (h *Header) length() (int64, bool) {
	n := uint64(h.Type.Width())
	for _, edge := range []int{h.Samples, h.Lines, h.Bands} {
		if edge < 1 {
			return 0, false
		}
		hi, lo := bits.Mul64(n, uint64(edge))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	if n > math.MaxInt64-uint64(h.Offset) {
		return 0, false
	}
	return int64(n) + h.Offset, true
}

// Shape returns lines, samples and bands.
func (c *Cube) Shape() (lines, samples, bands int) { return c.Lines, c.Samples, c.Bands }

var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

// ready tells whether the file's numbers are float32 as this machine has them.
func (c *Cube) ready() bool { return c.Type == Float32 && c.BigEndian != littleEndian }

// bytesOf shows the memory of a slice of numbers.
func bytesOf(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}

// ReadPixels reads the pixels first, first+1, … in scan order (line by line)
// into dst, one pixel after the other, Bands numbers each; len(dst) is a
// multiple of Bands and says how many.
func (c *Cube) ReadPixels(dst []float32, first int) error {
	n := len(dst) / c.Bands
	if first < 0 || first+n > c.Lines*c.Samples || n*c.Bands != len(dst) {
		return vigia.Errorf(vigia.Internal, "pixels %d to %d of %d were asked for", first, first+n, c.Lines*c.Samples)
	}
	switch c.Interleave {
	case BIP:
		return c.read(dst, first*c.Bands)
	case BSQ:
		return c.planes(dst, n, func(b int) int { return b*c.Lines*c.Samples + first })
	}
	for n > 0 { // BIL: the pixels of one line at a time
		line, sample := first/c.Samples, first%c.Samples
		k := min(n, c.Samples-sample)
		if err := c.planes(dst[:k*c.Bands], k, func(b int) int { return (line*c.Bands+b)*c.Samples + sample }); err != nil {
			return err
		}
		dst, first, n = dst[k*c.Bands:], first+k, n-k
	}
	return nil
}

// WideReads tells that many pixels at once are read far faster than a few at a
// time: each takes one read a band.
func (c *Cube) WideReads() bool { return c.Interleave != BIP }

// planes reads n numbers of each band, which lie together in the file from
// number at(band) on, and turns them into pixels.
func (c *Cube) planes(dst []float32, n int, at func(band int) int) error {
	const (
		group = 16 // bands turned together: a cache line of a pixel
		apart = 16 // numbers between rows, so that those of a power of two do not share a cache set
	)
	buf := c.floats(group * (n + apart))
	defer c.release(buf)
	for b := 0; b < c.Bands; b += group {
		g := min(group, c.Bands-b)
		if g > 1 && at(b+1) == at(b)+n { // a whole line: the bands follow each other
			rows := buf.v[:g*n]
			if err := c.read(rows, at(b)); err != nil {
				return err
			}
			turn(dst[b:], rows, n, n, g, c.Bands)
			continue
		}
		for i := range g {
			if err := c.read(buf.v[i*(n+apart):i*(n+apart)+n], at(b+i)); err != nil {
				return err
			}
		}
		turn(dst[b:], buf.v, n, n+apart, g, c.Bands)
	}
	return nil
}

// turn writes g rows of n numbers, which begin row apart, as n pixels which begin
// stride apart.
func turn(dst, rows []float32, n, row, g, stride int) {
	const some = 64 // pixels: what is written of them stays in the first cache
	for p := 0; p < n; p += some {
		m, i := min(some, n-p), 0
		for ; i+8 <= g; i += 8 {
			turn8(dst[p*stride+i:], rows[i*row+p:], m, row, stride)
		}
		for ; i < g; i++ {
			for k, v := range rows[i*row+p : i*row+p+m] {
				dst[(p+k)*stride+i] = v
			}
		}
	}
}

// turn8 turns eight rows.
func turn8(dst, rows []float32, n, row, stride int) {
	r0, r1, r2, r3 := rows[:n], rows[row:][:n], rows[2*row:][:n], rows[3*row:][:n]
	r4, r5, r6, r7 := rows[4*row:][:n], rows[5*row:][:n], rows[6*row:][:n], rows[7*row:][:n]
	for p, at := 0, 0; p < n; p, at = p+1, at+stride {
		o := (*[8]float32)(dst[at:])
		o[0], o[1], o[2], o[3] = r0[p], r1[p], r2[p], r3[p]
		o[4], o[5], o[6], o[7] = r4[p], r5[p], r6[p], r7[p]
	}
}

type floats struct{ v []float32 }

var floatPool sync.Pool

func (c *Cube) floats(n int) *floats {
	if f, ok := floatPool.Get().(*floats); ok && cap(f.v) >= n {
		f.v = f.v[:n]
		return f
	}
	return &floats{make([]float32, n)}
}

func (c *Cube) release(f *floats) { floatPool.Put(f) }

// read reads len(dst) numbers from the file's number at on.
func (c *Cube) read(dst []float32, at int) error {
	width := c.Type.Width()
	offset := c.Offset + int64(at)*int64(width)
	if c.ready() {
		return c.fill(bytesOf(dst), offset)
	}
	var raw []byte
	if p, ok := c.raw.Get().(*[]byte); ok && cap(*p) >= len(dst)*width {
		raw = (*p)[:len(dst)*width]
	} else {
		raw = make([]byte, len(dst)*width)
	}
	defer c.raw.Put(&raw)
	if err := c.fill(raw, offset); err != nil {
		return err
	}
	convert(dst, raw, c.Type, c.BigEndian)
	return nil
}

// fill reads the whole of b. A file that shrank since it was opened is told.
func (c *Cube) fill(b []byte, offset int64) error {
	if _, err := c.data.ReadAt(b, offset); err != nil {
		if errors.Is(err, io.EOF) {
			return vigia.Errorf(vigia.Invalid, "the data end before byte %d: the file became shorter while it was read", offset+int64(len(b)))
		}
		return vigia.Errorf(vigia.Unavailable, "the data cannot be read: %v", err)
	}
	return nil
}

// convert turns the file's numbers into float32.
func convert(dst []float32, raw []byte, t DataType, big bool) {
	var order binary.ByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	switch t {
	case Uint8:
		for i := range dst {
			dst[i] = float32(raw[i])
		}
	case Int16:
		for i := range dst {
			dst[i] = float32(int16(order.Uint16(raw[2*i:])))
		}
	case Uint16:
		for i := range dst {
			dst[i] = float32(order.Uint16(raw[2*i:]))
		}
	case Int32:
		for i := range dst {
			dst[i] = float32(int32(order.Uint32(raw[4*i:])))
		}
	case Uint32:
		for i := range dst {
			dst[i] = float32(order.Uint32(raw[4*i:]))
		}
	case Float32:
		for i := range dst {
			dst[i] = math.Float32frombits(order.Uint32(raw[4*i:]))
		}
	case Float64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(order.Uint64(raw[8*i:])))
		}
	case Int64:
		for i := range dst {
			dst[i] = float32(int64(order.Uint64(raw[8*i:])))
		}
	case Uint64:
		for i := range dst {
			dst[i] = float32(order.Uint64(raw[8*i:]))
		}
	}
}

// WriteFloat32 writes numbers as little-endian float32, the data of a raster
// of type Float32.
func WriteFloat32(w io.Writer, v []float32) error {
	if littleEndian {
		_, err := w.Write(bytesOf(v))
		return err
	}
	return binary.Write(w, binary.LittleEndian, v)
}
