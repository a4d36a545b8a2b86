package source

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/vigia-project/vigia"
)

// disk is what doors wrote, session by session.
type disk struct {
	mu       sync.Mutex
	sessions [][]byte
	closed   int
	changed  chan struct{}
}

func newDisk() *disk { return &disk{changed: make(chan struct{}, 1000)} }

type slot struct {
	d       *disk
	n       int
	pending []byte
}

func (d *disk) open() Door {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions = append(d.sessions, nil)
	return &slot{d: d, n: len(d.sessions) - 1}
}

func (s *slot) Push(_ context.Context, b []byte) error {
	s.pending = append(s.pending, b...)
	return nil
}

func (s *slot) Flush(context.Context) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.sessions[s.n] = append(s.d.sessions[s.n], s.pending...)
	s.pending = nil
	s.d.changed <- struct{}{}
	return nil
}

func (s *slot) Close(ctx context.Context) error {
	err := s.Flush(ctx)
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.closed++
	return err
}

// await waits until the disk holds what ok asks for.
func (d *disk) await(t *testing.T, ok func(sessions [][]byte) bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		d.mu.Lock()
		done := ok(d.sessions)
		d.mu.Unlock()
		if done {
			return
		}
		select {
		case <-d.changed:
		case <-deadline:
			d.mu.Lock()
			defer d.mu.Unlock()
			t.Fatalf("the disk holds %q after 20 s", d.sessions)
		}
	}
}

// text asks that all sessions together hold a text.
func text(want string) func([][]byte) bool {
	return func(sessions [][]byte) bool { return string(bytes.Join(sessions, nil)) == want }
}

// run starts a source and returns it with its disk; it stops with the test.
func run(t *testing.T, c Config) (*Source, *disk) {
	t.Helper()
	d := newDisk()
	c.Name, c.Flight, c.Format = "s", "F", "klv"
	if err := c.Valid([]string{"klv"}); err != nil {
		t.Fatal(err)
	}
	s, err := New(c, NewMeter(c), time.Now, d.open)
	if err != nil {
		t.Fatal(err)
	}
	s.retry = pause{5 * time.Millisecond, 20 * time.Millisecond}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the source ended with %v", err)
		}
	})
	return s, d
}

