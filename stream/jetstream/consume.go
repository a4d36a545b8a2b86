package jetstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/stream"
)

func setListen(so *server.Options, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "the stream's address %q is not host:port", listen)
	}
	so.Host = host
	if so.Port, err = strconv.Atoi(port); err != nil {
		return vigia.Errorf(vigia.Invalid, "the stream's address %q has no number for a port", listen)
	}
	if so.Port == 0 {
		so.Port = server.RANDOM_PORT
	}
	return nil
}

// consumer makes or finds the durable consumer c.
func (s *Stream) consumer(ctx context.Context, c stream.Consumer) (jetstream.Consumer, error) {
	name, err := streamOf(c.Subjects)
	if err != nil {
		return nil, err
	}
	jc, err := s.js.CreateOrUpdateConsumer(ctx, string(name), jetstream.ConsumerConfig{
		Durable:        c.Name,
		FilterSubjects: c.Subjects,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        ackWait,
		MaxAckPending:  1, // one at a time is what keeps the order
	})
	if err != nil {
		return nil, fmt.Errorf("making the consumer %s: %w", c.Name, err)
	}
	return jc, nil
}

// streamOf returns the one stream of all the subjects.
func streamOf(subjects []string) (stream.Name, error) {
	var name stream.Name
	for _, subject := range subjects {
		n, err := stream.Of(subject)
		if err != nil {
			return "", err
		}
		if name != "" && n != name {
			return "", vigia.Errorf(vigia.Invalid, "the subjects %v are of more than one stream", subjects)
		}
		name = n
	}
	if name == "" {
		return "", vigia.Errorf(vigia.Invalid, "a consumer needs a subject")
	}
	return name, nil
}

// Consume hands the messages to h in order until ctx is done.
func (s *Stream) Consume(ctx context.Context, c stream.Consumer, h stream.Handler) error {
	jc, err := s.consumer(ctx, c)
	if err != nil {
		return err
	}
	messages, err := jc.Messages(jetstream.PullMaxMessages(1))
	if err != nil {
		return fmt.Errorf("reading as %s: %w", c.Name, err)
	}
	s.consumed.Store(true)
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	for {
		jm, err := messages.Next()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return vigia.Errorf(vigia.Unavailable, "the stream closed while %s was reading", c.Name)
		case err != nil:
			continue // a missed heartbeat; the iterator asks again
		}
		if err := work(ctx, jm, h); err != nil {
			return nil // ctx is done: the message comes again to the next reader
		}
	}
}

// work calls h until it succeeds, saying all the while that it is alive, and
// acknowledges. It fails only when ctx is done.
func work(ctx context.Context, jm jetstream.Msg, h stream.Handler) error {
	m, err := message(jm)
	if err != nil {
		return err
	}
	alive := make(chan struct{})
	defer close(alive)
	go func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-alive:
				return
			case <-tick.C:
				_ = jm.InProgress() // a lost beat only means a repeat
			}
		}
	}()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if err = h(ctx, m); err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	if err := jm.DoubleAck(ctx); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil // an acknowledgement that was lost only means a repeat
}

func message(jm jetstream.Msg) (stream.Message, error) {
	meta, err := jm.Metadata()
	if err != nil {
		return stream.Message{}, fmt.Errorf("a message without its place: %w", err)
	}
	return stream.Message{
		Subject: jm.Subject(),
		ID:      jm.Headers().Get("Nats-Msg-Id"),
		Data:    jm.Data(),
		Seq:     meta.Sequence.Stream,
		Time:    meta.Timestamp.UTC(),
	}, nil
}

// Follow hands live messages to h.
func (s *Stream) Follow(ctx context.Context, subjects []string, seq uint64, h stream.Handler) error {
	name, err := streamOf(subjects)
	if err != nil {
		return err
	}
	config := jetstream.OrderedConsumerConfig{FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverNewPolicy}
	if seq > 0 {
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, seq
	}
	return s.ordered(ctx, name, config, func(m stream.Message, _ uint64) (bool, error) {
		return true, h(ctx, m)
	})
}

// Read hands what is kept to h and returns at the end.
func (s *Stream) Read(ctx context.Context, name stream.Name, h stream.Handler) error {
	last, err := s.Last(ctx, name)
	if err != nil || last == 0 {
		return err
	}
	return s.ordered(ctx, name, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy},
		func(m stream.Message, pending uint64) (bool, error) {
			err := h(ctx, m)
			return m.Seq < last && pending > 0, err
		})
}

// ordered reads with a consumer that nothing remembers until f has enough.
func (s *Stream) ordered(ctx context.Context, name stream.Name, config jetstream.OrderedConsumerConfig, f func(m stream.Message, pending uint64) (more bool, err error)) error {
	oc, err := s.js.OrderedConsumer(ctx, string(name), config)
	if err != nil {
		return fmt.Errorf("reading the stream %s: %w", name, err)
	}
	messages, err := oc.Messages(jetstream.PullMaxBytes(2 * maxPayload)) // scan lines are large: what waits is bounded in bytes
	if err != nil {
		return fmt.Errorf("reading the stream %s: %w", name, err)
	}
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	defer messages.Stop()
	for {
		jm, err := messages.Next()
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return vigia.Errorf(vigia.Unavailable, "the stream closed while it was read")
		}
		if err != nil {
			continue
		}
		m, err := message(jm)
		if err != nil {
			return err
		}
		meta, err := jm.Metadata()
		if err != nil {
			return err
		}
		if more, err := f(m, meta.NumPending); err != nil || !more {
			return err
		}
	}
}

// Last is the place of a stream's last message.
func (s *Stream) Last(ctx context.Context, name stream.Name) (uint64, error) {
	js, err := s.js.Stream(ctx, string(name))
	if err != nil {
		return 0, fmt.Errorf("asking after the stream %s: %w", name, err)
	}
	info, err := js.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking after the stream %s: %w", name, err)
	}
	return info.State.LastSeq, nil
}

// Get returns the kept message of a place.
func (s *Stream) Get(ctx context.Context, name stream.Name, seq uint64) (stream.Message, error) {
	js, err := s.js.Stream(ctx, string(name))
	if err != nil {
		return stream.Message{}, fmt.Errorf("asking after the stream %s: %w", name, err)
	}
	raw, err := js.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) || seq == 0 {
		return stream.Message{}, vigia.Errorf(vigia.NotFound, "the stream %s does not keep message %d", name, seq)
	}
	if err != nil {
		return stream.Message{}, fmt.Errorf("reading the stream %s: %w", name, err)
	}
	return stream.Message{Subject: raw.Subject, ID: raw.Header.Get("Nats-Msg-Id"), Data: raw.Data, Seq: raw.Sequence, Time: raw.Time.UTC()}, nil
}

// Pending counts what waits for c.
func (s *Stream) Pending(ctx context.Context, c stream.Consumer) (uint64, error) {
	jc, err := s.consumer(ctx, c)
	if err != nil {
		return 0, err
	}
	info, err := jc.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking after %s: %w", c.Name, err)
	}
	return info.NumPending + uint64(info.NumAckPending), nil
}
