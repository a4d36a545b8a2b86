package localise

import (
	"context"
	"math"
)

const (
	pilotParticles = 60
	pilotSweeps    = 20
	pilotRounds    = 2    // of guessing and smoothing, for each convention
	pilotFinish    = 3    // for the one that is chosen
	pilotKept      = 20   // guesses that a background is smoothed through
	hopeless       = 15.0 // log likelihood by which one that is behind by then is given up
	anotherCosts   = 14.0 // log likelihood that the volume of a second source's parameters costs
	pilotReadings  = 1000 // about as many are looked at in them, a path counting as five
)

// A reading of the wind's directions, with what it makes of the readings.
type hypothesis struct {
	convention Convention
	data       []datum // with the wind so read, and the backgrounds that go with it
	path       windPath
	best       float64 // log likelihood ratio of the best guess
}

// pilot reads the wind in the convention that the readings bear out, and
// smooths the backgrounds given a first guess of the plume.
func (m *model) pilot(ctx context.Context) (Convention, error) {
	recorded, first := m.path, append([]datum(nil), m.data...)
	var all []hypothesis
	lead := math.Inf(-1)
	for _, c := range m.doubted() {
		m.data = append([]datum(nil), first...)
		m.readWind(recorded.read(c))
		h := hypothesis{convention: c}
		for round := range pilotRounds {
			pop, err := m.guess(ctx, round)
			if err != nil {
				return From, err
			}
			h.best = best(pop).logL
			m.smoothBackground(pop)
		}
		if lead = math.Max(lead, h.best); c != From && h.best < lead-hopeless {
			continue
		}
		pop, err := m.guess(ctx, pilotRounds)
		if err != nil {
			return From, err
		}
		h.best = best(pop).logL
		h.data, h.path = m.data, m.path
		all = append(all, h)
	}
	chosen := all[0]
	for _, h := range all[1:] {
		if h.best < chosen.best-wrongConvention {
			continue
		}
		better, err := m.compare(ctx, chosen, h)
		if err != nil {
			return From, err
		}
		if better > -wrongConvention {
			chosen = h
		}
	}
	if chosen.convention != From {
		var err error
		if chosen, err = m.doubt(ctx, all[0], chosen); err != nil {
			return From, err
		}
	}
	m.data, m.path = chosen.data, chosen.path
	for round := range pilotFinish {
		pop, err := m.guess(ctx, pilotRounds+1+round)
		if err != nil {
			return From, err
		}
		m.smoothBackground(pop)
	}
	return chosen.convention, nil
}

// doubt is what two sources have to say of a convention other than the format's,
// that of asIs: what one source contradicts in the wind as it was recorded, two may
// not. They must be likelier there than one or two are in the other convention.
func (m *model) doubt(ctx context.Context, asIs, other hypothesis) (hypothesis, error) {
	odds := math.Log(countPrior[1]/countPrior[2]) + anotherCosts + wrongConvention
	two, err := m.several(ctx, asIs, other.best-2*hopeless)
	if err != nil || two.best <= other.best+odds {
		return other, err
	}
	both, err := m.several(ctx, other, math.Inf(-1))
	if err != nil || two.best <= both.best+wrongConvention {
		return other, err
	}
	return two, nil
}

// several is a hypothesis with two sources where it had one. It gives up where the
// first guess is below what is asked for.
func (m *model) several(ctx context.Context, h hypothesis, ask float64) (hypothesis, error) {
	m.data, m.path = append([]datum(nil), h.data...), h.path
	h.best = math.Inf(-1)
	for round := range 2 {
		restore := m.thinned()
		a, err := m.arrange(ctx, 2)
		if err != nil {
			return h, err
		}
		j := jointOf(a.th)
		if j.dx == 0 && j.dy == 0 { // both in one cell
			restore()
			break
		}
		pop, err := m.guessAround(ctx, j, a.th, a.cell)
		restore()
		if err != nil {
			return h, err
		}
		first := best(pop)
		h.best = first.logL
		if round == 0 && h.best < ask {
			break
		}
		if round == 0 {
			m.smoothBackground(append(pop[:pilotKept:pilotKept], first))
		}
	}
	h.data = m.data
	return h, nil
}

// doubted lists the conventions that are tried. A sensor that moves through one
// plume in one wind finds a source for every one of them, each as likely; it
// takes some fixed sensors around a source to tell.
func (m *model) doubted() []Convention {
	for _, idx := range m.series() {
		if m.moves(idx) {
			return conventions[:1]
		}
	}
	if m.sensors < 3 {
		return conventions[:1]
	}
	return conventions
}

// compare returns by how much, in log likelihood, b explains the readings
// better than a. Each was given the backgrounds that suit it; both are guessed
// anew with the other's, and the two differences are averaged.
func (m *model) compare(ctx context.Context, a, b hypothesis) (float64, error) {
	with := func(h hypothesis, backgrounds []datum) (float64, error) {
		m.data = append([]datum(nil), backgrounds...)
		m.readWind(h.path)
		pop, err := m.guess(ctx, pilotRounds)
		if err != nil {
			return 0, err
		}
		return best(pop).logL, nil
	}
	ba, err := with(b, a.data)
	if err != nil {
		return 0, err
	}
	ab, err := with(a, b.data)
	return (b.best - ab + ba - a.best) / 2, err
}

// thinned leaves the model a part of the readings, each standing for several,
// until what it returns is called.
func (m *model) thinned() (whole func()) {
	data, temper := m.data, m.temper
	if every := (cost(data) + pilotReadings - 1) / pilotReadings; every > 1 {
		m.data = nil
		for n, last, i := -1, -1, 0; i < len(data); i++ {
			if data[i].slot != last {
				n, last = n+1, data[i].slot
			}
			if n%every == 0 {
				m.data = append(m.data, data[i])
			}
		}
		m.temper = math.Min(1, temper*float64(every))
	}
	return func() { m.data, m.temper = data, temper }
}

// guess finds some sets of parameters of one source, the best and others that
// are not much worse. It looks at a part of the readings, each standing for
// several.
func (m *model) guess(ctx context.Context, round int) ([]particle, error) {
	defer m.thinned()()
	c, err := m.survey(ctx, nil, glanceOver)
	if err != nil {
		return nil, err
	}
	pop := make([]particle, pilotParticles)
	m.each(len(pop), func(i int) {
		r := m.random(-1-round, i)
		th := make([]float64, nAir+nSource)
		for a, n := range m.air {
			th[a] = n.mean
		}
		for {
			m.propose(c, r, source(th, 0))
			if pop[i] = m.weigh(c, th); !math.IsInf(pop[i].logPrior, -1) {
				return
			}
		}
	})
	for s := range pilotSweeps {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if s%5 == 0 { // the worse half gives way to the better
			m.cull(pop, round, s)
		}
		m.move(pop, &target{survey: c, beta: 1}, -1000*(round+1)-s)
	}
	m.cull(pop, round, pilotSweeps)
	first := best(pop)
	return append(pop[:pilotKept:pilotKept], first), nil
}

// cull replaces what is far behind the best by copies of what is not.
func (m *model) cull(pop []particle, round, s int) {
	r := m.random(-5000*(round+1)-s, 0)
	var good []int
	first := best(pop)
	top := first.bridge(1)
	for i := range pop {
		if pop[i].bridge(1) > top-15 {
			good = append(good, i)
		}
	}
	for i := range pop {
		if pop[i].bridge(1) <= top-15 {
			pop[i] = pop[good[r.IntN(len(good))]]
		}
	}
}
