package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Plume is a connected piece of a cube that its background does not explain:
// which pixels, which chemical, how much and how sure.
type Plume struct {
	ID     ID     `json:"id"`
	Flight ID     `json:"flight"`
	Sensor string `json:"sensor"`

	Chemical  string                `json:"chemical"`  // the most probable; "none of these" is one
	Chemicals []ChemicalProbability `json:"chemicals"` // most probable first
	From      time.Time             `json:"from"`      // of the first line that holds it
	To        time.Time             `json:"to"`        // of the last

	Outline geo.Polygon `json:"outline"` // WGS 84
	At      geo.Point   `json:"at"`      // of the strongest neighbourhood: the likely upwind edge
	Pixels  int         `json:"pixels"`
	AreaM2  float64     `json:"area_m2"`

	Score      float64 `json:"score"`       // the highest, in standard deviations of the background
	Threshold  float64 `json:"threshold"`   // a neighbourhood beyond it is not background, same unit
	FalseAlarm float64 `json:"false_alarm"` // probability that background alone passes it, per pixel

	// Vertical columns of Chemical above what is around; zero where none of the
	// library explains the plume.
	PeakPPMM float64       `json:"peak_ppm_m"`
	MeanPPMM float64       `json:"mean_ppm_m"`
	MassKg   float64       `json:"mass_kg"`
	MassSD   float64       `json:"mass_sd_kg"` // one standard deviation
	Columns  []PlumeColumn `json:"columns"`    // of some pixels, evenly chosen, in scan order

	Origin PlumeOrigin `json:"origin"`
	Method string      `json:"method"` // of detection, with its version
	Log    uint64      `json:"log"`    // place in the log up to which the cube was read
}

// A ChemicalProbability is how likely a plume is to be of a chemical, or of two.
type ChemicalProbability struct {
	Name        string   `json:"name"`
	Probability float64  `json:"probability"`
	LookAlikes  []string `json:"look_alikes,omitempty"` // that this sensor hardly tells from it
}

// A PlumeColumn is the vertical column over one pixel.
type PlumeColumn struct {
	Lon   float64 `json:"lon_deg"`
	Lat   float64 `json:"lat_deg"`
	PPMM  float64 `json:"ppm_m"`
	Sigma float64 `json:"sigma_ppm_m"` // one standard deviation
}

// A PlumeOrigin leads from a plume back to the lines it was seen in.
type PlumeOrigin struct {
	Cube  ID     `json:"cube"`
	First int    `json:"first_line"` // that holds it
	Last  int    `json:"last_line"`
	Chunk string `json:"chunk"` // SHA-256 of the samples of these lines, one after the other
}
