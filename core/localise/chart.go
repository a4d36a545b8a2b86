package localise

import (
	"context"
	"math"
	"math/rand/v2"
	"sort"
)

// A chart is the posterior of one source on a quadtree of the ground: squares
// that are small where the probability is. Weathers differ by flight and are
// summed over flight by flight; the place and the rate are what flights share.

const (
	coarsest = 40.0 // metres, of a square
	finest   = 5.0

	firstSky  = 12 // weathers of a flight's first look over everything
	secondSky = 24 // of the next ones, drawn where the first are borne out
	tuneSky   = 80 // of those that are tried on some squares of the posterior,
	tuneOn    = 8  // which are so many,
	tuneTimes = 4  // so many times

	aliveWithin = 8.0 // log of how far behind the best a square is followed still
	mostAlive   = 400 // squares that are followed
	mostSplit   = 100 // squares that are split at a time

	// Probability that the source of a flight over a town is in or on one of the
	// buildings that are known, and not in a yard or in one that no map has.
	townInBuildings = 0.95

	// The rates of two flights over one source differ by this, as a logarithm.
	rateBetweenFlights = 0.5

	// Probability that a flight says nothing of the place beside others: something
	// else was smelt.
	misleads = 0.01
)

// A leaf is one square.
type leaf struct {
	x, y, h float64 // middle and side, metres
	mass    float64 // prior probability

	// Logs of likelihood ratios: of the earlier flights for each rate they share,
	// and of the present one for each of its own rates.
	before, now [rateNodes]float64

	chains  []chain // of the present flight, one a weather; nil where nothing more is followed
	ownLogs []float64
}

// A chart of one flight and those before it.
type chart struct {
	key     digest
	seed    uint64
	workers int
	town    bool
	rate    [rateNodes]float64 // log prior of a rate
	share   [][rateNodes]float64

	houses  []Building // in the area
	ground  *ground
	earlier []flown // with their skies
	flight  flight
	upTo    int // passes of the flight that are in
	sky     sky
	leaves  []leaf
	mean    float64 // log of the flight's likelihood ratio over where the others leave the source
}

// A flown is an earlier flight with the weathers that it bears out.
type flown struct {
	flight flight
	sky    sky
	share  [][rateNodes]float64
	mean   float64 // log of its likelihood ratio over where the others left the source
}

// newShare is, for each shared rate, the probability of each rate of a flight.
func newShare(flights int) [][rateNodes]float64 {
	share := make([][rateNodes]float64, rateNodes)
	for i := range share {
		if flights == 1 {
			share[i][i] = 1
			continue
		}
		sum := 0.0
		for j := range share[i] {
			z := float64(i-j) * rateStep / rateBetweenFlights
			share[i][j] = math.Exp(-z * z / 2)
			sum += share[i][j]
		}
		for j := range share[i] {
			share[i][j] /= sum
		}
	}
	return share
}

// ratePrior is a normal prior on the grid of rates.
func ratePrior(n normal) (l [rateNodes]float64) {
	total := math.Inf(-1)
	for j := range l {
		l[j] = n.log(rateLowest + rateStep*float64(j))
		total = logAdd(total, l[j])
	}
	for j := range l {
		l[j] -= total
	}
	return l
}

// each runs f(0..n-1) on the chart's workers.
func (c *chart) each(n int, f func(i int)) { (&model{workers: c.workers}).each(n, f) }

func (c *chart) random(use, i uint64) *rand.Rand {
	return rand.New(rand.NewPCG(c.seed*0x9e3779b97f4a7c15+use, i*0xbf58476d1ce4e5b9+7))
}

// massOf is the prior probability of a square: that of the raster's cells in it.
func (g *ground) massOf(x, y, h float64) float64 {
	if g.cell == nil {
		return math.Exp(g.logEl) * h * h
	}
	sum := 0.0
	for dy := rasterCell / 2; dy < h; dy += rasterCell {
		for dx := rasterCell / 2; dx < h; dx += rasterCell {
			sum += math.Exp(g.logDensity(x-h/2+dx, y-h/2+dy)) * rasterCell * rasterCell
		}
	}
	return sum
}

