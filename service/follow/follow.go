// Package follow watches an authorised area: position reports within it become
// tracks, where tracks stay becomes visits, and what was in view is told, so
// that nobody takes an hour that was not watched for a quiet one.
//
// What lies outside the area, the hours or the purpose of the authorisation is
// counted and not kept, and all that is kept expires.
package follow

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// Keep is how long things are kept after the time they tell of.
type Keep struct {
	Tracks time.Duration // pictures
	Visits time.Duration // visits, and what was in view
}

// MaxKeep is the longest that anything may be kept.
const MaxKeep = 90 * 24 * time.Hour

// DefaultKeep holds tracks as long as the reports they came from, and visits
// long enough to know a weekly rhythm.
var DefaultKeep = Keep{Tracks: stream.MotionKeep, Visits: MaxKeep}

func (k Keep) valid() error {
	for _, d := range []time.Duration{k.Tracks, k.Visits} {
		if d <= 0 || d > MaxKeep {
			return vigia.Errorf(vigia.Invalid, "tracks and visits are kept for more than nothing and at most %d days", int(MaxKeep.Hours()/24))
		}
	}
	return nil
}

// Follow is the step.
type Follow struct {
	*service.Base
	keep    Keep
	watches map[vigia.ID]*Watch
}

// New makes the step.
func New(b *service.Base, keep Keep) (*Follow, error) {
	if err := keep.valid(); err != nil {
		return nil, err
	}
	return &Follow{Base: b, keep: keep, watches: map[vigia.ID]*Watch{}}, nil
}

const stepName = "follow"

// Fifty aircraft bring a thousand batches a second: up to together of them are
// kept in one transaction, and those of a tenth of a second wait for each other.
const (
	together = 128
	gather   = 100 * time.Millisecond
)

// Steps are the two readers: of positions, and of the end of flights.
func (f *Follow) Steps() []service.Step { return []service.Step{f.step(), f.ends()} }

// step follows what is on the log of positions. Its trackers are held in
// memory; they are what the batches since each watch's beginning make of them,
// and are made again from these when the process begins.
func (f *Follow) step() service.Step {
	s := service.Step{Name: stepName, Subjects: []string{stream.Position + "*"}, Group: together, Gather: gather}
	s.Prepare = func(ctx context.Context, m stream.Message) (service.Apply, error) {
		b, err := service.ReadMotion(m.Data)
		if err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "the batch is not readable: %v", err)
		}
		if b.Flight != flightOf(m.Subject) {
			return nil, vigia.Errorf(vigia.Invalid, "the batch is of the flight %s and came as %s", b.Flight, m.Subject)
		}
		w, err := f.watch(ctx, b.Flight, m.Seq)
		if err != nil {
			return nil, err
		}
		out, err := w.Take(b, m.Seq)
		if err != nil {
			if vigia.ErrorCode(err) != vigia.Invalid {
				delete(f.watches, b.Flight) // it took a part: it is made again
			}
			return nil, err
		}
		return f.apply(s, w, out), nil
	}
	return s
}

func flightOf(subject string) vigia.ID { return vigia.ID(strings.TrimPrefix(subject, stream.Position)) }

// apply keeps an outcome.
func (f *Follow) apply(s service.Step, w *Watch, out Outcome) service.Apply {
	from := w.from()
	return func(tx store.Tx) error {
		if out.Now != nil {
			if _, err := tx.AddFact(out.Now.ID, out.Now, s.Trace("track.seen", f.Clock(), stream.TrackSeen)); err != nil {
				return err
			}
		}
		for _, p := range out.Pictures {
			if _, err := tx.AddPicture(p, s.Trace("track.kept", f.Clock(), "")); err != nil {
				return err
			}
		}
		for _, v := range out.Visits {
			if _, err := tx.AddVisit(v, s.Trace("visit.ended", f.Clock(), stream.VisitEnded)); err != nil {
				return err
			}
		}
		for _, l := range out.Looks {
			if _, err := tx.AddLook(l, s.Trace("look.kept", f.Clock(), "")); err != nil {
				return err
			}
		}
		f.Counters.Add("follow.pictures", float64(len(out.Pictures)))
		f.Counters.Add("follow.visits", float64(len(out.Visits)))
		return tx.SetPosition(beginning(w.flight.ID), from)
	}
}

