package plain_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/plain"
)

// One table drives reading, writing and the fuzz seeds: each file of testdata
// reads without a fault and is written again byte for byte.
var golden = []struct {
	file    string
	kind    vigia.Kind
	frame   *geo.Frame
	rewrite func(text string, kind vigia.Kind, frame *geo.Frame) (string, error)
}{
	{"points.csv", vigia.PointKind, nil, rewriteObservations},
	{"beams_local.csv", vigia.BeamKind, &atSea, rewriteObservations},
	{"columns.csv", vigia.ColumnKind, nil, rewriteObservations},
	{"wind.csv", "", nil, rewriteWind},
	{"buildings.geojson", "", nil, rewriteBuildings},
	{"buildings_local.geojson", "", &atSea, rewriteBuildings},
}

func rewriteObservations(text string, kind vigia.Kind, frame *geo.Frame) (string, error) {
	r, err := plain.NewObservationReader(strings.NewReader(text), plain.Options{Frame: frame})
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	w := plain.NewObservationWriter(&out, plain.ObservationLayout{Frame: frame, Kind: kind})
	for rec, err := range r.All() {
		if err != nil {
			return "", err
		}
		if err := w.Write(rec.Observation); err != nil {
			return "", err
		}
	}
	err = w.Flush()
	return out.String(), err
}

func rewriteWind(text string, _ vigia.Kind, _ *geo.Frame) (string, error) {
	r, err := plain.NewWindReader(strings.NewReader(text), plain.Options{})
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	w := plain.NewWindWriter(&out)
	for rec, err := range r.All() {
		if err != nil {
			return "", err
		}
		if err := w.Write(rec.Wind); err != nil {
			return "", err
		}
	}
	err = w.Flush()
	return out.String(), err
}

func rewriteBuildings(text string, _ vigia.Kind, frame *geo.Frame) (string, error) {
	read, err := plain.ReadBuildings(strings.NewReader(text), plain.Options{Frame: frame})
	if err != nil {
		return "", err
	}
	if read.Bad > 0 {
		return "", read.Errors[0]
	}
	var buildings []vigia.Building
	for _, rec := range read.Records {
		buildings = append(buildings, rec.Building)
	}
	var out bytes.Buffer
	err = plain.WriteBuildings(&out, buildings, frame)
	return out.String(), err
}

