package localise

import (
	"math"
)

// The kernel: what a source adds to each reading, many readings at a time.
//
// A reading made at time t, at distance r, met air that left the source r/u
// earlier. The plume's axis there is the straight line along the mean wind of
// that travel time: the centre of the puff that has come that far. Around it
// the plume is Gaussian, with spreads of Briggs's form σ = i·x·(1 + x/L)^-1/2
// (Briggs 1973; Griffiths 1994, Atmospheric Environment 28:2861), i being the
// turbulence intensity, which is inferred, and reflected by the ground.
//
// The wind that carries a plume is not quite that of the record: an eddy turns
// it by some degrees for a minute or so, for all sensors alike. The kernel gives
// the plume for several such turns at once, the nodes of a Gauss-Hermite rule,
// over which the likelihood is integrated (see slot.go).

// A datum is a reading made ready. What the kernel reads of each comes first.
type datum struct {
	x, y       float64 // the point, or the path's start, metres
	coneX      float64 // unit vector in the middle of the winds that could have carried it
	coneY      float64
	coneCos2   float64 // square of the cosine of the cone's half angle; 0 = all round
	halfX      float64 // from the path's start to its middle
	halfY      float64
	slowness   float64 // one over the wind's speed, s/m
	t          float64 // seconds since the first reading
	px, py     float64 // place on the wind's path at t
	tanH, tanV float64
	meander    float64 // factor on the wind's turns
	scale      float64 // perKg/noise
	d          float64 // (value - level)/noise
	invBase    float64 // 1/(freedom + d²)
	blur2      float64 // variance of the ground that a reading is the mean over, m²
	path       bool
	above      bool    // value is above the background already
	full       bool    // the sensor was saturated: there was value or more
	column     int     // which of the columns has its height, plus one; 0 = none
	slot       int     // the stretch of time whose readings share one turn of the wind
	vx, vy     float64 // wind at t, m/s
	speed      float64 // its speed
	z          float64
	x2, y2, z2 float64 // the path's end
	value      float64 // the sensor's unit
	perKg      float64 // that unit per kg/m³
	level      float64 // background
	noise      float64 // standard deviation about it, of the reading and of the level
	sensor     int
	weight     float64 // readings it stands for
	stated     float64 // the least noise that the sensor's maker or the format states
}

// spreadBend is 1/L of Briggs's formula, 1/m.
const spreadBend = 0.0004

// An emitter is one source as the kernel sees it.
type emitter struct {
	x, y, z float64
	rate    float64  // kg/s
	on, off float64  // seconds: it emits from on to off
	columns *columns // over the heights that readings have; nil = worked out for each
}

// An air is what a particle holds of the air.
type air struct {
	iy0, ky float64 // sideways intensity: root of iy0² + (ky·tanH)²
	iz      float64 // upward intensity, or factor on tanV
	size    float64 // standard deviation of the plume where it starts, metres
	cos     float64 // of the wind's bias
	sin     float64
	there   float64 // part of the time that there is a plume
	turn    float64 // standard deviation of the wind's turn in one slot at the usual speed, radians
}

// farTail is how far from the axis of any turn a plume still counts, as y²/2σ²;
// nodeTail is that of one turn.
const (
	farTail  = 12.5
	nodeTail = 18
)

// fan is a value for each turn of the wind.
type fan [turns]float64

