package localise

import (
	"math"
	"sort"
)

const (
	twoFar     = 300.0 // metres from the likeliest place of one source in which others like it are looked for;
	twoCentres = 3     // around so many of these places,
	twoNear    = 80.0  // metres from them,
	twoCoarse  = 20.0  // metres, two are looked for in squares of this side
	twoFirsts  = 4     // of which the likeliest are given a partner first
	twoPairs   = 3     // couples that are followed
	twoFine    = 2     // of these, that are looked at in finer squares
	twoBehind  = 6.0   // log of how far behind the best one is looked at still
	twoRounds  = 2     // of finer squares
	twoTurns   = 4     // the most that the two of a couple take turns in
	twoReach   = 60.0  // metres from a place within which a better one is looked for
	twoAway    = 1e7   // metres, where no flight sees anything
	twoSplit   = 8     // squares of such a chart that are split at a time

	twoFew = 2 // weathers that couples are looked for in first
)

// A twoPlace is a square as couples are looked for, with what the flights see of
// it.
type twoPlace struct {
	leaf
	views [][][]twoView // by flight and weather
	with  []float64     // log of the posterior mass with each square that is looked over, once known
}

// A couple is two squares and the log of their posterior density, not normalised.
type couple struct {
	a, b *twoPlace
	log  float64
}

// A square is a place to be.
type square struct{ x, y, h float64 }

// place makes a square ready.
func (p *pair) place(x, y, h float64) *twoPlace {
	q := &twoPlace{leaf: leaf{x: x, y: y, h: h, mass: p.c.ground.massOf(x, y, h)}}
	for f := range p.flights {
		few, at := &p.few[f], p.flights[f].looksAt(x, y)
		v := make([][]twoView, len(few.of))
		for m := range v {
			v[m] = p.flights[f].twoViews(at, &few.of[m], p.lo)
		}
		q.views = append(q.views, v)
	}
	return q
}

func (p *pair) places(of []square) []*twoPlace {
	out := make([]*twoPlace, len(of))
	p.c.each(len(of), func(i int) { out[i] = p.place(of[i].x, of[i].y, of[i].h) })
	return out
}

// nowhere is a place that no flight sees anything of.
func (p *pair) nowhere() *twoPlace {
	q := &twoPlace{}
	for f := range p.flights {
		v := make([][]twoView, len(p.few[f].of))
		for m := range v {
			v[m] = make([]twoView, len(p.flights[f].passes))
		}
		q.views = append(q.views, v)
	}
	return q
}

// lattice lists squares of a side whose middle is within reach of some places.
func (p *pair) lattice(h, reach float64, of ...*twoPlace) (out []square) {
	seen := map[[2]int]bool{}
	for _, q := range of {
		for y := (math.Floor((q.y-reach)/h) + 0.5) * h; y <= q.y+reach; y += h {
			for x := (math.Floor((q.x-reach)/h) + 0.5) * h; x <= q.x+reach; x += h {
				k := [2]int{int(math.Floor(x / h)), int(math.Floor(y / h))}
				if !seen[k] && math.Hypot(x-q.x, y-q.y) <= reach && p.c.ground.area.contains(x, y) {
					seen[k] = true
					out = append(out, square{x, y, h})
				}
			}
		}
	}
	return out
}

// choose picks the weathers of each flight that bear a couple out best.
func (p *pair) choose(n int, q couple) {
	p.few = make([]twoSky, len(p.flights))
	for f, pool := range p.pool {
		likely, order := p.likely(f, q), make([]int, len(pool))
		for m := range order {
			order[m] = m
		}
		sort.SliceStable(order, func(a, b int) bool { return likely[order[a]] > likely[order[b]] })
		for _, m := range order[:min(n, len(order))] {
			p.few[f].add(pool[m], p.c.town, 0)
		}
	}
}

// likely is how a flight bears out each weather of its pool at a couple.
func (p *pair) likely(f int, q couple) []float64 {
	out, seen := make([]float64, len(p.pool[f])), p.seen(f, q)
	p.c.each(len(out), func(m int) { out[m] = seen.likes(p.pool[f][m]) })
	return out
}

// alone returns squares with the one densest as the only source first, and the
// log of the sum over all.
func (p *pair) alone(of []*twoPlace) (ranked []*twoPlace, total float64) {
	none := p.nowhere()
	mass, order := make([]float64, len(of)), make([]int, len(of))
	p.c.each(len(of), func(i int) {
		order[i] = i
		t := p.says(of[i], none)
		mass[i] = t.sum() + math.Log(math.Max(of[i].mass, 1e-300))
	})
	total = math.Inf(-1)
	for _, v := range mass {
		total = logAdd(total, v)
	}
	density := func(i int) float64 { return mass[i] - 2*math.Log(of[i].h) }
	sort.SliceStable(order, func(a, b int) bool { return density(order[a]) > density(order[b]) })
	for _, i := range order {
		ranked = append(ranked, of[i])
	}
	return ranked, total
}

