package detect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/geo"
)

const (
	// All stands for the whole library in what a cube is looked through for.
	All = "all"

	cubeMethod = "auto-1" // of detection, with its version

	mostPlumes   = 50  // of a cube that are named and told, the heaviest first
	mostColumns  = 200 // pixels of a plume whose columns are told
	mostCells    = 400 // column observations of a cube
	mostCorners  = 600 // of an outline
	chancePixels = 25  // a smaller plume that nothing in the library explains is left to chance
	columnTopM   = 300 // a plume is below: the ray above it holds nothing
	notYetNamed  = "not yet named"
	faintest     = 1e-6 // absorption per ppm·m of what is looked for at all
	identifySeed = 1
)

// spooled is a Source over the lines a cube has so far, in its file.
type spooled struct {
	*cube
}

func (s spooled) Shape() (lines, samples, bands int) {
	return len(s.numbers), s.Samples, len(s.Wavelengths)
}

func (s spooled) ReadPixels(dst []float32, first int) error {
	_, err := s.spool.ReadAt(bytesOf(dst), 4*int64(first)*int64(len(s.Wavelengths)))
	return err
}

// bytesOf shows the memory of numbers: the file is read by the process that
// wrote it.
func bytesOf(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}

// held is a Source over lines in memory.
type held struct {
	lines          [][]float32
	samples, bands int
}

func (h held) Shape() (lines, samples, bands int) { return len(h.lines), h.samples, h.bands }

func (h held) ReadPixels(dst []float32, first int) error {
	for len(dst) > 0 {
		n := copy(dst, h.lines[first/h.samples][first%h.samples*h.bands:])
		dst, first = dst[n:], first+n/h.bands
	}
	return nil
}

// line takes in one line and returns what stands out in it.
func (d *Detect) line(c *cube, l vigia.ScanLine) ([]vigia.Detection, error) {
	x := make([]float32, c.Samples*len(c.Wavelengths))
	l.Floats(x)
	if _, err := c.spool.WriteAt(bytesOf(x), int64(len(c.numbers))*4*int64(len(x))); err != nil {
		return nil, err
	}
	l.Samples = nil
	c.swath.Add(l)
	c.numbers, c.times = append(c.numbers, l.Number), append(c.times, l.Time)
	if c.stream != nil {
		return d.judge(c, len(c.numbers)-1, x)
	}
	if len(c.warm) < warmLines {
		c.warm = append(c.warm, x)
	} else {
		c.warm = append(c.warm[1:], x) // the first were empty
	}
	if len(c.numbers) < c.tried {
		return nil, nil
	}
	c.tried += warmLines
	return d.start(c)
}

