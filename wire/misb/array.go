package misb

import (
	"math"

	"github.com/vigia-project/vigia"
)

// How an array's elements are written (ST 1303.2 Table 2).
const (
	arrayNatural = 1
	arrayMapped  = 2
	arrayBoolean = 3
	arrayUint    = 4
	arrayRuns    = 5
)

var arrayKinds = enum{arrayNatural: "Natural", arrayMapped: "IMAP", arrayBoolean: "Boolean", arrayUint: "Uint", arrayRuns: "RLE"}

// maxElements bounds the memory of one array.
const maxElements = 1 << 20

// What the elements of a naturally written array are.
type element int

const (
	real  element = iota // IEEE floats
	whole                // unsigned integers
)

// An interval is a range of mapped floats.
type interval struct{ lo, hi float64 }

// pixelSpread and groundSpread are the ranges of each row of the deviations and
// correlations of ST 1601 Items 9 and 10: σ σ ρ σ ρ ρ.
var (
	pixelSpread  = []interval{{0, 100}, {0, 100}, {-1, 1}, {0, 100}, {0, 100}, {-1, 1}}
	groundSpread = []interval{{0, 650}, {0, 650}, {-1, 1}, {0, 1000}, {-1, 1}, {-1, 1}}
)

// array is an array of any number of dimensions (ST 1303.2). rows, when given,
// says that each row of the first dimension is mapped floats of its own range.
type array struct {
	natural element
	rows    []interval
}

func (a array) decode(_ scope, b []byte) (Value, error) {
	c := cursor{b: b}
	dims := c.oid()
	if dims == 0 || dims > 8 {
		return nil, vigia.Errorf(vigia.Invalid, "an array of %d dimensions is not read", dims)
	}
	sizes, count := List{}, uint64(1)
	for range dims {
		n := c.oid()
		if n > maxElements || count*n > maxElements {
			return nil, vigia.Errorf(vigia.Invalid, "an array of more than %d elements is not read", maxElements)
		}
		sizes, count = append(sizes, n), count*n
	}
	size, kind := c.oid(), c.oid()
	if c.err == nil && (size == 0 || size > 8) && kind != arrayBoolean && kind != arrayUint && kind != arrayRuns {
		return nil, badLength(int(min(size, 99)))
	}
	f := Fields{{"sizes", sizes}, {"elements", nil}, {"element_size", size}, {"apa", Enum{kind, arrayKinds[kind]}}}
	switch kind {
	case arrayNatural:
		first := uint64(1)
		if len(a.rows) > 0 {
			first = sizes[0].(uint64)
		}
		f[1].Value = a.elements(&c, count, int(size), first)
	case arrayMapped:
		// The range: two floats, of 4 bytes or of 8.
		n := 4
		if uint64(len(c.b)) == 16+count*size {
			n = 8
		}
		lo, hi := readFloat(&c, n), readFloat(&c, n)
		if !(hi > lo) || math.IsInf(hi-lo, 0) {
			return nil, vigia.Errorf(vigia.Invalid, "an array mapped from %v to %v", lo, hi)
		}
		f[1].Value = elements(&c, count, func() Value { return c.mapped(lo, hi, int(size)) })
		f = append(f, Field{"lower_bound", lo}, Field{"upper_bound", hi})
	case arrayBoolean:
		raw := c.take(int((count + 7) / 8))
		list := List{}
		for i := range count {
			if raw != nil {
				list = append(list, raw[i/8]<<(i%8)&0x80 != 0)
			}
		}
		f[1].Value = list
	case arrayUint: // BER-OID numbers, each less by the same
		bias := c.oid()
		f[1].Value = elements(&c, count, func() Value { return c.oid() + bias })
	default:
		// Runs of equal elements are of no use to anyone here; the bytes stay.
		f[1] = Field{"hex", Bytes(c.take(len(c.b)))}
	}
	return f, c.done()
}

