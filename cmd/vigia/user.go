package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite"
)

type userCmd struct {
	Add     userAdd     `cmd:"" help:"Make a user, or give one a new role and password."`
	Token   userToken   `cmd:"" help:"Make an API token for a user."`
	Disable userDisable `cmd:"" help:"Keep a user from coming in."`
	List    userList    `cmd:"" help:"List the users."`
}

// Help is the page behind --help.
func (userCmd) Help() string {
	return `Works on the data folder itself, on the machine where it lies, while the system
runs or not. Roles: analyst (raises leads), approver (the second person),
partner (acknowledges), overseer (reads everything), administrator (users,
authorisations, flights), feeder (a gateway that sends data).

    vigia user add NAME --role analyst          asks for the password
    vigia user token NAME --for 720h            prints a token, once`
}

// local are the flags of a command that works on the folder itself.
type local struct {
	Data string `help:"Folder where everything is kept." default:"data" env:"VIGIA_DATA_DIR" type:"path"`
}

// identity opens the folder's store beside a running system: SQLite lets two
// processes write in turn.
func (l local) identity(ctx context.Context) (*identity.Identity, func() error, error) {
	if missing(filepath.Join(l.Data, "keys", "audit.key")) {
		return nil, nil, vigia.Errorf(vigia.NotFound, "%s is not a data folder: start vigia serve once, or name it with --data", l.Data)
	}
	f := &folder{dir: l.Data}
	if err := f.readAuditKeys(); err != nil {
		return nil, nil, err
	}
	db, err := sqlite.Open(ctx, f.database(), f.signer)
	if err != nil {
		return nil, nil, err
	}
	base := service.New(db, nil, time.Now, slog.New(slog.DiscardHandler))
	return identity.New(base, identity.Recommended), db.Close, nil
}

type userAdd struct {
	local
	Name string     `arg:"" help:"The user's name."`
	Role vigia.Role `help:"analyst, approver, partner, overseer, administrator or feeder." required:""`
}

func (c userAdd) Run(ctx context.Context, io std) error {
	id, done, err := c.identity(ctx)
	if err != nil {
		return err
	}
	defer done() //nolint:errcheck // what was done is on disk
	password, err := askPassword(io, c.Name)
	if err != nil {
		return err
	}
	u, err := id.AddUser(ctx, "console", c.Name, c.Role, password)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s is %s\n", u.Name, u.Role)
	return err
}

// askPassword asks twice on a terminal, and reads one line from a pipe.
func askPassword(io std, name string) (string, error) {
	f, ok := io.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(io.in).ReadString('\n')
		if line == "" && err != nil {
			return "", vigia.Errorf(vigia.Invalid, "a password is read from standard input, and there was none")
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, prompt := range []string{"Password for " + name + ": ", "Again: "} {
		fmt.Fprint(io.err, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(io.err)
		if err != nil {
			return "", vigia.Errorf(vigia.Invalid, "the password was not read: %v", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", vigia.Errorf(vigia.Invalid, "the two passwords differ; nothing was changed")
	}
	return typed[0], nil
}

type userToken struct {
	local
	Name  string        `arg:"" help:"The user's name."`
	For   time.Duration `help:"How long it holds." default:"720h"`
	Label string        `help:"What it is used for." default:"command line"`
}

func (c userToken) Run(ctx context.Context, io std) error {
	id, done, err := c.identity(ctx)
	if err != nil {
		return err
	}
	defer done() //nolint:errcheck // what was done is on disk
	token, err := id.Token(ctx, c.Name, c.Label, c.For)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, token)
	return err
}

type userDisable struct {
	local
	Name string `arg:"" help:"The user's name."`
}

func (c userDisable) Run(ctx context.Context, io std) error {
	id, done, err := c.identity(ctx)
	if err != nil {
		return err
	}
	defer done() //nolint:errcheck // what was done is on disk
	if err := id.Disable(ctx, "console", c.Name); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s is disabled\n", c.Name)
	return err
}

type userList struct {
	local
	JSON bool `help:"Write JSON for machines." name:"json"`
}

func (c userList) Run(ctx context.Context, io std) error {
	id, done, err := c.identity(ctx)
	if err != nil {
		return err
	}
	defer done() //nolint:errcheck // it was only read
	var users []vigia.User
	if err := id.Store.View(ctx, func(r store.Reader) (err error) { users, err = r.Users(); return err }); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, users)
	}
	for _, u := range users {
		state := ""
		if u.Disabled {
			state = " (disabled)"
		}
		fmt.Fprintf(io.out, "%s  %s%s\n", u.Name, u.Role, state)
	}
	return nil
}
