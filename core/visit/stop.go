// Package visit finds where tracks stop, whose site that is, and what is usual
// there: stops with the uncertainty of arrival and departure, visits, and the
// rhythm of a site.
//
// Places are metres in one local frame, times seconds.
package visit

import (
	"math"
	"slices"

	"github.com/vigia-project/vigia"
)

// A Sample is a track at one time.
type Sample struct {
	Time  float64 // s
	X, Y  float64 // m
	Sigma float64 // one standard deviation of each of X and Y, m; 0: not known
}

// variance of a sample's place, m².
func (s Sample) variance(o Options) float64 {
	if s.Sigma == 0 {
		return o.Sigma * o.Sigma
	}
	return s.Sigma * s.Sigma
}

// A Stop is a stay at one place.
type Stop struct {
	Arrive, Depart     float64 // s
	ArriveSD, DepartSD float64 // one standard deviation, s

	// A stay that had begun when the track begins, or goes on when it ends, is
	// censored: its arrival or departure is a bound and no more.
	ArrivedBefore, DepartsAfter bool

	X, Y     float64 // m, median
	Spread   float64 // m, median distance from there
	Stood    float64 // probability that there was a stop that this one overlaps by half
	Approach float64 // degrees clockwise from north from which it came; NaN: not known
}

// Dwell is the time it stayed, s; a lower bound for a censored stop.
func (s Stop) Dwell() float64 { return s.Depart - s.Arrive }

// Options describe traffic. The zero value has what is usual.
type Options struct {
	Sigma    float64 // of samples that state none, m; 0: 0.7
	Shortest float64 // s; a shorter stay is none, but for one that is censored, which is told from 3 s on; 0: 15
}

const (
	defaultSigma    = 0.7 // m, between neighbours in time, a smoothed receiver's
	defaultShortest = 15  // s: shorter ones are traffic

	// shortestCut is the least that is told of a stay of which an end was not
	// seen, s: of less, nobody can say that it was one.
	shortestCut = 3

	// settlingSD is how much settling in and out differs from stay to stay, s.
	settlingSD = 6.0

	approachTime = 30.0 // s before an arrival
	approachFar  = 25.0 // m
)

func (o Options) withDefaults() Options {
	if o.Sigma <= 0 {
		o.Sigma = defaultSigma
	}
	if o.Shortest <= 0 {
		o.Shortest = defaultShortest
	}
	return o
}

// Stops finds the stays of one track, whose samples are in order of time: of
// all ways to cut it into drives, waits in traffic and stays, the stays that
// are most likely to be found again in a truth. Arrival and departure are the
// means over those ways, and so are their deviations.
func Stops(samples []Sample, o Options) ([]Stop, error) {
	o = o.withDefaults()
	for i, s := range samples {
		if !finite(s.Time) || !finite(s.X) || !finite(s.Y) || !(s.Sigma >= 0) {
			return nil, vigia.Errorf(vigia.Invalid, "sample %d is not made of numbers", i)
		}
		if i > 0 && s.Time <= samples[i-1].Time {
			return nil, vigia.Errorf(vigia.Invalid, "sample %d is not later than the one before it", i)
		}
	}
	samples = thin(samples)
	if len(samples) < 3 {
		return nil, nil
	}
	var all []stay
	for _, cuts := range blocks(samples, o) {
		for _, s := range newSegmenter(samples, cuts, o, &traffic).expected() {
			if n := len(all); n > 0 && all[n-1].to == s.from && s.from == cuts[0] { // the border of two blocks cut it
				all[n-1].to, all[n-1].depart, all[n-1].chance = s.to, s.depart, math.Min(all[n-1].chance, s.chance)
				continue
			}
			all = append(all, s)
		}
	}
	var out []Stop
	for _, s := range all {
		stop := stopOf(samples, s)
		if n := len(out); n > 0 && stop.Arrive < out[n-1].Depart { // each has its own likeliest end
			stop.Arrive = math.Min(out[n-1].Depart, stop.Depart)
		}
		if stop.Dwell() >= o.Shortest || (stop.ArrivedBefore || stop.DepartsAfter) && stop.Dwell() >= shortestCut {
			out = append(out, stop)
		}
	}
	return out, nil
}

// stopOf describes a stay.
func stopOf(samples []Sample, y stay) Stop {
	i, j := y.from, y.to
	s := Stop{Arrive: y.arrive.mean, Depart: y.depart.mean, ArrivedBefore: i == 0, DepartsAfter: j == len(samples)-1, Stood: y.chance, Approach: math.NaN()}
	var xs, ys, ds []float64
	for _, p := range samples[i : j+1] {
		xs, ys = append(xs, p.X), append(ys, p.Y)
	}
	s.X, s.Y = median(xs), median(ys)
	for _, p := range samples[i : j+1] {
		ds = append(ds, math.Hypot(p.X-s.X, p.Y-s.Y))
	}
	s.Spread = median(ds)
	s.ArriveSD = changeSD(samples, i, y.arrive.sd)
	s.DepartSD = changeSD(samples, j, y.depart.sd)
	if !s.ArrivedBefore {
		k := i
		for k > 0 && s.Arrive-samples[k].Time < approachTime {
			k--
		}
		if math.Hypot(samples[k].X-s.X, samples[k].Y-s.Y) > approachFar {
			s.Approach = math.Mod(math.Atan2(samples[k].X-s.X, samples[k].Y-s.Y)*180/math.Pi+360, 360)
		}
	}
	return s
}

// changeSD is the deviation of the time of a change near sample at: that of
// the ways to cut the track, of the interval in which it is seen, and of
// settling.
func changeSD(samples []Sample, at int, sd float64) float64 {
	width := 0.0
	if at > 0 {
		width = math.Max(width, samples[at].Time-samples[at-1].Time)
	}
	if at+1 < len(samples) {
		width = math.Max(width, samples[at+1].Time-samples[at].Time)
	}
	return math.Sqrt(sd*sd + width*width/12 + settlingSD*settlingSD)
}

func median(v []float64) float64 {
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
