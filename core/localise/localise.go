// Package localise works out from readings and wind how many sources there
// are, where, how strong, and in which building: a posterior, not a dot.
//
// Everything is in one local frame: metres east, north and up of an origin
// that the caller chose. The ground is at height zero.
//
// The method is annealed importance sampling with resampling and moves, a
// sequential Monte Carlo sampler (Neal 2001, Statistics and Computing 11:125;
// Del Moral, Doucet and Jasra 2006, JRSS B 68:411), over the number of
// sources, their places, heights, rates and hours, the plume's spreads, the
// fluctuation of the readings and the wind's bias. Sources are added one at a
// time; the evidence of each step decides whether it was worth it. Backgrounds
// drift by sensor and are smoothed given the plume. What is wrong in all minutes
// alike widens the regions (lasting.go). While a record grows the particles are
// carried on (stand.go).
//
// Where all sensors move the method is another, since a moving sensor meets one
// swing of the plume at a time: passes on a quadtree of the ground (flight.go,
// chart.go), which joins flights days apart and is gone on with as a flight grows
// (Tracker). It knows of none, one or two sources (two.go).
package localise

import (
	"context"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// method names the inversion and its version.
const method = "smc-4"

// GrowingMethod names the inversion of fixed sensors whose record still grows:
// one that goes on from what was found before (stand.go).
const GrowingMethod = method + " growing"

// A Reading is one reading of a gas sensor, in the local frame.
type Reading struct {
	Time       time.Time
	Sensor     string
	Kind       vigia.Kind
	At         geo.Local // the point, or the start of the path
	To         geo.Local // the end of the path; not used for a point
	Value      float64   // ppm, or ppm·m for a column
	Sigma      float64   // one standard deviation in Value's unit; 0 = not known
	Limit      float64   // detection limit in Value's unit; 0 = not known
	Saturation float64   // the most that the sensor can read, in Value's unit; 0 = not known
	Above      bool      // Value is above the background already, and Sigma is all its noise
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

	// Growing says that the last flight is still in the air. The work of an earlier
	// answer is then gone on from rather than done anew (see Tracker); the answer
	// differs from the final one by the error of its draws.
	Growing bool
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

	Buildings []vigia.BuildingProbability // most probable first; those below 1e-4 left out
	Elsewhere float64                     // probability that it is in no known building
	Set90     []vigia.ID                  // the smallest set of buildings that holds 90 %; nil where Elsewhere does not allow one
}

// An Answer is the posterior.
type Answer struct {
	CountProbability []float64 // index = number of sources
	Sources          []Source  // most probable number of them, strongest evidence first

	Buildings []vigia.BuildingProbability // that it holds some source; most probable first
	Elsewhere float64                     // probability that the first source is in no known building
	Set90     []vigia.ID                  // that of the first source

	// Wind is how the directions of the wind records were read. Other than From,
	// the readings contradict the records as they stand, beyond reasonable doubt:
	// a person must look at where the records come from.
	Wind Convention

	Explain []Contribution // the runs of readings that say most for the sources or against them

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
	return (&Tracker{}).Locate(ctx, p, progress)
}
