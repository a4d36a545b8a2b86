// Package geotiff writes rasters of numbers as GeoTIFF (OGC 19-008r4) on TIFF 6.0:
// float32, one band, tiles compressed by deflate, each half-size overview behind
// the last, and the tables of all of them before any data, smallest first, as a
// reader over a network wants them (OGC 21-026, cloud-optimised GeoTIFF).
package geotiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Raster is numbers in rows from the top, and where they lie. NaN is no data.
type Raster struct {
	Width, Height int
	Pixels        []float32
	Band          string // what the numbers are

	EPSG int // of the grid's coordinates: 4326, or 32601 to 32660 and 32701 to 32760
	// Transform turns column and row, counted from 0 at the outer corner of the
	// first pixel, into the grid: east = T[0] + T[1]·column + T[2]·row and north =
	// T[3] + T[4]·column + T[5]·row. Not used where there are Ties.
	Transform [6]float64
	// Ties tie places of a raster that lies on no grid to the Earth.
	Ties []Tie
}

// A Tie says where a column and row lie.
type Tie struct {
	Column, Row float64
	At          geo.Point
}

const (
	tileEdge   = 256
	mostPixels = 1 << 29 // 2 GiB of numbers: what the offsets of classic TIFF reach with room to spare
)

// Tags of TIFF 6.0, of GeoTIFF and of GDAL.
const (
	tagSubfileType, tagWidth, tagHeight         = 254, 256, 257
	tagBits, tagCompression, tagPhotometric     = 258, 259, 262
	tagDescription, tagSamplesPerPixel          = 270, 277
	tagPlanar, tagPredictor                     = 284, 317
	tagTileWidth, tagTileLength                 = 322, 323
	tagTileOffsets, tagTileByteCounts           = 324, 325
	tagSampleFormat                             = 339
	tagPixelScale, tagTiepoint, tagTransform    = 33550, 33922, 34264
	tagGeoKeys, tagGDALNoData                   = 34735, 42113
	typeASCII, typeShort, typeLong, typeDouble  = 2, 3, 4, 12
	keyModelType, keyRasterType, keyGeographic  = 1024, 1025, 2048
	keyProjected, keyAngularUnits, keyLinear    = 3072, 2054, 3076
	modelProjected, modelGeographic             = 1, 2
	rasterPixelIsArea, angularDegree, metre     = 1, 9102, 9001
	compressionDeflate, predictorNone, isFloat  = 8, 1, 3
	headerBytes, entryBytes, reducedResolution  = 8, 12, 1
	photometricMinIsBlack, planarChunky, magics = 1, 1, 42
)

// Write writes the raster.
func Write(w io.Writer, r Raster) error {
	if err := r.valid(); err != nil {
		return err
	}
	levels := []level{{r.Width, r.Height, r.Pixels, nil, nil}}
	for l := levels[0]; l.width > tileEdge || l.height > tileEdge; {
		l = l.half()
		levels = append(levels, l)
	}
	for i := range levels {
		if err := levels[i].compress(); err != nil {
			return err
		}
	}
	tables := make([]*table, len(levels))
	at := headerBytes
	for i, l := range levels {
		tables[i] = r.table(l, i > 0)
		tables[i].at = at
		at += tables[i].size()
	}
	for i := len(levels) - 1; i >= 0; i-- {
		for k, tile := range levels[i].tiles {
			levels[i].offsets[k] = uint32(at)
			at += len(tile)
			if at > math.MaxUint32 {
				return vigia.Errorf(vigia.Invalid, "the raster is larger than the 4 GiB of a TIFF")
			}
		}
	}
	out := &counted{w: w}
	out.put([]byte{'I', 'I'}, uint16(magics), uint32(headerBytes))
	for i, t := range tables {
		t.set(tagTileOffsets, levels[i].offsets)
		next := 0
		if i+1 < len(tables) {
			next = tables[i+1].at
		}
		t.write(out, next)
	}
	for i := len(levels) - 1; i >= 0; i-- {
		for _, tile := range levels[i].tiles {
			out.put(tile)
		}
	}
	return out.err
}