// beginning is under which name the place is kept from which a flight's watch
// must be read to make it again.
func beginning(flight vigia.ID) string { return stepName + "." + string(flight) }

// watch is the watch of a flight as it was before the message at seq.
func (f *Follow) watch(ctx context.Context, flight vigia.ID, seq uint64) (*Watch, error) {
	if w := f.watches[flight]; w != nil {
		return w, nil
	}
	var a vigia.Authorisation
	var fl vigia.Flight
	var from uint64
	err := f.Store.View(ctx, func(r store.Reader) (err error) {
		if fl, err = r.Flight(flight); err != nil {
			return err
		}
		if a, err = r.Authorisation(fl.Authorisation); err != nil {
			return err
		}
		from, err = r.Position(beginning(flight))
		return err
	})
	if vigia.ErrorCode(err) == vigia.NotFound {
		// Positions and decisions are two logs: the flight's may not be read yet.
		return nil, vigia.Errorf(vigia.Unavailable, "the flight %s is not known yet", flight)
	}
	if err != nil {
		return nil, err
	}
	w, err := NewWatch(a, fl, f.keep)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%s", vigia.ErrorMessage(err))
	}
	if from > 0 && from < seq {
		if err := f.again(ctx, w, from, seq); err != nil {
			return nil, err
		}
	}
	f.watches[flight] = w
	return w, nil
}

// errEnough ends a reading.
var errEnough = errors.New("enough")

// again makes a watch what it was before the message at until. What it tells on
// the way is kept already.
func (f *Follow) again(ctx context.Context, w *Watch, from, until uint64) error {
	f.Log.Info("a watch is made again from the log", "flight", w.flight.ID, "from", from)
	err := f.Stream.Follow(ctx, []string{stream.Position + string(w.flight.ID)}, from, func(_ context.Context, m stream.Message) error {
		if m.Seq >= until {
			return errEnough
		}
		b, err := service.ReadMotion(m.Data)
		if err != nil {
			return nil // it was passed over before
		}
		_, err = w.Take(b, m.Seq)
		if vigia.ErrorCode(err) == vigia.Invalid {
			return nil
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// ends puts the end of a flight on the log of positions, so that it has its
// place among them, in a replay too.
func (f *Follow) ends() service.Step {
	s := service.Step{Name: "follow-ends", Subjects: []string{stream.FlightIsClosed}}
	s.Prepare = func(ctx context.Context, m stream.Message) (service.Apply, error) {
		var c vigia.FlightClosed
		if err := json.Unmarshal(m.Data, &c); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "the end of a flight is not readable: %v", err)
		}
		b := vigia.Batch{ID: vigia.NewID("end", c.Flight), Flight: c.Flight}
		data, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		_, _, err = f.Stream.Publish(ctx, stream.Message{Subject: stream.Position + string(c.Flight), ID: string(b.ID), Data: data})
		return nil, err
	}
	return s
}

// forgetEvery is how often what has expired is deleted.
const forgetEvery = time.Minute

// Forget deletes what has expired, now and again until ctx is done.
func (f *Follow) Forget(ctx context.Context) error {
	for {
		if n, err := f.Expire(ctx); err != nil && ctx.Err() == nil {
			f.Log.Error("what has expired could not be deleted and will be tried again", "error", err)
		} else if n > 0 {
			f.Counters.Add("follow.expired", float64(n))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(forgetEvery):
		}
	}
}

// Expire deletes what has expired by now, and counts it.
func (f *Follow) Expire(ctx context.Context) (n int, err error) {
	now := f.Clock()
	err = f.Update(ctx, func(tx store.Tx) error {
		n, err = tx.Expire(now, store.Trace{Actor: "service/" + stepName, Action: "expired", At: now})
		return err
	})
	return n, err
}
