package localise

import (
	"context"
	"math"
	"math/rand/v2"
)

const (
	particles  = 400
	sweeps     = 5   // moves of every particle at each temperature
	fromFit    = 0.6 // part of the moves that are drawn from a fit of the population
	keepESS    = 0.5 // a step in temperature leaves this part of the effective sample
	maxSteps   = 80
	maxSources = 3
	enoughLess = 3.0 // a further source whose log evidence falls this far behind ends the search

	// A further source that the survey finds this much less probable (log odds)
	// is not sampled; the survey's own sum over the area stands for its evidence.
	notWorth    = 0.0
	glanceError = 2.0 // by how much a glance may be wrong in that
)

// countPrior is the prior probability of 0, 1, 2, 3 sources.
var countPrior = [maxSources + 1]float64{0.5, 0.42, 0.06, 0.02}

// A particle is one set of parameters with what is known of it.
type particle struct {
	th       []float64
	logL     float64 // of all its sources
	logBase  float64 // of all but the last
	logPrior float64 // of the last source
	logProp  float64 // proposal density of the last source
	logAir   float64 // prior of everything else
}

// A stage is the posterior given a number of sources.
type stage struct {
	k         int
	evidence  float64 // log, relative to no source
	particles []particle
	survey    *coarseMap // that the last source is proposed from; nil where all are drawn together
	joint     *joint
}

// bridge is the log of the density between what a stage starts from (0) and
// its posterior (1): the geometric path.
func (p *particle) bridge(beta float64) float64 {
	return p.logAir + (1-beta)*(p.logBase+p.logProp) + beta*(p.logL+p.logPrior)
}

// gain is the derivative of bridge.
func (p *particle) gain() float64 { return p.logL + p.logPrior - p.logBase - p.logProp }

func (m *model) weigh(c *coarseMap, th []float64) particle {
	p := particle{th: th}
	k := sources(th)
	p.logPrior, p.logProp = m.logPriorSource(source(th, k-1)), m.logPropose(c, source(th, k-1))
	p.logAir = m.logPriorAir(th)
	for i := range k - 1 {
		p.logAir += m.logPriorSource(source(th, i))
	}
	if math.IsInf(p.logPrior, -1) || math.IsInf(p.logAir, -1) {
		p.logL, p.logBase = math.Inf(-1), 0
		return p
	}
	p.logL, p.logBase = m.logLikelihood(th)
	return p
}

// count adds sources while their evidence is worth it.
func (m *model) count(ctx context.Context, done func(k int)) ([]stage, error) {
	stages := []stage{{}}
	best := math.Log(countPrior[0])
	for k := 1; k <= maxSources; k++ {
		s, err := m.add(ctx, stages)
		if err != nil {
			return nil, err
		}
		done(k)
		stages = append(stages, s)
		score := s.evidence + math.Log(countPrior[k])
		if s.particles == nil || score < best-enoughLess {
			if k == 2 { // three may be told apart where two of them say no more than one
				three, ok, err := m.together(ctx, 3, stages[1].likeliest())
				if err != nil {
					return nil, err
				}
				if ok {
					stages = append(stages, three)
				}
			}
			break
		}
		best = math.Max(best, score)
	}
	return stages, nil
}

// likeliest is the likeliest set of parameters of a stage.
func (s stage) likeliest() []float64 {
	if s.k == 0 {
		return nil
	}
	return best(s.particles).th
}

// worth surveys the area for the k-th source, the others being those of th, and
// tells whether it is worth sampling. A glance settles it where it is plain.
func (m *model) worth(ctx context.Context, th []float64, k int) (c *coarseMap, worth bool, err error) {
	odds := math.Log(countPrior[k] / countPrior[k-1])
	if k > 1 {
		if c, err = m.survey(ctx, th, glanceOver); err != nil || c.total+odds < notWorth-glanceError {
			return c, false, err
		}
	}
	c, err = m.survey(ctx, th, mapAcross)
	return c, k == 1 || err == nil && c.total+odds >= notWorth, err
}

