package misb

import (
	"bytes"
	"testing"

	"github.com/vigia-project/vigia/wire/mpegts"
)

// carried writes units with a Muxer and returns the packets that are found.
func carried(t *testing.T, out mpegts.Output, units []mpegts.Unit, harm func([]byte) []byte) ([]Found, CollectorStats) {
	t.Helper()
	var w bytes.Buffer
	m, err := mpegts.NewMuxer(&w, mpegts.ProgramOutput{Number: 1, PMT: 0x100, Streams: []mpegts.Output{out}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WriteTables(); err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		u.PID = out.PID
		if err := m.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
	}
	b := w.Bytes()
	if harm != nil {
		b = harm(b)
	}
	var found []Found
	c := Collector{Each: func(f Found) {
		f.Packet = bytes.Clone(f.Packet)
		found = append(found, f)
	}}
	d := mpegts.NewDemuxer(mpegts.Options{Want: Carries, Unit: c.Unit})
	if _, err := d.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return found, c.Stats()
}

// The ways in which encoders put KLV into a transport stream, those of ST 1402
// and those that are met.
func TestCollector_Carriage(t *testing.T) {
	p := usualPacket(t)
	long := sealed(append([]byte{3, 0x83, 1, 0x38, 0x80}, make([]byte, 80000)...)) // longer than one cell and one PES packet
	cells := func(data []byte) []byte {
		b, _ := mpegts.AppendUnit(nil, 0, 0, data)
		return b
	}
	async := mpegts.Output{PID: 0x101, Type: mpegts.TypePrivate, Format: mpegts.FormatKLVA}
	synced := mpegts.Output{PID: 0x101, Type: mpegts.TypeMetadata, Format: mpegts.FormatKLVA}
	bare := mpegts.Output{PID: 0x101, Type: mpegts.TypePrivate}
	unit := func(id uint8, data []byte) mpegts.Unit {
		return mpegts.Unit{ID: id, HasPTS: id == mpegts.IDMetadata, PTS: 90000, Data: data}
	}
	two := append(bytes.Clone(p), p...)
	all := cells(long)
	for _, c := range []struct {
		name  string
		out   mpegts.Output
		units []mpegts.Unit
		want  [][]byte
	}{
		{"asynchronous", async, []mpegts.Unit{unit(mpegts.IDPrivate1, p)}, [][]byte{p}},
		{"two in one unit", async, []mpegts.Unit{unit(mpegts.IDPrivate1, two)}, [][]byte{p, p}},
		{"one over two units", async, []mpegts.Unit{unit(mpegts.IDPrivate1, p[:50]), unit(mpegts.IDPrivate1, p[50:])}, [][]byte{p}},
		{"longer than a unit", async, []mpegts.Unit{unit(mpegts.IDPrivate1, long[:60000]), unit(mpegts.IDPrivate1, long[60000:])}, [][]byte{long}},
		{"one given up for the next", async, []mpegts.Unit{unit(mpegts.IDPrivate1, p[:50]), unit(mpegts.IDPrivate1, p)}, [][]byte{p}},
		{"synchronous", synced, []mpegts.Unit{unit(mpegts.IDMetadata, cells(p))}, [][]byte{p}},
		{"two in one access unit", synced, []mpegts.Unit{unit(mpegts.IDMetadata, cells(two))}, [][]byte{p, p}},
		{"longer than a cell", synced, []mpegts.Unit{unit(mpegts.IDMetadata, all[:5+0xff00]), unit(mpegts.IDMetadata, all[5+0xff00:])}, [][]byte{long}},
		{"a cell that is cut", synced, []mpegts.Unit{unit(mpegts.IDMetadata, all[:1000]), unit(mpegts.IDMetadata, cells(p))}, [][]byte{p}},
		{"synchronous without cells", synced, []mpegts.Unit{unit(mpegts.IDMetadata, p)}, [][]byte{p}},
		{"private data without a format", bare, []mpegts.Unit{unit(mpegts.IDPrivate1, p)}, [][]byte{p}},
		{"private data of another kind", bare, []mpegts.Unit{unit(mpegts.IDPrivate1, []byte("subtitles"))}, nil},
	} {
		found, stats := carried(t, c.out, c.units, nil)
		if len(found) != len(c.want) || stats.Packets != uint64(len(found)) {
			t.Errorf("%s: %d packets, not %d", c.name, len(found), len(c.want))
			continue
		}
		for i, f := range found {
			if !bytes.Equal(f.Packet, c.want[i]) {
				t.Errorf("%s: packet %d is not what was sent", c.name, i)
			}
			if f.Unit.HasPTS && f.Unit.PTS != 90000 {
				t.Errorf("%s: packet %d is at %d", c.name, i, f.Unit.PTS)
			}
		}
	}
}

// A packet of which a cell is lost is given up, and the next is found.
func TestCollector_LostCell(t *testing.T) {
	p := usualPacket(t)
	cut := func(sequence uint8, first, last bool, data []byte) []byte {
		return mpegts.Cell{Sequence: sequence, First: first, Last: last, Data: data}.Append(nil)
	}
	out := mpegts.Output{PID: 0x101, Type: mpegts.TypeMetadata, Format: mpegts.FormatKLVA}
	id := func(data []byte) mpegts.Unit { return mpegts.Unit{ID: mpegts.IDMetadata, Data: data} }
	whole := []mpegts.Unit{id(cut(0, true, false, p[:40])), id(cut(1, false, false, p[40:90])), id(cut(2, false, true, p[90:])), id(cut(3, true, true, p))}
	if found, stats := carried(t, out, whole, nil); len(found) != 2 || stats.Lost != 0 {
		t.Errorf("%d packets of 2, %d cells lost", len(found), stats.Lost)
	}
	less := append(append([]mpegts.Unit(nil), whole[0]), whole[2:]...)
	found, stats := carried(t, out, less, nil)
	if len(found) != 1 || !bytes.Equal(found[0].Packet, p) || stats.Lost != 1 || stats.Skipped != uint64(40+len(p)-90) {
		t.Errorf("%d packets of 1, %+v", len(found), stats)
	}
}

// One transport packet lost in the middle of a metadata packet: that one is
// given up, those around it are found.
func TestCollector_LostTransportPacket(t *testing.T) {
	long := sealed(append([]byte{3, 0x82, 0x0f, 0xa0}, bytes.Repeat([]byte("m"), 4000)...))
	var units []mpegts.Unit
	for range 3 {
		units = append(units, mpegts.Unit{ID: mpegts.IDPrivate1, Data: long})
	}
	out := mpegts.Output{PID: 0x101, Type: mpegts.TypePrivate, Format: mpegts.FormatKLVA}
	n := 0
	found, stats := carried(t, out, units, func(b []byte) []byte {
		n = (len(b)/mpegts.PacketSize - 2) / 3
		at := (2 + n + 5) * mpegts.PacketSize
		return append(bytes.Clone(b[:at]), b[at+mpegts.PacketSize:]...)
	})
	if len(found) != 2 || stats.Skipped == 0 {
		t.Errorf("%d packets of 2, %d bytes given up", len(found), stats.Skipped)
	}
	for _, f := range found {
		if m, err := Decode(f.Packet); err != nil || m.Checksum != Good {
			t.Errorf("a packet with a checksum that is %q, %v", m.Checksum, err)
		}
	}
}

// Private data of no stated format never fill the memory.
func FuzzCollector(f *testing.F) {
	p := usualPacket(f)
	f.Add(p, byte(0xbd), byte(6), true)
	b, _ := mpegts.AppendUnit(nil, 0, 0, p)
	f.Add(b, byte(0xfc), byte(0x15), false)
	f.Fuzz(func(t *testing.T, b []byte, id, kind byte, broken bool) {
		n := 0
		c := Collector{Each: func(f Found) { n += len(f.Packet) }}
		for range 2 {
			c.Unit(mpegts.Unit{Stream: mpegts.Stream{PID: 1, Type: kind}, ID: id, Data: b, Broken: broken})
		}
		if n+int(c.Stats().Skipped) > 2*len(b) {
			t.Fatalf("%d bytes out and %d passed over, of %d", n, c.Stats().Skipped, 2*len(b))
		}
	})
}
