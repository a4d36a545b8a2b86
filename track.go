package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A PositionReport says that a vehicle was at a place. It has a class and never
// a face, a plate or a name.
type PositionReport struct {
	ID     ID        `json:"id"`
	Flight ID        `json:"flight"`
	Sensor string    `json:"sensor"`
	Scan   int       `json:"scan"` // reports of one scan are true at one time
	Time   time.Time `json:"time"`
	At     geo.Point `json:"at"`

	SigmaM     float64    `json:"sigma_m,omitempty"` // one standard deviation east and north; 0 = not known
	Class      string     `json:"class,omitempty"`
	Confidence float64    `json:"confidence,omitempty"` // of the detection, 0 to 1; 0 = not known
	RangeRate  *RangeRate `json:"range_rate,omitempty"` // of radars

	Origin Provenance `json:"origin"`
}

// A RangeRate is how fast a radar saw something come or go along its line of
// sight.
type RangeRate struct {
	MPS      float64   `json:"mps"`                 // away is positive
	SigmaMPS float64   `json:"sigma_mps,omitempty"` // one standard deviation; 0 = not known
	MDVMPS   float64   `json:"mdv_mps,omitempty"`   // minimum detectable velocity: slower is not seen; 0 = not known
	From     geo.Point `json:"from"`                // where the radar was
}

// A TrackPoint is a track at one time: an anonymous number that expires, with
// a place, a velocity and the probability that there is a vehicle at all.
type TrackPoint struct {
	Track     ID        `json:"track"` // of one watch only: no number goes from one to another
	Flight    ID        `json:"flight"`
	Time      time.Time `json:"time"`
	At        geo.Point `json:"at"`
	EastMPS   float64   `json:"east_mps"`
	NorthMPS  float64   `json:"north_mps"`
	SigmaM    float64   `json:"sigma_m"`
	Existence float64   `json:"existence"`
	Class     string    `json:"class,omitempty"`
	Expires   time.Time `json:"expires"` // nothing of it is kept from here on
}

// A Picture is every vehicle that one flight followed at one time, by all that
// was known when no late report could change it any more.
type Picture struct {
	ID      ID           `json:"id"`
	Flight  ID           `json:"flight"`
	Time    time.Time    `json:"time"`
	Tracks  []TrackPoint `json:"tracks"`
	Expires time.Time    `json:"expires"`
}

// A Visit is a stay of one track at one place. Whose place that is follows from
// the sites that are known when somebody asks: Site is empty until then.
type Visit struct {
	ID              ID            `json:"id"`
	Flight          ID            `json:"flight"`
	Track           ID            `json:"track"`
	At              geo.Point     `json:"at"`
	SpreadM         float64       `json:"spread_m"` // median distance from there
	Site            ID            `json:"site,omitempty"`
	SiteProbability float64       `json:"site_probability,omitempty"`
	Arrive          time.Time     `json:"arrive"`
	Depart          time.Time     `json:"depart"`
	ArriveSD        time.Duration `json:"arrive_sd_ns"`
	DepartSD        time.Duration `json:"depart_sd_ns"`
	ArrivedBefore   bool          `json:"arrived_before"` // it was there when the watch began: Arrive is a bound
	DepartsAfter    bool          `json:"departs_after"`  // it was there when the watch ended: Depart is a bound
	ApproachDeg     *float64      `json:"approach_deg,omitempty"`
	Class           string        `json:"class,omitempty"`
	Expires         time.Time     `json:"expires"`
}

// A Look is what one flight had in view for a while. What lies in no look was
// not watched, and nothing follows from having seen nobody there.
type Look struct {
	ID      ID            `json:"id"`
	Flight  ID            `json:"flight"`
	From    time.Time     `json:"from"`
	To      time.Time     `json:"to"`
	Areas   []geo.Polygon `json:"areas,omitempty"` // WGS 84; none: all of the authorised area
	Expires time.Time     `json:"expires"`
}
