package source

import (
	"context"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/vigia-project/vigia"
)

// brokerPatience is how long a broker may take to answer.
const brokerPatience = 10 * time.Second

// subscribe takes the messages of a broker (MQTT 3.1.1) at quality of service 1:
// each is acknowledged after it is on disk, and comes again if it was not. A
// message is a session of its own.
func subscribe(c Config, u *url.URL) (link, error) {
	topic := c.Topic
	if topic == "" {
		topic = "#"
	}
	broker := "tcp://" + u.Host
	options := mqtt.NewClientOptions().SetClientID("vigia-" + c.Name).
		SetAutoReconnect(false). // Source makes the link again, and says so
		SetCleanSession(false).SetAutoAckDisabled(true).SetOrderMatters(true).
		SetConnectTimeout(brokerPatience).SetKeepAlive(15 * time.Second)
	if u.Scheme == "mqtts" {
		t, err := c.tls(false)
		if err != nil {
			return nil, err
		}
		t.ServerName = u.Hostname()
		broker = "ssl://" + u.Host
		options.SetTLSConfig(t)
	}
	options.AddBroker(broker)
	if u.User != nil {
		password, _ := u.User.Password()
		options.SetUsername(u.User.Username()).SetPassword(password)
	}
	return func(ctx context.Context, s *Source) error { return s.subscription(ctx, options, topic) }, nil
}

func (s *Source) subscription(ctx context.Context, options *mqtt.ClientOptions, topic string) error {
	broken := make(chan error, 1)
	var once sync.Once
	fail := func(err error) { once.Do(func() { broken <- err }) }
	take := func(_ mqtt.Client, m mqtt.Message) {
		if err := s.message(ctx, m.Payload()); err != nil {
			fail(err)
			return
		}
		m.Ack()
	}
	o := *options
	o.SetDefaultPublishHandler(take) // what waited for us comes before we subscribe
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { fail(err) })
	client := mqtt.NewClient(&o)
	if err := answered(client.Connect()); err != nil {
		return err
	}
	defer client.Disconnect(250)
	if err := answered(client.Subscribe(topic, 1, take)); err != nil {
		return err
	}
	s.Meter.state(s.clock(), Up)
	select {
	case <-ctx.Done():
		return nil
	case err := <-broken:
		return err
	}
}

// message takes one message whole.
func (s *Source) message(ctx context.Context, payload []byte) error {
	s.Meter.received(s.clock(), len(payload))
	door := s.open()
	return sessionEnd(ctx, door, door.Push(ctx, payload))
}

func answered(t mqtt.Token) error {
	if !t.WaitTimeout(brokerPatience) {
		return vigia.Errorf(vigia.Unavailable, "the broker did not answer within %s", brokerPatience)
	}
	return t.Error()
}
