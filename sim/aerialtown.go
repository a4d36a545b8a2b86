package sim

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-project/vigia/geo"
)

// The town repeats every aerialSide metres, so that a flight never leaves it.
const (
	aerialCells = 2048
	aerialRes   = 0.2 // m a cell
	aerialSide  = aerialCells * aerialRes
	aerialBlock = 16 // cells a side of the blocks whose greatest height is known
)

// aerialLayers are the heights at which rays ask what stands there, m.
var aerialLayers = [...]float64{11, 9.5, 8, 6.5, 5, 3.5, 2}

// An aerialTown is what the camera looks down on: a shade and a height a cell.
type aerialTown struct {
	shade  []uint8
	height []uint8 // decimetres above the ground
	tall   []uint8 // greatest height of a block and those around it
	roads  []aerialRoad
}

// An aerialRoad runs straight through the town along x (or y), at a place of
// the other axis.
type aerialRoad struct {
	alongX bool
	at     float64
	half   float64 // half its width, m
}

func cellIndex(x, y float64) int {
	i := int(math.Floor(x/aerialRes)) & (aerialCells - 1)
	j := int(math.Floor(y/aerialRes)) & (aerialCells - 1)
	return j*aerialCells + i
}

func newAerialTown(rng *rand.Rand) *aerialTown {
	t := &aerialTown{
		shade: make([]uint8, aerialCells*aerialCells), height: make([]uint8, aerialCells*aerialCells),
	}
	soil := periodicNoise(rng)
	for i, s := range soil {
		t.shade[i] = uint8(max(20, min(235, 105+38*s)))
	}
	for _, alongX := range []bool{true, false} {
		for at := 20 + 20*rng.Float64(); at < aerialSide-15; at += 55 + 50*rng.Float64() {
			r := aerialRoad{alongX, at, 3.5 + 3.5*float64(rng.IntN(2))}
			t.roads = append(t.roads, r)
			t.pave(rng, r, soil)
		}
	}
	for range 260 {
		t.build(rng)
	}
	for range 420 {
		t.plant(rng)
	}
	t.park(rng)
	blocks := aerialCells / aerialBlock
	most := make([]uint8, blocks*blocks)
	for i, h := range t.height {
		b := i/aerialCells/aerialBlock*blocks + i%aerialCells/aerialBlock
		most[b] = max(most[b], h)
	}
	t.tall = make([]uint8, len(most))
	for j := range blocks {
		for i := range blocks {
			for dj := -3; dj <= 3; dj++ {
				for di := -3; di <= 3; di++ {
					at := (j+dj+blocks)%blocks*blocks + (i+di+blocks)%blocks
					t.tall[j*blocks+i] = max(t.tall[j*blocks+i], most[at])
				}
			}
		}
	}
	return t
}

// periodicNoise is value noise of six octaves, from 100 m down to 0.4 m, that
// repeats with the town; of standard deviation about 1.
func periodicNoise(rng *rand.Rand) []float32 {
	out := make([]float32, aerialCells*aerialCells)
	for step, amp := 512, float32(0.9); step >= 2; step, amp = step/4, amp*0.85 {
		n := aerialCells / step
		lattice := make([]float32, n*n)
		for i := range lattice {
			lattice[i] = float32(rng.NormFloat64()) * amp
		}
		for y := range aerialCells {
			j, fy := y/step, float32(y%step)/float32(step)
			up, down := lattice[j*n:j*n+n], lattice[(j+1)%n*n:(j+1)%n*n+n]
			for i := range n {
				k := (i + 1) % n
				left, right := up[i]+(down[i]-up[i])*fy, up[k]+(down[k]-up[k])*fy
				slope := (right - left) / float32(step)
				row := out[y*aerialCells+i*step : y*aerialCells+(i+1)*step]
				for x := range row {
					row[x] += left
					left += slope
				}
			}
		}
	}
	return out
}

// each calls f for the cells of a rectangle turned by an angle, with the place
// in the rectangle's own metres.
func (t *aerialTown) each(x, y, halfX, halfY, angle float64, f func(cell int, u, v float64)) {
	sin, cos := math.Sincos(angle)
	reach := math.Hypot(halfX, halfY)
	for b := y - reach; b <= y+reach; b += aerialRes {
		for a := x - reach; a <= x+reach; a += aerialRes {
			u, v := (a-x)*cos+(b-y)*sin, (b-y)*cos-(a-x)*sin
			if math.Abs(u) <= halfX && math.Abs(v) <= halfY {
				f(cellIndex(a, b), u, v)
			}
		}
	}
}

