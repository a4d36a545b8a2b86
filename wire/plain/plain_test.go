package plain_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
	"github.com/vigia-project/vigia/wire/plain"
)

// A made-up place in the open Atlantic.
var atSea = geo.Frame{Origin: geo.Point{Lon: -30, Lat: 0, Alt: 0}}

func local() plain.Options { return plain.Options{Name: "f.csv", Frame: &atSea} }
func global() plain.Options {
	return plain.Options{Name: "f.csv", Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
}

const localHeader = "time,sensor,x_m,y_m,z_m,x2_m,y2_m,z2_m,ppm\n"

// readAll returns the good records and the errors, in order.
func readAll(t testing.TB, text string, o plain.Options) (recs []plain.ObservationRecord, faults []string, warnings []string) {
	t.Helper()
	r, err := plain.NewObservationReader(strings.NewReader(text), o)
	if err != nil {
		return nil, []string{err.Error()}, nil
	}
	for rec, err := range r.All() {
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		recs = append(recs, rec)
	}
	return recs, faults, r.Warnings()
}

func TestObservationReader(t *testing.T) {
	text := "\ufeffsensor,time,ppm,sigma_ppm,z_m,y_m,x_m,x2_m,y2_m,z2_m\r\n" +
		"\"S1\",2026-01-31T12:00:00.5Z,2.5,0.1,10,20,30,,,\r\n" +
		"\r\n" +
		"beam,2026-01-31T13:00:00+01:00, -1e-3 ,,1,0,0,3,4,1"
	recs, faults, warnings := readAll(t, text, local())
	if len(faults) > 0 || len(recs) != 2 {
		t.Fatalf("read %d records, faults %q", len(recs), faults)
	}
	p, b := recs[0], recs[1]
	if p.Observation.Kind != vigia.PointKind || p.Observation.Sensor != "S1" || p.Observation.Value != 2.5 || p.Observation.Sigma != 0.1 || p.Local.At != (geo.Local{X: 30, Y: 20, Z: 10}) || p.Local.To != nil {
		t.Errorf("the point was read as %+v", p)
	}
	if got := atSea.ToLocal(p.Observation.At); geo.Distance(p.Observation.At, atSea.ToPoint(geo.Local{X: 30, Y: 20, Z: 10})) > 1e-6 {
		t.Errorf("the point lies at %+v", got)
	}
	if b.Observation.Kind != vigia.BeamKind || b.Observation.Value != -0.001 || *b.Local.To != (geo.Local{X: 3, Y: 4, Z: 1}) {
		t.Errorf("the beam was read as %+v", b)
	}
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	if !p.Observation.Time.Equal(noon.Add(500*time.Millisecond)) || b.Observation.Time != noon {
		t.Errorf("times are %v and %v", p.Observation.Time, b.Observation.Time)
	}
	for _, r := range recs {
		if got := text[r.Offset : r.Offset+r.Size]; got != r.Raw {
			t.Errorf("line %d: the bytes at %d are %q, the record says %q", r.Line, r.Offset, got, r.Raw)
		}
		if want := strings.Count(text[:r.Offset], "\n") + 1; r.Line != want || r.Observation.Origin.Line != want || r.Observation.Origin.Offset != r.Offset {
			t.Errorf("the record says line %d, origin %+v; it is line %d, offset %d", r.Line, r.Observation.Origin, want, r.Offset)
		}
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "cut short") {
		t.Errorf("a last line without an end gave the warnings %q", warnings)
	}
}

func TestObservationReader_Column(t *testing.T) {
	head := "time_s,sensor,lon_deg,lat_deg,alt_m,lon2_deg,lat2_deg,alt2_m,ppm_m,"
	row := "1.5,gimbal,-30,0,100,-30,0,50,80,"
	o := global()
	o.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for extra, want := range map[string]float64{"sigma_ppm_m\n" + row + "7\n": 7, "sigma_ppm\n" + row + "0.1\n": 5} {
		recs, faults, _ := readAll(t, head+extra, o)
		if len(recs) != 1 {
			t.Fatalf("faults %q", faults)
		}
		got := recs[0].Observation
		if got.Kind != vigia.ColumnKind || got.Value != 80 || got.Sigma < want-1e-6 || got.Sigma > want+1e-6 || recs[0].Local != nil {
			t.Errorf("%q was read as %+v; the path is 50 m, so sigma is %v ppm·m", extra, got, want)
		}
		if !got.Time.Equal(o.Start.Add(1500 * time.Millisecond)) {
			t.Errorf("time_s 1.5 is %v", got.Time)
		}
	}
}

// Each bad record costs itself only: a good one follows each.
func TestObservationReader_BadRecords(t *testing.T) {
	good := "2026-01-31T12:00:00Z,S,1,2,3,,,,2.5\n"
	for name, c := range map[string]struct{ record, want string }{
		"Truncated":        {"2026-01-31T12:00:00Z,S,1,2\n", "f.csv:3: column z_m: the record ends before this column: it has 4 fields and the header 9"},
		"TooLong":          {strings.TrimSpace(good) + ",9\n", "f.csv:3: column ppm: the record goes on behind this column: it has 10 fields and the header 9"},
		"NaN":              {"2026-01-31T12:00:00Z,S,1,2,3,,,,NaN\n", `f.csv:3: column ppm: "NaN" is not a finite number; a value that is not known is an empty field`},
		"Inf":              {"2026-01-31T12:00:00Z,S,-Inf,2,3,,,,1\n", `f.csv:3: column x_m: "-Inf" is not a finite number; a value that is not known is an empty field`},
		"Overflow":         {"2026-01-31T12:00:00Z,S,1,2,3,,,,1e999\n", `f.csv:3: column ppm: "1e999" is not a number`},
		"Hexadecimal":      {"2026-01-31T12:00:00Z,S,1,2,3,,,,0x10\n", `f.csv:3: column ppm: "0x10" is not a number`},
		"DecimalComma":     {"2026-01-31T12:00:00Z,S,1,2,3,,,,\"2,5\"\n", `f.csv:3: column ppm: "2,5" is not a number`},
		"NoValue":          {"2026-01-31T12:00:00Z,S,1,2,3,,,,\n", "f.csv:3: column ppm: the field is empty and a number is needed"},
		"1970":             {"1970-01-01T00:00:05Z,S,1,2,3,,,,1\n", "f.csv:3: column time: the time 1970-01-01T00:00:05Z is before 2000: the sensor's clock was not set"},
		"NoZone":           {"2026-01-31T12:00:00,S,1,2,3,,,,1\n", `f.csv:3: column time: "2026-01-31T12:00:00" has no time zone; in UTC it ends in Z`},
		"NoTime":           {"noon,S,1,2,3,,,,1\n", `f.csv:3: column time: "noon" is not a time of RFC 3339, such as 2026-01-31T12:00:00Z`},
		"SensorName":       {"2026-01-31T12:00:00Z,a b,1,2,3,,,,1\n", `f.csv:3: column sensor: the sensor's name "a b" must be 1 to 64 letters, digits, hyphens or underscores`},
		"HalfAnEnd":        {"2026-01-31T12:00:00Z,S,1,2,3,4,,,1\n", "f.csv:3: column y2_m: the field is empty and a number is needed"},
		"Far":              {"2026-01-31T12:00:00Z,S,20000000,2,3,,,,1\n", "f.csv:3: column x_m: the place is 20000 km from the frame's origin; at most 200 km can belong to one flight"},
		"FarEnd":           {"2026-01-31T12:00:00Z,S,1,2,3,0,900000,0,1\n", "f.csv:3: column x2_m: the place is 900 km from the frame's origin; at most 200 km can belong to one flight"},
		"NUL":              {"2026-01-31T12:00:00Z,S\x00,1,2,3,,,,1\n", "f.csv:3: column sensor: there is a NUL byte: the file is damaged, or not text"},
		"NotUTF8":          {"2026-01-31T12:00:00Z,S\xff,1,2,3,,,,1\n", "f.csv:3: column sensor: the bytes are not UTF-8"},
		"BareQuote":        {"2026-01-31T12:00:00Z,5\" pipe,1,2,3,,,,1\n", "f.csv:3: column sensor: a quote stands inside a field that does not begin with one"},
		"OpenQuote":        {"2026-01-31T12:00:00Z,\"S,1,2,3,,,,1\n", "f.csv:3: column sensor: a quote is opened and not closed, or text follows a closing quote"},
		"BehindQuote":      {"2026-01-31T12:00:00Z,\"S\"x,1,2,3,,,,1\n", "f.csv:3: column sensor: a quote is opened and not closed, or text follows a closing quote"},
		"HugeLine":         {"2026-01-31T12:00:00Z," + strings.Repeat("S", 1<<20) + "\n", "f.csv:3: column sensor: the line is 1048598 bytes long; at most 65536 are read"},
		"HugeLineOfCommas": {strings.Repeat(",", 1<<20) + "\n", "f.csv:3: column ppm: the line is 1048577 bytes long; at most 65536 are read"},
	} {
		t.Run(name, func(t *testing.T) {
			recs, faults, _ := readAll(t, localHeader+good+c.record+good, local())
			if len(faults) != 1 || faults[0] != c.want {
				t.Errorf("faults:\n got %q\nwant %q", faults, c.want)
			}
			if len(recs) != 2 {
				t.Fatalf("%d of the 2 good records beside it were read", len(recs))
			}
			if want := int64(len(localHeader) + len(good) + len(c.record)); recs[1].Offset != want || recs[1].Line != 4 {
				t.Errorf("the record behind is at line %d, offset %d; it is at 4, %d", recs[1].Line, recs[1].Offset, want)
			}
		})
	}
}

func TestObservationReader_BadFiles(t *testing.T) {
	row := "\n2026-01-31T12:00:00Z,S,1,2,3,5\n"
	for name, c := range map[string]struct {
		text    string
		options plain.Options
		want    string
	}{
		"Empty":         {"", local(), "f.csv:1: the file is empty; its first line must name the columns"},
		"NoTime":        {"sensor,x_m,y_m,z_m,ppm\n", local(), "f.csv:1: column time: this column is required and the header does not have it"},
		"NoSensor":      {"time,x_m,y_m,z_m,ppm\n", local(), "f.csv:1: column sensor: this column is required and the header does not have it"},
		"NoHeight":      {"time,sensor,x_m,y_m,ppm\n", local(), "f.csv:1: column z_m: this column is required and the header does not have it"},
		"HalfAnEnd":     {"time,sensor,x_m,y_m,z_m,x2_m,ppm\n", local(), "f.csv:1: column y2_m: this column is required and the header does not have it"},
		"NoValue":       {"time,sensor,x_m,y_m,z_m,weather\n", local(), "f.csv:1: column ppm: this column is required and the header does not have it"},
		"PPB":           {"time,sensor,x_m,y_m,z_m,ppb" + row, local(), "f.csv:1: column ppb: the unit ppb is not known: a reading is in ppm, or in ppm_m along a path"},
		"Milligrams":    {"time,sensor,x_m,y_m,z_m,value_mg" + row, local(), "f.csv:1: column value_mg: the unit mg is not known: a reading is in ppm, or in ppm_m along a path"},
		"MethanePPB":    {"time,sensor,x_m,y_m,z_m,ch4_ppb" + row, local(), "f.csv:1: column ch4_ppb: the unit ppb is not known: a reading is in ppm, or in ppm_m along a path"},
		"Feet":          {"time,sensor,x_m,y_m,z_ft,ppm" + row, local(), "f.csv:1: column z_ft: the unit ft is not known: z is in the column z_m"},
		"Radians":       {"time,sensor,lon_rad,lat_deg,alt_m,ppm" + row, global(), "f.csv:1: column lon_rad: the unit rad is not known: lon is in the column lon_deg"},
		"UnitColumn":    {"time,sensor,x_m,y_m,z_m,ppm,unit\n2026-01-31T12:00:00Z,S,1,2,3,5,ppb\n", local(), `f.csv:2: column unit: the unit "ppb" is not known for the column ppm`},
		"BothPlaces":    {"time,sensor,x_m,y_m,z_m,lon_deg,lat_deg,alt_m,ppm\n", local(), "f.csv:1: the file has places both in local metres and in degrees; it may have one of them"},
		"BothUnits":     {"time,sensor,x_m,y_m,z_m,ppm,ppm_m\n", local(), "f.csv:1: column ppm_m: a file has ppm or ppm_m, not both"},
		"BothTimes":     {"time,time_s,sensor,x_m,y_m,z_m,ppm\n", local(), "f.csv:1: column time_s: a file has time or time_s, not both"},
		"NoStart":       {"time_s,sensor,x_m,y_m,z_m,ppm\n", local(), "f.csv:1: column time_s: the column counts from the start of the record, and no start is given"},
		"NoFrame":       {"time,sensor,x_m,y_m,z_m,ppm\n", global(), "f.csv:1: column x_m: the places are local metres, and no origin is given to place them"},
		"Twice":         {"time,sensor,x_m,y_m,z_m,ppm,ppm\n", local(), "f.csv:1: column ppm: the header names this column twice"},
		"UTF16":         {"\xff\xfet\x00i\x00", local(), "f.csv:1: the file is UTF-16; UTF-8 is needed"},
		"Binary":        {"\x00\x01\x02\n", local(), "f.csv:1: there is a NUL byte: the file is damaged, or not text"},
		"ColumnNoEnd":   {"time,sensor,x_m,y_m,z_m,ppm_m" + row, local(), "f.csv:2: column x2_m: a reading in ppm_m is along a path, and the path has no end"},
		"OffTheEarth":   {"time,sensor,lon_deg,lat_deg,alt_m,ppm\n2026-01-31T12:00:00Z,S,1,91,3,5\n", global(), "f.csv:2: column lat_deg: latitude 91 is not within -90 to 90 degrees"},
		"FarSide":       {"time,sensor,lon_deg,lat_deg,alt_m,ppm\n2026-01-31T12:00:00Z,S,-30,0,3,5\n2026-01-31T12:00:00Z,S,150,0,3,5\n", global(), "f.csv:3: column lon_deg: the place is 12756 km from the first record; at most 200 km can belong to one flight"},
		"Ahead":         {"time,sensor,lon_deg,lat_deg,alt_m,ppm\n2027-01-31T12:00:00Z,S,-30,0,3,5\n", global(), "f.csv:2: column time: the time 2027-01-31T12:00:00Z is more than a day ahead"},
		"NegativeSigma": {"time,sensor,lon_deg,lat_deg,alt_m,ppm,sigma_ppm\n2026-01-31T12:00:00Z,S,-30,0,3,5,-1\n", global(), "f.csv:2: column sigma_ppm: -1 is less than 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults, _ := readAll(t, c.text, c.options)
			if len(faults) != 1 || faults[0] != c.want {
				t.Errorf("faults:\n got %q\nwant %q", faults, c.want)
			}
		})
	}
}

