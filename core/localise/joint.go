package localise

import (
	"context"
	"math"
	"math/rand/v2"
	"sort"
)

// Sources looked for together. One source between several, in air that spreads
// its plume over all of them, can explain the readings better than one that stands
// where any of them is; another beside it then adds nothing, and sources added one
// at a time never part. So several are looked for as several: each in turn where
// it does best given the others, in usual air, and then all parameters together.

const (
	jointTurns     = 3 // of each source
	jointParticles = 120
	jointSweeps    = 30
	jointWiden     = 1.3 // of the deviations of the guesses that the posterior is reached from
	jointDraws     = 100 // times the particles, of which so many must be possible

	// In usual air the places found are not as likely as they will be in air that
	// suits them: further behind fewer sources than this, they are not looked at.
	jointHope = 10.0
	// Another source in usual air that gains less than this asks for no third.
	jointHint = 5.0
	// Sources are sampled where the log of the density of the best guess is no
	// further behind that of fewer than the volume of another can make up for.
	jointWorth = -5.0
)

// A joint is what all sources are drawn from together.
type joint struct {
	from   *fit    // nil where there is no other density than the posterior
	dx, dy float64 // sources are in order along this direction: each set of them is counted once
}

// jointOf is the order of the sources of th, which is put into it: along the line
// through those furthest apart.
func jointOf(th []float64) *joint {
	j, k := &joint{}, sources(th)
	for a := range k {
		for b := range a {
			dx, dy := source(th, a)[sX]-source(th, b)[sX], source(th, a)[sY]-source(th, b)[sY]
			if math.Hypot(dx, dy) > math.Hypot(j.dx, j.dy) {
				j.dx, j.dy = dx, dy
			}
		}
	}
	along := make([][]float64, k)
	for i := range along {
		along[i] = append([]float64(nil), source(th, i)...)
	}
	sort.SliceStable(along, func(a, b int) bool { return j.along(along[a]) < j.along(along[b]) })
	for i := range along {
		copy(source(th, i), along[i])
	}
	return j
}

func (j *joint) along(s []float64) float64 { return s[sX]*j.dx + s[sY]*j.dy }

// ordered tells whether the sources of th are in order.
func (j *joint) ordered(th []float64) bool {
	for k := 1; k < sources(th); k++ {
		if j.along(source(th, k)) <= j.along(source(th, k-1)) {
			return false
		}
	}
	return true
}

// weighJoint looks at a set of parameters as a draw of all sources together.
func (m *model) weighJoint(j *joint, th []float64) particle {
	p := particle{th: th, logPrior: m.logPriorAll(th)}
	if !j.ordered(th) || math.IsInf(p.logPrior, -1) {
		p.logPrior, p.logL = math.Inf(-1), math.Inf(-1)
		return p
	}
	if j.from != nil {
		p.logProp = j.from.log(th) + j.from.constant()
	}
	p.logL, _ = m.logLikelihood(th)
	return p
}

// logPriorAll is the log of the prior's density of all parameters.
func (m *model) logPriorAll(th []float64) float64 {
	l := m.logPriorAir(th)
	for k := range sources(th) {
		l += m.logPriorSource(source(th, k))
	}
	return l
}

// together samples k sources from a guess of all; ok is false where the guess is
// not worth it beside fewer, of which th are the likeliest.
func (m *model) together(ctx context.Context, k int, th []float64) (s stage, ok bool, err error) {
	pop, j, err := m.guessJoint(ctx, k, th)
	if pop == nil || err != nil {
		return stage{}, false, err
	}
	if j.from = newFit(pop, evenly(len(pop))); j.from == nil {
		return stage{}, false, nil
	}
	j.from.widen(jointWiden)
	pop, tried := m.drawJoint(j, k)
	if pop == nil {
		return stage{}, false, nil
	}
	evidence, err := m.anneal(ctx, pop, &target{joint: j}, 1000*k+500)
	if err != nil {
		return stage{}, false, err
	}
	// What was drawn is the part of the density that is possible at all; and what is
	// in order stands for itself in every other order.
	evidence += math.Log(float64(len(pop)) / float64(tried))
	for i := 2; i <= k; i++ {
		evidence += math.Log(float64(i))
	}
	return stage{k: k, evidence: evidence, particles: pop, joint: j}, true, nil
}

// drawJoint draws particles, and tells how many had to be drawn for that.
func (m *model) drawJoint(j *joint, k int) (pop []particle, tried int) {
	r := m.random(1000*k+499, 0)
	var possible [][]float64
	for ; len(possible) < particles; tried++ {
		if tried > jointDraws*particles {
			return nil, tried
		}
		th := make([]float64, nAir+k*nSource)
		j.from.draw(r, th)
		for i := range k {
			drawHours(r, source(th, i))
		}
		if j.ordered(th) && !math.IsInf(m.logPriorAll(th), -1) {
			possible = append(possible, th)
		}
	}
	pop = make([]particle, particles)
	m.each(particles, func(i int) { pop[i] = m.weighJoint(j, possible[i]) })
	return pop, tried
}

