package service

import (
	"context"
	"time"

	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

const (
	announceBatch = 256
	// idle is how long the outbox may lie unseen when nobody wakes its reader:
	// another process may have written to the same store.
	idle = time.Second
)

// Announce carries the outbox to the stream, in order, until ctx is done. A
// crash between the stream's acknowledgement and the store's makes it publish
// again under the same ID, which the stream drops.
func (b *Base) Announce(ctx context.Context) error {
	for {
		n, err := b.announceSome(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			b.Counters.Add("announce.retried", 1)
			b.Log.Error("the outbox could not be carried to the stream", "error", err)
		case n == announceBatch:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
		case <-time.After(idle):
		}
	}
}

func (b *Base) announceSome(ctx context.Context) (int, error) {
	var out []store.Announcement
	err := b.Store.View(ctx, func(r store.Reader) (err error) {
		out, err = r.Outbox(announceBatch)
		return err
	})
	if err != nil || len(out) == 0 {
		return 0, err
	}
	for i, a := range out {
		if _, _, err := b.Stream.Publish(ctx, stream.Message{Subject: a.Subject, ID: a.ID, Data: a.Data}); err != nil {
			if i > 0 {
				_ = b.Store.Update(ctx, func(tx store.Tx) error { return tx.Announced(out[i-1].N) })
			}
			return i, err
		}
	}
	b.Counters.Add("announce.done", float64(len(out)))
	return len(out), b.Store.Update(ctx, func(tx store.Tx) error { return tx.Announced(out[len(out)-1].N) })
}
