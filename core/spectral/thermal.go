package spectral

import (
	"math"

	"github.com/vigia-project/vigia"
)

// Thermal infrared. The ground shines by its own heat, and so does a vapour: one
// warmer than what lies behind it is seen in emission, a colder one in
// absorption. Where ground leaves L, a thin plume of temperature T changes it by
// k·c·(B(T) − L) (Flanigan 1996, Appl. Opt. 35:6090; Burr & Hengartner 2006,
// Sensors 6:1721, eq. 4), and an air layer of transmittance τ between plume and
// sensor makes τ·L + (1−τ)·B of every L when it is as warm as the plume. So at
// the sensor it is k·c·(B(T) − x), whatever τ: an isothermal atmosphere drops
// out, and what is needed of it is the temperature of the air near the ground.

// A Unit is what a cube's radiance is in.
type Unit string

// The units of radiance that thermal cubes come in.
const (
	WattPerM2SrUM       Unit = "w_m2_sr_um"   // W/(m² sr µm)
	MicroflickUnit      Unit = "uw_cm2_sr_um" // µW/(cm² sr µm), a microflick
	MicroWattPerCM2SrNM Unit = "uw_cm2_sr_nm" // µW/(cm² sr nm)
)

// perSI is a unit's number for 1 W/(m² sr µm).
var perSI = map[Unit]float64{WattPerM2SrUM: 1, MicroflickUnit: 100, MicroWattPerCM2SrNM: 0.1}

// Planck is the spectral radiance of a black body of temperature kelvin at a
// wavelength in nm, W/(m² sr µm), with the constants of CODATA 2018.
func Planck(wavelengthNM, kelvin float64) float64 {
	const (
		h = 6.62607015e-34
		c = 299792458.0
		k = 1.380649e-23
	)
	l := wavelengthNM * 1e-9
	return 2 * h * c * c / (l * l * l * l * l) / math.Expm1(h*c/(l*k*kelvin)) * 1e-6
}

// BrightnessTemperature is the temperature of the black body of a radiance,
// kelvin: Planck turned round.
func BrightnessTemperature(wavelengthNM, radiance float64) float64 {
	const (
		h = 6.62607015e-34
		c = 299792458.0
		k = 1.380649e-23
	)
	l := wavelengthNM * 1e-9
	return h * c / (l * k) / math.Log1p(2*h*c*c/(l*l*l*l*l)/(radiance*1e6))
}

// Glow makes the scene a thermal one: air near the ground, and any vapour in it,
// has the given temperature in kelvin. wavelengths are those of every band of
// the source, nm. From here on an absorption coefficient changes a pixel by
// k·(B − x) a unit of column, of either sign.
func (s *Scene) Glow(airK float64, wavelengths []float64, unit Unit) error {
	scale, ok := perSI[unit]
	switch {
	case !ok:
		return vigia.Errorf(vigia.Invalid, "the unit of radiance %q is not known; there are %s, %s and %s", unit, WattPerM2SrUM, MicroflickUnit, MicroWattPerCM2SrNM)
	case !(airK >= 150 && airK <= 350):
		return vigia.Errorf(vigia.Invalid, "the air's temperature %v K is not within 150 to 350 K", airK)
	case len(wavelengths) != s.all:
		return vigia.Errorf(vigia.Invalid, "%d wavelengths for %d bands: a thermal cube needs them all", len(wavelengths), s.all)
	}
	glow := make([]float64, len(s.Bands))
	colder, n := 0, 0
	for i, b := range s.Bands {
		glow[i] = scale * Planck(wavelengths[b], airK)
		t := BrightnessTemperature(wavelengths[b], float64(s.shift[i])/scale)
		if n++; !(t > airK-100 && t < airK+150) {
			colder++
		}
	}
	if 2*colder > n {
		return vigia.Errorf(vigia.Invalid, "the scene's mean is a body of %.0f K at %.0f nm: its radiance is in another unit than %s, or it is not thermal",
			BrightnessTemperature(wavelengths[s.Bands[0]], float64(s.shift[0])/scale), wavelengths[s.Bands[0]], unit)
	}
	s.glow = glow
	return nil
}

// light is what an absorber takes its share of: a pixel's own light, less in a
// thermal scene what the absorber shines with itself.
func (s *Scene) light(pixel []float64) []float64 {
	if s.glow == nil {
		return pixel
	}
	out := make([]float64, len(pixel))
	for i, v := range pixel {
		out[i] = v - s.glow[i]
	}
	return out
}
