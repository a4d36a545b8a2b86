// Package jetstream is the stream on NATS JetStream: the server embedded in
// this process, or a cluster elsewhere, behind one client.
package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/stream"
)

const (
	maxPayload   = 8 << 20
	startTimeout = 30 * time.Second

	// An unfinished message comes again this long after its reader died. The
	// reader says every beat that it is alive, so that work may take any time.
	ackWait = 2 * time.Second
	beat    = ackWait / 4

	// A handler that fails is called again after firstPause, then twice that, …
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Options say where the stream is.
type Options struct {
	// Dir is the folder of the embedded server's files.
	Dir string
	// Listen is an address (host:port) on which the embedded server takes
	// gateways, with Token. Empty: it opens no port.
	Listen string
	Token  string
	// URL names a cluster to use in place of the embedded server, and Replicas
	// how many machines keep each message there.
	URL      string
	Replicas int
}

// Stream is a stream.Stream.
type Stream struct {
	server   *server.Server // nil where the server is elsewhere
	dir      string         // of the embedded server
	consumed atomic.Bool    // by a consumer that the server remembers
	conn     *nats.Conn
	js       jetstream.JetStream
}

var _ stream.Stream = (*Stream)(nil)

// Open starts the embedded server or reaches the cluster, and makes the
// streams that are missing.
func Open(ctx context.Context, o Options) (*Stream, error) {
	s := &Stream{dir: o.Dir}
	if err := s.connect(o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	var err error
	if s.js, err = jetstream.New(s.conn); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	for _, d := range stream.Definitions() {
		err := s.make(ctx, d, max(1, o.Replicas))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("making the stream %s: %w", d.Name, err), s.Close())
		}
	}
	return s, nil
}

// leastBytes is the room below which a stream with a limit is not worth having.
const leastBytes = 64 << 20

// make makes a stream. The server sets the room of a limit aside: where the
// disk has less, the limit is halved until it fits.
func (s *Stream) make(ctx context.Context, d stream.Definition, replicas int) error {
	config := jetstream.StreamConfig{
		Name:       string(d.Name),
		Subjects:   d.Subjects,
		MaxAge:     d.MaxAge,
		MaxBytes:   cmp.Or(d.MaxBytes, -1),
		Duplicates: d.Window,
		Storage:    jetstream.FileStorage,
		Replicas:   replicas,
		DenyDelete: d.Name == stream.Log, // what was said stays said
	}
	for {
		_, err := s.js.CreateOrUpdateStream(ctx, config)
		var api *jetstream.APIError
		if !errors.As(err, &api) || api.ErrorCode != errNoRoom || config.MaxBytes/2 < leastBytes {
			return err
		}
		config.MaxBytes /= 2
	}
}

// errNoRoom is the server's code for "insufficient storage resources available".
const errNoRoom = 10047

func (s *Stream) connect(o Options) (err error) {
	common := []nats.Option{nats.Name("vigia"), nats.MaxReconnects(-1)}
	if o.URL != "" {
		s.conn, err = nats.Connect(o.URL, common...)
		if err != nil {
			return fmt.Errorf("reaching the stream at %s: %w", o.URL, err)
		}
		return nil
	}
	if s.server, err = startServer(o); err != nil {
		return err
	}
	common = append(common, nats.InProcessServer(s.server))
	if o.Token != "" {
		common = append(common, nats.Token(o.Token))
	}
	s.conn, err = nats.Connect("", common...)
	return err
}

func startServer(o Options) (*server.Server, error) {
	so := &server.Options{
		ServerName: "vigia",
		JetStream:  true,
		StoreDir:   o.Dir,
		SyncAlways: true, // acknowledged means on disk
		MaxPayload: maxPayload,
		DontListen: o.Listen == "",
		NoSigs:     true,
		NoLog:      true,
	}
	if o.Listen != "" {
		if o.Token == "" {
			return nil, vigia.Errorf(vigia.Invalid, "the stream's port %s needs a token: nobody may send without one", o.Listen)
		}
		so.Authorization = o.Token
		if err := setListen(so, o.Listen); err != nil {
			return nil, err
		}
	}
	srv, err := server.NewServer(so)
	if err != nil {
		return nil, fmt.Errorf("starting the embedded stream in %s: %w", o.Dir, err)
	}
	srv.Start()
	if !srv.ReadyForConnections(startTimeout) {
		srv.Shutdown()
		return nil, vigia.Errorf(vigia.Unavailable, "the embedded stream in %s was not ready after %s; is another vigia using this folder?", o.Dir, startTimeout)
	}
	return srv, nil
}

// Close hands what is under way to the disk and stops the embedded server.
func (s *Stream) Close() error {
	if s.conn != nil {
		s.conn.Close()
	}
	if s.server != nil {
		if s.consumed.Load() {
			awaitStates(s.dir)
		}
		s.server.Shutdown()
		s.server.WaitForShutdown()
	}
	return nil
}

// Publish returns when the message is on disk.
func (s *Stream) Publish(ctx context.Context, m stream.Message) (uint64, bool, error) {
	if _, err := stream.Of(m.Subject); err != nil {
		return 0, false, err
	}
	if m.ID == "" {
		return 0, false, vigia.Errorf(vigia.Invalid, "a message on %s has no id", m.Subject)
	}
	if len(m.Data) > maxPayload-4096 {
		return 0, false, vigia.Errorf(vigia.Invalid, "a message on %s has %d bytes; %d is the most", m.Subject, len(m.Data), maxPayload-4096)
	}
	ack, err := s.js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Data: m.Data}, jetstream.WithMsgID(m.ID))
	if err != nil {
		if ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
		return 0, false, vigia.Errorf(vigia.Unavailable, "the stream did not take a message on %s: %v", m.Subject, err)
	}
	return ack.Sequence, ack.Duplicate, nil
}
