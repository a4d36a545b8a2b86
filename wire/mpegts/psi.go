package mpegts

// maxSection is the longest section of a table, bytes (§2.4.4.1: 1021 after
// the length for PAT and PMT; private sections 4093).
const maxSection = 4096

// crcTable is CRC-32/MPEG-2 (Annex A): the same polynomial as IEEE 802.3, not
// reflected and not inverted.
var crcTable = func() (t [256]uint32) {
	for i := range t {
		c := uint32(i) << 24
		for range 8 {
			if c&0x80000000 != 0 {
				c = c<<1 ^ 0x04c11db7
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return t
}()

// CRC32 is the CRC-32/MPEG-2 of b. Over a whole section, its CRC included, it
// is 0.
func CRC32(b []byte) uint32 {
	c := ^uint32(0)
	for _, x := range b {
		c = c<<8 ^ crcTable[byte(c>>24)^x]
	}
	return c
}

// An assembler joins the sections of the tables on one PID.
type assembler struct {
	buf  []byte
	want int // length of the section under way; 0: none
}

// add takes the payload of one packet and calls each for every whole section.
func (a *assembler) add(payload []byte, start bool, each func(section []byte)) {
	if start {
		if len(payload) == 0 || int(payload[0]) >= len(payload) {
			a.drop()
			return
		}
		pointer := int(payload[0])
		a.fill(payload[1:1+pointer], each)
		a.drop()
		a.sections(payload[1+pointer:], each)
		return
	}
	a.fill(payload, each) // what is left over is stuffing, or the tail of a section whose start was lost
}

func (a *assembler) drop() { a.buf, a.want = a.buf[:0], 0 }

// fill adds to the section under way and returns what is left over.
func (a *assembler) fill(b []byte, each func([]byte)) []byte {
	if len(a.buf) == 0 {
		return b
	}
	for len(b) > 0 && (a.want == 0 || len(a.buf) < a.want) {
		if a.want == 0 { // the length itself was cut
			a.buf = append(a.buf, b[0])
			b = b[1:]
			a.measure()
			continue
		}
		n := min(a.want-len(a.buf), len(b))
		a.buf = append(a.buf, b[:n]...)
		b = b[n:]
	}
	if a.want > 0 && len(a.buf) == a.want {
		each(a.buf)
		a.drop()
		return a.sections(b, each)
	}
	return b
}

// measure reads the section's length once its first three bytes are there.
func (a *assembler) measure() {
	if len(a.buf) >= 3 {
		a.want = 3 + int(a.buf[1]&0x0f)<<8 + int(a.buf[2])
		if a.want > maxSection {
			a.drop()
		}
	}
}

// sections begins the sections that follow each other in one packet.
func (a *assembler) sections(b []byte, each func([]byte)) []byte {
	if len(b) == 0 || b[0] == 0xff { // stuffing up to the packet's end
		return nil
	}
	a.buf = append(a.buf[:0], b[:min(3, len(b))]...)
	a.want = 0
	a.measure()
	return a.fill(b[len(a.buf):], each)
}

// A sectionHeader is the common start of PAT and PMT sections (§2.4.4.3, §2.4.4.8).
type sectionHeader struct {
	table         uint8
	id            uint16 // transport_stream_id, or program_number
	version       uint8
	current       bool
	section, last uint8
	body          []byte // without the CRC
}

func parseSection(b []byte) (h sectionHeader, ok bool) {
	if len(b) < 12 || b[1]&0x80 == 0 || CRC32(b) != 0 {
		return h, false
	}
	return sectionHeader{
		table: b[0], id: uint16(b[3])<<8 | uint16(b[4]),
		version: b[5] >> 1 & 0x1f, current: b[5]&1 != 0,
		section: b[6], last: b[7], body: b[8 : len(b)-4],
	}, true
}

// parsePMT reads the streams of one program (§2.4.4.8).
func parsePMT(h sectionHeader) (streams []Stream, pcr uint16, ok bool) {
	b := h.body
	if len(b) < 4 {
		return nil, 0, false
	}
	pcr = uint16(b[0]&0x1f)<<8 | uint16(b[1])
	n := int(b[2]&0x0f)<<8 | int(b[3])
	if 4+n > len(b) {
		return nil, 0, false
	}
	for b = b[4+n:]; len(b) > 0; {
		if len(b) < 5 {
			return nil, 0, false
		}
		n := int(b[3]&0x0f)<<8 | int(b[4])
		if 5+n > len(b) {
			return nil, 0, false
		}
		streams = append(streams, Stream{
			Program: h.id, Type: b[0], PID: uint16(b[1]&0x1f)<<8 | uint16(b[2]),
			Format: format(b[5 : 5+n]),
		})
		b = b[5+n:]
	}
	return streams, pcr, true
}

// The descriptors that name a format (§2.6.8, §2.6.60).
const (
	tagRegistration = 0x05
	tagMetadata     = 0x26
)

// format finds the format identifier in a stream's descriptors.
func format(b []byte) uint32 {
	for len(b) >= 2 && 2+int(b[1]) <= len(b) {
		d := b[2 : 2+int(b[1])]
		switch {
		case b[0] == tagRegistration && len(d) >= 4:
			return be32(d)
		case b[0] == tagMetadata:
			if f, ok := metadataFormat(d); ok {
				return f
			}
		}
		b = b[2+len(d):]
	}
	return 0
}

// metadataFormat reads the identifier of a metadata_descriptor: 0xFF says that
// it follows (§2.6.60).
func metadataFormat(d []byte) (uint32, bool) {
	if len(d) < 3 {
		return 0, false
	}
	i := 2 // past metadata_application_format
	if d[0] == 0xff && d[1] == 0xff {
		i += 4
	}
	if len(d) >= i+5 && d[i] == 0xff {
		return be32(d[i+1:]), true
	}
	return 0, false
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
