package main

import (
	"context"
	"fmt"
	"os"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite"
)

type auditCmd struct {
	Verify     auditVerify     `cmd:"" help:"Recompute the whole account and hold it against what was signed."`
	Checkpoint auditCheckpoint `cmd:"" help:"Print the latest signed checkpoint, to be kept elsewhere."`
}

// Help is the page behind --help.
func (auditCmd) Help() string {
	return `Every fact and every decision is an entry of a Merkle log (RFC 6962), closed by a
signed checkpoint. An overseer keeps checkpoints elsewhere; against one of those
even a log that was cut short is found out.

    vigia audit checkpoint > kept.txt
    vigia audit verify --checkpoint kept.txt`
}

type auditVerify struct {
	local
	Key        string   `help:"The log's public key. Default: the folder's." type:"existingfile"`
	Checkpoint []string `help:"A checkpoint that was kept elsewhere (repeat the flag)." type:"existingfile"`
	JSON       bool     `help:"Write JSON for machines." name:"json"`
}

// openAccount opens the folder's store to read its account.
func (l local) openAccount(ctx context.Context, key string) (*sqlite.DB, *audit.Verifier, error) {
	f := &folder{dir: l.Data}
	if missing(f.database()) {
		return nil, nil, vigia.Errorf(vigia.NotFound, "%s is not a data folder; name it with --data", l.Data)
	}
	if err := f.readAuditKeys(); err != nil {
		return nil, nil, err
	}
	verifier := f.verifier
	if key != "" {
		var err error
		if verifier, err = readVerifier(key); err != nil {
			return nil, nil, err
		}
	}
	db, err := sqlite.Open(ctx, f.database(), f.signer)
	return db, verifier, err
}

// Run verifies; the exit code is 7 when anything was found.
func (c auditVerify) Run(ctx context.Context, io std) error {
	db, verifier, err := c.openAccount(ctx, c.Key)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	var trusted []audit.Checkpoint
	for _, path := range c.Checkpoint {
		b, err := os.ReadFile(path)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%v", err)
		}
		cp, err := verifier.Open(string(b))
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%s: %v", path, err)
		}
		trusted = append(trusted, cp)
	}
	bar := progress(io.err, -1, "verifying", false)
	report, err := audit.Verify(ctx, db, verifier, trusted, func(done int64) { _ = bar.Set64(done) })
	_ = bar.Close()
	if err != nil {
		return err
	}
	if err := c.tell(io, report); err != nil {
		return err
	}
	if !report.OK() {
		return exitError(exitNotVerified)
	}
	return nil
}

func (c auditVerify) tell(io std, r audit.Report) error {
	if c.JSON {
		return writeJSON(io.out, r)
	}
	for _, f := range r.Findings {
		fmt.Fprintln(io.out, f)
	}
	if r.More > 0 {
		fmt.Fprintf(io.out, "and %d more\n", r.More)
	}
	verdict := "the account is whole"
	if !r.OK() {
		verdict = "THE ACCOUNT DOES NOT VERIFY"
	}
	_, err := fmt.Fprintf(io.out, "%s: %d entries, %d checkpoints hold, root %s\n", verdict, r.Entries, r.Checkpoints, r.Root)
	return err
}

type auditCheckpoint struct{ local }

func (c auditCheckpoint) Run(ctx context.Context, io std) error {
	db, _, err := c.openAccount(ctx, "")
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	return db.View(ctx, func(r store.Reader) error {
		note, err := r.Checkpoint()
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(io.out, note)
		return err
	})
}
