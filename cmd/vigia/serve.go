package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/sharing"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/service/relay"
	"github.com/vigia-project/vigia/stream/jetstream"
)

// drainPatience is how long requests under way may take when the server stops.
const drainPatience = 10 * time.Second

type serveCmd struct {
	Data   string `help:"Folder where everything is kept." default:"data" env:"VIGIA_DATA_DIR" type:"path"`
	Listen string `help:"Address of the console and the API. Any but this machine's own needs TLS." default:"127.0.0.1:8080" env:"VIGIA_LISTEN"`

	TLSCert string `help:"Certificate chain, PEM." type:"existingfile" name:"tls-cert"`
	TLSKey  string `help:"Private key of the certificate, PEM." type:"existingfile" name:"tls-key"`

	Relay         []string `help:"Where released leads go: cot+tcp://HOST:PORT, cot+udp://HOST:PORT, https://…, cap+https://… (repeat the flag)."`
	WebhookSecret string   `help:"Secret that webhooks are signed with." env:"VIGIA_WEBHOOK_SECRET"`
	Policy        string   `help:"Sharing policy, a JSON file; see docs/policy.md." type:"existingfile"`
	OverseerKey   string   `help:"Overseer's age public key; what is sensed without permission is sealed to it. Default: a pair made at the first start."`
	FalseAlarm    float64  `help:"Probability, per reading, that background is called a detection." default:"1e-4"`

	TAKListen   string   `help:"Address for TAK clients (Cursor-on-Target). Any but this machine's own needs TLS and --tak-client-ca." name:"tak-listen"`
	TAKClientCA string   `help:"Authority whose certificates TAK clients must show, PEM." type:"existingfile" name:"tak-client-ca"`
	TAKPartner  []string `help:"Common name of a partner's certificate: it sees what was released and nothing else (repeat the flag)." name:"tak-partner"`

	Sources    string `help:"Where sensors' data comes from, a JSON file; see docs/formats/sources.md." type:"existingfile"`
	MQTTListen string `help:"Address on which sensors may publish by MQTT. Any but this machine's own needs TLS." name:"mqtt-listen"`

	StreamListen string `help:"Address on which gateways may reach the stream (NATS). Default: none."`
	StreamToken  string `help:"Token that gateways need." env:"VIGIA_STREAM_TOKEN"`

	Verbose bool `help:"Say more." short:"v"`
}

// Help is the page behind --help.
func (serveCmd) Help() string {
	return `Starts the system on the embedded default: the store (SQLite) and the stream
(NATS JetStream) live in the data folder, and no port is open but --listen.

The first start makes the folder, its keys and no user. Make one on this machine:

    vigia user add NAME --role administrator --data DIR

Ctrl-C lets what is under way finish and stops cleanly; a crash loses nothing
that was acknowledged.`
}

// settings checks the flags.
func (c serveCmd) settings(io std) (settings, error) {
	s := settings{
		dir: c.Data, takPartners: c.TAKPartner, overseerKey: c.OverseerKey, falseAlarm: c.FalseAlarm, policy: sharing.Default,
		stream:       jetstream.Options{Listen: c.StreamListen, Token: c.StreamToken},
		passwordCost: identity.Recommended, log: logger(io, c.Verbose),
	}
	if !(c.FalseAlarm > 0 && c.FalseAlarm < 0.5) {
		return s, vigia.Errorf(vigia.Invalid, "--false-alarm %v is not between 0 and 0.5", c.FalseAlarm)
	}
	if c.Policy != "" {
		b, err := os.ReadFile(c.Policy)
		if err != nil {
			return s, vigia.Errorf(vigia.Invalid, "the policy cannot be read: %v", err)
		}
		s.policy = sharing.Policy{}
		if err := json.Unmarshal(b, &s.policy); err != nil {
			return s, vigia.Errorf(vigia.Invalid, "%s: %v", c.Policy, err)
		}
		if err := s.policy.Valid(); err != nil {
			return s, err
		}
	}
	for _, address := range c.Relay {
		d, err := relay.Parse(address, c.WebhookSecret)
		if err != nil {
			return s, err
		}
		s.destinations = append(s.destinations, d)
	}
	return s, nil
}

