package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/motion"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/plain"
)

type motionCmd struct {
	Video    string   `arg:"" help:"MPEG transport stream with ST 0601 metadata; any other video gives pixels only." type:"existingfile"`
	Output   string   `help:"Write the position reports to this file." short:"o" placeholder:"FILE"`
	Klv      string   `help:"Write ST 0903 moving targets in ST 0601 packets to this file." name:"klv" placeholder:"FILE"`
	Png      string   `help:"Draw a picture with what moves in it to this file." name:"png" placeholder:"FILE"`
	Frame    int      `help:"Which picture to draw, from 0; the one with the most objects when not given." default:"-1" placeholder:"N"`
	Origin   string   `help:"Where x and y are 0: latitude,longitude. The first place of the sensor when not given." placeholder:"LAT,LON"`
	Ground   *float64 `help:"Height of the ground, m, above what the sensor's height is above. The metadata's own when not given." placeholder:"M"`
	Accuracy string   `help:"How sure pose and ground are, one standard deviation each; the names are in docs/formats/motion.md." placeholder:"NAME=VALUE,…"`
	Slowest  float64  `help:"Least motion over the ground that is told, pixels a picture." default:"1"`
	Seed     uint64   `help:"Seed of the draws: the same seed gives the same answer." default:"1"`
	JSON     bool     `help:"Write a summary in JSON for machines; needs -o." name:"json"`
	finderFlags
}

// Help is the page behind --help.
func (motionCmd) Help() string {
	return `Finds what moves over the ground in a video from an aircraft, without a detector
on board, and writes position reports that "vigia track" takes. ffmpeg decodes.
Each picture is registered to those before it; a picture that cannot be is
skipped, and said to be. Where the stream carries ST 0601 metadata, objects go to
the ground by the sensor's pose, with the uncertainty that follows from how sure
the pose is; without, they stay in pixels, a unit of length like any other.

    vigia motion flight.ts -o reports.csv --klv targets.klv --png look.png
    vigia track --reports reports.csv -o tracks.csv`
}

