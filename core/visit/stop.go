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

// A Stop is a stay at one place.
type Stop struct {
	Arrive, Depart     float64 // s
	ArriveSD, DepartSD float64 // one standard deviation, s

	// A stay that had begun when the track begins, or goes on when it ends, is
	// censored: its arrival or departure is a bound and no more.
	ArrivedBefore, DepartsAfter bool

	X, Y     float64 // m, median
	Spread   float64 // m, median distance from there
	Stood    float64 // probability that it was a stop, mean over its time
	Approach float64 // degrees clockwise from north from which it came; NaN: not known
}

// Dwell is the time it stayed, s; a lower bound for a censored stop.
func (s Stop) Dwell() float64 { return s.Depart - s.Arrive }

// Options describe traffic. The zero value has what is usual.
type Options struct {
	Sigma    float64 // of samples that state none, m; 0: 3
	Shortest float64 // s; a shorter stay is none; 0: 10
}

const (
	defaultSigma    = 3    // m, a good satellite receiver's
	defaultShortest = 10   // s: shorter ones are traffic
	meanStop        = 90   // s
	meanDrive       = 90   // s
	walk            = 0.8  // m/s, deviation of each component while people get about beside their vehicle
	wander          = 12.0 // m, deviation of each component of where they are
	window          = 15.0 // s to each side over which a stay is seen to stay
	windowWeight    = 0.5  // the windows of neighbours overlap
	outlier         = 0.03 // share of the samples that are off
	outlierScale    = 8
)

// The speeds of driving: deviation of each component, m/s, and share.
var driving = []struct{ speed, share float64 }{{2.5, 0.3}, {7, 0.5}, {18, 0.2}}

func (o Options) withDefaults() Options {
	if o.Sigma <= 0 {
		o.Sigma = defaultSigma
	}
	if o.Shortest <= 0 {
		o.Shortest = defaultShortest
	}
	return o
}

// Stops finds the stays of one track, whose samples are in order of time. It
// is a hidden Markov model of two states, standing and driving, over the
// intervals between samples (Rabiner 1989, Proc. IEEE 77:257): arrival and
// departure are where the likeliest path changes, and their deviation is that
// of the posterior of the change.
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
	if len(samples) < 3 {
		return nil, nil
	}
	h := newChain(samples, o)
	path, stood := h.viterbi(), h.posterior()
	var out []Stop
	for i := 0; i < len(path); i++ {
		if !path[i] {
			continue
		}
		j := i
		for j+1 < len(path) && path[j+1] {
			j++
		}
		if s := stopOf(samples, stood, i, j); s.Dwell() >= o.Shortest {
			out = append(out, s)
		}
		i = j
	}
	return out, nil
}

// stopOf describes the stay over intervals i to j.
func stopOf(samples []Sample, stood []float64, i, j int) Stop {
	s := Stop{Arrive: samples[i].Time, Depart: samples[j+1].Time, ArrivedBefore: i == 0, DepartsAfter: j == len(stood)-1, Approach: math.NaN()}
	var xs, ys, ds []float64
	for _, p := range samples[i : j+2] {
		xs, ys = append(xs, p.X), append(ys, p.Y)
	}
	s.X, s.Y = median(xs), median(ys)
	for _, p := range samples[i : j+2] {
		ds = append(ds, math.Hypot(p.X-s.X, p.Y-s.Y))
	}
	s.Spread = median(ds)
	total := 0.0
	for k := i; k <= j; k++ {
		dt := samples[k+1].Time - samples[k].Time
		s.Stood += stood[k] * dt
		total += dt
	}
	s.Stood /= total
	s.ArriveSD = changeSD(samples, stood, i, -1)
	s.DepartSD = changeSD(samples, stood, j+1, 1)
	if !s.ArrivedBefore {
		k := i
		for k > 0 && s.Arrive-samples[k].Time < 2*window {
			k--
		}
		if math.Hypot(samples[k].X-s.X, samples[k].Y-s.Y) > 2*wander {
			s.Approach = math.Mod(math.Atan2(samples[k].X-s.X, samples[k].Y-s.Y)*180/math.Pi+360, 360)
		}
	}
	return s
}

// changeSD is the deviation of the time of a change at sample at. Time on
// either side that is of the other state with probability p moves the change:
// the error is the sum of such time, and its spread about the change.
func changeSD(samples []Sample, stood []float64, at, _ int) float64 {
	// The change lies somewhere within the interval it is seen in.
	width := 0.0
	if at > 0 {
		width = math.Max(width, samples[at].Time-samples[at-1].Time)
	}
	if at+1 < len(samples) {
		width = math.Max(width, samples[at+1].Time-samples[at].Time)
	}
	v := width * width / 12
	t := samples[at].Time
	for k := range stood {
		mid := (samples[k].Time + samples[k+1].Time) / 2
		if math.Abs(mid-t) > 4*window {
			continue
		}
		p := stood[k] * (1 - stood[k])
		v += 2 * p * math.Abs(mid-t) * (samples[k+1].Time - samples[k].Time)
	}
	return math.Sqrt(v)
}

func median(v []float64) float64 {
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
