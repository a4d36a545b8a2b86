// Package identity knows who is there: users with roles, logins, API tokens.
package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
)

const (
	sessionLife = 12 * time.Hour

	// After this many wrong passwords a name rests: a guesser gets few tries,
	// and a person who mistypes is not locked out for long.
	triesBeforeRest = 5
	rest            = time.Minute
	maxNamesResting = 10_000
)

// Identity keeps users and their sessions.
type Identity struct {
	*service.Base
	cost Cost

	mu    sync.Mutex
	wrong map[string]failures
}

type failures struct {
	n     int
	until time.Time
}

// New makes the service. Passwords are hashed at the given cost.
func New(b *service.Base, cost Cost) *Identity {
	return &Identity{Base: b, cost: cost, wrong: map[string]failures{}}
}

// AddUser makes a user, or gives an existing one a new role and password. by is
// who does it: an administrator, or "console" for the machine's own keyboard.
func (i *Identity) AddUser(ctx context.Context, by, name string, role vigia.Role, password string) (vigia.User, error) {
	if !vigia.ValidName(name) {
		return vigia.User{}, vigia.Errorf(vigia.Invalid, "the user's name %q must be 1 to 64 letters, digits, hyphens or underscores", name)
	}
	if err := role.Valid(); err != nil {
		return vigia.User{}, err
	}
	hash, err := i.cost.Hash(password)
	if err != nil {
		return vigia.User{}, err
	}
	u := vigia.User{Name: name, Role: role, PasswordHash: hash, CreatedAt: i.Clock().UTC()}
	return u, i.Update(ctx, func(tx store.Tx) error {
		return tx.PutUser(u, store.Trace{Actor: by, Action: "user.put", At: i.Clock()})
	})
}

// Disable keeps a user from coming in again.
func (i *Identity) Disable(ctx context.Context, by, name string) error {
	return i.Update(ctx, func(tx store.Tx) error {
		u, err := tx.User(name)
		if err != nil {
			return err
		}
		u.Disabled = true
		return tx.PutUser(u, store.Trace{Actor: by, Action: "user.disabled", At: i.Clock()})
	})
}

// errLogin is all that a stranger is told.
var errLogin = vigia.Errorf(vigia.Unauthenticated, "the name or the password is wrong")

// Login checks a password and returns the user and a secret for the session.
func (i *Identity) Login(ctx context.Context, name, password string) (vigia.User, string, error) {
	if err := i.mayTry(name); err != nil {
		return vigia.User{}, "", err
	}
	var u vigia.User
	err := i.Store.View(ctx, func(r store.Reader) (err error) { u, err = r.User(name); return err })
	known := err == nil
	if err != nil && vigia.ErrorCode(err) != vigia.NotFound {
		return vigia.User{}, "", err
	}
	if !known {
		u.PasswordHash = i.cost.dummy() // so that an unknown name takes as long
	}
	if !Check(u.PasswordHash, password) || !known || u.Disabled {
		i.failed(name)
		i.Counters.Add("login.failed", 1)
		return vigia.User{}, "", errLogin
	}
	i.mu.Lock()
	delete(i.wrong, name)
	i.mu.Unlock()
	secret, err := i.begin(ctx, u, false, "", sessionLife)
	return u, secret, err
}

// Token makes an API token for a user.
func (i *Identity) Token(ctx context.Context, name, label string, life time.Duration) (string, error) {
	var u vigia.User
	if err := i.Store.View(ctx, func(r store.Reader) (err error) { u, err = r.User(name); return err }); err != nil {
		return "", err
	}
	return i.begin(ctx, u, true, label, life)
}

func (i *Identity) begin(ctx context.Context, u vigia.User, token bool, label string, life time.Duration) (string, error) {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // crypto/rand does not fail (Go 1.24)
	secret := "vigia_" + base64.RawURLEncoding.EncodeToString(b)
	now := i.Clock().UTC()
	return secret, i.Update(ctx, func(tx store.Tx) error {
		if err := tx.DeleteExpired(now); err != nil {
			return err
		}
		return tx.AddSession(vigia.Session{
			SecretHash: vigia.Digest([]byte(secret)), User: u.Name, Token: token, Label: label,
			CreatedAt: now, ExpiresAt: now.Add(life),
		})
	})
}

// Who tells whose session a secret is; Unauthenticated when it is nobody's.
func (i *Identity) Who(ctx context.Context, secret string) (vigia.User, error) {
	var u vigia.User
	err := i.Store.View(ctx, func(r store.Reader) error {
		s, err := r.Session(vigia.Digest([]byte(secret)))
		if err != nil {
			return err
		}
		if !i.Clock().Before(s.ExpiresAt) {
			return vigia.Errorf(vigia.NotFound, "the session has expired")
		}
		u, err = r.User(s.User)
		return err
	})
	switch {
	case vigia.ErrorCode(err) == vigia.NotFound || err == nil && u.Disabled:
		return vigia.User{}, vigia.Errorf(vigia.Unauthenticated, "log in first: the session is not known or has expired")
	}
	return u, err
}

// Logout ends a session.
func (i *Identity) Logout(ctx context.Context, secret string) error {
	return i.Update(ctx, func(tx store.Tx) error { return tx.DeleteSession(vigia.Digest([]byte(secret))) })
}

func (i *Identity) mayTry(name string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.wrong[name]
	if now := i.Clock(); now.Before(f.until) {
		return vigia.Errorf(vigia.Unavailable, "too many wrong passwords for %s; try again in %s", name, f.until.Sub(now).Round(time.Second))
	}
	return nil
}

func (i *Identity) failed(name string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.wrong) >= maxNamesResting { // a flood of made-up names
		clear(i.wrong)
	}
	f := i.wrong[name]
	if f.n++; f.n >= triesBeforeRest {
		f = failures{until: i.Clock().Add(rest)}
	}
	i.wrong[name] = f
}
