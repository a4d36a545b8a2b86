package sim

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-project/vigia/geo"
)

// gusts are the eddies that are large enough to carry neighbouring puffs
// together: horizontal swirls of 30 to 600 m that drift with the wind and turn
// over as they go. They bend the plume into the strands that an aircraft
// meets, where puffs that walk each by itself would only blur it.
//
// The field is a sum of random waves (kinematic simulation: Fung, Hunt, Malik
// and Perkins 1992, doi:10.1017/S0022112092001423) with the energy of the
// inertial range. Each wave blows across its own direction, so that the field
// compresses nothing and what is well mixed stays so.
type gusts struct {
	waves  []wave
	driftX float64 // how far the wind has carried the field, m
	driftY float64
}

// A wave is one component, for a field of standard deviation 1 an axis.
type wave struct {
	kx, ky, kz float64 // wave vector, 1/m
	ux, uy     float64 // amplitude, of the field's standard deviation
	phase      float64
	turn       float64 // angular frequency of its turning over, 1/m: times the field's standard deviation
}

// The share of the horizontal turbulent energy that is in eddies of 30 m to
// 600 m and not in smaller ones: of a spectrum that falls with the 5/3 power
// from 600 m on (1 - (30/600)^(2/3) = 0.86), of which some is in the wandering
// of the mean wind.
const gustShare = 0.7

// Where the field's drift is the wind's, m above the ground.
const gustHeightM = 20

func newGusts(rng *rand.Rand) *gusts {
	const count, longest, shortest = 32, 600.0, 30.0
	g := &gusts{waves: make([]wave, count)}
	total := 0.0
	for i := range g.waves {
		f := (float64(i) + rng.Float64()) / count
		k := 2 * math.Pi / longest * math.Pow(longest/shortest, f)
		energy := math.Pow(k, -2.0/3) // of an equal step of ln k, where E(k) ~ k^(-5/3)
		total += energy
		direction, tilt := rng.Float64()*2*math.Pi, math.Asin(2*rng.Float64()-1)
		sin, cos := math.Sincos(direction)
		kh := k * math.Cos(tilt)
		g.waves[i] = wave{
			kx: kh * cos, ky: kh * sin, kz: k * math.Sin(tilt),
			ux: -sin * math.Sqrt(energy), uy: cos * math.Sqrt(energy),
			phase: rng.Float64() * 2 * math.Pi, turn: k * math.Sqrt(energy),
		}
	}
	// A wave of amplitude A has variance A²/2, shared by two axes: the sum of
	// A² is 4 for a standard deviation of 1 along each.
	scale := 2 / math.Sqrt(total)
	for i := range g.waves {
		w := &g.waves[i]
		w.ux, w.uy = w.ux*scale, w.uy*scale
		w.turn *= 0.5 * scale // half a turnover (Fung et al., λ = 0.5)
	}
	return g
}

// step carries the field with the wind (u, v) and turns it over, where its
// standard deviation is sd.
func (g *gusts) step(dt, u, v, sd float64) {
	g.driftX += u * dt
	g.driftY += v * dt
	for i := range g.waves {
		w := &g.waves[i]
		w.phase = math.Mod(w.phase+w.turn*sd*dt, 2*math.Pi)
	}
}

// at is the gust at a place, for a standard deviation of 1 along each axis.
func (g *gusts) at(p geo.Local) (u, v float64) {
	x, y := p.X-g.driftX, p.Y-g.driftY
	for i := range g.waves {
		w := &g.waves[i]
		c := cosine(w.kx*x + w.ky*y + w.kz*p.Z + w.phase)
		u += w.ux * c
		v += w.uy * c
	}
	return u, v
}

// cosine is that of an angle in radians to 10⁻⁹, for angles up to millions: its
// series (Abramowitz and Stegun 4.3.66) on a quarter of a turn.
func cosine(a float64) float64 {
	turns := a * (1 / (2 * math.Pi))
	turns = math.Abs(turns - math.Round(turns)) // 0 to a half
	sign := 1.0
	if turns > 0.25 {
		turns, sign = 0.5-turns, -1
	}
	q := turns * (2 * math.Pi)
	q *= q
	return sign * (1 + q*(-1.0/2+q*(1.0/24+q*(-1.0/720+q*(1.0/40320+q*(-1.0/3628800+q/479001600))))))
}
