package localise

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
)

// Fixed sensors whose record grows. The particles of an earlier answer are kept:
// they are weighed anew by the readings that have come since, drawn anew by their
// weights and moved (iterated batch importance sampling: Chopin 2002, Biometrika
// 89:539). Everything is looked at from the beginning only when the record has
// doubled, and where the readings surprise the particles or may show a further
// source. Which steps there are depends on how many readings there are and on
// nothing else, so that an answer follows from the readings alone.

const (
	standFirst = 60 // readings of the first step; each doubling is a beginning
	standParts = 8  // steps from one doubling to the next

	standLost     = 0.02 // part of the particles that carry the weight, below which all begins anew
	standQuiet    = 2    // moves of each particle after a step that changed little
	standMoved    = 8    // after another
	standRounds   = 3    // of smoothing the backgrounds through the particles
	standSmoothed = 20   // particles that they are smoothed through
)

// A stand is the posterior of fixed sensors at one length of their record.
type stand struct {
	m          *model
	asOf       time.Time
	convention Convention
	stages     []stage
}

// newStand works a posterior out from the beginning.
func newStand(ctx context.Context, p Problem, progress func(done, total int)) (*stand, error) {
	m, asOf, err := prepare(p)
	if err != nil {
		return nil, err
	}
	s := &stand{m: m, asOf: asOf}
	if s.convention, err = m.pilot(ctx); err != nil {
		return nil, err
	}
	progress(1, maxSources+2)
	s.stages, err = m.count(ctx, func(k int) { progress(1+k, maxSources+2) })
	return s, err
}

// locateFixed is Locate for fixed sensors.
func (t *Tracker) locateFixed(ctx context.Context, p Problem, progress func(done, total int)) (Answer, error) {
	var s *stand
	var err error
	name := method
	if p.Growing && standing(p.Observations) {
		name = GrowingMethod
		s, err = t.stand(ctx, p, progress)
	} else {
		s, err = newStand(ctx, p, progress)
	}
	if err != nil {
		return Answer{}, err
	}
	ans := s.m.summarise(s.stages, p.Buildings)
	ans.Wind = s.convention
	ans.Readings, ans.AsOf, ans.Method, ans.Seed = s.m.readings, s.asOf, name, p.Seed
	progress(maxSources+2, maxSources+2)
	return ans, nil
}

// stand goes through the steps of a record, those that are remembered at once.
func (t *Tracker) stand(ctx context.Context, p Problem, progress func(done, total int)) (s *stand, err error) {
	var key digest
	used := map[digest]*stand{}
	for _, q := range standSteps(p) {
		key = standDigest(key, q)
		next, known := t.stands[key]
		switch {
		case known:
		case s == nil:
			next, err = newStand(ctx, q, progress)
		default:
			next, err = s.grown(ctx, q)
		}
		if err != nil {
			return nil, err
		}
		s, used[key] = next, next
	}
	t.stands = used
	return s, nil
}

// standing tells whether all sensors stay where they are, and read what has a
// background.
func standing(obs []Reading) bool {
	first := map[string]Reading{}
	for _, r := range obs {
		f, known := first[r.Sensor]
		if !known {
			first[r.Sensor], f = r, r
		}
		if r.Above || distance(r.At, f.At) > gatherMetres {
			return false
		}
	}
	return true
}

// standSteps are the beginnings of a problem's record that are worked out one
// after the other, the last being all of it. A step ends between two instants, so
// that no later reading of the same one changes it.
func standSteps(p Problem) []Problem {
	obs := valid(p.Observations)
	winds := slices.Clone(p.Winds)
	slices.SortStableFunc(winds, func(a, b vigia.Wind) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.SpeedMPS, b.SpeedMPS), cmp.Compare(a.FromDeg, b.FromDeg))
	})
	upTo := func(n int) Problem {
		q := p
		q.Observations = obs[:n]
		if q.Winds = winds; n < len(obs) {
			last := obs[n-1].Time
			k, _ := slices.BinarySearchFunc(winds, last, func(w vigia.Wind, at time.Time) int {
				return cmp.Or(w.Time.Compare(at), -1) // beyond those of that instant
			})
			q.Winds = winds[:max(k, min(1, len(winds)))]
		}
		return q
	}
	first := standFirst
	for 2*first <= len(obs) {
		first *= 2
	}
	var steps []Problem
	before := 0
	for i := range standParts {
		n := first + i*first/standParts
		if n >= len(obs) {
			break
		}
		for n > 0 && obs[n-1].Time.Equal(obs[n].Time) {
			n--
		}
		if n > before {
			steps, before = append(steps, upTo(n)), n
		}
	}
	return append(steps, upTo(len(obs)))
}

