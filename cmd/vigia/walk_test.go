package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
	"github.com/vigia-project/vigia/service/relay"
	"github.com/vigia-project/vigia/wire/cot"
)

// The first Chilbolton release, placed at a made-up origin at sea.
const (
	walkRelease = "locate/chilbolton/release_1"
	walkFrom    = "2017-01-01T00:00:00Z"
	walkUntil   = "2017-01-02T00:00:00Z"
	walkFlight  = "F-1"
	walkOrigin  = "10.0,-30.0"
	walkSecret  = "a secret for webhooks"
)

var walkFrame = geo.Frame{Origin: geo.Point{Lat: 10, Lon: -30}}

// walkTruth is where the release truly was.
func walkTruth(t *testing.T, dir string) geo.Point {
	t.Helper()
	var truth struct {
		Sources []struct {
			X float64 `json:"x_m"`
			Y float64 `json:"y_m"`
		} `json:"sources"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	return walkFrame.ToPoint(geo.Local{X: truth.Sources[0].X, Y: truth.Sources[0].Y})
}

func onGround(p geo.Point) geo.Point { return geo.Point{Lon: p.Lon, Lat: p.Lat} }

// TestWalk is the main job on real input, through real processes and sockets:
// recorded readings become a located source and a candidate site by themselves;
// three people carry the lead round its circle; the command post has the event;
// and the account proves every step.
func TestWalk(t *testing.T) {
	dir := recorded.Dir(t, walkRelease)
	tcp, udp := takTCP(t), takUDP(t)
	hookURL, hooks := webhook(t, 2)
	s := newSystem(t, "--relay", "cot+tcp://"+tcp.addr, "--relay", "cot+udp://"+udp.addr, "--relay", hookURL, "--webhook-secret", walkSecret)
	s.start()
	s.people()
	s.permit(walkFrom, walkUntil, walkFlight)

	out := s.must("", "ingest", "--dir", dir, "--origin", walkOrigin, "--flight", walkFlight, "--token", s.tokens[vigia.Feeder])
	if !strings.Contains(out, "observations: 973 accepted, 0 sealed, 0 repeated, 0 rejected") {
		t.Fatalf("ingest says:\n%s", out)
	}
	site := s.onlySite(973)
	d := geo.Distance(onGround(site.At), onGround(walkTruth(t, dir)))
	t.Logf("the site is %.1f m from the true release", d)
	if d > 5 {
		t.Errorf("the site is %.1f m from the true release, 5 m is the bar", d)
	}

	var lead []vigia.Lead
	s.must("", "lead", "raise", string(site.ID), "--note", "it stands out", "--token", s.tokens[vigia.Analyst])
	if err := s.call(vigia.Analyst, "GET", "/leads", nil, &lead); err != nil || len(lead) != 1 {
		t.Fatalf("leads: %v, %v", lead, err)
	}
	id := string(lead[0].ID)
	if _, err := s.vigia("", "lead", "acknowledge", id, "--token", s.tokens[vigia.Partner]); err == nil {
		t.Error("the partner acknowledged a lead that was not released")
	}
	if _, err := s.vigia("", "flight", "propose", walkFlight, "--wind-from", "240", "--token", s.tokens[vigia.Analyst]); err == nil || !strings.Contains(err.Error(), "nothing to fly over again") {
		t.Errorf("a flight over a place without buildings is proposed: %v", err)
	}
	s.must("", "lead", "approve", id, "--token", s.tokens[vigia.Approver])
	s.must("", "lead", "release", id, "--token", s.tokens[vigia.Approver])
	s.must("", "lead", "acknowledge", id, "--token", s.tokens[vigia.Partner])
	s.must("", "lead", "outcome", id, "confirmed", "--on", "2017-01-03", "--token", s.tokens[vigia.Partner])

	s.eventually("delivery to every destination", func() (bool, error) {
		return len(tcp.all()) > 0 && len(udp.all()) > 0 && len(hooks()) > 0, nil
	})
	checkEvent(t, tcp.all()[0], lead[0].ID, site)
	checkEvent(t, udp.all()[0], lead[0].ID, site)
	checkHook(t, hooks()[0], lead[0].ID)

	s.stop()
	report := s.must("", "audit", "verify", "--data", s.data)
	if !strings.Contains(report, "the account is whole") {
		t.Errorf("audit verify says: %s", report)
	}
	s.checkAccount(site, lead[0].ID)
}

// onlySite waits until one site rests on all the readings.
func (s *system) onlySite(readings int) vigia.Site {
	s.t.Helper()
	var sites []vigia.Site
	s.eventually("a site that rests on all readings, the flight having ended", func() (bool, error) {
		var posts []vigia.Posterior
		if err := s.call(vigia.Analyst, "GET", "/posteriors?flight="+walkFlight, nil, &posts); err != nil || len(posts) == 0 || posts[0].Readings != readings || posts[0].Method == localise.GrowingMethod {
			return false, err
		}
		if err := s.call(vigia.Analyst, "GET", "/sites", nil, &sites); err != nil {
			return false, err
		}
		sites = candidates(sites)
		return len(sites) == 1 && sites[0].Evidence[0].Posterior == posts[0].ID, nil
	})
	return sites[0]
}

func candidates(all []vigia.Site) (out []vigia.Site) {
	for _, s := range all {
		if s.Status == vigia.Candidate {
			out = append(out, s)
		}
	}
	return out
}

func checkEvent(t *testing.T, b []byte, lead vigia.ID, site vigia.Site) {
	t.Helper()
	e, err := cot.Decode(b)
	if err != nil {
		t.Fatalf("what the TAK client got is no event: %v\n%s", err, b)
	}
	at := geo.Point{Lon: e.Point.Lon, Lat: e.Point.Lat}
	if d := geo.Distance(at, onGround(site.At)); e.Type != cot.SpotMarker || d > e.Point.CE || !strings.Contains(e.UID, string(lead)) {
		t.Errorf("the event is %+v, %.1f m from the site", e, d)
	}
	if bytes.Contains(b, []byte("analyst")) {
		t.Error("the event names who raised the lead")
	}
}

func checkHook(t *testing.T, p posted, lead vigia.ID) {
	t.Helper()
	var body struct {
		ID      string        `json:"id"`
		At      time.Time     `json:"at"`
		Release vigia.Release `json:"release"`
	}
	if err := json.Unmarshal(p.Body, &body); err != nil {
		t.Fatal(err)
	}
	if body.ID != p.ID || body.Release.Lead != lead || body.Release.Text["es"] == "" {
		t.Errorf("the webhook got %s", p.Body)
	}
	if p.Signature != relay.Sign([]byte(walkSecret), body.At, p.Body) {
		t.Errorf("the webhook's signature %q does not hold", p.Signature)
	}
}

// checkAccount wants every step of the walk on the account.
func (s *system) checkAccount(site vigia.Site, lead vigia.ID) {
	s.t.Helper()
	s.start()
	wanted := []string{
		`"action":"grant_authorisation"`, `"action":"register_flight"`, `"action":"detection.found"`, `"action":"flight.closed"`,
		`"action":"source.located","subject":"` + string(site.Evidence[0].Posterior),
		`"action":"site.changed","subject":"` + string(site.ID),
		`"actor":"analyst","action":"lead.raised","subject":"` + string(lead),
		`"actor":"approver","action":"lead.approved","subject":"` + string(lead),
		`"actor":"approver","action":"lead.released","subject":"` + string(lead),
		`"actor":"partner","action":"lead.acknowledged","subject":"` + string(lead),
		`"actor":"partner","action":"lead.closed","subject":"` + string(lead),
		`"action":"sent to cot+tcp://`, `"action":"sent to cot+udp://`, `"action":"sent to http://`,
	}
	s.eventually("every step on the account", func() (bool, error) {
		account, err := s.account()
		if err != nil {
			return false, err
		}
		for _, want := range wanted {
			if !strings.Contains(account, want) {
				return false, fmt.Errorf("the account does not hold %s", want)
			}
		}
		return true, nil
	})
}

