package localise

import (
	"context"
	"math"
)

// Two sources are looked for together (twojoint.go): over coarse squares in a few
// weathers, then in the weather that bears the likeliest couples out best, then
// over finer squares (twosearch.go). What two are worth against one is the sum
// over both places, taken as the product of what each is given the other (Chib
// 1995, JASA 90:1313, with two blocks), and over the weathers (twoair.go); that of
// one source is worked out in the same way.

const (
	leastApart = 40.0 // metres, nearer than which two are told as one
	mostUneven = 3    // steps of rate: a source weaker than a fifth of the other is not told from how that one fluctuates

	twoHopeless = -2.0 // log of the evidence, first guess, below which nothing more is looked at
	twoDoubt    = 4.5  // log of the evidence that two may have by the error of the model alone
	twoDraws    = 6    // weathers that the places of two are told in
)

// A pair is the search for two sources.
type pair struct {
	c       *chart
	flights []flight    // all
	pool    [][]twoDraw // weathers of each flight that a search for a better one starts from
	few     []twoSky    // those that squares are looked at in
	lo      int         // lowest rate that is looked at
	share   [][rateNodes]float64
}

// pairOf prepares the search.
func (c *chart) pairOf() *pair {
	p := &pair{c: c, share: newShare(len(c.earlier) + 1)}
	rates, top := c.byRate(c.likeliest()), 0
	for j := range rates {
		if rates[j] > rates[top] {
			top = j
		}
	}
	p.lo = min(max(top-twoBelow, 0), rateNodes-twoNodes)
	add := func(f flight, s sky) {
		// One source needs other weathers for what are two: the prior is looked at too.
		more := priorSky(secondSky, c.random(30, uint64(len(p.flights))), c.town)
		var pool []twoDraw
		for _, w := range append(append([]weather(nil), s.of...), more.of...) {
			var u twoDraw
			copy(u[:], w.u[:])
			pool = append(pool, u)
		}
		p.flights, p.pool = append(p.flights, f), append(p.pool, pool)
	}
	for _, e := range c.earlier {
		add(e.flight, e.sky)
	}
	add(c.flight, c.sky)
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

// second looks for two sources, and tells the log of the evidence of the best
// couple over that of one source.
func (p *pair) second(ctx context.Context) (best fittedCouple, gain float64, err error) {
	none := math.Inf(-1)
	found, first := p.coarse()
	if len(found) == 0 || first < twoHopeless || ctx.Err() != nil {
		return best, none, ctx.Err()
	}
	if best = p.best(found); ctx.Err() != nil {
		return best, none, ctx.Err()
	}
	one := p.one(&twoPlace{leaf: *p.c.likeliest()}, nil)
	_, _, survey := p.c.weights()
	for _, at := range []*twoPlace{best.a, best.b} {
		if best.log-(one+survey)/2 < twoDoubt {
			break // one it is, whatever else is found
		}
		one = math.Max(one, p.one(at, best.airs))
	}
	// Of the evidence of one there are two guesses, this and the survey's own, each
	// off by some units.
	return best, best.log - (one+survey)/2 - twoDoubt, ctx.Err()
}

// charts are those of each source given the other.
func (p *pair) charts(q fittedCouple) (a, b *chart) {
	p.draw(q, twoDraws)
	at, other := p.place(q.a.x, q.a.y, q.a.h), p.place(q.b.x, q.b.y, q.b.h)
	a, _ = p.chartOf(other, at)
	b, _ = p.chartOf(at, other)
	return a, b
}

// answer2 adds to an answer what two sources are worth.
func (c *chart) answer2(ctx context.Context, ans *Answer) error {
	p := c.pairOf()
	best, gain, err := p.second(ctx)
	if err != nil || math.IsInf(gain, -1) {
		return err
	}
	two := ans.CountProbability[1] * countPrior[2] / countPrior[1] * math.Exp(math.Min(gain, 300))
	total := ans.CountProbability[0] + ans.CountProbability[1] + two
	ans.CountProbability = []float64{ans.CountProbability[0] / total, ans.CountProbability[1] / total, two / total}
	if ans.CountProbability[2] <= math.Max(ans.CountProbability[0], ans.CountProbability[1]) {
		return nil
	}
	a, b := p.charts(best)
	found := []Source{a.source(), b.source()}
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
