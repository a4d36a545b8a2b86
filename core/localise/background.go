package localise

import (
	"math"
	"sort"
)

// Backgrounds. Each sensor has its own, which drifts: a random walk seen
// through the noise. Given what the plume is predicted to add, it is smoothed
// with a Kalman filter forwards and backwards (Rauch, Tung and Striebel 1965,
// AIAA Journal 3:1445), readings in a plume weighing little since the plume's
// fluctuation is their noise, and outliers by the weights of a Student
// distribution. Its own variance is added to the noise.

// backHome is the time in which a background comes back to what is usual, seconds.
const backHome = 3600.0

// firstHalf is half the window of the first background, seconds: long beside a
// plume's passage, short beside the day.
const (
	firstHalf = 2700.0
	lowHalf   = 7200.0 // of the window that the lowest readings are sought in
)

// firstBackground takes the lowest readings of a long window, before anything
// is known of a plume: it may be there nearly all the time.
func (m *model) firstBackground() {
	m.lows = map[int][]float64{}
	for i := range m.data {
		if d := &m.data[i]; d.above {
			d.setNoise(1e-9)
		}
	}
	for _, idx := range m.drifting() {
		sigma, walk := m.noiseOf(idx, nil)
		for n, i := range idx {
			d := &m.data[i]
			d.level = m.lowLevel(idx, n)
			// Over half a window a random walk goes as far as this.
			d.setNoise(math.Hypot(sigma, math.Sqrt(walk*firstHalf/2)))
		}
	}
}

// setNoise sets what depends on the noise. A stated error is the least.
func (d *datum) setNoise(s float64) {
	s = math.Max(s, d.stated)
	d.noise = s
	d.d = (d.value - d.level) / s
	d.scale = d.perKg / s
	d.invBase = 1 / (freedom + d.d*d.d)
}

// series lists the readings of each sensor in time order.
func (m *model) series() [][]int { return m.seriesOf(m.data) }

// drifting lists the series whose readings hold a background.
func (m *model) drifting() (some [][]int) {
	for _, idx := range m.series() {
		if len(idx) > 0 && !m.data[idx[0]].above {
			some = append(some, idx)
		}
	}
	return some
}

func (m *model) seriesOf(data []datum) [][]int {
	s := make([][]int, m.sensors)
	for i, d := range data {
		s[d.sensor] = append(s[d.sensor], i)
	}
	return s
}

// noiseOf estimates a sensor's noise (standard deviation) and how fast its
// background walks (variance a second) from the differences of readings one
// and many places apart: the first holds twice the noise's variance, the
// others the walk's beside it. clear, where not nil, tells which readings are
// thought free of plume. Small quantiles are used: a plume makes large
// differences.
func (m *model) noiseOf(idx []int, clear []bool) (sigma, walk float64) {
	level := m.levelOf(idx)
	least := math.Max(0.3*usualNoise*level, 1e-9)
	if clear != nil {
		kept := make([]int, 0, len(idx))
		for n, i := range idx {
			if clear[n] {
				kept = append(kept, i)
			}
		}
		idx = kept
	}
	variance := func(lag int) (v, dt float64) {
		var diff []float64
		for n := lag; n < len(idx); n++ {
			a, b := &m.data[idx[n-lag]], &m.data[idx[n]]
			diff = append(diff, math.Abs(b.value-a.value))
			dt += b.t - a.t
		}
		if len(diff) < 8 {
			return 0, 0
		}
		dt /= float64(len(diff))
		sort.Float64s(diff)
		q, z := 0.25, 0.3186 // the 62.5 % point of the standard normal
		s := quantile(diff, q) / z
		return s * s, dt
	}
	v1, dt1 := variance(1)
	far := max(2, min(len(idx)/4, 15))
	vN, dtN := variance(far)
	if dtN > dt1 && vN > v1 {
		walk = (vN - v1) / (dtN - dt1)
	}
	if level > 0 {
		walk = math.Min(walk, mostWalk*mostWalk*level*level/1800)
	}
	// The walk also moves within one step, and can be all that one sees there.
	sigma = math.Sqrt(math.Max(v1-walk*dt1, 0.1*v1) / 2)
	sigma = math.Max(sigma, least)
	if level > 0 {
		sigma = math.Min(sigma, mostNoise*usualNoise*level)
	}
	return sigma, walk
}

// usualNoise is what a gas sensor's noise usually is, as a part of the
// background it reads. It is a prior: where a plume is there all the time,
// nothing else tells the noise from the plume's fluctuation.
const (
	usualNoise   = 0.01
	mostNoise    = 4.0  // times the usual, unless a greater is stated
	mostWalk     = 0.07 // of the background in half an hour
	usualReading = 15.0 // readings that the prior is worth
)

