package ground

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// cases are read by Decode, judged by the schema, and seed the fuzzer.
var cases = []struct {
	name, json string
	want       string // of the error; "" = it is a message
	lax        bool   // the schema cannot say it
}{
	{"point", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":2.5,"unitOfMeasurement":"ppm","location":{"type":"Point","coordinates":[-30,10,2]},"resultQuality":{"sigma":0.1,"limit":0.2},"chemical":"methane"}`, "", false},
	{"beam", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T06:00:00-06:00","result":2500,"unitOfMeasurement":"ppb","location":{"type":"LineString","coordinates":[[-30,10,2],[-30,10.001,2]]}}`, "", false},
	{"column", `{"sensor":"g1","observedProperty":"column","phenomenonTime":"2026-03-01T12:00:00Z","result":250,"unitOfMeasurement":"ppm.m","location":{"type":"LineString","coordinates":[[-30,10,100],[-30,10,2]]}}`, "", false},
	{"wind", `{"sensor":"w","observedProperty":"wind","phenomenonTime":"2026-03-01T12:00:00Z","result":{"speed_mps":3,"from_deg":270}}`, "", false},
	{"vehicle", `{"sensor":"u1","observedProperty":"vehicle","phenomenonTime":"2026-03-01T12:00:00Z","result":{"class":"van","confidence":0.8},"location":{"type":"Point","coordinates":[-30,10]},"resultQuality":{"sigma":3}}`, "", false},
	{"nothing", ``, "not readable", false},
	{"not an object", `[]`, "not readable", false},
	{"a name", `{"sensor":"g1","observedProperty":"vehicle","phenomenonTime":"2026-03-01T12:00:00Z","result":{"class":"van","plate":"ABC"},"location":{"type":"Point","coordinates":[-30,10]}}`, "the result of a vehicle", false},
	{"unknown field", `{"sensor":"g1","colour":"red"}`, "unknown field", false},
	{"no time", `{"sensor":"g1","observedProperty":"wind","result":{"speed_mps":3,"from_deg":270}}`, "no phenomenonTime", false},
	{"bad sensor", `{"sensor":"a b","observedProperty":"wind","phenomenonTime":"2026-03-01T12:00:00Z","result":{"speed_mps":3,"from_deg":270}}`, "sensor's name", false},
	{"unknown property", `{"sensor":"g1","observedProperty":"smell","phenomenonTime":"2026-03-01T12:00:00Z","result":1}`, "no observedProperty", false},
	{"unit", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":1,"unitOfMeasurement":"mg","location":{"type":"Point","coordinates":[-30,10]}}`, "no unit", false},
	{"text result", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":"1","unitOfMeasurement":"ppm","location":{"type":"Point","coordinates":[-30,10]}}`, "is a number", false},
	{"null result", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":null,"unitOfMeasurement":"ppm","location":{"type":"Point","coordinates":[-30,10]}}`, "is a number", false},
	{"nowhere", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":1,"unitOfMeasurement":"ppm"}`, "no location", false},
	{"off the Earth", `{"sensor":"g1","observedProperty":"vehicle","phenomenonTime":"2026-03-01T12:00:00Z","result":{},"location":{"type":"Point","coordinates":[-300,10]}}`, "longitude", false},
	{"a polygon", `{"sensor":"g1","observedProperty":"vehicle","phenomenonTime":"2026-03-01T12:00:00Z","result":{},"location":{"type":"Polygon","coordinates":[]}}`, "not a Point", false},
	{"a path of three", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":1,"unitOfMeasurement":"ppm","location":{"type":"LineString","coordinates":[[1,1],[2,2],[3,3]]}}`, "two ends", false},
	{"a column at a point", `{"sensor":"g1","observedProperty":"column","phenomenonTime":"2026-03-01T12:00:00Z","result":1,"unitOfMeasurement":"ppm.m","location":{"type":"Point","coordinates":[-30,10]}}`, "have an end", false},
	{"half an altitude", `{"sensor":"g1","observedProperty":"concentration","phenomenonTime":"2026-03-01T12:00:00Z","result":1,"unitOfMeasurement":"ppm","location":{"type":"LineString","coordinates":[[1,1,5],[2,2]]}}`, "one end", true},
	{"a storm of storms", `{"sensor":"w","observedProperty":"wind","phenomenonTime":"2026-03-01T12:00:00Z","result":{"speed_mps":300,"from_deg":270}}`, "300", false},
	{"too sure", `{"sensor":"g1","observedProperty":"vehicle","phenomenonTime":"2026-03-01T12:00:00Z","result":{"confidence":2},"location":{"type":"Point","coordinates":[-30,10]}}`, "within 0 to 1", false},
	{"two messages", `{"sensor":"w","observedProperty":"wind","phenomenonTime":"2026-03-01T12:00:00Z","result":{"speed_mps":3,"from_deg":270}} {}`, "follows", true},
}

func TestDecode(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, err := Decode([]byte(c.json))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if !m.Time().Equal(noon) {
					t.Errorf("the time is %v", m.Time())
				}
				return
			}
			if vigia.ErrorCode(err) != vigia.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, and not %q", err, c.want)
			}
		})
	}
	m, err := Decode([]byte(cases[1].json))
	if err != nil || m.Observation.Value != 2.5 || m.Observation.Kind != vigia.BeamKind || m.Observation.To == nil {
		t.Errorf("2500 ppb along a path is read as %+v, %v", m.Observation, err)
	}
	if m, _ := Decode([]byte(cases[4].json)); !m.OnGround || m.Report.SigmaM != 3 || m.Report.Class != "van" {
		t.Errorf("a van is read as %+v", m)
	}
}

// The schema that others build by says what Decode does.
func TestSchema_AgreesWithDecode(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("ground.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("ground.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
		if tc.lax {
			continue
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(tc.json))
		if err == nil {
			err = schema.Validate(value)
		}
		if (err == nil) != (tc.want == "") {
			t.Errorf("%s: the schema says %v and Decode %q", tc.name, err, tc.want)
		}
	}
}

// What is written reads the same.
func TestMessage_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		place := func() geo.Point {
			return geo.Point{Lon: rapid.Float64Range(-180, 180).Draw(t, "lon"), Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Alt: rapid.Float64Range(-1000, 1e5).Draw(t, "alt")}
		}
		m := Message{Chemical: rapid.SampledFrom([]string{"", "methane"}).Draw(t, "chemical")}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			o := vigia.Observation{Sensor: "s", Time: noon, Kind: vigia.PointKind, At: place(), Value: rapid.Float64Range(-1e3, 1e6).Draw(t, "value"), Sigma: rapid.Float64Range(0, 10).Draw(t, "sigma")}
			if rapid.Bool().Draw(t, "path") {
				to := place()
				o.To, o.Kind = &to, rapid.SampledFrom([]vigia.Kind{vigia.BeamKind, vigia.ColumnKind}).Draw(t, "kind")
			}
			m.Observation = &o
		case 1:
			m.Wind = &vigia.Wind{Time: noon, SpeedMPS: rapid.Float64Range(0, 120).Draw(t, "speed"), FromDeg: rapid.Float64Range(-360, 720).Draw(t, "from")}
		default:
			m.Report = &vigia.PositionReport{Sensor: "s", Time: noon, At: place(), Class: "van", Confidence: rapid.Float64Range(0, 1).Draw(t, "confidence")}
		}
		b, err := Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		want, _ := json.Marshal(m)
		have, _ := json.Marshal(got)
		if string(have) != string(want) {
			t.Errorf("%s\nreads as %s\nnot %s", b, have, want)
		}
	})
}

