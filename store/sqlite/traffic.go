package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

func (t *tx) AddPicture(p vigia.Picture, trace store.Trace) (bool, error) {
	return t.add(p.ID, p, trace, `INSERT INTO picture (id, flight, time, expires, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		p.ID, p.Flight, micros(p.Time), micros(p.Expires))
}

func (t *tx) AddLook(l vigia.Look, trace store.Trace) (bool, error) {
	return t.add(l.ID, l, trace, `INSERT INTO look (id, flight, time, expires, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		l.ID, l.Flight, micros(l.From), micros(l.Expires))
}

func (t *tx) AddVisit(v vigia.Visit, trace store.Trace) (bool, error) {
	return t.add(v.ID, v, trace, `INSERT INTO visit (id, cell, time, expires, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		v.ID, int64(geo.CellOf(v.At)), micros(v.Arrive), micros(v.Expires))
}

func (t *tx) Expire(now time.Time, trace store.Trace) (int, error) {
	gone, all := map[string]int64{}, int64(0)
	for _, table := range []string{"picture", "visit", "look"} {
		n, err := t.exec(`DELETE FROM `+table+` WHERE expires <= ?`, micros(now))
		if err != nil {
			return 0, err
		}
		gone[table] = n
		all += n
	}
	if all == 0 {
		return 0, nil
	}
	body, err := encode(gone)
	if err != nil {
		return 0, err
	}
	// The counts are the entry's subject: after this nothing else tells them.
	id := vigia.ID(fmt.Sprintf("pictures=%d visits=%d looks=%d", gone["picture"], gone["visit"], gone["look"]))
	return int(all), t.record(id, string(vigia.NewID("expired", micros(now), gone)), body, trace)
}

func (r *reader) Pictures(f store.TrafficFilter) ([]vigia.Picture, error) {
	return traffic[vigia.Picture](r, "picture", f)
}

func (r *reader) Looks(f store.TrafficFilter) ([]vigia.Look, error) {
	return traffic[vigia.Look](r, "look", f)
}

// traffic lists the latest of a table in order of time.
func traffic[T any](r *reader, table string, f store.TrafficFilter) ([]T, error) {
	where, args := []string{"1"}, []any{}
	if f.Flight != "" {
		where, args = append(where, "flight = ?"), append(args, f.Flight)
	}
	if !f.From.IsZero() {
		where, args = append(where, "time >= ?"), append(args, micros(f.From))
	}
	if !f.Before.IsZero() {
		where, args = append(where, "time < ?"), append(args, micros(f.Before))
	}
	latest, err := list[T](r, `SELECT body FROM `+table+` WHERE `+strings.Join(where, " AND ")+` ORDER BY time DESC, id DESC LIMIT ?`,
		append(args, limit(f.Limit))...)
	slices.Reverse(latest)
	return latest, err
}

func (r *reader) VisitsNear(p geo.Point, radiusM float64) ([]vigia.Visit, error) {
	where, args := inCells(geo.CoverCircle(p, radiusM, 16))
	near, err := list[vigia.Visit](r, `SELECT body FROM visit WHERE `+where+` ORDER BY time, id`, args...)
	if err != nil {
		return nil, err
	}
	flat := geo.Point{Lon: p.Lon, Lat: p.Lat}
	return slices.DeleteFunc(near, func(v vigia.Visit) bool {
		return geo.Distance(flat, geo.Point{Lon: v.At.Lon, Lat: v.At.Lat}) > radiusM
	}), nil
}
