package misb

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
)

// A Frame reads what Decode reads.
func TestFrame_AgreesWithDecode(t *testing.T) {
	packets, _ := packetsOf(t, recorded.Dir(t, "wire/klv")+"/h264_klv.ts")
	packets = append(packets, usualPacket(t))
	var f Frame
	floats := 0
	for i, p := range packets {
		if err := f.Decode(p); err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		m, err := Decode(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range m.Set.Items {
			if item.Tag > MaxTag {
				continue
			}
			want, _ := item.Value()
			if string(f.Raw(int(item.Tag))) != string(item.Raw) {
				t.Errorf("packet %d: the bytes of item %d are %x, not %x", i, item.Tag, f.Raw(int(item.Tag)), item.Raw)
			}
			got, ok := f.Float(int(item.Tag))
			if x, isFloat := want.(float64); ok != isFloat || ok && got != x {
				t.Errorf("packet %d: item %d is %v, %v, not %v", i, item.Tag, got, ok, want)
			}
			if ok {
				floats++
			}
		}
	}
	if floats < 30*60 {
		t.Errorf("only %d numbers were compared", floats)
	}
}

// A Frame takes nothing that Decode does not call good.
func TestFrame_RefusesWhatDecodeDoubts(t *testing.T) {
	good := usualPacket(t)
	var f Frame
	for i := range good {
		for bit := range 8 {
			b := append([]byte(nil), good...)
			b[i] ^= 1 << bit
			m, err := Decode(b)
			doubt := err != nil || m.Standard != "ST 0601" || m.Checksum != Good
			if got := f.Decode(b); doubt != (got != nil) && i != 7 {
				t.Fatalf("byte %d, bit %d: Decode says %q, %v; Frame says %v", i, bit, m.Checksum, err, got)
			}
			if f.Decode(b) != nil && f.Has(PrecisionTimestamp) {
				t.Fatalf("byte %d, bit %d: a frame that was refused has values", i, bit)
			}
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "a key": KeyUASDatalink[:], "two packets": append(good[:len(good):len(good)], good...)} {
		if f.Decode(b) == nil {
			t.Errorf("%s is taken for a packet", name)
		}
	}
}

// What a Builder writes reads as it was meant, to within half a step of each
// item's scale.
func TestBuilder_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "time")).UTC()
		values := map[int]float64{}
		var b Builder
		b.Begin(at)
		for _, s := range st0601.Items {
			var lo, hi float64
			switch c := s.codec.(type) {
			case linear:
				lo, hi = c.lo, c.hi
			case imapb:
				lo, hi = c.lo, c.hi
			default:
				continue
			}
			values[int(s.Tag)] = rapid.Float64Range(lo, hi).Draw(t, s.Name)
			b.Float(s.Tag, values[int(s.Tag)])
		}
		p, err := b.Packet(nil)
		if err != nil {
			t.Fatal(err)
		}
		var f Frame
		if err := f.Decode(p); err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Time(); !ok || !got.Equal(at) {
			t.Errorf("the time is %v, not %v", got, at)
		}
		for tag, want := range values {
			got, ok := f.Float(tag)
			step := 0.0
			switch c := st0601.Spec(uint64(tag)).codec.(type) {
			case linear:
				step, _ = c.scale()
				step /= 2
			case imapb:
				step = newMapping(c.lo, c.hi, c.size).back
			}
			if !ok || math.Abs(got-want) > step*(1+1e-9)+1e-12*math.Abs(want) {
				t.Errorf("item %d is %v, %v, not %v within %v", tag, got, ok, want, step)
			}
		}
	})
}