// Objects are found however the bytes are cut, in arrays, on lines, with text
// that looks like braces; what is too long is passed over.
func TestSplitter(t *testing.T) {
	text := `[{"a":"}{\"]"},` + "\n" + `{"b":[1,{"c":2}]}]` + "\n" + `x{"long":"` + strings.Repeat("y", MaxMessage) + `"}{"d":1}`
	want := []string{`{"a":"}{\"]"}`, `{"b":[1,{"c":2}]}`, `{"d":1}`}
	rapid.Check(t, func(t *rapid.T) {
		var s Splitter
		var got []string
		for rest := []byte(text); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			s.Push(rest[:n], func(o []byte) { got = append(got, string(o)) })
			rest = rest[n:]
		}
		if s.Flush(); strings.Join(got, "|") != strings.Join(want, "|") || s.TooLong != 1 {
			t.Errorf("%q, %d too long", got, s.TooLong)
		}
	})
}

// The page's examples are messages.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/ground.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, block := range strings.Split(string(page), "```json\n")[1:] {
		body, _, _ := strings.Cut(block, "```")
		var s Splitter
		s.Push([]byte(body), func(o []byte) {
			n++
			if _, err := Decode(o); err != nil {
				t.Errorf("%s: %v", o, err)
			}
		})
	}
	if n < 4 {
		t.Errorf("%d examples", n)
	}
}

func FuzzSplitter(f *testing.F) {
	for _, c := range cases {
		f.Add([]byte(c.json), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var s Splitter
		kept := 0
		each := func(o []byte) {
			kept += len(o)
			m, err := Decode(o)
			if err != nil {
				if vigia.ErrorCode(err) != vigia.Invalid {
					t.Errorf("%v", err)
				}
				return
			}
			if out, err := Append(nil, m); err != nil {
				t.Errorf("%s cannot be written: %v", o, err)
			} else if _, err := Decode(out); err != nil {
				t.Errorf("%s is not read again: %v", out, err)
			}
		}
		cut = max(0, min(cut, len(b)))
		s.Push(b[:cut], each)
		s.Push(b[cut:], each)
		if s.Pending() > MaxMessage {
			t.Errorf("%d bytes wait", s.Pending())
		}
		if s.Flush(); kept+int(s.Skipped) > len(b) {
			t.Errorf("%d bytes kept and %d skipped of %d", kept, s.Skipped, len(b))
		}
	})
}
