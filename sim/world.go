package sim

import (
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/plain"
)

// A World is a town, its hidden source and a flight over it, all from one
// seed. It holds the truth, and hands out only what sensors say.
type World struct {
	Scenario Scenario
	Frame    geo.Frame

	town     town
	house    House // that the source is in
	truth    Truth
	second   *hidden // the other source, where there is one
	chemical vigia.Chemical
	forecast float64 // where the wind was forecast to come from, degrees
	pattern  pattern
}

// Truth is what the system is to find out.
type Truth struct {
	Chemical string    `json:"chemical"`
	At       geo.Point `json:"at"`
	Local    geo.Local `json:"local"`
	RateKgH  float64   `json:"rate_kg_h"` // mean
	Building vigia.ID  `json:"building"`  // "" when there is no source
}

// A hidden is a source in its house.
type hidden struct {
	house House
	at    geo.Local
}

// What the seed is spent on, each from a stream of its own, so that a change
// to one leaves the others as they are.
const (
	seedTown = iota
	seedHide
	seedAir
	seedPuffs
	seedStation
	seedFlight
	seedSensor
)

func (w *World) rng(use uint64) *rand.Rand {
	if use >= seedAir && w.Scenario.Sortie > 1 {
		use += 100 * uint64(w.Scenario.Sortie-1) // the town and what it hides stay
	}
	return rand.New(rand.NewPCG(uint64(w.Scenario.Seed), use))
}

// New makes the world of a scenario.
func New(s Scenario) (*World, error) {
	w := &World{Scenario: s, Frame: geo.Frame{Origin: s.Origin}}
	var err error
	if w.chemical, err = vigia.ChemicalNamed(s.Chemical); err != nil {
		return nil, err
	}
	w.town = newTown(s.Buildings, w.rng(seedTown))
	var at geo.Local
	w.house, at = w.town.hide(w.rng(seedHide))
	w.truth = Truth{Chemical: s.Chemical, At: w.Frame.ToPoint(at), Local: at, RateKgH: s.RateKgH, Building: w.house.ID}
	if s.SecondM > 0 {
		w.second = w.town.hideBeside(at, s.SecondM)
	}
	if s.RateKgH == 0 {
		w.truth = Truth{Chemical: s.Chemical}
	}
	w.forecast = s.Wind.FromDeg + s.Pattern.ForecastSD*w.rng(seedFlight).NormFloat64()
	corner := w.town.corner
	if p := s.Pattern; p.AreaM > 0 {
		corner = square(p.AreaX, p.AreaY, p.AreaM, w.forecast)
	}
	w.pattern = lawnMower(corner, w.forecast, s.Pattern.AltitudeM, s.Pattern)
	for _, part := range s.Pattern.Then {
		w.then(part)
	}
	return w, nil
}

// then lets the flight go on over a further square.
func (w *World) then(part PartScenario) {
	p := w.Scenario.Pattern
	p.SpacingM, p.Sweeps, p.MarginM = part.SpacingM, part.Sweeps, part.MarginM
	w.pattern.then(lawnMower(square(part.X, part.Y, part.SideM, w.forecast), w.forecast, p.AltitudeM, p), p.SpeedMPS)
}

// Truth is what the system is to find out.
func (w *World) Truth() Truth { return w.truth }

// Second is the truth of the second source; false where there is one at most.
func (w *World) Second() (Truth, bool) {
	if w.second == nil || w.Scenario.RateKgH == 0 {
		return Truth{}, false
	}
	t := w.truth
	t.Local, t.At, t.Building = w.second.at, w.Frame.ToPoint(w.second.at), w.second.house.ID
	return t, true
}

// Buildings are the town's, as a map would have them.
func (w *World) Buildings() []vigia.Building {
	out := make([]vigia.Building, len(w.town.houses))
	for i, h := range w.town.houses {
		out[i] = vigia.Building{ID: h.ID, Footprint: w.Frame.PolygonToWGS84(h.Footprint)}
	}
	return out
}

// WriteBuildings writes them as GeoJSON in WGS 84.
func (w *World) WriteBuildings(out io.Writer) error {
	return plain.WriteBuildings(out, w.Buildings(), nil)
}

// Authorisation permits the flight: its volume is the town and the turns beside
// it, its hours are the flight's with an hour on either side.
func (w *World) Authorisation(id vigia.ID, p vigia.Purpose) vigia.Authorisation {
	reach := w.town.radius() + 3*w.Scenario.Pattern.MarginM + 2*w.Scenario.Pattern.SpacingM
	ground := w.Scenario.Origin.Alt
	return vigia.Authorisation{
		ID: id, Title: w.Scenario.Title, Purpose: p,
		Volume: geo.Volume{
			Footprint: w.Frame.PolygonToWGS84(geo.Rect(-reach, -reach, reach, reach)),
			FloorM:    ground - 50, CeilingM: ground + w.Scenario.Pattern.AltitudeM + 100,
		},
		From:  w.Scenario.Start.Add(-time.Hour),
		Until: w.Scenario.Start.Add(w.Duration() + time.Hour),
	}
}

