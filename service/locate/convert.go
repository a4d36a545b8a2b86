package locate

import (
	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
)

// readingIn places an observation in the frame.
func readingIn(f geo.Frame, o vigia.Observation) localise.Reading {
	r := localise.Reading{
		Time: o.Time, Sensor: o.Sensor, Kind: o.Kind, At: f.ToLocal(o.At),
		Value: o.Value, Sigma: o.Sigma, Limit: o.Limit, Saturation: o.Saturation, Above: o.Above,
	}
	if o.To != nil {
		r.To = f.ToLocal(*o.To)
	}
	return r
}

// posteriorOf places an answer on the Earth.
func posteriorOf(f geo.Frame, a localise.Answer) vigia.Posterior {
	p := vigia.Posterior{
		AsOf: a.AsOf.UTC(), Readings: a.Readings, CountProbability: a.CountProbability,
		Buildings: a.Buildings, Elsewhere: a.Elsewhere, Method: a.Method, Seed: a.Seed,
		Sources: []vigia.Source{},
	}
	if a.Wind != localise.From { // whoever reads the answer must know
		p.Method += "; wind read as " + string(a.Wind)
	}
	for _, s := range a.Sources {
		p.Sources = append(p.Sources, vigia.Source{
			At:      f.ToPoint(geo.Local{X: s.X, Y: s.Y, Z: s.Z}),
			RateKgH: s.RateKgH, RateLo: s.RateLo, RateHi: s.RateHi,
			Ellipse:  s.Ellipse,
			Region50: onEarth(f, s.Region50), Region90: onEarth(f, s.Region90), Region95: onEarth(f, s.Region95),
			Buildings: s.Buildings, Elsewhere: s.Elsewhere,
		})
	}
	return p
}

func onEarth(f geo.Frame, local []geo.Polygon) []geo.Polygon {
	out := make([]geo.Polygon, len(local))
	for i, p := range local {
		out[i] = f.PolygonToWGS84(p)
	}
	return out
}
