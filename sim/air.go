package sim

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-project/vigia/geo"
)

// von Kármán's constant.
const karman = 0.4

// air is the mean wind over the town and what is known of its turbulence. The
// wind is the same everywhere at one height, and wanders with time.
type air struct {
	s        WindScenario
	ustar    float64 // friction velocity, m/s, at the scenario's mean speed
	canopyM  float64 // height of the roofs, below which the wind dies away
	speed    process // relative
	dir      process // degrees
	phase    float64 // of the swing
	now      float64 // s since the flight began
	gusts    *gusts
	relative float64 // speed now over the mean speed
	from     float64 // degrees now
}

// A process is an Ornstein–Uhlenbeck process of mean 0.
type process struct {
	value, sd, timeS float64
}

// start draws the first value from where the process rests.
func (p *process) start(rng *rand.Rand) { p.value = p.sd * rng.NormFloat64() }

// step is exact for any dt (Uhlenbeck and Ornstein 1930; Gillespie 1996,
// doi:10.1103/PhysRevE.54.2084).
func (p *process) step(dt float64, rng *rand.Rand) {
	keep := math.Exp(-dt / p.timeS)
	p.value = p.value*keep + p.sd*math.Sqrt(1-keep*keep)*rng.NormFloat64()
}

func newAir(s WindScenario, start float64, rng *rand.Rand) *air {
	a := &air{
		s: s, now: start,
		canopyM: s.DisplaceM + 4*s.RoughnessM, // d = 0.7 h, z0 = 0.1 h give about this (Grimmond and Oke 1999)
		speed:   process{sd: s.SpeedSD, timeS: s.SpeedTimeS},
		dir:     process{sd: s.DirSDDeg, timeS: s.DirTimeS},
		phase:   rng.Float64() * 2 * math.Pi,
	}
	a.ustar = karman * s.SpeedMPS / math.Log((10-s.DisplaceM)/s.RoughnessM)
	a.speed.start(rng)
	a.dir.start(rng)
	a.gusts = newGusts(rng)
	a.settle()
	return a
}

func (a *air) step(dt float64, rng *rand.Rand) {
	a.now += dt
	a.speed.step(dt, rng)
	a.dir.step(dt, rng)
	a.settle()
	u, v := a.mean(gustHeightM)
	a.gusts.step(dt, u, v, a.gustSD())
}

// gustSD is the standard deviation of the large eddies' velocity, m/s an axis.
func (a *air) gustSD() float64 { return math.Sqrt(gustShare) * sigmaH * a.ustar * a.relative }

// gust is what the large eddies add to the mean wind at a place, m/s.
func (a *air) gust(p geo.Local) (u, v float64) {
	u, v = a.gusts.at(p)
	sd := a.gustSD()
	return u * sd, v * sd
}

func (a *air) settle() {
	a.relative = math.Max(0.2, 1+a.speed.value) // a calm is not what is simulated
	a.from = a.s.FromDeg + a.dir.value + a.s.SwingDeg*math.Sin(2*math.Pi*a.now/a.s.SwingPeriodS+a.phase)
}

// mean is the wind towards east and north at height z: logarithmic above the
// roofs, exponential below (Macdonald 2000, doi:10.1023/A:1002785830512).
func (a *air) mean(z float64) (u, v float64) {
	const attenuation = 1.5
	over := math.Max(z, a.canopyM)
	speed := a.relative * a.ustar / karman * math.Log((over-a.s.DisplaceM)/a.s.RoughnessM)
	if z < a.canopyM {
		speed *= math.Exp(-attenuation * (1 - math.Max(z, 0)/a.canopyM))
	}
	sin, cos := math.Sincos(a.from * math.Pi / 180)
	return -speed * sin, -speed * cos
}

// meanOver is the mean wind over a cloud around z with the given spread up and
// down, reflected at the ground: Gauss–Hermite quadrature of three points
// (Abramowitz and Stegun 25.4.46). A cloud is not carried by the wind at its
// middle alone, which is slow among the roofs.
func (a *air) meanOver(z, spread float64) (u, v float64) {
	u, v = a.mean(z)
	lowU, lowV := a.mean(math.Abs(z - math.Sqrt(3)*spread))
	highU, highV := a.mean(z + math.Sqrt(3)*spread)
	return (4*u + lowU + highU) / 6, (4*v + lowV + highV) / 6
}

// The near-neutral surface layer has standard deviations of 1.25 and 1.9
// friction velocities up and sideways (Panofsky and Dutton 1984, table 7.1);
// some of what is sideways is in the wandering of the mean wind, hence 1.6.
const (
	sigmaH = 1.6
	sigmaW = 1.25
)

// turbulence is what the gusts leave: the eddies at a height that carry each
// puff by itself.
type turbulence struct {
	sigmaH, sigmaW float64 // standard deviation of the velocity, m/s
	timeH, timeW   float64 // Lagrangian time scale, s
	dissipation    float64 // of kinetic energy, m²/s³
}

func (a *air) turbulence(z float64) turbulence {
	u := a.ustar * a.relative
	height := math.Max(z-a.s.DisplaceM, 1) // above the displaced ground
	t := turbulence{sigmaH: math.Sqrt(1-gustShare) * sigmaH * u, sigmaW: sigmaW * u}
	t.timeW = karman * height * u / (t.sigmaW * t.sigmaW) // K = κ u* z
	t.timeH = smallEddyM / t.sigmaH
	t.dissipation = u * u * u / (karman * height) // of a neutral layer in balance
	return t
}

// The size of the eddies below the smallest gust: its wavelength over 2π, twice.
const smallEddyM = 10
