package localise

import "math"

// The likelihood of two sources at once. In a pass both plumes swing together,
// for it is the same wind that turns both, while each has a strength of its own;
// a pass may miss either, and each is on or off by itself. As the rate of one goes
// to nothing this becomes the likelihood of the other alone (flight.go), and so
// the two may be compared.

const (
	twoNodes     = 8 // rates of each source that are looked at
	twoBelow     = 5 // of these, so many below the likeliest of one source
	twoStrengths = twoNodes + 2*strengthReach
)

// mostTold is the greatest likelihood ratio of a pass, as that of one source has
// it (expAny).
var mostTold = math.Exp(70)

// twoGrow is how much a step makes of a strength.
var twoGrow = math.Exp(rateStep)

// twoExp is exp within what three factors of it may make of a number.
func twoExp(x float64) float64 {
	switch {
	case x > -80 && x <= 0:
		return fastExp(x)
	case x > 0 && x < 80:
		return 1 / fastExp(-x)
	}
	return math.Exp(math.Max(math.Min(x, 200), -600))
}

// A twoTable is by the rates of both.
type twoTable [twoNodes][twoNodes]float64

// A twoView is what the plume of one place in one weather is in one pass.
type twoView struct {
	seen  bool
	swing [swingNodes]twoSwing
	alone [twoNodes]float64 // likelihood ratio of this source alone, by its rate, misses in
}

// A twoSwing is that in one swing.
type twoSwing struct {
	from         int       // first sniff that the plume meets
	adds         []float64 // what it adds there per kg/h, times the root of the weight
	level, slope float64   // sums over the sniffs, as in sums
	s1, s2       float64   // see projected
	ratio        [twoStrengths]float64
}

// looksAt is how all passes of a flight are seen from a place, in any weather.
func (f *flight) looksAt(x, y float64) [][]look {
	out := make([][]look, len(f.passes))
	var looks []look
	for k := range f.passes {
		from := len(looks)
		looks = f.looks(&f.passes[k], x, y, looks)
		out[k] = looks[from:len(looks):len(looks)]
	}
	return out
}

// twoViews are those of all passes of a flight, for rates from lo on.
func (f *flight) twoViews(at [][]look, w *weather, lo int) []twoView {
	out := make([]twoView, len(f.passes))
	for k := range f.passes {
		if len(at[k]) > 0 {
			out[k].fill(&f.passes[k], at[k], w, lo)
		}
	}
	return out
}

func (v *twoView) fill(p *pass, looks []look, w *weather, lo int) {
	first := looks[0].sniff
	n := looks[len(looks)-1].sniff - first + 1
	flat := make([]float64, swingNodes*n)
	var sums [swingNodes]sums
	most := 0.0
	for i := range looks {
		l := &looks[i]
		c, y, inv, root := w.of(l)
		if z := math.Abs(y) - swingReach*w.swing*root; z > 0 && z*z*inv > plumeReach {
			continue
		}
		most = math.Max(most, c*c*l.weight)
		rootWeight := math.Sqrt(l.weight)
		for k := range sums {
			z := y + swingAt[k]*w.swing*root
			e := z * z * inv
			if e > plumeReach {
				continue
			}
			a := c * fastExp(-e)
			s, wa := &sums[k], l.weight*a
			s.over += wa * l.over
			s.square += wa * a
			s.level += wa
			s.slope += wa * l.when
			flat[k*n+l.sniff-first] = a * rootWeight
		}
	}
	top := strengths[lo+twoStrengths-1]
	if v.seen = most*top*top >= 1e-3; !v.seen {
		return
	}
	for j := range v.alone {
		v.alone[j] = 0
	}
	for k := range v.swing {
		s := &v.swing[k]
		s.s1, s.s2 = sums[k].projected(p)
		s.level, s.slope = sums[k].level, sums[k].slope
		for i := range s.ratio {
			a := strengths[lo+i]
			s.ratio[i] = twoExp(a * (s.s1 - 0.5*a*s.s2))
		}
		for j := range v.alone {
			for i, q := range w.scatter {
				v.alone[j] += swingWeight[k] * q * math.Min(s.ratio[j+i], mostTold)
			}
		}
		row := flat[k*n : (k+1)*n]
		from, to := 0, n
		for from < to && row[from] == 0 {
			from++
		}
		for to > from && row[to-1] == 0 {
			to--
		}
		s.from, s.adds = first+from, row[from:to:to]
	}
	for j := range v.alone {
		v.alone[j] = w.miss + (1-w.miss)*v.alone[j]
	}
}

// shares is the sum of what both add to the same readings, once the level and
// its slope have taken what they explain.
func (s *twoSwing) shares(p *pass, o *twoSwing) float64 {
	sum := 0.0
	from, to := max(s.from, o.from), min(s.from+len(s.adds), o.from+len(o.adds))
	for i := from; i < to; i++ {
		sum += s.adds[i-s.from] * o.adds[i-o.from]
	}
	return sum - s.level*(p.inv[0]*o.level+p.inv[1]*o.slope) - s.slope*(p.inv[1]*o.level+p.inv[2]*o.slope)
}

