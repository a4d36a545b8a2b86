// Package spectrum reads spectra of substances from plain files: JCAMP-DX
// (4.24 and 5.0x), HITRAN absorption cross sections (.xsc) and CSV. It opens no
// file, and holds no more memory than a file's own bytes ask for.
package spectrum

import (
	"math"
	"sort"
	"strings"

	"github.com/vigia-project/vigia"
)

// Bounds on a file. The finest library spectra have some million points.
const (
	FileLimit  = 256 << 20 // bytes
	PointLimit = 8 << 20   // points of a spectrum
)

// A Quantity says what a spectrum's numbers are.
type Quantity string

// The quantities, in the units they come in.
const (
	// Absorption is an absorption coefficient of the vapour, base e, per ppm·m.
	Absorption Quantity = "absorption_per_ppm_m"
	// Relative is absorption of an amount that the file does not say.
	Relative Quantity = "relative_absorption"
	// Value is what the file says it is: a reflectance, a target's spectrum.
	Value Quantity = "value"
)

// A Spectrum is one substance's, in common units: wavelengths rise, or Bands
// holds numbers of bands where the file has no wavelengths.
type Spectrum struct {
	Name       string
	CAS        string
	Formula    string
	Format     string    // "JCAMP-DX", "HITRAN xsc", "CSV", "ENVI library"
	Wavelength []float64 // nm, rising; nil where Bands is not
	Bands      []int     // as the file counts them
	Y          []float64
	Quantity   Quantity
	Resolution float64  // of the measurement, cm⁻¹; 0 is not known
	Source     string   // who measured it, in the file's words
	Notes      []string // what was assumed
}

// Physical constants: CODATA 2018, exact.
const (
	boltzmann   = 1.380649e-23 // J/K
	torr        = 101325.0 / 760
	atmosphere  = 101325.0
	airK        = 296.0 // of quantitative reference spectra: HITRAN's, and 23 °C
	perPPMMetre = 1e-6 * atmosphere / (boltzmann * airK) * 1e-4
)

// perPPMMetre is the column of one ppm·m in molecules per cm².

// fromWavenumbers turns a spectrum over wave numbers (cm⁻¹) into one over
// rising wavelengths.
func fromWavenumbers(x, y []float64) (nm, out []float64) {
	type point struct{ nm, y float64 }
	points := make([]point, 0, len(x))
	for i, v := range x {
		if v > 0 {
			points = append(points, point{1e7 / v, y[i]})
		}
	}
	sort.SliceStable(points, func(a, b int) bool { return points[a].nm < points[b].nm })
	for _, p := range points {
		nm, out = append(nm, p.nm), append(out, p.y)
	}
	return nm, out
}

// rising sorts a spectrum by wavelength.
func rising(x, y []float64) {
	if sort.Float64sAreSorted(x) {
		return
	}
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return x[order[a]] < x[order[b]] })
	sx, sy := make([]float64, len(x)), make([]float64, len(y))
	for i, o := range order {
		sx[i], sy[i] = x[o], y[o]
	}
	copy(x, sx)
	copy(y, sy)
}

// allFinite tells whether every number is one.
func allFinite(v []float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

func invalid(line int, format string, args ...any) *vigia.Error {
	e := vigia.Errorf(vigia.Invalid, format, args...)
	e.Line = line
	return e
}

// clip shortens outside text for an error's sentence.
func clip(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
