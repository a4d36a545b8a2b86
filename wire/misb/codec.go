package misb

import (
	"math"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vigia-project/vigia"
)

// A codec reads and writes one kind of value. An empty item is handled before:
// its value is nil.
type codec interface {
	decode(s scope, b []byte) (Value, error)
	// encode writes v after dst in size bytes; 0 leaves the size to the codec.
	encode(dst []byte, v Value, size int) ([]byte, error)
}

// A scope is where a value stands: how deep, and after which items.
type scope struct {
	depth int
	tags  []uint64 // of the items before in the same set
}

// maxDepth is how deep sets may nest. The standards nest five.
const maxDepth = 12

// linear is an integer scaled to a range (ST 0601 §6.3.2): unsigned over all
// codes, or signed over all but the most negative, which says out of range.
type linear struct {
	lo, hi float64
	size   int
	signed bool
	plain  bool // signed over all codes: ST 0601 Item 39
}

func scaled(lo, hi float64, size int) linear { return linear{lo: lo, hi: hi, size: size} }
func signed(lo, hi float64, size int) linear { return linear{lo: lo, hi: hi, size: size, signed: true} }

// scale is the step of one code, and base what code 0 stands for.
func (c linear) scale() (step, base float64) {
	codes := math.Ldexp(1, 8*c.size) - 1
	if c.plain {
		return (c.hi - c.lo) / codes, c.lo + (c.hi-c.lo)/codes*(codes+1)/2
	}
	if c.signed {
		return (c.hi - c.lo) / (codes - 1), (c.hi + c.lo) / 2
	}
	return (c.hi - c.lo) / codes, c.lo
}

func (c linear) decode(_ scope, b []byte) (Value, error) {
	if len(b) != c.size {
		return nil, badLength(len(b))
	}
	step, base := c.scale()
	if !c.signed {
		return float64(readUnsigned(b))*step + base, nil
	}
	n := readSigned(b)
	if n == -1<<(8*c.size-1) && !c.plain {
		return OutOfRange, nil
	}
	return float64(n)*step + base, nil
}

func (c linear) encode(dst []byte, v Value, _ int) ([]byte, error) {
	if v == OutOfRange && c.signed && !c.plain {
		return appendUnsigned(dst, 1<<(8*c.size-1), c.size), nil
	}
	x, ok := v.(float64)
	if !ok {
		return nil, badValue(v, "a number")
	}
	if !(x >= c.lo && x <= c.hi) {
		return nil, vigia.Errorf(vigia.Invalid, "%v is not within %v to %v", x, c.lo, c.hi)
	}
	step, base := c.scale()
	return appendUnsigned(dst, uint64(int64(math.Round((x-base)/step))), c.size), nil
}

// unsigned is an integer of up to 8 bytes, which is written in as many as the
// standard says; 0: as few as hold it.
type unsigned struct{ size int }

func (unsigned) decode(_ scope, b []byte) (Value, error) {
	if len(b) > 8 {
		return nil, badLength(len(b))
	}
	return readUnsigned(b), nil
}

func (c unsigned) encode(dst []byte, v Value, size int) ([]byte, error) {
	x, ok := v.(uint64)
	if !ok {
		return nil, badValue(v, "an unsigned integer")
	}
	if size == 0 {
		size = c.size
	}
	if size == 0 {
		for size = 1; size < 8 && x>>(8*size) > 0; {
			size++
		}
	}
	if size > 8 || size < 8 && x>>(8*size) > 0 {
		return nil, vigia.Errorf(vigia.Invalid, "%d does not fit in %d bytes", x, size)
	}
	return appendUnsigned(dst, x, size), nil
}

// integer is two's complement of up to 8 bytes.
type integer struct{}

func (integer) decode(_ scope, b []byte) (Value, error) {
	if len(b) > 8 {
		return nil, badLength(len(b))
	}
	return readSigned(b), nil
}

func (integer) encode(dst []byte, v Value, size int) ([]byte, error) {
	x, ok := v.(int64)
	if !ok {
		return nil, badValue(v, "an integer")
	}
	fits := func(n int) bool { return n >= 8 || x >= -1<<(8*n-1) && x < 1<<(8*n-1) }
	if size == 0 {
		for size = 1; !fits(size); {
			size++
		}
	}
	if size > 8 || !fits(size) {
		return nil, vigia.Errorf(vigia.Invalid, "%d does not fit in %d bytes", x, size)
	}
	return appendUnsigned(dst, uint64(x), size), nil
}

// float is IEEE 754 of 4 or 8 bytes.
type float struct{}

func (float) decode(_ scope, b []byte) (Value, error) {
	switch len(b) {
	case 4:
		return float64(math.Float32frombits(uint32(readUnsigned(b)))), nil
	case 8:
		return math.Float64frombits(readUnsigned(b)), nil
	}
	return nil, badLength(len(b))
}

