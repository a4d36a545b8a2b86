package relay

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/cot"
)

const (
	hubEvents     = 1 << 15          // that a slow client may lag behind
	writePatience = 30 * time.Second // for a client that does not take what it is sent
	maxAgain      = 100_000          // events sent again for one asking
	maxClients    = 1000
)

// TAKServer serves Cursor-on-Target to TAK clients that connect. An
// administrator opens it and says which certificates are partners': they see
// what was released, and our own command posts the sites as well.
type TAKServer struct {
	*service.Base
	hub      *Hub
	partners []string // common names of partners' certificates

	mu      sync.Mutex
	clients int
}

// NewTAKServer makes the server.
func NewTAKServer(b *service.Base, partners []string) *TAKServer {
	return &TAKServer{Base: b, hub: NewHub(hubEvents), partners: partners}
}

// takSubjects are the facts that become events.
var takSubjects = []string{stream.SiteChanged, stream.LeadReleased}

// Announce says every new fact to whoever listens, until ctx is done.
func (s *TAKServer) Announce(ctx context.Context) error {
	return s.Stream.Follow(ctx, takSubjects, 0, func(_ context.Context, m stream.Message) error {
		if e, ok := s.eventOf(m); ok {
			s.hub.Say(e)
		}
		return nil
	})
}

// eventOf makes an event of a fact; false when it is none.
func (s *TAKServer) eventOf(m stream.Message) (Event, bool) {
	var e cot.Event
	audience := Ours
	if m.Subject == stream.LeadReleased {
		msg, err := messageOf(m)
		if err != nil {
			return s.notEvent(m, err)
		}
		e, audience = cot.FromRelease(msg.Release, msg.At), Partners
	} else {
		var site vigia.Site
		if err := json.Unmarshal(m.Data, &site); err != nil {
			return s.notEvent(m, err)
		}
		e = cot.FromSite(site)
	}
	out, err := encoded(e)
	if err != nil {
		return s.notEvent(m, err)
	}
	out.For, out.Seq = audience, m.Seq
	return out, true
}

// encoded is an event in both protocols, once for all who listen.
func encoded(e cot.Event) (Event, error) {
	data, err := cot.Encode(e)
	if err != nil {
		return Event{}, err
	}
	message, err := cot.EncodeStream(e)
	return Event{Data: data, Message: message}, err
}

func (s *TAKServer) notEvent(m stream.Message, err error) (Event, bool) {
	s.Counters.Add("tak.bad", 1)
	s.Log.Warn("a fact cannot be told to TAK clients", "subject", m.Subject, "seq", m.Seq, "error", err)
	return Event{}, false
}

// Serve takes clients on l until ctx is done.
func (s *TAKServer) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return vigia.Errorf(vigia.Unavailable, "the TAK server's port: %v", err)
		}
		if !s.enter() {
			_ = conn.Close()
			continue
		}
		running.Go(func() {
			defer s.leave()
			s.client(ctx, conn)
		})
	}
}

func (s *TAKServer) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients >= maxClients {
		return false
	}
	s.clients++
	s.Counters.Add("tak.clients", 1)
	return true
}

func (s *TAKServer) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients--
	s.Counters.Add("tak.clients", -1)
}

// audienceOf tells what a client may see: by its certificate, or ours where
// the port is this machine's own and has none.
func (s *TAKServer) audienceOf(ctx context.Context, conn net.Conn) (Audience, error) {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return Ours, nil
	}
	if err := secure.HandshakeContext(ctx); err != nil {
		return Partners, err
	}
	certs := secure.ConnectionState().PeerCertificates
	if len(certs) == 0 {
		return Partners, errors.New("the client showed no certificate")
	}
	if slices.Contains(s.partners, certs[0].Subject.CommonName) {
		return Partners, nil
	}
	return Ours, nil
}

// client serves one client: one hand writes what it may see, the other reads
// what it asks.
func (s *TAKServer) client(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	hello, done := context.WithTimeout(ctx, patience)
	audience, err := s.audienceOf(hello, conn)
	done()
	if err != nil {
		s.Counters.Add("tak.refused", 1)
		s.Log.Warn("a TAK client was refused", "address", conn.RemoteAddr().String(), "error", err)
		return
	}
	c := &takClient{server: s, conn: conn, audience: audience}
	listener := s.hub.Listen(audience)
	if err := c.picture(ctx); err != nil {
		return
	}
	go func() {
		defer cancel()
		c.read(ctx)
	}()
	c.write(ctx, listener)
}

