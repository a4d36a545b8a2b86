package spectral

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/vigia-project/vigia"
)

// Columns are the amounts of one absorber over every pixel, in units of its
// signature along the light's whole way (ppm·m), with their uncertainty.
type Columns struct {
	Amount []float32 // NaN where there is no data
	Sigma  []float32 // one standard deviation

	samples int
}

// Columns measures an absorber, given by its coefficients in the bands that
// serve, by the matched filter with two corrections. What an absorber takes is
// in proportion to the pixel's own light, band by band (the albedo factor of
// Foote et al. 2020, IEEE TGRS 58:6480, is the same for a brightness alone). And
// it is 1−exp(−k·c) and not k·c, so the filter's answer to a column is tabulated
// and read backwards. The uncertainty is the scatter of the background at the
// pixel's brightness; bg and skip, which marks the plumes, must be of the same
// scene.
func (s *Scene) Columns(ctx context.Context, bg *Background, coefficient []float64, skip []bool, workers int) (*Columns, error) {
	target, _, err := Target(coefficient, Absorption, bg.Mean, s.light(bg.Mean))
	if err != nil {
		return nil, err
	}
	d, err := NewDetector(bg, target, MF)
	if err != nil {
		return nil, err
	}
	bright := d.brightness(s)
	gain := projection{make([]float32, len(d.weights)), make([]float32, s.Pixels())}
	for b, k := range coefficient {
		gain.weights[b] = float32(-k) * d.weights[b]
	}
	c := &Columns{Sigma: make([]float32, s.Pixels()), samples: s.Samples}
	if c.Amount, err = d.score(ctx, s, workers, bright, gain); err != nil {
		return nil, err
	}
	n := noiseBy(c.Amount, bright.out, skip)
	back := d.response(s.light(bg.Mean), coefficient)
	for i, v := range c.Amount {
		b := n.bin[i]
		if b < 0 || math.IsInf(n.sd[b], 0) {
			c.Amount[i], c.Sigma[i] = nan32, nan32
			continue
		}
		seen := 1 + float64(gain.out[i]) // the mean's own gain is one
		if s.glow == nil || seen > 0 {
			seen = max(darkest, seen)
		} else {
			seen = min(-darkest, seen) // ground that is colder than the vapour, or warmer
		}
		own, column, slope := seen, 0.0, 1.0
		for range 4 { // the absorber itself takes from the light it is seen by
			column, slope = back.invert((float64(v) - n.mean[b]) / own)
			own = seen / back.left(column)
		}
		c.Amount[i], c.Sigma[i] = float32(column), float32(n.sd[b]/math.Abs(own)/slope)
	}
	return c, nil
}

// darkest is the least share of the mean's gain that is believed: shadows
// would make anything a large column.
const darkest = 0.1

// A response is what a filter answers to columns, at steps of one length.
type response struct {
	step   float64
	answer []float64
	gain   []float64 // share of the mean's gain that is left
}

// response tabulates the filter's answer as far as it rises by a fifth of its
// first slope: beyond that a column cannot be told.
func (d *Detector) response(light, coefficient []float64) response {
	const steps = 512
	most := 0.0
	for _, k := range coefficient {
		most = max(most, k)
	}
	r := response{step: 6 / max(most, 1e-30) / steps, answer: []float64{0}, gain: []float64{1}}
	for i := 1; i <= steps; i++ {
		sum, gain := 0.0, 0.0
		for b, k := range coefficient {
			taken := math.Expm1(-k * r.step * float64(i))
			part := float64(d.weights[b]) * light[b]
			sum += part * taken
			gain -= part * k * (1 + taken)
		}
		if sum-r.answer[i-1] < 0.2*r.step {
			break
		}
		r.answer, r.gain = append(r.answer, sum), append(r.gain, gain)
	}
	return r
}

// left is the share of the gain that a column leaves.
func (r response) left(column float64) float64 {
	at := column / r.step
	i := int(at)
	switch {
	case !(at > 0):
		return 1
	case i+1 >= len(r.gain):
		return r.gain[len(r.gain)-1]
	}
	return r.gain[i] + (at-float64(i))*(r.gain[i+1]-r.gain[i])
}

// invert finds the column of an answer, and the slope of the answer there. Below
// nothing it is straight, and so beyond the table's end.
func (r response) invert(a float64) (column, slope float64) {
	last := len(r.answer) - 1
	if a <= 0 || last == 0 {
		return a, 1
	}
	i, _ := slices.BinarySearch(r.answer, a)
	i = max(1, min(i, last))
	slope = (r.answer[i] - r.answer[i-1]) / r.step
	return r.step*float64(i-1) + (a-r.answer[i-1])/slope, slope
}