func TestObservationReader_UnknownColumns(t *testing.T) {
	_, faults, warnings := readAll(t, "time,sensor,x_m,y_m,z_m,ppm,note,battery_pct,co2_ppb\n2026-01-31T12:00:00Z,S,1,2,3,5,\"over\ntwo lines\",80,4\n", local())
	if len(faults) > 0 || len(warnings) != 1 || warnings[0] != `unknown columns are ignored: "note", "battery_pct", "co2_ppb"` {
		t.Errorf("faults %q, warnings %q; one warning was expected", faults, warnings)
	}
}

// A stray quote must not swallow the records behind it.
func TestObservationReader_StrayQuotes(t *testing.T) {
	good := "2026-01-31T12:00:00Z,S,1,2,3,,,,2.5\n"
	many := strings.Repeat(good, 5000) // more than the line limit
	for name, text := range map[string]string{
		"ToTheEnd":      "x,\"y\n" + good,
		"BeyondLimit":   "x,\"y\n" + many,
		"ToAnotherOne":  "x,\"y\n" + good + "x,\"y\n" + good,
		"ClosedByNext":  "x,\"y\n" + good + "\",z\n" + good,
		"CarriageFeeds": "x,\"y\r\n" + good + good,
	} {
		recs, faults, _ := readAll(t, localHeader+text, local())
		if want := strings.Count(text, good); len(recs) != want || len(faults) == 0 {
			t.Errorf("%s: %d of %d good records were read beside %d faults", name, len(recs), want, len(faults))
		}
	}
}

