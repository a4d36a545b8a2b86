package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/envi"
	"github.com/vigia-project/vigia/wire/geotiff"
	"github.com/vigia-project/vigia/wire/plain"
)

// placeFlags say where a raster lies that has no map grid, and where a raster
// goes that any map program reads.
type placeFlags struct {
	Poses       string  `help:"Where the aircraft was at each line, CSV (docs/formats/poses.md), for a cube without a map grid." type:"existingfile"`
	FieldOfView float64 `help:"Of the imager, across the track, degrees; with --poses." placeholder:"DEG"`
	GroundM     float64 `help:"Height of the ground above the ellipsoid, metres; with --poses." placeholder:"M"`
	GeoTIFF     string  `help:"Write the scores to this file, a cloud-optimised GeoTIFF of float32." name:"geotiff" placeholder:"FILE"`
}

// A placing is where a raster lies: on a map grid, along a flight, or nowhere.
type placing struct {
	header envi.Header
	grid   *envi.MapInfo
	swath  *spectral.Swath
}

// placing reads the poses, where they are given; else the header's grid counts.
func (f placeFlags) placing(h envi.Header) (placing, error) {
	p := placing{header: h, grid: h.Map}
	if f.Poses == "" {
		return p, nil
	}
	file, err := os.Open(f.Poses)
	if err != nil {
		return p, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	poses, err := plain.NewPoseReader(file, plain.Options{Name: f.Poses})
	if err != nil {
		return p, err
	}
	cube := vigia.Cube{Samples: h.Samples, FieldOfViewDeg: f.FieldOfView}
	p.grid, p.swath = nil, spectral.NewSwath(cube, f.GroundM)
	for {
		rec, err := poses.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, err
		}
		if rec.Ground == nil && f.FieldOfView == 0 {
			return p, vigia.Errorf(vigia.Invalid, "the poses do not say where lines lie on the ground: give the imager's --field-of-view")
		}
		p.swath.Add(vigia.ScanLine{Pose: rec.Pose, Ground: rec.Ground})
	}
	if p.swath.Lines() != h.Lines {
		return p, vigia.Errorf(vigia.Invalid, "the cube has %d lines and %s %d poses", h.Lines, f.Poses, p.swath.Lines())
	}
	return p, nil
}

// point is where a sample and line lie; false where that is not known.
func (p placing) point(sample, line float64) (geo.Point, bool) {
	switch {
	case p.swath != nil:
		return p.swath.Place(sample, line)
	case p.grid != nil:
		return p.grid.Point(sample, line)
	}
	return geo.Point{}, false
}

// area is the ground that some pixels cover, m²; 0 where that is not known.
func (p placing) area(members []int) float64 {
	switch {
	case p.swath != nil:
		sum := 0.0
		for _, i := range members {
			sum += p.swath.PixelArea(i%p.header.Samples, i/p.header.Samples)
		}
		return sum
	case p.grid != nil:
		return p.grid.PixelArea() * float64(len(members))
	}
	return 0
}

// mostTies is how many places tie a raster along a flight to the Earth, across
// and along.
const mostTies = 16

// writeTIFF writes numbers on the raster's pixels.
func (p placing) writeTIFF(name string, pixels []float32, band string) error {
	r := geotiff.Raster{Width: p.header.Samples, Height: p.header.Lines, Pixels: pixels, Band: band}
	switch {
	case p.swath != nil:
		r.EPSG = 4326
		for i := range mostTies {
			for k := range mostTies {
				s, l := float64(k*r.Width)/(mostTies-1), float64(i*r.Height)/(mostTies-1)
				if at, ok := p.point(s, l); ok {
					r.Ties = append(r.Ties, geotiff.Tie{Column: s, Row: l, At: at})
				}
			}
		}
	case p.grid != nil:
		r.EPSG = p.grid.EPSG()
		e0, n0 := p.grid.Grid(0, 0)
		e1, n1 := p.grid.Grid(1, 0)
		e2, n2 := p.grid.Grid(0, 1)
		r.Transform = [6]float64{e0, e1 - e0, e2 - e0, n0, n1 - n0, n2 - n0}
	}
	f, err := os.Create(name)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "the answer cannot be written: %v", err)
	}
	w := bufio.NewWriter(f)
	err = geotiff.Write(w, r)
	if e := w.Flush(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return named(err, name)
}
