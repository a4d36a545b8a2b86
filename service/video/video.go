// Package video is the library of recorded video: which segments of which
// flight can be played, when they were and where they looked. What a segment
// shows was covered by its flight's authorisation, or it would not be on the
// stream. The stream keeps the bytes, and forgets them; so does the library.
package video

import (
	"context"
	"encoding/json"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/stream"
)

// maxSegments is how many segments of one source the library knows: the oldest
// go first. At two seconds each it is two days.
const maxSegments = 86400

// A Library knows the segments that are kept. Its methods may be called at the
// same time.
type Library struct {
	*service.Base

	mu      sync.Mutex
	flights map[vigia.ID]map[string]*reel
}

// A reel is what one source of a flight recorded, in the order in which it came.
type reel struct {
	segments []vigia.Segment
	taken    []time.Time // when the stream took each: it keeps them from then on
	gone     int         // segments that went before the first
	breaks   int         // of them, those that did not go on from the one before
}

// New makes a library. It knows nothing until Run.
func New(b *service.Base) *Library {
	return &Library{Base: b, flights: map[vigia.ID]map[string]*reel{}}
}

// Run learns what is kept, and then what comes, until ctx is done.
func (l *Library) Run(ctx context.Context) error {
	return l.Stream.Follow(ctx, []string{stream.VideoSegment + "*"}, 1, func(_ context.Context, m stream.Message) error {
		var s vigia.Segment
		if err := json.Unmarshal(m.Data, &s); err != nil || s.Flight == "" {
			l.Counters.Add("video.unreadable", 1)
			return nil
		}
		l.add(s, m.Time)
		return nil
	})
}

func (l *Library) add(s vigia.Segment, taken time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sources := l.flights[s.Flight]
	if sources == nil {
		sources = map[string]*reel{}
		l.flights[s.Flight] = sources
	}
	r := sources[s.Source]
	if r == nil {
		r = &reel{}
		sources[s.Source] = r
	}
	if n := len(r.segments); n > 0 && r.segments[n-1].ID == s.ID {
		return // told again after a reconnection
	}
	r.segments, r.taken = append(r.segments, s), append(r.taken, taken)
	l.expire(s.Flight)
	l.Counters.Add("video.segments", 1)
}

// expire forgets what the stream no longer keeps.
func (l *Library) expire(flight vigia.ID) {
	oldest := l.Clock().Add(-stream.VideoKeep)
	for source, r := range l.flights[flight] {
		n := 0
		for n < len(r.segments) && (len(r.segments)-n > maxSegments || r.taken[n].Before(oldest)) {
			if r.segments[n].Discontinuity {
				r.breaks++
			}
			n++
		}
		if n > 0 {
			r.gone += n
			r.segments, r.taken = slices.Clone(r.segments[n:]), slices.Clone(r.taken[n:])
		}
		if len(r.segments) == 0 {
			delete(l.flights[flight], source)
		}
	}
	if len(l.flights[flight]) == 0 {
		delete(l.flights, flight)
	}
}

// A Source is what one camera of a flight recorded.
type Source struct {
	Flight   vigia.ID  `json:"flight"`
	Source   string    `json:"source"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Seconds  float64   `json:"seconds"`
	Segments int       `json:"segments"`
}

// Sources lists what can be watched, by flight and source.
func (l *Library) Sources() []Source {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := []Source{}
	for flight := range l.flights {
		l.expire(flight)
		for name, r := range l.flights[flight] {
			s := Source{Flight: flight, Source: name, From: r.segments[0].From, Segments: len(r.segments)}
			for _, one := range r.segments {
				s.Seconds += one.Seconds
				if one.Until.After(s.Until) {
					s.Until = one.Until
				}
				if one.From.Before(s.From) {
					s.From = one.From
				}
			}
			all = append(all, s)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Flight != all[j].Flight {
			return all[i].Flight < all[j].Flight
		}
		return all[i].Source < all[j].Source
	})
	return all
}

// A Reel is a run of segments to be played one after the other.
type Reel struct {
	Segments []vigia.Segment
	First    int // number of the first, counted from the beginning of the recording
	Breaks   int // how many segments before it did not go on from the one before
}

// Reel returns the last segments of a source, at most so many; an empty source
// is the first there is. The error is NotFound.
func (l *Library) Reel(flight vigia.ID, source string, most int) (Reel, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.reel(flight, source)
	if err != nil {
		return Reel{}, err
	}
	skip := max(0, len(r.segments)-most)
	out := Reel{Segments: slices.Clone(r.segments[skip:]), First: r.gone + skip, Breaks: r.breaks}
	for _, s := range r.segments[:skip] {
		if s.Discontinuity {
			out.Breaks++
		}
	}
	return out, nil
}

func (l *Library) reel(flight vigia.ID, source string) (*reel, error) {
	l.expire(flight)
	sources := l.flights[flight]
	if source == "" {
		for name := range sources {
			if source == "" || name < source {
				source = name
			}
		}
	}
	if r := sources[source]; r != nil {
		return r, nil
	}
	if source == "" {
		return nil, vigia.Errorf(vigia.NotFound, "no video of the flight %q is kept", flight)
	}
	return nil, vigia.Errorf(vigia.NotFound, "no video of the flight %q by %q is kept", flight, source)
}

// Looks returns where the sensor looked from one time to another, both
// included, in order. The error is NotFound.
func (l *Library) Looks(flight vigia.ID, source string, from, until time.Time, most int) ([]vigia.View, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.reel(flight, source)
	if err != nil {
		return nil, err
	}
	looks := []vigia.View{}
	for _, s := range r.segments {
		if s.Until.Before(from) || s.From.After(until) {
			continue
		}
		for _, k := range s.Looks {
			if !k.Time.Before(from) && !k.Time.After(until) && len(looks) < most {
				looks = append(looks, k)
			}
		}
	}
	return looks, nil
}

// Bytes returns a segment's piece of the transport stream. The error is
// NotFound: it is not known, or no longer kept.
func (l *Library) Bytes(ctx context.Context, flight, id vigia.ID) ([]byte, error) {
	place := l.place(flight, id)
	if place == 0 {
		return nil, vigia.Errorf(vigia.NotFound, "the flight %q has no segment %q", flight, id)
	}
	m, err := l.Stream.Get(ctx, stream.Video, place)
	if err != nil {
		return nil, err
	}
	if m.Subject != stream.VideoBytes+string(flight) {
		return nil, vigia.Errorf(vigia.NotFound, "the segment %q of the flight %q is no longer kept", id, flight)
	}
	return m.Data, nil
}

func (l *Library) place(flight, id vigia.ID) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire(flight)
	for _, r := range l.flights[flight] {
		for i := len(r.segments) - 1; i >= 0; i-- {
			if r.segments[i].ID == id {
				return r.segments[i].Place
			}
		}
	}
	return 0
}
