package spectral

import (
	"context"
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral/kernel"
)

// StreamOptions say how a Stream learns. Zero means the default.
type StreamOptions struct {
	Kind     Kind    // of the signature; Guess
	Rate     float64 // alarms a pixel; 1e-4
	HalfLife int     // lines after which a line counts half in the background; 500
	Refresh  int     // lines between two looks at background and threshold; 10
	Memory   int     // lines whose scores the threshold is calibrated on; 100
}

// A Stream scores scan lines as they arrive, by the matched filter on running
// statistics that forget. Its background holds no line's own alarms, and it says
// nothing before it has seen enough pixels to be a background.
type Stream struct {
	options    StreamOptions
	signatures [][]float64
	samples    int
	bands      int
	scene      *Scene
	block      *block
	moments    *Moments
	detector   *Detector
	threshold  float64
	recent     []float32 // scores of the last lines, in a ring
	lines      int
}

// Threshold is the score beyond which a pixel is an alarm; +∞ before there is
// one.
func (s *Stream) Threshold() float64 { return s.threshold }

// Sigma is a standard deviation of the scores; 0 before there is a background.
func (s *Stream) Sigma() float64 {
	if s.detector == nil {
		return 0
	}
	return s.detector.Sigma
}

// enough is how many pixels a band a covariance is believed from: the filter
// then loses less than a tenth of its signal to noise (Reed, Mallett & Brennan
// 1974, IEEE Trans. AES 10:853, eq. 23).
const enough = 10

// NewStream begins a stream of lines of samples pixels with the signatures'
// bands. Scores of one signature are amounts of it; of several, standard
// deviations of the one that stands out most.
func NewStream(samples int, signatures [][]float64, o StreamOptions) (*Stream, error) {
	if samples < 1 || len(signatures) < 1 || len(signatures[0]) < 1 || len(signatures[0]) > maxBands {
		return nil, vigia.Errorf(vigia.Invalid, "a stream of %d samples and %d signatures holds nothing", samples, len(signatures))
	}
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.HalfLife, 500)
	def(&o.Refresh, 10)
	def(&o.Memory, 100)
	if o.Rate == 0 {
		o.Rate = 1e-4
	}
	if o.Kind == "" {
		o.Kind = Guess
	}
	s := &Stream{options: o, signatures: signatures, samples: samples, bands: len(signatures[0]), threshold: math.Inf(1)}
	all := make([]int, s.bands)
	for i := range all {
		all[i] = i
	}
	s.scene = &Scene{Lines: 1, Samples: samples, Bands: all, all: s.bands}
	s.block = s.scene.newBlock()
	return s, nil
}

// A line is a Source of one scan line.
type line struct {
	x     []float32
	bands int
}

func (l line) Shape() (lines, samples, bands int) { return 1, len(l.x) / l.bands, l.bands }

func (l line) ReadPixels(dst []float32, first int) error {
	copy(dst, l.x[first*l.bands:])
	return nil
}

// Line takes in one scan line, samples pixels with their bands side by side, and
// returns its scores and which pixels raise an alarm; nil as long as there is no
// background yet. The line is judged by what came before it.
func (s *Stream) Line(x []float32) (scores []float32, alarms []int, err error) {
	if len(x) != s.samples*s.bands {
		return nil, nil, vigia.Errorf(vigia.Invalid, "the scan line has %d numbers; %d samples of %d bands have %d", len(x), s.samples, s.bands, s.samples*s.bands)
	}
	s.scene.Source = line{x, s.bands}
	if s.moments == nil {
		if err := s.begin(x); err != nil {
			return nil, nil, nil // a line without data teaches nothing
		}
	}
	if s.detector != nil {
		if scores, err = s.detector.Score(context.Background(), s.scene, 1); err != nil {
			return nil, nil, err
		}
		for i, v := range scores {
			if float64(v) > s.threshold {
				alarms = append(alarms, i)
			}
		}
		s.remember(scores)
	}
	if err := s.learn(alarms); err != nil {
		return nil, nil, err
	}
	s.lines++
	if s.lines%s.options.Refresh == 0 || s.detector == nil {
		err = s.refresh()
	}
	return scores, alarms, err
}

// begin puts the shift at the first line's mean.
func (s *Stream) begin(x []float32) error {
	mean, n := make([]float64, s.bands), 0.0
	for p := range s.samples {
		if row := x[p*s.bands : (p+1)*s.bands]; !s.scene.empty(row) && usable(row) {
			n++
			for b, v := range row {
				mean[b] += float64(v)
			}
		}
	}
	if n == 0 {
		return vigia.Errorf(vigia.Invalid, "the line is empty")
	}
	shift := make([]float32, s.bands)
	for b := range shift {
		shift[b] = float32(mean[b] / n)
	}
	s.moments = NewMoments(shift)
	return nil
}

// learn adds the line to the running sums, its alarms apart.
func (s *Stream) learn(alarms []int) error {
	s.moments.Scale(math.Exp2(-1 / float64(s.options.HalfLife)))
	edge := len(s.moments.sum)
	u := &unitSums{sum: make([]float32, edge), gram: make([]float32, edge*edge)}
	s.block.sum = u.sum
	last := 0
	for _, stop := range append(append([]int(nil), alarms...), s.samples) {
		for last < stop {
			n := min(blockPixels, stop-last)
			padded, valid, err := s.scene.load(s.block, last, n, s.moments.shift)
			if err != nil {
				return err
			}
			kernel.Best().Gram(u.gram, s.block.panels, padded, s.bands)
			u.count += float64(valid)
			last += n
		}
		last = stop + 1
	}
	s.moments.add(u.count, 1, u.sum, u.gram)
	return nil
}

// remember keeps scores of the last lines.
func (s *Stream) remember(scores []float32) {
	if most := s.options.Memory * s.samples; len(s.recent) >= most {
		s.recent = s.recent[:copy(s.recent, s.recent[s.samples:])]
	}
	s.recent = append(s.recent, scores...)
}

// refresh looks again at background and threshold.
func (s *Stream) refresh() error {
	if s.moments.Count < enough*float64(s.bands) {
		return nil
	}
	bg, err := s.moments.Background()
	if err != nil {
		return nil // not yet
	}
	targets := make([][]float64, len(s.signatures))
	for i, g := range s.signatures {
		if targets[i], _, err = Target(g, s.options.Kind, bg.Mean, bg.Mean); err != nil {
			return err
		}
	}
	if len(targets) == 1 {
		s.detector, err = NewDetector(bg, targets[0], MF)
	} else {
		s.detector, err = NewAny(bg, targets)
	}
	if err != nil {
		return err
	}
	if len(s.recent) >= 20*s.samples || len(s.recent) >= s.options.Memory*s.samples {
		if t, err := Calibrate(s.recent, s.samples, nil, s.options.Rate); err == nil {
			s.threshold = t.Value
		}
	}
	return nil
}
