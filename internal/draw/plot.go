package draw

import (
	"fmt"
	"image/color"
	"math"
)

// Ink and the other colours of the house's pictures: few, calm, and told apart
// by those who see no red or green (Okabe and Ito 2008).
var (
	Paper     = color.RGBA{255, 255, 255, 255}
	Ink       = color.RGBA{40, 44, 52, 255}
	Grey      = color.RGBA{150, 155, 163, 255}
	PaleGrey  = color.RGBA{228, 230, 234, 255}
	Blue      = color.RGBA{0, 114, 178, 255}
	Orange    = color.RGBA{213, 94, 0, 255}
	Green     = color.RGBA{0, 158, 115, 255}
	curveInks = []color.RGBA{Blue, Orange, Green}
)

// A Curve is a line of a plot.
type Curve struct {
	Name string
	X, Y []float64
	// Lo and Hi, where not empty, are a band around it.
	Lo, Hi []float64
}

// Plot draws curves over the unit square, with the diagonal: observed against
// stated.
func Plot(title, across, up string, curves ...Curve) *Picture {
	const size, left, top, side = 760, 90.0, 70.0, 600.0
	p := New(size, size, Paper)
	at := func(x, y float64) Point { return Point{left + x*side, top + (1-y)*side} }
	for i := 0; i <= 10; i++ {
		v := float64(i) / 10
		p.Line(PaleGrey, 1, at(v, 0), at(v, 1))
		p.Line(PaleGrey, 1, at(0, v), at(1, v))
		if i%2 == 0 {
			q := at(v, 0)
			p.Text(Ink, 15, Point{q.X, q.Y + 22}, Centre, fmt.Sprintf("%.0f %%", 100*v))
			q = at(0, v)
			p.Text(Ink, 15, Point{q.X - 10, q.Y + 5}, Right, fmt.Sprintf("%.0f %%", 100*v))
		}
	}
	for i, c := range curves {
		if len(c.Lo) == 0 {
			continue
		}
		var ring []Point
		for k := range c.X {
			ring = append(ring, at(c.X[k], c.Lo[k]))
		}
		for k := len(c.X) - 1; k >= 0; k-- {
			ring = append(ring, at(c.X[k], c.Hi[k]))
		}
		ink := curveInks[i%len(curveInks)]
		p.Fill(color.NRGBA{ink.R, ink.G, ink.B, 40}, ring)
	}
	p.Dashed(Grey, 1.5, 7, 5, at(0, 0), at(1, 1))
	for i, c := range curves {
		var line []Point
		for k := range c.X {
			line = append(line, at(c.X[k], c.Y[k]))
		}
		ink := curveInks[i%len(curveInks)]
		p.Line(ink, 2.5, line...)
		y := top + 24 + 24*float64(i)
		p.Line(ink, 3, Point{left + 16, y - 5}, Point{left + 44, y - 5})
		p.Text(Ink, 15, Point{left + 52, y}, Left, c.Name)
	}
	p.Line(Ink, 1.2, at(0, 0), at(1, 0))
	p.Line(Ink, 1.2, at(0, 0), at(0, 1))
	p.Text(Ink, 20, Point{left, 42}, Left, title)
	p.Text(Ink, 15, Point{left + side/2, size - 28}, Centre, across)
	p.Text(Ink, 15, Point{14, top - 14}, Left, up)
	return p
}

// Wilson is the interval in which the part lies of which k of n were seen, at
// z standard deviations (Wilson 1927, JASA 22:209).
func Wilson(k, n int, z float64) (lo, hi float64) {
	if n == 0 {
		return 0, 1
	}
	f, m := float64(k)/float64(n), float64(n)
	mid := (f + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(f*(1-f)/m+z*z/(4*m*m))
	return math.Max(mid-half, 0), math.Min(mid+half, 1)
}
