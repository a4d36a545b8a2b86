package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/wire/envi"
	"github.com/vigia-project/vigia/wire/spectrum"
)

type spectraLibraryCmd struct {
	Files []string `arg:"" help:"JCAMP-DX, HITRAN .xsc, ENVI .sli or CSV files, or folders of them." name:"file"`
	JSON  bool     `help:"Write JSON for machines." name:"json"`
}

// libraryOut is one spectrum, summed up.
type libraryOut struct {
	File       string            `json:"file"`
	Name       string            `json:"name"`
	CAS        string            `json:"cas,omitempty"`
	Formula    string            `json:"formula,omitempty"`
	Format     string            `json:"format"`
	Quantity   spectrum.Quantity `json:"quantity"`
	Points     int               `json:"points"`
	FromNM     float64           `json:"from_nm,omitempty"`
	ToNM       float64           `json:"to_nm,omitempty"`
	PeakNM     float64           `json:"peak_nm,omitempty"`
	Peak       float64           `json:"peak"`
	Resolution float64           `json:"resolution_cm1,omitempty"`
	Source     string            `json:"source,omitempty"`
	Notes      []string          `json:"notes,omitempty"`
}

// Run reads the files and says what they hold.
func (c spectraLibraryCmd) Run(io std) error {
	out := []libraryOut{}
	for _, name := range c.Files {
		spectra, files, err := readSpectra(name)
		if err != nil {
			return err
		}
		for i, s := range spectra {
			out = append(out, summed(s, files[i]))
		}
	}
	if c.JSON {
		return writeJSON(io.out, out)
	}
	for _, o := range out {
		if _, err := fmt.Fprintf(io.out, "%s: %s %s, %s, %.6g to %.6g nm, %d points, largest %.4g at %.6g nm (%s)\n",
			o.File, o.Name, o.CAS, o.Quantity, o.FromNM, o.ToNM, o.Points, o.Peak, o.PeakNM, o.Format); err != nil {
			return err
		}
	}
	return nil
}

func summed(s *spectrum.Spectrum, file string) libraryOut {
	o := libraryOut{
		File: file, Name: s.Name, CAS: s.CAS, Formula: s.Formula, Format: s.Format, Quantity: s.Quantity,
		Points: len(s.Y), Resolution: s.Resolution, Source: s.Source, Notes: s.Notes,
	}
	if n := len(s.Wavelength); n > 0 {
		o.FromNM, o.ToNM = s.Wavelength[0], s.Wavelength[n-1]
	}
	for i, y := range s.Y {
		if i == 0 || y > o.Peak {
			o.Peak = y
			if s.Wavelength != nil {
				o.PeakNM = s.Wavelength[i]
			}
		}
	}
	return o
}

// spectralEndings are the files of a folder that are read.
var spectralEndings = map[string]bool{".jdx": true, ".dx": true, ".jcamp": true, ".xsc": true, ".csv": true, ".sli": true}

// readSpectra reads a file, or every spectral file of a folder.
func readSpectra(name string) (spectra []*spectrum.Spectrum, files []string, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, vigia.Errorf(vigia.NotFound, "%v", err)
	}
	paths := []string{name}
	if info.IsDir() {
		paths = nil
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, nil, vigia.Errorf(vigia.Invalid, "%v", err)
		}
		for _, e := range entries {
			if spectralEndings[strings.ToLower(filepath.Ext(e.Name()))] {
				paths = append(paths, filepath.Join(name, e.Name()))
			}
		}
		if len(paths) == 0 {
			return nil, nil, vigia.Errorf(vigia.NotFound, "%s holds no .jdx, .xsc, .sli or .csv file", name)
		}
	}
	for _, path := range paths {
		some, err := readSpectral(path)
		if err != nil {
			return nil, nil, named(err, path)
		}
		for _, s := range some {
			spectra, files = append(spectra, s), append(files, path)
		}
	}
	return spectra, files, nil
}

