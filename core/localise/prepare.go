package localise

import (
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// prepare checks the problem and makes its readings ready, in time order.
func prepare(p Problem) (*model, time.Time, error) {
	if len(p.Observations) == 0 {
		return nil, time.Time{}, vigia.Errorf(vigia.Invalid, "there is no reading to locate a source from")
	}
	if len(p.Winds) == 0 {
		return nil, time.Time{}, vigia.Errorf(vigia.Invalid, "there is no wind record: without wind nothing can be located")
	}
	if !(p.Chemical.MolarMass > 0) {
		return nil, time.Time{}, vigia.Errorf(vigia.Invalid, "the chemical %q has no molar mass", p.Chemical.Name)
	}
	obs := make([]Reading, 0, len(p.Observations))
	for _, r := range p.Observations {
		if !math.IsNaN(r.Value) && !math.IsInf(r.Value, 0) {
			obs = append(obs, r)
		}
	}
	if len(obs) == 0 {
		return nil, time.Time{}, vigia.Errorf(vigia.Invalid, "no reading holds a number")
	}
	sort.SliceStable(obs, func(i, j int) bool {
		if !obs[i].Time.Equal(obs[j].Time) {
			return obs[i].Time.Before(obs[j].Time)
		}
		return obs[i].Sensor < obs[j].Sensor
	})
	start, end := obs[0].Time, obs[len(obs)-1].Time
	last := end.Sub(start).Seconds()
	m := &model{
		path:     newWindPath(p.Winds, start, last),
		seed:     uint64(p.Seed),
		start:    start,
		workers:  max(p.Workers, 1),
		readings: len(obs),
		last:     last,
	}
	names := map[string]int{}
	for _, r := range obs {
		name := r.Sensor
		if r.Above {
			name += " above" // apart from what it reads with a background
		}
		k, ok := names[name]
		if !ok {
			k = len(names)
			names[name] = k
			m.names = append(m.names, r.Sensor)
		}
		m.data = append(m.data, m.datum(r, r.Time.Sub(start).Seconds(), k, p.Chemical))
	}
	m.sensors = len(names)
	m.data = sample(gather(m.data, m.sensors))
	m.setHeights()
	m.setBlur()
	m.area = searchBox(m.data)
	m.readWind(m.path)
	m.firstBackground()
	m.setPrior(p.Buildings)
	return m, end, nil
}

func (m *model) datum(r Reading, t float64, sensor int, chemical vigia.Chemical) datum {
	i, _ := m.path.index(t)
	w := m.path.steps[i]
	d := datum{
		x: r.At.X, y: r.At.Y, z: math.Max(r.At.Z, 0), t: t, value: r.Value, sensor: sensor, weight: 1,
		perKg: 1 / chemical.KgPerM3PerPPM(w.tempK, w.presPa), stated: r.Sigma, above: r.Above,
	}
	if r.Kind != vigia.PointKind {
		d.path = true
		d.x2, d.y2, d.z2 = r.To.X, r.To.Y, math.Max(r.To.Z, 0)
	}
	if r.Kind == vigia.ColumnKind {
		d.perKg *= distance(r.At, r.To)
	}
	d.full = r.Saturation > 0 && r.Value >= r.Saturation
	if r.Limit > 0 && r.Value <= r.Limit {
		// It may be anything from nothing to the limit.
		d.stated = math.Hypot(d.stated, r.Limit/math.Sqrt(12))
		d.value = r.Limit / 2
	}
	return d
}

func distance(a, b geo.Local) float64 {
	return math.Sqrt((a.X-b.X)*(a.X-b.X) + (a.Y-b.Y)*(a.Y-b.Y) + (a.Z-b.Z)*(a.Z-b.Z))
}

// setBlur finds over how much ground the columns of an image are means. Its parts
// tile the ground, so that each is as wide as it is far from the next; a plume
// averaged over a part is wider by the part's variance. Without it a narrow plume
// passes between the middles of wide parts, unseen.
func (m *model) setBlur() {
	var parts []int
	for i := range m.data {
		if d := &m.data[i]; d.above && d.path {
			parts = append(parts, i)
		}
	}
	sort.Slice(parts, func(i, j int) bool {
		a, b := &m.data[parts[i]], &m.data[parts[j]]
		return a.x < b.x || a.x == b.x && parts[i] < parts[j]
	})
	for n, i := range parts {
		d, next := &m.data[i], math.Inf(1)
		for _, step := range []int{-1, 1} {
			for k := n + step; k >= 0 && k < len(parts); k += step {
				o := &m.data[parts[k]]
				if math.Abs(o.x-d.x) >= next {
					break
				}
				if apart := math.Hypot(o.x-d.x, o.y-d.y); apart > 0 {
					next = math.Min(next, apart)
				}
			}
		}
		if !math.IsInf(next, 1) {
			d.blur2 = next * next / 12
		}
	}
}

const (
	// Successive readings are averaged over at most this long and this far: the
	// turbulence between them is not independent, and a plume is wider.
	gatherSeconds = 15.0
	gatherMetres  = 30.0

	// At most this many readings are looked at for each candidate, a path counting
	// as five: every second, third, … slot is taken. Those of some minutes apart say
	// little that their neighbours do not (setTemper).
	mostReadings = 3100
)

// cost is the work that readings are, in that of one at a point.
func cost(data []datum) int {
	n := len(data)
	for _, d := range data {
		if d.path {
			n += 4
		}
	}
	return n
}

// sample takes the readings of every n-th slot where there are too many.
func sample(data []datum) []datum {
	every := (cost(data) + mostReadings - 1) / mostReadings
	if every <= 1 {
		return data
	}
	var out []datum
	for _, d := range data {
		if int(d.t/slotSeconds)%every == 0 {
			out = append(out, d)
		}
	}
	return out
}

// gather averages successive readings of a sensor that are near each other in
// time and place; what stands above its background was averaged by who measured
// it. The data is in time order, and stays so.
func gather(data []datum, sensors int) []datum {
	open := make([]int, sensors) // index in out of the sensor's open block, plus one
	var out []datum
	first := make([]datum, sensors)
	for _, d := range data {
		if i := open[d.sensor] - 1; i >= 0 && !d.above {
			f := first[d.sensor]
			if d.t-f.t < gatherSeconds && math.Hypot(d.x-f.x, d.y-f.y) < gatherMetres && d.path == f.path {
				join(&out[i], d)
				continue
			}
		}
		first[d.sensor] = d
		out = append(out, d)
		open[d.sensor] = len(out)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].t < out[j].t })
	return out
}

