package spectral

import (
	"slices"

	"github.com/vigia-project/vigia"
)

// A flat is a Source whose columns were made alike.
type flat struct {
	Source
	samples, bands int
	gain           []float32 // of each sample, the bands side by side
}

const (
	flatReach = 40 // columns to either side that a column is compared with; of fewer, their own stripes stay
	flatBlock = 4096
)

// Flatten takes the stripes of a push-broom sensor out of a scene: each column
// is seen by a detector of its own, whose gain differs from its neighbours' by
// some parts of a hundred or a thousand, band by band. A column's mean spectrum
// over the mean of the columns around it is that gain; what changes more slowly
// across the track is the scene's own. A vapour keeps its depth, since gains
// multiply. It reads the source once.
func Flatten(src Source, ignore *float64) (Source, error) {
	lines, samples, bands := src.Shape()
	if lines < 2 || samples < 3 || bands < 1 || samples > maxFlat/bands {
		return nil, vigia.Errorf(vigia.Invalid, "a scene of %d lines, %d samples and %d bands has no columns to compare", lines, samples, bands)
	}
	s := &Scene{}
	if ignore != nil {
		v := float32(*ignore)
		s.ignore = &v
	}
	sum, count := make([]float64, samples*bands), make([]float64, samples*bands)
	x := make([]float32, flatBlock*bands)
	for first := 0; first < lines*samples; first += flatBlock {
		n := min(flatBlock, lines*samples-first)
		if err := src.ReadPixels(x[:n*bands], first); err != nil {
			return nil, err
		}
		for p := range n {
			row := x[p*bands : (p+1)*bands]
			if s.empty(row) || !usable(row) {
				continue
			}
			at := (first + p) % samples * bands
			for b, v := range row {
				sum[at+b] += float64(v)
				count[at+b]++
			}
		}
	}
	f := &flat{Source: src, samples: samples, bands: bands, gain: make([]float32, samples*bands)}
	mean := make([]float64, samples)
	for b := range bands {
		for c := range mean {
			mean[c] = sum[c*bands+b] / count[c*bands+b]
		}
		for c := range mean {
			f.gain[c*bands+b] = gainOf(mean, c)
		}
	}
	return f, nil
}

// maxFlat bounds the table of gains, in numbers.
const maxFlat = 1 << 26

// gainOf is what a column's numbers are multiplied by: the middle of the columns
// around over its own; 1 where that is no sensible gain.
func gainOf(mean []float64, c int) float32 {
	var around []float64
	for k := max(0, c-flatReach); k <= min(len(mean)-1, c+flatReach); k++ {
		if m := mean[k]; m == m {
			around = append(around, m)
		}
	}
	if len(around) < 3 {
		return 1
	}
	slices.Sort(around)
	g := around[len(around)/2] / mean[c]
	if !(g > 0.5 && g < 2) { // NaN too
		return 1
	}
	return float32(g)
}

// ReadPixels reads with the gains.
func (f *flat) ReadPixels(dst []float32, first int) error {
	if err := f.Source.ReadPixels(dst, first); err != nil {
		return err
	}
	for p := 0; p < len(dst)/f.bands; p++ {
		row := dst[p*f.bands : (p+1)*f.bands]
		for b, g := range f.gain[(first+p)%f.samples*f.bands:][:f.bands] {
			row[b] *= g
		}
	}
	return nil
}

// WideReads tells what the source does.
func (f *flat) WideReads() bool {
	w, ok := f.Source.(wideReader)
	return ok && w.WideReads()
}
