package plain

import (
	"io"
	"strconv"
	"strings"
)

// A TrackWriter writes a file of tracks. Flush it at the end.
type TrackWriter struct{ w *tableWriter }

// NewTrackWriter writes the header.
func NewTrackWriter(w io.Writer) *TrackWriter {
	return &TrackWriter{newTableWriter(w, []string{"scan", "time_s", "track_id", "x_m", "y_m", "vx_mps", "vy_mps", "pxx", "pyy", "pxy", "class"})}
}

// Write writes one track at one time.
func (w *TrackWriter) Write(r TrackRecord) error {
	f := []string{strconv.Itoa(r.Scan), formatNumber(r.Seconds), quoted(r.ID),
		formatMetres(r.X), formatMetres(r.Y), formatMetres(r.VX), formatMetres(r.VY), "", "", "", quoted(r.Class)}
	if c := r.Covariance; c != nil {
		f[7], f[8], f[9] = formatShort(c[0]), formatShort(c[2]), formatShort(c[1])
	}
	return w.w.record(f)
}

// Flush hands everything to the underlying writer.
func (w *TrackWriter) Flush() error { return w.w.flush() }

// formatShort writes six significant digits.
func formatShort(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// quoted quotes a field by RFC 4180 §2 where it must be.
func quoted(s string) string {
	if strings.ContainsAny(s, ",\"\r\n") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// A ReportWriter writes a file of position reports. Flush it at the end.
type ReportWriter struct{ w *tableWriter }

// NewReportWriter writes the header.
func NewReportWriter(w io.Writer) *ReportWriter {
	return &ReportWriter{newTableWriter(w, reportColumns)}
}

// Write writes one report: places to a millimetre, times to a microsecond.
func (w *ReportWriter) Write(r ReportRecord) error {
	f := []string{strconv.Itoa(r.Scan), strconv.FormatFloat(r.Seconds, 'f', 6, 64), strconv.Itoa(r.ID),
		formatMetres(r.X), formatMetres(r.Y), "", "", "", quoted(r.Class), ""}
	if r.Sigma > 0 {
		f[5] = formatShort(r.Sigma)
	}
	if v := r.Velocity; v != nil {
		f[6], f[7] = formatMetres(v[0]), formatMetres(v[1])
	}
	if r.Score != nil {
		f[9] = formatShort(*r.Score)
	}
	return w.w.record(f)
}

// Flush hands everything to the underlying writer.
func (w *ReportWriter) Flush() error { return w.w.flush() }
