// Package pointsensor turns the readings of one gas sensor into detections:
// runs of readings that the sensor's own background does not explain, at a
// stated probability of a false alarm.
//
// It is pure: no clock, no state between calls. What it answers depends on the
// readings it is given and on nothing else, so that the same log gives the
// same detections.
package pointsensor

import (
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia"
)

// Options says how sure a detection must be. The zero value means the defaults.
type Options struct {
	// FalseAlarm is the probability that background alone passes the
	// threshold, per reading; default 1e-4. It lies between 1e-12 and 0.1.
	FalseAlarm float64
	// Window is how far back the background looks; default 30 min.
	Window time.Duration
	// Gap is the longest silence inside one run of readings; default three
	// times the usual interval between the sensor's readings.
	Gap time.Duration
}

const (
	defaultFalseAlarm = 1e-4
	defaultWindow     = 30 * time.Minute

	// A background rests on at least this many readings. Where fewer came
	// before, those that came after help.
	enough = 24
	// A background is worked out anew after this part of a window.
	renewals = 60
)

func (o Options) withDefaults() Options {
	if o.FalseAlarm == 0 {
		o.FalseAlarm = defaultFalseAlarm
	}
	o.FalseAlarm = math.Min(math.Max(o.FalseAlarm, 1e-12), 0.1)
	if o.Window <= 0 {
		o.Window = defaultWindow
	}
	return o
}

// Detect finds the runs of readings in batch that the background does not
// explain. Both slices hold readings of one sensor in time order: history
// those of the Window before the batch, batch the new ones. A detection holds
// readings of the batch only. Readings that are not finite are passed over.
//
// The background of a reading is worked out from the readings of the Window
// before it. Where there are fewer than 24 of them, the readings after it are
// used too; where there are fewer than 8 in all there is no background and no
// detection.
func Detect(history, batch []vigia.Observation, o Options) []vigia.Detection {
	o = o.withDefaults()
	all := make([]vigia.Observation, 0, len(history)+len(batch))
	for _, r := range history {
		if finite(r.Value) {
			all = append(all, r)
		}
	}
	first := len(all)
	for _, r := range batch {
		if finite(r.Value) {
			all = append(all, r)
		}
	}
	if o.Gap == 0 {
		o.Gap = 3 * usualInterval(all)
	}
	w := newWindow(all, o)
	var out []vigia.Detection
	var open *vigia.Detection
	var last time.Time
	for i := first; i < len(all); i++ {
		bg, ok := w.background(i)
		r := all[i]
		if !ok || r.Value <= bg.threshold {
			open = nil
			continue
		}
		if open == nil || r.Time.Sub(last) > o.Gap {
			out = append(out, vigia.Detection{
				Flight: r.Flight, Sensor: r.Sensor, Chemical: r.Chemical,
				From: r.Time, Peak: math.Inf(-1), FalseAlarm: o.FalseAlarm,
			})
			open = &out[len(out)-1]
		}
		extend(open, r, bg)
		last = r.Time
	}
	for i := range out {
		out[i].ID = vigia.NewID("detection", out[i].Observations, o.FalseAlarm, o.Window, out[i].Threshold)
	}
	return out
}

// extend adds a reading to a run.
func extend(d *vigia.Detection, r vigia.Observation, bg background) {
	d.To = r.Time
	d.Readings++
	d.Observations = append(d.Observations, r.ID)
	if r.Value > d.Peak {
		d.Peak, d.At = r.Value, r.Middle()
		d.Background, d.Noise, d.Threshold = bg.level, bg.noise, bg.threshold
		d.Enhancement = r.Value - bg.level
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// usualInterval is the median time between successive readings.
func usualInterval(all []vigia.Observation) time.Duration {
	var d []time.Duration
	for i := 1; i < len(all); i++ {
		if dt := all[i].Time.Sub(all[i-1].Time); dt > 0 {
			d = append(d, dt)
		}
	}
	if len(d) == 0 {
		return time.Minute
	}
	sort.Slice(d, func(i, j int) bool { return d[i] < d[j] })
	return d[len(d)/2]
}

// A window walks over the readings and keeps the background of the place it is at.
type window struct {
	all     []vigia.Observation
	o       Options
	current background
	ok      bool
	renewAt time.Time // the background holds until then
	have    int       // readings it rests on
}

func newWindow(all []vigia.Observation, o Options) *window {
	return &window{all: all, o: o}
}

// background returns that of reading i. i must not fall from call to call.
func (w *window) background(i int) (background, bool) {
	t := w.all[i].Time
	if w.ok && w.have >= enough && t.Before(w.renewAt) {
		return w.current, true
	}
	lo := sort.Search(i, func(k int) bool { return w.all[k].Time.After(t.Add(-w.o.Window)) })
	values := make([]float64, 0, i-lo+enough)
	for k := lo; k < i; k++ {
		values = append(values, w.all[k].Value)
	}
	for k := i + 1; k < len(w.all) && len(values) < enough; k++ {
		values = append(values, w.all[k].Value)
	}
	w.have = len(values)
	w.renewAt = t.Add(w.o.Window / renewals)
	w.current, w.ok = estimate(values, w.o.FalseAlarm)
	return w.current, w.ok
}
