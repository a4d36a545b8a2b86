package sqlite

import (
	"strconv"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
)

func (r *reader) Authorisation(id vigia.ID) (vigia.Authorisation, error) {
	return one[vigia.Authorisation](r, "authorisation", id, `SELECT body FROM authorisation WHERE id = ?`, id)
}

func (r *reader) Authorisations() ([]vigia.Authorisation, error) {
	return list[vigia.Authorisation](r, `SELECT body FROM authorisation ORDER BY id`)
}

func (t *tx) AddAuthorisation(a vigia.Authorisation, trace store.Trace) (bool, error) {
	return t.add(a.ID, a, trace, `INSERT INTO authorisation (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING`, a.ID)
}

func (r *reader) Flight(id vigia.ID) (vigia.Flight, error) {
	return one[vigia.Flight](r, "flight", id, `SELECT body FROM flight WHERE id = ?`, id)
}

func (r *reader) Flights() ([]vigia.Flight, error) {
	return list[vigia.Flight](r, `SELECT body FROM flight ORDER BY id`)
}

func (t *tx) PutFlight(f vigia.Flight, trace store.Trace) error {
	body, err := encode(f)
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT OR REPLACE INTO flight (id, body) VALUES (?, ?)`, f.ID, string(body)); err != nil {
		return err
	}
	return t.record(f.ID, string(f.ID)+"@"+strconv.FormatBool(f.Ended), body, trace)
}

func (t *tx) AddSealed(s vigia.Sealed, trace store.Trace) (bool, error) {
	s.Ciphertext = nil // what is sealed stays on the log, for the overseer
	return t.add(s.ID, s, trace, `INSERT INTO sealed (id, flight, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, s.ID, s.Flight)
}

func (r *reader) Sealed() ([]vigia.Sealed, error) {
	return list[vigia.Sealed](r, `SELECT body FROM sealed ORDER BY id`)
}