func (float) encode(dst []byte, v Value, size int) ([]byte, error) {
	x, ok := v.(float64)
	switch {
	case !ok:
		return nil, badValue(v, "a number")
	case size == 4:
		return appendUnsigned(dst, uint64(math.Float32bits(float32(x))), 4), nil
	case size == 8 || size == 0:
		return appendUnsigned(dst, math.Float64bits(x), 8), nil
	}
	return nil, badLength(size)
}

// oid is a BER-OID number.
type oid struct{}

func (oid) decode(_ scope, b []byte) (Value, error) {
	c := cursor{b: b}
	v := c.oid()
	return v, c.done()
}

func (oid) encode(dst []byte, v Value, _ int) ([]byte, error) {
	x, ok := v.(uint64)
	if !ok {
		return nil, badValue(v, "an unsigned integer")
	}
	return appendOID(dst, x), nil
}

// text is UTF-8, of which the ASCII of older items is a part. Bytes that are
// not UTF-8 stay bytes.
type text struct{}

func (text) decode(_ scope, b []byte) (Value, error) {
	if !utf8.Valid(b) {
		return nil, vigia.Errorf(vigia.Invalid, "the text is not UTF-8")
	}
	return string(b), nil
}

func (text) encode(dst []byte, v Value, _ int) ([]byte, error) {
	s, ok := v.(string)
	if !ok {
		return nil, badValue(v, "text")
	}
	return append(dst, s...), nil
}

// utf16Text is big-endian UTF-16, in which ST 0102 writes object country codes.
// Encoders that know no better write them in ASCII.
type utf16Text struct{}

func (utf16Text) decode(s scope, b []byte) (Value, error) {
	if len(b)%2 != 0 || b[0] != 0 {
		return text{}.decode(s, b)
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	decoded := utf16.Decode(units)
	if slices.Contains(decoded, utf8.RuneError) {
		return nil, vigia.Errorf(vigia.Invalid, "the text is not UTF-16")
	}
	return string(decoded), nil
}

func (utf16Text) encode(dst []byte, v Value, size int) ([]byte, error) {
	s, ok := v.(string)
	if !ok {
		return nil, badValue(v, "text")
	}
	if size == len(s) {
		return append(dst, s...), nil
	}
	for _, u := range utf16.Encode([]rune(s)) {
		dst = append(dst, byte(u>>8), byte(u))
	}
	return dst, nil
}

// enum is a number with names.
type enum map[uint64]string

// named makes an enum of names from 0 on.
func named(names ...string) enum {
	e := enum{}
	for i, n := range names {
		e[uint64(i)] = n
	}
	return e
}

func (c enum) decode(_ scope, b []byte) (Value, error) {
	if len(b) > 8 {
		return nil, badLength(len(b))
	}
	n := readUnsigned(b)
	return Enum{n, c[n]}, nil
}

func (c enum) encode(dst []byte, v Value, size int) ([]byte, error) {
	e, ok := v.(Enum)
	if !ok {
		return nil, badValue(v, "an Enum")
	}
	return unsigned{}.encode(dst, e.Integer, size)
}

// flags are named bits, from the lowest on. The value lists those that are set.
type flags []string

func (c flags) decode(_ scope, b []byte) (Value, error) {
	if len(b) > 8 {
		return nil, badLength(len(b))
	}
	return c.of(readUnsigned(b)), nil
}

// of lists the bits that are set.
func (c flags) of(bits uint64) List {
	list := List{}
	for i := range 64 {
		if bits>>i&1 == 0 {
			continue
		}
		e := Enum{Integer: uint64(i)}
		if i < len(c) {
			e.Name = c[i]
		}
		list = append(list, e)
	}
	return list
}

func (c flags) encode(dst []byte, v Value, size int) ([]byte, error) {
	list, ok := v.(List)
	if !ok {
		return nil, badValue(v, "a list of flags")
	}
	bits := uint64(0)
	for _, x := range list {
		e, ok := x.(Enum)
		if !ok || e.Integer > 63 {
			return nil, badValue(x, "a flag")
		}
		bits |= 1 << e.Integer
	}
	return unsigned{}.encode(dst, bits, size)
}

// blob is bytes that stay so.
type blob struct{}

func (blob) decode(_ scope, b []byte) (Value, error) { return Bytes(b), nil }

func (blob) encode(dst []byte, v Value, _ int) ([]byte, error) {
	b, ok := v.(Bytes)
	if !ok {
		return nil, badValue(v, "bytes")
	}
	return append(dst, b...), nil
}

// uuid is 16 bytes.
type uuid struct{}

func (uuid) decode(_ scope, b []byte) (Value, error) {
	if len(b) != 16 {
		return nil, badLength(len(b))
	}
	return UUID(b), nil
}

func (uuid) encode(dst []byte, v Value, _ int) ([]byte, error) {
	u, ok := v.(UUID)
	if !ok {
		return nil, badValue(v, "a UUID")
	}
	return append(dst, u[:]...), nil
}
