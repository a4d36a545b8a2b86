// Package cot reads and writes Cursor-on-Target 2.0 events, the XML messages
// of TAK clients and servers (MITRE, "Cursor on Target Message Router User's
// Guide", MP090284, and its base schema Event.xsd). docs/formats/cot.md tells
// which parts.
//
// It reads any event, and writes those of the types in Leaving only: the name
// of the format notwithstanding, nothing that leaves names a target.
package cot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
)

// Unknown is what TAK writes for a height or an error that is not known, m.
const Unknown = 9999999

// EventLimit is the longest event that is read, bytes.
const EventLimit = 256 << 10

// depthLimit is how deep the elements of a detail may nest.
const depthLimit = 64

// SpotMarker is a coloured dot on the map that a person looks at: the
// "Spot" of TAK's point dropper.
const SpotMarker = "b-m-p-s-m"

// leaving is the closed list of the types that may leave. None is an atom
// ("a-": a thing with a side), a task ("t-"), or a point of a fire mission or
// of close air support, and none ever will be; a test holds it.
var leaving = [...]string{SpotMarker}

// Leaving returns the closed list of the types that may leave.
func Leaving() []string { return slices.Clone(leaving[:]) }

// An Event is one message: something at a place, for a time.
type Event struct {
	Version string    `json:"version"` // "2.0"
	UID     string    `json:"uid"`     // the same for all messages of one thing
	Type    string    `json:"type"`    // what it is, a path in the tree of types
	How     string    `json:"how"`     // how its place was found
	Time    time.Time `json:"time"`    // when the message was made
	Start   time.Time `json:"start"`   // from when it holds
	Stale   time.Time `json:"stale"`   // until when it holds
	Access  string    `json:"access,omitempty"`
	QoS     string    `json:"qos,omitempty"`
	Opex    string    `json:"opex,omitempty"`
	Point   Point     `json:"point"`

	// Detail is the detail element as it came, tags included, byte for byte;
	// empty when there is none. What is in it is the clients' own business.
	Detail string `json:"detail,omitempty"`
}

// A Point is where, WGS 84; heights above the ellipsoid. CE and LE are the
// radius and half the height of the cylinder that the event is in; Unknown
// where they are not known.
type Point struct {
	Lat float64 `json:"lat"` // degrees
	Lon float64 `json:"lon"` // degrees
	HAE float64 `json:"hae"` // m
	CE  float64 `json:"ce"`  // m
	LE  float64 `json:"le"`  // m
}

// Valid tells why e cannot be an event, or nil.
func (e Event) Valid() error {
	switch {
	case e.Version != "2.0":
		return vigia.Errorf(vigia.Invalid, "the version is %q; 2.0 is read", clip(e.Version))
	case e.UID == "":
		return vigia.Errorf(vigia.Invalid, "the event has no uid")
	case e.Type == "":
		return vigia.Errorf(vigia.Invalid, "the event has no type")
	case e.How == "":
		return vigia.Errorf(vigia.Invalid, "the event has no how")
	}
	for _, t := range []time.Time{e.Time, e.Start, e.Stale} {
		if t.Year() < 1 || t.Year() > 9999 {
			return vigia.Errorf(vigia.Invalid, "the year %d of an event is not within 1 to 9999", t.Year())
		}
	}
	for _, q := range []struct {
		name  string
		value float64
		bound float64
	}{{"lat", e.Point.Lat, 90}, {"lon", e.Point.Lon, 180}, {"hae", e.Point.HAE, 1e9}, {"ce", e.Point.CE, 1e9}, {"le", e.Point.LE, 1e9}} {
		if !(math.Abs(q.value) <= q.bound) {
			return vigia.Errorf(vigia.Invalid, "the point's %s is %v; it must be within %v", q.name, q.value, q.bound)
		}
	}
	return nil
}

// Decode reads one event: XML, or a message of TAK protocol 1 with its header.
// Its errors are Invalid.
func Decode(b []byte) (Event, error) {
	if len(b) > EventLimit {
		return Event{}, vigia.Errorf(vigia.Invalid, "the event is %d bytes long; at most %d are read", len(b), EventLimit)
	}
	if len(b) > 0 && b[0] == protoMagic {
		return decodeProto(b)
	}
	if e, ok := quick(b); ok {
		return e, e.Valid()
	}
	return decodeXML(b)
}

// decodeXML reads one event with encoding/xml, which has the last word on what
// is XML.
func decodeXML(b []byte) (Event, error) {
	d := decoder{in: b, xml: xml.NewDecoder(bytes.NewReader(b))}
	if err := d.document(); err != nil {
		var ours *vigia.Error
		if !errors.As(err, &ours) {
			ours = vigia.Errorf(vigia.Invalid, "the XML is broken near byte %d: %v", d.xml.InputOffset(), err)
		}
		return Event{}, ours
	}
	return d.event, d.event.Valid()
}

type decoder struct {
	in       []byte
	xml      *xml.Decoder
	event    Event
	hasPoint bool
}

// document reads the one root element; declarations, comments and blanks may
// stand around it.
func (d *decoder) document() error {
	seen := false
	for {
		token, err := d.xml.Token()
		if errors.Is(err, io.EOF) && seen {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return vigia.Errorf(vigia.Invalid, "there is no event")
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if seen || t.Name.Local != "event" {
				return vigia.Errorf(vigia.Invalid, "an element %q stands where one event was expected", clip(t.Name.Local))
			}
			seen = true
			if err := d.root(t); err != nil {
				return err
			}
		case xml.Directive:
			return vigia.Errorf(vigia.Invalid, "a document type declaration is not read")
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return vigia.Errorf(vigia.Invalid, "text stands outside the event")
			}
		}
	}
}

