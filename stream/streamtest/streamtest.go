// Package streamtest holds an implementation of stream.Stream to its contract.
package streamtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/stream"
)

// patience bounds every wait for something that must happen.
const patience = 3 * time.Minute

// Run runs the suite. open opens the stream kept in a folder: opened again
// after Close it must hold what it held.
func Run(t *testing.T, open func(t *testing.T, dir string) stream.Stream) {
	for name, test := range map[string]func(*testing.T, func() stream.Stream){
		"PublishGivesPlaces":     publishGivesPlaces,
		"RepeatIsDropped":        repeatIsDropped,
		"UnknownSubject":         unknownSubject,
		"ConsumeInOrder":         consumeInOrder,
		"ConsumerResumes":        consumerResumes,
		"FailureComesAgain":      failureComesAgain,
		"FailureHoldsTheOrder":   failureHoldsTheOrder,
		"SlowWorkIsNotRepeated":  slowWorkIsNotRepeated,
		"ConsumersAreStrangers":  consumersAreStrangers,
		"FollowFromAPlace":       followFromAPlace,
		"FollowNew":              followNew,
		"ReadWhatIsKept":         readWhatIsKept,
		"KeptAfterReopening":     keptAfterReopening,
		"RepeatAfterReopening":   repeatAfterReopening,
		"Last":                   last,
		"Get":                    get,
		"Pending":                pending,
		"PublishersDoNotCollide": publishersDoNotCollide,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var last stream.Stream
			t.Cleanup(func() {
				if last != nil {
					_ = last.Close()
				}
			})
			test(t, func() stream.Stream {
				if last != nil {
					if err := last.Close(); err != nil {
						t.Fatal(err)
					}
				}
				last = open(t, dir)
				return last
			})
		})
	}
}

func put(t *testing.T, s stream.Stream, subject, id string) uint64 {
	t.Helper()
	seq, repeated, err := s.Publish(context.Background(), stream.Message{Subject: subject, ID: id, Data: []byte(id)})
	if err != nil || repeated {
		t.Fatalf("Publish(%s, %s) = %d, repeated %v, %v", subject, id, seq, repeated, err)
	}
	return seq
}

// collect consumes until n messages were handled or patience ends.
func collect(t *testing.T, s stream.Stream, c stream.Consumer, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var got []string
	err := s.Consume(ctx, c, func(_ context.Context, m stream.Message) error {
		got = append(got, m.ID)
		if len(got) == n {
			// Give the acknowledgement its moment, then stop.
			time.AfterFunc(200*time.Millisecond, cancel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

var sites = stream.Consumer{Name: "sites", Subjects: []string{stream.SiteChanged}}

func publishGivesPlaces(t *testing.T, open func() stream.Stream) {
	s := open()
	if a, b := put(t, s, stream.SiteChanged, "a"), put(t, s, stream.SiteChanged, "b"); a != 1 || b != 2 {
		t.Fatalf("places %d and %d, want 1 and 2", a, b)
	}
}

func repeatIsDropped(t *testing.T, open func() stream.Stream) {
	s := open()
	first := put(t, s, stream.SiteChanged, "a")
	seq, repeated, err := s.Publish(context.Background(), stream.Message{Subject: stream.SiteChanged, ID: "a", Data: []byte("a")})
	if err != nil || !repeated || seq != first {
		t.Fatalf("a repeat: place %d, repeated %v, %v; want the first one's place %d", seq, repeated, err, first)
	}
	put(t, s, stream.SiteChanged, "b")
	same(t, collect(t, s, sites, 2), "a", "b")
}

func unknownSubject(t *testing.T, open func() stream.Stream) {
	_, _, err := open().Publish(context.Background(), stream.Message{Subject: "fires.mission", ID: "a"})
	if vigia.ErrorCode(err) != vigia.Invalid {
		t.Fatalf("publishing on a subject that is not listed: %v", err)
	}
}

func consumeInOrder(t *testing.T, open func() stream.Stream) {
	s := open()
	var want []string
	for i := range 100 {
		id := fmt.Sprintf("m%d", i)
		put(t, s, stream.SiteChanged, id)
		put(t, s, stream.SourceLocated, "other"+id)
		want = append(want, id)
	}
	same(t, collect(t, s, sites, 100), want...)
}

func consumerResumes(t *testing.T, open func() stream.Stream) {
	s := open()
	for _, id := range []string{"a", "b", "c"} {
		put(t, s, stream.SiteChanged, id)
	}
	same(t, collect(t, s, sites, 3), "a", "b", "c")
	s = open()
	put(t, s, stream.SiteChanged, "d")
	same(t, collect(t, s, sites, 1), "d")
}

func failureComesAgain(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "a")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tries := 0
	err := s.Consume(ctx, sites, func(context.Context, stream.Message) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		cancel()
		return nil
	})
	if err != nil || tries != 3 {
		t.Fatalf("%d tries, want 3; %v", tries, err)
	}
}

func failureHoldsTheOrder(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "a")
	put(t, s, stream.SiteChanged, "b")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var got []string
	_ = s.Consume(ctx, sites, func(_ context.Context, m stream.Message) error {
		got = append(got, m.ID)
		if len(got) < 3 {
			return errors.New("not yet")
		}
		if m.ID == "b" {
			cancel()
		}
		return nil
	})
	same(t, got, "a", "a", "a", "b")
}

func slowWorkIsNotRepeated(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "slow")
	put(t, s, stream.SiteChanged, "next")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var got []string
	_ = s.Consume(ctx, sites, func(_ context.Context, m stream.Message) error {
		got = append(got, m.ID)
		if m.ID == "slow" {
			time.Sleep(3 * time.Second) // longer than any implementation's patience with a dead reader
		} else {
			cancel()
		}
		return nil
	})
	same(t, got, "slow", "next")
}

func consumersAreStrangers(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "a")
	same(t, collect(t, s, sites, 1), "a")
	same(t, collect(t, s, stream.Consumer{Name: "relay", Subjects: []string{"site.*", "lead.*"}}, 1), "a")
}

