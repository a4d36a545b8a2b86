// Package envi reads and writes ENVI rasters and spectral libraries: a text
// header (.hdr) beside a flat binary file, in every interleave and numeric type
// of the format (NV5 Geospatial, "ENVI Header Files", the field list; "Enter
// Optional Header Information"). It opens no file: the caller hands it readers.
//
// Everything a header says is held against the size of the data before any of
// it is believed, so that a header which lies costs no memory.
package envi

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/vigia-project/vigia"
)

// Bounds on a header. The longest in use, of a library of some thousand spectra
// with names, is some hundred kilobytes.
const (
	HeaderLimit = 16 << 20 // bytes of a header
	BandLimit   = 1 << 20  // bands, channels of a library's spectrum, entries of a list
	EdgeLimit   = 1 << 31  // samples of a line, lines of a cube
)

// An Interleave is the order of the three axes in the file.
type Interleave string

// The three orders of the format, slowest axis first.
const (
	BSQ Interleave = "bsq" // band, line, sample
	BIL Interleave = "bil" // line, band, sample
	BIP Interleave = "bip" // line, sample, band
)

// A DataType is the format's code of a numeric type.
type DataType int

// The codes of the format ("data type").
const (
	Uint8      DataType = 1
	Int16      DataType = 2
	Int32      DataType = 3
	Float32    DataType = 4
	Float64    DataType = 5
	Complex64  DataType = 6
	Complex128 DataType = 9
	Uint16     DataType = 12
	Uint32     DataType = 13
	Int64      DataType = 14
	Uint64     DataType = 15
)

var widths = map[DataType]int{
	Uint8: 1, Int16: 2, Int32: 4, Float32: 4, Float64: 8, Complex64: 8, Complex128: 16,
	Uint16: 2, Uint32: 4, Int64: 8, Uint64: 8,
}

// Width is the size of one number in bytes, 0 for a type that is not known.
func (t DataType) Width() int { return widths[t] }

// A Header says what the data are. Zero means not given, nil that a list is
// not there.
type Header struct {
	Samples, Lines, Bands int
	Offset                int64 // bytes before the data
	Type                  DataType
	Interleave            Interleave
	BigEndian             bool
	FileType              string // "ENVI Standard", "ENVI Spectral Library"
	Description           string

	Wavelengths []float64 // nm, one a band
	FWHM        []float64 // nm, one a band
	BadBands    []bool    // true where the header's bbl is 0
	BandNames   []string
	Spectra     []string // names of a library's spectra
	Ignore      *float64 // data ignore value: no data there
	Scale       float64  // reflectance scale factor
	YScale      float64  // of a library: what a value is divided by is the caller's choice
	Map         *MapInfo

	Raw map[string]string // every field as it stands, keys in lower case
}

// ReadHeader reads a header of at most HeaderLimit bytes.
func ReadHeader(r io.Reader) (Header, error) {
	fields, err := readFields(r)
	if err != nil {
		return Header{}, err
	}
	h := Header{Raw: fields, FileType: fields["file type"], Description: fields["description"]}
	for _, step := range []func() error{h.readShape, h.readSpectral, h.readRest} {
		if err := step(); err != nil {
			return Header{}, err
		}
	}
	return h, nil
}

// readFields splits "key = value" and "key = { … }", the braces over many lines.
func readFields(r io.Reader) (map[string]string, error) {
	in := &io.LimitedReader{R: r, N: HeaderLimit + 1}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4096), HeaderLimit)
	fields := map[string]string{}
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if n == 1 {
			if !strings.HasPrefix(strings.TrimPrefix(line, "\ufeff"), "ENVI") {
				return nil, &vigia.Error{Code: vigia.Invalid, Line: 1, Message: `not an ENVI header: its first line must be "ENVI"`}
			}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, ";") {
			continue // a blank line or a comment
		}
		value = strings.TrimSpace(value)
		if strings.HasPrefix(value, "{") {
			begun := n
			var all strings.Builder
			all.WriteString(value)
			for !strings.Contains(value, "}") {
				if !lines.Scan() {
					return nil, &vigia.Error{Code: vigia.Invalid, Line: begun, Message: fmt.Sprintf("the braces of %q are not closed", clip(key))}
				}
				n++
				value = strings.TrimSpace(lines.Text())
				all.WriteByte('\n')
				all.WriteString(value)
			}
			value, _, _ = strings.Cut(strings.TrimPrefix(all.String(), "{"), "}")
			value = strings.TrimSpace(value)
		}
		fields[strings.ToLower(strings.TrimSpace(key))] = value
	}
	if err := lines.Err(); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the header cannot be read: %v", err)
	}
	if in.N <= 0 {
		return nil, vigia.Errorf(vigia.Invalid, "the header is longer than %d bytes", HeaderLimit)
	}
	if n == 0 {
		return nil, vigia.Errorf(vigia.Invalid, "the header is empty")
	}
	return fields, nil
}

