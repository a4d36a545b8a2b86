package spectral

import (
	"math"
	"slices"
	"sort"

	"github.com/vigia-project/vigia"
)

// A Plume is a connected piece of a scene whose scores its background does not
// explain. Samples and lines count from 0; a pixel's centre is at one half.
type Plume struct {
	Pixels int     `json:"pixels"`
	Peak   float64 `json:"peak"` // highest score, of single pixels
	Mean   float64 `json:"mean"` // of single pixels
	Sum    float64 `json:"sum"`
	// PeakSample and PeakLine are the centre of the strongest neighbourhood: the
	// likely upwind edge, since a plume is densest where it leaves.
	PeakSample float64 `json:"peak_sample"`
	PeakLine   float64 `json:"peak_line"`
	Sample     float64 `json:"sample"` // centroid, weighted by score
	Line       float64 `json:"line"`

	Members []int          `json:"-"` // pixel numbers in scan order
	Outline [][][2]float64 `json:"-"` // rings of sample, line; the outer first
}

// Plumes is what Find finds.
type Plumes struct {
	Plumes []Plume
	Seed   Threshold // a plume has a neighbourhood beyond it
	Grow   Threshold // and reaches as far as this
	Mask   []uint8   // 1 where there is a plume
	Rounds int       // of taking plumes out of the background they are judged by

	skip []bool
}

// Skip marks the pixels that were taken out of the background, plumes with a
// margin; nil where there are none.
func (p Plumes) Skip() []bool { return p.skip }

const (
	plumeFewest  = 5     // pixels of a plume; less is in the mask only
	coherent     = 25    // pixels in one piece that chance does not put together
	fewPieces    = 5     // of which nobody can say what is usual
	mostPlume    = 0.2   // share of a scene that can be plume; beyond it is background
	mostRounds   = 8     // of Find
	growFactor   = 10    // a plume reaches as far as the background passes as many times more often
	edgeRate     = 1e-2  // where the pieces that may be plumes end
	coreRate     = 1e-3  // what they pass somewhere
	rankedShare  = 0.025 // of the scores that are put in order, to begin with
	plainFactor  = 10    // standard deviations of a plume that is plain to see
	plainSample  = 9973  // pixels that tell what a standard deviation is
	spreadFactor = 10.0  // times the usual piece is not usual
)

// Find finds plumes in a raster of scores of any program, lines of samples
// numbers, NaN where there is no data. A plume is what lies together beyond the
// score that background passes at rate; one that stands out reaches on to the
// score it passes at ten times the rate (hysteresis, Canny 1986, IEEE PAMI
// 8:679). Scores are averaged over 3 × 3 pixels first. Large pieces are taken out of the background, and the
// thresholds found again, until nothing changes: a plume must not hide in the
// tail that it makes itself.
func Find(scores []float32, samples int, rate float64) (Plumes, error) {
	out, _, err := find(scores, samples, rate)
	return out, err
}

// find is Find, and also marks what was taken out of the background; nil where
// nothing was.
func find(scores []float32, samples int, rate float64) (Plumes, []bool, error) {
	if samples < 1 || len(scores)%samples != 0 {
		return Plumes{}, nil, vigia.Errorf(vigia.Invalid, "%d scores are no lines of %d", len(scores), samples)
	}
	f := &finder{samples: samples, scores: scores, smooth: smooth(scores, samples), seen: make([]uint8, len(scores))}
	f.rank = rank(f.smooth, samples, rankedShare)
	out := Plumes{}
	if err := f.clean(&out); err != nil {
		return out, nil, err
	}
	for _, level := range []struct {
		rate float64
		dst  *Threshold
	}{{rate, &out.Seed}, {min(0.05, growFactor*rate), &out.Grow}} {
		t, err := f.rank.calibrate(f.skip, level.rate, 0)
		if err != nil {
			return out, nil, err
		}
		t.resample()
		*level.dst = t.Threshold
	}
	f.keep(&out)
	out.skip = f.skip
	return out, f.skip, nil
}

