package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/visit"
	"github.com/vigia-project/vigia/wire/plain"
)

type visitsCmd struct {
	Tracks   string  `help:"Tracks, CSV (docs/formats/tracks.md)." required:"" type:"existingfile"`
	Sites    string  `help:"Watched places, GeoJSON polygons with ids, in the tracks' local metres." type:"existingfile"`
	Shortest float64 `help:"Seconds; a shorter stay is none." default:"15"`
	Output   string  `help:"Write the visits to this file." short:"o" placeholder:"FILE"`
	JSON     bool    `help:"Write a summary in JSON for machines; needs -o." name:"json"`
}

// Help is the page behind --help.
func (visitsCmd) Help() string {
	return `Finds where tracks stopped, for how long, and at whose site, from plain files
alone. Arrival and departure have a standard deviation; a stay that had begun
when the track begins, or goes on at its end, is marked as censored.

    vigia visits --tracks tracks.csv --sites sites.geojson -o visits.csv`
}

// visited is what a run did.
type visited struct {
	Tracks   int `json:"tracks"`
	Visits   int `json:"visits"`
	AtSites  int `json:"at_sites"`
	Censored int `json:"censored"`
}

// Run finds and writes.
func (c visitsCmd) Run(ctx context.Context, io std) error {
	if c.JSON && c.Output == "" {
		return vigia.Errorf(vigia.Invalid, "--json needs -o: the visits go to standard output otherwise")
	}
	records, err := readTracks(io, c.Tracks)
	if err != nil {
		return err
	}
	sites, err := c.sites(io)
	if err != nil {
		return err
	}
	var did visited
	err = output(io, c.Output, func(out ioWriter) error {
		w := plain.NewVisitWriter(out)
		if err := c.write(ctx, w, records, sites, &did); err != nil {
			return err
		}
		return w.Flush()
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, did)
	}
	_, err = fmt.Fprintf(io.err, "%d tracks; %d stays, %d at a site; %d of them began before or end after the track\n",
		did.Tracks, did.Visits, did.AtSites, did.Censored)
	return err
}

func (c visitsCmd) write(ctx context.Context, w *plain.VisitWriter, records []plain.TrackRecord, sites []visit.Site, did *visited) error {
	samples, class := map[string][]visit.Sample{}, map[string]string{}
	var order []string
	for _, r := range records {
		s := visit.Sample{Time: r.Seconds, X: r.X, Y: r.Y}
		if p := r.Covariance; p != nil {
			s.Sigma = deviation(p[0], p[2])
		}
		if _, ok := samples[r.ID]; !ok {
			order = append(order, r.ID)
		}
		samples[r.ID] = append(samples[r.ID], s)
		if r.Class != "" { // the tracker's: the one most often reported so far
			class[r.ID] = r.Class
		}
	}
	for _, id := range order {
		if err := ctx.Err(); err != nil {
			return err
		}
		stops, err := visit.Stops(inOrder(samples[id]), visit.Options{Shortest: c.Shortest})
		if err != nil {
			return err
		}
		did.Tracks++
		for _, s := range stops {
			site, p := visit.Assign(s, sites)
			r := plain.VisitRecord{Track: id, Arrive: s.Arrive, Depart: s.Depart, X: s.X, Y: s.Y, ArriveSD: s.ArriveSD, DepartSD: s.DepartSD,
				Site: string(site), SiteProbability: p, ApproachDeg: s.Approach, Censored: censored(s), Class: class[id]}
			did.Visits++
			if site != "" {
				did.AtSites++
			}
			if r.Censored != "" {
				did.Censored++
			}
			if err := w.Write(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func censored(s visit.Stop) string {
	switch {
	case s.ArrivedBefore && s.DepartsAfter:
		return "both"
	case s.ArrivedBefore:
		return "start"
	case s.DepartsAfter:
		return "end"
	}
	return ""
}

// sites reads polygons in local metres.
func (c visitsCmd) sites(io std) ([]visit.Site, error) {
	if c.Sites == "" {
		return nil, nil
	}
	f, err := os.Open(c.Sites)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	file, err := plain.ReadBuildings(f, plain.Options{Name: c.Sites, Frame: &nowhere})
	if err != nil {
		return nil, err
	}
	if !file.Local {
		return nil, vigia.Errorf(vigia.Invalid, "%s is not in local metres, as the tracks are: it needs \"vigia:frame\": \"local\"", c.Sites)
	}
	for _, e := range file.Errors {
		fmt.Fprintln(io.err, e)
	}
	warn(io, c.Sites, file.Warnings)
	var out []visit.Site
	for _, r := range file.Records {
		out = append(out, visit.Site{ID: r.Building.ID, Area: r.Local})
	}
	return out, nil
}

// inOrder sorts samples by time and keeps the first of one time.
func inOrder(s []visit.Sample) []visit.Sample {
	slices.SortStableFunc(s, func(a, b visit.Sample) int { return cmp.Compare(a.Time, b.Time) })
	return slices.CompactFunc(s, func(a, b visit.Sample) bool { return a.Time == b.Time })
}

// deviation is the root mean of two variances.
func deviation(xx, yy float64) float64 { return math.Sqrt((xx + yy) / 2) }
