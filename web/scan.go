package web

import (
	"math"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/store"
)

// sendScans takes a whole cube in three parts, or scan lines as they come.
func (s *Server) sendScans(c *call) (any, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	kind, with, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return s.Ingest.ScanLines(c.r.Context(), req)
	}
	q := c.r.URL.Query()
	scan := ingest.ScanRequest{Request: req, Cube: vigia.Cube{Sensor: "imager"}}
	if q.Has("sensor") {
		scan.Cube.Sensor = q.Get("sensor")
	}
	for name, dst := range map[string]*float64{"field_of_view_deg": &scan.Cube.FieldOfViewDeg, "air_mass": &scan.Cube.AirMass} {
		if !q.Has(name) {
			continue
		}
		if *dst, err = strconv.ParseFloat(q.Get(name), 64); err != nil || math.IsNaN(*dst) {
			return nil, vigia.Errorf(vigia.Invalid, "%s is a number: %q", name, q.Get(name))
		}
	}
	if q.Get("look_for") != "" {
		scan.Cube.LookFor = strings.Split(q.Get("look_for"), ",")
	}
	return s.Ingest.Cube(c.r.Context(), scan, multipart.NewReader(c.r.Body, with["boundary"]))
}

func (s *Server) listPlumes(c *call) (any, error) {
	n, err := c.limit()
	if err != nil {
		return nil, err
	}
	return view(s, c, func(r store.Reader) ([]vigia.Plume, error) {
		return r.Plumes(store.PlumeFilter{Flight: c.ofFlight(), Limit: n})
	})
}

// plumeFeatures are the outlines of plumes.
func plumeFeatures(r store.Reader) ([]feature, error) {
	found, err := r.Plumes(store.PlumeFilter{})
	var out []feature
	for _, p := range found {
		out = append(out, feature{"Feature", string(p.ID), p.Outline, map[string]any{
			"flight": p.Flight, "sensor": p.Sensor, "chemical": p.Chemical, "probability": probabilityOf(p),
			"from": p.From, "to": p.To, "pixels": p.Pixels, "area_m2": p.AreaM2, "score": p.Score,
			"peak_ppm_m": p.PeakPPMM, "mean_ppm_m": p.MeanPPMM, "mass_kg": p.MassKg, "mass_sd_kg": p.MassSD,
			"likely_upwind": []float64{p.At.Lon, p.At.Lat},
		}, p.At, p.From, p.To})
	}
	return out, err
}

// probabilityOf is that of the chemical a plume is called by.
func probabilityOf(p vigia.Plume) float64 {
	for _, c := range p.Chemicals {
		if c.Name == p.Chemical {
			return c.Probability
		}
	}
	return 0
}
