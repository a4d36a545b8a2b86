package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A Record is a leaf and the place it is kept at.
type Record struct {
	N    int64
	Leaf []byte
}

// A Source is a log to be verified. Nothing it says is believed.
type Source interface {
	// Records hands out what is kept, in order of place.
	Records(ctx context.Context, f func(Record) error) error
	// LeafHashes hands out the stored leaf hashes, in order of place.
	LeafHashes(ctx context.Context, f func(n int64, h Hash) error) error
	// Checkpoints hands out the signed checkpoints, smallest first.
	Checkpoints(ctx context.Context, f func(signed string) error) error
}

// A Finding is one thing that does not hold.
type Finding struct {
	From    int64  `json:"from"` // the first entry it may concern
	To      int64  `json:"to"`   // the last; the same when one entry is named
	Problem string `json:"problem"`
}

// String names the entry.
func (f Finding) String() string {
	if f.From == f.To {
		return fmt.Sprintf("entry %d: %s", f.From, f.Problem)
	}
	return fmt.Sprintf("entries %d to %d: %s", f.From, f.To, f.Problem)
}

// A Report is what a verification found.
type Report struct {
	Entries     int64     `json:"entries"`
	Checkpoints int64     `json:"checkpoints"` // whose signature and root hold
	Root        string    `json:"root"`        // of the entries as they are
	Findings    []Finding `json:"findings"`
	More        int64     `json:"more,omitempty"` // findings beyond those listed
}

// OK tells whether nothing was found.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// maxFindings bounds a report: one removed entry can shift a million.
const maxFindings = 20

// Verify recomputes the whole tree from the entries and holds it against every
// signed checkpoint, and against the checkpoints that an overseer kept
// elsewhere (trusted). An entry that was changed, removed or moved is named:
// by its own hash where the stored hashes still lead to the signed root, else
// by the two checkpoints it lies between, which are one transaction apart.
func Verify(ctx context.Context, src Source, v *Verifier, trusted []Checkpoint, progress func(done int64)) (Report, error) {
	w := &walk{verifier: v, progress: progress}
	if err := src.LeafHashes(ctx, w.storedHash); err != nil {
		return w.report, err
	}
	if err := src.Checkpoints(ctx, w.checkpoint); err != nil {
		return w.report, err
	}
	for _, c := range trusted {
		w.marks = append(w.marks, mark{c.Size, c.Root, true})
	}
	w.sortMarks()
	if err := src.Records(ctx, w.record); err != nil {
		return w.report, err
	}
	w.finish()
	return w.report, nil
}

// A mark is a root that the log must have had at a size.
type mark struct {
	size    int64
	root    Hash
	trusted bool // kept by an overseer, not by the log itself
}

// walk is one pass over a log.
type walk struct {
	verifier *Verifier
	progress func(int64)
	report   Report

	stored []Hash // the leaf hashes as the log keeps them
	known  []bool
	marks  []mark

	asKept   frontier // the tree of the entries as they are
	asStored frontier // the same, with the stored hash where an entry's own differs
	next     int64    // the place of the next entry
	nextMark int
	lastGood int64 // size at the last mark that held
	suspects []Finding
	broken   bool
}

func (w *walk) find(f Finding) {
	if len(w.report.Findings) < maxFindings {
		w.report.Findings = append(w.report.Findings, f)
		return
	}
	w.report.More++
}

func (w *walk) storedHash(n int64, h Hash) error {
	for int64(len(w.stored)) < n {
		w.stored, w.known = append(w.stored, Hash{}), append(w.known, false)
	}
	w.stored, w.known = append(w.stored, h), append(w.known, true)
	return nil
}

func (w *walk) checkpoint(signed string) error {
	c, err := w.verifier.Open(signed)
	if err != nil {
		w.find(Finding{0, 0, "a checkpoint among those kept: " + err.Error()})
		return nil
	}
	w.marks = append(w.marks, mark{c.Size, c.Root, false})
	return nil
}

// record takes the next entry that is kept.
func (w *walk) record(r Record) error {
	for w.next < r.N {
		w.missing()
	}
	e, err := ParseLeaf(r.Leaf)
	own := LeafHash(r.Leaf)
	switch {
	case err != nil:
		w.suspect("changed: " + err.Error())
	case e.N != r.N:
		w.suspect(fmt.Sprintf("moved or removed: this place holds the entry that was written as number %d (%s of %s)", e.N, e.Action, e.Subject))
	case w.storedAt(r.N) && w.stored[r.N] != own:
		w.suspect(fmt.Sprintf("changed: %s of %s by %s at %s does not hash to what was signed", e.Action, e.Subject, e.Actor, e.Time.Format("2006-01-02T15:04:05Z07:00")))
	}
	w.push(own)
	return nil
}

