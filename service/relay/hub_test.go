package relay

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sort"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func hear(t *testing.T, l *Listener, n int) (out []string, gaps []Gap) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for len(out) < n {
		events, gap, err := l.Next(ctx, make([]Event, 0, 4))
		if err != nil {
			t.Fatalf("after %v: %v", out, err)
		}
		if gap != nil {
			gaps = append(gaps, *gap)
		}
		for _, e := range events {
			out = append(out, string(e.Data))
		}
	}
	return out, gaps
}

func say(h *Hub, a Audience, texts ...string) {
	for _, s := range texts {
		seq, _ := strconv.ParseUint(s, 10, 64)
		h.Say(Event{For: a, Seq: seq, Data: []byte(s)})
	}
}

func TestHub_EachHearsWhatItMay(t *testing.T) {
	h := NewHub(100)
	say(h, Ours, "before anybody listened")
	ours, partner := h.Listen(Ours), h.Listen(Partners)
	say(h, Ours, "a", "b")
	say(h, Partners, "c")
	say(h, Ours, "d")
	say(h, Partners, "e")
	if got, gaps := hear(t, ours, 5); !slices.Equal(got, []string{"a", "b", "c", "d", "e"}) || gaps != nil {
		t.Errorf("ours heard %v, gaps %v", got, gaps)
	}
	if got, gaps := hear(t, partner, 2); !slices.Equal(got, []string{"c", "e"}) || gaps != nil {
		t.Errorf("the partner heard %v, gaps %v", got, gaps)
	}
}

func TestHub_TheSlowAreToldWhatTheyMissed(t *testing.T) {
	h := NewHub(4)
	ours, partner := h.Listen(Ours), h.Listen(Partners)
	say(h, Partners, "1", "2")
	say(h, Ours, "3", "4", "5", "6")
	say(h, Partners, "7")
	got, gaps := hear(t, ours, 4)
	if !slices.Equal(got, []string{"4", "5", "6", "7"}) || !slices.Equal(gaps, []Gap{{From: 0, To: 4, Missed: 3}}) {
		t.Errorf("ours heard %v, gaps %v", got, gaps)
	}
	got, gaps = hear(t, partner, 1)
	if !slices.Equal(got, []string{"7"}) || !slices.Equal(gaps, []Gap{{From: 0, To: 7, Missed: 2}}) {
		t.Errorf("the partner heard %v, gaps %v: it may see three events, and two of them are gone", got, gaps)
	}
}

// However fast or slow a listener is, what it heard and what it was told it
// missed add up to all that it may see, in order.
func TestHub_NothingIsLostInSilence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := NewHub(rapid.IntRange(1, 8).Draw(rt, "ring"))
		audience := Audience(rapid.IntRange(0, 1).Draw(rt, "audience"))
		l := h.Listen(audience)
		var may []uint32 // the events it may see, by number
		next, accounted := uint32(0), uint64(0)
		for range rapid.IntRange(1, 40).Draw(rt, "turns") {
			for range rapid.IntRange(0, 6).Draw(rt, "said") {
				e := Event{For: Audience(rapid.IntRange(0, 1).Draw(rt, "for")), Data: binary.BigEndian.AppendUint32(nil, next)}
				if e.For >= audience {
					may = append(may, next)
				}
				next++
				h.Say(e)
			}
			events, gap, _ := l.look(make([]Event, 0, rapid.IntRange(1, 5).Draw(rt, "takes")))
			if gap != nil {
				accounted += gap.Missed
			}
			for _, e := range events {
				if want := may[accounted]; binary.BigEndian.Uint32(e.Data) != want {
					rt.Fatalf("heard %d, want %d", binary.BigEndian.Uint32(e.Data), want)
				}
				accounted++
			}
		}
	})
}

// relayTo writes what a listener hears to a connection, as the TAK server does.
func relayTo(ctx context.Context, l *Listener, w net.Conn, missed func(uint64)) {
	buf := make([]Event, 0, 512)
	for {
		events, gap, err := l.Next(ctx, buf)
		if err != nil {
			return
		}
		if gap != nil {
			missed(gap.Missed)
		}
		out := make(net.Buffers, 0, len(events))
		for _, e := range events {
			out = append(out, e.Data)
		}
		if _, err := out.WriteTo(w); err != nil {
			return
		}
	}
}

// BenchmarkHub says b.N events of 600 bytes, 10,000 a second, to ten readers on
// loopback TCP while an eleventh does not read. It reports what was lost and
// the 99th percentile of the time from Say to the reader.
func BenchmarkHub(b *testing.B) {
	const readers, size, rate = 10, 600, 10_000
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h := NewHub(1 << 15)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close() //nolint:errcheck // a benchmark's
	var lost sync.Map
	for i := range readers + 1 {
		l := h.Listen(Ours)
		go func() {
			c, err := ln.Accept()
			if err == nil {
				relayTo(ctx, l, c, func(n uint64) { lost.Store(i, n) })
			}
		}()
	}
	latencies := make(chan []time.Duration, readers)
	for i := range readers + 1 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // a benchmark's
		if i < readers {
			go func() { latencies <- readAll(c, size, b.N) }()
		}
	}
	b.ResetTimer()
	began := time.Now()
	for i := range b.N {
		if wait := time.Duration(i)*time.Second/rate - time.Since(began); wait > time.Millisecond {
			time.Sleep(wait)
		}
		data := make([]byte, size)
		binary.BigEndian.PutUint64(data, uint64(time.Now().UnixNano()))
		h.Say(Event{For: Ours, Data: data})
	}
	var all []time.Duration
	for range readers {
		all = append(all, <-latencies...)
	}
	b.StopTimer()
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(readers*b.N-len(all)), "lost")
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "deliveries/s")
}

func readAll(r io.Reader, size, n int) (out []time.Duration) {
	buf := make([]byte, size)
	for range n {
		if _, err := io.ReadFull(r, buf); err != nil {
			return out
		}
		out = append(out, time.Since(time.Unix(0, int64(binary.BigEndian.Uint64(buf)))))
	}
	return out
}