// moved is what a run did.
type movedOut struct {
	Pictures   int            `json:"pictures"`
	Skipped    int            `json:"skipped"`
	Why        map[string]int `json:"skipped_because,omitempty"`
	Reports    int            `json:"reports"`
	Unplaced   int            `json:"unplaced"` // seen, but their place on the ground could not be said
	Objects    int            `json:"objects"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Packets    int            `json:"metadata_packets"`
	Bad        int            `json:"metadata_unreadable"`
	Pixels     bool           `json:"in_pixels"` // no metadata: reports are pixels of the picture
	Origin     *geo.Point     `json:"origin,omitempty"`
	Seconds    float64        `json:"seconds"`
	DetectSec  float64        `json:"detector_seconds"`
	PictureSec float64        `json:"pictures_per_second"`
	Warnings   []string       `json:"warnings,omitempty"`
}

// Run watches and writes.
func (c motionCmd) Run(ctx context.Context, io std) error {
	if c.JSON && c.Output == "" {
		return vigia.Errorf(vigia.Invalid, "--json needs -o: the reports go to standard output otherwise")
	}
	w, err := c.watch(io)
	if err != nil {
		return err
	}
	err = output(io, c.Output, func(to ioWriter) error {
		w.reports = plain.NewReportWriter(to)
		return errors.Join(w.run(ctx), w.reports.Flush())
	})
	if err = errors.Join(err, w.close()); err != nil {
		return err
	}
	for _, s := range w.did.Warnings {
		fmt.Fprintf(io.err, "warning: %s: %s\n", c.Video, s)
	}
	if c.JSON {
		return writeJSON(io.out, w.did)
	}
	_, err = fmt.Fprintf(io.err, "%d pictures, %d skipped; %d objects in %d reports, %d without a place; %.1f s, of which detecting %.1f s (%.0f pictures a second)\n",
		w.did.Pictures, w.did.Skipped, w.did.Objects, w.did.Reports, w.did.Unplaced, w.did.Seconds, w.did.DetectSec, w.did.PictureSec)
	return err
}

// A watch is one run over a video.
type watch struct {
	cmd      motionCmd
	accuracy motion.Accuracy
	settings motion.Settings
	stamps   *stamps
	frame    *geo.Frame // of x and y; nil: not yet known, or pixels
	reports  *plain.ReportWriter
	klvFile  *os.File
	klv      *bufio.Writer
	builder  misb.Builder
	drawn    drawing
	ids      map[uint64]bool
	did      movedOut
}

func (c motionCmd) watch(io std) (*watch, error) {
	w := &watch{cmd: c, ids: map[uint64]bool{}, settings: motion.Settings{Slowest: c.Slowest, Seed: c.Seed}}
	var err error
	if w.accuracy, err = parseAccuracy(c.Accuracy); err != nil {
		return nil, err
	}
	if c.Origin != "" {
		frame, err := originFrame(c.Origin)
		if err != nil {
			return nil, err
		}
		w.frame = frame
	}
	if w.settings.Finder, err = c.finder(); err != nil {
		return nil, err
	}
	if w.stamps, err = readStamps(c.Video); err != nil {
		return nil, err
	}
	w.did.Packets, w.did.Bad = w.stamps.packets, w.stamps.bad
	if len(w.stamps.all) == 0 {
		w.did.Pixels = true
		w.did.Warnings = append(w.did.Warnings, "it carries no ST 0601 metadata: the reports are in pixels of the picture")
		if c.Klv != "" {
			return nil, vigia.Errorf(vigia.Invalid, "%s carries no ST 0601 metadata: there is no time and no place to write moving targets with", c.Video)
		}
	}
	if c.Klv != "" {
		if w.klvFile, err = os.Create(c.Klv); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "the targets cannot be written: %v", err)
		}
		w.klv = bufio.NewWriter(w.klvFile)
	}
	return w, nil
}

// run reads the video to its end.
func (w *watch) run(ctx context.Context) error {
	began := time.Now()
	video, err := openVideo(ctx, w.cmd.Video)
	if err != nil {
		return err
	}
	defer video.close()
	d := motion.New(w.settings)
	for n := 0; ; n++ {
		s, pixels, err := video.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if w.did.Width != 0 && (s.width != w.did.Width || s.height != w.did.Height) {
			w.did.Warnings = append(w.did.Warnings, fmt.Sprintf("from picture %d on they are %d × %d pixels: begun anew", n, s.width, s.height))
			d = motion.New(w.settings)
		}
		w.did.Pictures, w.did.Width, w.did.Height = w.did.Pictures+1, s.width, s.height
		at := time.Now()
		result, err := d.Add(motion.Picture{Seconds: float64(s.pts) / 90000, Width: s.width, Height: s.height, Pixels: pixels})
		w.did.DetectSec += time.Since(at).Seconds()
		if err != nil {
			return err
		}
		if result.Skipped != "" {
			w.skip(result.Skipped)
		}
		if err := w.tell(n, s, result.Objects); err != nil {
			return err
		}
		if w.cmd.Png != "" {
			w.drawn.keep(n, w.cmd.Frame, s, pixels, result.Objects)
		}
	}
	if w.did.Pictures == 0 {
		return vigia.Errorf(vigia.Invalid, "%s has no picture", w.cmd.Video)
	}
	w.did.Objects, w.did.Seconds = len(w.ids), time.Since(began).Seconds()
	if w.did.DetectSec > 0 {
		w.did.PictureSec = float64(w.did.Pictures) / w.did.DetectSec
	}
	if w.cmd.Png != "" {
		return w.drawn.write(w.cmd.Png)
	}
	return nil
}

func (w *watch) skip(why string) {
	w.did.Skipped++
	if w.did.Why == nil {
		w.did.Why = map[string]int{}
	}
	if len(w.did.Why) < 100 {
		w.did.Why[why]++
	}
}

func (w *watch) close() error {
	if w.klvFile == nil {
		return nil
	}
	return errors.Join(w.klv.Flush(), w.klvFile.Close())
}

// tell writes one picture's objects.
func (w *watch) tell(n int, s shown, objects []motion.Object) error {
	if w.did.Pixels {
		for _, o := range objects {
			if err := w.report(plain.ReportRecord{Scan: n, Seconds: float64(s.pts) / 90000, ID: int(o.ID), X: o.X, Y: -o.Y, Sigma: o.Sigma, Score: &o.Score}); err != nil {
				return err
			}
		}
		return nil
	}
	at, err := w.stamps.at(s.pts)
	if err != nil || !s.known {
		w.did.Unplaced += len(objects)
		return nil
	}
	ground, err := w.ground(at)
	if err != nil {
		return err
	}
	if at.posed && w.frame == nil {
		w.frame = &geo.Frame{Origin: geo.Point{Lon: at.pose.At.Lon, Lat: at.pose.At.Lat, Alt: ground}}
		w.did.Origin = &w.frame.Origin
	}
	var targets []misb.Target
	for _, o := range objects {
		w.ids[o.ID] = true
		t := misb.Target{ID: o.ID, Row: uint64(max(1, math.Ceil(o.Y))), Col: uint64(max(1, math.Ceil(o.X))), Confidence: -1, State: -1}
		fix, err := at.pose.Ground(o.X, o.Y, o.Sigma, s.width, s.height, ground, w.accuracy)
		if !at.posed || err != nil {
			w.did.Unplaced++
			targets = append(targets, t)
			continue
		}
		t.Located, t.HasHeight, t.Location = true, true, fix.At
		t.SigmaM = [3]float64{math.Sqrt(fix.Covariance[0]), math.Sqrt(fix.Covariance[2]), w.accuracy.GroundM}
		targets = append(targets, t)
		l := w.frame.ToLocal(fix.At)
		rec := plain.ReportRecord{Scan: n, Seconds: float64(at.time.UnixMicro()) / 1e6, ID: int(o.ID), X: l.X, Y: l.Y, Sigma: fix.Sigma(), Score: &o.Score}
		if err := w.report(rec); err != nil {
			return err
		}
	}
	if w.klv == nil {
		return nil
	}
	return w.packet(n, s, at, ground, targets)
}

func (w *watch) report(r plain.ReportRecord) error {
	w.ids[uint64(r.ID)] = true
	w.did.Reports++
	return w.reports.Write(r)
}

// ground is the height of the ground at a stamp.
func (w *watch) ground(at stamp) (float64, error) {
	switch {
	case w.cmd.Ground != nil:
		return *w.cmd.Ground, nil
	case !math.IsNaN(at.ground):
		return at.ground, nil
	case !at.posed:
		return 0, nil
	}
	return 0, vigia.Errorf(vigia.Invalid, "the metadata do not say how high the ground is: say it with --ground")
}

// packet writes one ST 0601 packet with the moving targets of a picture.
func (w *watch) packet(n int, s shown, at stamp, ground float64, targets []misb.Target) error {
	b := &w.builder
	b.Begin(at.time)
	if at.posed {
		p := at.pose
		wrap := func(deg float64) float64 { return math.Mod(deg+720, 360) }
		b.Float(misb.PlatformHeading, wrap(p.Heading))
		b.Float(misb.SensorLatitude, p.At.Lat)
		b.Float(misb.SensorLongitude, p.At.Lon)
		b.Float(misb.SensorHorizontalFOV, p.HFOV)
		if p.VFOV > 0 {
			b.Float(misb.SensorVerticalFOV, p.VFOV)
		}
		b.Float(misb.SensorRelativeAzimuth, wrap(p.Azimuth))
		b.Float(misb.SensorRelativeElevation, p.Elevation)
		b.Float(misb.SensorRelativeRoll, wrap(p.Rotation))
		if at.datum == misb.SeaLevel {
			b.Float(misb.SensorTrueAltitude, p.At.Alt)
		} else {
			b.Float(misb.SensorEllipsoidHeight, p.At.Alt)
		}
		if fix, err := p.Ground(float64(s.width)/2, float64(s.height)/2, 0, s.width, s.height, ground, motion.Accuracy{}); err == nil {
			b.Float(misb.FrameCenterLatitude, fix.At.Lat)
			b.Float(misb.FrameCenterLongitude, fix.At.Lon)
		}
		b.Float(misb.PlatformPitchFull, p.Pitch)
		b.Float(misb.PlatformRollFull, p.Roll)
	}
	b.VMTI(&misb.VMTI{Version: 4, Detected: uint64(len(targets)), Frame: uint64(n + 1), Width: uint64(s.width), Height: uint64(s.height), Targets: targets})
	raw, err := b.Packet(nil)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "picture %d cannot be written as ST 0601: %v", n, err)
	}
	_, err = w.klv.Write(raw)
	return err
}
