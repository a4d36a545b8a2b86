// Package draw makes calm pictures: filled shapes, lines and words on a PNG,
// with smooth edges. Places are pixels from the upper left corner.
package draw

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// A Point is a place on the picture.
type Point struct{ X, Y float64 }

// A Picture is what is drawn on.
type Picture struct{ img *image.RGBA }

// New makes a picture of one colour.
func New(width, height int, paper color.Color) *Picture {
	p := &Picture{image.NewRGBA(image.Rect(0, 0, width, height))}
	p.Fill(paper, []Point{{0, 0}, {float64(width), 0}, {float64(width), float64(height)}, {0, float64(height)}})
	return p
}

// Size is the picture's width and height.
func (p *Picture) Size() (w, h float64) {
	return float64(p.img.Rect.Dx()), float64(p.img.Rect.Dy())
}

// WritePNG writes the picture.
func (p *Picture) WritePNG(w io.Writer) error { return png.Encode(w, p.img) }

// Fill fills closed rings. A ring that turns the other way is a hole.
func (p *Picture) Fill(c color.Color, rings ...[]Point) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, ring := range rings {
		for _, q := range ring {
			x0, x1, y0, y1 = math.Min(x0, q.X), math.Max(x1, q.X), math.Min(y0, q.Y), math.Max(y1, q.Y)
		}
	}
	w, h := p.Size()
	x0, y0, x1, y1 = math.Floor(math.Max(x0, 0)), math.Floor(math.Max(y0, 0)), math.Min(x1, w), math.Min(y1, h)
	if !(x1 > x0 && y1 > y0) {
		return
	}
	box := image.Rect(int(x0), int(y0), int(math.Ceil(x1)), int(math.Ceil(y1)))
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	for _, ring := range rings {
		for i, q := range ring {
			x, y := float32(q.X-x0), float32(q.Y-y0)
			if i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	}
	r.Draw(p.img, box, image.NewUniform(c), image.Point{})
}

// Line draws a line through points. Each stretch is a shape of its own, and all
// together are filled once, so that a crossing is no darker.
func (p *Picture) Line(c color.Color, width float64, points ...Point) {
	var rings [][]Point
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		l := math.Hypot(b.X-a.X, b.Y-a.Y)
		if l == 0 {
			continue
		}
		dx, dy := (b.X-a.X)/l*width/2, (b.Y-a.Y)/l*width/2
		rings = append(rings, []Point{{a.X - dy, a.Y + dx}, {b.X - dy, b.Y + dx}, {b.X + dy, b.Y - dx}, {a.X + dy, a.Y - dx}})
		if i+1 < len(points) && width > 1.5 {
			rings = append(rings, circle(b, width/2, true))
		}
	}
	p.Fill(c, rings...)
}

// Dashed is Line in dashes of on pixels and gaps of off.
func (p *Picture) Dashed(c color.Color, width, on, off float64, points ...Point) {
	left, pen := on, true
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		for l := math.Hypot(b.X-a.X, b.Y-a.Y); l > 1e-9; l = math.Hypot(b.X-a.X, b.Y-a.Y) {
			f := math.Min(left/l, 1)
			q := Point{a.X + f*(b.X-a.X), a.Y + f*(b.Y-a.Y)}
			if pen {
				p.Line(c, width, a, q)
			}
			if left -= f * l; left < 1e-9 {
				if pen = !pen; pen {
					left = on
				} else {
					left = off
				}
			}
			a = q
		}
	}
}

// Dot draws a filled circle.
func (p *Picture) Dot(c color.Color, at Point, radius float64) {
	p.Fill(c, circle(at, radius, false))
}

// Ring draws a circle's edge.
func (p *Picture) Ring(c color.Color, at Point, radius, width float64) {
	p.Fill(c, circle(at, radius+width/2, false), circle(at, radius-width/2, true))
}

func circle(at Point, radius float64, back bool) []Point {
	n := max(12, int(4*math.Sqrt(radius)*3))
	out := make([]Point, n)
	for i := range out {
		a := 2 * math.Pi * float64(i) / float64(n)
		if back {
			a = -a
		}
		s, c := math.Sincos(a)
		out[i] = Point{at.X + radius*c, at.Y + radius*s}
	}
	return out
}

// Where words stand beside their place.
type Align float64

// The alignments.
const (
	Left   Align = 0
	Centre Align = 0.5
	Right  Align = 1
)

// regular is the Go font, which comes with the module: no picture depends on
// what a machine has.
var regular = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic("draw: the built-in font: " + err.Error()) // a defect, not an input
	}
	return f
})

func face(size float64) font.Face {
	f, err := opentype.NewFace(regular(), &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic("draw: a size of the built-in font: " + err.Error())
	}
	return f
}

// Text writes words with their base line at a place.
func (p *Picture) Text(c color.Color, size float64, at Point, a Align, words string) {
	d := font.Drawer{Dst: p.img, Src: image.NewUniform(c), Face: face(size)}
	w := float64(d.MeasureString(words)) / 64
	d.Dot = fixed.Point26_6{X: fixed.Int26_6((at.X - float64(a)*w) * 64), Y: fixed.Int26_6(at.Y * 64)}
	d.DrawString(words)
}

// Width is how wide words are.
func Width(size float64, words string) float64 {
	return float64(font.MeasureString(face(size), words)) / 64
}
