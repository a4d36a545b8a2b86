package track

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Turning at a rate leads where the circle does, and the derivative by the
// rate is that of the function.
func TestTurn_Transition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.Float64Range(-1e-4, 1e-4)).Draw(t, "rate")
		dt := rapid.Float64Range(0.05, longTurn).Draw(t, "dt")
		g := gauss{mean: vec{3, -2, rapid.Float64Range(-30, 30).Draw(t, "vx"), rapid.Float64Range(-30, 30).Draw(t, "vy")}}
		at := func(rate float64) vec {
			f, _ := (&turn{rate: rate}).transition(&g, dt)
			return f.times((*[4]float64)(&g.mean))
		}
		to := at(rate)
		speed := math.Hypot(g.mean[2], g.mean[3])
		if d := math.Abs(math.Hypot(to[2], to[3]) - speed); d > 1e-9 {
			t.Fatalf("the speed changes by %g m/s", d)
		}
		// The chord of an arc of angle a is its length times sin(a/2)/(a/2).
		a, chord := rate*dt/2, math.Hypot(to[0]-3, to[1]+2)
		want := speed * dt
		if a != 0 {
			want *= math.Abs(math.Sin(a) / a)
		}
		if math.Abs(chord-want) > 1e-5*speed+1e-9 {
			t.Fatalf("it goes %v m; the arc's chord is %v m", chord, want)
		}
		const h = 1e-5
		_, by := (&turn{rate: rate}).transition(&g, dt)
		ahead, behind := at(rate+h), at(rate-h)
		for i := range 4 {
			if d := (ahead[i] - behind[i]) / (2 * h); math.Abs(d-by[i]) > 0.02*speed+1e-3 {
				t.Fatalf("component %d changes by %v with the rate; stated %v", i, d, by[i])
			}
		}
	})
}

// What a report says of the rate is what a Kalman update of state and rate
// together says: here of the place, worked out on the five components.
func TestTurn_Learn(t *testing.T) {
	g := gauss{mean: vec{0, 0, 10, 0}}
	for i, v := range []float64{4, 4, 9, 9} {
		g.cov[i][i] = v
	}
	tr := turn{rate: 0.1, variance: 0.04, cross: vec{0, 0, 0, 0}}
	tr.move(&g, &g.cov, 1, 0.1)
	r := measured{x: 9.5, y: 2.5, variance: 2}
	before, was := g, tr
	g.update(&r)
	tr.learn(&before, &g)

	n := before.innovate(&r)
	sx := (was.cross[0]*n.syy - was.cross[1]*n.sxy) / n.det
	sy := (was.cross[1]*n.sxx - was.cross[0]*n.sxy) / n.det
	rate := was.rate + sx*n.dx + sy*n.dy
	variance := was.variance - sx*was.cross[0] - sy*was.cross[1]
	if math.Abs(tr.rate-rate) > 1e-9 || math.Abs(tr.variance-variance) > 1e-9 {
		t.Errorf("the rate is %v, variance %v; want %v and %v", tr.rate, tr.variance, rate, variance)
	}
	for i := range 4 {
		want := was.cross[i] - (sx*before.cov[i][0] + sy*before.cov[i][1])
		if math.Abs(tr.cross[i]-want) > 1e-9 {
			t.Errorf("covariance %d with the rate is %v; want %v", i, tr.cross[i], want)
		}
	}
	if tr.rate <= was.rate {
		t.Errorf("a report to the left of the path must raise the rate; it went from %v to %v", was.rate, tr.rate)
	}
}
