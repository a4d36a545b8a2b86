package plain

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// An ObservationLayout says which columns a file of observations has.
type ObservationLayout struct {
	Frame *geo.Frame // places in its metres, to 0.1 mm; nil: WGS 84, every digit
	Kind  vigia.Kind // PointKind (or ""): points; BeamKind: points and paths, ppm; ColumnKind: paths, ppm_m
}

// An ObservationWriter writes a file of observations. Flush it at the end.
type ObservationWriter struct {
	w      *tableWriter
	layout ObservationLayout
}

// NewObservationWriter writes the header.
func NewObservationWriter(w io.Writer, layout ObservationLayout) *ObservationWriter {
	at, to := globalAt, globalTo
	if layout.Frame != nil {
		at, to = localAt, localTo
	}
	columns := join([]string{"time", "sensor"}, at)
	if layout.Kind == vigia.BeamKind || layout.Kind == vigia.ColumnKind {
		columns = join(columns, to)
	}
	if layout.Kind == vigia.ColumnKind {
		columns = join(columns, []string{"ppm_m", "sigma_ppm_m", "detection_limit_ppm_m", "saturation_ppm_m"})
	} else {
		columns = join(columns, []string{"ppm", "sigma_ppm", "detection_limit_ppm", "saturation_ppm"})
	}
	return &ObservationWriter{newTableWriter(w, columns), layout}
}

// Write writes one observation. It answers Invalid for one that the layout has
// no columns for, or that is not valid.
func (w *ObservationWriter) Write(o vigia.Observation) error {
	if err := o.Valid(); err != nil {
		return err
	}
	paths := w.layout.Kind == vigia.BeamKind || w.layout.Kind == vigia.ColumnKind
	if (o.To != nil && !paths) || (o.Kind == vigia.ColumnKind) != (w.layout.Kind == vigia.ColumnKind) {
		return vigia.Errorf(vigia.Invalid, "a %s observation cannot be written to a file of kind %q", o.Kind, w.layout.Kind)
	}
	fields := []string{formatTime(o.Time), o.Sensor}
	fields = append(fields, w.place(o.At)...)
	switch {
	case paths && o.To == nil:
		fields = append(fields, "", "", "")
	case paths:
		fields = append(fields, w.place(*o.To)...)
	}
	return w.w.record(append(fields, formatNumber(o.Value), formatKnown(o.Sigma), formatKnown(o.Limit), formatKnown(o.Saturation)))
}

// Flush hands everything to the underlying writer.
func (w *ObservationWriter) Flush() error { return w.w.flush() }

func (w *ObservationWriter) place(p geo.Point) []string {
	if w.layout.Frame == nil {
		return []string{formatNumber(p.Lon), formatNumber(p.Lat), formatNumber(p.Alt)}
	}
	l := w.layout.Frame.ToLocal(p)
	return []string{formatMetres(l.X), formatMetres(l.Y), formatMetres(l.Z)}
}

// A WindWriter writes a file of wind. Flush it at the end.
type WindWriter struct{ w *tableWriter }

// NewWindWriter writes the header.
func NewWindWriter(w io.Writer) *WindWriter {
	return &WindWriter{newTableWriter(w, []string{"time", "speed_mps", "from_deg", "sigma_tan_horizontal", "sigma_tan_vertical", "obukhov_m", "temperature_k", "pressure_pa"})}
}

// Write writes one record. It answers Invalid for one that is not valid.
func (w *WindWriter) Write(v vigia.Wind) error {
	if err := v.Valid(); err != nil {
		return err
	}
	return w.w.record([]string{formatTime(v.Time), formatNumber(v.SpeedMPS), formatNumber(v.FromDeg),
		formatKnown(v.SigmaTanHorizontal), formatKnown(v.SigmaTanVertical),
		formatKnown(v.ObukhovM), formatKnown(v.TemperatureK), formatKnown(v.PressurePa)})
}

// Flush hands everything to the underlying writer.
func (w *WindWriter) Flush() error { return w.w.flush() }

// A tableWriter writes comma-separated values. No field of ours needs a quote:
// names are letters, digits, hyphens and underscores, the rest is numbers.
type tableWriter struct{ b *bufio.Writer }

func newTableWriter(w io.Writer, columns []string) *tableWriter {
	t := &tableWriter{bufio.NewWriter(w)}
	_ = t.record(columns) // bufio keeps the error for the next write
	return t
}

func (t *tableWriter) record(fields []string) error {
	_, err := t.b.WriteString(strings.Join(fields, ",") + "\n")
	return err
}

func (t *tableWriter) flush() error { return t.b.Flush() }

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// formatNumber writes the shortest decimal that reads back as the same number.
func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// formatKnown writes nothing for 0, which means not known.
func formatKnown(v float64) string {
	if v == 0 {
		return ""
	}
	return formatNumber(v)
}

func formatMetres(v float64) string { return formatNumber(roundMetres(v)) }

// roundMetres rounds to 0.1 mm; the sum turns a minus zero into zero.
func roundMetres(v float64) float64 { return math.Round(v*1e4)/1e4 + 0 }
