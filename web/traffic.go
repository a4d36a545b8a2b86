package web

import (
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/follow"
	"github.com/vigia-project/vigia/store"
)

// times reads the query's from and before; absent is no bound.
func (c *call) times() (from, before time.Time, err error) {
	for name, t := range map[string]*time.Time{"from": &from, "before": &before} {
		text := c.r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		if *t, err = time.Parse(time.RFC3339, text); err != nil {
			return from, before, vigia.Errorf(vigia.Invalid, "%s is a time as 2026-03-01T12:00:00Z, not %q", name, text)
		}
	}
	return from, before, nil
}

func (s *Server) listTracks(c *call) (any, error) {
	n, err := c.limit()
	if err != nil {
		return nil, err
	}
	from, before, err := c.times()
	if err != nil {
		return nil, err
	}
	return view(s, c, func(r store.Reader) ([]vigia.Picture, error) {
		return r.Pictures(store.TrafficFilter{Flight: c.ofFlight(), From: from, Before: before, Limit: n})
	})
}

func (s *Server) listSiteVisits(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.Visit, error) {
		site, err := r.Site(c.id("site"))
		if err != nil {
			return nil, err
		}
		return follow.Visits(r, site)
	})
}

func (s *Server) getSiteRhythm(c *call) (any, error) {
	return view(s, c, func(r store.Reader) (vigia.Rhythm, error) {
		site, err := r.Site(c.id("site"))
		if err != nil {
			return vigia.Rhythm{}, err
		}
		return follow.Rhythm(r, site)
	})
}
