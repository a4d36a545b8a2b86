package gmti

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/vigia-project/vigia"
)

// What a visitor does with each field. One description of a segment serves all
// three, so that they cannot disagree.
const (
	reading = iota
	writing
	listing
)

// A Field is a named value: uint64, int64, float64 (degrees, or kilometres),
// string, []byte, or [][]Field.
type Field struct {
	Name  string
	Value any
}

// A visitor reads, writes or lists fields, in order.
type visitor struct {
	mode   int
	b      []byte // what is left to read, or what was written
	fields []Field
	err    error
}

func (v *visitor) fail(format string, args ...any) {
	if v.err == nil {
		v.err = vigia.Errorf(vigia.Invalid, format, args...)
	}
}

// take reads n bytes, zeros where they are missing.
func (v *visitor) take(n int) []byte {
	if v.err != nil || n > len(v.b) {
		v.fail("the segment ends too early")
		return make([]byte, n)
	}
	b := v.b[:n:n]
	v.b = v.b[n:]
	return b
}

// number visits an integer of size bytes.
func (v *visitor) number(name string, size int, get func() uint64, set func(uint64), show any) {
	switch v.mode {
	case reading:
		n := uint64(0)
		for _, x := range v.take(size) {
			n = n<<8 | uint64(x)
		}
		set(n)
	case writing:
		n := get()
		for i := size - 1; i >= 0; i-- {
			v.b = append(v.b, byte(n>>(8*i)))
		}
	default:
		v.fields = append(v.fields, Field{name, show})
	}
}

func (v *visitor) u8(name string, p *uint8) {
	v.number(name, 1, func() uint64 { return uint64(*p) }, func(n uint64) { *p = uint8(n) }, uint64(*p))
}

func (v *visitor) u16(name string, p *uint16) {
	v.number(name, 2, func() uint64 { return uint64(*p) }, func(n uint64) { *p = uint16(n) }, uint64(*p))
}

func (v *visitor) u32(name string, p *uint32) {
	v.number(name, 4, func() uint64 { return uint64(*p) }, func(n uint64) { *p = uint32(n) }, uint64(*p))
}

func (v *visitor) s8(name string, p *int8) {
	v.number(name, 1, func() uint64 { return uint64(*p) }, func(n uint64) { *p = int8(n) }, int64(*p))
}

func (v *visitor) s16(name string, p *int16) {
	v.number(name, 2, func() uint64 { return uint64(*p) }, func(n uint64) { *p = int16(n) }, int64(*p))
}

func (v *visitor) s32(name string, p *int32) {
	v.number(name, 4, func() uint64 { return uint64(*p) }, func(n uint64) { *p = int32(n) }, int64(*p))
}

// angle visits a binary angle in degrees: signed of ±90 (SA) or unsigned of a
// whole turn (BA), of size bytes. An angle just below a whole turn rounds to
// none; what the wire can say comes back as it was.
func (v *visitor) angle(name string, p *float64, size int, signed bool) {
	step := math.Ldexp(360, -8*size)
	if signed {
		step = math.Ldexp(180, -8*size)
	}
	get := func() uint64 {
		n := math.Round(*p / step)
		switch top := math.Ldexp(1, 8*size-1); {
		case math.IsNaN(n) || signed && (n < -top || n > top) || !signed && (n < 0 || n > 2*top):
			v.fail("%s is %v degrees, which its field does not hold", name, *p)
		case signed && n == top: // +90 itself has no code: the nearest
			n--
		}
		return uint64(int64(n))
	}
	set := func(n uint64) {
		shift := 64 - 8*size
		if signed {
			*p = float64(int64(n<<shift)>>shift) * step
			return
		}
		*p = float64(n) * step
	}
	v.number(name, size, get, set, *p)
}

func (v *visitor) sa16(name string, p *float64) { v.angle(name, p, 2, true) }
func (v *visitor) sa32(name string, p *float64) { v.angle(name, p, 4, true) }
func (v *visitor) ba16(name string, p *float64) { v.angle(name, p, 2, false) }
func (v *visitor) ba32(name string, p *float64) { v.angle(name, p, 4, false) }

// b16 visits a number of 8 bits, 7 bits of fraction and a sign of its own
// (AEDP-7: B16). Minus zero is one of them.
func (v *visitor) b16(name string, p *float64) {
	get := func() uint64 {
		n := math.Round(math.Abs(*p) * 128)
		if !(n < 1<<15) {
			v.fail("%s is %v, which its field does not hold", name, *p)
			return 0
		}
		u := uint64(n)
		if math.Signbit(*p) {
			u |= 1 << 15
		}
		return u
	}
	set := func(n uint64) {
		*p = float64(n&0x7fff) / 128
		if n>>15 != 0 {
			*p = math.Copysign(*p, -1)
		}
	}
	v.number(name, 2, get, set, *p)
}

// text visits n characters.
func (v *visitor) text(name string, p *string, n int) {
	switch v.mode {
	case reading:
		*p = string(v.take(n))
	case writing:
		if len(*p) > n {
			v.fail("%s is %d characters long; %d fit", name, len(*p), n)
			return
		}
		v.b = append(append(v.b, *p...), strings.Repeat(" ", n-len(*p))...)
	default:
		v.fields = append(v.fields, Field{name, strings.TrimRight(*p, " \x00")})
	}
}

// rest visits all bytes to the end.
func (v *visitor) rest(name string, p *[]byte) {
	switch v.mode {
	case reading:
		*p = v.take(len(v.b))
	case writing:
		v.b = append(v.b, *p...)
	default:
		v.fields = append(v.fields, Field{name, *p})
	}
}

// mask visits an existence mask.
func (v *visitor) mask(name string, p *uint64) {
	v.number(name, 8, func() uint64 { return *p }, func(n uint64) { *p = n }, binary.BigEndian.AppendUint64(nil, *p))
}