// A gigabyte on one line costs no memory.
func TestObservationReader_Gigabyte(t *testing.T) {
	size := int64(1 << 30)
	if testing.Short() {
		size = 1 << 26
	}
	good := "2026-01-31T12:00:00Z,S,1,2,3,,,,2.5\n"
	in := io.MultiReader(strings.NewReader(localHeader), io.LimitReader(repeat('7'), size), strings.NewReader("\n"+good))
	r, err := plain.NewObservationReader(in, local())
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rec, err := r.Next()
	runtime.ReadMemStats(&after)
	if rec.Size != size+1 || len(rec.Raw) > plain.LineLimit {
		t.Errorf("the record says %d bytes and keeps %d", rec.Size, len(rec.Raw))
	}
	if want := fmt.Sprintf("f.csv:2: column time: the line is %d bytes long; at most 65536 are read", size+1); err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated for one line", got)
	}
	if rec, err := r.Next(); err != nil || rec.Line != 3 {
		t.Errorf("behind it: %+v, %v", rec, err)
	}
}

type repeat byte

func (c repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

// When the bytes stop coming, that is the end, and no record's fault.
func TestObservationReader_ReadError(t *testing.T) {
	broken := errors.New("the link is down")
	in := io.MultiReader(strings.NewReader(localHeader+"2026-01-31T12:00:00Z,S,1,2,3,,,,2.5\n2026-01"), failing{broken})
	r, err := plain.NewObservationReader(in, local())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.Next(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err = r.Next(); !errors.Is(err, broken) || vigia.ErrorCode(err) == vigia.Invalid || !strings.HasPrefix(err.Error(), "f.csv:3: ") {
			t.Fatalf("error %v", err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestWindReader(t *testing.T) {
	text := "time,speed_mps,from_deg,sigma_tan_horizontal,sigma_tan_vertical,obukhov_m,temperature_k,pressure_pa\n" +
		"2026-01-31T12:00:00Z,2.5,350,0.2,0.1,-40,288,101325\n" +
		"2026-01-31T12:00:10Z,2.5,350,,,,,\n" +
		"2026-01-31T12:00:20Z,-2.5,350,,,,,\n" +
		"2026-01-31T12:00:30Z,,350,,,,,\n" +
		"2026-01-31T12:00:40Z,1,350,,,,15,\n" +
		"2026-01-31T12:00:50Z,1,999,,,,,\n"
	r, err := plain.NewWindReader(strings.NewReader(text), global())
	if err != nil {
		t.Fatal(err)
	}
	var got []vigia.Wind
	var faults []string
	for rec, err := range r.All() {
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		rec.Wind.Origin = vigia.Provenance{}
		got = append(got, rec.Wind)
	}
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	want := []vigia.Wind{
		{Time: noon, SpeedMPS: 2.5, FromDeg: 350, SigmaTanHorizontal: 0.2, SigmaTanVertical: 0.1, ObukhovM: -40, TemperatureK: 288, PressurePa: 101325},
		{Time: noon.Add(10 * time.Second), SpeedMPS: 2.5, FromDeg: 350},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
	wantFaults := []string{
		"f.csv:4: column speed_mps: -2.5 is not within 0 to 120",
		"f.csv:5: column speed_mps: the field is empty and a number is needed",
		"f.csv:6: column temperature_k: 15 is not within 150 to 350",
		"f.csv:7: column from_deg: 999 is not within -360 to 720",
	}
	if !reflect.DeepEqual(faults, wantFaults) {
		t.Errorf("faults %q\nwant   %q", faults, wantFaults)
	}
	for header, want := range map[string]string{
		"time,from_deg\n":                         "f.csv:1: column speed_mps: this column is required and the header does not have it",
		"time,speed_kt,from_deg\n":                "f.csv:1: column speed_kt: the unit kt is not known: speed is in the column speed_mps",
		"time,speed_mps,from_rad\n":               "f.csv:1: column from_rad: the unit rad is not known: from is in the column from_deg",
		"time,speed_mps,from_deg,temperature_c\n": "f.csv:1: column temperature_c: the unit c is not known: temperature is in the column temperature_k",
		"time,speed_mps,from_deg,pressure_hpa\n":  "f.csv:1: column pressure_hpa: the unit hpa is not known: pressure is in the column pressure_pa",
	} {
		if _, err := plain.NewWindReader(strings.NewReader(header), global()); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", header, err, want)
		}
	}
}

// Every recorded file reads without a fault, each row once.
func TestRecordedData(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(recorded.Dir(t, ""), "locate", "*", "release_*", "*.csv"))
	if len(files) == 0 {
		t.Skip("SKIPPED: the recorded data has no releases")
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		o := plain.Options{Name: filepath.Base(f), Frame: &atSea}
		rows := 0
		count := func(err error) {
			if err != nil {
				t.Errorf("%s: %v", f, err)
			}
			rows++
		}
		if filepath.Base(f) == "wind.csv" {
			r, err := plain.NewWindReader(strings.NewReader(string(text)), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range r.All() {
				count(err)
			}
		} else {
			r, err := plain.NewObservationReader(strings.NewReader(string(text)), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range r.All() {
				count(err)
			}
		}
		if want := strings.Count(string(text), "\n") - 1; rows != want {
			t.Errorf("%s: %d rows were read of %d", f, rows, want)
		}
	}
}
