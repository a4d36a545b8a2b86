package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Release is the partner's copy of a lead, cut by policy: what may be seen,
// at the precision that may be seen, and why. Nothing else of the lead leaves.
type Release struct {
	ID       ID     `json:"id"`
	Lead     ID     `json:"lead"`
	Chemical string `json:"chemical"`

	At         geo.Point `json:"at"`          // centre of the released area
	PrecisionM float64   `json:"precision_m"` // the source is within this of At, at 95 %
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`

	Flights int                   `json:"flights"` // how many looks agree
	RateKgH *float64              `json:"rate_kg_h,omitempty"`
	Places  []BuildingProbability `json:"buildings,omitempty"`

	Policy  string              `json:"policy"`  // the policy's name and version
	Reasons map[string][]string `json:"reasons"` // by language: what was withheld or coarsened
	Text    map[string]string   `json:"text"`    // by language: the lead in plain words
}

// A Withheld is one thing that a policy held back or coarsened.
type Withheld struct {
	What   WithheldKind `json:"what"`
	Number float64      `json:"number,omitempty"`
	Limit  float64      `json:"limit,omitempty"`
}

// A WithheldKind is what was held back.
type WithheldKind string

// What can be held back.
const (
	WithheldPlace     WithheldKind = "place"     // moved to a grid of Number metres
	WithheldRate      WithheldKind = "rate"      // not told
	WithheldBuildings WithheldKind = "buildings" // none is told
	WithheldUnlikely  WithheldKind = "unlikely"  // Number buildings less likely than Limit are not told
)