// cover makes leaves of the coarsest size of all of the ground that the kept
// ones leave free, and weighs all anew.
func (c *chart) cover(kept []leaf) {
	type corner struct{ i, j int }
	taken := map[corner]bool{}
	at := func(x, y float64) corner { return corner{int(math.Floor(x / coarsest)), int(math.Floor(y / coarsest))} }
	for _, l := range kept {
		taken[at(l.x, l.y)] = true
	}
	c.leaves = kept
	a := c.ground.area
	for y := a.y0 + coarsest/2; y < a.y1; y += coarsest {
		for x := a.x0 + coarsest/2; x < a.x1; x += coarsest {
			if !taken[at(x, y)] {
				c.leaves = append(c.leaves, leaf{x: x, y: y, h: coarsest})
			}
		}
	}
	fresh := len(kept)
	c.each(len(c.leaves), func(i int) {
		l := &c.leaves[i]
		l.mass = c.ground.massOf(l.x, l.y, l.h)
		if i >= fresh {
			c.recall(l)
		}
	})
}

// recall works out what the earlier flights say of a leaf.
func (c *chart) recall(l *leaf) {
	l.before = [rateNodes]float64{}
	for f := range c.earlier {
		l.before = joined(c.earlier[f].share, l.before, c.earlier[f].say(l), c.earlier[f].mean)
	}
}

func newChains(n int) []chain {
	at := make([]chain, n)
	for i := range at {
		at[i] = newChain()
	}
	return at
}

// joined is shared for a flight that may mislead.
func joined(share [][rateNodes]float64, before, now [rateNodes]float64, mean float64) [rateNodes]float64 {
	l := shared(share, [rateNodes]float64{}, now)
	for i := range l {
		before[i] += logAdd(math.Log(1-misleads)+l[i], math.Log(misleads)+mean)
	}
	return before
}

// shared adds a flight's logs, by its own rate, to logs by the shared rate.
func shared(share [][rateNodes]float64, before, now [rateNodes]float64) [rateNodes]float64 {
	top := math.Inf(-1)
	for _, v := range now {
		top = math.Max(top, v)
	}
	var e [rateNodes]float64
	for j, v := range now {
		e[j] = math.Exp(v - top)
	}
	for i := range before {
		s := 0.0
		for j, q := range share[i] {
			s += q * e[j]
		}
		before[i] += math.Log(math.Max(s, 1e-300)) + top
	}
	return before
}

// byRate is the log of the leaf's posterior, not normalised, for each shared rate.
func (c *chart) byRate(l *leaf) [rateNodes]float64 {
	out := l.before
	if len(c.earlier) == 0 || math.IsInf(c.mean, -1) {
		out = shared(c.share, out, l.now)
	} else {
		out = joined(c.share, out, l.now, c.mean)
	}
	m := math.Log(math.Max(l.mass, 1e-300))
	for i := range out {
		out[i] += m + c.rate[i]
	}
	return out
}

// weigh is the log of the leaf's posterior mass, not normalised.
func (c *chart) weigh(l *leaf) float64 {
	sum := math.Inf(-1)
	for _, v := range c.byRate(l) {
		sum = logAdd(sum, v)
	}
	return sum
}

func (c *chart) weights() (each []float64, best, total float64) {
	each = make([]float64, len(c.leaves))
	c.each(len(each), func(i int) { each[i] = c.weigh(&c.leaves[i]) })
	best, total = math.Inf(-1), math.Inf(-1)
	for _, w := range each {
		best, total = math.Max(best, w), logAdd(total, w)
	}
	return each, best, total
}

// look works out what the flight's first upTo passes say of some leaves.
func (c *chart) look(which []int, keep bool) {
	c.each(len(which), func(k int) {
		l := &c.leaves[which[k]]
		at := newChains(len(c.sky.of))
		c.flight.chains(l.x, l.y, c.sky, at, 0, c.upTo)
		l.now = c.sky.over(at)
		c.ownOf(l, at)
		if l.chains = nil; keep {
			l.chains = at
		}
	})
}

