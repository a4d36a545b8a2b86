// Package sharing decides what a partner may see of a lead, and why. What is
// not put in is not there: a release is made of nothing, field by field.
package sharing

import (
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Policy says at what precision a lead may be handed over.
type Policy struct {
	Name string `json:"name"` // with its version

	// GridM is the step of the grid that a place is moved to, metres: the
	// partner learns no more of the place than the grid tells. 0 = as it is.
	GridM float64 `json:"grid_m"`

	Rate      bool `json:"rate"`      // the rate of emission may be told
	Buildings bool `json:"buildings"` // the ranked buildings may be told

	// BuildingFloor is the least probability of a building that is told: a
	// family's door is not named for one chance in a thousand.
	BuildingFloor float64 `json:"building_floor"`
}

// Default is the policy of a system that was told no other.
var Default = Policy{Name: "default-1", GridM: 10, Rate: true, Buildings: true, BuildingFloor: 0.05}

// Valid tells why p cannot be a policy, or nil.
func (p Policy) Valid() error {
	switch {
	case p.Name == "":
		return vigia.Errorf(vigia.Invalid, "a policy needs a name")
	case !(p.GridM >= 0) || p.GridM > 100_000:
		return vigia.Errorf(vigia.Invalid, "the policy's grid of %v m is not within 0 to 100000", p.GridM)
	case !(p.BuildingFloor >= 0) || p.BuildingFloor > 1:
		return vigia.Errorf(vigia.Invalid, "the policy's least probability of a building, %v, is not within 0 to 1", p.BuildingFloor)
	}
	return nil
}

// Cut makes the partner's copy of a lead and says what it held back. The plain
// words for both are added by the caller.
func Cut(l vigia.Lead, p Policy) (vigia.Release, []vigia.Withheld) {
	var held []vigia.Withheld
	s := l.Site
	at := snap(s.At, p.GridM)
	r := vigia.Release{
		Lead:      l.ID,
		Chemical:  s.Chemical,
		At:        at,
		FirstSeen: s.FirstSeen,
		LastSeen:  s.LastSeen,
		Flights:   len(s.Evidence),
		Policy:    p.Name,
		Reasons:   map[string][]string{},
		Text:      map[string]string{},
	}
	// Whatever lies in the ellipse lies within this of the moved place.
	moved := geo.Distance(geo.Point{Lon: s.At.Lon, Lat: s.At.Lat}, geo.Point{Lon: at.Lon, Lat: at.Lat})
	r.PrecisionM = math.Ceil(math.Max(s.Ellipse.SemiMajorM+moved, p.GridM))
	if p.GridM > 0 {
		held = append(held, vigia.Withheld{What: vigia.WithheldPlace, Number: p.GridM})
	}
	if p.Rate {
		rate := s.RateKgH
		r.RateKgH = &rate
	} else {
		held = append(held, vigia.Withheld{What: vigia.WithheldRate})
	}
	told, buildings := places(s, p)
	r.Places = told
	r.ID = vigia.NewID("rel", r)
	return r, append(held, buildings...)
}

// places are the buildings that may be told, and what is held back of them.
func places(s vigia.Site, p Policy) (told []vigia.BuildingProbability, held []vigia.Withheld) {
	if len(s.Buildings) == 0 {
		return nil, nil
	}
	if !p.Buildings {
		return nil, []vigia.Withheld{{What: vigia.WithheldBuildings}}
	}
	for _, b := range s.Buildings {
		if b.Probability >= p.BuildingFloor {
			told = append(told, b)
		}
	}
	if n := len(s.Buildings) - len(told); n > 0 {
		held = []vigia.Withheld{{What: vigia.WithheldUnlikely, Number: float64(n), Limit: p.BuildingFloor}}
	}
	return told, held
}

// snap moves a place to the nearest corner of a grid laid over the whole Earth,
// so that two releases of near places cannot be compared for the difference.
// The height is dropped.
func snap(at geo.Point, gridM float64) geo.Point {
	at.Alt = 0
	if gridM <= 0 {
		return at
	}
	const metresPerDegree = 111_319.49 // of latitude, and of longitude at the equator
	stepLat := gridM / metresPerDegree
	lat := math.Round(at.Lat/stepLat) * stepLat
	stepLon := gridM / (metresPerDegree * math.Max(math.Cos(lat*math.Pi/180), 1e-6))
	return geo.Point{Lon: math.Round(at.Lon/stepLon) * stepLon, Lat: lat}
}