// account is what the overseer reads, an entry a line.
func (s *system) account() (string, error) {
	var entries []struct {
		Data []byte `json:"data"`
	}
	if err := s.call(vigia.Overseer, "GET", "/audit/entries?limit=10000", nil, &entries); err != nil {
		return "", err
	}
	var all strings.Builder
	for _, e := range entries {
		all.Write(e.Data)
		all.WriteByte('\n')
	}
	return all.String(), nil
}

// carry carries the lead round its circle, whatever the system does meanwhile:
// it looks how the lead stands and takes the next step, again and again.
func (s *system) carry(readings int) {
	s.t.Helper()
	s.eventually("the lead's circle", func() (bool, error) {
		var leads []vigia.Lead
		if err := s.call(vigia.Analyst, "GET", "/leads", nil, &leads); err != nil {
			return false, err
		}
		if len(leads) == 0 {
			site := s.onlySite(readings)
			return false, s.call(vigia.Analyst, "POST", "/leads", map[string]any{"site": site.ID, "version": site.Version}, nil)
		}
		l := leads[0]
		path, body := "/leads/"+string(l.ID), map[string]any{"version": l.Version}
		switch l.Status {
		case vigia.Raised:
			return false, s.call(vigia.Approver, "POST", path+"/approve", body, nil)
		case vigia.Approved:
			return false, s.call(vigia.Approver, "POST", path+"/release", body, nil)
		case vigia.Released:
			return false, s.call(vigia.Partner, "POST", "/partner"+path+"/acknowledge", body, nil)
		case vigia.Acknowledged:
			body["kind"], body["on"] = "confirmed", "2017-01-03T00:00:00Z"
			return false, s.call(vigia.Partner, "POST", "/partner"+path+"/outcome", body, nil)
		}
		return l.Status == vigia.Closed, nil
	})
}

