package mpegts

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// The streams of the stories: two programs, each with a metadata stream.
var (
	async  = ProgramOutput{Number: 1, PMT: 0x100, Streams: []Output{{PID: 0x101, Type: TypePrivate, Format: FormatKLVA}}}
	second = ProgramOutput{Number: 7, PMT: 0x200, Streams: []Output{{PID: 0x201, Type: TypeMetadata, Format: FormatKLVA}, {PID: 0x202, Type: TypeH264}}}
)

func muxer(t testing.TB, w *bytes.Buffer, p ...ProgramOutput) *Muxer {
	t.Helper()
	m, err := NewMuxer(w, p...)
	if err != nil {
		t.Fatal(err)
	}
	must(t, m.WriteTables())
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// demux reads a stream in pieces of a size; 0 is all at once.
func demux(t testing.TB, b []byte, piece int) ([]Unit, *Demuxer) {
	t.Helper()
	var units []Unit
	d := NewDemuxer(Options{Unit: func(u Unit) {
		u.Data = bytes.Clone(u.Data)
		units = append(units, u)
	}})
	for len(b) > 0 {
		n := len(b)
		if piece > 0 {
			n = min(n, piece)
		}
		if _, err := d.Write(b[:n]); err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
	must(t, d.Close())
	return units, d
}

func unit(pid uint16, id uint8, pts int64, data string) Unit {
	return Unit{Stream: Stream{PID: pid}, ID: id, HasPTS: pts >= 0, PTS: pts, Aligned: true, Data: []byte(data)}
}

// tell writes units as a story that a failing test can show.
func tell(units []Unit) string {
	var b bytes.Buffer
	for _, u := range units {
		data := string(u.Data)
		if len(data) > 12 {
			data = fmt.Sprintf("%d bytes", len(data))
		}
		fmt.Fprintf(&b, "%d/%#x %#x", u.Program, u.PID, u.ID)
		if u.HasPTS {
			fmt.Fprintf(&b, " @%d", u.PTS)
		}
		if u.Broken {
			b.WriteString(" broken")
		}
		fmt.Fprintf(&b, " %s\n", data)
	}
	return b.String()
}

func TestDemuxer_SeveralPrograms(t *testing.T) {
	var w bytes.Buffer
	m := muxer(t, &w, async, second)
	must(t, m.WriteUnit(unit(0x101, IDPrivate1, -1, "first")))
	must(t, m.WriteUnit(unit(0x201, IDMetadata, 3000, "second")))
	must(t, m.WriteUnit(unit(0x202, 0xe0, 3003, string(make([]byte, 70000))))) // length left open
	must(t, m.WriteUnit(unit(0x101, IDPrivate1, 90000, "third")))
	units, d := demux(t, w.Bytes(), 0)
	want := "1/0x101 0xbd first\n7/0x201 0xfc @3000 second\n1/0x101 0xbd @90000 third\n7/0x202 0xe0 @3003 70000 bytes\n"
	if got := tell(units); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	streams := d.Streams()
	if len(streams) != 3 || streams[0].Format != FormatKLVA || streams[1].Type != TypeMetadata || streams[2].Program != 7 {
		t.Errorf("the streams are %+v", streams)
	}
	if s := d.Stats(); s.Lost+s.Skipped+s.BadTables+s.Unmapped+s.Broken > 0 || s.Units != 4 {
		t.Errorf("%+v", s)
	}
}

// However the bytes come, the same units come out.
func TestDemuxer_AnyPieces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var w bytes.Buffer
		m := muxer(t, &w, async)
		var want []Unit
		for range rapid.IntRange(1, 20).Draw(rt, "units") {
			data := rapid.SliceOfN(rapid.Byte(), 1, 1000).Draw(rt, "data")
			u := unit(0x101, IDPrivate1, rapid.Int64Range(0, 1000).Draw(rt, "pts"), string(data))
			must(t, m.WriteUnit(u))
			u.Program = 1
			want = append(want, u)
		}
		stride := rapid.SampledFrom([]int{188, 192, 204}).Draw(rt, "stride")
		stream := spread(w.Bytes(), stride)
		junk := rapid.SliceOfN(rapid.ByteRange(0, 0x46), 0, 300).Draw(rt, "junk")
		units, d := demux(t, append(junk, stream...), rapid.IntRange(1, 1000).Draw(rt, "piece"))
		if got, want := tell(units), tell(want); got != want {
			t.Errorf("stride %d: got\n%swant\n%s", stride, got, want)
		}
		for i := range units {
			if !bytes.Equal(units[i].Data, want[i].Data) {
				t.Errorf("the data of unit %d are others", i)
			}
		}
		between := 0
		if stride == 192 {
			between = 4
		}
		if s := d.Stats(); s.Skipped != uint64(len(junk)+between) && stride != 204 {
			t.Errorf("%d bytes were passed over, not %d", s.Skipped, len(junk)+between)
		}
	})
}

