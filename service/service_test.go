package service_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
)

// shelf is a stream in memory: what is published, in order, and no more.
type shelf struct {
	stream.Stream
	mu   sync.Mutex
	kept []stream.Message
	fail error
}

func (s *shelf) Publish(_ context.Context, m stream.Message) (uint64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return 0, false, s.fail
	}
	for i, k := range s.kept {
		if k.ID == m.ID {
			return uint64(i + 1), true, nil
		}
	}
	s.kept = append(s.kept, m)
	return uint64(len(s.kept)), false, nil
}

// Consume hands every message out twice, as a stream may after a crash.
func (s *shelf) Consume(ctx context.Context, _ stream.Consumer, h stream.Handler) error {
	s.mu.Lock()
	kept := append([]stream.Message(nil), s.kept...)
	s.mu.Unlock()
	for i, m := range kept {
		m.Seq = uint64(i + 1)
		for range 2 {
			if err := h(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *shelf) ids() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.kept {
		out = append(out, m.ID)
	}
	return out
}

func open(t *testing.T) (*service.Base, *shelf) {
	t.Helper()
	s := &shelf{}
	return service.New(sqlitetest.Open(t), s, time.Now, slog.New(slog.DiscardHandler)), s
}

// count is a step that keeps one fact for each message.
func count(prepare func(m stream.Message) error) service.Step {
	s := service.Step{Name: "count", Subjects: []string{stream.SiteChanged}}
	s.Prepare = func(_ context.Context, m stream.Message) (service.Apply, error) {
		if err := prepare(m); err != nil {
			return nil, err
		}
		return func(tx store.Tx) error {
			_, err := tx.AddFact(vigia.ID(m.ID), m.ID, s.Trace("counted", time.Now(), stream.DetectionFound))
			return err
		}, nil
	}
	return s
}

func entries(t *testing.T, b *service.Base) (actions []string) {
	t.Helper()
	err := b.Store.View(context.Background(), func(r store.Reader) error {
		records, err := r.AuditEntries(0, 0)
		for _, rec := range records {
			e, err := audit.ParseLeaf(rec.Leaf)
			if err != nil {
				return err
			}
			actions = append(actions, e.Action)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return actions
}

func TestRun_ARepeatIsDoneOnce(t *testing.T) {
	b, s := open(t)
	s.kept = []stream.Message{{ID: "a"}, {ID: "b"}}
	if err := b.Run(context.Background(), count(func(stream.Message) error { return nil })); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, b); len(got) != 2 {
		t.Errorf("two messages, each handed out twice, left %v", got)
	}
}

func TestRun_AWrongMessageStopsNothing(t *testing.T) {
	b, s := open(t)
	s.kept = []stream.Message{{ID: "a"}, {ID: "wrong", Data: []byte("?")}, {ID: "c"}}
	err := b.Run(context.Background(), count(func(m stream.Message) error {
		if m.ID == "wrong" {
			return vigia.Errorf(vigia.Invalid, "not readable")
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := entries(t, b)
	if len(got) != 3 || got[1] != "message.passed_over" {
		t.Errorf("the account says %v", got)
	}
	if n := b.Counters.All()["count.bad"]; n != 1 {
		t.Errorf("%v wrong messages were counted, want 1", n)
	}
}

func TestRun_AFailureIsNotKept(t *testing.T) {
	b, s := open(t)
	s.kept = []stream.Message{{ID: "a"}}
	stop := errors.New("the disk is full")
	err := b.Run(context.Background(), count(func(stream.Message) error { return stop }))
	if !errors.Is(err, stop) {
		t.Errorf("the stream must be told of the failure, to try again: %v", err)
	}
	if got := entries(t, b); len(got) != 0 {
		t.Errorf("a failure left %v", got)
	}
}

// What was kept is announced in order and once, though the stream fails in
// the middle and takes one message without our knowing.
func TestAnnounce_OnceInOrder(t *testing.T) {
	b, s := open(t)
	for _, id := range []string{"a", "b", "c"} {
		err := b.Update(context.Background(), func(tx store.Tx) error {
			_, err := tx.AddFact(vigia.ID(id), id, store.Trace{Actor: "test", Action: "said", At: time.Now(), Announce: stream.SiteChanged})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.kept = []stream.Message{{Subject: stream.SiteChanged, ID: stream.SiteChanged + "/a"}} // taken before a crash, unknown to the store
	s.fail = errors.New("no stream")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- b.Announce(ctx) }()
	waitFor(t, func() bool { return b.Counters.All()["announce.retried"] > 0 })
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	waitFor(t, func() bool { return len(s.ids()) == 3 })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "b", "c"} {
		if got := s.ids()[i]; got != stream.SiteChanged+"/"+want {
			t.Errorf("announcement %d is %s, want %s", i, got, want)
		}
	}
}

func waitFor(t *testing.T, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Follow hands out every message from seq on, and ends.
func (s *shelf) Follow(ctx context.Context, _ []string, seq uint64, h stream.Handler) error {
	s.mu.Lock()
	kept := append([]stream.Message(nil), s.kept...)
	s.mu.Unlock()
	for i, m := range kept {
		if m.Seq = uint64(i + 1); m.Seq < seq {
			continue
		}
		if err := h(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) Last(context.Context, stream.Name) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.kept)), nil
}

// updates counts the transactions of a store, and fails the first few.
type updates struct {
	store.Store
	n, fail int
}

func (u *updates) Update(ctx context.Context, f func(store.Tx) error) error {
	if u.n++; u.n <= u.fail {
		return errors.New("the disk is full")
	}
	return u.Store.Update(ctx, f)
}

// grouped is the counting step over all positions, in groups.
func grouped(prepare func(m stream.Message) error) service.Step {
	s := count(prepare)
	s.Subjects, s.Group, s.Gather = []string{stream.Position + "*"}, 100, 10*time.Millisecond
	return s
}

// A group is kept in few transactions, each message once and in order; one that
// is wrong is passed over, one that fails is tried again behind those before it,
// and a store that fails is tried again with what was prepared.
func TestRun_Groups(t *testing.T) {
	b, s := open(t)
	u := &updates{Store: b.Store, fail: 2}
	b.Store = u
	for i := range 500 {
		s.kept = append(s.kept, stream.Message{ID: fmt.Sprintf("m%03d", i)})
	}
	failures, prepared := 3, 0
	step := grouped(func(m stream.Message) error {
		switch {
		case m.ID == "m123":
			return vigia.Errorf(vigia.Invalid, "not readable")
		case m.ID == "m200" && failures > 0:
			failures--
			return errors.New("not now")
		}
		prepared++
		return nil
	})
	if err := b.Run(context.Background(), step); err != nil {
		t.Fatal(err)
	}
	got := entries(t, b)
	if len(got) != 500 || got[123] != "message.passed_over" || prepared != 499 {
		t.Errorf("500 messages left %d entries and were prepared %d times; the 124th says %q", len(got), prepared, got[123])
	}
	if u.n > 100 {
		t.Errorf("500 messages took %d transactions", u.n)
	}
	if n, err := b.Pending(context.Background(), step); n != 0 || err != nil {
		t.Errorf("%d messages wait (%v)", n, err)
	}
	s.kept = append(s.kept, stream.Message{ID: "one more"})
	if n, _ := b.Pending(context.Background(), step); n != 1 {
		t.Errorf("%d messages wait, want 1", n)
	}
	if err := b.Run(context.Background(), step); err != nil || len(entries(t, b)) != 501 {
		t.Errorf("after a restart there are %d entries (%v), want 501", len(entries(t, b)), err)
	}
}

// A step whose messages cannot be counted by its place is refused.
func TestRun_GroupsReadAWholeStream(t *testing.T) {
	b, _ := open(t)
	s := grouped(func(stream.Message) error { return nil })
	s.Subjects = []string{stream.SiteChanged}
	if err := b.Run(context.Background(), s); vigia.ErrorCode(err) != vigia.Internal {
		t.Errorf("it ran: %v", err)
	}
}
