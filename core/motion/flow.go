package motion

import "math"

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// A pair is a corner in the newer picture (x, y) and where it was in the older.
type pair struct {
	x, y   float64
	px, py float64
}

// The window of Lucas–Kanade, pixels to each side of its middle, how many steps
// it takes at most on a level, and when a step is too small to go on.
const (
	windowHalf = 5
	windowSide = 2*windowHalf + 1
	maxSteps   = 8
	smallStep  = 0.02
	// mostResidual is the greatest mean difference of a window that was found
	// again, as a share of its contrast, and in grey levels where there is
	// little of it.
	mostResidual = 0.5
	leastGrey    = 3
)

// A window is the surroundings of a corner in the older picture, with the
// gradient and the inverse of its second moments.
type window struct {
	v, gx, gy [windowSide * windowSide]float32
	a, b, d   float32 // the inverse: a b / b d
	contrast  float32 // mean deviation from the mean
	singular  bool
	mean      float32
	meanX     float32
	meanY     float32
}

// track follows corners of last into here by pyramidal Lucas–Kanade (Bouguet
// 2000), each window without its mean, so that a change of brightness does not
// move it. What cannot be found again is left out.
func track(last, here *level0, corners []corner) []pair {
	pairs := make([]pair, 0, len(corners))
	var win window
	for _, c := range corners {
		var dx, dy float32
		ok := true
		for level := levels - 1; level >= 0; level-- {
			p, q := last.at(level), here.at(level)
			scale := float32(int(1) << level)
			x, y := (float32(c.x)+0.5)/scale-0.5, (float32(c.y)+0.5)/scale-0.5
			dx, dy = 2*dx, 2*dy
			if level == levels-1 {
				dx, dy = 0, 0
			}
			if !win.cut(p, x, y) {
				if level == 0 {
					ok = false
				}
				continue // too near the edge at this level; the finer ones decide
			}
			if ok = win.seek(q, x, y, &dx, &dy, level == 0); !ok && level == 0 {
				break
			}
		}
		if ok {
			pairs = append(pairs, pair{c.x + float64(dx), c.y + float64(dy), c.x, c.y})
		}
	}
	return pairs
}

// cut takes the window around (x, y). It is false where it does not lie inside.
func (win *window) cut(p *plane, x, y float32) bool {
	const reach = windowHalf + 1
	ix, iy := int(math.Floor(float64(x))), int(math.Floor(float64(y)))
	if ix < reach || iy < reach || ix+reach+1 >= p.w || iy+reach+1 >= p.h {
		return false
	}
	const side = windowSide + 2
	var patch [side * side]float32
	resample(patch[:], side, p, ix-reach, iy-reach, x-float32(ix), y-float32(iy))
	var xx, xy, yy, sum, sx, sy float32
	for j := range windowSide {
		for i := range windowSide {
			at, k := (j+1)*side+i+1, j*windowSide+i
			gx, gy := (patch[at+1]-patch[at-1])/2, (patch[at+side]-patch[at-side])/2
			win.v[k], win.gx[k], win.gy[k] = patch[at], gx, gy
			xx, xy, yy = xx+gx*gx, xy+gx*gy, yy+gy*gy
			sum, sx, sy = sum+patch[at], sx+gx, sy+gy
		}
	}
	const n = windowSide * windowSide
	win.mean, win.meanX, win.meanY = sum/n, sx/n, sy/n
	// Without the window's mean, the gradient counts without its own.
	xx, xy, yy = xx-sx*sx/n, xy-sx*sy/n, yy-sy*sy/n
	win.contrast = 0
	for _, v := range win.v {
		win.contrast += float32(math.Abs(float64(v - win.mean)))
	}
	win.contrast /= n
	det := xx*yy - xy*xy
	win.singular = !(det > 1e-3*xx*yy) || det < 1
	if !win.singular {
		win.a, win.b, win.d = yy/det, -xy/det, xx/det
	}
	return true
}

// seek moves (dx, dy) until the window at (x+dx, y+dy) of q looks like win. It
// is false where it leaves the picture or, if strict, is not found.
func (win *window) seek(q *plane, x, y float32, dx, dy *float32, strict bool) bool {
	if win.singular {
		return !strict
	}
	var patch [windowSide * windowSide]float32
	residual := float32(0)
	ux, uy := *dx, *dy
	for range maxSteps {
		px, py := x+ux, y+uy
		if !(px >= windowHalf && py >= windowHalf && px < float32(q.w-windowHalf-2) && py < float32(q.h-windowHalf-2)) {
			return false
		}
		ix, iy := int(px), int(py)
		resample(patch[:], windowSide, q, ix-windowHalf, iy-windowHalf, px-float32(ix), py-float32(iy))
		var ex, ey, sum, rest float32
		for k, v := range patch {
			sum += v
			e := win.v[k] - v
			ex += e * win.gx[k]
			ey += e * win.gy[k]
		}
		const n = windowSide * windowSide
		shift := win.mean - sum/n
		ex -= shift * win.meanX * n
		ey -= shift * win.meanY * n
		sx, sy := win.a*ex+win.b*ey, win.b*ex+win.d*ey
		ux, uy = ux+sx, uy+sy
		if small := sx*sx+sy*sy < smallStep*smallStep; small || strict {
			for k, v := range patch {
				rest += abs32(win.v[k] - v - shift)
			}
			residual = rest / n
			if small {
				break
			}
		}
	}
	*dx, *dy = ux, uy
	return !strict || residual <= max(leastGrey, mostResidual*win.contrast)
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// resample reads side × side values from (x, y) on, each moved by the fractions
// fx and fy (bilinear). All of it and one more row and column lie inside.
func resample(out []float32, side int, p *plane, x, y int, fx, fy float32) {
	w00, w10, w01, w11 := (1-fx)*(1-fy), fx*(1-fy), (1-fx)*fy, fx*fy
	for j := range side {
		a := p.pix[(y+j)*p.w+x:][:side+1]
		b := p.pix[(y+j+1)*p.w+x:][:side+1]
		row := out[j*side:][:side]
		a0, b0 := float32(a[0]), float32(b[0])
		for i := range row {
			a1, b1 := float32(a[i+1]), float32(b[i+1])
			row[i] = w00*a0 + w10*a1 + w01*b0 + w11*b1
			a0, b0 = a1, b1
		}
	}
}