// spread puts packets at a stride: with four bytes before, or sixteen after.
func spread(b []byte, stride int) []byte {
	var out []byte
	for ; len(b) > 0; b = b[PacketSize:] {
		if stride == 192 {
			out = append(out, 1, 2, 3, 4)
		}
		out = append(out, b[:PacketSize]...)
		if stride == 204 {
			out = append(out, make([]byte, 16)...)
		}
	}
	return out
}

// The times go on over the wrap of their 33 bits, on all streams of a program.
func TestDemuxer_WrappedClock(t *testing.T) {
	var w bytes.Buffer
	m := muxer(t, &w, second)
	now := clockWrap - 3000
	for _, u := range []Unit{
		unit(0x202, 0xe0, clockWrap-3000, "a"), unit(0x201, IDMetadata, clockWrap-1500, "b"),
		unit(0x201, IDMetadata, clockWrap+1500, "c"), unit(0x202, 0xe0, clockWrap+0, "d"),
		unit(0x201, IDMetadata, clockWrap-100, "late"), unit(0x202, 0xe0, clockWrap+3000, "e"),
		unit(0x202, 0xe0, 2*clockWrap-3000, "half a day on"), unit(0x201, IDMetadata, 2*clockWrap+5, "f"),
	} {
		// Step by step: a jump of more than half the wrap has two readings.
		for now+clockWrap/4 < u.PTS {
			now += clockWrap / 4
			must(t, m.WriteUnit(unit(0x201, IDMetadata, now, "tick")))
		}
		must(t, m.WriteUnit(u))
		now = u.PTS
	}
	units, _ := demux(t, w.Bytes(), 0)
	last := int64(0)
	seen := map[string]int64{}
	for _, u := range units {
		seen[string(u.Data)] = u.PTS
		if u.PTS < last-3000 {
			t.Errorf("%q is at %d, after %d", u.Data, u.PTS, last)
		}
		last = u.PTS
	}
	for data, want := range map[string]int64{"a": clockWrap - 3000, "c": clockWrap + 1500, "late": clockWrap - 100, "f": 2*clockWrap + 5} {
		if seen[data] != want {
			t.Errorf("%q is at %d, not %d", data, seen[data], want)
		}
	}
}

// A lost packet breaks the unit it was of, is counted, and stops nothing.
func TestDemuxer_LostPackets(t *testing.T) {
	var w bytes.Buffer
	m := muxer(t, &w, async)
	long := string(bytes.Repeat([]byte("x"), 1000))
	for i := range 5 {
		must(t, m.WriteUnit(unit(0x101, IDPrivate1, int64(i), long)))
	}
	stream := w.Bytes()
	perUnit := (len(stream)/PacketSize - 2) / 5
	for lost, want := range map[int]string{
		0: "1/0x101 0xbd @0 1000 bytes\n", // the start of the second: nothing of it is kept
		2: "1/0x101 0xbd @0 1000 bytes\n1/0x101 0xbd @1 broken 354 bytes\n",
		5: "1/0x101 0xbd @0 1000 bytes\n1/0x101 0xbd @1 broken 906 bytes\n",
	} {
		at := (2 + perUnit + lost) * PacketSize
		cut := append(bytes.Clone(stream[:at]), stream[at+PacketSize:]...)
		units, d := demux(t, cut, 0)
		want += "1/0x101 0xbd @2 1000 bytes\n1/0x101 0xbd @3 1000 bytes\n1/0x101 0xbd @4 1000 bytes\n"
		if got := tell(units); got != want {
			t.Errorf("packet %d of the second unit is lost: got\n%swant\n%s", lost, got, want)
		}
		if s := d.Stats(); s.Lost != 1 {
			t.Errorf("%d gaps were counted, not 1", s.Lost)
		}
	}
}

