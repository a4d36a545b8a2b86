package localise

import (
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia"
)

// FlightMethod names the inversion of flights and its version.
const FlightMethod = "passes-3"

// betweenFlights is the pause that parts one flight from the next.
const betweenFlights = 30 * time.Minute

// sorties parts readings, in time order, into flights.
func sorties(obs []Reading) [][]Reading {
	var out [][]Reading
	from := 0
	for i := range obs {
		if i > 0 && obs[i].Time.Sub(obs[i-1].Time) > betweenFlights {
			out = append(out, obs[from:i])
			from = i
		}
	}
	return append(out, obs[from:])
}

// windsOf returns the records that are near a flight's hours, or all where none
// is.
func windsOf(winds []vigia.Wind, from, to time.Time) []vigia.Wind {
	var out []vigia.Wind
	for _, w := range winds {
		if !w.Time.Before(from.Add(-betweenFlights)) && !w.Time.After(to.Add(betweenFlights)) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return winds
	}
	return out
}

// valid returns the readings that hold a number, in order.
func valid(obs []Reading) []Reading {
	out := make([]Reading, 0, len(obs))
	for _, r := range obs {
		if !math.IsNaN(r.Value) && !math.IsInf(r.Value, 0) {
			out = append(out, r)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if !out[i].Time.Equal(out[j].Time) {
			return out[i].Time.Before(out[j].Time)
		}
		return out[i].Sensor < out[j].Sensor
	})
	return out
}

// newFlight cuts one flight's readings into passes.
func newFlight(obs []Reading, winds []vigia.Wind, chemical vigia.Chemical) flight {
	start, end := obs[0].Time, obs[len(obs)-1].Time
	path := newWindPath(smoothWinds(windsOf(winds, start, end)), start, end.Sub(start).Seconds())
	return flight{start: start, passes: cut(obs, start, chemical, path), path: path}
}

// housesIn lists the buildings whose middle is in an area.
func housesIn(area box, all []Building) []Building {
	var out []Building
	for _, b := range all {
		if x, y := b.Footprint.Centroid(); area.contains(x, y) {
			out = append(out, b)
		}
	}
	return out
}

// areaOf is where a source may be: around all sniffs, by a quarter of how far
// they reach, and on the lattice of the coarsest squares.
func areaOf(passes ...[]pass) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, f := range passes {
		for _, p := range f {
			for _, s := range p.sniffs {
				b.x0, b.y0 = math.Min(b.x0, s.x), math.Min(b.y0, s.y)
				b.x1, b.y1 = math.Max(b.x1, s.x), math.Max(b.y1, s.y)
			}
		}
	}
	margin := math.Min(math.Max(math.Hypot(b.x1-b.x0, b.y1-b.y0)/4, 60), 160)
	down := func(v float64) float64 { return math.Floor(v/coarsest) * coarsest }
	return box{down(b.x0 - margin), down(b.y0 - margin), down(b.x1+margin) + coarsest, down(b.y1+margin) + coarsest}
}

const chartDraws = 2000

// answer reads the chart off.
func (c *chart) answer() Answer {
	_, _, total := c.weights()
	none, one := math.Log(countPrior[0]), math.Log(countPrior[1])+total
	sum := logAdd(none, one)
	ans := Answer{CountProbability: []float64{math.Exp(none - sum), math.Exp(one - sum)}}
	s := c.source()
	ans.Buildings, ans.Elsewhere, ans.Set90 = joinBuildings([]Source{s})
	if ans.CountProbability[1] > ans.CountProbability[0] {
		ans.Sources = []Source{s}
		ans.Explain = c.explain()
	}
	return ans
}

// buildings sums the posterior by building.
func (c *chart) buildings(w []float64, total float64) ([]vigia.BuildingProbability, float64) {
	p, elsewhere := make([]float64, len(c.houses)), 0.0
	for i := range c.leaves {
		l := &c.leaves[i]
		mass := math.Exp(w[i] - total)
		if mass < 1e-9 {
			continue
		}
		c.ground.parts(l, func(x, y, share float64) {
			if b := c.ground.at(x, y); b >= 0 {
				p[b] += mass * share
			} else {
				elsewhere += mass * share
			}
		})
	}
	return rank(p, c.houses), elsewhere
}

// parts gives the raster's cells in a leaf with their shares of its prior.
func (g *ground) parts(l *leaf, f func(x, y, share float64)) {
	if g.cell == nil {
		f(l.x, l.y, 1)
		return
	}
	for dy := rasterCell / 2; dy < l.h; dy += rasterCell {
		for dx := rasterCell / 2; dx < l.h; dx += rasterCell {
			x, y := l.x-l.h/2+dx, l.y-l.h/2+dy
			f(x, y, math.Exp(g.logDensity(x, y))*rasterCell*rasterCell/l.mass)
		}
	}
}

// draws makes parameters of sources, evenly from the posterior.
func (c *chart) draws(w []float64, total float64) [][]float64 {
	r := c.random(9, 0)
	u := r.Float64()
	var out [][]float64
	cum := 0.0
	for i := range c.leaves {
		l := &c.leaves[i]
		mass := math.Exp(w[i] - total)
		for cum += mass; (float64(len(out))+u)/chartDraws < cum && len(out) < chartDraws; {
			d := make([]float64, nSource)
			pick, at := r.Float64(), 0.0
			c.ground.parts(l, func(x, y, share float64) {
				if at <= pick {
					d[sX], d[sY] = x, y
				}
				at += share
			})
			h := math.Min(l.h, rasterCell)
			if c.ground.cell == nil {
				h = l.h
			}
			d[sX] += (r.Float64() - 0.5) * h
			d[sY] += (r.Float64() - 0.5) * h
			rates := c.byRate(l)
			pick, at = r.Float64(), 0.0
			for j := range rates {
				if at <= pick {
					d[sRate] = rateLowest + rateStep*(float64(j)+r.Float64()-0.5)
				}
				at += math.Exp(rates[j] - w[i])
			}
			k := c.weatherOf(l, r.Float64())
			d[sZ] = math.Log(c.sky.of[k].height)
			out = append(out, d)
		}
	}
	return out
}

// weatherOf draws a weather of a leaf's posterior.
func (c *chart) weatherOf(l *leaf, pick float64) int {
	if len(l.ownLogs) != len(c.sky.of) {
		return int(pick * float64(len(c.sky.of)))
	}
	total := math.Inf(-1)
	for k, v := range l.ownLogs {
		total = logAdd(total, v+c.sky.log[k])
	}
	at := 0.0
	for k, v := range l.ownLogs {
		if at += math.Exp(v + c.sky.log[k] - total); at > pick {
			return k
		}
	}
	return len(c.sky.of) - 1
}
