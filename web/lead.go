package web

import (
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/store"
)

func (s *Server) listLeads(c *call) (any, error) {
	return view(s, c, func(r store.Reader) ([]vigia.Lead, error) { return r.Leads() })
}

func (s *Server) getLead(c *call) (any, error) {
	return view(s, c, func(r store.Reader) (vigia.Lead, error) { return r.Lead(c.id("lead")) })
}

func (s *Server) raiseLead(c *call) (any, error) {
	var in struct {
		Site    vigia.ID `json:"site"`
		Version int      `json:"version"`
		Note    string   `json:"note"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return s.Lead.Raise(c.r.Context(), c.user, in.Site, in.Version, in.Note)
}

// take is the handler of a decision that needs nothing but the version seen.
func take(kind vigia.DecisionKind) func(*Server, *call) (any, error) {
	return func(s *Server, c *call) (any, error) { return s.takeLead(c, kind) }
}

func (s *Server) takeLead(c *call, kind vigia.DecisionKind) (vigia.Lead, error) {
	var in struct {
		Version int    `json:"version"`
		Note    string `json:"note"`
	}
	if err := c.read(&in); err != nil {
		return vigia.Lead{}, err
	}
	return s.Lead.Take(c.r.Context(), c.user, vigia.Decision{Kind: kind, Lead: c.id("lead"), LeadVersion: in.Version, Note: in.Note})
}

// partnerLead is a lead as the partner sees it: the release, and the partner's
// own steps. Who raised and approved it stays here.
type partnerLead struct {
	Lead    vigia.ID         `json:"lead"`
	Status  vigia.LeadStatus `json:"status"`
	Version int              `json:"version"`
	Release vigia.Release    `json:"release"`
	Steps   []vigia.Step     `json:"steps"`
	Outcome *vigia.Outcome   `json:"outcome,omitempty"`
}

// forPartner cuts a lead to what the partner sees; false for one that was not
// released.
func forPartner(l vigia.Lead) (partnerLead, bool) {
	if l.Release == nil {
		return partnerLead{}, false
	}
	p := partnerLead{Lead: l.ID, Status: l.Status, Version: l.Version, Release: *l.Release, Steps: []vigia.Step{}, Outcome: l.Outcome}
	for _, step := range l.Steps {
		if vigia.Partner.May(step.Kind) == nil {
			p.Steps = append(p.Steps, step)
		}
	}
	return p, true
}

func (s *Server) listPartnerLeads(c *call) (any, error) {
	leads, err := view(s, c, func(r store.Reader) ([]vigia.Lead, error) { return r.Leads() })
	if err != nil {
		return nil, err
	}
	seen := []partnerLead{}
	for _, l := range leads {
		if p, ok := forPartner(l); ok {
			seen = append(seen, p)
		}
	}
	return seen, nil
}

// released hides from a partner that a lead exists until it is released.
func (s *Server) released(c *call) error {
	l, err := view(s, c, func(r store.Reader) (vigia.Lead, error) { return r.Lead(c.id("lead")) })
	if err == nil && l.Release == nil {
		return vigia.Errorf(vigia.NotFound, "there is no lead %s", c.id("lead"))
	}
	return err
}

func (s *Server) acknowledgeLead(c *call) (any, error) {
	if err := s.released(c); err != nil {
		return nil, err
	}
	l, err := s.takeLead(c, vigia.AcknowledgeLead)
	if err != nil {
		return nil, err
	}
	p, _ := forPartner(l)
	return p, nil
}

func (s *Server) reportOutcome(c *call) (any, error) {
	if err := s.released(c); err != nil {
		return nil, err
	}
	var in struct {
		Version int               `json:"version"`
		Kind    vigia.OutcomeKind `json:"kind"`
		Note    string            `json:"note"`
		On      time.Time         `json:"on"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	l, err := s.Lead.Take(c.r.Context(), c.user, vigia.Decision{
		Kind: vigia.ReportOutcome, Lead: c.id("lead"), LeadVersion: in.Version,
		Outcome: &vigia.Outcome{Kind: in.Kind, Note: in.Note, On: in.On.UTC()},
	})
	if err != nil {
		return nil, err
	}
	p, _ := forPartner(l)
	return p, nil
}
