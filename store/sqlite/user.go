package sqlite

import (
	"database/sql"
	"errors"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
)

func (t *tx) PutUser(u vigia.User, trace store.Trace) error {
	body, err := encode(u) // the hash of the password is not in it
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO user (name, password_hash, body) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, body = excluded.body`,
		u.Name, u.PasswordHash, string(body)); err != nil {
		return err
	}
	return t.record(vigia.ID(u.Name), u.Name, body, trace)
}

func (r *reader) User(name string) (vigia.User, error) {
	var hash string
	var body []byte
	err := r.tx.QueryRowContext(r.ctx, `SELECT password_hash, body FROM user WHERE name = ?`, name).Scan(&hash, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return vigia.User{}, notFound("user", name)
	}
	if err != nil {
		return vigia.User{}, failed(err)
	}
	var u vigia.User
	if err := decode(body, &u); err != nil {
		return u, err
	}
	u.PasswordHash = hash
	return u, nil
}

func (r *reader) Users() ([]vigia.User, error) {
	return list[vigia.User](r, `SELECT body FROM user ORDER BY name`)
}

func (t *tx) AddSession(s vigia.Session) error {
	return t.insert(s, `INSERT INTO session (secret_hash, user, expires_at, body) VALUES (?, ?, ?, ?)`,
		s.SecretHash, s.User, micros(s.ExpiresAt))
}

func (r *reader) Session(secretHash string) (vigia.Session, error) {
	s, err := one[vigia.Session](r, "session", "of that secret", `SELECT body FROM session WHERE secret_hash = ?`, secretHash)
	s.SecretHash = secretHash
	return s, err
}

func (t *tx) DeleteSession(secretHash string) error {
	_, err := t.exec(`DELETE FROM session WHERE secret_hash = ?`, secretHash)
	return err
}

func (t *tx) DeleteExpired(now time.Time) error {
	_, err := t.exec(`DELETE FROM session WHERE expires_at <= ?`, micros(now))
	return err
}
