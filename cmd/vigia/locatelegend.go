package main

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"github.com/vigia-project/vigia/core/lang"
	"github.com/vigia-project/vigia/internal/draw"
)

// legend is the column beside the map.
func (m *locateMap) legend() {
	y := mapPad + 22.0
	m.Text(draw.Ink, 24, draw.Point{X: legendAt, Y: y}, draw.Left, lang.OnMap(m.tag, "title"))
	y += 12
	for _, line := range wrap(locatedInWords(m.answer, m.tag), 16, mapWidth-legendAt-20) {
		y += 23
		m.Text(draw.Ink, 16, draw.Point{X: legendAt, Y: y}, draw.Left, line)
	}
	y += 40
	mark := func(words string, sign func(y float64)) {
		sign(y - 6)
		m.Text(draw.Ink, 15, draw.Point{X: legendAt + 52, Y: y}, draw.Left, words)
		y += 26
	}
	from, to := legendAt, legendAt+38
	line := func(width float64) func(float64) {
		return func(y float64) {
			m.Line(draw.Ink, width, draw.Point{X: from, Y: y}, draw.Point{X: to, Y: y})
		}
	}
	mark(lang.OnMap(m.tag, "region", 50), line(2.8))
	mark(lang.OnMap(m.tag, "region", 90), line(1.4))
	mark(lang.OnMap(m.tag, "region", 95), func(y float64) {
		m.Dashed(draw.Ink, 1.4, 4, 4, draw.Point{X: from, Y: y}, draw.Point{X: to, Y: y})
	})
	blue := color.NRGBA{0, 114, 178, 150}
	mark(lang.OnMap(m.tag, "track"), func(y float64) {
		m.Line(blue, 1, draw.Point{X: from, Y: y}, draw.Point{X: to, Y: y})
		m.Dot(blue, draw.Point{X: from + 9, Y: y}, 2)
		m.Dot(blue, draw.Point{X: from + 26, Y: y}, 6)
	})
	if len(m.problem.Buildings) > 0 {
		y += 14
		m.Text(draw.Ink, 15, draw.Point{X: legendAt, Y: y}, draw.Left, lang.OnMap(m.tag, "building"))
		y += 26
		for i, s := range shades {
			words := fmt.Sprintf("≥ %g %%", 100*s.from)
			if i > 0 {
				words = fmt.Sprintf("%g – %g %%", 100*s.from, 100*shades[i-1].from)
			}
			mark(words, m.swatch(s.ink))
		}
		mark(fmt.Sprintf("< %g %%", 100*shades[len(shades)-1].from), m.swatch(noShade))
	}
	y += 14
	m.Text(draw.Ink, 15, draw.Point{X: legendAt, Y: y}, draw.Left, lang.OnMap(m.tag, "wind"))
	m.rose(draw.Point{X: legendAt + 110, Y: y + 130}, 96)
	m.Text(draw.Grey, 13, draw.Point{X: legendAt, Y: mapPad + mapSide}, draw.Left,
		fmt.Sprintf("%s, %s", m.answer.Method, m.answer.AsOf.UTC().Format("2006-01-02 15:04 UTC")))
}

func (m *locateMap) swatch(ink color.RGBA) func(y float64) {
	return func(y float64) {
		r := []draw.Point{{X: legendAt, Y: y - 8}, {X: legendAt + 38, Y: y - 8}, {X: legendAt + 38, Y: y + 8}, {X: legendAt, Y: y + 8}, {X: legendAt, Y: y - 8}}
		m.Fill(ink, r)
		m.Line(draw.Grey, 0.8, r...)
	}
}

// rose draws how often the wind came from each of sixteen directions while the
// readings were made, and its mean speed.
func (m *locateMap) rose(c draw.Point, radius float64) {
	const petals = 16
	var count [petals]float64
	most, n, speed := 0.0, 0.0, 0.0
	from, to := m.problem.Observations[0].Time, m.problem.Observations[0].Time
	for _, o := range m.problem.Observations {
		if o.Time.Before(from) {
			from = o.Time
		}
		if o.Time.After(to) {
			to = o.Time
		}
	}
	for _, w := range m.problem.Winds {
		if w.Time.Before(from) || w.Time.After(to) {
			continue
		}
		k := int(math.Floor(math.Mod(w.FromDeg+360+180/petals, 360)/360*petals)) % petals
		count[k]++
		most, n, speed = math.Max(most, count[k]), n+1, speed+w.SpeedMPS
	}
	m.Ring(draw.PaleGrey, c, radius, 1)
	m.Ring(draw.PaleGrey, c, radius/2, 1)
	for i, name := range strings.Fields(lang.OnMap(m.tag, "compass")) {
		s, cos := math.Sincos(float64(i) * math.Pi / 2)
		m.Text(draw.Ink, 14, draw.Point{X: c.X + (radius+13)*s, Y: c.Y - (radius+13)*cos + 5}, draw.Centre, name)
	}
	if n == 0 {
		return
	}
	for k, v := range count {
		if v == 0 {
			continue
		}
		ring := []draw.Point{c}
		for step := -5; step <= 5; step++ {
			a := (float64(k) + 0.42*float64(step)/5) * 2 * math.Pi / petals
			r := radius * v / most
			ring = append(ring, draw.Point{X: c.X + r*math.Sin(a), Y: c.Y - r*math.Cos(a)})
		}
		m.Fill(color.NRGBA{0, 114, 178, 170}, ring)
	}
	m.Text(draw.Ink, 14, draw.Point{X: c.X, Y: c.Y + radius + 40}, draw.Centre, lang.OnMap(m.tag, "speed", speed/n))
}

// wrap breaks words into lines no wider than width pixels.
func wrap(words string, size, width float64) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(words) {
		next := strings.TrimSpace(line + " " + w)
		if line != "" && draw.Width(size, next) > width {
			out = append(out, line)
			next = w
		}
		line = next
	}
	return append(out, line)
}
