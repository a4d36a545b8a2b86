// Package spectral finds vapours in hyperspectral scan lines: which pixels,
// which chemical, how much and how sure, at a false-alarm rate that means what
// it says in the scene at hand.
//
// A scene is read from a Source in blocks, twice: once for the background's
// mean and covariance, once to score every pixel. No more of it is in memory
// than the blocks under way and one number a pixel. Answers do not depend on
// how many workers there are: partial sums are added in the order of the scene.
package spectral

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral/kernel"
)

// A Source gives the pixels of a scene in scan order, line by line. ReadPixels
// fills dst, a multiple of bands long, from pixel first on, the bands of a pixel
// side by side; it may be called from many goroutines at once.
type Source interface {
	Shape() (lines, samples, bands int)
	ReadPixels(dst []float32, first int) error
}

// A wideReader is a Source that reads many pixels at once far faster than a few
// at a time.
type wideReader interface{ WideReads() bool }

const (
	blockPixels = 512  // read, centred and scored together: they stay in the second cache
	unitPixels  = 4096 // summed in float32 before float64 takes over
)

// A Scene is a Source prepared: which of its bands serve, what stands for no
// data, and about where its numbers lie.
type Scene struct {
	Source
	Lines, Samples int
	Bands          []int // of the source, in order; the others are left out
	Warnings       []string

	all    int       // bands of the source
	ignore *float32  // stands for no data
	shift  []float32 // near the mean of each band that serves, padded to panels
	labels []uint8   // of pixels, where only those of one label count
	label  uint8
	glow   []float64 // of a vapour by its own heat, in the bands that serve; nil of sunlight
}

// Pixels is how many there are.
func (s *Scene) Pixels() int { return s.Lines * s.Samples }

// whole tells whether every band of the source serves.
func (s *Scene) whole() bool { return len(s.Bands) == s.all }

// A block is a worker's own memory.
type block struct {
	raw    []float32 // as read, all bands
	unit   []float32 // as read at once, all bands, of a source that likes it so
	begins int       // first pixel in unit
	rows   []float32 // bands that serve
	panels []float32
	valid  []bool
	sum    []float32
	a, b   []float32 // a number a pixel
	c      []float32
}

func (s *Scene) newBlock() *block {
	edge := kernel.Panels(len(s.Bands)) * kernel.Lanes
	b := &block{
		rows: make([]float32, blockPixels*len(s.Bands)), panels: make([]float32, blockPixels*edge),
		valid: make([]bool, blockPixels), sum: make([]float32, edge),
		a: make([]float32, blockPixels), b: make([]float32, blockPixels), c: make([]float32, blockPixels),
	}
	if !s.whole() {
		b.raw = make([]float32, blockPixels*s.all)
	}
	return b
}

// load reads n pixels from first on and centres them in panels. It returns how
// many pixels the panels hold, a multiple of the kernels' group, and how many of
// them are valid; the others are zero and not marked in b.valid. The sums of the
// bands are added to b.sum.
func (s *Scene) load(b *block, first, n int, centre []float32) (padded, valid int, err error) {
	bands := len(s.Bands)
	rows := b.rows[:n*bands]
	if s.whole() {
		err = s.read(b, rows, first)
	} else if err = s.read(b, b.raw[:n*s.all], first); err == nil {
		for p := range n {
			from, to := b.raw[p*s.all:(p+1)*s.all], rows[p*bands:(p+1)*bands]
			for i, band := range s.Bands {
				to[i] = from[band]
			}
		}
	}
	if err != nil {
		return 0, 0, err
	}
	padded = (n + kernel.Group - 1) / kernel.Group * kernel.Group
	rows = b.rows[:padded*bands]
	for p := range padded {
		row := rows[p*bands : (p+1)*bands]
		b.valid[p] = p < n && (s.labels == nil || s.labels[first+p] == s.label) && !s.empty(row)
		if b.valid[p] {
			valid++
		} else {
			copy(row, centre)
		}
	}
	sum := append([]float32(nil), b.sum...)
	k := kernel.Best()
	k.Centre(b.panels, rows, centre, b.sum, padded, bands)
	if finite(b.sum) {
		return padded, valid, nil
	}
	// Somewhere there is a number that is none: find the pixels, leave them out.
	copy(b.sum, sum)
	for p := range n {
		row := rows[p*bands : (p+1)*bands]
		if b.valid[p] && !usable(row) {
			b.valid[p] = false
			valid--
			copy(row, centre)
		}
	}
	k.Centre(b.panels, rows, centre, b.sum, padded, bands)
	return padded, valid, nil
}

// read reads pixels, from what was read at once where that holds them.
func (s *Scene) read(b *block, dst []float32, first int) error {
	from := (first - b.begins) * s.all
	if from >= 0 && from+len(dst) <= len(b.unit) {
		copy(dst, b.unit[from:])
		return nil
	}
	return s.ReadPixels(dst, first)
}

// readUnit reads n pixels at once for the reads that follow, where the source is
// faster so.
func (s *Scene) readUnit(b *block, first, n int) error {
	w, ok := s.Source.(wideReader)
	if !ok || !w.WideReads() || n*s.all > mostUnit {
		b.unit = b.unit[:0]
		return nil
	}
	if cap(b.unit) < n*s.all {
		b.unit = make([]float32, n*s.all)
	}
	b.unit, b.begins = b.unit[:n*s.all], first
	return s.ReadPixels(b.unit, first)
}

// mostUnit bounds what a worker reads at once, in numbers.
const mostUnit = 4 << 20

// empty tells whether a pixel holds no data: every band is the ignored value,
// or every band is zero, as rasters have it outside the flight line.
func (s *Scene) empty(row []float32) bool {
	first := row[0]
	if first != 0 && (s.ignore == nil || first != *s.ignore) {
		return false
	}
	for _, v := range row {
		if v != first {
			return false
		}
	}
	return true
}

