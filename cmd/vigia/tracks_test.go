package main

import (
	"math"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
)

// A drone over the edge of its area sees four vehicles within and four beyond,
// and says so by UDP in ST 0601 with ST 0903: the page of tracks has the four,
// and what lies beyond is followed by nobody.
func TestTracks_OnlyInside(t *testing.T) {
	s, f := newFleet(t, 1, 2)
	conn, err := net.Dial("udp", f.ports[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	frame := geo.Frame{Origin: overTown}
	area := geo.Polygon{{{-30.01, 9.99}, {-29.99, 9.99}, {-29.99, 10.01}, {-30.01, 10.01}}}
	// Where vehicle i is, s after the first packet: to the east along its own
	// street; the area's northern edge lies 1,106 m from its middle.
	at := func(i int, seconds float64) geo.Point {
		north := 1000 - 150*float64(i)
		if i >= 4 {
			north = 1300 + 150*float64(i-4)
		}
		return frame.ToPoint(geo.Local{X: -400 + 12*seconds, Y: north})
	}
	const scans = 140
	start := time.Now().Add(-2 * time.Minute).UTC().Truncate(time.Second)
	var b misb.Builder
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for k := range scans {
		seconds := float64(k) / 2
		b.Begin(start.Add(time.Duration(seconds * float64(time.Second))))
		b.Text(3, "MISSION01")
		b.Float(misb.SensorLatitude, overTown.Lat)
		b.Float(misb.SensorLongitude, overTown.Lon)
		b.Float(misb.SensorEllipsoidHeight, overTown.Alt)
		v := misb.VMTI{Version: 6, Frame: uint64(k), Width: 1920, Height: 1080}
		for i := range 8 {
			p := at(i, seconds)
			p.Alt = 5
			v.Targets = append(v.Targets, misb.Target{ID: uint64(i + 1), Row: 100, Col: 200, Confidence: 80, State: 1,
				Located: true, HasHeight: true, SigmaM: [3]float64{3, 3, 5}, Location: p})
		}
		b.VMTI(&v)
		packet, err := b.Packet(nil)
		if err != nil {
			t.Fatal(err)
		}
		<-tick.C // a socket's buffer is no log
		if _, err := conn.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	var pictures []vigia.Picture
	s.eventually("that half a minute of tracks is settled", func() (bool, error) {
		pictures = nil
		err := s.call(vigia.Analyst, http.MethodGet, "/tracks?flight=F-0&limit=1000", nil, &pictures)
		return len(pictures) >= 50, err
	})
	numbers := map[int]map[vigia.ID]bool{}
	for _, p := range pictures {
		for _, e := range p.Tracks {
			if !area.Contains(e.At.Lon, e.At.Lat) {
				t.Fatalf("a track at %v is kept; the area ends at 10.01° N", e.At)
			}
			here := frame.ToLocal(e.At)
			best, near := -1, math.Inf(1)
			for i := range 8 {
				l := frame.ToLocal(at(i, p.Time.Sub(start).Seconds()))
				if d := math.Hypot(l.X-here.X, l.Y-here.Y); d < near {
					best, near = i, d
				}
			}
			if near > 15 {
				t.Errorf("at %v a track is %.0f m from every vehicle", p.Time, near)
			}
			if numbers[best] == nil {
				numbers[best] = map[vigia.ID]bool{}
			}
			numbers[best][e.Track] = true
		}
	}
	for i := range 8 {
		want := 1
		if i >= 4 {
			want = 0
		}
		if len(numbers[i]) != want {
			t.Errorf("vehicle %d has %d tracks; want %d", i, len(numbers[i]), want)
		}
	}
}