// standDigest names a step by all that it rests on.
func standDigest(before digest, p Problem) digest {
	var b bytes.Buffer
	b.Write(before[:])
	number := func(v ...float64) {
		for _, x := range v {
			_ = binary.Write(&b, binary.LittleEndian, x) // to memory
		}
	}
	text := func(s string) {
		number(float64(len(s)))
		b.WriteString(s)
	}
	number(float64(p.Seed>>32), float64(p.Seed&math.MaxUint32), p.Chemical.MolarMass, float64(len(p.Observations)), float64(len(p.Winds)))
	for _, o := range p.Observations {
		text(o.Sensor)
		text(string(o.Kind))
		number(o.At.X, o.At.Y, o.At.Z, o.To.X, o.To.Y, o.To.Z, o.Value, o.Sigma, o.Limit, o.Saturation)
		_ = binary.Write(&b, binary.LittleEndian, o.Time.UnixNano())
	}
	for _, w := range p.Winds {
		number(w.SpeedMPS, w.FromDeg, w.SigmaTanHorizontal, w.SigmaTanVertical, w.TemperatureK, w.PressurePa)
		_ = binary.Write(&b, binary.LittleEndian, w.Time.UnixNano())
	}
	for _, h := range p.Buildings {
		text(string(h.ID))
		for _, ring := range h.Footprint {
			number(float64(len(ring)))
			for _, q := range ring {
				number(q[0], q[1])
			}
		}
	}
	return sha256.Sum256(b.Bytes())
}

// grown goes on to a longer record.
func (s *stand) grown(ctx context.Context, p Problem) (*stand, error) {
	anew := func() (*stand, error) { return newStand(ctx, p, func(int, int) {}) }
	m, asOf, err := prepare(p)
	if err != nil {
		return nil, err
	}
	if !(s.m.last > 0) || m.tangents() != s.m.tangents() {
		return anew()
	}
	m.readWind(m.path.read(s.convention))
	next := &stand{m: m, asOf: asOf, convention: s.convention, stages: []stage{{}}}
	m.smoothThrough(s.likeliest(), s.m.last/m.last)
	for k := 1; k < len(s.stages); k++ {
		old, from := s.stages[k], next.stages[k-1]
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if old.particles == nil { // it was not worth a look
			c, worth, err := m.worth(ctx, best(from.particles).th, k)
			if err != nil {
				return nil, err
			}
			if worth {
				return anew()
			}
			next.stages = append(next.stages, stage{k: k, evidence: from.evidence + c.total})
			continue
		}
		st, sound := m.carry(old, s.m.last/m.last)
		if !sound {
			return anew()
		}
		next.stages = append(next.stages, st)
	}
	return next, nil
}

// likeliest is the stage of the most probable number of sources, one at the least.
func (s *stand) likeliest() stage {
	most := s.stages[1]
	for _, st := range s.stages[2:] {
		if st.particles != nil && st.evidence+math.Log(countPrior[st.k]) > most.evidence+math.Log(countPrior[most.k]) {
			most = st
		}
	}
	return most
}

// smoothThrough smooths the backgrounds through some particles of a record that
// was part as long.
func (m *model) smoothThrough(st stage, part float64) {
	var some []particle
	for i := 0; i < len(st.particles); i += len(st.particles) / standSmoothed {
		th := slices.Clone(st.particles[i].th)
		for k := range sources(th) {
			stretchHours(source(th, k), part)
		}
		some = append(some, particle{th: th})
	}
	for range standRounds {
		m.smoothBackground(some)
	}
}

// stretchHours turns the hours of a source's emission, told in parts of a record,
// to parts of one that part is of.
func stretchHours(s []float64, part float64) {
	if s[sOn] > 0 {
		s[sOn] *= part
	}
	if s[sOff] > 0 {
		s[sOff] = 1 - (1-s[sOff])*part
	}
}

// carry takes the particles of a stage to the longer record of m, and tells
// whether enough of them fit it.
func (m *model) carry(old stage, part float64) (stage, bool) {
	pop := make([]particle, len(old.particles))
	gain := make([]float64, len(pop))
	m.each(len(pop), func(i int) {
		p := &old.particles[i]
		r := m.random(standStep(old.k, m.readings, 0), i)
		th := slices.Clone(p.th)
		for k := range old.k {
			s := source(th, k)
			if s[sOn] > 0 {
				gain[i] += math.Log(part)
			}
			if s[sOff] > 0 {
				gain[i] += math.Log(part)
			}
			still := s[sOff] <= 0
			stretchHours(s, part)
			if still { // it went on to the end, and may have ended since
				s[sOff] = (2-part)*r.Float64() - 1
				gain[i] += math.Log(2 - part)
			}
		}
		pop[i] = m.weighAt(&target{survey: old.survey, joint: old.joint}, th)
		gain[i] += pop[i].bridge(1) - p.bridge(1)
	})
	top := slices.Max(gain)
	if math.IsInf(top, -1) || math.IsNaN(top) {
		return stage{}, false
	}
	w := make([]float64, len(pop))
	sum, squares := 0.0, 0.0
	for i, g := range gain {
		w[i] = math.Exp(g - top)
		sum += w[i]
		squares += w[i] * w[i]
	}
	effective := sum * sum / squares / float64(len(pop))
	if effective < standLost {
		return stage{}, false
	}
	for i := range w {
		w[i] /= sum
	}
	at := &target{survey: old.survey, joint: old.joint, fit: newFit(pop, w), beta: 1}
	m.resample(pop, w, standStep(old.k, m.readings, 1))
	moves := standQuiet
	if effective < keepESS {
		moves = standMoved
	}
	for n := range moves {
		m.move(pop, at, standStep(old.k, m.readings, 2+n))
	}
	return stage{k: old.k, evidence: old.evidence + top + math.Log(sum/float64(len(pop))), particles: pop, survey: old.survey, joint: old.joint}, true
}

// standStep names a step's stream of random numbers.
func standStep(k, readings, n int) int { return 1e9 + (readings*(maxSources+1)+k)*100 + n }