// fan works out what an emitter of 1 kg/s adds to a reading, in its standard
// deviations, for each turn of the wind, and tells whether it adds anything.
func (d *datum) fan(w *windPath, a *air, s *emitter, mean *fan) bool {
	dx, dy := d.x-s.x, d.y-s.y
	cx, cy := dx+d.halfX, dy+d.halfY
	r2 := cx*cx + cy*cy
	// Outside the cone of all winds that could have carried it, at once.
	if c := cx*d.coneX + cy*d.coneY; !d.path && (c < 0 || c*c < d.coneCos2*r2) {
		return false
	}
	// Mean wind of the travel time, turned by the bias.
	travel := math.Sqrt(r2) * d.slowness
	if travel > maxTravel {
		travel = maxTravel
	}
	vx, vy, u := d.vx, d.vy, d.speed
	if travel > windStep {
		q := &w.steps[int((d.t-travel-w.from)*(1/windStep))]
		k := 1 / (d.t - q.t)
		vx, vy = (d.px-q.px)*k, (d.py-q.py)*k
		u = math.Sqrt(vx*vx + vy*vy)
	}
	if u < 1e-3 {
		return false
	}
	k := 1 / u
	vx, vy = (vx*a.cos-vy*a.sin)*k, (vx*a.sin+vy*a.cos)*k
	if left := d.t - travel; left < s.on || left > s.off {
		return false
	}
	if u < minWind {
		k = 1 / minWind
	}
	iy2 := a.iy0*a.iy0 + a.ky*a.ky*d.tanH*d.tanH
	iz := a.iz
	if d.tanV > 0 {
		iz *= d.tanV
	}
	if d.path {
		return d.alongPath(a, s, vx, vy, k, iy2, iz*iz, mean)
	}
	x := dx*vx + dy*vy
	if x <= 0 {
		return false
	}
	y := dy*vx - dx*vy
	near := x * x / (1 + spreadBend*x)
	sy2 := iy2*near + a.size*a.size
	// The nearest that any turn brings the axis.
	turn := a.turn * d.meander
	if off := math.Abs(y) - turnNode[turns-1]*turn*x; off > 0 && off*off > 2*farTail*sy2 {
		return false
	}
	narrow := 1 / math.Sqrt(sy2)
	half := 0.5 * narrow * narrow
	axis := s.vertical(d.column, d.z, a.size, iz*iz*near) * narrow * k * d.scale * (1 / (2 * math.Pi))
	for n := range mean {
		e := y - turnNode[n]*turn*x
		if e = e * e * half; e > nodeTail {
			mean[n] = 0
			continue
		}
		mean[n] = axis * fastExp(-e)
	}
	return true
}

// pathPanels is how many pieces the part of a path that lies in the plume is
// cut into.
const pathPanels = 6

// panelEdge, panelMiddle and panelLength are those of pieces between the squares
// of even steps from 0 to 1.
var panelEdge, panelMiddle, panelLength = func() (e [pathPanels + 1]float64, m, l [pathPanels]float64) {
	for i := range e {
		f := float64(i) / pathPanels
		e[i] = f * f
	}
	for i := range m {
		m[i], l[i] = (e[i]+e[i+1])/2, e[i+1]-e[i]
	}
	return
}()

// alongPath is fan for a path. Only the part within some widths of the axis of
// some turn counts: with a spread that grows as x that is where |y| ≤ c·x, a
// linear condition on each side. The distance from the axis in widths, v =
// y/σy, is taken as straight within each piece and the Gaussian integrated
// exactly over it (see dispersion.Plume.Along).
func (d *datum) alongPath(a *air, s *emitter, vx, vy, slowness, iy2, iz2 float64, mean *fan) bool {
	dx, dy := d.x-s.x, d.y-s.y
	ex, ey := d.x2-s.x, d.y2-s.y
	x0, y0 := dx*vx+dy*vy, dy*vx-dx*vy
	x1, y1 := ex*vx+ey*vy, ey*vx-ex*vy
	if x0 <= 0 && x1 <= 0 {
		return false
	}
	ax, ay, az := x1-x0, y1-y0, d.z2-d.z
	size2 := a.size*a.size + d.blur2
	const widths = 4.0
	c := widths*math.Sqrt(iy2) + turnNode[turns-1]*a.turn*d.meander
	from, to := 0.0, 1.0
	from, to = clip(from, to, x0, ax)
	pad := widths * math.Sqrt(size2)
	from, to = clip(from, to, c*x0+pad-y0, c*ax-ay)
	from, to = clip(from, to, c*x0+pad+y0, c*ax+ay)
	if !(from < to) {
		return false
	}
	// Pieces are shorter towards the source, where all changes faster.
	near, length := from, to-from
	if ax < 0 {
		near, length = to, from-to
	}
	var xs, ys, ks [pathPanels + 1]float64 // at the edges: the place and one over the width
	for i := range xs {
		f := near + length*panelEdge[i]
		x := max(x0+f*ax, 0)
		xs[i], ys[i] = x, y0+f*ay
		ks[i] = 1 / math.Sqrt(iy2*x*x/(1+spreadBend*x)+size2)
	}
	var vs [pathPanels]float64 // of the pieces: length times the distribution over height
	for i := range vs {
		f := near + length*panelMiddle[i]
		x := x0 + f*ax
		vs[i] = math.Abs(length) * panelLength[i] * s.vertical(d.column, d.z+f*az, a.size, iz2*x*x/(1+spreadBend*x))
	}
	scale := d.scale * slowness * invRoot2Pi
	for n := range mean {
		t := turnNode[n] * a.turn * d.meander
		v0 := (ys[0] - t*xs[0]) * ks[0]
		p0, sum := normalCDF(v0), 0.0
		for i := range vs {
			v1 := (ys[i+1] - t*xs[i+1]) * ks[i+1]
			p1 := normalCDF(v1)
			k := (ks[i] + ks[i+1]) / 2
			if dv := v1 - v0; dv > 0.05 || dv < -0.05 {
				sum += vs[i] * k * (p1 - p0) / dv
			} else {
				m := (v0 + v1) / 2
				sum += vs[i] * k * invRoot2Pi * fastExp(-m*m/2)
			}
			v0, p0 = v1, p1
		}
		mean[n] = sum * scale
	}
	return true
}