func finite(v []float32) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// usable tells whether every number of a pixel is finite and small enough to
// be squared.
func usable(row []float32) bool {
	for _, x := range row {
		if !(x < 1e15 && x > -1e15) {
			return false
		}
	}
	return true
}

// each runs f on every unit of the scene, by some workers. The units begin in
// order; after a failure or the context's end no further one does.
func (s *Scene) each(ctx context.Context, workers int, f func(b *block, unit, first, n int) error) error {
	units := (s.Pixels() + unitPixels - 1) / unitPixels
	workers = max(1, min(workers, units))
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, workers)
	var failed atomic.Bool
	for w := range workers {
		group.Go(func() {
			b := s.newBlock()
			for !failed.Load() {
				u := int(next.Add(1)) - 1
				if u >= units {
					return
				}
				first := u * unitPixels
				n := min(unitPixels, s.Pixels()-first)
				err := ctx.Err()
				if err == nil {
					err = s.readUnit(b, first, n)
				}
				if err == nil {
					err = f(b, u, first, n)
				}
				if err != nil {
					errs[w] = err
					failed.Store(true)
					return
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Prepare looks at a sample of the scene, spread evenly, and leaves out the
// bands that carry nothing: those the caller calls bad, those that are not
// finite or do not vary in half of the sample. ignore stands for no data; nil is
// none.
func Prepare(src Source, bad []bool, ignore *float64) (*Scene, error) {
	lines, samples, bands := src.Shape()
	if lines < 1 || samples < 1 || bands < 1 || lines > math.MaxInt/samples {
		return nil, vigia.Errorf(vigia.Invalid, "a scene of %d lines, %d samples and %d bands holds nothing", lines, samples, bands)
	}
	if bad != nil && len(bad) != bands {
		return nil, vigia.Errorf(vigia.Invalid, "%d marks of bad bands for %d bands", len(bad), bands)
	}
	s := &Scene{Source: src, Lines: lines, Samples: samples, all: bands}
	if ignore != nil {
		v := float32(*ignore)
		s.ignore = &v
	}
	if bands > maxBands {
		return nil, vigia.Errorf(vigia.Invalid, "%d bands are more than the %d a covariance is made of", bands, maxBands)
	}
	return s, s.survey(bad)
}

// maxBands bounds the covariance: 4096² numbers of eight bytes are 128 MiB.
const maxBands = 4096

// survey samples up to spots·run pixels.
func (s *Scene) survey(bad []bool) error {
	const spots, run = 64, 32
	var pixels [][]float32
	total := s.Pixels()
	step := max(1, total/spots)
	for spot := range spots {
		// Somewhere in each part of the scene, not always at a line's beginning.
		_, frac := math.Modf(float64(spot) * 0.6180339887498949)
		first := spot*step + int(frac*float64(max(0, step-run)))
		if first >= total {
			break
		}
		n := min(run, step, total-first)
		v := make([]float32, n*s.all)
		if err := s.ReadPixels(v, first); err != nil {
			return err
		}
		for p := range n {
			if row := v[p*s.all : (p+1)*s.all]; !s.empty(row) {
				pixels = append(pixels, row)
			}
		}
	}
	if len(pixels) == 0 {
		return vigia.Errorf(vigia.Invalid, "the scene is empty: every pixel looked at is without data")
	}
	var dead, flat []int
	for b := range s.all {
		if bad != nil && bad[b] {
			continue
		}
		mean, ok, varies := describe(pixels, b)
		switch {
		case !ok:
			dead = append(dead, b+1)
		case !varies:
			flat = append(flat, b+1)
		default:
			s.Bands = append(s.Bands, b)
			s.shift = append(s.shift, mean)
		}
	}
	if dead != nil {
		s.warn("bands %v are not finite in half of the scene or more, and are left out", dead)
	}
	if flat != nil {
		s.warn("bands %v do not vary (dead or saturated), and are left out", flat)
	}
	if len(s.Bands) == 0 {
		return vigia.Errorf(vigia.Invalid, "no band serves: of %d, %d are not finite and %d do not vary (dead or saturated)", s.all, len(dead), len(flat))
	}
	s.shift = append(s.shift, make([]float32, kernel.Panels(len(s.Bands))*kernel.Lanes-len(s.Bands))...)
	return nil
}

// describe tells the mean of a band, whether it is finite in more than half of
// the pixels, and whether it varies in more than half of those.
func describe(pixels [][]float32, band int) (mean float32, ok, varies bool) {
	sum, n, top := 0.0, 0, float32(math.Inf(-1))
	for _, p := range pixels {
		if v := p[band]; v-v == 0 && v < 1e15 && v > -1e15 {
			sum += float64(v)
			n++
			top = max(top, v)
		}
	}
	if 2*n <= len(pixels) {
		return 0, false, false
	}
	// A dead band is everywhere the same, a saturated one at its top.
	differ := 0
	first := float32(math.NaN())
	same := 0
	for _, p := range pixels {
		v := p[band]
		if first != first && v == v {
			first = v
		}
		if v != top {
			differ++
		}
		if v == first {
			same++
		}
	}
	varies = 2*differ > len(pixels) && same < n || len(pixels) == 1
	return float32(sum / float64(n)), true, varies
}

func (s *Scene) warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, sentence(format, args...))
}

// Choose returns the entries of the bands that serve; nil of a nil list.
func (s *Scene) Choose(all []float64) []float64 {
	if all == nil {
		return nil
	}
	out := make([]float64, len(s.Bands))
	for i, b := range s.Bands {
		out[i] = all[b]
	}
	return out
}
