package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/wire/envi"
)

// dataEndings are how the data beside a header may be called.
var dataEndings = []string{"", ".img", ".dat", ".raw", ".bin", ".bsq", ".bil", ".bip", ".sli", ".lut"}

// raster is an ENVI file that is open.
type raster struct {
	*envi.Cube
	data *os.File
	path string // of the data
}

func (r *raster) Close() error { return r.data.Close() }

// pairOf finds the header and the data of an ENVI file named by either.
func pairOf(name string) (header, data string, err error) {
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	if strings.EqualFold(filepath.Ext(name), ".hdr") {
		for _, end := range dataEndings {
			if info, err := os.Stat(stem + end); err == nil && !info.IsDir() {
				return name, stem + end, nil
			}
		}
		return "", "", vigia.Errorf(vigia.NotFound, "no data lie beside the header %s (looked for %s with .img, .dat, .raw and others)", name, stem)
	}
	for _, h := range []string{name + ".hdr", stem + ".hdr", name + ".HDR", stem + ".HDR"} {
		if _, err := os.Stat(h); err == nil {
			return h, name, nil
		}
	}
	return "", "", vigia.Errorf(vigia.NotFound, "no ENVI header lies beside %s (looked for %s.hdr and %s.hdr)", name, name, stem)
}

// openRaster opens an ENVI file by its header's or its data's name.
func openRaster(name string) (*raster, error) {
	header, data, err := pairOf(name)
	if err != nil {
		return nil, err
	}
	hf, err := os.Open(header)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer hf.Close() //nolint:errcheck // it is only read
	h, err := envi.ReadHeader(hf)
	if err != nil {
		return nil, named(err, header)
	}
	df, err := os.Open(data)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	info, err := df.Stat()
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	cube, err := envi.NewCube(h, df, info.Size())
	if err != nil {
		df.Close() //nolint:errcheck // it is only read
		return nil, named(err, data)
	}
	return &raster{cube, df, data}, nil
}

// named puts a file's name into an error.
func named(err error, file string) error {
	if e, ok := err.(*vigia.Error); ok && e.File == "" {
		e.File = file
	}
	return err
}

// writeRaster writes a header and one band of data; name is the data's, and the
// header takes its place's ending.
func writeRaster(name string, h envi.Header, data func(w *bufio.Writer) error) error {
	if strings.EqualFold(filepath.Ext(name), ".hdr") {
		name = strings.TrimSuffix(name, filepath.Ext(name)) + ".img"
	}
	header := strings.TrimSuffix(name, filepath.Ext(name)) + ".hdr"
	for _, part := range []struct {
		path  string
		write func(w *bufio.Writer) error
	}{{name, data}, {header, func(w *bufio.Writer) error { return h.Write(w) }}} {
		f, err := os.Create(part.path)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "the answer cannot be written: %v", err)
		}
		w := bufio.NewWriterSize(f, 1<<16)
		err = part.write(w)
		if e := w.Flush(); err == nil {
			err = e
		}
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return vigia.Errorf(vigia.Unavailable, "%s cannot be written: %v", part.path, err)
		}
	}
	return nil
}

// writeScores writes scores as ENVI float32 on the grid of a raster.
func writeScores(name string, of envi.Header, scores []float32, what string) error {
	h := oneBand(of, envi.Float32, what)
	return writeRaster(name, h, func(w *bufio.Writer) error { return envi.WriteFloat32(w, scores) })
}

// writeMask writes a mask as ENVI uint8.
func writeMask(name string, of envi.Header, mask []uint8) error {
	h := oneBand(of, envi.Uint8, "plume")
	return writeRaster(name, h, func(w *bufio.Writer) error {
		_, err := w.Write(mask)
		return err
	})
}

func oneBand(of envi.Header, t envi.DataType, what string) envi.Header {
	return envi.Header{
		Samples: of.Samples, Lines: of.Lines, Bands: 1, Type: t, Interleave: envi.BSQ, Map: of.Map,
		BandNames: []string{what}, Raw: map[string]string{"coordinate system string": of.Raw["coordinate system string"]},
	}
}
