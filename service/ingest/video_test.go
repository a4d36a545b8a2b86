package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/sim"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// recording is seven seconds of video by a real encoder, with a key frame a
// second and the house's own metadata in step.
func recording(t testing.TB, change func(*sim.Recording)) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: there is no ffmpeg; install it to try video")
	}
	r := sim.Recording{Frames: 105, Start: noon, Origin: geo.Point{Lon: -29.998, Lat: 10.002, Alt: 5},
		Scene: sim.AerialScene{Seed: 3, Width: 128, Height: 96, FPS: 15, HeightM: 80, SpeedMPS: 5, DepressionDeg: 70, FOVDeg: 40, Lanes: 4, GapM: 40}}
	if change != nil {
		change(&r)
	}
	path := filepath.Join(t.TempDir(), "r.ts")
	if err := r.Write(context.Background(), path, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// segments are what of a flight's video can be watched, each with its bytes.
func (d *door) segments(t testing.TB) (all []vigia.Segment, raw [][]byte) {
	t.Helper()
	for _, m := range d.tape.kept {
		if strings.HasPrefix(m.Subject, stream.VideoSegment) {
			var s vigia.Segment
			if err := json.Unmarshal(m.Data, &s); err != nil {
				t.Fatal(err)
			}
			bytes := d.tape.kept[s.Place-1]
			if bytes.Subject != stream.VideoBytes+"F" || vigia.Digest(bytes.Data) != s.Digest || len(bytes.Data) != s.Bytes {
				t.Errorf("segment %s does not lead to its bytes", s.ID)
			}
			all, raw = append(all, s), append(raw, bytes.Data)
		}
	}
	return all, raw
}

// pictures counts the pictures that ffmpeg decodes of a piece alone, and fails
// where it complains.
func pictures(t testing.TB, b []byte) int {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-hide_banner", "-loglevel", "error", "-i", "-", "-map", "0:v:0", "-f", "rawvideo", "-pix_fmt", "gray", "-")
	cmd.Stdin = bytes.NewReader(b)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil || said.Len() > 0 {
		t.Errorf("ffmpeg: %v: %s", err, said.String())
	}
	return out.Len() / (128 * 96)
}

// Every segment plays alone, together they are the whole video, and each knows
// when it was and where it looked.
func TestVideo(t *testing.T) {
	d := open(t, vigia.GasLeak)
	video := recording(t, nil)
	d.through(t, "ts", video)
	all, raw := d.segments(t)
	if len(all) != 4 {
		t.Fatalf("%d segments of seven seconds with a key frame a second", len(all))
	}
	shown, seconds := 0, 0.0
	for i, s := range all {
		n := pictures(t, raw[i])
		shown, seconds = shown+n, seconds+s.Seconds
		if math.Abs(s.Seconds-float64(n)/15) > 0.001 {
			t.Errorf("segment %d has %d pictures and says that it plays %.3f s", i, n, s.Seconds)
		}
		if want := noon.Add(time.Duration(shown-n) * time.Second / 15); s.From.Sub(want).Abs() > 70*time.Millisecond {
			t.Errorf("segment %d begins at %v; its first picture is of %v", i, s.From, want)
		}
		if s.Discontinuity != (i == 0) {
			t.Errorf("segment %d: discontinuity %v", i, s.Discontinuity)
		}
		if len(s.Looks) < 4 || len(s.Looks[0].Corners) != 4 || s.Looks[0].At.Alt < 80 || s.Looks[0].At.Alt > 90 {
			t.Errorf("segment %d looks %+v", i, s.Looks)
		}
	}
	if shown != 105 || math.Abs(seconds-7) > 0.001 {
		t.Errorf("%d pictures and %.3f s of 105 and 7", shown, seconds)
	}
	before := len(d.tape.kept)
	d.through(t, "ts", video)
	if len(d.tape.kept) != before {
		t.Errorf("sent again, %d messages more are kept", len(d.tape.kept)-before)
	}
}

// What is not covered is sealed before it is kept, and the overseer can open it:
// no piece is in both places, and none in neither.
func TestVideo_Sealed(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: short runs, such as that of the race detector, leave out what mostly computes")
	}
	for name, c := range map[string]struct {
		change func(*sim.Recording)
		watch  vigia.Purpose
		seen   int
		reason vigia.SealReason
	}{
		"no metadata":              {func(r *sim.Recording) { r.Silent = true }, vigia.GasLeak, 0, vigia.Unplaced},
		"another purpose":          {nil, vigia.HiddenLaboratory, 0, vigia.OutsidePurpose},
		"before the hours":         {func(r *sim.Recording) { r.Start = noon.Add(-time.Minute) }, vigia.GasLeak, 0, vigia.OutsideHours},
		"one picture from outside": {func(r *sim.Recording) { r.Outside = func(n int) bool { return n == 40 } }, vigia.GasLeak, 3, vigia.OutsideVolume},
		"leaves the volume":        {func(r *sim.Recording) { r.Outside = func(n int) bool { return n >= 60 } }, vigia.GasLeak, 2, vigia.OutsideVolume},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, c.watch)
			d.through(t, "ts", recording(t, c.change))
			all, raw := d.segments(t)
			if len(all) != c.seen {
				t.Errorf("%d segments can be watched, want %d", len(all), c.seen)
			}
			sealed := 0
			for _, m := range d.tape.kept {
				if !strings.HasPrefix(m.Subject, stream.Sealed) {
					continue
				}
				var s vigia.Sealed
				if err := json.Unmarshal(m.Data, &s); err != nil {
					t.Fatal(err)
				}
				text, err := ingest.Unseal(s, d.key)
				if err != nil {
					t.Fatal(err)
				}
				if !mpegts.Is(text) {
					continue // the metadata's own packets
				}
				sealed++
				if s.Reasons[c.reason] != 1 || pictures(t, text) < 15 {
					t.Errorf("sealed for %v", s.Reasons)
				}
				for _, r := range raw {
					if bytes.Contains(r, text[4*mpegts.PacketSize:]) {
						t.Error("what is sealed can be watched")
					}
				}
			}
			if sealed != 4-c.seen {
				t.Errorf("%d segments are sealed, want %d", sealed, 4-c.seen)
			}
		})
	}
}

// FuzzVideo sends what is no video: nothing grows, nothing hangs, and nothing
// without metadata can be watched.
func FuzzVideo(f *testing.F) {
	packet := make([]byte, mpegts.PacketSize)
	packet[0] = mpegts.Sync
	f.Add(packet)
	f.Add(append(packet, "junk"...))
	var tables bytes.Buffer
	m, err := mpegts.NewMuxer(&tables, mpegts.ProgramOutput{Number: 1, PMT: 0x1000, Streams: []mpegts.Output{{PID: 0x100, Type: mpegts.TypeH264}}})
	if err != nil {
		f.Fatal(err)
	}
	for i := range int64(4) {
		if err := m.WriteTables(); err != nil {
			f.Fatal(err)
		}
		if err := m.WriteUnit(mpegts.Unit{Stream: mpegts.Stream{PID: 0x100}, ID: 0xe0, HasPTS: true, PTS: i * 180000, Data: []byte{0, 0, 1, 0x67, 1, 2, 3}}); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(tables.Bytes())
	d := open(f, vigia.GasLeak) // one for all: a store of its own is most of what a try would cost
	f.Fuzz(func(t *testing.T, b []byte) {
		d.tape.kept = nil
		d.through(t, "ts", b)
		if all, _ := d.segments(t); len(all) > 0 {
			t.Errorf("%d segments without metadata", len(all))
		}
	})
}
