package localise

import "math"

// The weather that bears two sources out best, and how narrowly. The likelihood
// of two is summed over draws about one best weather a flight (importance
// sampling about the mode: Geweke 1989, Econometrica 57:1317). Draws that were
// not led there scattered too much, in so many dimensions, to weigh two against
// one.

const (
	twoSteps  = 5    // towards the best weather, at the most
	twoAside  = 0.35 // standard deviations of the prior, by which curvatures are felt
	twoStride = 1.2  // of them, the longest step
	twoSettle = 0.15 // gain of a step, below which no more are taken

	twoWeighed = 48  // weathers about the best that the evidence is summed over,
	twoWide    = 1.1 // drawn so much wider than the curvature has it
)

// A twoDraw is a weather as standard normal numbers.
type twoDraw [nWeather]float64

func (u twoDraw) norm2() (s float64) {
	for _, v := range u {
		s += v * v
	}
	return s
}

// A twoAir is the best weather and the standard deviations about it.
type twoAir struct{ u, sd twoDraw }

// A twoSeen is how one flight sees a couple.
type twoSeen struct {
	p    *pair
	f    int
	a, b [][]look
}

func (p *pair) seen(f int, q couple) twoSeen {
	return twoSeen{p, f, p.flights[f].looksAt(q.a.x, q.a.y), p.flights[f].looksAt(q.b.x, q.b.y)}
}

// likes is the log of how the flight bears out a draw, the rates summed over.
func (s twoSeen) likes(u twoDraw) float64 {
	e, lo := &s.p.flights[s.f], s.p.lo
	w := newWeather(u, s.p.c.town)
	t := e.twoSays(&w, e.twoViews(s.a, &w, lo), e.twoViews(s.b, &w, lo), lo)
	s.p.prior(&t)
	return t.sum()
}

// posterior is the log of a draw's posterior density, but for a constant.
func (s twoSeen) posterior(u twoDraw) float64 { return s.likes(u) - u.norm2()/2 }

// fit finds the weather of each flight that bears a couple out best, from those
// given or else from the pool.
func (p *pair) fit(q couple, from []twoAir) []twoAir {
	out := make([]twoAir, len(p.flights))
	for f := range out {
		var u twoDraw
		if from != nil {
			u = from[f].u
		} else {
			likely, best := p.likely(f, q), math.Inf(-1)
			for m, l := range likely {
				if l -= p.pool[f][m].norm2() / 2; l > best {
					u, best = p.pool[f][m], l
				}
			}
		}
		out[f] = p.seen(f, q).ascend(u)
	}
	return out
}

// ascend climbs to the best weather by Newton's steps along the axes.
func (s twoSeen) ascend(u twoDraw) twoAir {
	at := s.posterior(u)
	var bend twoDraw
	for range twoSteps {
		var beside [2 * len(u)]float64
		s.p.c.each(len(beside), func(i int) {
			v := u
			v[i/2] += twoAside * float64(2*(i%2)-1)
			beside[i] = s.posterior(v)
		})
		var step twoDraw
		for d := range step {
			slope := (beside[2*d+1] - beside[2*d]) / (2 * twoAside)
			bend[d] = math.Max((2*at-beside[2*d]-beside[2*d+1])/(twoAside*twoAside), 0.5)
			step[d] = math.Max(-twoStride, math.Min(slope/bend[d], twoStride))
		}
		was := at
		for _, part := range []float64{1, 0.5, 0.2} {
			v := u
			for d := range v {
				v[d] += part * step[d]
			}
			if l := s.posterior(v); l > at {
				u, at = v, l
				break
			}
		}
		if at-was < twoSettle {
			break
		}
	}
	a := twoAir{u: u}
	for d := range a.sd {
		a.sd[d] = 1 / math.Sqrt(bend[d])
	}
	return a
}

// width is the log of the mean of a couple's likelihood over the prior of all
// weathers over the likelihood in the best.
func (p *pair) width(q couple, airs []twoAir) (sum float64) {
	for f, a := range airs {
		sum += p.flightSays(f, q, a) - p.seen(f, q).likes(a.u)
	}
	return sum
}

// flightSays is the log of the mean of a couple's likelihood in one flight over
// the prior of all weathers, by draws about the best.
func (p *pair) flightSays(f int, q couple, best twoAir) float64 {
	r, s := p.c.random(60, uint64(f)), p.seen(f, q)
	a := s.ascend(best.u)
	us, ls := make([]twoDraw, twoWeighed), make([]float64, twoWeighed)
	for i := range us {
		for d := range us[i] {
			z := r.NormFloat64()
			us[i][d] = a.u[d] + twoWide*a.sd[d]*z
			ls[i] += z*z/2 + math.Log(twoWide*a.sd[d])
		}
	}
	p.c.each(len(us), func(i int) { ls[i] += s.posterior(us[i]) })
	all := math.Inf(-1)
	for _, l := range ls {
		all = logAdd(all, l)
	}
	return all - math.Log(twoWeighed)
}

// A twoSky is some draws as squares are looked at in them, with the logs of their
// weights.
type twoSky struct {
	of  []weather
	at  []twoDraw
	log []float64
}

func (s *twoSky) add(u twoDraw, town bool, log float64) {
	s.of, s.at, s.log = append(s.of, newWeather(u, town)), append(s.at, u), append(s.log, log)
}

// in sets the weathers that squares are looked at in to the best ones.
func (p *pair) in(airs []twoAir) {
	p.few = make([]twoSky, len(airs))
	for f, a := range airs {
		p.few[f].add(a.u, p.c.town, 0)
	}
}

// draw sets them to some drawn about the best ones for a couple, each of which
// bears the couple out alike: the draws are of the posterior already.
func (p *pair) draw(q fittedCouple, n int) {
	p.few = make([]twoSky, len(q.airs))
	for f, a := range q.airs {
		r, seen := p.c.random(50, uint64(f)), p.seen(f, q.couple)
		for range n {
			var u twoDraw
			for d := range u {
				u[d] = a.u[d] + a.sd[d]*r.NormFloat64()
			}
			p.few[f].add(u, p.c.town, 0)
		}
		p.c.each(n, func(m int) { p.few[f].log[m] = -seen.likes(p.few[f].at[m]) })
	}
}
