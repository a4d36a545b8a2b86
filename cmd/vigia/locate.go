package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/lang"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/plain"
)

type locateCmd struct {
	Observations []string `help:"Observations, CSV (docs/formats/observations.md). Again for each further flight." required:"" type:"existingfile" sep:"none"`
	Wind         []string `help:"Wind, CSV (docs/formats/wind.md). Again for each further flight." required:"" type:"existingfile" sep:"none"`
	Chemical     string   `help:"What the sensors read." default:"methane"`
	Buildings    string   `help:"Building footprints, GeoJSON." type:"existingfile"`
	Seed         int64    `help:"Seed of the draws: the same seed gives the same answer." default:"1"`
	Explain      bool     `help:"Say which readings carried the answer."`
	JSON         bool     `help:"Write JSON for machines." name:"json"`
	GeoJSON      string   `help:"Write sources, regions and buildings to this file." name:"geojson" placeholder:"FILE"`
	PNG          string   `help:"Draw a map to this file." name:"png" placeholder:"FILE"`
	Lang         string   `help:"Language of the words: en or es." enum:"en,es" default:"en"`
}

// Help is the page behind --help.
func (locateCmd) Help() string {
	return `Works out how many sources there are, where, how strong, and in which building,
from plain files alone. Places in the answer are in the files' own frame: local
metres, or WGS 84.

    vigia locate --observations observations.csv --wind wind.csv --json

Several flights are located together: give each one's files, in any order. What
was read half an hour or more apart is taken for another flight, in another wind.

    vigia locate --observations monday.csv --wind monday-wind.csv \
        --observations friday.csv --wind friday-wind.csv \
        --buildings town.geojson --png map.png`
}

// Run locates and writes.
func (c locateCmd) Run(ctx context.Context, io std) error {
	began := time.Now()
	p, frame, local, err := c.problem(io)
	if err != nil {
		return err
	}
	bar := progress(io.err, 1, "locating", false)
	answer, err := localise.Locate(ctx, p, func(done, total int) {
		bar.ChangeMax(total)
		_ = bar.Set(done)
	})
	_ = bar.Close()
	if err != nil {
		return err
	}
	out := located(answer, frame, local)
	out.Seconds = time.Since(began).Seconds()
	if answer.Wind != localise.From {
		fmt.Fprintf(io.err, "warning: %s: the readings contradict its directions as they stand and agree with them read as %q; find out how they were recorded\n", strings.Join(c.Wind, ", "), answer.Wind)
	}
	if c.GeoJSON != "" {
		if err := writeFile(c.GeoJSON, out.features(p.Buildings, frame, local)); err != nil {
			return err
		}
	}
	if c.PNG != "" {
		if err := writeMap(c.PNG, p, answer, lang.Tag(c.Lang)); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(io.out, out)
	}
	if len(answer.Sources) > 0 && len(p.Buildings) > 0 {
		fmt.Fprintln(io.out, locatedInWords(answer, lang.Tag(c.Lang)))
	}
	if err := out.tell(io.out); err != nil || !c.Explain {
		return err
	}
	for _, e := range answer.Explain {
		if _, err := fmt.Fprintln(io.out, e); err != nil {
			return err
		}
	}
	return nil
}

// locatedInWords says it as a person would.
func locatedInWords(a localise.Answer, tag lang.Tag) string {
	if len(a.Sources) == 0 {
		return lang.None(a.CountProbability[0], tag)
	}
	var out []string
	if n := len(a.Sources); n > 1 {
		out = append(out, lang.Sources(n, tag))
	}
	held := 0.0
	s := a.Sources[0]
	for i := range s.Set90 {
		held += s.Buildings[i].Probability
	}
	return strings.Join(append(out, lang.Houses(len(s.Set90), held, s.Elsewhere, len(s.Buildings) > 0, tag)), " ")
}

// problem reads the files. A record that cannot be read is told and left out.
func (c locateCmd) problem(io std) (p localise.Problem, frame geo.Frame, local bool, err error) {
	p.Seed, p.Workers = c.Seed, runtime.NumCPU()
	if p.Chemical, err = vigia.ChemicalNamed(c.Chemical); err != nil {
		return p, frame, false, err
	}
	for i, name := range c.Observations {
		was := local
		if local, err = readObservations(io, name, &p, &frame); err != nil {
			return p, frame, local, err
		}
		if i > 0 && local != was {
			return p, frame, local, vigia.Errorf(vigia.Invalid, "%s and %s are not in the same frame: both must be local metres or both WGS 84", name, c.Observations[0])
		}
	}
	for _, name := range c.Wind {
		if err = readWinds(io, name, &p); err != nil {
			return p, frame, local, err
		}
	}
	if c.Buildings == "" {
		return p, frame, local, nil
	}
	return p, frame, local, c.readBuildings(io, &p, frame, local)
}

// nowhere is where local metres are put to be read; they are used as they came.
var nowhere = geo.Frame{}

