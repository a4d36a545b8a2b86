package track

import "math"

// A measured report is one with what was not stated filled in.
type measured struct {
	x, y, variance   float64
	velocity         *[2]float64
	velocityVariance float64
	rangeRate        *float64
	rangeRateVar     float64
	sensor           *Sensor
	// likely turns a density of the report under a track into one relative to
	// clutter's score and velocity; fresh is the same of a vehicle that is in
	// no track yet, relative to clutter's.
	likely, fresh float64
	score         *float64
	class         string
}

// innovation of a place under one model.
type innovation struct {
	dx, dy        float64
	sxx, sxy, syy float64
	det           float64
	distance2     float64 // Mahalanobis
}

func (g *gauss) innovate(r *measured) innovation {
	n := innovation{dx: r.x - g.mean[0], dy: r.y - g.mean[1]}
	n.sxx, n.sxy, n.syy = g.cov[0][0]+r.variance, g.cov[0][1], g.cov[1][1]+r.variance
	n.det = n.sxx*n.syy - n.sxy*n.sxy
	n.distance2 = (n.dx*n.dx*n.syy - 2*n.dx*n.dy*n.sxy + n.dy*n.dy*n.sxx) / n.det
	return n
}

func (n *innovation) density() float64 {
	return math.Exp(-n.distance2/2) / (2 * math.Pi * math.Sqrt(n.det))
}

// update is the Kalman update by all that the report measures; it returns the
// report's density under the prediction.
func (g *gauss) update(r *measured) (density float64) {
	n := g.innovate(r)
	density = n.density()
	var gain [4][2]float64
	for i := range 4 {
		gain[i][0] = (g.cov[i][0]*n.syy - g.cov[i][1]*n.sxy) / n.det
		gain[i][1] = (g.cov[i][1]*n.sxx - g.cov[i][0]*n.sxy) / n.det
	}
	before := g.cov
	for i := range 4 {
		g.mean[i] += gain[i][0]*n.dx + gain[i][1]*n.dy
		for j := range 4 {
			g.cov[i][j] -= gain[i][0]*before[0][j] + gain[i][1]*before[1][j]
		}
	}
	g.symmetrise()
	if v := r.velocity; v != nil {
		density *= g.scalar([4]float64{2: 1}, v[0]-g.mean[2], r.velocityVariance)
		density *= g.scalar([4]float64{3: 1}, v[1]-g.mean[3], r.velocityVariance)
	}
	if r.rangeRate != nil && r.sensor != nil {
		east, north := lineOfSight(r.sensor, r.x, r.y)
		h := [4]float64{2: east, 3: north}
		density *= g.scalar(h, *r.rangeRate-east*g.mean[2]-north*g.mean[3], r.rangeRateVar)
	}
	return density
}

// lineOfSight is the horizontal part of the unit vector from sensor to place:
// what of a velocity over the ground the sensor sees as range rate.
func lineOfSight(s *Sensor, x, y float64) (east, north float64) {
	dx, dy := x-s.X, y-s.Y
	d := math.Sqrt(dx*dx + dy*dy + s.Z*s.Z)
	if d == 0 {
		return 0, 0
	}
	return dx / d, dy / d
}

// scalar updates by one number with measurement row h.
func (g *gauss) scalar(h [4]float64, residual, variance float64) float64 {
	var ph vec
	for i := range 4 {
		for j := range 4 {
			ph[i] += g.cov[i][j] * h[j]
		}
	}
	s := variance
	for i := range 4 {
		s += h[i] * ph[i]
	}
	if !(s > 0) {
		return 1
	}
	for i := range 4 {
		g.mean[i] += ph[i] / s * residual
		for j := range 4 {
			g.cov[i][j] -= ph[i] * ph[j] / s
		}
	}
	g.symmetrise()
	return math.Exp(-residual*residual/(2*s)) / math.Sqrt(2*math.Pi*s)
}

func (g *gauss) symmetrise() {
	for i := range 4 {
		for j := range i {
			v := (g.cov[i][j] + g.cov[j][i]) / 2
			g.cov[i][j], g.cov[j][i] = v, v
		}
	}
}
