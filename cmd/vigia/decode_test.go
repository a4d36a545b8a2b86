package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia/internal/recorded"
	"github.com/vigia-project/vigia/wire/gmti"
	"github.com/vigia-project/vigia/wire/mavlink"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// decodeFile runs vigia decode and reads its lines.
func decodeFile(t *testing.T, args ...string) (objects []map[string]any, told string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(append([]string{"decode"}, args...), std{strings.NewReader(""), &out, &errs}); code != 0 {
		t.Fatalf("vigia decode %v: exit code %d: %s", args, code, errs.String())
	}
	for line := range strings.Lines(out.String()) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		objects = append(objects, o)
	}
	return objects, errs.String()
}

func written(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// klvPacket is a packet of one position.
func klvPacket(t *testing.T) []byte {
	t.Helper()
	var b misb.Builder
	b.Begin(time.Unix(1_700_000_000, 0))
	b.Float(misb.SensorLatitude, 10)
	b.Float(misb.SensorLongitude, -30)
	b.VMTI(&misb.VMTI{Version: 6, Targets: []misb.Target{{ID: 4, Confidence: 90, Class: "vehicle", State: -1}}})
	p, err := b.Packet(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecode_KLV(t *testing.T) {
	good := klvPacket(t)
	bad := bytes.Clone(good)
	bad[30] ^= 1
	path := written(t, "a.klv", append(append(bytes.Clone(good), "noise"...), bad...))
	objects, told := decodeFile(t, path)
	if len(objects) != 2 || !strings.Contains(told, "2 packets, 1 with a bad checksum, 0 without one; 5 bytes belong to no packet") {
		t.Fatalf("%d objects; told %q", len(objects), told)
	}
	a, b := objects[0], objects[1]
	if a["checksum"] != "good" || a["precision_timestamp"] != 1.7e15 || a["offset"] != 0.0 {
		t.Errorf("%v", a)
	}
	vmti, _ := json.Marshal(a["vmti_local_set"])
	if !strings.Contains(string(vmti), `"id":4`) || !strings.Contains(string(vmti), `"ontology_class":"vehicle"`) {
		t.Errorf("the targets do not nest: %s", vmti)
	}
	if b["checksum"] != "bad" || b["sensor_latitude"] != nil || b["offset"] != float64(len(good)+5) {
		t.Errorf("a damaged packet gives values: %v", b)
	}
}

// Two programs, one of which carries two metadata streams, one of them in cells.
func TestDecode_TransportStream(t *testing.T) {
	var w bytes.Buffer
	m, err := mpegts.NewMuxer(&w,
		mpegts.ProgramOutput{Number: 1, PMT: 0x100, Streams: []mpegts.Output{{PID: 0x101, Type: mpegts.TypePrivate, Format: mpegts.FormatKLVA}, {PID: 0x102, Type: mpegts.TypeMetadata, Format: mpegts.FormatKLVA}}},
		mpegts.ProgramOutput{Number: 2, PMT: 0x200, Streams: []mpegts.Output{{PID: 0x201, Type: mpegts.TypePrivate, Format: mpegts.FormatKLVA}}})
	if err != nil {
		t.Fatal(err)
	}
	p := klvPacket(t)
	cells, _ := mpegts.AppendUnit(nil, 0, 0, p)
	if err := m.WriteTables(); err != nil {
		t.Fatal(err)
	}
	for _, u := range []mpegts.Unit{
		{Stream: mpegts.Stream{PID: 0x101}, ID: mpegts.IDPrivate1, Data: p},
		{Stream: mpegts.Stream{PID: 0x102}, ID: mpegts.IDMetadata, HasPTS: true, PTS: 45000, Data: cells},
		{Stream: mpegts.Stream{PID: 0x201}, ID: mpegts.IDPrivate1, Data: p},
	} {
		if err := m.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "out.jsonl")
	objects, told := decodeFile(t, written(t, "a.ts", w.Bytes()), "-o", out)
	if len(objects) != 0 || !strings.HasPrefix(told, "3 packets, 0 with a bad checksum") {
		t.Errorf("%d objects on standard output; told %q", len(objects), told)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var where []string
	for line := range strings.Lines(string(b)) {
		var o struct {
			Program, PID int
			PTS          *float64 `json:"pts_s"`
			Checksum     string
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if o.PID == 0x102 && (o.PTS == nil || *o.PTS != 0.5) || o.Checksum != "good" {
			t.Errorf("%s", line)
		}
		where = append(where, line[:strings.Index(line, ",\"offset")])
	}
	if got := strings.Join(where, " "); got != `{"program":1,"pid":257 {"program":1,"pid":258 {"program":2,"pid":513` {
		t.Errorf("%s", got)
	}
}

func TestDecode_Recorded(t *testing.T) {
	dir := recorded.Dir(t, "wire/klv")
	for file, n := range map[string]int{"h264_klv.ts": 30, "aphill_short.ts": 48} {
		if objects, told := decodeFile(t, filepath.Join(dir, file)); len(objects) != n {
			t.Errorf("%s: %d packets, not %d; told %q", file, len(objects), n, told)
		}
	}
}

func TestDecode_Errors(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no file":      {[]string{"none.ts"}, "none.ts"},
		"unknown kind": {[]string{written(t, "a", []byte("what is this?"))}, "begins like none of the formats that are read"},
		"an empty one": {[]string{written(t, "a", nil)}, "begins like none of the formats that are read"},
		"a wrong type": {[]string{"--type", "mp3", "a"}, "--type"},
	} {
		var out, errs bytes.Buffer
		if code := run(append([]string{"decode"}, c.args...), std{strings.NewReader(""), &out, &errs}); code != 2 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: exit code %d, %q", name, code, errs.String())
		}
	}
}

// One small file of each other kind, its kind guessed.
func TestDecode_OtherKinds(t *testing.T) {
	heart, err := (&mavlink.Writer{System: 7}).Append(nil, time.Time{}, mavlink.Heartbeat())
	if err != nil {
		t.Fatal(err)
	}
	radar, err := (&gmti.Packet{Header: gmti.Header{Version: "31", Classification: 5}, Segments: []gmti.Segment{
		&gmti.Dwell{Mask: gmti.Mandatory | gmti.TargetBit(6), Targets: []gmti.Target{{HeightM: 12}}},
		&gmti.Raw{Type: gmti.KindHRR, Data: []byte{1, 2}},
	}}).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	event := `<event version="2.0" uid="u" type="b-m-p-s-m" how="h-e" time="2026-01-31T12:00:00Z" start="2026-01-31T12:00:00Z" stale="2026-01-31T12:05:00Z"><point lat="1" lon="2" hae="3" ce="4" le="5"/><detail><a b="c"/></detail></event>`
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"tlog": {mavlink.AppendRecord(nil, time.Unix(1_700_000_000, 0), heart), `"message":"HEARTBEAT"`},
		"4607": {radar, `"target_reports":[{"target_location_geodetic_height_m":12}]`},
		"cot":  {[]byte(event), `"lat":1,"lon":2,"hae":3,"ce":4,"le":5`},
	} {
		var out, errs bytes.Buffer
		code := run([]string{"decode", written(t, name, c.file)}, std{strings.NewReader(""), &out, &errs})
		if code != 0 || strings.Count(out.String(), "\n") != 1 || !json.Valid(out.Bytes()) || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: exit code %d, %s%s", name, code, out.String(), errs.String())
		}
	}
}
