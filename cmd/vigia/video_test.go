package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/sim"
)

// An aircraft's video comes in by a source, is cut, and can be watched by who
// may: ffmpeg plays the playlist over HTTP as a browser would, and the API says
// where the camera looked at each moment.
func TestVideo(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED: there is no ffmpeg; install it to try video")
	}
	dir := t.TempDir()
	video, config := filepath.Join(dir, "live.ts"), filepath.Join(dir, "sources.json")
	for name, content := range map[string]string{
		video:  "",
		config: fmt.Sprintf(`{"sources": [{"name": "cam", "url": "file://%s", "format": "ts", "flight": %q, "follow": true}]}`, video, walkFlight),
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newSystem(t, "--sources", config)
	s.start()
	s.people()
	s.permit(walkFrom, walkUntil, walkFlight)
	start := time.Date(2017, 1, 1, 12, 0, 0, 0, time.UTC)
	r := sim.Recording{Frames: 105, Start: start, Origin: geo.Point{Lon: -30.002, Lat: 9.998},
		Scene: sim.AerialScene{Seed: 3, Width: 128, Height: 96, FPS: 15, HeightM: 80, SpeedMPS: 5, DepressionDeg: 70, FOVDeg: 40, Lanes: 4, GapM: 40}}
	recorded := filepath.Join(dir, "recorded.ts")
	if err := r.Write(context.Background(), recorded, nil); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(video, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	var sources []struct {
		Source   string
		Segments int
		From     time.Time
	}
	s.eventually("three segments, the fourth being under way", func() (bool, error) {
		err := s.call(vigia.Analyst, "GET", "/video", nil, &sources)
		return len(sources) == 1 && sources[0].Segments == 3, err
	})
	if sources[0].Source != "cam" || !sources[0].From.Equal(start) {
		t.Errorf("the video is %+v", sources)
	}
	address := "http://" + s.listen + "/api/v1/flights/" + walkFlight + "/video.m3u8"
	s.must("", "flight", "end", walkFlight, "--token", s.tokens[vigia.Administrator]) // no more will come: the player need not wait
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, ffmpeg, "-hide_banner", "-loglevel", "error", "-headers", "Authorization: Bearer "+s.tokens[vigia.Analyst]+"\r\n",
		"-i", address, "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "gray", "-").Output()
	if n := len(out) / (128 * 96); err != nil || n != 90 {
		var said *exec.ExitError
		if errors.As(err, &said) {
			t.Logf("%s", said.Stderr)
		}
		t.Errorf("ffmpeg plays %d pictures: %v", n, err)
	}
	var looks []vigia.View
	query := url.Values{"from": {start.Add(time.Second).Format(time.RFC3339)}, "until": {start.Add(2 * time.Second).Format(time.RFC3339)}}
	if err := s.call(vigia.Approver, "GET", "/flights/"+walkFlight+"/looks?"+query.Encode(), nil, &looks); err != nil {
		t.Fatal(err)
	}
	if len(looks) < 4 || len(looks[0].Corners) != 4 {
		t.Errorf("in its second second the camera looked %+v", looks)
	}
	for _, role := range []vigia.Role{vigia.Partner, vigia.Feeder} {
		if code, _ := s.fetch(role, address); code != http.StatusForbidden {
			t.Errorf("the %s's request is answered with %d", role, code)
		}
	}
	if code, _ := s.fetch(vigia.Analyst, strings.Replace(address, walkFlight, "none", 1)); code != http.StatusNotFound {
		t.Errorf("a flight without video is answered with %d", code)
	}
	code, list := s.fetch(vigia.Analyst, address)
	if code != http.StatusOK || !bytes.Contains(list, []byte("#EXT-X-PROGRAM-DATE-TIME:2017-01-01T12:00:00.000Z")) {
		t.Errorf("the playlist is %s", list)
	}
	s.stop()
}

// fetch gets a page as somebody.
func (s *system) fetch(role vigia.Role, address string) (int, []byte) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.tokens[role])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, b
}
