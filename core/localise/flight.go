package localise

import (
	"math"
	"time"
)

// The likelihood of a flight. In one pass the plume is a Gaussian one whose
// direction is off by one swing and whose strength is off by one factor
// (Gifford 1959, Advances in Geophysics 6:117: a meandering plume is a narrow
// one that is moved about). Both are integrated out, as are the level of the
// sensor and its slope; then passes are independent. Within a pass a reading
// differs from the shape by the noise and by a part of itself. A pass may meet
// nothing, and a source may be off, for a while or for good: on and off is a
// chain of two states (Rabiner 1989, Proceedings of the IEEE 77:257) whose sum
// runs forward with the passes.
//
// Everything is the logarithm of a ratio, to the likelihood of no source.

const (
	usuallyOn = 0.85   // part of the time that a source emits
	onOffTime = 2700.0 // seconds in which on and off are forgotten

	swingNodes = 11
	swingReach = 3.0 // times the scale of the swing
	swingStep  = 2 * swingReach / (swingNodes - 1)
	swingFree  = 5.0 // degrees of freedom of its distribution, a Student's

	upwind   = 36.0  // metres: so far against the wind gas is looked for
	growFrom = 6.0   // metres: no plume grows from less
	fadeFrom = 150.0 // metres: where the strength is the model's whatever the fade
)

// swingAt and swingWeight are the nodes that a swing is summed over.
var swingAt, swingWeight = func() (at, w [swingNodes]float64) {
	sum := 0.0
	for i := range at {
		at[i] = swingStep*float64(i) - swingReach
		w[i] = math.Pow(1+at[i]*at[i]/swingFree, -(swingFree+1)/2)
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return
}()

// A flight is the passes of one sortie in the wind of its hours.
type flight struct {
	start  time.Time // of its clock
	passes []pass
	path   windPath
}

// A look is a sniff as seen from a place: downwind and crosswind of it.
type look struct {
	x, y, z float64 // metres
	cross   float64 // the sensor's velocity across the wind, m/s
	k       float64 // unit's reading per (kg/h)/m² over the wind's speed
	over    float64
	weight  float64
	when    float64
	step    int // of a weather's table, and the part of the way to the next
	part    float64
	sniff   int // of the pass
}

// A chain is what the passes so far say of one place in one weather, for each
// rate: the likelihood ratio, and the probability that the source is on after the
// last of them. The ratio is a product, of which what grew too large or too small
// is kept as a logarithm.
type chain struct {
	logs  [rateNodes]float64
	times [rateNodes]float64
	on    [rateNodes]float64
	last  float64 // time of the last pass that says something
}

func newChain() chain {
	var c chain
	for j := range c.on {
		c.on[j], c.times[j] = usuallyOn, 1
	}
	return c
}

// log is the log of the likelihood ratio of a rate.
func (c *chain) log(j int) float64 { return c.logs[j] + math.Log(c.times[j]) }

// looks appends how a pass is seen from a place, without what no wind could
// have carried there.
func (f *flight) looks(p *pass, x, y float64, out []look) []look {
	for i := range p.sniffs {
		s := &p.sniffs[i]
		dx, dy := s.x-x, s.y-y
		k, g := f.path.index(s.t)
		a, b := &f.path.steps[k], &f.path.steps[k+1]
		vx, vy := a.vx+g*(b.vx-a.vx), a.vy+g*(b.vy-a.vy)
		r2, along := dx*dx+dy*dy, dx*vx+dy*vy
		u2 := vx*vx + vy*vy
		u := math.Sqrt(u2)
		if u2 < 1e-6 || along < -upwind*u || along*along < 0.2*r2*u2 && r2 > 1600 {
			continue
		}
		if travel := math.Min(math.Sqrt(r2)/math.Max(u, minWind), maxTravel); travel > windStep {
			px, py := f.path.place(s.t)
			qx, qy := f.path.place(s.t - travel)
			if d := math.Hypot(px-qx, py-qy); d > 1 {
				vx, vy, u = (px-qx)/d, (py-qy)/d, d/travel
				along = dx*vx + dy*vy
			}
		} else {
			vx, vy, along = vx/u, vy/u, along/u
		}
		across := dy*vx - dx*vy
		if along < -upwind || math.Abs(across) > 0.9*math.Max(along, 0)+50 {
			continue
		}
		step, part := tableAt(along)
		out = append(out, look{sniff: i,
			x: along, y: across, z: s.z, cross: s.vy*vx - s.vx*vy,
			k: s.perKg / (2 * math.Pi * 3600 * math.Max(u, minWind)), over: s.over, weight: s.weight, when: s.when,
			step: step, part: part,
		})
	}
	return out
}

// follow takes a chain on through some passes, as seen from a place in one
// weather.
func (g *glance) follow(c *chain, p *pass, w *weather) {
	var strength [strengthNodes]float64
	if !g.strengthOf(p, w, &strength) {
		return
	}
	keep := 1.0
	if c.last > 0 {
		keep = math.Exp(-(p.to - c.last) / onOffTime)
	}
	c.last = p.to
	for j := range rateNodes {
		l := 0.0
		for i, q := range w.scatter {
			l += q * strength[j+i]
		}
		// Passes are not quite independent: gusts last longer than the way from one to
		// the next, and the error of the model is the same in all. Their log likelihood
		// ratios count for half (a composite likelihood: Pauli, Racugno and Ventura 2011,
		// Statistica Sinica 21:149).
		l = math.Sqrt(w.miss + (1-w.miss)*l)
		on := usuallyOn + keep*(c.on[j]-usuallyOn)
		all := on*l + 1 - on
		if c.times[j] *= all; c.times[j] > 1e100 || c.times[j] < 1e-100 {
			c.logs[j] += math.Log(c.times[j])
			c.times[j] = 1
		}
		c.on[j] = on * l / all
	}
}

// chains takes one place's chains, one for each weather of the sky, on through
// the passes from a up to b.
func (f *flight) chains(x, y float64, s sky, at []chain, a, b int) {
	var g glance
	for k := a; k < b; k++ {
		p := &f.passes[k]
		if g.looks = f.looks(p, x, y, g.looks[:0]); len(g.looks) == 0 {
			continue
		}
		for m := range s.of {
			g.follow(&at[m], p, &s.of[m])
		}
	}
}

// over is the log of the likelihood ratio for each rate, the weathers summed.
func (s sky) over(at []chain) (l [rateNodes]float64) {
	for j := range l {
		l[j] = math.Inf(-1)
		for m := range at {
			l[j] = logAdd(l[j], s.log[m]+at[m].log(j))
		}
	}
	return l
}
