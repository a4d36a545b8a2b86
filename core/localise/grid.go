package localise

import (
	"context"
	"math"
	"sort"

	"github.com/vigia-project/vigia/core/dispersion"
	"github.com/vigia-project/vigia/geo"
)

// Likelihood. A reading is background plus plume. Its error has a part of its
// own (one standard deviation of the background) and a part that grows with
// the plume: a one-minute or one-second mean is a draw from a fluctuating
// plume, whose intensity is of the order of one (Hanna 1984, Atmospheric
// Environment 18:1091). Both are put into one Student distribution with three
// degrees of freedom, whose tail forgives the whiff that no mean plume has.
const (
	fluctuation = 0.8 // standard deviation of the plume part over its mean
	freedom     = 3.0
)

// rates are the emission rates that are tried, kg/h, even in the logarithm: 1
// g/h is below any lab and 1 t/h above any leak that would be called hidden.
var rates = func() []float64 {
	q := make([]float64, 37)
	for i := range q {
		q[i] = math.Pow(10, -3+float64(i)/6)
	}
	return q
}()

// A candidate is a place a source may be, with what the readings say of it.
type candidate struct {
	at       geo.Local
	half     float64   // half the side of the square it stands for
	prior    float64   // probability, before the readings
	building int       // index, or -1
	logRatio []float64 // log likelihood over that of no source, [rate], mean over spreads
	log      float64   // mean over rates
}

// A model evaluates candidates against the readings.
type model struct {
	data    []datum
	spreads []dispersion.Spread // where the wind does not say, by stability class
	scales  []float64           // where it does: factors on the measured tangents
}

func newModel(data []datum, urban bool) *model {
	m := &model{data: data}
	if data[0].tanH > 0 && data[0].tanV > 0 {
		m.scales = []float64{0.5, 0.75, 1, 1.4}
	}
	for _, k := range m.scales {
		m.spreads = append(m.spreads, dispersion.Spread{Size: k})
	}
	for _, c := range dispersion.Classes() {
		if m.scales != nil {
			break
		}
		s := dispersion.BriggsOpenCountry(c)
		if urban {
			s = dispersion.BriggsUrban(c)
		}
		s.Size = sourceSize
		m.spreads = append(m.spreads, s)
	}
	return m
}

// unit is what a source of 1 kg/s at a place would add to a reading, in
// standard deviations of its background.
func (m *model) unit(d *datum, at geo.Local, s dispersion.Spread) float64 {
	if m.scales != nil {
		// Close to a source a plume spreads as the wind's angle does (Taylor 1922).
		k := s.Size
		s = dispersion.Spread{Y: dispersion.Curve{Near: k * d.tanH}, Z: dispersion.Curve{Near: k * d.tanV}, Size: sourceSize}
	}
	dx, dy := d.a.X-at.X, d.a.Y-at.Y
	x := dx*d.ux + dy*d.uy
	pl := dispersion.Plume{SpeedMPS: d.speed, HeightM: at.Z, Spread: s}
	if d.kind == "point" {
		if x <= 0 {
			return 0
		}
		return pl.At(x, dy*d.ux-dx*d.uy, d.a.Z) * d.perKg / d.noise
	}
	ex, ey := d.b.X-at.X, d.b.Y-at.Y
	a := [3]float64{x, dy*d.ux - dx*d.uy, d.a.Z}
	b := [3]float64{ex*d.ux + ey*d.uy, ey*d.ux - ex*d.uy, d.b.Z}
	return pl.Along(a, b) * d.perKg / d.noise
}

// evaluate fills in a candidate's likelihood ratios.
func (m *model) evaluate(c *candidate) {
	n := len(rates)
	c.logRatio = make([]float64, n)
	for k := range c.logRatio {
		c.logRatio[k] = math.Inf(-1)
	}
	one := make([]float64, n)
	p2, p1 := make([]float64, n), make([]float64, n)
	for _, s := range m.spreads {
		m.ratios(c.at, s, one, p1, p2)
		for k, v := range one {
			c.logRatio[k] = logAdd(c.logRatio[k], v-math.Log(float64(len(m.spreads))))
		}
	}
	c.log = math.Inf(-1)
	for _, v := range c.logRatio {
		c.log = logAdd(c.log, v-math.Log(float64(n)))
	}
}

