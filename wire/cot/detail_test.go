package cot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
)

func TestParts(t *testing.T) {
	for name, c := range map[string]struct {
		detail string
		want   Parts
	}{
		"nothing":                {"", Parts{}},
		"what others keep there": {`<detail><color argb='-1'/><remarks></remarks></detail>`, Parts{}},
		"a track": {`<detail><track course="271.5" speed="13.9" eSpeed="0.5" slope="NaN"/><contact callsign="van" endpoint="*:-1:stcp"/></detail>`,
			Parts{Track: &Track{Course: Num(271.5), Speed: Num(13.9), SpeedError: Num(.5)}, Contact: &Contact{"van", "*:-1:stcp"}}},
		"a field of view": {`<detail><sensor azimuth="45" fov="30" vfov="20" range="1200" elevation="-35" type="r-e" model="x"/></detail>`,
			Parts{Sensor: &SensorView{Azimuth: Num(45), FOV: Num(30), VFOV: Num(20), Range: Num(1200), Elevation: Num(-35), Type: "r-e", Model: "x"}}},
		"remarks and a link": {`<detail><remarks source="A" time="2026-03-01T12:00:00Z">look here</remarks><remarks>and &lt;here&gt;</remarks><link uid="u" type="a-f-G" relation="p-p"/></detail>`,
			Parts{Remarks: []Remarks{{Text: "look here", Source: "A", Time: "2026-03-01T12:00:00Z"}, {Text: "and <here>"}}, Links: []Link{{UID: "u", Type: "a-f-G", Relation: "p-p"}}}},
		"a geofence about a circle": {`<detail><shape><ellipse major="75" minor="75" angle="360"/></shape><__geofence elevationMonitored="true" minElevation="-33.5" maxElevation="271.25" monitor="All" trigger="Entry" tracking="true" boundingSphere="75000.0"/></detail>`,
			Parts{Shape: &Shape{Ellipses: []Ellipse{{Num(75), Num(75), Num(360)}}},
				Geofence: &Geofence{Trigger: "Entry", Monitor: "All", Tracking: true, ElevationMonitored: true, MinElevation: Num(-33.5), MaxElevation: Num(271.25), BoundingSphere: Num(75000)}}},
		"a geofence without heights": {`<detail><__geofence elevationMonitored="false" minElevation="NaN" maxElevation="NaN" monitor="TAKUsers" trigger="Both" tracking="false"/></detail>`,
			Parts{Geofence: &Geofence{Trigger: "Both", Monitor: "TAKUsers"}}},
		"an outline": {`<detail><shape><polyline closed="true"><vertex lat="1" lon="2" hae="3"/><vertex lat="1.5" lon="2"/></polyline></shape></detail>`,
			Parts{Shape: &Shape{Polyline: &Polyline{Closed: true, Vertices: []Vertex{{Num(1), Num(2), Num(3)}, {Lat: Num(1.5), Lon: Num(2)}}}}}},
		"no number": {`<detail><track course="north" speed=""/></detail>`, Parts{Track: &Track{}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Event{Detail: c.detail}.Parts()
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("read as %+v (%v)\nwant %+v", got, err, c.want)
			}
			written, err := got.Detail()
			if err != nil {
				t.Fatal(err)
			}
			if back, err := (Event{Detail: written}).Parts(); err != nil || !reflect.DeepEqual(back, got) {
				t.Errorf("written as %s\nit is read as %+v (%v)", written, back, err)
			}
		})
	}
	if _, err := (Event{Detail: `<detail><track course="1"</detail>`}).Parts(); vigia.ErrorCode(err) != vigia.Invalid {
		t.Errorf("a broken detail gives %v", err)
	}
}

func TestLink_Place(t *testing.T) {
	for point, want := range map[string]geo.Point{
		"38.5,-77.25":         {Lat: 38.5, Lon: -77.25},
		" 38.5 , -77.25, 12 ": {Lat: 38.5, Lon: -77.25, Alt: 12},
	} {
		if p, ok := (Link{Point: point}).Place(); !ok || p != want {
			t.Errorf("%q is %+v, %v", point, p, ok)
		}
	}
	for _, point := range []string{"", "1", "1,2,3,4", "x,2", "91,0", "NaN,0"} {
		if p, ok := (Link{Point: point}).Place(); ok {
			t.Errorf("%q is %+v", point, p)
		}
	}
}

// What TAK clients drew is read: the circle's radius, the outline's points, the
// points of the route.
func TestParts_Recorded(t *testing.T) {
	dir := recorded.Dir(t, "wire/cot")
	for file, check := range map[string]func(Parts) bool{
		"Range & Bearing - Circle.cot": func(p Parts) bool {
			return p.Contact.Callsign == "R&B Circle 1" && len(p.Shape.Ellipses) == 1 && p.Shape.Ellipses[0].Major == Num(468.29991497750774)
		},
		"Drawing Shapes - Free Form.cot": func(p Parts) bool {
			first, ok := p.Links[0].Place()
			return ok && len(p.Links) == 7 && first == geo.Point{Lat: 38.838231810315555, Lon: -77.06616468204862}
		},
		"Route.cot": func(p Parts) bool {
			_, ok := p.Links[len(p.Links)-1].Place()
			return ok && p.Links[0].Relation == "c"
		},
	} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := e.Parts(); err != nil || !check(p) {
			t.Errorf("%s is read as %+v, %v", file, p, err)
		}
	}
}

// Any parts are read back as they were written, in XML and in JSON.
func TestParts_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) Number {
			return rapid.OneOf(rapid.Just(Number{}), rapid.Map(rapid.Float64Range(-1e7, 1e7), Num)).Draw(t, name)
		}
		words := rapid.StringMatching(`[a-z<&"' ]{0,12}[a-z]`)
		p := Parts{
			Contact: &Contact{Callsign: words.Draw(t, "callsign")},
			Track:   &Track{Course: number("course"), Speed: number("speed"), SlopeError: number("slope")},
			Sensor:  &SensorView{Azimuth: number("azimuth"), Range: number("range"), Type: words.Draw(t, "type")},
			Geofence: &Geofence{Trigger: words.Draw(t, "trigger"), Monitor: words.Draw(t, "monitor"), Tracking: rapid.Bool().Draw(t, "tracking"),
				MinElevation: number("min"), MaxElevation: number("max"), BoundingSphere: number("sphere")},
			Remarks: []Remarks{{Text: strings.TrimSpace(words.Draw(t, "text")), To: words.Draw(t, "to")}},
			Links:   []Link{{UID: words.Draw(t, "uid"), Point: words.Draw(t, "point")}},
		}
		detail, err := p.Detail()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := (Event{Detail: detail}).Parts(); err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("%s\nis read as %+v (%v)\nwant %+v", detail, back, err, p)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back Parts
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("%s\nis read as %+v (%v)\nwant %+v", b, back, err, p)
		}
	})
}

// FuzzParts reads details of any bytes; what is read can be written and read again.
func FuzzParts(f *testing.F) {
	f.Add(`<detail><track course="1" speed="2"/><link point="1,2"/><__geofence minElevation="1" tracking="true"/><shape><ellipse major="1"/></shape></detail>`)
	f.Fuzz(func(t *testing.T, detail string) {
		p, err := Event{Detail: detail}.Parts()
		if err != nil {
			if vigia.ErrorCode(err) != vigia.Invalid {
				t.Fatal(err)
			}
			return
		}
		written, err := p.Detail()
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", p, err)
		}
		if back, err := (Event{Detail: written}).Parts(); err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("%s\nis read as %+v (%v)\nwant %+v", written, back, err, p)
		}
	})
}
