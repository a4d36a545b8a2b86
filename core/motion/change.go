package motion

import (
	"math"
	"slices"
)

// A change compares a picture with earlier ones that are laid over it.
type change struct {
	w, h   int
	bx, by int // blocks across and down
	steps  int // across
	blocks []block
	own    []block // before they were held against their neighbours
	excess []int16 // of each pixel beyond what the earlier pictures allow, grey levels
	rows   [references][]int16
	weak   []bool // of each step of a row: only the nearest picture shows it
	sorted []float32
	labels labeller
}

// A block is a part of the picture over which noise and brightness are taken to
// be even.
type block struct {
	shift [references]int16 // by how much the picture is brighter than each reference, quarters of a grey level
	sigma float32           // standard deviation of the difference, grey levels
}

const (
	blockSide = 32
	// seedSigmas is how far beyond its surroundings in the earlier pictures one
	// pixel of a blob must lie, and growSigmas each of them. The surroundings are
	// extremes of nine pixels, so noise passes even the second seldom.
	seedSigmas = 3
	growSigmas = 2
	// leastSigma is what rounding to whole grey levels leaves of noise.
	leastSigma = 0.5
	// unknown is the noise of a block that no reference shows.
	unknown = 255
)

// find compares here with refs and returns what differs from most of them.
func (c *change) find(here *level0, refs []*level0) []blob {
	c.prepare(here)
	for b := range c.blocks {
		c.measure(b, here, refs)
	}
	c.steady(len(refs))
	for y := range c.h {
		for r := range refs {
			c.row(y, r, here, refs[r])
		}
		c.agree(y, len(refs))
	}
	return c.labels.find(c)
}

func (c *change) prepare(here *level0) {
	if c.w == here.w && c.h == here.h {
		return
	}
	c.w, c.h = here.w, here.h
	c.bx, c.by = (c.w+blockSide-1)/blockSide, (c.h+blockSide-1)/blockSide
	c.blocks = make([]block, c.bx*c.by)
	c.excess = make([]int16, c.w*c.h)
	c.steps = (c.w + step - 1) / step
	c.weak = make([]bool, c.steps*c.h)
	for r := range c.rows {
		c.rows[r] = make([]int16, c.w)
	}
}

// noise is the median of the blocks' standard deviations.
func (c *change) noise() float64 {
	c.sorted = c.sorted[:0]
	for _, b := range c.blocks {
		c.sorted = append(c.sorted, b.sigma)
	}
	slices.Sort(c.sorted)
	return float64(c.sorted[len(c.sorted)/2])
}

// bins is how many differences, quarters of a grey level, are told apart on
// each side of none.
const bins = 256

// measure takes a block's brightness and noise against each reference from the
// median and the quartiles of the differences, which a vehicle does not move.
func (c *change) measure(b int, here *level0, refs []*level0) {
	x0, y0 := b%c.bx*blockSide, b/c.bx*blockSide
	x1, y1 := min(x0+blockSide, c.w), min(y0+blockSide, c.h)
	sigma, known := float32(0), 0
	for r, ref := range refs {
		var counts [2 * bins]uint16
		n := 0
		for y := y0; y < y1; y += 2 {
			// By steps, as in row: a block at the edge is known in part.
			for x := x0; x < x1; x += step {
				n += c.count(&counts, here.pix[y*c.w+x:y*c.w+min(x+step, x1)], x, y, ref)
			}
		}
		if n < 32 {
			c.blocks[b].shift[r] = 0
			continue
		}
		q1, q2, q3 := quartiles(&counts, n)
		c.blocks[b].shift[r] = int16(q2)
		sigma += float32(q3-q1) / 4 / 1.349 // of a normal distribution
		known++
	}
	if known > 0 {
		c.blocks[b].sigma = max(leastSigma, sigma/float32(known))
	} else {
		c.blocks[b].sigma = unknown
	}
}

// unsteady is how many times the noise of its surroundings a block's own may be.
const unsteady = 2

// steady gives a block that a vehicle fills, and whose quartiles are the
// vehicle's, the brightness and at most so many times the noise of the median of
// the blocks about it.
func (c *change) steady(refs int) {
	c.own = append(c.own[:0], c.blocks...)
	for b := range c.blocks {
		var near [9]*block
		var order [9]float32
		n := 0
		for y := max(0, b/c.bx-1); y <= min(c.by-1, b/c.bx+1); y++ {
			for x := max(0, b%c.bx-1); x <= min(c.bx-1, b%c.bx+1); x++ {
				if o := &c.own[y*c.bx+x]; o.sigma < unknown {
					near[n], order[n] = o, o.sigma
					n++
				}
			}
		}
		slices.Sort(order[:n])
		if n < 4 || c.own[b].sigma <= unsteady*order[n/2] {
			continue
		}
		c.blocks[b].sigma = unsteady * order[n/2]
		for r := range refs {
			for i, o := range near[:n] {
				order[i] = float32(o.shift[r])
			}
			slices.Sort(order[:n])
			c.blocks[b].shift[r] = int16(order[n/2])
		}
	}
}

