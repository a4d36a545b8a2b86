package lang

import (
	"fmt"
	"math"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vigia-project/vigia"
)

// days names sets of days as they stand in a sentence.
var days = map[vigia.Days]map[Tag]string{
	vigia.EveryDay:     {English: "every day", Spanish: "todos los días"},
	vigia.MondayFriday: {English: "from Monday to Friday", Spanish: "de lunes a viernes"},
	vigia.Weekends:     {English: "at weekends", Spanish: "los fines de semana"},
	vigia.EverySecond:  {English: "every second day", Spanish: "cada dos días"},
	vigia.EveryThird:   {English: "every third day", Spanish: "cada tres días"},
	"monday":           {English: "on Mondays", Spanish: "los lunes"},
	"tuesday":          {English: "on Tuesdays", Spanish: "los martes"},
	"wednesday":        {English: "on Wednesdays", Spanish: "los miércoles"},
	"thursday":         {English: "on Thursdays", Spanish: "los jueves"},
	"friday":           {English: "on Fridays", Spanish: "los viernes"},
	"saturday":         {English: "on Saturdays", Spanish: "los sábados"},
	"sunday":           {English: "on Sundays", Spanish: "los domingos"},
}

// both says one thing in each language.
func both(say func(Tag) string) vigia.Words {
	return vigia.Words{English: say(English), Spanish: say(Spanish)}
}

// Recurrence says when visits come again and again, with its numbers.
func Recurrence(r vigia.Recurrence) vigia.Words {
	return both(func(t Tag) string {
		dwell := ""
		if r.Longest > 0 {
			dwell = phrase(t, "recurs.dwell", minutes(r.Shortest), minutes(r.Longest))
		}
		return phrase(t, "recurs", days[r.Days][t], clock(float64(r.FromMin)), clock(float64(r.ToMin)), dwell,
			r.Seen, r.Watched, clock(r.AtMin), r.Expected, chance(t, r.Chance))
	})
}

// Together says what comes soon after what.
func Together(p vigia.Together) vigia.Words {
	return both(func(t Tag) string {
		return phrase(t, "together", class(t, p.First), phrase(t, "some", p.Count, class(t, p.Then)),
			minutes(p.Within), p.Seen, p.Of, p.Expected, chance(t, p.Chance))
	})
}

const minute = "2006-01-02 15:04"

// Loading says what looked as loading does, with its numbers.
func Loading(l vigia.Loading) vigia.Words {
	from, to := l.From.UTC().Format(minute), l.To.UTC().Format(minute)
	return both(func(t Tag) string {
		if l.Sign == vigia.LongStay {
			return sentence(phrase(t, "loading.long", class(t, l.Class), minutes(l.Longest), from, minutes(l.Usual), chance(t, l.Chance)))
		}
		return phrase(t, "loading.short", l.Visits, class(t, l.Class), minutes(l.Shortest), minutes(l.Longest), from, to, l.Expected, chance(t, l.Chance))
	})
}

// sentence begins with a capital letter.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// Unusual says when more or fewer came than usual.
func Unusual(u vigia.Unusual) vigia.Words {
	key := "more"
	if float64(u.Visits) < u.Expected {
		key = "fewer"
	}
	return both(func(t Tag) string {
		return phrase(t, key, u.From.UTC().Format(minute), u.To.UTC().Format(minute), u.Visits, u.Expected, 100*u.Probability)
	})
}

func class(t Tag, name string) string {
	if name == "" {
		return phrase(t, "class.none")
	}
	return phrase(t, "class", name)
}

func minutes(d time.Duration) int { return int(math.Round(d.Minutes())) }

// clock writes a time of day given in minutes.
func clock(m float64) string {
	whole := int(math.Round(m))
	return fmt.Sprintf("%02d:%02d", whole/60, whole%60)
}

// chance writes a probability in percent.
func chance(t Tag, p float64) string {
	if p < 0.001 {
		return phrase(t, "chance.little")
	}
	return fmt.Sprintf("%.1f %%", 100*math.Min(p, 1))
}