// add samples one more source than the last stage has: all of them together, or
// else the last beside the posterior of the others.
func (m *model) add(ctx context.Context, stages []stage) (stage, error) {
	from := stages[len(stages)-1]
	k := from.k + 1
	reference := from.likeliest()
	if from.k > 0 {
		if s, ok, err := m.together(ctx, k, reference); ok || err != nil {
			return s, err
		}
	}
	c, worth, err := m.worth(ctx, reference, k)
	if err != nil {
		return stage{}, err
	}
	if !worth {
		return stage{k: k, evidence: from.evidence + c.total}, nil
	}
	pop := make([]particle, particles)
	m.each(particles, func(i int) {
		r := m.random(1000*k, i)
		th := make([]float64, nAir+k*nSource)
		if from.k == 0 {
			for a, n := range m.air {
				th[a] = n.draw(r)
			}
		} else {
			copy(th, from.particles[i].th)
		}
		for {
			m.propose(c, r, source(th, k-1))
			if pop[i] = m.weigh(c, th); !math.IsInf(pop[i].logPrior, -1) {
				return
			}
		}
	})
	evidence, err := m.anneal(ctx, pop, &target{survey: c}, 1000*k)
	if err != nil {
		return stage{}, err
	}
	return stage{k: k, evidence: from.evidence + evidence, particles: pop, survey: c}, nil
}

// anneal takes a population from what it was drawn from to the posterior, and
// returns the log of the ratio of their masses.
func (m *model) anneal(ctx context.Context, pop []particle, at *target, use int) (evidence float64, err error) {
	beta := 0.0
	for step := 1; beta < 1; step++ {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		next := nextBeta(pop, beta)
		if step == maxSteps {
			next = 1
		}
		weights, mean := weightsOf(pop, next-beta)
		evidence += mean
		at.fit, at.beta = newFit(pop, weights), next
		m.resample(pop, weights, use+step)
		beta = next
		for s := range sweeps {
			m.move(pop, at, (use+step)*100+s)
		}
	}
	// Some more at the end, where the posterior is read off.
	even := evenly(len(pop))
	for s := range 2 * sweeps {
		at.fit = newFit(pop, even)
		m.move(pop, at, (use+999)*100+s)
	}
	return evidence, nil
}

func evenly(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 / float64(n)
	}
	return w
}

func best(pop []particle) particle {
	b := pop[0]
	for _, p := range pop {
		if p.logL+p.logPrior+p.logAir > b.logL+b.logPrior+b.logAir {
			b = p
		}
	}
	return b
}

// nextBeta is the next temperature: that at which the effective sample size is
// the wanted part of what it is (Jasra, Stephens, Doucet and Tsagaris 2011,
// Scandinavian Journal of Statistics 38:1).
func nextBeta(pop []particle, beta float64) float64 {
	ess := func(d float64) float64 {
		top := math.Inf(-1)
		for i := range pop {
			top = math.Max(top, d*pop[i].gain())
		}
		s, s2 := 0.0, 0.0
		for i := range pop {
			w := math.Exp(d*pop[i].gain() - top)
			s += w
			s2 += w * w
		}
		return s * s / (s2 * float64(len(pop)))
	}
	if ess(1-beta) >= keepESS {
		return 1
	}
	lo, hi := 0.0, 1-beta
	for range 40 {
		if mid := (lo + hi) / 2; ess(mid) >= keepESS {
			lo = mid
		} else {
			hi = mid
		}
	}
	return beta + math.Max(lo, 1e-6)
}