// region lists coarse squares near where one source is likeliest.
func (p *pair) region() []*twoPlace {
	centres := []*twoPlace{{leaf: *p.c.likeliest()}}
	ranked, _ := p.alone(p.places(p.lattice(coarsest, twoFar, centres...)))
	for _, q := range ranked {
		apart := true
		for _, c := range centres {
			apart = apart && math.Hypot(q.x-c.x, q.y-c.y) > twoNear/2
		}
		if apart && len(centres) < twoCentres {
			centres = append(centres, q)
		}
	}
	return p.places(p.lattice(twoCoarse, twoNear, centres...))
}

// partners weighs some squares as partners of one.
func (p *pair) partners(a *twoPlace, of []*twoPlace) []float64 {
	out := make([]float64, len(of))
	p.c.each(len(of), func(i int) {
		b := of[i]
		if out[i] = math.Inf(-1); b.mass > 0 && math.Hypot(a.x-b.x, a.y-b.y) >= leastApart {
			t := p.says(a, b)
			out[i] = t.sum() + math.Log(b.mass)
		}
	})
	return out
}

// climb lets the two of a couple take turns over some squares until they stand
// still.
func (p *pair) climb(q couple, of []*twoPlace) couple {
	for range twoTurns {
		best := q
		if q.a.with == nil {
			q.a.with = p.partners(q.a, of)
		}
		for i, v := range q.a.with {
			if v += math.Log(math.Max(q.a.mass, 1e-300)) - 2*math.Log(of[i].h) - 2*math.Log(q.a.h); v > best.log {
				best = couple{of[i], q.a, v} // and its partner is looked for in turn
			}
		}
		if best == q {
			return q
		}
		q = best
	}
	return q
}

// couples climbs from some squares, and returns what is reached, each couple
// once and the likeliest first.
func (p *pair) couples(from, of []*twoPlace) []couple {
	var out []couple
	for _, a := range from {
		q := p.climb(couple{a, a, math.Inf(-1)}, of)
		known := math.IsInf(q.log, -1)
		for _, o := range out {
			known = known || o.a == q.a && o.b == q.b || o.a == q.b && o.b == q.a
		}
		if !known {
			out = append(out, q)
		}
	}
	sort.SliceStable(out, func(a, b int) bool { return out[a].log > out[b].log })
	return out[:min(len(out), twoPairs)]
}

// coarse finds the likeliest couples among coarse squares, and a first guess of
// how much likelier they are than one source.
func (p *pair) coarse() (found []couple, gain float64) {
	best := &twoPlace{leaf: *p.c.likeliest()}
	p.choose(twoFew-1, couple{best, away(), 0})
	for f := range p.few {
		var u twoDraw
		u[wSize] = 1 // which one source seldom needs
		p.few[f].add(u, p.c.town, 0)
	}
	of := p.region()
	firsts, one := p.alone(of)
	found = p.couples(firsts[:min(len(firsts), twoFirsts)], of)
	if len(found) == 0 {
		return nil, math.Inf(-1)
	}
	a, b := found[0].a, found[0].b
	za, zb := math.Inf(-1), math.Inf(-1)
	for _, v := range p.partners(a, of) {
		zb = logAdd(zb, v)
	}
	for _, v := range p.partners(b, of) {
		za = logAdd(za, v)
	}
	t := p.says(a, b)
	return found, math.Ln2 + za + zb - t.sum() - one
}

// A fitted couple has the weather of each flight that bears it out best, and the
// log of its evidence.
type fittedCouple struct {
	couple
	airs []twoAir
}

// best follows some couples, and returns the one of the greatest evidence.
func (p *pair) best(found []couple) (best fittedCouple) {
	// In the weathers that bear any of them out, others may be likelier.
	few := make([]twoSky, len(p.flights))
	var ends []*twoPlace
	for _, q := range found {
		for f, a := range p.fit(q, nil) {
			few[f].add(a.u, p.c.town, 0)
			p.pool[f] = append(p.pool[f], a.u)
		}
		ends = append(ends, q.a, q.b)
	}
	p.few = few
	of := p.places(p.lattice(twoCoarse, twoReach, ends...))
	var from []*twoPlace
	for _, q := range of {
		for _, o := range ends {
			if q.x == o.x && q.y == o.y {
				from = append(from, q)
				break
			}
		}
	}
	found = p.couples(from, of)
	best.log = math.Inf(-1)
	for _, q := range found[:min(len(found), twoFine)] {
		if q.log < found[0].log-twoBehind {
			break
		}
		if f := p.refine(q); f.log > best.log {
			best = f
		}
	}
	return best
}

