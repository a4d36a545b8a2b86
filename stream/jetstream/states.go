package jetstream

import (
	"path/filepath"
	"time"
)

const (
	// The server writes a consumer's state at most ten times a second: one that
	// was not written for this long has nothing more to write.
	stateQuiet = 150 * time.Millisecond
	statePoll  = 5 * time.Millisecond
	// A disk that takes longer than this costs a repeat, which is no loss.
	statePatience = 10 * time.Second
)

// awaitStates waits until the embedded server in dir writes no consumer's
// state. A server that stops gives such a write 100 ms and then writes the
// last state into the same temporary file: on a slow disk the older of the two
// may stay, and what was acknowledged comes again.
func awaitStates(dir string) {
	writing := filepath.Join(dir, "jetstream", "*", "streams", "*", "obs", "*", "o.dat.tmp")
	start := time.Now()
	busy := start
	for time.Since(busy) < stateQuiet && time.Since(start) < statePatience {
		if found, _ := filepath.Glob(writing); len(found) > 0 {
			busy = time.Now()
		}
		time.Sleep(statePoll)
	}
}
