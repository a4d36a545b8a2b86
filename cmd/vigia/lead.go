package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/vigia-project/vigia"
)

type leadCmd struct {
	Sites       leadSites       `cmd:"" help:"List the sites that evidence points at."`
	List        leadList        `cmd:"" help:"List the leads."`
	Raise       leadRaise       `cmd:"" help:"Raise a lead on a site."`
	Approve     leadApprove     `cmd:"" help:"Approve a lead that somebody else raised."`
	Decline     leadDecline     `cmd:"" help:"Decline a lead that somebody else raised."`
	Release     leadRelease     `cmd:"" help:"Release an approved lead to the partner, cut by policy."`
	Withdraw    leadWithdraw    `cmd:"" help:"Take back a lead that has not left."`
	Acknowledge leadAcknowledge `cmd:"" help:"For the partner: acknowledge a released lead."`
	Outcome     leadEnd         `cmd:"" help:"For the partner: tell what was found."`
}

// Help is the page behind --help.
func (leadCmd) Help() string {
	return `A lead's walk needs three people: an analyst raises it, another person approves
and releases it, the partner acknowledges it and tells the outcome. Each acts
with an own token (vigia user token NAME).

    vigia lead sites
    vigia lead raise SITE --note "two flights agree"     (analyst's token)
    vigia lead approve LEAD                               (approver's token)
    vigia lead release LEAD
    vigia lead acknowledge LEAD                           (partner's token)
    vigia lead outcome LEAD confirmed --on 2026-03-04`
}

type leadSites struct{ remote }

func (c leadSites) Run(ctx context.Context, io std) error {
	var sites []vigia.Site
	if err := c.get(ctx, "/sites", &sites); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, sites)
	}
	if len(sites) == 0 {
		fmt.Fprintln(io.out, "No site yet.")
	}
	for _, s := range sites {
		fmt.Fprintf(io.out, "%s  %s, version %d: %s, %.6f° N %.6f° E within %.0f m, %.2g kg/h (%.2g to %.2g), %d flights\n",
			s.ID, s.Status, s.Version, s.Chemical, s.At.Lat, s.At.Lon, s.Ellipse.SemiMajorM, s.RateKgH, s.RateLo, s.RateHi, len(s.Evidence))
	}
	return nil
}

type leadList struct{ remote }

func (c leadList) Run(ctx context.Context, io std) error {
	var leads []vigia.Lead
	if err := c.get(ctx, "/leads", &leads); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, leads)
	}
	if len(leads) == 0 {
		fmt.Fprintln(io.out, "No lead yet.")
	}
	for _, l := range leads {
		fmt.Fprintf(io.out, "%s  %s, version %d, on %s\n", l.ID, l.Status, l.Version, l.Site.ID)
		for _, s := range l.Steps {
			fmt.Fprintf(io.out, "    %s  %s by %s %s\n", s.At.Format("2006-01-02 15:04:05Z"), strings.ReplaceAll(string(s.Kind), "_", " "), s.By, s.Note)
		}
	}
	return nil
}

type leadRaise struct {
	remote
	Site vigia.ID `arg:"" help:"The site (vigia lead sites)."`
	Note string   `help:"Why you believe in it."`
}

func (c leadRaise) Run(ctx context.Context, io std) error {
	var site vigia.Site
	if err := c.get(ctx, "/sites/"+escape(c.Site), &site); err != nil {
		return err
	}
	var l vigia.Lead
	if err := c.post(ctx, "/leads", map[string]any{"site": c.Site, "version": site.Version, "note": c.Note}, &l); err != nil {
		return err
	}
	return c.tell(io, l.ID, l.Status, l)
}

// tell writes how a lead stands.
func (c remote) tell(io std, id vigia.ID, status vigia.LeadStatus, whole any) error {
	if c.JSON {
		return writeJSON(io.out, whole)
	}
	_, err := fmt.Fprintf(io.out, "%s  %s\n", id, status)
	return err
}

// standing is a lead as far as both doors show it.
type standing struct {
	ID      vigia.ID         `json:"id"`   // inside
	Lead    vigia.ID         `json:"lead"` // at the partner's door
	Status  vigia.LeadStatus `json:"status"`
	Version int              `json:"version"`
}

// find looks a lead up at one of the two doors.
func (c remote) find(ctx context.Context, door string, id vigia.ID) (standing, error) {
	if door == "" {
		var s standing
		err := c.get(ctx, "/leads/"+escape(id), &s)
		return s, err
	}
	var all []standing
	if err := c.get(ctx, "/partner/leads", &all); err != nil {
		return standing{}, err
	}
	for _, s := range all {
		if s.Lead == id {
			return s, nil
		}
	}
	return standing{}, vigia.Errorf(vigia.NotFound, "there is no lead %s", id)
}

// decide sends a decision about the lead as it now stands.
func (c remote) decide(ctx context.Context, io std, door, verb string, id vigia.ID, body map[string]any) error {
	now, err := c.find(ctx, door, id)
	if err != nil {
		return err
	}
	body["version"] = now.Version
	var after standing
	if err := c.post(ctx, door+"/leads/"+escape(id)+"/"+verb, body, &after); err != nil {
		return err
	}
	return c.tell(io, id, after.Status, after)
}

// leadStep is what every decision about a lead needs.
type leadStep struct {
	remote
	Lead vigia.ID `arg:"" help:"The lead (vigia lead list)."`
	Note string   `help:"What you want to be remembered."`
}

func (c leadStep) take(ctx context.Context, io std, door, verb string) error {
	return c.decide(ctx, io, door, verb, c.Lead, map[string]any{"note": c.Note})
}

type (
	leadApprove     struct{ leadStep }
	leadDecline     struct{ leadStep }
	leadRelease     struct{ leadStep }
	leadWithdraw    struct{ leadStep }
	leadAcknowledge struct{ leadStep }
)

func (c leadApprove) Run(ctx context.Context, io std) error  { return c.take(ctx, io, "", "approve") }
func (c leadDecline) Run(ctx context.Context, io std) error  { return c.take(ctx, io, "", "decline") }
func (c leadRelease) Run(ctx context.Context, io std) error  { return c.take(ctx, io, "", "release") }
func (c leadWithdraw) Run(ctx context.Context, io std) error { return c.take(ctx, io, "", "withdraw") }
func (c leadAcknowledge) Run(ctx context.Context, io std) error {
	return c.take(ctx, io, "/partner", "acknowledge")
}

type leadEnd struct {
	remote
	Lead vigia.ID `arg:"" help:"The lead."`
	Kind string   `arg:"" help:"What was found: confirmed, nothing_found, another_cause, not_acted_on." enum:"confirmed,nothing_found,another_cause,not_acted_on"`
	On   string   `help:"Day it was found out, YYYY-MM-DD." required:""`
	Note string   `help:"What you want to be remembered."`
}

func (c leadEnd) Run(ctx context.Context, io std) error {
	return c.decide(ctx, io, "/partner", "outcome", c.Lead, map[string]any{
		"kind": c.Kind, "on": c.On + "T00:00:00Z", "note": c.Note,
	})
}
