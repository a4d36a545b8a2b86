package localise

import (
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia"
)

// Passes. A sensor that moves crosses a plume in seconds: what it meets is not
// the mean plume but one swing of it, shifted as a whole, stronger or weaker as
// a whole. So its readings are cut into passes, stretches of steady course, and
// one pass is one look at the plume (flight.go).

// A sniff is one reading of a pass.
type sniff struct {
	x, y, z float64 // metres
	vx, vy  float64 // of the sensor, m/s
	t       float64 // seconds on the flight's clock
	over    float64 // value less the level that the pass is thought to have
	weight  float64 // one over the variance of what is beside the plume
	when    float64 // -1 to 1 within the pass
	perKg   float64 // the sensor's unit per kg/m³
}

// A pass is one stretch. Its level and the slope of its level are unknown, with
// a normal prior each, and are integrated out: inv is the inverse of their
// information, proj what the readings say of them.
type pass struct {
	sensor   string
	from, to float64
	sniffs   []sniff
	inv      [3]float64 // xx, xy, yy
	proj     [2]float64
	noise    float64
	pause    float64 // seconds without a reading that end it
}

const (
	passTurn    = 0.9   // radians off the course that ends a pass
	passPause   = 8.0   // seconds without a reading, or four times the usual
	passLongest = 150.0 // seconds
	passFewest  = 4     // readings

	// In a plume a reading differs from the mean shape by this part of itself.
	// Hanna (1984) has 0.3 to 1 for what is left within a swing.
	shapeError = 0.5

	// The level of a pass is thought to be a low quantile of what the sensor read
	// in these seconds before the pass's end.
	levelWindow   = 900.0
	levelQuantile = 0.3
)

// Moving tells whether readings are of moving point sensors only: those are
// located pass by pass, and with the earlier flights over the same place.
func Moving(obs []Reading) bool {
	type reach struct{ x0, y0, x1, y1 float64 }
	all := map[string]*reach{}
	for _, r := range obs {
		if r.Kind != vigia.PointKind {
			return false
		}
		b, ok := all[r.Sensor]
		if !ok {
			all[r.Sensor] = &reach{r.At.X, r.At.Y, r.At.X, r.At.Y}
			continue
		}
		b.x0, b.x1 = math.Min(b.x0, r.At.X), math.Max(b.x1, r.At.X)
		b.y0, b.y1 = math.Min(b.y0, r.At.Y), math.Max(b.y1, r.At.Y)
	}
	for _, b := range all {
		if math.Hypot(b.x1-b.x0, b.y1-b.y0) < 3*gatherMetres {
			return false
		}
	}
	return len(all) > 0
}

// cut makes passes of one flight's readings, which are in time order. The order
// of the passes is that of their ends. A pass rests on readings up to its end
// alone, so that later ones leave it as it is.
func cut(obs []Reading, start time.Time, chemical vigia.Chemical, w windPath) []pass {
	bySensor := map[string][]Reading{}
	var names []string
	for _, r := range obs {
		if _, ok := bySensor[r.Sensor]; !ok {
			names = append(names, r.Sensor)
		}
		bySensor[r.Sensor] = append(bySensor[r.Sensor], r)
	}
	sort.Strings(names)
	var out []pass
	for _, n := range names {
		out = append(out, cutSensor(thin(bySensor[n]), start, chemical, w)...)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].to < out[j].to })
	return out
}

// thin averages readings nearer each other than a second or than four metres.
func thin(obs []Reading) []Reading {
	var out []Reading
	n := 0.0
	var first Reading
	for _, r := range obs {
		if len(out) > 0 && r.Time.Sub(first.Time) < 900*time.Millisecond && math.Hypot(r.At.X-first.At.X, r.At.Y-first.At.Y) < 4 {
			o := &out[len(out)-1]
			mean := func(a *float64, b float64) { *a = (*a*n + b) / (n + 1) }
			mean(&o.At.X, r.At.X)
			mean(&o.At.Y, r.At.Y)
			mean(&o.At.Z, r.At.Z)
			mean(&o.Value, r.Value)
			n++
			continue
		}
		first, n = r, 1
		out = append(out, r)
	}
	return out
}

func cutSensor(obs []Reading, start time.Time, chemical vigia.Chemical, w windPath) []pass {
	var out []pass
	at := func(i int) float64 { return obs[i].Time.Sub(start).Seconds() }
	pause := passPause
	if n := min(len(obs), 10) - 1; n > 0 { // the first few: later ones must not change it
		pause = math.Max(pause, 4*(at(n)-at(0))/float64(n))
	}
	flush := func(a, b int) {
		if b-a >= passFewest {
			out = append(out, newPass(obs, a, b, start, chemical, w))
			out[len(out)-1].pause = pause
		}
	}
	from := 0
	var cx, cy float64 // course so far
	for i := 1; i < len(obs); i++ {
		dx, dy := obs[i].At.X-obs[i-1].At.X, obs[i].At.Y-obs[i-1].At.Y
		off := math.Abs(math.Atan2(cx*dy-cy*dx, cx*dx+cy*dy))
		long := math.Hypot(cx, cy) > 10
		if at(i)-at(i-1) > pause || at(i)-at(from) > passLongest || long && off > passTurn && math.Hypot(dx, dy) > 1 {
			flush(from, i)
			from, cx, cy = i, 0, 0
			continue
		}
		cx, cy = 0.9*cx+dx, 0.9*cy+dy
	}
	flush(from, len(obs))
	return out
}

