package spectral

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/num/quat"
	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// Rays whose foot is plain trigonometry.
func TestGround_Cases(t *testing.T) {
	at := geo.Point{Lon: -30, Lat: 10, Alt: 1100}
	const height = 1000
	tan := func(deg float64) float64 { return height * math.Tan(deg*math.Pi/180) }
	for name, c := range map[string]struct {
		pose        vigia.LinePose
		across      float64 // degrees
		east, north float64
	}{
		"straight down":                {vigia.LinePose{HeadingDeg: 77}, 0, 0, 0},
		"north, to the right":          {vigia.LinePose{}, 10, tan(10), 0},
		"east, to the right":           {vigia.LinePose{HeadingDeg: 90}, 10, 0, -tan(10)},
		"south, to the left":           {vigia.LinePose{HeadingDeg: 180}, -10, tan(10), 0},
		"nose up sees ahead":           {vigia.LinePose{HeadingDeg: 90, PitchDeg: 5}, 0, tan(5), 0},
		"right wing down sees left":    {vigia.LinePose{RollDeg: 5}, 0, -tan(5), 0},
		"roll takes the angle back":    {vigia.LinePose{HeadingDeg: 30, RollDeg: 12}, 12, 0, 0},
		"pitch stretches what is wide": {vigia.LinePose{PitchDeg: 20}, 30, tan(30) / math.Cos(20*math.Pi/180), tan(20)},
	} {
		c.pose.At = at
		p, ok := Ground(c.pose, c.across*math.Pi/180, 100)
		if !ok {
			t.Errorf("%s: the ray does not meet the ground", name)
			continue
		}
		l := geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10, Alt: 100}}.ToLocal(p)
		if math.Hypot(l.X-c.east, l.Y-c.north) > 0.2 { // the Earth bends by 5 cm in 800 m
			t.Errorf("%s: %.1f m east, %.1f m north; want %.1f, %.1f", name, l.X, l.Y, c.east, c.north)
		}
	}
	if _, ok := Ground(vigia.LinePose{At: at, RollDeg: 95}, 0, 100); ok {
		t.Error("a ray into the sky met the ground")
	}
	if _, ok := Ground(vigia.LinePose{At: at}, 0, 1200); ok {
		t.Error("an aircraft below the ground sees it")
	}
}

// Any attitude, against quaternions and the crossing of a straight line with an
// ellipsoid in Earth-centred axes.
func TestGround_AgainstQuaternions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		p := vigia.LinePose{
			At:         geo.Point{Lon: f(-179, 179, "lon"), Lat: f(-80, 80, "lat"), Alt: f(300, 8000, "alt")},
			HeadingDeg: f(0, 360, "heading"), PitchDeg: f(-25, 25, "pitch"), RollDeg: f(-25, 25, "roll"),
		}
		across := f(-0.6, 0.6, "across")
		got, ok := Ground(p, across, 0)
		if !ok {
			t.Fatal("the ray does not meet the ground")
		}
		// Turn the ray by one quaternion an axis.
		turn := func(deg float64, x, y, z float64) quat.Number {
			s, c := math.Sincos(deg * math.Pi / 360)
			return quat.Number{Real: c, Imag: s * x, Jmag: s * y, Kmag: s * z}
		}
		q := quat.Mul(quat.Mul(turn(p.HeadingDeg, 0, 0, 1), turn(p.PitchDeg, 0, 1, 0)), turn(p.RollDeg, 1, 0, 0))
		v := quat.Mul(quat.Mul(q, quat.Number{Jmag: math.Sin(across), Kmag: math.Cos(across)}), quat.Conj(q)) // north, east, down
		lat, lon := p.At.Lat*math.Pi/180, p.At.Lon*math.Pi/180
		sl, cl := math.Sincos(lat)
		so, co := math.Sincos(lon)
		n, e, d := v.Imag, v.Jmag, v.Kmag
		ray := [3]float64{-n*sl*co - e*so - d*cl*co, -n*sl*so + e*co - d*cl*so, n*cl - d*sl}
		const a, b = 6378137.0, 6356752.314245179
		curve := a * a / math.Hypot(a*cl, b*sl)
		o := [3]float64{(curve + p.At.Alt) * cl * co, (curve + p.At.Alt) * cl * so, (curve*b*b/(a*a) + p.At.Alt) * sl}
		axes := [3]float64{a, a, b}
		var aa, bb, cc float64
		for i := range 3 {
			x, y := o[i]/axes[i], ray[i]/axes[i]
			aa, bb, cc = aa+y*y, bb+x*y, cc+x*x
		}
		reach := (-bb - math.Sqrt(bb*bb-aa*(cc-1))) / aa
		for i := range 3 {
			o[i] += reach * ray[i]
		}
		want := geo.Point{Lon: math.Atan2(o[1], o[0]) * 180 / math.Pi, Lat: math.Atan2(o[2]*a*a/(b*b), math.Hypot(o[0], o[1])) * 180 / math.Pi}
		if m := geo.Distance(got, want); m > 0.02 {
			t.Fatalf("%v; by quaternions %v, %.3f m away", got, want, m)
		}
	})
}

// A flight to the north-east: pixels lie side by side, lines one after the other,
// and a pixel covers what the field of view and the speed say.
func TestSwath(t *testing.T) {
	const samples, height, step = 100, 1000.0, 2.0
	cube := vigia.Cube{Samples: samples, FieldOfViewDeg: 2 * math.Atan(0.1) * 180 / math.Pi} // 200 m wide
	track := geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10}}
	w := NewSwath(cube, 0)
	for l := range 50 {
		d := step * float64(l) / math.Sqrt2
		w.Add(vigia.ScanLine{Pose: vigia.LinePose{At: track.ToPoint(geo.Local{X: d, Y: d, Z: height}), HeadingDeg: 45}})
	}
	if a := w.PixelArea(50, 25); math.Abs(a-4) > 0.1 {
		t.Errorf("a pixel in the middle covers %.2f m², want 4", a)
	}
	left, _ := w.Place(0, 25.5)
	right, _ := w.Place(samples, 25.5)
	if d := geo.Distance(left, right); math.Abs(d-200) > 0.1 {
		t.Errorf("the swath is %.2f m wide, want 200", d)
	}
	l := track.ToLocal(right)
	if along := (l.X + l.Y) / math.Sqrt2; math.Abs(along-25*step) > 0.05 || l.X < l.Y {
		t.Errorf("the right end of line 25 is at %+v", l)
	}
	first, _ := w.Place(50, 0)
	last, _ := w.Place(50, 50)
	if d := geo.Distance(first, last); math.Abs(d-50*step) > 0.1 {
		t.Errorf("from the outer edge of the first line to that of the last it is %.2f m, want 100", d)
	}
	// The same ground, said by its two ends.
	e := NewSwath(vigia.Cube{Samples: samples}, 0)
	for l := range 50 {
		a, _ := w.Place(0.5, float64(l)+0.5)
		b, _ := w.Place(samples-0.5, float64(l)+0.5)
		e.Add(vigia.ScanLine{Ground: []geo.Point{a, b}})
	}
	a, _ := w.Place(30, 20)
	b, _ := e.Place(30, 20)
	if d := geo.Distance(a, b); d > 0.5 { // equal angles are not quite equal lengths
		t.Errorf("by the ends of its lines a place is %.2f m off", d)
	}
}