// join makes o the mean of itself and d.
func join(o *datum, d datum) {
	n := o.weight
	mean := func(a *float64, b float64) { *a = (*a*n + b) / (n + 1) }
	mean(&o.x, d.x)
	mean(&o.y, d.y)
	mean(&o.z, d.z)
	mean(&o.x2, d.x2)
	mean(&o.y2, d.y2)
	mean(&o.z2, d.z2)
	mean(&o.t, d.t)
	mean(&o.value, d.value)
	mean(&o.perKg, d.perKg)
	// Of readings of which some are less than there was, the mean is.
	o.full = o.full || d.full
	// A stated error may be one that all readings share: it is not averaged away.
	mean(&o.stated, d.stated)
	o.weight++
}

// readWind gives each reading the wind it was made in.
func (m *model) readWind(w windPath) {
	m.path = w
	for i := range m.data {
		d := &m.data[i]
		d.slot = int(d.t / slotSeconds)
		k, f := w.index(d.t)
		a, b := &w.steps[k], &w.steps[k+1]
		d.vx, d.vy = a.vx+f*(b.vx-a.vx), a.vy+f*(b.vy-a.vy)
		d.px, d.py = w.place(d.t)
		d.tanH, d.tanV = a.tanH, a.tanV
		if f > 0.5 {
			d.tanH, d.tanV = b.tanH, b.tanV
		}
		d.speed = math.Hypot(d.vx, d.vy)
		d.slowness = 1 / math.Max(d.speed, minWind)
		if d.path {
			d.halfX, d.halfY = (d.x2-d.x)/2, (d.y2-d.y)/2
		}
		m.setCone(d)
	}
	m.setMeander()
}

// setMeander makes the wind's turns larger where it is slower. Of what turns it
// between a mast and a source one part is turbulence, in proportion to the speed;
// the other is meandering, which has a speed of its own whatever the wind's (Hanna
// 1983, Journal of Climate and Applied Meteorology 22:1424): an angle that goes
// with one over the speed. At the record's usual speed each is taken for half of
// the variance.
func (m *model) setMeander() {
	slowness := make([]float64, len(m.data))
	for i := range m.data {
		slowness[i] = m.data[i].slowness
	}
	sort.Float64s(slowness)
	usual := quantile(slowness, 0.5)
	for i := range m.data {
		d := &m.data[i]
		d.meander = math.Sqrt((1 + d.slowness*d.slowness/(usual*usual)) / 2)
	}
}

const (
	coneSpread = 0.6 // radians: five widths of a wide plume, and the wind's bias
	coneReach  = 200 // seconds of travel that are looked at; beyond, all round
)

// setCone finds the directions that air can have come to a reading from.
func (m *model) setCone(d *datum) {
	reach := m.area
	far := math.Hypot(math.Max(d.x-reach.x0, reach.x1-d.x), math.Max(d.y-reach.y0, reach.y1-d.y))
	longest := math.Min(far*d.slowness, maxTravel)
	d.coneCos2 = 0
	d.coneX, d.coneY = 0, 0
	if longest > coneReach || d.speed < 1e-3 {
		return
	}
	d.coneX, d.coneY = d.vx/d.speed, d.vy/d.speed
	half := 0.0
	for lag := windStep; lag < longest+windStep; lag += windStep {
		qx, qy := m.path.place(d.t - lag)
		x, y := d.px-qx, d.py-qy
		half = math.Max(half, math.Abs(math.Atan2(d.coneX*y-d.coneY*x, d.coneX*x+d.coneY*y)))
	}
	if half += coneSpread + 2*d.tanH; half < 1.5 {
		d.coneCos2 = math.Cos(half) * math.Cos(half)
	} else {
		d.coneX, d.coneY = 0, 0
	}
}

// A box is a rectangle of local metres.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) contains(x, y float64) bool { return x >= b.x0 && x <= b.x1 && y >= b.y0 && y <= b.y1 }

func (b box) area() float64 { return (b.x1 - b.x0) * (b.y1 - b.y0) }

// searchBox is where a source may be: around the sensors by a third of how far
// they reach, and at least 40 m.
func searchBox(data []datum) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	add := func(x, y float64) {
		b.x0, b.y0 = math.Min(b.x0, x), math.Min(b.y0, y)
		b.x1, b.y1 = math.Max(b.x1, x), math.Max(b.y1, y)
	}
	for _, d := range data {
		add(d.x, d.y)
		if d.path {
			add(d.x2, d.y2)
		}
	}
	margin := math.Min(math.Max(math.Hypot(b.x1-b.x0, b.y1-b.y0)/3, 40), 400)
	return box{b.x0 - margin, b.y0 - margin, b.x1 + margin, b.y1 + margin}
}
