package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
	_ "time/tzdata" // zones, on a machine that has none

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/visit"
	"github.com/vigia-project/vigia/service/follow"
	"github.com/vigia-project/vigia/wire/plain"
)

type rhythmCmd struct {
	Visits   string    `help:"Visits, CSV (docs/formats/visits.md)." arg:"" type:"existingfile"`
	Watches  string    `help:"When somebody looked, CSV: from_s, to_s. Without it, from the first arrival to the last departure." type:"existingfile"`
	Site     string    `help:"Only the visits to this site; without it, each site of the file."`
	Start    time.Time `help:"What the file counts its seconds from, as 2026-03-01T00:00:00Z." default:"1970-01-01T00:00:00Z" format:"2006-01-02T15:04:05Z07:00"`
	Zone     string    `help:"Zone that days and hours are counted in, as America/Bogota." default:"UTC"`
	Chance   float64   `help:"Most probable by chance that a pattern may be and still be told." default:"0.05"`
	Language string    `help:"en or es." enum:"en,es" default:"en"`
	SVG      string    `help:"Draw the hours of the week to this file; needs --site where the file has several." name:"svg" placeholder:"FILE" type:"path"`
	JSON     bool      `help:"Write JSON for machines." name:"json"`
}

// Help is the page behind --help.
func (rhythmCmd) Help() string {
	return `Tells what comes and goes at a site: visits that come again and again, what comes
soon behind what, times in which more or fewer came than the site's own hours and
days explain, and what looks as loading does: stays far longer than the others, and
short stops of one class in a row. Each sentence has its numbers, and the probability that chance
does as much. An hour that nobody watched counts neither as busy nor as quiet.

    vigia visits --tracks tracks.csv --sites sites.geojson -o visits.csv
    vigia rhythm visits.csv --watches watches.csv --start 2026-03-01T00:00:00Z`
}

// Run reads, learns and tells.
func (c rhythmCmd) Run(ctx context.Context, io std) error {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "no zone is called %q", c.Zone)
	}
	visits, err := c.visits(io)
	if err != nil {
		return err
	}
	watches, err := c.watches(io, visits)
	if err != nil {
		return err
	}
	sites := sitesOf(visits)
	if c.Site != "" {
		if !slices.Contains(sites, c.Site) {
			return vigia.Errorf(vigia.NotFound, "no visit of %s is to the site %q", c.Visits, c.Site)
		}
		sites = []string{c.Site}
	}
	if c.SVG != "" && len(sites) != 1 {
		return vigia.Errorf(vigia.Invalid, "%s has %d sites: --svg draws one, named by --site", c.Visits, len(sites))
	}
	var all []vigia.Rhythm
	for _, site := range sites {
		if err := ctx.Err(); err != nil {
			return err
		}
		came, options := c.arrivals(visits, site), visit.RhythmOptions{Chance: c.Chance, Zone: zone}
		r := visit.RhythmOf(came, watches, options)
		r.Site, r.Loading = vigia.ID(site), visit.Loading(came, watches, options)
		follow.Say(&r)
		all = append(all, r)
	}
	if c.SVG != "" {
		if err := os.WriteFile(c.SVG, weekSVG(all[0]), 0o644); err != nil {
			return vigia.Errorf(vigia.Invalid, "the picture cannot be written: %v", err)
		}
	}
	if c.JSON {
		return writeJSON(io.out, all)
	}
	for _, r := range all {
		if err := c.tell(io.out, r); err != nil {
			return err
		}
	}
	return nil
}

