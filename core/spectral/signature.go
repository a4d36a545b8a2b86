package spectral

import (
	"math"
	"sort"

	"github.com/vigia-project/vigia"
)

// A Kind says what a signature's numbers are, and so how a pixel changes.
type Kind string

// The kinds. An absorption coefficient k changes a pixel x by −k·x for each
// unit of column (Beer–Lambert to first order); a spectrum takes its place; a
// difference is added to it.
const (
	Absorption Kind = "absorption"
	Spectrum   Kind = "spectrum"
	Difference Kind = "difference"
	Guess      Kind = "auto"
)

// A Signature is what a chemical or target looks like: an absorption
// coefficient per ppm·m against wavelength, or one of the other kinds.
type Signature struct {
	Name       string    `json:"name"`
	CAS        string    `json:"cas,omitempty"`
	Kind       Kind      `json:"kind"`
	Wavelength []float64 `json:"-"` // nm, rising
	Y          []float64 `json:"-"`
	Source     string    `json:"source,omitempty"`
}

// fwhmToSigma is the standard deviation of a Gaussian of full width 1 at half
// maximum.
const fwhmToSigma = 0.42466090014400953

// Resample returns what a sensor with Gaussian responses sees of the signature
// in each band: centres and widths (FWHM) in nm; without widths the distance to
// the nearest band stands for them, up to 0.65 % of the wavelength. Outside the signature's own wavelengths it
// is zero; covered tells how many bands are inside.
func (g Signature) Resample(centres, widths []float64) (out []float64, covered int) {
	out = make([]float64, len(centres))
	n := len(g.Wavelength)
	if n == 0 {
		return out, 0
	}
	for b, c := range centres {
		if c < g.Wavelength[0] || c > g.Wavelength[n-1] {
			continue
		}
		covered++
		width := min(spacing(centres, b), widest*c)
		if widths != nil && widths[b] > 0 {
			width = widths[b]
		}
		sigma := width * fwhmToSigma
		lo := sort.SearchFloat64s(g.Wavelength, c-3*sigma)
		hi := sort.SearchFloat64s(g.Wavelength, c+3*sigma)
		if hi-lo < 4 { // the signature is no finer than the band
			out[b] = interpolate(g.Wavelength, g.Y, c)
			continue
		}
		var sum, total float64
		for i := lo; i < hi; i++ {
			d := (g.Wavelength[i] - c) / sigma
			w := math.Exp(-d * d / 2)
			if i > 0 && i+1 < n {
				w *= g.Wavelength[i+1] - g.Wavelength[i-1] // points need not be equally spaced
			}
			sum += w * g.Y[i]
			total += w
		}
		out[b] = sum / total
	}
	return out, covered
}

// widest is what a band without a width is taken for at most, a share of its
// wavelength: where a file keeps some bands of many, their distance says nothing
// of their width.
const widest = 0.0065

// spacing is the distance of a band to its nearest neighbour.
func spacing(centres []float64, b int) float64 {
	d := math.Inf(1)
	for _, i := range [2]int{b - 1, b + 1} {
		if i >= 0 && i < len(centres) && centres[i] != centres[b] {
			d = min(d, math.Abs(centres[i]-centres[b]))
		}
	}
	if math.IsInf(d, 1) {
		return 1
	}
	return d
}

func interpolate(x, y []float64, at float64) float64 {
	i := sort.SearchFloat64s(x, at)
	if i == 0 {
		return y[0]
	}
	if i == len(x) {
		return y[len(y)-1]
	}
	f := (at - x[i-1]) / (x[i] - x[i-1])
	return y[i-1] + f*(y[i]-y[i-1])
}

// Target turns a signature in the scene's bands into the change of a pixel by
// one unit of it, and tells what kind it was taken for.
//
// A guess goes by size: numbers below a thousandth of the scene's are an
// absorption coefficient, of either sign since programs differ; numbers of the
// scene's own size and shape (cosine 0.6 and more, as radiance and
// reflectance have) are a spectrum; else they are a difference.
//
// light is what an absorber takes its share of: the mean itself in sunlight.
func Target(values []float64, kind Kind, mean, light []float64) ([]float64, Kind, error) {
	if len(values) != len(mean) || len(light) != len(mean) {
		return nil, kind, vigia.Errorf(vigia.Invalid, "the signature has %d bands and the scene %d", len(values), len(mean))
	}
	var vv, mm, vm, sum float64
	for i, v := range values {
		vv += v * v
		mm += mean[i] * mean[i]
		vm += v * mean[i]
		sum += v
	}
	if !(vv > 0) || math.IsInf(vv, 0) {
		return nil, kind, vigia.Errorf(vigia.Invalid, "the signature is zero in every band that serves: do its wavelengths overlap the scene's?")
	}
	sign := -1.0
	if kind == Guess {
		switch ratio := math.Sqrt(vv / mm); {
		case ratio < 1e-3:
			kind = Absorption
			if sum < 0 { // a change of log radiance, not a coefficient
				sign = 1
			}
		case ratio > 0.03 && vm/math.Sqrt(vv*mm) > 0.6:
			kind = Spectrum
		default:
			kind = Difference
		}
	}
	t := make([]float64, len(values))
	for i, v := range values {
		switch kind {
		case Absorption:
			t[i] = sign * v * light[i]
		case Spectrum:
			t[i] = v - mean[i]
		case Difference:
			t[i] = v
		default:
			return nil, kind, vigia.Errorf(vigia.Invalid, "a signature of the kind %q is not known", kind)
		}
	}
	return t, kind, nil
}
