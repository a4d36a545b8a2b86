package localise

import (
	"math"
	"sort"

	"github.com/vigia-project/vigia"
)

// summarise turns the stages into an answer.
func (m *model) summarise(stages []stage, buildings []Building) Answer {
	ans := Answer{CountProbability: make([]float64, len(stages))}
	total := math.Inf(-1)
	for k, s := range stages {
		ans.CountProbability[k] = s.evidence + math.Log(countPrior[k])
		total = logAdd(total, ans.CountProbability[k])
	}
	most := 0
	for k, l := range ans.CountProbability {
		ans.CountProbability[k] = math.Exp(l - total)
		if ans.CountProbability[k] > ans.CountProbability[most] && (k == 0 || stages[k].particles != nil) {
			most = k
		}
	}
	// With no source the more probable, the buildings are still those of the one
	// there might be.
	shown := stages[max(most, 1)]
	groups := m.separate(shown.particles, shown.k)
	var found []Source
	errors := m.lastingErrors(shown.particles)
	for k, g := range groups {
		s := m.describe(m.displace(errors, g, -9000-k), buildings)
		s.X, s.Y = meanOf(g, sX), meanOf(g, sY)
		found = append(found, s)
	}
	ans.Buildings, ans.Elsewhere, ans.Set90 = joinBuildings(found)
	if most > 0 {
		ans.Sources = found
		ans.Explain = m.explain(shown)
	}
	return ans
}

// separate gives each source its own draws: the particles' sources come in any
// order, and are matched to those of the best particle by the places' sum of
// squares. Strongest evidence first.
func (m *model) separate(pop []particle, k int) [][][]float64 {
	ref := m.byEvidence(best(pop).th)
	groups := make([][][]float64, k)
	perms := permutations(k)
	for _, p := range pop {
		least, order := math.Inf(1), perms[0]
		for _, o := range perms {
			sum := 0.0
			for i, j := range o {
				a, b := source(ref, i), source(p.th, j)
				sum += math.Hypot(a[sX]-b[sX], a[sY]-b[sY]) + 5*math.Abs(a[sRate]-b[sRate])
			}
			if sum < least {
				least, order = sum, o
			}
		}
		for i, j := range order {
			groups[i] = append(groups[i], source(p.th, j))
		}
	}
	return groups
}

// byEvidence orders the sources of th by how much likelihood is lost without
// each.
func (m *model) byEvidence(th []float64) []float64 {
	k := sources(th)
	loss, order := make([]float64, k), make([]int, k)
	for i := range k {
		order[i] = i
		last := append([]float64(nil), th...)
		copy(source(last, k-1), source(th, i))
		copy(source(last, i), source(th, k-1))
		all, without := m.logLikelihood(last)
		loss[i] = all - without
	}
	sort.SliceStable(order, func(a, b int) bool { return loss[order[a]] > loss[order[b]] })
	out := append([]float64(nil), th[:nAir]...)
	for _, i := range order {
		out = append(out, source(th, i)...)
	}
	return out
}

func permutations(k int) [][]int {
	if k == 0 {
		return [][]int{{}}
	}
	var out [][]int
	for _, p := range permutations(k - 1) {
		for at := 0; at <= len(p); at++ {
			q := append(append(append([]int{}, p[:at]...), k-1), p[at:]...)
			out = append(out, q)
		}
	}
	return out
}

func meanOf(draws [][]float64, j int) float64 {
	sum := 0.0
	for _, d := range draws {
		sum += d[j]
	}
	return sum / float64(len(draws))
}

func quantileOf(draws [][]float64, j int, q float64) float64 {
	v := make([]float64, len(draws))
	for i, d := range draws {
		v[i] = d[j]
	}
	sort.Float64s(v)
	return quantile(v, q)
}

// speedError is the standard deviation of the log of the wind's speed that a
// plume is diluted in, given the record. Readings tell the rate over that speed
// and nothing of either alone. Between a mast at 3 to 10 m and a plume at 1 to 5 m
// a power law of exponent 0.1 to 0.3 (Irwin 1979, table 1: by day and by night,
// open country to town) makes that difference, and the record does not say how
// high its mast is.
const speedError = 0.2

