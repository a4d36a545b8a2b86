package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialect"
	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/bluenviron/gomavlib/v3/pkg/frame"
	"github.com/bluenviron/gomavlib/v3/pkg/message"
	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
	"github.com/vigia-project/vigia/service/ingest/source"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/gmti"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// through sends bytes of a format by a source that reads a file, to its end.
func (d *door) through(t testing.TB, format string, b []byte) source.Status {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bytes")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := d.Source(source.Config{Name: "uav-1", URL: "file://" + path, Format: format, Flight: "F"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s.Meter.Status(noon)
}

// batches are what is on the log of a subject.
func (d *door) batches(t testing.TB, subject string) (all []vigia.Batch) {
	t.Helper()
	for _, m := range d.tape.kept {
		if strings.HasPrefix(m.Subject, subject) {
			var b vigia.Batch
			if err := json.Unmarshal(m.Data, &b); err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
	}
	return all
}

var (
	inside  = geo.Point{Lon: -29.995, Lat: 10.005, Alt: 50}
	outside = geo.Point{Lon: -29.98, Lat: 10.005, Alt: 50}
)

// datalink is an ST 0601 packet of an aircraft that sees vehicles.
func datalink(t testing.TB, at time.Time, aircraft geo.Point, vehicles ...geo.Point) []byte {
	t.Helper()
	var b misb.Builder
	b.Begin(at)
	b.Float(misb.PlatformHeading, 90)
	b.Float(misb.PlatformPitch, 1)
	b.Float(misb.PlatformRoll, -2)
	b.Float(misb.SensorLatitude, aircraft.Lat)
	b.Float(misb.SensorLongitude, aircraft.Lon)
	b.Float(misb.SensorEllipsoidHeight, aircraft.Alt)
	b.Float(misb.FrameCenterLatitude, aircraft.Lat)
	b.Float(misb.FrameCenterLongitude, aircraft.Lon)
	v := misb.VMTI{Version: 6, Frame: 7}
	for i, p := range vehicles {
		v.Targets = append(v.Targets, misb.Target{ID: uint64(i + 1), Confidence: 80, Class: "car", State: -1, Located: true, Location: p, SigmaM: [3]float64{2, 3, 1}})
	}
	if len(vehicles) > 0 {
		b.VMTI(&v)
	}
	packet, err := b.Packet(nil)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// muxed is packets in a transport stream.
func muxed(t testing.TB, packets ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	m, err := mpegts.NewMuxer(&out, mpegts.ProgramOutput{Number: 1, PMT: 0x100, Streams: []mpegts.Output{{PID: 0x101, Type: mpegts.TypePrivate, Format: mpegts.FormatKLVA}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WriteTables(); err != nil {
		t.Fatal(err)
	}
	for i, p := range packets {
		err := m.WriteUnit(mpegts.Unit{Stream: mpegts.Stream{Program: 1, PID: 0x101, Type: mpegts.TypePrivate}, ID: mpegts.IDPrivate1, HasPTS: true, PTS: int64(i) * 3000, Data: p})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// A packet from inside becomes a pose and reports, which lead back to its bytes.
func TestSource_KLV(t *testing.T) {
	packet := datalink(t, noon.Add(time.Minute), inside, inside, geo.Point{Lon: -29.996, Lat: 10.004})
	for format, b := range map[string][]byte{"klv": packet, "ts": muxed(t, packet)} {
		t.Run(format, func(t *testing.T) {
			d := open(t, vigia.GasLeak)
			st := d.through(t, format, b)
			all := d.batches(t, stream.Position)
			if len(all) != 1 || len(all[0].Poses) != 1 || len(all[0].Reports) != 2 || st.Accepted != 3 || st.Bad != 0 {
				t.Fatalf("%+v\n%+v", st, all)
			}
			batch := all[0]
			pose, report := batch.Poses[0], batch.Reports[1]
			if !bytes.Equal(batch.Raw, packet) || pose.Origin.Chunk != vigia.Digest(packet) || report.Origin != pose.Origin {
				t.Errorf("the facts do not lead back to the packet: %+v", report.Origin)
			}
			if geo.Distance(pose.At, inside) > 0.2 || pose.Attitude == nil || pose.Look == nil {
				t.Errorf("the pose is %+v", pose)
			}
			if report.Class != "car" || report.Confidence != 0.8 || report.SigmaM < 2.9 || report.SigmaM > 3.1 || report.Scan != 7 || report.Sensor != "uav-1" {
				t.Errorf("the report is %+v", report)
			}
		})
	}
}

// What the authorisation does not cover is under seal, and nowhere else.
func TestSource_SealsPackets(t *testing.T) {
	at := noon.Add(time.Minute)
	mixed := datalink(t, at, inside, inside, outside)
	var unplaced misb.Builder
	unplaced.Begin(at)
	unplaced.Float(misb.PlatformHeading, 1)
	nowhere, err := unplaced.Packet(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		packet         []byte
		reason         vigia.SealReason
		poses, reports int
	}{
		"the aircraft is outside":   {datalink(t, at, outside, inside), vigia.OutsideVolume, 0, 0},
		"the aircraft is too high":  {datalink(t, at, geo.Point{Lon: inside.Lon, Lat: inside.Lat, Alt: 101}, inside), vigia.OutsideVolume, 0, 0},
		"before the hours":          {datalink(t, noon.Add(-time.Second), inside, inside), vigia.OutsideHours, 0, 0},
		"from nobody knows where":   {nowhere, vigia.Unplaced, 0, 0},
		"one vehicle is outside":    {mixed, vigia.OutsideVolume, 1, 1},
		"a vehicle below the floor": {datalink(t, at, inside, geo.Point{Lon: inside.Lon, Lat: inside.Lat, Alt: -10}), "", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, vigia.GasLeak)
			d.through(t, "klv", c.packet)
			poses, reports := 0, 0
			for _, b := range d.batches(t, stream.Position) {
				poses, reports = poses+len(b.Poses), reports+len(b.Reports)
				if c.reason != "" && len(b.Raw) > 0 {
					t.Errorf("%d bytes of a packet that was sealed are on the log", len(b.Raw))
				}
				for _, r := range b.Reports {
					if c.reason != "" && r.Origin.Chunk != vigia.Digest(c.packet) {
						t.Errorf("the report does not name the packet: %+v", r.Origin)
					}
				}
			}
			if poses != c.poses || reports != c.reports {
				t.Errorf("%d poses and %d reports on the log, want %d and %d", poses, reports, c.poses, c.reports)
			}
			_, _, sealed := d.seen(t)
			if want := map[bool]string{true: string(c.packet)}[c.reason != ""]; sealed != want {
				t.Errorf("%d bytes under seal, want %d", len(sealed), len(want))
			}
			if c.reason != "" && !slices.ContainsFunc(d.tape.kept, func(m stream.Message) bool {
				return strings.Contains(string(m.Data), fmt.Sprintf("%q:1", c.reason))
			}) {
				t.Errorf("nothing says %s", c.reason)
			}
		})
	}
}

// A flight that nobody registered is sealed until somebody does.
func TestSource_NoFlight(t *testing.T) {
	d := open(t, vigia.GasLeak)
	path := filepath.Join(t.TempDir(), "bytes")
	if err := os.WriteFile(path, datalink(t, noon, inside), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() source.Status {
		s, err := d.Source(source.Config{Name: "uav-1", URL: "file://" + path, Format: "klv", Flight: "later"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		return s.Meter.Status(noon)
	}
	if st := run(); st.Sealed != 1 || st.Accepted != 0 || !strings.Contains(st.LastError, "vigia flight add") {
		t.Errorf("%+v", st)
	}
	err := d.Update(context.Background(), func(tx store.Tx) error {
		return tx.PutFlight(vigia.Flight{ID: "later", Authorisation: "A-1", Purpose: vigia.GasLeak, Chemical: "methane"}, store.Trace{Actor: "test"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if st := run(); st.Sealed != 0 || st.Accepted != 1 {
		t.Errorf("%+v", st)
	}
}

// Bad bytes between good packets are counted, and the good ones are taken; a
// packet that comes twice is taken once.
func TestSource_GoesOn(t *testing.T) {
	one, two := datalink(t, noon, inside), datalink(t, noon.Add(time.Second), inside)
	broken := slices.Clone(two)
	broken[40] ^= 1
	future := datalink(t, noon.Add(48*time.Hour), inside)
	d := open(t, vigia.GasLeak)
	st := d.through(t, "klv", slices.Concat([]byte("noise"), one, broken, one, future, two))
	if st.Accepted != 2 || st.Repeated != 1 || st.Bad != 3 {
		t.Errorf("%+v", st)
	}
}

// Targets of a set of their own belong to where the aircraft just was.
func TestSource_StandaloneVMTI(t *testing.T) {
	set := func(at time.Time) []byte {
		v := misb.VMTI{Micros: uint64(at.UnixMicro()), Version: 6, Targets: []misb.Target{{ID: 1, Confidence: -1, State: -1, Located: true, Location: inside}}}
		value, err := v.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		return withChecksum(misb.KeyVMTI, value)
	}
	d := open(t, vigia.GasLeak)
	d.through(t, "klv", slices.Concat(set(noon), datalink(t, noon, inside), set(noon.Add(time.Second)), set(noon.Add(time.Minute))))
	reports := 0
	for _, b := range d.batches(t, stream.Position) {
		reports += len(b.Reports)
	}
	_, _, sealed := d.seen(t)
	if reports != 1 || len(sealed) != 2*len(set(noon)) {
		t.Errorf("%d reports, %d bytes under seal", reports, len(sealed))
	}
}

// withChecksum ends a local set as ST 0903 asks: item 1 is the sum over all.
func withChecksum(k misb.Key, value []byte) []byte {
	value = append(slices.Clone(value), 1, 2, 0, 0)
	p := misb.AppendPacket(nil, k, value)
	sum := misb.Checksum(p[:len(p)-2])
	p[len(p)-2], p[len(p)-1] = byte(sum>>8), byte(sum)
	return p
}

// A radar's dwell becomes reports with range rates; away is positive.
func TestSource_GMTI(t *testing.T) {
	p := gmti.Packet{Header: gmti.Header{Version: "31", Nationality: "XX", Classification: 5, System: "XX", Platform: "radar     ", Mission: 1}}
	p.Segments = []gmti.Segment{
		&gmti.Mission{Plan: strings.Repeat(" ", 12), Flight: strings.Repeat(" ", 12), Configuration: strings.Repeat(" ", 10), Year: 2026, Month: 3, Day: 1},
		&gmti.Dwell{
			Mask:   gmti.Mandatory | gmti.Bit(31) | gmti.TargetBit(2) | gmti.TargetBit(3) | gmti.TargetBit(7) | gmti.TargetBit(12) | gmti.TargetBit(13) | gmti.TargetBit(15),
			TimeMS: uint32((12 * time.Hour).Milliseconds()), Lat: inside.Lat, Lon: inside.Lon + 360, AltitudeCM: 5000, MDVDMPS: 20,
			Targets: []gmti.Target{{Lat: 10.004, Lon: 360 - 29.996, VelocityCMPS: -1500, SlantRangeSDCM: 300, CrossRangeSDDM: 40, VelocitySDCMPS: 50}},
		},
	}
	b, err := p.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, vigia.GasLeak)
	st := d.through(t, "gmti", b)
	all := d.batches(t, stream.Position)
	if len(all) != 1 || len(all[0].Reports) != 1 {
		t.Fatalf("%+v, %+v", st, all)
	}
	r := all[0].Reports[0]
	if r.RangeRate == nil || r.RangeRate.MPS != 15 || r.RangeRate.SigmaMPS != 0.5 || r.RangeRate.MDVMPS != 2 || geo.Distance(r.RangeRate.From, inside) > 0.1 {
		t.Errorf("%+v", r.RangeRate)
	}
	if !r.Time.Equal(noon) || r.SigmaM < 3.5 || r.SigmaM > 3.6 || geo.Distance(r.At, geo.Point{Lon: -29.996, Lat: 10.004}) > 0.1 {
		t.Errorf("%+v", r)
	}
}

// An autopilot's position is above the sea; the flight tells where the sea is.
func TestSource_MAVLink(t *testing.T) {
	d := open(t, vigia.GasLeak)
	err := d.Update(context.Background(), func(tx store.Tx) error {
		return tx.PutFlight(vigia.Flight{ID: "F", Authorisation: "A-1", Purpose: vigia.GasLeak, Chemical: "methane", GeoidM: -20}, store.Trace{Actor: "test"})
	})
	if err != nil {
		t.Fatal(err)
	}
	st := d.through(t, "mavlink", mavlinkFrames(t,
		&ardupilotmega.MessageAttitude{Roll: 0.1, Pitch: 0.2, Yaw: 1},
		&ardupilotmega.MessageGlobalPositionInt{Lat: 100050000, Lon: -299950000, Alt: 70000, Hdg: 9000},
		&ardupilotmega.MessageWind{Direction: 270, Speed: 3},
	))
	all := d.batches(t, stream.Position)
	if len(all) != 1 || len(all[0].Poses) != 1 {
		t.Fatalf("%+v, %+v", st, all)
	}
	if p := all[0].Poses[0]; p.At.Alt != 50 || p.Attitude == nil || p.Attitude.PitchDeg < 11 || p.Attitude.PitchDeg > 12 {
		t.Errorf("%+v, %+v", p, p.Attitude)
	}
	winds := d.batches(t, stream.Wind)
	if len(winds) != 1 || len(winds[0].Winds) != 1 || winds[0].Winds[0].SpeedMPS != 3 || winds[0].Winds[0].FromDeg != 270 {
		t.Errorf("%+v", winds)
	}
}

func mavlinkFrames(t testing.TB, messages ...message.Message) []byte {
	t.Helper()
	rw, err := dialect.NewReadWriter(ardupilotmega.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := frame.NewWriter(frame.WriterConf{Writer: &b, DialectRW: rw, OutVersion: frame.V2, OutSystemID: 1, OutComponentID: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if err := w.WriteMessage(m); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// Sensors on the ground speak of gas, wind and vehicles; each goes where it
// belongs.
func TestSource_Ground(t *testing.T) {
	body := `[{"sensor":"m1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":2.5,"unitOfMeasurement":"ppm","location":{"type":"Point","coordinates":[-29.995,10.005]}},
	{"sensor":"m1","observedProperty":"wind","phenomenonTime":"2026-03-01T12:00:00Z","result":{"speed_mps":3,"from_deg":270}},
	{"sensor":"g1","observedProperty":"vehicle","phenomenonTime":"2026-03-01T12:00:00Z","result":{"class":"van"},"location":{"type":"Point","coordinates":[-29.995,10.005]}},
	{"sensor":"g1","observedProperty":"vehicle","phenomenonTime":"2026-03-01T12:00:00Z","result":{"class":"van"},"location":{"type":"Point","coordinates":[-29.98,10.005]}},
	{"sensor":"m2","observedProperty":"concentration","chemical":"ammonia","phenomenonTime":"2026-03-01T12:00:00Z","result":2.5,"unitOfMeasurement":"ppm","location":{"type":"Point","coordinates":[-29.995,10.005]}}]`
	d := open(t, vigia.GasLeak)
	st := d.through(t, "ground", []byte(body))
	if st.Accepted != 3 || st.Sealed != 1 || st.Bad != 1 || !strings.Contains(st.LastError, "ammonia") {
		t.Errorf("%+v", st)
	}
	if o := d.batches(t, stream.Observation); len(o) != 1 || o[0].Observations[0].Value != 2.5 || o[0].Observations[0].Chemical != "methane" {
		t.Errorf("%+v", o)
	}
	if r := d.batches(t, stream.Position); len(r) != 1 || r[0].Reports[0].Class != "van" || len(d.batches(t, stream.Wind)) != 1 {
		t.Errorf("%+v", r)
	}
}

// Whatever a source sends, in whatever pieces, each packet is on the log or
// under seal once, and nothing on the log was not permitted.
func TestSource_EveryPacketIsInOnePlace(t *testing.T) {
	d := open(t, vigia.GasLeak)
	rapid.Check(t, func(rt *rapid.T) {
		d.tape.kept = nil
		var all []byte
		packets := 0
		for i := range rapid.IntRange(1, 20).Draw(rt, "packets") {
			place := geo.Point{Lon: rapid.Float64Range(-30.01, -29.98).Draw(rt, "lon"), Lat: rapid.Float64Range(9.99, 10.02).Draw(rt, "lat"), Alt: rapid.Float64Range(-50, 150).Draw(rt, "alt")}
			at := noon.Add(time.Duration(rapid.IntRange(-1800, 5400).Draw(rt, "at"))*time.Second + time.Duration(i)*time.Millisecond)
			all = append(all, datalink(t, at, place)...)
			packets++
		}
		d.through(t, "klv", all)
		onLog := 0
		for _, b := range d.batches(t, stream.Position) {
			for _, p := range b.Poses {
				onLog++
				if _, ok := permit.Permits(p.Time, vigia.GasLeak, p.At); !ok {
					rt.Fatalf("on the log and not permitted: %+v", p)
				}
				if !bytes.HasPrefix(b.Raw[p.Origin.Offset:], misb.KeyUASDatalink[:]) {
					rt.Fatalf("offset %d does not lead to a packet", p.Origin.Offset)
				}
			}
		}
		_, raw, sealed := d.seen(rt)
		if n := bytes.Count([]byte(raw+sealed), misb.KeyUASDatalink[:]); n != packets || len(raw)+len(sealed) != len(all) {
			rt.Fatalf("%d packets in, %d out; %d bytes in, %d out; %d poses", packets, n, len(all), len(raw)+len(sealed), onLog)
		}
	})
}

// The recorded stream's 30 packets come through the door whole, where the
// authorisation covers the place they were flown at.
func TestSource_Recorded(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(recorded.Dir(t, "wire/klv"), "h264_klv.ts"))
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, vigia.GasLeak)
	st := d.through(t, "ts", b)
	if st.Accepted+st.Sealed+st.Bad != 31 || st.Bad != 0 { // the video beside them is one more
		t.Errorf("30 packets and a segment of video: %+v", st)
	}
}
