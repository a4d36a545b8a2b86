package source

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/vigia-project/vigia"
)

const (
	// maxMQTTPacket bounds a message, bytes.
	maxMQTTPacket = 1 << 20
	// maxMQTTClients bounds how many sensors are connected.
	maxMQTTClients = 4096
	// maxMQTTInflight bounds what a sensor may send ahead of its acknowledgements.
	maxMQTTInflight = 256
)

// A Broker is an MQTT server (3.1.1 and 5) to which sensors publish and from
// which nobody reads. A message at quality of service 1 or 2 is acknowledged
// after it is on disk.
type Broker struct {
	// Authenticate tells whether a name and password may publish.
	Authenticate func(user, password string) bool
	// Open makes the door of a client's messages on a topic. A topic that is none
	// of the house's is an error.
	Open  func(topic string) (Door, error)
	Meter *Meter
	Clock func() time.Time
}

// Serve takes clients until ctx is done.
func (b *Broker) Serve(ctx context.Context, l net.Listener) error {
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumPacketSize = maxMQTTPacket
	capabilities.MaximumClients = maxMQTTClients
	capabilities.ReceiveMaximum = maxMQTTInflight
	capabilities.RetainAvailable = 0
	server := mqtt.New(&mqtt.Options{Capabilities: capabilities, Logger: slog.New(slog.DiscardHandler)})
	h := &hook{broker: b, ctx: ctx, doors: map[string]map[string]Door{}}
	if err := server.AddHook(h, nil); err != nil {
		return vigia.Errorf(vigia.Internal, "the MQTT broker: %v", err)
	}
	if err := server.AddListener(listeners.NewNet("mqtt", l)); err != nil {
		return vigia.Errorf(vigia.Internal, "the MQTT broker: %v", err)
	}
	b.Meter.listening(l.Addr())
	b.Meter.state(b.Clock(), Up)
	if err := server.Serve(); err != nil {
		return vigia.Errorf(vigia.Internal, "the MQTT broker: %v", err)
	}
	<-ctx.Done()
	b.Meter.state(b.Clock(), Stopped)
	return server.Close()
}

// hook is the broker's conduct.
type hook struct {
	mqtt.HookBase
	broker *Broker
	ctx    context.Context

	mu    sync.Mutex
	doors map[string]map[string]Door // of each client, by topic
}

// maxTopics is how many topics a client's messages are told apart by.
const maxTopics = 16

func (*hook) ID() string { return "vigia" }

func (*hook) Provides(b byte) bool {
	return bytes.Contains([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnDisconnect}, []byte{b})
}

// OnConnectAuthenticate asks who it is.
func (h *hook) OnConnectAuthenticate(_ *mqtt.Client, pk packets.Packet) bool {
	return h.broker.Authenticate(string(pk.Connect.Username), string(pk.Connect.Password))
}

// OnACLCheck lets sensors write, and nobody read.
func (h *hook) OnACLCheck(_ *mqtt.Client, _ string, write bool) bool { return write }

// OnPublish puts a message on disk; only then does the broker acknowledge it.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	meter, now := h.broker.Meter, h.broker.Clock()
	meter.received(now, len(pk.Payload))
	door, err := h.door(cl.ID, pk.TopicName)
	if err != nil {
		meter.Bad(now, err)
		return pk, packets.CodeSuccessIgnore // sent again it would be no better
	}
	ctx := context.WithoutCancel(h.ctx)
	if err = door.Push(ctx, pk.Payload); err == nil {
		err = door.Flush(ctx)
	}
	if err == nil {
		return pk, packets.CodeSuccessIgnore // nobody reads here
	}
	meter.Failed(now, err)
	cl.Stop(packets.ErrServerUnavailable) // without an answer it comes again
	return pk, packets.ErrRejectPacket
}

// door is the one of a client's topic. A client's messages come one at a time.
func (h *hook) door(client, topic string) (Door, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.doors[client]
	if d := own[topic]; d != nil {
		return d, nil
	}
	d, err := h.broker.Open(topic)
	if err != nil {
		return nil, err
	}
	if own == nil || len(own) >= maxTopics {
		own = map[string]Door{}
		h.doors[client] = own
	}
	own[topic] = d
	return d, nil
}

// OnDisconnect ends the client's sessions. All that it sent is on disk.
func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	h.mu.Lock()
	own := h.doors[cl.ID]
	delete(h.doors, cl.ID)
	h.mu.Unlock()
	for _, d := range own {
		_ = d.Close(context.WithoutCancel(h.ctx))
	}
}