// rateQuantile is a quantile of the log of the rate: that of the draws, each
// spread by the speed's error.
func rateQuantile(draws [][]float64, q float64) float64 {
	lo, hi := quantileOf(draws, sRate, 0)-5*speedError, quantileOf(draws, sRate, 1)+5*speedError
	for range 50 {
		mid, below := (lo+hi)/2, 0.0
		for _, d := range draws {
			below += 0.5 * math.Erfc((d[sRate]-mid)/(speedError*math.Sqrt2))
		}
		if below < q*float64(len(draws)) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// describe sums up the draws of one source.
func (m *model) describe(draws [][]float64, buildings []Building) Source {
	var s Source
	n := float64(len(draws))
	var cov [3]float64
	for _, d := range draws {
		s.X += d[sX] / n
		s.Y += d[sY] / n
		s.Z += math.Exp(d[sZ]) / n
	}
	for _, d := range draws {
		dx, dy := d[sX]-s.X, d[sY]-s.Y
		cov[0] += dx * dx / n
		cov[1] += dy * dy / n
		cov[2] += dx * dy / n
	}
	s.Ellipse = ellipse95(cov)
	s.RateLo = math.Exp(rateQuantile(draws, 0.025))
	s.RateKgH = math.Exp(rateQuantile(draws, 0.5))
	s.RateHi = math.Exp(rateQuantile(draws, 0.975))
	r := rasterise(draws)
	s.Region50, s.Region90, s.Region95 = r.region(0.5), r.region(0.9), r.region(0.95)
	p := make([]float64, len(buildings))
	for _, d := range draws {
		if b := m.ground.at(d[sX], d[sY]); b >= 0 {
			p[b] += 1 / n
		} else {
			s.Elsewhere += 1 / n
		}
	}
	s.Buildings = rank(p, buildings)
	s.Set90 = set90(s.Buildings)
	return s
}

// ellipse95 is the ellipse of a normal distribution with the covariance (xx,
// yy, xy) that holds 95 %: 5.991 is that quantile of chi-squared with two
// degrees of freedom.
func ellipse95(cov [3]float64) vigia.Ellipse {
	mean, diff := (cov[0]+cov[1])/2, (cov[0]-cov[1])/2
	r := math.Hypot(diff, cov[2])
	axis := 0.5 * math.Atan2(2*cov[2], cov[0]-cov[1]) // from east, anticlockwise
	return vigia.Ellipse{
		SemiMajorM: math.Sqrt(5.991 * (mean + r)),
		SemiMinorM: math.Sqrt(5.991 * math.Max(mean-r, 0)),
		AzimuthDeg: math.Mod(90-axis*180/math.Pi+360, 180),
	}
}

// rasterise smooths draws of places with a normal kernel (Silverman 1986,
// equation 4.14, for two dimensions) onto a grid.
func rasterise(draws [][]float64) raster {
	const reach, across = 3.0, 80
	hx, hy := bandwidth(draws, sX), bandwidth(draws, sY)
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, d := range draws {
		b.x0, b.x1 = math.Min(b.x0, d[sX]), math.Max(b.x1, d[sX])
		b.y0, b.y1 = math.Min(b.y0, d[sY]), math.Max(b.y1, d[sY])
	}
	b.x0, b.x1, b.y0, b.y1 = b.x0-reach*hx, b.x1+reach*hx, b.y0-reach*hy, b.y1+reach*hy
	r := raster{x0: b.x0, y0: b.y0, h: math.Max(b.x1-b.x0, b.y1-b.y0) / across}
	r.nx, r.ny = int((b.x1-b.x0)/r.h)+1, int((b.y1-b.y0)/r.h)+1
	r.mass = make([]float64, r.nx*r.ny)
	hx, hy = math.Max(hx, 0.7*r.h), math.Max(hy, 0.7*r.h)
	for _, d := range draws {
		i0, i1 := r.span(d[sX], b.x0, reach*hx, r.nx)
		j0, j1 := r.span(d[sY], b.y0, reach*hy, r.ny)
		for j := j0; j <= j1; j++ {
			for i := i0; i <= i1; i++ {
				x := (b.x0 + (float64(i)+0.5)*r.h - d[sX]) / hx
				y := (b.y0 + (float64(j)+0.5)*r.h - d[sY]) / hy
				r.mass[j*r.nx+i] += math.Exp(-(x*x + y*y) / 2)
			}
		}
	}
	return r
}

func (r raster) span(v, from, reach float64, n int) (lo, hi int) {
	return max(int((v-reach-from)/r.h), 0), min(int((v+reach-from)/r.h), n-1)
}

// bandwidth is half of Silverman's for the spread of most draws: a posterior
// has thin crests that the full width would blur.
func bandwidth(draws [][]float64, j int) float64 {
	s := (quantileOf(draws, j, 0.84) - quantileOf(draws, j, 0.16)) / 2
	return math.Max(0.5*s*math.Pow(float64(len(draws)), -1.0/6), 0.02)
}

// rank lists probabilities by building, most probable first.
func rank(p []float64, buildings []Building) []vigia.BuildingProbability {
	var out []vigia.BuildingProbability
	for i, v := range p {
		if v >= 1e-4 {
			out = append(out, vigia.BuildingProbability{ID: buildings[i].ID, Probability: v})
		}
	}
	sortBuildings(out)
	return out
}

func sortBuildings(b []vigia.BuildingProbability) {
	sort.SliceStable(b, func(i, j int) bool {
		if b[i].Probability != b[j].Probability {
			return b[i].Probability > b[j].Probability
		}
		return b[i].ID < b[j].ID
	})
}

// set90 is the smallest set of buildings that holds 90 %, or nil.
func set90(ranked []vigia.BuildingProbability) []vigia.ID {
	var out []vigia.ID
	sum := 0.0
	for _, b := range ranked {
		out = append(out, b.ID)
		if sum += b.Probability; sum >= 0.9 {
			return out
		}
	}
	return nil
}

// joinBuildings is the probability that a building holds some source, taking
// the sources' places as independent.
func joinBuildings(found []Source) ([]vigia.BuildingProbability, float64, []vigia.ID) {
	not := map[vigia.ID]float64{}
	for _, s := range found {
		for _, b := range s.Buildings {
			v, ok := not[b.ID]
			if !ok {
				v = 1
			}
			not[b.ID] = v * (1 - b.Probability)
		}
	}
	var out []vigia.BuildingProbability
	for id, v := range not {
		out = append(out, vigia.BuildingProbability{ID: id, Probability: 1 - v})
	}
	sortBuildings(out)
	return out, found[0].Elsewhere, found[0].Set90
}
