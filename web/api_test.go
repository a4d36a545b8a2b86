package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/core/sharing"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/service/lead"
	"github.com/vigia-project/vigia/service/task"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/stream/jetstream"
)

// apiDoc is as much of openapi.json as these tests read.
type apiDoc struct {
	Paths map[string]map[string]json.RawMessage `json:"paths"`
}

type apiOperation struct {
	OperationID string                     `json:"operationId"`
	Roles       []vigia.Role               `json:"x-vigia-roles"`
	Responses   map[string]json.RawMessage `json:"responses"`
}

func described(t *testing.T) map[string]apiOperation {
	t.Helper()
	var doc apiDoc
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	ops := map[string]apiOperation{}
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			if method == "parameters" {
				continue
			}
			var op apiOperation
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			ops[strings.ToUpper(method)+" "+path] = op
		}
	}
	return ops
}

// Every route is described and every description has a route, with the same
// roles and the same status when it succeeds.
func TestRoutesAreDescribed(t *testing.T) {
	ops := described(t)
	for _, r := range routes {
		key := r.method + " " + r.path
		op, ok := ops[key]
		if !ok {
			t.Errorf("%s is not described in openapi.json", key)
			continue
		}
		delete(ops, key)
		want, got := slices.Clone(op.Roles), slices.Clone(r.roles)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s: described for %v, served to %v", key, want, got)
		}
		if _, ok := op.Responses[fmt.Sprint(r.status)]; !ok {
			t.Errorf("%s: answers %d, which is not described", key, r.status)
		}
	}
	for key := range ops {
		t.Errorf("%s is described and not served", key)
	}
}

// stage is a server on real parts, with somebody of each role.
type stage struct {
	*testing.T
	url     string
	base    *service.Base
	tokens  map[vigia.Role]string
	schemas *jsonschema.Compiler
}

func newStage(t *testing.T) *stage {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db := sqlitetest.Open(t)
	st, err := jetstream.Open(ctx, jetstream.Options{Dir: t.TempDir()})
	must(t, err)
	base := service.New(db, st, time.Now, slog.New(slog.DiscardHandler))
	_, recipient, err := ingest.GenerateOverseer()
	must(t, err)
	sealer, err := ingest.NewSealer(recipient, make([]byte, 32))
	must(t, err)
	srv := &Server{
		Base: base, Identity: identity.New(base, identity.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}),
		Ingest: ingest.New(base, sealer), Task: task.New(base), Lead: lead.New(base, sharing.Default),
		Version: "test", Started: time.Now(), Local: true, Closing: ctx.Done(),
	}
	srv.Steps = []service.Step{srv.Task.Step(), srv.Lead.Step()}
	done := make(chan error, 3)
	for _, step := range srv.Steps {
		go func() { done <- base.Run(ctx, step) }()
	}
	go func() { done <- base.Announce(ctx) }()
	web := httptest.NewServer(srv.Handler())
	t.Cleanup(func() {
		cancel()
		web.CloseClientConnections()
		web.Close()
		for range 3 {
			<-done
		}
		_ = st.Close()
	})
	s := &stage{T: t, url: web.URL, base: base, tokens: map[vigia.Role]string{}, schemas: compiler(t)}
	for _, role := range vigia.Roles() {
		_, err := srv.Identity.AddUser(ctx, "test", string(role), role, "correct horse")
		must(t, err)
		s.tokens[role], err = srv.Identity.Token(ctx, string(role), "", time.Hour)
		must(t, err)
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func compiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPI))
	must(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	must(t, c.AddResource("openapi.json", doc))
	return c
}

// pointer is a JSON pointer of its parts.
func pointer(parts ...string) string {
	r := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	for i := range parts {
		parts[i] = r.Replace(parts[i])
	}
	return "openapi.json#/" + strings.Join(parts, "/")
}