// clean takes plumes out of the background. At first every large piece of the
// uppermost percent is taken out, since plumes mask each other in the tail they
// make; from then on what stays out has to be beyond what the rest makes in ten
// scenes, or plain to see, and the other pieces go back.
func (f *finder) clean(out *Plumes) error {
	beyond, plain := coreRate, f.plain()
	for out.Rounds = 1; out.Rounds < mostRounds; out.Rounds++ {
		edge := f.rank.quantile(f.skip, edgeRate)
		peak, err := f.rank.calibrate(f.skip, beyond, edgeRate)
		if err != nil {
			return err
		}
		if !f.exclude(f.pieces(edge, min(plain, float32(peak.Value)))) {
			return nil
		}
		beyond = 0.1 / float64(f.rank.valid)
	}
	return nil
}

// plain is a score that needs no tail to stand out: many times as far from the
// middle of the scene as its 84th percentile is, one standard deviation of a
// Gaussian. +∞ where most of the scene is alike.
func (f *finder) plain() float32 {
	step := len(f.smooth)/plainSample + 1
	var some []float32
	for i := 0; i < len(f.smooth); i += step {
		if v := f.smooth[i]; v == v {
			some = append(some, v)
		}
	}
	slices.Sort(some)
	if len(some) == 0 || some[len(some)*84/100] == some[len(some)/2] {
		return float32(math.Inf(1))
	}
	middle := some[len(some)/2]
	return middle + plainFactor*(some[len(some)*84/100]-middle)
}

// A finder holds the raster while it is searched.
type finder struct {
	samples        int
	scores, smooth []float32
	rank           *ranking // of smooth
	skip           []bool   // is no background
	seen           []uint8  // by the search for pieces, in the round of this number
	round          uint8
	usual          int // pixels of a piece that the background makes
}

// A piece is pixels that lie together beyond the lower threshold.
type piece struct {
	members []int
	seeded  bool // one passes the higher threshold
}

// smooth averages each pixel with its neighbours that have data.
func smooth(scores []float32, samples int) []float32 {
	lines := len(scores) / samples
	out := make([]float32, len(scores))
	// Sums and numbers of three lines, a column each, with a margin either side.
	sum, n := make([]float32, samples+2), make([]float32, samples+2)
	for l := range lines {
		clear(sum)
		clear(n)
		for y := max(0, l-1); y <= min(lines-1, l+1); y++ {
			for s, v := range scores[y*samples : (y+1)*samples] {
				if v == v {
					sum[s+1] += v
					n[s+1]++
				}
			}
		}
		row, in := out[l*samples:(l+1)*samples], scores[l*samples:(l+1)*samples]
		for s := range row {
			row[s] = (sum[s] + sum[s+1] + sum[s+2]) / (n[s] + n[s+1] + n[s+2])
			if in[s] != in[s] {
				row[s] = in[s]
			}
		}
	}
	return out
}

// pieces finds the 8-connected pieces above low, the one with the largest score
// first.
func (f *finder) pieces(low, high float32) []piece {
	f.round++
	lines := len(f.smooth) / f.samples
	for f.smooth[f.rank.top[len(f.rank.top)-1]] > low && len(f.rank.top) < f.rank.valid {
		f.rank.extend(2 * len(f.rank.top))
	}
	var all []piece
	var stack []int
	for _, start := range f.rank.top {
		if !(f.smooth[start] > low) {
			break
		}
		if f.seen[start] == f.round {
			continue
		}
		var p piece
		f.seen[start] = f.round
		stack = append(stack[:0], int(start))
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			p.members = append(p.members, i)
			p.seeded = p.seeded || f.smooth[i] > high
			l, s := i/f.samples, i%f.samples
			for y := max(0, l-1); y <= min(lines-1, l+1); y++ {
				for x := max(0, s-1); x <= min(f.samples-1, s+1); x++ {
					if j := y*f.samples + x; f.seen[j] != f.round && f.smooth[j] > low {
						f.seen[j] = f.round
						stack = append(stack, j)
					}
				}
			}
		}
		all = append(all, p)
	}
	return all
}