// Sparse is the columns where there are any, and nothing where there are none: a
// map of a plume, not of the background's scatter. It is where the reweighted L1
// penalty of Foote et al. 2020 (IEEE TGRS 58:6480, eqs. 13 and 14: weights 1/α)
// comes to rest, α = a − σ²/α of an amount a, which has an answer from 2σ up;
// background and albedo are those of Columns. Strong columns are shrunk little:
// by a tenth at 3.3σ.
func (c *Columns) Sparse() []float32 {
	out := make([]float32, len(c.Amount))
	for i, v := range c.Amount {
		a, s := float64(v), float64(c.Sigma[i])
		switch {
		case v != v:
			out[i] = nan32
		case a > 2*s:
			out[i] = float32((a + math.Sqrt(a*a-4*s*s)) / 2)
		}
	}
	return out
}

// Total sums a plume's columns over its pixels. The uncertainty is that of the
// sum over the same shape laid on pieces of background, so that neighbours which
// err together do not pretend to be many. mask marks every plume.
func (c *Columns) Total(p Plume, mask []uint8, seed uint64) (sum, sigma float64) {
	lines := len(c.Amount) / c.samples
	for _, i := range p.Members {
		if v := c.Amount[i]; v == v {
			sum += float64(v)
		}
	}
	r := rand.New(rand.NewPCG(seed, 5))
	step := max(1, len(p.Members)/fewMembers)
	anchor := p.Members[len(p.Members)/2]
	var sums []float64
	for try := 0; try < 8*elsewhere && len(sums) < elsewhere; try++ {
		dl, ds := r.IntN(lines)-anchor/c.samples, r.IntN(c.samples)-anchor%c.samples
		total, n := 0.0, 0
		for k := 0; k < len(p.Members); k += step {
			l, s := p.Members[k]/c.samples+dl, p.Members[k]%c.samples+ds
			if l < 0 || s < 0 || l >= lines || s >= c.samples {
				continue
			}
			if j := l*c.samples + s; mask[j] == 0 && c.Amount[j] == c.Amount[j] {
				total += float64(c.Amount[j])
				n++
			}
		}
		if 5*n*step >= 4*len(p.Members) {
			sums = append(sums, total/float64(n)*float64(len(p.Members)))
		}
	}
	if len(sums) >= 8 {
		square := 0.0
		for _, v := range sums {
			square += v * v
		}
		return sum, math.Sqrt(square / float64(len(sums)))
	}
	for _, i := range p.Members { // no room in the scene: as if all erred together by half
		if v := float64(c.Sigma[i]); v == v {
			sigma += v / 2
		}
	}
	return sum, sigma
}

// A Cell is the mean column over a square of pixels, or what is left of it.
type Cell struct {
	Sample, Line float64 // of its middle
	Pixels       int
	Mean         float64
	Sigma        float64 // one standard deviation
	Plume        bool    // a plume is in it
}

// Cells sums the columns up for a locator, in at most most squares: a quadtree
// that is finest in a plume and about it, and coarse over the rest of the scene.
// The uncertainty of a square is the scatter of such squares where there is no
// plume. Squares that hold pixels of other plumes, as omit marks them, are left
// out, and so are squares half without data.
func (c *Columns) Cells(p Plume, mask []uint8, omit []bool, most int) []Cell {
	q := newQuadtree(p, len(c.Amount)/c.samples, c.samples, most)
	spread := map[int]float64{}
	var out []Cell
	for _, sq := range q.squares {
		cell, ok := c.cell(sq.line, min(sq.line+sq.edge, q.lines), sq.sample, min(sq.sample+sq.edge, q.samples), mask, omit)
		if !ok {
			continue
		}
		if _, known := spread[sq.edge]; !known {
			spread[sq.edge] = c.scatter(mask, sq.edge)
		}
		// A square that is cut at an edge scatters more: as independent pixels do.
		cell.Sigma = spread[sq.edge] * max(1, float64(sq.edge)/math.Sqrt(float64(cell.Pixels)))
		out = append(out, cell)
	}
	return out
}

// A quadtree cuts a scene into squares of edges that are powers of two.
type quadtree struct {
	lines, samples int
	squares        []square
	members        []int // of the plume, before and left of each corner
}

type square struct{ line, sample, edge int }

