package plain

import (
	"errors"
	"io"
	"iter"

	"github.com/vigia-project/vigia"
)

// The columns of a file of wind.
var windColumns = []string{"time", "time_s", "speed_mps", "from_deg", "sigma_tan_horizontal", "sigma_tan_vertical", "obukhov_m", "temperature_k", "pressure_pa"}

// A WindRecord is one record of the wind, as it came and as it was read.
type WindRecord struct {
	Record

	// Wind has its Origin's Offset and Line; its ID, Flight and Origin.Chunk
	// are the caller's to give.
	Wind vigia.Wind
}

// A WindReader reads a file of wind.
type WindReader struct {
	table   *table
	options Options
}

// NewWindReader reads the header. Its errors are final.
func NewWindReader(r io.Reader, o Options) (*WindReader, error) {
	t, err := openTable(r, o.Name, windColumns)
	if err != nil {
		return nil, err
	}
	if err := t.requireTime(o); err != nil {
		return nil, err
	}
	if err := t.require("speed_mps", "from_deg"); err != nil {
		return nil, err
	}
	return &WindReader{t, o}, nil
}

// Header is the header as it came.
func (r *WindReader) Header() Record { return r.table.header }

// Warnings are sentences about the whole file, complete at its end.
func (r *WindReader) Warnings() []string { return r.table.warnings }

// Next returns the next record, with errors as ObservationReader.Next.
func (r *WindReader) Next() (WindRecord, error) {
	row, err := r.table.next()
	if err != nil {
		return WindRecord{Record: row.Record}, err
	}
	rec := WindRecord{Record: row.Record}
	if e := r.read(row, &rec.Wind); e != nil {
		return WindRecord{Record: row.Record}, e
	}
	return rec, nil
}

// All yields what Next returns until the end, as ObservationReader.All.
func (r *WindReader) All() iter.Seq2[WindRecord, error] { return all(r.Next) }

func (r *WindReader) read(row row, w *vigia.Wind) *vigia.Error {
	w.Origin = vigia.Provenance{Offset: row.Offset, Line: row.Line}
	var err *vigia.Error
	if w.Time, err = row.time(r.options); err != nil {
		return err
	}
	if w.SpeedMPS, err = row.needed("speed_mps"); err != nil {
		return err
	}
	if w.FromDeg, err = row.needed("from_deg"); err != nil {
		return err
	}
	for _, c := range []struct {
		column string
		value  *float64
	}{
		{"sigma_tan_horizontal", &w.SigmaTanHorizontal},
		{"sigma_tan_vertical", &w.SigmaTanVertical},
		{"obukhov_m", &w.ObukhovM},
		{"temperature_k", &w.TemperatureK},
		{"pressure_pa", &w.PressurePa},
	} {
		if *c.value, err = row.optional(c.column); err != nil {
			return err
		}
	}
	if e := w.Valid(); e != nil {
		var v *vigia.Error
		if errors.As(e, &v) {
			return row.errorf(v.Column, "%s", v.Message)
		}
		return row.errorf("", "%v", e)
	}
	return nil
}
