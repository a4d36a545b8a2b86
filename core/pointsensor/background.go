package pointsensor

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// A background is what a sensor reads when there is no plume.
type background struct {
	level     float64
	noise     float64 // standard deviation
	threshold float64 // passed with the stated probability
}

// least is the smallest number of readings a background can rest on.
const least = 8

// estimate works out the background from readings of which some, perhaps more
// than half, were in a plume. A plume only adds: the background is the narrow
// heap at the low end. Its middle is the middle of the shortest interval that
// holds some of the readings (a shorth: Grübel 1988, Annals of Statistics
// 16:619), its shape is taken from the readings on the low side of that middle,
// mirrored. values is reordered.
func estimate(values []float64, falseAlarm float64) (background, bool) {
	if len(values) < least {
		return background{}, false
	}
	sort.Float64s(values)
	level, width := shorth(values, 0.35)
	// What a plume has not touched: up to some widths above the middle. The
	// middle and the side beneath it are then taken again.
	for range 6 {
		top := sort.SearchFloat64s(values, level+4*width)
		clean := values[:max(top, least)]
		low := sort.SearchFloat64s(clean, level-4*width)
		core := clean[min(low, len(clean)/4):]
		m := median(core)
		s := 1.4826 * medianDeviation(clean, m)
		if s <= 0 {
			break
		}
		done := math.Abs(m-level) < 1e-3*width && math.Abs(s-width) < 1e-3*width
		level, width = m, s
		if done {
			break
		}
	}
	below := make([]float64, 0, len(values))
	for _, v := range values {
		if v > level {
			break
		}
		below = append(below, level-v)
	}
	width = math.Max(width, smallest(values, level))
	noise, k := tail(below, width, len(values), falseAlarm)
	return background{level: level, noise: noise, threshold: level + k}, true
}

// smallest is the least noise a sensor can be said to have: that of the step
// between the values it can tell apart, or of the number's own precision.
func smallest(sorted []float64, level float64) float64 {
	step := math.Inf(1)
	for i := 1; i < len(sorted); i++ {
		if d := sorted[i] - sorted[i-1]; d > 0 {
			step = math.Min(step, d)
		}
	}
	if math.IsInf(step, 1) {
		step = 0
	}
	// A rounded value is off by the step over the root of twelve.
	return math.Max(step/math.Sqrt(12), math.Max(1e-6*math.Abs(level), 1e-12))
}

// shorth is the middle of the shortest interval that holds the given part of
// the sorted values, and the standard deviation it would have if they were
// normal and all of them background.
func shorth(v []float64, part float64) (middle, sigma float64) {
	n := max(int(math.Ceil(part*float64(len(v)))), 3)
	best, at := math.Inf(1), 0
	for i := 0; i+n <= len(v); i++ {
		// Of two alike the lower: a plume adds.
		if d := v[i+n-1] - v[i]; d < best {
			best, at = d, i
		}
	}
	z := distuv.UnitNormal.Quantile(0.5 + part/2)
	return (v[at] + v[at+n-1]) / 2, math.Max(best/(2*z), 1e-12)
}

func median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// medianDeviation is the median distance below m of the values below it.
func medianDeviation(sorted []float64, m float64) float64 {
	n := sort.SearchFloat64s(sorted, m)
	if n == 0 {
		return 0
	}
	return m - median(sorted[:n])
}

// freedoms are the shapes of tail that are weighed: a Student distribution of
// so many degrees of freedom, the last as good as normal.
var freedoms = []float64{2.5, 4, 8, 200}

// scales are the factors on the first guess of the noise that are weighed.
var scales = func() []float64 {
	s := make([]float64, 25)
	for i := range s {
		s[i] = math.Exp(-0.9 + 0.075*float64(i))
	}
	return s
}()

// tail returns the noise's standard deviation and how far above the level the
// threshold lies, so that background alone passes it with the probability
// falseAlarm. It is the predictive distribution: mirrored distances below the
// level weigh each shape and scale by their likelihood, and the weighted tails
// are summed. With few readings the heavy tails keep their weight and the
// threshold is high; with many, the readings decide.
func tail(below []float64, width float64, n int, falseAlarm float64) (noise, k float64) {
	type member struct {
		shape      int
		scale, log float64
	}
	members := make([]member, 0, len(freedoms)*len(scales))
	best := math.Inf(-1)
	for shape, nu := range freedoms {
		for _, f := range scales {
			s := f * width
			// Of a Student distribution with the scale s, twice its upper half.
			l := -float64(len(below)) * (math.Log(s) - logStudentNorm(nu))
			l -= (nu + 1) / 2 * sumLog1p(below, 1/(nu*s*s))
			members = append(members, member{shape, s, l})
			best = math.Max(best, l)
		}
	}
	total, variance := 0.0, 0.0
	for i := range members {
		m := &members[i]
		m.log = math.Exp(m.log - best) // from here on a weight
		total += m.log
		variance += m.log * m.scale * m.scale * freedoms[m.shape] / (freedoms[m.shape] - 2)
	}
	kept := members[:0]
	for _, m := range members {
		if m.log > 1e-9*total {
			kept = append(kept, m)
		}
	}
	members = kept
	// The level itself is uncertain, by about 1.25 σ/√n (the median's error).
	spread := math.Sqrt(1 + 1.57/float64(n))
	exceed := func(x float64) float64 {
		p := 0.0
		for _, m := range members {
			p += m.log * studentSurvival(x/(m.scale*spread), m.shape)
		}
		return p / total
	}
	lo, hi := 0.0, width
	for exceed(hi) > falseAlarm {
		hi *= 2
	}
	for range 30 {
		if mid := (lo + hi) / 2; exceed(mid) > falseAlarm {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Sqrt(variance / total), hi
}

// sumLog1p is the sum of log(1 + c·d²). Eight factors are multiplied before a
// logarithm is taken: that is what costs.
func sumLog1p(d []float64, c float64) float64 {
	sum, product := 0.0, 1.0
	for i, v := range d {
		product *= 1 + c*v*v
		if i%8 == 7 {
			sum += math.Log(product)
			product = 1
		}
	}
	return sum + math.Log(product)
}

// logStudentNorm is the log of the Student density at zero, scale one.
func logStudentNorm(nu float64) float64 {
	a, _ := math.Lgamma((nu + 1) / 2)
	b, _ := math.Lgamma(nu / 2)
	return a - b - 0.5*math.Log(nu*math.Pi)
}

// survival holds, for each of freedoms, the log of the probability that a
// Student variable of scale one exceeds exp(survivalFrom + i·survivalStep).
// The incomplete beta function is too slow for a threshold a second.
var survival = func() [][]float64 {
	t := make([][]float64, len(freedoms))
	for i, nu := range freedoms {
		d := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}
		t[i] = make([]float64, survivalPoints)
		for k := range t[i] {
			t[i][k] = math.Log(math.Max(d.Survival(math.Exp(survivalFrom+float64(k)*survivalStep)), 1e-300))
		}
	}
	return t
}()

const (
	survivalFrom   = -3.0
	survivalStep   = 0.02
	survivalPoints = 700
)

// studentSurvival is the probability that a Student variable with freedoms[i]
// degrees of freedom and scale one exceeds x.
func studentSurvival(x float64, i int) float64 {
	f := (math.Log(x) - survivalFrom) / survivalStep
	if !(f > 0) {
		return 0.5 // to within x/2 of it
	}
	t := survival[i]
	k := min(int(f), survivalPoints-2)
	return math.Exp(t[k] + (f-float64(k))*(t[k+1]-t[k]))
}
