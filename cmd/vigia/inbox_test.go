package main

import (
	"context"
	"encoding/json"
	"net"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/stream"
)

// A gateway that speaks to the stream itself, over a real socket, reaches the
// same door: what it puts in the inbox is read, permitted or sealed, and kept.
func TestInbox(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	_ = l.Close()
	s := newSystem(t, "--stream-listen", listen, "--stream-token", "gateway's token")
	s.start()
	s.people()
	s.permit(walkFrom, walkUntil, walkFlight)

	if _, err := nats.Connect("nats://"+listen, nats.Token("a guess")); err == nil {
		t.Fatal("the stream took a gateway with a wrong token")
	}
	conn, err := nats.Connect("nats://"+listen, nats.Token("gateway's token"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for subject, body := range map[string]string{
		stream.InboxObservation + walkFlight: "time,sensor,lon_deg,lat_deg,alt_m,ppm\n" +
			"2017-01-01T12:00:00Z,nose,-30,10,20,2.5\n2017-01-01T12:00:01Z,nose,-30,10,20,2.6\n2017-02-01T12:00:01Z,nose,-30,10,20,2.6\n",
		stream.InboxWind + walkFlight:       "time,speed_mps,from_deg\n2017-01-01T12:00:00Z,3,90\n",
		stream.InboxObservation + "unknown": "time,sensor,lon_deg,lat_deg,alt_m,ppm\n2017-01-01T12:00:00Z,nose,-30,10,20,2.5\n",
	} {
		if _, err := js.Publish(ctx, subject, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	var path struct{ Points []json.RawMessage }
	s.eventually("two readings from the stream", func() (bool, error) {
		err := s.call(vigia.Analyst, "GET", "/flights/"+walkFlight+"/path", nil, &path)
		return len(path.Points) == 2, err
	})
	s.eventually("the third, of a month later, sealed", func() (bool, error) {
		var sealed []vigia.Sealed
		err := s.call(vigia.Overseer, "GET", "/sealed", nil, &sealed)
		return len(sealed) == 1 && sealed[0].Records == 1, err
	})
	s.eventually("the unknown flight on the account", func() (bool, error) {
		var status struct{ Counters map[string]float64 }
		err := s.call(vigia.Overseer, "GET", "/status", nil, &status)
		return status.Counters["inbox.bad"] == 1, err
	})
}