// moves tells whether a sensor does.
func (m *model) moves(idx []int) bool {
	a, b := &m.data[idx[0]], &m.data[idx[len(idx)/2]]
	return math.Hypot(a.x-b.x, a.y-b.y) > gatherMetres
}

// levelOf is a fixed sensor's lowest usual reading, or 0 if that is not above
// its noise.
func (m *model) levelOf(idx []int) float64 {
	v := make([]float64, 0, len(idx))
	for _, i := range idx {
		v = append(v, m.data[i].value)
	}
	sort.Float64s(v)
	// A sensor that moves is out of the plume most of the time, and shows its noise.
	if m.moves(idx) {
		return 0
	}
	if level := quantile(v, 0.05); level > 0.2*quantile(v, 0.3) {
		return level
	}
	return 0
}

// lowLevel is nearly the lowest reading of the window around reading n.
func (m *model) lowLevel(idx []int, n int) float64 {
	const low = 0.01
	t := m.data[idx[n]].t
	lo := sort.Search(len(idx), func(i int) bool { return m.data[idx[i]].t >= t-lowHalf })
	hi := sort.Search(len(idx), func(i int) bool { return m.data[idx[i]].t > t+lowHalf })
	step := 1 + (hi-lo)/200 // enough for a quantile
	v := make([]float64, 0, 256)
	for i := lo; i < hi; i += step {
		v = append(v, m.data[idx[i]].value)
	}
	sort.Float64s(v)
	return math.Max(quantile(v, low), v[min(1, len(v)-1)]) // one glitch is none
}

// quantile of sorted values, linear between them; 0 of none.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	f := q * float64(len(v)-1)
	i := int(f)
	if i+1 >= len(v) {
		return v[len(v)-1]
	}
	return v[i] + (f-float64(i))*(v[i+1]-v[i])
}

// smoothBackground sets every background given what the particles predict, each
// counting alike.
func (m *model) smoothBackground(pop []particle) {
	mean, absent, g := make([]float64, len(m.data)), make([]float64, len(m.data)), 0.0
	for _, p := range pop {
		n := 1 / float64(len(pop))
		one, away := m.predicted(p.th)
		for i := range mean {
			mean[i] += n * one[i] * m.data[i].noise // in the sensor's unit
			absent[i] += n * away[i]
		}
		g += n * math.Exp(p.th[pFluct])
	}
	series := m.drifting()
	sigma, walk := make([]float64, len(series)), make([]float64, len(series))
	for k, idx := range series {
		sigma[k], walk[k] = m.noiseOf(idx, m.clearOf(idx, mean))
	}
	m.alike(series, sigma)
	m.alike(series, walk)
	for _, group := range m.groups(series) {
		if len(group) < leastGroup {
			for _, k := range group {
				m.smooth(series[k], mean, absent, g, sigma[k], walk[k])
			}
			continue
		}
		a := newAirUnder(m, series, group, sigma, walk)
		a.smooth(mean, absent, g)
	}
}

// alike keeps a sensor's figure within three times the lower third of those of
// the sensors of its kind: what stands out is in the plume, not worse made.
func (m *model) alike(series [][]int, v []float64) {
	for _, path := range []bool{false, true} {
		var kind []float64
		for k, idx := range series {
			if m.data[idx[0]].path == path {
				kind = append(kind, v[k])
			}
		}
		if len(kind) < 3 {
			continue
		}
		sort.Float64s(kind)
		for k, idx := range series {
			if m.data[idx[0]].path == path {
				v[k] = math.Min(v[k], 3*quantile(kind, 1.0/3))
			}
		}
	}
}

// clearOf tells which readings of a sensor are freest of plume: those to which
// it adds less than a third of the noise, and a fifth of all at the least.
func (m *model) clearOf(idx []int, plume []float64) []bool {
	order := make([]float64, len(idx))
	for k, i := range idx {
		order[k] = plume[i]
	}
	sort.Float64s(order)
	least := math.Max(order[min(max(len(order)/5, 16), len(order)-1)], 0.3*m.data[idx[0]].noise)
	clear := make([]bool, len(idx))
	for k, i := range idx {
		clear[k] = plume[i] <= least
	}
	return clear
}

