// Package sqlitetest opens a store for the tests of those who stand on one.
package sqlitetest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/store/sqlite"
)

// Open opens an empty store that ends with the test.
func Open(t testing.TB) *sqlite.DB {
	t.Helper()
	private, _, err := audit.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := audit.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "vigia.db"), signer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
