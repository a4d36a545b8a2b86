// Package ground reads and writes what unattended sensors on the ground say:
// JSON objects that are named as in OGC SensorThings (OGC 15-078r6, §8.2), one a
// reading. They come by MQTT, HTTP or a connection: one object, an array of
// them, or one after the other (docs/formats/ground.md). schema.json says the
// same for machines.
package ground

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// Schema is the JSON Schema (2020-12) of a message.
//
//go:embed schema.json
var Schema []byte

// MaxMessage is the longest message that is read, bytes.
const MaxMessage = 64 << 10

// A Property is what a sensor observed.
type Property string

// The observed properties.
const (
	Concentration Property = "concentration" // mole fraction at a place, or its mean along a path
	Column        Property = "column"        // mole fraction times length along a path
	Air           Property = "wind"
	Vehicle       Property = "vehicle" // something of a class passed: never who
)

// units turns each unit of measurement (UCUM, and its common spellings) into
// ppm, or ppm·m for a column.
var units = map[Property]map[string]float64{
	Concentration: {"ppm": 1, "[ppm]": 1, "ppb": 1e-3, "[ppb]": 1e-3, "%": 1e4},
	Column:        {"ppm.m": 1, "[ppm].m": 1, "ppb.m": 1e-3, "[ppb].m": 1e-3, "%.m": 1e4},
}

// A Message is one reading. Exactly one of Observation, Wind and Report is set;
// none belongs to a flight yet, and none has an id.
type Message struct {
	Chemical string // that the sensor says it reads; "" = that of the flight
	// OnGround says that the message gives no altitude: the sensor stands on the
	// ground, whose height is not known here. The altitudes are 0.
	OnGround bool

	Observation *vigia.Observation
	Wind        *vigia.Wind
	Report      *vigia.PositionReport
}

// Time is when it was sensed.
func (m Message) Time() time.Time {
	switch {
	case m.Observation != nil:
		return m.Observation.Time
	case m.Wind != nil:
		return m.Wind.Time
	default:
		return m.Report.Time
	}
}

// message is the JSON of a Message.
type message struct {
	Sensor   string          `json:"sensor"`
	Property Property        `json:"observedProperty"`
	Time     time.Time       `json:"phenomenonTime"`
	Result   json.RawMessage `json:"result"`
	Unit     string          `json:"unitOfMeasurement,omitempty"`
	Location *location       `json:"location,omitempty"`
	Quality  *quality        `json:"resultQuality,omitempty"`
	Chemical string          `json:"chemical,omitempty"`
}

// location is a GeoJSON Point or LineString (RFC 7946): longitude, latitude and,
// perhaps, metres above the ellipsoid.
type location struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// quality is in the unit of the result; of a vehicle, metres.
type quality struct {
	Sigma float64 `json:"sigma,omitempty"`
	Limit float64 `json:"limit,omitempty"`

	Saturation float64 `json:"saturation,omitempty"`
}

type wind struct {
	SpeedMPS float64 `json:"speed_mps"`
	FromDeg  float64 `json:"from_deg"`
}