func readSpectral(path string) ([]*spectrum.Spectrum, error) {
	ending := strings.ToLower(filepath.Ext(path))
	if ending == ".sli" || ending == ".hdr" {
		return readLibrary(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, vigia.Errorf(vigia.NotFound, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	var head [512]byte
	n, _ := f.ReadAt(head[:], 0)
	read := spectrum.ReadCSV
	switch {
	case ending == ".xsc":
		read = spectrum.ReadXSC
	case bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("##")):
		read = spectrum.ReadJCAMP
	}
	s, err := read(f)
	if err != nil {
		return nil, err
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	return []*spectrum.Spectrum{s}, nil
}

// readLibrary reads an ENVI spectral library: a spectrum a line.
func readLibrary(path string) ([]*spectrum.Spectrum, error) {
	r, err := openRaster(path)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it is only read
	if !r.Library() || r.Bands != 1 {
		return nil, vigia.Errorf(vigia.Invalid, "the file type is %q with %d bands; a library is an \"ENVI Spectral Library\" with one", r.FileType, r.Bands)
	}
	if r.Samples > spectrum.PointLimit || r.Lines > 1<<16 {
		return nil, vigia.Errorf(vigia.Invalid, "%d spectra of %d points are more than a library holds", r.Lines, r.Samples)
	}
	var all []*spectrum.Spectrum
	for line := range r.Lines {
		y := make([]float32, r.Samples)
		if err := r.ReadPixels(y, line*r.Samples); err != nil {
			return nil, err
		}
		s := &spectrum.Spectrum{Format: "ENVI library", Quantity: spectrum.Value, Wavelength: r.Wavelengths, Y: make([]float64, len(y))}
		for i, v := range y {
			s.Y[i] = float64(v)
		}
		s.Name = fmt.Sprintf("spectrum %d", line+1)
		if line < len(r.Spectra) {
			s.Name = r.Spectra[line]
		}
		all = append(all, s)
	}
	return all, nil
}

// sought is what is looked for, in the scene's bands that serve.
type sought struct {
	names   []string
	library [][]float64 // of absorption coefficients, to identify with; nil for a signature of another kind
	look    [][]float64 // what is scored
	kind    spectral.Kind
}

// find reads the signature or the library.
func (c spectraDetectCmd) find(scene *spectral.Scene, h envi.Header) (*sought, error) {
	if c.Signature != "" {
		some, err := readSpectral(c.Signature)
		if err != nil {
			return nil, named(err, c.Signature)
		}
		values, err := inBands(some[0], scene, h)
		if err != nil {
			return nil, named(err, c.Signature)
		}
		s := &sought{names: []string{some[0].Name}, look: [][]float64{values}, kind: spectral.Kind(c.Kind)}
		if some[0].Quantity == spectrum.Absorption {
			s.kind = spectral.Absorption
		}
		return s, nil
	}
	all, err := c.signatures()
	if err != nil {
		return nil, err
	}
	s := &sought{kind: spectral.Absorption}
	if h.Wavelengths == nil {
		return nil, vigia.Errorf(vigia.Invalid, "the cube has no wavelengths, and a library needs them; give --signature with band,value")
	}
	centres, widths := scene.Choose(h.Wavelengths), scene.Choose(h.FWHM)
	found := false
	for _, g := range all {
		wanted := c.Chemical == "" || strings.EqualFold(g.Name, c.Chemical)
		found = found || wanted
		k, covered := g.Resample(centres, widths)
		if covered == 0 || slices.Max(k) < faintest {
			if wanted && c.Chemical != "" {
				return nil, vigia.Errorf(vigia.Invalid, "%s does not absorb within this cube's %.6g to %.6g nm, as far as the library says", g.Name, centres[0], centres[len(centres)-1])
			}
			continue
		}
		s.names, s.library = append(s.names, g.Name), append(s.library, k)
		if wanted {
			s.look = append(s.look, k)
		}
	}
	switch {
	case !found:
		return nil, vigia.Errorf(vigia.NotFound, "the library has no %q; it holds %s", c.Chemical, namesOf(all))
	case len(s.look) == 0:
		return nil, vigia.Errorf(vigia.Invalid, "nothing in the library absorbs within this cube's %.6g to %.6g nm", centres[0], centres[len(centres)-1])
	}
	return s, nil
}

// faintest is the least absorption, per ppm·m, that a library entry is looked
// for with: a thousand ppm·m of it dims a band by a thousandth.
const faintest = 1e-6

func namesOf(all []spectral.Signature) string {
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.Name
	}
	return strings.Join(names, ", ")
}

// signatures reads the library.
func (c spectraDetectCmd) signatures() ([]spectral.Signature, error) {
	if c.Library == "builtin" {
		return spectral.Library(), nil
	}
	some, _, err := readSpectra(c.Library)
	if err != nil {
		return nil, err
	}
	var all []spectral.Signature
	for _, s := range some {
		if s.Quantity != spectrum.Value && s.Wavelength != nil {
			all = append(all, spectral.Signature{Name: strings.ToLower(s.Name), CAS: s.CAS, Kind: spectral.Absorption, Wavelength: s.Wavelength, Y: s.Y})
		}
	}
	if len(all) == 0 {
		return nil, vigia.Errorf(vigia.Invalid, "%s holds no absorption against wavelength", c.Library)
	}
	return all, nil
}

// inBands puts a signature on the bands of a scene.
func inBands(s *spectrum.Spectrum, scene *spectral.Scene, h envi.Header) ([]float64, error) {
	out := make([]float64, len(scene.Bands))
	if s.Bands != nil {
		byBand := map[int]float64{}
		first := 1
		for i, b := range s.Bands {
			if b == 0 {
				first = 0
			}
			byBand[b] = s.Y[i]
		}
		for i, b := range scene.Bands {
			v, ok := byBand[b+first]
			if !ok {
				return nil, vigia.Errorf(vigia.Invalid, "band %d of the cube is not in the signature", b+first)
			}
			out[i] = v
		}
		return out, nil
	}
	if h.Wavelengths == nil {
		return nil, vigia.Errorf(vigia.Invalid, "the cube has no wavelengths; the signature must be by band: band,value")
	}
	centres, widths := scene.Choose(h.Wavelengths), scene.Choose(h.FWHM)
	g := spectral.Signature{Wavelength: s.Wavelength, Y: s.Y}
	out, covered := g.Resample(centres, widths)
	if covered == 0 {
		return nil, vigia.Errorf(vigia.Invalid, "the signature covers %.6g to %.6g nm and the cube %.6g to %.6g nm: they do not overlap",
			s.Wavelength[0], s.Wavelength[len(s.Wavelength)-1], centres[0], centres[len(centres)-1])
	}
	return out, nil
}