// smooth runs expectation and maximisation over one sensor's readings. Each
// reading is background alone, or background and plume, with the probability
// that its value gives it; the background is smoothed through both, each with
// its own noise, and the noise is that of the readings without plume.
func (m *model) smooth(idx []int, plume, absent []float64, fluct, sigma, walk float64) {
	n := len(idx)
	level := make([]float64, n)
	for k, i := range idx {
		level[k] = m.data[i].level
	}
	variance := make([]float64, n)
	home := append([]float64(nil), level...)
	if h, ok := m.lows[m.data[idx[0]].sensor]; ok {
		home = h
	} else {
		m.lows[m.data[idx[0]].sensor] = home
	}
	usual := usualNoise * m.levelOf(idx)
	stray := math.Sqrt(walk * backHome / 2)
	if usual > 0 {
		stray = math.Max(stray, 2*usual)
	}
	for range 8 {
		seen, noise, free, sum := make([]float64, n), make([]float64, n), 0.0, 0.0
		for k, i := range idx {
			v, w, alone, e2 := split(m.data[i].value, level[k], sigma, plume[i], 1-absent[i], fluct, 0)
			seen[k], noise[k] = v, 1/w
			free += alone
			sum += alone * e2
		}
		m.kalman(idx, seen, noise, home, math.Max(stray, sigma/2), level, variance)
		if usual > 0 {
			sum, free = sum+usualReading*usual*usual, free+usualReading
		}
		if free > 12 {
			sigma = math.Max(math.Sqrt(sum/free), 0.3*usual)
			if usual > 0 {
				sigma = math.Min(sigma, mostNoise*usual)
			}
		}
	}
	m.setLevels(idx, level, variance, absent, sigma, usual)
}

// setLevels gives the readings of one sensor their background and its noise.
func (m *model) setLevels(idx []int, level, variance, absent []float64, sigma, usual float64) {
	var up []float64 // what is left of the readings that no plume should have reached
	for k, i := range idx {
		if e := m.data[i].value - level[k]; absent[i] > 0.97 && e > 0 {
			up = append(up, e)
		}
	}
	if len(up) > 12 {
		// The noise has slow bumps too.
		sort.Float64s(up)
		sigma = math.Min(math.Max(sigma, quantile(up, 0.8)/1.2816), 3*sigma) // of positive ones 80 % is 90 % of all
	}
	for k, i := range idx {
		m.data[i].level = level[k]
		m.data[i].setNoise(math.Max(math.Sqrt(sigma*sigma+variance[k]), usual))
	}
}

// plumeSays is how much a reading in the plume counts for the background: what
// is wrong with the plume's prediction is wrong with many readings alike.
const plumeSays = 0.001

// split returns what a reading says of the background: a value and its weight
// (one over a variance); and how surely it is free of plume, with the square of
// its residual then. there is the part of the time that the plume is there, and
// stray how far the background may lie above the level beside the noise.
func split(value, level, sigma, plume, there, fluct, stray float64) (v, w, alone, e2 float64) {
	e := value - level
	w0 := 1 / (sigma * sigma)
	far := sigma*sigma + stray*stray
	if e > 0 {
		w0 *= (freedom + 1) / (freedom + e*e/far)
	}
	if e*e > 9*far && e > 0 {
		// What a plume adds that is not predicted is never background. What lies
		// below the level always is: nothing takes gas away.
		w0 *= 9 * far / (e * e)
	}
	if there < 1e-6 {
		return value, w0, 1, math.Min(e*e, 4*sigma*sigma)
	}
	within := plume / there
	s2 := sigma*sigma + fluct*fluct*within*within
	f := e - within
	student := func(e2 float64) float64 { c := 1 + e2/freedom; return 1 / (c * c * math.Sqrt(c)) }
	p0 := (1 - there) * student(e*e/(sigma*sigma)) / sigma
	p1 := there * student(f*f/s2) / math.Sqrt(s2)
	alone = p0 / (p0 + p1)
	w0 *= alone
	w1 := (1 - alone) * (freedom + 1) / (freedom + f*f/s2) / s2 * plumeSays
	w = w0 + w1
	return (w0*value + w1*(value-within)) / w, w, alone, math.Min(e*e, 4*sigma*sigma)
}

// kalman smooths a background through values with given variances. Left alone
// it comes back to usual[k] within backHome seconds, and strays by the standard
// deviation stray (an Ornstein-Uhlenbeck process about it): where a plume hides
// the background for hours, it is not moved by what the plume does.
func (m *model) kalman(idx []int, seen, noise, usual []float64, stray float64, mean, variance []float64) {
	n := len(idx)
	pm, pv, back := make([]float64, n), make([]float64, n), make([]float64, n) // predicted
	x, v := 0.0, stray*stray                                                   // about usual
	for k, i := range idx {
		if k > 0 {
			back[k] = math.Exp(-(m.data[i].t - m.data[idx[k-1]].t) / backHome)
			x *= back[k]
			v = v*back[k]*back[k] + stray*stray*(1-back[k]*back[k])
		}
		pm[k], pv[k] = x, v
		g := v / (v + noise[k])
		x += g * (seen[k] - usual[k] - x)
		v *= 1 - g
		mean[k], variance[k] = x, v
	}
	for k := n - 2; k >= 0; k-- {
		c := variance[k] * back[k+1] / pv[k+1]
		mean[k] += c * (mean[k+1] - pm[k+1])
		variance[k] += c * c * (variance[k+1] - pv[k+1])
	}
	for k := range mean {
		mean[k] += usual[k]
	}
}
