package gmti

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A packet put together by hand, field by field, from the tables of AEDP-7: a
// mission and a platform location.
func TestDecode_ByHand(t *testing.T) {
	b := unhex(t, `
		3330 00000068  5858 05 5858 0000 81  44524f4e452d31202020 00000007 00000009
		01 0000002c  504c414e2d4120202020 2020  464c494748542d312020 2020  0d  554e49542020202020 20  07ea 0b 15
		0d 0000001c  02255100  20000000  c0000000  00030d40  4000  0000c350  fb`)
	p, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if p.Platform != "DRONE-1   " || p.Classification != 5 || p.Exercise != 0x81 || p.Header.Mission != 7 || p.Job != 9 {
		t.Errorf("%+v", p.Header)
	}
	m, ok := p.Segments[0].(*Mission)
	if !ok || strings.TrimRight(m.Plan, " ") != "PLAN-A" || m.Platform != 13 {
		t.Fatalf("%+v", p.Segments[0])
	}
	l, ok := p.Segments[1].(*PlatformLocation)
	if !ok {
		t.Fatalf("%+v", p.Segments[1])
	}
	// 0x20000000 × 90/2^31 = 22.5°, 0xC0000000 × 360/2^32 = 270°, 0x4000 × 360/2^16 = 90°.
	if l.Lat != 22.5 || l.Lon != 270 || l.AltitudeCM != 200000 || l.TrackDeg != 90 || l.SpeedMMPS != 50000 || l.VerticalDMPS != -5 {
		t.Errorf("%+v", l)
	}
	if at := m.Time(l.TimeMS); !at.Equal(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("it was at %v", at)
	}
	again(t, p, b)
}

// again writes a packet and compares.
func again(t testing.TB, p *Packet, b []byte) {
	t.Helper()
	got, err := p.Append(nil)
	if err != nil || !bytes.Equal(got, b) {
		t.Errorf("written as\n%x, %v; read from\n%x", got, err, b)
	}
}

// A dwell put together by hand, with two targets: places by steps from the
// center, a height, a velocity and a class, and nothing else.
func TestDecode_Dwell(t *testing.T) {
	mask := Mandatory | Bit(10) | Bit(11) | TargetBit(4) | TargetBit(5) | TargetBit(6) | TargetBit(7) | TargetBit(10)
	if mask != 0xffc003c079000000 {
		t.Fatalf("the mask is %016x", uint64(mask))
	}
	body := unhex(t, `
		ffc003c079000000  0001 0002 01 0002 02255100  20000000 40000000 00030d40
		00000100 00000200
		20000000 40000000 8080 2000
		0064 ff9c 0105 ff38 02
		7fff 8000 0000 0000 00`)
	d := readSegment(KindDwell, body)
	dwell, ok := d.(*Dwell)
	if !ok {
		t.Fatalf("%+v", d)
	}
	if dwell.Mask != mask || dwell.Index != 2 || dwell.Last != 1 || len(dwell.Targets) != 2 || dwell.RangeHalfKM != -1 || dwell.AngleHalfDeg != 45 {
		t.Errorf("%+v", dwell)
	}
	a := &dwell.Targets[0]
	if a.HeightM != 261 || a.VelocityCMPS != -200 || a.Class != 2 {
		t.Errorf("%+v", a)
	}
	p, ok := dwell.Place(a)
	wantLat, wantLon := 22.5+100*256*180/math.Ldexp(1, 32), 90-100*512*360/math.Ldexp(1, 32)
	if !ok || math.Abs(p.Lat-wantLat) > 1e-12 || math.Abs(p.Lon-wantLon) > 1e-12 || p.Alt != 261 {
		t.Errorf("%+v, not %v, %v", p, wantLat, wantLon)
	}
	v := &visitor{mode: writing}
	dwell.visit(v)
	if v.err != nil || !bytes.Equal(v.b, body) {
		t.Errorf("written as\n%x, %v; read from\n%x", v.b, v.err, body)
	}
}

