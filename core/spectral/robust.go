package spectral

import (
	"math"

	"github.com/vigia-project/vigia/core/spectral/kernel"
)

// Auto's four steps beyond the matched filter. Each does nothing where the
// scene gives it nothing to do.

// without takes marked pixels out of the moments: a plume that stays in raises
// the variance along itself, and so hides.
func (s *Scene) without(m *Moments, skip []bool) error {
	b := s.newBlock()
	u := &unitSums{sum: make([]float32, len(m.sum)), gram: make([]float32, len(m.gram))}
	b.sum = u.sum
	for first := 0; first < len(skip); {
		if !skip[first] {
			first++
			continue
		}
		n := 1
		for n < blockPixels && first+n < len(skip) && skip[first+n] {
			n++
		}
		padded, valid, err := s.load(b, first, n, m.shift)
		if err != nil {
			return err
		}
		kernel.Best().Gram(u.gram, b.panels, padded, len(s.Bands))
		u.count += float64(valid)
		first += n
		if u.count >= unitPixels {
			m.add(u.count, -1, u.sum, u.gram)
			u.count = 0
			clear(u.sum)
			clear(u.gram)
		}
	}
	m.add(u.count, -1, u.sum, u.gram)
	return nil
}

// discount takes back from a score what the pixel owes to being unlike the
// background in every direction, not in the target's alone: the detector of a
// target in a multivariate t law (Theiler, Foy & Fraser 2007, Proc. SPIE 6565,
// "Beyond the adaptive matched filter"), which is the matched filter where pixels
// are Gaussian and ranks as ACE does where their tails are heavy. It returns
// standard deviations.
func (r *Result) discount(bands int, skip []bool) []float32 {
	p := float64(bands)
	nu := freedom(r.lengths, p, skip)
	out := make([]float32, len(r.Scores))
	for i, v := range r.Scores {
		z := float64(v) / r.Sigma
		rest := max(0, float64(r.lengths[i])-z*z)
		out[i] = float32(z * math.Sqrt((nu+p)/(nu+rest)))
	}
	return out
}

const (
	fewestFreedom = 1.0
	mostFreedom   = 1e4 // Gaussian
	longest       = 16  // times the usual square: beyond it a pixel's own weight is bounded
)

// freedom is the number of degrees of freedom of the t law of pixels whose
// whitened squares are given, by their second moment: of p bands it is (ν−2)/(ν−4)
// times p(p+2) where the first is p.
func freedom(lengths []float32, p float64, skip []bool) float64 {
	var n, s1, s2 float64
	for i, v := range lengths {
		if x := float64(v); x == x && (skip == nil || !skip[i]) {
			x = min(x, longest*p)
			n++
			s1 += x
			s2 += x * x
		}
	}
	if n < 100 || s1 == 0 {
		return mostFreedom
	}
	kurtosis := s2 / n / (s1 / n * s1 / n) * p / (p + 2)
	if kurtosis <= 1 {
		return mostFreedom
	}
	return max(fewestFreedom, min(mostFreedom, 4+2/(kurtosis-1)))
}

const (
	brightCells = 4096 // of the histogram of brightness
	brightBins  = 24   // of as many pixels each
)

// level gives scores the same mean and spread at every brightness: a filter is
// noisier over bright ground, or over dark, and its largest scores then come
// from there alone. It returns standard deviations.
func level(scores, bright []float32, skip []bool) []float32 {
	n := noiseBy(scores, bright, skip)
	out := make([]float32, len(scores))
	for i, v := range scores {
		if b := n.bin[i]; b >= 0 && n.sd[b] > 0 && !math.IsInf(n.sd[b], 0) {
			out[i] = float32((float64(v) - n.mean[b]) / n.sd[b])
		} else {
			out[i] = nan32
		}
	}
	return out
}

// A noise is what scores are at each brightness where there is no plume.
type noise struct {
	bin      []int8 // of each pixel; −1 where there is no data
	mean, sd [brightBins]float64
}

