package web

import (
	"context"
	"encoding/json"
	"math"
	"sort"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/stream"
)

const (
	// frameEvery is how long a picture stands at least: a page draws no faster,
	// and fifty aircraft at thirty packets a second would be fifteen hundred.
	frameEvery = 66 * time.Millisecond
	// What was not heard of again for so long is no longer shown.
	poseShown   = 10 * time.Second
	reportShown = 3 * time.Second
)

// A Moving is the picture of what moves now, for a page: aircraft, where they
// look, and the vehicles that they report. A vehicle is a place and a class; it
// has no number, and the next picture does not know it.
type Moving struct {
	Aircraft []Aircraft `json:"aircraft"`
	Vehicles []Vehicles `json:"vehicles"`
}

// An Aircraft is the last pose of one source.
type Aircraft struct {
	Flight     vigia.ID    `json:"flight"`
	Sensor     string      `json:"sensor"`
	Time       time.Time   `json:"time"`
	At         geo.Point   `json:"at"`
	HeadingDeg *float64    `json:"heading_deg,omitempty"`
	Corners    []geo.Point `json:"corners,omitempty"` // of the picture on the ground
}

// Vehicles are the last reports of one source.
type Vehicles struct {
	Flight vigia.ID     `json:"flight"`
	Sensor string       `json:"sensor"`
	Time   time.Time    `json:"time"`
	At     [][2]float64 `json:"at"` // longitude, latitude
}

// moving follows the positions while somebody looks, and hands each reader the
// newest picture: one that is slow misses pictures and is never behind.
type moving struct {
	mu       sync.Mutex
	readers  map[chan []byte]bool
	stop     context.CancelFunc
	aircraft map[string]heard[Aircraft]
	vehicles map[string]heard[Vehicles]
}

// heard is something, and when it was last heard of.
type heard[T any] struct {
	what T
	at   time.Time
}

// live hands the picture of what moves to a page as it changes.
func (s *Server) live(c *call) (any, error) {
	f, ctx, cancel, err := s.openFeed(c)
	if err != nil {
		return nil, errWritten
	}
	defer cancel()
	pictures := s.moving.join(s)
	defer s.moving.leave(pictures)
	for {
		select {
		case <-ctx.Done():
			return nil, errWritten
		case p := <-pictures:
			if f.send("event: moving\ndata: %s\n\n", p) != nil {
				return nil, errWritten
			}
		}
	}
}

// join adds a reader; the first one starts the following.
func (m *moving) join(s *Server) chan []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	reader := make(chan []byte, 1)
	if m.readers == nil {
		m.readers = map[chan []byte]bool{}
	}
	m.readers[reader] = true
	if m.stop == nil {
		ctx, cancel := context.WithCancel(context.Background())
		m.stop = cancel
		m.aircraft, m.vehicles = map[string]heard[Aircraft]{}, map[string]heard[Vehicles]{}
		go m.follow(ctx, s)
	}
	return reader
}

// leave ends a reader's interest; the last one ends the following.
func (m *moving) leave(reader chan []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.readers, reader)
	if len(m.readers) == 0 && m.stop != nil {
		m.stop()
		m.stop = nil
	}
}

// follow reads the positions as they come and draws a picture when it is time.
func (m *moving) follow(ctx context.Context, s *Server) {
	changed := make(chan struct{}, 1)
	go m.draw(ctx, s, changed)
	err := s.Stream.Follow(ctx, []string{stream.Position + "*"}, 0, func(_ context.Context, msg stream.Message) error {
		b, err := service.ReadMotion(msg.Data)
		if err != nil {
			return nil // its steps tell of it
		}
		m.take(b, s.Clock())
		select {
		case changed <- struct{}{}:
		default:
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("the picture of what moves stopped", "error", err)
	}
}

// degrees rounds to 10⁻⁷, which is a centimetre: a picture is sent often.
func degrees(x float64) float64 { return math.Round(x*1e7) / 1e7 }

func drawn(p geo.Point) geo.Point {
	return geo.Point{Lon: degrees(p.Lon), Lat: degrees(p.Lat), Alt: math.Round(p.Alt*10) / 10}
}

// take keeps the newest of each source.
func (m *moving) take(b vigia.Batch, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range b.Poses {
		key := string(b.Flight) + "/" + p.Sensor
		if old, ok := m.aircraft[key]; ok && p.Time.Before(old.what.Time) {
			continue // a late one
		}
		a := Aircraft{Flight: b.Flight, Sensor: p.Sensor, Time: p.Time, At: drawn(p.At)}
		for _, c := range p.Corners {
			a.Corners = append(a.Corners, drawn(c))
		}
		if p.Attitude != nil {
			heading := math.Round(p.Attitude.HeadingDeg*10) / 10
			a.HeadingDeg = &heading
		}
		m.aircraft[key] = heard[Aircraft]{a, now}
	}
	for _, r := range b.Reports {
		key := string(b.Flight) + "/" + r.Sensor
		v, ok := m.vehicles[key]
		switch {
		case ok && r.Time.Before(v.what.Time):
			continue
		case !ok || r.Time.After(v.what.Time):
			v.what = Vehicles{Flight: b.Flight, Sensor: r.Sensor, Time: r.Time}
		}
		v.what.At, v.at = append(v.what.At, [2]float64{degrees(r.At.Lon), degrees(r.At.Lat)}), now
		m.vehicles[key] = v
	}
}

// draw makes a picture when something changed, and when something is to go.
func (m *moving) draw(ctx context.Context, s *Server, changed <-chan struct{}) {
	expire := time.NewTicker(time.Second)
	defer expire.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-expire.C:
		}
		m.show(s.Clock())
		pause := time.NewTimer(frameEvery)
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// show hands the picture to every reader. One that has not taken the last gets
// this one in its place.
func (m *moving) show(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := Moving{Aircraft: newest(m.aircraft, now, poseShown), Vehicles: newest(m.vehicles, now, reportShown)}
	data, err := json.Marshal(p)
	if err != nil {
		return // numbers that were read from JSON
	}
	for r := range m.readers {
		select {
		case <-r:
		default:
		}
		r <- data
	}
}

// newest are those heard of of late, by their key.
func newest[T any](all map[string]heard[T], now time.Time, shown time.Duration) []T {
	keys := make([]string, 0, len(all))
	for k, h := range all {
		if now.Sub(h.at) > shown {
			delete(all, k)
			continue
		}
		keys = append(keys, k)
	}
	sort.Strings(keys)
	out := make([]T, len(keys))
	for i, k := range keys {
		out[i] = all[k].what
	}
	return out
}
