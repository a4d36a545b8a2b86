package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/vigia-project/vigia"
)

type authorisationCmd struct {
	Add  authorisationAdd  `cmd:"" help:"Enter an authorisation from a JSON file."`
	List authorisationList `cmd:"" help:"List the authorisations."`
}

// Help is the page behind --help.
func (authorisationCmd) Help() string {
	return `An authorisation is the written permission of both governments: where, when and
what for. What is sensed outside one is sealed. The file:

    {"id": "A-1", "title": "North coast", "purpose": "gas_leak",
     "host_reference": "…", "partner_reference": "…",
     "volume": {"footprint": {"type": "Polygon", "coordinates": [[[-30.3,10.4],…]]},
                "floor_m": 0, "ceiling_m": 300},
     "from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}`
}

type authorisationAdd struct {
	remote
	File string `arg:"" help:"The authorisation, JSON." type:"existingfile"`
}

func (c authorisationAdd) Run(ctx context.Context, io std) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "%v", err)
	}
	if !json.Valid(b) {
		return vigia.Errorf(vigia.Invalid, "%s is not JSON", c.File)
	}
	var a vigia.Authorisation
	if err := c.post(ctx, "/authorisations", json.RawMessage(b), &a); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, a)
	}
	_, err = fmt.Fprintf(io.out, "%s entered\n", a.ID)
	return err
}

type authorisationList struct{ remote }

func (c authorisationList) Run(ctx context.Context, io std) error {
	var all []vigia.Authorisation
	if err := c.get(ctx, "/authorisations", &all); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, all)
	}
	if len(all) == 0 {
		fmt.Fprintln(io.out, "No authorisation yet.")
	}
	for _, a := range all {
		fmt.Fprintf(io.out, "%s  %s, %s to %s, %s\n", a.ID, a.Purpose, a.From.Format("2006-01-02"), a.Until.Format("2006-01-02"), a.Title)
	}
	return nil
}
