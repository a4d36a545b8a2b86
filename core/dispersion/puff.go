package dispersion

import "math"

// A Course tells how air travels that left the source at one time, seconds, by
// another: its displacement east and north and the length of its way, metres.
type Course func(from, to float64) (east, north, length float64)

// Puffs is a unit source (1 kg/s) that gives off puffs without pause into a wind
// that changes while they travel, over flat ground that reflects them: the
// Gaussian puff (Turner 1994, Workbook of Atmospheric Dispersion Estimates,
// equation 2.10; Sharan et al. 1996, Atmospheric Environment 30:1137, for the sum
// over puffs). Where the wind is steady it is the Plume.
type Puffs struct {
	Course   Course
	HeightM  float64 // of the source above the ground
	Spread   Widths  // by the length of a puff's way
	LongestS float64 // age beyond which a puff is forgotten
}

const (
	// Along its way a puff is taken as this part of its width: what came before and
	// after hides the rest of it.
	puffAlong = 0.25
	puffStep  = 0.5 // of the puff's length along its way, between two puffs
)

// At returns the concentration per unit rate, s/m³, at a place east and north of
// the source, z above the ground, at time t.
func (p Puffs) At(east, north, z, t float64) float64 {
	sum, age, before := 0.0, 0.0, 0.0
	for age < p.LongestS {
		_, _, length := p.Course(t-age, t)
		sy, _ := p.Spread.At(length)
		// As long as a puff takes to go a part of its own length.
		speed := length / math.Max(age, 1e-9)
		if age == 0 {
			_, _, first := p.Course(t-1, t)
			speed = first
		}
		step := puffStep * math.Max(puffAlong*sy, 1e-3) / math.Max(speed, 0.05)
		now := p.puff(east, north, z, t, age+step)
		sum += step * (before + now) / 2
		before, age = now, age+step
	}
	return sum
}

// puff is the concentration, 1/m³, of the puff of 1 kg that has some age.
func (p Puffs) puff(east, north, z, t, age float64) float64 {
	cx, cy, length := p.Course(t-age, t)
	sy, sz := p.Spread.At(length)
	sx := puffAlong * sy
	chord := math.Hypot(cx, cy)
	if chord < 1e-9 || sx < 1e-9 {
		return 0
	}
	dx, dy := east-cx, north-cy
	along, across := (dx*cx+dy*cy)/chord, (dy*cx-dx*cy)/chord
	e := along*along/(2*sx*sx) + across*across/(2*sy*sy)
	if e > 40 {
		return 0
	}
	return math.Exp(-e) / (2 * math.Pi * sx * sy) * Plume{HeightM: p.HeightM}.vertical(z, sz)
}
