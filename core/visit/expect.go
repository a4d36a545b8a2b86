package visit

import (
	"cmp"
	"math"
	"slices"
)

// A stay is a segment of a track's posterior: what is likely to have been one
// stay, with its moments over all the segments that overlap it by half.
type stay struct {
	from, to       int     // samples, of the likeliest of them
	chance         float64 // probability that there was a stay that it overlaps by half
	arrive, depart moments2
}

// moments2 are a mean and a deviation.
type moments2 struct{ mean, sd float64 }

// add gathers a value of a weight; about then makes the moments of the sums.
func (m *moments2) add(weight, v float64) {
	m.mean += weight * v
	m.sd += weight * v * v
}

func (m moments2) about(centre float64) moments2 {
	return moments2{centre + m.mean, math.Sqrt(math.Max(0, m.sd-m.mean*m.mean))}
}

// A candidate is a segment in which the track may have stayed.
type candidate struct {
	from, to       int
	arrive, depart float64 // s
	p              float64 // probability of this very segment
	match          float64 // and of any that overlaps it by half
}

const (
	leastSegment = 1e-3 // probability
	half         = 0.5  // intersection over union
)

// expected are the stays that are most likely to overlap real ones by half: of
// all sets of segments that do not overlap, the one with the greatest sum of
// those probabilities less a price for each. A single likeliest path would
// commit itself to one way of cutting a doubtful time, and report a stay that
// is as likely as not.
func (g *segmenter) expected() []stay {
	all := g.candidates()
	for i := range all {
		for k := range all {
			if all[i].overlaps(&all[k]) {
				all[i].match += all[k].p
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.to, b.to) })
	// Weighted intervals: best[i] is the greatest sum of the first i.
	best, take := make([]float64, len(all)+1), make([]int, len(all)+1)
	for i, c := range all {
		before, _ := slices.BinarySearchFunc(all[:i], c.from, func(a candidate, from int) int { return cmp.Compare(a.to, from+1) })
		best[i+1], take[i+1] = best[i], -1
		if v := best[before] + c.match - g.m.price + 0.01*c.p; v > best[i] {
			best[i+1], take[i+1] = v, before
		}
	}
	var out []stay
	for i := len(all); i > 0; {
		if take[i] < 0 {
			i--
			continue
		}
		out = append(out, g.describe(&all[i-1], all))
		i = take[i]
	}
	slices.Reverse(out)
	return out
}

// describe gathers the segments that overlap the chosen one by half: the
// likeliest of them says where the stay is and whether the track's ends cut it,
// all of them when it began and ended.
func (g *segmenter) describe(c *candidate, all []candidate) stay {
	top := c
	for i := range all {
		if o := &all[i]; c.overlaps(o) && o.p > top.p {
			top = o
		}
	}
	s := stay{from: top.from, to: top.to, chance: math.Min(c.match, 1)}
	g.extend(&s)
	var arrive, depart moments2
	for i := range all {
		if o := &all[i]; c.overlaps(o) {
			w := o.p / c.match
			arrive.add(w, o.arrive-top.arrive)
			depart.add(w, o.depart-top.depart)
		}
	}
	s.arrive, s.depart = arrive.about(top.arrive), depart.about(top.depart)
	if s.from == 0 {
		s.arrive.mean = g.samples[0].Time
	}
	if s.to == len(g.samples)-1 {
		s.depart.mean = g.samples[s.to].Time
	}
	// Others may lie further out than what is told here has room for.
	s.arrive.mean = math.Max(s.arrive.mean, g.samples[s.from].Time)
	s.depart.mean = math.Min(s.depart.mean, g.samples[s.to].Time)
	if s.depart.mean <= s.arrive.mean {
		s.arrive.mean, s.depart.mean = top.arrive, top.depart
	}
	return s
}

// extend takes a stay to the end of the track when nothing behind it is seen to
// leave, and to its beginning likewise: it is censored, and no departure may be
// told from an end that nobody saw.
func (g *segmenter) extend(s *stay) {
	last := len(g.samples) - 1
	within := func(from, to, of int) bool {
		for k := from; k <= to; k++ {
			if math.Hypot(g.samples[k].X-g.samples[of].X, g.samples[k].Y-g.samples[of].Y) > 2*g.m.back {
				return false
			}
		}
		return true
	}
	if within(s.to, last, s.to) {
		s.to = last
	}
	if within(0, s.from, s.from) {
		s.from = 0
	}
}

func (c *candidate) overlaps(o *candidate) bool {
	both := math.Min(c.depart, o.depart) - math.Max(c.arrive, o.arrive)
	all := math.Max(c.depart, o.depart) - math.Min(c.arrive, o.arrive)
	return both >= half*all && both > 0
}

// candidates are the segments that are stays with some probability: sums over
// all ways to cut the track, forward and backward.
func (g *segmenter) candidates() []candidate {
	n := len(g.cuts)
	enter, leave := g.forward(), g.backward()
	total := math.Inf(-1)
	for s := range states {
		total = logSum(total, g.first(s)+g.onward(leave, 0, s))
	}
	var out []candidate
	for i := range n - 1 {
		for j := i + 1; j < n; j++ {
			p := math.Exp(enter[i][stays]+g.segment(stays, i, j)+leave[j][stays]-total) + math.Exp(enter[i][rests]+g.segment(rests, i, j)+leave[j][rests]-total)
			if p < leastSegment {
				continue
			}
			c := candidate{from: g.cuts[i], to: g.cuts[j], p: p}
			c.arrive, c.depart = g.samples[c.from].Time, g.samples[c.to].Time
			if c.from > 0 {
				c.arrive += g.m.settleIn
			}
			if c.to < len(g.samples)-1 {
				c.depart -= g.m.settleOut
			}
			if c.depart > c.arrive {
				out = append(out, c)
			}
		}
	}
	return out
}

// forward is, for each cut and state, the log probability of all before it
// when a segment of that state begins there.
func (g *segmenter) forward() [][states]float64 {
	n := len(g.cuts)
	enter := make([][states]float64, n)
	for s := range states {
		enter[0][s] = g.first(s)
	}
	for j := 1; j < n; j++ {
		var ended [states]float64
		for s := range states {
			ended[s] = math.Inf(-1)
			for i := range j {
				ended[s] = logSum(ended[s], enter[i][s]+g.segment(s, i, j))
			}
		}
		for s := range states {
			enter[j][s] = math.Inf(-1)
			for r := range states {
				enter[j][s] = logSum(enter[j][s], ended[r]+g.change(r, s))
			}
		}
	}
	return enter
}

// backward is, for each cut and state, the log probability of all behind it
// when a segment of that state ends there.
func (g *segmenter) backward() [][states]float64 {
	n := len(g.cuts)
	leave := make([][states]float64, n)
	for i := n - 2; i > 0; i-- {
		var begun [states]float64
		for s := range states {
			begun[s] = g.onward(leave, i, s)
		}
		for s := range states {
			leave[i][s] = math.Inf(-1)
			for r := range states {
				leave[i][s] = logSum(leave[i][s], g.change(s, r)+begun[r])
			}
		}
	}
	return leave
}

// onward is the log probability of all behind cut i when a segment of state
// s begins there.
func (g *segmenter) onward(leave [][states]float64, i, s int) float64 {
	sum := math.Inf(-1)
	for j := i + 1; j < len(g.cuts); j++ {
		sum = logSum(sum, g.segment(s, i, j)+leave[j][s])
	}
	return sum
}

func logSum(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(a, -1) || a-b > 40 {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
