package plain_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/wire/plain"
)

// Whatever comes: the records' bytes are the input's, in order and apart, a
// fault names its file and line, and what is read is valid.
func FuzzObservations(f *testing.F) {
	for _, g := range golden {
		f.Add(readGolden(f, g.file))
	}
	f.Add(localHeader + "x,\"y\n2026-01-31T12:00:00Z,S,1,2,3,,,,2.5\n")
	f.Add(localHeader + "2026-01-31T12:00:00Z,S\x00,1,2,3,,,,NaN\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		o := local()
		if strings.Contains(text, "deg") {
			o.Frame = nil
		}
		r, err := plain.NewObservationReader(strings.NewReader(text), o)
		if err != nil {
			checkFault(t, err)
			return
		}
		behind := r.Header().Offset + r.Header().Size
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			checkRecord(t, text, rec.Record, &behind)
			if err != nil {
				checkFault(t, err)
			} else if err := rec.Observation.Valid(); err != nil {
				t.Fatalf("%q was read as an observation that is not valid: %v", rec.Raw, err)
			} else if (rec.Local != nil) != r.Local() {
				t.Fatalf("local is %v and the record's place %v", r.Local(), rec.Local)
			}
		}
		if rest := text[behind:]; strings.Trim(rest, "\r\n") != "" {
			t.Fatalf("%q was not read", rest)
		}
	})
}

func FuzzWind(f *testing.F) {
	f.Add(readGolden(f, "wind.csv"))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := plain.NewWindReader(strings.NewReader(text), global())
		if err != nil {
			checkFault(t, err)
			return
		}
		behind := int64(0)
		for rec, err := range r.All() {
			checkRecord(t, text, rec.Record, &behind)
			if err != nil {
				checkFault(t, err)
			} else if err := rec.Wind.Valid(); err != nil {
				t.Fatalf("%q was read as a wind that is not valid: %v", rec.Raw, err)
			}
		}
	})
}

func FuzzPoses(f *testing.F) {
	f.Add("time,lon_deg,lat_deg,alt_m,heading_deg,pitch_deg,roll_deg\n2026-01-31T12:00:00Z,-30,10,1040,90,0.4,-1.2\n2026-01-31T12:00:01Z,-30,10,1040,,,900\n")
	f.Add("time,lon_deg,lat_deg,alt_m,left_lon_deg,left_lat_deg,right_lon_deg,right_lat_deg\n2026-01-31T12:00:00Z,-30,10,1040,-30,10,-30,10.1\n2026-01-31T12:00:00Z,-30,10,1040,-30,10,-30,91\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := plain.NewPoseReader(strings.NewReader(text), global())
		if err != nil {
			checkFault(t, err)
			return
		}
		behind := int64(0)
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			checkRecord(t, text, rec.Record, &behind)
			if err != nil {
				checkFault(t, err)
				continue
			}
			l := vigia.ScanLine{Pose: rec.Pose, Ground: rec.Ground, Samples: make([]byte, 8)}
			if err := l.Valid(vigia.Cube{Samples: 2, Wavelengths: []float64{500}, FieldOfViewDeg: 1}); err != nil {
				t.Fatalf("%q was read as a pose that is not valid: %v", rec.Raw, err)
			}
		}
	})
}

func FuzzBuildings(f *testing.F) {
	f.Add(readGolden(f, "buildings.geojson"))
	f.Add(readGolden(f, "buildings_local.geojson"))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := plain.ReadBuildings(strings.NewReader(text), plain.Options{Name: "f.csv", Frame: &atSea})
		if err != nil {
			checkFault(t, err)
			return
		}
		for _, e := range got.Errors {
			checkFault(t, e)
		}
		for _, rec := range got.Records {
			if err := rec.Building.Footprint.Valid(); err != nil {
				t.Fatalf("the building %q is not valid: %v", rec.Building.ID, err)
			}
			if rec.Offset < 0 || rec.Offset >= int64(len(text)) || text[rec.Offset] != '{' || strings.Count(text[:rec.Offset], "\n")+1 != rec.Line {
				t.Fatalf("the building %q is said to be at offset %d, line %d", rec.Building.ID, rec.Offset, rec.Line)
			}
		}
	})
}

func checkFault(t *testing.T, err error) {
	t.Helper()
	var e *vigia.Error
	if !errors.As(err, &e) || e.Code != vigia.Invalid || e.File != "f.csv" || e.Line < 1 {
		t.Fatalf("the fault %#v does not name its file and line", err)
	}
}

func checkRecord(t *testing.T, text string, rec plain.Record, behind *int64) {
	t.Helper()
	if rec.Offset < *behind || rec.Offset+rec.Size > int64(len(text)) || !strings.HasPrefix(text[rec.Offset:], rec.Raw) {
		t.Fatalf("the record at offset %d of %d bytes is not the input's", rec.Offset, rec.Size)
	}
	if strings.Count(text[:rec.Offset], "\n")+1 != rec.Line {
		t.Fatalf("the record at offset %d is said to be at line %d", rec.Offset, rec.Line)
	}
	*behind = rec.Offset + rec.Size
}
