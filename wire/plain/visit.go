package plain

import (
	"io"
	"math"
	"strconv"
)

// A VisitRecord is one stay of one track.
type VisitRecord struct {
	Track              string
	Arrive, Depart     float64 // s
	X, Y               float64 // m
	ArriveSD, DepartSD float64 // s
	Site               string  // "": none
	SiteProbability    float64
	Censored           string  // "", "start", "end" or "both"
	ApproachDeg        float64 // clockwise from north; NaN: not known
}

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
		formatMillis(v.ArriveSD), formatMillis(v.DepartSD), quoted(v.Site), probability, v.Censored, approach})
}

// Flush hands everything to the underlying writer.
func (w *VisitWriter) Flush() error { return w.w.flush() }

// formatMillis writes seconds to the millisecond.
func formatMillis(v float64) string { return formatNumber(math.Round(v*1e3)/1e3 + 0) }
