package plain_test

import (
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/wire/plain"
)

const reports = `scan,time_s,det_id,x_m,y_m,sigma_m,vx_mps,vy_mps,class,score
0,0,1,10.5,-3,10,,,,
1,2.0,0,12,-3,10,1.5,-0.25,van,-0.7
0,0.0,2,99,1,,,,"a,b",
`

func TestReports(t *testing.T) {
	r, err := plain.NewReportReader(strings.NewReader(reports), plain.Options{Name: "r.csv"})
	if err != nil {
		t.Fatal(err)
	}
	score := -0.7
	want := []plain.ReportRecord{
		{Scan: 0, Seconds: 0, ID: 1, X: 10.5, Y: -3, Sigma: 10},
		{Scan: 1, Seconds: 2, ID: 0, X: 12, Y: -3, Sigma: 10, Velocity: &[2]float64{1.5, -0.25}, Class: "van", Score: &score},
		{Scan: 0, Seconds: 0, ID: 2, X: 99, Y: 1, Class: "a,b"},
	}
	var got []plain.ReportRecord
	for rec, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		rec.Record = plain.Record{}
		got = append(got, rec)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v; the file has %+v", got, want)
	}
}

// Each fault names its column, and reading goes on.
func TestReports_Faults(t *testing.T) {
	for row, column := range map[string]string{
		"x,0,0,1,2,,,,,":      "scan",
		"0.5,0,0,1,2,,,,,":    "scan",
		"0,,0,1,2,,,,,":       "time_s",
		"0,1e99,0,1,2,,,,,":   "time_s",
		"0,0,-1,1,2,,,,,":     "det_id",
		"0,0,0,NaN,2,,,,,":    "x_m",
		"0,0,0,1,2e10,,,,,":   "y_m",
		"0,0,0,1,2,-1,,,,":    "sigma_m",
		"0,0,0,1,2,1,3,,,":    "vy_mps",
		"0,0,0,1,2,1,3,9e9,,": "vx_mps",
		"0,0,0,1,2,1,,,,high": "score",
		"0,0,0,1,2,1,,," + strings.Repeat("c", 65) + ",": "class",
	} {
		head, _, _ := strings.Cut(reports, "\n")
		r, err := plain.NewReportReader(strings.NewReader(head+"\n"+row+"\n3,3,3,3,3,,,,,\n"), plain.Options{Name: "r.csv"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Next()
		var fault *vigia.Error
		if !errors.As(err, &fault) || fault.Code != vigia.Invalid || fault.Column != column || fault.Line != 2 {
			t.Errorf("%s: got %v; want a fault of line 2, column %s", row, err, column)
		}
		if rec, err := r.Next(); err != nil || rec.Scan != 3 {
			t.Errorf("%s: the record behind it is %+v, %v", row, rec, err)
		}
	}
	_, err := plain.NewReportReader(strings.NewReader("scan,time_s,det_id,x_m\n"), plain.Options{Name: "r.csv"})
	if vigia.ErrorCode(err) != vigia.Invalid || !strings.Contains(err.Error(), "y_m") {
		t.Errorf("a file without y_m answers %v", err)
	}
}

// What is written reads back.
func TestTracks_RoundTrip(t *testing.T) {
	want := []plain.TrackRecord{
		{Scan: 0, Seconds: 0.1, ID: "1", X: 1.5, Y: -2, VX: 3, VY: 4, Covariance: &[3]float64{4, 1, 9}},
		{Scan: 1, Seconds: 0.2, ID: `a,"b"`, X: 1.6, Y: -2, Class: "van"},
	}
	var b strings.Builder
	w := plain.NewTrackWriter(&b)
	for _, r := range want {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := plain.NewTrackReader(strings.NewReader(b.String()), plain.Options{Name: "t.csv"})
	if err != nil {
		t.Fatal(err)
	}
	var got []plain.TrackRecord
	for rec, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		rec.Record = plain.Record{}
		got = append(got, rec)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v; written was %+v\n%s", got, want, b.String())
	}
}

func FuzzReports(f *testing.F) {
	f.Add(reports)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := plain.NewReportReader(strings.NewReader(text), plain.Options{Name: "f.csv"})
		if err != nil {
			checkFault(t, err)
			return
		}
		behind := int64(0)
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			checkRecord(t, text, rec.Record, &behind)
			if err != nil {
				checkFault(t, err)
				continue
			}
			if math.Abs(rec.X) > 1e9 || math.Abs(rec.Y) > 1e9 || !(rec.Sigma >= 0) || rec.Scan < 0 {
				t.Fatalf("%q was read as %+v", rec.Raw, rec)
			}
		}
	})
}

