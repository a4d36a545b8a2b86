package motion

import (
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Pose is where a sensor was and how it looked, in the terms of ST 0601.
// Angles are degrees. The platform's frame is forward, right, down; the sensor
// looks forward in its own, and is turned by Rotation about its line of sight,
// by Elevation up, by Azimuth to the right, and with the platform by Roll (right
// wing down), Pitch (nose up) and Heading (clockwise from true north), in this
// order (ST 0601.17 items 5 to 7, 18 to 20, 90, 91).
type Pose struct {
	At                           geo.Point // of the sensor; height above the ellipsoid
	Heading, Pitch, Roll         float64
	Azimuth, Elevation, Rotation float64 // relative to the platform
	HFOV, VFOV                   float64 // fields of view across and down; VFOV 0: pixels are square
}

// An Accuracy says how sure a Pose and the ground are: one standard deviation
// each, all independent.
type Accuracy struct {
	HorizontalM float64 // of the sensor's place, east and north each
	VerticalM   float64
	HeadingDeg  float64
	PitchDeg    float64
	RollDeg     float64
	GimbalDeg   float64 // azimuth, elevation and rotation each
	FOVShare    float64 // of the tangent of the half field of view, a share of it
	GroundM     float64 // of the ground's height
}

// DefaultAccuracy is what a drone with satellite navigation, a small inertial
// unit and a magnetic compass usually keeps, over a terrain model of one
// second of arc. Where better is known it should be said.
func DefaultAccuracy() Accuracy {
	return Accuracy{HorizontalM: 3, VerticalM: 6, HeadingDeg: 1, PitchDeg: 0.3, RollDeg: 0.3, GimbalDeg: 0.2, FOVShare: 0.01, GroundM: 5}
}

// A Fix is a place on the ground with its uncertainty.
type Fix struct {
	At geo.Point
	// Covariance of the error: east·east, east·north, north·north, m².
	Covariance [3]float64
}

// Sigma is one standard deviation of each of east and north, m, as if they were
// equal: the circle of the ellipse's mean square.
func (f Fix) Sigma() float64 { return math.Sqrt((f.Covariance[0] + f.Covariance[2]) / 2) }

// The nearest to the horizon that a line of sight may be, degrees of
// depression, and in standard deviations of it.
const (
	leastDepression = 1
	leastSigmas     = 6
)

// Ground is where a place in the picture lies on the ground, which is at a
// height above the ellipsoid, metres. x and y are pixels from the upper left
// corner of a picture of width by height, one standard deviation of each sigma.
// The uncertainty is carried through by the unscented transform (Julier and
// Uhlmann 1997), about the place itself, so that what the transform would shift
// counts as error. Errors are Invalid, for a pose that is none, and Unavailable
// where the line of sight does not meet the ground or meets it so near the
// horizon that no uncertainty can be stated.
func (p Pose) Ground(x, y, sigma float64, width, height int, ground float64, acc Accuracy) (Fix, error) {
	s, err := newSight(p, x, y, width, height, ground)
	if err != nil {
		return Fix{}, err
	}
	var zero deviation
	e0, n0, dip, ok := s.meet(&zero)
	spreadDeg := math.Sqrt(acc.PitchDeg*acc.PitchDeg + acc.RollDeg*acc.RollDeg + acc.GimbalDeg*acc.GimbalDeg)
	if !ok || dip < max(leastDepression, leastSigmas*spreadDeg) {
		return Fix{}, vigia.Errorf(vigia.Unavailable, "the line of sight is %.1f° below the horizon: where it meets the ground cannot be said", dip)
	}
	sd := deviation{
		acc.HorizontalM, acc.HorizontalM, acc.VerticalM, acc.HeadingDeg, acc.PitchDeg, acc.RollDeg,
		acc.GimbalDeg, acc.GimbalDeg, acc.GimbalDeg, acc.FOVShare, acc.FOVShare, acc.GroundM, sigma, sigma,
	}
	var fix Fix
	const n = float64(len(sd))
	for i, one := range sd {
		if !(one >= 0) {
			return Fix{}, vigia.Errorf(vigia.Invalid, "a standard deviation of %v", one)
		}
		for _, sign := range [...]float64{-1, 1} {
			var d deviation
			d[i] = sign * math.Sqrt(n) * one
			e, nn, _, ok := s.meet(&d)
			if !ok {
				return Fix{}, vigia.Errorf(vigia.Unavailable, "the line of sight is %.1f° below the horizon: its uncertainty reaches the sky", dip)
			}
			e, nn = e-e0, nn-n0
			fix.Covariance[0] += e * e / (2 * n)
			fix.Covariance[1] += e * nn / (2 * n)
			fix.Covariance[2] += nn * nn / (2 * n)
		}
	}
	drop := (e0*e0 + n0*n0) / (2 * s.radius)
	fix.At = geo.Frame{Origin: p.At}.ToPoint(geo.Local{X: e0, Y: n0, Z: ground - p.At.Alt - drop})
	fix.At.Alt = ground
	return fix, nil
}

// Corners are where the corners of the picture lie on the ground, from the
// upper left clockwise. The error is that of Ground.
func (p Pose) Corners(width, height int, ground float64) (c [4]geo.Point, err error) {
	w, h := float64(width), float64(height)
	for i, at := range [4][2]float64{{0, 0}, {w, 0}, {w, h}, {0, h}} {
		fix, err := p.Ground(at[0], at[1], 0, width, height, ground, Accuracy{})
		if err != nil {
			return c, err
		}
		c[i] = fix.At
	}
	return c, nil
}

// A deviation is by how much each input is off: east, north, up; heading,
// pitch, roll; azimuth, elevation, rotation; the two fields of view; the
// ground's height; the two pixels.
type deviation [14]float64

// A sight is a line of sight whose inputs may be off.
type sight struct {
	pose       Pose
	u, v       float64 // in the picture, -1 to 1
	du, dv     float64 // of a pixel
	tanH, tanV float64
	above      float64 // the sensor over the ground, m
	radius     float64 // of the Earth's curvature, m
}

func newSight(p Pose, x, y float64, width, height int, ground float64) (*sight, error) {
	if err := p.At.Valid(); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the sensor's place: %v", err)
	}
	if width < 1 || height < 1 || !(p.HFOV > 0 && p.HFOV < 180) || !(p.VFOV >= 0 && p.VFOV < 180) {
		return nil, vigia.Errorf(vigia.Invalid, "a field of view of %v by %v degrees over %d by %d pixels", p.HFOV, p.VFOV, width, height)
	}
	for _, a := range [...]float64{p.Heading, p.Pitch, p.Roll, p.Azimuth, p.Elevation, p.Rotation, x, y, ground} {
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return nil, vigia.Errorf(vigia.Invalid, "the pose has an angle, a pixel or a height that is no number")
		}
	}
	w, h := float64(width), float64(height)
	s := &sight{pose: p, u: 2*x/w - 1, v: 2*y/h - 1, du: 2 / w, dv: 2 / h, above: p.At.Alt - ground}
	s.tanH = math.Tan(p.HFOV / 2 * math.Pi / 180)
	s.tanV = s.tanH * h / w
	if p.VFOV > 0 {
		s.tanV = math.Tan(p.VFOV / 2 * math.Pi / 180)
	}
	// Gauss's mean radius of the WGS 84 ellipsoid at this latitude.
	const a, e2 = 6378137, 6.69437999014e-3
	sin := math.Sin(p.At.Lat * math.Pi / 180)
	s.radius = a * math.Sqrt(1-e2) / (1 - e2*sin*sin)
	return s, nil
}

