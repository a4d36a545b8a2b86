package relay

import (
	"context"
	"sync"
)

// An Audience is who may see an event at fan-out.
type Audience int

// The audiences. Who is ours sees everything; a partner what was released.
const (
	Ours Audience = iota
	Partners
	audiences
)

// An Event is something said to those who listen, as bytes that are shared
// and must not be altered.
type Event struct {
	For     Audience // Partners: everybody sees it; Ours: partners do not
	Seq     uint64   // place in the stream that it was made of
	Data    []byte   // as XML
	Message []byte   // as a message of TAK protocol 1

	places [audiences]uint64 // how many events each audience had been said, this one included
}

// A Gap says that a listener was too slow: Missed of the events that it may
// see are gone. They lie after From and before To in the stream.
type Gap struct {
	From, To uint64
	Missed   uint64
}

// A Hub says events to any number of listeners at once. All share one bounded
// ring; each has its own place in it. A listener that falls behind by more
// than the ring holds is told how much it missed, and hurts nobody.
type Hub struct {
	mu     sync.Mutex
	ring   []Event
	next   uint64 // how many were ever said; the next goes to next % len(ring)
	counts [audiences]uint64
	said   chan struct{} // closed at the next event
}

// NewHub makes a hub that remembers the last n events.
func NewHub(n int) *Hub {
	return &Hub{ring: make([]Event, max(n, 1)), said: make(chan struct{})}
}

// Say says an event to everybody who may see it. It never waits.
func (h *Hub) Say(e Event) {
	h.mu.Lock()
	for a := range h.counts {
		if e.For >= Audience(a) {
			h.counts[a]++
		}
	}
	e.places = h.counts
	h.ring[h.next%uint64(len(h.ring))] = e
	h.next++
	said := h.said
	h.said = make(chan struct{})
	h.mu.Unlock()
	close(said)
}

// A Listener hears what its audience may see, from when it joined.
type Listener struct {
	hub      *Hub
	audience Audience
	at       uint64 // place in the hub of the next event to look at
	heard    uint64 // place among its audience's events of the last it heard, or was told it missed
	seq      uint64 // that event's place in the stream
}

// Listen joins a listener.
func (h *Hub) Listen(a Audience) *Listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	return &Listener{hub: h, audience: a, at: h.next, heard: h.counts[a]}
}

// Next waits for events and appends them to buf, as many as its capacity
// takes. Where some were missed before them, gap says how many. It fails only
// when ctx is done.
func (l *Listener) Next(ctx context.Context, buf []Event) (events []Event, gap *Gap, err error) {
	for {
		events, gap, said := l.look(buf)
		if len(events) > len(buf) || gap != nil {
			return events, gap, nil
		}
		select {
		case <-ctx.Done():
			return buf, nil, ctx.Err()
		case <-said:
		}
	}
}

// look takes what there is.
func (l *Listener) look(buf []Event) (events []Event, gap *Gap, said <-chan struct{}) {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	size := uint64(len(h.ring))
	if h.next > size && l.at < h.next-size {
		l.at = h.next - size
	}
	for l.at < h.next && len(buf) < cap(buf) {
		e := h.ring[l.at%size]
		if e.For < l.audience {
			l.at++
			continue
		}
		// What the listener may see and did not hear lies between.
		if place := e.places[l.audience]; place > l.heard+1 && len(buf) == 0 {
			gap = &Gap{From: l.seq, To: e.Seq, Missed: place - l.heard - 1}
		}
		l.at++
		l.heard, l.seq = e.places[l.audience], e.Seq
		buf = append(buf, e)
	}
	return buf, gap, h.said
}
