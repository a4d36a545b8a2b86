package motion

import (
	"cmp"
	"math"
	"slices"
)

// A follower joins the blobs of successive pictures into objects, and keeps
// those that move steadily over the ground. What shakes, flickers or only
// stands above the ground does not.
type follower struct {
	next   uint64
	lines  []line
	w, h   float64
	toward Homography // a place in the picture before to this one's
}

// A sighting is where a line was seen, moved along with the ground into the
// newest picture.
type sighting struct {
	x, y float64
	age  int // pictures ago
}

// A line is a blob followed over some pictures.
type line struct {
	id      uint64
	blob    blob
	path    []sighting // oldest first, at most pathLength
	x, y    float64    // where it is expected
	vx, vy  float64    // over the ground, a picture
	residue float64    // rms distance of the path from steady motion
	missed  int        // pictures in a row without it
	hits    int
	told    bool
}

const (
	pathLength = 8
	// confirm is in how many pictures a line must be seen before it is told, and
	// hold how many it may be missed once it was.
	confirm = 3
	hold    = 4
	// leastWay is how far it must have gone over the ground, and crooked the
	// greatest rms distance from steady motion, as a share of that.
	leastWay = 2.5
	crooked  = 0.22
	// newGate is how far a blob may be from one that was seen once, and gate
	// from where one is expected; pixels.
	newGate = 16
	gate    = 4
)

func (f *follower) reset() { f.lines = f.lines[:0] }

// move takes every line along with the ground into the new picture, back being
// the homography from it to the one before.
func (f *follower) move(back Homography, here *level0) {
	f.toward, f.w, f.h = back.Inverse(), float64(here.w), float64(here.h)
	for i := range f.lines {
		l := &f.lines[i]
		x, y := f.toward.At(l.blob.x, l.blob.y)
		tx, ty := f.toward.At(l.blob.x+l.vx, l.blob.y+l.vy)
		for k := range l.path {
			s := &l.path[k]
			s.x, s.y = f.toward.At(s.x, s.y)
			s.age++
		}
		l.vx, l.vy = tx-x, ty-y
		l.blob.x, l.blob.y = x, y
		last := l.path[len(l.path)-1]
		l.x, l.y = last.x+l.vx*float64(last.age), last.y+l.vy*float64(last.age)
	}
}

// An offer is a blob that may be a line.
type offer struct {
	line, blob int
	cost       float64
}

// add gives each line the blob that is nearest to where it is expected, the
// nearest pair first, and begins a line for each blob that is left.
func (f *follower) add(blobs []blob) {
	var offers []offer
	for i := range f.lines {
		l := &f.lines[i]
		reach := gate + 0.5*math.Hypot(l.vx, l.vy) + 0.25*l.blob.size()
		if l.hits == 1 {
			reach = newGate * float64(1+l.missed)
		}
		for j := range blobs {
			d := math.Hypot(blobs[j].x-l.x, blobs[j].y-l.y)
			if d >= reach {
				continue
			}
			// A blob of another size is less likely the same.
			offers = append(offers, offer{i, j, d + 2*math.Abs(math.Log(float64(blobs[j].area)/float64(l.blob.area))) - min(2, 0.5*float64(l.hits-1))})
		}
	}
	slices.SortStableFunc(offers, func(a, b offer) int { return cmp.Compare(a.cost, b.cost) })
	taken, used := make([]bool, len(f.lines)), make([]bool, len(blobs))
	for _, o := range offers {
		if !taken[o.line] && !used[o.blob] {
			taken[o.line], used[o.blob] = true, true
			f.lines[o.line].see(blobs[o.blob])
		}
	}
	kept := f.lines[:0]
	for i := range f.lines {
		l := f.lines[i]
		if !taken[i] {
			l.missed++
		}
		patience := 1
		if l.told {
			patience = hold
			if l.x < 0 || l.y < 0 || l.x > f.w || l.y > f.h {
				patience = lag + 2 // what it left behind may still be in view
			}
		}
		if l.missed <= patience {
			kept = append(kept, l)
		}
	}
	f.lines = kept
	for j, b := range blobs {
		if !used[j] {
			f.lines = append(f.lines, line{blob: b, path: []sighting{{b.x, b.y, 0}}, x: b.x, y: b.y, hits: 1})
		}
	}
}

func (b *blob) size() float64 { return math.Hypot(float64(b.x1-b.x0+1), float64(b.y1-b.y0+1)) }

// see moves a line to where it was seen.
func (l *line) see(b blob) {
	l.blob, l.missed = b, 0
	l.hits++
	l.path = append(l.path, sighting{b.x, b.y, 0})
	if len(l.path) > pathLength {
		l.path = l.path[:copy(l.path, l.path[1:])]
	}
	l.fit()
	l.x, l.y = b.x, b.y
}

