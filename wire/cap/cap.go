// Package cap reads and writes alerts of the Common Alerting Protocol 1.2
// (OASIS CAP-v1.2, 1 July 2010; the clauses are that document's). Vigía writes
// one for a released lead, in Spanish and English, for whoever was told to
// expect it: the scope is Restricted, never Public.
package cap

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
)

// Namespace is CAP 1.2's.
const Namespace = "urn:oasis:names:tc:emergency:cap:1.2"

// AlertLimit is the longest alert that is read, bytes.
const AlertLimit = 1 << 20

// An Alert is an alert (clause 3.2.1). Times carry their offset.
type Alert struct {
	XMLName     xml.Name `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
	Identifier  string   `xml:"identifier"`
	Sender      string   `xml:"sender"`
	Sent        Time     `xml:"sent"`
	Status      string   `xml:"status"`  // Actual, Exercise, System, Test, Draft
	MsgType     string   `xml:"msgType"` // Alert, Update, Cancel, Ack, Error
	Source      string   `xml:"source,omitempty"`
	Scope       string   `xml:"scope"` // Public, Restricted, Private
	Restriction string   `xml:"restriction,omitempty"`
	Addresses   string   `xml:"addresses,omitempty"`
	Code        []string `xml:"code"`
	Note        string   `xml:"note,omitempty"`
	References  string   `xml:"references,omitempty"`
	Incidents   string   `xml:"incidents,omitempty"`
	Info        []Info   `xml:"info"`
}

// An Info is what an alert says in one language (clause 3.2.2).
type Info struct {
	Language     string      `xml:"language,omitempty"` // RFC 3066; none is en-US
	Category     []string    `xml:"category"`           // Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE, Other
	Event        string      `xml:"event"`
	ResponseType []string    `xml:"responseType"` // Shelter, Evacuate, Prepare, Execute, Avoid, Monitor, Assess, AllClear, None
	Urgency      string      `xml:"urgency"`      // Immediate, Expected, Future, Past, Unknown
	Severity     string      `xml:"severity"`     // Extreme, Severe, Moderate, Minor, Unknown
	Certainty    string      `xml:"certainty"`    // Observed, Likely, Possible, Unlikely, Unknown
	Effective    *Time       `xml:"effective"`
	Expires      *Time       `xml:"expires"`
	SenderName   string      `xml:"senderName,omitempty"`
	Headline     string      `xml:"headline,omitempty"`
	Description  string      `xml:"description,omitempty"`
	Instruction  string      `xml:"instruction,omitempty"`
	Parameter    []Parameter `xml:"parameter"`
	Area         []Area      `xml:"area"`
}

// A Parameter is a named value that the system adds (clause 3.2.2).
type Parameter struct {
	Name  string `xml:"valueName"`
	Value string `xml:"value"`
}

// An Area is where an alert applies (clause 3.2.4).
type Area struct {
	Description string   `xml:"areaDesc"`
	Polygon     []string `xml:"polygon"` // "lat,lon lat,lon …", closed
	Circle      []string `xml:"circle"`  // "lat,lon radius", kilometres
}

// A Time is a time as clause 3.3.2 has it: to the second, with a numeric
// offset; Z is not allowed.
type Time time.Time

const layout = "2006-01-02T15:04:05-07:00"

// MarshalText writes the time.
func (t Time) MarshalText() ([]byte, error) {
	s := time.Time(t).UTC().Format(layout)
	return []byte(strings.Replace(s, "+00:00", "-00:00", 1)), nil // clause 3.3.2: UTC is -00:00
}

// UnmarshalText reads the time.
func (t *Time) UnmarshalText(b []byte) error {
	parsed, err := time.Parse(layout, strings.TrimSpace(string(b)))
	if err != nil {
		return fmt.Errorf("the time %q is not as in clause 3.3.2", b)
	}
	*t = Time(parsed.UTC())
	return nil
}

// names must hold no space, comma, < or & (clause 3.2.1, identifier and sender).
var name = regexp.MustCompile(`^[^\s,<&]+$`)

// values are the closed lists of the elements that have one.
var values = map[string][]string{
	"status":       {"Actual", "Exercise", "System", "Test", "Draft"},
	"msgType":      {"Alert", "Update", "Cancel", "Ack", "Error"},
	"scope":        {"Public", "Restricted", "Private"},
	"category":     {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"},
	"responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"},
	"urgency":      {"Immediate", "Expected", "Future", "Past", "Unknown"},
	"severity":     {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
	"certainty":    {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}

// Valid tells why a cannot be an alert, or nil.
func (a Alert) Valid() error {
	switch {
	case !name.MatchString(a.Identifier):
		return vigia.Errorf(vigia.Invalid, "the identifier %q must hold no space, comma, < or &", a.Identifier)
	case !name.MatchString(a.Sender):
		return vigia.Errorf(vigia.Invalid, "the sender %q must hold no space, comma, < or &", a.Sender)
	case time.Time(a.Sent).IsZero():
		return vigia.Errorf(vigia.Invalid, "an alert needs the time it was sent")
	case a.Scope == "Restricted" && a.Restriction == "":
		return vigia.Errorf(vigia.Invalid, "a restricted alert needs its restriction")
	case a.Scope == "Private" && a.Addresses == "":
		return vigia.Errorf(vigia.Invalid, "a private alert needs its addresses")
	}
	for element, value := range map[string]string{"status": a.Status, "msgType": a.MsgType, "scope": a.Scope} {
		if err := oneOf(element, value); err != nil {
			return err
		}
	}
	for _, i := range a.Info {
		if err := i.valid(); err != nil {
			return err
		}
	}
	return nil
}

func (i Info) valid() error {
	if len(i.Category) == 0 || i.Event == "" {
		return vigia.Errorf(vigia.Invalid, "an info needs a category and an event")
	}
	for element, value := range map[string]string{"urgency": i.Urgency, "severity": i.Severity, "certainty": i.Certainty} {
		if err := oneOf(element, value); err != nil {
			return err
		}
	}
	for element, list := range map[string][]string{"category": i.Category, "responseType": i.ResponseType} {
		for _, value := range list {
			if err := oneOf(element, value); err != nil {
				return err
			}
		}
	}
	for _, a := range i.Area {
		if a.Description == "" {
			return vigia.Errorf(vigia.Invalid, "an area needs a description")
		}
	}
	return nil
}

func oneOf(element, value string) error {
	if !slices.Contains(values[element], value) {
		return vigia.Errorf(vigia.Invalid, "%s is %q; there are %s", element, value, strings.Join(values[element], ", "))
	}
	return nil
}

// Decode reads an alert. Its errors are Invalid.
func Decode(b []byte) (Alert, error) {
	var a Alert
	if len(b) > AlertLimit {
		return a, vigia.Errorf(vigia.Invalid, "an alert of %d bytes; %d is the most", len(b), AlertLimit)
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&a); err != nil {
		return a, vigia.Errorf(vigia.Invalid, "the alert cannot be read: %v", err)
	}
	for { // nothing but space and comments may follow
		t, err := d.Token()
		if err == io.EOF {
			return a, a.Valid()
		}
		if err != nil {
			return a, vigia.Errorf(vigia.Invalid, "what follows the alert cannot be read: %v", err)
		}
		if text, ok := t.(xml.CharData); ok && len(bytes.TrimSpace(text)) > 0 {
			return a, vigia.Errorf(vigia.Invalid, "something follows the alert")
		}
		if _, ok := t.(xml.StartElement); ok {
			return a, vigia.Errorf(vigia.Invalid, "a second element follows the alert")
		}
	}
}

// Encode writes an alert.
func Encode(a Alert) ([]byte, error) {
	if err := a.Valid(); err != nil {
		return nil, err
	}
	body, err := xml.MarshalIndent(a, "", "  ")
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the alert cannot be written: %v", err)
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}

// FromRelease is the alert of a released lead: what the partner may see and
// nothing else. Its urgency and severity are unknown, for a reading from the
// air says nothing of either, and it asks for an assessment.
func FromRelease(r vigia.Release, id, sender string, at time.Time) Alert {
	a := Alert{
		Identifier: id, Sender: sender, Sent: Time(at), Status: "Actual", MsgType: "Alert",
		Scope: "Restricted", Restriction: "For the authorities that the lead was released to", Incidents: string(r.Lead),
	}
	circle := fmt.Sprintf("%.6f,%.6f %.3f", r.At.Lat, r.At.Lon, math.Ceil(r.PrecisionM)/1000)
	for _, l := range []struct{ tag, event, headline, area, text string }{
		{"es", "Emisión de vapor", "Vapor observado desde el aire", "El origen está dentro del círculo con una probabilidad del 95 %", r.Text["es"]},
		{"en", "Vapour emission", "Vapour observed from the air", "The origin lies in the circle with 95 % probability", r.Text["en"]},
	} {
		a.Info = append(a.Info, Info{
			Language: l.tag, Category: []string{"Env"}, Event: l.event, ResponseType: []string{"Assess"},
			Urgency: "Unknown", Severity: "Unknown", Certainty: "Likely",
			Headline: l.headline, Description: l.text,
			Parameter: []Parameter{{"chemical", r.Chemical}, {"policy", r.Policy}},
			Area:      []Area{{Description: l.area, Circle: []string{circle}}},
		})
	}
	return a
}
