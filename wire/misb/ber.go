package misb

import "github.com/vigia-project/vigia"

// maxLength is the longest value that is read, bytes. A packet longer than this
// is no metadata but a stream that lost its step.
const maxLength = 1 << 24

// errShort says that more bytes are needed; it never leaves the package as such.
var errShort = vigia.Errorf(vigia.Invalid, "the KLV data end too early")

// readLength reads a BER length (ST 0107, ISO/IEC 8825-1 §8.1.3): short form up
// to 127, long form of up to 8 bytes. It returns the length and how many bytes
// it took.
func readLength(b []byte) (length, n int, err error) {
	if len(b) == 0 {
		return 0, 0, errShort
	}
	if b[0] < 0x80 {
		return int(b[0]), 1, nil
	}
	n = int(b[0] & 0x7f)
	if n == 0 || n > 8 {
		return 0, 0, vigia.Errorf(vigia.Invalid, "a BER length of %d bytes is not read", n)
	}
	if len(b) < 1+n {
		return 0, 0, errShort
	}
	for _, x := range b[1 : 1+n] {
		if length = length<<8 | int(x); length > maxLength {
			return 0, 0, vigia.Errorf(vigia.Invalid, "a length of more than %d bytes is not read", maxLength)
		}
	}
	return length, 1 + n, nil
}

// appendLength writes a BER length in its shortest form.
func appendLength(dst []byte, length int) []byte {
	if length < 0x80 {
		return append(dst, byte(length))
	}
	n := 1
	for length>>(8*n) > 0 {
		n++
	}
	dst = append(dst, 0x80|byte(n))
	for n--; n >= 0; n-- {
		dst = append(dst, byte(length>>(8*n)))
	}
	return dst
}

// readOID reads a BER-OID number (ST 0107): seven bits a byte, the eighth set
// on all but the last.
func readOID(b []byte) (v uint64, n int, err error) {
	for n < len(b) {
		x := b[n]
		n++
		if v >= 1<<57 {
			return 0, 0, vigia.Errorf(vigia.Invalid, "a BER-OID number of more than 64 bits")
		}
		v = v<<7 | uint64(x&0x7f)
		if x < 0x80 {
			return v, n, nil
		}
	}
	return 0, 0, errShort
}

// appendOID writes a BER-OID number in its shortest form.
func appendOID(dst []byte, v uint64) []byte {
	n := 1
	for v>>(7*n) > 0 && n < 10 {
		n++
	}
	for n--; n > 0; n-- {
		dst = append(dst, 0x80|byte(v>>(7*n)))
	}
	return append(dst, byte(v&0x7f))
}

// readUnsigned reads a big-endian unsigned integer of up to 8 bytes.
func readUnsigned(b []byte) uint64 {
	var v uint64
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

// readSigned reads a big-endian two's complement integer of 1 to 8 bytes.
func readSigned(b []byte) int64 {
	shift := 64 - 8*len(b)
	return int64(readUnsigned(b)<<shift) >> shift
}

// appendUnsigned writes the low size bytes of v.
func appendUnsigned(dst []byte, v uint64, size int) []byte {
	for size--; size >= 0; size-- {
		dst = append(dst, byte(v>>(8*size)))
	}
	return dst
}

// A cursor reads a pack from its start.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.b = nil
}

// take reads n bytes.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.fail(errShort)
		return nil
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) oid() uint64 {
	v, n, err := readOID(c.b)
	if err != nil {
		c.fail(err)
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) length() int {
	v, n, err := readLength(c.b)
	if err != nil {
		c.fail(err)
		return 0
	}
	c.b = c.b[n:]
	return v
}

// lv reads a value with its length before it.
func (c *cursor) lv() []byte { return c.take(c.length()) }

func (c *cursor) unsigned(n int) uint64 { return readUnsigned(c.take(n)) }

func (c *cursor) signed(n int) int64 {
	if b := c.take(n); len(b) > 0 {
		return readSigned(b)
	}
	return 0
}

// mapped reads an ST 1201 float.
func (c *cursor) mapped(lo, hi float64, n int) Value {
	b := c.take(n)
	if b == nil {
		return nil
	}
	v, err := imapb{lo: lo, hi: hi}.decode(scope{}, b)
	if err != nil {
		c.fail(err)
	}
	return v
}

// done is the error of all reads; bytes left over are one.
func (c *cursor) done() error {
	if c.err == nil && len(c.b) > 0 {
		return vigia.Errorf(vigia.Invalid, "%d bytes are left over", len(c.b))
	}
	return c.err
}
