package web

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/service/task"
	"github.com/vigia-project/vigia/store"
)

func setCookie(c *call, cookie *http.Cookie) { http.SetCookie(c.w, cookie) }

// view reads one thing from the store.
func view[T any](s *Server, c *call, f func(store.Reader) (T, error)) (T, error) {
	var out T
	err := s.Store.View(c.r.Context(), func(r store.Reader) (err error) { out, err = f(r); return err })
	return out, err
}

// id is a name in the path.
func (c *call) id(name string) vigia.ID { return vigia.ID(c.r.PathValue(name)) }

func (s *Server) listAuthorisations(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.Authorisation, error) { return r.Authorisations() })
}

func (s *Server) grantAuthorisation(c *call) (any, error) {
	var in struct {
		ID               vigia.ID      `json:"id"`
		Title            string        `json:"title"`
		Purpose          vigia.Purpose `json:"purpose"`
		HostReference    string        `json:"host_reference"`
		PartnerReference string        `json:"partner_reference"`
		Volume           geo.Volume    `json:"volume"`
		From             time.Time     `json:"from"`
		Until            time.Time     `json:"until"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	a := vigia.Authorisation{
		ID: in.ID, Title: in.Title, Purpose: in.Purpose, HostReference: in.HostReference, PartnerReference: in.PartnerReference,
		Volume: in.Volume, From: in.From.UTC(), Until: in.Until.UTC(),
	}
	if err := s.Task.Grant(c.r.Context(), c.user, a); err != nil {
		return nil, err
	}
	return view(s, c, func(r store.Reader) (vigia.Authorisation, error) { return r.Authorisation(a.ID) })
}

func (s *Server) listFlights(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.Flight, error) { return r.Flights() })
}

func (s *Server) registerFlight(c *call) (any, error) {
	var in struct {
		ID            vigia.ID      `json:"id"`
		Authorisation vigia.ID      `json:"authorisation"`
		Purpose       vigia.Purpose `json:"purpose"`
		Aircraft      string        `json:"aircraft"`
		Chemical      string        `json:"chemical"`
		GroundM       float64       `json:"ground_m"`
		GeoidM        float64       `json:"geoid_m"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	f := vigia.Flight{
		ID: in.ID, Authorisation: in.Authorisation, Purpose: in.Purpose, Aircraft: in.Aircraft, Chemical: in.Chemical, GroundM: in.GroundM, GeoidM: in.GeoidM,
	}
	if err := s.Task.Register(c.r.Context(), c.user, f); err != nil {
		return nil, err
	}
	return view(s, c, func(r store.Reader) (vigia.Flight, error) { return r.Flight(f.ID) })
}

func (s *Server) endFlight(c *call) (any, error) {
	if err := s.Task.End(c.r.Context(), c.user, c.id("flight")); err != nil {
		return nil, err
	}
	return view(s, c, func(r store.Reader) (vigia.Flight, error) { return r.Flight(c.id("flight")) })
}

// request reads what every upload has in common.
func (c *call) request() (ingest.Request, error) {
	req := ingest.Request{Flight: c.id("flight"), Name: c.r.URL.Query().Get("name"), Body: c.r.Body}
	if req.Name == "" {
		req.Name = "body"
	}
	origin := c.r.URL.Query().Get("origin")
	if origin == "" {
		return req, nil
	}
	p, err := ParseOrigin(origin)
	req.Frame = &geo.Frame{Origin: p}
	return req, err
}

// ParseOrigin reads LAT,LON or LAT,LON,ALT in degrees and metres.
func ParseOrigin(s string) (geo.Point, error) {
	var n [3]float64
	parts := strings.Split(s, ",")
	if len(parts) < 2 || len(parts) > 3 {
		return geo.Point{}, vigia.Errorf(vigia.Invalid, "the origin %q is not LAT,LON or LAT,LON,ALT", s)
	}
	for i, part := range parts {
		f, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return geo.Point{}, vigia.Errorf(vigia.Invalid, "the origin %q is not LAT,LON or LAT,LON,ALT", s)
		}
		n[i] = f
	}
	p := geo.Point{Lat: n[0], Lon: n[1], Alt: n[2]}
	if err := p.Valid(); err != nil {
		return p, vigia.Errorf(vigia.Invalid, "the origin: %v", err)
	}
	return p, nil
}