// Errors of a Builder come out at the end, with the item's name.
func TestBuilder_Errors(t *testing.T) {
	for name, c := range map[string]struct {
		put  func(b *Builder)
		want string
	}{
		"out of range":  {func(b *Builder) { b.Float(SensorLatitude, 91) }, "item 13, Sensor Latitude: 91 is not within -90 to 90"},
		"not a number":  {func(b *Builder) { b.Float(SensorLatitude, math.NaN()) }, "item 13, Sensor Latitude: NaN is not within -90 to 90"},
		"words":         {func(b *Builder) { b.Text(SensorLatitude, "north") }, "item 13, Sensor Latitude: the value is a string; it must be a number"},
		"no such item":  {func(b *Builder) { b.Float(9999, 1) }, "ST 0601 has no item 9999"},
		"the checksum":  {func(b *Builder) { b.Put(1, uint64(1)) }, "the item 1 is written by itself"},
		"a bad target":  {func(b *Builder) { b.VMTI(&VMTI{Targets: []Target{{Confidence: 101}}}) }, "a confidence of 101 %"},
		"before a time": {func(b *Builder) { b.Begin(time.Unix(-1, 0)) }, "the time 1969-12-31 23:59:59 +0000 UTC is before 1970"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TZ", "UTC")
			var b Builder
			b.Begin(time.Unix(0, 0))
			c.put(&b)
			if _, err := b.Packet(nil); err == nil || err.Error() != c.want {
				t.Errorf("%v, not %q", err, c.want)
			}
		})
	}
}

// Targets read as they were written.
func TestVMTI_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := VMTI{
			Micros: rapid.Uint64Range(1, 1<<60).Draw(t, "time"), Version: 6,
			Frame: rapid.Uint64Range(0, 1<<24-1).Draw(t, "frame"), Width: 1920, Height: 1080,
		}
		for i := range rapid.IntRange(0, 20).Draw(t, "targets") {
			in.Targets = append(in.Targets, Target{
				ID:  rapid.Uint64Range(0, 1<<40).Draw(t, "id"),
				Row: rapid.Uint64Range(1, 1080).Draw(t, "row"), Col: rapid.Uint64Range(1, 1920).Draw(t, "col"),
				Confidence: rapid.IntRange(-1, 100).Draw(t, "confidence"), State: rapid.IntRange(-1, 4).Draw(t, "state"),
				Class: rapid.SampledFrom([]string{"", "vehicle", "person"}).Draw(t, "class"), Located: i%2 == 0, HasHeight: i%4 == 0,
			})
			if l := &in.Targets[i]; l.Located {
				l.Location = geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
				if l.HasHeight {
					l.Location.Alt = rapid.Float64Range(-900, 19000).Draw(t, "alt")
				}
				if i%3 == 0 {
					for k := range l.SigmaM {
						l.SigmaM[k] = rapid.Float64Range(0.1, 650).Draw(t, "sigma")
					}
				}
			}
		}
		b, err := in.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		var out VMTI
		if err := out.Decode(b, nil); err != nil {
			t.Fatal(err)
		}
		in.Detected = uint64(len(in.Targets))
		for i := range out.Targets {
			got, want := &out.Targets[i].Location, in.Targets[i].Location
			if math.Abs(got.Lat-want.Lat) > latMaps.back || math.Abs(got.Lon-want.Lon) > lonMaps.back || math.Abs(got.Alt-want.Alt) > 1 {
				t.Errorf("target %d is at %v, not %v", i, *got, want)
			}
			*got = want
			for k, sigma := range in.Targets[i].SigmaM {
				if math.Abs(out.Targets[i].SigmaM[k]-sigma) > sigmaMaps.back {
					t.Errorf("target %d is known to %v m, not %v", i, out.Targets[i].SigmaM, in.Targets[i].SigmaM)
				}
			}
			out.Targets[i].SigmaM = in.Targets[i].SigmaM
		}
		if !slices.Equal(in.Targets, out.Targets) {
			t.Errorf("%+v\nnot\n%+v", out.Targets, in.Targets)
		}
		in.Targets, out.Targets = nil, nil
		if out.Micros != in.Micros || out.Frame != in.Frame || out.Detected != in.Detected || out.Width != in.Width || out.Version != in.Version {
			t.Errorf("%+v, not %+v", out, in)
		}
		// The general reader agrees, and knows every item.
		set := ParseSet(st0903, b)
		for _, f := range set.Fields() {
			if f.Name == "unknown" || f.Name == "unreadable" {
				t.Errorf("%s: %s", f.Name, AppendJSON(nil, f.Value))
			}
		}
	})
}