// A picture is what a run leaves, without the times at which people happened
// to decide.
type picture struct {
	Sites      []vigia.Site
	Posteriors []vigia.Posterior
	Detections []vigia.Detection
	Steps      []vigia.DecisionKind
	Released   geo.Point
	Outcome    *vigia.Outcome
	Messages   map[string]bool // that left, by id
	Markers    map[string]bool // on the TAK client's map, by uid
}

func (s *system) picture(hooks []posted, events [][]byte) picture {
	s.t.Helper()
	var p picture
	var leads []vigia.Lead
	for path, out := range map[string]any{"/sites": &p.Sites, "/posteriors": &p.Posteriors, "/detections?limit=10000": &p.Detections, "/leads": &leads} {
		if err := s.call(vigia.Analyst, "GET", path, nil, out); err != nil {
			s.t.Fatal(err)
		}
	}
	if len(leads) != 1 {
		s.t.Fatalf("%d leads, want one: %s", len(leads), asJSON(s.t, leads))
	}
	for _, step := range leads[0].Steps {
		p.Steps = append(p.Steps, step.Kind)
	}
	p.Released, p.Outcome = leads[0].Release.At, leads[0].Outcome
	p.Messages, p.Markers = map[string]bool{}, map[string]bool{}
	for _, h := range hooks {
		p.Messages[strings.Replace(h.ID, string(leads[0].ID), "LEAD", 1)] = true
	}
	for _, b := range events {
		e, err := cot.Decode(b)
		if err != nil {
			continue // a connection that was cut in the middle of an event
		}
		p.Markers[strings.Replace(e.UID, string(leads[0].ID), "LEAD", 1)] = true
	}
	return p
}

// kills is how often the system is killed in TestKill.
const kills = 50

