package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/vigia-project/vigia/service/ingest/source"
)

type sourcesCmd struct{ remote }

// Help is the page behind --help.
func (sourcesCmd) Help() string {
	return `Tells how the sources of a running system are: what came, what was sealed, bad
or lost, and how late it is. vigia serve --sources FILE names them
(docs/formats/sources.md).`
}

// Run lists them.
func (c sourcesCmd) Run(ctx context.Context, io std) error {
	var all []source.Status
	if err := c.get(ctx, "/sources", &all); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(io.out, "No source is configured: vigia serve --sources FILE.")
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tFORMAT\tSTATE\tFLIGHT\tRECORDS\tSEALED\tBAD\tLOST\tLAG\tLAST ERROR")
	for _, s := range all {
		lag := ""
		if s.LastRecord != nil {
			lag = time.Duration(s.LagSeconds * float64(time.Second)).Round(time.Millisecond).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", s.Name, s.Format, s.State, s.Flight, s.Accepted, s.Sealed, s.Bad, s.Lost, lag, s.LastError)
	}
	return w.Flush()
}