// weightsOf are the particles' weights, which sum to one, for a step of d in
// temperature, and the log of their mean before that.
func weightsOf(pop []particle, d float64) (w []float64, mean float64) {
	w = make([]float64, len(pop))
	top := math.Inf(-1)
	for i := range pop {
		w[i] = d * pop[i].gain()
		top = math.Max(top, w[i])
	}
	sum := 0.0
	for i := range w {
		w[i] = math.Exp(w[i] - top)
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return w, top + math.Log(sum/float64(len(pop)))
}

// resample draws the particles anew by their weights, systematically (Kitagawa
// 1996, JCGS 5:1).
func (m *model) resample(pop []particle, w []float64, step int) {
	u := m.random(step, -1).Float64()
	old := append([]particle(nil), pop...)
	cum, j := 0.0, 0
	for i := range pop {
		target := (float64(i) + u) / float64(len(pop))
		for j < len(w)-1 && cum+w[j] < target {
			cum += w[j]
			j++
		}
		pop[i] = old[j]
	}
}

// A target is what a population is moved towards, with what proposals are drawn
// from.
type target struct {
	survey *coarseMap // of the last source; nil = all sources are drawn together
	joint  *joint     // where they are
	fit    *fit       // nil = none
	beta   float64
}

// weighAt looks at a set of parameters.
func (m *model) weighAt(at *target, th []float64) particle {
	if at.survey == nil {
		return m.weighJoint(at.joint, th)
	}
	return m.weigh(at.survey, th)
}

// move makes one Metropolis step of every particle. Differences of two other
// particles give direction and length (differential evolution Markov chain:
// ter Braak 2006, Statistics and Computing 16:239), so that the steps have the
// posterior's own shape; the others are those of before the sweep.
func (m *model) move(pop []particle, at *target, step int) {
	old := append([]particle(nil), pop...)
	m.each(len(pop), func(i int) {
		r := m.random(step, i)
		th := append([]float64(nil), old[i].th...)
		ratio := m.step(th, old, i, at, r)
		if math.IsInf(ratio, -1) {
			return
		}
		p := m.weighAt(at, th)
		if math.Log(r.Float64()) < p.bridge(at.beta)-old[i].bridge(at.beta)+ratio {
			pop[i] = p
		}
	})
}

// step changes th in place and returns the log of the proposal's ratio.
func (m *model) step(th []float64, old []particle, i int, at *target, r *rand.Rand) float64 {
	if at.fit != nil && r.Float64() < fromFit {
		back := at.fit.log(th)
		at.fit.draw(r, th)
		return back - at.fit.log(th)
	}
	k := sources(th)
	s := nAir + r.IntN(k)*nSource
	block := blocks[r.IntN(len(blocks))]
	if block.jump && at.survey != nil && s == nAir+(k-1)*nSource {
		// The last source somewhere else altogether.
		back := m.logPropose(at.survey, th[s:s+nSource])
		m.propose(at.survey, r, th[s:s+nSource])
		return back - m.logPropose(at.survey, th[s:s+nSource])
	}
	if block.jump && m.ground.held > 0 {
		// Another place in this building, or in one nearby.
		return 0
	}
	a, b := r.IntN(len(old)-1), r.IntN(len(old)-1)
	if a >= i {
		a++
	}
	if b >= i {
		b++
	}
	// Of the air's parameters a few at a time: all at once seldom go together.
	part := 0.25 + 0.75*r.Float64()
	var chosen [nAir]bool
	d := len(block.source)
	for j := range nAir {
		if chosen[j] = block.air && r.Float64() < part; chosen[j] {
			d++
		}
	}
	g := 2.38 / math.Sqrt(2*float64(max(d, 1))) * math.Exp(0.6*r.NormFloat64()-0.3)
	if r.Float64() < 0.1 {
		g = 1
	}
	for j := range nAir {
		if chosen[j] {
			th[j] += g*(old[a].th[j]-old[b].th[j]) + 0.02*m.air[j].sd*r.NormFloat64()
		}
	}
	for _, j := range block.source {
		th[s+j] += g*(old[a].th[s+j]-old[b].th[s+j]) + jitter[j]*r.NormFloat64()
	}
	return 0
}

// jitter keeps a step from being confined to the others' differences.
var jitter = [nSource]float64{sX: 0.05, sY: 0.05, sZ: 1e-2, sRate: 1e-2, sOn: 1e-3, sOff: 1e-3}

// blocks are what moves together.
var blocks = []struct {
	air    bool
	source []int
	jump   bool
}{
	{air: true, source: []int{sX, sY, sZ, sRate, sOn, sOff}},
	{air: true, source: []int{sX, sY, sZ, sRate}},
	{air: true, source: []int{sRate}},
	{source: []int{sX, sY, sRate}},
	{source: []int{sX, sY}},
	{source: []int{sZ, sRate}},
	{source: []int{sOn, sOff}},
	{air: true},
	{jump: true},
}
