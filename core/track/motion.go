package track

import "math"

// A motion is how vehicles move between two scans: the models' noise, which
// follows from the sensor's, and how often they change.
type motion struct {
	dt         float64
	noise      [modes]float64 // spectral density of white acceleration, m²/s³
	creep      float64        // variance a second of a standing vehicle's place, m²/s
	still      float64        // variance of a standing vehicle's velocity, m²/s²
	restart    float64        // variance of the velocity of one that starts, m²/s²
	transition [modes][modes]float64
}

// index holds each model's manoeuvring index: the deviation of place that its
// acceleration makes in one scan, in units of the sensor's own (Kalata 1984,
// IEEE TAES 20:174). They are a decade's steps, so that some mixture of them
// fits any traffic; which one, the weights learn.
var index = [modes]float64{quiet: 0.03, turning: 0.1, lively: 0.2, abrupt: 1}

// dwell is the mean time in one model, s.
const dwell = 10

// motionOf derives the models from what was learned.
func motionOf(l *learned, dt float64) motion {
	m := motion{dt: dt}
	sigma, period := l.finest()
	for i, k := range index {
		m.noise[i] = square(k*sigma) / (period * period * period)
	}
	m.creep = square(0.05*sigma) / period
	m.still = square(0.02 * sigma / period)
	m.restart = l.speed2 / 4
	total := 0.0 // each share has a floor, so they need not sum to one
	for _, w := range l.occupancy {
		total += w
	}
	for i := range modes {
		stay := math.Exp(-dt / math.Max(dwell, 4*period))
		if i == turning {
			stay = math.Exp(-dt / longTurn)
		}
		for j := range modes {
			m.transition[i][j] = (1 - stay) * l.occupancy[j] / total
		}
		m.transition[i][i] += stay
	}
	return m
}

// predict moves a track to the next scan: mixing, then each model's own motion.
// It returns the covariance of the moments before and behind, by which what is
// known later is carried back.
func (m *motion) predict(b *bernoulli) (cross mat) {
	var weight [modes]float64
	var mixed [modes]gauss
	var restarted [modes]float64
	turned := b.turn
	for j := range modes {
		for i := range modes {
			weight[j] += b.weight[i] * m.transition[i][j]
		}
		share := m.mix(b, j, weight[j], &mixed[j])
		if weight[j] > 1e-300 {
			restarted[j] = share[stopped] * m.restart
		}
		if j == turning && weight[j] > 0 {
			turned = mixTurn(b, &share, &mixed[j])
		}
	}
	var before [modes]vec
	for j := range modes {
		before[j] = mixed[j].mean
		if weight[j] == 0 {
			continue
		}
		c := mixed[j].cov
		if j != stopped {
			c[2][2] -= restarted[j]
			c[3][3] -= restarted[j]
		}
		if j == turning {
			c = turned.move(&mixed[j], &c, m.dt, m.noise[j])
		} else {
			m.move(j, &mixed[j], &c)
		}
		for i := range 4 {
			for k := range 4 {
				cross[i][k] += weight[j] * c[i][k]
			}
		}
	}
	b.weight, b.turn, b.mode = weight, turned, mixed
	centre := b.moments().mean
	for j := range modes {
		for i := range 4 {
			for k := range 4 {
				cross[i][k] += weight[j] * (before[j][i] - b.now.mean[i]) * (mixed[j].mean[k] - centre[k])
			}
		}
	}
	return cross
}

// mix is the distribution with which model j begins the step, and whose states
// by what share it is made of.
func (m *motion) mix(b *bernoulli, j int, total float64, out *gauss) (share [modes]float64) {
	if total < 1e-300 {
		*out = b.mode[j]
		share[j] = 1
		return share
	}
	for i := range modes {
		share[i] = b.weight[i] * m.transition[i][j] / total
		for k, v := range b.mode[i].mean {
			out.mean[k] += share[i] * v
		}
	}
	for i := range modes {
		if share[i] < 1e-12 {
			continue
		}
		addSpread(&out.cov, share[i], &b.mode[i], &out.mean)
		if i == stopped && j != stopped { // which way it starts, nobody knows
			out.cov[2][2] += share[i] * m.restart
			out.cov[3][3] += share[i] * m.restart
		}
	}
	return share
}

// move applies one model, and leaves in cross, which comes as the state's own
// covariance, that of the state before and behind.
func (m *motion) move(j int, g *gauss, cross *mat) {
	dt := m.dt
	if j == stopped {
		for i := range 4 {
			cross[i][2], cross[i][3] = 0, 0
		}
		for i := range 2 {
			for k := range 4 {
				g.cov[2+i][k], g.cov[k][2+i] = 0, 0
			}
			g.mean[2+i] = 0
			g.cov[i][i] += m.creep * dt
		}
		g.cov[2][2], g.cov[3][3] = m.still, m.still
		return
	}
	for i := range 4 {
		cross[i][0] += dt * cross[i][2]
		cross[i][1] += dt * cross[i][3]
	}
	g.glide(dt)
	g.accelerate(dt, m.noise[j])
}

// glide moves a state on at its velocity: F = [I, dt·I; 0, I]; P <- F P Fᵀ.
func (g *gauss) glide(dt float64) {
	g.mean[0] += dt * g.mean[2]
	g.mean[1] += dt * g.mean[3]
	for k := range 4 {
		g.cov[0][k] += dt * g.cov[2][k]
		g.cov[1][k] += dt * g.cov[3][k]
	}
	for k := range 4 {
		g.cov[k][0] += dt * g.cov[k][2]
		g.cov[k][1] += dt * g.cov[k][3]
	}
}

// accelerate adds what white acceleration of spectral density q does in dt.
func (g *gauss) accelerate(dt, q float64) {
	for i := range 2 {
		g.cov[i][i] += q * dt * dt * dt / 3
		g.cov[i][2+i] += q * dt * dt / 2
		g.cov[2+i][i] += q * dt * dt / 2
		g.cov[2+i][2+i] += q * dt
	}
}

// within holds a state to speeds up to top, which a vehicle does not exceed: one
// beyond is told that its speed is top, to a twentieth, which moves its place as
// well (Simon 2010, IET Control Theory and Applications 4:1303, soft
// constraints), and is cut to it.
func (g *gauss) within(top float64) {
	speed := math.Hypot(g.mean[2], g.mean[3])
	if speed <= top {
		return
	}
	g.scalar([4]float64{2: g.mean[2] / speed, 3: g.mean[3] / speed}, top-speed, square(top/20))
	if speed = math.Hypot(g.mean[2], g.mean[3]); speed > top {
		g.mean[2], g.mean[3] = g.mean[2]*top/speed, g.mean[3]*top/speed
	}
}
