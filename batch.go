package vigia

import "time"

// A Batch is one message of the log: some records of one flight, as they came
// and as they were read. Raw holds the bytes of these records and no others:
// what was sealed is not in it.
type Batch struct {
	ID       ID        `json:"id"`
	Flight   ID        `json:"flight"`
	Received time.Time `json:"received"`

	MediaType string `json:"media_type"`
	Chunk     string `json:"chunk"` // SHA-256 of all the bytes that were handed in together
	Raw       []byte `json:"raw"`

	Observations []Observation `json:"observations,omitempty"`
	Winds        []Wind        `json:"winds,omitempty"`
	Buildings    []Building    `json:"buildings,omitempty"`

	Poses   []Pose           `json:"poses,omitempty"`
	Reports []PositionReport `json:"reports,omitempty"`
}

// A FlightClosed announces that a flight's data is complete up to Log.
type FlightClosed struct {
	Flight ID     `json:"flight"`
	Log    uint64 `json:"log"`
}