// clip shortens outside text for an error's sentence.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

func (h *Header) readShape() error {
	var err error
	whole := func(key string, most int64, dst *int64) {
		if err != nil {
			return
		}
		text, ok := h.Raw[key]
		if !ok {
			err = fieldError(key, "is missing")
			return
		}
		v, e := strconv.ParseInt(text, 10, 64)
		switch {
		case e != nil:
			err = fieldError(key, "%q is not a whole number", clip(text))
		case v < 1 || v > most:
			err = fieldError(key, "%d is not within 1 to %d", v, most)
		}
		*dst = v
	}
	var samples, lines, bands, kind int64
	whole("samples", EdgeLimit, &samples)
	whole("lines", EdgeLimit, &lines)
	whole("bands", BandLimit, &bands)
	whole("data type", 100, &kind)
	if err != nil {
		return err
	}
	h.Samples, h.Lines, h.Bands, h.Type = int(samples), int(lines), int(bands), DataType(kind)
	if h.Type.Width() == 0 {
		return fieldError("data type", "%d is no type of the format", kind)
	}
	if text, ok := h.Raw["header offset"]; ok {
		if h.Offset, err = strconv.ParseInt(text, 10, 64); err != nil || h.Offset < 0 {
			return fieldError("header offset", "%q is not a number of bytes", clip(text))
		}
	}
	switch order := h.Raw["byte order"]; order {
	case "", "0":
	case "1":
		h.BigEndian = true
	default:
		return fieldError("byte order", "%q is neither 0 nor 1", clip(order))
	}
	switch i := Interleave(strings.ToLower(h.Raw["interleave"])); i {
	case BSQ, BIL, BIP:
		h.Interleave = i
	case "":
		h.Interleave = BSQ // the format's default
	default:
		return fieldError("interleave", "%q is none of bsq, bil, bip", clip(string(i)))
	}
	return nil
}

func fieldError(key, format string, args ...any) error {
	return vigia.Errorf(vigia.Invalid, "header field %q: %s", key, fmt.Sprintf(format, args...))
}

// toNanometres says what a wavelength is multiplied by, for each unit of the
// format; wave numbers and frequencies are turned over.
var toNanometres = map[string]float64{
	"": 0, "unknown": 0, "nanometers": 1, "nanometer": 1, "nanometres": 1, "nm": 1,
	"micrometers": 1e3, "micrometer": 1e3, "micrometres": 1e3, "microns": 1e3, "um": 1e3, "µm": 1e3,
	"millimeters": 1e6, "mm": 1e6, "centimeters": 1e7, "cm": 1e7, "meters": 1e9, "m": 1e9,
	"angstroms": 0.1, "wavenumber": -1e7, "ghz": -299792458, "mhz": -299792458e3, "index": 0,
}

// readSpectral reads the lists with one entry a band. A list of another length
// is a header that lies.
func (h *Header) readSpectral() error {
	channels := h.Bands
	if h.Library() {
		channels = h.Samples // a library keeps a spectrum a line
	}
	unit, known := toNanometres[strings.ToLower(h.Raw["wavelength units"])]
	if !known {
		return fieldError("wavelength units", "%q is not known", clip(h.Raw["wavelength units"]))
	}
	var err error
	if h.Wavelengths, err = h.numbers("wavelength", channels); err != nil {
		return err
	}
	if h.FWHM, err = h.numbers("fwhm", channels); err != nil {
		return err
	}
	if h.Raw["wavelength units"] != "" && strings.EqualFold(h.Raw["wavelength units"], "index") {
		h.Wavelengths, h.FWHM = nil, nil
	}
	toNM(h.Wavelengths, h.FWHM, unit)
	for i, w := range h.Wavelengths {
		if !(w > 0) || math.IsInf(w, 0) {
			return fieldError("wavelength", "entry %d is %v", i+1, w)
		}
	}
	bbl, err := h.numbers("bbl", channels)
	if err != nil {
		return err
	}
	for _, b := range bbl {
		h.BadBands = append(h.BadBands, b == 0)
	}
	return nil
}