// pave lays a road with its markings.
func (t *aerialTown) pave(rng *rand.Rand, r aerialRoad, soil []float32) {
	asphalt := 70 + 35*rng.Float64()
	x, y, hx, hy := aerialSide/2, r.at, aerialSide/2, r.half
	if !r.alongX {
		x, y, hx, hy = y, x, hy, hx
	}
	t.each(x, y, hx, hy, 0, func(cell int, u, v float64) {
		along, across := u, v
		if !r.alongX {
			along, across = v, u
		}
		shade := asphalt + 4*float64(soil[(cell*7)&(len(soil)-1)])
		switch {
		case math.Abs(across) > r.half-0.3:
			shade = 150 // kerb
		case math.Abs(across) < 0.15 && math.Mod(along+aerialSide, 6) < 3:
			shade = 190 // dashes
		}
		t.shade[cell] = uint8(max(0, min(255, shade)))
	})
}

// onRoad tells whether a place is on a road or within a margin of one.
func (t *aerialTown) onRoad(x, y, margin float64) bool {
	for _, r := range t.roads {
		at := x
		if r.alongX {
			at = y
		}
		if math.Abs(at-r.at) < r.half+margin {
			return true
		}
	}
	return false
}

// build puts a house beside the roads: a roof with two slopes and a ridge.
func (t *aerialTown) build(rng *rand.Rand) {
	x, y := rng.Float64()*aerialSide, rng.Float64()*aerialSide
	hx, hy, angle := 4+5*rng.Float64(), 3.5+3*rng.Float64(), rng.Float64()*0.6-0.3
	if t.onRoad(x, y, math.Hypot(hx, hy)+1) {
		return
	}
	eaves, shade := 2.5+6*rng.Float64()*rng.Float64(), 60+130*rng.Float64()
	contrast := 10 + 40*rng.Float64()
	t.each(x, y, hx, hy, angle, func(cell int, u, v float64) {
		g := shade
		if v > 0 {
			g -= contrast
		}
		if math.Mod(u+100, 1.2) < 0.25 {
			g -= 12 // seams
		}
		t.shade[cell] = uint8(max(0, min(255, g)))
		t.height[cell] = uint8(10 * (eaves + 1.8*(1-math.Abs(v)/hy)))
	})
}

// plant puts a tree: a crown with leaves in light and shade.
func (t *aerialTown) plant(rng *rand.Rand) {
	x, y, r := rng.Float64()*aerialSide, rng.Float64()*aerialSide, 1.2+2.3*rng.Float64()
	if t.onRoad(x, y, r-0.8) { // crowns may hang over the kerb
		return
	}
	top, shade := 3+7*rng.Float64(), 45+40*rng.Float64()
	t.each(x, y, r, r, 0, func(cell int, u, v float64) {
		d := math.Hypot(u, v) / r
		if d > 1-0.25*rng.Float64() {
			return
		}
		t.shade[cell] = uint8(max(5, shade+30*(u+v)/r/2+18*rng.NormFloat64()))
		t.height[cell] = max(t.height[cell], uint8(10*top*math.Sqrt(1-0.7*d*d)))
	})
}

// park leaves vehicles standing along the kerbs, which nobody shall report.
func (t *aerialTown) park(rng *rand.Rand) {
	for range 90 {
		r := t.roads[rng.IntN(len(t.roads))]
		along, across := rng.Float64()*aerialSide, r.at+(r.half-1.3)*float64(2*rng.IntN(2)-1)
		x, y, hx, hy := along, across, 2.2, 0.9
		if !r.alongX {
			x, y, hx, hy = y, x, hy, hx
		}
		shade := 30 + 200*rng.Float64()
		t.each(x, y, hx, hy, 0, func(cell int, _, _ float64) { t.shade[cell] = uint8(shade) })
	}
}

// sample reads shade and height between the cells.
func (t *aerialTown) sample(x, y float64) (shade, height float32) {
	a, b, c, d, ax, ay := corners(x, y)
	return mix(t.shade, a, b, c, d, ax, ay), mix(t.height, a, b, c, d, ax, ay) / 10
}

// far keeps places positive, so that rounding towards zero rounds down.
const far = 1024 * aerialCells

