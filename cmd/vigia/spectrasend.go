package main

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/wire/envi"
)

// scanFlags say which cube is sent, and what its header does not say.
type scanFlags struct {
	Scan        string   `help:"Hyperspectral cube, ENVI, by its header or its data." type:"existingfile" placeholder:"CUBE.hdr"`
	Poses       string   `help:"Where the aircraft was at each line of the cube, CSV; POSES beside the cube, as CUBE.poses.csv, when not given." type:"existingfile"`
	Sensor      string   `help:"The imager's name." default:"imager"`
	FieldOfView float64  `help:"Of the imager, across the track, degrees; for a cube that has no map grid." placeholder:"DEG"`
	AirMass     float64  `help:"How many times the light crosses a vertical column: about 2 for sunlight, 1 for the ground's own heat." default:"1"`
	LookFor     []string `help:"Chemicals to look for, or \"all\"; the flight's when not given."`
}

// scanPart is the cube as a part to send.
func (f scanFlags) part(flight vigia.ID) (part, error) {
	if f.Poses == "" {
		f.Poses = strings.TrimSuffix(f.Scan, filepath.Ext(f.Scan)) + ".poses.csv"
		if _, err := os.Stat(f.Poses); err != nil {
			return part{}, vigia.Errorf(vigia.Invalid, "a cube needs the poses of its lines, by which each is authorised: name --poses, or put them at %s", f.Poses)
		}
	}
	q := url.Values{"sensor": {f.Sensor}}
	for name, v := range map[string]float64{"field_of_view_deg": f.FieldOfView, "air_mass": f.AirMass} {
		if v != 0 {
			q.Set(name, strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	if f.LookFor != nil {
		q.Set("look_for", strings.Join(f.LookFor, ","))
	}
	return part{kind: "scan lines", file: f.Scan, path: "/flights/" + escape(flight) + "/scans", query: q, poses: f.Poses}, nil
}

// sendCube sends a cube of any interleave, turned into lines on the way.
func (c ingestCmd) sendCube(ctx context.Context, w std, p part) (ingest.Receipt, error) {
	var receipt ingest.Receipt
	p.query.Set("name", filepath.Base(p.file))
	err := again(ctx, c.Patience, func() error {
		r, err := openRaster(p.file)
		if err != nil {
			return err
		}
		defer r.Close() //nolint:errcheck // it is only read
		poses, err := os.ReadFile(p.poses)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%v", err)
		}
		bar := progress(w.err, int64(r.Lines), p.kind, false)
		defer bar.Close() //nolint:errcheck // a bar
		pipe, out := io.Pipe()
		form := multipart.NewWriter(out)
		go func() {
			_ = out.CloseWithError(writeCube(form, r, poses, func() { _ = bar.Add(1) }))
		}()
		err = c.do(ctx, http.MethodPost, p.path+"?"+p.query.Encode(), form.FormDataContentType(), pipe, &receipt)
		_ = pipe.CloseWithError(io.ErrClosedPipe) // the writer ends where the server had enough
		return named(err, p.file)
	})
	return receipt, err
}

// writeCube writes the three parts, the data as float32 by pixel.
func writeCube(form *multipart.Writer, r *raster, poses []byte, tick func()) error {
	h := r.Header
	h.Offset, h.Type, h.Interleave, h.BigEndian = 0, envi.Float32, envi.BIP, false
	var header bytes.Buffer
	if err := h.Write(&header); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		body []byte
	}{{"header", header.Bytes()}, {"poses", poses}} {
		w, err := form.CreateFormField(part.name)
		if err != nil {
			return err
		}
		if _, err := w.Write(part.body); err != nil {
			return err
		}
	}
	w, err := form.CreateFormFile("data", filepath.Base(r.path))
	if err != nil {
		return err
	}
	x := make([]float32, h.Samples*h.Bands)
	for line := range h.Lines {
		if err := r.ReadPixels(x, line*h.Samples); err != nil {
			return err
		}
		if err := envi.WriteFloat32(w, x); err != nil {
			return err
		}
		tick()
	}
	return form.Close()
}
