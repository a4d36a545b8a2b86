package motion

// A plane is one level of a pyramid.
type plane struct {
	w, h int
	pix  []uint8
}

func (p *plane) size(w, h int) {
	p.w, p.h = w, h
	if cap(p.pix) < w*h {
		p.pix = make([]uint8, w*h)
	}
	p.pix = p.pix[:w*h]
}

// halve fills p with the means of 2 × 2 pixels of q.
func (p *plane) halve(q *plane) {
	p.size(q.w/2, q.h/2)
	for y := range p.h {
		a := q.pix[2*y*q.w : 2*y*q.w+2*p.w]
		b := q.pix[(2*y+1)*q.w:]
		b = b[:len(a)]
		out := p.pix[y*p.w : y*p.w+p.w]
		for x := range out {
			i := 2 * x
			if i+1 >= len(a) || i+1 >= len(b) {
				break
			}
			out[x] = uint8((uint(a[i]) + uint(a[i+1]) + uint(b[i]) + uint(b[i+1]) + 2) >> 2)
		}
	}
}

// levels is how many planes corners are followed through: a corner may move by
// about the window's half side times 2^(levels-1).
const levels = 4

// A level0 is a picture at the size that is worked on, with its pyramid and
// the least and greatest of each pixel's surroundings.
type level0 struct {
	plane
	up     [levels - 1]plane
	lo, hi plane
	toHere Homography // a place in the newest picture to this one's
	spare  []plane
}

// fill takes a picture, halved until it is scale times smaller.
func (l *level0) fill(p Picture, scale int) {
	l.spare = l.spare[:0]
	from := &plane{w: p.Width, h: p.Height, pix: p.Pixels}
	if scale == 1 {
		l.size(p.Width, p.Height)
		copy(l.pix, p.Pixels)
	}
	for ; scale > 2; scale /= 2 {
		half := &plane{}
		half.halve(from)
		from = half
	}
	if scale == 2 {
		l.halve(from)
	}
	below := &l.plane
	for i := range l.up {
		l.up[i].halve(below)
		below = &l.up[i]
	}
	l.surroundings()
}

// at is level i of the pyramid; 0 is the picture itself.
func (l *level0) at(i int) *plane {
	if i == 0 {
		return &l.plane
	}
	return &l.up[i-1]
}

// surroundings fills lo and hi: the least and greatest of 3 × 3 pixels. A
// picture that is laid over this one a pixel amiss still lies between them,
// however rough the ground.
func (l *level0) surroundings() {
	l.lo.size(l.w, l.h)
	l.hi.size(l.w, l.h)
	w := l.w
	rowLo, rowHi := make([]uint8, 3*w), make([]uint8, 3*w) // of three rows, one after the other
	across := func(y int) {
		src := l.pix[y*w : y*w+w]
		lo, hi := rowLo[y%3*w:y%3*w+w], rowHi[y%3*w:y%3*w+w]
		a, b := src[0], src[0]
		for x := range src {
			c := src[min(x+1, w-1)]
			lo[x], hi[x] = min(a, b, c), max(a, b, c)
			a, b = b, c
		}
	}
	across(0)
	for y := range l.h {
		if y+1 < l.h {
			across(y + 1)
		}
		r0, r2 := max(y-1, 0)%3*w, min(y+1, l.h-1)%3*w
		a, b, c := rowLo[r0:r0+w], rowLo[y%3*w:y%3*w+w], rowLo[r2:r2+w]
		lo := l.lo.pix[y*w : y*w+w]
		for x := range lo {
			lo[x] = min(a[x], b[x], c[x])
		}
		a, b, c = rowHi[r0:r0+w], rowHi[y%3*w:y%3*w+w], rowHi[r2:r2+w]
		hi := l.hi.pix[y*w : y*w+w]
		for x := range hi {
			hi[x] = max(a[x], b[x], c[x])
		}
	}
}