func readGolden(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGolden(t *testing.T) {
	for _, g := range golden {
		text := readGolden(t, g.file)
		got, err := g.rewrite(text, g.kind, g.frame)
		if err != nil {
			t.Errorf("%s: %v", g.file, err)
		} else if got != text {
			t.Errorf("%s was written again as\n%s\nit is\n%s", g.file, got, text)
		}
	}
}

// Whatever may be written reads back the same: every digit of a WGS 84 file,
// 0.1 mm of a local one.
func TestObservations_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near := func(label string) geo.Point {
			return atSea.ToPoint(geo.Local{
				X: rapid.Float64Range(-1e4, 1e4).Draw(t, label+".x"),
				Y: rapid.Float64Range(-1e4, 1e4).Draw(t, label+".y"),
				Z: rapid.Float64Range(0, 500).Draw(t, label+".z"),
			})
		}
		kind := rapid.SampledFrom([]vigia.Kind{vigia.PointKind, vigia.BeamKind, vigia.ColumnKind}).Draw(t, "kind")
		var frame *geo.Frame
		if rapid.Bool().Draw(t, "local") {
			frame = &atSea
		}
		var want []vigia.Observation
		var out bytes.Buffer
		w := plain.NewObservationWriter(&out, plain.ObservationLayout{Frame: frame, Kind: kind})
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			o := vigia.Observation{
				Sensor: rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_-]{0,10}`).Draw(t, "sensor"),
				Time:   time.Unix(0, rapid.Int64Range(1e18, 2e18).Draw(t, "time")).UTC(),
				Kind:   kind,
				At:     near("at"),
				Value:  rapid.Float64Range(-1e6, 1e6).Draw(t, "value"),
				Sigma:  rapid.Float64Range(0, 1e3).Draw(t, "sigma"),
				Limit:  rapid.Float64Range(0, 1e3).Draw(t, "limit"),

				Saturation: rapid.Float64Range(0, 1e6).Draw(t, "saturation"),
			}
			if kind != vigia.PointKind {
				to := near("to")
				o.To = &to
			}
			if err := w.Write(o); err != nil {
				t.Fatal(err)
			}
			want = append(want, o)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		r, err := plain.NewObservationReader(&out, plain.Options{Frame: frame, LimitM: 1e5})
		if err != nil {
			t.Fatal(err)
		}
		var got []vigia.Observation
		for rec, err := range r.All() {
			if err != nil {
				t.Fatal(err)
			}
			rec.Observation.Origin = vigia.Provenance{}
			got = append(got, rec.Observation)
		}
		if len(got) != len(want) {
			t.Fatalf("%d observations were read of %d", len(got), len(want))
		}
		for i := range want {
			if frame != nil { // 0.05 mm along each axis
				if geo.Distance(got[i].At, want[i].At) > 1e-4 || (want[i].To != nil && geo.Distance(*got[i].To, *want[i].To) > 1e-4) {
					t.Fatalf("the place %v was read as %v", want[i].At, got[i].At)
				}
				got[i].At, got[i].To = want[i].At, want[i].To
			}
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("wrote %+v\nread  %+v", want[i], got[i])
			}
		}
	})
}

func TestObservationWriter_Refuses(t *testing.T) {
	at := geo.Point{Lon: -30}
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	beam := vigia.Observation{Sensor: "s", Time: noon, Kind: vigia.BeamKind, At: at, To: &at, Value: 1}
	w := plain.NewObservationWriter(&bytes.Buffer{}, plain.ObservationLayout{})
	for name, o := range map[string]vigia.Observation{
		"a beam in a file of points": beam,
		"a name that needs a quote":  {Sensor: "a,b", Time: noon, Kind: vigia.PointKind, At: at},
		"no sensor":                  {Time: noon, Kind: vigia.PointKind, At: at},
	} {
		if err := w.Write(o); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// collection wraps features into a file, each on its own line from line 2.
func collection(features ...string) string {
	return "{\"type\":\"FeatureCollection\",\"features\":[\n" + strings.Join(features, ",\n") + "\n]}"
}

const house = `{"type":"Feature","id":"good","properties":null,"geometry":{"type":"Polygon","coordinates":[[[-30,0],[-29.9999,0],[-29.9999,0.0001],[-30,0]]]}}`

func feature(id, kind, coordinates string) string {
	return `{"type":"Feature",` + id + `"properties":{},"geometry":{"type":"` + kind + `","coordinates":` + coordinates + `}}`
}

func TestReadBuildings(t *testing.T) {
	text := collection(
		house,
		`{"type":"Feature","properties":{"id":77,"height":9},"geometry":{"type":"Polygon","coordinates":[[[-30,0,5],[-29.9999,0,5],[-29.9999,0.0001,5],[-30,0,5]]]}}`,
		feature(`"id":"two",`, "MultiPolygon", `[[[[-30,0],[-29.9999,0],[-29.9999,0.0001],[-30,0]]],[[[-30,1],[-29.9999,1],[-29.9999,1.0001],[-30,1]]]]`),
		feature(`"id":"tree",`, "Point", `[-30,0]`),
	)
	got, err := plain.ReadBuildings(strings.NewReader(text), plain.Options{Name: "b.geojson"})
	if err != nil || got.Bad > 0 || got.Local {
		t.Fatalf("error %v, faults %v", err, got.Errors)
	}
	var ids []string
	for _, r := range got.Records {
		ids = append(ids, string(r.Building.ID))
		if !strings.HasPrefix(text[r.Offset:], `{"type":"Feature"`) || strings.Count(text[:r.Offset], "\n")+1 != r.Line {
			t.Errorf("%s is said to be at offset %d, line %d", r.Building.ID, r.Offset, r.Line)
		}
	}
	if want := []string{"good", "77", "two#1", "two#2"}; !reflect.DeepEqual(ids, want) {
		t.Errorf("the buildings are %q, want %q", ids, want)
	}
	if len(got.Warnings) != 1 || got.Warnings[0] != "features that are not polygons are ignored: 1" {
		t.Errorf("warnings %q", got.Warnings)
	}
}

// The frame may be named behind the features.
func TestReadBuildings_LocalAtTheEnd(t *testing.T) {
	text := `{"type":"FeatureCollection","features":[` + feature(`"id":"a",`, "Polygon", `[[[0,0],[100,0],[100,100],[0,0]]]`) + `],"vigia:frame":"local"}`
	got, err := plain.ReadBuildings(strings.NewReader(text), plain.Options{Frame: &atSea})
	if err != nil || len(got.Records) != 1 || !got.Local {
		t.Fatalf("read %+v, error %v", got, err)
	}
	corner := got.Records[0].Building.Footprint[0][2]
	if l := atSea.ToLocal(geo.Point{Lon: corner[0], Lat: corner[1]}); l.X < 99.999 || l.X > 100.001 || l.Y < 99.999 || l.Y > 100.001 {
		t.Errorf("the corner at 100 m east, 100 m north is at %+v", l)
	}
}

func TestReadBuildings_BadFeatures(t *testing.T) {
	ring := `[[-30,0],[-29.9999,0],[-29.9999,0.0001],[-30,0]]`
	for name, c := range map[string]struct{ feature, want string }{
		"NoID":       {feature("", "Polygon", "["+ring+"]"), "b:3: column features[1].id: a building needs an id: a text or a whole number, of the feature or among its properties"},
		"Twice":      {feature(`"id":"good",`, "Polygon", "["+ring+"]"), `b:3: column features[1].id: another building is called "good"`},
		"Open":       {feature(`"id":1,`, "Polygon", `[[[-30,0],[-29,0],[-29,1],[-30,1]]]`), "b:3: column features[1].geometry: ring 0 is not closed: its last position must repeat its first"},
		"Short":      {feature(`"id":1,`, "Polygon", `[[[-30,0],[-30,0]]]`), "b:3: column features[1].geometry: ring 0 has 2 positions; a closed ring needs at least 4"},
		"OneNumber":  {feature(`"id":1,`, "Polygon", `[[[-30],[-30,0]]]`), "b:3: column features[1].geometry: ring 0, position 0 has 1 numbers; 2 are needed"},
		"Null":       {feature(`"id":1,`, "Polygon", `[[[-30,null],[-30,0],[1,2],[-30,0]]]`), "b:3: column features[1].geometry: there is a null among the coordinates"},
		"NotRings":   {feature(`"id":1,`, "Polygon", `[1,2]`), "b:3: column features[1].geometry: the coordinates are not rings of positions"},
		"EmptyMulti": {feature(`"id":1,`, "MultiPolygon", `[]`), "b:3: column features[1].geometry: the MultiPolygon is empty"},
		"Far":        {feature(`"id":1,`, "Polygon", `[[[150,0],[151,0],[151,1],[150,0]]]`), "b:3: column features[1].geometry: the place is 12756 km from the first record; at most 200 km can belong to one flight"},
		"Latitude":   {feature(`"id":1,`, "Polygon", `[[[-30,100],[151,0],[151,1],[-30,100]]]`), "b:3: column features[1].geometry: latitude 100 is not within -90 to 90 degrees"},
		"WrongType":  {`{"type":5}`, "b:3: column features[1].type: number cannot stand here"},
		"HugeRing":   {feature(`"id":1,`, "Polygon", "[["+strings.Repeat("[1,2],", plain.RingLimit)+"[1,2]]]"), "b:3: column features[1].geometry: ring 0 has 10001 positions; at most 10000 are read"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := plain.ReadBuildings(strings.NewReader(collection(house, c.feature, strings.Replace(house, "good", "after", 1))), plain.Options{Name: "b"})
			if err != nil {
				t.Fatal(err)
			}
			if got.Bad != 1 || got.Errors[0].Error() != c.want {
				t.Errorf("%d faults %v\nwant %s", got.Bad, got.Errors, c.want)
			}
			if len(got.Records) != 2 {
				t.Errorf("%d of the 2 good buildings beside it were read", len(got.Records))
			}
		})
	}
}

func TestReadBuildings_BadFiles(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"Empty":       {"", "b:1: the file ends in the middle of the JSON"},
		"Cut":         {collection(house)[:100], "b:2: the file ends in the middle of the JSON"},
		"NotAnObject": {"[]", `b:1: a GeoJSON FeatureCollection was expected, and [ stands in place of "{"`},
		"Broken":      {"{\"type\":\"FeatureCollection\",\n\"features\":[}", "b:2: the JSON is broken near byte 41: invalid character '}' looking for beginning of value"},
		"Geometry":    {`{"type":"Polygon"}`, `b:1: column type: the file is a "Polygon"; a FeatureCollection is needed`},
		"NoFeatures":  {`{"type":"FeatureCollection"}`, "b:1: column features: the FeatureCollection has no features member"},
		"Frame":       {`{"vigia:frame":"mars","type":"FeatureCollection","features":[]}`, `b:1: column vigia:frame: the frame "mars" is not known; there is "local"`},
		"NoOrigin":    {`{"vigia:frame":"local","type":"FeatureCollection","features":[]}`, "b:1: column vigia:frame: the places are local metres, and no origin is given to place them"},
		"HugeFeature": {collection(`{"note":"` + strings.Repeat("x", plain.FeatureLimit+1<<20) + `"}`), "b:2: a feature or member has more than 4194304 bytes"},
		"HugeMember":  {`{"note":"` + strings.Repeat("x", plain.FeatureLimit+1<<20) + `"}`, "b:1: a feature or member has more than 4194304 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := plain.ReadBuildings(strings.NewReader(c.text), plain.Options{Name: "b"})
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v\nwant  %s", err, c.want)
			}
		})
	}
}

func BenchmarkObservationReader(b *testing.B) {
	const records = 10000
	text := localHeader + strings.Repeat("2026-01-31T12:00:00Z,S,9.94,-28.31,2.4,,,,1.8940\n", records)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := plain.NewObservationReader(strings.NewReader(text), local())
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range r.All() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != records {
			b.Fatalf("%d records were read", n)
		}
	}
}
