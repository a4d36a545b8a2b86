package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/stream/jetstream"
)

type unsealCmd struct {
	local
	ID       vigia.ID `arg:"" optional:"" help:"What to open; without it, all are listed."`
	Identity string   `help:"The overseer's age private key, a file." type:"existingfile"`
}

// Help is the page behind --help.
func (unsealCmd) Help() string {
	return `What was sensed without permission is kept encrypted. The system cannot read it;
whoever holds the overseer's private key can. Run it while the system is
stopped, or on a copy of the folder.

    vigia unseal --data DIR
    vigia unseal seal-0123… --identity overseer.key --data DIR > records.csv`
}

// Run lists, or opens one.
func (c unsealCmd) Run(ctx context.Context, io std) error {
	lock, err := lockFile(filepath.Join(c.Data, "lock"))
	if err != nil {
		return vigia.Errorf(vigia.Conflict, "the folder %s is in use or is not one: stop the system, or use a copy (%v)", c.Data, err)
	}
	defer lock.Close() //nolint:errcheck // a lock
	s, err := jetstream.Open(ctx, jetstream.Options{Dir: filepath.Join(c.Data, "stream")})
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // it was only read
	found := c.ID == ""
	err = s.Read(ctx, stream.Log, func(_ context.Context, m stream.Message) error {
		var sealed vigia.Sealed
		if !strings.HasPrefix(m.Subject, stream.Sealed) {
			return nil
		}
		if err := json.Unmarshal(m.Data, &sealed); err != nil {
			return fmt.Errorf("what was sealed at %d is not readable: %w", m.Seq, err)
		}
		switch c.ID {
		case "":
			fmt.Fprintf(io.out, "%s  %s, %d records, %v\n", sealed.ID, sealed.Flight, sealed.Records, sealed.Reasons)
		case sealed.ID:
			found = true
			return c.open(io, sealed)
		}
		return nil
	})
	if err == nil && !found {
		return vigia.Errorf(vigia.NotFound, "nothing is sealed under %s", c.ID)
	}
	return err
}

func (c unsealCmd) open(io std, sealed vigia.Sealed) error {
	if c.Identity == "" {
		return vigia.Errorf(vigia.Invalid, "--identity, the overseer's private key, is needed to open a seal")
	}
	b, err := os.ReadFile(c.Identity)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "%v", err)
	}
	plain, err := ingest.Unseal(sealed, strings.TrimSpace(string(b)))
	if err != nil {
		return err
	}
	_, err = io.out.Write(plain)
	return err
}