// do calls an operation as somebody and holds the answer to its description.
func (s *stage) do(role vigia.Role, op, path, body string) (int, []byte) {
	s.Helper()
	method, template, _ := strings.Cut(op, " ")
	req, err := http.NewRequest(method, s.url+prefix+path, strings.NewReader(body))
	must(s.T, err)
	req.Header.Set("Authorization", "Bearer "+s.tokens[role])
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	defer res.Body.Close() //nolint:errcheck // it was read
	answer, err := io.ReadAll(res.Body)
	must(s.T, err)
	at := []string{"paths", template, strings.ToLower(method), "responses", fmt.Sprint(res.StatusCode)}
	schema := pointer(append(at, "content", strings.Split(res.Header.Get("Content-Type"), ";")[0], "schema")...)
	switch {
	case res.StatusCode >= 400:
		schema = pointer("components", "schemas", "Error")
	case len(answer) == 0 || strings.HasPrefix(res.Header.Get("Content-Type"), "text/"):
		return res.StatusCode, answer
	}
	compiled, err := s.schemas.Compile(schema)
	if err != nil {
		s.Fatalf("%s answers %d %s, which is not described: %v", op, res.StatusCode, res.Header.Get("Content-Type"), err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil {
		s.Fatalf("%s: %v\n%s", op, err, answer)
	}
	if err := compiled.Validate(value); err != nil {
		s.Errorf("%s: the answer is not as described: %v\n%s", op, err, answer)
	}
	return res.StatusCode, answer
}

// want calls an operation and wants a status.
func (s *stage) want(status int, role vigia.Role, op, path, body string) []byte {
	s.Helper()
	got, answer := s.do(role, op, path, body)
	if got != status {
		s.Fatalf("%s as %s: %d, want %d: %s", op, role, got, status, answer)
	}
	return answer
}

var (
	stageFrame = geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10}}
	stageTime  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// fill keeps one of each fact.
func (s *stage) fill() vigia.Site {
	s.Helper()
	at := stageFrame.ToPoint(geo.Local{X: 10, Y: 20})
	region := []geo.Polygon{stageFrame.PolygonToWGS84(geo.Rect(0, 0, 20, 40))}
	source := vigia.Source{At: at, RateKgH: 1, RateLo: .5, RateHi: 2, Ellipse: vigia.Ellipse{SemiMajorM: 9, SemiMinorM: 4}, Region50: region, Region90: region, Region95: region}
	buildings := []vigia.BuildingProbability{{ID: "b1", Probability: .8}}
	site := vigia.Site{
		ID: "site-1", Chemical: "methane", Status: vigia.Candidate, Version: 1, At: at, RateKgH: 1, RateLo: .5, RateHi: 2,
		Ellipse: source.Ellipse, Region90: region, Buildings: buildings, Elsewhere: .2, FirstSeen: stageTime, LastSeen: stageTime.Add(time.Minute),
		Evidence: []vigia.Evidence{{Flight: "F-1", Posterior: "post-1", AsOf: stageTime, Source: source, Present: 1, Buildings: buildings, Elsewhere: .2}},
	}
	trace := func(action, announce string) store.Trace {
		return store.Trace{Actor: "service/test", Action: action, At: stageTime, Announce: announce}
	}
	err := s.base.Update(context.Background(), func(tx store.Tx) error {
		if _, err := tx.AddDetection(vigia.Detection{
			ID: "det-1", Flight: "F-1", Sensor: "nose", Chemical: "methane", From: stageTime, To: stageTime, At: at, Readings: 1,
			Peak: 3, Enhancement: 1, Background: 2, Noise: .1, Threshold: 2.5, FalseAlarm: 1e-4, Observations: []vigia.ID{"obs-1"}, Log: 1,
		}, trace("detection.found", stream.DetectionFound)); err != nil {
			return err
		}
		if _, err := tx.AddPlume(vigia.Plume{
			ID: "plume-1", Flight: "F-1", Sensor: "imager", Chemical: "methane", Chemicals: []vigia.ChemicalProbability{{Name: "methane", Probability: .9}},
			From: stageTime, To: stageTime, Outline: region[0], At: at, Pixels: 9, AreaM2: 800, Score: 9, Threshold: 4, FalseAlarm: 1e-4, PeakPPMM: 800,
			MeanPPMM: 300, MassKg: 1, MassSD: .1, Columns: []vigia.PlumeColumn{{Lon: -30, Lat: 10, PPMM: 300, Sigma: 90}}, Origin: vigia.PlumeOrigin{Cube: "cube-1", Last: 3}, Log: 1,
		}, trace("plume.found", "")); err != nil {
			return err
		}
		if _, err := tx.AddPosterior(vigia.Posterior{
			ID: "post-1", Flight: "F-1", Chemical: "methane", AsOf: stageTime, Readings: 30, CountProbability: []float64{0, 1},
			Sources: []vigia.Source{source}, Buildings: buildings, Elsewhere: .2, Method: "test-1", Seed: 1,
		}, trace("source.located", stream.SourceLocated)); err != nil {
			return err
		}
		if _, err := tx.AddSealed(vigia.Sealed{
			ID: "seal-1", Flight: "F-1", Records: 2, Reasons: map[vigia.SealReason]int{vigia.OutsideHours: 2}, SealedAt: stageTime, Recipient: "age1",
		}, trace("sealed", "")); err != nil {
			return err
		}
		if err := tx.AddBatch(vigia.Batch{ID: "map", Buildings: []vigia.Building{{ID: "b1", Footprint: region[0]}}}, 1); err != nil {
			return err
		}
		return tx.PutSite(site, trace("site.changed", stream.SiteChanged))
	})
	must(s.T, err)
	return site
}

const stagePermission = `{"id":"A-1","title":"at sea","purpose":"gas_leak","host_reference":"H","partner_reference":"P",
	"volume":{"footprint":{"type":"Polygon","coordinates":[[[-30.1,9.9],[-29.9,9.9],[-29.9,10.1],[-30.1,10.1],[-30.1,9.9]]]},"floor_m":0,"ceiling_m":300},
	"from":"2026-03-01T00:00:00Z","until":"2026-04-01T00:00:00Z"}`

// TestAPI calls every operation, as the walk does, and holds each answer to
// its description.
func TestAPI(t *testing.T) {
	s := newStage(t)
	site := s.fill()

	s.want(200, "", "POST /login", "/login", `{"name":"analyst","password":"correct horse"}`)
	s.want(401, "", "POST /login", "/login", `{"name":"analyst","password":"wrong horse"}`)
	s.want(200, vigia.Partner, "GET /me", "/me", "")
	s.want(201, vigia.Administrator, "POST /users", "/users", `{"name":"another","role":"analyst","password":"correct horse"}`)
	s.want(200, vigia.Administrator, "GET /users", "/users", "")

	s.want(201, vigia.Administrator, "POST /authorisations", "/authorisations", stagePermission)
	s.want(409, vigia.Administrator, "POST /authorisations", "/authorisations", stagePermission)
	s.want(200, vigia.Analyst, "GET /authorisations", "/authorisations", "")
	s.want(201, vigia.Administrator, "POST /flights", "/flights", `{"id":"F-1","authorisation":"A-1","purpose":"gas_leak","aircraft":"UA-1","chemical":"methane"}`)
	s.want(404, vigia.Administrator, "POST /flights", "/flights", `{"id":"F-2","authorisation":"none","purpose":"gas_leak","aircraft":"UA-1","chemical":"methane"}`)
	s.want(200, vigia.Analyst, "GET /flights", "/flights", "")
	s.want(200, vigia.Feeder, "POST /flights/{flight}/observations", "/flights/F-1/observations?name=a.csv&origin=10,-30",
		"time,sensor,x_m,y_m,z_m,ppm\n2026-03-01T12:00:00Z,nose,1,2,3,2.5\n2026-03-01T12:00:01Z,nose,1,2,3,x\n")
	s.want(200, vigia.Feeder, "POST /flights/{flight}/wind", "/flights/F-1/wind", "time,speed_mps,from_deg\n2026-03-01T12:00:00Z,3,90\n")
	s.want(404, vigia.Feeder, "POST /flights/{flight}/wind", "/flights/none/wind", "time,speed_mps,from_deg\n")
	s.want(200, vigia.Feeder, "POST /flights/{flight}/scans", "/flights/F-1/scans?name=lines",
		`{"cube":{"sensor":"imager","name":"a","began":"2026-03-01T12:00:00Z","samples":1,"wavelengths_nm":[2300],"field_of_view_deg":1}}`+"\n"+
			`{"line":{"number":0,"time":"2026-03-01T12:00:00Z","pose":{"at":{"lon_deg":-30,"lat_deg":10,"alt_m":100},"heading_deg":0,"pitch_deg":0,"roll_deg":0},"samples":"AACAPw=="}}`+"\n"+"?\n")
	s.want(404, vigia.Feeder, "POST /flights/{flight}/scans", "/flights/none/scans", "")
	s.want(200, vigia.Feeder, "POST /buildings", "/buildings?origin=10,-30",
		`{"type":"FeatureCollection","features":[{"type":"Feature","id":"b1","properties":{},"geometry":{"type":"Polygon","coordinates":[[[-30,10],[-29.999,10],[-29.999,10.001],[-30,10.001],[-30,10]]]}}]}`)
	s.want(200, vigia.Analyst, "GET /buildings", "/buildings?bbox=-30.1,9.9,-29.9,10.1", "")
	s.want(400, vigia.Analyst, "GET /buildings", "/buildings?bbox=1,2", "")
	s.want(200, vigia.Feeder, "POST /flights/{flight}/end", "/flights/F-1/end", "")
	s.want(200, vigia.Analyst, "GET /flights/{flight}/proposal", "/flights/F-1/proposal?wind_from_deg=240", "")
	s.want(400, vigia.Analyst, "GET /flights/{flight}/proposal", "/flights/F-1/proposal?wind_from_deg=north", "")
	s.want(404, vigia.Analyst, "GET /flights/{flight}/proposal", "/flights/none/proposal?wind_from_deg=240", "")
	s.want(200, vigia.Analyst, "GET /flights/{flight}/path", "/flights/F-1/path?after=2026-03-01T00:00:00Z", "")

	s.want(200, vigia.Analyst, "GET /detections", "/detections?flight=F-1&limit=5", "")
	s.want(400, vigia.Analyst, "GET /detections", "/detections?limit=0", "")
	s.want(200, vigia.Analyst, "GET /plumes", "/plumes?flight=F-1&limit=5", "")
	s.want(400, vigia.Analyst, "GET /plumes", "/plumes?limit=x", "")
	s.want(200, vigia.Analyst, "GET /posteriors", "/posteriors?flight=F-1", "")
	s.want(200, vigia.Analyst, "GET /posteriors/{posterior}", "/posteriors/post-1", "")
	s.want(200, vigia.Analyst, "GET /sites", "/sites", "")
	s.want(200, vigia.Analyst, "GET /sites/{site}", "/sites/site-1", "")
	s.want(404, vigia.Analyst, "GET /sites/{site}", "/sites/none", "")
	s.want(200, vigia.Overseer, "GET /sealed", "/sealed", "")
	s.want(200, vigia.Overseer, "GET /status", "/status", "")

	s.circle(site)

	s.want(200, vigia.Overseer, "GET /audit/entries", "/audit/entries?from=2&limit=3", "")
	s.want(200, vigia.Overseer, "GET /audit/proof", "/audit/proof?entry=3", "")
	s.want(404, vigia.Overseer, "GET /audit/proof", "/audit/proof?entry=100000", "")
	if note := s.want(200, vigia.Overseer, "GET /audit/checkpoint", "/audit/checkpoint", ""); !bytes.HasPrefix(note, []byte(audit.Origin)) {
		t.Errorf("the checkpoint is %s", note)
	}
	s.want(204, vigia.Overseer, "POST /logout", "/logout", "")
	s.want(401, vigia.Overseer, "GET /me", "/me", "")
}

// circle carries one lead to its end and another to its refusal.
func (s *stage) circle(site vigia.Site) {
	s.Helper()
	raise := func(version int) string { return fmt.Sprintf(`{"site":%q,"version":%d,"note":"n"}`, site.ID, version) }
	version := func(v int) string { return fmt.Sprintf(`{"version":%d,"note":"n"}`, v) }
	id := func(answer []byte) string {
		var l vigia.Lead
		must(s.T, json.Unmarshal(answer, &l))
		return string(l.ID)
	}
	s.want(409, vigia.Analyst, "POST /leads", "/leads", raise(9))
	first := id(s.want(201, vigia.Analyst, "POST /leads", "/leads", raise(1)))
	s.want(409, vigia.Analyst, "POST /leads", "/leads", raise(1))
	s.want(200, vigia.Approver, "POST /leads/{lead}/decline", "/leads/"+first+"/decline", version(1))

	own := id(s.want(201, vigia.Approver, "POST /leads", "/leads", raise(1)))
	s.want(403, vigia.Approver, "POST /leads/{lead}/approve", "/leads/"+own+"/approve", version(1))
	s.want(200, vigia.Analyst, "POST /leads/{lead}/withdraw", "/leads/"+own+"/withdraw", version(1))

	l := id(s.want(201, vigia.Analyst, "POST /leads", "/leads", raise(1)))
	s.want(200, vigia.Analyst, "GET /leads/{lead}", "/leads/"+l, "")
	s.want(404, vigia.Partner, "POST /partner/leads/{lead}/acknowledge", "/partner/leads/"+l+"/acknowledge", version(1))
	s.want(409, vigia.Approver, "POST /leads/{lead}/release", "/leads/"+l+"/release", version(1))
	s.want(409, vigia.Approver, "POST /leads/{lead}/approve", "/leads/"+l+"/approve", version(7))
	s.want(200, vigia.Approver, "POST /leads/{lead}/approve", "/leads/"+l+"/approve", version(1))
	s.want(200, vigia.Approver, "POST /leads/{lead}/release", "/leads/"+l+"/release", version(2))
	seen := s.want(200, vigia.Partner, "GET /partner/leads", "/partner/leads", "")
	for _, secret := range []string{"analyst", "approver", string(site.ID), "post-1", "F-1"} {
		if bytes.Contains(seen, []byte(secret)) {
			s.Errorf("the partner sees %q: %s", secret, seen)
		}
	}
	s.want(200, vigia.Partner, "POST /partner/leads/{lead}/acknowledge", "/partner/leads/"+l+"/acknowledge", version(3))
	s.want(400, vigia.Partner, "POST /partner/leads/{lead}/outcome", "/partner/leads/"+l+"/outcome", `{"version":4,"kind":"struck","on":"2026-03-04T00:00:00Z"}`)
	s.want(200, vigia.Partner, "POST /partner/leads/{lead}/outcome", "/partner/leads/"+l+"/outcome", `{"version":4,"kind":"confirmed","on":"2026-03-04T00:00:00Z"}`)
	s.want(200, vigia.Analyst, "GET /leads", "/leads", "")
}

// Nobody gets through a door that is not for that role, nor a stranger.
func TestEveryDoorIsHeld(t *testing.T) {
	s := newStage(t)
	for _, r := range routes {
		if r.roles == nil {
			continue
		}
		op, path := r.method+" "+r.path, strings.NewReplacer("{flight}", "F", "{posterior}", "P", "{site}", "S", "{lead}", "L").Replace(r.path)
		s.want(401, "", op, path, "")
		for _, role := range vigia.Roles() {
			if !slices.Contains(r.roles, role) {
				s.want(403, role, op, path, "")
			}
		}
	}
}

func TestBrowserNeedsItsHeader(t *testing.T) {
	s := newStage(t)
	res, err := http.Post(s.url+prefix+"/login", "application/json", strings.NewReader(`{"name":"administrator","password":"correct horse"}`))
	must(t, err)
	_ = res.Body.Close()
	cookie := res.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("the session's cookie is %+v", cookie)
	}
	for header, want := range map[string]int{"": 403, "1": 400} {
		req, err := http.NewRequest("POST", s.url+prefix+"/users", strings.NewReader("{"))
		must(t, err)
		req.AddCookie(cookie)
		req.Header.Set(csrfHeader, header)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("with the header %q: %d, want %d", header, res.StatusCode, want)
		}
	}
}

