package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/wire/plain"
)

// A Gateway carries what the sensors say to the system's door, as the box on
// the aircraft's ground station would: small files of comma-separated values
// over HTTP, each repeated until it is acknowledged.
type Gateway struct {
	Server string        // such as http://127.0.0.1:8080
	Token  string        // of a feeder
	Client *http.Client  // nil: one with a time limit of 30 s
	Chunk  time.Duration // of data in one file; 0: 5 s
	Speed  float64       // data seconds in a second; 0: as fast as the door takes it

	// Pace waits; nil waits by the clock. A test hands in one that does not.
	Pace func(ctx context.Context, d time.Duration) error

	// Telemetry takes the aircraft's own packets, one a data second, each in one
	// write; nil: it sends none. A packet that is not taken is gone, as on a radio
	// link.
	Telemetry io.Writer

	// Progress is called after each chunk; nil: nobody asks.
	Progress func(Progress)
}

// Progress is how far a flight has come.
type Progress struct {
	At           time.Time // in data time
	Elapsed      time.Duration
	Total        time.Duration
	Observations int // acknowledged
	Winds        int // acknowledged
	Retries      int
}

// Fly flies the world's flight and sends it under its flight's name. It
// returns when all is acknowledged, when the door refuses for good (a
// *vigia.Error with the door's words), or when ctx is done.
func (g Gateway) Fly(ctx context.Context, w *World) (Progress, error) {
	if g.Client == nil {
		g.Client = &http.Client{Timeout: 30 * time.Second}
	}
	if g.Chunk <= 0 {
		g.Chunk = 5 * time.Second
	}
	if g.Pace == nil {
		g.Pace = sleep
	}
	f := flyer{Gateway: g, world: w, flight: w.Scenario.Flight, done: Progress{Total: w.Duration()}}
	start := w.Scenario.Start
	until := start.Add(g.Chunk)
	for rec := range w.Records() {
		for !rec.Time.Before(until) {
			if err := f.send(ctx, until.Sub(start)); err != nil {
				return f.done, err
			}
			until = until.Add(g.Chunk)
		}
		if rec.Wind != nil {
			f.winds = append(f.winds, *rec.Wind)
		} else {
			f.observations = append(f.observations, *rec.Observation)
		}
		f.done.At = rec.Time
	}
	err := f.send(ctx, f.done.Total)
	return f.done, err
}

// A flyer is a Gateway at work.
type flyer struct {
	Gateway
	world        *World
	flight       vigia.ID
	done         Progress
	winds        []vigia.Wind
	observations []vigia.Observation
	files        int
}

// send waits until the chunk would have been recorded, and sends it: the wind
// first, for what is read in it is understood with it.
func (f *flyer) send(ctx context.Context, elapsed time.Duration) error {
	if f.Speed > 0 {
		if err := f.Pace(ctx, time.Duration(float64(elapsed-f.done.Elapsed)/f.Speed)); err != nil {
			return err
		}
	}
	if err := f.tell(f.done.Elapsed, elapsed); err != nil {
		return err
	}
	f.done.Elapsed = elapsed
	if len(f.winds) > 0 {
		if err := f.post(ctx, "wind", windFile(f.winds)); err != nil {
			return err
		}
		f.done.Winds += len(f.winds)
	}
	if len(f.observations) > 0 {
		if err := f.post(ctx, "observations", observationFile(f.observations)); err != nil {
			return err
		}
		f.done.Observations += len(f.observations)
	}
	f.winds, f.observations = f.winds[:0], f.observations[:0]
	if f.Progress != nil {
		f.Progress(f.done)
	}
	return nil
}

// tell sends the aircraft's own packets of a part of the flight.
func (f *flyer) tell(from, to time.Duration) error {
	if f.Telemetry == nil {
		return nil
	}
	for s := math.Ceil(from.Seconds()); s < to.Seconds(); s++ {
		p, err := f.world.Telemetry(s)
		if err != nil {
			return err
		}
		_, _ = f.Telemetry.Write(p) // as on a radio link
	}
	return nil
}

// What the sensors of this package say is valid, and a buffer takes every
// write: an error here is a defect.
func must(err error) {
	if err != nil {
		panic("sim: " + err.Error())
	}
}

func windFile(winds []vigia.Wind) []byte {
	var b bytes.Buffer
	out := plain.NewWindWriter(&b)
	for _, w := range winds {
		must(out.Write(w))
	}
	must(out.Flush())
	return b.Bytes()
}

func observationFile(observations []vigia.Observation) []byte {
	var b bytes.Buffer
	out := plain.NewObservationWriter(&b, plain.ObservationLayout{})
	for _, o := range observations {
		must(out.Write(o))
	}
	must(out.Flush())
	return b.Bytes()
}

// post hands one file in until the door acknowledges it. The waits between
// double, from 0.2 s to 5 s.
func (f *flyer) post(ctx context.Context, kind string, body []byte) error {
	f.files++
	address := fmt.Sprintf("%s/api/v1/flights/%s/%s?name=%s", strings.TrimSuffix(f.Server, "/"),
		url.PathEscape(string(f.flight)), kind, url.QueryEscape(fmt.Sprintf("%s-%06d.csv", kind, f.files)))
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		again, err := f.try(ctx, address, body)
		if err == nil || !again {
			return err
		}
		f.done.Retries++
		if err := f.Pace(ctx, wait); err != nil {
			return err
		}
	}
}

// try hands the file in once. again says that another try may help.
func (f *flyer) try(ctx context.Context, address string, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "text/csv")
	req.Header.Set("Authorization", "Bearer "+f.Token)
	resp, err := f.Client.Do(req)
	if err != nil {
		return ctx.Err() == nil, err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	switch {
	case err != nil:
		return ctx.Err() == nil, err
	case resp.StatusCode/100 == 2:
		return false, nil
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return true, errors.New(resp.Status)
	}
	return false, vigia.Errorf(vigia.Invalid, "the door at %s refused with %s: %s", address, resp.Status, bytes.TrimSpace(said))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
