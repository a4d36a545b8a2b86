package mpegts

// A Cell is one cell of a metadata access unit: how metadata that is
// synchronous with the video is wrapped in PES packets of stream id 0xFC
// (§2.12.4.2, Table 2-97).
type Cell struct {
	Service  uint8
	Sequence uint8 // counts the cells of a service, modulo 256
	First    bool  // the access unit begins here
	Last     bool  // and ends here
	Config   bool  // decoder configuration, not metadata
	Random   bool  // random access point
	Data     []byte
}

// cellHeader is the length of a cell's header, bytes.
const cellHeader = 5

// maxCell is the most that one cell carries, bytes, and fullCell how much
// AppendUnit puts in one, so that a PES packet has room for it.
const (
	maxCell  = 0xffff
	fullCell = 0xff00
)

// NextCell reads the first cell of b. It is false where b is not a whole cell.
func NextCell(b []byte) (c Cell, rest []byte, ok bool) {
	if len(b) < cellHeader {
		return c, b, false
	}
	n := int(b[3])<<8 | int(b[4])
	if cellHeader+n > len(b) {
		return c, b, false
	}
	return Cell{
		Service: b[0], Sequence: b[1], First: b[2]&0x80 != 0, Last: b[2]&0x40 != 0,
		Config: b[2]&0x20 != 0, Random: b[2]&0x10 != 0, Data: b[cellHeader : cellHeader+n],
	}, b[cellHeader+n:], true
}

// Append writes the cell after dst. It panics on more than 65535 bytes of data.
func (c Cell) Append(dst []byte) []byte {
	if len(c.Data) > maxCell {
		panic("mpegts: a cell holds at most 65535 bytes")
	}
	flags := byte(0x0f) // reserved bits are 1
	for bit, on := range map[byte]bool{0x80: c.First, 0x40: c.Last, 0x20: c.Config, 0x10: c.Random} {
		if on {
			flags |= bit
		}
	}
	dst = append(dst, c.Service, c.Sequence, flags, byte(len(c.Data)>>8), byte(len(c.Data)))
	return append(dst, c.Data...)
}

// AppendUnit writes one access unit as cells of a service, numbered from
// sequence on, and returns the number of the next. Data of more than 65280 bytes
// are several cells, each for a PES packet of its own.
func AppendUnit(dst []byte, service, sequence uint8, data []byte) ([]byte, uint8) {
	for first := true; ; first = false {
		n := min(len(data), fullCell)
		last := n == len(data)
		dst = Cell{Service: service, Sequence: sequence, First: first, Last: last, Random: first, Data: data[:n]}.Append(dst)
		data = data[n:]
		sequence++
		if last {
			return dst, sequence
		}
	}
}
