package visit

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
)

const (
	maxClasses  = 6   // the most frequent are looked at
	watchedTime = 0.9 // share of the time behind a first that must be watched
	rateHours   = 4.0 // h of watch for which the whole record counts in an hour of the day
)

// soons are the times within which others may follow.
var soons = []time.Duration{30 * time.Minute, time.Hour}

// together finds joint patterns: a vehicle of one class, and soon behind it so
// many of another, more often than the others' rate at that hour of the day
// explains when no first came before (of one class: at any time). The number of times is a sum of trials of
// different chances, so its tail is that of their Poisson-binomial
// distribution, times the patterns tried. First and then may be one class:
// that is how short stops come in a row.
func together(arrivals []Arrival, watches []Watch, o RhythmOptions) []vigia.Together {
	arrivals = slices.Clone(arrivals)
	slices.SortStableFunc(arrivals, func(a, b Arrival) int { return a.At.Compare(b.At) })
	w := unite(watches)
	names := classes(arrivals)
	tries := float64(len(names) * len(names) * len(soons) * 2)
	var out []vigia.Together
	for _, first := range names {
		for _, then := range names {
			var best *vigia.Together
			for _, within := range soons {
				for count := 1; count <= 2; count++ {
					p, ok := pair(arrivals, w, first, then, within, count, o)
					p.Chance = math.Min(1, p.Chance*tries)
					if ok && p.Chance <= o.Chance && (best == nil || p.Chance < best.Chance) {
						best = &p
					}
				}
			}
			if best != nil {
				out = append(out, *best)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b vigia.Together) int { return cmp.Compare(a.Chance, b.Chance) })
	return out
}

// classes are the names of the classes that came, most frequent first.
func classes(arrivals []Arrival) []string {
	n := map[string]int{}
	for _, a := range arrivals {
		n[a.Class]++
	}
	var names []string
	for name := range n {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(n[b]-n[a], cmp.Compare(a, b)) })
	return names[:min(len(names), maxClasses)]
}

// pair counts one pattern.
func pair(arrivals []Arrival, watches []Watch, first, then string, within time.Duration, count int, o RhythmOptions) (vigia.Together, bool) {
	p := vigia.Together{First: first, Then: then, Count: count, Within: within}
	var windows []Watch // behind each first
	for _, a := range arrivals {
		if a.Class != first || len(windows) > 0 && !a.At.After(windows[len(windows)-1].To) {
			continue // one that came soon behind another is of its window
		}
		w := Watch{a.At, a.At.Add(within)}
		if watchedIn(watches, w) >= time.Duration(watchedTime*float64(within)) {
			windows = append(windows, w)
		}
	}
	without := windows
	if first == then { // every one of them is a first
		without = nil
	}
	rate := apart(arrivals, watches, without, then, o.Zone)
	var chances []float64
	for _, w := range windows {
		n := 0
		for _, b := range arrivals {
			if b.Class == then && b.At.After(w.From) && !b.At.After(w.To) {
				n++
			}
		}
		if n >= count {
			p.Seen++
		}
		_, middle := hourOf(w.From.Add(within/2), o.Zone)
		chances = append(chances, poissonTail(count, rate[middle]*within.Hours()))
		p.Expected += chances[len(chances)-1]
	}
	p.Of = len(windows)
	if p.Seen < fewestSeen {
		return p, false
	}
	p.Chance = trialsTail(chances, p.Seen)
	return p, true
}

// apart is the rate of a class, visits an hour by the hour of the day, outside
// of the windows.
func apart(arrivals []Arrival, watches, windows []Watch, class string, zone *time.Location) (rate [24]float64) {
	var n, exposure [24]float64
	var allN, all float64
	for _, w := range watches {
		for t := w.From; t.Before(w.To); {
			left, h := hourOf(t, zone)
			end := t.Add(left)
			if end.After(w.To) {
				end = w.To
			}
			e := (end.Sub(t) - watchedIn(windows, Watch{t, end})).Hours()
			exposure[h] += e
			all += e
			t = end
		}
	}
	for _, a := range arrivals {
		if a.Class != class || watchedIn(watches, Watch{a.At, a.At.Add(time.Second)}) == 0 || slices.ContainsFunc(windows, func(w Watch) bool { return !a.At.Before(w.From) && !a.At.After(w.To) }) {
			continue
		}
		_, h := hourOf(a.At, zone)
		n[h]++
		allN++
	}
	mean := (allN + 0.5) / math.Max(all, 1)
	for h := range rate {
		rate[h] = (n[h] + rateHours*mean) / (exposure[h] + rateHours)
	}
	return rate
}

// hourOf is the hour of the day, and what is left of it.
func hourOf(t time.Time, zone *time.Location) (left time.Duration, h int) {
	local := t.In(zone)
	return time.Hour - time.Duration(local.Minute())*time.Minute - time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()), local.Hour()
}

// unite sorts watches and joins those that touch.
func unite(watches []Watch) []Watch {
	watches = slices.Clone(watches)
	slices.SortFunc(watches, func(a, b Watch) int { return a.From.Compare(b.From) })
	var out []Watch
	for _, w := range watches {
		if n := len(out); n > 0 && !w.From.After(out[n-1].To) {
			if w.To.After(out[n-1].To) {
				out[n-1].To = w.To
			}
			continue
		}
		if w.To.After(w.From) {
			out = append(out, w)
		}
	}
	return out
}

// watchedIn is how much of a time lies in watches, which are sorted and apart.
func watchedIn(watches []Watch, in Watch) (sum time.Duration) {
	i, _ := slices.BinarySearchFunc(watches, in.From, func(w Watch, t time.Time) int { return w.To.Compare(t) })
	for ; i < len(watches) && watches[i].From.Before(in.To); i++ {
		from, to := watches[i].From, watches[i].To
		if from.Before(in.From) {
			from = in.From
		}
		if to.After(in.To) {
			to = in.To
		}
		if to.After(from) {
			sum += to.Sub(from)
		}
	}
	return sum
}

// poissonTail is the probability of k or more, for small k.
func poissonTail(k int, mean float64) float64 {
	below, term := 0.0, math.Exp(-mean)
	for i := range k {
		below += term
		term *= mean / float64(i+1)
	}
	return math.Max(0, 1-below)
}

// trialsTail is the probability of k or more successes in trials of different
// chances.
func trialsTail(chances []float64, k int) float64 {
	p := make([]float64, k+1) // of 0 … k-1 successes, and of k or more
	p[0] = 1
	for _, c := range chances {
		p[k] += p[k-1] * c
		for i := k - 1; i > 0; i-- {
			p[i] = p[i]*(1-c) + p[i-1]*c
		}
		p[0] *= 1 - c
	}
	return p[k]
}
