package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest"
)

type ingestCmd struct {
	remote
	Flight       vigia.ID `help:"The flight that the data belongs to (vigia flight add)." required:""`
	Dir          string   `help:"Folder with observations.csv, wind.csv and, if any, buildings.geojson." type:"existingdir" xor:"from"`
	Observations string   `help:"Observations, CSV." type:"existingfile" xor:"from"`
	Wind         string   `help:"Wind, CSV." type:"existingfile"`
	Buildings    string   `help:"Building footprints, GeoJSON." type:"existingfile"`
	scanFlags
	Origin   string        `help:"LAT,LON[,ALT]: where local metres (x_m, y_m, z_m) begin." placeholder:"LAT,LON"`
	KeepOpen bool          `help:"More data will come: do not end the flight."`
	Patience time.Duration `help:"How long to wait for a server that does not answer." default:"2m"`
}

// Help is the page behind --help.
func (ingestCmd) Help() string {
	return `Sends plain files (docs/formats) to a running system and ends the flight, upon
which its sources are located from all the data. What was sensed outside the
flight's authorisation is sealed for the overseer. Sending a file again changes
nothing. A record that cannot be read is told with its file, line and column,
and stops no other; the exit code is then 2.

    vigia ingest --dir release_1 --origin 10.5,-30.2 --flight F-001`
}

// A part is one file to send.
type part struct {
	kind, file, path, mediaType string

	query url.Values // of a cube
	poses string     // file of them; "" where it is no cube
}

func (c ingestCmd) parts() ([]part, error) {
	all := []part{
		{kind: "buildings", file: c.Buildings, path: "/buildings", mediaType: "application/geo+json"},
		{kind: "wind", file: c.Wind, path: "/flights/" + escape(c.Flight) + "/wind", mediaType: "text/csv"},
		{kind: "observations", file: c.Observations, path: "/flights/" + escape(c.Flight) + "/observations", mediaType: "text/csv"},
	}
	names := []string{"buildings.geojson", "wind.csv", "observations.csv"}
	var out []part
	for i, p := range all {
		if p.file == "" && c.Dir != "" {
			p.file = filepath.Join(c.Dir, names[i])
			if _, err := os.Stat(p.file); errors.Is(err, fs.ErrNotExist) {
				continue
			}
		}
		if p.file != "" {
			out = append(out, p)
		}
	}
	if c.Scan != "" {
		p, err := c.scanFlags.part(c.Flight)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, vigia.Errorf(vigia.Invalid, "there is nothing to send: name --dir, --observations and --wind, or --scan")
	}
	return out, nil
}

// Run sends every part.
func (c ingestCmd) Run(ctx context.Context, io std) error {
	parts, err := c.parts()
	if err != nil {
		return err
	}
	receipts := map[string]ingest.Receipt{}
	rejected := 0
	for _, p := range parts {
		send := c.send
		if p.poses != "" {
			send = c.sendCube
		}
		receipt, err := send(ctx, io, p)
		if err != nil {
			return err
		}
		receipts[p.kind] = receipt
		rejected += receipt.Rejected
		if !c.JSON {
			tellReceipt(io, p, receipt)
		}
	}
	if !c.KeepOpen {
		err := again(ctx, c.Patience, func() error {
			return c.post(ctx, "/flights/"+escape(c.Flight)+"/end", struct{}{}, nil)
		})
		if err != nil {
			return err
		}
	}
	if c.JSON {
		if err := writeJSON(io.out, receipts); err != nil {
			return err
		}
	}
	if rejected > 0 {
		return exitError(exitCodes[vigia.Invalid])
	}
	return nil
}

// send sends one file whole; the server drops what it has.
func (c ingestCmd) send(ctx context.Context, w std, p part) (ingest.Receipt, error) {
	var receipt ingest.Receipt
	query := url.Values{"name": {p.file}}
	if c.Origin != "" {
		query.Set("origin", c.Origin)
	}
	err := again(ctx, c.Patience, func() error {
		f, err := os.Open(p.file)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%v", err)
		}
		defer f.Close() //nolint:errcheck // it is only read
		info, err := f.Stat()
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%v", err)
		}
		bar := progress(w.err, info.Size(), p.kind, true)
		defer bar.Close() //nolint:errcheck // a bar
		return c.do(ctx, http.MethodPost, p.path+"?"+query.Encode(), p.mediaType, io.TeeReader(f, bar), &receipt)
	})
	return receipt, err
}

func tellReceipt(io std, p part, r ingest.Receipt) {
	for _, warning := range r.Warnings {
		fmt.Fprintf(io.err, "warning: %s: %s\n", p.file, warning)
	}
	for _, e := range r.Problems {
		fmt.Fprintln(io.err, e.Error())
	}
	if more := r.Rejected - len(r.Problems); more > 0 {
		fmt.Fprintf(io.err, "and %d more\n", more)
	}
	fmt.Fprintf(io.out, "%s: %d accepted, %d sealed, %d repeated, %d rejected\n", p.kind, r.Accepted, r.Sealed, r.Repeated, r.Rejected)
}