// fit takes the velocity from the path by least squares.
func (l *line) fit() {
	var n, t, tt, x, y, tx, ty float64
	for _, s := range l.path {
		at := -float64(s.age)
		n, t, tt = n+1, t+at, tt+at*at
		x, y, tx, ty = x+s.x, y+s.y, tx+at*s.x, ty+at*s.y
	}
	det := n*tt - t*t
	if det <= 0 {
		return
	}
	l.vx, l.vy = (n*tx-t*x)/det, (n*ty-t*y)/det
	ox, oy := (x-l.vx*t)/n, (y-l.vy*t)/n
	sum := 0.0
	for _, s := range l.path {
		at := -float64(s.age)
		dx, dy := s.x-ox-l.vx*at, s.y-oy-l.vy*at
		sum += dx*dx + dy*dy
	}
	l.residue = math.Sqrt(sum / n)
}

// steady tells whether a line moves over the ground as a vehicle does, no slower
// than slowest; 0: whether it was seen often enough.
func (l *line) steady(slowest float64) bool {
	if len(l.path) < confirm {
		return false
	}
	if slowest == 0 { // whatever was seen again and again
		return true
	}
	v := math.Hypot(l.vx, l.vy)
	way := v * float64(l.path[0].age-l.path[len(l.path)-1].age)
	return v >= slowest && way >= leastWay && l.residue <= max(0.3, crooked*way*float64(min(len(l.path), 6)-2)/4)
}

// objects lists the lines seen in this picture that move no slower than
// slowest and not as what only stands above the ground, at full size.
func (f *follower) objects(scale, slowest float64, parallax *drift) []Object {
	for i := range f.lines {
		l := &f.lines[i]
		l.told = l.steady(slowest) && (l.missed == 0 || l.told)
	}
	var told []*line
	for i := range f.lines {
		if l := &f.lines[i]; l.told && l.missed == 0 && !f.left(l) && !parallax.explains(l.vx, l.vy) {
			told = append(told, l)
		}
	}
	var all []Object
	for i, l := range told {
		if l == nil {
			continue
		}
		whole := l.blob
		sum := float64(whole.area)
		for j := i + 1; j < len(told); j++ {
			if m := told[j]; m != nil && together(l, m) {
				b := &m.blob
				whole.x0, whole.y0, whole.x1, whole.y1 = min(whole.x0, b.x0), min(whole.y0, b.y0), max(whole.x1, b.x1), max(whole.y1, b.y1)
				whole.x, whole.y = whole.x*sum+b.x*float64(b.area), whole.y*sum+b.y*float64(b.area)
				sum += float64(b.area)
				whole.x, whole.y = whole.x/sum, whole.y/sum
				whole.score = max(whole.score, b.score)
				told[j] = nil
			}
		}
		if l.id == 0 {
			f.next++
			l.id = f.next
		}
		all = append(all, Object{
			ID: l.id, X: (whole.x + 0.5) * scale, Y: (whole.y + 0.5) * scale,
			Box: [4]float64{float64(whole.x0) * scale, float64(whole.y0) * scale, float64(whole.x1+1) * scale, float64(whole.y1+1) * scale},
			VX:  l.vx * scale, VY: l.vy * scale,
			Sigma: max(0.5, l.residue) * scale, Area: sum * scale * scale,
			Score: whole.score, Hits: l.hits,
		})
	}
	return all
}

// left tells whether a line is the place that another left one lag ago, where
// only one earlier picture shows it.
func (f *follower) left(l *line) bool {
	if 2*l.blob.weak < l.blob.area {
		return false
	}
	for i := range f.lines {
		m := &f.lines[i]
		if m == l || m.hits < l.hits || !alike(l, m) {
			continue
		}
		// Where m is seen depends on how much of it; so it is allowed its size.
		dx, dy := m.x-lag*m.vx-l.x, m.y-lag*m.vy-l.y
		if math.Hypot(dx, dy) < 2+0.5*m.blob.size() {
			return true
		}
	}
	return false
}

// alike tells whether two lines move as one.
func alike(l, m *line) bool {
	return math.Hypot(l.vx-m.vx, l.vy-m.vy) < 0.3+0.1*math.Hypot(l.vx, l.vy)
}

// together tells whether two lines are parts of one vehicle: they move as one,
// one behind the other, with no more between them than half of the longer.
func together(l, m *line) bool {
	if !alike(l, m) {
		return false
	}
	v := math.Hypot(l.vx, l.vy)
	if v < 0.1 {
		return false // side by side, standing: two
	}
	ux, uy := l.vx/v, l.vy/v
	dx, dy := m.blob.x-l.blob.x, m.blob.y-l.blob.y
	along, across := math.Abs(dx*ux+dy*uy), math.Abs(dx*uy-dy*ux)
	a, b := &l.blob, &m.blob
	reach := func(b *blob, ux, uy float64) float64 { // half the box's extent along a direction
		return (math.Abs(ux)*float64(b.x1-b.x0+1) + math.Abs(uy)*float64(b.y1-b.y0+1)) / 2
	}
	la, lb := reach(a, ux, uy), reach(b, ux, uy)
	return along < la+lb+max(la, lb, 2) && across < max(reach(a, uy, -ux), reach(b, uy, -ux))
}
