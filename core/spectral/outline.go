package spectral

import "sort"

// outline walks the edges of a set of pixels, given in scan order, and returns
// its rings of sample and line, each closed: the outer first, then holes. Pixels
// that meet at a corner only belong together, as they do in pieces.
func outline(members []int, samples int) [][][2]float64 {
	in := make(map[int]bool, len(members))
	for _, i := range members {
		in[i] = true
	}
	has := func(s, l int) bool { return s >= 0 && s < samples && in[l*samples+s] }
	// A directed edge leaves a corner with the set on its right hand (lines grow
	// downwards): east along a pixel's top, south down its right side, and so on.
	type corner struct{ s, l int }
	type edge struct {
		at  corner
		dir int // 0 east, 1 south, 2 west, 3 north
	}
	step := [4]corner{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}
	edges := map[edge]bool{}
	var order []edge
	add := func(s, l, dir int) {
		e := edge{corner{s, l}, dir}
		edges[e] = true
		order = append(order, e)
	}
	for _, i := range members {
		s, l := i%samples, i/samples
		if !has(s, l-1) {
			add(s, l, 0)
		}
		if !has(s+1, l) {
			add(s+1, l, 1)
		}
		if !has(s, l+1) {
			add(s+1, l+1, 2)
		}
		if !has(s-1, l) {
			add(s, l+1, 3)
		}
	}
	var rings [][][2]float64
	for _, first := range order {
		if !edges[first] {
			continue
		}
		var ring [][2]float64
		last := -1
		for e := first; edges[e]; {
			delete(edges, e)
			if e.dir != last { // corners only, not every pixel
				ring = append(ring, [2]float64{float64(e.at.s), float64(e.at.l)})
				last = e.dir
			}
			next := corner{e.at.s + step[e.dir].s, e.at.l + step[e.dir].l}
			for _, turn := range [3]int{3, 0, 1} { // left first: across a corner that two pixels share
				if f := (edge{next, (e.dir + turn) % 4}); edges[f] {
					e = f
					break
				}
			}
		}
		rings = append(rings, append(ring, ring[0]))
	}
	sort.SliceStable(rings, func(a, b int) bool { return area(rings[a]) > area(rings[b]) })
	return rings
}

// area is a ring's, positive for the outer one.
func area(ring [][2]float64) float64 {
	sum := 0.0
	for i := 0; i+1 < len(ring); i++ {
		sum += ring[i][0]*ring[i+1][1] - ring[i+1][0]*ring[i][1]
	}
	return sum / 2
}
