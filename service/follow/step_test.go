package follow_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/follow"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
)

// positions is a log of positions in memory. Consume hands out what its reader
// has not done, as a stream does after a crash.
type positions struct {
	stream.Stream
	kept []stream.Message
}

func (p *positions) put(t *testing.T, all []vigia.Batch) {
	t.Helper()
	for _, b := range all {
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		p.kept = append(p.kept, stream.Message{Subject: stream.Position + string(b.Flight), ID: string(b.ID), Data: data, Seq: uint64(len(p.kept) + 1)})
	}
}

func (p *positions) Publish(_ context.Context, m stream.Message) (uint64, bool, error) {
	m.Seq = uint64(len(p.kept) + 1)
	p.kept = append(p.kept, m)
	return m.Seq, false, nil
}

func (p *positions) Consume(ctx context.Context, _ stream.Consumer, h stream.Handler) error {
	for _, m := range p.kept {
		if err := h(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (p *positions) Follow(ctx context.Context, subjects []string, seq uint64, h stream.Handler) error {
	for _, m := range p.kept[seq-1:] {
		if all := stream.Position + "*"; subjects[0] != all && m.Subject != subjects[0] {
			continue
		}
		if err := h(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// brittle is a store that fails once in every few updates.
type brittle struct {
	store.Store
	every, n int
}

func (b *brittle) Update(ctx context.Context, f func(store.Tx) error) error {
	if b.n++; b.every > 0 && b.n%b.every == 0 {
		return errors.New("the disk is full")
	}
	return b.Store.Update(ctx, f)
}

// house is a store that knows the flights, and a base on it.
func house(t *testing.T, p *positions, failEvery int) *service.Base {
	t.Helper()
	db := sqlitetest.Open(t)
	err := db.Update(context.Background(), func(tx store.Tx) error {
		if _, err := tx.AddAuthorisation(area, store.Trace{}); err != nil {
			return err
		}
		other := flight
		other.ID = "f2"
		return errors.Join(tx.PutFlight(flight, store.Trace{}), tx.PutFlight(other, store.Trace{}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return service.New(&brittle{Store: db, every: failEvery}, p, func() time.Time { return from }, slog.New(slog.DiscardHandler))
}

// picture is all that is kept and announced, in bytes.
func picture(t *testing.T, b *service.Base) string {
	t.Helper()
	var out strings.Builder
	err := b.Store.View(context.Background(), func(r store.Reader) error {
		pictures, err := r.Pictures(store.TrafficFilter{})
		looks, err2 := r.Looks(store.TrafficFilter{})
		visits, err3 := r.VisitsNear(geoCentre, 2000)
		announced, err4 := r.Outbox(0)
		for _, v := range []any{pictures, looks, visits, announced} {
			if err := json.NewEncoder(&out).Encode(v); err != nil {
				return err
			}
		}
		if len(pictures) < 300 || len(visits) < 2 || len(announced) < 40 || len(looks) < 10 {
			t.Errorf("%d pictures, %d looks, %d visits and %d announcements are few", len(pictures), len(looks), len(visits), len(announced))
		}
		return errors.Join(err, err2, err3, err4)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// run does the step, with a new process every few messages.
func run(t *testing.T, b *service.Base, p *positions, restartEvery int) {
	t.Helper()
	all := p.kept
	step := func(messages []stream.Message) {
		f, err := follow.New(b, keep)
		if err != nil {
			t.Fatal(err)
		}
		s := f.Steps()[0]
		s.Gather = time.Millisecond
		for tries := 0; ; tries++ {
			p.kept = messages
			if err = b.Run(context.Background(), s); err == nil {
				return
			}
			if tries > 200 {
				t.Fatal(err)
			}
		}
	}
	for n := restartEvery; n < len(all); n += restartEvery {
		step(all[:n])
	}
	step(all)
}

// The same log of positions gives the same picture, byte for byte, through
// crashes, through a disk that fails, and in a replay; two flights that fly at
// once do not mix.
func TestStep_SameLogSamePicture(t *testing.T) {
	log := &positions{}
	one, two := batches(from, stops, 420), batches(from.Add(20*time.Second), stops, 420)
	for i := range two {
		b := two[i]
		b.ID, b.Flight = b.ID+"2", "f2"
		for k := range b.Reports {
			b.Reports[k].Flight = "f2"
		}
		log.put(t, []vigia.Batch{one[i], b})
	}
	log.put(t, []vigia.Batch{{ID: "wrong", Flight: "f1", Reports: []vigia.PositionReport{{Flight: "f3"}}}})
	log.put(t, batches(from.Add(30*time.Minute), stops, 420))
	all := log.kept

	undisturbed := house(t, log, 0)
	run(t, undisturbed, log, len(all)+1)
	want := picture(t, undisturbed)
	for name, c := range map[string]struct{ restart, fail int }{
		"a replay":                     {len(all) + 1, 0},
		"a crash after every third":    {3, 0},
		"a crash after every seventh":  {7, 0},
		"a store that fails":           {len(all) + 1, 3},
		"a store that fails, and dies": {5, 4},
	} {
		log.kept = all
		b := house(t, log, c.fail)
		run(t, b, log, c.restart)
		if got := picture(t, b); got != want {
			t.Errorf("%s gives another picture: %d bytes, want %d", name, len(got), len(want))
		}
	}
}

// What has expired is deleted by the service's own clock, and the account says
// how much.
func TestStep_Expires(t *testing.T) {
	log := &positions{}
	log.put(t, batches(from, stops, 420))
	b := house(t, log, 0)
	run(t, b, log, 1000)
	now := from
	b.Clock = func() time.Time { return now }
	f, err := follow.New(b, keep)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after            time.Duration
		pictures, visits bool
	}{{time.Minute, true, true}, {keep.Tracks + 8*time.Minute, false, true}, {keep.Visits + 8*time.Minute, false, false}} {
		now = from.Add(c.after)
		if _, err := f.Expire(context.Background()); err != nil {
			t.Fatal(err)
		}
		err := b.Store.View(context.Background(), func(r store.Reader) error {
			pictures, err := r.Pictures(store.TrafficFilter{})
			visits, err2 := r.VisitsNear(geoCentre, 2000)
			if (len(pictures) > 0) != c.pictures || (len(visits) > 0) != c.visits {
				t.Errorf("after %s there are %d pictures and %d visits", c.after, len(pictures), len(visits))
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The end of a flight takes its place on the log of positions.
func TestStep_TheEndIsOnTheLog(t *testing.T) {
	log := &positions{}
	b := house(t, log, 0)
	f, err := follow.New(b, keep)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := json.Marshal(vigia.FlightClosed{Flight: "f1", Log: 9})
	if _, err := f.Steps()[1].Prepare(context.Background(), stream.Message{Subject: stream.FlightIsClosed, Data: data}); err != nil {
		t.Fatal(err)
	}
	if len(log.kept) != 1 || log.kept[0].Subject != "position.f1" {
		t.Errorf("the log of positions holds %+v", log.kept)
	}
}
