package vigia_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
)

// An id is the hash of its parts in JSON, whatever they are: it is on the
// account for good, and may not change.
func TestNewID(t *testing.T) {
	part := rapid.OneOf(
		rapid.String().AsAny(),
		rapid.StringMatching(`[a-z0-9_-]{1,70}`).AsAny(),
		rapid.Map(rapid.String(), func(s string) vigia.ID { return vigia.ID(s) }).AsAny(),
		rapid.Int().AsAny(), rapid.Uint64().AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny(), rapid.Bool().AsAny(),
		rapid.SliceOfN(rapid.String(), 0, 3).AsAny(), rapid.Just(any(nil)),
	)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(part, 0, 5).Draw(t, "parts")
		b, err := json.Marshal(parts)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if got, want := vigia.NewID("kind", parts...), vigia.ID("kind-"+hex.EncodeToString(sum[:16])); got != want {
			t.Fatalf("the id of %s is %s, want %s", b, got, want)
		}
	})
	if got := vigia.NewID("kind"); got != "kind-74234e98afe7498fb5daf1f36ac2d78a" {
		t.Errorf("the id of nothing is %s", got)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if vigia.NewID("kind", "a", at) == vigia.NewID("kind", "a", at.Add(1)) {
		t.Error("two times give one id")
	}
}
