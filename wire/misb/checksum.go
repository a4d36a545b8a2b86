package misb

import "encoding/binary"

// A checker is how a standard checks its packets: the algorithm, and how many
// bytes the last item holds.
type checker struct {
	size int
	sum  func([]byte) uint32
}

var (
	sum16 = &checker{2, func(b []byte) uint32 { return uint32(Checksum(b)) }}
	crc32 = &checker{4, crcMPEG}
	crc16 = &checker{2, func(b []byte) uint32 { return uint32(crcCCITT(b)) }}
)

// Checksum is the running 16-bit sum of ST 0601 §6.5.1 and ST 0903: b taken as
// big-endian 16-bit words, a last odd byte as the high one, added modulo 2^16.
// It runs from the first byte of the key up to and with the length of the
// checksum item.
func Checksum(b []byte) uint16 {
	// Four words at a time, each pair in a lane of 32 bits. A lane takes two
	// words a turn, so that 2^15 turns cannot overflow it.
	const pairs = 0x0000ffff0000ffff
	var sum uint32
	for len(b) >= 8 {
		var lanes uint64
		n := min(len(b)/8, 1<<15)
		for range n {
			x := binary.BigEndian.Uint64(b)
			lanes += x&pairs + x>>16&pairs
			b = b[8:]
		}
		sum += uint32(lanes) + uint32(lanes>>32)
	}
	for i, x := range b {
		sum += uint32(x) << (8 * (1 - i%2))
	}
	return uint16(sum)
}

// crcMPEG is CRC-32/MPEG-2 (ISO/IEC 13818-1 Annex A), which ST 0806 uses.
func crcMPEG(b []byte) uint32 {
	c := ^uint32(0)
	for _, x := range b {
		c ^= uint32(x) << 24
		for range 8 {
			top := c >> 31
			c = c<<1 ^ 0x04c11db7*top
		}
	}
	return c
}

// crcCCITT is CRC-16-CCITT with the initial value 0xFFFF, which ST 1002 uses.
func crcCCITT(b []byte) uint16 {
	c := ^uint16(0)
	for _, x := range b {
		c ^= uint16(x) << 8
		for range 8 {
			top := c >> 15
			c = c<<1 ^ 0x1021*top
		}
	}
	return c
}

// verify checks a packet, whose value is the end of it. A packet whose items do
// not add up is bad, wherever the damage is.
func (t *Table) verify(packet, value []byte) State {
	if t.check == nil {
		return None
	}
	n := t.check.size
	if end := len(value) - n; end >= 2 && value[end-2] == byte(t.checkTag) && value[end-1] == byte(n) {
		if uint32(readUnsigned(value[end:])) == t.check.sum(packet[:len(packet)-n]) {
			return Good
		}
		return Bad
	}
	last := uint64(0)
	for len(value) > 0 {
		tag, used, err := readOID(value)
		if err != nil {
			return Bad
		}
		length, size, err := readLength(value[used:])
		if err != nil || used+size+length > len(value) {
			return Bad
		}
		last, value = tag, value[used+size+length:]
	}
	if last == t.checkTag {
		return Bad
	}
	return Missing
}