func (r Raster) valid() error {
	switch {
	case r.Width < 1 || r.Height < 1 || r.Width > mostPixels/r.Height || len(r.Pixels) != r.Width*r.Height:
		return vigia.Errorf(vigia.Invalid, "%d × %d pixels with %d numbers are no raster", r.Width, r.Height, len(r.Pixels))
	case r.EPSG != 0 && r.EPSG != 4326 && (r.EPSG < 32601 || r.EPSG > 32760 || r.EPSG > 32660 && r.EPSG < 32701):
		return vigia.Errorf(vigia.Invalid, "the grid EPSG:%d is neither WGS 84 nor one of its UTM zones", r.EPSG)
	}
	return nil
}

// A level is the raster or one of its overviews.
type level struct {
	width, height int
	pixels        []float32
	tiles         [][]byte
	offsets       []uint32
}

// half is the mean of each four pixels that hold data.
func (l level) half() level {
	h := level{width: (l.width + 1) / 2, height: (l.height + 1) / 2}
	h.pixels = make([]float32, h.width*h.height)
	for y := range h.height {
		for x := range h.width {
			var sum, n float32
			for _, d := range [4][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
				if row, col := 2*y+d[0], 2*x+d[1]; row < l.height && col < l.width {
					if v := l.pixels[row*l.width+col]; v == v {
						sum, n = sum+v, n+1
					}
				}
			}
			h.pixels[y*h.width+x] = sum / n // NaN of none
		}
	}
	return h
}

// compress cuts the level into tiles; what lies beyond its edge is no data.
func (l *level) compress() error {
	raw := make([]byte, 4*tileEdge*tileEdge)
	for y := 0; y < l.height; y += tileEdge {
		for x := 0; x < l.width; x += tileEdge {
			for i := range tileEdge * tileEdge {
				v := float32(math.NaN())
				if row, col := y+i/tileEdge, x+i%tileEdge; row < l.height && col < l.width {
					v = l.pixels[row*l.width+col]
				}
				binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
			}
			var b bytes.Buffer
			z := zlib.NewWriter(&b)
			if _, err := z.Write(raw); err != nil {
				return err
			}
			if err := z.Close(); err != nil {
				return err
			}
			l.tiles = append(l.tiles, b.Bytes())
		}
	}
	l.offsets = make([]uint32, len(l.tiles))
	return nil
}

// table makes a level's table of tags, in rising order as TIFF has them.
func (r Raster) table(l level, overview bool) *table {
	t := &table{}
	subfile := uint32(0)
	if overview {
		subfile = reducedResolution
	}
	counts := make([]uint32, len(l.tiles))
	for i, b := range l.tiles {
		counts[i] = uint32(len(b))
	}
	t.add(tagSubfileType, []uint32{subfile})
	t.add(tagWidth, []uint32{uint32(l.width)})
	t.add(tagHeight, []uint32{uint32(l.height)})
	t.add(tagBits, []uint16{32})
	t.add(tagCompression, []uint16{compressionDeflate})
	t.add(tagPhotometric, []uint16{photometricMinIsBlack})
	if r.Band != "" && !overview {
		t.add(tagDescription, r.Band)
	}
	t.add(tagSamplesPerPixel, []uint16{1})
	t.add(tagPlanar, []uint16{planarChunky})
	t.add(tagPredictor, []uint16{predictorNone})
	t.add(tagTileWidth, []uint16{tileEdge})
	t.add(tagTileLength, []uint16{tileEdge})
	t.add(tagTileOffsets, l.offsets)
	t.add(tagTileByteCounts, counts)
	t.add(tagSampleFormat, []uint16{isFloat})
	if !overview {
		r.place(t)
	}
	t.add(tagGDALNoData, "nan")
	return t
}