// takClient is one connection. Its writes are whole events, one after another.
type takClient struct {
	server   *TAKServer
	conn     net.Conn
	audience Audience

	mu       sync.Mutex
	protobuf bool // it asked for protocol 1
}

// send writes events whole, in the protocol that the client speaks.
func (c *takClient) send(events ...Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(net.Buffers, len(events))
	for i, e := range events {
		if out[i] = e.Data; c.protobuf {
			out[i] = e.Message
		}
	}
	return c.put(out)
}

// say writes what is of the connection alone.
func (c *takClient) say(xml []byte) error {
	message, err := cot.Reframed(xml)
	if err != nil {
		return err
	}
	return c.send(Event{Data: xml, Message: message})
}

// change answers a request for protocol 1; the answer is the last XML.
func (c *takClient) change(known bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.protobuf {
		return nil // it is spoken already
	}
	err := c.put(net.Buffers{cot.Answer(known, c.server.Clock())})
	c.protobuf = known
	return err
}

// put writes bytes.
func (c *takClient) put(events net.Buffers) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return err
	}
	_, err := events.WriteTo(c.conn)
	return err
}

// picture sends how things stand, so that a client which comes late sees them.
func (c *takClient) picture(ctx context.Context) error {
	var out []Event
	err := c.server.Store.View(ctx, func(r store.Reader) error {
		leads, err := r.Leads()
		if err != nil {
			return err
		}
		for _, l := range leads {
			if l.Release == nil {
				continue
			}
			if b, err := encoded(cot.FromRelease(*l.Release, releasedAt(l))); err == nil {
				out = append(out, b)
			}
		}
		if c.audience != Ours {
			return nil
		}
		sites, err := r.Sites()
		for _, site := range sites {
			if b, err := encoded(cot.FromSite(site)); err == nil && site.Status == vigia.Candidate {
				out = append(out, b)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := c.say(cot.Offer(c.server.Clock())); err != nil {
		return err
	}
	return c.send(out...)
}

// releasedAt is when a lead was released.
func releasedAt(l vigia.Lead) time.Time {
	for _, step := range l.Steps {
		if step.Kind == vigia.ReleaseLead {
			return step.At
		}
	}
	return time.Time{}
}

// write sends what the listener hears. A gap is told before what follows it.
func (c *takClient) write(ctx context.Context, l *Listener) {
	buf := make([]Event, 0, 512)
	for {
		events, gap, err := l.Next(ctx, buf)
		if err != nil {
			return
		}
		if gap != nil {
			c.server.Counters.Add("tak.missed", float64(gap.Missed))
			if err := c.say(cot.GapNotice(cot.Gap(*gap), c.server.Clock())); err != nil {
				return
			}
		}
		if err := c.send(events...); err != nil {
			return
		}
		c.server.Counters.Add("tak.sent", float64(len(events)))
	}
}

// read answers pings and sends again what is asked for. What else a client
// says of itself is not ours to keep.
func (c *takClient) read(ctx context.Context) {
	r := cot.NewReader(c.conn)
	for {
		e, _, err := r.Next()
		switch {
		case vigia.ErrorCode(err) == vigia.Invalid:
			c.server.Counters.Add("tak.unreadable", 1)
			continue
		case err != nil:
			return
		}
		if cot.IsPing(e) {
			err = c.say(cot.Pong(c.server.Clock()))
		} else if asks, known := cot.Asked(e); asks {
			err = c.change(known)
		} else if gap, ok := cot.AskedAgain(e); ok {
			err = c.again(ctx, gap)
		}
		if err != nil {
			return
		}
	}
}

// errEnough ends a reading of the stream.
var errEnough = errors.New("enough")

// again sends the events of a gap from the stream, which keeps them.
func (c *takClient) again(ctx context.Context, g cot.Gap) error {
	last, err := c.server.Stream.Last(ctx, stream.Facts)
	if err != nil || g.From >= g.To || g.From+1 > last {
		return err
	}
	end, sent := min(g.To-1, last), 0
	err = c.server.Stream.Follow(ctx, []string{"site.*", "lead.*", "detection.*", "source.*", "flight.*"}, g.From+1, func(_ context.Context, m stream.Message) error {
		if m.Seq <= end && slices.Contains(takSubjects, m.Subject) {
			if e, ok := c.server.eventOf(m); ok && e.For >= c.audience {
				sent++
				if err := c.send(e); err != nil {
					return err
				}
			}
		}
		if m.Seq >= end || sent >= maxAgain {
			return errEnough
		}
		return nil
	})
	c.server.Counters.Add("tak.again", float64(sent))
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