// meet is where the line meets the ground, metres east and north of where the
// sensor is said to be, and how far it looks below the horizon, degrees.
func (s *sight) meet(d *deviation) (east, north, dip float64, ok bool) {
	p := &s.pose
	a := [3]float64{1, (s.u + d[12]*s.du) * s.tanH * (1 + d[9]), (s.v + d[13]*s.dv) * s.tanV * (1 + d[10])}
	turn(&a[1], &a[2], p.Rotation+d[8])
	turn(&a[2], &a[0], p.Elevation+d[7])
	turn(&a[0], &a[1], p.Azimuth+d[6])
	turn(&a[1], &a[2], p.Roll+d[5])
	turn(&a[2], &a[0], p.Pitch+d[4])
	turn(&a[0], &a[1], p.Heading+d[3])
	// Now north, east, down. The ground falls away by the Earth's curvature:
	// down·t = above + (t·flat)²/2R, of which the nearer root is where the line
	// goes in.
	flat := a[0]*a[0] + a[1]*a[1]
	dip = math.Atan2(a[2], math.Sqrt(flat)) * 180 / math.Pi
	above := s.above + d[2] - d[11]
	root := a[2]*a[2] - 2*flat*above/s.radius
	if a[2] <= 0 || above <= 0 || root < 0 {
		return 0, 0, dip, false
	}
	t := 2 * above / (a[2] + math.Sqrt(root))
	return a[1]*t + d[0], a[0]*t + d[1], dip, true
}

// turn rotates from the first axis towards the second.
func turn(a, b *float64, deg float64) {
	s, c := math.Sincos(deg * math.Pi / 180)
	*a, *b = c**a-s**b, s**a+c**b
}
