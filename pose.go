package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Pose is where an aircraft was, how it lay, and where its camera looked.
type Pose struct {
	ID     ID        `json:"id"`
	Flight ID        `json:"flight"`
	Sensor string    `json:"sensor"` // the source that said it
	Time   time.Time `json:"time"`
	At     geo.Point `json:"at"`

	Attitude *Attitude `json:"attitude,omitempty"`

	// Look is the ground at the middle of the picture, and Corners its four
	// corners: upper left, upper right, lower right, lower left (MISB ST 0601,
	// items 82 to 89). Corners has four places or none.
	Look    *geo.Point  `json:"look,omitempty"`
	Corners []geo.Point `json:"corners,omitempty"`

	Origin Provenance `json:"origin"`
}

// An Attitude is how a platform lies: yaw, then pitch, then roll from the local
// north, east, down axes (MISB ST 0601, items 5 to 7).
type Attitude struct {
	HeadingDeg float64 `json:"heading_deg"` // clockwise from true north
	PitchDeg   float64 `json:"pitch_deg"`   // nose up is positive
	RollDeg    float64 `json:"roll_deg"`    // right wing down is positive
}