func TestOtherNamesAreTurnedAway(t *testing.T) {
	s := newStage(t)
	req, err := http.NewRequest("GET", s.url+"/", nil)
	must(t, err)
	req.Host = "evil.example"
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a request for another host's name: %d", res.StatusCode)
	}
}

// Events resume by their id, and a partner sees only its own.
func TestEvents(t *testing.T) {
	s := newStage(t)
	s.fill()
	first := s.listen(vigia.Analyst, "/events?after=0", 3)
	if want := []string{stream.DetectionFound, stream.SourceLocated, stream.SiteChanged}; !slices.Equal(first, want) {
		t.Fatalf("events %v, want %v", first, want)
	}
	if again := s.listen(vigia.Analyst, "/events?after=1", 2); !slices.Equal(again, first[1:]) {
		t.Errorf("resumed after 1: %v", again)
	}
	s.want(201, vigia.Analyst, "POST /leads", "/leads", `{"site":"site-1","version":1}`)
	var leads []vigia.Lead
	must(t, json.Unmarshal(s.want(200, vigia.Analyst, "GET /leads", "/leads", ""), &leads))
	path := "/leads/" + string(leads[0].ID)
	s.want(200, vigia.Approver, "POST /leads/{lead}/approve", path+"/approve", `{"version":1}`)
	s.want(200, vigia.Approver, "POST /leads/{lead}/release", path+"/release", `{"version":2}`)
	if seen := s.listen(vigia.Partner, "/events?after=0", 1); !slices.Equal(seen, []string{stream.LeadReleased}) {
		t.Errorf("the partner sees %v", seen)
	}
}

// listen reads the first n events and returns their subjects.
func (s *stage) listen(role vigia.Role, path string, n int) []string {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+prefix+path, nil)
	must(s.T, err)
	req.Header.Set("Authorization", "Bearer "+s.tokens[role])
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	defer res.Body.Close() //nolint:errcheck // it was read
	var subjects []string
	buf := bufio.NewReader(res.Body)
	for len(subjects) < n {
		line, err := buf.ReadString('\n')
		if err != nil {
			s.Fatalf("the events ended after %v: %v", subjects, err)
		}
		subject, ok := strings.CutPrefix(strings.TrimSpace(line), "event: ")
		if ok && subject != "alive" {
			subjects = append(subjects, subject)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && role == vigia.Partner && strings.Contains(data, "analyst") {
			s.Errorf("the partner is told who raised the lead: %s", data)
		}
	}
	return subjects
}