// newQuadtree begins with squares of which there are a quarter of most or fewer,
// and cuts those that are near the plume in four, the largest first, those with
// most of the plume first, until there would be more than most.
func newQuadtree(p Plume, lines, samples, most int) *quadtree {
	q := &quadtree{lines: lines, samples: samples, members: make([]int, (lines+1)*(samples+1))}
	for _, i := range p.Members {
		q.members[(i/samples+1)*(samples+1)+i%samples+1] = 1
	}
	for l := 1; l <= lines; l++ {
		for s := 1; s <= samples; s++ {
			i := l*(samples+1) + s
			q.members[i] += q.members[i-1] + q.members[i-samples-1] - q.members[i-samples-2]
		}
	}
	edge := 1
	for ((lines+edge-1)/edge)*((samples+edge-1)/edge) > most/4 {
		edge *= 2
	}
	for l := 0; l < lines; l += edge {
		for s := 0; s < samples; s += edge {
			q.squares = append(q.squares, square{l, s, edge})
		}
	}
	for ; edge > 1; edge /= 2 {
		if !q.cut(edge, most) {
			break
		}
	}
	return q
}

// cut cuts the squares of one edge; false when there is no room for all.
func (q *quadtree) cut(edge, most int) bool {
	near := map[square]int{}
	var order []square
	for _, sq := range q.squares {
		if sq.edge != edge {
			continue
		}
		if n := q.count(sq.line-edge/2, sq.line+edge+edge/2, sq.sample-edge/2, sq.sample+edge+edge/2); n > 0 {
			near[sq] = n
			order = append(order, sq)
		}
	}
	slices.SortStableFunc(order, func(a, b square) int { return near[b] - near[a] })
	room := (most - len(q.squares)) / 3
	whole := room >= len(order)
	for _, sq := range order[:min(max(0, room), len(order))] {
		near[sq] = -1
	}
	var out []square
	for _, sq := range q.squares {
		if near[sq] != -1 {
			out = append(out, sq)
			continue
		}
		half := edge / 2
		for _, d := range [4][2]int{{0, 0}, {0, half}, {half, 0}, {half, half}} {
			if l, s := sq.line+d[0], sq.sample+d[1]; l < q.lines && s < q.samples {
				out = append(out, square{l, s, half})
			}
		}
	}
	q.squares = out
	return whole
}

// count is how many pixels of the plume lie in a rectangle.
func (q *quadtree) count(l0, l1, s0, s1 int) int {
	l0, l1 = max(0, min(l0, q.lines)), max(0, min(l1, q.lines))
	s0, s1 = max(0, min(s0, q.samples)), max(0, min(s1, q.samples))
	w := q.samples + 1
	return q.members[l1*w+s1] - q.members[l0*w+s1] - q.members[l1*w+s0] + q.members[l0*w+s0]
}

func (c *Columns) cell(l0, l1, s0, s1 int, mask []uint8, omit []bool) (Cell, bool) {
	cell := Cell{Sample: float64(s0+s1) / 2, Line: float64(l0+l1) / 2}
	for l := l0; l < l1; l++ {
		for i := l*c.samples + s0; i < l*c.samples+s1; i++ {
			if omit != nil && omit[i] {
				return cell, false
			}
			if v := c.Amount[i]; v == v {
				cell.Mean += float64(v)
				cell.Pixels++
				cell.Plume = cell.Plume || mask[i] != 0
			}
		}
	}
	if 2*cell.Pixels < (l1-l0)*(s1-s0) || cell.Pixels == 0 {
		return cell, false
	}
	cell.Mean /= float64(cell.Pixels)
	return cell, true
}

// scatter is the standard deviation of the mean of a square without a plume, by
// the middle of its absolute values, 1.4826 of which it is in a Gaussian.
func (c *Columns) scatter(mask []uint8, edge int) float64 {
	lines := len(c.Amount) / c.samples
	step := max(1, edge/2, int(math.Sqrt(float64(lines*c.samples)/20000)))
	var means []float64
	for l := 0; l+edge <= lines; l += step {
		for s := 0; s+edge <= c.samples; s += step {
			if cell, ok := c.cell(l, l+edge, s, s+edge, mask, nil); ok && !cell.Plume {
				means = append(means, math.Abs(cell.Mean))
			}
		}
	}
	if len(means) < 4 {
		sum, n := 0.0, 0.0
		for _, v := range c.Sigma {
			if v == v {
				sum += float64(v)
				n++
			}
		}
		return sum / max(1, n) // no square is free: as if its pixels erred together
	}
	slices.Sort(means)
	return 1.4826 * means[len(means)/2]
}

// Weigh turns a sum of vertical columns, each over area m² of ground, into
// kilograms of a chemical in standard air.
func Weigh(c vigia.Chemical, sum, area float64) float64 {
	return sum * area * c.KgPerM3PerPPM(0, 0)
}
