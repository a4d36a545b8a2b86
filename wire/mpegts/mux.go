package mpegts

import (
	"io"

	"github.com/vigia-project/vigia"
)

// An Output is one elementary stream to be written.
type Output struct {
	PID    uint16
	Type   uint8
	Format uint32 // written as a registration descriptor; 0: none
}

// A ProgramOutput is one program to be written.
type ProgramOutput struct {
	Number  uint16
	PMT     uint16 // PID of its table
	Streams []Output
}

// A Muxer writes a transport stream: tables, and units in PES packets. It
// writes data; pacing, and the clock that a video needs, are the caller's.
type Muxer struct {
	w        io.Writer
	programs []ProgramOutput
	version  uint8
	counters map[uint16]uint8
	packet   [PacketSize]byte
}

// NewMuxer returns a Muxer. Its error is Invalid: a PID is out of range or
// used twice.
func NewMuxer(w io.Writer, programs ...ProgramOutput) (*Muxer, error) {
	m := &Muxer{w: w, counters: map[uint16]uint8{}}
	return m, m.Change(programs...)
}

// Change replaces the programs; the tables' version goes up.
func (m *Muxer) Change(programs ...ProgramOutput) error {
	seen := map[uint16]bool{}
	claim := func(pid uint16) error {
		if pid < 0x10 || pid >= 0x1fff || seen[pid] {
			return vigia.Errorf(vigia.Invalid, "the PID %#x is reserved or used twice", pid)
		}
		seen[pid] = true
		return nil
	}
	for _, p := range programs {
		if p.Number == 0 {
			return vigia.Errorf(vigia.Invalid, "program number 0 is the network's")
		}
		if err := claim(p.PMT); err != nil {
			return err
		}
		for _, s := range p.Streams {
			if err := claim(s.PID); err != nil {
				return err
			}
		}
	}
	if m.programs != nil {
		m.version = (m.version + 1) & 0x1f
	}
	m.programs = programs
	return nil
}

// WriteTables writes the PAT and each PMT. A reader needs them first, and again
// often enough to join late.
func (m *Muxer) WriteTables() error {
	var pat []byte
	for _, p := range m.programs {
		pat = append(pat, byte(p.Number>>8), byte(p.Number), 0xe0|byte(p.PMT>>8), byte(p.PMT))
	}
	if err := m.section(0, tablePAT, 1, pat); err != nil {
		return err
	}
	for _, p := range m.programs {
		body := []byte{0xff, 0xff, 0xf0, 0} // no program clock, no program descriptors
		for _, s := range p.Streams {
			var d []byte
			if s.Format != 0 {
				d = []byte{tagRegistration, 4, byte(s.Format >> 24), byte(s.Format >> 16), byte(s.Format >> 8), byte(s.Format)}
			}
			body = append(body, s.Type, 0xe0|byte(s.PID>>8), byte(s.PID), 0xf0, byte(len(d)))
			body = append(body, d...)
		}
		if err := m.section(p.PMT, tablePMT, p.Number, body); err != nil {
			return err
		}
	}
	return nil
}

// section writes one section of a table in packets of its own.
func (m *Muxer) section(pid uint16, table uint8, id uint16, body []byte) error {
	n := 5 + len(body) + 4
	if n > 1021 {
		return vigia.Errorf(vigia.Invalid, "a table of %d bytes is longer than one section", n)
	}
	s := []byte{0, table, 0xb0 | byte(n>>8), byte(n), byte(id >> 8), byte(id), 0xc1 | m.version<<1, 0, 0}
	s = append(s, body...)
	crc := CRC32(s[1:])
	s = append(s, byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))
	for first := true; len(s) > 0; first = false {
		p := m.begin(pid, first)
		n := copy(p[4:], s)
		for i := 4 + n; i < PacketSize; i++ {
			p[i] = 0xff
		}
		s = s[n:]
		if _, err := m.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// begin starts a packet with payload.
func (m *Muxer) begin(pid uint16, start bool) []byte {
	p := m.packet[:]
	p[0], p[1], p[2] = Sync, byte(pid>>8), byte(pid)
	if start {
		p[1] |= 0x40
	}
	p[3] = 0x10 | m.counters[pid]
	m.counters[pid] = (m.counters[pid] + 1) & 0x0f
	return p
}

// WriteUnit writes one PES packet; of u it takes PID, ID, PTS, Aligned and
// Data. Data of more than 65535 bytes with the header is for video only, whose
// PES packets may leave their length open (§2.4.3.7).
func (m *Muxer) WriteUnit(u Unit) error {
	header := []byte{0, 0, 1, u.ID, 0, 0}
	if hasHeader(u.ID) {
		header = append(header, 0x80, 0, 0)
		if u.Aligned {
			header[6] |= 0x04
		}
		if u.HasPTS {
			t := u.PTS & (clockWrap - 1)
			header[7], header[8] = 0x80, 5
			header = append(header, 0x21|byte(t>>29)&0x0e, byte(t>>22), byte(t>>14)|1, byte(t>>7), byte(t<<1)|1)
		}
	}
	n := len(header) - 6 + len(u.Data)
	if n > 0xffff {
		if u.ID&0xf0 != 0xe0 {
			return vigia.Errorf(vigia.Invalid, "a PES packet of %d bytes is too long: only video may leave its length open", n)
		}
		n = 0
	}
	header[4], header[5] = byte(n>>8), byte(n)
	return m.packets(u.PID, header, u.Data)
}

// packets writes header and data in packets, the last filled by an adaptation
// field (§2.4.3.4).
func (m *Muxer) packets(pid uint16, header, data []byte) error {
	for first := true; first || len(data) > 0; first = false {
		p := m.begin(pid, first)
		at := 4
		if room := PacketSize - 4 - len(header); len(data) < room {
			stuff := room - len(data)
			p[3] |= 0x20
			p[4] = byte(stuff - 1)
			if stuff > 1 {
				p[5] = 0
				for i := 6; i < 4+stuff; i++ {
					p[i] = 0xff
				}
			}
			at += stuff
		}
		at += copy(p[at:], header)
		header = nil
		data = data[copy(p[at:], data):]
		if _, err := m.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}
