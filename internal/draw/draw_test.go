package draw

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"testing"
)

// A square with a hole covers what its area says, smooth edges and all.
func TestFill_CoversTheArea(t *testing.T) {
	p := New(60, 40, Paper)
	p.Fill(color.Black,
		[]Point{{10.5, 10}, {30.5, 10}, {30.5, 30}, {10.5, 30}},
		[]Point{{15, 15}, {15, 25}, {25, 25}, {25, 15}}) // the other way round: a hole
	dark := 0.0
	for y := range 40 {
		for x := range 60 {
			r, _, _, _ := p.img.At(x, y).RGBA()
			dark += 1 - float64(r)/0xffff
		}
	}
	if math.Abs(dark-300) > 2 {
		t.Errorf("%.1f pixels are dark; 20 × 20 less 10 × 10 are 300", dark)
	}
}

// What lies beyond the edge is left out, and nothing else.
func TestPicture_BeyondTheEdge(t *testing.T) {
	p := New(20, 20, Paper)
	p.Line(color.Black, 3, Point{-500, 10}, Point{500, 10})
	p.Dot(color.Black, Point{-80, -80}, 5)
	p.Dashed(Blue, 2, 4, 3, Point{2, 2}, Point{18, 2})
	p.Ring(Blue, Point{100, 100}, 8, 1)
	p.Text(Ink, 12, Point{15, 18}, Left, "beyond")
	if r, _, _, _ := p.img.At(10, 10).RGBA(); r != 0 {
		t.Error("a line that runs over both edges is not seen between them")
	}
	var b bytes.Buffer
	if err := p.WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(&b); err != nil || img.Bounds().Dx() != 20 {
		t.Errorf("what was written does not read: %v", err)
	}
}

// Words are as wide as they are told to be: text that is aligned to the right
// ends at its place.
func TestText_Aligns(t *testing.T) {
	for _, c := range []struct {
		align    Align
		from, to float64
	}{{Left, 100, 100 + Width(20, "mmmm")}, {Centre, 100 - Width(20, "mmmm")/2, 100 + Width(20, "mmmm")/2}, {Right, 100 - Width(20, "mmmm"), 100}} {
		p := New(200, 40, Paper)
		p.Text(color.Black, 20, Point{100, 25}, c.align, "mmmm")
		lo, hi := 200, 0
		for x := range 200 {
			for y := range 40 {
				if r, _, _, _ := p.img.At(x, y).RGBA(); r < 0x8000 {
					lo, hi = min(lo, x), max(hi, x)
				}
			}
		}
		if math.Abs(float64(lo)-c.from) > 4 || math.Abs(float64(hi)-c.to) > 4 {
			t.Errorf("aligned %v the words reach from %d to %d; %.0f to %.0f expected", c.align, lo, hi, c.from, c.to)
		}
	}
}

// Wilson (1927): 81 of 263 give 0.2553 to 0.3662 at 95 % (Newcombe 1998,
// Statistics in Medicine 17:857, table I).
func TestWilson(t *testing.T) {
	if lo, hi := Wilson(81, 263, 1.959964); math.Abs(lo-0.2553) > 1e-4 || math.Abs(hi-0.3662) > 1e-4 {
		t.Errorf("%.4f to %.4f; 0.2553 to 0.3662 is published", lo, hi)
	}
}

// A plot of nothing and of a curve with a band.
func TestPlot(t *testing.T) {
	p := Plot("title", "across", "up", Curve{Name: "one", X: []float64{0, 1}, Y: []float64{0, 0.9}, Lo: []float64{0, 0.8}, Hi: []float64{0.1, 1}})
	if w, h := p.Size(); w < 500 || h < 500 {
		t.Errorf("the plot is %v × %v", w, h)
	}
	Plot("none", "", "")
}
