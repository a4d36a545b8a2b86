package dispersion

import "math"

// A Plume is the steady plume of a unit source (1 kg/s) in a uniform wind over
// flat ground that reflects it: the Gaussian plume (Sutton 1932; Pasquill and
// Smith 1983, Atmospheric Diffusion, equation 6.1; Turner 1994, equation 2.1).
type Plume struct {
	SpeedMPS float64 // of the wind, where the plume travels
	HeightM  float64 // of the source above the ground
	Spread   Widths
	LidM     float64 // height of the inversion that reflects it; 0 = none
}

// At returns the concentration per unit rate, s/m³, at a place x metres
// downwind, y across and z up. Upwind it is zero.
func (p Plume) At(x, y, z float64) float64 {
	if x <= 0 {
		return 0
	}
	sy, sz := p.Spread.At(x)
	return math.Exp(-y*y/(2*sy*sy)) / (math.Sqrt(2*math.Pi) * sy * p.SpeedMPS) * p.vertical(z, sz)
}

// vertical is the distribution over height, 1/m, with reflections.
func (p Plume) vertical(z, sz float64) float64 {
	g := func(d float64) float64 { return math.Exp(-d * d / (2 * sz * sz)) }
	v := g(z-p.HeightM) + g(z+p.HeightM)
	if p.LidM > 0 {
		if z > p.LidM {
			return 0
		}
		// Well mixed: the sum of images has become flat (Turner 1994, equation 2.4).
		if sz > 1.6*p.LidM {
			return 1 / p.LidM
		}
		for n := 1; n <= 6; n++ {
			l := 2 * float64(n) * p.LidM
			v += g(z-p.HeightM-l) + g(z-p.HeightM+l) + g(z+p.HeightM-l) + g(z+p.HeightM+l)
		}
	}
	return v / (math.Sqrt(2*math.Pi) * sz)
}

// pathPanels is how many pieces a path is cut into. Within a piece the widths
// are taken at its middle, and the Gaussian is integrated exactly along it, so
// that a narrow plume is never stepped over.
const pathPanels = 32

// Along returns the mean concentration per unit rate, s/m³, along the straight
// path from a to b, each downwind, crosswind, up. A lid is not counted.
func (p Plume) Along(a, b [3]float64) float64 {
	d := [3]float64{b[0] - a[0], b[1] - a[1], b[2] - a[2]}
	from, to := 0.0, 1.0 // the part that lies downwind
	switch {
	case a[0] <= 0 && b[0] <= 0: // also where the path lies in the source's own plane
		return 0
	case a[0] <= 0:
		from = -a[0] / d[0]
	case b[0] <= 0:
		to = -a[0] / d[0]
	}
	// Pieces are shorter towards the source, where all changes faster: they end at
	// the squares of even steps.
	near, length := from, to-from
	if d[0] < 0 {
		near, length = to, from-to
	}
	sum := 0.0
	for i := range pathPanels {
		f, g := float64(i)/pathPanels, float64(i+1)/pathPanels
		s := near + length*(f*f+g*g)/2
		h := math.Abs(length) * (g*g - f*f)
		sy, sz := p.Spread.At(a[0] + s*d[0])
		y, dy := (a[1]+s*d[1])/sy, d[1]*h/sy
		z, dz := a[2]+s*d[2], d[2]*h/sz
		sum += (gaussianMean(y, (z-p.HeightM)/sz, dy, dz) + gaussianMean(y, (z+p.HeightM)/sz, dy, dz)) * h / (sy * sz)
	}
	return sum / (2 * math.Pi * p.SpeedMPS)
}

// gaussianMean is the mean of exp(-(u²+v²)/2) over the straight piece whose
// middle is (u, v) and whose two ends differ by (du, dv).
func gaussianMean(u, v, du, dv float64) float64 {
	l := math.Hypot(du, dv)
	if l < 0.05 {
		return math.Exp(-(u*u + v*v) / 2)
	}
	m := (u*du + v*dv) / l // along the piece, from the foot of the perpendicular
	n2 := u*u + v*v - m*m  // distance of the line from the axis, squared
	if n2 > 80 || math.Abs(m)-l/2 > 9 {
		return 0
	}
	const k = 1 / math.Sqrt2
	return math.Exp(-n2/2) * math.Sqrt(math.Pi/2) * (math.Erf((m+l/2)*k) - math.Erf((m-l/2)*k)) / l
}
