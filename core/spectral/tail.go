package spectral

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/vigia-project/vigia"
)

// A Threshold is the score that background passes at a stated rate, calibrated
// on the scene itself.
type Threshold struct {
	Value float64 `json:"value"`
	Rate  float64 `json:"rate"` // that was asked for, a pixel

	// The rate at Value, 95 %: how far the scene's own finite and correlated
	// tail can tell.
	RateLo float64 `json:"rate_lo"`
	RateHi float64 `json:"rate_hi"`

	Shape       float64 `json:"shape"`       // ξ of the generalised Pareto tail; 0 where the quantile is counted
	Scale       float64 `json:"scale"`       // σ of it, in scores
	From        float64 `json:"from"`        // score from which the tail is fitted
	Exceedances int     `json:"exceedances"` // pixels beyond From
	Pixels      int     `json:"pixels"`      // of background that were looked at
}

const (
	tailWidth  = 10   // the tail that is fitted is as many times wider than the rate asked for
	tailFewest = 200  // pixels a tail is fitted to, at least
	tailWidest = 0.05 // share of a scene that is still its tail
	clusterRun = 8    // pixels; exceedances in one square of this edge go together
	resamples  = 200  // of the bootstrap
)

// An exceedance is how far a pixel lies beyond the tail's beginning, and the
// square of the scene it is in.
type exceedance struct {
	over    float64
	cluster int
}

// Calibrate finds the score that a share rate of the background passes: a
// generalised Pareto law fitted to the largest scores by probability-weighted
// moments (Hosking & Wallis 1987, Technometrics 29:339, eqs. 7 to 9), good to
// shapes below 1/2, beyond which counting takes over. Its uncertainty is by
// resampling squares of the scene, since neighbours are not independent. NaN is
// no data; skip, where it is not nil, marks pixels that are not background.
func Calibrate(scores []float32, samples int, skip []bool, rate float64) (Threshold, error) {
	share := min(0.5, 2*tailWidth*rate)
	t, err := rank(scores, samples, share).calibrate(skip, rate, 0)
	if err != nil {
		return Threshold{}, err
	}
	t.resample()
	return t.Threshold, nil
}

// A ranking holds the largest scores of a scene in order, so that thresholds are
// found again and again as pixels are taken out.
type ranking struct {
	scores  []float32
	samples int
	valid   int     // scores that are numbers
	top     []int32 // pixels, the largest score first

	counted *bool // the marks of skipped pixels that were counted last
	left    int   // pixels they leave
}

// rank ranks the largest share of the scores, and some more.
func rank(scores []float32, samples int, share float64) *ranking {
	r := &ranking{scores: scores, samples: samples}
	for _, v := range scores {
		if v == v {
			r.valid++
		}
	}
	r.extend(max(2*tailFewest, int(share*float64(r.valid))))
	return r
}

// extend ranks k scores or more.
func (r *ranking) extend(k int) {
	k = min(k, r.valid)
	limit := r.atLeast(k)
	r.top = make([]int32, 0, k)
	for i, v := range r.scores {
		if v >= limit && (v > limit || len(r.top) < 2*k) { // a score shared by many is cut somewhere
			r.top = append(r.top, int32(i))
		}
	}
	slices.SortFunc(r.top, func(a, b int32) int {
		if x, y := r.scores[a], r.scores[b]; x != y {
			if x > y {
				return -1
			}
			return 1
		}
		return int(a - b)
	})
}

// atLeast is the k-th largest score; −∞ for all of them. A sample tells about
// where it lies, so that most scores are looked at once.
func (r *ranking) atLeast(k int) float32 {
	if k >= r.valid {
		return float32(math.Inf(-1))
	}
	const sampled = 8192
	var sample []float32
	for i, step := 0, len(r.scores)/sampled+1; i < len(r.scores); i += step {
		if v := r.scores[i]; v == v {
			sample = append(sample, v)
		}
	}
	slices.Sort(sample)
	guess := float32(math.Inf(-1))
	if at := len(sample) - 1 - int(1.5*float64(k)/float64(r.valid)*float64(len(sample))) - 16; at > 0 {
		guess = sample[at]
	}
	values := make([]float32, 0, 2*k)
	for {
		for _, v := range r.scores {
			if v >= guess {
				values = append(values, v)
			}
		}
		if len(values) > k {
			return selectFrom(values, len(values)-k)
		}
		values, guess = values[:0], float32(math.Inf(-1))
	}
}

// background counts the pixels that are not skipped.
func (r *ranking) background(skip []bool) int {
	if len(skip) == 0 {
		return r.valid
	}
	if r.counted == &skip[0] {
		return r.left
	}
	n := r.valid
	for i, out := range skip {
		if out && r.scores[i] == r.scores[i] {
			n--
		}
	}
	r.counted, r.left = &skip[0], n
	return n
}

// largest returns the k largest that are not skipped, and the score of the one
// after them.
func (r *ranking) largest(skip []bool, k int) (some []int32, next float32) {
	for {
		some = some[:0]
		for _, i := range r.top {
			if skip != nil && skip[i] {
				continue
			}
			if len(some) == k {
				return some, r.scores[i]
			}
			some = append(some, i)
		}
		if len(r.top) >= r.valid {
			return some, float32(math.Inf(-1))
		}
		r.extend(4 * len(r.top))
	}
}

// quantile is the score that a share of the background passes.
func (r *ranking) quantile(skip []bool, share float64) float32 {
	_, next := r.largest(skip, int(share*float64(r.background(skip))))
	return next
}

