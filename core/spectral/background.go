package spectral

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral/kernel"
)

func sentence(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// Moments are the running sums of pixels less a shift: their number, sum and
// Gram matrix. Differences from a shift near the mean are summed in float32 over
// one unit and in float64 from there on; uncentred float32 sums lose the small
// eigenvalues, in which a vapour is seen.
type Moments struct {
	Count float64
	shift []float32 // padded to panels
	bands int
	sum   []float64
	gram  []float64 // upper triangle, panel by panel, padded
}

// NewMoments begins sums about a shift of bands numbers.
func NewMoments(shift []float32) *Moments {
	edge := kernel.Panels(len(shift)) * kernel.Lanes
	return &Moments{
		shift: append(append([]float32(nil), shift...), make([]float32, edge-len(shift))...), bands: len(shift),
		sum: make([]float64, edge), gram: make([]float64, edge*edge),
	}
}

// Scale multiplies every sum by a factor: below 1 it forgets.
func (m *Moments) Scale(factor float64) {
	m.Count *= factor
	for i := range m.sum {
		m.sum[i] *= factor
	}
	for i := range m.gram {
		m.gram[i] *= factor
	}
}

// add takes in the sums of a unit, or takes them out again with sign −1.
func (m *Moments) add(count, sign float64, sum, gram []float32) {
	m.Count += sign * count
	for i, v := range sum {
		m.sum[i] += sign * float64(v)
	}
	edge := len(m.sum)
	for i := range m.bands {
		from := i / kernel.Lanes * kernel.Lanes // what lies below the panels was not touched
		dst, src := m.gram[i*edge+from:(i+1)*edge], gram[i*edge+from:(i+1)*edge]
		for j, v := range src {
			dst[j] += sign * float64(v)
		}
	}
}

// Clone returns a copy that may be changed.
func (m *Moments) Clone() *Moments {
	c := *m
	c.sum, c.gram = append([]float64(nil), m.sum...), append([]float64(nil), m.gram...)
	return &c
}

// Mean returns the mean of each band.
func (m *Moments) Mean() []float64 {
	mean := make([]float64, m.bands)
	for i := range mean {
		mean[i] = float64(m.shift[i]) + m.sum[i]/m.Count
	}
	return mean
}

// Covariance returns the unbiased covariance of the bands.
func (m *Moments) Covariance() *mat.SymDense {
	edge := len(m.sum)
	c := mat.NewSymDense(m.bands, nil)
	for i := range m.bands {
		for j := i; j < m.bands; j++ {
			c.SetSym(i, j, (m.gram[i*edge+j]-m.sum[i]*m.sum[j]/m.Count)/(m.Count-1))
		}
	}
	return c
}

// Measure sums the whole scene.
func (s *Scene) Measure(ctx context.Context, workers int) (*Moments, error) {
	bands := len(s.Bands)
	m := NewMoments(s.shift[:bands])
	inOrder := newOrdered(func(u *unitSums) { m.add(u.count, 1, u.sum, u.gram) })
	err := s.each(ctx, workers, func(b *block, unit, first, n int) error {
		u := inOrder.take(len(m.sum))
		b.sum = u.sum
		k := kernel.Best()
		for at := 0; at < n; at += blockPixels {
			padded, valid, err := s.load(b, first+at, min(blockPixels, n-at), m.shift)
			if err != nil {
				return err
			}
			k.Gram(u.gram, b.panels, padded, bands)
			u.count += float64(valid)
		}
		inOrder.put(unit, u)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if m.Count < 2 {
		return nil, vigia.Errorf(vigia.Invalid, "the scene has %.0f pixels with data; a background needs more", m.Count)
	}
	return m, nil
}

// unitSums are the sums of one unit.
type unitSums struct {
	count     float64
	sum, gram []float32
}

// ordered hands results of units on in the order of the units, whatever the
// order in which they are done, so that sums round alike every time.
type ordered struct {
	sync.Mutex
	next int
	done map[int]*unitSums
	free []*unitSums
	use  func(*unitSums)
}

func newOrdered(use func(*unitSums)) *ordered {
	return &ordered{done: map[int]*unitSums{}, use: use}
}

// take returns sums that are zero.
func (o *ordered) take(edge int) *unitSums {
	o.Lock()
	defer o.Unlock()
	if n := len(o.free); n > 0 {
		u := o.free[n-1]
		o.free = o.free[:n-1]
		u.count = 0
		clear(u.sum)
		clear(u.gram)
		return u
	}
	return &unitSums{sum: make([]float32, edge), gram: make([]float32, edge*edge)}
}

func (o *ordered) put(unit int, u *unitSums) {
	o.Lock()
	defer o.Unlock()
	o.done[unit] = u
	for {
		u, ok := o.done[o.next]
		if !ok {
			return
		}
		delete(o.done, o.next)
		o.next++
		o.use(u)
		o.free = append(o.free, u)
	}
}

// A Background is what a scene looks like where there is no vapour.
type Background struct {
	Mean    []float64
	Loading float64 // added to the diagonal, as a share of the mean variance; 0 is none
	chol    mat.Cholesky
	lower   mat.TriDense
}

// Background factors the covariance. One that is singular (fewer pixels than
// bands, bands that depend on each other) is loaded on its diagonal until it is
// not (Carlson 1988, IEEE Trans. AES 24:397), beginning far below the noise.
func (m *Moments) Background() (*Background, error) {
	c := m.Covariance()
	trace := mat.Trace(c) / float64(m.bands)
	if !(trace > 0) || math.IsInf(trace, 0) {
		return nil, vigia.Errorf(vigia.Invalid, "the scene does not vary: its mean variance is %v", trace)
	}
	bg := &Background{Mean: m.Mean()}
	for load := 0.0; load < 1; load = max(1e-9, load*10) {
		l := mat.NewSymDense(m.bands, nil)
		l.CopySym(c)
		for i := range m.bands {
			l.SetSym(i, i, c.At(i, i)+load*trace)
		}
		if bg.chol.Factorize(l) && bg.chol.Cond() < 1e14 {
			bg.Loading = load
			bg.chol.LTo(&bg.lower)
			return bg, nil
		}
	}
	return nil, vigia.Errorf(vigia.Invalid, "the covariance of %d bands cannot be inverted", m.bands)
}

// Whiten returns L⁻¹v, where L·Lᵀ is the covariance: noise becomes white.
func (b *Background) Whiten(v []float64) []float64 {
	out := append([]float64(nil), v...)
	x := mat.NewVecDense(len(out), out)
	_ = x.SolveVec(&b.lower, mat.NewVecDense(len(v), append([]float64(nil), v...)))
	return out
}

// inverseLower returns L⁻¹ as the kernels take it.
func (b *Background) inverseLower() []float32 {
	var inv mat.TriDense
	_ = inv.InverseTri(&b.lower)
	return kernel.Pack(len(b.Mean), inv.At)
}