// lookOnce looks at leaves whose chains are to be kept. Those that have chains had
// them in the sky as it is, which settle has drawn last: only what the earlier
// flights say of them may be new.
func (c *chart) lookOnce(which []int) {
	var fresh []int
	for _, i := range which {
		if c.leaves[i].chains == nil {
			fresh = append(fresh, i)
		}
	}
	c.look(fresh, true)
	c.each(len(which), func(k int) {
		l := &c.leaves[which[k]]
		c.ownOf(l, l.chains)
	})
}

// ownOf sets the leaf's posterior mass in each weather.
func (c *chart) ownOf(l *leaf, at []chain) {
	// What the earlier flights and the prior say of each rate of this flight.
	var prior [rateNodes]float64
	top := math.Inf(-1)
	for i := range rateNodes {
		top = math.Max(top, l.before[i]+c.rate[i])
	}
	for i := range rateNodes {
		p := math.Exp(l.before[i] + c.rate[i] - top)
		for j, q := range c.share[i] {
			prior[j] += q * p
		}
	}
	l.ownLogs = make([]float64, len(at))
	m := math.Log(math.Max(l.mass, 1e-300)) + top
	for k := range at {
		sum := math.Inf(-1)
		for j := range rateNodes {
			sum = logAdd(sum, at[k].log(j)+math.Log(math.Max(prior[j], 1e-300)))
		}
		l.ownLogs[k] = sum + m
	}
}

// refit draws the sky anew, n weathers, where the looked-at leaves bear it out.
func (c *chart) refit(which []int, n int, use uint64) {
	likely := make([]float64, len(c.sky.of))
	for k := range likely {
		likely[k] = math.Inf(-1)
		for _, i := range which {
			likely[k] = logAdd(likely[k], c.leaves[i].ownLogs[k])
		}
	}
	c.sky = c.sky.fitted(likely, n, c.random(use, 1), c.town)
}

// tune draws the sky anew, time after time, where some leaves of the posterior
// bear it out: a first notion of it.
func (c *chart) tune(use uint64) {
	which := c.some(tuneOn)
	for i := range uint64(tuneTimes) {
		n := tuneSky
		if i == tuneTimes-1 {
			n = secondSky
		}
		c.look(which, false)
		c.refit(which, n, use+i)
	}
}

// retune draws the weathers of the earlier flights anew where the posterior of all
// flights is: those that a flight bears out over all that it left open itself may
// fit the place badly where the flights meet. What those flights say of the
// leaves that are followed is worked out again.
func (c *chart) retune(use uint64) {
	if len(c.earlier) == 0 {
		return
	}
	for f := range c.earlier {
		e := &c.earlier[f]
		t := *c
		t.flight, t.sky, t.share, t.upTo, t.leaves = e.flight, e.sky, e.share, len(e.flight.passes), nil
		for _, i := range c.alive() {
			l := c.leaves[i]
			l.before = shared(c.share, [rateNodes]float64{}, l.now)
			for g := range c.earlier {
				if g != f {
					l.before = joined(c.earlier[g].share, l.before, c.earlier[g].say(&l), c.earlier[g].mean)
				}
			}
			l.now = e.say(&l)
			t.leaves = append(t.leaves, l)
		}
		t.earlier = nil // they are in what the leaves had before
		t.settle(use + 100*uint64(f))
		e.sky = t.sky
	}
	which := c.alive()
	c.each(len(which), func(k int) { c.recall(&c.leaves[which[k]]) })
}

// say is what an earlier flight says of a leaf, for each of its own rates.
func (e *flown) say(l *leaf) [rateNodes]float64 {
	at := newChains(len(e.sky.of))
	e.flight.chains(l.x, l.y, e.sky, at, 0, len(e.flight.passes))
	return e.sky.over(at)
}

// some picks up to n leaves at even steps of the posterior.
func (c *chart) some(n int) []int {
	w, _, total := c.weights()
	var out []int
	cum, next := 0.0, 0.5/float64(n)
	for i := range w {
		if cum += math.Exp(w[i] - total); cum > next {
			out = append(out, i)
			next = (math.Floor(cum*float64(n)-0.5) + 1.5) / float64(n)
		}
	}
	return out
}

