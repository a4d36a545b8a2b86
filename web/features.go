package web

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

// The picture as OGC API - Features, part 1 (OGC 17-069r4), so that geographic
// information systems read it directly. The clauses are that document's.
const featuresRoot = "/ogc"

// conformance lists the classes of clause 7.4 that hold.
var conformance = []string{
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
}

// A feature is one thing on a map (RFC 7946 §3.2).
type feature struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Geometry   any            `json:"geometry"`
	Properties map[string]any `json:"properties"`

	at       geo.Point // stands for it in a bounding box
	from, to time.Time // zero: it has no time
}

// A collection is a set of features of one kind.
type collection struct {
	id, title, description string
	features               func(store.Reader) ([]feature, error)
}

var collections = []collection{
	{"sites", "Sites", "Places that evidence points at, each at its most probable point.", siteFeatures},
	{"regions", "Regions", "The region that holds a site's source with 90 % probability.", regionFeatures},
	{"detections", "Detections", "Runs of readings that the background does not explain, each at its peak.", detectionFeatures},
	{"plumes", "Plumes", "Pieces of hyperspectral cubes that the background does not explain, each with its outline.", plumeFeatures},
	{"authorisations", "Authorisations", "Where, when and what for both governments permitted sensing.", authorisationFeatures},
}

func point(p geo.Point) map[string]any {
	return map[string]any{"type": "Point", "coordinates": []float64{p.Lon, p.Lat}}
}

func siteFeatures(r store.Reader) ([]feature, error) {
	sites, err := r.Sites()
	var out []feature
	for _, s := range sites {
		out = append(out, feature{"Feature", string(s.ID), point(s.At), siteProperties(s), s.At, s.FirstSeen, s.LastSeen})
	}
	return out, err
}

func siteProperties(s vigia.Site) map[string]any {
	return map[string]any{
		"chemical": s.Chemical, "status": s.Status, "version": s.Version,
		"rate_kg_h": s.RateKgH, "rate_kg_h_lo": s.RateLo, "rate_kg_h_hi": s.RateHi,
		"semi_major_m": s.Ellipse.SemiMajorM, "semi_minor_m": s.Ellipse.SemiMinorM, "azimuth_deg": s.Ellipse.AzimuthDeg,
		"flights": len(s.Evidence), "elsewhere": s.Elsewhere, "first_seen": s.FirstSeen, "last_seen": s.LastSeen,
	}
}

func regionFeatures(r store.Reader) ([]feature, error) {
	sites, err := r.Sites()
	var out []feature
	for _, s := range sites {
		if s.Status != vigia.Candidate {
			continue
		}
		rings := [][][][2]float64{}
		for _, p := range s.Region90 {
			rings = append(rings, p)
		}
		shape := map[string]any{"type": "MultiPolygon", "coordinates": rings}
		out = append(out, feature{"Feature", string(s.ID), shape, siteProperties(s), s.At, s.FirstSeen, s.LastSeen})
	}
	return out, err
}

func detectionFeatures(r store.Reader) ([]feature, error) {
	found, err := r.Detections(store.DetectionFilter{})
	var out []feature
	for _, d := range found {
		out = append(out, feature{"Feature", string(d.ID), point(d.At), map[string]any{
			"flight": d.Flight, "sensor": d.Sensor, "chemical": d.Chemical, "from": d.From, "to": d.To,
			"peak": d.Peak, "background": d.Background, "readings": d.Readings, "false_alarm": d.FalseAlarm,
		}, d.At, d.From, d.To})
	}
	return out, err
}

func authorisationFeatures(r store.Reader) ([]feature, error) {
	all, err := r.Authorisations()
	var out []feature
	for _, a := range all {
		lon, lat := a.Volume.Footprint.Centroid()
		out = append(out, feature{"Feature", string(a.ID), a.Volume.Footprint, map[string]any{
			"title": a.Title, "purpose": a.Purpose, "from": a.From, "until": a.Until,
			"floor_m": a.Volume.FloorM, "ceiling_m": a.Volume.CeilingM,
		}, geo.Point{Lon: lon, Lat: lat}, a.From, a.Until})
	}
	return out, err
}