// guessJoint finds some sets of parameters of k sources, or none where they are not
// likely beside the fewer of th. It looks at a part of the readings.
func (m *model) guessJoint(ctx context.Context, k int, th []float64) ([]particle, *joint, error) {
	defer m.thinned()()
	a, err := m.arrange(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	fewer, _ := m.logLikelihood(th)
	if a.logL < fewer-jointHope || k > sources(th)+1 && a.gain < jointHint {
		return nil, nil, nil
	}
	j := jointOf(a.th)
	if j.dx == 0 && j.dy == 0 {
		return nil, nil, nil // all in one cell: they have no order
	}
	pop, err := m.guessAround(ctx, j, a.th, a.cell)
	if err != nil {
		return nil, nil, err
	}
	if first := best(pop); first.bridge(1) < fewer+m.logPriorAll(th)+jointWorth {
		return nil, nil, nil
	}
	return pop, j, nil
}

// guessAround finds some sets of parameters near a first one.
func (m *model) guessAround(ctx context.Context, j *joint, th []float64, metres float64) ([]particle, error) {
	k := sources(th)
	pop := make([]particle, jointParticles)
	m.each(len(pop), func(i int) {
		r := m.random(1000*k+400, i)
		for {
			if pop[i] = m.weighJoint(j, m.near(th, metres, r)); !math.IsInf(pop[i].logPrior, -1) {
				return
			}
		}
	})
	at := &target{joint: j, beta: 1}
	for s := range jointSweeps {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if s%5 == 0 {
			m.cull(pop, 400+k, s)
		}
		m.move(pop, at, 100*(1000*k+400)+s)
	}
	m.cull(pop, 400+k, jointSweeps)
	return pop, nil
}

// near is a set of parameters not far from th.
func (m *model) near(th []float64, metres float64, r *rand.Rand) []float64 {
	out := append([]float64(nil), th...)
	for i, n := range m.air {
		out[i] += 0.5 * n.sd * r.NormFloat64()
	}
	for k := range sources(th) {
		s := source(out, k)
		s[sX] += metres / 2 * r.NormFloat64()
		s[sY] += metres / 2 * r.NormFloat64()
		s[sZ] = m.height.draw(r)
		s[sRate] += mapRateSD / 2 * r.NormFloat64()
		s[sOn], s[sOff] = -r.Float64(), -r.Float64()
	}
	return out
}

// An arrangement is some sources in usual air.
type arrangement struct {
	th   []float64
	logL float64
	gain float64 // of the second source over the first alone
	cell float64 // metres, within which the places are known
}

// arrange finds places of k sources, each the best on a coarse map given the
// others, in usual air.
func (m *model) arrange(ctx context.Context, k int) (arrangement, error) {
	tries := m.mapTries([]float64{1})
	var a arrangement
	usual := m.usual()
	a.th = append(a.th, usual[:]...)
	for i := range k {
		s, cell, err := m.spot(ctx, a.th, tries)
		if err != nil {
			return a, err
		}
		before := a.logL
		a.th, a.cell = append(a.th, s...), cell
		if a.logL, _ = m.logLikelihood(a.th); i == 1 {
			a.gain = a.logL - before
		}
	}
	for still, n := 0, 0; still < k && n < jointTurns*k; n++ {
		// The first goes, the others move up, and it is looked for anew.
		others := append(append([]float64(nil), usual[:]...), a.th[nAir+nSource:]...)
		s, _, err := m.spot(ctx, others, tries)
		if err != nil {
			return a, err
		}
		moved := append(others, s...)
		if l, _ := m.logLikelihood(moved); l > a.logL+0.1 {
			a.th, a.logL, still = moved, l, 0
			continue
		}
		a.th = append(others, source(a.th, 0)...)
		still++
	}
	return a, nil
}

// spot is where one more source does best beside those of th, and the size of the
// cell that it is the middle of.
func (m *model) spot(ctx context.Context, th []float64, tries []mapTry) (s []float64, cell float64, err error) {
	c, err := m.surveyIn(ctx, th, glanceOver, tries)
	if err != nil {
		return nil, 0, err
	}
	at := 0
	for i, l := range c.logL {
		if l > c.logL[at] {
			at = i
		}
	}
	s = make([]float64, nSource)
	s[sX], s[sY] = c.centre(at)
	s[sZ], s[sRate], s[sOn], s[sOff] = math.Log(mapHeight), c.rate[at], -0.5, -0.5
	return s, c.h, nil
}