func follow(t *testing.T, s stream.Stream, seq uint64, n int, during func()) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var mu sync.Mutex
	var got []string
	done := make(chan error, 1)
	go func() {
		done <- s.Follow(ctx, []string{"site.*", "lead.*"}, seq, func(_ context.Context, m stream.Message) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, m.ID)
			if len(got) == n {
				cancel()
			}
			return nil
		})
	}()
	during()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return got
}

func followFromAPlace(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "a")
	put(t, s, stream.SiteChanged, "b")
	put(t, s, stream.DetectionFound, "x")
	put(t, s, stream.LeadRaised, "c")
	same(t, follow(t, s, 2, 2, func() {}), "b", "c")
}

func followNew(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "old")
	got := follow(t, s, 0, 1, func() {
		// The follower needs a moment to be there; what is new after it counts.
		time.Sleep(500 * time.Millisecond)
		put(t, s, stream.SiteChanged, "new")
	})
	same(t, got, "new")
}

func read(t *testing.T, s stream.Stream, name stream.Name) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var got []string
	if err := s.Read(ctx, name, func(_ context.Context, m stream.Message) error {
		got = append(got, m.ID+"="+string(m.Data))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func readWhatIsKept(t *testing.T, open func() stream.Stream) {
	s := open()
	if got := read(t, s, stream.Log); len(got) != 0 {
		t.Fatalf("an empty stream holds %v", got)
	}
	put(t, s, stream.Observation+"F1", "a")
	put(t, s, stream.Wind+"F1", "b")
	put(t, s, stream.SiteChanged, "c")
	same(t, read(t, s, stream.Log), "a=a", "b=b")
}

func keptAfterReopening(t *testing.T, open func() stream.Stream) {
	put(t, open(), stream.Observation+"F1", "a")
	same(t, read(t, open(), stream.Log), "a=a")
}

func repeatAfterReopening(t *testing.T, open func() stream.Stream) {
	put(t, open(), stream.Observation+"F1", "a")
	_, repeated, err := open().Publish(context.Background(), stream.Message{Subject: stream.Observation + "F1", ID: "a"})
	if err != nil || !repeated {
		t.Fatalf("a repeat after a restart: repeated %v, %v", repeated, err)
	}
}

func get(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "a")
	put(t, s, stream.LeadRaised, "b")
	m, err := s.Get(context.Background(), stream.Facts, 2)
	if err != nil || string(m.Data) != "b" || m.Subject != stream.LeadRaised || m.Seq != 2 || m.Time.IsZero() {
		t.Errorf("the second message is %+v, %v", m, err)
	}
	for _, seq := range []uint64{0, 3} {
		if _, err := s.Get(context.Background(), stream.Facts, seq); vigia.ErrorCode(err) != vigia.NotFound {
			t.Errorf("place %d, of which there is none: %v", seq, err)
		}
	}
}

func last(t *testing.T, open func() stream.Stream) {
	s := open()
	want := func(n uint64) {
		t.Helper()
		if got, err := s.Last(context.Background(), stream.Facts); err != nil || got != n {
			t.Fatalf("the last place is %d, want %d; %v", got, n, err)
		}
	}
	want(0)
	put(t, s, stream.Observation+"F1", "another stream's")
	want(0)
	put(t, s, stream.SiteChanged, "a")
	put(t, s, stream.LeadRaised, "b")
	want(2)
}

func pending(t *testing.T, open func() stream.Stream) {
	s := open()
	put(t, s, stream.SiteChanged, "a")
	put(t, s, stream.SiteChanged, "b")
	check := func(want uint64) {
		t.Helper()
		n, err := s.Pending(context.Background(), sites)
		if err != nil || n != want {
			t.Fatalf("%d wait, want %d; %v", n, want, err)
		}
	}
	check(2)
	collect(t, s, sites, 2)
	check(0)
}

func publishersDoNotCollide(t *testing.T, open func() stream.Stream) {
	s := open()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				id := fmt.Sprintf("w%d-%d", w, i)
				if _, _, err := s.Publish(context.Background(), stream.Message{Subject: stream.SiteChanged, ID: id}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := collect(t, s, sites, 100); len(got) != 100 {
		t.Fatalf("%d messages, want 100", len(got))
	}
}
