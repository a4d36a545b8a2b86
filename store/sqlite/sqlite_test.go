package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
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

// BenchmarkUpdate commits one fact with its audit entry, its announcement and a
// signed checkpoint, each transaction synced to the disk.
func BenchmarkUpdate(b *testing.B) {
	db := sqlitetest.Open(b)
	n := 0
	for b.Loop() {
		n++
		err := db.Update(context.Background(), func(tx store.Tx) error {
			_, err := tx.AddDetection(vigia.Detection{ID: vigia.NewID("det", n), Flight: "F"}, store.Trace{Actor: "bench", Action: "detection.found", Announce: "detection.found"})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