func FuzzTracks(f *testing.F) {
	f.Add("scan,time_s,track_id,x_m,y_m,vx_mps,vy_mps,pxx,pyy,pxy\n0,0,1,2,3,,,4,9,1\n")
	f.Add("time_s,truth_id,x_m,y_m\n0,a,2,3\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := plain.NewTrackReader(strings.NewReader(text), plain.Options{Name: "f.csv"})
		if err != nil {
			checkFault(t, err)
			return
		}
		behind := int64(0)
		for rec, err := range r.All() {
			checkRecord(t, text, rec.Record, &behind)
			if err != nil {
				checkFault(t, err)
			} else if rec.ID == "" {
				t.Fatalf("%q was read as %+v", rec.Raw, rec)
			}
		}
	})
}

// What is written reads back.
func TestReports_RoundTrip(t *testing.T) {
	score := 4.5
	want := []plain.ReportRecord{
		{Scan: 3, Seconds: 1772366400.04, ID: 7, X: -12.345, Y: 6, Sigma: 2.5, Velocity: &[2]float64{1.5, -2}, Class: `a,"b"`, Score: &score},
		{Scan: 4, Seconds: 0.08, ID: 7, X: 1, Y: 2},
	}
	var b strings.Builder
	w := plain.NewReportWriter(&b)
	for _, r := range want {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := plain.NewReportReader(strings.NewReader(b.String()), plain.Options{Name: "r.csv"})
	if err != nil {
		t.Fatal(err)
	}
	var got []plain.ReportRecord
	for rec, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		rec.Record = plain.Record{}
		got = append(got, rec)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v; written was %+v\n%s", got, want, b.String())
	}
}

// What is written reads back.
func TestVisits_RoundTrip(t *testing.T) {
	want := []plain.VisitRecord{
		{Track: "7", Arrive: 10.5, Depart: 99, X: 1, Y: -2, ArriveSD: 3, DepartSD: 4, Site: `shed,"3"`, SiteProbability: 0.75, Censored: "end", ApproachDeg: 270, Class: "van"},
		{Track: "8", Arrive: -5, Depart: 9, ApproachDeg: 0},
	}
	var b strings.Builder
	w := plain.NewVisitWriter(&b)
	for _, r := range want {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := plain.NewVisitReader(strings.NewReader(b.String()), plain.Options{Name: "v.csv"})
	if err != nil {
		t.Fatal(err)
	}
	var got []plain.VisitRecord
	for rec, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		rec.Record = plain.Record{}
		got = append(got, rec)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v; written was %+v\n%s", got, want, b.String())
	}
}

func FuzzVisits(f *testing.F) {
	f.Add("track_id,arrive_s,depart_s,x_m,y_m,arrive_sd_s,depart_sd_s,site,site_probability,censored,approach_deg,class\n7,1,2,3,4,5,6,s,0.5,both,270,van\n")
	f.Add("arrive_s,depart_s\n1,2\n3,2\n")
	f.Add("from_s,to_s\n1,2\n")
	f.Fuzz(func(t *testing.T, text string) {
		behind := int64(0)
		if r, err := plain.NewVisitReader(strings.NewReader(text), plain.Options{Name: "f.csv"}); err != nil {
			checkFault(t, err)
		} else {
			for rec, err := range r.All() {
				checkRecord(t, text, rec.Record, &behind)
				if err != nil {
					checkFault(t, err)
				} else if rec.Depart < rec.Arrive || !(rec.ArriveSD >= 0) {
					t.Fatalf("%q was read as %+v", rec.Raw, rec)
				}
			}
		}
		behind = 0
		if r, err := plain.NewWatchReader(strings.NewReader(text), plain.Options{Name: "f.csv"}); err != nil {
			checkFault(t, err)
		} else {
			for rec, err := range r.All() {
				checkRecord(t, text, rec.Record, &behind)
				if err != nil {
					checkFault(t, err)
				} else if rec.To <= rec.From {
					t.Fatalf("%q was read as %+v", rec.Raw, rec)
				}
			}
		}
	})
}
