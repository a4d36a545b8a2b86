package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/service/ingest/source"
)

// A feed brings data in as long as the house stands.
type feed struct {
	name string
	run  func(context.Context) error
}

// openSources makes the sources of a configuration file, and the broker.
func (c serveCmd) openSources(h *house) (listening string, err error) {
	if c.Sources != "" {
		f, err := os.Open(c.Sources)
		if err != nil {
			return "", vigia.Errorf(vigia.Invalid, "the sources cannot be read: %v", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		configs, err := source.Read(f, ingest.Formats())
		if err != nil {
			return "", vigia.Errorf(vigia.Invalid, "%s: %s", c.Sources, vigia.ErrorMessage(err))
		}
		for _, config := range configs {
			s, err := h.ingest.Source(config)
			if err != nil {
				return "", err
			}
			h.feeds = append(h.feeds, feed{"the source " + config.Name, s.Run})
		}
	}
	if c.MQTTListen == "" {
		return "", nil
	}
	l, err := c.openMQTT()
	if err != nil {
		return "", err
	}
	b := h.ingest.Broker(c.MQTTListen, h.maySend)
	h.feeds = append(h.feeds, feed{"the MQTT broker", func(ctx context.Context) error { return b.Serve(ctx, l) }})
	return l.Addr().String(), nil
}

// openMQTT opens the broker's port: of this machine alone, or with TLS.
func (c serveCmd) openMQTT() (net.Listener, error) {
	local, err := isLocal(c.MQTTListen)
	if err != nil {
		return nil, err
	}
	if !local && (c.TLSCert == "" || c.TLSKey == "") {
		return nil, vigia.Errorf(vigia.Invalid, "--mqtt-listen %s is not this machine's own: it needs --tls-cert and --tls-key", c.MQTTListen)
	}
	l, err := net.Listen("tcp", c.MQTTListen)
	if err != nil {
		return nil, vigia.Errorf(vigia.Unavailable, "the address %s cannot be opened: %v", c.MQTTListen, err)
	}
	if local {
		return l, nil
	}
	config, err := c.ownTLS()
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, config), nil
}

// maySend tells whether an API token is of somebody who may send data. The name
// is the sensor's to choose.
func (h *house) maySend(_, token string) bool {
	u, err := h.identity.Who(context.Background(), token)
	return err == nil && slices.Contains(vigia.MayDecide(vigia.RegisterFlight), u.Role)
}

// tellSources says where sensors may publish.
func tellSources(io std, listening string, sources int) {
	if listening != "" {
		fmt.Fprintf(io.err, "Sensors may publish by MQTT at %s\n", listening)
	}
	if sources > 0 {
		fmt.Fprintf(io.err, "%d sources are kept open; the status page shows how they are\n", sources)
	}
}