// drawPacket draws a packet of every kind of segment.
func drawPacket(t *rapid.T) *Packet {
	text := func(name string, n int) string {
		s := rapid.StringMatching(`[A-Z0-9-]{0,20}`).Draw(t, name)
		return (s + strings.Repeat(" ", n))[:n]
	}
	lat := rapid.Map(rapid.Int32(), func(n int32) float64 { return float64(n) * 180 / math.Ldexp(1, 32) })
	lon := rapid.Map(rapid.Uint32(), func(n uint32) float64 { return float64(n) * 360 / math.Ldexp(1, 32) })
	turn := rapid.Map(rapid.Uint16(), func(n uint16) float64 { return float64(n) * 360 / 65536 })
	tilt := rapid.Map(rapid.Int16(), func(n int16) float64 { return float64(n) * 180 / 65536 })
	p := &Packet{Header: Header{
		Version: "31", Nationality: text("nationality", 2), Classification: 5, System: text("system", 2),
		Code: rapid.Uint16().Draw(t, "code"), Platform: text("platform", 10), Mission: rapid.Uint32().Draw(t, "mission"),
	}}
	for range rapid.IntRange(0, 4).Draw(t, "segments") {
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			p.Segments = append(p.Segments, &Mission{Plan: text("plan", 12), Flight: text("flight", 12), Configuration: text("configuration", 10), Year: 2026, Month: 11, Day: 21})
		case 1:
			d := &Dwell{Mask: Mask(rapid.Uint64().Draw(t, "mask"))>>16<<16 | Mandatory | TargetBit(1)}
			full := Dwell{
				Mask: d.Mask, Revisit: 1, Index: 2, Last: 1, TimeMS: 4, Lat: lat.Draw(t, "lat"), Lon: lon.Draw(t, "lon"), AltitudeCM: rapid.Int32().Draw(t, "altitude"),
				ScaleLat: lat.Draw(t, "scale"), ScaleLon: lon.Draw(t, "scale"), AlongTrackCM: 5, CrossTrackCM: 6, AltitudeSDCM: 7, TrackDeg: turn.Draw(t, "track"),
				SpeedMMPS: 8, VerticalDMPS: -9, TrackSDDeg: 10, SpeedSDMMPS: 11, VerticalSDCMPS: 12, HeadingDeg: turn.Draw(t, "heading"), PitchDeg: tilt.Draw(t, "pitch"),
				RollDeg: tilt.Draw(t, "roll"), CenterLat: lat.Draw(t, "center"), CenterLon: lon.Draw(t, "center"), RangeHalfKM: float64(rapid.IntRange(-32767, 32767).Draw(t, "range")) / 128,
				AngleHalfDeg: turn.Draw(t, "angle"), SensorHeading: turn.Draw(t, "heading"), SensorPitch: tilt.Draw(t, "pitch"), SensorRoll: tilt.Draw(t, "roll"), MDVDMPS: 13,
			}
			for range rapid.IntRange(0, 5).Draw(t, "targets") {
				full.Targets = append(full.Targets, Target{
					Index: 1, Lat: lat.Draw(t, "lat"), Lon: lon.Draw(t, "lon"), DeltaLat: rapid.Int16().Draw(t, "delta"), DeltaLon: rapid.Int16().Draw(t, "delta"), HeightM: -2, VelocityCMPS: -3,
					WrapCMPS: 4, SNRDB: -5, Class: 6, ClassPercent: 7, SlantRangeSDCM: 8, CrossRangeSDDM: 9, HeightSDM: 10, VelocitySDCMPS: 11, TruthTagApp: 12, TruthTagEntity: 13, CrossSectionHDB: -14,
				})
			}
			p.Segments = append(p.Segments, &full)
		case 2:
			j := &JobDefinition{Job: rapid.Uint32().Draw(t, "job"), Model: text("model", 6), RevisitDS: 1, CrossRangeDeg: turn.Draw(t, "cross"), Geoid: 3}
			for i := range j.Area {
				j.Area[i] = Corner{lat.Draw(t, "lat"), lon.Draw(t, "lon")}
			}
			p.Segments = append(p.Segments, j)
		case 3:
			p.Segments = append(p.Segments, &FreeText{From: text("from", 10), To: text("to", 10), Text: []byte(rapid.String().Draw(t, "text"))})
		case 4:
			p.Segments = append(p.Segments, &TestStatus{Job: 1, Revisit: 2, Dwell: 3, TimeMS: 4, Hardware: 0x80, Mode: 1})
		case 5:
			p.Segments = append(p.Segments, &PlatformLocation{TimeMS: 1, Lat: lat.Draw(t, "lat"), Lon: lon.Draw(t, "lon"), AltitudeCM: -1, TrackDeg: turn.Draw(t, "track"), SpeedMMPS: 2, VerticalDMPS: -3})
		case 6:
			p.Segments = append(p.Segments, &Raw{Type: KindHRR, Data: rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "profile")})
		}
	}
	return p
}

// What is written reads as it was, byte for byte and value for value; of a
// dwell, as far as its mask has it.
func TestPacket_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawPacket(t)
		b, err := in.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if out.Header != in.Header || len(out.Segments) != len(in.Segments) {
			t.Fatalf("%+v, not %+v", out.Header, in.Header)
		}
		for i, s := range in.Segments {
			got := out.Segments[i]
			if r, bad := got.(*Raw); bad && r.Type != KindHRR {
				t.Errorf("segment %d: %s", i, r.Why)
			}
			if !reflect.DeepEqual(Fields(got), Fields(s)) {
				t.Errorf("segment %d reads\n%+v, not\n%+v", i, Fields(got), Fields(s))
			}
		}
		twice, err := out.Append(nil)
		if err != nil || !bytes.Equal(twice, b) {
			t.Errorf("written as\n%x, %v; read from\n%x", twice, err, b)
		}
	})
}