// The recorded targets, by the typed reader.
func TestVMTI_Recorded(t *testing.T) {
	packets, _ := packetsOf(t, recorded.Dir(t, "wire/klv")+"/h264_klv.ts")
	var f Frame
	var v VMTI
	for i, p := range packets {
		if err := f.Decode(p); err != nil {
			t.Fatal(err)
		}
		center, _, _ := f.FrameCenter()
		if err := v.Decode(f.Raw(VMTISet), &center); err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		if len(v.Targets) != 2 || v.Detected != 28 || v.Width != 1920 {
			t.Fatalf("packet %d: %+v", i, v)
		}
		// Pixel 409600 of a picture 1920 wide is column 640 of row 214.
		if a := v.Targets[0]; a.ID != 1 || a.Row != 214 || a.Col != 640 || a.Located {
			t.Errorf("packet %d: %+v", i, a)
		}
		b := v.Targets[1]
		if b.ID != 1234 || b.Row != 872 || b.Col != 1137 || b.Confidence != 80 || b.Class != "class" || b.State != 2 || !b.Located {
			t.Errorf("packet %d: %+v", i, b)
		}
		if math.Abs(b.Location.Lat-center.Lat-10) > 1e-5 || math.Abs(b.Location.Lon-center.Lon-12) > 1e-5 {
			t.Errorf("packet %d: %v from %v is not 10 and 12 degrees", i, b.Location, center)
		}
	}
}

// BenchmarkFrame reads the usual 20 items of a packet, checksum included.
func BenchmarkFrame(b *testing.B) {
	p := usualPacket(b)
	var f Frame
	sum, text := 0.0, 0
	b.ReportAllocs()
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		if err := f.Decode(p); err != nil {
			b.Fatal(err)
		}
		us, _ := f.Uint(PrecisionTimestamp)
		version, _ := f.Uint(Version)
		sum += float64(us + version)
		for _, tag := range [...]int{5, 6, 7, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24} {
			v, _ := f.Float(tag)
			sum += v
		}
		for _, tag := range [...]int{3, 10, 11, 12} {
			text += len(f.Raw(tag))
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s")
	if sum == 0 || text == 0 {
		b.Fatal("nothing was read")
	}
}

// BenchmarkFrame_VMTI reads a packet of 2.35 kB with 62 targets.
func BenchmarkFrame_VMTI(b *testing.B) {
	v := VMTI{Width: 1920, Height: 1080, Version: 6}
	for i := range 62 {
		v.Targets = append(v.Targets, Target{ID: uint64(i), Row: 100, Col: 200, Confidence: 90, Class: "vehicle", State: 1, Located: true, Location: geo.Point{Lat: 19.4, Lon: -99.1}})
	}
	var build Builder
	build.Begin(time.Unix(1e9, 0))
	build.VMTI(&v)
	p, err := build.Packet(nil)
	if err != nil {
		b.Fatal(err)
	}
	var f Frame
	var out VMTI
	b.ReportAllocs()
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		if err := f.Decode(p); err != nil {
			b.Fatal(err)
		}
		if err := out.Decode(f.Raw(VMTISet), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}

// BenchmarkDecode reads every item of the usual packet into JSON.
func BenchmarkDecode(b *testing.B) {
	p := usualPacket(b)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		m, err := Decode(p)
		if err != nil {
			b.Fatal(err)
		}
		buf = AppendJSON(buf[:0], m.Fields())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}
