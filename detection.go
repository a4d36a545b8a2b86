package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Detection is a run of readings of one sensor that its background does not
// explain, at a stated false-alarm probability.
type Detection struct {
	ID       ID     `json:"id"`
	Flight   ID     `json:"flight"`
	Sensor   string `json:"sensor"`
	Chemical string `json:"chemical"`

	From time.Time `json:"from"` // first reading of the run
	To   time.Time `json:"to"`   // last reading of the run
	At   geo.Point `json:"at"`   // where the peak was read

	Readings    int     `json:"readings"`    // in the run
	Peak        float64 `json:"peak"`        // highest value, the sensor's unit
	Enhancement float64 `json:"enhancement"` // peak less background, same unit
	Background  float64 `json:"background"`  // at the peak, same unit
	Noise       float64 `json:"noise"`       // standard deviation of the background, same unit
	Threshold   float64 `json:"threshold"`   // a reading above it is not background, same unit
	FalseAlarm  float64 `json:"false_alarm"` // probability that background alone passes the threshold, per reading

	Observations []ID   `json:"observations"` // the run
	Log          uint64 `json:"log"`          // place in the log of the batch that held it
}