// link is a link of RFC 8288 in a body.
type link struct {
	Href  string `json:"href"`
	Rel   string `json:"rel"`
	Type  string `json:"type"`
	Title string `json:"title,omitempty"`
}

// features serves everything under featuresRoot.
func (s *Server) features(mux *http.ServeMux) {
	handle := func(path string, f func(*Server, *call) (any, error)) {
		mux.Handle("GET "+featuresRoot+path, s.operation(route{method: http.MethodGet, roles: readers, status: http.StatusOK, handle: f}))
	}
	handle("/{$}", (*Server).featuresLanding)
	handle("/conformance", func(*Server, *call) (any, error) { return map[string]any{"conformsTo": conformance}, nil })
	handle("/collections", (*Server).featuresCollections)
	handle("/collections/{collection}", (*Server).featuresCollection)
	handle("/collections/{collection}/items", (*Server).featuresItems)
	handle("/collections/{collection}/items/{feature}", (*Server).featuresItem)
}

// root is the address of the features as the caller reached them.
func (s *Server) root(c *call) string {
	scheme := "http"
	if s.Secure {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host + featuresRoot
}

func (s *Server) featuresLanding(c *call) (any, error) {
	root := s.root(c)
	return map[string]any{"title": "Vigía", "description": "The picture as features.", "links": []link{
		{root + "/", "self", "application/json", "This document"},
		{strings.TrimSuffix(root, featuresRoot) + prefix + "/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.1", "The API"},
		{root + "/conformance", "conformance", "application/json", "Conformance classes"},
		{root + "/collections", "data", "application/json", "Collections"},
	}}, nil
}

func (s *Server) describe(c *call, k collection) map[string]any {
	at := s.root(c) + "/collections/" + k.id
	return map[string]any{
		"id": k.id, "title": k.title, "description": k.description, "itemType": "feature",
		"crs": []string{"http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
		"links": []link{
			{at, "self", "application/json", k.title},
			{at + "/items", "items", "application/geo+json", k.title},
		},
	}
}

func (s *Server) featuresCollections(c *call) (any, error) {
	all := []any{}
	for _, k := range collections {
		all = append(all, s.describe(c, k))
	}
	return map[string]any{"links": []link{{s.root(c) + "/collections", "self", "application/json", ""}}, "collections": all}, nil
}

func (c *call) collection() (collection, error) {
	for _, k := range collections {
		if k.id == c.r.PathValue("collection") {
			return k, nil
		}
	}
	return collection{}, vigia.Errorf(vigia.NotFound, "there is no collection %q", c.r.PathValue("collection"))
}

func (s *Server) featuresCollection(c *call) (any, error) {
	k, err := c.collection()
	return s.describe(c, k), err
}

func geoText(v any) (any, error) {
	body, err := json.Marshal(v)
	return text{"application/geo+json", body}, err
}

func (s *Server) featuresItem(c *call) (any, error) {
	k, err := c.collection()
	if err != nil {
		return nil, err
	}
	all, err := view(s, c, k.features)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.ID == c.r.PathValue("feature") {
			return geoText(f)
		}
	}
	return nil, vigia.Errorf(vigia.NotFound, "there is no %s in %s", c.r.PathValue("feature"), k.id)
}

// A selection is the query of clause 7.15: box, time, page.
type selection struct {
	box           *[4]float64
	from, to      time.Time
	limit, offset int
}

const (
	featuresLimit    = 100
	maxFeaturesLimit = 10_000
)

func selectionOf(q url.Values) (selection, error) {
	sel := selection{limit: featuresLimit}
	for name := range q {
		switch name {
		case "bbox", "datetime", "limit", "offset", "f":
		default: // clause 7.2: a parameter that is not known is an error
			return sel, vigia.Errorf(vigia.Invalid, "the parameter %q is not known; there are bbox, datetime, limit, offset", name)
		}
	}
	var err error
	if sel.box, err = boxOf(q.Get("bbox")); err != nil {
		return sel, err
	}
	if sel.from, sel.to, err = timesOf(q.Get("datetime")); err != nil {
		return sel, err
	}
	for name, n := range map[string]*int{"limit": &sel.limit, "offset": &sel.offset} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		if *n, err = strconv.Atoi(text); err != nil || *n < 0 || name == "limit" && *n == 0 {
			return sel, vigia.Errorf(vigia.Invalid, "%s is not such a number: %q", name, text)
		}
	}
	sel.limit = min(sel.limit, maxFeaturesLimit)
	return sel, nil
}

