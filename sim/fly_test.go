package sim_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/sim"
	"github.com/vigia-project/vigia/wire/plain"
)

// A door is the system's, as a gateway sees it.
type door struct {
	t       *testing.T
	refuse  func(try int) int // a status instead of taking it; 0: take it
	tries   int
	names   map[string]bool
	records []time.Time // of observations, in the order they came
	winds   int
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.tries++
	if d.refuse != nil {
		if status := d.refuse(d.tries); status != 0 {
			http.Error(w, "come back later", status)
			return
		}
	}
	if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Content-Type") != "text/csv" || r.Method != http.MethodPost {
		d.t.Errorf("%s with headers %v", r.Method, r.Header)
	}
	name := r.URL.Query().Get("name")
	if d.names[name] {
		d.t.Errorf("%s was sent again after it was acknowledged", name)
	}
	d.names[name] = true
	switch r.URL.Path {
	case "/api/v1/flights/demo-1/observations":
		read, err := plain.NewObservationReader(r.Body, plain.Options{Name: name})
		if err != nil {
			d.t.Fatal(err)
		}
		for rec, err := range read.All() {
			if err != nil {
				d.t.Fatal(err)
			}
			d.records = append(d.records, rec.Observation.Time)
		}
	case "/api/v1/flights/demo-1/wind":
		read, err := plain.NewWindReader(r.Body, plain.Options{Name: name})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, err := range read.All() {
			if err != nil {
				d.t.Fatal(err)
			}
			d.winds++
		}
	default:
		d.t.Errorf("a file came to %s", r.URL.Path)
	}
	w.WriteHeader(http.StatusAccepted)
}

// short is a flight of two minutes over a small town.
func short(t *testing.T) *sim.World {
	t.Helper()
	s, err := sim.Parse(strings.NewReader("buildings 200\nduration_s 120\n"), "short.txt")
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A flight arrives whole, once and in order, though the door fails every
// third time, and takes as long as its speed says.
func TestGateway_Fly(t *testing.T) {
	w := short(t)
	d := &door{t: t, names: map[string]bool{}, refuse: func(try int) int {
		if try%3 == 0 {
			return http.StatusServiceUnavailable
		}
		return 0
	}}
	server := httptest.NewServer(d)
	defer server.Close()
	var waited time.Duration
	g := sim.Gateway{Server: server.URL, Token: "secret", Speed: 20, Pace: func(_ context.Context, wait time.Duration) error {
		waited += wait
		return nil
	}}
	done, err := g.Fly(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.records) != 121 || d.winds != 13 || done.Observations != 121 || done.Winds != 13 {
		t.Errorf("%d observations and %d winds came, the gateway says %+v; two minutes at 1 Hz and at 0.1 Hz are 121 and 13", len(d.records), d.winds, done)
	}
	for i, at := range d.records {
		if want := w.Scenario.Start.Add(time.Duration(i) * time.Second); !at.Equal(want) {
			t.Fatalf("observation %d is of %v, want %v", i, at, want)
		}
	}
	if done.Retries == 0 {
		t.Error("the door failed and the gateway says that it did not try again")
	}
	want := 120*time.Second/20 + time.Duration(done.Retries)*200*time.Millisecond
	if waited != want {
		t.Errorf("it waited %v; at 20 times the speed, with %d retries, that is %v", waited, done.Retries, want)
	}
}

// What the door refuses for good ends the flight with the door's words.
func TestGateway_Refused(t *testing.T) {
	server := httptest.NewServer(&door{t: t, refuse: func(int) int { return http.StatusForbidden }})
	defer server.Close()
	_, err := sim.Gateway{Server: server.URL, Token: "secret"}.Fly(context.Background(), short(t))
	if vigia.ErrorCode(err) != vigia.Invalid || !strings.Contains(err.Error(), "403 Forbidden: come back later") {
		t.Errorf("error %v", err)
	}
}

func TestGateway_Cancelled(t *testing.T) {
	server := httptest.NewServer(&door{t: t, refuse: func(int) int { return http.StatusServiceUnavailable }})
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	g := sim.Gateway{Server: server.URL, Token: "secret", Pace: func(context.Context, time.Duration) error {
		cancel()
		return ctx.Err()
	}}
	if _, err := g.Fly(ctx, short(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