// Duration is how long the flight's data is.
func (w *World) Duration() time.Duration {
	s := math.Min(w.pattern.duration(), w.Scenario.Pattern.DurationS)
	return time.Duration(s * float64(time.Second)).Truncate(time.Second)
}

// A Record is one thing a sensor said: an Observation or a Wind.
type Record struct {
	Time        time.Time
	Observation *vigia.Observation
	Wind        *vigia.Wind
}

// Records flies the flight and yields what its sensors say, in order of time.
// Every call yields the same.
func (w *World) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) { newRun(w).fly(yield) }
}

// A Sortie is a world's flight while it is in the air.
type Sortie struct{ run *run }

// Begin lets the aircraft take off. The world itself stays as it is.
func (w *World) Begin() *Sortie {
	own := *w
	return &Sortie{newRun(&own)}
}

// Records yields what the sensors say until the aircraft has flown its way. After
// Then, it yields what they say from there on.
func (s *Sortie) Records() iter.Seq[Record] { return s.run.fly }

// Duration is how long the flight's data is, as it is planned by now.
func (s *Sortie) Duration() time.Duration { return s.run.w.Duration() }

// Then lets the aircraft fly on over a further square, as a scenario's Then does.
func (s *Sortie) Then(part PartScenario) { s.run.w.then(part) }

// The step of the air and the puffs, s, and how long the plume has stood when
// the flight begins.
const (
	stepS   = 0.5
	spinUpS = 900
)

// A run is a world in motion.
type run struct {
	w       *World
	air     *air
	plumes  []plume
	ride    *ride
	station *station
	airRNG  *rand.Rand
	puffRNG *rand.Rand
	next    int // step
}

func newRun(w *World) *run {
	s := w.Scenario
	r := &run{w: w, airRNG: w.rng(seedAir), puffRNG: w.rng(seedPuffs), next: -int(math.Round(spinUpS / stepS))}
	r.air = newAir(s.Wind, -spinUpS, r.airRNG)
	r.plumes = append(r.plumes, w.newPlume(w.house, w.truth.Local))
	if w.second != nil {
		r.plumes = append(r.plumes, w.newPlume(w.second.house, w.second.at))
	}
	for i := range r.plumes {
		r.plumes[i].rate.start(r.puffRNG)
	}
	r.ride = newRide(w)
	r.station = newStation(w)
	return r
}

// newPlume is that of a source in a house. The wake of a building mixes what
// leaves it: US EPA, EPA-454/B-95-003b, table 1-6, for a source on or beside one.
func (w *World) newPlume(h House, at geo.Local) plume {
	s := w.Scenario
	minX, minY, maxX, maxY := h.Footprint.Bounds()
	radius := w.town.radius() + s.Pattern.MarginM + 50
	if p := s.Pattern; p.AreaM > 0 { // what has left it does not come back against the wind
		radius = p.AreaM/math.Sqrt2 + 1.5*p.MarginM + 150
		radius = math.Max(radius, math.Hypot(at.X-p.AreaX, at.Y-p.AreaY)+150)
	}
	return plume{
		at:      at,
		spreadH: math.Sqrt((maxX-minX)*(maxY-minY)) / 4.3,
		spreadV: h.HeightM / 2.15,
		rateKgS: s.RateKgH / 3600,
		rate:    process{sd: s.RateSD, timeS: s.RateTimeS},
		aroundX: s.Pattern.AreaX, aroundY: s.Pattern.AreaY, radiusM: radius,
		onFromS: s.OnFromS, onUntilS: s.OnUntilS,
	}
}

func (r *run) fly(yield func(Record) bool) {
	end := r.w.Duration().Seconds()
	for float64(r.next)*stepS <= end {
		now := float64(r.next) * stepS
		r.next++
		r.air.step(stepS, r.airRNG)
		for k := range r.plumes {
			r.plumes[k].step(now, stepS, r.air, r.puffRNG)
		}
		if now < 0 {
			continue
		}
		if rec, ok := r.station.step(now, r.air, r.w); ok && !yield(rec) {
			return
		}
		if rec, ok := r.ride.step(now, r.plumes); ok && !yield(rec) {
			return
		}
	}
}

// at is a moment of the flight, in milliseconds as a logger has it.
func (w *World) at(s float64) time.Time {
	return w.Scenario.Start.Add(time.Duration(math.Round(s*1000)) * time.Millisecond)
}
