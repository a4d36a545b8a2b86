package web

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vigia-project/vigia"
)

// fetch reads an address as a geographic information system does: a user's
// name and, for a password, an API token.
func (s *stage) fetch(path string, status int, into any) string {
	s.Helper()
	req, err := http.NewRequest("GET", s.url+path, nil)
	must(s.T, err)
	req.SetBasicAuth("analyst", s.tokens[vigia.Analyst])
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	defer res.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(res.Body)
	must(s.T, err)
	if res.StatusCode != status {
		s.Fatalf("GET %s: %d, want %d: %s", path, res.StatusCode, status, body)
	}
	if into != nil {
		must(s.T, json.Unmarshal(body, into))
	}
	return string(body)
}

type featurePage struct {
	Type     string
	Features []struct {
		Type, ID   string
		Geometry   struct{ Type string }
		Properties map[string]any
	}
	Links          []link
	NumberMatched  int
	NumberReturned int
}

func TestFeatures(t *testing.T) {
	s := newStage(t)
	s.fill()
	s.want(201, vigia.Administrator, "POST /authorisations", "/authorisations", stagePermission)

	var landing struct{ Links []link }
	s.fetch("/ogc/", 200, &landing)
	rels := map[string]bool{}
	for _, l := range landing.Links {
		rels[l.Rel] = true
	}
	for _, rel := range []string{"self", "service-desc", "conformance", "data"} { // clause 7.2.4
		if !rels[rel] {
			t.Errorf("the landing page has no link %q", rel)
		}
	}
	if body := s.fetch("/ogc/conformance", 200, nil); !strings.Contains(body, "/conf/core") {
		t.Errorf("conformance: %s", body)
	}
	var list struct{ Collections []struct{ ID string } }
	s.fetch("/ogc/collections", 200, &list)
	if len(list.Collections) != len(collections) {
		t.Errorf("%d collections, want %d", len(list.Collections), len(collections))
	}
	for _, k := range list.Collections {
		var page featurePage
		s.fetch("/ogc/collections/"+k.ID, 200, nil)
		s.fetch("/ogc/collections/"+k.ID+"/items", 200, &page)
		if page.Type != "FeatureCollection" || page.NumberMatched != 1 || page.NumberReturned != 1 || page.Features[0].Geometry.Type == "" {
			t.Errorf("%s: %+v", k.ID, page)
		}
		s.fetch("/ogc/collections/"+k.ID+"/items/"+page.Features[0].ID, 200, nil)
		s.fetch("/ogc/collections/"+k.ID+"/items/none", 404, nil)
	}
	s.fetch("/ogc/collections/none/items", 404, nil)
}

func TestFeatures_Select(t *testing.T) {
	s := newStage(t)
	s.fill() // a site at 30° W, 10° N, seen on 1 March 2026 from 12:00 to 12:01
	for query, want := range map[string]int{
		"":                                  1,
		"?bbox=-31,9,-29,11":                1,
		"?bbox=-31,9,0,-29,11,100":          1,
		"?bbox=0,9,1,11":                    0,
		"?bbox=170,9,-29,11":                1, // across the antimeridian
		"?bbox=170,9,-170,11":               0,
		"?datetime=2026-03-01T12:00:30Z":    1,
		"?datetime=2026-03-01T12:00:30Z/..": 1,
		"?datetime=../2026-03-01T11:00:00Z": 0,
		"?datetime=2026-03-02T00:00:00Z/2026-03-03T00:00:00Z": 0,
		"?offset=1": 0,
	} {
		var page featurePage
		s.fetch("/ogc/collections/sites/items"+query, 200, &page)
		if len(page.Features) != want {
			t.Errorf("%s: %d features, want %d", query, len(page.Features), want)
		}
	}
	for _, query := range []string{"?bbox=1,2", "?bbox=a,b,c,d", "?datetime=yesterday", "?limit=0", "?limit=-1", "?colour=red"} {
		s.fetch("/ogc/collections/sites/items"+query, 400, nil)
	}
}

// Nobody reads the picture without a token, and the partner not with one.
func TestFeatures_AreHeld(t *testing.T) {
	s := newStage(t)
	for _, path := range []string{"/ogc/", "/ogc/collections/sites/items", "/metrics"} {
		res, err := http.Get(s.url + path)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode != 401 {
			t.Errorf("%s without a token: %d", path, res.StatusCode)
		}
		req, err := http.NewRequest("GET", s.url+path, nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+s.tokens[vigia.Partner])
		res, err = http.DefaultClient.Do(req)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode != 403 {
			t.Errorf("%s with the partner's token: %d", path, res.StatusCode)
		}
	}
}

func TestMetrics(t *testing.T) {
	s := newStage(t)
	s.want(401, "", "POST /login", "/login", `{"name":"analyst","password":"wrong horse"}`)
	body := s.fetch("/metrics", 200, nil)
	for _, want := range []string{`vigia_total{name="login.failed"} 1`, `vigia_pending{step="task"} 0`, `vigia_info{version="test"} 1`, "# TYPE vigia_total counter"} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("the metrics lack %q:\n%s", want, body)
		}
	}
}
