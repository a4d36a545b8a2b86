package spectral

import (
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Swath is where the lines of a cube lie on the ground. Samples and lines
// count from 0 at the outer corner of the first pixel, as in Plume; a pixel's
// centre is at one half. Lines need not be numbered without gaps.
type Swath struct {
	samples int
	field   float64 // of view, rad; 0: lines say themselves where they lie
	groundM float64
	lines   []swathLine
}

type swathLine struct {
	pose   vigia.LinePose
	ground []geo.Point
}

// NewSwath begins a swath of a cube over ground at groundM above the ellipsoid.
func NewSwath(c vigia.Cube, groundM float64) *Swath {
	return &Swath{samples: c.Samples, field: c.FieldOfViewDeg * math.Pi / 180, groundM: groundM}
}

// Add puts the next line at the swath's end; its samples are not kept.
func (w *Swath) Add(l vigia.ScanLine) { w.lines = append(w.lines, swathLine{l.Pose, l.Ground}) }

// Lines is how many there are.
func (w *Swath) Lines() int { return len(w.lines) }

// Pose is the aircraft's, at a line counted in the order in which they were added.
func (w *Swath) Pose(line int) vigia.LinePose { return w.lines[line].pose }

// Place is where a sample and line lie; false where the view does not meet the
// ground. Between the centres of two lines it is in between; beyond the first
// and the last, on the straight line through the two nearest.
func (w *Swath) Place(sample, line float64) (geo.Point, bool) {
	n := len(w.lines)
	if n == 0 {
		return geo.Point{}, false
	}
	first := max(0, min(n-2, int(math.Floor(line-0.5))))
	a, ok := w.on(first, sample)
	if !ok || n == 1 {
		return a, ok
	}
	b, ok := w.on(first+1, sample)
	f := line - 0.5 - float64(first)
	return between(a, b, f), ok
}

// on is where a sample of one line lies.
func (w *Swath) on(line int, sample float64) (geo.Point, bool) {
	l := w.lines[line]
	if len(l.ground) == 0 {
		return Ground(l.pose, w.field*(sample/float64(w.samples)-0.5), w.groundM)
	}
	if len(l.ground) == 2 && w.samples > 1 {
		return between(l.ground[0], l.ground[1], (sample-0.5)/float64(w.samples-1)), true
	}
	first := max(0, min(len(l.ground)-2, int(math.Floor(sample-0.5))))
	if len(l.ground) == 1 {
		return l.ground[0], true
	}
	return between(l.ground[first], l.ground[first+1], sample-0.5-float64(first)), true
}

func between(a, b geo.Point, f float64) geo.Point {
	return geo.Point{Lon: a.Lon + f*(b.Lon-a.Lon), Lat: a.Lat + f*(b.Lat-a.Lat), Alt: a.Alt + f*(b.Alt-a.Alt)}
}

// PixelArea is the ground a pixel covers, m²; 0 where the view does not meet it.
// A swath of one line, or of one sample, has pixels as long as they are wide.
func (w *Swath) PixelArea(sample, line int) float64 {
	s, l := float64(sample)+0.5, float64(line)+0.5
	var corner [4]geo.Point
	for i, d := range [4][2]float64{{-0.5, 0}, {0.5, 0}, {0, -0.5}, {0, 0.5}} {
		p, ok := w.Place(s+d[0], l+d[1])
		if !ok {
			return 0
		}
		corner[i] = p
	}
	f := geo.Frame{Origin: corner[0]}
	b, c, d := f.ToLocal(corner[1]), f.ToLocal(corner[2]), f.ToLocal(corner[3])
	across, along := math.Hypot(b.X, b.Y), math.Hypot(d.X-c.X, d.Y-c.Y)
	switch {
	case across == 0:
		return along * along
	case along == 0:
		return across * across
	}
	return math.Abs(b.X*(d.Y-c.Y) - b.Y*(d.X-c.X))
}

// Ground is where a ray meets the surface at groundM above the ellipsoid. The
// ray leaves the aircraft straight down in its own frame, turned by across
// radians about its nose towards the right wing. It is turned into the world by
// heading, pitch and roll in this order (ISO 1151-1, Tait–Bryan z-y′-x″). False
// where it does not meet the ground.
func Ground(p vigia.LinePose, across, groundM float64) (geo.Point, bool) {
	sa, ca := math.Sincos(across)
	sr, cr := math.Sincos(p.RollDeg * math.Pi / 180)
	sp, cp := math.Sincos(p.PitchDeg * math.Pi / 180)
	sh, ch := math.Sincos(p.HeadingDeg * math.Pi / 180)
	// Body axes are forward, right and down; the ray is (0, sa, ca).
	right, down := sa*cr-ca*sr, sa*sr+ca*cr // roll
	forward, below := sp*down, cp*down      // pitch
	north, east := forward*ch-right*sh, forward*sh+right*ch
	f := geo.Frame{Origin: p.At}
	if !(below > 1e-3) || !(p.At.Alt > groundM) {
		return geo.Point{}, false
	}
	// The surface bends away from the frame's plane: go on until it is met.
	reach := (p.At.Alt - groundM) / below
	for range 8 {
		at := f.ToPoint(geo.Local{X: east * reach, Y: north * reach, Z: -below * reach})
		miss := at.Alt - groundM
		if math.Abs(miss) < 1e-4 {
			at.Alt = groundM
			return at, true
		}
		reach += miss / below
	}
	return geo.Point{}, false // beyond the horizon
}
