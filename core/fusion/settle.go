package fusion

import (
	"math"
	"sort"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

const (
	// leastElsewhere is the probability that always stays outside the known
	// buildings, however many flights agree: a map of houses is never complete.
	leastElsewhere = 1e-3
	// unlisted is the probability of a building that a posterior does not list.
	unlisted = 1e-5
	// listed is the least probability of a building that a site lists.
	listed = 1e-4
	// leastSigmaM is the least standard deviation of a place, metres.
	leastSigmaM = 0.5
	// leastLogRate is the least standard deviation of a rate's logarithm: no
	// plume model knows its rate to better than some per cent.
	leastLogRate = 0.05
	// z975 is the 97.5 % point of the standard normal.
	z975 = 1.959964
)

// settle computes what a site says from its evidence.
func settle(s vigia.Site) vigia.Site {
	sort.Slice(s.Evidence, func(i, j int) bool { return s.Evidence[i].Flight < s.Evidence[j].Flight })
	if len(s.Evidence) == 0 {
		// It keeps its last place, so that one that comes back is known again.
		s.Status = vigia.Withdrawn
		s.Evidence = nil
		return s
	}
	s.Status = vigia.Candidate
	for i, e := range s.Evidence {
		if s.FirstSeen.IsZero() || e.AsOf.Before(s.FirstSeen) {
			s.FirstSeen = e.AsOf
		}
		if i == 0 || e.AsOf.After(s.LastSeen) {
			s.LastSeen = e.AsOf
		}
	}
	counted := standing(s.Evidence)
	s.At, s.Ellipse, s.Region90 = place(counted)
	s.RateLo, s.RateKgH, s.RateHi = rate(counted)
	s.Buildings, s.Elsewhere = buildings(counted)
	return s
}

// standing leaves out the evidence of flights that other evidence holds.
func standing(ev []vigia.Evidence) []vigia.Evidence {
	held := map[vigia.ID]bool{}
	for _, e := range ev {
		for _, f := range e.With {
			if f != e.Flight {
				held[f] = true
			}
		}
	}
	var out []vigia.Evidence
	for _, e := range ev {
		if !held[e.Flight] {
			out = append(out, e)
		}
	}
	if len(out) == 0 { // two that hold each other: never from one log
		return ev
	}
	return out
}

// place is the mean of the evidence's places, each weighed by the inverse of
// its covariance. Where they disagree by more than they should, the covariance
// is widened by the Birge ratio (Birge 1932, Physical Review 40:207).
func place(ev []vigia.Evidence) (geo.Point, vigia.Ellipse, []geo.Polygon) {
	if len(ev) == 1 {
		return ev[0].Source.At, ev[0].Source.Ellipse, ev[0].Source.Region90
	}
	frame := geo.Frame{Origin: ev[0].Source.At}
	var info matrix
	var ix, iy, up float64
	for _, e := range ev {
		l := frame.ToLocal(e.Source.At)
		k := covariance(e.Source.Ellipse).inverse()
		ix += k.xx*l.X + k.xy*l.Y
		iy += k.xy*l.X + k.yy*l.Y
		up += l.Z / float64(len(ev))
		info = info.plus(k)
	}
	cov := info.inverse()
	x, y := cov.xx*ix+cov.xy*iy, cov.xy*ix+cov.yy*iy
	chi2 := 0.0
	for _, e := range ev {
		l := frame.ToLocal(e.Source.At)
		chi2 += covariance(e.Source.Ellipse).inverse().quadratic(l.X-x, l.Y-y)
	}
	cov = cov.times(math.Max(1, chi2/float64(2*len(ev)-2)))
	ellipse := cov.ellipse()
	// 4.605 is the 90 % point of chi-squared with two degrees of freedom.
	ring := make([][2]float64, 0, 49)
	for i := range 48 {
		s, c := math.Sincos(float64(i) * math.Pi / 24)
		sa, ca := math.Sincos(ellipse.AzimuthDeg * math.Pi / 180)
		a, b := ellipse.SemiMajorM*math.Sqrt(4.605/gate)*c, ellipse.SemiMinorM*math.Sqrt(4.605/gate)*s
		ring = append(ring, [2]float64{x + a*sa - b*ca, y + a*ca + b*sa})
	}
	ring = append(ring, ring[0])
	return frame.ToPoint(geo.Local{X: x, Y: y, Z: up}), ellipse, []geo.Polygon{frame.PolygonToWGS84(geo.Polygon{ring})}
}

// rate is the mean of the logarithms, each weighed by the inverse square of its
// interval's width, widened where they disagree as a place is: an emitter that
// changes from day to day has a wide interval.
func rate(ev []vigia.Evidence) (lo, mid, hi float64) {
	if len(ev) == 1 {
		s := ev[0].Source
		return s.RateLo, s.RateKgH, s.RateHi
	}
	var sw, swx float64
	type term struct{ x, w float64 }
	var terms []term
	for _, e := range ev {
		s := e.Source
		if !(s.RateKgH > 0 && s.RateLo > 0 && s.RateHi >= s.RateLo) {
			continue
		}
		sd := math.Max(math.Log(s.RateHi/s.RateLo)/(2*z975), leastLogRate)
		t := term{math.Log(s.RateKgH), 1 / (sd * sd)}
		terms = append(terms, t)
		sw += t.w
		swx += t.w * t.x
	}
	if len(terms) == 0 {
		return 0, 0, 0
	}
	mean, chi2 := swx/sw, 0.0
	for _, t := range terms {
		chi2 += t.w * (t.x - mean) * (t.x - mean)
	}
	sd := math.Sqrt(math.Max(1, chi2/math.Max(1, float64(len(terms)-1))) / sw)
	return math.Exp(mean - z975*sd), math.Exp(mean), math.Exp(mean + z975*sd)
}

// buildings multiplies what the flights say of each building, and of none of
// them: flights are independent looks. A flight that knew no building says
// nothing of any.
func buildings(ev []vigia.Evidence) ([]vigia.BuildingProbability, float64) {
	log := map[vigia.ID]float64{}
	elsewhere, looks := 0.0, 0
	for _, e := range ev {
		if len(e.Buildings) == 0 {
			continue
		}
		looks++
		elsewhere += math.Log(math.Max(e.Elsewhere, leastElsewhere))
		for _, b := range e.Buildings {
			if _, ok := log[b.ID]; !ok {
				log[b.ID] = 0
			}
		}
	}
	if looks == 0 {
		return nil, 0
	}
	for _, e := range ev {
		if len(e.Buildings) == 0 {
			continue
		}
		said := map[vigia.ID]float64{}
		for _, b := range e.Buildings {
			said[b.ID] = b.Probability
		}
		for id := range log {
			log[id] += math.Log(math.Max(said[id], unlisted))
		}
	}
	out := make([]vigia.BuildingProbability, 0, len(log))
	for id, l := range log {
		out = append(out, vigia.BuildingProbability{ID: id, Probability: l})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Probability != out[j].Probability {
			return out[i].Probability > out[j].Probability
		}
		return out[i].ID < out[j].ID
	})
	top, total := math.Max(out[0].Probability, elsewhere), 0.0
	for _, b := range out {
		total += math.Exp(b.Probability - top)
	}
	none := math.Max(math.Exp(elsewhere-top)/(total+math.Exp(elsewhere-top)), leastElsewhere)
	kept := out[:0]
	for _, b := range out {
		if p := (1 - none) * math.Exp(b.Probability-top) / total; p >= listed {
			kept = append(kept, vigia.BuildingProbability{ID: b.ID, Probability: p})
		}
	}
	return kept, none
}