// What contradicts the standard is kept as bytes, and says why.
func TestDecode_NothingInSilence(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		body string
		why  string
	}{
		"cut short":             {KindMission, "00", "the segment ends too early"},
		"too long":              {KindTestStatus, strings.Repeat("00", 15), "1 bytes are left over"},
		"more targets than fit": {KindDwell, "0000000040000000 0001 0002 01 ffff 00000000 00000000 00000000 00000000 00000000 00000000 0000 0000 00", "65535 reports of 2 bytes, where 1 bytes are left"},
		"targets of nothing":    {KindDwell, "0000000000000000 0001 0002 01 0003 00000000 00000000 00000000 00000000 00000000 00000000 0000 0000", "3 reports without a field"},
	} {
		r, ok := readSegment(c.kind, unhex(t, c.body)).(*Raw)
		if !ok || r.Why != c.why {
			t.Errorf("%s: %+v, not %q", name, r, c.why)
		}
	}
	for name, s := range map[string]string{
		"nothing": "", "text": "68656c6c6f20776f726c64", "a huge size": "3330 ffffffff", "a small size": "3330 0000001f",
	} {
		if _, err := Decode(unhex(t, s)); err == nil {
			t.Errorf("%s is taken for a packet", name)
		}
	}
}

// Values that no field holds are refused.
func TestPacket_Errors(t *testing.T) {
	for name, s := range map[string]Segment{
		"a latitude":  &PlatformLocation{Lat: 91},
		"a longitude": &PlatformLocation{Lon: -1},
		"not a place": &PlatformLocation{Lat: math.NaN()},
		"long text":   &Mission{Plan: "longer than twelve"},
		"an extent":   &Dwell{Mask: Mandatory, RangeHalfKM: 256},
		"an angle":    &Dwell{Mask: Mandatory, AngleHalfDeg: 361},
	} {
		if _, err := (&Packet{Segments: []Segment{s}}).Append(nil); err == nil {
			t.Errorf("%s is written", name)
		}
	}
}

// However a stream is cut and whatever stands between, the packets are found.
func TestSplitter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var stream []byte
		var want [][]byte
		junk := 0
		for range rapid.IntRange(0, 5).Draw(rt, "packets") {
			b, err := drawPacket(rt).Append(nil)
			if err != nil {
				rt.Fatal(err)
			}
			noise := rapid.SliceOfN(rapid.ByteRange('a', 'z'), 0, 40).Draw(rt, "noise")
			junk += len(noise)
			stream = append(append(stream, noise...), b...)
			want = append(want, b)
		}
		var s Splitter
		var got [][]byte
		each := func(p []byte, at int64) {
			got = append(got, bytes.Clone(p))
			if !bytes.Equal(stream[at:at+int64(len(p))], p) {
				rt.Errorf("a packet is not at %d", at)
			}
		}
		for rest := stream; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "cut")
			s.Push(rest[:n], each)
			rest = rest[n:]
		}
		s.Flush(each)
		if !reflect.DeepEqual(got, want) || s.Skipped != int64(junk) {
			rt.Errorf("%d of %d packets; %d bytes passed over, not %d", len(got), len(want), s.Skipped, junk)
		}
	})
}

// FuzzDecode: whatever is read is written as it was.
func FuzzDecode(f *testing.F) {
	for _, s := range []Segment{
		&Mission{}, &Dwell{Mask: ^Mask(0), Targets: make([]Target, 2)}, &JobDefinition{}, &FreeText{Text: []byte("hello")},
		&TestStatus{}, &PlatformLocation{}, &Raw{Type: KindHRR, Data: []byte{1, 2, 3}},
	} {
		b, err := (&Packet{Header: Header{Version: "31"}, Segments: []Segment{s}}).Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Splitter
		n := 0
		each := func(p []byte, _ int64) { n += len(p) }
		s.Push(b, each)
		s.Flush(each)
		if n+int(s.Skipped) != len(b) {
			t.Fatalf("%d bytes in packets, %d passed over, of %d", n, s.Skipped, len(b))
		}
		p, err := Decode(b)
		if err != nil {
			return
		}
		for _, s := range p.Segments {
			if d, ok := s.(*Dwell); ok {
				for i := range d.Targets {
					d.Place(&d.Targets[i])
				}
			}
			Fields(s)
		}
		got, err := p.Append(nil)
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("written as\n%x, %v; read from\n%x", got, err, b)
		}
	})
}

// BenchmarkDecode reads dwells of 100 targets with all their fields.
func BenchmarkDecode(b *testing.B) {
	p := &Packet{Header: Header{Version: "31"}, Segments: []Segment{&Dwell{Mask: ^Mask(0), Targets: make([]Target, 100)}}}
	raw, err := p.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "targets/s")
}