// Run serves until ctx is done.
func (c serveCmd) Run(ctx context.Context, io std) error {
	local, err := isLocal(c.Listen)
	if err != nil {
		return err
	}
	if !local && (c.TLSCert == "" || c.TLSKey == "") {
		return vigia.Errorf(vigia.Invalid, "--listen %s is not this machine's own: it needs --tls-cert and --tls-key", c.Listen)
	}
	s, err := c.settings(io)
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, s)
	if err != nil {
		return err
	}
	defer h.closeLoudly()
	f, err := h.open(c.Listen, c.TLSCert, c.TLSKey, local)
	if err != nil {
		return err
	}
	if c.TAKListen != "" {
		if h.takListener, err = c.openTAK(); err != nil {
			return errors.Join(err, f.listener.Close())
		}
		fmt.Fprintf(io.err, "TAK clients are served at %s\n", h.takListener.Addr())
	}
	mqtt, err := c.openSources(h)
	if err != nil {
		return errors.Join(err, f.listener.Close())
	}
	tellSources(io, mqtt, len(h.ingest.Sources()))
	fmt.Fprintf(io.err, "vigia %s serves %s, data in %s\n", versionText(), f.url, c.Data)
	h.tellFirstSteps(ctx, io, c.Data)
	return f.serve(ctx)
}

// openTAK opens the port of TAK clients: of this machine alone, or with
// certificates on both sides.
func (c serveCmd) openTAK() (net.Listener, error) {
	local, err := isLocal(c.TAKListen)
	if err != nil {
		return nil, err
	}
	if !local && (c.TLSCert == "" || c.TLSKey == "" || c.TAKClientCA == "") {
		return nil, vigia.Errorf(vigia.Invalid, "--tak-listen %s is not this machine's own: it needs --tls-cert, --tls-key and --tak-client-ca", c.TAKListen)
	}
	if len(c.TAKPartner) > 0 && c.TAKClientCA == "" {
		return nil, vigia.Errorf(vigia.Invalid, "--tak-partner needs --tak-client-ca: without certificates nobody is known")
	}
	l, err := net.Listen("tcp", c.TAKListen)
	if err != nil {
		return nil, vigia.Errorf(vigia.Unavailable, "the address %s cannot be opened: %v", c.TAKListen, err)
	}
	if c.TAKClientCA == "" {
		return l, nil
	}
	config, err := c.takTLS()
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, config), nil
}

func (c serveCmd) takTLS() (*tls.Config, error) {
	config, err := c.ownTLS()
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(c.TAKClientCA)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, vigia.Errorf(vigia.Invalid, "%s holds no certificate", c.TAKClientCA)
	}
	config.ClientCAs, config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	return config, nil
}

// ownTLS is what a port of this server shows.
func (c serveCmd) ownTLS() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the certificate: %v", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}, nil
}

// closeLoudly closes, and tells what went wrong with it.
func (h *house) closeLoudly() {
	if err := h.close(); err != nil {
		h.Log.Error("closing", "error", err)
	}
}

// tellFirstSteps helps a newcomer to a folder without users.
func (h *house) tellFirstSteps(ctx context.Context, io std, dir string) {
	n, err := h.users(ctx)
	if err == nil && n == 0 {
		fmt.Fprintf(io.err, "There is no user yet. In another terminal: vigia user add NAME --role administrator --data %s\n", dir)
	}
	if !missing(h.folder.key("overseer.key")) {
		fmt.Fprintf(io.err, "The overseer's private key lies in %s: hand it to the overseer and take it off this machine.\n", h.folder.key("overseer.key"))
	}
}

// isLocal tells whether an address is this machine's own.
func isLocal(listen string) (bool, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false, vigia.Errorf(vigia.Invalid, "--listen %q is not HOST:PORT", listen)
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}

// A front is the open port with what answers on it.
type front struct {
	house    *house
	url      string
	listener net.Listener
	server   *http.Server
	closing  chan struct{}
	cert     string
	key      string
}

// open opens the port.
func (h *house) open(listen, cert, key string, local bool) (*front, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, vigia.Errorf(vigia.Unavailable, "the address %s cannot be opened: %v", listen, err)
	}
	f := &front{house: h, listener: l, closing: make(chan struct{}), cert: cert, key: key}
	scheme := "http"
	if cert != "" {
		scheme = "https"
	}
	f.url = scheme + "://" + l.Addr().String()
	f.server = &http.Server{
		Handler:           h.server(cert != "", local, f.closing).Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12},
	}
	f.server.RegisterOnShutdown(func() { close(f.closing) })
	return f, nil
}

// serve runs the house behind the port until ctx is done or a part fails.
func (f *front) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default:
		}
	}
	f.house.run(fail)
	go func() {
		var err error
		if f.cert != "" {
			err = f.server.ServeTLS(f.listener, f.cert, f.key)
		} else {
			err = f.server.Serve(f.listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			fail(err)
		}
	}()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainPatience)
	defer cancel()
	return errors.Join(err, f.server.Shutdown(drain))
}
