package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/track"
	"github.com/vigia-project/vigia/wire/plain"
)

type trackCmd struct {
	Reports string  `help:"Position reports, CSV (docs/formats/reports.md)." required:"" type:"existingfile"`
	Output  string  `help:"Write the tracks to this file." short:"o" placeholder:"FILE"`
	Window  float64 `help:"Seconds by which a scan may come late and still be placed where it belongs." default:"30"`
	Report  float64 `help:"Existence probability from which a track is told." default:"0.5"`
	Live    bool    `help:"Tell each scan as it was known at its time, without what later scans taught."`
	Single  bool    `help:"Move a track by the one report of the best global assignment, in place of all by their probability."`
	JSON    bool    `help:"Write a summary in JSON for machines; needs -o." name:"json"`
}

// Help is the page behind --help.
func (trackCmd) Help() string {
	return `Joins position reports into tracks, from a plain file alone. The sensor's noise
is the file's sigma_m; clutter, detection and motion are learned from the
reports. Rows may come late: a scan is put where its time_s belongs.

    vigia track --reports reports.csv -o tracks.csv
    vigia score --tracks tracks.csv --truth truth.csv --cutoff 50`
}

// tracked is what a run did.
type tracked struct {
	Reports    int     `json:"reports"`
	Scans      int     `json:"scans"`
	TooLate    int     `json:"too_late"`
	Tracks     int     `json:"tracks"`
	Rows       int     `json:"rows"`
	Seconds    float64 `json:"seconds"`
	ScansASec  float64 `json:"scans_per_second"`
	TrackerSec float64 `json:"tracker_seconds"`
}

// Run tracks and writes.
func (c trackCmd) Run(ctx context.Context, io std) error {
	if c.JSON && c.Output == "" {
		return vigia.Errorf(vigia.Invalid, "--json needs -o: the tracks go to standard output otherwise")
	}
	f, err := os.Open(c.Reports)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	r, err := plain.NewReportReader(f, plain.Options{Name: c.Reports})
	if err != nil {
		return err
	}
	var did tracked
	err = output(io, c.Output, func(w ioWriter) error { return c.track(ctx, io, r, plain.NewTrackWriter(w), &did) })
	if err != nil {
		return err
	}
	warn(io, c.Reports, r.Warnings())
	if c.JSON {
		return writeJSON(io.out, did)
	}
	_, err = fmt.Fprintf(io.err, "%d reports in %d scans; %d tracks; %.2f s, of which tracking %.2f s (%.0f scans a second)\n",
		did.Reports, did.Scans, did.Tracks, did.Seconds, did.TrackerSec, did.ScansASec)
	return err
}

type ioWriter = io.Writer

// output writes to a file when one is named, else to standard output.
func output(io std, path string, write func(ioWriter) error) error {
	if path == "" {
		return write(io.out)
	}
	f, err := os.Create(path)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "the answer cannot be written: %v", err)
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// track reads scan by scan, a scan being rows of one number and time that
// stand together.
func (c trackCmd) track(ctx context.Context, io std, r *plain.ReportReader, w *plain.TrackWriter, did *tracked) error {
	began := time.Now()
	t := track.New(track.Settings{Window: c.Window, Report: c.Report, Single: c.Single, Live: c.Live})
	last := 0
	tell := func(pictures []track.Picture) error {
		for _, p := range pictures {
			did.Scans++
			for _, e := range p.Tracks {
				last = max(last, e.Track)
				did.Rows++
				cov := [3]float64{e.Covariance[0][0], e.Covariance[0][1], e.Covariance[1][1]}
				if err := w.Write(plain.TrackRecord{Scan: p.Number, Seconds: p.Time, ID: strconv.Itoa(e.Track),
					X: e.X, Y: e.Y, VX: e.VX, VY: e.VY, Covariance: &cov, Class: e.Class}); err != nil {
					return err
				}
			}
		}
		return nil
	}
	var scan *track.Scan
	take := func() error {
		if scan == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		at := time.Now()
		err := t.Add(*scan)
		did.TrackerSec += time.Since(at).Seconds()
		if vigia.ErrorCode(err) == vigia.Conflict {
			fmt.Fprintln(io.err, "warning:", err)
			return nil
		}
		if err != nil {
			return err
		}
		return tell(t.Settled())
	}
	for rec, err := range r.All() {
		if !usable(io, err) {
			if vigia.ErrorCode(err) == vigia.Invalid {
				continue
			}
			return err
		}
		did.Reports++
		if scan == nil || scan.Number != rec.Scan || scan.Time != rec.Seconds {
			if err := take(); err != nil {
				return err
			}
			scan = &track.Scan{Number: rec.Scan, Time: rec.Seconds}
		}
		scan.Reports = append(scan.Reports, track.Report{ID: rec.ID, X: rec.X, Y: rec.Y, Sigma: rec.Sigma,
			Velocity: rec.Velocity, Class: rec.Class, Score: rec.Score})
	}
	if err := take(); err != nil {
		return err
	}
	at := time.Now()
	rest := t.Close()
	did.TrackerSec += time.Since(at).Seconds()
	if err := tell(rest); err != nil {
		return err
	}
	did.TooLate, did.Tracks, did.Seconds = t.TooLate(), last, time.Since(began).Seconds()
	if did.TrackerSec > 0 {
		did.ScansASec = float64(did.Scans) / did.TrackerSec
	}
	return w.Flush()
}
