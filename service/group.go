package service

import (
	"context"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

const (
	firstPause = 20 * time.Millisecond // before something that failed is tried again
	lastPause  = 10 * time.Second

	groupBytes = 16 << 20 // of a group's messages, about
	readAhead  = 4        // messages, beside those that the stream holds ready
)

// runGroups does a step on groups of messages until ctx is done. It reads on
// from the place that the store keeps: no message waits for the stream to hear
// that the one before it was done.
func (b *Base) runGroups(ctx context.Context, s Step) error {
	if err := wholeStream(s); err != nil {
		return err
	}
	done, err := b.position(ctx, s.Name)
	if err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	queue := make(chan stream.Message, readAhead)
	ended := make(chan error, 1)
	go func() {
		defer close(queue)
		ended <- b.Stream.Follow(reading, s.Subjects, done+1, func(ctx context.Context, m stream.Message) error {
			select {
			case queue <- m:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for first := range queue {
		if b.together(ctx, s, s.gather(first, queue)) != nil {
			break // ctx is done
		}
	}
	stop()
	if err := <-ended; ctx.Err() == nil {
		return err
	}
	return nil
}

// wholeStream tells whether what waits for the step can be counted: its place
// is one of its stream, so it must read all of it.
func wholeStream(s Step) error {
	for _, d := range stream.Definitions() {
		if slices.Equal(d.Subjects, s.Subjects) {
			return nil
		}
	}
	return vigia.Errorf(vigia.Internal, "the step %s takes groups and does not read a whole stream", s.Name)
}

// gather is the first message and those that come within the step's time, or
// are there already: as many as a group may have, in messages and in bytes.
func (s Step) gather(first stream.Message, queue <-chan stream.Message) []stream.Message {
	group, bytes := []stream.Message{first}, len(first.Data)
	late := time.NewTimer(s.Gather)
	defer late.Stop()
	for len(group) < s.Group && bytes < groupBytes {
		select {
		case m, ok := <-queue:
			if !ok {
				return group
			}
			group, bytes = append(group, m), bytes+len(m.Data)
		case <-late.C:
			return group
		}
	}
	return group
}

// together does the step on a group, again and again where it fails. It fails
// only when ctx is done.
func (b *Base) together(ctx context.Context, s Step, group []stream.Message) error {
	for pause := firstPause; len(group) > 0; {
		ready, err := b.prepareAll(ctx, s, group)
		if len(ready) > 0 {
			if err := b.keepAll(ctx, s, group[:len(ready)], ready); err != nil {
				return err
			}
			group, pause = group[len(ready):], firstPause
		}
		if err != nil {
			b.retried(ctx, s, group[0], err)
			if err := rest(ctx, &pause); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepareAll prepares a group's messages up to the first that fails.
func (b *Base) prepareAll(ctx context.Context, s Step, group []stream.Message) (ready []Apply, err error) {
	for _, m := range group {
		apply, err := b.prepare(ctx, s, m)
		if err != nil {
			return ready, err
		}
		ready = append(ready, apply)
	}
	return ready, nil
}

// keepAll keeps what was prepared, in one transaction. What was prepared stays
// as it is while the store fails: a step with a memory of its own has it already.
func (b *Base) keepAll(ctx context.Context, s Step, group []stream.Message, ready []Apply) error {
	for pause := firstPause; ; {
		err := b.Update(ctx, func(tx store.Tx) error {
			done, err := tx.Position(s.Name)
			if err != nil {
				return err
			}
			for i, m := range group {
				if m.Seq <= done || ready[i] == nil {
					continue
				}
				if err := ready[i](tx); err != nil {
					return err
				}
			}
			return tx.SetPosition(s.Name, max(done, group[len(group)-1].Seq))
		})
		if err == nil {
			b.Counters.Add(s.Name+".done", float64(len(group)))
			return nil
		}
		b.retried(ctx, s, group[0], err)
		if err := rest(ctx, &pause); err != nil {
			return err
		}
	}
}

// rest waits, longer each time.
func rest(ctx context.Context, pause *time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(*pause):
	}
	*pause = min(2**pause, lastPause)
	return nil
}

// Pending counts the messages that wait for a step.
func (b *Base) Pending(ctx context.Context, s Step) (uint64, error) {
	if s.Group == 0 {
		return b.Stream.Pending(ctx, s.Consumer())
	}
	name, err := stream.Of(s.Subjects[0])
	if err != nil {
		return 0, err
	}
	last, err := b.Stream.Last(ctx, name)
	if err != nil {
		return 0, err
	}
	done, err := b.position(ctx, s.Name)
	if err != nil {
		return 0, err
	}
	return last - min(last, done), nil
}
