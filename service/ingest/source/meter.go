package source

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vigia-project/vigia"
)

// A State says how a link is.
type State string

// The states.
const (
	Connecting State = "connecting"
	Up         State = "up"     // bytes can come
	Broken     State = "broken" // it will be made again
	Ended      State = "ended"  // all was read
	Stopped    State = "stopped"
)

// A Status is what is known of a source. Counts are since the start.
type Status struct {
	Name   string   `json:"name"`
	Link   string   `json:"link"` // the address without user and password
	Format string   `json:"format"`
	Flight vigia.ID `json:"flight"`

	State State     `json:"state"`
	Since time.Time `json:"since"`

	Bytes    uint64 `json:"bytes"`
	Accepted uint64 `json:"accepted"` // records on disk
	Sealed   uint64 `json:"sealed"`   // records that the authorisation does not cover
	Repeated uint64 `json:"repeated"` // records that had come before
	Bad      uint64 `json:"bad"`      // packets and records that cannot be used
	Lost     uint64 `json:"lost"`     // packets that did not come, or were dropped here

	BytesPerSecond   float64 `json:"bytes_per_second"`   // over the last ten seconds
	RecordsPerSecond float64 `json:"records_per_second"` // over the last ten seconds
	LagSeconds       float64 `json:"lag_seconds"`        // from the time of the last record to its coming; 0 without one

	LastRecord  *time.Time `json:"last_record,omitempty"` // the time that it tells
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
}

// window is over how many seconds a rate is told.
const window = 10

// A Meter counts what becomes of a source's bytes. All methods may be called at
// the same time.
type Meter struct {
	bytes, accepted, sealed, repeated, bad, lost atomic.Uint64

	mu         sync.Mutex
	status     Status
	buckets    [window + 1]bucket
	reported   uint64 // of bad, that a line of the log has told
	reportedAt time.Time
	address    net.Addr
}

type bucket struct {
	second         int64
	bytes, records uint64
}

// NewMeter makes the meter of a source.
func NewMeter(c Config) *Meter {
	return &Meter{status: Status{Name: c.Name, Link: redacted(c.URL), Format: c.Format, Flight: c.Flight, State: Stopped}}
}

func (m *Meter) state(now time.Time, s State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status.State != s {
		m.status.State, m.status.Since = s, now.UTC()
	}
}

func (m *Meter) bucket(now time.Time) *bucket {
	second := now.Unix()
	b := &m.buckets[second%int64(len(m.buckets))]
	if b.second != second {
		*b = bucket{second: second}
	}
	return b
}

// received counts bytes.
func (m *Meter) received(now time.Time, n int) {
	m.bytes.Add(uint64(n))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bucket(now).bytes += uint64(n)
}

// Accepted counts records that are on disk; last is the time of the latest. It
// and its like may be called on nil, which counts nothing.
func (m *Meter) Accepted(now time.Time, n int, last time.Time) {
	if m == nil {
		return
	}
	m.accepted.Add(uint64(n))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bucket(now).records += uint64(n)
	if !last.IsZero() {
		last = last.UTC()
		m.status.LastRecord = &last
		m.status.LagSeconds = now.Sub(last).Seconds()
	}
}

// Sealed counts records that the authorisation does not cover.
func (m *Meter) Sealed(n int) {
	if m != nil {
		m.sealed.Add(uint64(n))
	}
}

// Repeated counts records that had come before.
func (m *Meter) Repeated(n int) {
	if m != nil {
		m.repeated.Add(uint64(n))
	}
}

// Lost counts packets that did not come, or were dropped here.
func (m *Meter) Lost(n int) {
	if m != nil && n > 0 {
		m.lost.Add(uint64(n))
	}
}

// Bad counts what cannot be used. It answers, once a second at most, how many
// there were since it last did: that line is for the log.
func (m *Meter) Bad(now time.Time, err error) (tell uint64) {
	n := m.bad.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed(now, err)
	if now.Sub(m.reportedAt) < time.Second {
		return 0
	}
	tell = n - m.reported
	m.reported, m.reportedAt = n, now
	return tell
}

// Failed notes what went wrong with the link.
func (m *Meter) Failed(now time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed(now, err)
}

func (m *Meter) failed(now time.Time, err error) {
	now = now.UTC()
	m.status.LastError, m.status.LastErrorAt = vigia.ErrorMessage(err), &now
}

// Status is the picture at a time.
func (m *Meter) Status(now time.Time) Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.Bytes, s.Accepted, s.Sealed = m.bytes.Load(), m.accepted.Load(), m.sealed.Load()
	s.Repeated, s.Bad, s.Lost = m.repeated.Load(), m.bad.Load(), m.lost.Load()
	var bytes, records uint64
	for _, b := range m.buckets {
		if age := now.Unix() - b.second; age >= 1 && age <= window { // whole seconds only
			bytes += b.bytes
			records += b.records
		}
	}
	s.BytesPerSecond, s.RecordsPerSecond = float64(bytes)/window, float64(records)/window
	return s
}

// Address is where a listening link is reached, once it is up: a configured
// port of 0 is chosen by the system.
func (m *Meter) Address() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.address == nil {
		return ""
	}
	return m.address.String()
}

func (m *Meter) listening(a net.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.address = a
}
