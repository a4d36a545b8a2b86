package sim

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// A Recording is an AerialScene as an aircraft would send it: H.264 video with
// ST 0601 metadata in step, in an MPEG transport stream.
type Recording struct {
	Scene   AerialScene
	Frames  int
	Start   time.Time
	Origin  geo.Point        // where the town's x and y are 0, on the ground
	Silent  bool             // no metadata
	Outside func(n int) bool // pictures whose metadata say that the aircraft is one degree farther east
}

// Packet is the ST 0601 packet of a picture.
func (r Recording) Packet(f AerialFrame) ([]byte, error) {
	ground := geo.Frame{Origin: r.Origin}
	at := ground.ToPoint(geo.Local{X: f.Pose.X, Y: f.Pose.Y})
	if r.Outside != nil && r.Outside(f.Number) {
		at.Lon++
	}
	v := newView(f.Pose, r.Scene.Width, r.Scene.Height)
	place := func(x, y float64) geo.Point {
		d := v.ray(x, y)
		t := -f.Pose.Z / d[2]
		return geo.Frame{Origin: at}.ToPoint(geo.Local{X: t * d[0], Y: t * d[1]})
	}
	start := r.Start
	if start.IsZero() {
		start = time.Unix(0, 0)
	}
	var b misb.Builder
	b.Begin(start.Add(time.Duration(f.Seconds * float64(time.Second))))
	b.Float(misb.PlatformHeading, f.Pose.Heading)
	b.Float(misb.SensorLatitude, at.Lat)
	b.Float(misb.SensorLongitude, at.Lon)
	b.Float(misb.SensorHorizontalFOV, f.Pose.HFOV)
	b.Float(misb.SensorVerticalFOV, f.Pose.VFOV)
	b.Float(misb.SensorRelativeAzimuth, math.Mod(f.Pose.Azimuth+360, 360))
	b.Float(misb.SensorRelativeElevation, f.Pose.Elevation)
	b.Float(misb.SensorRelativeRoll, math.Mod(f.Pose.Rot+360, 360))
	middle := place(v.width/2, v.height/2)
	b.Float(misb.FrameCenterLatitude, middle.Lat)
	b.Float(misb.FrameCenterLongitude, middle.Lon)
	b.Float(misb.SensorEllipsoidHeight, r.Origin.Alt+f.Pose.Z)
	b.Float(misb.FrameCenterHeight, r.Origin.Alt)
	for i, c := range [4][2]float64{{0, 0}, {v.width, 0}, {v.width, v.height}, {0, v.height}} {
		p := place(c[0], c[1])
		b.Float(uint64(misb.Corner+2*i), p.Lat)
		b.Float(uint64(misb.Corner+2*i+1), p.Lon)
	}
	b.Float(misb.PlatformPitchFull, f.Pose.Pitch)
	b.Float(misb.PlatformRollFull, f.Pose.Roll)
	return b.Packet(nil)
}

// metadataPID is where the recording's metadata lie before ffmpeg gives them
// another place.
const metadataPID = 0x101

// Write renders the pictures and writes the recording, with frames in the order
// in which they are shown, as live encoders send them. They go through
// ffmpeg, with a key frame every second; the error is Unavailable where there
// is none. each, where not nil, sees every picture.
func (r Recording) Write(ctx context.Context, path string, each func(AerialFrame)) error {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return vigia.Errorf(vigia.Unavailable, "there is no ffmpeg to write a video with: install it (Debian: apt install ffmpeg)")
	}
	dir, err := os.MkdirTemp("", "vigia-recording")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it holds nothing of worth
	a := NewAerial(r.Scene)
	raw, err := os.Create(filepath.Join(dir, "video.gray"))
	if err != nil {
		return err
	}
	var klv bytes.Buffer
	m, err := mpegts.NewMuxer(&klv, mpegts.ProgramOutput{Number: 1, PMT: 0x1000, Streams: []mpegts.Output{{PID: metadataPID, Type: mpegts.TypePrivate, Format: mpegts.FormatKLVA}}})
	if err != nil {
		return err
	}
	err = m.WriteTables()
	for n := 0; n < r.Frames && err == nil; n++ {
		if err = ctx.Err(); err != nil {
			break
		}
		f := a.Frame(n)
		if each != nil {
			each(f)
		}
		if _, err = raw.Write(f.Pixels); err != nil {
			break
		}
		var packet []byte
		if packet, err = r.Packet(f); err == nil {
			err = m.WriteUnit(mpegts.Unit{Stream: mpegts.Stream{PID: metadataPID}, ID: mpegts.IDPrivate1, HasPTS: true,
				PTS: int64(f.Seconds*mpegts.ClockHz + 0.5), Data: packet})
		}
	}
	if err = errors.Join(err, raw.Close(), os.WriteFile(filepath.Join(dir, "klv.ts"), klv.Bytes(), 0o600)); err != nil {
		return err
	}
	s := r.Scene
	args := []string{"-hide_banner", "-loglevel", "error", "-y",
		"-f", "rawvideo", "-pix_fmt", "gray", "-s", strconv.Itoa(s.Width) + "x" + strconv.Itoa(s.Height),
		"-framerate", strconv.FormatFloat(s.FPS, 'g', -1, 64), "-i", raw.Name()}
	if !r.Silent {
		args = append(args, "-i", filepath.Join(dir, "klv.ts"), "-map", "0:v", "-map", "1:d", "-c:d", "copy")
	}
	args = append(args, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-bf", "0", "-pix_fmt", "yuv420p", "-threads", "1",
		"-g", strconv.Itoa(int(s.FPS+0.5)), "-f", "mpegts", path)
	if out, err := exec.CommandContext(ctx, ffmpeg, args...).CombinedOutput(); err != nil {
		return vigia.Errorf(vigia.Unavailable, "ffmpeg does not write the video: %v: %s", err, bytes.TrimSpace(out))
	}
	return nil
}
