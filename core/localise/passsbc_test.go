package localise

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/vigia-project/vigia"
)

var epoch = time.Unix(0, 0).UTC()

// lines is a flight of seven lines across a west wind over a square of 160 m,
// without readings yet.
func lines() flight {
	f := flight{start: epoch}
	f.path = newWindPath([]vigia.Wind{{Time: epoch, SpeedMPS: 3, FromDeg: 270}}, epoch, 600)
	for line := range 7 {
		p := pass{sensor: "pid", from: 60 * float64(line)}
		for k := range 17 {
			y := -80 + 10*float64(k)
			s := sniff{x: 90 - 22*float64(line), y: y, z: 6, t: p.from + float64(k), vy: 10, weight: 1 / (0.03 * 0.03), when: float64(k)/8 - 1, perKg: 4.2e5}
			p.sniffs = append(p.sniffs, s)
		}
		p.to = p.from + 16
		f.passes = append(f.passes, p)
	}
	return f
}

// pretend draws the readings of a flight from the likelihood of a source, and
// lists each pass twice: passes count for half, so that two of a kind are one.
func (f *flight) pretend(r *rand.Rand, x, y float64, rate int, w *weather) {
	on := r.Float64() < usuallyOn
	last := 0.0
	var g glance
	var twice []pass
	for i := range f.passes {
		p := &f.passes[i]
		const stray = 0.012
		level, slope := stray*r.NormFloat64(), stray/2*r.NormFloat64()
		for k := range p.sniffs {
			s := &p.sniffs[k]
			s.over = level + slope*s.when + r.NormFloat64()/math.Sqrt(s.weight)
		}
		g.looks = f.looks(p, x, y, g.looks[:0])
		if len(g.looks) > 0 && g.meet(w) {
			if last > 0 && r.Float64() > math.Exp(-(p.to-last)/onOffTime) {
				on = r.Float64() < usuallyOn
			}
			last = p.to
			n, a := pick(r, swingWeight[:]), strengths[rate+pick(r, w.scatter[:])]
			if on && r.Float64() > w.miss {
				for k := range g.looks {
					c, y, inv, root := w.of(&g.looks[k])
					y += swingAt[n] * w.swing * root
					p.sniffs[g.looks[k].sniff].over += a * c * math.Exp(-y*y*inv)
				}
			}
		}
		p.proj = [2]float64{}
		p.project(stray)
		twice = append(twice, *p, *p)
	}
	f.passes = twice
}

// Simulation-based calibration of the flights' method (Talts and others 2018,
// arXiv 1804.06788): of places, rates and weathers from the prior, and passes
// from the likelihood given them, the rank of the true value among the
// posterior's draws is uniform. The bound is chi-squared's at one in ten thousand.
// The rates and the noise are such that a pass seldom says more than the 70 nats
// at which the likelihood is cut off; with sharper readings the true rate was
// above the draws, for the stronger ones are what the cut takes from.
func TestPasses_CalibratedOnTheirOwnModel(t *testing.T) {
	runs := 24
	if v := os.Getenv("VIGIA_SEEDS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		runs = n
	}
	const bins = 4
	names := map[string]int{"x": sX, "y": sY, "rate": sRate}
	counts := map[string][]float64{}
	for name := range names {
		counts[name] = make([]float64, bins)
	}
	for run := range runs {
		r := rand.New(rand.NewPCG(uint64(run), 55))
		area := box{-80, -80, 80, 80}
		c := &chart{seed: uint64(run), workers: 1, rate: ratePrior(normal{-1, 0.7}), share: newShare(1), ground: newGround(area, nil), flight: lines()}
		var prior [rateNodes]float64
		for j := range prior {
			prior[j] = math.Exp(c.rate[j])
		}
		var u [nWeather]float64
		for d := range u {
			u[d] = r.NormFloat64()
		}
		w, j := newWeather(u, false), pick(r, prior[:])
		truth := make([]float64, nSource)
		truth[sX], truth[sY] = c.ground.place(r)
		truth[sRate] = rateLowest + rateStep*(float64(j)+r.Float64()-0.5)
		c.flight.pretend(r, truth[sX], truth[sY], j, &w)
		c.upTo = len(c.flight.passes)
		if err := c.survey(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		weights, _, total := c.weights()
		draws := c.draws(weights, total)
		for name, k := range names {
			below := 0.0
			for _, d := range draws {
				if d[k] < truth[k] {
					below++
				}
			}
			counts[name][min(int((below+r.Float64())/float64(len(draws)+1)*bins), bins-1)]++
		}
	}
	for name, c := range counts {
		chi2, want := 0.0, float64(runs)/bins
		for _, v := range c {
			chi2 += (v - want) * (v - want) / want
		}
		p := distuv.ChiSquared{K: bins - 1}.Survival(chi2)
		t.Logf("%-5s ranks %v, p = %.4f", name, c, p)
		if p < 1e-4 {
			t.Errorf("the rank of the true %s is not uniform among the draws: %v", name, c)
		}
	}
}
