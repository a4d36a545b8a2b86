package localise

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Evidence that begins at a fit needs its density with all constants: the mean,
// over draws from it, of another density over its own is one.
func TestFit_IsADensity(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	mean, sd := make([]float64, nAir+nSource), make([]float64, nAir+nSource)
	for j := range mean {
		mean[j], sd[j] = 3*r.NormFloat64(), 0.2+r.Float64()
	}
	pop := make([]particle, 400)
	for i := range pop {
		th := make([]float64, len(mean))
		for j := range th {
			th[j] = mean[j] + sd[j]*r.NormFloat64()
		}
		pop[i].th = th
	}
	f := newFit(pop, evenly(len(pop)))
	f.widen(1.4)
	const draws = 20000
	sum := 0.0
	th := make([]float64, len(mean))
	for range draws {
		f.draw(r, th)
		other := 0.0
		for _, j := range f.dims {
			other += normal{mean[j], 0.9 * sd[j]}.log(th[j])
		}
		sum += math.Exp(other-f.log(th)-f.constant()) / draws
	}
	t.Logf("a density integrates to %.3f under the fit's", sum)
	if math.Abs(sum-1) > 0.1 {
		t.Errorf("a density integrates to %.3f under the fit's, not to 1", sum)
	}
}
