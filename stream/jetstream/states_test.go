package jetstream

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAwaitStates holds a state back, as a slow disk does: the stream may not
// go on to stop its server before it is written.
func TestAwaitStates(t *testing.T) {
	dir := t.TempDir()
	states := filepath.Join(dir, "jetstream", "$G", "streams", "LOG", "obs", "sites")
	if err := os.MkdirAll(states, 0o700); err != nil {
		t.Fatal(err)
	}
	writing := filepath.Join(states, "o.dat.tmp")
	if err := os.WriteFile(writing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(2*stateQuiet, func() { _ = os.Rename(writing, filepath.Join(states, "o.dat")) })
	awaitStates(dir)
	if _, err := os.Stat(writing); err == nil {
		t.Fatal("the state of a consumer was still being written")
	}
}
