package web

import (
	"strconv"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
)

const (
	defaultLimit = 1000
	maxLimit     = 10_000
)

// limit reads the query's limit.
func (c *call) limit() (int, error) {
	text := c.r.URL.Query().Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, vigia.Errorf(vigia.Invalid, "limit is a number from 1 to %d", maxLimit)
	}
	return n, nil
}

// ofFlight reads the query's flight; "" is all.
func (c *call) ofFlight() vigia.ID { return vigia.ID(c.r.URL.Query().Get("flight")) }

func (s *Server) listDetections(c *call) (any, error) {
	n, err := c.limit()
	if err != nil {
		return nil, err
	}
	return view(s, c, func(r store.Reader) ([]vigia.Detection, error) {
		return r.Detections(store.DetectionFilter{Flight: c.ofFlight(), Limit: n})
	})
}

func (s *Server) listPosteriors(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.Posterior, error) { return r.Posteriors(c.ofFlight(), defaultLimit) })
}

func (s *Server) getPosterior(c *call) (any, error) {
	return view(s, c, func(r store.Reader) (vigia.Posterior, error) { return r.Posterior(c.id("posterior")) })
}

func (s *Server) listSites(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.Site, error) { return r.Sites() })
}

func (s *Server) getSite(c *call) (any, error) {
	return view(s, c, func(r store.Reader) (vigia.Site, error) { return r.Site(c.id("site")) })
}

func (s *Server) listSealed(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.Sealed, error) { return r.Sealed() })
}