// newPass makes ready the readings from a up to b.
func newPass(obs []Reading, a, b int, start time.Time, chemical vigia.Chemical, w windPath) pass {
	at := func(i int) float64 { return obs[i].Time.Sub(start).Seconds() }
	p := pass{sensor: obs[a].Sensor, from: at(a), to: at(b - 1)}
	lo := sort.Search(b, func(i int) bool { return at(i) >= p.to-levelWindow })
	recent := make([]float64, 0, b-lo)
	var diff []float64
	for i := lo; i < b; i++ {
		recent = append(recent, obs[i].Value)
		if i > lo {
			diff = append(diff, math.Abs(obs[i].Value-obs[i-1].Value))
		}
	}
	sort.Float64s(recent)
	sort.Float64s(diff)
	level := quantile(recent, levelQuantile)
	// The median of the differences of two normal numbers is 0.6745·√2 of their
	// standard deviation; a third is taken, since a plume adds large ones.
	p.noise = quantile(diff, 1.0/3) / (0.4307 * math.Sqrt2)
	for i := a; i < b; i++ {
		p.noise = math.Max(p.noise, obs[i].Sigma)
	}
	p.noise = math.Max(p.noise, math.Max(1e-3*math.Abs(level), 1e-12))
	stray := math.Max(3*p.noise, quantile(recent, 0.5)-quantile(recent, 0.1))
	for i := a; i < b; i++ {
		p.sniffs = append(p.sniffs, newSniff(obs, a, b, i, at(i), level, p, chemical, w))
	}
	p.project(stray)
	return p
}

func newSniff(obs []Reading, a, b, i int, t, level float64, p pass, chemical vigia.Chemical, w windPath) sniff {
	k, _ := w.index(t)
	r := obs[i]
	s := sniff{
		x: r.At.X, y: r.At.Y, z: math.Max(r.At.Z, 0), t: t, over: r.Value - level,
		perKg: 1 / chemical.KgPerM3PerPPM(w.steps[k].tempK, w.steps[k].presPa),
	}
	if p.to > p.from {
		s.when = 2*(t-p.from)/(p.to-p.from) - 1
	}
	before, after := max(i-1, a), min(i+1, b-1)
	if dt := obs[after].Time.Sub(obs[before].Time).Seconds(); dt > 0 {
		s.vx, s.vy = (obs[after].At.X-obs[before].At.X)/dt, (obs[after].At.Y-obs[before].At.Y)/dt
	}
	mean := 0.0
	for j := before; j <= after; j++ {
		mean += (obs[j].Value - level) / float64(after-before+1)
	}
	noise := p.noise
	if r.Limit > 0 && r.Value <= r.Limit {
		// It may be anything from nothing to the limit.
		s.over = math.Min(r.Limit/2-level, 0)
		noise = math.Hypot(noise, r.Limit/math.Sqrt(12))
	}
	shape := shapeError * math.Max(mean, 0)
	s.weight = 1 / (noise*noise + shape*shape)
	return s
}

// project prepares the integral over the level and its slope, whose priors have
// the standard deviations stray and half of it.
func (p *pass) project(stray float64) {
	a, b, c := 1/(stray*stray), 0.0, 4/(stray*stray)
	for _, s := range p.sniffs {
		a += s.weight
		b += s.weight * s.when
		c += s.weight * s.when * s.when
		p.proj[0] += s.weight * s.over
		p.proj[1] += s.weight * s.when * s.over
	}
	det := a*c - b*b
	p.inv = [3]float64{c / det, -b / det, a / det}
}

// windSmooth is half the window that winds are averaged over, seconds: what a
// mast feels within it are eddies that the plume elsewhere does not.
const windSmooth = 45.0

// smoothWinds returns the records with each wind the mean vector of those near it.
func smoothWinds(winds []vigia.Wind) []vigia.Wind {
	s := append([]vigia.Wind(nil), winds...)
	sort.SliceStable(s, func(i, j int) bool { return s[i].Time.Before(s[j].Time) })
	out := append([]vigia.Wind(nil), s...)
	lo, hi := 0, 0
	for i := range s {
		for s[i].Time.Sub(s[lo].Time).Seconds() > windSmooth {
			lo++
		}
		for hi < len(s) && s[hi].Time.Sub(s[i].Time).Seconds() <= windSmooth {
			hi++
		}
		var x, y, speed float64
		for _, w := range s[lo:hi] {
			a, b := blowsTo(w)
			x, y, speed = x+a, y+b, speed+w.SpeedMPS
		}
		if n := float64(hi - lo); math.Hypot(x, y) > 1e-6*n {
			out[i].FromDeg = math.Mod(math.Atan2(-x, -y)*180/math.Pi+360, 360)
			out[i].SpeedMPS = speed / n
		}
	}
	return out
}
