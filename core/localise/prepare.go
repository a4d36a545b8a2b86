package localise

import (
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A datum is a reading made ready: background taken off, scaled to its noise,
// with the wind that carried it.
type datum struct {
	t      float64 // seconds since the first reading
	sensor int
	kind   vigia.Kind
	a, b   geo.Local
	d      float64 // enhancement over the background, in standard deviations of the background
	noise  float64 // that standard deviation, Value's unit
	perKg  float64 // Value's unit per kg/m³
	ux, uy float64 // unit vector the wind blows to
	speed  float64 // m/s
	tanH   float64 // tangent of the standard deviation of its angle, sideways; 0 = not known
	tanV   float64 // the same up and down
}

// minWind is the lowest speed a plume is computed with, m/s: below it there is
// no plume to speak of, and 1/u grows without bound.
const minWind = 0.4

// prepare checks the problem and makes its readings ready, in time order.
func prepare(p Problem) ([]datum, time.Time, error) {
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
	wind := newWindSeries(p.Winds)
	start := obs[0].Time
	data := make([]datum, len(obs))
	for i, r := range obs {
		w := wind.at(r.Time)
		to := (w.FromDeg + 180) * math.Pi / 180
		perKg := 1 / p.Chemical.KgPerM3PerPPM(w.TemperatureK, w.PressurePa)
		if r.Kind == vigia.ColumnKind {
			perKg *= distance(r.At, r.To)
		}
		data[i] = datum{
			t: r.Time.Sub(start).Seconds(), kind: r.Kind, a: r.At, b: r.To,
			perKg: perKg, ux: math.Sin(to), uy: math.Cos(to), speed: math.Max(w.SpeedMPS, minWind),
			tanH: w.SigmaTanHorizontal, tanV: w.SigmaTanVertical,
		}
	}
	setBackground(obs, data)
	return data, obs[len(obs)-1].Time, nil
}

func distance(a, b geo.Local) float64 {
	return math.Sqrt((a.X-b.X)*(a.X-b.X) + (a.Y-b.Y)*(a.Y-b.Y) + (a.Z-b.Z)*(a.Z-b.Z))
}

// A windSeries is the wind as a function of time.
type windSeries []vigia.Wind

func newWindSeries(w []vigia.Wind) windSeries {
	s := append(windSeries(nil), w...)
	sort.SliceStable(s, func(i, j int) bool { return s[i].Time.Before(s[j].Time) })
	return s
}

// at returns the wind at a time: between records the vector is interpolated,
// outside them the nearest is taken.
func (s windSeries) at(t time.Time) vigia.Wind {
	i := sort.Search(len(s), func(i int) bool { return !s[i].Time.Before(t) })
	switch {
	case i == 0:
		return s[0]
	case i == len(s):
		return s[i-1]
	}
	a, b := s[i-1], s[i]
	f := t.Sub(a.Time).Seconds() / b.Time.Sub(a.Time).Seconds()
	if f > 0.5 { // what is not a vector comes from the nearer record
		a, b, f = b, a, 1-f
	}
	sa, ca := math.Sincos(a.FromDeg * math.Pi / 180)
	sb, cb := math.Sincos(b.FromDeg * math.Pi / 180)
	w := a
	x, y := (1-f)*sa*a.SpeedMPS+f*sb*b.SpeedMPS, (1-f)*ca*a.SpeedMPS+f*cb*b.SpeedMPS
	w.FromDeg = math.Atan2(x, y) * 180 / math.Pi
	// The mean speed, not the speed of the mean: the gas is diluted by the former.
	w.SpeedMPS = (1-f)*a.SpeedMPS + f*b.SpeedMPS
	return w
}
