// Package track joins position reports into tracks: vehicles as anonymous
// numbers with a place, a velocity and a probability of being there at all.
//
// Each track is a Bernoulli component: an existence probability and, given
// existence, an interacting-multiple-model state (Blom and Bar-Shalom 1988,
// IEEE TAC 33:780). A scan of reports is associated jointly: marginals by
// belief propagation (Williams and Lau 2014, IEEE TAES 50:2942) give each
// track's existence, and the best global assignment decides which report moves
// it, so that neighbours do not flow into one. What a report owes to nothing
// known begins a track with the probability that it is no clutter (Musicki and
// Evans 2004, IEEE TAES 40:704; Williams 2015, IEEE TAES 51:1664).
//
// Density of clutter, detection and birth rates and the vehicles' motion are
// learned from the reports; a caller states the sensor's noise and no more.
// Places are metres (or any one unit) in one local frame, times seconds.
package track

import (
	"math"
	"slices"

	"github.com/vigia-project/vigia"
)

// A Report says that something was at a place.
type Report struct {
	ID    int
	X, Y  float64 // m, east and north
	Sigma float64 // one standard deviation of each of X and Y, m; 0: not stated

	Velocity      *[2]float64 // m/s, east and north; nil: not measured
	VelocitySigma float64     // one standard deviation of each, m/s; 0: not stated

	RangeRate      *float64 // m/s, away from the sensor; nil: not measured
	RangeRateSigma float64  // m/s; 0: not stated

	Class string // "" is not known

	// Score is the detector's own confidence, on any scale on which more is
	// surer; nil: not given.
	Score *float64
}

// A Sensor is where a scan was taken from, when that matters.
type Sensor struct {
	X, Y, Z float64 // m
	// MinVelocity is the least range rate at which it sees a vehicle, m/s; 0:
	// it sees those that stand as well.
	MinVelocity float64
}

// A Scan is one look: reports that are true at one time. An empty one says
// that the sensor looked and saw nothing.
type Scan struct {
	Number  int
	Time    float64 // s
	Source  string  // which sensor looked; all that have one name are one
	Sensor  *Sensor // nil: the place of the sensor does not matter
	Reports []Report
}

// Settings bound a Tracker. The zero value has good ones.
type Settings struct {
	// Window is how late a scan may come and still be placed where it belongs,
	// s. 0: 30 s.
	Window float64
	// Scans bounds the window in number of scans. 0: 64.
	Scans int
	// Report is the existence probability from which a track is told. 0: 0.5.
	Report float64
	// Live settles pictures as they were known at the time of their own scan,
	// as Now has them, without what later scans taught.
	Live bool
	// Single moves a track by the one report that the best global assignment
	// gives it, in place of all of its reports by their probability.
	Single bool
	// Fastest is the highest speed of a vehicle, in the unit of places a
	// second. 0: 70, or six times the spread of the speeds where that is more,
	// since the unit may be another one than the metre.
	Fastest float64

	straight bool // without the coordinated turn
}

const (
	defaultWindow = 30 // s
	defaultScans  = 64
	defaultReport = 0.5
	lookAhead     = 10 // scans
	settleBlock   = 5  // scans
)

func (s Settings) withDefaults() Settings {
	if s.Window <= 0 {
		s.Window = defaultWindow
	}
	if s.Scans <= 0 {
		s.Scans = defaultScans
	}
	if s.Report <= 0 {
		s.Report = defaultReport
	}
	return s
}

// settling is how many pictures settle together, which spares looking back for
// each, and how many scans behind them they look at.
func (s Settings) settling() (block, ahead int) {
	if s.Live {
		return 1, 0
	}
	return settleBlock, lookAhead
}

// Bounds on what comes from outside.
const (
	MaxReports = 200_000 // in a scan
	maxTracks  = 200_000 // tentative ones included
)

// An Estimate is one track at the time of one scan.
type Estimate struct {
	Track      int // its number, from 1, in order of first being told
	X, Y       float64
	VX, VY     float64
	Covariance [4][4]float64 // of X, Y, VX, VY
	Existence  float64
	Stopped    float64 // probability that it stands
	Rejoined   float64 // probability that it is the vehicle that had its number before a gap; 0: there was none
	Report     int     // index in the scan of the report that moved it; -1: none
	Class      string  // the one most often reported
}

