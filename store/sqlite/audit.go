package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/vigia-project/vigia/audit"
)

// append adds an entry to the account.
func (t *tx) append(e audit.Entry) error {
	n, err := t.AuditSize()
	if err != nil {
		return err
	}
	e.N = n
	leaf := e.Leaf()
	hashes, err := audit.Append(n, leaf, t.AuditHashes())
	if err != nil {
		return failed(err)
	}
	if _, err := t.exec(`INSERT INTO audit_entry (n, leaf) VALUES (?, ?)`, n, leaf); err != nil {
		return err
	}
	for i, h := range hashes {
		if _, err := t.exec(`INSERT INTO audit_hash (i, hash) VALUES (?, ?)`, audit.LeafIndex(n)+int64(i), h[:]); err != nil {
			return err
		}
	}
	t.audited++
	return nil
}

// sign closes the account of a transaction with a checkpoint.
func (t *tx) sign(s *audit.Signer) error {
	if t.audited == 0 {
		return nil
	}
	size, err := t.AuditSize()
	if err != nil {
		return err
	}
	root, err := audit.Root(size, t.AuditHashes())
	if err != nil {
		return failed(err)
	}
	c, err := s.Sign(size, root)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO audit_checkpoint (size, note) VALUES (?, ?)`, size, c.Note)
	return err
}

func (r *reader) AuditSize() (int64, error) {
	return r.number(`SELECT coalesce(max(n) + 1, 0) FROM audit_entry`)
}

func (r *reader) AuditEntries(from int64, n int) ([]audit.Record, error) {
	records := []audit.Record{}
	err := entries(r.ctx, r.tx, from, n, func(rec audit.Record) error {
		records = append(records, rec)
		return nil
	})
	return records, err
}

func (r *reader) AuditHashes() audit.HashReader {
	return audit.HashReaderFunc(func(indexes []int64) ([]audit.Hash, error) {
		out := make([]audit.Hash, len(indexes))
		for i, x := range indexes {
			var h []byte
			if err := r.tx.QueryRowContext(r.ctx, `SELECT hash FROM audit_hash WHERE i = ?`, x).Scan(&h); err != nil {
				return nil, failed(err)
			}
			copy(out[i][:], h)
		}
		return out, nil
	})
}

func (r *reader) Checkpoint() (string, error) {
	var note string
	err := r.tx.QueryRowContext(r.ctx, `SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1`).Scan(&note)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", failed(err)
	}
	return note, nil
}

// querier is what a database and a transaction have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func entries(ctx context.Context, q querier, from int64, n int, f func(audit.Record) error) error {
	return each(ctx, q, func(rows *sql.Rows) error {
		var rec audit.Record
		if err := rows.Scan(&rec.N, &rec.Leaf); err != nil {
			return failed(err)
		}
		return f(rec)
	}, `SELECT n, leaf FROM audit_entry WHERE n >= ? ORDER BY n LIMIT ?`, from, limit(n))
}

func each(ctx context.Context, q querier, f func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Records hands out the account's entries, for audit.Verify.
func (db *DB) Records(ctx context.Context, f func(audit.Record) error) error {
	return entries(ctx, db.read, 0, 0, f)
}

// LeafHashes hands out the stored leaf hashes, for audit.Verify.
func (db *DB) LeafHashes(ctx context.Context, f func(n int64, h audit.Hash) error) error {
	var n int64
	return each(ctx, db.read, func(rows *sql.Rows) error {
		var i int64
		var hash []byte
		if err := rows.Scan(&i, &hash); err != nil {
			return failed(err)
		}
		for audit.LeafIndex(n) < i { // a hash that was taken away
			n++
		}
		if audit.LeafIndex(n) != i || len(hash) != len(audit.Hash{}) {
			return nil // an inner node, or not a hash at all
		}
		n++
		return f(n-1, audit.Hash(hash))
	}, `SELECT i, hash FROM audit_hash ORDER BY i`)
}

// Checkpoints hands out the signed checkpoints, for audit.Verify.
func (db *DB) Checkpoints(ctx context.Context, f func(signed string) error) error {
	return each(ctx, db.read, func(rows *sql.Rows) error {
		var note string
		if err := rows.Scan(&note); err != nil {
			return failed(err)
		}
		return f(note)
	}, `SELECT note FROM audit_checkpoint ORDER BY size`)
}
