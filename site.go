package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A SiteStatus is where a site stands in its life.
type SiteStatus string

// The statuses.
const (
	Candidate SiteStatus = "candidate" // evidence points here
	Withdrawn SiteStatus = "withdrawn" // later evidence no longer does
)

// A Site is a place that evidence points at: the sources of one chemical that
// several looks agree on. It is a candidate until people decide otherwise.
type Site struct {
	ID       ID         `json:"id"`
	Chemical string     `json:"chemical"`
	Status   SiteStatus `json:"status"`
	Version  int        `json:"version"` // counts its changes from 1

	At      geo.Point `json:"at"`
	RateKgH float64   `json:"rate_kg_h"`
	RateLo  float64   `json:"rate_kg_h_lo"` // 95 % interval
	RateHi  float64   `json:"rate_kg_h_hi"`
	Ellipse Ellipse   `json:"ellipse"` // 95 %

	Region90  []geo.Polygon         `json:"region90"`
	Buildings []BuildingProbability `json:"buildings,omitempty"`
	Elsewhere float64               `json:"elsewhere"`

	FirstSeen time.Time  `json:"first_seen"`
	LastSeen  time.Time  `json:"last_seen"`
	Evidence  []Evidence `json:"evidence"` // one a flight, by flight
}

// An Evidence is what one flight adds to a site: a source of one posterior.
type Evidence struct {
	Flight    ID        `json:"flight"`
	Posterior ID        `json:"posterior"`
	Index     int       `json:"index"` // of the source in the posterior
	AsOf      time.Time `json:"as_of"`
	Source    Source    `json:"source"`

	// With are the earlier flights that are already in it: their own evidence of
	// this site is shown and no longer counted.
	With []ID `json:"with,omitempty"`

	// Present is the probability that the flight saw a source at all.
	Present float64 `json:"present"`

	Buildings []BuildingProbability `json:"buildings,omitempty"`
	Elsewhere float64               `json:"elsewhere"`
}