// TestKill kills the system at 50 random instants during the walk: the final
// picture is that of an undisturbed run, nothing that was acknowledged is lost,
// and nothing is announced twice.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills the system fifty times; run without -short")
	}
	dir := recorded.Dir(t, walkRelease)
	calm := runWalk(t, dir, 0)
	killed := runWalk(t, dir, kills)
	if len(killed.Messages) != 1 || len(killed.Markers) != 1 {
		t.Errorf("one release left the house; receivers know it under %d message ids and %d markers", len(killed.Messages), len(killed.Markers))
	}
	killed.Messages, calm.Messages = nil, nil // named by decisions, which bear their time
	if want, got := asJSON(t, calm), asJSON(t, killed); want != got {
		t.Errorf("the picture after %d kills is not that of an undisturbed run:\n%s", kills, firstDifference(want, got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			from := max(0, i-6)
			return "undisturbed:\n" + strings.Join(w[from:min(len(w), i+4)], "\n") + "\nkilled:\n" + strings.Join(g[from:min(len(g), i+4)], "\n")
		}
	}
	return "one is longer than the other"
}

// runWalk runs the whole walk while a hand pulls the plug n times.
func runWalk(t *testing.T, dir string, n int) picture {
	t.Helper()
	tcp := takTCP(t)
	hookURL, hooks := webhook(t, 0)
	s := newSystem(t, "--relay", "cot+tcp://"+tcp.addr, "--relay", hookURL, "--webhook-secret", walkSecret)
	s.start()
	s.people()
	s.permit(walkFrom, walkUntil, walkFlight)

	walked := make(chan struct{})
	go func() {
		defer close(walked)
		if out, err := s.vigia("", "ingest", "--dir", dir, "--origin", walkOrigin, "--flight", walkFlight,
			"--patience", patience.String(), "--token", s.tokens[vigia.Feeder]); err != nil {
			t.Errorf("ingest: %v\n%s", err, out)
			return
		}
		s.carry(973)
	}()
	draw := rand.New(rand.NewPCG(2, 9)) // which instants; the processes' own pace makes them random
	for range n {
		time.Sleep(time.Duration(draw.ExpFloat64() * float64(250*time.Millisecond)))
		s.kill()
		s.start()
	}
	<-walked
	if t.Failed() {
		t.FailNow()
	}
	s.eventually("delivery", func() (bool, error) { return len(hooks()) > 0 && len(tcp.all()) > 0, nil })
	p := s.picture(hooks(), tcp.all())
	s.stop()
	if out := s.must("", "audit", "verify", "--data", s.data); !strings.Contains(out, "the account is whole") {
		t.Error(out)
	}
	s.checkOnce(dir)
	return p
}

// checkOnce wants that a replay of the log gives the sites, byte for byte.
func (s *system) checkOnce(string) {
	s.t.Helper()
	s.start()
	var kept json.RawMessage
	if err := s.call(vigia.Analyst, "GET", "/sites", nil, &kept); err != nil {
		s.t.Fatal(err)
	}
	s.stop()
	out := s.must("", "replay", "--data", s.data, "--into", filepath.Join(s.t.TempDir(), "replayed"), "--json")
	var again bytes.Buffer
	if err := json.Compact(&again, []byte(out)); err != nil {
		s.t.Fatal(err)
	}
	if again.String() != strings.TrimSpace(string(kept)) {
		s.t.Errorf("the same log gives other sites:\n%s\n%s", again.String(), kept)
	}
}

// Sending the same file twice changes nothing.
func TestIngestTwice(t *testing.T) {
	dir := recorded.Dir(t, walkRelease)
	s := newSystem(t)
	s.start()
	s.people()
	s.permit(walkFrom, walkUntil, walkFlight)
	args := []string{"ingest", "--dir", dir, "--origin", walkOrigin, "--flight", walkFlight, "--keep-open", "--token", s.tokens[vigia.Feeder]}
	s.must("", args...)
	if out := s.must("", args...); !strings.Contains(out, "observations: 0 accepted, 0 sealed, 973 repeated, 0 rejected") {
		t.Errorf("the second time ingest says:\n%s", out)
	}
}

