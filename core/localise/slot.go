package localise

import "math"

// Slots. What is wrong with a predicted plume is wrong for all sensors at once:
// over a minute or so an eddy turns the whole plume away from where the recorded
// wind would have it, and makes it stronger or weaker than the mean. Readings
// counted as if each were wrong by itself prefer a source that is metres off by
// hundreds of nats (the first Chilbolton release); counted in slots that share
// one turn and one strength, both integrated out, they do not.
//
// The turn is normal and the strength log-normal about the particle's
// parameters. Both integrals are Gauss-Hermite sums (Abramowitz and Stegun 1964,
// table 25.10, the nodes in standard deviations).

// slotSeconds is how long a slot is: readings and wind records are often means
// over a minute, which is also the integral scale of the wind near the ground.
const slotSeconds = 60.0

const (
	turns  = 5
	swells = 3
)

var (
	turnNode    = [turns]float64{-2.8569700138728, -1.3556261799742, 0, 1.3556261799742, 2.8569700138728}
	turnWeight  = [turns]float64{0.0112574113277, 0.2220759220056, 0.5333333333333, 0.2220759220056, 0.0112574113277}
	swellNode   = [swells]float64{-1.7320508075689, 0, 1.7320508075689}
	swellWeight = [swells]float64{1.0 / 6, 2.0 / 3, 1.0 / 6}
)

func (f *fan) plus(g *fan, k float64) {
	for n := range f {
		f[n] += k * g[n]
	}
}

// A ratio accumulates a likelihood ratio over that of no source, slot by slot:
// the readings must come in time order. Products are taken before logarithms:
// the logarithm is what costs.
type ratio struct {
	fluct2  float64
	swell   [swells]float64 // factors on the plume's strength
	rough   bool            // the strength is left as it is, and great turns are left out
	slot    int
	product [turns][swells]float64
	logs    [turns][swells]float64
	flushed bool // logs hold something
	held    int
	sum     float64 // log of the slots that are done, but for those in times
	times   float64 // product of the last slots
}

// newRatio starts a ratio with the fluctuation and the swell of th.
func newRatio(th []float64) ratio {
	r := ratio{fluct2: math.Exp(2 * th[pFluct]), times: 1}
	s, c := math.Exp(th[pSwell]), centre(r.fluct2)
	for m := range r.swell {
		r.swell[m] = c * math.Exp(s*swellNode[m]-s*s/2)
	}
	return r
}

// centre is where the distribution of a plume's concentrations has its middle,
// over its mean. Where there is gas they are skewed, near enough gamma distributed
// (Yee and Chan 1997, Boundary-Layer Meteorology 84:1), and the median is
// (1-i²/9)³ of the mean, i being their intensity (Wilson and Hilferty 1931, PNAS
// 17:684). The Student distribution that stands for them is symmetric about it.
// Its middle half, ±0.741 of its scale, is that of i = 1.1 of it.
func centre(fluct2 float64) float64 {
	c := 1 - math.Min(1.1*1.1*fluct2, 4)/9
	return c * c * c
}

// newRoughRatio is newRatio without an integral over the strength, whose
// variance goes to the fluctuation.
func newRoughRatio(th []float64) ratio {
	r := ratio{fluct2: math.Exp(2*th[pFluct]) + math.Exp(2*th[pSwell]), rough: true, times: 1}
	r.swell[swells/2] = centre(r.fluct2)
	return r
}

// add counts a reading whose plume has the given mean for each turn, in standard
// deviations of the background, and is there for a part of the time.
func (r *ratio) add(d *datum, mean *fan, there float64) {
	if !(there > 0) { // a plume that no turn brings here
		return
	}
	if r.held == 0 || d.slot != r.slot {
		r.close()
		r.open(d.slot)
	}
	if r.held%8 == 7 {
		r.flush()
	}
	r.held++
	k := 1 / there
	base := freedom * d.invBase
	for n := range mean {
		within := mean[n] * k // what it is when it is there
		if within < leastMean {
			continue
		}
		from, to := r.used(n)
		for m := from; m < to; m++ {
			w := within * r.swell[m]
			e := d.d - w
			w *= w
			if d.full {
				r.product[n][m] *= 1 - there + there*beyond(e/math.Sqrt(1+r.fluct2*w))/beyond(d.d)
				continue
			}
			v := 1 + r.fluct2*w
			// t(e; v)/t(d; 1) of four degrees of freedom: v^-1/2 (c/(4+e²/v))^5/2.
			s := 1 / (base*v + e*e*d.invBase)
			s2 := v * s
			r.product[n][m] *= 1 - there + there*s2*s2*math.Sqrt(s)
		}
	}
}

