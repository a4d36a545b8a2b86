package motion_test

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/motion"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
	"github.com/vigia-project/vigia/sim"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// The simulator casts its rays by itself; where it puts a vehicle in the
// picture, the vehicle is found on the ground.
func TestGround_Simulator(t *testing.T) {
	origin := geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10}}
	for seed := uint64(1); seed <= 4; seed++ {
		s := aScene(seed)
		s.Width, s.Height = 320, 180
		a := sim.NewAerial(s)
		for _, n := range []int{0, 40} {
			f := a.Frame(n)
			for _, v := range f.Vehicles {
				at := origin.ToPoint(geo.Local{X: f.Pose.X, Y: f.Pose.Y})
				at.Alt = f.Pose.Z + 30
				p := motion.Pose{At: at, Heading: f.Pose.Heading, Pitch: f.Pose.Pitch, Roll: f.Pose.Roll,
					Azimuth: f.Pose.Azimuth, Elevation: f.Pose.Elevation, Rotation: f.Pose.Rot, HFOV: f.Pose.HFOV}
				fix, err := p.Ground(v.X, v.Y, 0, s.Width, s.Height, 30, motion.Accuracy{})
				if err != nil {
					t.Fatal(err)
				}
				got := origin.ToLocal(fix.At)
				if off := math.Hypot(got.X-v.At.X, got.Y-v.At.Y); off > 0.05 {
					t.Errorf("scene %d, picture %d: vehicle %d at %.1f, %.1f is found %.2f m away", seed, n, v.ID, v.At.X, v.At.Y, off)
				}
			}
		}
	}
}

