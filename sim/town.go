package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A House is a building of the town.
type House struct {
	ID        vigia.ID
	Footprint geo.Polygon // local metres
	HeightM   float64     // of the roof
}

// A town is blocks between streets, all turned by one angle.
type town struct {
	houses []House
	corner [4][2]float64 // of the rectangle around it, local metres
}

// The measures of a town of small houses in rows, workshops and the odd park.
const (
	blockLength = 95.0 // along a street, middle to middle
	blockDepth  = 48.0
	streetWidth = 9.0
)

// newTown lays out n buildings around the origin: whole blocks, nearest the
// middle first.
func newTown(n int, rng *rand.Rand) town {
	angle := rng.Float64() * math.Pi / 2
	reach := 3 + int(math.Sqrt(float64(n)))
	type block struct{ i, j int }
	var blocks []block
	for i := -reach; i <= reach; i++ {
		for j := -reach; j <= reach; j++ {
			blocks = append(blocks, block{i, j})
		}
	}
	// Square rings, so that the town is a rectangle without a ragged edge.
	ring := func(b block) float64 {
		return math.Max(math.Abs(float64(b.i))*blockLength, math.Abs(float64(b.j))*blockDepth)
	}
	sort.SliceStable(blocks, func(a, b int) bool { return ring(blocks[a]) < ring(blocks[b]) })
	var t town
	var minX, minY, maxX, maxY float64
	for _, b := range blocks {
		if len(t.houses) >= n {
			break
		}
		x, y := float64(b.i)*blockLength, float64(b.j)*blockDepth
		t.houses = append(t.houses, newBlock(x, y, rng)...)
		minX, maxX = math.Min(minX, x-blockLength/2), math.Max(maxX, x+blockLength/2)
		minY, maxY = math.Min(minY, y-blockDepth/2), math.Max(maxY, y+blockDepth/2)
	}
	t.houses = t.houses[:n]
	sin, cos := math.Sincos(angle)
	turn := func(x, y float64) (float64, float64) { return x*cos - y*sin, x*sin + y*cos }
	for i := range t.houses {
		t.houses[i].ID = vigia.ID(fmt.Sprintf("b%04d", i+1))
		t.houses[i].Footprint = t.houses[i].Footprint.Map(turn)
	}
	for i, c := range [4][2]float64{{minX, minY}, {maxX, minY}, {maxX, maxY}, {minX, maxY}} {
		t.corner[i][0], t.corner[i][1] = turn(c[0], c[1])
	}
	return t
}

// newBlock fills a block around (x, y): a park, a few workshops, or two rows of
// houses back to back.
func newBlock(x, y float64, rng *rand.Rand) []House {
	length, depth := blockLength-streetWidth, blockDepth-streetWidth
	west, south := x-length/2, y-depth/2
	switch p := rng.Float64(); {
	case p < 0.04:
		return nil // a park
	case p < 0.14:
		return row(west, south, length, depth, lots{20, 40, 0.9, 4, 5, 9}, rng)
	case p < 0.45:
		return rows(west, south, length, depth, lots{11, 17, 0.9, 3, 3, 7}, rng)
	default:
		return rows(west, south, length, depth, lots{6.5, 10, 0.95, 0.4, 3, 8}, rng)
	}
}

// lots says how a row is divided.
type lots struct {
	minWidth, maxWidth float64
	taken              float64 // share that is built on
	gap                float64 // between neighbours, and to the street, at most
	minHeight, maxH    float64
}

func rows(west, south, length, depth float64, l lots, rng *rand.Rand) []House {
	return append(row(west, south, length, depth/2, l, rng), row(west, south+depth/2, length, depth/2, l, rng)...)
}

func row(west, south, length, depth float64, l lots, rng *rand.Rand) []House {
	var out []House
	for x := west; ; {
		w := l.minWidth + rng.Float64()*(l.maxWidth-l.minWidth)
		if x+w > west+length {
			return out
		}
		if rng.Float64() < l.taken {
			a, b := x+rng.Float64()*l.gap/2, x+w-rng.Float64()*l.gap/2
			c := south + 0.3 + rng.Float64()*l.gap
			d := south + depth*(0.65+0.3*rng.Float64())
			out = append(out, House{
				Footprint: footprint(a, c, b, d, rng),
				HeightM:   l.minHeight + rng.Float64()*(l.maxH-l.minHeight),
			})
		}
		x += w
	}
}

// footprint is a rectangle, an L, or a rectangle around a yard.
func footprint(west, south, east, north float64, rng *rand.Rand) geo.Polygon {
	w, h := east-west, north-south
	switch p := rng.Float64(); {
	case p < 0.25:
		x, y := west+w*(0.4+0.3*rng.Float64()), south+h*(0.4+0.3*rng.Float64())
		return geo.Polygon{{{west, south}, {east, south}, {east, y}, {x, y}, {x, north}, {west, north}, {west, south}}}
	case p < 0.3 && w > 12 && h > 12:
		p := geo.Rect(west, south, east, north)
		return append(p, [][2]float64{{west + w/3, south + h/3}, {west + w/3, north - h/3}, {east - w/3, north - h/3}, {east - w/3, south + h/3}, {west + w/3, south + h/3}})
	}
	return geo.Rect(west, south, east, north)
}

// radius is the distance of the farthest corner from the origin.
func (t town) radius() float64 {
	var r float64
	for _, c := range t.corner {
		r = math.Max(r, math.Hypot(c[0], c[1]))
	}
	return r
}

// hide picks a house in the middle half of the town, and a vent or a window of
// it: anywhere in its footprint, from a man's height up to the roof.
func (t town) hide(rng *rand.Rand) (House, geo.Local) {
	for {
		h := t.houses[rng.IntN(len(t.houses))]
		minX, minY, maxX, maxY := h.Footprint.Bounds()
		if len(t.houses) > 100 && math.Hypot((minX+maxX)/2, (minY+maxY)/2) > t.radius()/2 {
			continue
		}
		for range 100 {
			x, y := minX+rng.Float64()*(maxX-minX), minY+rng.Float64()*(maxY-minY)
			if h.Footprint.Contains(x, y) {
				return h, geo.Local{X: x, Y: y, Z: 1.5 + rng.Float64()*(h.HeightM-1.5)}
			}
		}
	}
}

// hideBeside picks the house whose middle is nearest to so many metres from a
// place, and a vent in its middle.
func (t town) hideBeside(at geo.Local, metres float64) *hidden {
	var best *hidden
	least := math.Inf(1)
	for _, h := range t.houses {
		x, y := h.Footprint.Centroid()
		if off := math.Abs(math.Hypot(x-at.X, y-at.Y) - metres); off < least {
			least, best = off, &hidden{house: h, at: geo.Local{X: x, Y: y, Z: at.Z}}
		}
	}
	return best
}
