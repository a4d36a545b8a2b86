package localise

import "math"

// The weather that bears two sources out best, and how narrowly: the likelihood
// of two is kept in one such weather a flight and Laplace's method (Tierney and
// Kadane 1986, JASA 81:82) for those around it, with curvatures by axis. Draws of
// so many dimensions scattered too much to weigh two against one.

const (
	twoSteps  = 5    // towards the best weather, at the most
	twoAside  = 0.35 // standard deviations of the prior, by which curvatures are felt
	twoStride = 1.2  // of them, the longest step
	twoSettle = 0.15 // gain of a step, below which no more are taken

	twoWeighed = 48  // weathers about the best that the evidence is summed over,
	twoWide    = 1.1 // drawn so much wider than the curvature has it
)

// A twoAir is the best weather and the standard deviations about it.
type twoAir struct {
	u, sd [nWeather]float64
}

// A twoSeen is how one flight sees a couple, in any weather.
type twoSeen struct {
	p    *pair
	f    int
	a, b [][]look
}

func (p *pair) seen(f int, q couple) twoSeen {
	return twoSeen{p, f, p.flights[f].looksAt(q.a.x, q.a.y), p.flights[f].looksAt(q.b.x, q.b.y)}
}

// likes is the log of how the flight bears out a weather, the rates summed over.
func (s twoSeen) likes(w *weather) float64 {
	e, lo := &s.p.flights[s.f], s.p.lo
	t := e.twoSays(w, e.twoViews(s.a, w, lo), e.twoViews(s.b, w, lo), lo)
	s.p.prior(&t)
	return t.sum()
}

// posterior is the log of a weather's posterior density, but for a constant.
func (s twoSeen) posterior(u [nWeather]float64) float64 {
	w := newWeather(u, s.p.c.town)
	return s.likes(&w) - norm2(u)/2
}

// fit finds the weather of each flight that bears a couple out best, from those
// given or else from the pool.
func (p *pair) fit(q couple, from []twoAir) []twoAir {
	out := make([]twoAir, len(p.flights))
	for f := range out {
		var u [nWeather]float64
		if from != nil {
			u = from[f].u
		} else {
			likely, best := p.likely(f, []couple{q}), math.Inf(-1)
			for m, l := range likely {
				if l -= norm2(p.pool[f].of[m].u) / 2; l > best {
					u, best = p.pool[f].of[m].u, l
				}
			}
		}
		out[f] = p.seen(f, q).ascend(u)
	}
	return out
}

func norm2(u [nWeather]float64) (s float64) {
	for _, v := range u {
		s += v * v
	}
	return s
}

// ascend climbs to the best weather by Newton's steps along the axes.
func (s twoSeen) ascend(u [nWeather]float64) twoAir {
	at := s.posterior(u)
	var bend [nWeather]float64
	for range twoSteps {
		var beside [2 * nWeather]float64
		s.p.c.each(len(beside), func(i int) {
			v := u
			v[i/2] += twoAside * float64(2*(i%2)-1)
			beside[i] = s.posterior(v)
		})
		var step [nWeather]float64
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
	for d, k := range bend {
		a.sd[d] = 1 / math.Sqrt(k)
	}
	return a
}

// width is the log of the mean of a couple's likelihood over the prior of all
// weathers, over the likelihood in the best: by draws about the best.
func (p *pair) width(q couple, airs []twoAir) (sum float64) {
	for f, a := range airs {
		r, s := p.c.random(60, uint64(f)), p.seen(f, q)
		us, ls := make([][nWeather]float64, twoWeighed), make([]float64, twoWeighed)
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
		w := newWeather(a.u, p.c.town)
		sum += all - math.Log(twoWeighed) - s.likes(&w)
	}
	return sum
}

// in sets the weathers that squares are looked at in to the best ones.
func (p *pair) in(airs []twoAir) {
	p.few = nil
	for _, a := range airs {
		p.few = append(p.few, sky{of: []weather{newWeather(a.u, p.c.town)}, log: []float64{0}})
	}
}

// draw sets them to some drawn about the best ones.
func (p *pair) draw(airs []twoAir, n int) {
	p.few = nil
	for f, a := range airs {
		r := p.c.random(50, uint64(f))
		var s sky
		for range n {
			var u [nWeather]float64
			l := 0.0
			for d := range u {
				z := r.NormFloat64()
				u[d] = a.u[d] + a.sd[d]*z
				l += (z*z - u[d]*u[d]) / 2
			}
			s.of, s.log = append(s.of, newWeather(u, p.c.town)), append(s.log, l)
		}
		p.few = append(p.few, s)
	}
}
