package localise

import (
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia"
)

// minWind is the lowest speed a plume is computed with, m/s: below it there is
// no plume to speak of, and 1/u grows without bound.
const minWind = 0.5

// windStep is the spacing of the path's table, seconds.
const windStep = 10.0

// maxTravel is how far back a plume is followed, seconds.
const maxTravel = 1200.0

// A windPath is the wind over a problem's area as a function of time: where
// the air that is over the origin at one time has been at another. Displacement
// between two times is a difference of two places on the path (the puff's
// centre in a wind that is uniform in space).
type windPath struct {
	from  float64    // seconds of the first table entry, on the problem's clock
	steps []windStop // every windStep seconds
}

// A windStop is one entry of a windPath's table.
type windStop struct {
	t      float64 // seconds, on the problem's clock
	px, py float64 // displacement since the first entry, metres
	vx, vy float64 // velocity, m/s
	tanH   float64 // tangent of the standard deviation of the direction
	tanV   float64 // the same up and down; 0 = not known
	tempK  float64
	presPa float64
}

// newWindPath makes the path from records, in any order, for the times from
// first to last.
func newWindPath(winds []vigia.Wind, start time.Time, last float64) windPath {
	s := append([]vigia.Wind(nil), winds...)
	sort.SliceStable(s, func(i, j int) bool { return s[i].Time.Before(s[j].Time) })
	turn := turning(s)
	p := windPath{from: -maxTravel - 3*windStep}
	n := int((last-p.from)/windStep) + 4
	at := make([]float64, len(s))
	for i, w := range s {
		at[i] = w.Time.Sub(start).Seconds()
	}
	p.steps = make([]windStop, n)
	for k := range p.steps {
		p.steps[k] = windAt(s, at, turn, p.from+float64(k)*windStep)
		p.steps[k].t = p.from + float64(k)*windStep
		if k > 0 {
			a, b := &p.steps[k-1], &p.steps[k]
			b.px = a.px + windStep*(a.vx+b.vx)/2
			b.py = a.py + windStep*(a.vy+b.vy)/2
		}
	}
	return p
}

// windAt interpolates the records: the vector linearly, the rest from the
// nearer one, and the nearest outside them.
func windAt(s []vigia.Wind, at, turn []float64, t float64) windStop {
	i := sort.SearchFloat64s(at, t)
	a, b, f := i-1, i, 0.0
	switch {
	case i == 0:
		a, b = 0, 0
	case i == len(s):
		a, b = i-1, i-1
	default:
		f = (t - at[a]) / math.Max(at[b]-at[a], 1e-9)
	}
	near := a
	if f > 0.5 {
		near = b
	}
	ax, ay := blowsTo(s[a])
	bx, by := blowsTo(s[b])
	w := windStop{
		vx: (1-f)*ax + f*bx, vy: (1-f)*ay + f*by,
		tanH: s[near].SigmaTanHorizontal, tanV: s[near].SigmaTanVertical,
		tempK: s[near].TemperatureK, presPa: s[near].PressurePa,
	}
	if w.tanH == 0 {
		w.tanH = turn[near]
	}
	// Two winds that cancel leave a vector without speed; the gas is still
	// diluted by what speed there was.
	if speed, least := math.Hypot(w.vx, w.vy), 0.5*((1-f)*s[a].SpeedMPS+f*s[b].SpeedMPS); speed < least && speed > 1e-6 {
		w.vx, w.vy = w.vx*least/speed, w.vy*least/speed
	}
	return w
}

// blowsTo is the wind's vector, m/s east and north.
func blowsTo(w vigia.Wind) (x, y float64) {
	s, c := math.Sincos(w.FromDeg * math.Pi / 180)
	return -s * w.SpeedMPS, -c * w.SpeedMPS
}

// turning estimates, for each record, the standard deviation of the direction
// within it from how the records around it turn, radians. It stands in for a
// measured one.
func turning(s []vigia.Wind) []float64 {
	out := make([]float64, len(s))
	for i := range s {
		var sx, sy, n float64
		for k := max(0, i-2); k <= min(len(s)-1, i+2); k++ {
			a, b := math.Sincos(s[k].FromDeg * math.Pi / 180)
			sx, sy, n = sx+a, sy+b, n+1
		}
		r := math.Hypot(sx, sy) / n
		// Mardia (1972): the circular standard deviation.
		out[i] = math.Min(math.Sqrt(-2*math.Log(math.Max(r, 1e-3))), 1)
	}
	return out
}

// index returns the table's entry before time t and the part of the step after it.
func (p *windPath) index(t float64) (int, float64) {
	f := (t - p.from) / windStep
	i := int(f)
	if i < 0 {
		return 0, 0
	}
	if i > len(p.steps)-2 {
		return len(p.steps) - 2, 1
	}
	return i, f - float64(i)
}

// place is where the air has got to by time t, metres.
func (p *windPath) place(t float64) (x, y float64) {
	i, f := p.index(t)
	a, b := &p.steps[i], &p.steps[i+1]
	return a.px + f*(b.px-a.px), a.py + f*(b.py-a.py)
}

// read turns the path into what it is if the records were meant in convention c.
func (p windPath) read(c Convention) windPath {
	q := windPath{from: p.from, steps: append([]windStop(nil), p.steps...)}
	for i := range q.steps {
		s := &q.steps[i]
		s.px, s.py = c.apply(s.px, s.py)
		s.vx, s.vy = c.apply(s.vx, s.vy)
	}
	return q
}