// place says where the raster lies.
func (r Raster) place(t *table) {
	if r.EPSG == 0 {
		return
	}
	keys := []uint16{1, 1, 0, 0, keyModelType, 0, 1, modelGeographic, keyRasterType, 0, 1, rasterPixelIsArea,
		keyGeographic, 0, 1, 4326, keyAngularUnits, 0, 1, angularDegree}
	if r.EPSG != 4326 {
		keys = []uint16{1, 1, 0, 0, keyModelType, 0, 1, modelProjected, keyRasterType, 0, 1, rasterPixelIsArea,
			keyProjected, 0, 1, uint16(r.EPSG), keyLinear, 0, 1, metre}
	}
	keys[3] = uint16(len(keys)/4 - 1)
	g := r.Transform
	switch {
	case r.Ties != nil:
		var ties []float64
		for _, p := range r.Ties {
			ties = append(ties, p.Column, p.Row, 0, p.At.Lon, p.At.Lat, p.At.Alt)
		}
		t.add(tagTiepoint, ties)
	case g[2] == 0 && g[4] == 0 && g[1] > 0 && g[5] < 0:
		t.add(tagPixelScale, []float64{g[1], -g[5], 0})
		t.add(tagTiepoint, []float64{0, 0, 0, g[0], g[3], 0})
	default:
		t.add(tagTransform, []float64{g[1], g[2], 0, g[0], g[4], g[5], 0, g[3], 0, 0, 0, 0, 0, 0, 0, 1})
	}
	t.add(tagGeoKeys, keys)
}

// A table is one image file directory of TIFF 6.0, section 2.
type table struct {
	at      int
	entries []entry
}

type entry struct {
	tag, kind uint16
	count     int
	value     []byte
}

func (t *table) add(tag uint16, value any) {
	e := entry{tag: tag}
	var b bytes.Buffer
	switch v := value.(type) {
	case string:
		e.kind, e.count = typeASCII, len(v)+1
		b.WriteString(v + "\x00")
	case []uint16:
		e.kind, e.count = typeShort, len(v)
	case []uint32:
		e.kind, e.count = typeLong, len(v)
	case []float64:
		e.kind, e.count = typeDouble, len(v)
	default:
		panic(fmt.Sprintf("geotiff: a tag of %T", value))
	}
	if e.kind != typeASCII {
		_ = binary.Write(&b, binary.LittleEndian, value) // into memory
	}
	e.value = b.Bytes()
	t.entries = append(t.entries, e)
}

// set replaces a tag's numbers by as many others.
func (t *table) set(tag uint16, v []uint32) {
	for i := range t.entries {
		if t.entries[i].tag == tag {
			for k, x := range v {
				binary.LittleEndian.PutUint32(t.entries[i].value[4*k:], x)
			}
		}
	}
}

// size is that of the table with the values that do not fit into it.
func (t *table) size() int {
	n := 2 + entryBytes*len(t.entries) + 4
	for _, e := range t.entries {
		if len(e.value) > 4 {
			n += (len(e.value) + 1) &^ 1
		}
	}
	return n
}

func (t *table) write(out *counted, next int) {
	out.put(uint16(len(t.entries)))
	beyond := t.at + 2 + entryBytes*len(t.entries) + 4
	for _, e := range t.entries {
		out.put(e.tag, e.kind, uint32(e.count))
		if len(e.value) <= 4 {
			out.put(append(append([]byte(nil), e.value...), 0, 0, 0, 0)[:4])
			continue
		}
		out.put(uint32(beyond))
		beyond += (len(e.value) + 1) &^ 1
	}
	out.put(uint32(next))
	for _, e := range t.entries {
		if len(e.value) > 4 {
			out.put(append(append([]byte(nil), e.value...), 0)[:(len(e.value)+1)&^1])
		}
	}
}

// counted writes until it fails.
type counted struct {
	w   io.Writer
	err error
}

func (c *counted) put(values ...any) {
	for _, v := range values {
		if c.err == nil {
			c.err = binary.Write(c.w, binary.LittleEndian, v)
		}
	}
}
