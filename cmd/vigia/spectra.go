package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/wire/envi"
)

type spectraCmd struct {
	Detect  spectraDetectCmd  `cmd:"" help:"Find a chemical in a hyperspectral cube."`
	Plumes  spectraPlumesCmd  `cmd:"" help:"Find plumes in a raster of scores or column densities of any program."`
	Library spectraLibraryCmd `cmd:"" help:"Say what spectral files hold, in common units."`
}

type spectraDetectCmd struct {
	Cube      string  `arg:"" help:"ENVI cube, by its header or its data (docs/formats/envi.md)."`
	Library   string  `help:"Spectra: a folder, a file, or \"builtin\"." default:"builtin"`
	Chemical  string  `help:"Of the library; all of it when not given."`
	Signature string  `help:"One signature, CSV: wavelength_nm,value or band,value." type:"existingfile" xor:"what"`
	Kind      string  `help:"What the signature's values are: absorption, spectrum (of the target itself), difference, or auto." enum:"absorption,spectrum,difference,auto" default:"auto"`
	Method    string  `help:"mf: matched filter. ace: signed adaptive cosine. auto: matched filter with its finds kept out of the background." enum:"mf,ace,auto" default:"auto"`
	FAR       float64 `help:"False alarms a pixel of background." name:"far" default:"1e-4"`
	Clusters  int     `help:"Kinds of ground that get a background of their own; one background for all when not given." placeholder:"N"`
	Flatten   bool    `help:"Take the stripes of a push-broom sensor out: each column's gain is that of its neighbours."`
	AirK      float64 `help:"Of a thermal cube: temperature of the air near the ground, kelvin; a vapour then shines or absorbs as the ground behind it is colder or warmer." placeholder:"K"`
	Radiance  string  `help:"Of a thermal cube: the unit of its radiance, w_m2_sr_um, uw_cm2_sr_um or uw_cm2_sr_nm." enum:"w_m2_sr_um,uw_cm2_sr_um,uw_cm2_sr_nm" default:"w_m2_sr_um"`
	GeoJSON   string  `help:"Write plumes to this file." name:"geojson" placeholder:"FILE"`
	Scores    string  `help:"Write the scores to this file, ENVI float32." placeholder:"FILE"`
	Columns   string  `help:"Write the columns of the one chemical looked for to this file, ENVI float32: amount, one standard deviation, and the amount where there is any." placeholder:"FILE"`
	Mask      string  `help:"Write the plume mask to this file, ENVI uint8." placeholder:"FILE"`
	PNG       string  `help:"Draw scores and plumes to this file." name:"png" placeholder:"FILE"`
	JSON      bool    `help:"Write JSON for machines." name:"json"`
	placeFlags
}

// Help is the page behind --help.
func (spectraDetectCmd) Help() string {
	return `Reads the cube in blocks, so that one bigger than memory streams; learns its
background; scores every pixel; calibrates on the scene itself the score that
background passes at the rate of --far; and joins what passes into plumes.

    vigia spectra detect cube.hdr --signature methane.csv --far 1e-4 --json`
}

// Run detects and writes.
func (c spectraDetectCmd) Run(ctx context.Context, io std) error {
	began := time.Now()
	r, err := openRaster(c.Cube)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it is only read
	where, err := c.placing(r.Header)
	if err != nil {
		return err
	}
	scene, err := c.scene(r)
	if err != nil {
		return named(err, r.path)
	}
	found, err := c.search(ctx, scene, r)
	if err != nil {
		return err
	}
	warn(io, c.Cube, found.Warnings)
	if c.Columns != "" {
		if err := c.writeColumns(ctx, scene, r.Header, found); err != nil {
			return err
		}
	}
	if c.Scores != "" {
		if err := writeScores(c.Scores, r.Header, found.Scores, found.method); err != nil {
			return err
		}
	}
	if c.PNG != "" {
		if err := quickLook(c.PNG, found.Scores, found.Plumes.Mask, r.Samples); err != nil {
			return err
		}
	}
	if c.GeoTIFF != "" {
		if err := where.writeTIFF(c.GeoTIFF, found.Scores, found.method); err != nil {
			return err
		}
	}
	out := found.report(where)
	out.Seconds = time.Since(began).Seconds()
	return finish(io, out, r.Header, found.Plumes, c.Mask, c.GeoJSON, c.JSON)
}

// scene prepares the cube as the flags say.
func (c spectraDetectCmd) scene(r *raster) (*spectral.Scene, error) {
	var src spectral.Source = r
	if c.Flatten {
		var err error
		if src, err = spectral.Flatten(r, r.Ignore); err != nil {
			return nil, err
		}
	}
	scene, err := spectral.Prepare(src, r.BadBands, r.Ignore)
	if err == nil && c.AirK != 0 {
		err = scene.Glow(c.AirK, r.Wavelengths, spectral.Unit(c.Radiance))
	}
	return scene, err
}

// foundIn is a run's result with what was looked for.
type foundIn struct {
	*spectral.Result
	chemical string
	method   string
	look     [][]float64         // signatures, in the bands that serve
	identity [][]spectral.Answer // a plume
	totals   [][2]float64        // columns summed over a plume's pixels, with their standard deviation; zero where not known
}

// mostNamed is how many plumes are identified, the heaviest first.
const mostNamed = 50

