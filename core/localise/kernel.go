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
// It gives two numbers: the mean, and how likely it is that the plume is there
// at all, relative to its axis. A plume wanders: beside the mean axis it is
// there for a part of the time only, and then nearly as strong as on it (Gifford
// 1959, Advances in Geophysics 6:117). Of the mean's exponent y²/2σ² a part, to
// be inferred, belongs to the wandering and the rest to the width of what
// wanders.

// A datum is a reading made ready.
type datum struct {
	x, y, z    float64 // the point, or the path's start, metres
	x2, y2, z2 float64 // the path's end
	t          float64 // seconds since the first reading
	value      float64 // the sensor's unit
	perKg      float64 // that unit per kg/m³
	vx, vy     float64 // wind at t, m/s
	speed      float64 // its speed
	slowness   float64 // one over it, s/m
	coneX      float64 // unit vector in the middle of the winds that could have carried it
	coneY      float64
	coneCos2   float64 // square of the cosine of the cone's half angle; 0 = all round
	halfX      float64 // from the path's start to its middle
	halfY      float64
	px, py     float64 // place on the wind's path at t
	tanH, tanV float64
	level      float64 // background
	noise      float64 // standard deviation about it, of the reading and of the level
	d          float64 // (value - level)/noise
	scale      float64 // perKg/noise
	invBase    float64 // 1/(freedom + d²)
	sensor     int
	path       bool
	above      bool    // value is above the background already
	weight     float64 // readings it stands for
	stated     float64 // the least noise that the sensor's maker or the format states
}

// spreadBend is 1/L of Briggs's formula, 1/m.
const spreadBend = 0.0004

// An emitter is one source as the kernel sees it.
type emitter struct {
	x, y, z float64
	rate    float64 // kg/s
	on, off float64 // seconds: it emits from on to off
}

// An air is what a particle holds of the air.
type air struct {
	iy0, ky float64 // sideways intensity: root of iy0² + (ky·tanH)²
	iz      float64 // upward intensity, or factor on tanV
	size    float64 // standard deviation of the plume where it starts, metres
	cos     float64 // of the wind's bias
	sin     float64
	there   float64 // part of the time that the plume is on its mean axis
	wander  float64 // part of the crosswind exponent that is wandering
}

// farTail is how far from the axis a plume still counts, as y²/2σ².
const farTail = 12.5

// unit returns the mean of what an emitter of 1 kg/s adds to a reading, in its
// standard deviations, and the part of the time that the plume is there.
func (d *datum) unit(w *windPath, a *air, s *emitter) (mean, there float64) {
	dx, dy := d.x-s.x, d.y-s.y
	cx, cy := dx+d.halfX, dy+d.halfY
	r2 := cx*cx + cy*cy
	// Outside the cone of all winds that could have carried it, at once.
	if c := cx*d.coneX + cy*d.coneY; !d.path && (c < 0 || c*c < d.coneCos2*r2) {
		return 0, 0
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
		return 0, 0
	}
	k := 1 / u
	vx, vy = (vx*a.cos-vy*a.sin)*k, (vx*a.sin+vy*a.cos)*k
	if left := d.t - travel; left < s.on || left > s.off {
		return 0, 0
	}
	if u < minWind {
		u = minWind
	}
	iy2 := a.iy0*a.iy0 + a.ky*a.ky*d.tanH*d.tanH
	iz := a.iz
	if d.tanV > 0 {
		iz *= d.tanV
	}
	if d.path {
		return d.alongPath(a, s, vx, vy, u, iy2, iz*iz)
	}
	x := dx*vx + dy*vy
	if x <= 0 {
		return 0, 0
	}
	y := dy*vx - dx*vy
	near := x * x / (1 + spreadBend*x)
	sy2 := iy2*near + a.size*a.size
	e := y * y / (2 * sy2)
	if e > farTail {
		return 0, 0
	}
	sz2 := iz*iz*near + a.size*a.size
	u *= slow((s.z*s.z + 0.64*sz2) / 4)
	there = fastExp(-a.wander * e)
	h := d.z - s.z
	i2 := 0.5 / sz2
	mean = fastExp(-h*h*i2-(1-a.wander)*e) * (1 + fastExp(-4*d.z*s.z*i2)) * d.scale
	return mean * there / (2 * math.Pi * u * math.Sqrt(sy2*sz2)), there * a.there
}

