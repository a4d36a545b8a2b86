package visit

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/vigia-project/vigia"
)

const (
	// loadingLeast is the least that a long stay must last to be told, shortStop
	// the most that one of short stops in a row may.
	loadingLeast = 20 * time.Minute
	shortStop    = 15 * time.Minute
	// dwellsNeeded is how many other stays must be known before one can be long
	// among them, and dwellSpread the least spread of their logarithms: nobody
	// stays to the minute.
	dwellsNeeded = 8
	dwellSpread  = 0.4
	fewestStops  = 3
)

// rows are the times within which short stops are in a row.
var rows = []time.Duration{time.Hour, 2 * time.Hour, 4 * time.Hour}

// Loading finds what looks as loading and unloading do: a stay far longer than
// the site's others, and short stops of one class in a row, more of them than
// that class makes there at those hours of other times. Each has the
// probability that chance does as much at this site, all that were tried
// counted. Whether a vehicle came heavy and left light no sensor says here, so
// nothing is told of it.
func Loading(arrivals []Arrival, watches []Watch, o RhythmOptions) []vigia.Loading {
	o = o.withDefaults()
	arrivals = slices.Clone(arrivals)
	slices.SortStableFunc(arrivals, func(a, b Arrival) int { return a.At.Compare(b.At) })
	out := append(longStays(arrivals, o), shortStops(arrivals, unite(watches), o)...)
	slices.SortStableFunc(out, func(a, b vigia.Loading) int { return a.From.Compare(b.From) })
	return out
}

// longStays are the stays whose logarithm of length lies beyond the others'
// normal distribution: the tail of Student's t for one more of the same
// (Gelman et al. 2013, Bayesian Data Analysis, 3.2), times the stays tried.
func longStays(arrivals []Arrival, o RhythmOptions) (out []vigia.Loading) {
	var known []Arrival
	var logs []float64
	for _, a := range arrivals {
		if a.Dwell > 0 {
			known, logs = append(known, a), append(logs, math.Log(a.Dwell.Minutes()))
		}
	}
	for i, a := range known {
		// The others are those that are shorter: two long ones hide neither.
		var n, sum, sum2 float64
		for k, v := range logs {
			if k != i && v < logs[i] {
				n, sum, sum2 = n+1, sum+v, sum2+v*v
			}
		}
		if a.Dwell < loadingLeast || n < dwellsNeeded || n < float64(len(known))/2 {
			continue
		}
		mean := sum / n
		sd := math.Max(dwellSpread, math.Sqrt(math.Max(0, sum2-n*mean*mean)/(n-1)))
		other := distuv.StudentsT{Mu: mean, Sigma: sd * math.Sqrt(1+1/n), Nu: n - 1}
		p := other.Survival(logs[i]) * float64(len(known))
		if p <= o.Chance {
			out = append(out, vigia.Loading{Sign: vigia.LongStay, Class: a.Class, From: a.At, To: a.At.Add(a.Dwell), Visits: 1,
				Shortest: a.Dwell, Longest: a.Dwell, Usual: time.Duration(math.Exp(mean) * float64(time.Minute)).Round(time.Second), Chance: p})
		}
	}
	return out
}

// shortStops are rows of short stops of one class.
func shortStops(arrivals []Arrival, watches []Watch, o RhythmOptions) []vigia.Loading {
	var short []Arrival
	for _, a := range arrivals {
		if a.Dwell > 0 && a.Dwell <= shortStop {
			short = append(short, a)
		}
	}
	var found []vigia.Loading
	tries := float64(len(short) * len(rows))
	for i, a := range short {
		for _, width := range rows {
			l, ok := row(short[i:], short, watches, Watch{a.At, a.At.Add(width)}, o.Zone)
			if l.Chance *= tries; ok && l.Chance <= o.Chance {
				found = append(found, l)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b vigia.Loading) int { return cmp.Compare(a.Chance, b.Chance) })
	var out []vigia.Loading
	for _, l := range found {
		if !slices.ContainsFunc(out, func(m vigia.Loading) bool {
			return l.Class == m.Class && !l.From.After(m.To) && !m.From.After(l.To)
		}) {
			out = append(out, l)
		}
	}
	return out
}

// row counts the short stops of the first one's class in the window that it
// opens, against their rate at those hours outside of it.
func row(from, all []Arrival, watches []Watch, window Watch, zone *time.Location) (vigia.Loading, bool) {
	first := from[0]
	l := vigia.Loading{Sign: vigia.ShortStops, Class: first.Class, From: first.At, Shortest: first.Dwell}
	for _, a := range from {
		if a.At.After(window.To) {
			break
		}
		if a.Class == first.Class {
			l.Visits++
			l.To = a.At.Add(a.Dwell)
			l.Shortest, l.Longest = min(l.Shortest, a.Dwell), max(l.Longest, a.Dwell)
		}
	}
	if l.Visits < fewestStops {
		return l, false
	}
	rate := apart(all, watches, []Watch{window}, first.Class, zone)
	for t := window.From; t.Before(window.To); {
		left, h := hourOf(t, zone)
		end := t.Add(left)
		if end.After(window.To) {
			end = window.To
		}
		l.Expected += rate[h] * watchedIn(watches, Watch{t, end}).Hours()
		t = end
	}
	// The first opened the window: it is the others that are too many.
	l.Chance = poissonTail(l.Visits-1, l.Expected)
	return l, true
}
