package misb

import (
	"math"

	"github.com/vigia-project/vigia"
)

// A Special is a value that is no number: a code that a standard keeps for it,
// such as the "out of range" of ST 0601 or the infinities of ST 1201.
type Special string

// The special values.
const (
	OutOfRange   Special = "out of range"  // ST 0601: the most negative integer
	BelowMinimum Special = "below minimum" // ST 1201.5 Table 3
	AboveMaximum Special = "above maximum"
	PosInfinity  Special = "+infinity"
	NegInfinity  Special = "-infinity"
	NaN          Special = "NaN"
)

// specials are the codes of ST 1201 by the top five bits of a mapped value, and
// for the MISB's own, 11100, by the rest of the first byte.
var specials = map[byte]Special{
	0xc8: PosInfinity, 0xe8: NegInfinity, 0xd0: NaN, 0xf0: NaN, 0xd8: NaN, 0xf8: NaN,
	0xe0: BelowMinimum, 0xe1: AboveMaximum,
}

// A mapping is the arithmetic of IMAPB (ST 1201 §7): a range and a length to
// the factors forth and back.
type mapping struct {
	lo, hi      float64
	forth, back float64 // sF, sR
	zero        float64 // zOffset: 0 maps to an integer exactly
	length      int
	sign        uint64 // the top bit; codes above it are special
}

func newMapping(lo, hi float64, length int) mapping {
	exponent := math.Ceil(math.Log2(hi - lo))
	bits := 8*length - 1
	m := mapping{lo: lo, hi: hi, length: length, sign: 1 << bits}
	m.forth = math.Ldexp(1, bits-int(exponent))
	m.back = math.Ldexp(1, int(exponent)-bits)
	if lo < 0 && hi > 0 {
		m.zero = m.forth*lo - math.Floor(m.forth*lo)
	}
	return m
}

// float maps an integer back to the range.
func (m mapping) float(v uint64) float64 { return m.back*(float64(v)-m.zero) + m.lo }

// integer maps a float of the range to an integer. What is outside is not
// mapped.
func (m mapping) integer(x float64) (uint64, bool) {
	if !(x >= m.lo && x <= m.hi) {
		return 0, false
	}
	return uint64(math.Trunc(m.forth*(x-m.lo) + m.zero)), true
}

// imapb is a float mapped to an integer of the item's length (ST 1201).
type imapb struct {
	lo, hi float64
	size   int // that the standard recommends
}

func (c imapb) decode(_ scope, b []byte) (Value, error) {
	if len(b) == 0 || len(b) > 8 {
		return nil, badLength(len(b))
	}
	m, v := newMapping(c.lo, c.hi, len(b)), readUnsigned(b)
	if v > m.sign {
		code := b[0]
		if code&0xf8 != 0xe0 {
			code &= 0xf8
		}
		if s, ok := specials[code]; ok {
			return s, nil
		}
		return nil, vigia.Errorf(vigia.Invalid, "%#x is a reserved value of a mapped float", v)
	}
	return m.float(v), nil
}

func (c imapb) encode(dst []byte, v Value, size int) ([]byte, error) {
	if size == 0 {
		size = c.size
	}
	if size < 1 || size > 8 {
		return nil, badLength(size)
	}
	if s, ok := v.(Special); ok {
		for _, code := range [...]byte{0xc8, 0xe8, 0xd0, 0xe0, 0xe1} {
			if specials[code] == s {
				return append(append(dst, code), make([]byte, size-1)...), nil
			}
		}
		return nil, badValue(v, "a number")
	}
	x, ok := v.(float64)
	if !ok {
		return nil, badValue(v, "a number")
	}
	n, ok := newMapping(c.lo, c.hi, size).integer(x)
	if !ok {
		return nil, vigia.Errorf(vigia.Invalid, "%v is not within %v to %v", x, c.lo, c.hi)
	}
	return appendUnsigned(dst, n, size), nil
}

// IMAPA returns how many bytes hold the floats from lo to hi to within
// precision (ST 1201 §7.1.1: IMAPA is IMAPB at that length).
func IMAPA(lo, hi, precision float64) (length int, err error) {
	if !(hi > lo) || !(precision > 0) || math.IsInf(hi-lo, 0) {
		return 0, vigia.Errorf(vigia.Invalid, "no range from %v to %v by %v", lo, hi, precision)
	}
	bits := math.Ceil(math.Log2((hi-lo)/precision)) + 1
	length = int(math.Ceil((bits + 1) / 8))
	if length = max(length, 1); length > 8 {
		return 0, vigia.Errorf(vigia.Invalid, "a precision of %v over %v to %v takes more than 8 bytes", precision, lo, hi)
	}
	return length, nil
}

// MapFloat writes x as an ST 1201 integer of length bytes over lo to hi, and
// UnmapFloat reads it. Errors are Invalid.
func MapFloat(dst []byte, x, lo, hi float64, length int) ([]byte, error) {
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil, vigia.Errorf(vigia.Invalid, "no range from %v to %v", lo, hi)
	}
	return imapb{lo: lo, hi: hi}.encode(dst, x, length)
}

// UnmapFloat reads what MapFloat wrote: a float64, or a Special.
func UnmapFloat(b []byte, lo, hi float64) (Value, error) {
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil, vigia.Errorf(vigia.Invalid, "no range from %v to %v", lo, hi)
	}
	return imapb{lo: lo, hi: hi}.decode(scope{}, b)
}
