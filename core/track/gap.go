package track

import (
	"math"
	"slices"
)

// A ghost is a told track that was given up: trees, a bridge or the turn of the
// aircraft may hide it, and it may come back.
type ghost struct {
	number int
	seen   float64 // s, of its last report
	time   float64 // s, of state
	state  gauss
	moving float64 // probability that it does not stand
	class  string
}

const (
	longestGap = 60.0 // s
	// hiddenFor is how long a vehicle stays hidden in the mean, s.
	hiddenFor = 20.0
	// sureOfGap is the probability from which a track takes up an old number.
	sureOfGap = 0.8
	maxGhosts = 10_000
)

// haunt adds the tracks that are given up to the ghosts, and forgets those that
// have been away too long.
func haunt(old []ghost, given []bernoulli, now float64) []ghost {
	out := make([]ghost, 0, len(old)+len(given))
	for _, g := range old {
		if now-g.seen <= longestGap {
			out = append(out, g)
		}
	}
	for i := range given {
		if b := &given[i]; b.number > 0 && now-b.seen <= longestGap {
			out = append(out, ghost{b.number, b.seen, now, b.now, 1 - b.weight[stopped], b.class})
		}
	}
	return out[max(0, len(out)-maxGhosts):]
}

// rejoin gives a track that is told for the first time the number of a ghost
// whose motion leads to it. The ghosts and a vehicle that is new contend for
// it: a ghost with the density of its predicted state, a new one with that of
// births over the area. It returns the ghost's index, -1 for none, and its
// probability.
func (l *learned) rejoin(ghosts []ghost, b *bernoulli, now float64) (best int, probability float64) {
	best = -1
	fresh := math.Max(l.births, 0.02) / l.area * math.Exp(-(square(b.now.mean[2])+square(b.now.mean[3]))/(2*l.speed2)) / (2 * math.Pi * l.speed2)
	total, most := fresh, 0.0
	for i := range ghosts {
		g := &ghosts[i]
		if g.seen >= b.began || g.class != "" && b.class != "" && g.class != b.class {
			continue
		}
		away := b.began - g.seen
		odds := l.period() / hiddenFor * math.Exp(-away/hiddenFor) * g.density(&b.now, now-g.time, l)
		total += odds
		if odds > most {
			best, most = i, odds
		}
	}
	if most/total < sureOfGap {
		return -1, 0
	}
	return best, most / total
}

// density of a state under a ghost's, dt later.
func (g *ghost) density(at *gauss, dt float64, l *learned) float64 {
	p := g.state
	m := motionOf(l, dt)
	p.glide(m.dt)
	p.accelerate(m.dt, m.noise[lively])
	var d vec
	var sum mat
	for i := range 4 {
		d[i] = at.mean[i] - p.mean[i]
		for k := range 4 {
			sum[i][k] = at.cov[i][k] + p.cov[i][k]
		}
	}
	// Far away is seen at a glance.
	if d[0]*d[0] > 25*sum[0][0] || d[1]*d[1] > 25*sum[1][1] {
		return 0
	}
	inverse, ok := invert(sum)
	if !ok {
		return 0
	}
	q := 0.0
	for i := range 4 {
		for k := range 4 {
			q += d[i] * inverse[i][k] * d[k]
		}
	}
	return math.Exp(-q/2) / (4 * math.Pi * math.Pi * math.Sqrt(determinant(sum)))
}

// determinant of a positive definite matrix, by elimination.
func determinant(m mat) float64 {
	det := 1.0
	for i := range 4 {
		p := m[i][i]
		det *= p
		for r := i + 1; r < 4; r++ {
			f := m[r][i] / p
			for j := i; j < 4; j++ {
				m[r][j] -= f * m[i][j]
			}
		}
	}
	return det
}

// tellNew numbers the tracks that are told for the first time: as new ones, or
// as one that was lost.
func (l *learned) tellNew(tracks []bernoulli, after *state, settings Settings) {
	for i := range tracks {
		b := &tracks[i]
		if b.number != 0 || !b.told(l, settings) {
			continue
		}
		if k, p := l.rejoin(after.ghosts, b, after.time); k >= 0 {
			b.number, b.rejoined = after.ghosts[k].number, p
			after.ghosts = slices.Delete(after.ghosts, k, k+1)
			continue
		}
		after.next++
		b.number = after.next
	}
}
