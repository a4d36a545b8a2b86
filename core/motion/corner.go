package motion

// A cornerFinder finds corners that can be followed: the best of each cell of a
// grid, by the smaller eigenvalue of the gradient's second moments over
// 5 × 5 pixels (Shi and Tomasi 1994), at a quarter of a picture's area.
type cornerFinder struct {
	xx, xy, yy []int32 // of one row, summed over five
	ring       [5][3][]int32
	corners    []corner
}

// A corner is a place in a picture.
type corner struct {
	x, y    float64
	quality float32
}

// gridX and gridY are the cells of the grid: a corner each.
const (
	gridX = 24
	gridY = 14
	// leastQuality is the least eigenvalue, grey levels² a pixel² summed over the
	// window: below it a corner's place is the noise's.
	leastQuality = 25 * 16
)

func (f *cornerFinder) find(l *level0) []corner {
	p := &l.up[0]
	w, h := p.w, p.h
	if len(f.xx) != w {
		f.xx, f.xy, f.yy = make([]int32, w), make([]int32, w), make([]int32, w)
		for i := range f.ring {
			for j := range f.ring[i] {
				f.ring[i][j] = make([]int32, w)
			}
		}
	}
	var best [gridX * gridY]corner
	clear(f.xx)
	clear(f.xy)
	clear(f.yy)
	for i := range f.ring {
		for j := range f.ring[i] {
			clear(f.ring[i][j])
		}
	}
	const margin = 6
	for y := 1; y < h-1; y++ {
		f.row(p, y)
		if at := y - 2; at >= margin && at < h-margin {
			f.choose(best[at*gridY/h*gridX:][:gridX], at, w, margin)
		}
	}
	f.corners = f.corners[:0]
	for _, c := range best {
		if c.quality >= leastQuality {
			f.corners = append(f.corners, c)
		}
	}
	return f.corners
}

// row adds the products of row y's gradients to the sums over five rows, and
// takes away those of five rows before.
func (f *cornerFinder) row(p *plane, y int) {
	w := p.w
	r := &f.ring[y%5]
	up, here, down := p.pix[(y-1)*w:y*w], p.pix[y*w:y*w+w], p.pix[(y+1)*w:(y+1)*w+w]
	pxx, pxy, pyy := r[0][:w], r[1][:w], r[2][:w]
	sxx, sxy, syy := f.xx[:w], f.xy[:w], f.yy[:w]
	for x := 1; x < w-1; x++ {
		gx, gy := int32(here[x+1])-int32(here[x-1]), int32(down[x])-int32(up[x])
		xx, xy, yy := gx*gx, gx*gy, gy*gy
		sxx[x] += xx - pxx[x]
		sxy[x] += xy - pxy[x]
		syy[x] += yy - pyy[x]
		pxx[x], pxy[x], pyy[x] = xx, xy, yy
	}
}

// choose keeps the best corner of each cell that the row crosses.
func (f *cornerFinder) choose(best []corner, y, w, margin int) {
	var xx, xy, yy int32
	from := margin
	for x := from - 2; x < from+2; x++ {
		xx, xy, yy = xx+f.xx[x], xy+f.xy[x], yy+f.yy[x]
	}
	for cell := range best {
		b := &best[cell]
		for end := min((cell+1)*w/gridX, w-margin); from < end; from++ {
			xx, xy, yy = xx+f.xx[from+2], xy+f.xy[from+2], yy+f.yy[from+2]
			if xx > leastQuality && yy > leastQuality {
				if q := smallerEigenvalue(float32(xx), float32(xy), float32(yy)); q > b.quality {
					*b = corner{2*float64(from) + 0.5, 2*float64(y) + 0.5, q}
				}
			}
			xx, xy, yy = xx-f.xx[from-2], xy-f.xy[from-2], yy-f.yy[from-2]
		}
	}
}

func smallerEigenvalue(xx, xy, yy float32) float32 {
	half, diff := (xx+yy)/2, (xx-yy)/2
	return half - sqrt32(diff*diff+xy*xy)
}