// clip narrows [from, to] to where a + b·s ≥ 0.
func clip(from, to, a, b float64) (float64, float64) {
	switch {
	case b > 0:
		from = max(from, -a/b)
	case b < 0:
		to = min(to, -a/b)
	case a < 0:
		to = from - 1
	}
	return from, to
}

const invRoot2Pi = 0.3989422804014327

const (
	cdfReach = 6.0
	cdfSteps = 64 // to one
)

// cdfTable holds the normal distribution function from -cdfReach to cdfReach.
var cdfTable = func() (t [2*cdfReach*cdfSteps + 2]float64) {
	for k := range t {
		t[k] = 0.5 * math.Erfc((cdfReach-float64(k)/cdfSteps)/math.Sqrt2)
	}
	return
}()

// normalCDF is the normal distribution function to 1e-5.
func normalCDF(v float64) float64 {
	f := (v + cdfReach) * cdfSteps
	if !(f > 0) {
		return 0
	}
	if f >= 2*cdfReach*cdfSteps {
		return 1
	}
	i := int(f)
	return cdfTable[i] + (f-float64(i))*(cdfTable[i+1]-cdfTable[i])
}

// expTable holds 2^(-k/64).
var expTable = func() (t [65]float64) {
	for k := range t {
		t[k] = math.Exp2(-float64(k) / 64)
	}
	return
}()

// fastExp is exp for arguments of zero and below, to 1e-8; beneath exp(-80) it
// is zero.
func fastExp(x float64) float64 {
	if x < -80 {
		return 0
	}
	f := -x * (64 / math.Ln2)
	n := int(f)
	r := (float64(n) - f) * (math.Ln2 / 64) // in (-0.011, 0]
	m := 1 + r*(1+r*(0.5+r*(1.0/6)))
	return math.Float64frombits(uint64(1023-n>>6)<<52) * expTable[n&63] * m
}

// slow is how much slower than the record the wind is that carries a plume near
// the ground: by the power law of exponent 0.2 (Irwin 1979, Atmospheric
// Environment 13:191) at the plume's own mean height √(h² + 2σ²/π) (van Ulden
// 1978, Atmospheric Environment 12:2125), of which v is the square over the
// square of 2 m. Above that the record is taken as it is: at which height it was
// made, it does not say. Where the wind is slower a plume takes longer over its
// way, and rises in proportion; sideways it is turned rather than spread, and
// turns alike at every height.
func slow(v float64) float64 {
	if v >= 1 {
		return 1
	}
	// v^(1/10) as v^(1/8)·v^(-1/40), the latter by its first terms.
	r := math.Sqrt(math.Sqrt(math.Sqrt(v)))
	return r * (1 - (r-1)*0.2 + (r-1)*(r-1)*0.12)
}
