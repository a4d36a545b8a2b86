package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// block makes n pixels of bands numbers with a mean far from zero.
func block(seed uint64, n, bands int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n*bands)
	for i := range x {
		x[i] = float32(100 + 10*r.NormFloat64())
	}
	return x
}

func shiftOf(bands int) []float32 {
	s := make([]float32, Panels(bands)*Lanes)
	for i := range bands {
		s[i] = 99 + float32(i%3)
	}
	return s
}

var shapes = []struct{ n, bands int }{{8, 1}, {8, 31}, {16, 32}, {24, 33}, {136, 40}, {512, 128}, {264, 189}, {8, 224}}

// Each implementation against plain float64 sums.
func TestKernels(t *testing.T) {
	for _, k := range Available() {
		for _, s := range shapes {
			t.Run(fmt.Sprintf("%s/%dx%d", k.Name, s.n, s.bands), func(t *testing.T) { check(t, k, s.n, s.bands) })
		}
	}
}

func check(t *testing.T, k Implementation, n, bands int) {
	src, shift := block(7, n, bands), shiftOf(bands)
	edge := Panels(bands) * Lanes
	x, sum := make([]float32, n*edge), make([]float32, edge)
	for i := range x {
		x[i] = float32(math.NaN()) // whatever is not written is seen
	}
	k.Centre(x, src, shift, sum, n, bands)
	at := func(p, b int) float64 { return float64(src[p*bands+b] - shift[b]) }
	for p := range n {
		for b := range edge {
			want := 0.0
			if b < bands {
				want = at(p, b)
			}
			if got := x[(b/Lanes*n+p)*Lanes+b%Lanes]; float64(got) != want {
				t.Fatalf("pixel %d, band %d centres to %v, want %v", p, b, got, want)
			}
		}
	}
	c := make([]float32, edge*edge)
	k.Gram(c, x, n, bands)
	w := make([]float32, edge)
	low := func(i, j int) float64 { return math.Sin(float64(3*i+j)) / float64(1+i-j) }
	for i := range bands {
		w[i] = float32(math.Cos(float64(i)))
	}
	length, dot := make([]float32, n), make([]float32, n)
	k.Norm2(length, x, Pack(bands, low), n, bands)
	k.Dot(dot, x, w, n, bands)
	for i := range bands {
		var total, size float64
		for j := i; j < bands; j++ {
			var want, scale float64
			for p := range n {
				want += at(p, i) * at(p, j)
				scale += math.Abs(at(p, i) * at(p, j))
			}
			near(t, fmt.Sprintf("gram %d,%d", i, j), c[i*edge+j], want, scale)
		}
		for p := range n {
			total += at(p, i)
			size += math.Abs(at(p, i))
		}
		near(t, fmt.Sprintf("sum of band %d", i), sum[i], total, size)
	}
	for p := range n {
		var want, scale, proj, size float64
		for i := range bands {
			var y, a float64
			for j := 0; j <= i; j++ {
				y += float64(float32(low(i, j))) * at(p, j)
				a += math.Abs(low(i, j) * at(p, j))
			}
			want += y * y
			scale += a * a
			proj += float64(w[i]) * at(p, i)
			size += math.Abs(float64(w[i]) * at(p, i))
		}
		near(t, fmt.Sprintf("length of pixel %d", p), length[p], want, scale)
		near(t, fmt.Sprintf("projection of pixel %d", p), dot[p], proj, size)
	}
}

// near allows the rounding of a float32 sum, whose size bounds its error
// (Higham 2002, eq. 3.5: n·u with u = 6e-8; pairwise here, so far below).
func near(t *testing.T, what string, got float32, want, size float64) {
	t.Helper()
	if d := math.Abs(float64(got) - want); !(d <= 5e-6*size+1e-30) {
		t.Errorf("%s is %v, want %v (off by %.2g of its terms)", what, got, want, d/size)
	}
}

// A number that is not finite shows in the sums.
func TestCentre_NotFinite(t *testing.T) {
	for _, k := range Available() {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			src := block(1, 8, 40)
			src[3*40+35] = float32(bad)
			x, sum := make([]float32, 8*64), make([]float32, 64)
			k.Centre(x, src, shiftOf(40), sum, 8, 40)
			if v := float64(sum[35]); !math.IsNaN(v) && !math.IsInf(v, 0) {
				t.Errorf("%s: %v among the numbers sums to %v", k.Name, bad, v)
			}
		}
	}
}

func BenchmarkGram(b *testing.B) {
	const n, bands = 512, 128
	for _, k := range Available() {
		b.Run(k.Name, func(b *testing.B) {
			x, sum := make([]float32, n*bands), make([]float32, bands)
			k.Centre(x, block(1, n, bands), shiftOf(bands), sum, n, bands)
			c := make([]float32, bands*bands)
			for b.Loop() {
				k.Gram(c, x, n, bands)
			}
			b.ReportMetric(float64(b.N)*n*bands*(bands+1)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkNorm2(b *testing.B) {
	const n, bands = 512, 128
	for _, k := range Available() {
		b.Run(k.Name, func(b *testing.B) {
			x, sum := make([]float32, n*bands), make([]float32, bands)
			k.Centre(x, block(1, n, bands), shiftOf(bands), sum, n, bands)
			w, out := Pack(bands, func(i, j int) float64 { return 1 / float64(1+i+j) }), make([]float32, n)
			for b.Loop() {
				k.Norm2(out, x, w, n, bands)
			}
			b.ReportMetric(float64(b.N)*n*bands*(bands+1)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