// What is sensed outside the permission reaches no detector, and only the
// overseer's key opens it.
func TestSealed(t *testing.T) {
	dir := recorded.Dir(t, walkRelease)
	s := newSystem(t)
	s.start()
	s.people()
	s.permit("2017-01-01T12:30:00Z", "2017-01-01T13:00:00Z", walkFlight)
	out := s.must("", "ingest", "--dir", dir, "--origin", walkOrigin, "--flight", walkFlight, "--token", s.tokens[vigia.Feeder])
	if !strings.Contains(out, "observations: 210 accepted, 763 sealed") {
		t.Fatalf("half an hour of seven beams is permitted; ingest says:\n%s", out)
	}
	var path struct{ Points []struct{ Time time.Time } }
	s.eventually("the permitted readings", func() (bool, error) {
		err := s.call(vigia.Analyst, "GET", "/flights/"+walkFlight+"/path", nil, &path)
		return len(path.Points) == 210, err
	})
	for _, p := range path.Points {
		if p.Time.Before(time.Date(2017, 1, 1, 12, 30, 0, 0, time.UTC)) || !p.Time.Before(time.Date(2017, 1, 1, 13, 0, 0, 0, time.UTC)) {
			t.Errorf("a reading of %s was seen", p.Time)
		}
	}
	var sealed []vigia.Sealed
	s.eventually("the account of what was sealed", func() (bool, error) {
		err := s.call(vigia.Overseer, "GET", "/sealed", nil, &sealed)
		n := 0
		for _, x := range sealed {
			n += x.Reasons[vigia.OutsideHours]
		}
		return n == 763+109, err // readings and wind records
	})
	s.stop()
	opened := 0
	for _, x := range sealed {
		text := s.must("", "unseal", string(x.ID), "--identity", filepath.Join(s.data, "keys", "overseer.key"), "--data", s.data)
		opened += strings.Count(text, "\n")
	}
	if opened != 763+109 { // a header line more and a last line end less in each
		t.Errorf("the overseer read %d records, %d are sealed", opened, 763+109)
	}
	s.checkNowhere("12:15:00Z")
}

// checkNowhere wants that no file of the folder holds a text that was sealed.
func (s *system) checkNowhere(text string) {
	s.t.Helper()
	err := filepath.WalkDir(s.data, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if err == nil && bytes.Contains(b, []byte(text)) {
			s.t.Errorf("%s holds %q, which was sealed", filepath.Base(p), text)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Both recorded releases at Chilbolton are located within 5 m from plain files
// alone. The twelve cases take less than 25 s of processor time each, so less
// than that on any number of free cores; a loaded machine does not decide.
func TestLocateRecorded(t *testing.T) {
	root := recorded.Dir(t, "locate")
	dirs, err := filepath.Glob(filepath.Join(root, "*", "release_*"))
	if err != nil || len(dirs) != 12 {
		t.Fatalf("%d recorded releases, want 12; %v", len(dirs), err)
	}
	for _, dir := range dirs {
		name := filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir)
		cmd := exec.Command("vigia", "locate", "--observations", filepath.Join(dir, "observations.csv"), "--wind", filepath.Join(dir, "wind.csv"), "--json")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got locatedOut
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		spent := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if len(got.Sources) == 0 {
			t.Errorf("%s: no source", name)
			continue
		}
		truth := walkFrame.ToLocal(walkTruth(t, dir))
		d := math.Hypot(*got.Sources[0].X-truth.X, *got.Sources[0].Y-truth.Y)
		t.Logf("%s: %.1f m, %.2f kg/h, %.1f s, %.1f s of processor time", name, d, got.Sources[0].Rate, got.Seconds, spent.Seconds())
		if strings.HasPrefix(name, "chilbolton/") && d > 5 {
			t.Errorf("%s: %.1f m from the truth; 5 m is the bar", name, d)
		}
		if spent > 25*time.Second {
			t.Errorf("%s: %s of processor time", name, spent)
		}
	}
}
