package identity_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
)

// cheap is a cost for tests only.
var cheap = identity.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T) (*identity.Identity, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	return identity.New(service.New(sqlitetest.Open(t), nil, c.Now, slog.New(slog.DiscardHandler)), cheap), c
}

func wantCode(t *testing.T, err error, code vigia.Code) {
	t.Helper()
	if vigia.ErrorCode(err) != code {
		t.Fatalf("the error is %v (%q), want %q", err, vigia.ErrorCode(err), code)
	}
}

func TestLogin(t *testing.T) {
	ctx := context.Background()
	id, c := open(t)
	_, err := id.AddUser(ctx, "console", "ana", vigia.Analyst, "correct horse")
	wantCode(t, err, "")

	_, _, err = id.Login(ctx, "ana", "wrong horse")
	wantCode(t, err, vigia.Unauthenticated)
	_, _, err = id.Login(ctx, "nobody", "correct horse")
	wantCode(t, err, vigia.Unauthenticated)

	u, secret, err := id.Login(ctx, "ana", "correct horse")
	wantCode(t, err, "")
	if u.Role != vigia.Analyst {
		t.Errorf("logged in as %s", u.Role)
	}
	who, err := id.Who(ctx, secret)
	wantCode(t, err, "")
	if who.Name != "ana" {
		t.Errorf("the session is %s's", who.Name)
	}
	c.now = c.now.Add(13 * time.Hour)
	_, err = id.Who(ctx, secret)
	wantCode(t, err, vigia.Unauthenticated)
}

func TestLogout(t *testing.T) {
	ctx := context.Background()
	id, _ := open(t)
	_, err := id.AddUser(ctx, "console", "ana", vigia.Analyst, "correct horse")
	wantCode(t, err, "")
	_, secret, err := id.Login(ctx, "ana", "correct horse")
	wantCode(t, err, "")
	wantCode(t, id.Logout(ctx, secret), "")
	_, err = id.Who(ctx, secret)
	wantCode(t, err, vigia.Unauthenticated)
}

func TestDisabledUserIsOut(t *testing.T) {
	ctx := context.Background()
	id, _ := open(t)
	_, err := id.AddUser(ctx, "console", "ana", vigia.Analyst, "correct horse")
	wantCode(t, err, "")
	token, err := id.Token(ctx, "ana", "laptop", time.Hour)
	wantCode(t, err, "")
	_, err = id.Who(ctx, token)
	wantCode(t, err, "")
	wantCode(t, id.Disable(ctx, "console", "ana"), "")
	_, err = id.Who(ctx, token)
	wantCode(t, err, vigia.Unauthenticated)
	_, _, err = id.Login(ctx, "ana", "correct horse")
	wantCode(t, err, vigia.Unauthenticated)
}

func TestGuesserMustRest(t *testing.T) {
	ctx := context.Background()
	id, c := open(t)
	_, err := id.AddUser(ctx, "console", "ana", vigia.Analyst, "correct horse")
	wantCode(t, err, "")
	for range 5 {
		_, _, err = id.Login(ctx, "ana", "a guess at it")
		wantCode(t, err, vigia.Unauthenticated)
	}
	_, _, err = id.Login(ctx, "ana", "correct horse")
	wantCode(t, err, vigia.Unavailable)
	c.now = c.now.Add(time.Minute)
	_, _, err = id.Login(ctx, "ana", "correct horse")
	wantCode(t, err, "")
}

func TestAddUserRefuses(t *testing.T) {
	ctx := context.Background()
	id, _ := open(t)
	for name, c := range map[string]struct {
		user, password string
		role           vigia.Role
	}{
		"a short password":  {"ana", "short", vigia.Analyst},
		"a name with space": {"ana maria", "correct horse", vigia.Analyst},
		"an unknown role":   {"ana", "correct horse", "king"},
	} {
		if _, err := id.AddUser(ctx, "console", c.user, c.role, c.password); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckRefusesWhatIsNotAHash(t *testing.T) {
	hash, err := cheap.Hash("correct horse")
	wantCode(t, err, "")
	if !identity.Check(hash, "correct horse") {
		t.Fatal("the right password must pass")
	}
	for _, phc := range []string{"", "plain", "$argon2i$v=19$m=64,t=1,p=1$AA$AA", strings.Replace(hash, "v=19", "v=16", 1), strings.TrimSuffix(hash, hash[len(hash)-4:])} {
		if identity.Check(phc, "correct horse") {
			t.Errorf("%q passes", phc)
		}
	}
}
