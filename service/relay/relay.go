// Package relay is the only door out. What a person released goes to each
// destination in its own protocol, from the store, again and again until it
// is taken, and under an id by which the receiver drops a repeat.
package relay

import (
	"context"
	"encoding/json"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

const (
	// A destination that fails is tried again after a second, then twice that,
	// up to five minutes, for as long as it takes.
	firstPause = time.Second
	lastPause  = 5 * time.Minute

	look     = 250 * time.Millisecond // between looks at what is due
	patience = 15 * time.Second       // for one try
	perLook  = 64
)

// leaving is the closed list of subjects that may leave the house. Each is what
// a person decided; a test holds the list.
var leaving = []string{stream.LeadReleased}

// A Destination takes messages that leave.
type Destination interface {
	// Name tells it from others, on the account and in the store. It holds no secret.
	Name() string
	// Send returns when the message was taken. Whatever it sends, it makes of
	// the message alone.
	Send(ctx context.Context, m Message) error
}

// A Message is what leaves: the partner's copy of a lead, and nothing else.
type Message struct {
	ID      string        // the receiver drops a repeat of it
	At      time.Time     // when it was released
	Release vigia.Release // cut by policy
}

// Relay sends.
type Relay struct {
	*service.Base
	destinations []Destination
}

// New makes the door.
func New(b *service.Base, d []Destination) *Relay { return &Relay{Base: b, destinations: d} }

// Step writes down, for every destination, what a person released.
func (r *Relay) Step() service.Step {
	return service.Step{
		Name:     "relay",
		Subjects: leaving,
		Prepare: func(_ context.Context, m stream.Message) (service.Apply, error) {
			msg, err := messageOf(m)
			if err != nil {
				return nil, err
			}
			data, err := json.Marshal(msg)
			if err != nil {
				return nil, err
			}
			return func(tx store.Tx) error {
				for _, d := range r.destinations {
					if err := tx.AddDelivery(store.Delivery{
						Destination: d.Name(), ID: msg.ID, Subject: m.Subject, Data: data, Due: r.Clock(),
					}); err != nil {
						return err
					}
				}
				return nil
			}, nil
		},
	}
}

// messageOf takes the release out of a released lead. The rest stays here.
func messageOf(m stream.Message) (Message, error) {
	var l vigia.Lead
	if err := json.Unmarshal(m.Data, &l); err != nil {
		return Message{}, vigia.Errorf(vigia.Invalid, "the lead is not readable: %v", err)
	}
	if l.Release == nil || l.Status != vigia.Released {
		return Message{}, vigia.Errorf(vigia.Invalid, "the lead %s was not released: it does not leave", l.ID)
	}
	return Message{
		ID:      string(vigia.NewID("msg", l.ID, l.Version)),
		At:      l.Steps[len(l.Steps)-1].At,
		Release: *l.Release,
	}, nil
}

// Send sends what is due until ctx is done.
func (r *Relay) Send(ctx context.Context) error {
	done := make(chan struct{})
	for _, d := range r.destinations {
		go func() {
			defer func() { done <- struct{}{} }()
			r.serve(ctx, d)
		}()
	}
	for range r.destinations {
		<-done
	}
	<-ctx.Done()
	return nil
}

// serve carries one destination's messages; it hurts no other.
func (r *Relay) serve(ctx context.Context, d Destination) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if err := r.SendDue(ctx, d); err != nil && ctx.Err() == nil {
			r.Log.Error("the relay cannot read what is due", "destination", d.Name(), "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// SendDue tries once everything that is due at a destination, oldest first.
func (r *Relay) SendDue(ctx context.Context, d Destination) error {
	var due []store.Delivery
	err := r.Store.View(ctx, func(rd store.Reader) (err error) {
		due, err = rd.Deliveries(d.Name(), r.Clock(), perLook)
		return err
	})
	if err != nil {
		return err
	}
	for _, delivery := range due {
		if err := r.try(ctx, d, delivery); err != nil {
			return err
		}
	}
	return nil
}

func (r *Relay) try(ctx context.Context, d Destination, delivery store.Delivery) error {
	var m Message
	if err := json.Unmarshal(delivery.Data, &m); err != nil {
		return err
	}
	attempt, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := d.Send(attempt, m); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Counters.Add("relay.failed", 1)
		due := r.Clock().Add(pause(delivery.Attempts))
		r.Log.Warn("a destination did not take a message", "destination", d.Name(), "attempt", delivery.Attempts+1, "again", due, "error", err)
		return r.Update(ctx, func(tx store.Tx) error { return tx.PutOff(d.Name(), delivery.ID, due, err.Error()) })
	}
	r.Counters.Add("relay.sent", 1)
	// What has left is written down even if the system is asked to stop in
	// between: otherwise it leaves once more after the next start.
	ctx = context.WithoutCancel(ctx)
	trace := store.Trace{Actor: "service/relay", Action: "sent to " + d.Name(), At: r.Clock()}
	return r.Update(ctx, func(tx store.Tx) error { return tx.Delivered(d.Name(), delivery.ID, trace) })
}

// pause is how long to wait after a number of failures.
func pause(attempts int) time.Duration {
	return min(firstPause<<min(attempts, 16), lastPause)
}
