package sqlite

import (
	"math"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

func (t *tx) AddBatch(b vigia.Batch, log uint64) error {
	n, err := t.exec(`INSERT INTO batch (id, log) VALUES (?, ?) ON CONFLICT DO NOTHING`, b.ID, log)
	if err != nil || n == 0 {
		return err
	}
	for _, o := range b.Observations {
		if err := t.insert(o, `INSERT INTO observation (id, flight, sensor, time, cell, log, body) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			o.ID, o.Flight, o.Sensor, micros(o.Time), int64(geo.CellOf(o.Middle())), log); err != nil {
			return err
		}
	}
	for _, w := range b.Winds {
		if err := t.insert(w, `INSERT INTO wind (id, flight, time, log, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			w.ID, w.Flight, micros(w.Time), log); err != nil {
			return err
		}
	}
	for _, g := range b.Buildings {
		lon, lat := g.Footprint.Centroid()
		if err := t.insert(g, `INSERT OR REPLACE INTO building (id, cell, body) VALUES (?, ?, ?)`,
			g.ID, int64(geo.CellOf(geo.Point{Lon: lon, Lat: lat}))); err != nil {
			return err
		}
	}
	return nil
}

// insert runs a statement whose last argument is the noun's body.
func (t *tx) insert(noun any, query string, args ...any) error {
	body, err := encode(noun)
	if err != nil {
		return err
	}
	_, err = t.exec(query, append(args, string(body))...)
	return err
}

func (r *reader) Observations(f store.ObservationFilter) ([]vigia.Observation, error) {
	var q strings.Builder
	args := []any{f.Flight}
	q.WriteString(`SELECT body FROM observation WHERE flight = ?`)
	if f.Sensor != "" {
		q.WriteString(` AND sensor = ?`)
		args = append(args, f.Sensor)
	}
	if !f.From.IsZero() {
		q.WriteString(` AND time >= ?`)
		args = append(args, micros(f.From))
	}
	if !f.Before.IsZero() {
		q.WriteString(` AND time < ?`)
		args = append(args, micros(f.Before))
	}
	if f.UpToLog > 0 {
		q.WriteString(` AND log <= ?`)
		args = append(args, f.UpToLog)
	}
	q.WriteString(` ORDER BY time, id LIMIT ?`)
	return list[vigia.Observation](r, q.String(), append(args, limit(f.Limit))...)
}

func (r *reader) CountObservations(flight vigia.ID, upToLog uint64) (int, error) {
	n, err := r.number(`SELECT count(*) FROM observation WHERE flight = ? AND log <= ?`, flight, bound(upToLog))
	return int(n), err
}

func (r *reader) Winds(flight vigia.ID, upToLog uint64) ([]vigia.Wind, error) {
	return list[vigia.Wind](r, `SELECT body FROM wind WHERE flight = ? AND log <= ? ORDER BY time, id`, flight, bound(upToLog))
}

// bound turns "0 = all" into a number that nothing passes.
func bound(upToLog uint64) int64 {
	if upToLog == 0 {
		return math.MaxInt64
	}
	return int64(upToLog)
}

func (r *reader) BuildingsNear(p geo.Point, radiusM float64, most int) ([]vigia.Building, error) {
	return r.buildings(geo.CoverCircle(p, radiusM, 16), most)
}

func (r *reader) BuildingsIn(west, south, east, north float64, most int) ([]vigia.Building, error) {
	return r.buildings(geo.CoverRect(west, south, east, north, 16), most)
}

func (r *reader) buildings(ranges []geo.CellRange, most int) ([]vigia.Building, error) {
	where, args := inCells(ranges)
	return list[vigia.Building](r, `SELECT body FROM building WHERE `+where+` ORDER BY id LIMIT ?`, append(args, limit(most))...)
}
