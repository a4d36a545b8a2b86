package localise

import (
	"math"
	"math/rand/v2"
)

// The weathers that a flight's answer rests on are draws from the posterior of
// the place and the weather together, made by walkers that move by differences
// of one another: differential evolution Markov chains (ter Braak 2006,
// Statistics and Computing 16:239), of which some move along a part of the axes
// only (Vrugt and others 2009, International Journal of Nonlinear Sciences and
// Numerical Simulation 10:273). Half of the walkers move at a time, by the
// differences of the other half, so that they can do so side by side (Foreman-Mackey
// and others 2013, PASP 125:306).

const (
	walkers     = 64
	walkSteps   = 60
	walkWarm    = 0.4          // part of the steps in which the likelihood comes in
	walkHops    = 0.1          // part of the moves that are whole differences, from one mode to another
	walkJitterM = 1.0          // metres, added to each move
	walkJitter  = 0.03         // the same, of a weather's numbers
	walkStartAt = 0.25         // power of the likelihood that walkers begin with
	nWalk       = nWeather + 2 // axes: a weather's, x and y
)

// A walker is a place and a weather. logPrior is of the weather alone, logLike
// of the readings and the place.
type walker struct {
	x, y     float64
	u        [nWeather]float64
	w        weather
	logPrior float64
	logLike  float64
}

// weighWalker works a walker's logs out.
func (c *chart) weighWalker(k *walker) {
	k.logPrior, k.logLike = 0, math.Inf(-1)
	for _, v := range k.u {
		k.logPrior -= v * v / 2
	}
	l := c.leafAt(k.x, k.y)
	if l == nil || l.mass <= 0 {
		return
	}
	k.w = newWeather(k.u, c.town)
	at := []chain{newChain()}
	c.flight.chains(k.x, k.y, sky{of: []weather{k.w}, log: []float64{0}}, at, 0, c.upTo)
	at0 := leaf{before: l.before, mass: l.mass / (l.h * l.h)}
	c.ownOf(&at0, at)
	k.logLike = at0.ownLogs[0]
}

// holds tells whether a place is in the leaf, or so near it.
func (l *leaf) holds(x, y, near float64) bool {
	h := l.h/2 + near
	return x >= l.x-h && x < l.x+h && y >= l.y-h && y < l.y+h
}

// leafAt is the leaf that holds a place, or nil.
func (c *chart) leafAt(x, y float64) *leaf {
	for i := range c.leaves {
		l := &c.leaves[i]
		if l.holds(x, y, 0) {
			return l
		}
	}
	return nil
}

// startWalkers draws places and weathers from some leaves, which have been
// looked at, and the sky; the likelihood is tempered so that many differ.
func (c *chart) startWalkers(which []int, r *rand.Rand) []walker {
	type pair struct{ i, k int }
	var all []pair
	var logs []float64
	for _, i := range which {
		for k, l := range c.leaves[i].ownLogs {
			all = append(all, pair{i, k})
			logs = append(logs, l)
		}
	}
	p := make([]float64, len(all))
	for power := 1.0; ; power *= 0.8 {
		top := math.Inf(-1)
		for n, l := range logs {
			p[n] = power*l + c.sky.log[all[n].k]
			top = math.Max(top, p[n])
		}
		var sum, sum2 float64
		for n := range p {
			p[n] = math.Exp(p[n] - top)
			sum += p[n]
			sum2 += p[n] * p[n]
		}
		if sum*sum/sum2 > walkers || power < 1e-3 {
			for n := range p {
				p[n] /= sum
			}
			break
		}
	}
	out := make([]walker, 0, walkers)
	from, cum := r.Float64(), 0.0
	for n := range p {
		for cum += p[n]; float64(len(out))+from < cum*walkers && len(out) < walkers; {
			l := &c.leaves[all[n].i]
			out = append(out, walker{
				x: l.x + (r.Float64()-0.5)*l.h, y: l.y + (r.Float64()-0.5)*l.h, u: c.sky.of[all[n].k].u,
			})
		}
	}
	for len(out) < walkers { // rounding
		out = append(out, out[len(out)-1])
	}
	r.Shuffle(len(out), func(a, b int) { out[a], out[b] = out[b], out[a] })
	return out
}

// walk moves the walkers until they are draws from the posterior.
func (c *chart) walk(all []walker, use uint64) {
	c.each(len(all), func(i int) { c.weighWalker(&all[i]) })
	half := len(all) / 2
	for step := range walkSteps {
		power := math.Min(1, walkStartAt+(1-walkStartAt)*float64(step)/(walkWarm*walkSteps))
		for h := range 2 {
			moved, still := all[h*half:(h+1)*half], all[(1-h)*half:(2-h)*half]
			c.each(half, func(i int) {
				r := c.random(use+uint64(2*step+h)<<20, uint64(i))
				next := moved[i].move(still, r)
				c.weighWalker(&next)
				gain := next.logPrior - moved[i].logPrior + power*(next.logLike-moved[i].logLike)
				if math.IsInf(moved[i].logLike, -1) || math.Log(r.Float64()) < gain {
					moved[i] = next
				}
			})
		}
	}
}

// move is a walker beside this one, along a difference of two others.
func (k *walker) move(others []walker, r *rand.Rand) walker {
	next := walker{x: k.x, y: k.y, u: k.u}
	a := r.IntN(len(others))
	b := r.IntN(len(others) - 1)
	if b >= a {
		b++
	}
	p, q := &others[a], &others[b]
	part := float64(1+r.IntN(3)) / 3
	var along [nWalk]bool
	n := 0
	for d := range along {
		if along[d] = r.Float64() < part; along[d] {
			n++
		}
	}
	far := 2.38 / math.Sqrt(2*math.Max(float64(n), 1))
	if r.Float64() < walkHops {
		far = 1
	}
	if along[nWeather] {
		next.x += far*(p.x-q.x) + walkJitterM*r.NormFloat64()
	}
	if along[nWeather+1] {
		next.y += far*(p.y-q.y) + walkJitterM*r.NormFloat64()
	}
	for d := range next.u {
		if along[d] {
			next.u[d] += far*(p.u[d]-q.u[d]) + walkJitter*r.NormFloat64()
		}
	}
	return next
}

// narrowest is the least standard deviation that the walkers' places have along
// any direction, metres.
func narrowest(all []walker) float64 {
	n := float64(len(all))
	var x, y, xx, xy, yy float64
	for i := range all {
		x, y = x+all[i].x/n, y+all[i].y/n
	}
	for i := range all {
		dx, dy := all[i].x-x, all[i].y-y
		xx, xy, yy = xx+dx*dx/n, xy+dx*dy/n, yy+dy*dy/n
	}
	return math.Sqrt(math.Max((xx+yy)/2-math.Hypot((xx-yy)/2, xy), 0))
}
