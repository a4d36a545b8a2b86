package visit

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
)

// An Arrival is one visit as a rhythm sees it.
type Arrival struct {
	At    time.Time
	Dwell time.Duration // 0: not known, as of a stay that outlasted the watch
	Class string        // of vehicle; "" is not known
}

// A Watch is a time through which a site was looked at. What happened outside
// of every watch is not known, and is not taken for nothing.
type Watch struct{ From, To time.Time }

// A Pattern is a time of some days at which visits come again and again, more
// often than the rest of the record explains.
type Pattern struct {
	Days     vigia.Days
	From, To time.Duration // of the day
	Seen     int           // watched days on which there was a visit then
	Watched  int           // days on which that time was watched
	Usual    float64       // share of such days that had one if it were as at other times
	Chance   float64       // probability of as many by chance, of any of the patterns looked for
	At       time.Duration // mean time of the day
	AtSD     time.Duration
	Shortest time.Duration // of the known dwells; 0: none is known
	Longest  time.Duration
}

// Confidence is the probability that the pattern is none of chance's.
func (p Pattern) Confidence() float64 { return 1 - math.Min(p.Chance, 1) }

// RhythmOptions say what to look for. The zero value is good.
type RhythmOptions struct {
	// Chance is the most a pattern may have; 0: 0.05.
	Chance float64
	// Zone is the one that days are counted in; nil: UTC.
	Zone *time.Location
}

const (
	defaultChance = 0.05
	slot          = 30 * time.Minute
	slots         = 48
	enough        = 0.75 // share of a time that must be watched for a day to count
	fewestSeen    = 3
)

