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

	swingNodes = 13
	swingReach = 3.0 // times the scale of the swing
	swingFree  = 5.0 // degrees of freedom of its distribution, a Student's

	// Passes are not quite independent: gusts last longer than the way from one to
	// the next, and the error of the model is the same in all. Their log likelihood
	// ratios count by this part (a composite likelihood: Pauli, Racugno and Ventura
	// 2011, Statistica Sinica 21:149).
	passCounts = 0.5

	upwind   = 36.0  // metres: so far against the wind gas is looked for
	growFrom = 6.0   // metres: no plume grows from less
	fadeFrom = 150.0 // metres: where the strength is the model's whatever the fade
)

// swingAt and swingWeight are the nodes that a swing is summed over.
var swingAt, swingWeight = func() (at, w [swingNodes]float64) {
	sum := 0.0
	for i := range at {
		at[i] = swingReach * (2*float64(i)/(swingNodes-1) - 1)
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
	far     float64 // x, without becoming nothing or less: how far the plume has grown
	cross   float64 // the sensor's velocity across the wind, m/s
	k       float64 // unit's reading per (kg/h)/m² over the wind's speed
	over    float64
	weight  float64
	when    float64
	logX    float64 // of x over fadeFrom
	sniff   int     // of the pass
}

// A chain is what the passes so far say of one place in one weather, for each
// rate: the log of the likelihood ratio, and the probability that the source is
// on after the last of them.
type chain struct {
	log  [rateNodes]float64
	on   [rateNodes]float64
	last float64 // time of the last pass that says something
}

func newChain() chain {
	var c chain
	for j := range c.on {
		c.on[j] = usuallyOn
	}
	return c
}

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
		far := (along + math.Sqrt(along*along+4*growFrom*growFrom)) / 2
		out = append(out, look{sniff: i,
			far: far, x: along, y: across, z: s.z, cross: s.vy*vx - s.vx*vy,
			k: s.perKg / (2 * math.Pi * 3600 * math.Max(u, minWind)), over: s.over, weight: s.weight, when: s.when,
			logX: math.Log(math.Max(far, 10) / fadeFrom),
		})
	}
	return out
}

// A glance is the scratch that a pass is worked out in.
type glance struct {
	looks []look
	met   []int     // those of them that some swing of the plume meets
	c     []float64 // of each met: on the axis, per kg/h
	y     []float64 // metres off the axis
	inv   []float64 // 1/(2σy²)
	root  []float64 // metres to the side in a swing of one radian
}

// strengthOf returns, for each strength of the plume in a pass, the likelihood
// ratio averaged over the swings; ok is false where the pass says nothing.
func (g *glance) strengthOf(p *pass, w *weather, out *[strengthNodes]float64) (ok bool) {
	g.met, g.c, g.y, g.inv, g.root = g.met[:0], g.c[:0], g.y[:0], g.inv[:0], g.root[:0]
	most := 0.0
	for i := range g.looks {
		l := &g.looks[i]
		x2 := l.far * l.far
		slip := w.lag * l.cross
		sy2 := w.iy2*x2/(1+spreadBend*l.far) + w.size2 + slip*slip
		sz2 := w.iz2*x2/(1+w.bend*l.far) + w.rise2
		i2 := 0.5 / sz2
		h := l.z - w.height
		c := l.k * math.Exp(w.fade*l.logX) * fastExp(-h*h*i2) * (1 + fastExp(-4*l.z*w.height*i2)) / math.Sqrt(sy2*sz2)
		// Where the air is slow, gas goes back as far as the plume starts wide: the
		// edge of an advected cloud, smoothed.
		if back := l.x * w.back; back < 2.5 {
			c *= 0.5 * math.Erfc(-back/math.Sqrt2)
		}
		y, inv, root := l.y+w.bias*l.x-slip, 0.5/sy2, math.Sqrt(x2+w.aside2)
		if near := math.Max(math.Abs(y)-swingReach*w.swing*root, 0); near*near*inv > 10 {
			continue // no swing brings it here
		}
		g.met = append(g.met, i)
		g.c, g.y, g.inv, g.root = append(g.c, c), append(g.y, y), append(g.inv, inv), append(g.root, root)
		most = math.Max(most, c*c*l.weight)
	}
	top := strengths[strengthNodes-1]
	if most*top*top < 1e-3 {
		return false
	}
	*out = [strengthNodes]float64{}
	for n, d := range swingAt {
		d *= w.swing
		var s1, s2, b0, b1 float64
		for i, k := range g.met {
			y := g.y[i] + d*g.root[i]
			e := y * y * g.inv[i]
			if e > 10 {
				continue
			}
			l := &g.looks[k]
			v := g.c[i] * fastExp(-e)
			wv := l.weight * v
			s1 += wv * l.over
			s2 += wv * v
			b0 += wv
			b1 += wv * l.when
		}
		i0, i1 := p.inv[0]*b0+p.inv[1]*b1, p.inv[1]*b0+p.inv[2]*b1
		s1 -= i0*p.proj[0] + i1*p.proj[1]
		s2 = math.Max(s2-i0*b0-i1*b1, 0)
		// From the strongest down, until there is nothing left to tell.
		for j := strengthNodes - 1; j >= 0; j-- {
			a := strengths[j]
			if a*(math.Abs(s1)+a*s2) < 1e-3 {
				for ; j >= 0; j-- {
					out[j] += swingWeight[n]
				}
				break
			}
			if x := a * (s1 - 0.5*a*s2); x > -30 {
				out[j] += swingWeight[n] * expAny(x)
			}
		}
	}
	return true
}

// expAny is exp, of which what is beyond 70 is cut off.
func expAny(x float64) float64 {
	if x <= 0 {
		return fastExp(x)
	}
	return 1 / fastExp(-math.Min(x, 70))
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
		l = math.Exp(passCounts * math.Log(w.miss+(1-w.miss)*l))
		on := usuallyOn + keep*(c.on[j]-usuallyOn)
		all := on*l + 1 - on
		c.log[j] += math.Log(all)
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
			l[j] = logAdd(l[j], s.log[m]+at[m].log[j])
		}
	}
	return l
}
