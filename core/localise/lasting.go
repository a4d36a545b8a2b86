package localise

import "math"

// Errors that last. A posterior averages away what is wrong with one minute, but
// not what is wrong in the same way in all of them: what stands between a source
// and a sensor turns the air that comes to it and gives it more or less of every
// plume. Such errors are small and normal, two for each sensor. For a small
// error ε the posterior mean of a parameter θ moves by Cov(θ, s)·ε, s being the
// derivative of the log likelihood by ε and the covariance that of the draws
// (Giordano, Broderick and Jordan 2018, Journal of Machine Learning Research
// 19:51). The draws of a place are displaced by so much, for drawn errors.

const (
	lastingTurn = 0.17 // radians: what stands on a site turns the mean wind by about 10°
	lastingGain = 0.35 // of the log: of half of the sensors within a factor of 1.3

	// The response is straight about as far as the draws reach: an error counts up
	// to where it moves their log likelihoods by so much against each other.
	lastingFar   = 2.0
	lastingStep  = 0.005 // of the differences that stand for derivatives
	lastingDraws = 200   // that the covariance is taken of
	lastingTries = 16    // displacements of a draw to a place that the prior allows
)

// A lasting is one error and what the draws say of it.
type lasting struct {
	sd    float64   // standard deviation
	score []float64 // derivative of the log likelihood by it, of each draw that is looked at
}

// lastingErrors are those of every sensor: the turn, then the gain of each.
func (m *model) lastingErrors(pop []particle) []lasting {
	every := (len(pop) + lastingDraws - 1) / lastingDraws
	n := (len(pop) + every - 1) / every
	scores := make([][]float64, n)
	m.each(n, func(i int) { scores[i] = m.lastingScores(pop[i*every].th) })
	out := make([]lasting, 2*m.sensors)
	for k := range out {
		out[k].sd = lastingTurn
		if k%2 == 1 {
			out[k].sd = lastingGain
		}
		mean, variance := 0.0, 0.0
		for _, s := range scores {
			out[k].score = append(out[k].score, s[k])
			mean += s[k] / float64(n)
		}
		for _, s := range scores {
			variance += (s[k] - mean) * (s[k] - mean) / float64(n)
		}
		out[k].sd /= math.Sqrt(1 + variance*out[k].sd*out[k].sd/(lastingFar*lastingFar))
	}
	return out
}

// lastingScores are the derivatives of the log likelihood of th by the turn and
// the gain of each sensor.
func (m *model) lastingScores(th []float64) []float64 {
	sum := make([]float64, 2*m.sensors)
	fans, absent := m.standing(th)
	turned := append([]float64(nil), th...)
	turned[pBias] += lastingStep
	other, _ := m.standing(turned)
	for from := 0; from < len(m.data); {
		to := from
		for to < len(m.data) && m.data[to].slot == m.data[from].slot {
			to++
		}
		m.slotScores(th, from, to, fans, other, absent, sum)
		from = to
	}
	return sum
}

// slotScores adds the derivatives of one slot: of each reading's likelihood at
// every turn and strength, weighed by what all readings say of these.
func (m *model) slotScores(th []float64, from, to int, fans, turned []fan, absent, score []float64) {
	plain := newRatio(th)
	plain.open(m.data[from].slot)
	for i := from; i < to; i++ {
		if absent[i] < 1 {
			plain.add(&m.data[i], &fans[i], 1-absent[i])
		}
	}
	if plain.held == 0 {
		return
	}
	w, _ := plain.weights()
	total := 0.0
	for n := range w {
		for k := range w[n] {
			total += w[n][k]
		}
	}
	for i := from; i < to; i++ {
		if absent[i] == 1 {
			continue
		}
		d := &m.data[i]
		more := fans[i]
		more.plus(&fans[i], lastingStep)
		one, a, b := plain, plain, plain
		one.only(d, &fans[i], 1-absent[i])
		a.only(d, &turned[i], 1-absent[i])
		b.only(d, &more, 1-absent[i])
		for n := range w {
			for k := range w[n] {
				if v := m.temper * w[n][k] / (total * one.product[n][k] * lastingStep); v > 0 {
					score[2*d.sensor] += v * (a.product[n][k] - one.product[n][k])
					score[2*d.sensor+1] += v * (b.product[n][k] - one.product[n][k])
				}
			}
		}
	}
}

// only counts one reading of a slot and no other.
func (r *ratio) only(d *datum, mean *fan, there float64) {
	r.open(d.slot)
	r.add(d, mean, there)
}

// displace moves the places that are drawn of one source, in the order of the
// particles, by what draws of the errors that last would have moved them. Their
// mean stays but for the draws' own error, and is best taken before.
func (m *model) displace(errors []lasting, draws [][]float64, step int) [][]float64 {
	n := len(errors[0].score)
	every := (len(draws) + n - 1) / n
	var mean [2]float64
	for i := range n {
		mean[0] += draws[i*every][sX] / float64(n)
		mean[1] += draws[i*every][sY] / float64(n)
	}
	response := make([][2]float64, len(errors))
	for k, e := range errors {
		for i, s := range e.score {
			d := draws[i*every]
			response[k][0] += (d[sX] - mean[0]) * s * e.sd / float64(n)
			response[k][1] += (d[sY] - mean[1]) * s * e.sd / float64(n)
		}
	}
	out := make([][]float64, len(draws))
	for i, d := range draws {
		out[i] = d
		r := m.random(step, i)
		for range lastingTries {
			to := append([]float64(nil), d...)
			for _, c := range response {
				e := r.NormFloat64()
				to[sX], to[sY] = to[sX]+c[0]*e, to[sY]+c[1]*e
			}
			if math.Log(r.Float64()) < m.ground.logDensity(to[sX], to[sY])-m.ground.logDensity(d[sX], d[sY]) {
				out[i] = to
				break
			}
		}
	}
	return out
}
