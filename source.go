package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Posterior is what one flight says of where a vapour comes from: how many
// sources, where, how strong, which building. It supersedes the same flight's
// earlier ones.
type Posterior struct {
	ID       ID        `json:"id"`
	Flight   ID        `json:"flight"`
	Chemical string    `json:"chemical"`
	AsOf     time.Time `json:"as_of"` // time of the last reading it rests on

	// With are the earlier flights over the same place whose readings it rests on
	// beside its own flight's, by ID.
	With []ID `json:"with,omitempty"`

	Readings         int       `json:"readings"`          // observations of its own flight that it rests on
	CountProbability []float64 `json:"count_probability"` // index = number of sources
	Sources          []Source  `json:"sources"`           // most probable number of them, strongest evidence first

	Buildings []BuildingProbability `json:"buildings,omitempty"` // most probable first
	Elsewhere float64               `json:"elsewhere"`           // probability that the source is in no known building

	Method string `json:"method"` // of inversion, with its version
	Seed   int64  `json:"seed"`
}

// A Source is one emitter in a Posterior.
type Source struct {
	At      geo.Point `json:"at"` // posterior mean
	RateKgH float64   `json:"rate_kg_h"`
	RateLo  float64   `json:"rate_kg_h_lo"` // 95 % interval
	RateHi  float64   `json:"rate_kg_h_hi"`

	Ellipse  Ellipse       `json:"ellipse"`  // of the 95 % region
	Region50 []geo.Polygon `json:"region50"` // highest posterior density regions
	Region90 []geo.Polygon `json:"region90"`
	Region95 []geo.Polygon `json:"region95"`

	// Where this source is, of several: each building's probability, most
	// probable first, and that of none of them. Empty when no building is known.
	Buildings []BuildingProbability `json:"buildings,omitempty"`
	Elsewhere float64               `json:"elsewhere,omitempty"`
}

// An Ellipse is a region on the ground around a place.
type Ellipse struct {
	SemiMajorM float64 `json:"semi_major_m"`
	SemiMinorM float64 `json:"semi_minor_m"`
	AzimuthDeg float64 `json:"azimuth_deg"` // of the major axis, clockwise from true north
}

// A BuildingProbability is how likely a building is to hold the source.
type BuildingProbability struct {
	ID          ID      `json:"id"`
	Probability float64 `json:"probability"`
}