// boxOf reads west,south,east,north; of six numbers the heights are passed over.
func boxOf(text string) (*[4]float64, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) == 6 {
		parts = []string{parts[0], parts[1], parts[3], parts[4]}
	}
	var box [4]float64
	if len(parts) != 4 {
		return nil, vigia.Errorf(vigia.Invalid, "bbox is west,south,east,north in degrees, not %q", text)
	}
	for i, p := range parts {
		f, err := strconv.ParseFloat(p, 64)
		if err != nil || math.IsNaN(f) {
			return nil, vigia.Errorf(vigia.Invalid, "bbox is west,south,east,north in degrees, not %q", text)
		}
		box[i] = f
	}
	return &box, nil
}

// timesOf reads an instant or an interval, whose ends may be "..".
func timesOf(text string) (from, to time.Time, err error) {
	if text == "" {
		return from, to, nil
	}
	first, second, isInterval := strings.Cut(text, "/")
	for i, part := range []string{first, second} {
		if part == "" || part == ".." {
			continue
		}
		t, err := time.Parse(time.RFC3339, part)
		if err != nil {
			return from, to, vigia.Errorf(vigia.Invalid, "datetime is an instant or an interval as in RFC 3339, not %q", text)
		}
		if i == 0 {
			from = t
		}
		if i == 1 || !isInterval {
			to = t
		}
	}
	return from, to, nil
}

// holds tells whether a feature is selected.
func (s selection) holds(f feature) bool {
	if b := s.box; b != nil {
		inLon := f.at.Lon >= b[0] && f.at.Lon <= b[2]
		if b[0] > b[2] { // across the antimeridian
			inLon = f.at.Lon >= b[0] || f.at.Lon <= b[2]
		}
		if !inLon || f.at.Lat < b[1] || f.at.Lat > b[3] {
			return false
		}
	}
	if f.from.IsZero() {
		return true
	}
	return (s.to.IsZero() || !f.from.After(s.to)) && (s.from.IsZero() || !f.to.Before(s.from))
}

func (s *Server) featuresItems(c *call) (any, error) {
	k, err := c.collection()
	if err != nil {
		return nil, err
	}
	sel, err := selectionOf(c.r.URL.Query())
	if err != nil {
		return nil, err
	}
	all, err := view(s, c, k.features)
	if err != nil {
		return nil, err
	}
	matched := []feature{}
	for _, f := range all {
		if sel.holds(f) {
			matched = append(matched, f)
		}
	}
	page := matched[min(sel.offset, len(matched)):]
	page = page[:min(sel.limit, len(page))]
	at := s.root(c) + "/collections/" + k.id + "/items"
	links := []link{{at + "?" + c.r.URL.RawQuery, "self", "application/geo+json", ""}}
	if next := sel.offset + len(page); next < len(matched) {
		q := c.r.URL.Query()
		q.Set("offset", fmt.Sprint(next))
		links = append(links, link{at + "?" + q.Encode(), "next", "application/geo+json", ""})
	}
	return geoText(map[string]any{
		"type": "FeatureCollection", "features": page, "links": links,
		"numberMatched": len(matched), "numberReturned": len(page), "timeStamp": s.Clock().UTC().Format(time.RFC3339),
	})
}
