package main

import (
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"sort"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/motion"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// A stamp is one ST 0601 packet of a video: when, whence and how the sensor
// looked.
type stamp struct {
	pts    int64 // 1/90000 s, on the video's clock
	time   time.Time
	pose   motion.Pose
	posed  bool
	ground float64 // height of the middle of the picture; NaN: not told
	datum  misb.Datum
}

// stamps are a video's metadata in the order of their times.
type stamps struct {
	all     []stamp
	bad     int // packets that could not be read
	packets int
}

const (
	// mostApart is how far from a picture the metadata may lie that it is taken
	// with, s: one packet a second is the least that ST 0601 asks for.
	mostApart = 1.1
	ptsWrap   = int64(1) << 33
)

// readStamps reads the metadata of a transport stream. Packets without a
// presentation time of their own (asynchronous metadata) belong to the picture
// that came before them. Pictures come in the order in which they are decoded,
// so the k-th that came stands for the k-th that is shown.
func readStamps(path string) (*stamps, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	s := &stamps{}
	var video []int64 // presentation times of the pictures
	var began []int64 // where each begins in the file
	var async []int64 // of each stamp: where it begins; -1: it has a time
	var frame misb.Frame
	c := misb.Collector{Each: func(found misb.Found) {
		s.packets++
		if frame.Decode(found.Packet) != nil {
			s.bad++
			return
		}
		one, ok := stampOf(&frame)
		if !ok {
			return
		}
		one.pts = found.Unit.PTS
		s.all = append(s.all, one)
		if found.Unit.HasPTS {
			async = append(async, -1)
		} else {
			async = append(async, found.Unit.Offset)
		}
	}}
	d := mpegts.NewDemuxer(mpegts.Options{Unit: func(u mpegts.Unit) {
		if isVideo(u.Type) && u.HasPTS {
			video, began = append(video, u.PTS), append(began, u.Offset)
		}
		c.Unit(u)
	}})
	if _, err := io.Copy(d, f); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%s cannot be read: %v", path, err)
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	slices.Sort(video)
	for i, offset := range async {
		if offset >= 0 && len(video) > 0 {
			k, _ := slices.BinarySearch(began, offset)
			s.all[i].pts = video[max(0, k-1)]
		}
	}
	sort.SliceStable(s.all, func(i, j int) bool { return s.all[i].pts < s.all[j].pts })
	return s, nil
}

func isVideo(kind uint8) bool {
	switch kind {
	case 0x01, 0x02, 0x10, mpegts.TypeH264, mpegts.TypeH265:
		return true
	}
	return false
}

// stampOf reads a packet. It is false for one without a time.
func stampOf(f *misb.Frame) (s stamp, ok bool) {
	if s.time, ok = f.Time(); !ok {
		return s, false
	}
	s.ground = math.NaN()
	if c, d, ok := f.FrameCenter(); ok && d != misb.NoHeight {
		s.ground = c.Alt
	}
	p := &s.pose
	p.At, s.datum, s.posed = f.Sensor()
	s.posed = s.posed && s.datum != misb.NoHeight
	need := func(to *float64, tags ...int) {
		for _, tag := range tags {
			if v, ok := f.Float(tag); ok {
				*to = v
				return
			}
		}
		s.posed = false
	}
	need(&p.Heading, misb.PlatformHeading)
	need(&p.Pitch, misb.PlatformPitchFull, misb.PlatformPitch)
	need(&p.Roll, misb.PlatformRollFull, misb.PlatformRoll)
	need(&p.Azimuth, misb.SensorRelativeAzimuth)
	need(&p.Elevation, misb.SensorRelativeElevation)
	need(&p.HFOV, misb.SensorHorizontalFOV)
	p.Rotation, _ = f.Float(misb.SensorRelativeRoll) // a sensor that does not turn leaves it out
	p.VFOV, _ = f.Float(misb.SensorVerticalFOV)
	return s, true
}

var errNoStamp = errors.New("no metadata near the picture")

// at is the metadata of a picture: those before and after it, and between them
// in proportion to the time.
func (s *stamps) at(pts int64) (stamp, error) {
	n := len(s.all)
	if n == 0 {
		return stamp{}, errNoStamp
	}
	// ffmpeg's clock and ours may have counted on over the wrap differently.
	pts += (s.all[0].pts - pts + ptsWrap/2) >> 33 << 33
	k := sort.Search(n, func(i int) bool { return s.all[i].pts > pts })
	const most = mostApart * mpegts.ClockHz
	before, after := k > 0 && float64(pts-s.all[max(k, 1)-1].pts) <= most, k < n && float64(s.all[min(k, n-1)].pts-pts) <= most
	switch {
	case before && after:
		a, b := s.all[k-1], s.all[k]
		return between(a, b, float64(pts-a.pts)/float64(b.pts-a.pts)), nil
	case before:
		return moved(s.all[k-1], pts), nil
	case after:
		return moved(s.all[k], pts), nil
	}
	return stamp{}, errNoStamp
}

// moved is a stamp at a little other time: it looked as it looked.
func moved(a stamp, pts int64) stamp {
	a.time = a.time.Add(time.Duration(float64(pts-a.pts) / mpegts.ClockHz * float64(time.Second)))
	a.pts = pts
	return a
}

// between mixes two stamps, angles the shorter way round.
func between(a, b stamp, f float64) stamp {
	out := a
	out.pts = a.pts + int64(f*float64(b.pts-a.pts))
	out.time = a.time.Add(time.Duration(f * float64(b.time.Sub(a.time))))
	if !a.posed || !b.posed {
		if f > 0.5 {
			out.pose, out.posed, out.datum = b.pose, b.posed, b.datum
		}
		return out
	}
	line := func(x, y float64) float64 { return x + f*(y-x) }
	turn := func(x, y float64) float64 { return x + f*(math.Mod(y-x+540, 360)-180) }
	p, q := a.pose, b.pose
	out.pose = motion.Pose{
		At:      geo.Point{Lon: line(p.At.Lon, q.At.Lon), Lat: line(p.At.Lat, q.At.Lat), Alt: line(p.At.Alt, q.At.Alt)},
		Heading: turn(p.Heading, q.Heading), Pitch: turn(p.Pitch, q.Pitch), Roll: turn(p.Roll, q.Roll),
		Azimuth: turn(p.Azimuth, q.Azimuth), Elevation: turn(p.Elevation, q.Elevation), Rotation: turn(p.Rotation, q.Rotation),
		HFOV: line(p.HFOV, q.HFOV), VFOV: line(p.VFOV, q.VFOV),
	}
	if !math.IsNaN(a.ground) && !math.IsNaN(b.ground) {
		out.ground = line(a.ground, b.ground)
	}
	return out
}
