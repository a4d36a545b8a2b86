package sqlite

import (
	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

func (t *tx) AddDetection(d vigia.Detection, trace store.Trace) (bool, error) {
	return t.add(d.ID, d, trace, `INSERT INTO detection (id, flight, cell, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		d.ID, d.Flight, int64(geo.CellOf(d.At)))
}

func (r *reader) Detections(f store.DetectionFilter) ([]vigia.Detection, error) {
	return list[vigia.Detection](r, `SELECT body FROM detection WHERE (? = '' OR flight = ?) ORDER BY n DESC LIMIT ?`,
		f.Flight, f.Flight, limit(f.Limit))
}

func (t *tx) AddPlume(p vigia.Plume, trace store.Trace) (bool, error) {
	return t.add(p.ID, p, trace, `INSERT INTO plume (id, flight, log, cell, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		p.ID, p.Flight, p.Log, int64(geo.CellOf(p.At)))
}

func (r *reader) Plumes(f store.PlumeFilter) ([]vigia.Plume, error) {
	return list[vigia.Plume](r, `SELECT body FROM plume WHERE (? = '' OR flight = ?) AND log <= ? ORDER BY n DESC LIMIT ?`,
		f.Flight, f.Flight, bound(f.UpToLog), limit(f.Limit))
}

func (t *tx) AddPosterior(p vigia.Posterior, trace store.Trace) (bool, error) {
	return t.add(p.ID, p, trace, `INSERT INTO posterior (id, flight, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.ID, p.Flight)
}

func (r *reader) Posterior(id vigia.ID) (vigia.Posterior, error) {
	return one[vigia.Posterior](r, "posterior", id, `SELECT body FROM posterior WHERE id = ?`, id)
}

func (r *reader) Posteriors(flight vigia.ID, most int) ([]vigia.Posterior, error) {
	return list[vigia.Posterior](r, `SELECT body FROM posterior WHERE (? = '' OR flight = ?) ORDER BY n DESC LIMIT ?`,
		flight, flight, limit(most))
}

func (t *tx) PutSite(s vigia.Site, trace store.Trace) error {
	return t.put("site", s.ID, s.Version, s, trace, ", cell", ", ?", int64(geo.CellOf(s.At)))
}

func (r *reader) Site(id vigia.ID) (vigia.Site, error) {
	return one[vigia.Site](r, "site", id, `SELECT body FROM site WHERE id = ?`, id)
}

func (r *reader) Sites() ([]vigia.Site, error) {
	return list[vigia.Site](r, `SELECT body FROM site ORDER BY id`)
}

func (r *reader) SitesNear(p geo.Point, radiusM float64) ([]vigia.Site, error) {
	where, args := inCells(geo.CoverCircle(p, radiusM, 16))
	near, err := list[vigia.Site](r, `SELECT body FROM site WHERE `+where+` ORDER BY id`, args...)
	if err != nil {
		return nil, err
	}
	within := near[:0]
	for _, s := range near {
		if geo.Distance(geo.Point{Lon: p.Lon, Lat: p.Lat}, geo.Point{Lon: s.At.Lon, Lat: s.At.Lat}) <= radiusM {
			within = append(within, s)
		}
	}
	return within, nil
}

func (t *tx) PutLead(l vigia.Lead, trace store.Trace) error {
	return t.put("lead", l.ID, l.Version, l, trace, "", "")
}

func (r *reader) Lead(id vigia.ID) (vigia.Lead, error) {
	return one[vigia.Lead](r, "lead", id, `SELECT body FROM lead WHERE id = ?`, id)
}

func (r *reader) Leads() ([]vigia.Lead, error) {
	return list[vigia.Lead](r, `SELECT body FROM lead ORDER BY id`)
}

func (t *tx) Reject(decision vigia.ID, why vigia.Error, trace store.Trace) error {
	_, err := t.add(decision, why, trace, `INSERT INTO rejection (decision, body) VALUES (?, ?) ON CONFLICT DO NOTHING`, decision)
	return err
}

func (r *reader) Rejection(decision vigia.ID) (vigia.Error, error) {
	return one[vigia.Error](r, "rejection of", decision, `SELECT body FROM rejection WHERE decision = ?`, decision)
}

func (t *tx) AddFact(id vigia.ID, fact any, trace store.Trace) (bool, error) {
	n, err := t.exec(`INSERT INTO fact (id) VALUES (?) ON CONFLICT DO NOTHING`, id)
	if err != nil || n == 0 {
		return false, err
	}
	body, err := encode(fact)
	if err != nil {
		return false, err
	}
	return true, t.record(id, string(id), body, trace)
}
