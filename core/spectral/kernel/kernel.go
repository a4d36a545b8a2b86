// Package kernel holds the inner loops of core/spectral: the Gram matrix of
// pixels, their whitened length and their projections, in float32.
//
// Pixels lie in panels: Lanes bands side by side, pixel after pixel, then the
// next Lanes bands. A block of n pixels of b bands is Panels(b) panels of
// n·Lanes numbers; bands past the last are zero. The layout serves every
// kernel: a tile of the Gram matrix reads two panels front to back, and a panel
// of a block fits the first cache.
//
// Three implementations do the same: AVX-512 and AVX2 in assembly, and Go. The
// best that the processor has is chosen once, at the start; tests hold each
// against the other two.
package kernel

// Lanes is how many bands a panel holds.
const Lanes = 32

// Group is what a number of pixels must be a multiple of.
const Group = 8

// run is how many pixels a tile of the Gram matrix takes at once: two panels of
// as many fit a first-level cache of 32 KiB.
const run = 128

// Panels returns how many panels hold a number of bands.
func Panels(bands int) int { return (bands + Lanes - 1) / Lanes }

// An Implementation is one set of the kernels.
type Implementation struct {
	Name   string
	centre func(dst, src, shift, sum *float32, n, lanes, stride int)
	tile   func(c, a, b *float32, stride, n int)
	norm2  func(out, x, w *float32, panels, panelBytes int)
	dot    func(out, x, w *float32, panels, panelBytes int)
}

// best is the first of the implementations that this processor has.
var best = Available()[0]

// Best returns the implementation that was chosen for this processor.
func Best() Implementation { return best }

// Centre writes pixels less a shift into panels, and adds each band's sum to
// sum. src holds n pixels of bands numbers, one after the other; dst has room
// for n·Panels(bands)·Lanes; shift and sum have Panels(bands)·Lanes entries,
// shift's past the last band zero. Where a number is not finite, so is a sum.
func (k Implementation) Centre(dst, src, shift, sum []float32, n, bands int) {
	panels := Panels(bands)
	_, _, _, _ = dst[n*panels*Lanes-1], src[n*bands-1], shift[panels*Lanes-1], sum[panels*Lanes-1]
	for p := range panels {
		lanes := min(Lanes, bands-p*Lanes)
		k.centre(&dst[p*n*Lanes], &src[p*Lanes], &shift[p*Lanes], &sum[p*Lanes], n, lanes, bands)
	}
}

// Gram adds x·xᵀ of n pixels to c, in the panels on and above the diagonal: c
// is a square of Panels(bands)·Lanes, row by row, of which rows of panel i and
// columns of panel j ≥ i are touched.
func (k Implementation) Gram(c, x []float32, n, bands int) {
	panels := Panels(bands)
	edge := panels * Lanes
	_, _ = c[edge*edge-1], x[n*edge-1]
	for from := 0; from < n; from += run {
		m := min(run, n-from)
		for j := range panels {
			a := &x[(j*n+from)*Lanes]
			for i := 0; i <= j; i++ {
				for r := 0; r < Lanes; r += 8 {
					k.tile(&c[(i*Lanes+r)*edge+j*Lanes], a, &x[(i*n+from)*Lanes+r], 4*edge, m)
				}
			}
		}
	}
}

// Norm2 writes |W·x|² of n pixels (a multiple of Group) to out. w is a lower
// triangular W as Pack lays it out.
func (k Implementation) Norm2(out, x, w []float32, n, bands int) {
	panels := Panels(bands)
	_, _, _ = out[n-1], x[n*panels*Lanes-1], w[panels*(panels+1)/2*Lanes*Lanes-1]
	for p := 0; p+Group <= n; p += Group {
		k.norm2(&out[p], &x[p*Lanes], &w[0], panels, n*Lanes*4)
	}
}

// Dot writes wᵀ·x of n pixels (a multiple of Group) to out. w has
// Panels(bands)·Lanes entries.
func (k Implementation) Dot(out, x, w []float32, n, bands int) {
	panels := Panels(bands)
	_, _, _ = out[n-1], x[n*panels*Lanes-1], w[panels*Lanes-1]
	for p := 0; p+Group <= n; p += Group {
		k.dot(&out[p], &x[p*Lanes], &w[0], panels, n*Lanes*4)
	}
}

// Pack lays out a lower triangular matrix of bands rows, at(i, j) with j ≤ i,
// for Norm2: panel of rows by panel of columns up to the diagonal's, and in each
// column by column, Lanes rows side by side.
func Pack(bands int, at func(i, j int) float64) []float32 {
	panels := Panels(bands)
	w := make([]float32, panels*(panels+1)/2*Lanes*Lanes)
	to := 0
	for r := range panels {
		for j := range (r + 1) * Lanes {
			for i := r * Lanes; i < (r+1)*Lanes; i++ {
				if i < bands && j <= i {
					w[to] = float32(at(i, j))
				}
				to++
			}
		}
	}
	return w
}
