package dispersion

import "math"

// A Curve is a standard deviation of a plume as a function of downwind
// distance, metres: Near·x·(1 + Bend·x)^Power. Every formula of Briggs (1973)
// has this form; Near is the limit of small distance, which is the turbulence
// intensity (Taylor 1922).
type Curve struct {
	Near  float64 // per metre of distance; dimensionless
	Bend  float64 // 1/m
	Power float64 // -1, -1/2, 0 or 1/2 in Briggs's formulas
}

// At returns the standard deviation at a downwind distance, metres.
func (c Curve) At(x float64) float64 {
	switch b := 1 + c.Bend*x; c.Power {
	case 0:
		return c.Near * x
	case -0.5:
		return c.Near * x / math.Sqrt(b)
	case -1:
		return c.Near * x / b
	case 0.5:
		return c.Near * x * math.Sqrt(b)
	default:
		return c.Near * x * math.Pow(b, c.Power)
	}
}

// A Spread is how a plume widens sideways (Y) and upwards (Z). Size is the
// standard deviation it has where it starts, metres: no source is a point.
type Spread struct {
	Y, Z Curve
	Size float64
}

// At returns both standard deviations at a downwind distance, metres. The
// initial size adds in quadrature (Pasquill 1976, EPA-600/4-76-030b).
func (s Spread) At(x float64) (sigmaY, sigmaZ float64) {
	sy, sz, s2 := s.Y.At(x), s.Z.At(x), s.Size*s.Size
	return math.Sqrt(sy*sy + s2), math.Sqrt(sz*sz + s2)
}

// A Class is a Pasquill stability class.
type Class int

// The classes, from very unstable to moderately stable (Pasquill 1961).
const (
	A Class = iota
	B
	C
	D
	E
	F
)

// Classes lists them all.
func Classes() []Class { return []Class{A, B, C, D, E, F} }

// String returns the class's letter.
func (c Class) String() string {
	if c < A || c > F {
		return "?"
	}
	return "ABCDEF"[c : c+1]
}

// BriggsOpenCountry returns the spread over open country, for distances of
// 100 m to 10 km: Briggs (1973), ATDL contribution 79, as tabled by Griffiths
// (1994), Atmospheric Environment 28:2861, table 1.
func BriggsOpenCountry(c Class) Spread {
	return Spread{
		Y: Curve{[...]float64{0.22, 0.16, 0.11, 0.08, 0.06, 0.04}[c], 0.0001, -0.5},
		Z: [...]Curve{{0.20, 0, 0}, {0.12, 0, 0}, {0.08, 0.0002, -0.5}, {0.06, 0.0015, -0.5}, {0.03, 0.0003, -1}, {0.016, 0.0003, -1}}[c],
	}
}

// BriggsUrban returns the spread over a town: Briggs (1973) from the St Louis
// releases (McElroy and Pooler 1968), as tabled by Griffiths (1994), table 2.
// The town makes A and B alike, and E and F.
func BriggsUrban(c Class) Spread {
	return Spread{
		Y: Curve{[...]float64{0.32, 0.32, 0.22, 0.16, 0.11, 0.11}[c], 0.0004, -0.5},
		Z: [...]Curve{{0.24, 0.001, 0.5}, {0.24, 0.001, 0.5}, {0.20, 0, 0}, {0.14, 0.0003, -0.5}, {0.08, 0.0015, -0.5}, {0.08, 0.0015, -0.5}}[c],
	}
}
