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
	fromMap     = 0.7  // part of the proposals that come from the map
	mapHeight   = 2.0  // metres
	mapRateSD   = 1.0  // of the log of a proposed rate about the map's
	mapFlattest = 0.06 // part of the cells that the proposal is spread over, at the least
)

// mapAirs are the factors on the spreads that the map tries.
var mapAirs = []float64{0.7, 1.8}

// survey makes the map for one more source beside those of th.
func (m *model) survey(ctx context.Context, th []float64) (*coarseMap, error) {
	b := m.area
	c := &coarseMap{area: b, h: math.Max(b.x1-b.x0, b.y1-b.y0) / mapAcross}
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
		c.logL[i], c.rate[i], marginal[i] = m.profile(x, y, mean0, absent0)
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

// standing is what the sources of th add already: the mean, and the part of the
// time that none of them is there.
func (m *model) standing(th []float64) (mean, absent []float64) {
	mean, absent = make([]float64, len(m.data)), make([]float64, len(m.data))
	for i := range absent {
		absent[i] = 1
	}
	if th == nil {
		return mean, absent
	}
	a := airOf(th)
	for k := range sources(th) {
		e := m.emitterOf(source(th, k))
		for i := range m.data {
			mu, there := m.data[i].unit(&m.path, &a, &e)
			mean[i] += mu * e.rate
			absent[i] *= 1 - there
		}
	}
	return mean, absent
}

// profile is the log likelihood ratio of a source at a place: the best of some
// rates and spreads, with the log of that rate in kg/h, and the mean over them.
func (m *model) profile(x, y float64, mean0, absent0 []float64) (best, at, marginal float64) {
	type hit struct {
		i           int
		mean, there float64
	}
	hits := make([]hit, 0, len(m.data)/2)
	best, marginal = math.Inf(-1), math.Inf(-1)
	const step = 0.75
	g2 := math.Exp(2 * m.air[pFluct].mean)
	for _, f := range mapAirs {
		var th [nAir]float64
		for i, n := range m.air {
			th[i] = n.mean
		}
		a := airOf(th[:])
		a.iy0, a.ky, a.iz = a.iy0*f, a.ky*f, a.iz*f
		e := emitter{x: x, y: y, z: mapHeight, rate: 1, on: math.Inf(-1), off: math.Inf(1)}
		hits = hits[:0]
		base := newRatio(g2)
		for i := range m.data {
			if mean, there := m.data[i].unit(&m.path, &a, &e); there > 0 {
				hits = append(hits, hit{i, mean, there})
				if absent0[i] < 1 {
					base.add(&m.data[i], mean0[i], 1-absent0[i])
				}
			}
		}
		base0 := base.log()
		for l := -5.0; l <= 5.01; l += step {
			q := math.Exp(l) / 3600
			r := newRatio(g2)
			for _, h := range hits {
				r.add(&m.data[h.i], mean0[h.i]+h.mean*q, 1-absent0[h.i]*(1-h.there))
			}
			v := (r.log() - base0) * m.temper
			if v > best {
				best, at = v, l
			}
			marginal = logAdd(marginal, v+m.rate.log(l)+math.Log(step/float64(len(mapAirs))))
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
