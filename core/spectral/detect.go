package spectral

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral/kernel"
)

// A Method scores a pixel.
type Method string

// The methods. A score of MF is an amount, in units of the target; one of ACE a
// signed squared cosine, −1 to 1.
const (
	MF   Method = "mf"   // matched filter (Manolakis & Shaw 2002, IEEE SPM 19:29, eq. 33)
	ACE  Method = "ace"  // adaptive cosine estimator (Kraut, Scharf & Butler 2005, IEEE TSP 53:427), with the filter's sign
	Auto Method = "auto" // matched filter on a background that its own finds are taken out of
)

// A Detector is a target against a background, ready to score.
type Detector struct {
	Method Method
	Sigma  float64 // standard deviation of an amount where the background is Gaussian

	centre  []float32 // padded to panels
	weights []float32 // Σ⁻¹t / tᵀΣ⁻¹t, padded to panels
	inverse []float32 // L⁻¹ as kernel.Pack has it; ACE's
	power   float64   // tᵀΣ⁻¹t
	bands   int
	more    [][]float32 // weights of further targets, each over its own σ; see NewAny
	gains   []gain      // of each target, where pixels can turn its sign
}

// NewDetector makes a detector of a target: the change of a pixel by one unit
// of what is looked for, a number a band.
func NewDetector(bg *Background, target []float64, method Method) (*Detector, error) {
	if len(target) != len(bg.Mean) {
		return nil, vigia.Errorf(vigia.Invalid, "the target has %d bands and the background %d", len(target), len(bg.Mean))
	}
	var w mat.VecDense
	t := mat.NewVecDense(len(target), append([]float64(nil), target...))
	if err := bg.chol.SolveVecTo(&w, t); err != nil {
		if _, ok := err.(mat.Condition); !ok {
			return nil, vigia.Errorf(vigia.Internal, "the covariance cannot be solved: %v", err)
		}
	}
	power := mat.Dot(t, &w)
	if !(power > 0) || math.IsInf(power, 0) {
		return nil, vigia.Errorf(vigia.Invalid, "the target is zero or not finite in the bands that serve")
	}
	edge := kernel.Panels(len(target)) * kernel.Lanes
	d := &Detector{Method: method, Sigma: 1 / math.Sqrt(power), power: power, bands: len(target)}
	d.centre, d.weights = make([]float32, edge), make([]float32, edge)
	for i := range target {
		d.centre[i] = float32(bg.Mean[i])
		d.weights[i] = float32(w.AtVec(i) / power)
	}
	if method == ACE {
		d.inverse = bg.inverseLower()
	}
	return d, nil
}

// NewAny makes a detector of any of some targets: its score is the largest of
// their matched filters, each in its own standard deviations.
func NewAny(bg *Background, targets [][]float64) (*Detector, error) {
	var any *Detector
	for _, t := range targets {
		d, err := NewDetector(bg, t, MF)
		if err != nil {
			return nil, err
		}
		for i := range d.weights {
			d.weights[i] /= float32(d.Sigma)
		}
		d.Sigma = 1
		if any == nil {
			any = d
		} else {
			any.more = append(any.more, d.weights)
		}
	}
	if any == nil {
		return nil, vigia.Errorf(vigia.Invalid, "there are no targets")
	}
	return any, nil
}

// A gain is what a unit of a target adds to its score at a pixel: at, over the
// background's mean, and the pixel's own projection on weights.
type gain struct {
	weights []float32
	at      float32
}

// turn makes the detector turn the sign of a score where the absorber, given by
// its coefficients, shines instead of absorbing: at pixels whose light has the
// other sign than the mean's.
func (d *Detector) turn(coefficients [][]float64, light []float64) {
	for i, k := range coefficients {
		w := d.weights
		if i > 0 {
			w = d.more[i-1]
		}
		g := gain{weights: make([]float32, len(w))}
		for b, c := range k {
			g.weights[b] = float32(-c) * w[b]
			g.at += float32(-c * float64(w[b]) * light[b])
		}
		d.gains = append(d.gains, g)
	}
}

// signed turns signs of scores of the target i. It uses b.c.
func (d *Detector) signed(b *block, scores []float32, i, n int) {
	if d.gains == nil {
		return
	}
	kernel.Best().Dot(b.c, b.panels, d.gains[i].weights, n, d.bands)
	for p, v := range b.c[:n] {
		if v+d.gains[i].at < 0 {
			scores[p] = -scores[p]
		}
	}
}

// Score scores every pixel of the scene, in scan order; NaN where there is no
// data.
func (d *Detector) Score(ctx context.Context, s *Scene, workers int) ([]float32, error) {
	return d.score(ctx, s, workers)
}

// A projection of every pixel, less that of the background's mean, on weights
// padded to panels; without weights it is the square of the whitened length, for
// a detector that has the inverse.
type projection struct{ weights, out []float32 }

// brightness projects on the mean itself.
func (d *Detector) brightness(s *Scene) projection {
	return projection{d.centre, make([]float32, s.Pixels())}
}

// score is Score, with other projections of the pixels on the way.
func (d *Detector) score(ctx context.Context, s *Scene, workers int, others ...projection) ([]float32, error) {
	scores := make([]float32, s.Pixels())
	err := s.each(ctx, workers, func(b *block, _, first, n int) error {
		for at := 0; at < n; at += blockPixels {
			m := min(blockPixels, n-at)
			clear(b.sum)
			padded, _, err := s.load(b, first+at, m, d.centre)
			if err != nil {
				return err
			}
			for _, o := range others {
				if o.weights == nil {
					kernel.Best().Norm2(b.a, b.panels, d.inverse, padded, d.bands)
				} else {
					kernel.Best().Dot(b.a, b.panels, o.weights, padded, d.bands)
				}
				copy(o.out[first+at:first+at+m], b.a)
			}
			d.block(b, padded)
			out := scores[first+at : first+at+m]
			copy(out, b.a)
			for p, ok := range b.valid[:m] {
				if !ok {
					out[p] = nan32
					for _, o := range others {
						o.out[first+at+p] = nan32
					}
				}
			}
		}
		return nil
	})
	return scores, err
}

// block writes the scores of a block to b.a.
func (d *Detector) block(b *block, n int) {
	k := kernel.Best()
	k.Dot(b.a, b.panels, d.weights, n, d.bands)
	d.signed(b, b.a, 0, n)
	for i, w := range d.more {
		k.Dot(b.b, b.panels, w, n, d.bands)
		d.signed(b, b.b, i+1, n)
		for p, v := range b.b[:n] {
			b.a[p] = max(b.a[p], v)
		}
	}
	if d.Method != ACE {
		return
	}
	k.Norm2(b.b, b.panels, d.inverse, n, d.bands)
	for p, length := range b.b[:n] {
		v := float64(b.a[p])
		if length > 0 {
			b.a[p] = float32(v * math.Abs(v) * d.power / float64(length))
		}
	}
}