// toNM turns wavelengths and widths into nanometres in place. Where a header
// gives no unit, numbers below 100 are micrometres: no imager sees 100 nm.
func toNM(wavelengths, widths []float64, unit float64) {
	if len(wavelengths) == 0 {
		return
	}
	if unit == 0 {
		unit = 1
		if wavelengths[len(wavelengths)-1] < 100 {
			unit = 1e3
		}
	}
	for i, w := range wavelengths {
		if unit > 0 {
			wavelengths[i] = w * unit
			if widths != nil {
				widths[i] *= unit
			}
			continue
		}
		wavelengths[i] = -unit / w
		if widths != nil {
			widths[i] = -unit / w * widths[i] / w // |dλ| = c dν/ν²
		}
	}
}

func (h *Header) readRest() error {
	h.BandNames = split(h.Raw["band names"])
	h.Spectra = split(h.Raw["spectra names"])
	for key, dst := range map[string]*float64{"reflectance scale factor": &h.Scale, "z plot scale": &h.YScale} {
		if text, ok := h.Raw[key]; ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return fieldError(key, "%q is not a number", clip(text))
			}
			*dst = v
		}
	}
	if text, ok := h.Raw["data ignore value"]; ok {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fieldError("data ignore value", "%q is not a number", clip(text))
		}
		h.Ignore = &v
	}
	if text, ok := h.Raw["map info"]; ok {
		m, err := parseMapInfo(text)
		if err != nil {
			return err
		}
		h.Map = m
	}
	return nil
}

// Library tells whether the file is a spectral library (.sli).
func (h *Header) Library() bool { return strings.EqualFold(h.FileType, "ENVI Spectral Library") }

// numbers reads a list with n entries; nil where the header has none.
func (h *Header) numbers(key string, n int) ([]float64, error) {
	text, ok := h.Raw[key]
	if !ok || text == "" {
		return nil, nil
	}
	parts := split(text)
	if len(parts) != n {
		return nil, fieldError(key, "it lists %d numbers for %d bands", len(parts), n)
	}
	out := make([]float64, n)
	for i, p := range parts {
		v, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return nil, fieldError(key, "entry %d, %q, is not a number", i+1, clip(p))
		}
		out[i] = v
	}
	return out, nil
}

// split cuts a list at its commas; nil for an empty one.
func split(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	if n := len(parts); parts[n-1] == "" {
		parts = parts[:n-1] // some writers close a list with a comma
	}
	return parts
}

// Write writes the header. Raw fields that the other fields do not say are kept.
func (h Header) Write(w io.Writer) error {
	var b strings.Builder
	say := func(key string, value any) { fmt.Fprintf(&b, "%s = %v\n", key, value) }
	b.WriteString("ENVI\n")
	if h.Description != "" {
		say("description", "{"+h.Description+"}")
	}
	say("samples", h.Samples)
	say("lines", h.Lines)
	say("bands", h.Bands)
	say("header offset", h.Offset)
	fileType := h.FileType
	if fileType == "" {
		fileType = "ENVI Standard"
	}
	say("file type", fileType)
	say("data type", int(h.Type))
	say("interleave", h.Interleave)
	order := 0
	if h.BigEndian {
		order = 1
	}
	say("byte order", order)
	if h.Map != nil {
		say("map info", "{"+h.Map.String()+"}")
	}
	if h.Ignore != nil {
		say("data ignore value", *h.Ignore)
	}
	if h.BandNames != nil {
		say("band names", "{"+strings.Join(h.BandNames, ", ")+"}")
	}
	if h.Spectra != nil {
		say("spectra names", "{"+strings.Join(h.Spectra, ", ")+"}")
	}
	if h.Wavelengths != nil {
		say("wavelength units", "Nanometers")
		say("wavelength", "{"+join(h.Wavelengths)+"}")
	}
	if h.FWHM != nil {
		say("fwhm", "{"+join(h.FWHM)+"}")
	}
	if h.BadBands != nil {
		good := make([]float64, len(h.BadBands))
		for i, bad := range h.BadBands {
			if !bad {
				good[i] = 1
			}
		}
		say("bbl", "{"+join(good)+"}")
	}
	var kept []string
	for key := range h.Raw {
		if h.Raw[key] == "" {
			continue
		}
		if key == "coordinate system string" || key == "acquisition time" || key == "sensor type" {
			kept = append(kept, key)
		}
	}
	sort.Strings(kept)
	for _, key := range kept {
		say(key, "{"+h.Raw[key]+"}")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func join(v []float64) string {
	parts := make([]string, len(v))
	for i, x := range v {
		parts[i] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strings.Join(parts, ", ")
}
