package localise

import (
	"context"
	"math"
)

// Two sources are looked for together (twojoint.go): over coarse squares in a few
// weathers, then in the weather that bears the likeliest couples out best, then
// over finer squares (twosearch.go). What two are worth is the sum over both
// places, taken as the product of what each is given the other (Chib 1995, JASA
// 90:1313, with two blocks), and over the weathers (twoair.go); what one is worth,
// the survey tells. Of towns with two sources and with one this makes two rows of
// numbers that overlap a little, and the line between them is set (twoLow). As a
// model that errs in one flight can put a single source at two places, no flight
// may say that there is but one of the two.

const (
	leastApart = 40.0 // metres, nearer than which two are told as one
	mostUneven = 3    // steps of rate: a source weaker than a fifth of the other is not told from how that one fluctuates

	twoHopeless = -2.0 // log of the evidence, first guess, below which nothing more is looked at
	twoLow      = 2.75 // log of how much too low the evidence of two is told, set on towns with two and with one
	twoAgainst  = 1.0  // log of the evidence of one by any flight, beyond which two are not told
	twoDraws    = 6    // weathers that the places of two are told in
)

// twoPrior is the log of the prior odds of two sources against one.
var twoPrior = math.Log(countPrior[2] / countPrior[1])

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
			pool = append(pool, w.u)
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
// couple over that of one source; minus infinity where two are out of the
// question.
func (p *pair) second(ctx context.Context) (best fittedCouple, gain float64, err error) {
	none := math.Inf(-1)
	found, first := p.coarse()
	if len(found) == 0 || first < twoHopeless || ctx.Err() != nil {
		return best, none, ctx.Err()
	}
	if best = p.best(found); ctx.Err() != nil {
		return best, none, ctx.Err()
	}
	_, _, survey := p.c.weights()
	gain = best.log - survey + twoLow
	if gain+twoPrior < 0 {
		return best, gain, nil // one it is
	}
	if p.against(best) > twoAgainst {
		return best, none, ctx.Err()
	}
	return best, gain, ctx.Err()
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
	two := ans.CountProbability[1] * math.Exp(math.Min(twoPrior+gain, 300))
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
