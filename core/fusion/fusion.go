// Package fusion joins what single flights say into sites: pure rules from
// evidence to a place that several looks agree on.
//
// A flight's posterior holds sources. Each becomes one piece of evidence of one
// site; a site holds at most one piece of a flight. What a site says (place,
// rate, buildings) is computed from its evidence alone, in the order of the
// flights' names, so that the order in which flights arrive does not matter.
package fusion

import (
	"bytes"
	"encoding/json"
	"math"
	"sort"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// floorM is how near two places are the same site whatever their ellipses say,
// metres: an ellipse holds what the model knows of its error, and no flight
// knows its own position, the wind over the roofs or the vent better than this.
const floorM = 25

// gate is how far apart two places may be and be the same site: the 95 % point
// of chi-squared with two degrees of freedom, of the squared Mahalanobis
// distance in the sum of both covariances.
const gate = 5.991

// Fuse joins the sources of posterior p with the sites already known and
// returns the sites whose content changed, by ID, each one version on. sites
// are those of p's chemical that could be concerned (those of another chemical
// are passed over); they are not altered.
//
//   - Evidence of p's flight is replaced: what p no longer supports is removed,
//     and a site that is left without evidence becomes Withdrawn and is kept.
//   - A source joins the site that holds evidence of the same flight if that is
//     within the gate, else the nearest within it, one to one; else it founds one.
//   - A posterior most of whose probability is on no source supports nothing.
//   - Evidence of a flight that other evidence of the site already holds (With) is
//     kept and not counted: nothing is believed twice.
//   - A posterior that rests on less time than the flight's evidence already
//     does is late, and one that is already joined is a repeat: both change nothing.
func Fuse(sites []vigia.Site, p vigia.Posterior) (changed []vigia.Site) {
	var held []vigia.Site
	for _, s := range sites {
		if s.Chemical != p.Chemical {
			continue
		}
		for _, e := range s.Evidence {
			if e.Posterior == p.ID || e.Flight == p.Flight && e.AsOf.After(p.AsOf) {
				return nil
			}
		}
		held = append(held, s)
	}
	sort.Slice(held, func(i, j int) bool { return held[i].ID < held[j].ID })

	sources := p.Sources
	if !present(p) {
		sources = nil
	}
	joined := match(held, sources, p.Flight)
	for j, s := range held {
		next := without(s, p.Flight)
		for i, k := range joined {
			if k == j {
				next.Evidence = append(next.Evidence, evidence(p, i))
			}
		}
		next = settle(next)
		if !same(s, next) {
			next.Version = s.Version + 1
			changed = append(changed, next)
		}
	}
	for i, k := range joined {
		if k < 0 {
			s := settle(vigia.Site{
				ID: vigia.NewID("site", p.ID, i), Chemical: p.Chemical,
				Evidence: []vigia.Evidence{evidence(p, i)},
			})
			s.Version = 1
			changed = append(changed, s)
		}
	}
	sort.Slice(changed, func(i, j int) bool { return changed[i].ID < changed[j].ID })
	return changed
}

// present tells whether some number of sources is more probable than none.
func present(p vigia.Posterior) bool {
	return len(p.CountProbability) == 0 || p.CountProbability[0] < 0.5
}

// match pairs each source with a site's index, or -1: nearest first, those that
// hold evidence of the same flight before all others, one to one.
func match(sites []vigia.Site, sources []vigia.Source, flight vigia.ID) []int {
	type pair struct {
		source, site int
		other        bool // the site holds nothing of this flight
		d2           float64
	}
	var pairs []pair
	for i, src := range sources {
		for j, site := range sites {
			at, ellipse, other := site.At, site.Ellipse, true
			for _, e := range site.Evidence {
				if e.Flight == flight {
					other = false
				}
			}
			d2, metres := separation(src.At, src.Ellipse, at, ellipse)
			if d2 <= gate || metres <= floorM {
				pairs = append(pairs, pair{i, j, other, d2})
			}
		}
	}
	sort.Slice(pairs, func(a, b int) bool {
		p, q := pairs[a], pairs[b]
		switch {
		case p.other != q.other:
			return q.other
		case p.d2 != q.d2:
			return p.d2 < q.d2
		case p.site != q.site:
			return p.site < q.site
		}
		return p.source < q.source
	})
	out := make([]int, len(sources))
	for i := range out {
		out[i] = -1
	}
	taken := map[int]bool{}
	for _, p := range pairs {
		if out[p.source] < 0 && !taken[p.site] {
			out[p.source] = p.site
			taken[p.site] = true
		}
	}
	return out
}

// separation returns the squared Mahalanobis distance between two places in the
// sum of their covariances, and the distance in metres.
func separation(a geo.Point, ea vigia.Ellipse, b geo.Point, eb vigia.Ellipse) (d2, metres float64) {
	a.Alt, b.Alt = 0, 0 // a site is a place on the map
	l := geo.Frame{Origin: a}.ToLocal(b)
	d2 = covariance(ea).plus(covariance(eb)).inverse().quadratic(l.X, l.Y)
	return d2, math.Hypot(l.X, l.Y)
}

// without is the site less the evidence of a flight. The slice is its own.
func without(s vigia.Site, flight vigia.ID) vigia.Site {
	kept := make([]vigia.Evidence, 0, len(s.Evidence)+1)
	for _, e := range s.Evidence {
		if e.Flight != flight {
			kept = append(kept, e)
		}
	}
	s.Evidence = kept
	return s
}

// evidence is what source i of a posterior adds to a site.
func evidence(p vigia.Posterior, i int) vigia.Evidence {
	src := p.Sources[i]
	e := vigia.Evidence{
		Flight: p.Flight, Posterior: p.ID, Index: i, AsOf: p.AsOf, With: p.With, Source: src, Present: 1,
		Buildings: src.Buildings, Elsewhere: src.Elsewhere,
	}
	if len(p.CountProbability) > 0 {
		e.Present = 1 - p.CountProbability[0]
	}
	if len(src.Buildings) == 0 && len(p.Sources) == 1 {
		e.Buildings, e.Elsewhere = p.Buildings, p.Elsewhere
	}
	return e
}

// same tells whether two states of a site have the same content, versions aside.
func same(a, b vigia.Site) bool {
	a.Version, b.Version = 0, 0
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