func (s *Server) sendObservations(c *call) (any, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	return s.Ingest.Observations(c.r.Context(), req)
}

func (s *Server) sendWind(c *call) (any, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	return s.Ingest.Winds(c.r.Context(), req)
}

func (s *Server) sendGround(c *call) (any, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	return s.Ingest.Ground(c.r.Context(), req)
}

func (s *Server) listSources(*call) (any, error) { return s.Ingest.Sources(), nil }

func (s *Server) sendBuildings(c *call) (any, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	return s.Ingest.Buildings(c.r.Context(), req)
}

// maxPath is how many readings a path has at most.
const maxPath = 5000

type pathPoint struct {
	Time   time.Time  `json:"time"`
	Lon    float64    `json:"lon_deg"`
	Lat    float64    `json:"lat_deg"`
	Value  float64    `json:"value"`
	Sensor string     `json:"sensor"`
	Kind   vigia.Kind `json:"kind"`
}

// flightPath gives a flight's readings; where there are too many, the largest
// of each equal part of the time, so that no peak is lost.
func (s *Server) flightPath(c *call) (any, error) {
	f := store.ObservationFilter{Flight: c.id("flight")}
	if after := c.r.URL.Query().Get("after"); after != "" {
		t, err := time.Parse(time.RFC3339Nano, after)
		if err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "after is not a time as in RFC 3339: %q", after)
		}
		f.From = t.Add(time.Microsecond)
	}
	readings, err := view(s, c, func(r store.Reader) ([]vigia.Observation, error) {
		if _, err := r.Flight(f.Flight); err != nil {
			return nil, err
		}
		return r.Observations(f)
	})
	if err != nil {
		return nil, err
	}
	points := []pathPoint{}
	for _, o := range thin(readings, maxPath) {
		m := o.Middle()
		points = append(points, pathPoint{o.Time, m.Lon, m.Lat, o.Value, o.Sensor, o.Kind})
	}
	return map[string]any{"points": points}, nil
}

// proposal answers the next flight over what a flight left open.
func (s *Server) proposal(c *call) (any, error) {
	o := task.DefaultOffer
	for _, n := range []struct {
		name     string
		value    *float64
		required bool
	}{{"wind_from_deg", &o.WindFromDeg, true}, {"lowest_m", &o.LowestM, false}, {"speed_mps", &o.SpeedMPS, false}, {"endurance_s", &o.EnduranceS, false}} {
		text := c.r.URL.Query().Get(n.name)
		if text == "" && !n.required {
			continue
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, vigia.Errorf(vigia.Invalid, "%s is no number: %q", n.name, text)
		}
		*n.value = x
	}
	return s.Task.Propose(c.r.Context(), c.id("flight"), o)
}

// thin keeps at most n readings, the largest of each part of the time.
func thin(readings []vigia.Observation, n int) []vigia.Observation {
	if len(readings) <= n {
		return readings
	}
	first := readings[0].Time
	span := readings[len(readings)-1].Time.Sub(first)
	var kept []vigia.Observation
	part := -1
	for _, o := range readings {
		p := 0
		if span > 0 {
			p = min(n-1, int(float64(n)*float64(o.Time.Sub(first))/float64(span)))
		}
		switch {
		case p != part:
			kept, part = append(kept, o), p
		case o.Value > kept[len(kept)-1].Value:
			kept[len(kept)-1] = o
		}
	}
	return kept
}

func (s *Server) listBuildings(c *call) (any, error) {
	var b [4]float64
	parts := strings.Split(c.r.URL.Query().Get("bbox"), ",")
	for i := range b {
		var err error
		if len(parts) != 4 {
			return nil, vigia.Errorf(vigia.Invalid, "bbox is west,south,east,north in degrees")
		}
		if b[i], err = strconv.ParseFloat(parts[i], 64); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "bbox is west,south,east,north in degrees: %q is not a number", parts[i])
		}
	}
	const most = 20_000
	found, err := view(s, c, func(r store.Reader) ([]vigia.Building, error) {
		return r.BuildingsIn(b[0], b[1], b[2], b[3], most)
	})
	if err != nil {
		return nil, err
	}
	features := []any{}
	for _, g := range found {
		features = append(features, map[string]any{"type": "Feature", "id": g.ID, "properties": map[string]any{}, "geometry": g.Footprint})
	}
	body, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
	return text{"application/geo+json", body}, err
}