// A fitted threshold keeps the tail it was fitted to.
type fitted struct {
	Threshold
	tail []exceedance // rising
	over float64      // of the threshold
}

// calibrate is Calibrate with a tail of at least a share of the scene, without
// the interval.
func (r *ranking) calibrate(skip []bool, rate, least float64) (*fitted, error) {
	if !(rate > 0 && rate < 0.5) {
		return nil, vigia.Errorf(vigia.Invalid, "the false-alarm rate %v is not within 0 to 0.5", rate)
	}
	n := r.background(skip)
	if n < 100 {
		return nil, vigia.Errorf(vigia.Invalid, "%d pixels of background are too few to calibrate an alarm rate on", n)
	}
	share := min(tailWidest, max(least, tailWidth*rate, tailFewest/float64(n)))
	if rate >= share {
		share = min(0.5, 2*rate)
	}
	some, next := r.largest(skip, max(20, int(share*float64(n))))
	f := &fitted{Threshold: Threshold{Rate: rate, Pixels: n, From: float64(next)}}
	across := (r.samples + clusterRun - 1) / clusterRun
	for k := len(some) - 1; k >= 0; k-- {
		i := int(some[k])
		if v := r.scores[i]; v > next {
			f.tail = append(f.tail, exceedance{float64(v) - f.From, i/r.samples/clusterRun*across + i%r.samples/clusterRun})
		}
	}
	if len(f.tail) < 20 {
		return nil, vigia.Errorf(vigia.Invalid, "the largest scores are all alike (%v): no rate can be calibrated", next)
	}
	f.Exceedances = len(f.tail)
	f.fit()
	return f, nil
}

// fit sets the threshold from the tail.
func (f *fitted) fit() {
	shape, scale := pareto(f.tail, nil)
	conditional := f.Rate * float64(f.Pixels) / float64(len(f.tail)) // of those in the tail
	f.over = quantile(f.tail, conditional)
	if conditional < 0.5 && shape < 0.5 {
		f.Shape, f.Scale = shape, scale
		f.over = paretoQuantile(shape, scale, conditional)
	}
	f.Value = f.From + f.over
}

// resample sets the interval of the rate: squares get Poisson weights, and each
// time it is asked what share of the background passes.
func (f *fitted) resample() {
	r := rand.New(rand.NewPCG(1, uint64(len(f.tail))))
	square, squares := make([]int, len(f.tail)), map[int]int{}
	for j, e := range f.tail {
		k, ok := squares[e.cluster]
		if !ok {
			k = len(squares)
			squares[e.cluster] = k
		}
		square[j] = k
	}
	draw, weights := make([]float64, len(squares)), make([]float64, len(f.tail))
	rates := make([]float64, resamples)
	for i := range rates {
		for k := range draw {
			draw[k] = poisson1(r)
		}
		total, passed := 0.0, 0.0
		for j, k := range square {
			weights[j] = draw[k]
			total += draw[k]
			if f.tail[j].over > f.over {
				passed += draw[k]
			}
		}
		if f.Scale > 0 {
			shape, scale := pareto(f.tail, weights)
			passed = total * paretoTail(shape, scale, f.over)
		}
		rates[i] = passed / float64(f.Pixels)
	}
	slices.Sort(rates)
	f.RateLo, f.RateHi = rates[resamples/40], rates[resamples-1-resamples/40]
}

// poisson1 draws from a Poisson law of mean one (Knuth 1969, §3.4.1).
func poisson1(r *rand.Rand) float64 {
	n, p := 0.0, r.Float64()
	for p > 1/math.E {
		n++
		p *= r.Float64()
	}
	return n
}

// pareto fits the shape ξ and scale σ of a generalised Pareto law to sorted
// excesses with weights, or without.
func pareto(sorted []exceedance, weights []float64) (shape, scale float64) {
	var a0, a1, before float64
	total := float64(len(sorted))
	if weights != nil {
		total = 0
		for _, w := range weights {
			total += w
		}
	}
	for i, e := range sorted {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		rank := (before + 0.5*w) / total // Hosking & Wallis' plotting position
		before += w
		a0 += w * e.over / total
		a1 += w * e.over * (1 - rank) / total
	}
	if a0 <= 2*a1 || total == 0 {
		return 1, a0
	}
	shape = 2 - a0/(a0-2*a1)
	return shape, 2 * a0 * a1 / (a0 - 2*a1)
}

// paretoTail is the share of the law beyond x.
func paretoTail(shape, scale, x float64) float64 {
	if math.Abs(shape) < 1e-6 {
		return math.Exp(-x / scale)
	}
	base := 1 + shape*x/scale
	if base <= 0 {
		return 0
	}
	return math.Pow(base, -1/shape)
}

// paretoQuantile inverts paretoTail.
func paretoQuantile(shape, scale, share float64) float64 {
	if math.Abs(shape) < 1e-6 {
		return -scale * math.Log(share)
	}
	return scale / shape * (math.Pow(share, -shape) - 1)
}

// quantile is the excess that a share of the sorted tail passes.
func quantile(sorted []exceedance, share float64) float64 {
	at := float64(len(sorted)) * (1 - share)
	i := min(len(sorted)-1, max(0, int(at)))
	return sorted[i].over
}

// selectFrom returns the k-th smallest of v, which it reorders (Hoare 1961,
// CACM algorithm 65).
func selectFrom(v []float32, k int) float32 {
	lo, hi := 0, len(v)-1
	for lo < hi {
		pivot := median3(v[lo], v[(lo+hi)/2], v[hi])
		i, j := lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	return v[k]
}

func median3(a, b, c float32) float32 {
	return max(min(a, b), min(max(a, b), c))
}