func readObservations(out std, name string, p *localise.Problem, frame *geo.Frame) (local bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return false, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	options := plain.Options{Name: name, Start: epoch, Now: time.Now()}
	r, err := plain.NewObservationReader(f, options)
	if err != nil { // it may be in local metres, which lie in a frame
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return false, vigia.Errorf(vigia.Invalid, "%v", err)
		}
		options.Frame = &nowhere
		if r, err = plain.NewObservationReader(f, options); err != nil {
			return false, err
		}
	}
	local = r.Local()
	for rec, err := range r.All() {
		if !usable(out, err) {
			if vigia.ErrorCode(err) == vigia.Invalid {
				continue
			}
			return local, err
		}
		o := rec.Observation
		reading := localise.Reading{Time: o.Time, Sensor: o.Sensor, Kind: o.Kind, Value: o.Value, Sigma: o.Sigma, Limit: o.Limit, Saturation: o.Saturation}
		if len(p.Observations) == 0 {
			frame.Origin = geo.Point{Lon: o.At.Lon, Lat: o.At.Lat}
		}
		switch {
		case local:
			reading.At = rec.Local.At
			if rec.Local.To != nil {
				reading.To = *rec.Local.To
			}
		default:
			reading.At = frame.ToLocal(o.At)
			if o.To != nil {
				reading.To = frame.ToLocal(*o.To)
			}
		}
		p.Observations = append(p.Observations, reading)
	}
	warn(out, name, r.Warnings())
	return local, nil
}

// epoch is what time_s counts from in a file without dates.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func readWinds(io std, name string, p *localise.Problem) error {
	f, err := os.Open(name)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	r, err := plain.NewWindReader(f, plain.Options{Name: name, Start: epoch, Now: time.Now()})
	if err != nil {
		return err
	}
	for rec, err := range r.All() {
		switch {
		case usable(io, err):
			p.Winds = append(p.Winds, rec.Wind)
		case vigia.ErrorCode(err) != vigia.Invalid:
			return err
		}
	}
	warn(io, name, r.Warnings())
	return nil
}

func (c locateCmd) readBuildings(io std, p *localise.Problem, frame geo.Frame, local bool) error {
	f, err := os.Open(c.Buildings)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	options := plain.Options{Name: c.Buildings}
	if local {
		options.Frame = &nowhere
	}
	file, err := plain.ReadBuildings(f, options)
	if err != nil {
		return err
	}
	if file.Local != local {
		return vigia.Errorf(vigia.Invalid, "%s and %s are not in the same frame: both must be local metres or both WGS 84", c.Buildings, c.Observations[0])
	}
	for _, e := range file.Errors {
		fmt.Fprintln(io.err, e)
	}
	warn(io, c.Buildings, file.Warnings)
	for _, rec := range file.Records {
		footprint := rec.Local
		if !local {
			footprint = frame.PolygonToLocal(rec.Building.Footprint)
		}
		p.Buildings = append(p.Buildings, localise.Building{ID: rec.Building.ID, Footprint: footprint})
	}
	return nil
}

// usable tells whether a record was read, and tells a person when it was not.
func usable(io std, err error) bool {
	if vigia.ErrorCode(err) == vigia.Invalid {
		fmt.Fprintln(io.err, err)
	}
	return err == nil
}

func warn(io std, file string, warnings []string) {
	for _, w := range warnings {
		fmt.Fprintf(io.err, "warning: %s: %s\n", file, w)
	}
}

// locatedOut is the answer as FORMATS has it.
type locatedOut struct {
	Sources          []sourceOut                 `json:"sources"`
	CountProbability []float64                   `json:"count_probability"`
	Buildings        []vigia.BuildingProbability `json:"buildings"`
	Elsewhere        float64                     `json:"elsewhere"`
	Set90            []vigia.ID                  `json:"set90,omitempty"`
	Wind             localise.Convention         `json:"wind_read_as"` // how the wind's directions were taken
	Explain          []localise.Contribution     `json:"explain,omitempty"`
	Method           string                      `json:"method"`
	Seed             int64                       `json:"seed"`
	Readings         int                         `json:"readings"`
	Seconds          float64                     `json:"seconds"`
}

// sourceOut is one source, in local metres or in degrees.
type sourceOut struct {
	X   *float64 `json:"x_m,omitempty"`
	Y   *float64 `json:"y_m,omitempty"`
	Z   *float64 `json:"z_m,omitempty"`
	Lon *float64 `json:"lon_deg,omitempty"`
	Lat *float64 `json:"lat_deg,omitempty"`
	Alt *float64 `json:"alt_m,omitempty"`

	Rate   float64 `json:"rate_kg_h"`
	RateLo float64 `json:"rate_kg_h_lo"`
	RateHi float64 `json:"rate_kg_h_hi"`

	Ellipse  vigia.Ellipse `json:"ellipse"`
	Region50 []geo.Polygon `json:"region50"`
	Region90 []geo.Polygon `json:"region90"`
	Region95 []geo.Polygon `json:"region95"`
}