// pathPanels is how many pieces the part of a path that lies in the plume is
// cut into.
const pathPanels = 6

// panelMiddle and panelLength are those of pieces between the squares of even
// steps from 0 to 1.
var panelMiddle, panelLength = func() (m, l [pathPanels]float64) {
	for i := range m {
		a, b := float64(i)/pathPanels, float64(i+1)/pathPanels
		m[i], l[i] = (a*a+b*b)/2, b*b-a*a
	}
	return
}()

// alongPath is unit for a path. Only the part within some widths of the axis
// counts: with a spread that grows as x that is where |y| ≤ c·x, a linear
// condition on each side. In each piece the widths are those of its middle and
// the Gaussian is integrated exactly (see dispersion.Plume.Along).
func (d *datum) alongPath(a *air, s *emitter, vx, vy, u, iy2, iz2 float64) (mean, there float64) {
	dx, dy := d.x-s.x, d.y-s.y
	ex, ey := d.x2-s.x, d.y2-s.y
	x0, y0 := dx*vx+dy*vy, dy*vx-dx*vy
	x1, y1 := ex*vx+ey*vy, ey*vx-ex*vy
	if x0 <= 0 && x1 <= 0 {
		return 0, 0
	}
	ax, ay, az := x1-x0, y1-y0, d.z2-d.z
	const widths = 4.0
	c := widths * math.Sqrt(iy2)
	from, to := 0.0, 1.0
	from, to = clip(from, to, x0, ax)
	pad := widths * a.size
	from, to = clip(from, to, c*x0+pad-y0, c*ax-ay)
	from, to = clip(from, to, c*x0+pad+y0, c*ax+ay)
	if !(from < to) {
		return 0, 0
	}
	// Pieces are shorter towards the source, where all changes faster.
	near, length := from, to-from
	if ax < 0 {
		near, length = to, from-to
	}
	nearest := math.Inf(1) // square of the axis's distance in widths
	for i := range pathPanels {
		f := near + length*panelMiddle[i]
		h := math.Abs(length) * panelLength[i]
		x := x0 + f*ax
		wide := x * x / (1 + spreadBend*x)
		sy2 := iy2*wide + a.size*a.size
		sz2 := iz2*wide + a.size*a.size
		z := d.z + f*az
		hz := z - s.z
		v := fastExp(-hz*hz/(2*sz2)) * (1 + fastExp(-2*z*s.z/sz2)) / math.Sqrt(sz2)
		y, half := y0+f*ay, math.Abs(ay)*h/2
		mean += h * v * normalMean(y, half, 1/math.Sqrt(sy2)) / slow((s.z*s.z+0.64*sz2)/4)
		if off := math.Max(math.Abs(y)-half, 0); off*off < nearest*sy2 {
			nearest = off * off / sy2
		}
	}
	mean *= d.scale / (u * math.Sqrt(2*math.Pi))
	return mean, a.there * fastExp(-a.wander*nearest/2)
}

// clip narrows [from, to] to where a + b·s ≥ 0.
func clip(from, to, a, b float64) (float64, float64) {
	switch {
	case b > 0:
		from = math.Max(from, -a/b)
	case b < 0:
		to = math.Min(to, -a/b)
	case a < 0:
		to = from - 1
	}
	return from, to
}

// normalMean is the mean of the normal density of precision root k over y ± half.
func normalMean(y, half, k float64) float64 {
	if half*k < 0.05 {
		return k * invRoot2Pi * fastExp(-y*y*k*k/2)
	}
	const r = 1 / math.Sqrt2
	return (fastErf((y+half)*k*r) - fastErf((y-half)*k*r)) / (4 * half)
}

const invRoot2Pi = 0.3989422804014327

// fastErf is the error function to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
func fastErf(x float64) float64 {
	s := 1.0
	if x < 0 {
		x, s = -x, -1
	}
	t := 1 / (1 + 0.3275911*x)
	p := t * (0.254829592 + t*(-0.284496736+t*(1.421413741+t*(-1.453152027+t*1.061405429))))
	return s * (1 - p*fastExp(-x*x))
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
// made, it does not say.
func slow(v float64) float64 {
	if v >= 1 {
		return 1
	}
	// v^(1/10) as v^(1/8)·v^(-1/40), the latter by its first terms.
	r := math.Sqrt(math.Sqrt(math.Sqrt(v)))
	return r * (1 - (r-1)*0.2 + (r-1)*(r-1)*0.12)
}