func (d *decoder) root(start xml.StartElement) error {
	if err := d.attributes(start); err != nil {
		return err
	}
	for {
		before := d.xml.InputOffset()
		token, err := d.xml.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			if !d.hasPoint {
				return vigia.Errorf(vigia.Invalid, "the event has no point")
			}
			return nil
		case xml.StartElement:
			if err := skip(d.xml); err != nil {
				return err
			}
			switch t.Name.Local {
			case "point":
				if d.hasPoint {
					return vigia.Errorf(vigia.Invalid, "the event has two points")
				}
				d.hasPoint = true
				if err := d.point(t); err != nil {
					return err
				}
			case "detail":
				if d.event.Detail != "" {
					return vigia.Errorf(vigia.Invalid, "the event has two details")
				}
				d.event.Detail = string(d.in[before:d.xml.InputOffset()])
			}
		}
	}
}

// skip reads to the end of an element, and refuses one that nests too deep.
func skip(d *xml.Decoder) error {
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > depthLimit {
				return vigia.Errorf(vigia.Invalid, "the elements nest deeper than %d", depthLimit)
			}
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

func (d *decoder) attributes(start xml.StartElement) error {
	e := &d.event
	times := map[string]*time.Time{"time": &e.Time, "start": &e.Start, "stale": &e.Stale}
	words := map[string]*string{"version": &e.Version, "uid": &e.UID, "type": &e.Type, "how": &e.How, "access": &e.Access, "qos": &e.QoS, "opex": &e.Opex}
	for _, a := range start.Attr {
		if w, ok := words[a.Name.Local]; ok {
			*w = a.Value
		}
		if t, ok := times[a.Name.Local]; ok {
			v, err := time.Parse(time.RFC3339, a.Value)
			if err != nil {
				return vigia.Errorf(vigia.Invalid, "the event's %s %q is not a time such as 2026-01-31T12:00:00Z", a.Name.Local, clip(a.Value))
			}
			*t = v.UTC()
			delete(times, a.Name.Local)
		}
	}
	for _, name := range []string{"time", "start", "stale"} {
		if _, missing := times[name]; missing {
			return vigia.Errorf(vigia.Invalid, "the event has no %s", name)
		}
	}
	return nil
}

func (d *decoder) point(start xml.StartElement) error {
	p := &d.event.Point
	numbers := map[string]*float64{"lat": &p.Lat, "lon": &p.Lon, "hae": &p.HAE, "ce": &p.CE, "le": &p.LE}
	for _, a := range start.Attr {
		n, ok := numbers[a.Name.Local]
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(a.Value), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return vigia.Errorf(vigia.Invalid, "the point's %s %q is not a number", a.Name.Local, clip(a.Value))
		}
		*n = v
		delete(numbers, a.Name.Local)
	}
	for _, name := range []string{"lat", "lon", "hae", "ce", "le"} {
		if _, missing := numbers[name]; missing {
			return vigia.Errorf(vigia.Invalid, "the point has no %s", name)
		}
	}
	return nil
}

// Encode writes an event of a type that may leave. It answers Forbidden for
// any other type, and Invalid for an event that is not valid or whose detail
// is not one well-formed element.
func Encode(e Event) ([]byte, error) {
	if !slices.Contains(leaving[:], e.Type) {
		return nil, vigia.Errorf(vigia.Forbidden, "an event of type %q may not leave; the types that may are %v", clip(e.Type), leaving)
	}
	return encode(e)
}

// encode writes an event of any type.
func encode(e Event) ([]byte, error) {
	if err := e.Valid(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><event`)
	for _, a := range []struct{ name, value string }{
		{"version", e.Version}, {"uid", e.UID}, {"type", e.Type}, {"how", e.How},
		{"time", formatTime(e.Time)}, {"start", formatTime(e.Start)}, {"stale", formatTime(e.Stale)},
		{"access", e.Access}, {"qos", e.QoS}, {"opex", e.Opex},
	} {
		if a.value != "" {
			attribute(&b, a.name, a.value)
		}
	}
	b.WriteString("><point")
	for _, a := range []struct {
		name  string
		value float64
	}{{"lat", e.Point.Lat}, {"lon", e.Point.Lon}, {"hae", e.Point.HAE}, {"ce", e.Point.CE}, {"le", e.Point.LE}} {
		attribute(&b, a.name, strconv.FormatFloat(a.value, 'f', -1, 64))
	}
	b.WriteString("/>" + e.Detail + "</event>")
	// Reading it back proves that the detail closed nothing but itself, and
	// that the other side reads what was meant.
	back, err := Decode(b.Bytes())
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the event cannot be written: %s", vigia.ErrorMessage(err))
	}
	if back.Detail != e.Detail || back.Type != e.Type || back.UID != e.UID || back.How != e.How ||
		back.Access != e.Access || back.QoS != e.QoS || back.Opex != e.Opex {
		return nil, vigia.Errorf(vigia.Invalid, "the event cannot be written: its detail is not one detail element, or a word in it is not text")
	}
	return b.Bytes(), nil
}

func attribute(b *bytes.Buffer, name, value string) {
	b.WriteString(" " + name + `="`)
	escape(b, value)
	b.WriteString(`"`)
}

func escape(b *bytes.Buffer, s string) {
	_ = xml.EscapeText(b, []byte(s)) // a buffer takes every write
}

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999999Z07:00") }

// clip shortens what came from outside for an error's sentence.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
