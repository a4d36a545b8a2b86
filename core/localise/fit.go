package localise

import (
	"math"
	"math/rand/v2"
)

// A fit is a mixture of two Student distributions laid through a population.
// Proposals drawn from it whatever the particle's own place cross from one mode
// to the other (a source below the beams and a weaker one at their height, say),
// which steps seldom do, and forget where they came from at once (an adaptive
// independence sampler; for mixtures inside a sequential sampler see South,
// Pettitt and Drovandi 2019, Bayesian Analysis 14:753).
type fit struct {
	dims  []int // of the parameters
	parts [fitParts]fitPart
}

type fitPart struct {
	log    float64     // of its weight, less the log of the root of the determinant
	weight float64     // of it
	mean   []float64   // by dimension
	lower  [][]float64 // Cholesky factor of the scale
}

const (
	fitParts   = 2
	fitRounds  = 8    // of expectation and maximisation
	fitFreedom = 6.0  // tails heavier than a normal's
	fitShrink  = 0.1  // of the covariances between parameters, to nothing
	fitWiden   = 1.05 // of the covariance
	fitLeast   = 0.03 // weight of a part, at the least
)

// newFit fits particles with given weights, or none where they are too few.
func newFit(pop []particle, w []float64) *fit {
	f := &fit{}
	for j := range nAir {
		f.dims = append(f.dims, j)
	}
	for k := range sources(pop[0].th) {
		for _, j := range []int{sX, sY, sZ, sRate} {
			f.dims = append(f.dims, nAir+k*nSource+j)
		}
	}
	// The parts begin as the halves below and above the middle of one parameter:
	// the one that gives the best fit in the end, of the last source's four.
	best := math.Inf(-1)
	var kept [fitParts]fitPart
	for _, j := range f.dims[len(f.dims)-4:] {
		mean := 0.0
		for i := range pop {
			mean += w[i] * pop[i].th[j]
		}
		member := make([][fitParts]float64, len(pop))
		for i := range pop {
			if pop[i].th[j] < mean {
				member[i] = [fitParts]float64{0.9, 0.1}
			} else {
				member[i] = [fitParts]float64{0.1, 0.9}
			}
		}
		l := 0.0
		for range fitRounds {
			if !f.maximise(pop, w, member) {
				return nil
			}
			l = f.expect(pop, w, member)
		}
		if l > best {
			best, kept = l, f.parts
		}
	}
	f.parts = kept
	return f
}

// maximise sets the parts given how far each particle is a member of them.
func (f *fit) maximise(pop []particle, w []float64, member [][fitParts]float64) bool {
	n := len(f.dims)
	for p := range f.parts {
		part := fitPart{mean: make([]float64, n), lower: make([][]float64, n)}
		for i := range pop {
			v := w[i] * member[i][p]
			part.weight += v
			for a, j := range f.dims {
				part.mean[a] += v * pop[i].th[j]
			}
		}
		if !(part.weight > 0) {
			return false
		}
		for a := range part.mean {
			part.mean[a] /= part.weight
			part.lower[a] = make([]float64, n)
		}
		d := make([]float64, n)
		for i := range pop {
			v := w[i] * member[i][p] / part.weight
			for a, j := range f.dims {
				d[a] = pop[i].th[j] - part.mean[a]
				for b := range a + 1 {
					part.lower[a][b] += v * d[a] * d[b]
				}
			}
		}
		for a := range n {
			for b := range a {
				part.lower[a][b] *= 1 - fitShrink
			}
			part.lower[a][a] = part.lower[a][a]*fitWiden + 1e-6
		}
		if !cholesky(part.lower) {
			return false
		}
		f.parts[p] = part
	}
	sum := 0.0
	for p := range f.parts {
		f.parts[p].weight = math.Max(f.parts[p].weight, fitLeast)
		sum += f.parts[p].weight
	}
	for p := range f.parts {
		part := &f.parts[p]
		part.weight /= sum
		part.log = math.Log(part.weight)
		for a := range n {
			part.log -= math.Log(part.lower[a][a])
		}
	}
	return true
}

// expect sets the memberships given the parts, and returns the mean log density.
func (f *fit) expect(pop []particle, w []float64, member [][fitParts]float64) float64 {
	sum := 0.0
	var l [fitParts]float64
	for i := range pop {
		all := f.logs(pop[i].th, &l)
		for p := range l {
			member[i][p] = math.Exp(l[p] - all)
		}
		sum += w[i] * all
	}
	return sum
}

// log is the log of the density, but for a constant.
func (f *fit) log(th []float64) float64 {
	var l [fitParts]float64
	return f.logs(th, &l)
}

func (f *fit) logs(th []float64, l *[fitParts]float64) float64 {
	n := len(f.dims)
	var buffer [nAir + 4*maxSources]float64
	z := buffer[:n]
	all := math.Inf(-1)
	for p := range f.parts {
		part := &f.parts[p]
		q := 0.0
		for a, j := range f.dims {
			v := th[j] - part.mean[a]
			for b, c := range part.lower[a][:a] {
				v -= c * z[b]
			}
			z[a] = v / part.lower[a][a]
			q += z[a] * z[a]
		}
		l[p] = part.log - (fitFreedom+float64(n))/2*math.Log1p(q/fitFreedom)
		all = logAdd(all, l[p])
	}
	return all
}

// constant is what log leaves out: that of Student's distribution in so many
// dimensions.
func (f *fit) constant() float64 {
	n := float64(len(f.dims))
	a, _ := math.Lgamma((fitFreedom + n) / 2)
	b, _ := math.Lgamma(fitFreedom / 2)
	return a - b - n/2*math.Log(fitFreedom*math.Pi)
}

// widen multiplies the deviations by a factor.
func (f *fit) widen(by float64) {
	for p := range f.parts {
		part := &f.parts[p]
		for a := range part.lower {
			part.log -= math.Log(by)
			for b := range part.lower[a] {
				part.lower[a][b] *= by
			}
		}
	}
}

// draw draws into th.
func (f *fit) draw(r *rand.Rand, th []float64) {
	part := &f.parts[0]
	for p, u := 0, r.Float64(); p < fitParts; p++ {
		part = &f.parts[p]
		if u -= part.weight; u < 0 {
			break
		}
	}
	c := 0.0
	for range int(fitFreedom) {
		v := r.NormFloat64()
		c += v * v
	}
	k := math.Sqrt(fitFreedom / c)
	var z [nAir + 4*maxSources]float64
	for a, j := range f.dims {
		z[a] = r.NormFloat64()
		v := 0.0
		for b, c := range part.lower[a][:a+1] {
			v += c * z[b]
		}
		th[j] = part.mean[a] + k*v
	}
}

// cholesky puts the lower factor of a symmetric matrix, of which the lower half
// is given, in its place.
func cholesky(m [][]float64) bool {
	for i := range m {
		for j := range i + 1 {
			s := m[i][j]
			for k := range j {
				s -= m[i][k] * m[j][k]
			}
			if i == j {
				if !(s > 0) {
					return false
				}
				m[i][i] = math.Sqrt(s)
			} else {
				m[i][j] = s / m[j][j]
			}
		}
	}
	return true
}
