package spectral

import (
	"context"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral/kernel"
)

// Options of a run. Zero means the default.
type Options struct {
	Method  Method  // MF
	Kind    Kind    // Guess
	Rate    float64 // 1e-4
	Workers int     // 1
}

// A Result is what a run finds in a scene.
type Result struct {
	Kind       Kind      // the signature was taken for
	Sigma      float64   // standard deviation of an amount, in the signature's units
	Scores     []float32 // scan order
	Threshold  Threshold // of single pixels
	Detections int       // pixels beyond it
	Plumes     Plumes
	Loading    float64 // of the covariance, 0 is none
	Background *Background
	Warnings   []string
}

// Detect scores a scene for signatures, given in the scene's bands that serve,
// calibrates the alarm rate and finds plumes. Scores of one signature are
// amounts of it, or cosines; of several, standard deviations of the one that
// stands out most.
func Detect(ctx context.Context, s *Scene, signatures [][]float64, o Options) (*Result, error) {
	if o.Rate == 0 {
		o.Rate = 1e-4
	}
	if o.Kind == "" {
		o.Kind = Guess
	}
	moments, err := s.Measure(ctx, o.Workers)
	if err != nil {
		return nil, err
	}
	r := &Result{Warnings: s.Warnings}
	score := func(m Method) error {
		bg, err := moments.Background()
		if err != nil {
			return err
		}
		r.Loading, r.Background = bg.Loading, bg
		targets := make([][]float64, len(signatures))
		for i, g := range signatures {
			if targets[i], r.Kind, err = Target(g, o.Kind, bg.Mean); err != nil {
				return err
			}
		}
		var d *Detector
		if len(targets) == 1 {
			d, err = NewDetector(bg, targets[0], m)
		} else {
			d, err = NewAny(bg, targets)
		}
		if err != nil {
			return err
		}
		r.Sigma = d.Sigma
		r.Scores, err = d.Score(ctx, s, o.Workers)
		return err
	}
	switch o.Method {
	case "", MF, ACE:
		err = score(o.Method)
	case Auto:
		if err = score(MF); err == nil {
			if err = s.trim(moments, r.Scores); err == nil {
				err = score(MF)
			}
		}
	default:
		err = vigia.Errorf(vigia.Invalid, "the method %q is not known; there are mf, ace and auto", o.Method)
	}
	if err != nil {
		return nil, err
	}
	if r.Loading > 0 {
		r.Warnings = append(r.Warnings, sentence("the covariance is singular and was loaded by %.0e of its mean variance", r.Loading))
	}
	return r, r.judge(s.Samples, o.Rate)
}

// judge calibrates the scores and finds what passes.
func (r *Result) judge(samples int, rate float64) error {
	var err error
	var skip []bool
	if r.Plumes, skip, err = find(r.Scores, samples, rate); err != nil {
		return err
	}
	if r.Threshold, err = Calibrate(r.Scores, samples, skip, rate); err != nil {
		return err
	}
	for _, v := range r.Scores {
		if float64(v) > r.Threshold.Value {
			r.Detections++
		}
	}
	return nil
}

// trimShare is how much of the scene is taken out of its background: the
// strongest scores, where a plume would be. Where there is none the background
// loses next to nothing.
const trimShare = 0.02

// trim takes the pixels with the largest scores out of the moments.
func (s *Scene) trim(m *Moments, scores []float32) error {
	b := s.newBlock()
	u := &unitSums{sum: make([]float32, len(m.sum)), gram: make([]float32, len(m.gram))}
	b.sum = u.sum
	limit := rank(scores, s.Samples, trimShare).quantile(nil, trimShare)
	for first := 0; first < len(scores); {
		if !(scores[first] > limit) {
			first++
			continue
		}
		n := 1
		for n < blockPixels && first+n < len(scores) && scores[first+n] > limit {
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
