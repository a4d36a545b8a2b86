package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/video"
	"github.com/vigia-project/vigia/store"
)

// The most that one answer holds.
const (
	maxReel  = 1800 // segments, an hour of two seconds each
	maxLooks = 20000
)

func (s *Server) listVideo(*call) (any, error) {
	if s.Video == nil {
		return []video.Source{}, nil
	}
	return s.Video.Sources(), nil
}

// library is where video is, if it is kept.
func (s *Server) library(c *call) (*video.Library, error) {
	if s.Video == nil {
		return nil, vigia.Errorf(vigia.NotFound, "no video of the flight %q is kept", c.id("flight"))
	}
	return s.Video, nil
}

// playlist answers with an HLS playlist of what a source recorded last.
func (s *Server) playlist(c *call) (any, error) {
	l, err := s.library(c)
	if err != nil {
		return nil, err
	}
	reel, err := l.Reel(c.id("flight"), c.r.URL.Query().Get("source"), maxReel)
	if err != nil {
		return nil, err
	}
	f, err := view(s, c, func(r store.Reader) (vigia.Flight, error) { return r.Flight(c.id("flight")) })
	if err != nil {
		return nil, err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return text{"application/vnd.apple.mpegurl", reel.Playlist(f.Ended)}, nil
}

// segment answers with a piece of a transport stream.
func (s *Server) segment(c *call) (any, error) {
	l, err := s.library(c)
	if err != nil {
		return nil, err
	}
	id := strings.TrimSuffix(string(c.id("segment")), ".ts") // players look at a name's end
	b, err := l.Bytes(c.r.Context(), c.id("flight"), vigia.ID(id))
	if err != nil {
		return nil, err
	}
	c.w.Header().Set("Cache-Control", "private, max-age=3600, immutable") // it is named by its hash
	return text{"video/mp2t", b}, nil
}

// looks answers where the sensor looked while the video was taken.
func (s *Server) looks(c *call) (any, error) {
	l, err := s.library(c)
	if err != nil {
		return nil, err
	}
	q := c.r.URL.Query()
	from, err := moment(q.Get("from"), "from", time.Unix(0, 0))
	if err != nil {
		return nil, err
	}
	until, err := moment(q.Get("until"), "until", time.Unix(math.MaxInt32, 0))
	if err != nil {
		return nil, err
	}
	return l.Looks(c.id("flight"), q.Get("source"), from, until, maxLooks)
}

func moment(s, name string, otherwise time.Time) (time.Time, error) {
	if s == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, vigia.Errorf(vigia.Invalid, "%s: %s is no time such as 2026-03-01T12:00:00Z", name, strconv.Quote(s))
	}
	return t, nil
}
