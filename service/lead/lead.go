// Package lead takes what people decide about a site: raise, approve, release,
// acknowledge, outcome. A lead is computed from the decisions on the log and
// from nothing else.
package lead

import (
	"context"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/lang"
	"github.com/vigia-project/vigia/core/sharing"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// Lead is the service.
type Lead struct {
	*service.Base
	policy sharing.Policy
}

// New makes the service. What a partner sees is cut by the policy.
func New(b *service.Base, p sharing.Policy) *Lead { return &Lead{Base: b, policy: p} }

// Raise makes a lead of a site. version is the site's that the person saw.
func (l *Lead) Raise(ctx context.Context, by vigia.User, site vigia.ID, version int, note string) (vigia.Lead, error) {
	var s vigia.Site
	err := l.Store.View(ctx, func(r store.Reader) (err error) {
		if s, err = r.Site(site); err != nil {
			return err
		}
		return open(r, site)
	})
	switch {
	case err != nil:
		return vigia.Lead{}, err
	case s.Version != version:
		return vigia.Lead{}, vigia.Errorf(vigia.Conflict, "the site is at version %d and the decision was made on version %d: look at it again", s.Version, version)
	case s.Status != vigia.Candidate:
		return vigia.Lead{}, vigia.Errorf(vigia.Conflict, "the site is %s: evidence no longer points at it", s.Status)
	}
	return l.decide(ctx, vigia.Lead{}, vigia.Decision{Kind: vigia.RaiseLead, By: by.Name, Role: by.Role, Note: note, Site: &s})
}

// open tells whether a site has a lead that is not at its end.
func open(r store.Reader, site vigia.ID) error {
	leads, err := r.Leads()
	if err != nil {
		return err
	}
	for _, l := range leads {
		if l.Site.ID == site && !l.Ended() {
			return vigia.Errorf(vigia.Conflict, "the site has the lead %s, which is %s", l.ID, l.Status)
		}
	}
	return nil
}

// Take takes any other decision about a lead; d has its kind, the lead and the
// version that the person saw, and the outcome where it is one.
func (l *Lead) Take(ctx context.Context, by vigia.User, d vigia.Decision) (vigia.Lead, error) {
	var now vigia.Lead
	err := l.Store.View(ctx, func(r store.Reader) (err error) { now, err = r.Lead(d.Lead); return err })
	if err != nil {
		return now, err
	}
	d.By, d.Role = by.Name, by.Role
	if d.Kind == vigia.ReleaseLead {
		r, held := sharing.Cut(now, l.policy)
		for _, t := range lang.Tags() {
			r.Text[string(t)] = lang.Release(r, t)
			r.Reasons[string(t)] = []string{}
			for _, w := range held {
				r.Reasons[string(t)] = append(r.Reasons[string(t)], lang.Withheld(w, t))
			}
		}
		d.Release = &r
	}
	return l.decide(ctx, now, d)
}

// decide tries a decision on the lead as it stands, so that a person is told at
// once what is wrong with it, then puts it on the log.
func (l *Lead) decide(ctx context.Context, now vigia.Lead, d vigia.Decision) (vigia.Lead, error) {
	d = l.Name(d)
	after, err := now.Apply(d)
	if err != nil {
		return now, err
	}
	if err := l.Decide(ctx, stream.LeadOrder, l.Step(), d); err != nil {
		return now, err
	}
	err = l.Store.View(ctx, func(r store.Reader) (err error) { after, err = r.Lead(after.ID); return err })
	return after, err
}

// Step carries the decisions out.
func (l *Lead) Step() service.Step {
	s := service.Step{Name: "lead", Subjects: []string{stream.LeadOrder}}
	s.Prepare = l.CarryOut(s, func(tx store.Tx, d vigia.Decision) error {
		var now vigia.Lead
		var err error
		if d.Kind == vigia.RaiseLead && d.Site != nil {
			err = open(tx, d.Site.ID)
		} else {
			now, err = tx.Lead(d.Lead)
		}
		if err != nil {
			return err
		}
		after, err := now.Apply(d)
		if err != nil {
			return err
		}
		subject := stream.LeadSubject(after.Status)
		l.Counters.Add(subject, 1)
		return tx.PutLead(after, store.Trace{Actor: d.By, Action: subject, At: l.Clock(), Announce: subject})
	})
	return s
}
