package localise

import (
	"context"
	"math"
	"math/rand/v2"
	"sort"
)

// A coarseMap is a rough likelihood over the area, from which places for a new
// source are proposed.
type coarseMap struct {
	area   box
	h      float64
	nx, ny int
	logL   []float64 // best over the rates and airs that are tried
	rate   []float64 // log of the rate that gives it
	weight []float64 // of the proposal, sums to one
	cum    []float64
	total  float64 // log of the likelihood ratio's mean over the priors of place and rate
}

const (
	mapAcross   = 28   // cells along the longer side of the area
	glanceOver  = 14   // the same for a first guess
	fromMap     = 0.7  // part of the proposals that come from the map
	mapHeight   = 2.0  // metres
	mapRateSD   = 1.0  // of the log of a proposed rate about the map's
	mapHopeless = 20.0 // log likelihood that a rate is behind, beyond which none is tried
	mapFlattest = 0.06 // part of the cells that the proposal is spread over, at the least
)

// mapAirs are the factors on the spreads that the map tries.
var mapAirs = []float64{0.7, 1.8}

// survey makes the map for one more source beside those of th, of some cells
// across.
func (m *model) survey(ctx context.Context, th []float64, across float64) (*coarseMap, error) {
	return m.surveyIn(ctx, th, across, m.mapTries(mapAirs))
}

// surveyIn is survey with the airs that it tries.
func (m *model) surveyIn(ctx context.Context, th []float64, across float64, tries []mapTry) (*coarseMap, error) {
	b := m.area
	c := &coarseMap{area: b, h: math.Max(b.x1-b.x0, b.y1-b.y0) / across}
	c.nx, c.ny = int(math.Ceil((b.x1-b.x0)/c.h)), int(math.Ceil((b.y1-b.y0)/c.h))
	n := c.nx * c.ny
	c.logL, c.rate = make([]float64, n), make([]float64, n)
	marginal := make([]float64, n)
	mean0, absent0 := m.standing(th)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	m.each(n, func(i int) {
		x, y := c.centre(i)
		c.logL[i], c.rate[i], marginal[i] = m.profile(x, y, tries, mean0, absent0)
	})
	c.total = math.Inf(-1)
	for _, l := range marginal {
		c.total = logAdd(c.total, l-math.Log(float64(n)))
	}
	c.temper()
	return c, ctx.Err()
}

func (c *coarseMap) centre(i int) (x, y float64) {
	return c.area.x0 + (float64(i%c.nx)+0.5)*c.h, c.area.y0 + (float64(i/c.nx)+0.5)*c.h
}

// standing is what the sources of th add already, for each turn of the wind: the
// mean, and the part of the time that none of them is there.
func (m *model) standing(th []float64) (mean []fan, absent []float64) {
	mean, absent = make([]fan, len(m.data)), make([]float64, len(m.data))
	for i := range absent {
		absent[i] = 1
	}
	if th == nil {
		return mean, absent
	}
	a := airOf(th)
	var one fan
	for k := range sources(th) {
		e := m.emitterOf(source(th, k))
		var c columns
		c.fill(m.heights, e.z, a.size)
		e.columns = &c
		for i := range m.data {
			if m.data[i].fan(&m.path, &a, &e, &one) {
				mean[i].plus(&one, e.rate)
				absent[i] *= 1 - a.there
			}
		}
	}
	return mean, absent
}

// predicted is what the sources of th add to each reading, in its standard
// deviations, given what the readings of its slot say of the wind's turn and the
// plume's strength; and the part of the time that none of them is there.
func (m *model) predicted(th []float64) (mean, absent []float64) {
	fans, absent := m.standing(th)
	mean = make([]float64, len(m.data))
	for from := 0; from < len(m.data); {
		to := from
		r := newRatio(th)
		r.open(m.data[from].slot)
		for ; to < len(m.data) && m.data[to].slot == m.data[from].slot; to++ {
			if absent[to] < 1 {
				r.add(&m.data[to], &fans[to], 1-absent[to])
			}
		}
		w, _ := r.weights()
		var turned fan // the weight of each turn times the mean strength there
		total := 0.0
		for n := range w {
			for k := range w[n] {
				turned[n] += w[n][k] * r.swell[k]
				total += w[n][k]
			}
		}
		for i := from; i < to; i++ {
			for n := range turned {
				mean[i] += turned[n] / total * fans[i][n]
			}
		}
		from = to
	}
	return mean, absent
}

// A mapTry is an air that the map tries, with the tables of a source in it.
type mapTry struct {
	air     air
	columns columns
}

func (m *model) mapTries(factors []float64) []mapTry {
	out := make([]mapTry, len(factors))
	for i, f := range factors {
		th := m.usual()
		a := airOf(th[:])
		a.iy0, a.ky, a.iz = a.iy0*f, a.ky*f, a.iz*f
		out[i].air = a
		out[i].columns.fill(m.heights, mapHeight, a.size)
	}
	return out
}

// usual is the middle of the air's prior.
func (m *model) usual() (th [nAir]float64) {
	for i, n := range m.air {
		th[i] = n.mean
	}
	return th
}

