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

// small is a site of six fixed sensors for half an hour of a turning wind, with
// known backgrounds and no readings yet.
func small(seed uint64, r *rand.Rand) *model {
	var winds []vigia.Wind
	from := 360 * r.Float64()
	start := time.Unix(0, 0).UTC()
	for k := range 30 {
		from += 15 * r.NormFloat64()
		winds = append(winds, vigia.Wind{Time: start.Add(time.Duration(k) * time.Minute), SpeedMPS: 2 + 2*r.Float64(), FromDeg: math.Mod(from+7200, 360)})
	}
	m := &model{path: newWindPath(winds, start, 1800), last: 1740, seed: seed, workers: 1, sensors: 6, area: box{-60, -60, 60, 60}}
	for k := range 30 {
		for s := range 6 {
			sin, cos := math.Sincos(float64(s) * math.Pi / 3)
			m.data = append(m.data, datum{x: 40 * cos, y: 40 * sin, z: 2, t: float64(60 * k), sensor: s, level: 2, perKg: 1.5e6, weight: 1})
		}
	}
	m.readWind(m.path)
	m.setPrior(nil)
	m.temper = 1
	m.rate = normal{0, 1}
	for i := range m.data {
		m.data[i].value = 2
		m.data[i].setNoise(0.02)
	}
	return m
}

// student draws from the distribution of four degrees of freedom.
func student(r *rand.Rand) float64 {
	c := 0.0
	for range 4 {
		v := r.NormFloat64()
		c += v * v
	}
	return r.NormFloat64() / math.Sqrt(c/4)
}

// pick draws an index with the given probabilities.
func pick(r *rand.Rand, p []float64) int {
	u := r.Float64()
	for i, v := range p {
		if u -= v; u < 0 {
			return i
		}
	}
	return len(p) - 1
}

// pretend draws parameters from the prior and readings from the likelihood.
func (m *model) pretend(r *rand.Rand) []float64 {
	th := make([]float64, nAir+nSource)
	for i, n := range m.air {
		th[i] = n.draw(r)
	}
	s := source(th, 0)
	s[sX], s[sY] = m.ground.place(r)
	s[sZ], s[sRate] = m.height.draw(r), m.rate.draw(r)
	for {
		s[sOn], s[sOff] = 2*r.Float64()-1, 2*r.Float64()-1
		if math.Max(s[sOn], 0)+math.Max(s[sOff], 0) < 1 {
			break
		}
	}
	a, e, g := airOf(th), m.emitterOf(s), math.Exp(th[pFluct])
	slot, turn, swell := -1, 0, 0.0
	for i := range m.data {
		d := &m.data[i]
		if d.slot != slot { // another turn and strength, of those that the rules know
			slot, turn, swell = d.slot, pick(r, turnWeight[:]), newRatio(th).swell[pick(r, swellWeight[:])]
		}
		var mean fan
		hit := d.fan(&m.path, &a, &e, &mean)
		v := student(r)
		if hit && r.Float64() < a.there {
			within := swell * mean[turn] * e.rate / a.there
			v = within + v*math.Sqrt(1+g*g*within*within)
		}
		d.value = d.level + 0.02*v
		d.setNoise(0.02)
	}
	return th
}

// Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari and Gelman
// 2018, arXiv 1804.06788): of parameters drawn from the prior, and readings from
// the likelihood given them, the rank of the true parameter among the
// posterior's draws is uniform. The bound is chi-squared's at one in ten
// thousand for each parameter.
func TestSampler_CalibratedOnItsOwnModel(t *testing.T) {
	runs := 60
	if v := os.Getenv("VIGIA_SEEDS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		runs = n
	}
	const bins = 6
	names := map[string]int{"x": nAir + sX, "y": nAir + sY, "height": nAir + sZ, "rate": nAir + sRate, "bias of the wind": pBias, "intensity": pIy0, "intensity upwards": pIz, "fluctuation": pFluct}
	counts := map[string][]float64{}
	for name := range names {
		counts[name] = make([]float64, bins)
	}
	for run := range runs {
		r := rand.New(rand.NewPCG(uint64(run), 99))
		m := small(uint64(run), r)
		th := m.pretend(r)
		st, err := m.add(context.Background(), []stage{{}})
		if err != nil {
			t.Fatal(err)
		}
		for name, j := range names {
			below := 0.0
			for _, p := range st.particles {
				if p.th[j] < th[j] {
					below++
				}
			}
			// Ties do not occur; a uniform spreads the steps of the rank.
			u := (below + r.Float64()) / float64(len(st.particles)+1)
			counts[name][min(int(u*bins), bins-1)]++
		}
	}
	for name, c := range counts {
		chi2, want := 0.0, float64(runs)/bins
		for _, v := range c {
			chi2 += (v - want) * (v - want) / want
		}
		p := distuv.ChiSquared{K: bins - 1}.Survival(chi2)
		t.Logf("%-18s ranks %v, p = %.3f", name, c, p)
		if p < 1e-4 {
			t.Errorf("the rank of the true %s is not uniform among the draws: %v", name, c)
		}
	}
}
