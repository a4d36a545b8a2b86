package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite"
	"github.com/vigia-project/vigia/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string, signer *audit.Signer) store.Store {
		db, err := sqlite.Open(context.Background(), filepath.Join(dir, "vigia.db"), signer)
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}
