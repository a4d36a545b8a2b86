package track

import "math"

// A turn is what the coordinated turn (Bar-Shalom, Li and Kirubarajan 2001,
// Estimation with Applications to Tracking and Navigation, 11.7) knows beside
// place and velocity: the rate at which the velocity turns.
type turn struct {
	rate     float64 // rad/s, to the left
	variance float64 // rad²/s²
	cross    vec     // covariance of the state and the rate
}

const (
	// rateSD is the deviation of the rate of a vehicle that begins to turn,
	// rad/s: a corner of 10 m radius is driven at 0.5 rad/s, a bend of 100 m at
	// 0.15. It is an angle, so it holds in whatever unit places are.
	rateSD = 0.2
	// rateChange is how much the rate of one that turns changes within a
	// second, rad/s.
	rateChange = 0.05
	// longTurn is how long a turn takes in the mean, s, and for how long at
	// most one is foretold: behind it a vehicle goes straight on.
	longTurn = 4.0
)

// mixTurn is the rate with which the turn begins the step: its own of those
// that turned already, and anything usual of the others. from is the track
// before it, share whose state is mixed, to the mixed state.
func mixTurn(from *bernoulli, share *[modes]float64, to *gauss) turn {
	was, own := &from.turn, share[turning]
	t := turn{rate: own * was.rate}
	t.variance = own*(was.variance+square(was.rate-t.rate)) + (1-own)*(rateSD*rateSD+square(t.rate))
	for m := range from.mode {
		rate := 0.0
		if m == turning {
			rate = was.rate
			for i := range t.cross {
				t.cross[i] += own * was.cross[i]
			}
		}
		for i := range t.cross {
			t.cross[i] += share[m] * (from.mode[m].mean[i] - to.mean[i]) * (rate - t.rate)
		}
	}
	return t
}

// move turns a state for dt: the extended Kalman prediction of 11.7.2 with the
// exact Jacobian, and white acceleration of spectral density q. own is the
// state's covariance; what is returned is that of the state before and behind.
func (t *turn) move(g *gauss, own *mat, dt, q float64) (after mat) {
	rest := 0.0
	if dt > longTurn {
		dt, rest = longTurn, dt-longTurn
	}
	f, by := t.transition(g, dt)
	// P of (state, rate) <- [F b; 0 1] P [F b; 0 1]ᵀ + Q.
	mean, fc := f.times((*[4]float64)(&g.mean)), f.times((*[4]float64)(&t.cross))
	var p mat
	for j := range 4 {
		after[j] = f.times(&own[j]) // own is symmetric: rows of own Fᵀ
		p[j] = f.times(&g.cov[j])   // P Fᵀ
	}
	cross := fc
	for i := range 4 {
		column := f.times(&[4]float64{p[0][i], p[1][i], p[2][i], p[3][i]}) // F P Fᵀ
		for j := range 4 {
			p[j][i] = column[j]
			after[i][j] += t.cross[i] * by[j]
		}
		cross[i] += by[i] * t.variance
	}
	for i := range 4 {
		for j := range 4 {
			p[i][j] += fc[i]*by[j] + by[i]*fc[j] + by[i]*by[j]*t.variance
		}
	}
	g.mean, g.cov, t.cross = mean, p, cross
	t.variance += rateChange * rateChange * dt
	g.accelerate(dt, q)
	if rest > 0 {
		g.glide(rest)
		g.accelerate(rest, q)
		for i := range 4 {
			after[i][0] += rest * after[i][2]
			after[i][1] += rest * after[i][3]
		}
		*t = turn{variance: rateSD * rateSD}
	}
	return after
}

// transition is the turn's matrix at its rate, and the derivative of where it
// leads by the rate.
func (t *turn) transition(g *gauss, dt float64) (f rotation, by vec) {
	a := t.rate * dt
	sin, cos := math.Sincos(a)
	// s = sin a / rate, c = (1 - cos a) / rate; ds and dc by the rate.
	s, c, ds, dc := dt, t.rate*dt*dt/2, -t.rate*dt*dt*dt/3, dt*dt/2
	if math.Abs(a) > 1e-3 {
		s, c = sin/t.rate, (1-cos)/t.rate
		ds, dc = (dt*cos-s)/t.rate, (dt*sin-c)/t.rate
	}
	f = rotation{s, c, sin, cos}
	vx, vy := g.mean[2], g.mean[3]
	by = vec{ds*vx - dc*vy, dc*vx + ds*vy, dt * (-sin*vx - cos*vy), dt * (cos*vx - sin*vy)}
	return f, by
}

// A rotation is the matrix {1 0 s -c; 0 1 c s; 0 0 cos -sin; 0 0 sin cos}.
type rotation struct{ s, c, sin, cos float64 }

func (f *rotation) times(v *[4]float64) [4]float64 {
	return [4]float64{v[0] + f.s*v[2] - f.c*v[3], v[1] + f.c*v[2] + f.s*v[3], f.cos*v[2] - f.sin*v[3], f.sin*v[2] + f.cos*v[3]}
}

// learn brings the rate up to date with a state that reports have changed:
// reports say nothing of the rate but through the state, so its regression on
// the state stays what it was.
func (t *turn) learn(before, after *gauss) {
	inverse, ok := invert(before.cov)
	if !ok {
		return
	}
	var k, spread, cross vec
	for i := range 4 {
		for j := range 4 {
			k[i] += t.cross[j] * inverse[j][i]
		}
	}
	for i := range 4 {
		t.rate += k[i] * (after.mean[i] - before.mean[i])
		for j := range 4 {
			spread[i] += (after.cov[i][j] - before.cov[i][j]) * k[j]
			cross[i] += after.cov[i][j] * k[j]
		}
	}
	variance := t.variance
	for i := range 4 {
		variance += k[i] * spread[i]
	}
	t.variance, t.cross = math.Max(variance, 1e-6), cross
}