// A Picture is all tracks that are told at the time of one scan.
type Picture struct {
	Number int
	Time   float64
	Tracks []Estimate
}

// A Tracker joins scans into tracks. It is deterministic: the same scans give
// the same tracks, in whatever order they come within the window.
type Tracker struct {
	settings Settings
	steps    []step  // in order of time: those that are told already, then the window
	told     int     // of them
	base     *state  // before the first of them
	frozen   float64 // a scan that is older would change what is settled
	dirty    int     // steps from here on wait to be computed
	settled  []Picture
	late     int
}

// A step is a scan and what is known behind it. States are never written
// again, so keeping one costs nothing but memory; most are given up and made
// again from an earlier one when a late scan asks for them.
type step struct {
	scan  Scan
	after *state // nil: given up
	trace *trace
}

const (
	// apart is the most scans between two states that are kept, apartMany the
	// same of states of many tracks, whose memory counts for more than the time
	// to make them again; newest is how many of the last are kept in any case:
	// what is late by little costs little.
	apart     = 8
	apartMany = 32
	many      = 8192
	newest    = 2
	// pruned is how many scans later a trace loses what will not be told.
	pruned = 2
)

// New makes a Tracker.
func New(s Settings) *Tracker {
	return &Tracker{settings: s.withDefaults(), base: &state{learned: prior(s)}, frozen: math.Inf(-1)}
}

// Add takes a scan. A scan older than the newest, within the window, is put
// where it belongs and what came behind is computed again, so the tracks are
// those of scans in order. Reports of a scan's number and time that is known
// already join that scan. A scan older than the window answers Conflict and
// changes nothing; one that cannot be answers Invalid.
func (t *Tracker) Add(scan Scan) error {
	if err := scan.valid(); err != nil {
		return err
	}
	if math.IsInf(t.frozen, 1) {
		return vigia.Errorf(vigia.Conflict, "the tracker is closed")
	}
	if n := len(t.steps); n > 0 && scan.Time < math.Max(t.frozen, t.steps[n-1].scan.Time-t.settings.Window) {
		t.late++
		return vigia.Errorf(vigia.Conflict, "the scan of %.3f s is more than %.3g s or %d scans late", scan.Time, t.settings.Window, t.settings.Scans)
	}
	at, joined := t.place(scan)
	if !joined {
		t.steps = slices.Insert(t.steps, at, step{scan: scan})
	}
	if joined || at < len(t.steps)-1 {
		at = max(0, at-pruned) // traces shortly before it were pruned by what it changes
	}
	t.dirty = min(t.dirty, at)
	t.settle()
	return nil
}

// place finds where a scan belongs, or the one that it joins.
func (t *Tracker) place(scan Scan) (at int, joined bool) {
	at = len(t.steps)
	for at > t.told && t.steps[at-1].scan.Time > scan.Time {
		at--
	}
	for i := at - 1; i >= t.told && t.steps[i].scan.Time == scan.Time; i-- {
		if s := &t.steps[i].scan; s.Number == scan.Number {
			s.Reports = append(slices.Clip(s.Reports), scan.Reports...)
			return i, true
		}
		// Scans of one time stand by number, whichever came first.
		if t.steps[i].scan.Number > scan.Number {
			at = i
		}
	}
	return at, false
}

// compute brings every step up to date. It waits until somebody asks, so that
// many late scans in a row cost one computation.
func (t *Tracker) compute() {
	if t.dirty == len(t.steps) {
		return
	}
	from := t.dirty
	for from > 0 && t.steps[from-1].after == nil {
		from--
	}
	before := t.base
	if from > 0 {
		before = t.steps[from-1].after
	}
	for i := from; i < len(t.steps); i++ {
		s := &t.steps[i]
		s.after, s.trace = advance(before, s.scan, t.settings)
		before = s.after
		if i >= pruned {
			t.steps[i-pruned].trace.prune(s.trace)
		}
		t.giveUp(i)
	}
	t.dirty = len(t.steps)
}

// giveUp gives up the state of a step that is no longer among the newest of
// the first n+1, unless it is far from the last that is kept.
func (t *Tracker) giveUp(n int) {
	i := n - newest
	if i < 0 {
		return
	}
	far := apart
	if s := t.steps[i].after; s != nil && len(s.tracks) > many {
		far = apartMany
	}
	for k := 1; k < far; k++ {
		if i-k < 0 || t.steps[i-k].after != nil {
			t.steps[i].after = nil
			return
		}
	}
}

