package source

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
)

const (
	// socketBuffer is asked of the system for datagrams that wait to be read.
	socketBuffer = 8 << 20
	// queueLength is how many datagrams of a source may wait for the disk.
	queueLength = 4096
	// maxSenders is how many senders of one port are told apart.
	maxSenders = 64
)

// A datagram and who sent it.
type datagram struct {
	from netip.AddrPort
	data []byte
}

// udp takes datagrams, unicast or of a multicast group. Each sender is a session
// of its own, for its bytes go on from one datagram to the next.
func udp(c Config, u *url.URL) (link, error) {
	address, err := net.ResolveUDPAddr("udp", u.Host)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the address %s cannot be found: %v", u.Host, err)
	}
	var ifi *net.Interface
	if c.Interface != "" {
		if ifi, err = net.InterfaceByName(c.Interface); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "there is no network interface %q", c.Interface)
		}
	}
	return func(ctx context.Context, s *Source) error {
		var conn *net.UDPConn
		if address.IP.IsMulticast() {
			conn, err = net.ListenMulticastUDP("udp", ifi, address)
		} else {
			conn, err = net.ListenUDP("udp", address)
		}
		if err != nil {
			return err
		}
		_ = conn.SetReadBuffer(socketBuffer) // the system gives what it may
		countDrops(conn)
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		defer conn.Close() //nolint:errcheck // it was only read
		s.Meter.listening(conn.LocalAddr())
		s.Meter.state(s.clock(), Up)
		return s.datagrams(ctx, conn)
	}, nil
}

// datagrams reads the socket into a queue, so that the system's buffer is never
// the one that overflows while the disk is busy.
func (s *Source) datagrams(ctx context.Context, conn *net.UDPConn) error {
	queue := make(chan datagram, queueLength)
	pool := sync.Pool{New: func() any { return new([pieceSize]byte) }}
	var readErr error
	go func() {
		defer close(queue)
		oob, dropped := make([]byte, 64), uint32(0)
		for {
			buf := pool.Get().(*[pieceSize]byte)
			n, oobn, _, from, err := conn.ReadMsgUDPAddrPort(buf[:], oob)
			if err != nil {
				readErr = err
				return
			}
			if d, ok := drops(oob[:oobn]); ok && d != dropped {
				s.Meter.Lost(int(d - dropped))
				dropped = d
			}
			select {
			case queue <- datagram{from, buf[:n]}:
			default:
				s.Meter.Lost(1)
				pool.Put(buf)
			}
		}
	}()
	err := s.senders(ctx, queue, func(b []byte) { pool.Put((*[pieceSize]byte)(b[:pieceSize])) })
	_ = conn.Close() // ends the reader
	for range queue {
	}
	if err == nil {
		err = readErr
	}
	return err
}

// senders hands each datagram to its sender's door.
func (s *Source) senders(ctx context.Context, queue <-chan datagram, done func([]byte)) (err error) {
	doors := map[netip.AddrPort]Door{}
	defer func() {
		for _, d := range doors {
			err = sessionEnd(ctx, d, err)
		}
	}()
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case g, ok := <-queue:
			if !ok {
				return nil
			}
			s.Meter.received(s.clock(), len(g.data))
			door := doors[g.from]
			if door == nil {
				if len(doors) >= maxSenders { // a port that is scanned must not fill the memory
					if err := closeAll(ctx, doors); err != nil {
						return err
					}
				}
				door = s.open()
				doors[g.from] = door
			}
			err := door.Push(ctx, g.data)
			done(g.data)
			if err != nil {
				return err
			}
			if due == nil {
				due = time.After(linger)
			}
		case <-due:
			due = nil
			for _, d := range doors {
				if err := d.Flush(ctx); err != nil {
					return err
				}
			}
		}
	}
}

func closeAll(ctx context.Context, doors map[netip.AddrPort]Door) (err error) {
	for from, d := range doors {
		err = sessionEnd(ctx, d, err)
		delete(doors, from)
	}
	return err
}