// split cuts the heaviest leaves larger than h into four, and drops none of the
// rest.
func (c *chart) split(h float64) {
	w, best, total := c.weights()
	order := make([]int, 0, len(w))
	for i := range w {
		if c.leaves[i].h > h && w[i] > best-aliveWithin {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return w[order[a]] > w[order[b]] })
	cut := map[int]bool{}
	held := math.Inf(-1)
	for _, i := range order {
		if len(cut) >= mostSplit || held > total+math.Log(0.999) {
			break
		}
		cut[i] = true
		held = logAdd(held, w[i])
	}
	c.cut(cut)
}

// cut cuts some leaves into four each.
func (c *chart) cut(cut map[int]bool) {
	out := make([]leaf, 0, len(c.leaves)+3*len(cut))
	for i, l := range c.leaves {
		if !cut[i] {
			out = append(out, l)
			continue
		}
		for q := range 4 {
			k := leaf{x: l.x + l.h/4*float64(2*(q%2)-1), y: l.y + l.h/4*float64(2*(q/2)-1), h: l.h / 2, now: l.now, before: l.before}
			out = append(out, k)
		}
	}
	c.leaves = out
	c.each(len(out), func(i int) {
		if l := &out[i]; l.mass == 0 {
			l.mass = c.ground.massOf(l.x, l.y, l.h)
			if l.mass > 0 && len(c.earlier) > 0 {
				c.recall(l)
			}
		}
	})
}

// alive lists the leaves that are worth following: not far behind the best, and
// of those the heaviest, in order. The others keep what was last seen of them.
func (c *chart) alive() []int {
	w, best, _ := c.weights()
	var out []int
	for i := range w {
		if w[i] > best-aliveWithin {
			out = append(out, i)
		}
	}
	if len(out) > mostAlive {
		sort.SliceStable(out, func(a, b int) bool { return w[out[a]] > w[out[b]] })
		out = out[:mostAlive]
		sort.Ints(out)
	}
	return out
}

// survey makes the chart from the first upTo passes of its flight.
func (c *chart) survey(ctx context.Context, kept []leaf) error {
	c.mean = math.Inf(-1) // not known yet
	c.cover(kept)
	for i := range c.leaves {
		c.leaves[i].now = [rateNodes]float64{}
	}
	c.sky = priorSky(firstSky, c.random(1, 0), c.town)
	// What earlier flights leave no hope for is left as it is.
	w, best, _ := c.weights()
	var all []int
	for i := range c.leaves {
		if c.leaves[i].mass > 0 && w[i] > best-1.5*aliveWithin {
			all = append(all, i)
		}
	}
	c.look(all, false)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.refit(all, secondSky, 2)
	c.split(coarsest / 2)
	c.look(c.alive(), false)
	c.split(coarsest / 4)
	c.tune(10)
	c.look(c.alive(), false)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.split(finest)
	c.settle(20)
	c.retune(1000)
	c.lookOnce(c.alive())
	c.setMean()
	return ctx.Err()
}

// advance takes the chart on to the first upTo passes.
func (c *chart) advance(upTo int) {
	c.each(len(c.leaves), func(i int) {
		l := &c.leaves[i]
		if l.chains == nil {
			return
		}
		c.flight.chains(l.x, l.y, c.sky, l.chains, c.upTo, upTo)
		l.now = c.sky.over(l.chains)
	})
	c.upTo = upTo
	c.setMean()
}

// setMean sets the mean of the flight's likelihood ratio over where the earlier
// ones leave the source.
func (c *chart) setMean() {
	c.mean = math.Inf(-1)
	_, _, all := c.weights()
	before := math.Inf(-1)
	for i := range c.leaves {
		l := leaf{mass: c.leaves[i].mass, before: c.leaves[i].before}
		before = logAdd(before, c.weigh(&l))
	}
	c.mean = all - before
}
