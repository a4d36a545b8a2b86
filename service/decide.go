package service

import (
	"context"
	"encoding/json"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// decisionPatience is how long a decision may take to be carried out before
// the person is told that it is on the log and will be.
const decisionPatience = 30 * time.Second

// Name dates a decision and names it by all that it says.
func (b *Base) Name(d vigia.Decision) vigia.Decision {
	d.At = b.Clock().UTC()
	d.ID = ""
	d.ID = vigia.NewID("dec", d)
	return d
}

// Decide puts a named decision on the log and returns when the step that
// carries it out has done so, or with why it was not carried out.
func (b *Base) Decide(ctx context.Context, subject string, s Step, d vigia.Decision) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	seq, _, err := b.Stream.Publish(ctx, stream.Message{Subject: subject, ID: string(d.ID), Data: data})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, decisionPatience)
	defer cancel()
	for {
		changed := b.changes()
		done, err := b.outcome(ctx, s.Name, seq, d.ID)
		if ctx.Err() != nil {
			return vigia.Errorf(vigia.Unavailable, "the decision %s is on the log and waits to be carried out", d.ID)
		}
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(idle): // another process may carry it out
		}
	}
}

// outcome tells whether a decision was carried out, and why not.
func (b *Base) outcome(ctx context.Context, step string, seq uint64, decision vigia.ID) (done bool, err error) {
	err = b.Store.View(ctx, func(r store.Reader) error {
		at, err := r.Position(step)
		if err != nil || at < seq {
			return err
		}
		done = true
		why, err := r.Rejection(decision)
		switch vigia.ErrorCode(err) {
		case "":
			return &why
		case vigia.NotFound:
			return nil
		}
		return err
	})
	return done, err
}

// CarryOut is the Prepare of a step that carries out decisions: f checks and
// keeps. An error of f with a code but Internal or Unavailable is the
// decision's own: it is kept as the reason, and nothing else is. f must make
// every check before it keeps anything.
func (b *Base) CarryOut(s Step, f func(tx store.Tx, d vigia.Decision) error) func(context.Context, stream.Message) (Apply, error) {
	return func(_ context.Context, m stream.Message) (Apply, error) {
		var d vigia.Decision
		if err := json.Unmarshal(m.Data, &d); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "the decision is not readable: %v", err)
		}
		return func(tx store.Tx) error {
			err := f(tx, d)
			switch vigia.ErrorCode(err) {
			case vigia.Invalid, vigia.NotFound, vigia.Conflict, vigia.Forbidden:
				why := vigia.Error{Code: vigia.ErrorCode(err), Message: vigia.ErrorMessage(err)}
				b.Counters.Add(s.Name+".rejected", 1)
				return tx.Reject(d.ID, why, store.Trace{Actor: d.By, Action: "rejected." + string(d.Kind), At: b.Clock()})
			}
			return err
		}, nil
	}
}
