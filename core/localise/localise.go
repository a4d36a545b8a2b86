// Package localise works out from readings and wind how many sources there
// are, where, how strong, and in which building: a posterior, not a dot.
//
// Everything is in one local frame: metres east, north and up of an origin
// that the caller chose. The ground is at height zero.
package localise

import (
	"context"
	"math"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Reading is one reading of a gas sensor, in the local frame.
type Reading struct {
	Time   time.Time
	Sensor string
	Kind   vigia.Kind
	At     geo.Local // the point, or the start of the path
	To     geo.Local // the end of the path; not used for a point
	Value  float64   // ppm, or ppm·m for a column
	Sigma  float64   // one standard deviation in Value's unit; 0 = not known
	Limit  float64   // detection limit in Value's unit; 0 = not known
}

// A Building is a footprint in local metres.
type Building struct {
	ID        vigia.ID
	Footprint geo.Polygon
}

// A Problem is all that one posterior rests on.
type Problem struct {
	Observations []Reading    // in any order; sorted here
	Winds        []vigia.Wind // in any order; one-minute means or finer
	Buildings    []Building   // none = no prior of buildings
	Chemical     vigia.Chemical
	Seed         int64
	Workers      int // processors to use; 0 = 1. The answer does not depend on it
}

// A Source is one emitter.
type Source struct {
	X, Y, Z float64 // posterior mean, metres

	RateKgH        float64 // posterior median
	RateLo, RateHi float64 // 95 % interval

	Ellipse  vigia.Ellipse // of the 95 % region
	Region50 []geo.Polygon // highest posterior density regions, local metres
	Region90 []geo.Polygon
	Region95 []geo.Polygon
}

// An Answer is the posterior.
type Answer struct {
	CountProbability []float64 // index = number of sources
	Sources          []Source  // most probable number of them, strongest evidence first

	Buildings []vigia.BuildingProbability // most probable first; those below 1e-4 left out
	Elsewhere float64                     // probability that the source is in no known building
	Set90     []vigia.ID                  // the smallest set of buildings that holds 90 %; nil where Elsewhere does not allow one

	// Wind is how the directions of the wind records were read. Other than From,
	// the readings contradict the records as they stand, beyond reasonable doubt:
	// a person must look at where the records come from.
	Wind Convention

	Readings int       // that the answer rests on
	AsOf     time.Time // of the last of them
	Method   string    // of inversion, with its version
	Seed     int64
}

// Locate works out the posterior. progress, when not nil, is told from the
// calling goroutine how much is done. It answers Invalid where the problem
// holds no reading, no wind or no chemical, and the context's error when that
// ends first.
func Locate(ctx context.Context, p Problem, progress func(done, total int)) (Answer, error) {
	data, asOf, err := prepare(p)
	if err != nil {
		return Answer{}, err
	}
	done, total := 0, 12
	step := func() {
		if done++; done <= total && progress != nil {
			progress(done, total)
		}
	}
	m := newModel(thin(data), len(p.Buildings) > 0)
	area := searchBox(m.data)
	convention, err := m.read(ctx, area, step)
	if err != nil {
		return Answer{}, err
	}
	inside := buildingCandidates(p.Buildings, area)
	open := 1.0
	if len(inside) > 0 {
		open = 1 - inBuildings
	}
	cands, err := m.search(ctx, area, open, step)
	if err != nil {
		return Answer{}, err
	}
	if err := m.evaluateAll(ctx, inside, step); err != nil {
		return Answer{}, err
	}
	ans := summarise(append(cands, inside...), p.Buildings)
	ans.Wind = convention
	ans.Readings, ans.AsOf, ans.Method, ans.Seed = len(data), asOf, method, p.Seed
	for done < total {
		step()
	}
	return ans, nil
}

// method names the inversion and its version.
const method = "grid-1"

// buildingCandidates places candidates on the footprints within the area: one
// at the centre of each and, on large ones, more. Each building has the same
// prior probability.
func buildingCandidates(buildings []Building, area box) []candidate {
	var out []candidate
	held := 0
	for i, b := range buildings {
		x, y := b.Footprint.Centroid()
		if !(x >= area.x0 && x <= area.x1 && y >= area.y0 && y <= area.y1) {
			continue
		}
		held++
		places := footprintPoints(b.Footprint)
		for _, q := range places {
			out = append(out, candidate{
				at:   geo.Local{X: q[0], Y: q[1], Z: buildingHeight},
				half: footprintStep / 2, prior: inBuildings / float64(len(places)), building: i,
			})
		}
	}
	for i := range out {
		out[i].prior /= float64(held)
	}
	return out
}

const (
	footprintStep  = 12.0 // metres between candidates of one building
	buildingHeight = 4.0  // metres: a window or a vent of a low house
)

// footprintPoints are places spread over a footprint.
func footprintPoints(p geo.Polygon) [][2]float64 {
	x0, y0, x1, y1 := p.Bounds()
	nx, ny := int(math.Ceil((x1-x0)/footprintStep)), int(math.Ceil((y1-y0)/footprintStep))
	var out [][2]float64
	if nx*ny > 1 && nx*ny < 400 {
		for k := range nx * ny {
			x := x0 + (float64(k%nx)+0.5)*(x1-x0)/float64(nx)
			y := y0 + (float64(k/nx)+0.5)*(y1-y0)/float64(ny)
			if p.Contains(x, y) {
				out = append(out, [2]float64{x, y})
			}
		}
	}
	if len(out) == 0 {
		x, y := p.Centroid()
		out = append(out, [2]float64{x, y})
	}
	return out
}

// most is how many readings a candidate is evaluated against.
const most = 500

// thin averages successive readings of a moving sensor until there are few
// enough: neighbours a second apart say nearly the same, and the turbulence
// between them is not independent.
func thin(data []datum) []datum {
	block := (len(data) + most - 1) / most
	if block <= 1 {
		return data
	}
	last := map[int]int{} // sensor -> index of its open block in out
	count := map[int]int{}
	var out []datum
	for _, d := range data {
		i, ok := last[d.sensor]
		if !ok || count[d.sensor] >= block || d.t-out[i].t > 20 {
			last[d.sensor], count[d.sensor] = len(out), 1
			out = append(out, d)
			continue
		}
		n := float64(count[d.sensor])
		o := &out[i]
		mean := func(a, b float64) float64 { return (a*n + b) / (n + 1) }
		o.a = geo.Local{X: mean(o.a.X, d.a.X), Y: mean(o.a.Y, d.a.Y), Z: mean(o.a.Z, d.a.Z)}
		o.b = geo.Local{X: mean(o.b.X, d.b.X), Y: mean(o.b.Y, d.b.Y), Z: mean(o.b.Z, d.b.Z)}
		o.d, o.noise, o.speed = mean(o.d*o.noise, d.d*d.noise)/mean(o.noise, d.noise), mean(o.noise, d.noise), mean(o.speed, d.speed)
		ux, uy := mean(o.ux, d.ux), mean(o.uy, d.uy)
		if l := math.Hypot(ux, uy); l > 0.1 {
			o.ux, o.uy = ux/l, uy/l
		}
		count[d.sensor]++
	}
	return out
}
