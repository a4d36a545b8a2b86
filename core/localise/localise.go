// Package localise works out from readings and wind how many sources there
// are, where, how strong, and in which building: a posterior, not a dot.
//
// Everything is in one local frame: metres east, north and up of an origin
// that the caller chose. The ground is at height zero.
package localise

import (
	"context"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Reading is one reading of a gas sensor, in the local frame.
type Reading struct {
	Time   time.Time
	Sensor string
	Kind   vigia.Kind
	At     geo.Local // the point, or the start of the path
	To     geo.Local // the end of the path; not used for a point
	Value  float64   // ppm, or ppm·m for a column
	Sigma  float64   // one standard deviation in Value's unit; 0 = not known
	Limit  float64   // detection limit in Value's unit; 0 = not known
}

// A Building is a footprint in local metres.
type Building struct {
	ID        vigia.ID
	Footprint geo.Polygon
}

// A Problem is all that one posterior rests on.
type Problem struct {
	Observations []Reading    // in any order; sorted here
	Winds        []vigia.Wind // in any order; one-minute means or finer
	Buildings    []Building   // none = no prior of buildings
	Chemical     vigia.Chemical
	Seed         int64
	Workers      int // processors to use; 0 = 1. The answer does not depend on it
}

// A Source is one emitter.
type Source struct {
	X, Y, Z float64 // posterior mean, metres

	RateKgH        float64 // posterior median
	RateLo, RateHi float64 // 95 % interval

	Ellipse  vigia.Ellipse // of the 95 % region
	Region50 []geo.Polygon // highest posterior density regions, local metres
	Region90 []geo.Polygon
	Region95 []geo.Polygon
}

// An Answer is the posterior.
type Answer struct {
	CountProbability []float64 // index = number of sources
	Sources          []Source  // most probable number of them, strongest evidence first

	Buildings []vigia.BuildingProbability // most probable first; those below 1e-4 left out
	Elsewhere float64                     // probability that the source is in no known building
	Set90     []vigia.ID                  // the smallest set of buildings that holds 90 %; nil where Elsewhere does not allow one

	Readings int       // that the answer rests on
	AsOf     time.Time // of the last of them
	Method   string    // of inversion, with its version
	Seed     int64
}

// Locate works out the posterior. progress, when not nil, is told from the
// calling goroutine how much is done. It answers Invalid where the problem
// holds no reading, no wind or no chemical, and the context's error when that
// ends first.
func Locate(ctx context.Context, p Problem, progress func(done, total int)) (Answer, error) {
	return Answer{}, vigia.Errorf(vigia.Internal, "the inversion is not written yet")
}
