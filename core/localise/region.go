package localise

import (
	"math"
	"sort"

	"github.com/vigia-project/vigia/geo"
)

// A raster is probability on a regular grid: mass[j*nx+i] lies in the cell
// whose south-west corner is (x0 + i·h, y0 + j·h).
type raster struct {
	x0, y0, h float64
	nx, ny    int
	mass      []float64
}

// region returns the highest-density cells that together hold the given
// probability, as polygons.
func (r raster) region(level float64) []geo.Polygon {
	order := make([]int, len(r.mass))
	total := 0.0
	for i, m := range r.mass {
		order[i] = i
		total += m
	}
	if total == 0 {
		return nil
	}
	sort.SliceStable(order, func(i, j int) bool { return r.mass[order[i]] > r.mass[order[j]] })
	in := make([]bool, len(r.mass))
	sum := 0.0
	for _, i := range order {
		if sum >= level*total {
			break
		}
		in[i] = true
		sum += r.mass[i]
	}
	return r.outline(in)
}

// outline draws the edges of a set of cells: one polygon for each piece (cells
// that touch at a corner only are pieces of their own), holes kept.
func (r raster) outline(in []bool) []geo.Polygon {
	at := func(i, j int) bool { return i >= 0 && j >= 0 && i < r.nx && j < r.ny && in[j*r.nx+i] }
	type corner [2]int
	next := map[corner][]corner{} // edges, the inside on their left
	var starts []corner
	add := func(a, b corner) {
		next[a] = append(next[a], b)
		starts = append(starts, a)
	}
	for j := range r.ny {
		for i := range r.nx {
			if !at(i, j) {
				continue
			}
			if !at(i, j-1) {
				add(corner{i, j}, corner{i + 1, j})
			}
			if !at(i+1, j) {
				add(corner{i + 1, j}, corner{i + 1, j + 1})
			}
			if !at(i, j+1) {
				add(corner{i + 1, j + 1}, corner{i, j + 1})
			}
			if !at(i-1, j) {
				add(corner{i, j + 1}, corner{i, j})
			}
		}
	}
	var rings [][]corner
	for _, s := range starts {
		if len(next[s]) == 0 {
			continue
		}
		ring, from := []corner{s}, corner{}
		for here := s; ; {
			to := next[here][0]
			rest := next[here][1:]
			if len(rest) > 0 && len(ring) > 1 {
				// Where two pieces touch at a corner, turn left and stay on this one.
				if l := (corner{here[0] - (here[1] - from[1]), here[1] + (here[0] - from[0])}); rest[0] == l {
					to, rest = l, next[here][:1]
				}
			}
			next[here] = rest
			from, here = here, to
			ring = append(ring, here)
			if here == s {
				break
			}
		}
		rings = append(rings, ring)
	}
	polygons := make([][][2]float64, 0, len(rings))
	for _, ring := range rings {
		var p [][2]float64
		for k, c := range ring[:len(ring)-1] {
			prev := ring[(k+len(ring)-2)%(len(ring)-1)]
			after := ring[k+1]
			if (c[0]-prev[0])*(after[1]-c[1]) == (c[1]-prev[1])*(after[0]-c[0]) {
				continue // straight on
			}
			p = append(p, [2]float64{r.x0 + float64(c[0])*r.h, r.y0 + float64(c[1])*r.h})
		}
		polygons = append(polygons, append(p, p[0]))
	}
	return nest(polygons)
}

// nest puts each hole (a clockwise ring) into the smallest outer ring around it.
func nest(rings [][][2]float64) []geo.Polygon {
	var out []geo.Polygon
	var holes [][][2]float64
	for _, ring := range rings {
		if signedArea(ring) > 0 {
			out = append(out, geo.Polygon{ring})
		} else {
			holes = append(holes, ring)
		}
	}
	for _, h := range holes {
		best := -1
		for i, p := range out {
			// A point just inside the hole's first corner's edge lies inside the outer ring too.
			x, y := (h[0][0]+h[1][0])/2, (h[0][1]+h[1][1])/2
			if (geo.Polygon{p[0]}).Contains(x, y) && (best < 0 || signedArea(p[0]) < signedArea(out[best][0])) {
				best = i
			}
		}
		if best >= 0 {
			out[best] = append(out[best], h)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return math.Abs(signedArea(out[i][0])) > math.Abs(signedArea(out[j][0])) })
	return out
}

func signedArea(ring [][2]float64) float64 {
	s := 0.0
	for i := 0; i+1 < len(ring); i++ {
		s += ring[i][0]*ring[i+1][1] - ring[i+1][0]*ring[i][1]
	}
	return s / 2
}
