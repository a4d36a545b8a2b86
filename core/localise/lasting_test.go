package localise

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The scores are the derivatives of the log likelihood: that by a sensor's gain is
// what a little more of the plume at that sensor changes, and those by the turns of
// all sensors are together what a turn of the wind changes.
func TestLastingScores_AreDerivatives(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 99))
	m := small(5, r)
	th := m.pretend(r)
	source(th, 0)[sX], source(th, 0)[sY], source(th, 0)[sOn], source(th, 0)[sOff] = 5, -8, -1, -1
	scores := m.lastingScores(th)
	for sensor := range m.sensors {
		change := func(by float64) float64 {
			for i := range m.data {
				if d := &m.data[i]; d.sensor == sensor {
					d.scale *= 1 + by
					defer func() { d.scale /= 1 + by }()
				}
			}
			all, _ := m.logLikelihood(th)
			return all
		}
		want, got := (change(lastingStep)-change(0))/lastingStep, scores[2*sensor+1]
		if math.Abs(got-want) > 0.02*math.Abs(want)+0.05 {
			t.Errorf("sensor %d: by its gain the log likelihood changes by %.3f, the score is %.3f", sensor, want, got)
		}
	}
	all, _ := m.logLikelihood(th)
	turned := append([]float64(nil), th...)
	turned[pBias] += lastingStep
	more, _ := m.logLikelihood(turned)
	sum := 0.0
	for sensor := range m.sensors {
		sum += scores[2*sensor]
	}
	if want := (more - all) / lastingStep; math.Abs(sum-want) > 0.05*math.Abs(want)+1 {
		t.Errorf("by a turn of the wind the log likelihood changes by %.3f a radian, the scores' sum is %.3f", want, sum)
	}
}

// Errors that last make a region wider and leave it where it is.
func TestDisplace_WidensAboutTheSamePlace(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 99))
	m := small(6, r)
	var draws [][]float64
	errors := []lasting{{sd: 0.1}, {sd: 0.3}}
	for range 400 {
		d := make([]float64, nSource)
		d[sX], d[sY] = 2*r.NormFloat64(), 1+r.NormFloat64()
		draws = append(draws, d)
		// One sensor's turn moves the place across, its gain along; each would
		// move it by a standard deviation of the draws.
		errors[0].score = append(errors[0].score, 10*(d[sY]-1))
		errors[1].score = append(errors[1].score, d[sX]/2/0.3)
	}
	out := m.displace(errors, draws, 1)
	for j, name := range map[int]string{sX: "along", sY: "across"} {
		before, after := 0.0, 0.0
		for i := range draws {
			before += math.Pow(draws[i][j]-meanOf(draws, j), 2) / float64(len(draws))
			after += math.Pow(out[i][j]-meanOf(out, j), 2) / float64(len(out))
		}
		// Twice the variance, to a tenth: 400 draws.
		if ratio := after / before; math.Abs(ratio-2) > 0.4 {
			t.Errorf("%s: the variance is %.2f times as great; 2 is right", name, ratio)
		}
		if moved := math.Abs(meanOf(out, j) - meanOf(draws, j)); moved > 0.2*math.Sqrt(before) {
			t.Errorf("%s: the mean has moved by %.2f", name, moved)
		}
	}
}
