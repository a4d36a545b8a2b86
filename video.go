package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Segment is some seconds of a flight's video: a piece of a transport stream
// that plays alone, with what its metadata said. Every packet of them was
// covered by the flight's authorisation; what was not is sealed and no Segment.
type Segment struct {
	ID     ID        `json:"id"`
	Flight ID        `json:"flight"`
	Source string    `json:"source"`
	From   time.Time `json:"from"`  // by the metadata's clock
	Until  time.Time `json:"until"` // of the last packet of metadata

	Seconds       float64 `json:"seconds"`       // how long it plays
	Discontinuity bool    `json:"discontinuity"` // it does not go on where the one before it ended
	Bytes         int     `json:"bytes"`
	Digest        string  `json:"digest"` // SHA-256 of the bytes
	Place         uint64  `json:"place"`  // of the bytes in the stream
	Looks         []View  `json:"looks"`
}

// A View is where the sensor was at a time, and where the corners of its
// picture were on the ground, from the upper left clockwise; none where the
// metadata did not say.
type View struct {
	Time    time.Time   `json:"time"`
	At      geo.Point   `json:"at"`
	Corners []geo.Point `json:"corners,omitempty"`
}
