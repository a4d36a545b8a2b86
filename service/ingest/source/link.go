package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
)

// linger is how long bytes may wait for others before they are handed to the
// disk together: a write for each packet of fifty aircraft is more than a disk
// does.
const linger = 50 * time.Millisecond

// pieceSize is how much is read at once, bytes. Larger than any datagram.
const pieceSize = 64 << 10

// redacted is an address without user and password.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// config makes the TLS of a link.
func (c Config) tls(server bool) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "the certificate cannot be used: %v", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	if c.CA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the ca cannot be read: %v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, vigia.Errorf(vigia.Invalid, "%s holds no certificate", c.CA)
	}
	t.RootCAs = pool
	if server {
		t.ClientCAs, t.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	return t, nil
}

// pump reads r into a door until it ends. Reading and writing to disk overlap,
// and a reader that is ahead waits: the other side feels it.
func (s *Source) pump(ctx context.Context, r io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pieces, free := make(chan []byte, 16), make(chan []byte, 16)
	var readErr error
	go func() {
		defer close(pieces)
		for {
			var buf []byte
			select {
			case buf = <-free:
			default:
				buf = make([]byte, pieceSize)
			}
			n, err := r.Read(buf[:pieceSize])
			if n > 0 {
				select {
				case pieces <- buf[:n]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				readErr = err
				return
			}
		}
	}()
	door := s.open()
	err := s.feed(ctx, door, pieces, func(b []byte) {
		select {
		case free <- b[:cap(b)]:
		default:
		}
	})
	if err == nil && ctx.Err() == nil { // pieces is closed: readErr is set
		err = readErr
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return sessionEnd(ctx, door, err)
}

// feed pushes pieces and hands them to the disk, at the latest after linger.
func (s *Source) feed(ctx context.Context, door Door, pieces <-chan []byte, done func([]byte)) error {
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case b, ok := <-pieces:
			if !ok {
				return nil
			}
			s.Meter.received(s.clock(), len(b))
			err := door.Push(ctx, b)
			done(b)
			if err != nil {
				return err
			}
			if due == nil {
				due = time.After(linger)
			}
		case <-due:
			due = nil
			if err := door.Flush(ctx); err != nil {
				return err
			}
		}
	}
}

// dial connects and reads.
func dial(c Config, u *url.URL) (link, error) {
	var t *tls.Config
	if u.Scheme == "tls" {
		var err error
		if t, err = c.tls(false); err != nil {
			return nil, err
		}
		t.ServerName = u.Hostname()
	}
	return func(ctx context.Context, s *Source) error {
		d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 10 * time.Second}
		conn, err := d.DialContext(ctx, "tcp", u.Host)
		if err != nil {
			return err
		}
		if t != nil {
			secure := tls.Client(conn, t)
			if err := secure.HandshakeContext(ctx); err != nil {
				return errors.Join(err, conn.Close())
			}
			conn = secure
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		defer conn.Close() //nolint:errcheck // it was only read
		s.Meter.state(s.clock(), Up)
		if err := s.pump(ctx, conn); err != nil {
			return err
		}
		return errEnd
	}, nil
}

// maxConnections is how many senders a listening source takes at once.
const maxConnections = 256

// listen takes connections; each is a session of its own.
func listen(c Config, u *url.URL) (link, error) {
	var t *tls.Config
	if u.Scheme == "tls+listen" {
		var err error
		if t, err = c.tls(true); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, s *Source) error {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", u.Host)
		if err != nil {
			return err
		}
		if t != nil {
			l = tls.NewListener(l, t)
		}
		stop := context.AfterFunc(ctx, func() { _ = l.Close() })
		defer stop()
		defer l.Close() //nolint:errcheck // it takes no more
		s.Meter.listening(l.Addr())
		s.Meter.state(s.clock(), Up)
		return s.accept(ctx, l)
	}, nil
}

func (s *Source) accept(ctx context.Context, l net.Listener) error {
	var sessions sync.WaitGroup
	defer sessions.Wait()
	slots := make(chan struct{}, maxConnections)
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		select {
		case slots <- struct{}{}:
		default:
			s.Meter.Failed(s.clock(), vigia.Errorf(vigia.Unavailable, "a sender was turned away: %d are connected", maxConnections))
			_ = conn.Close()
			continue
		}
		sessions.Go(func() {
			defer func() { <-slots }()
			defer conn.Close() //nolint:errcheck // it was only read
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			if err := s.pump(ctx, conn); err != nil && ctx.Err() == nil {
				s.Meter.Failed(s.clock(), err)
			}
		})
	}
}

// growth is how often a file that is followed is looked at again.
const growth = 200 * time.Millisecond

// file reads a file once, or follows it as it grows.
func file(c Config, u *url.URL) link {
	return func(ctx context.Context, s *Source) error {
		f, err := os.Open(u.Path)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // it was only read
		s.Meter.state(s.clock(), Up)
		if c.Follow {
			return s.pump(ctx, &growing{ctx, f})
		}
		return s.pump(ctx, f)
	}
}

// growing is a file that goes on: at its end it waits.
type growing struct {
	ctx context.Context
	f   *os.File
}

func (g *growing) Read(b []byte) (int, error) {
	for {
		n, err := g.f.Read(b)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err
		}
		timer := time.NewTimer(growth)
		select {
		case <-g.ctx.Done():
			timer.Stop()
			return 0, io.EOF
		case <-timer.C:
		}
	}
}
