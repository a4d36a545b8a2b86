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
	return &TrackWriter{newTableWriter(w, []string{"scan", "time_s", "track_id", "x_m", "y_m", "vx_mps", "vy_mps", "pxx", "pyy", "pxy"})}
}

// Write writes one track at one time.
func (w *TrackWriter) Write(r TrackRecord) error {
	f := []string{strconv.Itoa(r.Scan), formatNumber(r.Seconds), quoted(r.ID),
		formatMetres(r.X), formatMetres(r.Y), formatMetres(r.VX), formatMetres(r.VY), "", "", ""}
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
