package spectral

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

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
	return calibrate(scores, samples, skip, rate, 0)
}

// calibrate is Calibrate with a tail of at least a share of the scene.
func calibrate(scores []float32, samples int, skip []bool, rate, least float64) (Threshold, error) {
	if !(rate > 0 && rate < 0.5) {
		return Threshold{}, vigia.Errorf(vigia.Invalid, "the false-alarm rate %v is not within 0 to 0.5", rate)
	}
	values := make([]float32, 0, len(scores))
	for i, v := range scores {
		if v == v && (skip == nil || !skip[i]) {
			values = append(values, v)
		}
	}
	n := len(values)
	if n < 100 {
		return Threshold{}, vigia.Errorf(vigia.Invalid, "%d pixels of background are too few to calibrate an alarm rate on", n)
	}
	share := min(tailWidest, max(least, tailWidth*rate, tailFewest/float64(n)))
	t := Threshold{Rate: rate, Pixels: n}
	if rate >= share {
		share = min(0.5, 2*rate)
	}
	k := max(20, int(share*float64(n)))
	from := selectFrom(values, n-k)
	t.From = float64(from)
	var tail []exceedance
	across := (samples + clusterRun - 1) / clusterRun
	for i, v := range scores {
		if v > from && (skip == nil || !skip[i]) {
			square := i/samples/clusterRun*across + i%samples/clusterRun
			tail = append(tail, exceedance{float64(v) - t.From, square})
		}
	}
	if len(tail) < 20 {
		return Threshold{}, vigia.Errorf(vigia.Invalid, "the largest scores are all alike (%v): no rate can be calibrated", from)
	}
	sort.Slice(tail, func(a, b int) bool { return tail[a].over < tail[b].over })
	t.Exceedances = len(tail)
	t.fit(tail)
	return t, nil
}

// fit sets the threshold from the sorted tail.
func (t *Threshold) fit(tail []exceedance) {
	ones := make([]float64, len(tail))
	for i := range ones {
		ones[i] = 1
	}
	shape, scale := pareto(tail, ones)
	conditional := t.Rate * float64(t.Pixels) / float64(len(tail)) // of those in the tail
	counted := quantile(tail, conditional)
	over := counted
	if conditional < 0.5 && shape < 0.5 {
		t.Shape, t.Scale = shape, scale
		over = paretoQuantile(shape, scale, conditional)
	}
	t.Value = t.From + over
	t.RateLo, t.RateHi = t.interval(tail, over)
}

// interval resamples squares with Poisson weights and asks each time what share
// of the background passes.
func (t *Threshold) interval(tail []exceedance, over float64) (lo, hi float64) {
	r := rand.New(rand.NewPCG(1, uint64(len(tail))))
	weights := make([]float64, len(tail))
	rates := make([]float64, resamples)
	for i := range rates {
		byCluster := map[int]float64{}
		total := 0.0
		for j, e := range tail {
			w, ok := byCluster[e.cluster]
			if !ok {
				w = poisson1(r)
				byCluster[e.cluster] = w
			}
			weights[j] = w
			total += w
		}
		share := total / float64(t.Pixels)
		if t.Scale > 0 {
			shape, scale := pareto(tail, weights)
			rates[i] = share * paretoTail(shape, scale, over)
			continue
		}
		passed := 0.0
		for j := len(tail) - 1; j >= 0 && tail[j].over > over; j-- {
			passed += weights[j]
		}
		rates[i] = passed / float64(t.Pixels)
	}
	slices.Sort(rates)
	return rates[resamples/40], rates[resamples-1-resamples/40]
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
// excesses with weights.
func pareto(sorted []exceedance, weights []float64) (shape, scale float64) {
	var total, a0, a1, before float64
	for _, w := range weights {
		total += w
	}
	for i, e := range sorted {
		w := weights[i]
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
