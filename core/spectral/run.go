package spectral

import (
	"context"

	"github.com/vigia-project/vigia"
)

// Options of a run. Zero means the default.
type Options struct {
	Method  Method  // MF
	Kind    Kind    // Guess
	Rate    float64 // 1e-4
	Workers int     // 1

	// Clusters is how many kinds of ground get a background of their own; 0 is one
	// background for all.
	Clusters int
}

// A Result is what a run finds in a scene.
type Result struct {
	Kind       Kind      // the signature was taken for
	Sigma      float64   // standard deviation of an amount, in the signature's units
	Scores     []float32 // scan order
	Amounts    []float32 // of the signature, where Scores are none: Auto's
	Threshold  Threshold // of single pixels
	Detections int       // pixels beyond it
	Plumes     Plumes
	Loading    float64 // of the covariance, 0 is none
	Background *Background

	bright   []float32 // of each pixel, of the mean's; Auto's
	lengths  []float32 // squares of whitened pixels; Auto's
	Warnings []string
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
	if s.glow != nil && o.Kind == Guess {
		o.Kind = Absorption
	}
	moments, err := s.Measure(ctx, o.Workers)
	if err != nil {
		return nil, err
	}
	r := &Result{Warnings: s.Warnings}
	background, refining := moments, false
	score := func(m Method) error {
		bg, err := background.Background()
		if err != nil {
			return err
		}
		r.Loading, r.Background = bg.Loading, bg
		var d *Detector
		if d, r.Kind, err = s.detector(bg, signatures, o.Kind, m); err != nil {
			return err
		}
		r.Sigma = d.Sigma
		if !refining {
			r.Scores, err = d.score(ctx, s, o.Workers)
			return err
		}
		bright, lengths := d.brightness(s), projection{out: make([]float32, s.Pixels())}
		d.inverse = bg.inverseLower()
		r.Scores, err = d.score(ctx, s, o.Workers, bright, lengths)
		r.bright, r.lengths = bright.out, lengths.out
		return err
	}
	switch {
	case o.Clusters > 1 && o.Method == ACE:
		err = vigia.Errorf(vigia.Invalid, "kinds of ground go with mf and auto, not with ace")
	case o.Clusters > 1 && (o.Method == "" || o.Method == MF || o.Method == Auto):
		err = r.byRegion(ctx, s, signatures, o)
	case o.Method == "", o.Method == MF, o.Method == ACE:
		err = score(o.Method)
	case o.Method == Auto:
		if err = score(MF); err == nil {
			err = r.refine(s, moments, func(m *Moments) error {
				background, refining = m, true
				return score(MF)
			})
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

// detector makes a detector of signatures over a background.
func (s *Scene) detector(bg *Background, signatures [][]float64, kind Kind, method Method) (d *Detector, taken Kind, err error) {
	targets := make([][]float64, len(signatures))
	for i, g := range signatures {
		if targets[i], taken, err = Target(g, kind, bg.Mean, s.light(bg.Mean)); err != nil {
			return nil, taken, err
		}
	}
	if len(targets) == 1 {
		d, err = NewDetector(bg, targets[0], method)
	} else {
		d, err = NewAny(bg, targets)
	}
	if err == nil && s.glow != nil {
		d.turn(signatures, s.light(bg.Mean))
	}
	return d, taken, err
}

// byRegion is a run with a background for each kind of ground. Scores are
// standard deviations.
func (r *Result) byRegion(ctx context.Context, s *Scene, signatures [][]float64, o Options) error {
	labels, err := s.Cluster(ctx, o.Clusters, 1, o.Workers)
	if err != nil {
		return err
	}
	r.Kind = o.Kind
	if err := r.regional(ctx, s, labels, o.Clusters, signatures, nil, o.Workers); err != nil || o.Method != Auto {
		return err
	}
	_, skip, err := find(r.Scores, s.Samples, refineRate)
	if err != nil {
		return err
	}
	if skip != nil {
		if err := r.regional(ctx, s, labels, o.Clusters, signatures, skip, o.Workers); err != nil {
			return err
		}
	}
	r.Scores = lean(level(r.discount(len(s.Bands), skip), r.bright, skip), s.Samples, skip)
	return nil
}

// refine is what Auto does after the first matched filter: plumes out of their
// own background, pixels unlike any background discounted, scores levelled over
// brightness, neighbours leaned on.
func (r *Result) refine(s *Scene, m *Moments, again func(*Moments) error) error {
	_, skip, err := find(r.Scores, s.Samples, refineRate)
	if err != nil {
		return err
	}
	if skip == nil {
		if skip, err = r.hidden(s, m, again); err != nil {
			return err
		}
	}
	more := skip
	for range mostRefined {
		if more != nil {
			if err := s.without(m, more); err != nil {
				return err
			}
		}
		if err := again(m); err != nil {
			return err
		}
		r.Amounts = r.Scores
		r.Scores = lean(level(r.discount(len(s.Bands), skip), r.bright, skip), s.Samples, skip)
		// What the cleaner filter shows is taken out too, until it shows no more.
		_, now, err := find(r.Scores, s.Samples, refineRate)
		if err != nil {
			return err
		}
		if skip, more = union(skip, now); more == nil {
			return nil
		}
	}
	return nil
}

// mostRefined bounds the rounds of Auto.
const mostRefined = 4

// union marks what either marks, and apart from it what only b does; nil where
// that is too little to change anything, a twentieth.
func union(a, b []bool) (all, added []bool) {
	if b == nil {
		return a, nil
	}
	all, added = make([]bool, len(b)), make([]bool, len(b))
	old, fresh := 0, 0
	for i, in := range b {
		before := a != nil && a[i]
		all[i] = in || before
		if before {
			old++
		} else if in {
			added[i] = true
			fresh++
		}
	}
	if 20*fresh <= old || fresh == 0 {
		return a, nil
	}
	return all, added
}

// hidden looks for plumes where the first filter shows none. A large strong one
// all but nulls itself, so the strongest neighbourhoods are left out of another
// filter, a plume or not, and plumes are looked for in that. The filter itself
// is not kept: to leave out what is merely large biases the background.
func (r *Result) hidden(s *Scene, m *Moments, again func(*Moments) error) ([]bool, error) {
	soft := smooth(r.Scores, s.Samples)
	strongest, _ := rank(soft, s.Samples, trimShare).largest(nil, int(trimShare*float64(len(soft))))
	trim := make([]bool, len(soft))
	for _, i := range strongest {
		trim[i] = true
	}
	trimmed := m.Clone()
	if err := s.without(trimmed, trim); err != nil {
		return nil, err
	}
	if trimmed.Count < 2*float64(len(s.Bands)) {
		return nil, nil
	}
	if err := again(trimmed); err != nil {
		return nil, err
	}
	_, skip, err := find(r.Scores, s.Samples, refineRate)
	return skip, err
}

// trimShare is how much of a scene the second filter leaves out.
const trimShare = 0.03

// refineRate is the alarm rate of the plumes that are taken out.
const refineRate = 1e-4

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
