package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/sharing"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/stream/jetstream"
)

type replayCmd struct {
	local
	Into       string  `help:"Empty folder for what is computed." required:"" type:"path"`
	FalseAlarm float64 `help:"As the system was started with." default:"1e-4"`
	JSON       bool    `help:"Write the sites as JSON." name:"json"`
}

// Help is the page behind --help.
func (replayCmd) Help() string {
	return `Everything but the log follows from the log. This reads the log of one folder and
computes the rest again in another: the sites come out the same, byte for byte.
Nothing is relayed. The system that owns the folder must be stopped.

    vigia replay --data DIR --into EMPTY`
}

// Run copies the log and computes.
func (c replayCmd) Run(ctx context.Context, io std) error {
	if !missing(c.Into) {
		return vigia.Errorf(vigia.Conflict, "%s exists: a replay needs a folder of its own", c.Into)
	}
	lock, err := lockFile(filepath.Join(c.Data, "lock"))
	if err != nil {
		return vigia.Errorf(vigia.Conflict, "the folder %s is in use or is not one: stop the system, or use a copy (%v)", c.Data, err)
	}
	defer lock.Close() //nolint:errcheck // a lock
	h, err := openHouse(ctx, settings{
		dir: c.Into, falseAlarm: c.FalseAlarm, policy: sharing.Default,
		passwordCost: identity.Recommended, log: logger(io, false), silent: true,
	})
	if err != nil {
		return err
	}
	defer h.closeLoudly()
	n, err := copyLog(ctx, filepath.Join(c.Data, "stream"), h.stream)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	h.run(func(err error) { failed <- err })
	if err := h.settle(ctx, failed); err != nil {
		return err
	}
	return h.store.View(ctx, func(r store.Reader) error {
		sites, err := r.Sites()
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(io.out, sites)
		}
		_, err = fmt.Fprintf(io.out, "%d messages of the log give %d sites, in %s\n", n, len(sites), c.Into)
		return err
	})
}

// copyLog copies what sensors said and people decided, and nothing else. Of
// positions there are those that have not expired.
func copyLog(ctx context.Context, from string, to *jetstream.Stream) (n int, err error) {
	old, err := jetstream.Open(ctx, jetstream.Options{Dir: from})
	if err != nil {
		return 0, err
	}
	defer old.Close() //nolint:errcheck // it was only read
	for _, log := range []stream.Name{stream.Log, stream.Motion} {
		err := old.Read(ctx, log, func(ctx context.Context, m stream.Message) error {
			n++
			_, _, err := to.Publish(ctx, stream.Message{Subject: m.Subject, ID: m.ID, Data: m.Data})
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// settle waits until nothing is under way any more.
func (h *house) settle(ctx context.Context, failed <-chan error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return err
		case <-tick.C:
			if idle, err := h.idle(ctx); err != nil || idle {
				return err
			}
		}
	}
}