// A recorded aircraft says where its sensor was, in which direction it looked
// and how far, and where the middle of its picture was on the ground. Its own
// direction and its own middle disagree by 1.5°; the distance does not.
func TestGround_Recorded(t *testing.T) {
	file, err := os.Open(filepath.Join(recorded.Dir(t, "wire/klv"), "aphill_short.ts"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	packets := 0
	var worstRange, worstBearing float64
	c := misb.Collector{Each: func(f misb.Found) {
		m, err := misb.Decode(f.Packet)
		if err != nil || m.Set == nil {
			return
		}
		fields := m.Set.Fields()
		number := func(name string) float64 {
			v, ok := fields.Get(name).(float64)
			if !ok {
				t.Fatalf("packet %d has no %s", packets, name)
			}
			return v
		}
		p := motion.Pose{At: geo.Point{Lon: number("device_longitude"), Lat: number("device_latitude"), Alt: number("device_altitude")},
			Heading: number("angle_to_north"), Elevation: number("obliquity_angle"), HFOV: number("horizontal_field_of_view")}
		ground := p.At.Alt + number("slant_range")*math.Sin(p.Elevation*math.Pi/180)
		fix, err := p.Ground(50, 50, 0, 100, 100, ground, motion.Accuracy{})
		if err != nil {
			t.Fatal(err)
		}
		frame := geo.Frame{Origin: p.At}
		mine := frame.ToLocal(fix.At)
		says := frame.ToLocal(geo.Point{Lon: number("frame_center_longitude"), Lat: number("frame_center_latitude"), Alt: ground})
		packets++
		worstRange = max(worstRange, math.Abs(math.Hypot(mine.X, mine.Y)/math.Hypot(says.X, says.Y)-1))
		turn := (math.Atan2(mine.X, mine.Y) - math.Atan2(says.X, says.Y)) * 180 / math.Pi
		worstBearing = max(worstBearing, math.Abs(turn))
	}}
	d := mpegts.NewDemuxer(mpegts.Options{Unit: c.Unit})
	if _, err := io.Copy(d, file); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d packets; the middle is off by at most %.4f of its distance and %.2f° of bearing", packets, worstRange, worstBearing)
	if packets != 48 || worstRange > 0.005 || worstBearing > 2 {
		t.Errorf("%d packets, off by %.4f of the distance and %.2f°", packets, worstRange, worstBearing)
	}
}

// The stated 95 % holds the error in about 95 of 100 cases, for poses from
// straight down to 12° below the horizon and accuracies from a survey
// aircraft's to a cheap drone's.
func TestGround_Covers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	const cases = 6000
	in, given := 0, 0
	var byDip [3][2]int
	for range cases {
		k := math.Exp(2*rng.Float64() - 1.5)
		acc := motion.DefaultAccuracy()
		for _, v := range []*float64{&acc.HorizontalM, &acc.VerticalM, &acc.HeadingDeg, &acc.PitchDeg, &acc.RollDeg, &acc.GimbalDeg, &acc.FOVShare, &acc.GroundM} {
			*v *= k
		}
		dip := 12 + 76*rng.Float64()
		said := motion.Pose{At: geo.Point{Lon: -30, Lat: 10, Alt: 150 + 2000*rng.Float64()}, Heading: 360 * rng.Float64(),
			Pitch: 5 * rng.NormFloat64(), Roll: 8 * rng.NormFloat64(), Azimuth: 360 * rng.Float64(), Elevation: -dip,
			HFOV: 2 + 40*rng.Float64()}
		x, y, ground := 1280*rng.Float64(), 720*rng.Float64(), 20*rng.Float64()
		const pixel = 2
		fix, err := said.Ground(x, y, pixel, 1280, 720, ground, acc)
		if err != nil {
			if vigia.ErrorCode(err) != vigia.Unavailable {
				t.Fatal(err)
			}
			continue
		}
		given++
		n := rng.NormFloat64
		is := said
		f := geo.Frame{Origin: said.At}
		is.At = f.ToPoint(geo.Local{X: n() * acc.HorizontalM, Y: n() * acc.HorizontalM, Z: n() * acc.VerticalM})
		is.Heading += n() * acc.HeadingDeg
		is.Pitch += n() * acc.PitchDeg
		is.Roll += n() * acc.RollDeg
		is.Azimuth += n() * acc.GimbalDeg
		is.Elevation += n() * acc.GimbalDeg
		is.Rotation += n() * acc.GimbalDeg
		half := math.Tan(said.HFOV / 2 * math.Pi / 180)
		is.VFOV = 2 * math.Atan(half*(1+n()*acc.FOVShare)*720/1280) * 180 / math.Pi
		is.HFOV = 2 * math.Atan(half*(1+n()*acc.FOVShare)) * 180 / math.Pi
		truth, err := is.Ground(x+n()*pixel, y+n()*pixel, 0, 1280, 720, ground+n()*acc.GroundM, motion.Accuracy{})
		if err != nil {
			continue // the truth looks at the sky: it counts as not held
		}
		d := geo.Frame{Origin: fix.At}.ToLocal(truth.At)
		c := fix.Covariance
		det := c[0]*c[2] - c[1]*c[1]
		b := min(2, int(dip-12)/26)
		byDip[b][1]++
		if (c[2]*d.X*d.X-2*c[1]*d.X*d.Y+c[0]*d.Y*d.Y)/det <= 5.991 { // χ² of two degrees of freedom
			in++
			byDip[b][0]++
		}
	}
	share := float64(in) / float64(given)
	t.Logf("%d of %d cases could be stated; the 95 %% region holds %.2f %%; by depression from 12°: %v", given, cases, 100*share, byDip)
	if given < cases*8/10 {
		t.Errorf("only %d of %d cases were stated", given, cases)
	}
	if share < 0.935 || share > 0.975 {
		t.Errorf("the stated 95 %% holds %.2f %%", 100*share)
	}
}

// The ground far off lies at its height above the ellipsoid, not on a plane.
func TestGround_Curvature(t *testing.T) {
	p := motion.Pose{At: geo.Point{Lon: -30, Lat: 40, Alt: 3000}, Heading: 77, Elevation: -9, HFOV: 1}
	fix, err := p.Ground(0.5, 0.5, 0, 1, 1, 100, motion.Accuracy{})
	if err != nil {
		t.Fatal(err)
	}
	l := geo.Frame{Origin: p.At}.ToLocal(fix.At)
	dip := math.Atan2(-l.Z, math.Hypot(l.X, l.Y)) * 180 / math.Pi
	if math.Abs(dip-9) > 1e-3 {
		t.Errorf("the place at %.0f m lies %.4f° below the horizon, not 9°", math.Hypot(l.X, l.Y), dip)
	}
}

func TestGround_Errors(t *testing.T) {
	good := motion.Pose{At: geo.Point{Lon: -30, Lat: 10, Alt: 300}, Elevation: -45, HFOV: 30}
	for name, c := range map[string]struct {
		change func(*motion.Pose)
		code   vigia.Code
	}{
		"level":            {func(p *motion.Pose) { p.Elevation = 0 }, vigia.Unavailable},
		"up":               {func(p *motion.Pose) { p.Elevation = 30 }, vigia.Unavailable},
		"near the horizon": {func(p *motion.Pose) { p.Elevation = -2 }, vigia.Unavailable},
		"under the ground": {func(p *motion.Pose) { p.At.Alt = -5 }, vigia.Unavailable},
		"no field of view": {func(p *motion.Pose) { p.HFOV = 0 }, vigia.Invalid},
		"no angle":         {func(p *motion.Pose) { p.Heading = math.NaN() }, vigia.Invalid},
		"no place":         {func(p *motion.Pose) { p.At.Lat = 95 }, vigia.Invalid},
	} {
		p := good
		c.change(&p)
		_, err := p.Ground(50, 50, 1, 100, 100, 0, motion.DefaultAccuracy())
		var e *vigia.Error
		if vigia.ErrorCode(err) != c.code || !errors.As(err, &e) {
			t.Errorf("%s: %v; want %s", name, err, c.code)
		}
	}
}
