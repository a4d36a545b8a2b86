package main

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"sort"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/lang"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/draw"
)

// A locateMap draws an answer: where the source may be, which buildings, and
// what the answer rests on.
type locateMap struct {
	*draw.Picture
	problem localise.Problem
	answer  localise.Answer
	tag     lang.Tag

	x0, y0, side float64 // of the ground that is shown, local metres
}

const (
	mapSide   = 1000.0 // pixels
	mapPad    = 30.0
	mapWidth  = 1400
	mapHeight = 1060
	legendAt  = mapPad + mapSide + 30
)

// shades colour a building by its probability, from that upwards. Lightness
// falls all the way, so that they are told apart in grey too.
var shades = []struct {
	from float64
	ink  color.RGBA
}{
	{0.20, color.RGBA{128, 0, 38, 255}},
	{0.10, color.RGBA{189, 30, 45, 255}},
	{0.05, color.RGBA{240, 90, 50, 255}},
	{0.02, color.RGBA{253, 165, 90, 255}},
	{0.005, color.RGBA{254, 224, 160, 255}},
}

var noShade = color.RGBA{236, 237, 239, 255}

// writeMap draws the answer to a file.
func writeMap(path string, p localise.Problem, a localise.Answer, tag lang.Tag) error {
	m := locateMap{Picture: draw.New(mapWidth, mapHeight, draw.Paper), problem: p, answer: a, tag: tag}
	m.frame()
	m.buildings()
	m.regions()
	m.tracks()
	m.border()
	m.scale()
	m.legend()
	f, err := os.Create(path)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "the map cannot be written: %v", err)
	}
	if err := m.WritePNG(f); err != nil {
		_ = f.Close()
		return vigia.Errorf(vigia.Invalid, "the map cannot be written: %v", err)
	}
	return f.Close()
}

// frame chooses the ground: the 95 % regions with their surroundings, or all
// readings where there is no source.
func (m *locateMap) frame() {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	add := func(x, y float64) {
		x0, x1, y0, y1 = math.Min(x0, x), math.Max(x1, x), math.Min(y0, y), math.Max(y1, y)
	}
	for _, s := range m.answer.Sources {
		for _, r := range s.Region95 {
			a, b, c, d := r.Bounds()
			add(a, b)
			add(c, d)
		}
	}
	grow := 2.0
	if fixed := m.places(); len(m.answer.Sources) == 0 || len(fixed) <= 24 {
		for _, o := range fixed {
			add(o.At.X, o.At.Y)
			if o.Kind != vigia.PointKind {
				add(o.To.X, o.To.Y)
			}
		}
		grow = 1.15
	}
	m.side = math.Max(math.Max(x1-x0, y1-y0)*grow, 120)
	m.x0, m.y0 = (x0+x1-m.side)/2, (y0+y1-m.side)/2
}

// places are the readings that stand for all those of one place.
func (m *locateMap) places() []localise.Reading {
	type place struct{ x, y, x2, y2 int }
	seen := map[place]bool{}
	var out []localise.Reading
	for _, o := range m.problem.Observations {
		k := place{int(o.At.X), int(o.At.Y), int(o.To.X), int(o.To.Y)}
		if !seen[k] {
			seen[k] = true
			out = append(out, o)
		}
	}
	return out
}

func (m *locateMap) at(x, y float64) draw.Point {
	return draw.Point{X: mapPad + (x-m.x0)/m.side*mapSide, Y: mapPad + mapSide - (y-m.y0)/m.side*mapSide}
}

// rings puts a polygon on the picture, holes turning the other way.
func (m *locateMap) rings(p geo.Polygon) [][]draw.Point {
	var out [][]draw.Point
	for _, ring := range p {
		var r []draw.Point
		for _, q := range ring {
			r = append(r, m.at(q[0], q[1]))
		}
		out = append(out, r)
	}
	return out
}

func (m *locateMap) shown(p geo.Polygon) bool {
	x0, y0, x1, y1 := p.Bounds()
	return x1 > m.x0 && x0 < m.x0+m.side && y1 > m.y0 && y0 < m.y0+m.side
}

func (m *locateMap) buildings() {
	probability := map[vigia.ID]float64{}
	for _, b := range m.answer.Buildings {
		probability[b.ID] = b.Probability
	}
	for _, b := range m.problem.Buildings {
		if !m.shown(b.Footprint) {
			continue
		}
		ink := noShade
		for _, s := range shades {
			if probability[b.ID] >= s.from {
				ink = s.ink
				break
			}
		}
		rings := m.rings(b.Footprint)
		m.Fill(ink, rings...)
		for _, r := range rings {
			m.Line(draw.Grey, 0.8, r...)
		}
	}
}

func (m *locateMap) regions() {
	for _, s := range m.answer.Sources {
		for _, r := range s.Region95 {
			for _, ring := range m.rings(r) {
				m.Dashed(draw.Ink, 1.4, 4, 4, ring...)
			}
		}
		for _, r := range s.Region90 {
			for _, ring := range m.rings(r) {
				m.Line(draw.Ink, 1.4, ring...)
			}
		}
		for _, r := range s.Region50 {
			for _, ring := range m.rings(r) {
				m.Line(draw.Ink, 2.8, ring...)
			}
		}
		m.cross(m.at(s.X, s.Y), s.Ellipse.SemiMinorM/m.side*mapSide)
	}
}

