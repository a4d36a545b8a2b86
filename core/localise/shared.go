package localise

import (
	"math"
	"sort"
)

// Backgrounds of several fixed sensors of a kind. They stand in the same air: its
// level and its drift are common, and each has an offset and a small drift of its
// own. A sensor that is in the plume all the time so has the background that the
// others see, where alone it would take the plume for it.
//
// Levels, offsets and drifts are normal a priori. Their standard deviations are
// found from the readings (empirical Bayes, by expectation and maximisation),
// each with a prior worth some sensors: the sensors of one record agree to 1 %,
// those of another to 10 %.

const (
	leastGroup   = 3    // sensors
	usualOffset  = 0.02 // of the background
	usualDrift   = 0.01 // of it, a sensor's own
	usualAir     = 0.03 // of it, the air's
	priorSensors = 2.0  // that the usual offset is worth
	priorHours   = 2.0  // that a drift guessed from the readings is worth
	quietNoise   = 2.0  // times the usual noise: a sensor that flickers more is in the plume
	sharedRounds = 12
	lowestOf100  = 2.3 // standard deviations
)

// airUnder is the background of a group of sensors.
type airUnder struct {
	m      *model
	series [][]int   // readings of each sensor of the group
	all    []int     // of all, in time order
	sensor []int     // of each of all: its place in the group
	sigma  []float64 // noise of each sensor

	usual  float64   // mean level
	air    []float64 // departure of the air from it, at each of all
	airVar []float64
	offset []float64 // of each sensor
	offVar []float64
	own    [][]float64 // departure of each sensor, at each of its readings
	ownVar [][]float64

	airSD, offsetSD, ownSD float64
	airPrior, ownPrior     float64 // what is guessed of them first
	stray                  float64 // how far a quiet sensor goes
	quiet                  []bool  // sensors that show their drift, no plume being in the way
}