// corners are the four cells around a place, and how far it lies between them.
func corners(x, y float64) (a, b, c, d int, ax, ay float32) {
	fx, fy := x*(1/aerialRes)+(far-0.5), y*(1/aerialRes)+(far-0.5)
	ix, iy := int(fx), int(fy)
	const mask = aerialCells - 1
	i, j := ix&mask, iy&mask*aerialCells
	k, l := (ix+1)&mask, (iy+1)&mask*aerialCells
	return j + i, j + k, l + i, l + k, float32(fx - float64(ix)), float32(fy - float64(iy))
}

func mix(p []uint8, a, b, c, d int, ax, ay float32) float32 {
	up := float32(p[a]) + ax*(float32(p[b])-float32(p[a]))
	down := float32(p[c]) + ax*(float32(p[d])-float32(p[c]))
	return up + ay*(down-up)
}

// ground casts a ray a pixel. open is the share of each that reaches the
// ground between what stands on it.
func (a *Aerial) ground(v *view) (shade, open []float32) {
	w, h := a.scene.Width, a.scene.Height
	shade, open = make([]float32, w*h), make([]float32, w*h)
	for y := range h {
		d, next := v.ray(0.5, float64(y)+0.5), v.ray(1.5, float64(y)+0.5)
		step := [3]float64{next[0] - d[0], next[1] - d[1], next[2] - d[2]}
		for x := range w {
			if d[2] > -0.02 {
				shade[y*w+x] = 200 // sky
			} else {
				per := 1 / d[2]
				shade[y*w+x], open[y*w+x] = a.town.cast(v.pose.X, v.pose.Y, v.pose.Z, d[0]*per, d[1]*per)
			}
			d[0], d[1], d[2] = d[0]+step[0], d[1]+step[1], d[2]+step[2]
		}
	}
	return shade, open
}

// cast follows one ray down through the layers; gx and gy are how far it goes
// east and north for each metre up.
func (t *aerialTown) cast(px, py, pz, gx, gy float64) (shade, open float32) {
	x, y := px-pz*gx, py-pz*gy
	open = 1
	const blocks = aerialCells / aerialBlock
	bx := int(x*(1/aerialRes)+far) / aerialBlock & (blocks - 1)
	by := int(y*(1/aerialRes)+far) / aerialBlock & (blocks - 1)
	if tall := float64(t.tall[by*blocks+bx]) / 10; tall > 0 {
		for _, z := range aerialLayers {
			if z > tall+1 {
				continue
			}
			s, h := t.sample(x+z*gx, y+z*gy)
			over := h - float32(z)
			solid := max(0, min(1, over+0.5))
			if solid > 0 {
				if over > 1.5 {
					s *= 0.6 // a side, not the top
				}
				shade += open * solid * s
				if open *= 1 - solid; open < 0.02 {
					return shade, 0
				}
			}
		}
	}
	a, b, c, d, ax, ay := corners(x, y)
	return shade + open*mix(t.shade, a, b, c, d, ax, ay), open
}

// An aerialCar drives along a lane.
type aerialCar struct {
	road         aerialRoad
	across       float64 // its lane's place on the other axis
	start, speed float64 // m, m/s; a negative speed drives the other way
	sway, omega  float64 // it speeds up and slows down: m, 1/s
	halfL, halfW float64
	shade        float32
	glass        float32
}

// traffic fills lanes with vehicles that keep their distance.
func (t *aerialTown) traffic(rng *rand.Rand, lanes int, gap float64) []aerialCar {
	var cars []aerialCar
	for i := range lanes {
		r := t.roads[(i/2)%len(t.roads)]
		way := float64(2*(i%2) - 1)
		lane := aerialCar{road: r, across: r.at - way*r.half/2, speed: way * (9 + 14*rng.Float64())}
		if !r.alongX {
			lane.across = r.at + way*r.half/2
		}
		for at := gap * rng.Float64(); at < aerialSide-14; at += 14 + (gap-14)*2*rng.Float64() {
			c := lane
			c.start, c.sway, c.omega = at, 2*rng.Float64(), 0.3+0.5*rng.Float64()
			c.halfL, c.halfW = 1.9+0.5*rng.Float64(), 0.85+0.1*rng.Float64()
			if rng.IntN(5) == 0 {
				c.halfL, c.halfW = 3+1.5*rng.Float64(), 1.1
			}
			c.shade = float32([...]float64{25 + 25*rng.Float64(), 45 + 20*rng.Float64(), 120 + 30*rng.Float64(), 160 + 80*rng.Float64(), 195 + 40*rng.Float64()}[rng.IntN(5)])
			c.glass = c.shade*0.5 + 15
			cars = append(cars, c)
		}
	}
	return cars
}