// settle moves what the window has left behind to the settled pictures.
func (t *Tracker) settle() {
	now := t.steps[len(t.steps)-1].scan.Time
	block, ahead := t.settings.settling()
	for {
		// Pictures look ahead, so a block settles when nothing can come any
		// more before the last scan that it looks at.
		last := t.told + block - 1 + ahead
		if last >= len(t.steps)-1 || now-t.steps[last].scan.Time <= t.settings.Window && len(t.steps)-last <= t.settings.Scans {
			return
		}
		t.compute()
		t.tell(block, last+1)
		t.frozen = t.steps[last].scan.Time
		t.forget()
	}
}

// forget drops the steps that are told, up to the last whose state is kept.
func (t *Tracker) forget() {
	for i := t.told - 1; i >= 0; i-- {
		if t.steps[i].after == nil {
			continue
		}
		t.base = t.steps[i].after
		t.steps = slices.Delete(t.steps, 0, i+1)
		t.told -= i + 1
		t.dirty -= i + 1
		return
	}
}

// tell settles the pictures of the next steps, by what is known at step end.
func (t *Tracker) tell(next, end int) {
	steps := t.steps[t.told:end]
	t.told += next
	if !t.settings.Live {
		t.settled = append(t.settled, lookBack(steps, next, t.settings)...)
		return
	}
	for _, s := range steps[:next] {
		t.settled = append(t.settled, s.picture(t.settings))
	}
}

// Now is the picture behind the newest scan, as known so far; the zero Picture
// before the first.
func (t *Tracker) Now() Picture {
	if len(t.steps) == 0 {
		return Picture{}
	}
	t.compute()
	return t.steps[len(t.steps)-1].picture(t.settings)
}

// Settled returns the pictures that no late scan can change any more, in order
// of time, and forgets them.
func (t *Tracker) Settled() []Picture {
	out := t.settled
	t.settled = nil
	return out
}

// Close settles what is in the window; nothing can be added behind it.
func (t *Tracker) Close() []Picture {
	t.compute()
	if n := len(t.steps); n > t.told {
		t.tell(n-t.told, n)
	}
	t.steps, t.told, t.dirty = nil, 0, 0
	t.frozen = math.Inf(1)
	return t.Settled()
}

// TooLate counts the scans that came behind the window.
func (t *Tracker) TooLate() int { return t.late }

func (s step) picture(settings Settings) Picture {
	p := Picture{Number: s.scan.Number, Time: s.scan.Time}
	for i := range s.trace.marks {
		if m := &s.trace.marks[i]; m.number > 0 && m.existence*m.genuine >= settings.Report {
			p.Tracks = append(p.Tracks, m.estimate())
		}
	}
	return p
}

func (s Scan) valid() error {
	if !finite(s.Time) {
		return vigia.Errorf(vigia.Invalid, "the scan's time %v is not a number", s.Time)
	}
	if len(s.Reports) > MaxReports {
		return vigia.Errorf(vigia.Invalid, "the scan has %d reports; at most %d are taken", len(s.Reports), MaxReports)
	}
	for _, r := range s.Reports {
		if !finite(r.X) || !finite(r.Y) || math.Abs(r.X) > 1e9 || math.Abs(r.Y) > 1e9 {
			return vigia.Errorf(vigia.Invalid, "report %d: the place %v, %v is not one", r.ID, r.X, r.Y)
		}
		if !(r.Sigma >= 0) || r.Sigma > 1e6 {
			return vigia.Errorf(vigia.Invalid, "report %d: the standard deviation %v is not a number from 0 to 10⁶", r.ID, r.Sigma)
		}
		if v := r.Velocity; v != nil && (!finite(v[0]) || !finite(v[1])) {
			return vigia.Errorf(vigia.Invalid, "report %d: the velocity is not a number", r.ID)
		}
		if v := r.RangeRate; v != nil && !finite(*v) {
			return vigia.Errorf(vigia.Invalid, "report %d: the range rate is not a number", r.ID)
		}
		if r.Score != nil && !finite(*r.Score) {
			return vigia.Errorf(vigia.Invalid, "report %d: the score is not a number", r.ID)
		}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
