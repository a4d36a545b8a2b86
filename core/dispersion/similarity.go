package dispersion

import "math"

// Widths are the standard deviations of a plume as functions of the way it has
// gone, metres: Spread's formulas by class, or Similarity's by turbulence.
type Widths interface {
	At(x float64) (sigmaY, sigmaZ float64)
}

// Similarity is how a plume from near the ground widens by surface-layer
// similarity: from the friction velocity and the Obukhov length, without classes.
// The formulas are those of RLINE (Snyder, Venkatram, Heist, Perry, Petersen and
// Isakov 2013, Atmospheric Environment 77:748; Venkatram, Snyder, Heist, Perry,
// Petersen and Isakov 2013, Atmospheric Environment 77:846), fitted to Prairie
// Grass, Idaho Falls and wind tunnels. The stable and the unstable branch
// meet in neutral air, where σz = 0.57 (u*/U) x.
type Similarity struct {
	FrictionMPS float64 // friction velocity u*
	SpeedMPS    float64 // U, of the wind that carries the plume
	SigmaVMPS   float64 // standard deviation of the sideways wind; 0 = 1.9 u*, neutral (Panofsky and Dutton 1984)
	ObukhovM    float64 // Obukhov length: positive stable, negative unstable, 0 = neutral
	Size        float64 // standard deviation where it starts, metres
}

// At returns both standard deviations at a downwind distance, metres.
func (s Similarity) At(x float64) (sigmaY, sigmaZ float64) {
	u := s.FrictionMPS / s.SpeedMPS
	v := s.SigmaVMPS
	if v == 0 {
		v = 1.9 * s.FrictionMPS
	}
	far, inverse := 0.0, 0.0 // |x/L| and 1/|L|
	if s.ObukhovM != 0 {
		inverse = 1 / math.Abs(s.ObukhovM)
		far = x * inverse
	}
	z := 0.57 * u * x
	var y float64
	if s.ObukhovM > 0 {
		z /= 1 + 3*u*math.Pow(far, 2.0/3)
		y = 1.6 * v / s.FrictionMPS * z * (1 + 2.5*z*inverse)
	} else {
		z *= 1 + 1.5*u*far
		y = 1.6 * v / s.FrictionMPS * z / math.Sqrt(1+z*inverse)
	}
	return math.Hypot(y, s.Size), math.Hypot(z, s.Size)
}

const karman = 0.4

// LogProfile returns the wind's speed over the friction velocity at a height,
// over ground of a roughness length, both metres: the logarithmic profile with
// the stability corrections of Businger and Dyer (Paulson 1970, Journal of
// Applied Meteorology 9:857, unstable; Webb 1970, QJRMS 96:67, stable). Below the
// roughness length it is zero. An Obukhov length of zero is neutral air.
func LogProfile(heightM, roughnessM, obukhovM float64) float64 {
	if heightM <= roughnessM {
		return 0
	}
	return math.Max((math.Log(heightM/roughnessM)-psiM(heightM, obukhovM)+psiM(roughnessM, obukhovM))/karman, 0)
}

// psiM is the integrated stability correction of momentum.
func psiM(z, obukhov float64) float64 {
	switch {
	case obukhov == 0:
		return 0
	case obukhov > 0:
		return -5 * z / obukhov
	}
	x := math.Sqrt(math.Sqrt(1 - 16*z/obukhov))
	return 2*math.Log((1+x)/2) + math.Log((1+x*x)/2) - 2*math.Atan(x) + math.Pi/2
}