// place is where a car is at a time, in the first repeat of the town.
func (c *aerialCar) place(t float64) (x, y float64) {
	along := math.Mod(c.start+c.speed*t+c.sway*math.Sin(c.omega*t)+1000*aerialSide, aerialSide)
	if c.road.alongX {
		return along, c.across
	}
	return c.across, along
}

// near lists the repeats of a car that may be in view.
func (c *aerialCar) near(t float64, v *view) (all []geo.Local) {
	x, y := c.place(t)
	d := v.ray(v.width/2, v.height/2)
	cx, cy := v.pose.X-v.pose.Z*d[0]/d[2], v.pose.Y-v.pose.Z*d[1]/d[2]
	for j := -1.0; j <= 1; j++ {
		for i := -1.0; i <= 1; i++ {
			at := geo.Local{
				X: x + aerialSide*(i+math.Round((cx-x)/aerialSide)),
				Y: y + aerialSide*(j+math.Round((cy-y)/aerialSide)),
			}
			if px, py, ok := v.pixel(at.X, at.Y, 0); ok && px > -50 && px < v.width+50 && py > -50 && py < v.height+50 {
				all = append(all, at)
			}
		}
	}
	return all
}

// paint puts a car in the picture, where nothing stands before it.
func (a *Aerial) paint(c *aerialCar, at geo.Local, v *view, shade, open []float32) (AerialVehicle, bool) {
	hx, hy := c.halfL, c.halfW
	if !c.road.alongX {
		hx, hy = hy, hx
	}
	seen := AerialVehicle{At: at, SpeedMPS: c.speed, Box: [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}}
	for _, s := range [...][2]float64{{-1, -1}, {-1, 1}, {1, -1}, {1, 1}} {
		px, py, ok := v.pixel(at.X+s[0]*hx, at.Y+s[1]*hy, 0)
		if !ok {
			return seen, false
		}
		b := &seen.Box
		b[0], b[1], b[2], b[3] = min(b[0], px), min(b[1], py), max(b[2], px), max(b[3], py)
	}
	seen.X, seen.Y, _ = v.pixel(at.X, at.Y, 0)
	if seen.X < 0 || seen.Y < 0 || seen.X >= v.width || seen.Y >= v.height {
		return seen, false
	}
	edge := v.pose.Z * 2 * v.tanH / v.width / math.Sin(-(v.pose.Elevation+v.pose.Pitch)*math.Pi/180) // about a pixel on the ground, m
	var all, free float64
	for y := max(0, int(seen.Box[1])-2); y <= min(a.scene.Height-1, int(seen.Box[3])+2); y++ {
		for x := max(0, int(seen.Box[0])-2); x <= min(a.scene.Width-1, int(seen.Box[2])+2); x++ {
			d := v.ray(float64(x)+0.5, float64(y)+0.5)
			u, w := v.pose.X-v.pose.Z*d[0]/d[2]-at.X, v.pose.Y-v.pose.Z*d[1]/d[2]-at.Y
			if !c.road.alongX {
				u, w = w, u
			}
			if c.speed < 0 {
				u = -u
			}
			cover := within(u, c.halfL, edge) * within(w, c.halfW, edge)
			if cover <= 0 {
				continue
			}
			g := c.shade
			if u > 0.15*c.halfL && u < 0.5*c.halfL || u < -0.7*c.halfL && u > -0.9*c.halfL {
				g = c.glass
			}
			i := y*a.scene.Width + x
			all += cover
			free += cover * float64(open[i])
			shade[i] += open[i] * float32(cover) * (g - shade[i])
		}
	}
	if all > 0 {
		seen.Visible = free / all
	}
	return seen, true
}

// within is 1 inside ±half, 0 outside, and between over a width of edge.
func within(u, half, edge float64) float64 {
	return max(0, min(1, (half-math.Abs(u))/edge+0.5))
}

// motion is how far a car moves over the ground until the next picture, in the
// pixels of this one.
func (a *Aerial) motion(c *aerialCar, t float64, at geo.Local, v *view) float64 {
	x0, y0 := c.place(t)
	x1, y1 := c.place(t + 1/a.scene.FPS)
	dx, dy := x1-x0, y1-y0
	dx -= aerialSide * math.Round(dx/aerialSide)
	dy -= aerialSide * math.Round(dy/aerialSide)
	px, py, _ := v.pixel(at.X, at.Y, 0)
	qx, qy, ok := v.pixel(at.X+dx, at.Y+dy, 0)
	if !ok {
		return 0
	}
	return math.Hypot(qx-px, qy-py)
}
