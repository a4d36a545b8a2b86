package localise

import (
	"math"
	"sort"

	"github.com/vigia-project/vigia"
)

// summarise turns weighted candidates into an answer.
func summarise(cands []candidate, buildings []Building) Answer {
	evidence := math.Inf(-1)
	for _, c := range cands {
		evidence = logAdd(evidence, c.weight())
	}
	w := make([]float64, len(cands))
	for i, c := range cands {
		w[i] = math.Exp(c.weight() - evidence)
	}
	one := 1 / (1 + math.Exp(-evidence)) // no source and one are alike before the readings
	ans := Answer{CountProbability: []float64{1 - one, one}}
	ans.Buildings, ans.Elsewhere, ans.Set90 = byBuilding(cands, w, buildings)
	if one < 0.5 {
		return ans
	}
	s := Source{}
	var cov [3]float64
	for i, c := range cands {
		s.X += w[i] * c.at.X
		s.Y += w[i] * c.at.Y
		s.Z += w[i] * c.at.Z
	}
	for i, c := range cands {
		dx, dy := c.at.X-s.X, c.at.Y-s.Y
		within := c.half * c.half / 3 // a square's own variance
		cov[0] += w[i] * (dx*dx + within)
		cov[1] += w[i] * (dy*dy + within)
		cov[2] += w[i] * dx * dy
	}
	s.Ellipse = ellipse95(cov)
	s.RateLo, s.RateKgH, s.RateHi = rateInterval(cands, w)
	r := rasterise(cands, w)
	s.Region50, s.Region90, s.Region95 = r.region(0.5), r.region(0.9), r.region(0.95)
	ans.Sources = []Source{s}
	return ans
}

// ellipse95 is the ellipse of a normal distribution with the covariance (xx,
// yy, xy) that holds 95 %: 5.991 is that quantile of chi-squared with two
// degrees of freedom.
func ellipse95(cov [3]float64) vigia.Ellipse {
	mean, diff := (cov[0]+cov[1])/2, (cov[0]-cov[1])/2
	r := math.Hypot(diff, cov[2])
	axis := 0.5 * math.Atan2(2*cov[2], cov[0]-cov[1]) // from east, anticlockwise
	az := math.Mod(90-axis*180/math.Pi+360, 180)
	return vigia.Ellipse{
		SemiMajorM: math.Sqrt(5.991 * (mean + r)),
		SemiMinorM: math.Sqrt(5.991 * math.Max(mean-r, 0)),
		AzimuthDeg: az,
	}
}

// rateInterval returns the 2.5 %, 50 % and 97.5 % points of the rate, kg/h.
func rateInterval(cands []candidate, w []float64) (lo, mid, hi float64) {
	p := make([]float64, len(rates))
	for i, c := range cands {
		if w[i] < 1e-9 {
			continue
		}
		for k, v := range c.logRatio {
			p[k] += w[i] * math.Exp(v-c.log) / float64(len(rates))
		}
	}
	point := func(q float64) float64 {
		sum := 0.0
		step := math.Log(rates[1] / rates[0])
		for k, v := range p {
			if sum+v >= q || k == len(p)-1 {
				return rates[k] * math.Exp(step*((q-sum)/math.Max(v, 1e-300)-0.5))
			}
			sum += v
		}
		return rates[len(rates)-1]
	}
	return point(0.025), point(0.5), point(0.975)
}

// rasterise spreads the candidates' mass over a grid around nearly all of it.
func rasterise(cands []candidate, w []float64) raster {
	order := make([]int, len(w))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return w[order[i]] > w[order[j]] })
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	sum, finest := 0.0, math.Inf(1)
	for n, i := range order {
		if sum > 0.999 {
			order = order[:n]
			break
		}
		sum += w[i]
		c := cands[i]
		b.x0, b.y0 = math.Min(b.x0, c.at.X-c.half), math.Min(b.y0, c.at.Y-c.half)
		b.x1, b.y1 = math.Max(b.x1, c.at.X+c.half), math.Max(b.y1, c.at.Y+c.half)
		finest = math.Min(finest, 2*c.half)
	}
	h := math.Max(finest, math.Max(b.x1-b.x0, b.y1-b.y0)/200)
	r := raster{x0: b.x0, y0: b.y0, h: h, nx: int((b.x1-b.x0)/h) + 1, ny: int((b.y1-b.y0)/h) + 1}
	r.mass = make([]float64, r.nx*r.ny)
	for _, i := range order {
		c := cands[i]
		n := 1 + int(2*c.half/h*2)
		for k := range n * n {
			x := c.at.X - c.half + (float64(k%n)+0.5)*2*c.half/float64(n)
			y := c.at.Y - c.half + (float64(k/n)+0.5)*2*c.half/float64(n)
			r.mass[int((y-r.y0)/h)*r.nx+int((x-r.x0)/h)] += w[i] / float64(n*n)
		}
	}
	return r
}

// byBuilding sums the candidates' weights by building.
func byBuilding(cands []candidate, w []float64, buildings []Building) (ranked []vigia.BuildingProbability, elsewhere float64, set90 []vigia.ID) {
	p := make([]float64, len(buildings))
	for i, c := range cands {
		if c.building < 0 {
			elsewhere += w[i]
			continue
		}
		p[c.building] += w[i]
	}
	for i, v := range p {
		if v >= 1e-4 {
			ranked = append(ranked, vigia.BuildingProbability{ID: buildings[i].ID, Probability: v})
		}
	}
	sort.SliceStable(ranked, func(i, j int) bool {
		if ranked[i].Probability != ranked[j].Probability {
			return ranked[i].Probability > ranked[j].Probability
		}
		return ranked[i].ID < ranked[j].ID
	})
	sum := 0.0
	for _, b := range ranked {
		set90 = append(set90, b.ID)
		if sum += b.Probability; sum >= 0.9 {
			return ranked, elsewhere, set90
		}
	}
	return ranked, elsewhere, nil
}
