package web

import (
	"encoding/hex"
	"strconv"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/store"
)

func (s *Server) auditCheckpoint(c *call) (any, error) {
	note, err := view(s, c, func(r store.Reader) (string, error) { return r.Checkpoint() })
	return text{"text/plain; charset=utf-8", []byte(note)}, err
}

// auditEntry is an entry as it was hashed, and its hash.
type auditEntry struct {
	Index int64  `json:"index"`
	Hash  string `json:"hash"`
	Data  []byte `json:"data"`
}

// number reads a query's number from 0 up.
func (c *call) number(name string) (int64, error) {
	text := c.r.URL.Query().Get(name)
	n, err := strconv.ParseInt(text, 10, 64)
	if text == "" {
		return 0, nil
	}
	if err != nil || n < 0 {
		return 0, vigia.Errorf(vigia.Invalid, "%s is a number from 0 up, not %q", name, text)
	}
	return n, nil
}

func (s *Server) listAuditEntries(c *call) (any, error) {
	from, err := c.number("from")
	if err != nil {
		return nil, err
	}
	n, err := c.limit()
	if err != nil {
		return nil, err
	}
	records, err := view(s, c, func(r store.Reader) ([]audit.Record, error) { return r.AuditEntries(from, n) })
	if err != nil {
		return nil, err
	}
	out := []auditEntry{}
	for _, rec := range records {
		h := audit.LeafHash(rec.Leaf)
		out = append(out, auditEntry{rec.N, hex.EncodeToString(h[:]), rec.Leaf})
	}
	return out, nil
}

// auditProof is a proof of inclusion.
type auditProof struct {
	Entry  []byte   `json:"entry"`
	Index  int64    `json:"index"`
	Size   int64    `json:"size"`
	Hashes []string `json:"hashes"`
}

func (s *Server) auditProof(c *call) (any, error) {
	n, err := c.number("entry")
	if err != nil {
		return nil, err
	}
	return view(s, c, func(r store.Reader) (p auditProof, err error) {
		if p.Size, err = r.AuditSize(); err != nil {
			return p, err
		}
		if n >= p.Size {
			return p, vigia.Errorf(vigia.NotFound, "the account has %d entries; there is no entry %d", p.Size, n)
		}
		records, err := r.AuditEntries(n, 1)
		if err != nil {
			return p, err
		}
		proof, err := audit.ProveInclusion(p.Size, n, r.AuditHashes())
		if err != nil {
			return p, err
		}
		p.Index, p.Entry, p.Hashes = n, records[0].Leaf, []string{}
		for _, h := range proof {
			p.Hashes = append(p.Hashes, hex.EncodeToString(h[:]))
		}
		return p, nil
	})
}

// consumer is a step and what waits for it.
type consumer struct {
	Name    string `json:"name"`
	Pending uint64 `json:"pending"`
}

func (s *Server) status(c *call) (any, error) {
	counters := s.Counters.All()
	loss := map[string]float64{"rejected": counters["ingest.rejected"], "sealed": counters["ingest.sealed"]}
	consumers := []consumer{}
	for _, step := range s.Steps {
		n, err := s.Pending(c.r.Context(), step)
		if err != nil {
			return nil, err
		}
		consumers = append(consumers, consumer{step.Name, n})
	}
	waiting, err := view(s, c, func(r store.Reader) (int, error) {
		out, err := r.Outbox(0)
		return len(out), err
	})
	return map[string]any{
		"version": s.Version, "started": s.Started.UTC(), "counters": counters,
		"consumers": consumers, "loss": loss, "outbox": waiting,
	}, err
}
