// Package source brings bytes to service/ingest: from datagrams, connections,
// files and message brokers, as a configuration names them. It knows links and
// not what the bytes say. A link that breaks is made again; what a link loses is
// counted; nothing that goes wrong with one stops another.
package source

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
)

// A Config names a source: where its bytes come from, what they are, and the
// flight that they belong to (docs/formats/sources.md).
type Config struct {
	Name   string   `json:"name"`
	URL    string   `json:"url"`
	Format string   `json:"format"`
	Flight vigia.ID `json:"flight"`

	// For tls:// and mqtts://, PEM files. CA is who signs the other side; Cert
	// and Key are what this side shows, if it is asked.
	CA   string `json:"ca,omitempty"`
	Cert string `json:"cert,omitempty"`
	Key  string `json:"key,omitempty"`

	// Interface is the network interface on which a multicast group is joined.
	Interface string `json:"interface,omitempty"`
	// Topic is what is subscribed to at a broker (MQTT 3.1.1 §4.7), "#" by
	// default.
	Topic string `json:"topic,omitempty"`
	// Follow reads on at the end of a file, as it grows.
	Follow bool `json:"follow,omitempty"`
	// Token is sent to an HTTP server as a bearer token.
	Token string `json:"token,omitempty"`
	// EverySeconds is how often an HTTP address is asked again when its answer has
	// ended; 0: at once, as when a connection breaks.
	EverySeconds float64 `json:"every_s,omitempty"`
}

// maxConfig bounds a configuration, bytes.
const maxConfig = 1 << 20

// Read reads a configuration: {"sources": [Config, …]}. formats are those that
// the door takes. The error is Invalid and names the source.
func Read(r io.Reader, formats []string) ([]Config, error) {
	var file struct {
		Sources []Config `json:"sources"`
	}
	d := json.NewDecoder(io.LimitReader(r, maxConfig))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the sources are not readable: %v", err)
	}
	seen := map[string]bool{}
	for _, c := range file.Sources {
		if err := c.Valid(formats); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "source %q: %s", c.Name, vigia.ErrorMessage(err))
		}
		if seen[c.Name] {
			return nil, vigia.Errorf(vigia.Invalid, "two sources have the name %q", c.Name)
		}
		seen[c.Name] = true
	}
	return file.Sources, nil
}

// schemes are the links there are, and what each needs of its address.
var schemes = map[string]struct{ host, path bool }{
	"udp": {host: true}, "tcp": {host: true}, "tcp+listen": {host: true},
	"tls": {host: true}, "tls+listen": {host: true},
	"file": {path: true}, "mqtt": {host: true}, "mqtts": {host: true}, "http": {}, "https": {},
}

// Valid tells why c cannot be a source, or nil.
func (c Config) Valid(formats []string) error {
	u, err := url.Parse(c.URL)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "the address is not a URL")
	}
	need, known := schemes[u.Scheme]
	switch {
	case !vigia.ValidName(c.Name):
		return vigia.Errorf(vigia.Invalid, "the name must be 1 to 64 letters, digits, hyphens or underscores")
	case !vigia.ValidName(string(c.Flight)):
		return vigia.Errorf(vigia.Invalid, "it needs the flight that its data belongs to")
	case !known:
		return vigia.Errorf(vigia.Invalid, "%q is no kind of link; there are udp, tcp, tcp+listen, tls, tls+listen, file, mqtt, mqtts, http and https", u.Scheme)
	case !slices.Contains(formats, c.Format):
		return vigia.Errorf(vigia.Invalid, "%q is no format; there are %s", c.Format, strings.Join(formats, ", "))
	case need.path && u.Path == "":
		return vigia.Errorf(vigia.Invalid, "the address needs a path, as in file:///data/flight.ts")
	case u.Scheme == "tls+listen" && (c.Cert == "" || c.Key == "" || c.CA == ""):
		return vigia.Errorf(vigia.Invalid, "a TLS port needs cert, key and the ca whose certificates it takes")
	case strings.HasPrefix(u.Scheme, "http") && u.Host == "":
		return vigia.Errorf(vigia.Invalid, "the address needs a host, as in %s://127.0.0.1:8000/flight.ts", u.Scheme)
	case !(c.EverySeconds >= 0 && c.EverySeconds <= 86400):
		return vigia.Errorf(vigia.Invalid, "every_s is not within 0 to 86400")
	case (c.Cert == "") != (c.Key == ""):
		return vigia.Errorf(vigia.Invalid, "cert and key come together")
	}
	if need.host {
		if _, _, err := net.SplitHostPort(u.Host); err != nil {
			return vigia.Errorf(vigia.Invalid, "the address needs a host and a port, as in %s://127.0.0.1:5000", u.Scheme)
		}
	}
	return nil
}