// A packet sent twice is taken once.
func TestDemuxer_RepeatedPacket(t *testing.T) {
	var w bytes.Buffer
	m := muxer(t, &w, async)
	must(t, m.WriteUnit(unit(0x101, IDPrivate1, 1, string(bytes.Repeat([]byte("y"), 500)))))
	b := w.Bytes()
	b = append(bytes.Clone(b[:4*PacketSize]), b[3*PacketSize:]...)
	units, d := demux(t, b, 0)
	if s := d.Stats(); len(units) != 1 || len(units[0].Data) != 500 || units[0].Broken || s.Repeated != 1 || s.Lost != 0 {
		t.Errorf("%s%+v", tell(units), s)
	}
}

// A program moves to other PIDs, one ends, another begins.
func TestDemuxer_TablesChange(t *testing.T) {
	var w bytes.Buffer
	m := muxer(t, &w, async, second)
	must(t, m.WriteUnit(unit(0x101, IDPrivate1, -1, "before")))
	moved := async
	moved.Streams = []Output{{PID: 0x111, Type: TypePrivate, Format: FormatKLVA}}
	third := ProgramOutput{Number: 3, PMT: 0x300, Streams: []Output{{PID: 0x101, Type: TypeMetadata}}}
	must(t, m.Change(moved, third))
	must(t, m.WriteTables())
	must(t, m.WriteUnit(unit(0x111, IDPrivate1, -1, "after")))
	must(t, m.WriteUnit(unit(0x101, IDMetadata, -1, "another")))
	must(t, m.WriteUnit(unit(0x201, IDMetadata, -1, "of no one")))
	units, d := demux(t, w.Bytes(), 100)
	want := "1/0x101 0xbd before\n1/0x111 0xbd after\n3/0x101 0xfc another\n"
	if got := tell(units); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if s := d.Stats(); s.Unmapped != 1 {
		t.Errorf("%d packets of no program, not 1", s.Unmapped)
	}
}

// A table whose CRC does not hold changes nothing.
func TestDemuxer_DamagedTable(t *testing.T) {
	var w bytes.Buffer
	m := muxer(t, &w, async)
	must(t, m.WriteUnit(unit(0x101, IDPrivate1, -1, "a")))
	at := w.Len()
	must(t, m.Change(second))
	must(t, m.WriteTables())
	b := w.Bytes()
	b[at+12] ^= 1
	b[at+PacketSize+12] ^= 1
	w2 := bytes.NewBuffer(b)
	must(t, m.Change(async))
	m.w = w2
	must(t, m.WriteUnit(unit(0x101, IDPrivate1, -1, "b")))
	units, d := demux(t, w2.Bytes(), 0)
	if got := tell(units); got != "1/0x101 0xbd a\n1/0x101 0xbd b\n" || d.Stats().BadTables != 1 {
		t.Errorf("%s%+v", got, d.Stats())
	}
}

// Long tables lie in several packets, and the network's own is left alone.
func TestDemuxer_LongTable(t *testing.T) {
	var w bytes.Buffer
	p := ProgramOutput{Number: 1, PMT: 0x1000}
	for i := range 80 {
		p.Streams = append(p.Streams, Output{PID: uint16(0x100 + i), Type: TypePrivate, Format: FormatKLVA})
	}
	m := muxer(t, &w, p)
	must(t, m.WriteUnit(unit(0x14f, IDPrivate1, -1, "last")))
	units, d := demux(t, w.Bytes(), 0)
	if tell(units) != "1/0x14f 0xbd last\n" || len(d.Streams()) != 80 {
		t.Errorf("%s%d streams", tell(units), len(d.Streams()))
	}
}

// A unit may not grow without end.
func TestDemuxer_UnitLimit(t *testing.T) {
	var w bytes.Buffer
	m := muxer(t, &w, second)
	must(t, m.WriteUnit(unit(0x202, 0xe0, 1, string(make([]byte, 100000)))))
	must(t, m.WriteUnit(unit(0x201, IDMetadata, 2, "small")))
	var units []Unit
	d := NewDemuxer(Options{UnitLimit: 50000, Unit: func(u Unit) { units = append(units, u) }})
	_, err := d.Write(w.Bytes())
	must(t, err)
	must(t, d.Close())
	if len(units) != 1 || d.Stats().Oversized != 1 {
		t.Errorf("%s%+v", tell(units), d.Stats())
	}
	if _, err := d.Write([]byte{1}); err == nil {
		t.Error("a closed stream takes bytes")
	}
}

