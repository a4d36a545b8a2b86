package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/stream"
)

// heartbeat keeps a line open that carries nothing.
const heartbeat = 15 * time.Second

// writePatience is how long a reader may take for one event before it is let
// go; it comes back and resumes by its last id.
const writePatience = 30 * time.Second

// feed writes server-sent events (WHATWG HTML §9.2) to one reader.
type feed struct {
	mu sync.Mutex
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (f *feed) send(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.rc.SetWriteDeadline(time.Now().Add(writePatience)) // not every writer has one
	if _, err := fmt.Fprintf(f.w, format, args...); err != nil {
		return err
	}
	return f.rc.Flush()
}

// beat shows that the line is open until ctx is done, the reader is gone, or
// the server is closing.
func (f *feed) beat(ctx context.Context, cancel func(), closing <-chan struct{}) {
	defer cancel()
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-closing:
			return
		case <-tick.C:
			if f.send("event: alive\ndata: {}\n\n") != nil {
				return
			}
		}
	}
}

// openFeed tells the page that the line is open, and keeps it so until ctx is
// done, the reader is gone or the server is closing.
func (s *Server) openFeed(c *call) (*feed, context.Context, context.CancelFunc, error) {
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy that buffers makes it late
	c.w.WriteHeader(http.StatusOK)
	f := &feed{w: c.w, rc: http.NewResponseController(c.w)}
	if err := f.send("event: alive\ndata: {}\n\n"); err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithCancel(c.r.Context())
	go f.beat(ctx, cancel, s.Closing)
	return f, ctx, cancel, nil
}

// events hands the facts to a page as they are announced. It resumes by
// Last-Event-ID (or after), which is a place in the stream.
func (s *Server) events(c *call) (any, error) {
	from, err := s.firstEvent(c)
	if err != nil {
		return nil, err
	}
	f, ctx, cancel, err := s.openFeed(c)
	if err != nil {
		return nil, errWritten
	}
	defer cancel()
	err = s.Stream.Follow(ctx, subjectsFor(c.user.Role), from, func(_ context.Context, m stream.Message) error {
		data, ok := cutFor(c.user.Role, m.Data)
		if !ok {
			return nil
		}
		return f.send("id: %d\nevent: %s\ndata: %s\n\n", m.Seq, m.Subject, data)
	})
	if err != nil && ctx.Err() == nil {
		s.Log.Debug("a reader of events is gone", "error", err)
	}
	return nil, errWritten
}

// firstEvent is the place to begin at: behind the last event that the page has,
// or behind the last there is. It is found before the page is told that the
// line is open, so that what happens while it reads its lists is not missed.
func (s *Server) firstEvent(c *call) (uint64, error) {
	text := c.r.Header.Get("Last-Event-ID")
	if text == "" {
		text = c.r.URL.Query().Get("after")
	}
	if text == "" {
		last, err := s.Stream.Last(c.r.Context(), stream.Facts)
		return last + 1, err
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, vigia.Errorf(vigia.Invalid, "the last event's id is a number, not %q", text)
	}
	return n + 1, nil
}

// subjectsFor is what a role may follow.
func subjectsFor(role vigia.Role) []string {
	if role == vigia.Partner {
		return []string{stream.LeadReleased, stream.LeadAcknowledged, stream.LeadClosed}
	}
	for _, d := range stream.Definitions() {
		if d.Name == stream.Facts {
			return d.Subjects
		}
	}
	return nil
}

// cutFor is a fact as a role may see it, on one line.
func cutFor(role vigia.Role, data []byte) ([]byte, bool) {
	if role == vigia.Partner {
		var l vigia.Lead
		if json.Unmarshal(data, &l) != nil {
			return nil, false
		}
		p, ok := forPartner(l)
		if !ok {
			return nil, false
		}
		out, err := json.Marshal(p)
		return out, err == nil
	}
	return bytes.ReplaceAll(data, []byte("\n"), []byte(" ")), true
}
