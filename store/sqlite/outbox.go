package sqlite

import (
	"database/sql"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
)

func (r *reader) Position(consumer string) (uint64, error) {
	n, err := r.number(`SELECT seq FROM position WHERE consumer = ?`, consumer)
	return uint64(n), err
}

func (t *tx) SetPosition(consumer string, seq uint64) error {
	_, err := t.exec(`INSERT INTO position (consumer, seq) VALUES (?, ?) ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq`, consumer, seq)
	return err
}

func (r *reader) Outbox(most int) ([]store.Announcement, error) {
	var out []store.Announcement
	err := each(r.ctx, r.tx, func(rows *sql.Rows) error {
		var a store.Announcement
		if err := rows.Scan(&a.N, &a.ID, &a.Subject, &a.Data); err != nil {
			return failed(err)
		}
		out = append(out, a)
		return nil
	}, `SELECT n, id, subject, data FROM outbox ORDER BY n LIMIT ?`, limit(most))
	return out, err
}

func (t *tx) Announced(upTo int64) error {
	_, err := t.exec(`DELETE FROM outbox WHERE n <= ?`, upTo)
	return err
}

func (t *tx) AddDelivery(d store.Delivery) error {
	_, err := t.exec(`INSERT INTO delivery (destination, id, subject, data, due) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		d.Destination, d.ID, d.Subject, d.Data, micros(d.Due))
	return err
}

func (r *reader) Deliveries(destination string, dueBy time.Time, most int) ([]store.Delivery, error) {
	var out []store.Delivery
	err := each(r.ctx, r.tx, func(rows *sql.Rows) error {
		d := store.Delivery{Destination: destination}
		var due int64
		if err := rows.Scan(&d.ID, &d.Subject, &d.Data, &due, &d.Attempts, &d.LastError); err != nil {
			return failed(err)
		}
		d.Due = time.UnixMicro(due).UTC()
		out = append(out, d)
		return nil
	}, `SELECT id, subject, data, due, attempts, last_error FROM delivery
		WHERE destination = ? AND sent = 0 AND due <= ? ORDER BY n LIMIT ?`, destination, micros(dueBy), limit(most))
	return out, err
}

func (r *reader) CountDeliveries() (int, error) {
	n, err := r.number(`SELECT count(*) FROM delivery WHERE sent = 0`)
	return int(n), err
}

func (t *tx) Delivered(destination, id string, trace store.Trace) error {
	n, err := t.exec(`UPDATE delivery SET sent = 1, last_error = '' WHERE destination = ? AND id = ? AND sent = 0`, destination, id)
	if err != nil || n == 0 {
		return err
	}
	return t.record(vigia.ID(id), destination+"/"+id, []byte(destination+" "+id), trace)
}

func (t *tx) PutOff(destination, id string, due time.Time, why string) error {
	_, err := t.exec(`UPDATE delivery SET attempts = attempts + 1, due = ?, last_error = ? WHERE destination = ? AND id = ?`,
		micros(due), why, destination, id)
	return err
}
