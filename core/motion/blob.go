package motion

// A blob is a part of the picture that differs, in pixels of the size worked on.
type blob struct {
	x, y           float64 // middle, weighed by how far it differs
	x0, y0, x1, y1 int     // its box, the last row and column included
	area           int
	score          float64 // of its strongest pixel, standard deviations
	weak           int     // pixels of the area that only one earlier picture shows
}

// What a blob must have to be more than a speck, and how far apart two runs of
// pixels may lie and still be of one: what a roof the shade of the road leaves.
const (
	leastArea = 4
	bridge    = 2
	mostBlobs = 2000
)

// A run is pixels of one row that differ and stand together.
type run struct {
	y, from, to int // to is the first pixel behind it
	parent      int
	weight      float64
	wx          float64
	area, weak  int
	score       float32
}

// A labeller joins runs into blobs.
type labeller struct {
	runs  []run
	blobs []blob
	of    map[int]int
}

// find returns what is connected, with a pixel strong enough among it, in the
// order of the rows.
func (l *labeller) find(c *change) []blob {
	l.scan(c)
	first := 0 // of the rows that are near enough to touch
	for i := range l.runs {
		r := &l.runs[i]
		for l.runs[first].y < r.y-bridge {
			first++
		}
		for j := first; j < i; j++ {
			q := &l.runs[j]
			if q.y == r.y && q.from > r.to {
				break
			}
			if q.from <= r.to+bridge && r.from <= q.to+bridge {
				l.join(i, j)
			}
		}
	}
	return l.collect()
}

// scan lists the runs of each row.
func (l *labeller) scan(c *change) {
	l.runs = l.runs[:0]
	for y := range c.h {
		row := c.excess[y*c.w : (y+1)*c.w]
		for x0 := 0; x0 < c.w; x0 += blockSide {
			sigma := c.blocks[y/blockSide*c.bx+x0/blockSide].sigma
			grow := int16(min(255, max(2, growSigmas*sigma+0.5)))
			part := row[x0:min(x0+blockSide, c.w)]
			open := -1
			for i, e := range part {
				if e < grow && e > -grow {
					open = -1
					continue
				}
				if open < 0 {
					open = len(l.runs)
					l.runs = append(l.runs, run{y: y, from: x0 + i, parent: open})
				}
				r := &l.runs[open]
				z := float32(max(e, -e)) / sigma
				r.to = x0 + i + 1
				r.area++
				if c.weak[y*c.steps+(x0+i)/step] {
					r.weak++
				}
				r.weight += float64(z)
				r.wx += float64(z) * float64(x0+i)
				r.score = max(r.score, z)
			}
		}
		if len(l.runs) > 16*mostBlobs {
			return // no picture of the ground differs everywhere
		}
	}
}

func (l *labeller) root(i int) int {
	for l.runs[i].parent != i {
		l.runs[i].parent = l.runs[l.runs[i].parent].parent
		i = l.runs[i].parent
	}
	return i
}

func (l *labeller) join(i, j int) {
	a, b := l.root(i), l.root(j)
	l.runs[max(a, b)].parent = min(a, b)
}

// collect sums the runs of each blob.
func (l *labeller) collect() []blob {
	if l.of == nil {
		l.of = map[int]int{}
	}
	clear(l.of)
	l.blobs = l.blobs[:0]
	var weights []float64
	for i := range l.runs {
		r, root := &l.runs[i], l.root(i)
		k, ok := l.of[root]
		if !ok {
			k = len(l.blobs)
			l.of[root] = k
			l.blobs = append(l.blobs, blob{x0: r.from, x1: r.to - 1, y0: r.y, y1: r.y})
			weights = append(weights, 0)
		}
		b := &l.blobs[k]
		b.x0, b.x1, b.y1 = min(b.x0, r.from), max(b.x1, r.to-1), max(b.y1, r.y)
		b.x, b.y, weights[k] = b.x+r.wx, b.y+r.weight*float64(r.y), weights[k]+r.weight
		b.area, b.weak, b.score = b.area+r.area, b.weak+r.weak, max(b.score, float64(r.score))
	}
	kept := l.blobs[:0]
	for k, b := range l.blobs {
		if b.area >= leastArea && b.score >= seedSigmas && len(kept) < mostBlobs {
			b.x, b.y = b.x/weights[k], b.y/weights[k]
			kept = append(kept, b)
		}
	}
	return kept
}
