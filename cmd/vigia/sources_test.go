package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service/ingest/source"
	"github.com/vigia-project/vigia/web"
	"github.com/vigia-project/vigia/wire/misb"
)

// A fleet sends ST 0601 with VMTI by UDP, as real aircraft do.
type fleet struct {
	drones, hertz int
	ports         []string
}

var overTown = geo.Point{Lon: -30, Lat: 10, Alt: 100}

// packet is what a drone says at a time: its pose, its picture's corners, and
// twenty vehicles; about 2.35 kB.
func (f fleet) packet(t testing.TB, b *misb.Builder, drone int, now time.Time, frame int) []byte {
	t.Helper()
	angle := float64(drone) + float64(frame)/200
	at := geo.Frame{Origin: overTown}.ToPoint(geo.Local{X: 800 * math.Cos(angle), Y: 800 * math.Sin(angle)})
	b.Begin(now)
	b.Text(3, "MISSION01")
	b.Text(4, fmt.Sprintf("UAV-%d", drone))
	b.Float(misb.PlatformHeading, math.Mod(360-math.Mod(angle*180/math.Pi, 360), 360))
	b.Float(misb.PlatformPitch, 1)
	b.Float(misb.PlatformRoll, -2)
	b.Float(misb.SensorLatitude, at.Lat)
	b.Float(misb.SensorLongitude, at.Lon)
	b.Float(misb.SensorEllipsoidHeight, at.Alt)
	b.Float(misb.FrameCenterLatitude, at.Lat)
	b.Float(misb.FrameCenterLongitude, at.Lon)
	for i, d := range [4][2]float64{{1, -1}, {1, 1}, {-1, 1}, {-1, -1}} {
		b.Float(uint64(misb.Corner+2*i), at.Lat+d[0]*5e-4)
		b.Float(uint64(misb.Corner+2*i+1), at.Lon+d[1]*5e-4)
	}
	v := misb.VMTI{Version: 6, Frame: uint64(frame), Width: 1920, Height: 1080}
	for i := range 20 {
		v.Targets = append(v.Targets, misb.Target{
			ID: uint64(i + 1), Row: 100, Col: 200, Confidence: 80, Class: "vehicle-of-four-wheels", State: 1, Located: true, HasHeight: true, SigmaM: [3]float64{3, 3, 5},
			Location: geo.Point{Lat: at.Lat + float64(i-10)*4e-5, Lon: at.Lon + float64(i%5-2)*1e-4, Alt: 5},
		})
	}
	b.VMTI(&v)
	b.Raw(misb.MaxTag, bytes.Repeat([]byte{1}, 975)) // what else a real packet carries
	p, err := b.Packet(nil)
	if err != nil || len(p) < 2300 || len(p) > 2400 {
		t.Errorf("a packet of %d bytes (%v); the bar is for 2.35 kB", len(p), err)
	}
	return p
}

// fly sends for a while, each packet stamped with the time it is sent at, and
// returns how many were sent.
func (f fleet) fly(ctx context.Context, t testing.TB) int {
	t.Helper()
	var wg sync.WaitGroup
	sent := make([]int, f.drones)
	for drone := range f.drones {
		conn, err := net.Dial("udp", f.ports[drone])
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer conn.Close()
			var b misb.Builder
			tick := time.NewTicker(time.Second / time.Duration(f.hertz))
			defer tick.Stop()
			for frame := 0; ; frame++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if _, err := conn.Write(f.packet(t, &b, drone, time.Now(), frame)); err == nil {
					sent[drone]++
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range sent {
		total += n
	}
	return total
}

// newFleet starts a system with a source for each drone.
func newFleet(t *testing.T, drones, hertz int) (*system, fleet) {
	t.Helper()
	f := fleet{drones: drones, hertz: hertz}
	var config struct {
		Sources []source.Config `json:"sources"`
	}
	for i := range drones {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f.ports = append(f.ports, c.LocalAddr().String())
		_ = c.Close()
		config.Sources = append(config.Sources, source.Config{
			Name: fmt.Sprintf("uav-%d", i), URL: "udp://" + f.ports[i], Format: "klv", Flight: vigia.ID(fmt.Sprintf("F-%d", i)),
		})
	}
	file := filepath.Join(t.TempDir(), "sources.json")
	b, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSystem(t, "--sources", file, "--mqtt-listen", "127.0.0.1:0")
	s.start()
	s.people()
	now := time.Now().UTC()
	permit := permission(now.Add(-time.Hour).Format(time.RFC3339), now.Add(24*time.Hour).Format(time.RFC3339))
	file = filepath.Join(t.TempDir(), "permission.json")
	if err := os.WriteFile(file, []byte(permit), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("", "authorisation", "add", file, "--token", s.tokens[vigia.Administrator])
	for i := range drones {
		in := map[string]string{"id": fmt.Sprintf("F-%d", i), "authorisation": "A-1", "purpose": "gas_leak", "aircraft": "uav", "chemical": "methane"}
		if err := s.call(vigia.Administrator, http.MethodPost, "/flights", in, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s, f
}

// pictures counts what /live hands out until ctx is done: for each packet, how
// late its picture is.
func (s *system) pictures(ctx context.Context, hertz int) (lags []time.Duration) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.listen+"/api/v1/live", nil)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	req.Header.Set("Authorization", "Bearer "+s.tokens[vigia.Analyst])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 16<<20)
	last := map[string]time.Time{}
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		now := time.Now()
		var m web.Moving
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			s.t.Error(err)
			return lags
		}
		for _, a := range m.Aircraft {
			before, known := last[a.Sensor]
			last[a.Sensor] = a.Time
			if !known || !a.Time.After(before) {
				continue
			}
			period := time.Second / time.Duration(hertz)
			for at := a.Time; at.Sub(before) > period/2; at = at.Add(-period) {
				lags = append(lags, now.Sub(at))
			}
		}
	}
	return lags
}

