package spectrum

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// ReadCSV reads a spectrum a line of which is a wavelength and a number. The
// first line names the columns: wavelength_nm, wavelength_um, wavenumber_cm1 or
// band; then value, or absorption_per_ppm_m for an absorption coefficient to
// base e. Other columns are left alone.
func ReadCSV(r io.Reader) (*Spectrum, error) {
	in := csv.NewReader(&io.LimitedReader{R: r, N: FileLimit})
	in.Comment, in.TrimLeadingSpace, in.ReuseRecord, in.FieldsPerRecord = '#', true, true, -1
	head, err := in.Read()
	if err != nil {
		return nil, csvError(err)
	}
	x, y := -1, -1
	axis := ""
	s := &Spectrum{Format: "CSV", Quantity: Value}
	for i, name := range head {
		switch name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))); name {
		case "wavelength_nm", "wavelength_um", "wavenumber_cm1", "band":
			x, axis = i, name
		case "value", "absorption_per_ppm_m":
			y = i
			s.Quantity = Quantity(name)
		}
	}
	if x < 0 {
		return nil, invalid(1, "a column wavelength_nm (or wavelength_um, wavenumber_cm1, band) is missing")
	}
	if y < 0 {
		return nil, invalid(1, "a column value (or absorption_per_ppm_m) is missing")
	}
	var xs []float64
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := in.FieldPos(0)
		var v [2]float64
		for k, col := range [2]int{x, y} {
			if col >= len(row) {
				return nil, invalid(line, "the line has %d columns and not all of those it needs", len(row))
			}
			v[k], err = strconv.ParseFloat(strings.TrimSpace(row[col]), 64)
			if err != nil || math.IsNaN(v[k]) || math.IsInf(v[k], 0) {
				return nil, invalid(line, "%q is not a number", clip(row[col]))
			}
		}
		if axis != "band" && !(v[0] > 0) || axis == "band" && (v[0] != math.Trunc(v[0]) || v[0] < 0 || v[0] > 1e6) {
			return nil, invalid(line, "%v is no %s", v[0], axis)
		}
		if len(xs) >= PointLimit {
			return nil, invalid(line, "more than %d points", PointLimit)
		}
		xs, s.Y = append(xs, v[0]), append(s.Y, v[1])
	}
	if len(xs) == 0 {
		return nil, invalid(1, "there are no data below the first line")
	}
	s.place(axis, xs)
	return s, nil
}

func (s *Spectrum) place(axis string, xs []float64) {
	switch axis {
	case "band":
		for _, v := range xs {
			s.Bands = append(s.Bands, int(v))
		}
	case "wavenumber_cm1":
		s.Wavelength, s.Y = fromWavenumbers(xs, s.Y)
	default:
		s.Wavelength = xs
		if axis == "wavelength_um" {
			for i := range xs {
				xs[i] *= 1e3
			}
		}
		rising(s.Wavelength, s.Y)
	}
}

func csvError(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return invalid(p.Line, "%v", p.Err)
	}
	if errors.Is(err, io.EOF) {
		return invalid(1, "the file is empty")
	}
	return invalid(0, "the file cannot be read: %v", err)
}
