package cot

import (
	"encoding/json"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// Parts are the parts of a detail that most clients write and read: MITRE's
// sub-schemas (CoT_track, CoT_sensor, CoT_contact, CoT_remarks, CoT_link,
// CoT_shape) and TAK's geofence (ATAK-CIV, takcot/xsd/details/__geofence.xsd).
// What else is in a detail is not here; Event.Detail has all of it.
type Parts struct {
	Contact  *Contact    `json:"contact,omitempty"`
	Track    *Track      `json:"track,omitempty"`
	Sensor   *SensorView `json:"sensor,omitempty"`
	Shape    *Shape      `json:"shape,omitempty"`
	Geofence *Geofence   `json:"geofence,omitempty"`
	Remarks  []Remarks   `json:"remarks,omitempty"`
	Links    []Link      `json:"links,omitempty"`
}

// A Contact is how to reach who sent the event.
type Contact struct {
	Callsign string `xml:"callsign,attr" json:"callsign"`
	Endpoint string `xml:"endpoint,attr,omitempty" json:"endpoint,omitempty"` // host:port:protocol
}

// A Track is how the thing moves.
type Track struct {
	Course      Number `xml:"course,attr" json:"course,omitzero"`        // degrees clockwise from true north
	Speed       Number `xml:"speed,attr" json:"speed,omitzero"`          // m/s
	Slope       Number `xml:"slope,attr" json:"slope,omitzero"`          // degrees, up is positive
	CourseError Number `xml:"eCourse,attr" json:"course_error,omitzero"` // 1σ
	SpeedError  Number `xml:"eSpeed,attr" json:"speed_error,omitzero"`
	SlopeError  Number `xml:"eSlope,attr" json:"slope_error,omitzero"`
}

// A SensorView is where a sensor looks and how wide, all in degrees.
type SensorView struct {
	Azimuth   Number `xml:"azimuth,attr" json:"azimuth,omitzero"` // clockwise from true north
	Elevation Number `xml:"elevation,attr" json:"elevation,omitzero"`
	Roll      Number `xml:"roll,attr" json:"roll,omitzero"`
	FOV       Number `xml:"fov,attr" json:"fov,omitzero"`   // horizontal, edge to edge
	VFOV      Number `xml:"vfov,attr" json:"vfov,omitzero"` // vertical
	North     Number `xml:"north,attr" json:"north,omitzero"`
	Range     Number `xml:"range,attr" json:"range,omitzero"` // m
	Type      string `xml:"type,attr,omitempty" json:"type,omitempty"`
	Model     string `xml:"model,attr,omitempty" json:"model,omitempty"`
	Version   string `xml:"version,attr,omitempty" json:"version,omitempty"`
}

// Remarks are somebody's words.
type Remarks struct {
	Text     string `xml:",chardata" json:"text"`
	Source   string `xml:"source,attr,omitempty" json:"source,omitempty"`
	Time     string `xml:"time,attr,omitempty" json:"time,omitempty"` // as it came
	To       string `xml:"to,attr,omitempty" json:"to,omitempty"`
	Keywords string `xml:"keywords,attr,omitempty" json:"keywords,omitempty"`
}

// A Link is a tie to another event, or a point of a route or an outline.
type Link struct {
	UID      string `xml:"uid,attr,omitempty" json:"uid,omitempty"`
	Type     string `xml:"type,attr,omitempty" json:"type,omitempty"`
	Relation string `xml:"relation,attr,omitempty" json:"relation,omitempty"` // p-p: parent, p-c: child, c: a point of a route, …
	URL      string `xml:"url,attr,omitempty" json:"url,omitempty"`
	MIME     string `xml:"mime,attr,omitempty" json:"mime,omitempty"`
	Callsign string `xml:"callsign,attr,omitempty" json:"callsign,omitempty"`
	Point    string `xml:"point,attr,omitempty" json:"point,omitempty"` // "lat,lon" or "lat,lon,hae"
}

// Place reads a link's point; a height that is not told is 0.
func (l Link) Place() (p geo.Point, ok bool) {
	parts := strings.Split(l.Point, ",")
	if len(parts) != 2 && len(parts) != 3 {
		return p, false
	}
	var v [3]float64
	for i, s := range parts {
		x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil {
			return p, false
		}
		v[i] = x
	}
	p = geo.Point{Lat: v[0], Lon: v[1], Alt: v[2]}
	return p, p.Valid() == nil
}

// A Shape is an area or a line about the event's point.
type Shape struct {
	Ellipses []Ellipse `xml:"ellipse" json:"ellipses,omitempty"`
	Polyline *Polyline `xml:"polyline" json:"polyline,omitempty"`
}

// An Ellipse lies about the event's point. Major and Minor are half the axes, as
// TAK draws them.
type Ellipse struct {
	Major Number `xml:"major,attr" json:"major,omitzero"` // m
	Minor Number `xml:"minor,attr" json:"minor,omitzero"` // m
	Angle Number `xml:"angle,attr" json:"angle,omitzero"` // of the major axis, degrees clockwise from true north
}

// A Polyline is a row of places, an outline where it is closed.
type Polyline struct {
	Closed   bool     `xml:"closed,attr,omitempty" json:"closed,omitempty"`
	Vertices []Vertex `xml:"vertex" json:"vertices"`
}

// A Vertex is a place of a polyline.
type Vertex struct {
	Lat Number `xml:"lat,attr" json:"lat,omitzero"`
	Lon Number `xml:"lon,attr" json:"lon,omitzero"`
	HAE Number `xml:"hae,attr" json:"hae,omitzero"`
}

// A Geofence watches the event's shape: whoever of the monitored crosses it in
// the way of the trigger is told of.
type Geofence struct {
	Trigger  string `xml:"trigger,attr" json:"trigger"` // Entry, Exit, Both
	Monitor  string `xml:"monitor,attr" json:"monitor"` // TAKUsers, Friendly, Hostile, Custom, All
	Tracking bool   `xml:"tracking,attr" json:"tracking"`

	ElevationMonitored bool   `xml:"elevationMonitored,attr" json:"elevation_monitored"`
	MinElevation       Number `xml:"minElevation,attr" json:"min_elevation,omitzero"` // m above the ellipsoid
	MaxElevation       Number `xml:"maxElevation,attr" json:"max_elevation,omitzero"` // m above the ellipsoid

	// BoundingSphere is how far from the shape who is monitored is looked for, m.
	BoundingSphere Number `xml:"boundingSphere,attr" json:"bounding_sphere,omitzero"`
}

// A Number is a number of a detail, or none: clients leave one out that they do
// not know, or write NaN. The zero value is none.
type Number struct {
	value float64
	known bool
}

// Num is a number; NaN and the infinities are none.
func Num(x float64) Number {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Number{}
	}
	return Number{x, true}
}