func (s *system) sources() (all []source.Status, err error) {
	return all, s.call(vigia.Analyst, http.MethodGet, "/sources", nil, &all)
}

// metrics is the page that Prometheus reads.
func (s *system) metrics() string {
	req, err := http.NewRequest(http.MethodGet, "http://"+s.listen+"/metrics", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.tokens[vigia.Analyst])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// Two drones by UDP come to the page; each source tells how it is, to the
// console and to Prometheus.
func TestSources(t *testing.T) {
	s, f := newFleet(t, 2, 10)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	lags := make(chan int, 1)
	go func() { lags <- len(s.pictures(ctx, f.hertz)) }()
	sent := f.fly(ctx, t)
	if n := <-lags; n < sent/2 {
		t.Errorf("%d packets were sent and %d seen on the page", sent, n)
	}
	// What was sent is on disk: twenty-one records a packet.
	s.eventually("that the records of every packet are on disk", func() (bool, error) {
		all, err := s.sources()
		var accepted uint64
		for _, st := range all {
			accepted += st.Accepted
		}
		if err == nil && (len(all) != 3 || all[0].State != source.Up || accepted > uint64(21*sent)) {
			t.Fatalf("of %d packets: %+v", sent, all)
		}
		return accepted == uint64(21*sent), err
	})
	metrics := s.metrics()
	for _, want := range []string{`vigia_source_up{source="uav-0"} 1`, `vigia_source_bad_total{source="uav-1"} 0`, `vigia_source_up{source="mqtt"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
}

// Mosquitto publishes to us with a token and not without, and a broker of its
// own is read from; what it was told is on disk is on disk.
func TestPeers_Mosquitto(t *testing.T) {
	for _, tool := range []string{"mosquitto_pub", "mosquitto"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: no %s (make tools installs Debian's mosquitto and mosquitto-clients)", tool)
		}
	}
	theirs := brokerOf(t)
	config := fmt.Sprintf(`{"sources":[{"name":"gates","url":"mqtt://%s","topic":"gates/#","format":"ground","flight":"F-1"}]}`, theirs)
	file := filepath.Join(t.TempDir(), "sources.json")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSystem(t, "--sources", file, "--mqtt-listen", "127.0.0.1:0")
	s.start()
	s.people()
	now := time.Now().UTC()
	s.permit(now.Add(-time.Hour).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339), "F-1")

	reading := func(sensor string) string {
		return fmt.Sprintf(`{"sensor":%q,"observedProperty":"concentration","phenomenonTime":%q,"result":2.5,"unitOfMeasurement":"ppm","location":{"type":"Point","coordinates":[-30,10]}}`, sensor, now.Format(time.RFC3339))
	}
	publish := func(address, topic, token, message string) error {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"-h", host, "-p", port, "-q", "1", "-t", topic, "-m", message}
		if token != "" {
			args = append(args, "-u", "mast", "-P", token)
		}
		return exec.Command("mosquitto_pub", args...).Run()
	}
	s.eventually("that the source of their broker is up", func() (bool, error) {
		all, err := s.sources()
		return len(all) == 2 && all[0].State == source.Up, err
	})
	ours := s.said("publish by MQTT at ")
	if err := publish(ours, "vigia/F-1/ground/mast", s.tokens[vigia.Feeder], reading("m1")); err != nil {
		t.Errorf("a feeder is refused: %v", err)
	}
	for who, token := range map[string]string{"nobody": "", "a partner": s.tokens[vigia.Partner], "a stranger": "vigia_x"} {
		if err := publish(ours, "vigia/F-1/ground/mast", token, reading("m2")); err == nil {
			t.Errorf("%s may publish", who)
		}
	}
	if err := publish(theirs, "gates/1", "", reading("g1")); err != nil {
		t.Fatal(err)
	}
	s.eventually("that both readings are on disk", func() (bool, error) {
		all, err := s.sources()
		return len(all) == 2 && all[0].Accepted == 1 && all[1].Accepted == 1, err
	})
}

// brokerOf starts mosquitto and returns its address.
func brokerOf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(address)
	file := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(file, []byte("listener "+port+" 127.0.0.1\nallow_anonymous true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mosquitto", "-c", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return address
}

// said is what the system said after some words, to the end of the line.
func (s *system) said(words string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, rest, ok := strings.Cut(s.log.String(), words)
	if !ok {
		s.t.Fatalf("the system did not say %q", words)
	}
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// TestLatency is the long one: VIGIA_LATENCY=30s go test ./cmd/vigia -run
// Latency -v. Fifty drones at thirty packets a second, from the sensor's byte to
// the picture that /live hands out, and to the pixel in a browser where there is
// one. It reports and holds the bar of 250 ms.
func TestLatency(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("VIGIA_LATENCY"))
	if err != nil {
		t.Skip("SKIPPED: set VIGIA_LATENCY to a duration, on an idle machine")
	}
	s, f := newFleet(t, 50, 30)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sent := make(chan int, 1)
	go func() { sent <- f.fly(ctx, t) }()

	served, stop := context.WithTimeout(ctx, span)
	lags := s.pictures(served, f.hertz)
	stop()
	report := func(name string, p50, p99, max float64) {
		t.Logf("%s: p50 %.0f ms, p99 %.0f ms, longest %.0f ms", name, p50, p99, max)
		if p99 >= 250 {
			t.Errorf("%s: p99 is %.0f ms; the bar is 250 ms", name, p99)
		}
	}
	ms := quantiles(lags)
	report(fmt.Sprintf("byte to picture (%d packets)", len(lags)), ms[0], ms[1], ms[2])

	if _, err := exec.LookPath("chromium"); err != nil {
		t.Log("SKIPPED: no chromium, so the pixel was not looked at (make tools)")
	} else {
		out := s.browse(span, f.hertz)
		t.Logf("byte to pixel: %s", out)
		var seen struct {
			Aircraft int
			P50      float64 `json:"p50_ms"`
			P99      float64 `json:"p99_ms"`
			Max      float64 `json:"max_ms"`
		}
		if err := json.Unmarshal(out, &seen); err != nil || seen.Aircraft != f.drones {
			t.Errorf("the browser said %q (%v)", out, err)
		}
		report("byte to pixel, once the page stands", seen.P50, seen.P99, seen.Max)
	}
	cancel()
	total := <-sent
	var all []source.Status
	s.eventually("that the last packets are on disk", func() (bool, error) {
		var err error
		all, err = s.sources()
		var n uint64
		for _, st := range all {
			n += st.Accepted + st.Lost*21
		}
		return n >= uint64(21*total), err
	})
	var lost uint64
	for _, st := range all {
		lost += st.Lost
	}
	t.Logf("%d packets sent, %d lost", total, lost)
	if waiting := s.waiting("follow"); waiting > uint64(f.drones*f.hertz) {
		t.Errorf("following is %d batches behind, more than a second of them", waiting)
	}
	if lost > 0 {
		t.Errorf("%d datagrams had no room", lost)
	}
}

// waiting is how many messages wait for a step.
func (s *system) waiting(step string) (n uint64) {
	s.t.Helper()
	for line := range strings.Lines(s.metrics()) {
		if _, err := fmt.Sscanf(line, "vigia_pending{step=\""+step+"\"} %d", &n); err == nil {
			return n
		}
	}
	s.t.Fatalf("the metrics do not tell what waits for %s", step)
	return 0
}

// quantiles are the median, the 99th percentile and the longest, ms.
func quantiles(lags []time.Duration) [3]float64 {
	if len(lags) == 0 {
		return [3]float64{math.NaN(), math.NaN(), math.NaN()}
	}
	ms := make([]float64, len(lags))
	for i, l := range lags {
		ms[i] = float64(l) / float64(time.Millisecond)
	}
	slices.Sort(ms)
	return [3]float64{ms[len(ms)/2], ms[len(ms)*99/100], ms[len(ms)-1]}
}

// browse looks at the map in a browser.
func (s *system) browse(span time.Duration, hertz int) []byte {
	s.t.Helper()
	cmd := exec.Command("node", "e2e/latency.mjs", strconv.Itoa(int(span.Seconds())), strconv.Itoa(hertz))
	cmd.Dir = "../../web/console"
	cmd.Env = append(os.Environ(), "VIGIA_URL=http://"+s.listen, "VIGIA_ANALYST=analyst:correct horse")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Errorf("the browser: %v\n%s", err, stderr.String())
	}
	return bytes.TrimSpace(out)
}