// Cells read as they were written, in as many as the data need.
func TestCells_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, rapid.IntRange(0, 200000).Draw(t, "length"))
		sequence := rapid.Byte().Draw(t, "sequence")
		b, next := AppendUnit(nil, 3, sequence, data)
		var got []byte
		for first := true; ; first = false {
			c, rest, ok := NextCell(b)
			if !ok || c.Service != 3 || c.Sequence != sequence || c.First != first || c.Config || c.Random != first {
				t.Fatalf("%+v, %v", c, ok)
			}
			got, b, sequence = append(got, c.Data...), rest, sequence+1
			if c.Last {
				break
			}
		}
		if !bytes.Equal(got, data) || len(b) > 0 || sequence != next {
			t.Errorf("%d of %d bytes came back", len(got), len(data))
		}
	})
}

func TestMuxer_Errors(t *testing.T) {
	for name, p := range map[string][]ProgramOutput{
		"a PID twice":     {async, {Number: 2, PMT: 0x101}},
		"a reserved PID":  {{Number: 1, PMT: 0x1fff}},
		"program zero":    {{Number: 0, PMT: 0x100}},
		"a table's PID 0": {{Number: 1, PMT: 0}},
	} {
		if _, err := NewMuxer(&bytes.Buffer{}, p...); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	m := muxer(t, &bytes.Buffer{}, async)
	if m.WriteUnit(unit(0x101, IDPrivate1, 0, string(make([]byte, 70000)))) == nil {
		t.Error("a unit of metadata that is too long is taken")
	}
}

// FuzzDemuxer: whatever comes in, it comes to an end, in bounded memory, and is
// accounted for: however it is cut, the units are the same.
func FuzzDemuxer(f *testing.F) {
	var w bytes.Buffer
	m, err := NewMuxer(&w, async, second)
	must(f, err)
	must(f, m.WriteTables())
	must(f, m.WriteUnit(unit(0x101, IDPrivate1, 1, "hello")))
	must(f, m.WriteUnit(unit(0x202, 0xe0, 2, string(make([]byte, 300)))))
	f.Add(w.Bytes(), 50)
	f.Add(spread(w.Bytes(), 192), 100)
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		whole, d := demux(t, b, 0)
		cut, e := demux(t, b, 1+max(piece, -(piece+1))%1000)
		if tell(whole) != tell(cut) || d.Stats() != e.Stats() {
			t.Fatalf("all at once\n%s%+v\nin pieces\n%s%+v", tell(whole), d.Stats(), tell(cut), e.Stats())
		}
		n := 0
		for _, u := range whole {
			n += len(u.Data)
		}
		if n > len(b) {
			t.Fatalf("%d bytes out of %d", n, len(b))
		}
		if s := d.Stats(); s.Packets*PacketSize+s.Skipped > uint64(len(b)) {
			t.Fatalf("%+v of %d bytes", s, len(b))
		}
	})
}

// BenchmarkDemuxer takes a stream of video and metadata apart, every unit
// delivered.
func BenchmarkDemuxer(b *testing.B) {
	var w bytes.Buffer
	m := muxer(b, &w, second)
	for i := range 60 {
		must(b, m.WriteTables())
		must(b, m.WriteUnit(unit(0x202, 0xe0, int64(i)*3000, string(make([]byte, 40000)))))
		must(b, m.WriteUnit(unit(0x201, IDMetadata, int64(i)*3000, string(make([]byte, 2350)))))
	}
	for name, want := range map[string]func(Stream) bool{
		"all": nil, "metadata": func(s Stream) bool { return s.Type == TypeMetadata },
	} {
		b.Run(name, func(b *testing.B) {
			n := 0
			d := NewDemuxer(Options{Want: want, Unit: func(u Unit) { n += len(u.Data) }})
			b.SetBytes(int64(w.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Write(w.Bytes()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(w.Len())*8/1e9/b.Elapsed().Seconds(), "Gbit/s")
			if n == 0 {
				b.Fatal("nothing came out")
			}
		})
	}
}