// ratios works out, for each rate, the log of the likelihood of all readings
// over that of no source. Products are taken before logarithms, a few at a
// time: the logarithm is what costs.
func (m *model) ratios(at geo.Local, s dispersion.Spread, out, p1, p2 []float64) {
	for k := range out {
		out[k], p1[k], p2[k] = 0, 1, 1
	}
	base, held := 0.0, 0
	top := rates[len(rates)-1] / 3600
	flush := func() {
		for k := range out {
			out[k] -= 2*math.Log(p1[k]) - 1.5*math.Log(p2[k])
			p1[k], p2[k] = 1, 1
		}
		held = 0
	}
	for i := range m.data {
		d := &m.data[i]
		u := m.unit(d, at, s)
		if u*top < 1e-3 {
			continue
		}
		base += 2 * math.Log(freedom+d.d*d.d)
		for k, q := range rates {
			mu := u * q / 3600
			v := 1 + fluctuation*fluctuation*mu*mu
			r := d.d - mu
			p1[k] *= freedom*v + r*r
			p2[k] *= v
		}
		if held++; held == 8 {
			flush()
		}
	}
	flush()
	for k := range out {
		out[k] += base
	}
}

func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// A box is a rectangle of local metres.
type box struct{ x0, y0, x1, y1 float64 }

// searchBox is where a source may be: around the sensors, and around the
// buildings that are near them.
func searchBox(data []datum) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	add := func(l geo.Local) {
		b.x0, b.y0 = math.Min(b.x0, l.X), math.Min(b.y0, l.Y)
		b.x1, b.y1 = math.Max(b.x1, l.X), math.Max(b.y1, l.Y)
	}
	for _, d := range data {
		add(d.a)
		if d.kind != "point" {
			add(d.b)
		}
	}
	margin := math.Min(math.Max(0.35*math.Hypot(b.x1-b.x0, b.y1-b.y0), 40), 400)
	return box{b.x0 - margin, b.y0 - margin, b.x1 + margin, b.y1 + margin}
}

const (
	sourceHeight  = 1.5 // metres: a vent, a window, a leaking valve
	sourceSize    = 0.5 // metres, standard deviation: nothing vents from a point
	coarseAcross  = 30  // cells across the longer side, to begin with
	finestM       = 1.0
	refineCells   = 150 // how many cells a step of refinement may split
	inBuildings   = 0.8 // prior probability that a source is in a known building
	keepLogBehind = 18  // a cell this far below the best, in log density, is not refined
)

// coarse evaluates the whole box on a coarse grid.
func (m *model) coarse(ctx context.Context, b box, prior float64) ([]candidate, error) {
	h := math.Max(b.x1-b.x0, b.y1-b.y0) / coarseAcross
	nx, ny := int(math.Ceil((b.x1-b.x0)/h)), int(math.Ceil((b.y1-b.y0)/h))
	var cells []candidate
	for j := range ny {
		for i := range nx {
			cells = append(cells, candidate{
				at:   geo.Local{X: b.x0 + (float64(i)+0.5)*h, Y: b.y0 + (float64(j)+0.5)*h, Z: sourceHeight},
				half: h / 2, prior: prior / float64(nx*ny), building: -1,
			})
		}
	}
	return cells, m.evaluateAll(ctx, cells, func() {})
}

// search evaluates the whole box coarsely and splits the cells that matter,
// down to the finest.
func (m *model) search(ctx context.Context, b box, prior float64, step func()) ([]candidate, error) {
	cells, err := m.coarse(ctx, b, prior)
	if err != nil {
		return nil, err
	}
	step()
	h := 2 * cells[0].half
	for ; h > finestM; h /= 3 {
		sort.SliceStable(cells, func(i, j int) bool { return cells[i].weight() > cells[j].weight() })
		var split, keep []candidate
		best := cells[0].log
		for i, c := range cells {
			if i < refineCells && c.half > h/2*0.9 && c.log > best-keepLogBehind {
				for k := range 9 {
					split = append(split, candidate{
						at:   geo.Local{X: c.at.X + float64(k%3-1)*h/3, Y: c.at.Y + float64(k/3-1)*h/3, Z: c.at.Z},
						half: h / 6, prior: c.prior / 9, building: -1,
					})
				}
				continue
			}
			keep = append(keep, c)
		}
		if err := m.evaluateAll(ctx, split, step); err != nil {
			return nil, err
		}
		cells = append(keep, split...)
	}
	return cells, nil
}

func (m *model) evaluateAll(ctx context.Context, cs []candidate, step func()) error {
	for i := range cs {
		if i%16 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		m.evaluate(&cs[i])
	}
	step()
	return nil
}

// weight is the log of the candidate's share of the posterior, unnormalised.
func (c candidate) weight() float64 { return c.log + math.Log(c.prior) }
