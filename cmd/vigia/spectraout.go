package main

import (
	"bufio"
	"context"
	"math"
	"runtime"
	"slices"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/envi"
)

var nan32 = float32(math.NaN())

// spectraOut is the answer of the spectra commands.
type spectraOut struct {
	Chemical   string              `json:"chemical,omitempty"`
	Method     string              `json:"method,omitempty"`
	Kind       spectral.Kind       `json:"signature_kind,omitempty"`
	Sigma      float64             `json:"sigma,omitempty"`
	Threshold  *spectral.Threshold `json:"threshold,omitempty"`
	Detections int                 `json:"detections"`
	Seed       spectral.Threshold  `json:"plume_seed"`
	Grow       spectral.Threshold  `json:"plume_edge"`
	Plumes     []plumeOut          `json:"plumes"`
	Warnings   []string            `json:"warnings,omitempty"`
	Seconds    float64             `json:"seconds"`
}

// plumeOut is one plume, on the Earth where the raster says where it lies.
type plumeOut struct {
	spectral.Plume
	At       *geo.Point        `json:"at,omitempty"` // of the strongest neighbourhood
	AreaM2   float64           `json:"area_m2,omitempty"`
	MassKg   float64           `json:"mass_kg,omitempty"`
	MassSD   float64           `json:"mass_sd_kg,omitempty"`
	Identity []spectral.Answer `json:"identity,omitempty"`

	outline geo.Polygon
}

func plumesReport(where placing, p spectral.Plumes) spectraOut {
	out := spectraOut{Seed: p.Seed, Grow: p.Grow, Plumes: []plumeOut{}}
	for _, plume := range p.Plumes {
		o := plumeOut{Plume: plume, outline: plume.Outline}
		if at, ok := where.point(plume.PeakSample, plume.PeakLine); ok {
			o.At = &at
			o.outline = geo.Polygon(plume.Outline).Map(func(x, y float64) (float64, float64) {
				p, _ := where.point(x, y)
				return p.Lon, p.Lat
			})
		}
		o.AreaM2 = where.area(plume.Members)
		out.Plumes = append(out.Plumes, o)
		out.Detections += plume.Pixels
	}
	return out
}

func (f *foundIn) report(where placing) spectraOut {
	out := plumesReport(where, f.Plumes)
	out.Chemical, out.Method, out.Kind, out.Sigma = f.chemical, f.method, f.Kind, f.Sigma
	out.Threshold, out.Detections, out.Warnings = &f.Threshold, f.Detections, f.Warnings
	for i, a := range f.identity {
		out.Plumes[i].Identity = a
		out.Plumes[i].weigh(f.totals[i])
	}
	return out
}

// weigh sums up the columns of what each plume is of.
func (f *foundIn) weigh(ctx context.Context, scene *spectral.Scene, s *sought) error {
	measured := map[string]*spectral.Columns{}
	f.totals = make([][2]float64, len(f.identity))
	for i, a := range f.identity {
		k := slices.Index(s.names, a[0].Name)
		if k < 0 {
			continue // none of these, or a mixture
		}
		if measured[a[0].Name] == nil {
			c, err := scene.Columns(ctx, f.Background, s.library[k], f.Plumes.Skip(), runtime.NumCPU())
			if err != nil {
				return err
			}
			measured[a[0].Name] = c
		}
		f.totals[i][0], f.totals[i][1] = measured[a[0].Name].Total(f.Plumes.Plumes[i], f.Plumes.Mask, 1)
	}
	return nil
}

// weigh gives a plume its mass, where its substance and ground are known.
func (p *plumeOut) weigh(total [2]float64) {
	chemical, err := vigia.ChemicalNamed(p.Identity[0].Name)
	if err != nil || p.AreaM2 == 0 {
		return
	}
	area := p.AreaM2 / float64(p.Pixels)
	p.MassKg, p.MassSD = spectral.Weigh(chemical, total[0], area), spectral.Weigh(chemical, total[1], area)
}

// features is the answer as a map: outlines, and the place of each peak. Where
// the raster does not say where it lies, positions are sample and line.
func (o spectraOut) features() any {
	all := []feature{}
	onEarth := true
	for i, p := range o.Plumes {
		onEarth = onEarth && p.At != nil
		properties := map[string]any{"plume": i + 1, "pixels": p.Pixels, "peak": p.Peak, "mean": p.Mean}
		if o.Chemical != "" {
			properties["chemical"] = o.Chemical
		}
		if p.AreaM2 > 0 {
			properties["area_m2"] = p.AreaM2
		}
		if p.MassKg > 0 {
			properties["mass_kg"], properties["mass_sd_kg"] = p.MassKg, p.MassSD
		}
		if len(p.Identity) > 0 {
			properties["identity"] = p.Identity
		}
		at := [2]float64{p.PeakSample, p.PeakLine}
		if p.At != nil {
			at = [2]float64{p.At.Lon, p.At.Lat}
		}
		all = append(all, feature{"Feature", properties, p.outline},
			feature{"Feature", map[string]any{"plume": i + 1, "likely": "upwind edge"}, map[string]any{"type": "Point", "coordinates": at}})
	}
	out := map[string]any{"type": "FeatureCollection", "features": all}
	if !onEarth {
		out["vigia:frame"] = "pixels"
	}
	return out
}

// writeColumns measures and writes the columns of the one absorber that was
// looked for.
func (c spectraDetectCmd) writeColumns(ctx context.Context, scene *spectral.Scene, h envi.Header, f *foundIn) error {
	if len(f.look) != 1 || f.Kind != spectral.Absorption {
		return vigia.Errorf(vigia.Invalid, "columns are of one chemical: name --chemical, or a --signature that is an absorption coefficient")
	}
	columns, err := scene.Columns(ctx, f.Background, f.look[0], f.Plumes.Skip(), runtime.NumCPU())
	if err != nil {
		return err
	}
	bands := oneBand(h, envi.Float32, "")
	bands.Bands, bands.BandNames = 3, []string{"column", "sigma", "sparse column"}
	return writeRaster(c.Columns, bands, func(w *bufio.Writer) error {
		for _, band := range [][]float32{columns.Amount, columns.Sigma, columns.Sparse()} {
			if err := envi.WriteFloat32(w, band); err != nil {
				return err
			}
		}
		return nil
	})
}