// count adds the differences of part of a row, which begins at (x, y), of every
// second pixel, and returns of how many; of none where the reference does not
// show it.
func (c *change) count(counts *[2 * bins]uint16, row []byte, x, y int, ref *level0) (n int) {
	u0, v0 := ref.toHere.At(float64(x), float64(y))
	u1, v1 := ref.toHere.At(float64(x+len(row)), float64(y))
	if !inside(u0, v0, ref) || !inside(u1, v1, ref) {
		return 0
	}
	steps := float64(len(row))
	fu, fv := int(u0*256), int(v0*256)
	su, sv := int(2*(u1-u0)/steps*256), int(2*(v1-v0)/steps*256)
	for i := 0; i < len(row); i += 2 {
		d := 4*int(row[i]) - between(&ref.plane, fu, fv)
		counts[max(0, min(2*bins-1, d+bins))]++
		fu, fv = fu+su, fv+sv
		n++
	}
	return n
}

// inside tells whether a place and its neighbours lie in the picture.
func inside(u, v float64, p *level0) bool {
	return u >= 1 && v >= 1 && u < float64(p.w-2) && v < float64(p.h-2)
}

// between reads p at (u, v), in 256ths of a pixel, in quarters of a grey level.
func between(p *plane, u, v int) int {
	i := v>>8*p.w + u>>8
	if i < 0 || i+p.w+1 >= len(p.pix) {
		return 0
	}
	fu, fv := u&255, v&255
	a, b := int(p.pix[i]), int(p.pix[i+1])
	d, e := int(p.pix[i+p.w]), int(p.pix[i+p.w+1])
	up, down := a<<8+(b-a)*fu, d<<8+(e-d)*fu
	return (up<<8 + (down-up)*fv + 1<<13) >> 14
}

func quartiles(counts *[2 * bins]uint16, n int) (q1, q2, q3 int) {
	at, sum := 0, 0
	reach := func(k int) int {
		for sum+int(counts[at]) <= k && at < 2*bins-1 {
			sum += int(counts[at])
			at++
		}
		return at - bins
	}
	return reach(n / 4), reach(n / 2), reach(3 * n / 4)
}

// step is how many pixels of a row are mapped as if the homography were affine.
const step = 16

// unseen is the excess over a reference that does not show the place.
const unseen = math.MaxInt16

// row fills c.rows[r] with how far each pixel of row y lies beyond the least or
// the greatest of its surroundings in the reference; 0 where between, unseen
// where the reference does not show the place.
func (c *change) row(y, r int, here, ref *level0) {
	out := c.rows[r]
	src := here.pix[y*c.w : y*c.w+c.w]
	lo, hi := ref.lo.pix, ref.hi.pix
	blocks := c.blocks[y/blockSide*c.bx:][:c.bx]
	m := &ref.toHere
	u, v := m.At(0, float64(y))
	for x := 0; x < c.w; x += step {
		n := min(step, c.w-x)
		u1, v1 := m.At(float64(x+n), float64(y))
		dst := out[x : x+n]
		if !inside(u, v, ref) || !inside(u1, v1, ref) {
			for i := range dst {
				dst[i] = unseen
			}
			u, v = u1, v1
			continue
		}
		fu, fv := int(u*65536)+1<<15, int(v*65536)+1<<15
		du, dv := int((u1-u)*65536)/n, int((v1-v)*65536)/n
		shift := (int(blocks[x/blockSide].shift[r]) + 2) >> 2
		in := src[x : x+n]
		for i := range dst {
			at := fv>>16*c.w + fu>>16
			g := int(in[i]) - shift
			e := 0
			if l := int(lo[at]); g < l {
				e = g - l
			}
			if h := int(hi[at]); g > h {
				e = g - h
			}
			dst[i] = int16(e)
			fu, fv = fu+du, fv+dv
		}
		u, v = u1, v1
	}
}

// agree writes what all references that show a place say of it: the least that
// it is brighter than each, or darker; 0 where they differ, or where none shows
// it. Where only the nearest does, what a vehicle left behind is not told from
// a vehicle, and the place is marked as weak.
func (c *change) agree(y, refs int) {
	out := c.excess[y*c.w : (y+1)*c.w]
	for k := range c.steps {
		x0 := k * step
		part := out[x0:min(x0+step, c.w)]
		var rows [references][]int16
		n := 0
		for r := range refs {
			if row := c.rows[r][x0:][:len(part)]; row[0] != unseen {
				rows[n] = row
				n++
			}
		}
		c.weak[y*c.steps+k] = n == 1
		if n == 0 {
			clear(part)
			continue
		}
		for ; n < references; n++ {
			rows[n] = rows[n-1]
		}
		a, b, d := rows[0][:len(part)], rows[1][:len(part)], rows[2][:len(part)]
		for i := range part {
			least, most := min(a[i], b[i], d[i]), max(a[i], b[i], d[i])
			part[i] = max(least, 0) + min(most, 0)
		}
	}
}
