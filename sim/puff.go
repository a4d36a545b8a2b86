package sim

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-project/vigia/geo"
)

// A puff is some of the vapour: a cloud whose middle is carried by the wind and
// walks at random in it, and which grows by itself. The eddies larger than the
// cloud move it, the smaller ones widen it (de Haan and Rotach 1998, the
// puff-particle model, doi:10.1002/qj.49712455212). The largest, the gusts,
// move its neighbours with it.
type puff struct {
	at             geo.Local
	vx, vy, vz     float64 // of the middle, beside the mean wind and the gust, m/s
	gustU, gustV   float64 // as it was felt last
	feelSec        float64 // age at which the gust is felt again
	spreadH        float64 // standard deviation sideways, m
	spreadV        float64 // and up and down, m
	massKg, ageSec float64
}

// How often a puff feels the gust anew, s: it drifts with the gusts, and in
// this time moves through them by far less than the smallest.
const feelEveryS = 1

// The lid of the mixed layer, m.
const lidM = 800

// newPuff is a puff as it leaves the source, with the turbulence that is there.
func newPuff(at geo.Local, spreadH, spreadV, massKg float64, t turbulence, rng *rand.Rand) puff {
	return puff{
		at: at, spreadH: spreadH, spreadV: spreadV, massKg: massKg,
		vx: t.sigmaH * rng.NormFloat64(), vy: t.sigmaH * rng.NormFloat64(), vz: t.sigmaW * rng.NormFloat64(),
	}
}

// step moves and widens the puff. Velocities follow Langevin's equation
// (Thomson 1987, doi:10.1017/S0022112087001940); their variance does not
// change with height, so that what is well mixed stays so without a drift.
func (p *puff) step(dt float64, a *air, rng *rand.Rand) {
	t := a.turbulence(p.at.Z)
	shareH := largeShare(p.spreadH, t.sigmaH*t.timeH)
	shareV := largeShare(p.spreadV, t.sigmaW*t.timeW)
	p.vx = langevin(p.vx, t.sigmaH, t.timeH, dt, rng)
	p.vy = langevin(p.vy, t.sigmaH, t.timeH, dt, rng)
	p.vz = langevin(p.vz, t.sigmaW, t.timeW, dt, rng)
	u, v := a.meanOver(p.at.Z, p.spreadV)
	if p.ageSec >= p.feelSec {
		p.gustU, p.gustV = a.gust(p.at)
		p.feelSec = p.ageSec + feelEveryS
	}
	carried := math.Sqrt(shareH)
	p.at.X += (u + p.gustU + carried*p.vx) * dt
	p.at.Y += (v + p.gustV + carried*p.vy) * dt
	p.at.Z += math.Sqrt(shareV) * p.vz * dt
	if p.at.Z < 0 {
		p.at.Z, p.vz = -p.at.Z, -p.vz
	}
	if p.at.Z > lidM {
		p.at.Z, p.vz = 2*lidM-p.at.Z, -p.vz
	}
	p.spreadH = grow(p.spreadH, shareH, t.sigmaH, t.timeH, t.dissipation, dt)
	p.spreadV = math.Min(grow(p.spreadV, shareV, t.sigmaW, t.timeW, t.dissipation, dt), lidM/2)
	p.ageSec += dt
}

func langevin(v, sigma, timeS, dt float64, rng *rand.Rand) float64 {
	keep := math.Exp(-dt / timeS)
	return v*keep + sigma*math.Sqrt(1-keep*keep)*rng.NormFloat64()
}

// largeShare is the share of the turbulent energy in eddies larger than a
// cloud of the given spread, where the energy in smaller ones grows as the 2/3
// power of their size (Kolmogorov 1941).
func largeShare(spread, eddyM float64) float64 {
	return 1 / (1 + math.Cbrt(spread/eddyM*spread/eddyM))
}

// grow widens a cloud by relative dispersion: the four-thirds law (Richardson
// 1926), scaled so that two particles part with a constant of 0.5 (Ott and
// Mann 2000, doi:10.1017/S0022112000001658), and no faster than the eddies
// smaller than the cloud can mix.
func grow(spread, largeShare, sigma, timeS, dissipation, dt float64) float64 {
	const fourThirds = 0.65 // gives spread² = (0.5/6) ε t³ in the inertial range
	mixing := math.Min(
		fourThirds*math.Cbrt(dissipation*spread)*spread,
		(1-largeShare)*sigma*sigma*timeS)
	return math.Sqrt(spread*spread + 2*mixing*dt)
}

// concentration is the puff's share of what is in the air at q, kg/m³. The
// ground sends back what reaches it.
func (p *puff) concentration(q geo.Local) float64 {
	const reach = 4 // spreads; beyond, less than 1/2900 of the middle
	dx, dy := q.X-p.at.X, q.Y-p.at.Y
	r2 := (dx*dx + dy*dy) / (p.spreadH * p.spreadH)
	if r2 > reach*reach {
		return 0
	}
	down, up := (q.Z-p.at.Z)/p.spreadV, (q.Z+p.at.Z)/p.spreadV
	vertical := math.Exp(-down*down/2) + math.Exp(-up*up/2)
	return p.massKg / (math.Pow(2*math.Pi, 1.5) * p.spreadH * p.spreadH * p.spreadV) * math.Exp(-r2/2) * vertical
}

// A plume is all puffs of one source.
type plume struct {
	at                geo.Local
	spreadH           float64 // of a puff as it leaves
	spreadV           float64
	rateKgS           float64 // mean
	rate              process // beside the mean, relative
	aroundX, aroundY  float64 // puffs farther than radiusM from here are dropped
	radiusM           float64
	onFromS, onUntilS float64 // it emits between; both 0: always
	puffs             []puff
	outKg             float64 // let out
	goneKg            float64 // in dropped puffs
}

func (p *plume) on(now float64) bool {
	return p.onFromS == p.onUntilS || now >= p.onFromS && now < p.onUntilS
}

// step lets out dt's worth of vapour as one puff, at a random instant of the
// step, and moves all.
func (p *plume) step(now, dt float64, a *air, rng *rand.Rand) {
	kept := p.puffs[:0]
	for i := range p.puffs {
		q := &p.puffs[i]
		q.step(dt, a, rng)
		if math.Hypot(q.at.X-p.aroundX, q.at.Y-p.aroundY) > p.radiusM+3*q.spreadH {
			p.goneKg += q.massKg
			continue
		}
		kept = append(kept, *q)
	}
	p.puffs = kept
	if p.rateKgS > 0 {
		p.rate.step(dt, rng)
	}
	if p.rateKgS > 0 && p.on(now) {
		massKg := p.rateKgS * dt * math.Max(0, 1+p.rate.value)
		q := newPuff(p.at, p.spreadH, p.spreadV, massKg, a.turbulence(p.at.Z), rng)
		q.step(dt*rng.Float64(), a, rng)
		p.puffs = append(p.puffs, q)
		p.outKg += massKg
	}
}

// concentration is what is in the air at q, kg/m³.
func (p *plume) concentration(q geo.Local) float64 {
	var c float64
	for i := range p.puffs {
		c += p.puffs[i].concentration(q)
	}
	return c
}