func (o RhythmOptions) withDefaults() RhythmOptions {
	if o.Chance <= 0 {
		o.Chance = defaultChance
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return o
}

// widths of a time of day that are tried, slots.
var widths = []int{1, 2, 4, 6}

// A daySet is some days of a calendar counted from 1970.
type daySet struct {
	name vigia.Days
	has  func(day int) bool
}

// daySets are those that are tried. 1 January 1970 was a Thursday.
func daySets() []daySet {
	out := []daySet{
		{vigia.EveryDay, func(int) bool { return true }},
		{vigia.MondayFriday, func(d int) bool { return weekday(d) >= 1 && weekday(d) <= 5 }},
		{vigia.Weekends, func(d int) bool { return weekday(d) == 0 || weekday(d) == 6 }},
	}
	for w := range 7 {
		out = append(out, daySet{vigia.Days(strings.ToLower(time.Weekday(w).String())), func(d int) bool { return weekday(d) == w }})
	}
	for n, name := range []vigia.Days{2: vigia.EverySecond, 3: vigia.EveryThird} {
		for phase := range n {
			out = append(out, daySet{name, func(d int) bool { return d%n == phase }})
		}
	}
	return out
}

func weekday(day int) int { return ((day+4)%7 + 7) % 7 }

// Patterns finds the recurring visits of one site. For each set of days and
// time of day it counts the watched days with a visit, and asks how likely as
// many are when visits come as they do at the same hour of other days and
// within some hours on the same days: a binomial tail, times the number of
// patterns tried (Bonferroni). Of patterns that overlap, the least likely to
// be chance stays.
func Patterns(arrivals []Arrival, watches []Watch, o RhythmOptions) []Pattern {
	o = o.withDefaults()
	c := newCalendar(arrivals, watches, o.Zone)
	sets := daySets()
	tries := float64(len(sets) * len(widths) * slots)
	var found []Pattern
	for _, set := range sets {
		for _, width := range widths {
			for first := range slots - width + 1 {
				p, ok := c.pattern(set, first, width)
				if p.Chance *= tries; ok && p.Chance <= o.Chance {
					found = append(found, p)
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Pattern) int { return cmp.Compare(a.Chance, b.Chance) })
	var out []Pattern
	for _, p := range found {
		if !slices.ContainsFunc(out, func(q Pattern) bool { return p.From < q.To+time.Hour && q.From < p.To+time.Hour }) {
			out = append(out, p)
		}
	}
	return out
}

// A calendar is the record cut into days and slots.
type calendar struct {
	days []day // that were watched at all, in order
	zone *time.Location
}

type day struct {
	number   int
	count    [slots]int
	watched  [slots]float64 // share of the slot
	arrivals []Arrival
}

func newCalendar(arrivals []Arrival, watches []Watch, zone *time.Location) *calendar {
	c := &calendar{zone: zone}
	at := map[int]int{}
	watches = slices.Clone(watches)
	slices.SortFunc(watches, func(a, b Watch) int { return a.From.Compare(b.From) })
	for _, w := range watches {
		for t := w.From; t.Before(w.To); {
			number, s, left := c.place(t)
			end := t.Add(left)
			if end.After(w.To) {
				end = w.To
			}
			if _, ok := at[number]; !ok {
				at[number] = len(c.days)
				c.days = append(c.days, day{number: number})
			}
			d := &c.days[at[number]]
			d.watched[s] = math.Min(1, d.watched[s]+float64(end.Sub(t))/float64(slot))
			t = end
		}
	}
	for _, a := range arrivals {
		number, s, _ := c.place(a.At)
		i, ok := at[number]
		if !ok || c.days[i].watched[s] == 0 { // nobody was looking
			continue
		}
		c.days[i].count[s]++
		c.days[i].arrivals = append(c.days[i].arrivals, a)
	}
	return c
}

// place is the day and slot of a time, and what is left of the slot.
func (c *calendar) place(t time.Time) (day, s int, left time.Duration) {
	_, offset := t.In(c.zone).Zone()
	seconds := t.Unix() + int64(offset)
	day = int(math.Floor(float64(seconds) / 86400))
	in := time.Duration(seconds-int64(day)*86400)*time.Second + time.Duration(t.Nanosecond())
	return day, int(in / slot), slot - in%slot
}

// pattern counts one set of days and time of day.
func (c *calendar) pattern(set daySet, first, width int) (Pattern, bool) {
	p := Pattern{Days: set.name, From: time.Duration(first) * slot, To: time.Duration(first+width) * slot}
	var near, other rate
	from, to := max(0, first-8), min(slots, first+width+8)
	for i := range c.days {
		d := &c.days[i]
		if !set.has(d.number) {
			for s := first; s < first+width; s++ {
				other.add(d.count[s], d.watched[s])
			}
			continue
		}
		seen, exposure := 0, 0.0
		for s := from; s < to; s++ {
			if s < first || s >= first+width {
				near.add(d.count[s], d.watched[s])
				continue
			}
			seen += d.count[s]
			exposure += d.watched[s]
		}
		if exposure >= enough*float64(width) {
			p.Watched++
			if seen > 0 {
				p.Seen++
			}
		}
	}
	if p.Seen < fewestSeen {
		return p, false
	}
	p.Usual = 1 - math.Exp(-math.Max(near.upper(), other.upper())*float64(width))
	p.Chance = binomialTail(p.Watched, p.Seen, p.Usual)
	c.describe(&p, set)
	return p, true
}

// describe adds when exactly and for how long.
func (c *calendar) describe(p *Pattern, set daySet) {
	var n, sum, sum2 float64
	for _, d := range c.days {
		for _, a := range d.arrivals {
			_, s, left := c.place(a.At)
			at := time.Duration(s+1)*slot - left
			if !set.has(d.number) || at < p.From || at >= p.To {
				continue
			}
			n++
			sum += float64(at)
			sum2 += float64(at) * float64(at)
			if a.Dwell > 0 {
				if p.Shortest == 0 || a.Dwell < p.Shortest {
					p.Shortest = a.Dwell
				}
				p.Longest = max(p.Longest, a.Dwell)
			}
		}
	}
	if n > 0 {
		p.At = time.Duration(sum / n)
		p.AtSD = time.Duration(math.Sqrt(math.Max(0, sum2/n-square(sum/n))))
	}
}

// A rate is visits over watched slots.
type rate struct{ n, exposure float64 }

func (r *rate) add(n int, exposure float64) {
	if exposure > 0 {
		r.n += float64(n)
		r.exposure += exposure
	}
}

// upper is the mean of the rate's posterior under Jeffreys' prior, a slot: a
// little more than what was seen, and 0 where nothing was watched.
func (r *rate) upper() float64 {
	if r.exposure == 0 {
		return 0
	}
	return (r.n + 0.5) / r.exposure
}

// binomialTail is the probability of k or more of n.
func binomialTail(n, k int, p float64) float64 {
	sum := 0.0
	for i := k; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		d, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - d + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return math.Min(sum, 1)
}