type vehicle struct {
	Class      string  `json:"class,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
}

// strict reads JSON of exactly these fields.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return vigia.Errorf(vigia.Invalid, "the message is not readable: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return vigia.Errorf(vigia.Invalid, "something follows the message")
	}
	return nil
}

// Decode reads one message. The error is Invalid. The time is not judged
// against a clock.
func Decode(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return Message{}, vigia.Errorf(vigia.Invalid, "a message of %d bytes is longer than %d", len(b), MaxMessage)
	}
	var in message
	if err := strict(b, &in); err != nil {
		return Message{}, err
	}
	switch {
	case !vigia.ValidName(in.Sensor):
		return Message{}, vigia.Errorf(vigia.Invalid, "the sensor's name %q must be 1 to 64 letters, digits, hyphens or underscores", in.Sensor)
	case in.Time.IsZero():
		return Message{}, vigia.Errorf(vigia.Invalid, "the message has no phenomenonTime")
	case len(in.Result) == 0:
		return Message{}, vigia.Errorf(vigia.Invalid, "the message has no result")
	}
	switch in.Property {
	case Concentration, Column:
		return in.observation()
	case Air:
		return in.wind()
	case Vehicle:
		return in.report()
	}
	return Message{}, vigia.Errorf(vigia.Invalid, "%q is no observedProperty; there are concentration, column, wind and vehicle", in.Property)
}

func (in message) observation() (Message, error) {
	scale, ok := units[in.Property][in.Unit]
	if !ok {
		return Message{}, vigia.Errorf(vigia.Invalid, "%q is no unit of a %s", in.Unit, in.Property)
	}
	var value float64
	if err := strict(in.Result, &value); err != nil || string(in.Result) == "null" {
		return Message{}, vigia.Errorf(vigia.Invalid, "the result of a %s is a number", in.Property)
	}
	o := vigia.Observation{Sensor: in.Sensor, Time: in.Time.UTC(), Value: value * scale, Kind: vigia.PointKind}
	if in.Quality != nil {
		q := in.Quality
		o.Sigma, o.Limit, o.Saturation = q.Sigma*scale, q.Limit*scale, q.Saturation*scale
	}
	places, onGround, err := in.places()
	if err != nil {
		return Message{}, err
	}
	o.At = places[0]
	if len(places) == 2 {
		o.Kind, o.To = vigia.BeamKind, &places[1]
	}
	if in.Property == Column {
		o.Kind = vigia.ColumnKind
	}
	if err := o.Valid(); err != nil {
		return Message{}, err
	}
	return Message{Chemical: in.Chemical, OnGround: onGround, Observation: &o}, nil
}

func (in message) wind() (Message, error) {
	var w wind
	if err := strict(in.Result, &w); err != nil || string(in.Result) == "null" {
		return Message{}, vigia.Errorf(vigia.Invalid, `the result of a wind is {"speed_mps": …, "from_deg": …}`)
	}
	if in.Location != nil {
		if _, _, err := in.places(); err != nil {
			return Message{}, err
		}
	}
	out := vigia.Wind{Time: in.Time.UTC(), SpeedMPS: w.SpeedMPS, FromDeg: w.FromDeg}
	return Message{Chemical: in.Chemical, Wind: &out}, out.Valid()
}

func (in message) report() (Message, error) {
	var v vehicle
	if err := strict(in.Result, &v); err != nil || string(in.Result) == "null" {
		return Message{}, vigia.Errorf(vigia.Invalid, `the result of a vehicle is {"class": …, "confidence": …}`)
	}
	if !(v.Confidence >= 0 && v.Confidence <= 1) {
		return Message{}, vigia.Errorf(vigia.Invalid, "the confidence %v is not within 0 to 1", v.Confidence)
	}
	if v.Class != "" && !vigia.ValidName(v.Class) {
		return Message{}, vigia.Errorf(vigia.Invalid, "the class %q must be 1 to 64 letters, digits, hyphens or underscores", v.Class)
	}
	places, onGround, err := in.places()
	switch {
	case err != nil:
		return Message{}, err
	case len(places) != 1:
		return Message{}, vigia.Errorf(vigia.Invalid, "a vehicle is at a Point")
	}
	r := vigia.PositionReport{Sensor: in.Sensor, Time: in.Time.UTC(), At: places[0], Class: v.Class, Confidence: v.Confidence}
	if in.Quality != nil {
		r.SigmaM = in.Quality.Sigma
	}
	if !(r.SigmaM >= 0) || math.IsInf(r.SigmaM, 0) {
		return Message{}, vigia.Errorf(vigia.Invalid, "the standard deviation %v is not a number from 0 up", r.SigmaM)
	}
	return Message{Chemical: in.Chemical, OnGround: onGround, Report: &r}, nil
}

// places reads the location: one place, or the two ends of a path. onGround
// says that no place has an altitude.
func (in message) places() (all []geo.Point, onGround bool, err error) {
	var coordinates [][]float64
	switch {
	case in.Location == nil:
		return nil, false, vigia.Errorf(vigia.Invalid, "the message has no location")
	case in.Location.Type == "Point":
		coordinates = make([][]float64, 1)
		err = strict(in.Location.Coordinates, &coordinates[0])
	case in.Location.Type == "LineString":
		err = strict(in.Location.Coordinates, &coordinates)
		if err == nil && len(coordinates) != 2 {
			err = vigia.Errorf(vigia.Invalid, "a path has two ends, not %d", len(coordinates))
		}
	default:
		err = vigia.Errorf(vigia.Invalid, "the location is a %q and not a Point or a LineString", in.Location.Type)
	}
	if err != nil {
		return nil, false, vigia.Errorf(vigia.Invalid, "the location: %s", vigia.ErrorMessage(err))
	}
	onGround = true
	for _, c := range coordinates {
		if len(c) != 2 && len(c) != 3 {
			return nil, false, vigia.Errorf(vigia.Invalid, "a place has a longitude, a latitude and perhaps an altitude, not %d numbers", len(c))
		}
		p := geo.Point{Lon: c[0], Lat: c[1]}
		if len(c) == 3 {
			p.Alt, onGround = c[2], false
		}
		if err := p.Valid(); err != nil {
			return nil, false, vigia.Errorf(vigia.Invalid, "%v", err)
		}
		all = append(all, p)
	}
	for _, c := range coordinates {
		if !onGround && len(c) == 2 {
			return nil, false, vigia.Errorf(vigia.Invalid, "one end of the path has an altitude and the other has none")
		}
	}
	return all, onGround, nil
}

// Append writes a message after dst, as Decode reads it. The error is Invalid.
func Append(dst []byte, m Message) ([]byte, error) {
	out := message{Time: m.Time(), Chemical: m.Chemical}
	var result any
	switch {
	case m.Observation != nil:
		o := m.Observation
		out.Sensor, out.Property, out.Unit, result = o.Sensor, Concentration, "ppm", o.Value
		if o.Kind == vigia.ColumnKind {
			out.Property, out.Unit = Column, "ppm.m"
		}
		out.Location = at(m.OnGround, o.At, o.To)
		if o.Sigma > 0 || o.Limit > 0 || o.Saturation > 0 {
			out.Quality = &quality{o.Sigma, o.Limit, o.Saturation}
		}
	case m.Wind != nil:
		out.Sensor, out.Property, result = "wind", Air, wind{m.Wind.SpeedMPS, m.Wind.FromDeg}
	case m.Report != nil:
		r := m.Report
		out.Sensor, out.Property, result = r.Sensor, Vehicle, vehicle{r.Class, r.Confidence}
		out.Location = at(m.OnGround, r.At, nil)
		if r.SigmaM > 0 {
			out.Quality = &quality{Sigma: r.SigmaM}
		}
	}
	var err error
	if out.Result, err = json.Marshal(result); err == nil {
		var b []byte
		if b, err = json.Marshal(out); err == nil {
			return append(dst, b...), nil
		}
	}
	return dst, vigia.Errorf(vigia.Invalid, "the message cannot be written: %v", err)
}

func at(onGround bool, p geo.Point, to *geo.Point) *location {
	numbers := func(p geo.Point) []float64 {
		if onGround {
			return []float64{p.Lon, p.Lat}
		}
		return []float64{p.Lon, p.Lat, p.Alt}
	}
	l := &location{Type: "Point"}
	if to == nil {
		l.Coordinates, _ = json.Marshal(numbers(p)) // places are numbers
		return l
	}
	l.Type = "LineString"
	l.Coordinates, _ = json.Marshal([][]float64{numbers(p), numbers(*to)})
	return l
}
