package localise

import (
	"context"
	"math"
	"sort"
)

// Two sources. A second one is looked for in what the first leaves of the
// readings. What the first did in a pass is not known, so its likeliest states (a
// swing and a strength, or nothing) each leave something of their own, and the
// second is summed over them: given the first source this is exact but for the
// states left out. The two take turns, each looked for given where the other was
// found. The evidence of both is that of Chib (1995, JASA 90:1313), with the
// posterior at the place found as the product of the two conditional ones.

const (
	passStates = 6     // of the first source, that a pass is summed over
	pairTurns  = 5     // how often the two take turns at the most
	pairReach  = 160.0 // metres from the first within which the second is looked for closely
	pairSplit  = 20    // squares that are split at a time
	leastApart = 25.0  // metres, nearer than which two are told as one
	mostUneven = 1.6   // log: a source weaker than a fifth of the other is not told from how that one fluctuates
	pairCounts = 0.5   // part of the evidence that is not the error of the model, which is the same in all passes
	faint      = -4.0  // log of the gain, first guess, below which no turns are taken
)

// An alternative is what one state of the other source leaves of a pass.
type alternative struct {
	part float64 // its probability
	over []float64
	proj [2]float64
}

// A spot is one source as the other one is looked for: its place, and for each
// flight its rate.
type spot struct {
	x, y  float64
	rates []int
}

// A pair is the search for two sources.
type pair struct {
	c       *chart
	flights []flown // all, each with its likeliest weather alone
	skies   []sky   // of each flight, that a likelier weather is looked for in
}

// pairOf prepares the search. The weather of each flight is the one that its own
// readings bear out best at the likeliest place of one source.
func (c *chart) pairOf() *pair {
	all := append(append([]flown(nil), c.earlier...), flown{c.flight, c.sky, c.share, c.mean})
	p := &pair{c: c}
	best := c.likeliest()
	for f, e := range all {
		at := newChains(len(e.sky.of))
		e.flight.chains(best.x, best.y, e.sky, at, 0, len(e.flight.passes))
		pick, most := 0, math.Inf(-1)
		for m := range at {
			sum := math.Inf(-1)
			for j := range rateNodes {
				sum = logAdd(sum, at[m].log(j)+c.rate[j])
			}
			if sum+e.sky.log[m] > most {
				pick, most = m, sum+e.sky.log[m]
			}
		}
		one := sky{of: e.sky.of[pick : pick+1], log: []float64{0}}
		p.flights = append(p.flights, flown{e.flight, one, newShare(len(all)), 0})
		// One source may need wide swings for what are two: the prior is looked at too.
		more := priorSky(secondSky, c.random(30, uint64(f)), c.town)
		p.skies = append(p.skies, sky{of: append(append([]weather(nil), e.sky.of...), more.of...)})
	}
	return p
}

// likeliest is the leaf of the greatest density.
func (c *chart) likeliest() *leaf {
	var best *leaf
	most := math.Inf(-1)
	for i := range c.leaves {
		if w := c.weigh(&c.leaves[i]) - 2*math.Log(c.leaves[i].h); w > most {
			most, best = w, &c.leaves[i]
		}
	}
	return best
}

// given returns the flights with what a source leaves of each pass.
func (p *pair) given(s spot) []flown {
	out := make([]flown, len(p.flights))
	for f, e := range p.flights {
		passes := make([]pass, len(e.flight.passes))
		copy(passes, e.flight.passes)
		p.c.each(len(passes), func(i int) {
			var g glance
			q := &passes[i]
			if g.looks = e.flight.looks(q, s.x, s.y, nil); len(g.looks) > 0 {
				q.alts = g.leaves(q, &e.sky.of[0], s.rates[f])
			}
		})
		e.flight.passes = passes
		out[f] = e
	}
	return out
}