func located(a localise.Answer, frame geo.Frame, local bool) locatedOut {
	out := locatedOut{
		Sources: []sourceOut{}, CountProbability: a.CountProbability, Buildings: a.Buildings, Elsewhere: a.Elsewhere,
		Set90: a.Set90, Wind: a.Wind, Explain: a.Explain, Method: a.Method, Seed: a.Seed, Readings: a.Readings,
	}
	if out.Buildings == nil {
		out.Buildings = []vigia.BuildingProbability{}
	}
	for _, s := range a.Sources {
		o := sourceOut{
			Rate: s.RateKgH, RateLo: s.RateLo, RateHi: s.RateHi, Ellipse: s.Ellipse,
			Region50: s.Region50, Region90: s.Region90, Region95: s.Region95,
		}
		if local {
			o.X, o.Y, o.Z = &s.X, &s.Y, &s.Z
		} else {
			p := frame.ToPoint(geo.Local{X: s.X, Y: s.Y, Z: s.Z})
			o.Lon, o.Lat, o.Alt = &p.Lon, &p.Lat, &p.Alt
			for _, region := range []*[]geo.Polygon{&o.Region50, &o.Region90, &o.Region95} {
				*region = toEarth(frame, *region)
			}
		}
		out.Sources = append(out.Sources, o)
	}
	return out
}

func toEarth(f geo.Frame, local []geo.Polygon) []geo.Polygon {
	out := make([]geo.Polygon, len(local))
	for i, p := range local {
		out[i] = f.PolygonToWGS84(p)
	}
	return out
}

// tell writes the answer for a person.
func (o locatedOut) tell(w io.Writer) error {
	if len(o.Sources) == 0 {
		_, err := fmt.Fprintf(w, "No source: %.0f %% of the probability, from %d readings.\n", 100*o.CountProbability[0], o.Readings)
		return err
	}
	var errs []error
	say := func(format string, args ...any) {
		_, err := fmt.Fprintf(w, format, args...)
		errs = append(errs, err)
	}
	for i, s := range o.Sources {
		if s.X != nil {
			say("Source %d: x %.1f m, y %.1f m, z %.1f m", i+1, *s.X, *s.Y, *s.Z)
		} else {
			say("Source %d: %.6f° N, %.6f° E", i+1, *s.Lat, *s.Lon)
		}
		say("; %.3g kg/h (95 %%: %.3g to %.3g); 95 %% within %.0f × %.0f m, %.0f° from north\n",
			s.Rate, s.RateLo, s.RateHi, s.Ellipse.SemiMajorM, s.Ellipse.SemiMinorM, s.Ellipse.AzimuthDeg)
	}
	for n, p := range o.CountProbability {
		say("%d sources: %.1f %%\n", n, 100*p)
	}
	for i, b := range o.Buildings {
		if i == 10 {
			say("and %d more buildings\n", len(o.Buildings)-i)
			break
		}
		say("building %s: %.1f %%\n", b.ID, 100*b.Probability)
	}
	if len(o.Buildings) > 0 {
		say("elsewhere: %.1f %%\n", 100*o.Elsewhere)
	}
	say("(%s, %d readings, %.1f s)\n", o.Method, o.Readings, o.Seconds)
	return errors.Join(errs...)
}

// feature is one thing on a map (RFC 7946 §3.2).
type feature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Geometry   any            `json:"geometry"`
}

// features is the answer as a map.
func (o locatedOut) features(buildings []localise.Building, frame geo.Frame, local bool) any {
	var all []feature
	for i, s := range o.Sources {
		at := [2]float64{}
		if local {
			at = [2]float64{*s.X, *s.Y}
		} else {
			at = [2]float64{*s.Lon, *s.Lat}
		}
		all = append(all, feature{"Feature", map[string]any{"source": i + 1, "rate_kg_h": s.Rate},
			map[string]any{"type": "Point", "coordinates": at}})
		for level, region := range map[int][]geo.Polygon{50: s.Region50, 90: s.Region90, 95: s.Region95} {
			for _, p := range region {
				all = append(all, feature{"Feature", map[string]any{"source": i + 1, "region": level}, p})
			}
		}
	}
	footprints := map[vigia.ID]geo.Polygon{}
	for _, b := range buildings {
		footprints[b.ID] = b.Footprint
	}
	for _, b := range o.Buildings {
		p := footprints[b.ID]
		if !local {
			p = frame.PolygonToWGS84(p)
		}
		all = append(all, feature{"Feature", map[string]any{"building": b.ID, "probability": b.Probability}, p})
	}
	out := map[string]any{"type": "FeatureCollection", "features": all}
	if local {
		out["vigia:frame"] = "local"
	}
	return out
}

func writeFile(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
		return vigia.Errorf(vigia.Invalid, "the answer cannot be written: %v", err)
	}
	return nil
}
