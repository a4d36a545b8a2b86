// Package service is what the steps of the walk share: a step reads messages
// in order, works, and keeps what it worked out in one transaction together
// with its place in the stream. So a message that comes twice, after a crash
// or a repeat, is done once.
package service

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// A Clock tells the time. It is an argument everywhere, so that tests and
// replays have their own.
type Clock func() time.Time

// Base is what every service stands on.
type Base struct {
	Store    store.Store
	Stream   stream.Stream
	Clock    Clock
	Log      *slog.Logger
	Counters *Counters

	wake chan struct{} // the outbox may hold something

	mu      sync.Mutex
	changed chan struct{} // closed at the next change of the store
}

// New makes a base.
func New(s store.Store, st stream.Stream, clock Clock, log *slog.Logger) *Base {
	return &Base{Store: s, Stream: st, Clock: clock, Log: log, Counters: &Counters{}, wake: make(chan struct{}, 1), changed: make(chan struct{})}
}

// Update runs one transaction and wakes whoever waits for a change.
func (b *Base) Update(ctx context.Context, f func(store.Tx) error) error {
	if err := b.Store.Update(ctx, f); err != nil {
		return err
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.changed)
	b.changed = make(chan struct{})
	return nil
}

// changes returns a channel that closes at the next change of the store.
func (b *Base) changes() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Apply keeps what a step worked out.
type Apply func(store.Tx) error

// A Step is one step of the walk.
type Step struct {
	Name     string   // of the consumer, and of the actor in the account
	Subjects []string // of one stream

	// Prepare works on a message and returns what is to be kept; it may take its
	// time, for no transaction is open. A nil Apply keeps only the place. An
	// error of code vigia.Invalid says that the message itself is wrong: it is
	// counted, put on the account and passed over. Any other is tried again.
	Prepare func(ctx context.Context, m stream.Message) (Apply, error)

	// Group is how many messages may be kept in one transaction, for a step whose
	// messages come faster than a disk turns; 0 is one at a time. Such a step
	// reads a whole stream, and its Prepare does not look in the store for what
	// the messages just before it left.
	Group int

	// Gather is how long a group's first message waits for others: a transaction
	// costs the disk the same for one as for many.
	Gather time.Duration
}

// Consumer is the step's name in the stream.
func (s Step) Consumer() stream.Consumer {
	return stream.Consumer{Name: s.Name, Subjects: s.Subjects}
}

// Trace is what a fact of this step leaves behind.
func (s Step) Trace(action string, at time.Time, announce string) store.Trace {
	return store.Trace{Actor: "service/" + s.Name, Action: action, At: at, Announce: announce}
}

// Run does the step on every message until ctx is done.
func (b *Base) Run(ctx context.Context, s Step) error {
	if s.Group > 0 {
		return b.runGroups(ctx, s)
	}
	return b.Stream.Consume(ctx, s.Consumer(), func(ctx context.Context, m stream.Message) error {
		err := b.once(ctx, s, m)
		if err != nil {
			b.retried(ctx, s, m, err)
		}
		return err
	})
}

// retried tells of a failure, unless it is the end.
func (b *Base) retried(ctx context.Context, s Step, m stream.Message, err error) {
	if ctx.Err() == nil {
		b.Counters.Add(s.Name+".retried", 1)
		b.Log.Error("a step failed and will be tried again", "step", s.Name, "subject", m.Subject, "seq", m.Seq, "error", err)
	}
}

// errDone says that a message was done before.
var errDone = errors.New("done before")

func (b *Base) once(ctx context.Context, s Step, m stream.Message) error {
	done, err := b.position(ctx, s.Name)
	if err != nil || m.Seq <= done {
		return err
	}
	apply, err := b.prepare(ctx, s, m)
	if err != nil {
		return err
	}
	err = b.Update(ctx, func(tx store.Tx) error {
		done, err := tx.Position(s.Name)
		if err != nil {
			return err
		}
		if m.Seq <= done {
			return errDone
		}
		if apply != nil {
			if err := apply(tx); err != nil {
				return err
			}
		}
		return tx.SetPosition(s.Name, m.Seq)
	})
	if errors.Is(err, errDone) {
		return nil
	}
	if err == nil {
		b.Counters.Add(s.Name+".done", 1)
	}
	return err
}

// prepare works on a message; one that is wrong is passed over.
func (b *Base) prepare(ctx context.Context, s Step, m stream.Message) (Apply, error) {
	apply, err := s.Prepare(ctx, m)
	if vigia.ErrorCode(err) == vigia.Invalid {
		return b.passOver(s, m, err), nil
	}
	return apply, err
}

func (b *Base) position(ctx context.Context, name string) (seq uint64, err error) {
	err = b.Store.View(ctx, func(r store.Reader) error {
		seq, err = r.Position(name)
		return err
	})
	return seq, err
}

// passOver puts a message that cannot be used on the account.
func (b *Base) passOver(s Step, m stream.Message, why error) Apply {
	b.Counters.Add(s.Name+".bad", 1)
	b.Log.Warn("a message cannot be used and is passed over", "step", s.Name, "subject", m.Subject, "seq", m.Seq, "error", why)
	return func(tx store.Tx) error {
		_, err := tx.AddFact(vigia.NewID("bad", s.Name, m.Seq, vigia.Digest(m.Data)),
			map[string]string{"subject": m.Subject, "message": m.ID, "why": vigia.ErrorMessage(why)},
			s.Trace("message.passed_over", b.Clock(), ""))
		return err
	}
}