// elements reads count values; it stops at the first that is not there.
func elements(c *cursor, count uint64, read func() Value) List {
	list := List{}
	for range count {
		v := read()
		if c.err != nil {
			break
		}
		list = append(list, v)
	}
	return list
}

func (a array) elements(c *cursor, count uint64, size int, first uint64) List {
	i := uint64(0)
	return elements(c, count, func() Value {
		row := i / max(1, count/max(1, first))
		i++
		switch {
		case row < uint64(len(a.rows)):
			return c.mapped(a.rows[row].lo, a.rows[row].hi, size)
		case len(a.rows) > 0:
			c.fail(vigia.Errorf(vigia.Invalid, "the array has more than %d rows", len(a.rows)))
			return nil
		case a.natural == whole:
			return c.unsigned(size)
		}
		return readFloat(c, size)
	})
}

func readFloat(c *cursor, size int) float64 {
	b := c.take(size)
	if b == nil {
		return 0
	}
	v, err := float{}.decode(scope{}, b)
	if err != nil {
		c.fail(err)
		return 0
	}
	return v.(float64)
}

// encode refuses: arrays are kept and written as bytes.
func (array) encode([]byte, Value, int) ([]byte, error) {
	return pack(nil).encode(nil, nil, 0)
}

// sdcc is the standard deviations and correlations of the items before it (ST
// 1010.3 §6): a floating length pack.
type sdcc struct{}

func (sdcc) decode(at scope, b []byte) (Value, error) {
	c := cursor{b: b}
	n := c.oid()
	if c.err == nil && (n == 0 || n > uint64(len(at.tags))) {
		return nil, vigia.Errorf(vigia.Invalid, "deviations of %d items, and %d came before", n, len(at.tags))
	}
	if n > 64 {
		return nil, vigia.Errorf(vigia.Invalid, "deviations of %d items are not read", n)
	}
	members := List{}
	for _, tag := range at.tags[uint64(len(at.tags))-n:] {
		members = append(members, tag)
	}
	long := len(c.b) > 0 && c.b[0]&0x80 != 0
	control := c.oid()
	// Mode 1, one byte: mapped floats, of lengths that fit in three bits.
	sigma, rho, sparse := int(control>>4&7), int(control&7), control>>3&1 != 0
	sigmaMapped, rhoMapped := true, true
	if long { // Mode 2, two bytes of seven bits
		sigma, sigmaMapped = int(control&0x0f), control>>4&1 != 0
		rho, rhoMapped, sparse = int(control>>7&0x0f), control>>11&1 != 0, control>>12&1 != 0
	}
	count := int(n * (n - 1) / 2)
	var there []byte
	if sparse && rho > 0 {
		there = c.take((count + 7) / 8)
	}
	f := Fields{{"members", members}, {"sigma", deviations(&c, int(n), sigma, sigmaMapped)}}
	correlations := List{}
	for i := range count {
		switch {
		case rho == 0 || c.err != nil:
		case there != nil && there[i/8]<<(i%8)&0x80 == 0:
			correlations = append(correlations, 0.0)
		case rhoMapped:
			correlations = append(correlations, c.mapped(-1, 1, rho))
		default:
			correlations = append(correlations, readFloat(&c, rho))
		}
	}
	return append(f, Field{"rho", correlations}), c.done()
}

// deviations reads the standard deviations. Mapped ones are of ranges that the
// standard of each item names; they stay bytes.
func deviations(c *cursor, n, size int, mapped bool) List {
	list := List{}
	for range n {
		switch {
		case size == 0 || c.err != nil:
		case mapped:
			list = append(list, Bytes(c.take(size)))
		default:
			list = append(list, readFloat(c, size))
		}
	}
	return list
}

// encode refuses: what the pack says depends on the items before it.
func (sdcc) encode([]byte, Value, int) ([]byte, error) {
	return pack(nil).encode(nil, nil, 0)
}
