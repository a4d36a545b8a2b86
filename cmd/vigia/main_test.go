package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vigia-project/vigia"
)

// The test binary is vigia itself when it is called by that name: scripts and
// crash tests run real processes.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vigia": main})
}

// patience bounds every wait for something that must happen.
const patience = 6 * time.Minute

// A system is a running vigia serve, a process of its own.
type system struct {
	t      *testing.T
	data   string
	listen string
	flags  []string

	mu     sync.Mutex
	cmd    *exec.Cmd
	log    bytes.Buffer
	tokens map[vigia.Role]string
}

func newSystem(t *testing.T, flags ...string) *system {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	_ = l.Close()
	s := &system{t: t, data: t.TempDir(), listen: listen, flags: flags, tokens: map[vigia.Role]string{}}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the log of the system:\n%s", tail(s.log.String(), 60))
		}
	})
	return s
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// start starts the process and waits until it serves.
func (s *system) start() {
	s.t.Helper()
	args := append([]string{"serve", "--data", s.data, "--listen", s.listen}, s.flags...)
	cmd := exec.Command("vigia", args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.cmd = cmd
	s.mu.Unlock()
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			s.mu.Lock()
			fmt.Fprintln(&s.log, lines.Text())
			s.mu.Unlock()
			if strings.Contains(lines.Text(), " serves ") {
				ready <- true
			}
		}
		select {
		case ready <- false:
		default:
		}
	}()
	select {
	case ok := <-ready:
		if !ok {
			s.t.Error("vigia serve ended before it served")
		}
	case <-time.After(patience):
		s.t.Error("vigia serve did not say that it serves")
	}
}

// kill ends the process at once, as a power cut would.
func (s *system) kill() {
	s.mu.Lock()
	cmd := s.cmd
	s.cmd = nil
	s.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// stop asks the process to end, as Ctrl-C does, and wants a clean end.
func (s *system) stop() {
	s.t.Helper()
	s.mu.Lock()
	cmd := s.cmd
	s.cmd = nil
	s.mu.Unlock()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		s.t.Fatalf("vigia serve did not stop cleanly: %v", err)
	}
}

// vigia runs a command as a process and returns what it wrote.
func (s *system) vigia(stdin string, args ...string) (string, error) {
	cmd := exec.Command("vigia", args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "VIGIA_SERVER=http://"+s.listen)
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("vigia %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}

func (s *system) must(stdin string, args ...string) string {
	s.t.Helper()
	out, err := s.vigia(stdin, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// people makes a user of each role with a token.
func (s *system) people() {
	s.t.Helper()
	for _, role := range vigia.Roles() {
		s.must("correct horse\n", "user", "add", string(role), "--role", string(role), "--data", s.data)
		s.tokens[role] = s.must("", "user", "token", string(role), "--data", s.data)
	}
}

// call calls the API as somebody.
func (s *system) call(role vigia.Role, method, path string, in, out any) error {
	r := remote{Server: "http://" + s.listen, Token: s.tokens[role]}
	if method == http.MethodGet {
		return r.get(context.Background(), path, out)
	}
	return r.post(context.Background(), path, in, out)
}

// eventually repeats f until it says true; what is the story of a failure.
func (s *system) eventually(what string, f func() (bool, error)) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	var last error
	for time.Now().Before(deadline) {
		ok, err := f()
		if ok {
			return
		}
		last = err
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("%s did not happen within %s; the last error: %v", what, patience, last)
}

// permission is an authorisation of the gas leak at sea that every test flies under.
func permission(from, until string) string {
	return `{"id": "A-1", "title": "a made-up place at sea", "purpose": "gas_leak",
		"host_reference": "H-1", "partner_reference": "P-1",
		"volume": {"footprint": {"type": "Polygon", "coordinates": [[[-30.01,9.99],[-29.99,9.99],[-29.99,10.01],[-30.01,10.01],[-30.01,9.99]]]},
		           "floor_m": -10, "ceiling_m": 1200},
		"from": "` + from + `", "until": "` + until + `"}`
}

// permit enters the authorisation and a flight under it.
func (s *system) permit(from, until, flight string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "permission.json")
	if err := os.WriteFile(file, []byte(permission(from, until)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	admin := s.tokens[vigia.Administrator]
	s.must("", "authorisation", "add", file, "--token", admin)
	s.must("", "flight", "add", flight, "--authorisation", "A-1", "--purpose", "gas_leak",
		"--aircraft", "mast", "--chemical", "methane", "--token", admin)
}

// A listener is a peer that takes whatever comes and keeps it.
type listener struct {
	mu   sync.Mutex
	got  [][]byte
	addr string
}

func (l *listener) add(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, b)
}

func (l *listener) all() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([][]byte(nil), l.got...)
}

// takTCP is a TAK client on a TCP port.
func takTCP(t *testing.T) *listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	l := &listener{addr: ln.Addr().String()}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close() //nolint:errcheck // a test's peer
				if b, _ := io.ReadAll(c); len(b) > 0 {
					l.add(b)
				}
			}()
		}
	}()
	return l
}

// takUDP is a TAK client on a UDP port.
func takUDP(t *testing.T) *listener {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	l := &listener{addr: pc.LocalAddr().String()}
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, _, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			l.add(append([]byte(nil), buf[:n]...))
		}
	}()
	return l
}

// A posted request of a webhook.
type posted struct {
	ID        string
	Signature string
	Body      []byte
}

// webhook is a receiver of webhooks. It refuses the first few.
func webhook(t *testing.T, refuse int) (url string, all func() []posted) {
	t.Helper()
	var mu sync.Mutex
	var got []posted
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if refuse > 0 {
			refuse--
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		got = append(got, posted{r.Header.Get("Vigia-Message-Id"), r.Header.Get("Vigia-Signature"), b})
	}), ReadHeaderTimeout: time.Minute}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { _ = srv.Close() })
	return "http://" + ln.Addr().String() + "/leads", func() []posted {
		mu.Lock()
		defer mu.Unlock()
		return append([]posted(nil), got...)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
