package visit

import (
	"math"
	"time"

	"github.com/vigia-project/vigia"
)

// RhythmOf is all that is known of a site's rhythm, without its sentences.
func RhythmOf(arrivals []Arrival, watches []Watch, o RhythmOptions) vigia.Rhythm {
	o = o.withDefaults()
	c := newCalendar(arrivals, watches, o.Zone)
	out := vigia.Rhythm{Zone: o.Zone.String(), Hours: c.week()}
	for _, w := range watches {
		if out.From.IsZero() || w.From.Before(out.From) {
			out.From = w.From
		}
		if w.To.After(out.To) {
			out.To = w.To
		}
	}
	for _, h := range out.Hours {
		out.Visits += h.Visits
		out.Watched += h.Watched
	}
	for _, p := range Patterns(arrivals, watches, o) {
		out.Recurring = append(out.Recurring, p.recurrence())
	}
	hours := c.hours()
	l := learnLevel(hours)
	for i := range out.Hours {
		out.Hours[i].Usual = l.shape[i]
	}
	out.Together = together(arrivals, watches, o)
	out.Unusual = l.unusual(hours)
	return out
}

// week counts by the hours of the week, Monday from midnight first.
func (c *calendar) week() []vigia.WeekHour {
	out := make([]vigia.WeekHour, 7*24)
	for _, d := range c.days {
		for s := range slots {
			h := &out[(weekday(d.number)+6)%7*24+s/2]
			h.Visits += d.count[s]
			h.Watched += d.watched[s] / 2
		}
	}
	for i := range out {
		out[i].Watched = math.Round(out[i].Watched*1e6) / 1e6
	}
	return out
}

func (p Pattern) recurrence() vigia.Recurrence {
	return vigia.Recurrence{
		Days: p.Days, FromMin: int(p.From / time.Minute), ToMin: int(p.To / time.Minute),
		Seen: p.Seen, Watched: p.Watched, Expected: p.Usual * float64(p.Watched), Chance: math.Min(p.Chance, 1),
		AtMin: p.At.Minutes(), AtSDMin: p.AtSD.Minutes(), Shortest: p.Shortest, Longest: p.Longest,
	}
}
