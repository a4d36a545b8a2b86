package main

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

	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/sim"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/plain"
)

// A town seen from an aircraft, through H.264 and a transport stream: what moves
// is found and goes to the ground where the truth has it, within the uncertainty
// that is stated; the targets in KLV say the same.
func TestMotion_Recording(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: there is no ffmpeg; install it to try video")
	}
	dir := t.TempDir()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	origin := geo.Point{Lon: -30, Lat: 10, Alt: 40}
	r := sim.Recording{Frames: 60, Start: start, Origin: origin, Scene: sim.AerialScene{Seed: 11, Width: 640, Height: 360, FPS: 25, HeightM: 110,
		SpeedMPS: 6, YawDPS: 1, DepressionDeg: 65, FOVDeg: 50, Lanes: 20, GapM: 35, NoiseSD: 2, ShakeDeg: 0.05, Blur: 1, Light: 0.03}}
	truth := map[int][]sim.AerialVehicle{}
	video := filepath.Join(dir, "flight.ts")
	err := r.Write(context.Background(), video, func(f sim.AerialFrame) { truth[f.Number] = f.Vehicles })
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	var out, errs bytes.Buffer
	code := run([]string{"motion", video, "-o", at("reports.csv"), "--klv", at("targets.klv"), "--png", at("look.png"), "--json", "--origin", "10,-30"},
		std{strings.NewReader(""), &out, &errs})
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	var did movedOut
	if err := json.Unmarshal(out.Bytes(), &did); err != nil {
		t.Fatal(err)
	}
	if did.Pictures != 60 || did.Packets != 60 || did.Skipped != 0 || did.Pixels || did.Unplaced != 0 {
		t.Errorf("the summary says %+v", did)
	}
	near, inside, n := followed(t, at("reports.csv"), truth, start)
	t.Logf("%d reports of %d objects; %d within 3 m of a vehicle, %d of them within the stated 95 %%; %.1f ms a picture", n, did.Objects, near, inside, 1000*did.DetectSec/60)
	if n < 60 || near < n*9/10 || inside < near*9/10 {
		t.Errorf("of %d reports %d are at a vehicle and %d within the stated 95 %%", n, near, inside)
	}
	checkTargets(t, at("targets.klv"), n)
	if info, err := os.Stat(at("look.png")); err != nil || info.Size() < 10000 {
		t.Errorf("the drawing: %v, %v", info, err)
	}
}

// followed compares reports with the truth.
func followed(t *testing.T, path string, truth map[int][]sim.AerialVehicle, start time.Time) (near, inside, n int) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	r, err := plain.NewReportReader(f, plain.Options{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if want := float64(start.Unix()) + float64(rec.Scan)/25; math.Abs(rec.Seconds-want) > 1e-3 {
			t.Fatalf("picture %d has the time %.4f, not %.4f", rec.Scan, rec.Seconds, want)
		}
		best := math.Inf(1)
		for _, v := range truth[rec.Scan] {
			best = min(best, math.Hypot(v.At.X-rec.X, v.At.Y-rec.Y))
		}
		if best < 3 {
			near++
		}
		if best < 3 && best < rec.Sigma*2.448 { // the circle of 95 %
			inside++
		}
	}
	return near, inside, n
}

// checkTargets reads the KLV back.
func checkTargets(t *testing.T, path string, reports int) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	packets, targets := 0, 0
	var s misb.Splitter
	s.Push(raw, func(p []byte, _ int64) {
		var f misb.Frame
		var v misb.VMTI
		if err := f.Decode(p); err != nil {
			t.Fatal(err)
		}
		if err := v.Decode(f.Raw(misb.VMTISet), nil); err != nil {
			t.Fatal(err)
		}
		packets++
		for _, one := range v.Targets {
			if one.Located && one.Row > 0 && one.SigmaM[0] > 0 {
				targets++
			}
		}
	})
	if packets != 60 || targets != reports {
		t.Errorf("%d packets with %d targets; %d were reported", packets, targets, reports)
	}
}

// A video without metadata gives pixels; no video, and no ffmpeg, are said.
func TestMotion_Without(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: there is no ffmpeg; install it to try video")
	}
	dir := t.TempDir()
	video, junk := filepath.Join(dir, "v.ts"), filepath.Join(dir, "junk.ts")
	r := sim.Recording{Frames: 14, Silent: true, Scene: sim.AerialScene{Seed: 5, Width: 320, Height: 180, FPS: 25, HeightM: 130, DepressionDeg: 65, FOVDeg: 40, Lanes: 8, GapM: 30, NoiseSD: 2}}
	if err := r.Write(context.Background(), video, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(junk, []byte("this is no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	for name, c := range map[string]struct {
		args []string
		path string
		code int
		say  string
	}{
		"pixels":      {[]string{video}, path, 0, "the reports are in pixels"},
		"targets":     {[]string{video, "--klv", filepath.Join(dir, "t.klv")}, path, 2, "no ST 0601 metadata"},
		"junk":        {[]string{junk}, path, 2, "ffmpeg does not read the video"},
		"no ffmpeg":   {[]string{video}, dir, 6, "apt install ffmpeg"},
		"accuracy":    {[]string{video, "--accuracy", "heading=3"}, path, 2, "heading_deg=1"},
		"json":        {[]string{video, "--json"}, path, 2, "--json needs -o"},
		"no picture":  {[]string{video, "--frame", "99", "--png", filepath.Join(dir, "p.png")}, path, 2, "no such picture"},
		"bad origin":  {[]string{video, "--origin", "here"}, path, 2, "no LAT,LON"},
		"not a thing": {[]string{filepath.Join(dir, "none.ts")}, path, 2, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", c.path)
			var out, errs bytes.Buffer
			code := run(append([]string{"motion"}, c.args...), std{strings.NewReader(""), &out, &errs})
			if code != c.code || !strings.Contains(errs.String(), c.say) {
				t.Errorf("exit %d: %s; want %d and %q", code, errs.String(), c.code, c.say)
			}
		})
	}
}