// profile is the log likelihood ratio of a source at a place: the best of some
// rates and spreads, with the log of that rate in kg/h, and the mean over them.
func (m *model) profile(x, y float64, tries []mapTry, mean0 []fan, absent0 []float64) (best, at, marginal float64) {
	type hit struct {
		i    int
		mean fan
	}
	hits := make([]hit, 0, len(m.data)/2)
	best, marginal = math.Inf(-1), math.Inf(-1)
	const step = 1.0
	th := m.usual()
	for t := range tries {
		a := tries[t].air
		e := emitter{x: x, y: y, z: mapHeight, rate: 1, on: math.Inf(-1), off: math.Inf(1), columns: &tries[t].columns}
		hits = hits[:0]
		base := newRoughRatio(th[:])
		var one fan
		for i := range m.data {
			if m.data[i].fan(&m.path, &a, &e, &one) {
				hits = append(hits, hit{i, one})
			} else if absent0[i] == 1 {
				continue
			} else {
				hits = append(hits, hit{i, fan{}})
			}
			if absent0[i] < 1 {
				base.add(&m.data[i], &mean0[i], 1-absent0[i])
			}
		}
		base0 := base.log()
		for l := -5.0; l <= 5.01; l += step {
			q := math.Exp(l) / 3600
			r := newRoughRatio(th[:])
			for k := range hits {
				h := &hits[k]
				one = mean0[h.i]
				one.plus(&h.mean, q)
				absent := absent0[h.i]
				if h.mean != (fan{}) {
					absent *= 1 - a.there
				}
				r.add(&m.data[h.i], &one, 1-absent)
			}
			v := (r.log() - base0) * m.temper
			if v > best {
				best, at = v, l
			}
			marginal = logAdd(marginal, v+m.rate.log(l)+math.Log(step/float64(len(tries))))
			if v < best-mapHopeless {
				break // a greater rate is further off still
			}
		}
	}
	return best, at, marginal
}

// temper flattens the likelihood until the proposal is spread over enough cells.
func (c *coarseMap) temper() {
	n := len(c.logL)
	top := math.Inf(-1)
	for _, l := range c.logL {
		top = math.Max(top, l)
	}
	w := make([]float64, n)
	spread := func(k float64) float64 {
		s, s2 := 0.0, 0.0
		for i, l := range c.logL {
			w[i] = math.Exp(k * (l - top))
			s += w[i]
			s2 += w[i] * w[i]
		}
		for i := range w {
			w[i] /= s
		}
		return s * s / s2
	}
	k := 1.0
	for want := math.Max(mapFlattest*float64(n), 12); spread(k) < want && k > 1e-4; {
		k *= 0.8
	}
	c.weight = w
	c.cum = make([]float64, n)
	s := 0.0
	for i, v := range w {
		s += v
		c.cum[i] = s
	}
}

// propose draws a place and the log of a rate.
func (m *model) propose(c *coarseMap, r *rand.Rand, s []float64) {
	if r.Float64() >= fromMap {
		s[sX], s[sY] = m.ground.place(r)
		s[sRate] = m.rate.draw(r)
	} else {
		i := min(sort.SearchFloat64s(c.cum, r.Float64()*c.cum[len(c.cum)-1]), len(c.cum)-1)
		x, y := c.centre(i)
		s[sX], s[sY] = x+(r.Float64()-0.5)*c.h, y+(r.Float64()-0.5)*c.h
		s[sRate] = c.rate[i] + mapRateSD*r.NormFloat64()
	}
	s[sZ] = m.height.draw(r)
	drawHours(r, s)
}

// drawHours draws when a source begins and ends, from the prior.
func drawHours(r *rand.Rand, s []float64) {
	for {
		s[sOn], s[sOff] = 2*r.Float64()-1, 2*r.Float64()-1
		if math.Max(s[sOn], 0)+math.Max(s[sOff], 0) < 1 {
			return
		}
	}
}

// logPropose is the log density of propose.
func (m *model) logPropose(c *coarseMap, s []float64) float64 {
	if math.Abs(s[sOn]) > 1 || math.Abs(s[sOff]) > 1 || math.Max(s[sOn], 0)+math.Max(s[sOff], 0) >= 1 {
		return math.Inf(-1)
	}
	prior := math.Inf(-1)
	if l := m.ground.logDensity(s[sX], s[sY]); !math.IsInf(l, -1) {
		prior = math.Log(1-fromMap) + l + m.rate.log(s[sRate])
	}
	i, j := int(math.Floor((s[sX]-c.area.x0)/c.h)), int(math.Floor((s[sY]-c.area.y0)/c.h))
	drawn := math.Inf(-1)
	if i >= 0 && j >= 0 && i < c.nx && j < c.ny {
		k := j*c.nx + i
		drawn = math.Log(fromMap*c.weight[k]/(c.h*c.h)) + normal{c.rate[k], mapRateSD}.log(s[sRate])
	}
	return logAdd(prior, drawn) + m.height.log(s[sZ])
}

func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
