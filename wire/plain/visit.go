package plain

import (
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
)

// A VisitRecord is one stay of one track.
type VisitRecord struct {
	Record

	Track              string
	Arrive, Depart     float64 // s
	X, Y               float64 // m
	ArriveSD, DepartSD float64 // s
	Site               string  // "": none
	SiteProbability    float64
	Censored           string  // "", "start", "end" or "both"
	ApproachDeg        float64 // clockwise from north; NaN: not known
	Class              string  // of vehicle; "" is not known
}

// A VisitReader reads a file of visits (docs/formats/visits.md).
type VisitReader struct{ table *table }

// NewVisitReader reads the header. Its errors are final.
func NewVisitReader(r io.Reader, o Options) (*VisitReader, error) {
	t, err := openTable(r, o.Name, visitColumns)
	if err != nil {
		return nil, err
	}
	return &VisitReader{t}, t.require("arrive_s", "depart_s")
}

// Warnings are sentences about the whole file, complete at its end.
func (r *VisitReader) Warnings() []string { return r.table.warnings }

// Next returns the next record, with errors as ObservationReader.Next.
func (r *VisitReader) Next() (VisitRecord, error) {
	row, err := r.table.next()
	if err != nil {
		return VisitRecord{Record: row.Record}, err
	}
	f := fields{row: row}
	rec := VisitRecord{
		Record: row.Record, Track: f.name("track_id"), Arrive: f.seconds("arrive_s"), Depart: f.seconds("depart_s"),
		ArriveSD: f.atLeast0("arrive_sd_s"), DepartSD: f.atLeast0("depart_sd_s"),
		Site: f.name("site"), Censored: f.name("censored"), Class: f.name("class"), ApproachDeg: math.NaN(),
	}
	rec.X, _ = f.optional("x_m")
	rec.Y, _ = f.optional("y_m")
	rec.SiteProbability, _ = f.optional("site_probability")
	if v, ok := f.optional("approach_deg"); ok {
		rec.ApproachDeg = v
	}
	switch {
	case f.err == nil && rec.Depart < rec.Arrive:
		f.fail("depart_s", "it leaves before it comes")
	case f.err == nil && !slices.Contains([]string{"", "start", "end", "both"}, rec.Censored):
		f.fail("censored", "%q is none of start, end and both", rec.Censored)
	}
	if f.err != nil {
		return VisitRecord{Record: row.Record}, f.err
	}
	return rec, nil
}

// All yields what Next returns until the end, as ObservationReader.All.
func (r *VisitReader) All() iter.Seq2[VisitRecord, error] { return all(r.Next) }

// A WatchRecord is a time through which somebody looked.
type WatchRecord struct {
	Record

	From, To float64 // s
}

// A WatchReader reads a file of watches (docs/formats/visits.md).
type WatchReader struct{ table *table }

// NewWatchReader reads the header. Its errors are final.
func NewWatchReader(r io.Reader, o Options) (*WatchReader, error) {
	t, err := openTable(r, o.Name, watchColumns)
	if err != nil {
		return nil, err
	}
	return &WatchReader{t}, t.require("from_s", "to_s")
}

// Warnings are sentences about the whole file, complete at its end.
func (r *WatchReader) Warnings() []string { return r.table.warnings }

// Next returns the next record, with errors as ObservationReader.Next.
func (r *WatchReader) Next() (WatchRecord, error) {
	row, err := r.table.next()
	if err != nil {
		return WatchRecord{Record: row.Record}, err
	}
	f := fields{row: row}
	rec := WatchRecord{Record: row.Record, From: f.seconds("from_s"), To: f.seconds("to_s")}
	if f.err == nil && rec.To <= rec.From {
		f.fail("to_s", "the watch ends before it begins")
	}
	if f.err != nil {
		return WatchRecord{Record: row.Record}, f.err
	}
	return rec, nil
}

// All yields what Next returns until the end, as ObservationReader.All.
func (r *WatchReader) All() iter.Seq2[WatchRecord, error] { return all(r.Next) }

// A VisitWriter writes a file of visits (docs/formats/visits.md). Flush it at
// the end.
type VisitWriter struct{ w *tableWriter }

// NewVisitWriter writes the header.
func NewVisitWriter(w io.Writer) *VisitWriter {
	return &VisitWriter{newTableWriter(w, visitColumns)}
}

// Write writes one visit.
func (w *VisitWriter) Write(v VisitRecord) error {
	approach, probability := "", ""
	if !math.IsNaN(v.ApproachDeg) {
		approach = strconv.FormatFloat(v.ApproachDeg, 'f', 0, 64)
	}
	if v.Site != "" {
		probability = strconv.FormatFloat(v.SiteProbability, 'f', 3, 64)
	}
	return w.w.record([]string{quoted(v.Track), formatMillis(v.Arrive), formatMillis(v.Depart), formatMetres(v.X), formatMetres(v.Y),
		formatMillis(v.ArriveSD), formatMillis(v.DepartSD), quoted(v.Site), probability, v.Censored, approach, quoted(v.Class)})
}

// Flush hands everything to the underlying writer.
func (w *VisitWriter) Flush() error { return w.w.flush() }

// formatMillis writes seconds to the millisecond.
func formatMillis(v float64) string { return formatNumber(math.Round(v*1e3)/1e3 + 0) }
