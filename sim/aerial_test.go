package sim

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

var smallScene = AerialScene{Seed: 7, Width: 320, Height: 180, FPS: 25, HeightM: 150, SpeedMPS: 20, YawDPS: 2,
	DepressionDeg: 60, FOVDeg: 50, Lanes: 12, GapM: 40, NoiseSD: 2, ShakeDeg: 0.05, Blur: 1}

// The same scene gives the same pictures in any order; the next picture shows
// each vehicle where the truth of its motion says.
func TestAerial(t *testing.T) {
	a, b := NewAerial(smallScene), NewAerial(smallScene)
	b.Frame(9)
	f, g := a.Frame(3), b.Frame(3)
	if !bytes.Equal(f.Pixels, g.Pixels) || len(f.Vehicles) != len(g.Vehicles) {
		t.Error("the same picture came out in two ways")
	}
	next := a.Frame(4)
	v, w := newView(f.Pose, 320, 180), newView(next.Pose, 320, 180)
	checked := 0
	for _, before := range f.Vehicles {
		for _, after := range next.Vehicles {
			if after.ID != before.ID || math.Hypot(after.At.X-before.At.X, after.At.Y-before.At.Y) > 5 {
				continue
			}
			checked++
			x, y, _ := v.pixel(after.At.X, after.At.Y, 0) // where it would be, had the camera stood still
			if got := math.Hypot(x-before.X, y-before.Y); math.Abs(got-before.Motion) > 0.01 {
				t.Errorf("vehicle %d: motion %.3f, the places say %.3f", before.ID, before.Motion, got)
			}
			px, py, _ := w.pixel(after.At.X, after.At.Y, 0)
			if math.Hypot(px-after.X, py-after.Y) > 1e-6 {
				t.Errorf("vehicle %d is not where its place is seen", after.ID)
			}
		}
	}
	if checked < 3 {
		t.Errorf("only %d vehicles in two pictures", checked)
	}
}

// A ray through a pixel meets the ground where that place is seen.
func TestAerial_View(t *testing.T) {
	v := newView(AerialPose{X: 10, Y: 20, Z: 200, Heading: 33, Pitch: 3, Roll: -6, Azimuth: 80, Elevation: -50, Rot: 4, HFOV: 40, VFOV: 25}, 640, 360)
	for _, p := range [][2]float64{{0, 0}, {320, 180}, {600, 30}} {
		d := v.ray(p[0], p[1])
		x, y := 10-200*d[0]/d[2], 20-200*d[1]/d[2]
		if px, py, ok := v.pixel(x, y, 0); !ok || math.Hypot(px-p[0], py-p[1]) > 1e-6 {
			t.Errorf("%v is seen at %v, %v", p, px, py)
		}
	}
}

// A recording holds a packet a picture, each at its time.
func TestRecording(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: there is no ffmpeg; install it to write recordings")
	}
	r := Recording{Scene: smallScene, Frames: 10, Start: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Origin: geo.Point{Lon: -30, Lat: 10}}
	path := filepath.Join(t.TempDir(), "r.ts")
	if err := r.Write(context.Background(), path, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close() //nolint:errcheck // it is only read
	var times []time.Time
	video := 0
	c := misb.Collector{Each: func(f misb.Found) {
		var frame misb.Frame
		if err := frame.Decode(f.Packet); err != nil {
			t.Error(err)
		}
		at, _ := frame.Time()
		times = append(times, at)
	}}
	d := mpegts.NewDemuxer(mpegts.Options{Unit: func(u mpegts.Unit) {
		if u.Type == mpegts.TypeH264 {
			video++
		}
		c.Unit(u)
	}})
	if _, err := io.Copy(d, data); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if len(times) != 10 || video != 10 || !times[9].Equal(r.Start.Add(360*time.Millisecond)) {
		t.Errorf("%d packets of %d pictures, the last of %v", len(times), video, times)
	}
}