// leastMean is the plume, in standard deviations of the background, below which
// there is none: a thousand such readings change the log likelihood by less than
// an eighth (the slope is 5d/(4+d²), at most 1.25).
const leastMean = 1e-4

// beyond is the probability that a Student variable of four degrees of freedom
// exceeds t: what a saturated sensor says, whose reading is censored from the
// right (Tobin 1958, Econometrica 26:24). With u = t/√(4+t²) it is (1-u)²(2+u)/4.
func beyond(t float64) float64 {
	root := math.Sqrt(freedom + t*t)
	less := 1 - t/root
	if t > 0 { // without a difference of nearly equal numbers
		less = freedom / (root * (root + t))
	}
	return less * less * (3 - less) / 4
}

// used tells which strengths are looked at for a turn: at the greatest turns,
// which weigh little, the middle one stands for all.
func (r *ratio) used(n int) (from, to int) {
	switch edge := n == 0 || n == turns-1; {
	case r.rough && edge:
		return 0, 0
	case r.rough || edge:
		return swells / 2, swells/2 + 1
	}
	return 0, swells
}

// nodeWeight is the weight of a turn and a strength that is used.
func (r *ratio) nodeWeight(n, m int) float64 {
	if r.rough || n == 0 || n == turns-1 {
		return turnWeight[n]
	}
	return turnWeight[n] * swellWeight[m]
}

func (r *ratio) open(slot int) {
	r.slot, r.held, r.flushed = slot, 0, false
	for n := range r.product {
		r.product[n] = [swells]float64{1, 1, 1}
	}
}

// flush puts the products by before they leave the range of numbers.
func (r *ratio) flush() {
	for n := range r.product {
		from, to := r.used(n)
		for m := from; m < to; m++ {
			l := math.Log(r.product[n][m])
			if r.flushed {
				l += r.logs[n][m]
			}
			r.logs[n][m], r.product[n][m] = l, 1
		}
	}
	r.flushed = true
}

// weights returns the likelihood ratio at each turn and strength times its
// weight, as a part of the greatest, and the log of that greatest.
func (r *ratio) weights() (w [turns][swells]float64, top float64) {
	if r.flushed {
		r.flush()
		top = math.Inf(-1)
		for n := range r.logs {
			from, to := r.used(n)
			for m := from; m < to; m++ {
				top = max(top, r.logs[n][m])
			}
		}
	}
	for n := range w {
		from, to := r.used(n)
		for m := from; m < to; m++ {
			v := r.product[n][m]
			if r.flushed {
				v = math.Exp(r.logs[n][m] - top)
			}
			w[n][m] = v * r.nodeWeight(n, m)
		}
	}
	return w, top
}

// total is the sum of weights.
func (r *ratio) total() (sum, top float64) {
	if r.rough && !r.flushed {
		for n := 1; n < turns-1; n++ {
			sum += turnWeight[n] * r.product[n][swells/2]
		}
		return sum, 0
	}
	if !r.flushed {
		sum = turnWeight[0]*r.product[0][swells/2] + turnWeight[turns-1]*r.product[turns-1][swells/2]
		for n := 1; n < turns-1; n++ {
			p := &r.product[n]
			sum += turnWeight[n] * (swellWeight[0]*p[0] + swellWeight[1]*p[1] + swellWeight[2]*p[2])
		}
		return sum, 0
	}
	w, top := r.weights()
	for n := range w {
		for m := range w[n] {
			sum += w[n][m]
		}
	}
	return sum, top
}

// close ends a slot.
func (r *ratio) close() {
	if r.held == 0 {
		return
	}
	sum, top := r.total()
	r.held = 0
	r.sum += top
	// Logarithms are taken of products of slots, before they leave the range of numbers.
	if r.times *= sum; !(r.times > 1e-100 && r.times < 1e100) {
		r.sum += math.Log(r.times/sum) + math.Log(sum)
		r.times = 1
	}
}

func (r *ratio) log() float64 {
	r.close()
	return r.sum + math.Log(r.times)
}
