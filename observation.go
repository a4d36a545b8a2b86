package vigia

import (
	"math"
	"time"

	"github.com/vigia-project/vigia/geo"
)

// Kind says what an Observation's value is a measure of.
type Kind string

// The kinds of observation.
const (
	PointKind  Kind = "point"  // mole fraction at a place, ppm
	BeamKind   Kind = "beam"   // mean mole fraction along an open path, ppm
	ColumnKind Kind = "column" // mole fraction times length along a path, ppm·m
)

// An Observation is one reading of a gas sensor.
type Observation struct {
	ID       ID        `json:"id"`
	Flight   ID        `json:"flight"`
	Sensor   string    `json:"sensor"`
	Chemical string    `json:"chemical"`
	Time     time.Time `json:"time"`

	Kind Kind       `json:"kind"`
	At   geo.Point  `json:"at"`           // the point, or the start of the path
	To   *geo.Point `json:"to,omitempty"` // the end of the path; nil for a point

	Value float64 `json:"value"`           // ppm, or ppm·m for a column
	Sigma float64 `json:"sigma,omitempty"` // one standard deviation in Value's unit; 0 = not known
	Limit float64 `json:"limit,omitempty"` // detection limit in Value's unit; 0 = not known

	// Saturation is the most that the sensor can read, in Value's unit: a Value that
	// reaches it says no more than that there was as much. 0 = not known.
	Saturation float64 `json:"saturation,omitempty"`

	// Above says that Value is what rises above the background already, and Sigma
	// all that it may be off by.
	Above bool `json:"above,omitempty"`

	Origin Provenance `json:"origin"`
}

// Provenance leads from a fact back to the bytes it was read from.
type Provenance struct {
	Chunk  string `json:"chunk"`  // SHA-256 of the bytes as they came, hexadecimal
	Offset int64  `json:"offset"` // of the record in them, bytes
	Line   int    `json:"line,omitempty"`
}

// The earliest time a record may carry: before it, a clock was not set.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// ValidTime tells why t cannot be when something was sensed, or nil. now is
// the present; a record from more than a day ahead has a wrong clock.
func ValidTime(t, now time.Time) error {
	switch {
	case t.Before(earliest):
		return Errorf(Invalid, "the time %s is before %s: the sensor's clock was not set", t.Format(time.RFC3339), earliest.Format("2006"))
	case t.After(now.Add(24 * time.Hour)):
		return Errorf(Invalid, "the time %s is more than a day ahead", t.Format(time.RFC3339))
	}
	return nil
}

// Valid tells why o cannot be a reading, or nil. It does not judge the time
// against a clock; ValidTime does.
func (o Observation) Valid() error {
	switch {
	case !ValidName(o.Sensor):
		return Errorf(Invalid, "the sensor's name %q must be 1 to 64 letters, digits, hyphens or underscores", o.Sensor)
	case o.Kind != PointKind && o.Kind != BeamKind && o.Kind != ColumnKind:
		return Errorf(Invalid, "the kind %q is not point, beam or column", o.Kind)
	case (o.To == nil) != (o.Kind == PointKind):
		return Errorf(Invalid, "a %s observation must%s have an end", o.Kind, map[bool]string{true: " not", false: ""}[o.Kind == PointKind])
	case math.IsNaN(o.Value) || math.IsInf(o.Value, 0):
		return Errorf(Invalid, "the value %v is not a number", o.Value)
	case !(o.Sigma >= 0) || math.IsInf(o.Sigma, 0):
		return Errorf(Invalid, "the standard deviation %v is not a number from 0 up", o.Sigma)
	case !(o.Limit >= 0) || math.IsInf(o.Limit, 0):
		return Errorf(Invalid, "the detection limit %v is not a number from 0 up", o.Limit)
	case !(o.Saturation >= 0) || math.IsInf(o.Saturation, 0):
		return Errorf(Invalid, "the saturation %v is not a number from 0 up", o.Saturation)
	}
	if err := o.At.Valid(); err != nil {
		return Errorf(Invalid, "%v", err)
	}
	if o.To != nil {
		if err := o.To.Valid(); err != nil {
			return Errorf(Invalid, "%v", err)
		}
	}
	return nil
}

// Middle is the place that stands for the whole reading on a map and in an
// index: the point, or the middle of the path.
func (o Observation) Middle() geo.Point {
	if o.To == nil {
		return o.At
	}
	return geo.Point{Lon: (o.At.Lon + o.To.Lon) / 2, Lat: (o.At.Lat + o.To.Lat) / 2, Alt: (o.At.Alt + o.To.Alt) / 2}
}