// leaves lists what the likeliest states of a source with a rate leave of a pass.
func (g *glance) leaves(p *pass, w *weather, rate int) []alternative {
	if !g.meet(w) {
		return nil
	}
	type state struct {
		n, j int
		l    float64
	}
	all := []state{{-1, 0, w.miss + (1-w.miss)*(1-usuallyOn)}}
	for n := range g.sums {
		s1, s2 := g.sums[n].projected(p, p.proj)
		for i, q := range w.scatter {
			a := strengths[rate+i]
			if x := a * (s1 - 0.5*a*s2); x > -12 {
				all = append(all, state{n, rate + i, usuallyOn * (1 - w.miss) * q * swingWeight[n] * expAny(x)})
			}
		}
	}
	sort.SliceStable(all, func(a, b int) bool { return all[a].l > all[b].l })
	all = all[:min(len(all), passStates)]
	total := 0.0
	for _, s := range all {
		total += s.l
	}
	out := make([]alternative, len(all))
	for k, s := range all {
		a := &out[k]
		a.part, a.over, a.proj = s.l/total, make([]float64, len(p.sniffs)), p.proj
		for i := range p.sniffs {
			a.over[i] = p.sniffs[i].over
		}
		if s.n < 0 {
			continue
		}
		for i := range g.looks {
			l := &g.looks[i]
			c, y, inv, root := w.of(l)
			y += swingAt[s.n] * w.swing * root
			adds := strengths[s.j] * c * fastExp(-y*y*inv)
			a.over[l.sniff] -= adds
			a.proj[0] -= l.weight * adds
			a.proj[1] -= l.weight * l.when * adds
		}
	}
	return out
}

// sum works out what flights say of a leaf.
func (p *pair) sum(flights []flown, l *leaf) {
	l.now = [rateNodes]float64{}
	for _, e := range flights {
		at := newChains(1)
		e.flight.chains(l.x, l.y, e.sky, at, 0, len(e.flight.passes))
		l.now = shared(e.share, l.now, e.sky.over(at))
	}
}

// look makes a chart of one source given flights: squares of 20 m within reach
// of a place and of 40 m beyond, the heaviest of them split to the finest.
func (p *pair) look(flights []flown, around spot) *chart {
	one := *p.c
	one.earlier, one.share, one.sky = nil, newShare(1), p.flights[len(p.flights)-1].sky
	one.leaves = nil
	a := one.ground.area
	add := func(x, y, h float64) {
		if m := one.ground.massOf(x, y, h); m > 0 {
			one.leaves = append(one.leaves, leaf{x: x, y: y, h: h, mass: m})
		}
	}
	for y := a.y0 + coarsest/2; y < a.y1; y += coarsest {
		for x := a.x0 + coarsest/2; x < a.x1; x += coarsest {
			if d := math.Hypot(x-around.x, y-around.y); d > 3*pairReach {
				continue
			} else if d > pairReach {
				add(x, y, coarsest)
				continue
			}
			for q := range 4 {
				add(x+coarsest/4*float64(2*(q%2)-1), y+coarsest/4*float64(2*(q/2)-1), coarsest/2)
			}
		}
	}
	fresh := func(from int) {
		one.each(len(one.leaves)-from, func(i int) { p.sum(flights, &one.leaves[from+i]) })
	}
	fresh(0)
	for h := coarsest / 2; h >= finest; h /= 2 {
		w, _, _ := one.weights()
		order := make([]int, 0, len(w))
		for i := range w {
			if one.leaves[i].h > h {
				order = append(order, i)
			}
		}
		sort.SliceStable(order, func(a, b int) bool { return w[order[a]] > w[order[b]] })
		cut := map[int]bool{}
		for _, i := range order[:min(len(order), pairSplit)] {
			cut[i] = true
		}
		var kept, split []leaf
		for i, l := range one.leaves {
			if !cut[i] {
				kept = append(kept, l)
				continue
			}
			for q := range 4 {
				k := leaf{x: l.x + l.h/4*float64(2*(q%2)-1), y: l.y + l.h/4*float64(2*(q/2)-1), h: l.h / 2}
				if k.mass = one.ground.massOf(k.x, k.y, k.h); k.mass > 0 {
					split = append(split, k)
				}
			}
		}
		one.leaves = append(kept, split...)
		fresh(len(kept))
	}
	return &one
}

// spotOf is the likeliest place of a chart and its rates.
func (p *pair) spotOf(c *chart, flights []flown) spot {
	l := c.likeliest()
	s := spot{x: l.x, y: l.y}
	rates := c.byRate(l)
	shared := 0
	for j := range rates {
		if rates[j] > rates[shared] {
			shared = j
		}
	}
	for _, e := range flights {
		at := newChains(1)
		e.flight.chains(l.x, l.y, e.sky, at, 0, len(e.flight.passes))
		best, most := shared, math.Inf(-1)
		for j := range rateNodes {
			if v := at[0].log(j) + math.Log(math.Max(e.share[shared][j], 1e-300)); v > most {
				best, most = j, v
			}
		}
		s.rates = append(s.rates, best)
	}
	return s
}

