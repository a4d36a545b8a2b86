package web_test

import (
	"encoding/json"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/web"
)

// schema is as much of a JSON Schema as this test reads.
type schema struct {
	Type                 any               `json:"type"`
	Properties           map[string]schema `json:"properties"`
	Required             []string          `json:"required"`
	AdditionalProperties any               `json:"additionalProperties"`
	Enum                 []string          `json:"enum"`
}

func schemas(t *testing.T) map[string]schema {
	t.Helper()
	b, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	return doc.Components.Schemas
}

// The nouns that go over the wire, and what of them stays behind.
var nouns = []struct {
	noun    any
	without string
}{
	{vigia.Authorisation{}, ""}, {vigia.Batch{}, ""}, {vigia.Building{}, ""}, {vigia.Chemical{}, ""},
	{vigia.Decision{}, ""}, {vigia.Detection{}, ""}, {vigia.Error{}, ""}, {vigia.Flight{}, ""},
	{vigia.FlightClosed{}, ""}, {vigia.Lead{}, ""}, {vigia.Step{}, ""}, {vigia.Observation{}, ""},
	{vigia.Provenance{}, ""}, {vigia.Outcome{}, ""}, {vigia.Release{}, ""}, {vigia.Sealed{}, "ciphertext"},
	{vigia.Site{}, ""}, {vigia.Evidence{}, ""}, {vigia.Posterior{}, ""}, {vigia.Source{}, ""},
	{vigia.Ellipse{}, ""}, {vigia.BuildingProbability{}, ""}, {vigia.User{}, ""}, {vigia.Session{}, ""},
	{vigia.Wind{}, ""}, {vigia.Pose{}, ""}, {vigia.Attitude{}, ""}, {vigia.PositionReport{}, ""}, {vigia.RangeRate{}, ""},
	{vigia.TrackPoint{}, ""}, {vigia.Picture{}, ""}, {vigia.Visit{}, ""}, {vigia.Look{}, ""}, {vigia.View{}, ""}, {vigia.Rhythm{}, ""}, {vigia.WeekHour{}, ""},
	{vigia.Words{}, ""}, {vigia.Recurrence{}, ""}, {vigia.Together{}, ""}, {vigia.Unusual{}, ""},
	{web.Moving{}, ""}, {web.Aircraft{}, ""}, {web.Vehicles{}, ""}, {geo.Point{}, ""}, {geo.Volume{}, ""},
	{vigia.Plume{}, ""}, {vigia.ChemicalProbability{}, ""}, {vigia.PlumeColumn{}, ""}, {vigia.PlumeOrigin{}, ""},
}

// A noun's JSON tags are the wire format: the schema of its name has the same
// fields, requires those that are always written, and allows no other.
func TestSchemasAreTheNouns(t *testing.T) {
	all := schemas(t)
	for _, c := range nouns {
		typ := reflect.TypeOf(c.noun)
		t.Run(typ.Name(), func(t *testing.T) {
			s, ok := all[typ.Name()]
			if !ok {
				t.Fatalf("openapi.json has no schema %s", typ.Name())
			}
			if s.AdditionalProperties != false {
				t.Errorf("the schema %s must have additionalProperties false", typ.Name())
			}
			var fields, always []string
			for i := range typ.NumField() {
				f := typ.Field(i)
				name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name == "-" || name == c.without {
					continue
				}
				fields = append(fields, name)
				if !strings.Contains(options, "omitempty") {
					always = append(always, name)
				}
				// A nil slice or map that is always written is written as null.
				k := f.Type.Kind()
				if (k == reflect.Slice || k == reflect.Map) && !strings.Contains(options, "omitempty") &&
					f.Type != reflect.TypeOf(geo.Polygon{}) && name != "steps" {
					if types, ok := s.Properties[name].Type.([]any); !ok || len(types) != 2 || types[1] != "null" {
						t.Errorf("%s.%s is null when it is nil; the schema's type is %v", typ.Name(), name, s.Properties[name].Type)
					}
				}
			}
			same(t, typ.Name()+": fields", fields, keys(s.Properties))
			same(t, typ.Name()+": required fields", always, s.Required)
		})
	}
}

// The closed lists are the same in Go and in the schema.
func TestEnumsAreTheNouns(t *testing.T) {
	all := schemas(t)
	for name, values := range map[string]any{
		"Role":            vigia.Roles(),
		"Purpose":         vigia.Purposes(),
		"SealReason":      []vigia.SealReason{vigia.OutsideVolume, vigia.OutsideHours, vigia.OutsidePurpose, vigia.Unplaced, vigia.NoFlight},
		"SiteStatus":      []vigia.SiteStatus{vigia.Candidate, vigia.Withdrawn},
		"ObservationKind": []vigia.Kind{vigia.PointKind, vigia.BeamKind, vigia.ColumnKind},
		"OutcomeKind":     []vigia.OutcomeKind{vigia.Confirmed, vigia.NothingFound, vigia.AnotherCause, vigia.NotActedOn},
		"LeadStatus": []vigia.LeadStatus{vigia.Raised, vigia.Approved, vigia.Declined, vigia.Recalled,
			vigia.Released, vigia.Acknowledged, vigia.Closed},
		"DecisionKind": []vigia.DecisionKind{vigia.GrantAuthorisation, vigia.RegisterFlight, vigia.EndFlight,
			vigia.RaiseLead, vigia.ApproveLead, vigia.DeclineLead, vigia.ReleaseLead, vigia.WithdrawLead,
			vigia.AcknowledgeLead, vigia.ReportOutcome},
	} {
		var want []string
		for i, v := 0, reflect.ValueOf(values); i < v.Len(); i++ {
			want = append(want, v.Index(i).String())
		}
		same(t, name, want, all[name].Enum)
	}
}

func keys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func same(t *testing.T, what string, inGo, inSchema []string) {
	t.Helper()
	a, b := append([]string(nil), inGo...), append([]string(nil), inSchema...)
	sort.Strings(a)
	sort.Strings(b)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s differ\n  in Go:           %v\n  in openapi.json: %v", what, a, b)
	}
}
