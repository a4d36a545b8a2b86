// Package sqlite is the store of one machine: a SQLite file, embedded.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"runtime"
	"sort"

	_ "modernc.org/sqlite" // the driver

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is a store.Store on a SQLite file. Readers see a snapshot and do not wait
// for the writer; there is one writer at a time.
type DB struct {
	write  *sql.DB
	read   *sql.DB
	signer *audit.Signer
}

var _ store.Store = (*DB)(nil)

// Open opens the file at path, makes it where it is missing, and brings it to
// this program's version. Every transaction's audit entries are signed.
func Open(ctx context.Context, path string, signer *audit.Signer) (*DB, error) {
	// FULL in WAL mode: a commit returns after the log is on disk.
	pragmas := url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "busy_timeout(10000)",
	}}
	write, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode()+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store: %w", err), write.Close())
	}
	read.SetMaxOpenConns(max(4, runtime.NumCPU()))
	db := &DB{write: write, read: read, signer: signer}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close closes the file.
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// migrate runs the scripts that the file has not seen, each in a transaction.
func (db *DB) migrate(ctx context.Context) error {
	if _, err := db.write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY) STRICT`); err != nil {
		return fmt.Errorf("preparing the store: %w", err)
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, name := range names {
		if err := db.migrateOne(ctx, name); err != nil {
			return fmt.Errorf("migrating the store by %s: %w", name, err)
		}
	}
	return nil
}

func (db *DB) migrateOne(ctx context.Context, name string) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to undo
	var seen int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM migration WHERE name = ?`, name).Scan(&seen); err != nil || seen > 0 {
		return err
	}
	script, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO migration (name) VALUES (?)`, name); err != nil {
		return err
	}
	return tx.Commit()
}

// View runs f on a snapshot.
func (db *DB) View(ctx context.Context, f func(store.Reader) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return failed(err)
	}
	defer tx.Rollback() //nolint:errcheck // a reader has nothing to lose
	return f(&reader{ctx: ctx, tx: tx})
}

// Update runs f in one transaction and signs the account it leaves.
func (db *DB) Update(ctx context.Context, f func(store.Tx) error) error {
	sqlTx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return failed(err)
	}
	defer sqlTx.Rollback() //nolint:errcheck // after Commit there is nothing to undo
	t := &tx{reader: reader{ctx: ctx, tx: sqlTx}}
	if err := f(t); err != nil {
		return err
	}
	if err := t.sign(db.signer); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return failed(err)
	}
	return nil
}

// failed says that the database did not do what it was asked; trying again may help.
func failed(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("the store: %w", err)
}

// reader is a store.Reader on a transaction.
type reader struct {
	ctx context.Context
	tx  *sql.Tx
}

// tx is a store.Tx.
type tx struct {
	reader
	audited int64 // entries appended in this transaction
}

func (t *tx) exec(query string, args ...any) (changed int64, err error) {
	res, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, failed(err)
	}
	return res.RowsAffected()
}

// notFound says that a named thing is not kept.
func notFound(kind string, id any) error {
	return vigia.Errorf(vigia.NotFound, "there is no %s %v", kind, id)
}