// tell writes a rhythm for people.
func (c rhythmCmd) tell(out io.Writer, r vigia.Rhythm) error {
	name := string(r.Site)
	if name == "" {
		name = "—"
	}
	head, nothing := "%s: %d visits in %.1f watched hours.\n", "Nothing comes again and again, as far as that shows.\n"
	if c.Language == "es" {
		head, nothing = "%s: %d visitas en %.1f horas vigiladas.\n", "Nada se repite, hasta donde se puede ver.\n"
	}
	if _, err := fmt.Fprintf(out, head, name, r.Visits, r.Watched); err != nil {
		return err
	}
	var words []vigia.Words
	for _, p := range r.Recurring {
		words = append(words, p.Sentences)
	}
	for _, p := range r.Together {
		words = append(words, p.Sentences)
	}
	for _, p := range r.Unusual {
		words = append(words, p.Sentences)
	}
	for _, p := range r.Loading {
		words = append(words, p.Sentences)
	}
	for _, w := range words {
		s := w.English
		if c.Language == "es" {
			s = w.Spanish
		}
		if _, err := fmt.Fprintln(out, "  "+s); err != nil {
			return err
		}
	}
	if len(words) == 0 {
		_, err := fmt.Fprint(out, "  "+nothing)
		return err
	}
	return nil
}

func (c rhythmCmd) visits(io std) ([]plain.VisitRecord, error) {
	f, err := os.Open(c.Visits)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	r, err := plain.NewVisitReader(f, plain.Options{Name: c.Visits})
	if err != nil {
		return nil, err
	}
	var out []plain.VisitRecord
	for rec, err := range r.All() {
		switch {
		case usable(io, err):
			out = append(out, rec)
		case vigia.ErrorCode(err) != vigia.Invalid:
			return nil, err
		}
	}
	warn(io, c.Visits, r.Warnings())
	if len(out) == 0 {
		return nil, vigia.Errorf(vigia.Invalid, "%s holds no visit", c.Visits)
	}
	return out, nil
}

// watches reads when somebody looked.
func (c rhythmCmd) watches(io std, visits []plain.VisitRecord) ([]visit.Watch, error) {
	if c.Watches == "" {
		w := visit.Watch{From: c.at(visits[0].Arrive), To: c.at(visits[0].Depart)}
		for _, v := range visits {
			if t := c.at(v.Arrive); t.Before(w.From) {
				w.From = t
			}
			if t := c.at(v.Depart); t.After(w.To) {
				w.To = t
			}
		}
		fmt.Fprintf(io.err, "warning: no --watches: all of %s to %s counts as watched\n", w.From.Format(time.RFC3339), w.To.Format(time.RFC3339))
		return []visit.Watch{w}, nil
	}
	f, err := os.Open(c.Watches)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	r, err := plain.NewWatchReader(f, plain.Options{Name: c.Watches})
	if err != nil {
		return nil, err
	}
	var out []visit.Watch
	for rec, err := range r.All() {
		switch {
		case usable(io, err):
			out = append(out, visit.Watch{From: c.at(rec.From), To: c.at(rec.To)})
		case vigia.ErrorCode(err) != vigia.Invalid:
			return nil, err
		}
	}
	warn(io, c.Watches, r.Warnings())
	return out, nil
}

// at is the time that the file counts as seconds.
func (c rhythmCmd) at(seconds float64) time.Time {
	whole := int64(seconds)
	return c.Start.Add(time.Duration(whole) * time.Second).Add(time.Duration((seconds - float64(whole)) * float64(time.Second)))
}

// arrivals are the visits to one site whose arrival was seen.
func (c rhythmCmd) arrivals(visits []plain.VisitRecord, site string) []visit.Arrival {
	var out []visit.Arrival
	for _, v := range visits {
		if v.Site != site || v.Censored == "start" || v.Censored == "both" {
			continue
		}
		a := visit.Arrival{At: c.at(v.Arrive), Class: v.Class}
		if v.Censored == "" {
			a.Dwell = c.at(v.Depart).Sub(a.At)
		}
		out = append(out, a)
	}
	return out
}

// sitesOf are the sites of visits, in order of their names.
func sitesOf(visits []plain.VisitRecord) []string {
	var out []string
	for _, v := range visits {
		out = append(out, v.Site)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