// groups puts the fixed sensors of a kind together; each other is by itself.
func (m *model) groups(series [][]int) [][]int {
	var out [][]int
	var kinds [2][]int
	for k, idx := range series {
		if m.moves(idx) || m.levelOf(idx) <= 0 {
			out = append(out, []int{k})
			continue
		}
		kind := 0
		if m.data[idx[0]].path {
			kind = 1
		}
		kinds[kind] = append(kinds[kind], k)
	}
	for _, g := range kinds {
		if len(g) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func newAirUnder(m *model, series [][]int, group []int, sigma, walk []float64) *airUnder {
	a := &airUnder{m: m, offset: make([]float64, len(group)), offVar: make([]float64, len(group))}
	at := map[int]int{}
	lows := make([]float64, len(group))
	for g, k := range group {
		idx := series[k]
		a.series = append(a.series, idx)
		a.sigma = append(a.sigma, sigma[k])
		a.own, a.ownVar = append(a.own, make([]float64, len(idx))), append(a.ownVar, make([]float64, len(idx)))
		for _, i := range idx {
			at[i] = g
			a.all = append(a.all, i)
		}
		if m.lows[m.data[idx[0]].sensor] == nil {
			var v []float64
			for _, i := range idx {
				v = append(v, m.data[i].level)
			}
			m.lows[m.data[idx[0]].sensor] = v
		}
		v := append([]float64(nil), m.lows[m.data[idx[0]].sensor]...)
		sort.Float64s(v)
		lows[g] = quantile(v, 0.5)
	}
	sort.Ints(a.all)
	for _, i := range a.all {
		a.sensor = append(a.sensor, at[i])
	}
	a.air, a.airVar = make([]float64, len(a.all)), make([]float64, len(a.all))
	v := append([]float64(nil), lows...)
	sort.Float64s(v)
	// Some sensors are in the plume all the time: the lower ones tell the air. The
	// lowest of a hundred readings lies below the level by their noise.
	a.usual = quantile(v, 0.25) * (1 + lowestOf100*usualNoise)
	for g := range lows {
		a.offset[g] = lows[g] - a.usual
	}
	spread := (quantile(v, 0.75) - quantile(v, 0.25)) / 1.349
	a.offsetSD = math.Max(spread, usualOffset*a.usual)
	a.guessDrifts(group, walk)
	return a
}

// guessDrifts takes how far a quiet sensor strays for the air's, and a quarter of
// it for its own.
func (a *airUnder) guessDrifts(group []int, walk []float64) {
	var stray []float64
	for g, k := range group {
		quiet := a.sigma[g] < quietNoise*usualNoise*a.usual
		a.quiet = append(a.quiet, quiet)
		if quiet {
			stray = append(stray, math.Sqrt(walk[k]*backHome/2))
		}
	}
	sort.Float64s(stray)
	most := quantile(stray, 0.5)
	a.airPrior, a.ownPrior = math.Max(most, usualAir*a.usual), math.Max(most/4, usualDrift*a.usual)
	a.stray = most
	a.airSD, a.ownSD = a.airPrior, a.ownPrior
}

// smooth finds levels, offsets and drifts given what the plume is predicted to
// add, and sets every reading's background.
func (a *airUnder) smooth(plume, absent []float64, fluct float64) {
	n := len(a.all)
	seen, noise := make([]float64, n), make([]float64, n)
	for round := range sharedRounds {
		a.split(plume, absent, fluct, seen, noise)
		a.smoothOffsets(seen, noise)
		a.smoothAir(seen, noise)
		a.smoothOwn(seen, noise)
		if round >= 2 {
			a.learn()
		}
	}
	next := make([]int, len(a.series))
	levels, variances := make([][]float64, len(a.series)), make([][]float64, len(a.series))
	for j := range a.all {
		g := a.sensor[j]
		levels[g] = append(levels[g], a.level(j, next[g]))
		variances[g] = append(variances[g], a.airVar[j]+a.offVar[g]+a.ownVar[g][next[g]])
		next[g]++
	}
	for g, idx := range a.series {
		a.m.setLevels(idx, levels[g], variances[g], absent, a.sigma[g], usualNoise*a.usual)
	}
}

// level is the background of reading j of all, the n-th of its sensor.
func (a *airUnder) level(j, n int) float64 {
	g := a.sensor[j]
	return a.usual + a.air[j] + a.offset[g] + a.own[g][n]
}

// split finds what each reading says of the background, and each sensor's noise.
func (a *airUnder) split(plume, absent []float64, fluct float64, seen, noise []float64) {
	usual := usualNoise * a.usual
	next := make([]int, len(a.series))
	free, sum := make([]float64, len(a.series)), make([]float64, len(a.series))
	for j, i := range a.all {
		g := a.sensor[j]
		level := a.level(j, next[g])
		v, w, alone, e2 := split(a.m.data[i].value, level, a.sigma[g], plume[i], 1-absent[i], fluct, a.strayOf(g))
		next[g]++
		seen[j], noise[j] = v, 1/w
		if a.m.data[i].value < level { // nothing takes gas away: below the level is noise alone
			free[g] += alone
			sum[g] += alone * e2
		}
	}
	for g := range a.sigma {
		if free[g] > 6 {
			s := math.Sqrt((sum[g] + usualReading*usual*usual) / (free[g] + usualReading))
			a.sigma[g] = math.Min(math.Max(s, 0.3*usual), quietNoise*usual)
		}
	}
}

// strayOf is how far above its level a sensor may read for background: one whose
// readings follow each other smoothly drifts, and is not in a plume.
func (a *airUnder) strayOf(g int) float64 {
	if a.quiet[g] {
		return a.stray
	}
	return 0
}

// smoothOffsets moves each sensor's offset, the rest as it is.
func (a *airUnder) smoothOffsets(seen, noise []float64) {
	next := make([]int, len(a.series))
	weight, sum := make([]float64, len(a.series)), make([]float64, len(a.series))
	for j := range a.all {
		g := a.sensor[j]
		// What the sensor itself drifts is part of the noise here.
		w := 1 / (noise[j] + a.ownSD*a.ownSD)
		weight[g] += w
		sum[g] += w * (seen[j] - a.usual - a.air[j])
		next[g]++
	}
	for g := range a.offset {
		// A drift of an hour's memory is not averaged away by the minutes.
		v := 1/weight[g] + a.ownSD*a.ownSD/a.hours()
		p := 1 / (a.offsetSD * a.offsetSD)
		a.offVar[g] = 1 / (p + 1/v)
		a.offset[g] = a.offVar[g] / v * sum[g] / weight[g]
	}
}

// hours is how many memories of a background the record is long.
func (a *airUnder) hours() float64 {
	return 1 + (a.m.data[a.all[len(a.all)-1]].t-a.m.data[a.all[0]].t)/backHome
}

// smoothAir moves the air's level, the rest as it is.
func (a *airUnder) smoothAir(seen, noise []float64) {
	next := make([]int, len(a.series))
	v, home := make([]float64, len(a.all)), make([]float64, len(a.all))
	for j := range a.all {
		g := a.sensor[j]
		v[j] = seen[j] - a.usual - a.offset[g] - a.own[g][next[g]]
		next[g]++
	}
	a.m.kalman(a.all, v, noise, home, a.airSD, a.air, a.airVar)
}

// smoothOwn moves each sensor's own drift, the rest as it is.
func (a *airUnder) smoothOwn(seen, noise []float64) {
	v, n := make([][]float64, len(a.series)), make([][]float64, len(a.series))
	for j := range a.all {
		g := a.sensor[j]
		v[g] = append(v[g], seen[j]-a.usual-a.air[j]-a.offset[g])
		n[g] = append(n[g], noise[j])
	}
	for g, idx := range a.series {
		a.m.kalman(idx, v[g], n[g], make([]float64, len(idx)), a.ownSD, a.own[g], a.ownVar[g])
	}
}

// learn moves the standard deviations to what the levels show.
func (a *airUnder) learn() {
	square := func(v, variance []float64) float64 {
		s := 0.0
		for i := range v {
			s += v[i]*v[i] + variance[i]
		}
		return s / float64(len(v))
	}
	sd := func(usual, prior, found, n float64) float64 {
		return math.Sqrt((prior*usual*usual + n*found) / (prior + n))
	}
	k, h := float64(len(a.offset)), a.hours()
	a.offsetSD = sd(usualOffset*a.usual, priorSensors, square(a.offset, a.offVar), k)
	a.airSD = sd(a.airPrior, priorHours, square(a.air, a.airVar), h)
	own, n := 0.0, 0.0
	for g := range a.own {
		if a.quiet[g] {
			own += square(a.own[g], a.ownVar[g])
			n++
		}
	}
	if n > 0 {
		a.ownSD = sd(a.ownPrior, priorHours, own/n, h*n)
	}
}
