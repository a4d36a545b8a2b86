package kernel

import "unsafe"

// portable is plain Go, for every processor.
var portable = Implementation{Name: "portable", centre: centreGo, tile: tileGo, norm2: norm2Go, dot: dotGo}

// view shows n numbers from p on.
func view(p *float32, n int) []float32 { return unsafe.Slice(p, n) }

func centreGo(dst, src, shift, sum *float32, n, lanes, stride int) {
	d, s, from, total := view(dst, n*Lanes), view(src, (n-1)*stride+lanes), view(shift, Lanes), view(sum, Lanes)
	for p := range n {
		row := d[p*Lanes : (p+1)*Lanes]
		for i, v := range s[p*stride : p*stride+lanes] {
			row[i] = v - from[i]
			total[i] += row[i]
		}
		clear(row[lanes:])
	}
}

// tileGo adds to eight rows of the Gram matrix: c[r][i] += Σ b[r]·a[i], the
// rows stride bytes apart.
func tileGo(c, a, b *float32, stride, n int) {
	stride /= 4
	rows, av, bv := view(c, 7*stride+Lanes), view(a, n*Lanes), view(b, (n-1)*Lanes+8)
	var t [8][Lanes]float32
	for p := range n {
		x := (*[Lanes]float32)(av[p*Lanes:])
		for r, y := range bv[p*Lanes : p*Lanes+8] {
			row := &t[r]
			for i, v := range x {
				row[i] += y * v
			}
		}
	}
	for r := range t {
		out := rows[r*stride : r*stride+Lanes]
		for i, v := range t[r] {
			out[i] += v
		}
	}
}

func norm2Go(out, x, w *float32, panels, panelBytes int) {
	step := panelBytes / 4
	xs := view(x, (panels-1)*step+Group*Lanes)
	ws := view(w, panels*(panels+1)/2*Lanes*Lanes)
	var total [Group]float32
	for r := range panels {
		var y [Group][Lanes]float32
		for q := 0; q <= r; q++ {
			for j := range Lanes {
				col := (*[Lanes]float32)(ws[j*Lanes:])
				for p := range y {
					v := xs[q*step+p*Lanes+j]
					for i, c := range col {
						y[p][i] += v * c
					}
				}
			}
			ws = ws[Lanes*Lanes:]
		}
		for p := range y {
			for _, v := range y[p] {
				total[p] += v * v
			}
		}
	}
	copy(view(out, Group), total[:])
}

func dotGo(out, x, w *float32, panels, panelBytes int) {
	step := panelBytes / 4
	xs, ws := view(x, (panels-1)*step+Group*Lanes), view(w, panels*Lanes)
	var total [Group]float32
	for q := range panels {
		weights := ws[q*Lanes : (q+1)*Lanes]
		for p := range total {
			for i, v := range xs[q*step+p*Lanes : q*step+(p+1)*Lanes] {
				total[p] += v * weights[i]
			}
		}
	}
	copy(view(out, Group), total[:])
}
