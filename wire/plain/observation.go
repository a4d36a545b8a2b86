package plain

import (
	"errors"
	"io"
	"iter"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// The columns of a file of observations.
var (
	localAt  = []string{"x_m", "y_m", "z_m"}
	localTo  = []string{"x2_m", "y2_m", "z2_m"}
	globalAt = []string{"lon_deg", "lat_deg", "alt_m"}
	globalTo = []string{"lon2_deg", "lat2_deg", "alt2_m"}

	observationColumns = join([]string{"time", "time_s", "sensor"}, localAt, localTo, globalAt, globalTo, []string{
		"ppm", "sigma_ppm", "detection_limit_ppm", "saturation_ppm",
		"ppm_m", "sigma_ppm_m", "detection_limit_ppm_m", "saturation_ppm_m", "unit"})
)

func join(lists ...[]string) (all []string) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// An ObservationRecord is one reading, as it came and as it was read.
type ObservationRecord struct {
	Record

	// Observation has its Origin's Offset and Line; its ID, Flight, Chemical
	// and Origin.Chunk are the caller's to give.
	Observation vigia.Observation

	// Local is the same place in the file's own metres; nil for a WGS 84 file.
	Local *LocalPath
}

// A LocalPath is a point, or a path from At to To, in a frame's metres.
type LocalPath struct {
	At geo.Local
	To *geo.Local
}

// An ObservationReader reads a file of observations.
type ObservationReader struct {
	table   *table
	options Options
	near    nearness
	local   bool
	column  bool // ppm_m
}

// NewObservationReader reads the header. Its errors are final.
func NewObservationReader(r io.Reader, o Options) (*ObservationReader, error) {
	t, err := openTable(r, o.Name, observationColumns)
	if err != nil {
		return nil, err
	}
	if err := t.requireTime(o); err != nil {
		return nil, err
	}
	if err := t.require("sensor"); err != nil {
		return nil, err
	}
	or := &ObservationReader{table: t, options: o, near: newNearness(o), column: t.has("ppm_m")}
	if or.local, err = t.requirePlace(o); err != nil {
		return nil, err
	}
	switch {
	case t.has("ppm") && t.has("ppm_m"):
		return nil, t.errorAt(t.header.Line, "ppm_m", "a file has ppm or ppm_m, not both")
	case !t.has("ppm_m"):
		if err := t.require("ppm"); err != nil {
			return nil, err
		}
		for _, c := range []string{"sigma_ppm_m", "detection_limit_ppm_m", "saturation_ppm_m"} {
			if t.has(c) {
				return nil, t.errorAt(t.header.Line, c, "the readings are in ppm and this column in ppm_m")
			}
		}
	}
	return or, nil
}

// requirePlace tells whether the header's places are local metres; an error
// when they are neither or both, or when there is no frame to place them.
func (t *table) requirePlace(o Options) (local bool, err error) {
	local = t.anyOf(join(localAt, localTo)...)
	global := t.anyOf(join(globalAt, globalTo)...)
	at, to := globalAt, globalTo
	switch {
	case local && global:
		return false, t.errorAt(t.header.Line, "", "the file has places both in local metres and in degrees; it may have one of them")
	case !global:
		at, to = localAt, localTo
	}
	if err := t.require(at...); err != nil {
		return false, err
	}
	if t.anyOf(to...) {
		if err := t.require(to...); err != nil {
			return false, err
		}
	}
	if local && o.Frame == nil {
		return false, t.errorAt(t.header.Line, "x_m", "the places are local metres, and no origin is given to place them")
	}
	return local, nil
}

// Header is the header as it came.
func (r *ObservationReader) Header() Record { return r.table.header }

// Local tells whether the file's places are local metres.
func (r *ObservationReader) Local() bool { return r.local }

// Warnings are sentences about the whole file: columns that were ignored, a
// last line without an end. They are complete at the end of the file.
func (r *ObservationReader) Warnings() []string { return r.table.warnings }

// Next returns the next record. With an error of code vigia.Invalid it returns
// the bytes of a record that cannot be read, and the next call goes on behind
// it. Any other error is final, and io.EOF is the end of the file.
func (r *ObservationReader) Next() (ObservationRecord, error) {
	row, err := r.table.next()
	if err != nil {
		return ObservationRecord{Record: row.Record}, err
	}
	rec, e := r.read(row)
	if e != nil {
		return ObservationRecord{Record: row.Record}, e
	}
	return rec, nil
}

// All yields what Next returns until the end. It stops after a final error,
// and does not yield io.EOF.
func (r *ObservationReader) All() iter.Seq2[ObservationRecord, error] { return all(r.Next) }

func all[T any](next func() (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(v, err) || (err != nil && vigia.ErrorCode(err) != vigia.Invalid) {
				return
			}
		}
	}
}

