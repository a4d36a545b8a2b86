package spectral

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/vigia-project/vigia"
)

// Backgrounds of their own for kinds of ground: where roofs, water and fields
// vary each in their own directions, the covariance of all of them together
// hides in a vapour's direction what only one of them does.

const (
	clusterAxes   = 5     // principal axes that pixels are told apart by
	clusterSample = 20000 // pixels that the centres are found on
	clusterRounds = 25    // of Lloyd's algorithm
	mostClusters  = 32
	clusterFill   = 10 // pixels a band of a cluster that has a covariance of its own; see enough
)

// Cluster tells kinds of ground apart: k means (Lloyd 1982, IEEE TIT 28:129, begun
// as by Arthur & Vassilvitskii 2007) of the pixels' first principal axes, each of
// unit variance. It returns a label a pixel, below k; labels of pixels without
// data mean nothing.
func (s *Scene) Cluster(ctx context.Context, k int, seed uint64, workers int) ([]uint8, error) {
	if k < 2 || k > mostClusters {
		return nil, vigia.Errorf(vigia.Invalid, "%d kinds of ground are not within 2 to %d", k, mostClusters)
	}
	m, err := s.Measure(ctx, workers)
	if err != nil {
		return nil, err
	}
	bg, err := m.Background()
	if err != nil {
		return nil, err
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(m.Covariance(), true) {
		return nil, vigia.Errorf(vigia.Invalid, "the covariance has no axes")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	d, err := NewDetector(bg, bg.Mean, MF) // any: it carries the centre
	if err != nil {
		return nil, err
	}
	axes := make([]projection, min(clusterAxes, len(s.Bands)))
	for a := range axes {
		at := len(s.Bands) - 1 - a // the largest come last
		axes[a] = projection{make([]float32, len(d.weights)), make([]float32, s.Pixels())}
		scale := 1 / math.Sqrt(math.Max(eigen.Values(nil)[at], 1e-300))
		for b := range s.Bands {
			axes[a].weights[b] = float32(vectors.At(b, at) * scale)
		}
	}
	if _, err := d.score(ctx, s, workers, axes...); err != nil {
		return nil, err
	}
	return kMeans(axes, k, rand.New(rand.NewPCG(seed, 4))), nil
}

// kMeans labels pixels by the nearest of k centres.
func kMeans(axes []projection, k int, r *rand.Rand) []uint8 {
	pixels := len(axes[0].out)
	var sample []int
	for i := 0; i < pixels; i += pixels/clusterSample + 1 {
		if v := axes[0].out[i]; v == v {
			sample = append(sample, i)
		}
	}
	if len(sample) == 0 {
		return make([]uint8, pixels)
	}
	at := func(i int) []float64 {
		x := make([]float64, len(axes))
		for a := range axes {
			x[a] = math.Max(-4, math.Min(4, float64(axes[a].out[i]))) // a few odd pixels are no kind of ground
		}
		return x
	}
	centres := [][]float64{at(sample[r.IntN(len(sample))])}
	for len(centres) < k { // far from those there are, by the square of the distance
		weight, total := make([]float64, len(sample)), 0.0
		for j, i := range sample {
			_, weight[j] = nearest(centres, at(i))
			total += weight[j]
		}
		draw, j := r.Float64()*total, 0
		for ; j < len(sample)-1 && draw > weight[j]; j++ {
			draw -= weight[j]
		}
		centres = append(centres, at(sample[j]))
	}
	for range clusterRounds {
		sums, counts := make([][]float64, k), make([]float64, k)
		for c := range sums {
			sums[c] = make([]float64, len(axes))
		}
		for _, i := range sample {
			x := at(i)
			c, _ := nearest(centres, x)
			counts[c]++
			for a, v := range x {
				sums[c][a] += v
			}
		}
		for c := range centres {
			for a := range centres[c] {
				if counts[c] > 0 {
					centres[c][a] = sums[c][a] / counts[c]
				}
			}
		}
	}
	labels := make([]uint8, pixels)
	for i := range labels {
		if v := axes[0].out[i]; v == v {
			c, _ := nearest(centres, at(i))
			labels[i] = uint8(c)
		}
	}
	return labels
}

// nearest is the nearest centre and the square of its distance.
func nearest(centres [][]float64, x []float64) (best int, square float64) {
	square = math.Inf(1)
	for c, m := range centres {
		d := 0.0
		for a, v := range x {
			d += (v - m[a]) * (v - m[a])
		}
		if d < square {
			best, square = c, d
		}
	}
	return best, square
}

// only is the scene with the pixels of one label.
func (s *Scene) only(labels []uint8, label int) *Scene {
	c := *s
	c.labels, c.label = labels, uint8(label)
	return &c
}

// regional scores each kind of ground against its own background, in its own
// standard deviations. Kinds with too few pixels are scored against the whole.
// skip marks pixels that are no background; nil is none.
func (r *Result) regional(ctx context.Context, s *Scene, labels []uint8, k int, signatures [][]float64, skip []bool, workers int) error {
	all, err := s.Measure(ctx, workers)
	if err != nil {
		return err
	}
	if skip != nil {
		if err := s.without(all, skip); err != nil {
			return err
		}
	}
	if r.Background, err = all.Background(); err != nil {
		return err
	}
	n := s.Pixels()
	r.Scores, r.Amounts, r.bright, r.lengths = make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range r.Scores {
		r.Scores[i], r.Amounts[i], r.bright[i], r.lengths[i] = nan32, nan32, nan32, nan32
	}
	r.Sigma = 1
	for label := range k {
		view := s.only(labels, label)
		bg := r.Background
		if m, err := view.Measure(ctx, workers); err == nil {
			if skip != nil {
				if err := view.without(m, skip); err != nil {
					return err
				}
			}
			if m.Count >= clusterFill*float64(len(s.Bands)) {
				if own, err := m.Background(); err == nil {
					bg = own
				}
			}
		}
		if err := r.region(ctx, view, bg, signatures, workers); err != nil {
			return err
		}
	}
	return nil
}

// region scores the pixels of one kind.
func (r *Result) region(ctx context.Context, view *Scene, bg *Background, signatures [][]float64, workers int) error {
	d, kind, err := view.detector(bg, signatures, r.Kind, MF)
	if err != nil {
		return err
	}
	r.Kind = kind
	d.inverse = bg.inverseLower()
	bright, lengths := d.brightness(view), projection{out: make([]float32, view.Pixels())}
	scores, err := d.score(ctx, view, workers, bright, lengths)
	if err != nil {
		return err
	}
	for i, v := range scores {
		if v == v {
			r.Scores[i], r.Amounts[i] = v/float32(d.Sigma), v
			r.bright[i], r.lengths[i] = bright.out[i], lengths.out[i]
		}
	}
	return nil
}