// twoBoth is the likelihood ratio of a pass that meets both plumes. Strengths
// are a geometric row, so that what two of them share depends on the sum of
// their steps.
func twoBoth(p *pass, w *weather, a, b *twoView, lo int, out *twoTable) {
	var m [twoStrengths][twoStrengths]float64
	least, top := strengths[lo], strengths[lo+twoStrengths-1]
	for k := range a.swing {
		s, o := &a.swing[k], &b.swing[k]
		both := 0.0
		if len(s.adds) > 0 && len(o.adds) > 0 {
			both = s.shares(p, o)
		}
		if math.Abs(both)*top*top < 1e-2 {
			for i := range m {
				q := swingWeight[k] * s.ratio[i]
				for j := range m[i] {
					m[i][j] += q * o.ratio[j]
				}
			}
			continue
		}
		var joint [2*twoStrengths - 1]float64
		for i, x := 0, -both*least*least; i < len(joint); i, x = i+1, x*twoGrow {
			joint[i] = twoExp(x)
		}
		for i := range m {
			q := swingWeight[k] * s.ratio[i]
			g := joint[i : i+twoStrengths]
			for j := range m[i] {
				m[i][j] += q * o.ratio[j] * g[j]
			}
		}
	}
	var half [twoNodes][twoStrengths]float64
	for i := range half {
		for k, q := range w.scatter {
			for j := range half[i] {
				half[i][j] += q * m[i+k][j]
			}
		}
		for j := range out[i] {
			out[i][j] = 0
			for k, q := range w.scatter {
				out[i][j] += q * half[i][j+k]
			}
			out[i][j] = math.Min(out[i][j], mostTold)
		}
	}
}

// twoSays is the log of the likelihood ratio of two sources in one weather, by
// their rates from lo on.
func (f *flight) twoSays(w *weather, a, b []twoView, lo int) (out twoTable) {
	const on, off = usuallyOn, 1 - usuallyOn
	var state [twoNodes][twoNodes][4]float64 // both on, the first, the second, none
	var times twoTable                       // what is not in the logs yet
	for i := range state {
		for j := range state[i] {
			state[i][j] = [4]float64{on * on, on * off, off * on, off * off}
			times[i][j] = 1
		}
	}
	last := 0.0
	var both twoTable
	for k := range f.passes {
		p := &f.passes[k]
		if !a[k].seen && !b[k].seen {
			continue
		}
		keep := 1.0
		if last > 0 {
			keep = math.Exp(-(p.to - last) / onOffTime)
		}
		last = p.to
		met := a[k].seen && b[k].seen
		if met {
			twoBoth(p, w, &a[k], &b[k], lo, &both)
		}
		stay, come := keep+(1-keep)*on, (1-keep)*on // on after on, and after off
		var rootA, rootB [twoNodes]float64
		for i := range rootA {
			rootA[i], rootB[i] = 1, 1
			if a[k].seen {
				rootA[i] = math.Sqrt(a[k].alone[i])
			}
			if b[k].seen {
				rootB[i] = math.Sqrt(b[k].alone[i])
			}
		}
		for i := range state {
			for j := range state[i] {
				s := &state[i][j]
				s[0], s[1], s[2], s[3] = stay*s[0]+come*s[2], stay*s[1]+come*s[3], (1-stay)*s[0]+(1-come)*s[2], (1-stay)*s[1]+(1-come)*s[3]
				s[0], s[1], s[2], s[3] = stay*s[0]+come*s[1], (1-stay)*s[0]+(1-come)*s[1], stay*s[2]+come*s[3], (1-stay)*s[2]+(1-come)*s[3]
				l := rootA[i] * rootB[j]
				if met {
					la, lb := a[k].alone[i], b[k].alone[j]
					l = math.Sqrt(w.miss*(la+lb-w.miss) + (1-w.miss)*(1-w.miss)*both[i][j])
				}
				s[0], s[1], s[2] = l*s[0], rootA[i]*s[1], rootB[j]*s[2]
				sum := s[0] + s[1] + s[2] + s[3]
				if times[i][j] *= sum; times[i][j] > 1e100 || times[i][j] < 1e-100 {
					out[i][j] += math.Log(times[i][j])
					times[i][j] = 1
				}
				for n := range s {
					s[n] /= sum
				}
			}
		}
	}
	for i := range out {
		for j := range out[i] {
			out[i][j] += math.Log(times[i][j])
		}
	}
	return out
}

func (t *twoTable) sum() float64 {
	s := math.Inf(-1)
	for i := range t {
		for _, v := range t[i] {
			s = logAdd(s, v)
		}
	}
	return s
}

// prior adds the logs of the prior of both rates, and of none too uneven.
func (p *pair) prior(t *twoTable) {
	for i := range t {
		for j := range t[i] {
			t[i][j] += p.c.rate[p.lo+i] + p.c.rate[p.lo+j]
			if max(i-j, j-i) > mostUneven {
				t[i][j] = math.Inf(-1)
			}
		}
	}
}

// says is the log of the likelihood ratio of two squares by the rates that the
// flights share, the weathers summed, with the prior of the rates.
func (p *pair) says(a, b *twoPlace) (all twoTable) {
	for f, s := range p.few {
		var own twoTable
		for m := range s.of {
			t := p.flights[f].twoSays(&s.of[m], a.views[f][m], b.views[f][m], p.lo)
			for i := range t {
				for j, v := range t[i] {
					if v += s.log[m]; m > 0 {
						v = logAdd(own[i][j], v)
					}
					own[i][j] = v
				}
			}
		}
		p.join(&all, &own)
	}
	p.prior(&all)
	return all
}

// join adds what a flight says by its own rates to what is said by the shared
// ones.
func (p *pair) join(all, own *twoTable) {
	top := math.Inf(-1)
	for i := range own {
		for _, v := range own[i] {
			top = math.Max(top, v)
		}
	}
	var half twoTable
	for k := range own {
		for j, v := range own[k] {
			e := math.Exp(v - top)
			for i := range half {
				half[i][j] += p.share[p.lo+i][p.lo+k] * e
			}
		}
	}
	for i := range all {
		for j := range all[i] {
			s := 0.0
			for k, v := range half[i] {
				s += p.share[p.lo+j][p.lo+k] * v
			}
			all[i][j] += math.Log(math.Max(s, 1e-300)) + top
		}
	}
}