// noiseBy measures it, clipped, so that tails and plumes do not count.
func noiseBy(scores, bright []float32, skip []bool) *noise {
	o := &noise{bin: binOf(bright)}
	for b := range o.sd {
		o.sd[b] = math.Inf(1)
	}
	for range 4 {
		var n, s1, s2 [brightBins]float64
		for i, v := range scores {
			b := o.bin[i]
			if b < 0 || skip != nil && skip[i] {
				continue
			}
			if d := float64(v) - o.mean[b]; math.Abs(d) <= 3*o.sd[b] {
				n[b]++
				s1[b] += float64(v)
				s2[b] += float64(v) * float64(v)
			}
		}
		for b := range o.sd {
			if n[b] > 1 {
				o.mean[b] = s1[b] / n[b]
				o.sd[b] = math.Sqrt(max(0, s2[b]/n[b]-o.mean[b]*o.mean[b]))
			}
		}
	}
	return o
}

var nan32 = float32(math.NaN())

// binOf puts pixels into bins of brightness; −1 where there is no data.
func binOf(bright []float32) []int8 {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range bright {
		lo, hi = min(lo, v), max(hi, v) // a comparison with NaN keeps neither; see below
	}
	if lo != lo || hi != hi {
		lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
		for _, v := range bright {
			if v == v {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	scale := float32(brightCells-1) / max(hi-lo, 1e-30)
	var count [brightCells]int
	total := 0
	for _, v := range bright {
		if v == v {
			count[int((v-lo)*scale)]++
			total++
		}
	}
	var binOfCell [brightCells]int8
	below := 0
	for c, n := range count {
		binOfCell[c] = int8(min(brightBins-1, (below+n/2)*brightBins/max(1, total)))
		below += n
	}
	out := make([]int8, len(bright))
	for i, v := range bright {
		out[i] = -1
		if v == v {
			out[i] = binOfCell[int((v-lo)*scale)]
		}
	}
	return out
}

// lean adds to each score as much of its neighbours' mean as helps: the two are
// a signal of two bands, whose matched filter is had from the background's
// covariance and from what the strongest scores' neighbours hold. In noise, or
// over targets of one pixel, that is nothing; in a plume it is much.
func lean(z []float32, samples int, skip []bool) []float32 {
	n := neighbours(z, samples)
	var count, vz, vn, c float64
	for i, v := range z {
		if v != v || n[i] != n[i] || skip != nil && skip[i] || v > 4 || v < -4 {
			continue
		}
		x, y := float64(v), float64(n[i])
		count++
		vz += x * x
		vn += y * y
		c += x * y
	}
	if count < 100 {
		return z
	}
	vz, vn, c = vz/count, vn/count, c/count
	var top, at float64
	some, _ := rank(z, samples, topShare).largest(nil, max(20, int(topShare*count)))
	for _, i := range some {
		if n[i] == n[i] {
			top += min(float64(z[i]), 50)
			at += min(float64(n[i]), 50)
		}
	}
	w1, w2 := vn*top-c*at, vz*at-c*top
	if !(w1 > 0 && w2 > 0) {
		return z
	}
	share := float32(min(8, w2/w1))
	out := make([]float32, len(z))
	for i, v := range z {
		out[i] = v
		if n[i] == n[i] {
			out[i] = v + share*min(n[i], max(v, doubt))
		}
	}
	return out
}

// doubt is what neighbours may add to a pixel that shows nothing itself, in
// standard deviations.
const doubt = 1

// topShare is how many of the strongest scores tell whether neighbours help.
const topShare = 1e-3

// neighbours is the mean of the up to eight pixels around each, NaN where none
// has data.
func neighbours(z []float32, samples int) []float32 {
	lines := len(z) / samples
	out := make([]float32, len(z))
	sum, n := make([]float32, samples+2), make([]float32, samples+2)
	for l := range lines {
		clear(sum)
		clear(n)
		for y := max(0, l-1); y <= min(lines-1, l+1); y++ {
			for s, v := range z[y*samples : (y+1)*samples] {
				if v == v {
					sum[s+1] += v
					n[s+1]++
				}
			}
		}
		for s, v := range z[l*samples : (l+1)*samples] {
			total, count := sum[s]+sum[s+1]+sum[s+2], n[s]+n[s+1]+n[s+2]
			if v == v {
				total, count = total-v, count-1
			}
			out[l*samples+s] = total / count
		}
	}
	return out
}