// A matrix is a symmetric two by two.
type matrix struct{ xx, yy, xy float64 }

func (m matrix) plus(n matrix) matrix   { return matrix{m.xx + n.xx, m.yy + n.yy, m.xy + n.xy} }
func (m matrix) times(k float64) matrix { return matrix{k * m.xx, k * m.yy, k * m.xy} }
func (m matrix) quadratic(x, y float64) float64 {
	return m.xx*x*x + 2*m.xy*x*y + m.yy*y*y
}

func (m matrix) inverse() matrix {
	det := m.xx*m.yy - m.xy*m.xy
	return matrix{m.yy / det, m.xx / det, -m.xy / det}
}

// covariance is that of the normal distribution of which e holds 95 %.
func covariance(e vigia.Ellipse) matrix {
	a := math.Max(e.SemiMajorM/math.Sqrt(gate), leastSigmaM)
	b := math.Max(e.SemiMinorM/math.Sqrt(gate), leastSigmaM)
	s, c := math.Sincos(e.AzimuthDeg * math.Pi / 180)
	return matrix{xx: a*a*s*s + b*b*c*c, yy: a*a*c*c + b*b*s*s, xy: (a*a - b*b) * s * c}
}

// ellipse holds 95 % of the normal distribution of covariance m.
func (m matrix) ellipse() vigia.Ellipse {
	mean, diff := (m.xx+m.yy)/2, (m.xx-m.yy)/2
	r := math.Hypot(diff, m.xy)
	axis := 0.5 * math.Atan2(2*m.xy, m.xx-m.yy) // from east, anticlockwise
	return vigia.Ellipse{
		SemiMajorM: math.Sqrt(gate * (mean + r)),
		SemiMinorM: math.Sqrt(gate * math.Max(mean-r, 0)),
		AzimuthDeg: math.Mod(90-axis*180/math.Pi+360, 180),
	}
}
