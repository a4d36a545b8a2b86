package motion

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A Homography takes the places of one picture of a plane to those of another,
// row by row; the last entry is 1.
type Homography [9]float64

var identity = Homography{1, 0, 0, 0, 1, 0, 0, 0, 1}

// At takes one place.
func (h Homography) At(x, y float64) (float64, float64) {
	w := h[6]*x + h[7]*y + h[8]
	return (h[0]*x + h[1]*y + h[2]) / w, (h[3]*x + h[4]*y + h[5]) / w
}

// After is the homography that takes a place through g and then through h.
func (h Homography) After(g Homography) (out Homography) {
	for i := range 3 {
		for j := range 3 {
			out[3*i+j] = h[3*i]*g[j] + h[3*i+1]*g[3+j] + h[3*i+2]*g[6+j]
		}
	}
	return out.normal()
}

func (h Homography) normal() Homography {
	for i := range h {
		h[i] /= h[8]
	}
	h[8] = 1
	return h
}

// Inverse takes places back. It is not finite where h is singular.
func (h Homography) Inverse() Homography {
	return Homography{
		h[4]*h[8] - h[5]*h[7], h[2]*h[7] - h[1]*h[8], h[1]*h[5] - h[2]*h[4],
		h[5]*h[6] - h[3]*h[8], h[0]*h[8] - h[2]*h[6], h[2]*h[3] - h[0]*h[5],
		h[3]*h[7] - h[4]*h[6], h[1]*h[6] - h[0]*h[7], h[0]*h[4] - h[1]*h[3],
	}.normal()
}

// scaled is the homography between pictures that are s times larger, whose
// pixels' middles lie at a half.
func (h Homography) scaled(s float64) Homography {
	// (x + ½)·s is the place at full size of a place x at the size worked on.
	up := Homography{s, 0, s / 2, 0, s, s / 2, 0, 0, 1}
	return up.After(h).After(up.Inverse())
}

// sane tells whether h is what a camera may do between two pictures of a side
// of w by ht pixels: finite, not folded over, no more than half or twice as
// large anywhere, and still showing half of the ground.
func (h Homography) sane(w, ht float64) bool {
	for _, v := range h {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	var c [4][2]float64
	for i, p := range [4][2]float64{{0, 0}, {w, 0}, {w, ht}, {0, ht}} {
		if h[6]*p[0]+h[7]*p[1]+1 <= 0.2 {
			return false
		}
		c[i][0], c[i][1] = h.At(p[0], p[1])
	}
	for i := range c { // the area at each corner, against the picture's
		a, b, d := c[(i+3)%4], c[i], c[(i+1)%4]
		area := (d[0]-b[0])*(a[1]-b[1]) - (d[1]-b[1])*(a[0]-b[0])
		if !(area > 0.5*w*ht && area < 2*w*ht) {
			return false
		}
	}
	mx, my := h.At(w/2, ht/2)
	return math.Abs(mx-w/2) < w/2 && math.Abs(my-ht/2) < ht/2
}

// off is how far a pair is from h, squared.
func (h *Homography) off(p *pair) float64 {
	w := 1 / (h[6]*p.x + h[7]*p.y + h[8])
	dx := (h[0]*p.x+h[1]*p.y+h[2])*w - p.px
	dy := (h[3]*p.x+h[4]*p.y+h[5])*w - p.py
	return dx*dx + dy*dy
}

// The greatest number of samples, and how sure RANSAC must be to have drawn one
// without an outlier before it stops.
const (
	maxSamples = 400
	sureness   = 0.999
)

// ransac fits the homography from the newer picture's places to the older's
// that most pairs agree with to within a distance, and refines it on these.
func ransac(pairs []pair, within float64, seed uint64) (Homography, []pair, bool) {
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	best, most := identity, 0
	need := maxSamples
	for n := 0; n < need; n++ {
		var four [4]pair
		for i := range four {
			four[i] = pairs[rng.IntN(len(pairs))]
		}
		h, ok := through(four)
		if !ok {
			continue
		}
		agree := 0
		for i := range pairs {
			if h.off(&pairs[i]) < within*within {
				agree++
			}
		}
		if agree > most {
			best, most = h, agree
			share := float64(agree) / float64(len(pairs))
			if k := math.Log(1-sureness) / math.Log(1-math.Pow(share, 4)); k < float64(need) {
				need = max(20, int(math.Ceil(k)))
			}
		}
	}
	if most < 8 {
		return best, nil, false
	}
	var inliers []pair
	for range 3 {
		inliers = inliers[:0]
		for i := range pairs {
			if best.off(&pairs[i]) < within*within {
				inliers = append(inliers, pairs[i])
			}
		}
		if len(inliers) < 8 {
			return best, inliers, false
		}
		better, ok := refine(best, inliers)
		if !ok {
			break
		}
		best = better
	}
	return best, inliers, true
}

// through is the homography of four pairs. It is false where three of them lie
// in a line, or nearly.
func through(p [4]pair) (Homography, bool) {
	var m [8][9]float64
	for i, q := range p {
		m[2*i] = [9]float64{q.x, q.y, 1, 0, 0, 0, -q.px * q.x, -q.px * q.y, q.px}
		m[2*i+1] = [9]float64{0, 0, 0, q.x, q.y, 1, -q.py * q.x, -q.py * q.y, q.py}
	}
	for i := range p {
		a, b, c := p[i], p[(i+1)%4], p[(i+2)%4]
		if math.Abs((b.x-a.x)*(c.y-a.y)-(b.y-a.y)*(c.x-a.x)) < 100 {
			return identity, false
		}
	}
	x, ok := solve(&m)
	if !ok {
		return identity, false
	}
	return Homography{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], 1}, true
}

