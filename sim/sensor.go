package sim

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A ride is the aircraft with its gas sensor on the way.
type ride struct {
	w        *World
	rng      *rand.Rand
	fault    [3]process // of the reported position, m
	drift    process    // of the background, ppm
	seenPPM  float64    // what the sensor's cell has taken up
	nextS    float64    // when it speaks next
	kgPerPPM float64
}

func newRide(w *World) *ride {
	g := w.Scenario.Sensor
	r := &ride{w: w, rng: w.rng(seedSensor)}
	for i := range r.fault {
		r.fault[i] = process{sd: w.Scenario.Pattern.PositionSD, timeS: 60}
		r.fault[i].start(r.rng)
	}
	r.drift = process{sd: g.DriftPPM, timeS: g.DriftTimeS}
	r.drift.start(r.rng)
	r.kgPerPPM = w.chemical.KgPerM3PerPPM(w.Scenario.Wind.TemperatureK, w.Scenario.Wind.PressurePa)
	return r
}

// step breathes the air for one step, and speaks when it is time to.
func (r *ride) step(now float64, plumes []plume) (Record, bool) {
	g := r.w.Scenario.Sensor
	at := r.w.pattern.at(now)
	keep := 0.0
	if g.ResponseS > 0 {
		keep = math.Exp(-stepS / g.ResponseS)
	}
	gas := 0.0
	for i := range plumes {
		gas += plumes[i].concentration(at)
	}
	r.seenPPM = keep*r.seenPPM + (1-keep)*gas/r.kgPerPPM
	for i := range r.fault {
		r.fault[i].step(stepS, r.rng)
	}
	r.drift.step(stepS, r.rng)
	if now+1e-9 < r.nextS {
		return Record{}, false
	}
	r.nextS += g.EveryS
	ppm := g.BackgroundPPM + r.drift.value + r.seenPPM + g.NoisePPM*r.rng.NormFloat64()
	told := geo.Local{X: at.X + r.fault[0].value, Y: at.Y + r.fault[1].value, Z: at.Z + r.fault[2].value}
	o := vigia.Observation{
		Flight: r.w.Scenario.Flight, Sensor: g.Name, Chemical: r.w.Scenario.Chemical,
		Time: r.w.at(now), Kind: vigia.PointKind, At: roundPoint(r.w.Frame.ToPoint(told)),
		Value: round(math.Max(0, ppm), 4), Sigma: g.NoisePPM, Limit: g.LimitPPM,
	}
	return Record{Time: o.Time, Observation: &o}, true
}

// A station is an anemometer at 10 m beside the landing place, which is where
// the flight begins.
type station struct {
	s     StationScenario
	rng   *rand.Rand
	at    geo.Local
	small [2]process // eddies smaller than the gusts, m/s
	u, v  float64    // sums since it spoke
	n     float64
	nextS float64
}

func newStation(w *World) *station {
	at := w.pattern.points[0]
	at.Z = 10
	return &station{s: w.Scenario.Station, rng: w.rng(seedStation), at: at}
}

// step feels the wind, and reports the mean since the last report when it is
// time to.
func (s *station) step(now float64, a *air, w *World) (Record, bool) {
	t := a.turbulence(s.at.Z)
	u, v := a.mean(s.at.Z)
	gustU, gustV := a.gust(s.at)
	for i := range s.small {
		s.small[i].sd, s.small[i].timeS = t.sigmaH, smallEddyM/math.Hypot(u, v) // a mast feels an eddy pass
		s.small[i].step(stepS, s.rng)
	}
	s.u, s.v, s.n = s.u+u+gustU+s.small[0].value, s.v+v+gustV+s.small[1].value, s.n+1
	if now+1e-9 < s.nextS {
		return Record{}, false
	}
	s.nextS += s.s.EveryS
	u, v = s.u/s.n, s.v/s.n
	s.u, s.v, s.n = 0, 0, 0
	from := math.Atan2(-u, -v)*180/math.Pi + s.s.DirSDDeg*s.rng.NormFloat64()
	rec := vigia.Wind{
		Flight: w.Scenario.Flight, Time: w.at(now),
		SpeedMPS:     round(math.Max(0, math.Hypot(u, v)+s.s.SpeedSD*s.rng.NormFloat64()), 2),
		FromDeg:      round(math.Mod(from+720, 360), 1),
		TemperatureK: w.Scenario.Wind.TemperatureK, PressurePa: w.Scenario.Wind.PressurePa,
	}
	return Record{Time: rec.Time, Wind: &rec}, true
}

func round(v float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(v*p) / p
}

// roundPoint keeps a centimetre.
func roundPoint(p geo.Point) geo.Point {
	return geo.Point{Lon: round(p.Lon, 7), Lat: round(p.Lat, 7), Alt: round(p.Alt, 2)}
}
