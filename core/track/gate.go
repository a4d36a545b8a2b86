package track

import "math"

// gate2 is the squared Mahalanobis distance beyond which a report cannot be a
// track's: 1 in 3,000 of its own fall outside (chi-square, two degrees).
const gate2 = 16

// A grid finds reports near a place. Its cells hold about one report each, and
// there are never more than four cells to a report.
type grid struct {
	x0, y0, cell float64
	nx, ny       int
	start        []int // of each cell in order, and the end
	order        []int // reports by cell
}

func newGrid(reports []measured) grid {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i := range reports {
		r := &reports[i]
		lo[0], hi[0] = math.Min(lo[0], r.x), math.Max(hi[0], r.x)
		lo[1], hi[1] = math.Min(lo[1], r.y), math.Max(hi[1], r.y)
	}
	n := float64(len(reports))
	w, h := hi[0]-lo[0], hi[1]-lo[1]
	cell := math.Max(math.Sqrt(w*h/n), math.Max(w, h)/n)
	if !(cell > 0) {
		cell = 1
	}
	g := grid{x0: lo[0], y0: lo[1], cell: cell, nx: int(w/cell) + 1, ny: int(h/cell) + 1}
	g.start = make([]int, g.nx*g.ny+1)
	at := make([]int, len(reports))
	for i := range reports {
		cx, cy := g.at(reports[i].x, reports[i].y)
		at[i] = cy*g.nx + cx
		g.start[at[i]+1]++
	}
	for c := range g.nx * g.ny {
		g.start[c+1] += g.start[c]
	}
	g.order = make([]int, len(reports))
	next := append([]int(nil), g.start...)
	for i, c := range at {
		g.order[next[c]] = i
		next[c]++
	}
	return g
}

// at is the cell of a place, the nearest one for a place outside.
func (g *grid) at(x, y float64) (cx, cy int) {
	cx = int(clamp((x-g.x0)/g.cell, 0, float64(g.nx-1)))
	cy = int(clamp((y-g.y0)/g.cell, 0, float64(g.ny-1)))
	return cx, cy
}

// each calls f for every report within the rectangle's cells.
func (g *grid) each(x0, y0, x1, y1 float64, f func(int)) {
	if len(g.order) == 0 {
		return
	}
	ax, ay := g.at(x0, y0)
	bx, by := g.at(x1, y1)
	for cy := ay; cy <= by; cy++ {
		for _, i := range g.order[g.start[cy*g.nx+ax]:g.start[cy*g.nx+bx+1]] {
			f(i)
		}
	}
}

// An edge says that a report may be a track's.
type edge struct {
	report  int
	density float64        // of the report under the track, in units of clutter's kinematic density
	mode    [modes]float64 // the same under each mode
}

// gateOf lists the reports that may be a track's, by number.
func gateOf(b *bernoulli, g *grid, reports []measured, widest float64) []edge {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for m := range b.mode {
		if b.weight[m] < 1e-6 {
			continue
		}
		for i := range 2 {
			r := math.Sqrt(gate2 * (b.mode[m].cov[i][i] + widest))
			lo[i] = math.Min(lo[i], b.mode[m].mean[i]-r)
			hi[i] = math.Max(hi[i], b.mode[m].mean[i]+r)
		}
	}
	var edges []edge
	g.each(lo[0], lo[1], hi[0], hi[1], func(j int) {
		r := &reports[j]
		e := edge{report: j}
		for m := range b.mode {
			if b.weight[m] < 1e-6 {
				continue
			}
			n := b.mode[m].innovate(r)
			if n.distance2 > gate2 {
				continue
			}
			if r.velocity != nil || r.rangeRate != nil {
				copied := b.mode[m]
				e.mode[m] = copied.update(r) * r.likely
			} else {
				e.mode[m] = n.density() * r.likely
			}
			e.density += b.weight[m] * e.mode[m]
		}
		if e.density > 0 {
			edges = append(edges, e)
		}
	})
	return edges
}
