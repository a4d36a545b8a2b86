package localise

import (
	"math"
	"math/rand/v2"
)

// A ground is the prior of where a source is: in one of the known buildings,
// each alike and evenly over its footprint, or elsewhere, evenly.
type ground struct {
	area  box
	nx    int
	ny    int
	cell  []int32   // building's index plus one, or 0
	cells [][]int32 // of each building
	near  []int     // buildings that hold a cell
	open  float64   // area without buildings, m²
	held  int       // buildings in the area
	in    float64   // prior probability of the buildings together
	logIn []float64 // log density within each building
	logEl float64   // log density elsewhere
}

// newGround draws the buildings that are in the area on a raster.
func newGround(area box, buildings []Building) *ground {
	return newGroundOf(area, buildings, inBuildings)
}

// newGroundOf is newGround with the prior probability that a source is in a
// building.
func newGroundOf(area box, buildings []Building, in float64) *ground {
	g := &ground{area: area, open: area.area(), in: in}
	if len(buildings) > 0 {
		g.nx = int(math.Ceil((area.x1 - area.x0) / rasterCell))
		g.ny = int(math.Ceil((area.y1 - area.y0) / rasterCell))
		g.cell = make([]int32, g.nx*g.ny)
		g.cells = make([][]int32, len(buildings))
		g.logIn = make([]float64, len(buildings))
	}
	for b := range buildings {
		g.draw(b, buildings[b])
	}
	const cell = rasterCell * rasterCell
	for _, b := range g.near {
		g.logIn[b] = math.Log(in / (float64(g.held) * float64(len(g.cells[b])) * cell))
		g.open -= float64(len(g.cells[b])) * cell
	}
	p := 1.0
	if g.held > 0 {
		p = 1 - in
	}
	g.logEl = math.Log(p / math.Max(g.open, cell))
	return g
}

// draw marks the cells whose centre a footprint holds, or the one that holds
// its centre.
func (g *ground) draw(b int, building Building) {
	f := building.Footprint
	cx, cy := f.Centroid()
	if !g.area.contains(cx, cy) {
		return
	}
	x0, y0, x1, y1 := f.Bounds()
	i0, j0, i1, j1 := g.index(x0, g.area.x0, g.nx), g.index(y0, g.area.y0, g.ny), g.index(x1, g.area.x0, g.nx), g.index(y1, g.area.y0, g.ny)
	for j := j0; j <= j1; j++ {
		for i := i0; i <= i1; i++ {
			if k := j*g.nx + i; g.cell[k] == 0 && f.Contains(g.centre(k)) {
				g.cell[k] = int32(b + 1)
				g.cells[b] = append(g.cells[b], int32(k))
			}
		}
	}
	if len(g.cells[b]) == 0 {
		k := g.index(cy, g.area.y0, g.ny)*g.nx + g.index(cx, g.area.x0, g.nx)
		if g.cell[k] != 0 {
			return // wholly hidden by another
		}
		g.cell[k] = int32(b + 1)
		g.cells[b] = append(g.cells[b], int32(k))
	}
	g.held++
	g.near = append(g.near, b)
}

func (g *ground) index(v, from float64, n int) int {
	return min(max(int((v-from)/rasterCell), 0), n-1)
}

func (g *ground) centre(k int) (x, y float64) {
	return g.area.x0 + (float64(k%g.nx)+0.5)*rasterCell, g.area.y0 + (float64(k/g.nx)+0.5)*rasterCell
}

// at returns the building at a place, or -1.
func (g *ground) at(x, y float64) int {
	if g.cell == nil || !g.area.contains(x, y) {
		return -1
	}
	return int(g.cell[g.index(y, g.area.y0, g.ny)*g.nx+g.index(x, g.area.x0, g.nx)]) - 1
}

// logDensity is the prior's, per m².
func (g *ground) logDensity(x, y float64) float64 {
	if !g.area.contains(x, y) {
		return math.Inf(-1)
	}
	if b := g.at(x, y); b >= 0 {
		return g.logIn[b]
	}
	return g.logEl
}

// within draws a place in building b.
func (g *ground) within(b int, r *rand.Rand) (x, y float64) {
	x, y = g.centre(int(g.cells[b][r.IntN(len(g.cells[b]))]))
	return x + (r.Float64()-0.5)*rasterCell, y + (r.Float64()-0.5)*rasterCell
}

// place draws from the prior.
func (g *ground) place(r *rand.Rand) (x, y float64) {
	if g.held > 0 && r.Float64() < g.in {
		return g.within(g.near[r.IntN(g.held)], r)
	}
	for {
		x = g.area.x0 + r.Float64()*(g.area.x1-g.area.x0)
		y = g.area.y0 + r.Float64()*(g.area.y1-g.area.y0)
		if g.at(x, y) < 0 {
			return x, y
		}
	}
}
