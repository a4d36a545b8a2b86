package plain

import (
	"io"
	"iter"
	"math"
)

// The columns of a file of position reports, of tracks, of the truth of
// tracks, and of visits.
var (
	reportColumns = []string{"scan", "time_s", "det_id", "x_m", "y_m", "sigma_m", "vx_mps", "vy_mps", "class", "score"}
	trackColumns  = []string{"scan", "time_s", "track_id", "truth_id", "x_m", "y_m", "vx_mps", "vy_mps", "pxx", "pyy", "pxy", "class"}
	visitColumns  = []string{"track_id", "arrive_s", "depart_s", "x_m", "y_m", "arrive_sd_s", "depart_sd_s", "site", "site_probability", "censored", "approach_deg", "class"}
	watchColumns  = []string{"from_s", "to_s"}
)

// A ReportRecord is one report of a position, as it came and as it was read.
type ReportRecord struct {
	Record

	Scan     int
	Seconds  float64 // when it was true
	ID       int     // within its scan
	X, Y     float64 // m, east and north
	Sigma    float64 // m; 0: not known
	Velocity *[2]float64
	Class    string
	Score    *float64
}

// A ReportReader reads a file of position reports (docs/formats/reports.md).
type ReportReader struct {
	table   *table
	options Options
}

// NewReportReader reads the header. Its errors are final.
func NewReportReader(r io.Reader, o Options) (*ReportReader, error) {
	t, err := openTable(r, o.Name, reportColumns)
	if err != nil {
		return nil, err
	}
	if err := t.require("scan", "time_s", "det_id", "x_m", "y_m"); err != nil {
		return nil, err
	}
	return &ReportReader{t, o}, nil
}

// Warnings are sentences about the whole file, complete at its end.
func (r *ReportReader) Warnings() []string { return r.table.warnings }

// Next returns the next record, with errors as ObservationReader.Next.
func (r *ReportReader) Next() (ReportRecord, error) {
	row, err := r.table.next()
	if err != nil {
		return ReportRecord{Record: row.Record}, err
	}
	f := fields{row: row}
	rec := ReportRecord{
		Record: row.Record, Scan: f.whole("scan"), Seconds: f.seconds("time_s"), ID: f.whole("det_id"),
		X: f.metres("x_m"), Y: f.metres("y_m"), Sigma: f.atLeast0("sigma_m"), Class: f.name("class"),
	}
	vx, hasX := f.optional("vx_mps")
	vy, hasY := f.optional("vy_mps")
	if hasX != hasY {
		f.fail("vy_mps", "a velocity needs both of vx_mps and vy_mps")
	} else if hasX {
		if math.Hypot(vx, vy) > 1e6 {
			f.fail("vx_mps", "%v m/s is no velocity", vx)
		}
		rec.Velocity = &[2]float64{vx, vy}
	}
	if score, ok := f.optional("score"); ok {
		rec.Score = &score
	}
	if f.err != nil {
		return ReportRecord{Record: row.Record}, f.err
	}
	return rec, nil
}

// All yields what Next returns until the end, as ObservationReader.All.
func (r *ReportReader) All() iter.Seq2[ReportRecord, error] { return all(r.Next) }

// A TrackRecord is one track, or one vehicle of the truth, at one time.
type TrackRecord struct {
	Record

	Scan    int // -1: the file has none
	Seconds float64
	ID      string
	X, Y    float64
	VX, VY  float64 // m/s; 0 when not known

	// Covariance is pxx, pxy, pyy, m²; nil: not known.
	Covariance *[3]float64

	Class string // what it looks like; "" is not known
}

// A TrackReader reads a file of tracks (docs/formats/tracks.md).
type TrackReader struct {
	table *table
	id    string
}

// NewTrackReader reads the header. A file of truth has truth_id in place of
// track_id. Its errors are final.
func NewTrackReader(r io.Reader, o Options) (*TrackReader, error) {
	t, err := openTable(r, o.Name, trackColumns)
	if err != nil {
		return nil, err
	}
	id := "track_id"
	if !t.has(id) && t.has("truth_id") {
		id = "truth_id"
	}
	if err := t.require("time_s", id, "x_m", "y_m"); err != nil {
		return nil, err
	}
	return &TrackReader{t, id}, nil
}

// Warnings are sentences about the whole file, complete at its end.
func (r *TrackReader) Warnings() []string { return r.table.warnings }

// Next returns the next record, with errors as ObservationReader.Next.
func (r *TrackReader) Next() (TrackRecord, error) {
	row, err := r.table.next()
	if err != nil {
		return TrackRecord{Record: row.Record}, err
	}
	f := fields{row: row}
	rec := TrackRecord{Record: row.Record, Scan: -1, Seconds: f.seconds("time_s"), ID: f.name(r.id), X: f.metres("x_m"), Y: f.metres("y_m"), Class: f.name("class")}
	if rec.ID == "" {
		f.fail(r.id, "the field is empty and a name is needed")
	}
	if r.table.has("scan") {
		rec.Scan = f.whole("scan")
	}
	rec.VX, _ = f.optional("vx_mps")
	rec.VY, _ = f.optional("vy_mps")
	pxx, hasXX := f.optional("pxx")
	pyy, hasYY := f.optional("pyy")
	pxy, _ := f.optional("pxy")
	if hasXX && hasYY {
		if !(pxx >= 0) || !(pyy >= 0) || pxy*pxy > pxx*pyy*(1+1e-6)+1e-9 {
			f.fail("pxx", "pxx, pxy and pyy are no covariance")
		}
		rec.Covariance = &[3]float64{pxx, pxy, pyy}
	}
	if f.err != nil {
		return TrackRecord{Record: row.Record}, f.err
	}
	return rec, nil
}

// All yields what Next returns until the end, as ObservationReader.All.
func (r *TrackReader) All() iter.Seq2[TrackRecord, error] { return all(r.Next) }