// search runs one signature or a library.
func (c spectraDetectCmd) search(ctx context.Context, scene *spectral.Scene, r *raster) (*foundIn, error) {
	s, err := c.find(scene, r.Header)
	if err != nil {
		return nil, err
	}
	o := spectral.Options{Method: spectral.Method(c.Method), Kind: s.kind, Rate: c.FAR, Workers: runtime.NumCPU(), Clusters: c.Clusters}
	found, err := spectral.Detect(ctx, scene, s.look, o)
	if err != nil {
		return nil, named(err, r.path)
	}
	f := &foundIn{Result: found, method: c.Method, chemical: c.Chemical, look: s.look}
	if len(s.look) == 1 {
		f.chemical = s.names[0]
		if c.Chemical != "" {
			f.chemical = c.Chemical
		}
	}
	if s.library == nil {
		return f, nil
	}
	for i, p := range found.Plumes.Plumes {
		if i == mostNamed || ctx.Err() != nil {
			break
		}
		a, err := scene.Identify(found.Background, p, found.Plumes.Mask, s.names, s.library, 1)
		if err != nil {
			return nil, named(err, r.path)
		}
		f.identity = append(f.identity, a)
	}
	return f, named(f.weigh(ctx, scene, s), r.path)
}

type spectraPlumesCmd struct {
	Scores  string  `arg:"" help:"ENVI raster of one band, by its header or its data."`
	FAR     float64 `help:"False alarms a pixel of background." name:"far" default:"1e-4"`
	GeoJSON string  `help:"Write plumes to this file." name:"geojson" placeholder:"FILE"`
	Mask    string  `help:"Write the plume mask to this file, ENVI uint8." placeholder:"FILE"`
	PNG     string  `help:"Draw scores and plumes to this file." name:"png" placeholder:"FILE"`
	JSON    bool    `help:"Write JSON for machines." name:"json"`
	placeFlags
}

// Help is the page behind --help.
func (spectraPlumesCmd) Help() string {
	return `Calibrates, on the raster itself, the score that background passes at the rate
of --far, and joins what passes into plumes. No threshold is set by hand.

    vigia spectra plumes mag1c.hdr --mask plumes.img --geojson plumes.geojson`
}

// Run finds plumes and writes.
func (c spectraPlumesCmd) Run(io std) error {
	began := time.Now()
	r, err := openRaster(c.Scores)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it is only read
	where, err := c.placing(r.Header)
	if err != nil {
		return err
	}
	scores, err := oneOf(r)
	if err != nil {
		return named(err, r.path)
	}
	plumes, err := spectral.Find(scores, r.Samples, c.FAR)
	if err != nil {
		return named(err, r.path)
	}
	if c.PNG != "" {
		if err := quickLook(c.PNG, scores, plumes.Mask, r.Samples); err != nil {
			return err
		}
	}
	if c.GeoTIFF != "" {
		if err := where.writeTIFF(c.GeoTIFF, scores, "scores"); err != nil {
			return err
		}
	}
	out := plumesReport(where, plumes)
	out.Seconds = time.Since(began).Seconds()
	return finish(io, out, r.Header, plumes, c.Mask, c.GeoJSON, c.JSON)
}

// mostScores bounds a raster that is held in memory: 4 GiB of numbers.
const mostScores = 1 << 30

// oneOf reads the only band of a raster.
func oneOf(r *raster) ([]float32, error) {
	if r.Bands != 1 {
		return nil, vigia.Errorf(vigia.Invalid, "the raster has %d bands; scores have one (vigia spectra detect makes them of a cube)", r.Bands)
	}
	if r.Samples > mostScores/r.Lines {
		return nil, vigia.Errorf(vigia.Invalid, "%d lines of %d samples are more than the %d scores that are held", r.Lines, r.Samples, mostScores)
	}
	scores := make([]float32, r.Lines*r.Samples)
	if err := r.ReadPixels(scores, 0); err != nil {
		return nil, err
	}
	if r.Ignore != nil {
		for i, v := range scores {
			if v == float32(*r.Ignore) {
				scores[i] = nan32
			}
		}
	}
	return scores, nil
}

// finish writes what every command of spectra writes.
func finish(io std, out spectraOut, h envi.Header, p spectral.Plumes, mask, geojson string, machine bool) error {
	if mask != "" {
		if err := writeMask(mask, h, p.Mask); err != nil {
			return err
		}
	}
	if geojson != "" {
		if err := writeFile(geojson, out.features()); err != nil {
			return err
		}
	}
	if machine {
		return writeJSON(io.out, out)
	}
	return out.tell(io.out)
}

// tell writes the answer for a person.
func (o spectraOut) tell(w io.Writer) error {
	var err error
	say := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format, args...)
		}
	}
	if o.Method != "" {
		if o.Chemical == "" {
			o.Chemical = "the library"
		}
		say("%s by %s\n", o.Chemical, o.Method)
	}
	if t := o.Threshold; t != nil {
		say("%d of %d pixels pass %.4g, which background does at %.1e a pixel (95 %%: %.1e to %.1e)\n", o.Detections, t.Pixels, t.Value, t.Rate, t.RateLo, t.RateHi)
	}
	say("plumes begin at %.4g and reach to %.4g (means of 3 × 3 pixels)\n", o.Seed.Value, o.Grow.Value)
	for i, p := range o.Plumes {
		say("plume %d: %d pixels, peak %.4g, mean %.4g, at sample %.0f, line %.0f", i+1, p.Pixels, p.Peak, p.Mean, p.PeakSample, p.PeakLine)
		if p.At != nil {
			say(" (%.6f°, %.6f°)", p.At.Lat, p.At.Lon)
		}
		if p.MassKg > 0 {
			say(", %.3g ± %.2g kg", p.MassKg, p.MassSD)
		}
		for k, id := range p.Identity {
			if k == 0 {
				say("; %s %.0f %%", id.Name, 100*id.Probability)
			} else if id.Probability > 0.01 {
				say(", %s %.0f %%", id.Name, 100*id.Probability)
			}
		}
		say("\n")
	}
	if len(o.Plumes) == 0 {
		say("no plume\n")
	}
	say("(%.2f s)\n", o.Seconds)
	return err
}
