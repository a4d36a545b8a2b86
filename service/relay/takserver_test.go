package relay

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/stream/jetstream"
	"github.com/vigia-project/vigia/wire/cot"
)

// tower is a TAK server on a real stream and a real port.
type tower struct {
	*testing.T
	server *TAKServer
	addr   string
	told   int
}

func newTower(t *testing.T, ring int, config *tls.Config) *tower {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	st, err := jetstream.Open(ctx, jetstream.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	base := service.New(sqlitetest.Open(t), st, time.Now, slog.New(slog.DiscardHandler))
	s := NewTAKServer(base, []string{"partner"})
	s.hub = NewHub(ring)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tw := &tower{T: t, server: s, addr: ln.Addr().String()}
	if config != nil {
		ln = tls.NewListener(ln, config)
	}
	done := make(chan error, 2)
	go func() { done <- s.Serve(ctx, ln) }()
	go func() { done <- s.Announce(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		_ = st.Close()
	})
	tw.waitUntilHeard()
	return tw
}

// waitUntilHeard says something until the announcer is there to hear it.
func (tw *tower) waitUntilHeard() {
	tw.Helper()
	l := tw.server.hub.Listen(Ours)
	for range 500 {
		tw.tell(stream.SiteChanged, site("warm-up"))
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		_, _, err := l.Next(ctx, make([]Event, 0, 1))
		cancel()
		if err == nil {
			return
		}
	}
	tw.Fatal("the announcer hears nothing")
}

// tell puts a fact on the stream.
func (tw *tower) tell(subject string, fact any) {
	tw.Helper()
	tw.told++
	b, err := json.Marshal(fact)
	if err != nil {
		tw.Fatal(err)
	}
	if _, _, err := tw.server.Stream.Publish(context.Background(), stream.Message{Subject: subject, ID: fmt.Sprint("fact-", tw.told), Data: b}); err != nil {
		tw.Fatal(err)
	}
}

func site(id string) vigia.Site {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return vigia.Site{ID: vigia.ID(id), Chemical: "acetone", Status: vigia.Candidate, At: geo.Point{Lon: -30, Lat: 10}, FirstSeen: at, LastSeen: at}
}

func released(id string) vigia.Lead {
	l := lead(vigia.Released)
	l.ID, l.Release.Lead, l.Release.At = vigia.ID(id), vigia.ID(id), geo.Point{Lon: -30, Lat: 10}
	l.Release.FirstSeen, l.Release.LastSeen = l.Steps[1].At, l.Steps[1].At
	return l
}

// dialled is a client's end.
type dialled struct {
	*testing.T
	net.Conn
	r *cot.Reader
}

func dial(t *testing.T, addr string, config *tls.Config) *dialled {
	t.Helper()
	var c net.Conn
	var err error
	if config != nil {
		c, err = tls.Dial("tcp", addr, config)
	} else {
		c, err = net.Dial("tcp", addr)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return &dialled{t, c, cot.NewReader(c)}
}

func (d *dialled) next() cot.Event {
	d.Helper()
	e, _, err := d.r.Next()
	if err != nil {
		d.Fatal(err)
	}
	return e
}

// until reads until an event of the given uid and returns the uids before it.
func (d *dialled) until(uid string) (before []string) {
	d.Helper()
	for {
		e := d.next()
		if e.UID == uid {
			return before
		}
		before = append(before, e.UID)
	}
}

// present waits until a client's reader is in place: it answers.
func (d *dialled) present() {
	d.Helper()
	if _, err := d.Write([]byte(`<event version="2.0" uid="me" type="t-x-c-t" how="m-g" time="2026-03-01T12:00:00Z" start="2026-03-01T12:00:00Z" stale="2026-03-01T12:00:00Z"><point lat="0" lon="0" hae="0" ce="0" le="0"/></event>`)); err != nil {
		d.Fatal(err)
	}
	d.until("vigia-pong")
}

func TestTAKServer_OursSeeSitesAndReleases(t *testing.T) {
	tw := newTower(t, 1000, nil)
	d := dial(t, tw.addr, nil)
	d.present()
	tw.tell(stream.SiteChanged, site("site-1"))
	tw.tell(stream.LeadReleased, released("lead-1"))
	d.until("site-1")
	if e := d.next(); e.UID != "lead-1" || e.Type != cot.SpotMarker {
		t.Errorf("after the site came %+v", e)
	}
}

// identityOf makes a certificate signed by ca (or by itself).
func identityOf(t *testing.T, name string, ca *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: ca == nil, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// A partner's certificate sees what was released and nothing before; one of
// ours sees all; a stranger is not let in.
func TestTAKServer_PartnersSeeReleasesOnly(t *testing.T) {
	ca := identityOf(t, "authority", nil)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	tw := newTower(t, 1000, &tls.Config{
		Certificates: []tls.Certificate{identityOf(t, "server", &ca)}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})
	client := func(cert tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}}
	}
	partner, ours := dial(t, tw.addr, client(identityOf(t, "partner", &ca))), dial(t, tw.addr, client(identityOf(t, "post-1", &ca)))
	partner.present()
	ours.present()
	tw.tell(stream.SiteChanged, site("site-1"))
	tw.tell(stream.LeadReleased, released("lead-1"))
	if before := partner.until("lead-1"); len(before) > 0 {
		t.Errorf("before the release the partner saw %v", before)
	}
	if before := ours.until("lead-1"); strings.Join(before, " ") != "site-1" {
		t.Errorf("before the release ours saw %v", before)
	}
	stranger := dial(t, tw.addr, client(identityOf(t, "partner", nil)))
	if _, err := stranger.Read(make([]byte, 1)); err == nil {
		t.Error("a certificate that nobody signed was let in")
	}
}

// A client that stops reading is told how much it missed, may ask for it, and
// gets just that; the others do not notice.
func TestTAKServer_TheSlowAreToldAndMayAsk(t *testing.T) {
	tw := newTower(t, 16, nil)
	slow, quick := dial(t, tw.addr, nil), dial(t, tw.addr, nil)
	slow.present()
	quick.present()
	const n = 3000
	quickDone := make(chan struct{})
	heard := make(chan struct{})
	go func() {
		defer close(quickDone)
		for range n {
			if e := quick.next(); !strings.HasPrefix(e.UID, "site-") {
				t.Errorf("the quick one got %s", e.UID)
			}
			heard <- struct{}{}
		}
	}()
	big := site("")
	big.Chemical = strings.Repeat("x", 20_000) // fills the socket of who does not read
	for i := 1; i <= n; i++ {
		big.ID = vigia.ID(fmt.Sprint("site-", i))
		tw.tell(stream.SiteChanged, big)
		<-heard // the quick one keeps up; the slow one does not read
	}
	<-quickDone

	var gap cot.Gap
	seen := map[string]int{}
	for gap.Missed == 0 {
		e := slow.next()
		if g, ok := cot.ToldGap(e); ok {
			gap = g
			break
		}
		seen[e.UID]++
	}
	if _, err := slow.Write(cot.AskAgain(gap, time.Now())); err != nil {
		t.Fatal(err)
	}
	for len(seen) < n {
		e := slow.next()
		if _, ok := cot.ToldGap(e); ok {
			t.Fatal("a second gap, though the client was reading")
		}
		if strings.HasPrefix(e.UID, "site-") {
			seen[e.UID]++
		}
	}
	for uid, times := range seen {
		if times != 1 {
			t.Errorf("%s came %d times", uid, times)
		}
	}
}

// A client that asks for protocol 1 gets the answer in XML and everything after
// it as protobuf, the server's talk too; one that asks for another goes on in
// XML.
func TestTAKServer_Negotiates(t *testing.T) {
	tw := newTower(t, 1000, nil)
	for name, c := range map[string]struct {
		ask      []byte
		protobuf bool
	}{
		"version 1": {cot.Ask(time.Now()), true},
		"version 9": {[]byte(strings.ReplaceAll(string(cot.Ask(time.Now())), `<TakRequest version="1"`, `<TakRequest version="9"`)), false},
	} {
		t.Run(name, func(t *testing.T) {
			d := dial(t, tw.addr, nil)
			if e := d.next(); !strings.Contains(e.Detail, `<TakProtocolSupport version="1"/>`) {
				t.Fatalf("the first word is %+v", e)
			}
			if _, err := d.Write(c.ask); err != nil {
				t.Fatal(err)
			}
			for {
				e, raw, err := d.r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if raw[0] != '<' {
					t.Fatalf("protobuf before the answer: %+v", e)
				}
				if granted, ok := cot.Answered(e); ok {
					if granted != c.protobuf {
						t.Errorf("granted: %v", granted)
					}
					break
				}
			}
			tw.tell(stream.SiteChanged, site("site-"+name[8:]))
			tw.tell(stream.LeadReleased, released("lead-"+name[8:]))
			for _, uid := range []string{"site-", "lead-"} {
				e, raw, err := d.r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if (raw[0] == 0xbf) != c.protobuf || !strings.HasPrefix(e.UID, uid) {
					t.Errorf("%s came as % x…", e.UID, raw[:4])
				}
			}
			d.present()
		})
	}
}
