package relay

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/cot"
)

// paced is a stream whose facts come so many a second.
type paced struct {
	stream.Stream
	n, rate int
	sent    []time.Time
}

func (p *paced) Follow(ctx context.Context, _ []string, _ uint64, h stream.Handler) error {
	s := site("")
	began := time.Now()
	for i := range p.n {
		if wait := time.Duration(i)*time.Second/time.Duration(p.rate) - time.Since(began); wait > time.Millisecond {
			time.Sleep(wait)
		}
		s.ID = vigia.ID("site-" + strconv.Itoa(i))
		data, err := json.Marshal(s)
		if err != nil {
			return err
		}
		p.sent[i] = time.Now()
		if err := h(ctx, stream.Message{Subject: stream.SiteChanged, Seq: uint64(i + 1), Data: data}); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkTAKServer is the whole way of b.N facts, 12,000 a second, through the
// TAK server to ten clients on loopback TCP that parse every event: from the
// stream's message (JSON is read, the event is written in both protocols) to
// the parsed event. Half of the clients speak protocol 1. An eleventh does not
// read. It reports what was lost and the 99th percentile of the time.
//
//	go test ./service/relay -run '^$' -bench TAKServer -benchtime 100000x
func BenchmarkTAKServer(b *testing.B) {
	const clients, rate = 10, 12_000
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := &paced{n: b.N, rate: rate, sent: make([]time.Time, b.N)}
	s := NewTAKServer(service.New(sqlitetest.Open(b), p, time.Now, slog.New(slog.DiscardHandler)), nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.Serve(ctx, ln) }()
	latencies := make(chan []time.Duration, clients)
	for i := range clients + 1 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // a benchmark's
		ready := make(chan struct{})
		go func() {
			r := cot.NewReader(c)
			if i%2 == 0 {
				_, _ = c.Write(cot.Ask(time.Now()))
			}
			_, _ = c.Write([]byte(`<event version="2.0" uid="me" type="t-x-c-t" how="m-g" time="2026-03-01T12:00:00Z" start="2026-03-01T12:00:00Z" stale="2026-03-01T12:00:00Z"><point lat="0" lon="0" hae="0" ce="0" le="0"/></event>`))
			for {
				e, _, err := r.Next()
				if err != nil {
					b.Error(err)
					break
				}
				if e.UID == "vigia-pong" {
					break
				}
			}
			close(ready)
			if i < clients {
				latencies <- p.receive(r)
			}
		}()
		<-ready
	}
	b.ResetTimer()
	if err := s.Announce(ctx); err != nil {
		b.Fatal(err)
	}
	var all []time.Duration
	for range clients {
		all = append(all, <-latencies...)
	}
	b.StopTimer()
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(clients*b.N-len(all)), "lost")
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "deliveries/s")
}

// receive reads until the last event came, or a gap was told.
func (p *paced) receive(r *cot.Reader) (out []time.Duration) {
	for {
		e, _, err := r.Next()
		if err != nil {
			return out
		}
		i, err := strconv.Atoi(strings.TrimPrefix(e.UID, "site-"))
		if err != nil {
			continue // a notice of a gap
		}
		out = append(out, time.Since(p.sent[i]))
		if i == p.n-1 {
			return out
		}
	}
}