func (r *ObservationReader) read(row row) (ObservationRecord, *vigia.Error) {
	rec := ObservationRecord{Record: row.Record}
	o := &rec.Observation
	o.Origin = vigia.Provenance{Offset: row.Offset, Line: row.Line}
	var err *vigia.Error
	if o.Time, err = row.time(r.options); err != nil {
		return rec, err
	}
	if o.Sensor = row.text("sensor"); !vigia.ValidName(o.Sensor) {
		return rec, row.errorf("sensor", "the sensor's name %q must be 1 to 64 letters, digits, hyphens or underscores", clip(o.Sensor))
	}
	if err := r.readPlace(row, &rec); err != nil {
		return rec, err
	}
	if err := r.readValue(row, o); err != nil {
		return rec, err
	}
	if e := o.Valid(); e != nil {
		return rec, row.errorf("", "%s", vigia.ErrorMessage(e))
	}
	return rec, nil
}

// readPlace reads the point, and the end of the path where there is one.
func (r *ObservationReader) readPlace(row row, rec *ObservationRecord) *vigia.Error {
	at, to := globalAt, globalTo
	if r.local {
		at, to = localAt, localTo
	}
	a, err := row.triple(at)
	if err != nil {
		return err
	}
	var b *[3]float64
	if row.text(to[0])+row.text(to[1])+row.text(to[2]) != "" {
		v, err := row.triple(to)
		if err != nil {
			return err
		}
		b = &v
	}
	if r.local {
		rec.Local = &LocalPath{At: geo.Local{X: a[0], Y: a[1], Z: a[2]}}
		if b != nil {
			rec.Local.To = &geo.Local{X: b[0], Y: b[1], Z: b[2]}
		}
	}
	if rec.Observation.At, err = r.place(row, at, a); err != nil || b == nil {
		return err
	}
	p, err := r.place(row, to, *b)
	rec.Observation.To = &p
	return err
}

// triple reads three numbers that must all be there.
func (r row) triple(columns []string) (v [3]float64, err *vigia.Error) {
	for i, c := range columns {
		if v[i], err = r.needed(c); err != nil {
			return v, err
		}
	}
	return v, nil
}

// place turns three numbers into a place that is on the Earth and not far.
func (r *ObservationReader) place(row row, columns []string, v [3]float64) (geo.Point, *vigia.Error) {
	p := geo.Point{Lon: v[0], Lat: v[1], Alt: v[2]}
	var far *vigia.Error
	if r.local {
		l := geo.Local{X: v[0], Y: v[1], Z: v[2]}
		if far = r.near.checkLocal(l); far == nil {
			p = r.options.Frame.ToPoint(l)
		}
	}
	if far == nil {
		if column, e := pointFault(p, columns); e != nil {
			return p, row.errorf(column, "%v", e)
		}
		if !r.local {
			far = r.near.check(p)
		}
	}
	if far != nil {
		return p, row.errorf(columns[0], "%s", far.Message)
	}
	return p, nil
}

// pointFault names the column that cannot be of a place on the Earth.
func pointFault(p geo.Point, columns []string) (string, error) {
	for i, q := range []geo.Point{{Lon: p.Lon}, {Lat: p.Lat}, {Alt: p.Alt}} {
		if err := q.Valid(); err != nil {
			return columns[i], err
		}
	}
	return "", nil
}

// readValue reads the reading, its standard deviation and its limits, all in
// one unit. A mean in ppm along a path is length times less than its column.
func (r *ObservationReader) readValue(row row, o *vigia.Observation) *vigia.Error {
	unit := "ppm"
	o.Kind = vigia.PointKind
	if o.To != nil {
		o.Kind = vigia.BeamKind
	}
	if r.column {
		unit = "ppm_m"
		o.Kind = vigia.ColumnKind
		if o.To == nil {
			return row.errorf(row.table.endColumn(), "a reading in ppm_m is along a path, and the path has no end")
		}
	}
	if u := row.text("unit"); u != "" && u != unit {
		return row.errorf("unit", "the unit %q is not known for the column %s", clip(u), unit)
	}
	var err *vigia.Error
	if o.Value, err = row.needed(unit); err != nil {
		return err
	}
	if o.Sigma, err = r.spread(row, "sigma", unit, o); err != nil {
		return err
	}
	if o.Limit, err = r.spread(row, "detection_limit", unit, o); err != nil {
		return err
	}
	o.Saturation, err = r.spread(row, "saturation", unit, o)
	return err
}

// spread reads a column that is 0 or more, in the reading's unit.
func (r *ObservationReader) spread(row row, stem, unit string, o *vigia.Observation) (float64, *vigia.Error) {
	column, scale := stem+"_"+unit, 1.0
	if r.column && !row.table.has(column) {
		column, scale = stem+"_ppm", geo.Distance(o.At, *o.To)
	}
	v, err := row.optional(column)
	if err == nil && v < 0 {
		err = row.errorf(column, "%v is less than 0", v)
	}
	return v * scale, err
}

// endColumn is the first column of a path's end, for an error.
func (t *table) endColumn() string {
	if t.has("x_m") {
		return localTo[0]
	}
	return globalTo[0]
}
