package localise

import "math"

// What one pass says of one place in one weather: the innermost loop of a flight.

// A stretch is what a plume is like at one distance down the wind, in one
// weather: all of it that depends on nothing else.
type stretch struct {
	axis float64 // what the fall with distance and the edge up the wind leave of the strength, over σz
	i2   float64 // 1/(2σz²), 1/m²
	sy2  float64 // σy², m²
	root float64 // metres to the side in a swing of one radian
}

// The distances of a weather's table lie close near the source, where all
// changes: x = tableScale·sinh(step·tableStep) - upwind.
const (
	tableSteps = 80
	tableStep  = 0.07
	tableScale = 30.0
)

// tableAt is the step at or before a distance, and the part of the way to the
// next.
func tableAt(x float64) (step int, part float64) {
	f := math.Asinh((x+upwind)/tableScale) / tableStep
	step = min(max(int(f), 0), tableSteps-1)
	return step, math.Min(f-float64(step), 1)
}

// fill works the table out.
func (w *weather) fill() {
	for i := range w.table {
		x := tableScale*math.Sinh(float64(i)*tableStep) - upwind
		far := (x + math.Sqrt(x*x+4*growFrom*growFrom)) / 2 // x, without becoming nothing or less
		x2 := far * far
		sz2 := w.iz2*x2/(1+w.bend*far) + w.rise2
		s := stretch{
			axis: math.Pow(math.Max(far, 10)/fadeFrom, w.fade) / math.Sqrt(sz2), i2: 0.5 / sz2,
			sy2: w.iy2*x2/(1+spreadBend*far) + w.size2, root: math.Sqrt(x2 + w.aside2),
		}
		// Where the air is slow, gas goes back as far as the plume starts wide: the
		// edge of an advected cloud, smoothed.
		if back := (x - w.delay) * w.back; back < 2.5 {
			s.axis *= 0.5 * math.Erfc(-back/math.Sqrt2)
		}
		w.table[i] = s
	}
}

// of is how a look stands to the plume: what is there on its axis per kg/h,
// metres off the axis, 1/(2σy²), and metres to the side in a swing of one radian.
func (w *weather) of(l *look) (c, y, inv, root float64) {
	a, b, f := &w.table[l.step], &w.table[l.step+1], l.part
	slip := w.lag * l.cross
	sy2 := a.sy2 + f*(b.sy2-a.sy2) + slip*slip
	i2 := a.i2 + f*(b.i2-a.i2)
	h := l.z - w.height
	c = l.k * (a.axis + f*(b.axis-a.axis)) * fastExp(-h*h*i2) * (1 + fastExp(-4*l.z*w.height*i2)) / math.Sqrt(sy2)
	return c, l.y + w.bias*l.x - slip, 0.5 / sy2, a.root + f*(b.root-a.root)
}

// A glance is the scratch that a pass is worked out in.
type glance struct {
	looks []look
	sums  [swingNodes]sums
}

// sums are those over the looks that the plume of one swing meets, of what it
// adds there, each weighted.
type sums struct {
	over   float64 // times the reading
	square float64
	level  float64
	slope  float64
}

// plumeReach is how many times its spread, squared and halved, a plume reaches.
const plumeReach = 10

// meet fills the sums for all swings. ok is false where the pass says nothing.
//
// Swings are even steps, and a normal curve at even steps is a product of
// factors that are themselves a geometric row: three exponentials a look serve
// all swings.
func (g *glance) meet(w *weather) (ok bool) {
	g.sums = [swingNodes]sums{}
	most := 0.0
	for i := range g.looks {
		l := &g.looks[i]
		c, y, inv, root := w.of(l)
		scale := w.swing * root
		m := int(math.Round((swingReach - y/scale) / swingStep))
		m = min(max(m, 0), swingNodes-1)
		z := y + swingAt[m]*scale
		if z*z*inv > plumeReach {
			continue // no swing brings it here
		}
		most = math.Max(most, c*c*l.weight)
		d := swingStep * scale
		first, turn := c*fastExp(-z*z*inv), fastExp(-2*d*d*inv)
		least := c * 4.5e-5 // exp(-plumeReach)
		g.add(m, l, first)
		v, q := first, 0.0
		if m < swingNodes-1 {
			q = fastExp(-(2*z + d) * d * inv)
			for n := m + 1; n < swingNodes; n++ {
				if v *= q; v < least {
					break
				}
				g.add(n, l, v)
				q *= turn
			}
		}
		if m > 0 {
			v, q = first, fastExp((2*z-d)*d*inv)
			for n := m - 1; n >= 0; n-- {
				if v *= q; v < least {
					break
				}
				g.add(n, l, v)
				q *= turn
			}
		}
	}
	top := strengths[strengthNodes-1]
	return most*top*top >= 1e-3
}

func (g *glance) add(n int, l *look, v float64) {
	wv, s := l.weight*v, &g.sums[n]
	s.over += wv * l.over
	s.square += wv * v
	s.level += wv
	s.slope += wv * l.when
}

// projected is what is left for the plume once the level and its slope have
// taken what they explain: a strength's log likelihood ratio is a·(s1 - a·s2/2).
func (s *sums) projected(p *pass) (s1, s2 float64) {
	i0, i1 := p.inv[0]*s.level+p.inv[1]*s.slope, p.inv[1]*s.level+p.inv[2]*s.slope
	return s.over - i0*p.proj[0] - i1*p.proj[1], math.Max(s.square-i0*s.level-i1*s.slope, 0)
}

// strengthOf returns, for each strength of the plume in a pass, the likelihood
// ratio averaged over the swings; ok is false where the pass says nothing.
func (g *glance) strengthOf(p *pass, w *weather, out *[strengthNodes]float64) (ok bool) {
	*out = [strengthNodes]float64{}
	if ok = g.meet(w); ok {
		g.strengths(p, out)
	}
	return ok
}

// strengths adds the likelihood ratio of each strength, swing by swing.
func (g *glance) strengths(p *pass, out *[strengthNodes]float64) {
	for n := range g.sums {
		s1, s2 := g.sums[n].projected(p)
		weight := swingWeight[n]
		// From the strongest down, until there is nothing left to tell.
		for j := strengthNodes - 1; j >= 0; j-- {
			a := strengths[j]
			if a*(math.Abs(s1)+a*s2) < 2e-3 {
				for ; j >= 0; j-- {
					out[j] += weight
				}
				break
			}
			switch x := a * (s1 - 0.5*a*s2); {
			case x < -9: // against the chance of a miss it is nothing
			case x > -0.06 && x < 0.06:
				out[j] += weight * (1 + x*(1+x*(0.5+x*(1.0/6))))
			default:
				out[j] += weight * expAny(x)
			}
		}
	}
}

// expAny is exp, of which what is beyond 70 is cut off.
func expAny(x float64) float64 {
	if x <= 0 {
		return fastExp(x)
	}
	return 1 / fastExp(-math.Min(x, 70))
}