// Value is the number, if there is one.
func (n Number) Value() (x float64, known bool) { return n.value, n.known }

// UnmarshalXMLAttr reads a number; what is not one is none.
func (n *Number) UnmarshalXMLAttr(a xml.Attr) error {
	*n = Number{}
	if x, err := strconv.ParseFloat(strings.TrimSpace(a.Value), 64); err == nil {
		*n = Num(x)
	}
	return nil
}

// MarshalXMLAttr writes a number and leaves none out, but for those without
// which TAK's schema takes no geofence.
func (n Number) MarshalXMLAttr(name xml.Name) (xml.Attr, error) {
	switch {
	case n.known:
		return xml.Attr{Name: name, Value: strconv.FormatFloat(n.value, 'f', -1, 64)}, nil
	case name.Local == "minElevation" || name.Local == "maxElevation":
		return xml.Attr{Name: name, Value: "NaN"}, nil
	}
	return xml.Attr{}, nil
}

// MarshalJSON writes a number, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.known {
		return []byte("null"), nil
	}
	return json.Marshal(n.value)
}

// UnmarshalJSON reads a number, or null.
func (n *Number) UnmarshalJSON(b []byte) error {
	var x *float64
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*n = Number{}
	if x != nil {
		*n = Num(*x)
	}
	return nil
}

// parts is Parts in XML.
type parts struct {
	XMLName  xml.Name    `xml:"detail"`
	Contact  *Contact    `xml:"contact"`
	Track    *Track      `xml:"track"`
	Sensor   *SensorView `xml:"sensor"`
	Shape    *Shape      `xml:"shape"`
	Geofence *Geofence   `xml:"__geofence"`
	Remarks  []Remarks   `xml:"remarks"`
	Links    []Link      `xml:"link"`
}

// Parts reads the event's detail. Of a part that is there twice the last
// counts, and an empty remark is none. Its errors are Invalid.
func (e Event) Parts() (Parts, error) {
	if e.Detail == "" {
		return Parts{}, nil
	}
	var p parts
	if err := xml.Unmarshal([]byte(e.Detail), &p); err != nil {
		return Parts{}, vigia.Errorf(vigia.Invalid, "the detail is not readable: %v", err)
	}
	out := Parts{Contact: p.Contact, Track: p.Track, Sensor: p.Sensor, Shape: p.Shape, Geofence: p.Geofence, Links: p.Links}
	for _, r := range p.Remarks {
		if r.Text = strings.TrimSpace(r.Text); r != (Remarks{}) {
			out.Remarks = append(out.Remarks, r)
		}
	}
	return out, nil
}

// Detail writes the parts as a detail element.
func (p Parts) Detail() (string, error) {
	b, err := xml.Marshal(parts{
		Contact: p.Contact, Track: p.Track, Sensor: p.Sensor, Shape: p.Shape, Geofence: p.Geofence, Remarks: p.Remarks, Links: p.Links,
	})
	if err != nil {
		return "", vigia.Errorf(vigia.Invalid, "the detail cannot be written: %v", err)
	}
	return string(b), nil
}

// When reads the time of a remark.
func (r Remarks) When() (t time.Time, ok bool) {
	t, err := time.Parse(time.RFC3339, r.Time)
	return t, err == nil
}