// exclude marks what is no background: pieces that pass the higher threshold
// and are far larger than the background's own. It tells whether that changed
// anything.
func (f *finder) exclude(pieces []piece) bool {
	sizes := make([]int, 0, len(pieces))
	for _, p := range pieces {
		if len(p.members) > 1 {
			sizes = append(sizes, len(p.members))
		}
	}
	sort.Ints(sizes)
	f.usual = 1
	if len(sizes) >= fewPieces {
		f.usual = sizes[len(sizes)/2]
	}
	skip := make([]bool, len(f.smooth))
	total := 0
	for _, p := range pieces {
		if p.seeded && len(p.members) >= coherent && float64(len(p.members)) >= spreadFactor*float64(f.usual) {
			total += f.dilate(skip, p.members)
		}
	}
	if float64(total) > mostPlume*float64(len(f.smooth)) {
		return false
	}
	changed := f.skip == nil && total > 0
	for i := range f.skip {
		changed = changed || f.skip[i] != skip[i]
	}
	f.skip = skip
	return changed
}

// dilate marks pixels and their neighbours, and returns how many are new.
func (f *finder) dilate(mark []bool, members []int) (n int) {
	lines := len(f.smooth) / f.samples
	for _, i := range members {
		l, s := i/f.samples, i%f.samples
		for y := max(0, l-1); y <= min(lines-1, l+1); y++ {
			for x := max(0, s-1); x <= min(f.samples-1, s+1); x++ {
				if j := y*f.samples + x; !mark[j] {
					mark[j] = true
					n++
				}
			}
		}
	}
	return n
}

// keep makes plumes of pieces, the heaviest first: one that was taken out of the
// background as far as its edge; of the others only what passes the seed, so
// that the share of background in the mask is the rate that was asked for.
func (f *finder) keep(out *Plumes) {
	out.Mask = make([]uint8, len(f.scores))
	add := func(p piece) {
		for _, i := range p.members {
			out.Mask[i] = 1
		}
		if len(p.members) >= plumeFewest {
			out.Plumes = append(out.Plumes, f.plume(p.members))
		}
	}
	grow, seed := float32(out.Grow.Value), float32(out.Seed.Value)
	for _, p := range f.pieces(grow, seed) {
		if p.seeded && f.takenOut(p) {
			add(p)
		}
	}
	for _, p := range f.pieces(seed, seed) {
		if out.Mask[p.members[0]] == 0 {
			add(p)
		}
	}
	sort.SliceStable(out.Plumes, func(a, b int) bool { return out.Plumes[a].Sum > out.Plumes[b].Sum })
}

// takenOut tells whether a large piece holds what is no background.
func (f *finder) takenOut(p piece) bool {
	if f.skip == nil || len(p.members) < coherent {
		return false
	}
	for _, i := range p.members {
		if f.skip[i] {
			return true
		}
	}
	return false
}

func (f *finder) plume(members []int) Plume {
	sort.Ints(members)
	p := Plume{Pixels: len(members), Peak: math.Inf(-1), Members: members}
	best, weight := float32(math.Inf(-1)), 0.0
	for _, i := range members {
		v := float64(f.scores[i])
		s, l := float64(i%f.samples)+0.5, float64(i/f.samples)+0.5
		p.Sum += v
		p.Peak = max(p.Peak, v)
		if f.smooth[i] > best {
			best, p.PeakSample, p.PeakLine = f.smooth[i], s, l
		}
		w := float64(f.smooth[i]) // positive: it is beyond the threshold
		weight += w
		p.Sample += w * s
		p.Line += w * l
	}
	p.Mean = p.Sum / float64(len(members))
	p.Sample /= weight
	p.Line /= weight
	p.Outline = outline(members, f.samples)
	return p
}