// solve is Gauss's elimination with pivots.
func solve(m *[8][9]float64) (x [8]float64, ok bool) {
	for c := range 8 {
		p := c
		for r := c + 1; r < 8; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[p][c]) {
				p = r
			}
		}
		if math.Abs(m[p][c]) < 1e-12 {
			return x, false
		}
		m[c], m[p] = m[p], m[c]
		for r := c + 1; r < 8; r++ {
			f := m[r][c] / m[c][c]
			if f == 0 {
				continue
			}
			for k := c; k < 9; k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	for r := 7; r >= 0; r-- {
		s := m[r][8]
		for k := r + 1; k < 8; k++ {
			s -= m[r][k] * x[k]
		}
		x[r] = s / m[r][r]
	}
	return x, true
}

// refine takes two Gauss–Newton steps on the distances of pairs from h, each
// weighed by Tukey's biweight at three times their median, about the middle of
// the pairs and at their size, so that the equations are well conditioned.
func refine(h Homography, pairs []pair) (Homography, bool) {
	var mx, my float64
	for _, p := range pairs {
		mx, my = mx+p.x, my+p.y
	}
	mx, my = mx/float64(len(pairs)), my/float64(len(pairs))
	sx, sy := spread(pairs)
	s := max(sx, sy, 1)
	to := Homography{1 / s, 0, -mx / s, 0, 1 / s, -my / s, 0, 0, 1}
	from := to.Inverse()
	g := to.After(h).After(from)
	rest := make([]float64, len(pairs))
	for range 3 {
		for i, p := range pairs {
			rest[i] = math.Sqrt(h.off(&p))
		}
		sorted := slices.Clone(rest)
		slices.Sort(sorted)
		cut := max(3*sorted[len(sorted)/2], 0.05)
		var m [8][9]float64
		for i, p := range pairs {
			if rest[i] >= cut {
				continue
			}
			q := rest[i] / cut
			weight := (1 - q*q) * (1 - q*q)
			x, y := (p.x-mx)/s, (p.y-my)/s
			u, v := g.At(x, y)
			w := 1 / (g[6]*x + g[7]*y + 1)
			ju := [8]float64{x * w, y * w, w, 0, 0, 0, -u * x * w, -u * y * w}
			jv := [8]float64{0, 0, 0, x * w, y * w, w, -v * x * w, -v * y * w}
			ru, rv := (p.px-mx)/s-u, (p.py-my)/s-v
			for a := range 8 {
				for b := a; b < 8; b++ {
					m[a][b] += weight * (ju[a]*ju[b] + jv[a]*jv[b])
				}
				m[a][8] += weight * (ju[a]*ru + jv[a]*rv)
			}
		}
		for a := range 8 {
			for b := range a {
				m[a][b] = m[b][a]
			}
		}
		step, ok := solve(&m)
		if !ok {
			return h, false
		}
		for i := range step {
			g[i] += step[i]
		}
		h = from.After(g).After(to)
	}
	return h, true
}

// A drift is how what stands above the ground moves against it while the camera
// flies past: all one way, the faster the higher. The zero value is none.
type drift struct {
	ux, uy float64 // its direction over the ground
	most   float64 // the fastest that was seen, pixels a picture
}

// How far a corner must be from the plane's motion to tell of the drift, pixels
// a picture; how many must; and how well they must agree (length of their mean
// direction, 0 to 1).
const (
	leastDrift  = 0.4
	driftPairs  = 5
	driftAgrees = 0.8
	// driftFades is how much of a drift is left a picture later: corners that
	// tell of it come and go.
	driftFades = 0.97
	// driftRoom is by how much what drifts may be faster than the fastest corner.
	driftRoom = 1.3
)

// mostDrift is what is never taken for drift, pixels a picture at full size:
// corners on vehicles that drive the same way agree on a direction too.
const mostDrift = 2.5

// learn takes the drift from the corners that do not move with the plane, and
// are slower than limit.
func (d *drift) learn(pairs []pair, h Homography, limit float64) {
	var sx, sy float64
	var all []float64
	for i := range pairs {
		p := &pairs[i]
		x, y := h.At(p.x, p.y)
		x, y = x-p.px, y-p.py
		if l := math.Hypot(x, y); l > leastDrift && l < limit {
			sx, sy, all = sx+x/l, sy+y/l, append(all, l)
		}
	}
	d.most *= driftFades
	n := float64(len(all))
	if len(all) < driftPairs || math.Hypot(sx, sy) < driftAgrees*n {
		return
	}
	slices.Sort(all)
	// Of vehicles that drive the same way some may be among them.
	fast := all[len(all)*9/10]
	d.ux, d.uy = sx/math.Hypot(sx, sy), sy/math.Hypot(sx, sy)
	d.most = max(d.most, min(driftRoom*fast, limit))
}

// explains tells whether a motion over the ground may be the drift's.
func (d *drift) explains(vx, vy float64) bool {
	v := math.Hypot(vx, vy)
	return v < d.most && vx*d.ux+vy*d.uy > 0.8*v
}

// outside is how fast what does not lie in the plane moves against it, pixels a
// picture: nine in ten of the pairs' distances from h, of those that
// were not taken for something that moves by itself.
func outside(pairs []pair, h Homography) float64 {
	const mostParallax = 3
	var all []float64
	for i := range pairs {
		if d := h.off(&pairs[i]); d < mostParallax*mostParallax {
			all = append(all, math.Sqrt(d))
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)*9/10]
}
