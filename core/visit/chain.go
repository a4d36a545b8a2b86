package visit

import "math"

// A chain is the hidden Markov model of one track: state 0 drives, 1 stands.
type chain struct {
	log  [][2]float64    // log likelihood of each interval
	move [][2][2]float64 // log probability of each change, by interval
}

func newChain(samples []Sample, o Options) *chain {
	n := len(samples) - 1
	h := &chain{log: make([][2]float64, n), move: make([][2][2]float64, n)}
	lo, hi := 0, 0
	for k := range n {
		a, b := samples[k], samples[k+1]
		dt := b.Time - a.Time
		h.log[k] = likelihood(a, b, walk*dt, o)
		mid := (a.Time + b.Time) / 2
		for lo < k && samples[lo+1].Time <= mid-window {
			lo++
		}
		for hi < n && samples[hi].Time < mid+window {
			hi++
		}
		wide := likelihood(samples[lo], samples[hi], math.Min(walk*(samples[hi].Time-samples[lo].Time), wander), o)
		for s := range 2 {
			h.log[k][s] += windowWeight * wide[s]
		}
		stop, start := 1-math.Exp(-dt/meanDrive), 1-math.Exp(-dt/meanStop)
		h.move[k] = [2][2]float64{{math.Log(1 - stop), math.Log(stop)}, {math.Log(start), math.Log(1 - start)}}
	}
	return h
}

// likelihood of a displacement while driving and while standing, where those
// who stand get about by the given deviation of each component.
func likelihood(a, b Sample, about float64, o Options) [2]float64 {
	d2 := square(b.X-a.X) + square(b.Y-a.Y)
	dt := b.Time - a.Time
	noise := 0.0
	for _, s := range []float64{a.Sigma, b.Sigma} {
		if s == 0 {
			s = o.Sigma
		}
		noise += s * s
	}
	drive := 0.0
	for _, m := range driving {
		drive += m.share * density(d2, noise+square(m.speed*dt))
	}
	stand := (1-outlier)*density(d2, noise+about*about) + outlier*density(d2, outlierScale*outlierScale*(noise+about*about))
	return [2]float64{math.Log(drive + 1e-300), math.Log(stand + 1e-300)}
}

// density of a displacement with the variance of each component.
func density(d2, variance float64) float64 {
	return math.Exp(-d2/(2*variance)) / (2 * math.Pi * variance)
}

// viterbi is the likeliest path: whether it stands in each interval.
func (h *chain) viterbi() []bool {
	n := len(h.log)
	from := make([][2]int, n)
	score := [2]float64{h.log[0][0], h.log[0][1]}
	for k := 1; k < n; k++ {
		var next [2]float64
		for s := range 2 {
			a, b := score[0]+h.move[k][0][s], score[1]+h.move[k][1][s]
			next[s], from[k][s] = a, 0
			if b > a {
				next[s], from[k][s] = b, 1
			}
			next[s] += h.log[k][s]
		}
		score = next
	}
	s := 0
	if score[1] > score[0] {
		s = 1
	}
	out := make([]bool, n)
	for k := n - 1; k >= 0; k-- {
		out[k] = s == 1
		s = from[k][s]
	}
	return out
}

// posterior is the probability of standing in each interval (forward and
// backward, scaled).
func (h *chain) posterior() []float64 {
	n := len(h.log)
	forward := make([][2]float64, n)
	prior := [2]float64{0.5, 0.5}
	for k := range n {
		for s := range 2 {
			p := prior[s]
			if k > 0 {
				p = forward[k-1][0]*math.Exp(h.move[k][0][s]) + forward[k-1][1]*math.Exp(h.move[k][1][s])
			}
			forward[k][s] = p * math.Exp(h.log[k][s]-math.Max(h.log[k][0], h.log[k][1]))
		}
		normalise(&forward[k])
	}
	out := make([]float64, n)
	back := [2]float64{1, 1}
	for k := n - 1; k >= 0; k-- {
		both := [2]float64{forward[k][0] * back[0], forward[k][1] * back[1]}
		normalise(&both)
		out[k] = both[1]
		var before [2]float64
		for s := range 2 {
			for r := range 2 {
				before[s] += math.Exp(h.move[k][s][r]+h.log[k][r]-math.Max(h.log[k][0], h.log[k][1])) * back[r]
			}
		}
		normalise(&before)
		back = before
	}
	return out
}

func normalise(p *[2]float64) {
	sum := p[0] + p[1]
	if !(sum > 0) {
		*p = [2]float64{0.5, 0.5}
		return
	}
	p[0], p[1] = p[0]/sum, p[1]/sum
}

func square(v float64) float64 { return v * v }
