package localise

import (
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia/geo"
)

// explain lists the passes that say most, for the source or against it, at the
// likeliest place, weather and rate of each flight.
func (c *chart) explain() []Contribution {
	best := c.likeliest()
	var all []Contribution
	for _, e := range append(append([]flown(nil), c.earlier...), flown{c.flight, c.sky, c.share, c.mean}) {
		all = append(all, e.explain(best.x, best.y)...)
	}
	sort.SliceStable(all, func(i, j int) bool { return math.Abs(all[i].LogRatio) > math.Abs(all[j].LogRatio) })
	return all[:min(len(all), mostContributions)]
}

// explain says what each pass of a flight makes of a source at a place.
func (e flown) explain(x, y float64) []Contribution {
	at := newChains(len(e.sky.of))
	e.flight.chains(x, y, e.sky, at, 0, len(e.flight.passes))
	weather, rate, most := 0, 0, math.Inf(-1)
	for m := range at {
		for j := range rateNodes {
			if l := at[m].log(j) + e.sky.log[m]; l > most {
				weather, rate, most = m, j, l
			}
		}
	}
	w := &e.sky.of[weather]
	var out []Contribution
	var g glance
	for i := range e.flight.passes {
		p := &e.flight.passes[i]
		if g.looks = e.flight.looks(p, x, y, g.looks[:0]); len(g.looks) == 0 {
			continue
		}
		before := newChain()
		before.on[rate] = 1
		g.follow(&before, p, w)
		l := before.log(rate)
		if math.Abs(l) < leastLogRatio {
			continue
		}
		if c := g.told(e.flight.start, p, w, math.Exp(rateLowest+rateStep*float64(rate))); c.Readings > 0 {
			c.Sensor, c.LogRatio = p.sensor, l
			out = append(out, c)
		}
	}
	return out
}

// told describes the part of a pass that the mean plume of a rate reaches: where
// it adds a tenth of its most or more. start is the flight's.
func (g *glance) told(start time.Time, p *pass, w *weather, rate float64) Contribution {
	c := Contribution{Highest: math.Inf(-1)}
	most := 0.0
	adds := make([]float64, len(g.looks))
	for i := range g.looks {
		a, y, inv, _ := w.of(&g.looks[i])
		adds[i] = rate * a * fastExp(-y*y*inv)
		most = math.Max(most, adds[i])
	}
	for i := range adds {
		if adds[i] < most/10 || most == 0 {
			continue
		}
		s := &p.sniffs[g.looks[i].sniff]
		t := start.Add(time.Duration(math.Round(s.t*1000)) * time.Millisecond)
		if c.Readings == 0 {
			c.From = t
		}
		c.To = t
		c.Readings++
		c.Predicted += (adds[i] - c.Predicted) / float64(c.Readings)
		if s.over > c.Highest {
			c.Highest, c.At = s.over, geo.Local{X: s.x, Y: s.y, Z: s.z}
		}
	}
	return c
}