// at is the log of the likelihood ratio of a source at a spot, its rate summed
// over.
func (p *pair) at(flights []flown, s spot) float64 {
	l := leaf{x: s.x, y: s.y}
	p.sum(flights, &l)
	sum := math.Inf(-1)
	for j, v := range l.now {
		sum = logAdd(sum, v+p.c.rate[j])
	}
	return sum
}

// A pairing is two sources, each as a chart given the other.
type pairing struct {
	gain   float64 // log of how much likelier the readings are than with one source, in the same weather
	a, b   *chart
	ratio  float64 // log of the rate of the stronger over that of the weaker
	metres float64 // apart
}

// second looks for two sources; ok is false where there is no hope.
func (p *pair) second(ctx context.Context) (out pairing, ok bool, err error) {
	best := p.c.likeliest()
	alone := p.look(p.flights, spot{x: best.x, y: best.y})
	first := p.spotOf(alone, p.flights)
	one := p.at(p.flights, first)
	var given []flown
	out.gain = math.Inf(-1)
	for turn := range pairTurns {
		if ctx.Err() != nil {
			return out, false, ctx.Err()
		}
		given = p.given(first)
		b := p.look(given, first)
		_, _, z := b.weights()
		other := p.spotOf(b, given)
		// Two of a kind, in either order: half of the pairs.
		if gain := z + p.at(p.flights, first) - one - math.Ln2; gain > out.gain {
			out.gain, out.b = gain, b
			out.metres = math.Hypot(first.x-other.x, first.y-other.y)
			out.ratio = math.Abs(first.logRate() - other.logRate())
			out.a = nil
		} else if turn > 1 {
			break // the two stand still
		}
		if out.gain < faint {
			return out, false, nil
		}
		left := p.given(other)
		a := p.look(left, other)
		if out.a == nil {
			out.a = a
		}
		first = p.spotOf(a, left)
		p.fit(left, first)
	}
	return out, true, nil
}

// fit gives each flight the weather that bears a source out best, given what the
// other leaves.
func (p *pair) fit(given []flown, s spot) {
	for f := range given {
		all := p.skies[f]
		at := newChains(len(all.of))
		given[f].flight.chains(s.x, s.y, all, at, 0, len(given[f].flight.passes))
		best := 0
		for k := range at {
			if at[k].log(s.rates[f]) > at[best].log(s.rates[f]) {
				best = k
			}
		}
		p.flights[f].sky = sky{of: all.of[best : best+1], log: []float64{0}}
	}
}

// logRate is the mean over the flights.
func (s spot) logRate() float64 {
	sum := 0.0
	for _, j := range s.rates {
		sum += rateLowest + rateStep*float64(j)
	}
	return sum / float64(len(s.rates))
}

// answer2 adds to an answer what two sources are worth.
func (c *chart) answer2(ctx context.Context, ans *Answer) error {
	p, ok, err := c.pairOf().second(ctx)
	if err != nil || !ok || p.metres < leastApart || p.ratio > mostUneven {
		return err
	}
	two := ans.CountProbability[1] * countPrior[2] / countPrior[1] * math.Exp(math.Min(pairCounts*p.gain, 300))
	total := ans.CountProbability[0] + ans.CountProbability[1] + two
	ans.CountProbability = []float64{ans.CountProbability[0] / total, ans.CountProbability[1] / total, two / total}
	if ans.CountProbability[2] <= math.Max(ans.CountProbability[0], ans.CountProbability[1]) {
		return nil
	}
	found := []Source{p.a.source(), p.b.source()}
	ans.Sources = found
	ans.Buildings, ans.Elsewhere, ans.Set90 = joinBuildings(found)
	return nil
}

// source describes the one source of a chart.
func (c *chart) source() Source {
	w, _, total := c.weights()
	m := &model{ground: c.ground}
	s := m.describe(c.draws(w, total), c.houses)
	s.Buildings, s.Elsewhere = c.buildings(w, total)
	s.Set90 = set90(s.Buildings)
	return s
}
