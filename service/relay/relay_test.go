package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
)

// The fourth law: what may leave is a closed list, and each of it is what a
// person decided to release.
func TestLeavingIsClosed(t *testing.T) {
	if want := []string{stream.LeadReleased}; !slices.Equal(leaving, want) {
		t.Errorf("what may leave is %v; the list is %v and is not to grow without a decision", leaving, want)
	}
}

// peer takes messages, after refusing some.
type peer struct {
	refuse int
	got    []Message
}

func (p *peer) Name() string { return "peer" }

func (p *peer) Send(_ context.Context, m Message) error {
	if p.refuse > 0 {
		p.refuse--
		return errors.New("not now")
	}
	p.got = append(p.got, m)
	return nil
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T) (*service.Base, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	return service.New(sqlitetest.Open(t), nil, c.Now, slog.New(slog.DiscardHandler)), c
}

func lead(status vigia.LeadStatus) vigia.Lead {
	l := vigia.Lead{
		ID: "lead-1", Status: status, Version: 3, Site: vigia.Site{ID: "site-secret"},
		Steps: []vigia.Step{{By: "analyst-secret"}, {At: time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)}},
	}
	if status == vigia.Released {
		l.Release = &vigia.Release{ID: "rel-1", Lead: l.ID, Chemical: "methane"}
	}
	return l
}

func message(t *testing.T, l vigia.Lead) stream.Message {
	t.Helper()
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return stream.Message{Subject: stream.LeadReleased, Data: b}
}

// hand does the relay's step on a message, as the stream would.
func hand(t *testing.T, r *Relay, m stream.Message) {
	t.Helper()
	apply, err := r.Step().Prepare(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Update(context.Background(), apply); err != nil {
		t.Fatal(err)
	}
}

func TestRelay_TriesAgainLaterAndLater(t *testing.T) {
	ctx := context.Background()
	base, c := open(t)
	p := &peer{refuse: 3}
	r := New(base, []Destination{p})
	hand(t, r, message(t, lead(vigia.Released)))
	hand(t, r, message(t, lead(vigia.Released))) // the stream repeats itself after a crash

	for i, pause := range []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second} {
		if pause > 0 {
			c.now = c.now.Add(pause - time.Millisecond)
			if err := r.SendDue(ctx, p); err != nil {
				t.Fatal(err)
			}
			if len(p.got) > 0 || p.refuse != 3-i {
				t.Fatalf("it was tried before %s had passed", pause)
			}
			c.now = c.now.Add(time.Millisecond)
		}
		if err := r.SendDue(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.got) != 1 {
		t.Fatalf("the peer has %d messages after three refusals, want one", len(p.got))
	}
	if err := r.SendDue(ctx, p); err != nil || len(p.got) != 1 {
		t.Fatalf("what was taken was sent again: %d, %v", len(p.got), err)
	}
}

func TestRelay_OnlyTheReleaseLeaves(t *testing.T) {
	base, _ := open(t)
	p := &peer{}
	r := New(base, []Destination{p})
	hand(t, r, message(t, lead(vigia.Released)))
	if err := r.SendDue(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(p.got[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "secret") {
		t.Errorf("what leaves holds what is ours: %s", b)
	}
}

func TestRelay_WhatWasNotReleasedStays(t *testing.T) {
	base, _ := open(t)
	r := New(base, []Destination{&peer{}})
	for _, status := range []vigia.LeadStatus{vigia.Raised, vigia.Approved, vigia.Declined, vigia.Recalled} {
		_, err := r.Step().Prepare(context.Background(), message(t, lead(status)))
		if vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("a lead that is %s on the subject of released ones: %v", status, err)
		}
	}
	if err := base.Store.View(context.Background(), func(rd store.Reader) error {
		n, err := rd.CountDeliveries()
		if n != 0 {
			t.Errorf("%d messages wait to leave", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A destination of each kind says of a release what its protocol lets it say,
// and signs what it says.
func TestWebhooks(t *testing.T) {
	for address, mediaType := range map[string]string{"%s/leads": "application/json", "cap+%s/alerts": "application/cap+xml"} {
		var got *http.Request
		var body []byte
		srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = r
			body, _ = io.ReadAll(r.Body)
		}))
		d, err := Parse(fmt.Sprintf(address, srv.URL), "secret")
		if err != nil {
			t.Fatal(err)
		}
		m := Message{ID: "msg-1", At: time.Unix(1772366400, 0).UTC(), Release: vigia.Release{Lead: "lead-1", Chemical: "methane", Text: map[string]string{"es": "metano", "en": "methane"}}}
		if err := d.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		srv.Close()
		if h := got.Header; h.Get("Content-Type") != mediaType || h.Get("Vigia-Message-Id") != "msg-1" || h.Get("Vigia-Signature") != Sign([]byte("secret"), m.At, body) {
			t.Errorf("%s: the headers are %v", address, h)
		}
		if !bytes.Contains(body, []byte("lead-1")) || !bytes.Contains(body, []byte("metano")) {
			t.Errorf("%s: the body is %s", address, body)
		}
	}
}

func TestParse(t *testing.T) {
	for address, ok := range map[string]bool{
		"cot+tcp://127.0.0.1:8087": true, "cot+udp://239.2.3.1:6969": true,
		"https://partner.example/leads": true, "cap+https://partner.example/alerts": true, "cap+http://partner.example/": false, "http://localhost:9/leads": true, "http://127.0.0.1:9/": true,
		"http://partner.example/leads": false, "ftp://host/": false, "host:8087": false, "": false,
	} {
		if _, err := Parse(address, "secret"); (err == nil) != ok {
			t.Errorf("Parse(%q): %v", address, err)
		}
	}
	if _, err := Parse("https://partner.example/", ""); vigia.ErrorCode(err) != vigia.Invalid {
		t.Errorf("a webhook without a secret: %v", err)
	}
}

// stopped is a peer that takes a message while the system is asked to stop.
type stopped struct {
	peer
	stop context.CancelFunc
}

func (p *stopped) Send(ctx context.Context, m Message) error {
	p.stop()
	return p.peer.Send(ctx, m)
}

// What left is on the account, also when the stop came in between.
func TestRelay_WritesDownWhatLeftWhileItStops(t *testing.T) {
	base, _ := open(t)
	ctx, stop := context.WithCancel(context.Background())
	p := &stopped{stop: stop}
	r := New(base, []Destination{p})
	hand(t, r, message(t, lead(vigia.Released)))
	if err := r.SendDue(ctx, p); err != nil {
		t.Fatal(err)
	}
	if err := r.SendDue(context.Background(), p); err != nil || len(p.got) != 1 {
		t.Errorf("after a stop that came while it was sent, the message left %d times, %v", len(p.got), err)
	}
}
