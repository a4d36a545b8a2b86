package visit

import (
	"math"
	"time"

	"github.com/vigia-project/vigia"
)

// A level is a Poisson process of arrivals whose rate has the shape of the week
// and is modulated by a hidden Markov chain: usual, busy or quiet (Scott and
// Smyth 2003, Bayesian Statistics 7:671; Ihler, Hutchins and Smyth 2006, KDD).
// It is learned by expectation maximisation over hours; an hour that was not
// watched says nothing of the rate, and the chain goes on through it.
type level struct {
	shape  [7 * 24]float64 // visits an hour in the usual state, Monday from midnight
	factor [levels]float64
	chance [][levels]float64 // of each state in each hour
}

// The states of a level.
const (
	usual = iota
	busy
	quiet
	levels
)

const (
	rounds    = 12
	unusually = 0.02 // share of the hours in which it is not usual, before anything is seen
	spell     = 8.0  // h, mean length of such a time
	shapeDays = 3.0  // h of watch for which the hour of all days counts in that of one
	shapeAll  = 2.0  // h of watch for which the whole record counts in an hour
	sureLevel = 0.95 // probability from which an hour is told
	bareHours = 48   // h of watch below which nothing is told
)

// An hour is one hour of the record.
type hour struct {
	from     time.Time
	ofWeek   int
	visits   float64
	exposure float64 // h
}

// hours cuts the calendar into hours, unwatched ones between included. A record
// of more than maxHours is cut at its beginning.
func (c *calendar) hours() []hour {
	const maxHours = 24 * 366 * 3
	var out []hour
	for _, d := range c.days {
		midnight := time.Unix(int64(d.number)*86400, 0).UTC()
		_, offset := midnight.In(c.zone).Zone()
		midnight = midnight.Add(-time.Duration(offset) * time.Second)
		if n := len(out); n > 0 {
			for t := out[n-1].from.Add(time.Hour); t.Before(midnight) && len(out) < 2*maxHours; t = t.Add(time.Hour) {
				out = append(out, hour{from: t})
			}
		}
		for h := range 24 {
			out = append(out, hour{
				from: midnight.Add(time.Duration(h) * time.Hour), ofWeek: (weekday(d.number)+6)%7*24 + h,
				visits: float64(d.count[2*h] + d.count[2*h+1]), exposure: (d.watched[2*h] + d.watched[2*h+1]) / 2,
			})
		}
	}
	return out[max(0, len(out)-maxHours):]
}

// learnLevel fits a level to a record.
func learnLevel(hours []hour) *level {
	l := &level{factor: [levels]float64{1, 4, 0.1}, chance: make([][levels]float64, len(hours))}
	for i := range l.chance {
		l.chance[i] = [levels]float64{1, 0, 0}
	}
	for range rounds {
		l.reshape(hours)
		l.expect(hours)
	}
	return l
}

// reshape is the maximisation: the week's shape, each hour of it drawn towards
// the same hour of all days and that towards the whole record, and the factors,
// which stay on their side of 1.
func (l *level) reshape(hours []hour) {
	var seen, exposed [7 * 24]float64
	var daySeen, dayExposed [24]float64
	var allSeen, allExposed float64
	var hit, due [levels]float64
	for i, h := range hours {
		weight := 0.0
		for s, p := range l.chance[i] {
			weight += p * l.factor[s]
		}
		e := h.exposure * weight
		seen[h.ofWeek] += h.visits
		exposed[h.ofWeek] += e
		daySeen[h.ofWeek%24] += h.visits
		dayExposed[h.ofWeek%24] += e
		allSeen += h.visits
		allExposed += e
		for s, p := range l.chance[i] {
			hit[s] += p * h.visits
			due[s] += p * h.exposure * l.shape[h.ofWeek]
		}
	}
	all := (allSeen + 0.5) / (allExposed + 1)
	for k := range l.shape {
		day := (daySeen[k%24] + shapeAll*all) / (dayExposed[k%24] + shapeAll)
		l.shape[k] = (seen[k] + shapeDays*day) / (exposed[k] + shapeDays)
	}
	if due[usual] > 0 {
		l.factor[busy] = math.Max(2, (hit[busy]+8)/(due[busy]+2))
		l.factor[quiet] = math.Min(0.5, (hit[quiet]+0.2)/(due[quiet]+2))
	}
}

// expect is the expectation: forward and backward through the hours.
func (l *level) expect(hours []hour) {
	change := 1 / spell
	begin := change * unusually / (1 - unusually) / 2
	move := [levels][levels]float64{{1 - 2*begin, begin, begin}, {change, 1 - change, 0}, {change, 0, 1 - change}}
	forward := make([][levels]float64, len(hours))
	prior := [levels]float64{1 - unusually, unusually / 2, unusually / 2}
	for i := range hours {
		if i > 0 {
			prior = [levels]float64{}
			for s := range levels {
				for r := range levels {
					prior[r] += forward[i-1][s] * move[s][r]
				}
			}
		}
		like := l.likelihood(&hours[i])
		for s := range levels {
			forward[i][s] = prior[s] * like[s]
		}
		scale(&forward[i])
	}
	back := [levels]float64{1, 1, 1}
	for i := len(hours) - 1; i >= 0; i-- {
		for s := range levels {
			l.chance[i][s] = forward[i][s] * back[s]
		}
		scale(&l.chance[i])
		like := l.likelihood(&hours[i])
		var before [levels]float64
		for s := range levels {
			for r := range levels {
				before[s] += move[s][r] * like[r] * back[r]
			}
		}
		scale(&before)
		back = before
	}
}

// likelihood of an hour's count in each state, up to a factor.
func (l *level) likelihood(h *hour) (out [levels]float64) {
	most := math.Inf(-1)
	for s := range out {
		mean := l.shape[h.ofWeek] * l.factor[s] * h.exposure
		out[s] = h.visits*math.Log(math.Max(mean, 1e-12)) - mean
		if h.exposure == 0 {
			out[s] = 0
		}
		most = math.Max(most, out[s])
	}
	for s := range out {
		out[s] = math.Exp(out[s] - most)
	}
	return out
}

func scale(p *[levels]float64) {
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	if !(sum > 0) {
		*p = [levels]float64{1, 0, 0}
		return
	}
	for i := range p {
		p[i] /= sum
	}
}

// unusual are the times in which the chain was surely not in its usual state.
func (l *level) unusual(hours []hour) []vigia.Unusual {
	watched := 0.0
	for _, h := range hours {
		watched += h.exposure
	}
	if watched < bareHours {
		return nil
	}
	var out []vigia.Unusual
	for i := 0; i < len(hours); i++ {
		s := l.surely(i)
		if s == usual || hours[i].exposure == 0 {
			continue
		}
		u := vigia.Unusual{From: hours[i].from}
		n := 0.0
		for ; i < len(hours) && l.surely(i) == s; i++ {
			h := hours[i]
			u.To = h.from.Add(time.Hour)
			u.Visits += int(h.visits)
			u.Expected += l.shape[h.ofWeek] * h.exposure
			u.Probability += l.chance[i][s]
			n++
		}
		i--
		u.Probability /= n
		out = append(out, u)
	}
	return out
}

// surely is the state of an hour that is sure enough to be told, else usual.
func (l *level) surely(i int) int {
	for _, s := range []int{busy, quiet} {
		if l.chance[i][s] >= sureLevel {
			return s
		}
	}
	return usual
}
