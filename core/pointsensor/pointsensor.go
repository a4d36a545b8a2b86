// Package pointsensor turns the readings of one gas sensor into detections:
// runs of readings that the sensor's own background does not explain, at a
// stated probability of a false alarm.
//
// It is pure: no clock, no state between calls. What it answers depends on the
// readings it is given and on nothing else, so that the same log gives the
// same detections.
package pointsensor

import (
	"time"

	"github.com/vigia-project/vigia"
)

// Options says how sure a detection must be. The zero value means the defaults.
type Options struct {
	// FalseAlarm is the probability that background alone passes the
	// threshold, per reading; default 1e-4.
	FalseAlarm float64
	// Window is how far back the background looks; default 30 min.
	Window time.Duration
	// Gap is the longest silence inside one run of readings; default three
	// times the usual interval between the sensor's readings.
	Gap time.Duration
}

// Detect finds the runs of readings in batch that the background does not
// explain. Both slices hold readings of one sensor in time order: history
// those of the Window before the batch, batch the new ones. A detection holds
// readings of the batch only. Readings that are not finite are passed over.
func Detect(history, batch []vigia.Observation, o Options) []vigia.Detection {
	return nil
}