// A Door takes what one session of a link brings: a connection, one sender's
// datagrams, a file. It is used by one goroutine.
type Door interface {
	// Push takes bytes, which are valid during the call.
	Push(ctx context.Context, b []byte) error
	// Flush returns when all that was pushed is on disk.
	Flush(ctx context.Context) error
	// Close ends the session: what is under way is read as far as it goes.
	Close(ctx context.Context) error
}

// A Source is a link that is kept up.
type Source struct {
	Config Config
	Meter  *Meter

	open  func() Door
	clock func() time.Time
	link  link
	retry pause
}

// A link runs once: it returns when it broke, or with nil when all was read.
type link func(ctx context.Context, s *Source) error

// pause is how long a broken link rests: first, then twice that, … to last.
type pause struct{ first, last time.Duration }

// defaultRetry is what a peer that restarts does not notice, and one that is
// gone for days does not mind.
var defaultRetry = pause{250 * time.Millisecond, 30 * time.Second}

// New makes a source of a valid configuration. open makes the door of each
// session.
func New(c Config, m *Meter, clock func() time.Time, open func() Door) (*Source, error) {
	s := &Source{Config: c, Meter: m, open: open, clock: clock, retry: defaultRetry}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "source %q: the address is not a URL", c.Name)
	}
	switch u.Scheme {
	case "udp":
		s.link, err = udp(c, u)
	case "tcp", "tls":
		s.link, err = dial(c, u)
	case "tcp+listen", "tls+listen":
		s.link, err = listen(c, u)
	case "file":
		s.link = file(c, u)
	case "mqtt", "mqtts":
		s.link, err = subscribe(c, u)
	case "http", "https":
		s.link, err = get(c)
	default:
		err = vigia.Errorf(vigia.Invalid, "%q is no kind of link", u.Scheme)
	}
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "source %q: %s", c.Name, vigia.ErrorMessage(err))
	}
	return s, nil
}

// Run keeps the link up until ctx is done or all was read.
func (s *Source) Run(ctx context.Context) error {
	for rest := s.retry.first; ; rest = min(2*rest, s.retry.last) {
		s.Meter.state(s.clock(), Connecting)
		before := s.Meter.bytes.Load()
		err := s.link(ctx, s)
		switch {
		case ctx.Err() != nil:
			s.Meter.state(s.clock(), Stopped)
			return nil
		case err == nil:
			s.Meter.state(s.clock(), Ended)
			return nil
		}
		s.Meter.Failed(s.clock(), err)
		s.Meter.state(s.clock(), Broken)
		if s.Meter.bytes.Load() > before {
			rest = s.retry.first
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// errEnd says that the other side closed the connection.
var errEnd = vigia.Errorf(vigia.Unavailable, "the other side closed the connection")

// sessionEnd closes a door and tells of both errors.
func sessionEnd(ctx context.Context, d Door, err error) error {
	// What was taken goes on disk even when the house is closing.
	return errors.Join(err, d.Close(context.WithoutCancel(ctx)))
}