func (w *walk) storedAt(n int64) bool { return n < int64(len(w.known)) && w.known[n] }

func (w *walk) missing() {
	w.suspect("removed: nothing is kept at this place")
	w.push(Hash{})
}

func (w *walk) suspect(problem string) {
	if len(w.suspects) > maxFindings { // one removed entry shifts all that follow
		w.report.More++
		return
	}
	w.suspects = append(w.suspects, Finding{w.next, w.next, problem})
}

// push adds a leaf hash to both trees and holds them against the marks of
// their new size.
func (w *walk) push(own Hash) {
	w.asKept.push(own)
	if w.storedAt(w.next) {
		w.asStored.push(w.stored[w.next])
	} else {
		w.asStored.push(own)
	}
	w.next++
	if w.progress != nil && w.next%4096 == 0 {
		w.progress(w.next)
	}
	w.compare()
}

// compare holds the trees against every mark at the present size.
func (w *walk) compare() {
	for w.nextMark < len(w.marks) && w.marks[w.nextMark].size <= w.next {
		m := w.marks[w.nextMark]
		w.nextMark++
		switch {
		case m.size != w.next: // an empty log's
			continue
		case w.asKept.root() == m.root:
			w.report.Checkpoints++
			w.lastGood = m.size
			w.blameSuspects() // an entry that claims a wrong place is wrong even so
		case w.asStored.root() == m.root:
			w.blameSuspects() // the stored hashes are the signed ones, so the suspects are exact
			w.lastGood = m.size
		case !w.broken:
			w.broken = true
			w.blame(m)
		}
	}
}

// blame names what lies between the last mark that held and the first that does not.
func (w *walk) blame(m mark) {
	if len(w.suspects) > 0 {
		w.blameSuspects()
		return
	}
	whose := "the signed checkpoint"
	if m.trusted {
		whose = "the checkpoint the overseer kept"
	}
	w.find(Finding{w.lastGood, m.size - 1, fmt.Sprintf("changed after it was signed, with its hashes: the tree of %d entries is not that of %s", m.size, whose)})
}

func (w *walk) blameSuspects() {
	for _, f := range w.suspects {
		w.find(f)
	}
	w.suspects = nil
}

// finish looks at what is left when the entries have ended.
func (w *walk) finish() {
	w.blameSuspects()
	w.report.Entries = w.next
	if r := w.asKept.root(); w.next > 0 {
		w.report.Root = r.String()
	}
	if w.nextMark < len(w.marks) {
		last := w.marks[len(w.marks)-1]
		w.find(Finding{w.next, last.size - 1, fmt.Sprintf("removed: a checkpoint was signed over %d entries and %d are kept", last.size, w.next)})
	}
	if n := int64(len(w.stored)); n > w.next && w.nextMark == len(w.marks) {
		w.find(Finding{w.next, n - 1, "removed: their hashes are kept and they are not"})
	}
	if len(w.marks) > 0 && w.marks[len(w.marks)-1].size < w.next {
		w.find(Finding{w.marks[len(w.marks)-1].size, w.next - 1, "added without a signature: no checkpoint covers them"})
	} else if len(w.marks) == 0 && w.next > 0 {
		w.find(Finding{0, w.next - 1, "no checkpoint is kept: nothing was signed"})
	}
	if w.progress != nil {
		w.progress(w.next)
	}
}

func (w *walk) sortMarks() {
	// Stable insertion: the log's own come sorted, the overseer's are few.
	for i := 1; i < len(w.marks); i++ {
		for j := i; j > 0 && w.marks[j].size < w.marks[j-1].size; j-- {
			w.marks[j], w.marks[j-1] = w.marks[j-1], w.marks[j]
		}
	}
}

// A frontier is the right edge of a growing tree: the roots of its complete
// subtrees, largest first.
type frontier struct {
	hashes []Hash
	size   int64
}

func (f *frontier) push(h Hash) {
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.hashes) - 1
		h = tlog.NodeHash(f.hashes[last], h)
		f.hashes = f.hashes[:last]
	}
	f.hashes = append(f.hashes, h)
	f.size++
}

func (f *frontier) root() Hash {
	if len(f.hashes) == 0 {
		return Hash{}
	}
	h := f.hashes[len(f.hashes)-1]
	for i := len(f.hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.hashes[i], h)
	}
	return h
}
