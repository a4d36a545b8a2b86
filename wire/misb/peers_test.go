package misb

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vigia-project/vigia/wire/mpegts"
)

// ffmpeg extracts the KLV that we mux, byte for byte, and we find the KLV that
// it muxes beside a video.
func TestPeers_FFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: there is no ffmpeg; install it to hold the transport stream against another program")
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("ffmpeg", append([]string{"-hide_banner", "-loglevel", "error", "-y"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
		}
	}
	var w bytes.Buffer
	m, err := mpegts.NewMuxer(&w, mpegts.ProgramOutput{Number: 1, PMT: 0x100, Streams: []mpegts.Output{{PID: 0x101, Type: mpegts.TypePrivate, Format: mpegts.FormatKLVA}}})
	if err != nil {
		t.Fatal(err)
	}
	p := usualPacket(t)
	var all []byte
	const n = 25
	for i := range n {
		if err := m.WriteTables(); err != nil {
			t.Fatal(err)
		}
		if err := m.WriteUnit(mpegts.Unit{Stream: mpegts.Stream{PID: 0x101}, ID: mpegts.IDPrivate1, HasPTS: true, PTS: int64(i) * 3600, Data: p}); err != nil {
			t.Fatal(err)
		}
		all = append(all, p...)
	}
	ours := filepath.Join(dir, "ours.ts")
	if err := os.WriteFile(ours, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}

	run("-i", ours, "-map", "0:d:0", "-c", "copy", "-f", "data", "theirs.klv")
	got, err := os.ReadFile(filepath.Join(dir, "theirs.klv"))
	if err != nil || !bytes.Equal(got, all) {
		t.Errorf("ffmpeg extracts %d bytes, not the %d that were muxed, %v", len(got), len(all), err)
	}

	run("-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=1", "-i", ours, "-map", "0:v", "-map", "1:d", "-c:v", "mpeg2video", "-c:d", "copy", "theirs.ts")
	packets, d := packetsOf(t, filepath.Join(dir, "theirs.ts"))
	if len(packets) != n {
		t.Errorf("of a stream of ffmpeg %d packets are found, not %d; %+v", len(packets), n, d.Stats())
	}
	for i, got := range packets {
		if !bytes.Equal(got, p) {
			t.Errorf("packet %d is another", i)
		}
	}
	if s := d.Stats(); s.Lost+s.BadTables+s.Unreadable > 0 {
		t.Errorf("%+v", s)
	}
}