// address waits until a listening source tells where it is.
func address(t *testing.T, m *Meter) string {
	t.Helper()
	for range 2000 {
		if a := m.Address(); a != "" {
			return a
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the source does not listen")
	return ""
}

func send(t *testing.T, network, address string, parts ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if _, err := conn.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// Each sender of datagrams is a session of its own.
func TestUDP(t *testing.T) {
	s, d := run(t, Config{URL: "udp://127.0.0.1:0"})
	to := address(t, s.Meter)
	one, two := send(t, "udp", to, "a"), send(t, "udp", to, "x")
	defer one.Close()
	defer two.Close()
	if _, err := one.Write([]byte("b")); err != nil {
		t.Fatal(err)
	}
	d.await(t, func(all [][]byte) bool {
		return len(all) == 2 && string(all[0])+string(all[1]) == "abx" || len(all) == 2 && string(all[0])+string(all[1]) == "xab"
	})
}

func TestUDP_Multicast(t *testing.T) {
	port := freeUDPPort(t)
	s, d := run(t, Config{URL: "udp://239.255.42.7:" + port, Interface: "lo"})
	address(t, s.Meter)
	// The sender must name the loopback for its group as well.
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.UDPAddr{IP: net.IPv4(239, 255, 42, 7), Port: atoi(port)})
	if err != nil {
		t.Skipf("SKIPPED: this machine has no multicast on its loopback: %v", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("many")); err != nil {
		t.Skipf("SKIPPED: this machine has no multicast on its loopback: %v", err)
	}
	d.await(t, text("many"))
}

func freeUDPPort(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	return port
}

func atoi(s string) (n int) {
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return n
}

// A connection that breaks is made again, and its errors are told.
func TestTCP_Reconnects(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, d := run(t, Config{URL: "tcp://" + l.Addr().String()})
	for _, text := range []string{"one", "two", "three"} {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	d.await(t, text("onetwothree"))
	d.mu.Lock()
	if len(d.sessions) < 3 {
		t.Errorf("%d sessions for three connections", len(d.sessions))
	}
	d.mu.Unlock()
	if st := s.Meter.Status(time.Now()); st.LastError != "the other side closed the connection" || st.Bytes != 11 {
		t.Errorf("%+v", st)
	}
}

func TestTCP_Listen(t *testing.T) {
	s, d := run(t, Config{URL: "tcp+listen://127.0.0.1:0"})
	send(t, "tcp", address(t, s.Meter), "he", "llo").Close()
	d.await(t, text("hello"))
}

// A TLS port takes the certificates of its own authority and nobody else.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, "us")
	certificate(t, dir, "stranger")
	file := func(name string) string { return filepath.Join(dir, name) }
	s, d := run(t, Config{URL: "tls+listen://127.0.0.1:0", CA: file("us.crt"), Cert: file("us.crt"), Key: file("us.key")})
	to := address(t, s.Meter)
	_, port, _ := net.SplitHostPort(to)

	bad, err := tls.Dial("tcp", "127.0.0.1:"+port, clientTLS(t, file("us.crt"), file("stranger.crt"), file("stranger.key")))
	if err == nil { // TLS 1.3 tells the client when it first reads
		_, err = bad.Read(make([]byte, 1))
		_ = bad.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a stranger's certificate is answered with %v", err)
	}
	good, err := tls.Dial("tcp", "127.0.0.1:"+port, clientTLS(t, file("us.crt"), file("us.crt"), file("us.key")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := good.Write([]byte("secret")); err != nil {
		t.Fatal(err)
	}
	_ = good.Close()
	d.await(t, text("secret"))
}

func clientTLS(t *testing.T, ca, cert, key string) *tls.Config {
	t.Helper()
	c, err := Config{CA: ca, Cert: cert, Key: key}.tls(false)
	if err != nil {
		t.Fatal(err)
	}
	c.ServerName = "127.0.0.1"
	return c
}

// certificate writes a self-signed certificate that is its own authority.
func certificate(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".crt": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A file is read once; one that is followed is read as it grows.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("once", func(t *testing.T) {
		_, d := run(t, Config{URL: "file://" + path})
		d.await(t, text("first"))
	})
	t.Run("followed", func(t *testing.T) {
		_, d := run(t, Config{URL: "file://" + path, Follow: true})
		d.await(t, text("first"))
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(", then"); err != nil {
			t.Fatal(err)
		}
		d.await(t, text("first, then"))
	})
}

// An HTTP answer is read as it comes, and asked for again when it ended. A
// server that refuses is told of.
func TestHTTP(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.Header.Get("Authorization") != "Bearer key" {
			http.Error(w, "who?", http.StatusUnauthorized)
			return
		}
		if asked <= 3 {
			_, _ = fmt.Fprintf(w, "%d,", asked)
			return
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close) // after the source has stopped: it waits for its requests
	_, d := run(t, Config{URL: server.URL, Token: "key", EverySeconds: 0.001})
	d.await(t, text("1,2,3,"))
	refused, _ := run(t, Config{URL: server.URL, Token: "other", EverySeconds: 3600})
	for range 2000 {
		if st := refused.Meter.Status(time.Now()); strings.Contains(st.LastError, "401") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("nothing says that the server refuses")
}

// A broker of our own takes what sensors publish, and a source of ours takes
// what a broker has: here the one reads nothing, and the other is refused.
func TestBroker(t *testing.T) {
	d := newDisk()
	m := NewMeter(Config{Name: "mqtt"})
	b := &Broker{
		Authenticate: func(user, password string) bool { return user == "mast" && password == "secret" },
		Meter:        m, Clock: time.Now,
		Open: func(topic string) (Door, error) {
			if topic != "vigia/F/ground" {
				return nil, vigia.Errorf(vigia.Invalid, "no such topic")
			}
			return d.open(), nil
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Serve(ctx, l) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	client := func(password string) mqtt.Client {
		o := mqtt.NewClientOptions().AddBroker("tcp://" + l.Addr().String()).SetClientID("m" + password).SetUsername("mast").SetPassword(password).SetAutoReconnect(false)
		return mqtt.NewClient(o)
	}
	if tok := client("wrong").Connect(); tok.WaitTimeout(10*time.Second) && tok.Error() == nil {
		t.Error("a wrong password is let in")
	}
	c := client("secret")
	if err := answered(c.Connect()); err != nil {
		t.Fatal(err)
	}
	defer c.Disconnect(100)
	for _, text := range []string{"a", "b"} {
		if err := answered(c.Publish("vigia/F/ground", 1, false, text)); err != nil {
			t.Fatal(err)
		}
	}
	d.mu.Lock() // acknowledged means on disk: there is nothing to wait for
	if got := string(bytes.Join(d.sessions, nil)); got != "ab" {
		t.Errorf("the disk holds %q", got)
	}
	d.mu.Unlock()
	if err := answered(c.Publish("elsewhere", 1, false, "c")); err != nil {
		t.Errorf("a message that cannot be used must not come again and again: %v", err)
	}
	if st := m.Status(time.Now()); st.Bad != 1 || st.Bytes != 3 {
		t.Errorf("%+v", st)
	}
	tok := c.Subscribe("vigia/#", 1, nil)
	if err := answered(tok); err == nil && tok.(*mqtt.SubscribeToken).Result()["vigia/#"] < 0x80 {
		t.Error("somebody may read here")
	}
}

func TestRead_SaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ json, want string }{
		"nothing":       {``, "not readable"},
		"unknown field": {`{"sources":[{"nam":"a"}]}`, "not readable"},
		"no flight":     {`{"sources":[{"name":"a","url":"udp://:1","format":"klv"}]}`, "needs the flight"},
		"scheme":        {`{"sources":[{"name":"a","url":"gopher://h:1","format":"klv","flight":"F"}]}`, "no kind of link"},
		"format":        {`{"sources":[{"name":"a","url":"udp://:1","format":"x","flight":"F"}]}`, "there are klv"},
		"no port":       {`{"sources":[{"name":"a","url":"tcp://host","format":"klv","flight":"F"}]}`, "a host and a port"},
		"no path":       {`{"sources":[{"name":"a","url":"file://","format":"klv","flight":"F"}]}`, "needs a path"},
		"twice":         {`{"sources":[{"name":"a","url":"udp://:1","format":"klv","flight":"F"},{"name":"a","url":"udp://:2","format":"klv","flight":"F"}]}`, "two sources"},
		"open TLS port": {`{"sources":[{"name":"a","url":"tls+listen://:1","format":"klv","flight":"F"}]}`, "the ca whose"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.json), []string{"klv"})
			if vigia.ErrorCode(err) != vigia.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, and not %q", err, c.want)
			}
		})
	}
}

// A user and password in an address are nobody's to see, and rates are of the
// last ten whole seconds.
func TestMeter(t *testing.T) {
	m := NewMeter(Config{Name: "a", URL: "mqtt://user:secret@h:1/x"})
	now := time.Unix(1000, 0)
	for i := range 20 {
		m.received(now.Add(time.Duration(i)*time.Second), 100)
		m.Accepted(now.Add(time.Duration(i)*time.Second), 2, now.Add(time.Duration(i-3)*time.Second))
	}
	st := m.Status(now.Add(20 * time.Second))
	if strings.Contains(st.Link, "secret") || st.BytesPerSecond != 100 || st.RecordsPerSecond != 2 || st.LagSeconds != 3 {
		t.Errorf("%+v", st)
	}
	if told := m.Bad(now, vigia.Errorf(vigia.Invalid, "x")); told != 1 {
		t.Errorf("the first is told as %d", told)
	}
	for range 5 {
		if told := m.Bad(now.Add(time.Millisecond), vigia.Errorf(vigia.Invalid, "x")); told != 0 {
			t.Errorf("told %d within a second", told)
		}
	}
	if told := m.Bad(now.Add(time.Second), vigia.Errorf(vigia.Invalid, "x")); told != 6 {
		t.Errorf("the next line tells of %d, not 6", told)
	}
}