// cross marks the mean of a region that is so many pixels wide, without hiding
// it.
func (m *locateMap) cross(c draw.Point, region float64) {
	r := math.Min(math.Max(region/4, 2.5), 8)
	for _, pen := range []struct {
		ink         color.Color
		width, arms float64
	}{{draw.Paper, 0.75 * r, r + 1}, {draw.Ink, 0.3 * r, r}} {
		m.Line(pen.ink, pen.width, draw.Point{X: c.X - pen.arms, Y: c.Y}, draw.Point{X: c.X + pen.arms, Y: c.Y})
		m.Line(pen.ink, pen.width, draw.Point{X: c.X, Y: c.Y - pen.arms}, draw.Point{X: c.X, Y: c.Y + pen.arms})
	}
}

// tracks draws where sensors were, and on a moving one's way what it read: the
// more, the larger.
func (m *locateMap) tracks() {
	low, high := m.readings()
	last := map[string]localise.Reading{}
	for _, o := range m.sorted() {
		a := m.at(o.At.X, o.At.Y)
		if o.Kind != vigia.PointKind {
			if before, ok := last[o.Sensor]; !ok || before.At != o.At || before.To != o.To {
				m.Line(color.NRGBA{0, 114, 178, 170}, 1.5, a, m.at(o.To.X, o.To.Y))
			}
			last[o.Sensor] = o
			continue
		}
		if before, ok := last[o.Sensor]; ok && before.At != o.At && o.Time.Sub(before.Time).Minutes() < 1 {
			m.Line(color.NRGBA{0, 114, 178, 110}, 1, m.at(before.At.X, before.At.Y), a)
		}
		if before, ok := last[o.Sensor]; !ok || before.At != o.At {
			radius := 1.2
			if high > low {
				radius += 6 * math.Sqrt(math.Min(math.Max((o.Value-low)/(high-low), 0), 1))
			}
			if m.fixed(o.Sensor) {
				radius = 5
			}
			m.Dot(color.NRGBA{0, 114, 178, 150}, a, radius)
		}
		last[o.Sensor] = o
	}
}

func (m *locateMap) fixed(sensor string) bool {
	var at *geo.Local
	for _, o := range m.problem.Observations {
		if o.Sensor != sensor {
			continue
		}
		if at == nil {
			at = &o.At
		} else if math.Hypot(o.At.X-at.X, o.At.Y-at.Y) > 5 {
			return false
		}
	}
	return true
}

func (m *locateMap) sorted() []localise.Reading {
	out := append([]localise.Reading(nil), m.problem.Observations...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Time.Before(out[j].Time) })
	return out
}

// readings are the usual reading and nearly the highest.
func (m *locateMap) readings() (low, high float64) {
	var v []float64
	for _, o := range m.problem.Observations {
		v = append(v, o.Value)
	}
	sort.Float64s(v)
	return v[len(v)*6/10], v[len(v)-1-len(v)/500]
}

// border cuts off what runs over the map's edge.
func (m *locateMap) border() {
	end, far := mapPad+mapSide, 2000.0
	box := func(x0, y0, x1, y1 float64) {
		m.Fill(draw.Paper, []draw.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
	}
	box(0, 0, far, mapPad)
	box(0, 0, mapPad, far)
	box(end, 0, far, far)
	box(0, end, far, far)
	m.Line(draw.Grey, 1, draw.Point{X: mapPad, Y: mapPad}, draw.Point{X: end, Y: mapPad}, draw.Point{X: end, Y: end},
		draw.Point{X: mapPad, Y: end}, draw.Point{X: mapPad, Y: mapPad})
}

// scale draws the bar and the arrow to the north, on a pale ground.
func (m *locateMap) scale() {
	metres := math.Pow(10, math.Floor(math.Log10(m.side/3)))
	for _, k := range []float64{5, 2} {
		if k*metres <= m.side/3 {
			metres *= k
			break
		}
	}
	long := metres / m.side * mapSide
	x, y := mapPad+24, mapPad+mapSide-26
	white := color.NRGBA{255, 255, 255, 220}
	m.Fill(white, []draw.Point{{X: x - 14, Y: y - 34}, {X: x + long + 14, Y: y - 34}, {X: x + long + 14, Y: y + 14}, {X: x - 14, Y: y + 14}})
	m.Line(draw.Ink, 3, draw.Point{X: x, Y: y}, draw.Point{X: x + long, Y: y})
	for _, e := range []float64{x, x + long} {
		m.Line(draw.Ink, 2, draw.Point{X: e, Y: y - 6}, draw.Point{X: e, Y: y + 6})
	}
	m.Text(draw.Ink, 17, draw.Point{X: x + long/2, Y: y - 13}, draw.Centre, fmt.Sprintf("%g m", metres))

	nx, ny := mapPad+mapSide-36, mapPad+24.0
	m.Fill(white, []draw.Point{{X: nx - 24, Y: ny - 12}, {X: nx + 24, Y: ny - 12}, {X: nx + 24, Y: ny + 66}, {X: nx - 24, Y: ny + 66}})
	m.Fill(draw.Ink, []draw.Point{{X: nx, Y: ny - 4}, {X: nx + 11, Y: ny + 34}, {X: nx, Y: ny + 26}, {X: nx - 11, Y: ny + 34}})
	m.Text(draw.Ink, 19, draw.Point{X: nx, Y: ny + 57}, draw.Centre, "N")
}