// start chooses bands by the lines so far and takes these in.
func (d *Detect) start(c *cube) ([]vigia.Detection, error) {
	scene, err := spectral.Prepare(held{c.warm, c.Samples, len(c.Wavelengths)}, c.BadBands, c.Ignore)
	if err != nil {
		return nil, nil // nothing to see yet
	}
	look, _, _ := d.signatures(c, scene)
	if len(look) == 0 {
		return nil, nil
	}
	c.bands = scene.Bands
	c.stream, err = spectral.NewStream(c.Samples, look, spectral.StreamOptions{Kind: spectral.Absorption, Rate: d.options.FalseAlarm})
	if err != nil {
		return nil, nil
	}
	var found []vigia.Detection
	warm := c.warm
	c.warm = nil
	for i, x := range warm {
		some, err := d.judge(c, len(c.numbers)-len(warm)+i, x)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// judge scores a line and tells of alarms that lie together.
func (d *Detect) judge(c *cube, line int, x []float32) ([]vigia.Detection, error) {
	bands := len(c.Wavelengths)
	if c.row == nil {
		c.row = make([]float32, c.Samples*len(c.bands))
	}
	for p := range c.Samples {
		for i, b := range c.bands {
			c.row[p*len(c.bands)+i] = x[p*bands+b]
		}
	}
	scores, alarms, err := c.stream.Line(c.row)
	if err != nil {
		return nil, err
	}
	var found []vigia.Detection
	for _, k := range c.clusters.Line(line, alarms, scores) {
		at, ok := c.swath.Place(float64(k.PeakSample)+0.5, float64(k.PeakLine)+0.5)
		if !ok {
			continue
		}
		det := vigia.Detection{
			Flight: c.Flight, Sensor: c.Sensor, Chemical: notYetNamed, From: c.times[k.First], To: c.times[k.Last], At: at,
			Readings: k.Pixels, Peak: k.Peak, Enhancement: k.Peak, Noise: c.stream.Sigma(), Threshold: c.stream.Threshold(),
			FalseAlarm: d.options.FalseAlarm,
		}
		if len(c.looked) == 1 && c.looked[0] != All {
			det.Chemical = c.looked[0]
		}
		det.ID = vigia.NewID("det", c.ID, c.numbers[k.First], c.numbers[k.PeakLine], k.PeakSample)
		found = append(found, det)
	}
	return found, nil
}

// signatures returns what is looked for in a scene's bands that serve, and the
// whole library to name with. Where the library has nothing of what is looked
// for, all of it is.
func (d *Detect) signatures(c *cube, scene *spectral.Scene) (look [][]float64, names []string, library [][]float64) {
	centres, widths := scene.Choose(c.Wavelengths), scene.Choose(c.FWHM)
	for _, g := range d.library {
		k, covered := g.Resample(centres, widths)
		if covered == 0 || slices.Max(k) < faintest {
			continue
		}
		names, library = append(names, g.Name), append(library, k)
		if slices.ContainsFunc(c.looked, func(name string) bool { return name == All || strings.EqualFold(name, g.Name) }) {
			look = append(look, k)
		}
	}
	if look == nil {
		look = library
	}
	return look, names, library
}

// workOut judges a whole cube: its plumes, what they are of and how much, and
// the columns that a source is located by.
func (d *Detect) workOut(ctx context.Context, flight vigia.Flight, c *cube, found *finding) error {
	scene, err := spectral.Prepare(spooled{c}, c.BadBands, c.Ignore)
	if vigia.ErrorCode(err) == vigia.Invalid {
		d.Log.Warn("a cube holds nothing that can be judged", "cube", c.Name, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	look, names, library := d.signatures(c, scene)
	if len(look) == 0 {
		d.Log.Warn("the library holds nothing that this cube's bands show", "cube", c.Name)
		return nil
	}
	r, err := spectral.Detect(ctx, scene, look, spectral.Options{
		Method: spectral.Auto, Kind: spectral.Absorption, Rate: d.options.FalseAlarm, Workers: d.workers,
	})
	if vigia.ErrorCode(err) == vigia.Invalid {
		d.Log.Warn("a cube cannot be judged", "cube", c.Name, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	w := &worker{Detect: d, cube: c, flight: flight, scene: scene, result: r, names: names, library: library, columns: map[string]*spectral.Columns{}}
	return w.plumes(ctx, found)
}

// A worker makes facts of one cube's result.
type worker struct {
	*Detect
	cube    *cube
	flight  vigia.Flight
	scene   *spectral.Scene
	result  *spectral.Result
	names   []string
	library [][]float64
	columns map[string]*spectral.Columns // of a chemical
}

func (w *worker) plumes(ctx context.Context, found *finding) error {
	var heaviest *spectral.Plume
	others := make([]bool, w.scene.Pixels())
	for i, p := range w.result.Plumes.Plumes {
		if i == mostPlumes {
			break
		}
		answers, err := w.scene.Identify(w.result.Background, p, w.result.Plumes.Mask, w.names, w.library, identifySeed)
		if err != nil {
			return err
		}
		best := answers[0].Name
		if best == w.flight.Chemical {
			if heaviest == nil {
				heaviest = &w.result.Plumes.Plumes[i]
			}
		} else {
			for _, at := range p.Members {
				others[at] = true
			}
		}
		if best == spectral.None && p.Pixels < chancePixels {
			continue
		}
		fact, ok, err := w.plume(ctx, p, answers)
		if err != nil {
			return err
		}
		if ok {
			fact.Log = found.log
			found.plumes = append(found.plumes, fact)
		}
	}
	if heaviest == nil {
		return nil
	}
	b, err := w.observations(ctx, *heaviest, others)
	if err == nil && len(b.Observations) > 0 {
		found.columns = append(found.columns, b)
	}
	return err
}

// of measures the columns of a chemical, once.
func (w *worker) of(ctx context.Context, chemical string) (*spectral.Columns, error) {
	if c, ok := w.columns[chemical]; ok {
		return c, nil
	}
	i := slices.Index(w.names, chemical)
	if i < 0 {
		return nil, nil
	}
	c, err := w.scene.Columns(ctx, w.result.Background, w.library[i], w.result.Plumes.Skip(), w.workers)
	if err != nil {
		return nil, err
	}
	w.columns[chemical] = c
	return c, nil
}

// plume makes the fact; false where it does not lie on the ground.
func (w *worker) plume(ctx context.Context, p spectral.Plume, answers []spectral.Answer) (vigia.Plume, bool, error) {
	c := w.cube
	first, last := p.Members[0]/c.Samples, p.Members[len(p.Members)-1]/c.Samples
	at, ok := c.swath.Place(p.PeakSample, p.PeakLine)
	outline, also := c.outline(p)
	if !ok || !also {
		return vigia.Plume{}, false, nil
	}
	chunk, err := c.chunk(first, last)
	if err != nil {
		return vigia.Plume{}, false, err
	}
	out := vigia.Plume{
		Flight: c.Flight, Sensor: c.Sensor, Chemical: answers[0].Name, Chemicals: []vigia.ChemicalProbability{},
		From: c.times[first], To: c.times[last], Outline: outline, At: at, Pixels: p.Pixels,
		Score: p.Peak, Threshold: w.result.Plumes.Seed.Value, FalseAlarm: w.result.Plumes.Seed.Rate, Columns: []vigia.PlumeColumn{},
		Origin: vigia.PlumeOrigin{Cube: c.ID, First: c.numbers[first], Last: c.numbers[last], Chunk: chunk}, Method: cubeMethod,
	}
	for _, a := range answers {
		out.Chemicals = append(out.Chemicals, vigia.ChemicalProbability{Name: a.Name, Probability: a.Probability, LookAlikes: a.LookAlikes})
	}
	for _, i := range p.Members {
		out.AreaM2 += c.swath.PixelArea(i%c.Samples, i/c.Samples)
	}
	columns, err := w.of(ctx, out.Chemical)
	if err != nil {
		return out, false, err
	}
	if columns != nil {
		w.measure(&out, p, columns)
	}
	out.ID = vigia.NewID("plume", out.Flight, out.Origin, out.Chemical, p.Members[0], p.Pixels, out.Method)
	return out, true, nil
}

// measure gives a plume its columns and mass.
func (w *worker) measure(out *vigia.Plume, p spectral.Plume, columns *spectral.Columns) {
	c, air := w.cube, w.cube.air()
	sum, sigma := columns.Total(p, w.result.Plumes.Mask, identifySeed)
	out.MeanPPMM = sum / float64(p.Pixels) / air
	step := (p.Pixels + mostColumns - 1) / mostColumns
	for k, i := range p.Members {
		v, sd := float64(columns.Amount[i])/air, float64(columns.Sigma[i])/air
		if v != v {
			continue
		}
		out.PeakPPMM = max(out.PeakPPMM, v)
		if k%step != 0 {
			continue
		}
		if at, ok := c.swath.Place(float64(i%c.Samples)+0.5, float64(i/c.Samples)+0.5); ok {
			out.Columns = append(out.Columns, vigia.PlumeColumn{Lon: at.Lon, Lat: at.Lat, PPMM: v, Sigma: sd})
		}
	}
	if chemical, err := vigia.ChemicalNamed(out.Chemical); err == nil {
		area := out.AreaM2 / float64(p.Pixels) / air
		out.MassKg, out.MassSD = spectral.Weigh(chemical, sum, area), spectral.Weigh(chemical, sigma, area)
	}
}

func (c *cube) air() float64 {
	if c.AirMass == 0 {
		return 1
	}
	return c.AirMass
}

// outline puts a plume's rings on the Earth; false where one of their corners
// does not lie on it. Rings of very many corners keep every second, third, ….
func (c *cube) outline(p spectral.Plume) (geo.Polygon, bool) {
	corners := 0
	for _, ring := range p.Outline {
		corners += len(ring)
	}
	every := (corners + mostCorners - 1) / mostCorners
	var out geo.Polygon
	for n, ring := range p.Outline {
		var kept [][2]float64
		for i, v := range ring[:len(ring)-1] {
			if i%every != 0 {
				continue
			}
			at, ok := c.swath.Place(v[0], v[1])
			if !ok {
				return nil, false
			}
			kept = append(kept, [2]float64{at.Lon, at.Lat})
		}
		if len(kept) >= 3 {
			out = append(out, append(kept, kept[0]))
		} else if n == 0 {
			return nil, false
		}
	}
	return out, true
}

// chunk is the hash of some lines' samples.
func (c *cube) chunk(first, last int) (string, error) {
	line := int64(c.LineBytes())
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(c.spool, int64(first)*line, int64(last-first+1)*line)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// observations are the columns about the heaviest plume of what the flight looks
// for, and thinly over the rest of the cube, along the rays they were seen on.
func (w *worker) observations(ctx context.Context, p spectral.Plume, others []bool) (vigia.Batch, error) {
	c := w.cube
	b := vigia.Batch{Flight: c.Flight}
	columns, err := w.of(ctx, w.flight.Chemical)
	if err != nil || columns == nil {
		return b, err
	}
	for _, k := range columns.Cells(p, w.result.Plumes.Mask, others, mostCells) {
		at, ok := c.swath.Place(k.Sample, k.Line)
		line := min(int(k.Line), len(c.numbers)-1)
		to, slant := upwards(at, c.swath.Pose(line).At)
		if !ok || slant == 0 {
			continue
		}
		o := vigia.Observation{
			Flight: c.Flight, Sensor: c.Sensor, Chemical: w.flight.Chemical, Time: c.times[line], Kind: vigia.ColumnKind, At: at, To: &to, Above: true,
			Value: k.Mean / c.air() * slant, Sigma: k.Sigma / c.air() * slant,
		}
		if o.Valid() != nil {
			continue
		}
		o.ID = vigia.NewID("obs", c.ID, w.flight.Chemical, cubeMethod, k.Sample, k.Line)
		o.Origin.Line = c.numbers[line]
		b.Observations = append(b.Observations, o)
	}
	if b.Observations == nil {
		return b, nil
	}
	chunk, err := c.chunk(0, len(c.numbers)-1)
	if err != nil {
		return b, err
	}
	b.Chunk = chunk
	for i := range b.Observations {
		b.Observations[i].Origin.Chunk = chunk
	}
	b.ID = vigia.NewID("columns", c.ID, chunk, w.flight.Chemical, cubeMethod)
	return b, nil
}

// upwards is where the ray from the ground to the aircraft leaves what a plume
// can reach, and how much longer it is than it is high; 0 where it does not rise.
func upwards(from, aircraft geo.Point) (to geo.Point, slant float64) {
	f := geo.Frame{Origin: from}
	l := f.ToLocal(aircraft)
	if !(l.Z > 1) {
		return from, 0
	}
	share := min(1, columnTopM/l.Z)
	length := math.Sqrt(l.X*l.X + l.Y*l.Y + l.Z*l.Z)
	return f.ToPoint(geo.Local{X: l.X * share, Y: l.Y * share, Z: l.Z * share}), length / l.Z
}