// refine lets the two take turns over finer squares, in the weathers that bear
// them out, and works out their evidence where they end.
func (p *pair) refine(q couple) fittedCouple {
	var airs []twoAir
	for range twoRounds {
		airs = p.fit(q, airs)
		p.in(airs)
		c, _ := p.chartOf(p.again(q.b), q.a)
		q.a = &twoPlace{leaf: *c.likeliest()}
		c, _ = p.chartOf(p.again(q.a), q.b)
		q.b = &twoPlace{leaf: *c.likeliest()}
	}
	airs = p.fit(q, airs)
	p.in(airs)
	q.a, q.b = p.again(q.a), p.again(q.b)
	_, za := p.chartOf(q.b, q.a)
	_, zb := p.chartOf(q.a, q.b)
	t := p.says(q.a, q.b)
	// Either may be called the first.
	q.log = math.Ln2 + za + zb - t.sum() + p.width(q, airs)
	return fittedCouple{q, airs}
}

// again makes a square ready in other weathers.
func (p *pair) again(q *twoPlace) *twoPlace { return p.place(q.x, q.y, q.h) }

// away is a place of which no flight says anything.
func away() *twoPlace { return &twoPlace{leaf: leaf{x: twoAway, y: twoAway}} }

// against is by how much the flight that bears the couple out least says rather
// that there is but one of the two, as a log; less than nothing where all say
// that there are both.
func (p *pair) against(best fittedCouple) float64 {
	var airs [][]twoAir
	var ones []couple
	for _, at := range []*twoPlace{best.a, best.b} {
		q := couple{a: at, b: away()}
		ones, airs = append(ones, q, q), append(airs, p.fit(q, nil), p.fit(q, best.airs))
	}
	most := math.Inf(-1)
	for f, a := range best.airs {
		both := p.flightSays(f, best.couple, a)
		for i, q := range ones {
			most = math.Max(most, p.flightSays(f, q, airs[i][f])-both)
		}
	}
	return most
}

// chartOf is the chart of one source given the other, about a place, and the log
// of its sum.
func (p *pair) chartOf(other, about *twoPlace) (*chart, float64) {
	one := *p.c
	one.earlier, one.share, one.sky, one.mean = nil, newShare(1), p.lastSky(), math.Inf(-1)
	one.leaves = nil
	fresh := p.lattice(twoCoarse, twoReach, about)
	for len(fresh) > 0 {
		from := len(one.leaves)
		for _, s := range fresh {
			if m := one.ground.massOf(s.x, s.y, s.h); m > 0 && math.Hypot(s.x-other.x, s.y-other.y) >= leastApart-s.h {
				one.leaves = append(one.leaves, leaf{x: s.x, y: s.y, h: s.h, mass: m})
			}
		}
		one.each(len(one.leaves)-from, func(i int) { p.given(other, &one.leaves[from+i]) })
		fresh = one.quarter()
	}
	_, _, total := one.weights()
	return &one, total
}

// lastSky is the last flight's weathers, from which heights are drawn.
func (p *pair) lastSky() sky {
	few := p.few[len(p.few)-1]
	return sky{of: few.of, log: few.log}
}

// given works out what the flights say of a leaf, by its rate, where the other
// source is known.
func (p *pair) given(other *twoPlace, l *leaf) {
	t := p.says(p.place(l.x, l.y, l.h), other)
	for j := range l.now {
		l.now[j] = math.Inf(-1)
	}
	for j := range t {
		for _, v := range t[j] {
			l.now[p.lo+j] = logAdd(l.now[p.lo+j], v)
		}
		l.now[p.lo+j] -= p.c.rate[p.lo+j] // which the chart adds
	}
}

// quarter takes the heaviest of the smallest leaves out and returns their
// quarters; none where these would be finer than the finest.
func (c *chart) quarter() (out []square) {
	h := math.Inf(1)
	for i := range c.leaves {
		h = math.Min(h, c.leaves[i].h)
	}
	if math.IsInf(h, 1) || h/2 < finest {
		return nil
	}
	w, best, _ := c.weights()
	order := make([]int, len(w))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return w[order[a]] > w[order[b]] })
	var kept []leaf
	cut := 0
	for _, i := range order {
		l := c.leaves[i]
		if cut == twoSplit || l.h > h || w[i] < best-aliveWithin {
			kept = append(kept, l)
			continue
		}
		cut++
		for q := range 4 {
			out = append(out, square{l.x + h/4*float64(2*(q%2)-1), l.y + h/4*float64(2*(q/2)-1), h / 2})
		}
	}
	c.leaves = kept
	return out
}
