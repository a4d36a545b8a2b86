package geotiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A read file: its directories in order, and each one's tags.
type parsed []map[uint16][]float64

// parse reads what TIFF 6.0 says a little-endian file is, strictly.
func parse(t require, b []byte) parsed {
	le := binary.LittleEndian
	if string(b[:2]) != "II" || le.Uint16(b[2:]) != 42 {
		t.Fatalf("not a TIFF: %x", b[:4])
	}
	var all parsed
	for at := le.Uint32(b[4:]); at != 0; {
		tags := map[uint16][]float64{}
		n := int(le.Uint16(b[at:]))
		last := uint16(0)
		for i := range n {
			e := b[int(at)+2+12*i:]
			tag, kind, count := le.Uint16(e), le.Uint16(e[2:]), int(le.Uint32(e[4:]))
			if tag <= last {
				t.Fatalf("tag %d comes after %d", tag, last)
			}
			last = tag
			width := map[uint16]int{2: 1, 3: 2, 4: 4, 12: 8}[kind]
			v := e[8:]
			if width*count > 4 {
				off := le.Uint32(e[8:])
				if off%2 != 0 {
					t.Fatalf("the value of tag %d begins at the odd byte %d", tag, off)
				}
				v = b[off:]
			}
			for k := range count {
				switch kind {
				case 2:
					tags[tag] = append(tags[tag], float64(v[k]))
				case 3:
					tags[tag] = append(tags[tag], float64(le.Uint16(v[2*k:])))
				case 4:
					tags[tag] = append(tags[tag], float64(le.Uint32(v[4*k:])))
				case 12:
					tags[tag] = append(tags[tag], math.Float64frombits(le.Uint64(v[8*k:])))
				}
			}
		}
		all = append(all, tags)
		at = le.Uint32(b[int(at)+2+12*n:])
	}
	return all
}

type require interface{ Fatalf(string, ...any) }

// pixels reads a directory's tiles.
func pixels(t require, b []byte, tags map[uint16][]float64) []float32 {
	w, h := int(tags[256][0]), int(tags[257][0])
	out := make([]float32, w*h)
	across := (w + 255) / 256
	for k, off := range tags[324] {
		z, err := zlib.NewReader(bytes.NewReader(b[int(off) : int(off)+int(tags[325][k])]))
		if err != nil {
			t.Fatalf("tile %d: %v", k, err)
		}
		raw, err := io.ReadAll(z)
		if err != nil || len(raw) != 4*256*256 {
			t.Fatalf("tile %d: %d bytes, %v", k, len(raw), err)
		}
		for i := range 256 * 256 {
			if x, y := k%across*256+i%256, k/across*256+i/256; x < w && y < h {
				out[y*w+x] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
		}
	}
	return out
}

// Any raster comes back, and its overviews halve down to one tile.
func TestWrite_ComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Raster{Width: rapid.IntRange(1, 600).Draw(t, "width"), Height: rapid.IntRange(1, 600).Draw(t, "height"), Band: "score", EPSG: 32613}
		r.Pixels = make([]float32, r.Width*r.Height)
		for i := range r.Pixels {
			r.Pixels[i] = float32(i%251) - 3
			if i%17 == 0 {
				r.Pixels[i] = float32(math.NaN())
			}
		}
		var b bytes.Buffer
		if err := Write(&b, r); err != nil {
			t.Fatal(err)
		}
		all := parse(t, b.Bytes())
		got := pixels(t, b.Bytes(), all[0])
		for i, v := range got {
			if v != r.Pixels[i] && !(v != v && r.Pixels[i] != r.Pixels[i]) {
				t.Fatalf("pixel %d is %v, was %v", i, v, r.Pixels[i])
			}
		}
		w, h := r.Width, r.Height
		for i, tags := range all {
			if int(tags[256][0]) != w || int(tags[257][0]) != h || tags[254][0] != float64(min(i, 1)) {
				t.Fatalf("directory %d is %v × %v of kind %v, want %d × %d", i, tags[256], tags[257], tags[254], w, h)
			}
			w, h = (w+1)/2, (h+1)/2
		}
		if end := all[len(all)-1]; end[256][0] > 256 || end[257][0] > 256 {
			t.Fatalf("the last overview is %v × %v", end[256], end[257])
		}
		if len(all) > 1 && all[len(all)-1][324][0] > all[0][324][0] {
			t.Fatalf("the overview's data lie behind the raster's")
		}
	})
}

// GDAL, where it is installed, reads size, grid, place, no data and values as
// they were written.
func TestWrite_GDAL(t *testing.T) {
	info, err := exec.LookPath("gdalinfo")
	if err != nil {
		t.Skip("SKIPPED: gdalinfo is not installed (Debian's gdal-bin): no other program has read these files")
	}
	const w, h = 700, 300
	x := make([]float32, w*h)
	for i := range x {
		x[i] = float32(i%w) + float32(i/w)*1000
	}
	x[5] = float32(math.NaN())
	for name, c := range map[string]struct {
		raster Raster
		want   []string
	}{
		"UTM": {Raster{EPSG: 32731, Transform: [6]float64{500000, 3, 0, 8900000, 0, -3}}, []string{
			"WGS 84 / UTM zone 31S", "Origin = (500000.000000000000000,8900000.000000000000000)", "Pixel Size = (3.000000000000000,-3.000000000000000)"}},
		"rotated": {Raster{EPSG: 32613, Transform: [6]float64{584115.5, 6.1, 4.3, 3512873.8, 4.3, -6.1}}, []string{
			"WGS 84 / UTM zone 13N", "584115.5, 6.1, 4.3", "3512873.8, 4.3, -6.1"}},
		"geographic": {Raster{EPSG: 4326, Transform: [6]float64{-30, 1e-5, 0, 10, 0, -1e-5}}, []string{
			`GEOGCRS["WGS 84"`, "Origin = (-30.000000000000000,10.000000000000000)"}},
		"ties": {Raster{EPSG: 4326, Ties: []Tie{{0, 0, geo.Point{Lon: -30, Lat: 10}}, {700, 0, geo.Point{Lon: -29.99, Lat: 10}}, {0, 300, geo.Point{Lon: -30, Lat: 9.99}}, {700, 300, geo.Point{Lon: -29.99, Lat: 9.99}}}}, []string{
			"GCP[  3]", "(700,300) -> (-29.99,9.99,0)"}},
		"nowhere": {Raster{}, []string{"Size is 700, 300"}},
	} {
		c.raster.Width, c.raster.Height, c.raster.Pixels, c.raster.Band = w, h, x, "score"
		var b bytes.Buffer
		if err := Write(&b, c.raster); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "a.tif")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(info, "-checksum", file).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		for _, want := range append(c.want, "Size is 700, 300", "Type=Float32", "NoData Value=nan", "Block=256x256", "Overviews: 350x150, 175x75", "COMPRESSION=DEFLATE") {
			text := string(out)
			if !strings.Contains(text, want) && !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("%s: gdalinfo does not say %q:\n%s", name, want, out)
			}
		}
		if strings.Contains(string(out), "Warning") || strings.Contains(string(out), "ERROR") {
			t.Errorf("%s: gdalinfo complains:\n%s", name, out)
		}
		if at, err := exec.LookPath("gdallocationinfo"); err == nil && name == "UTM" {
			v, err := exec.Command(at, "-valonly", "-geoloc", file, "500301", "8899199").Output() // column 100, row 267
			if err != nil || strings.TrimSpace(string(v)) != "267100" {
				t.Errorf("at 500301 E 8899199 N there is %q, %v; want 267100", v, err)
			}
		}
		if stats, err := exec.Command(info, "-json", "-stats", file).Output(); err == nil {
			var s struct {
				Bands []struct{ Minimum, Maximum float64 }
			}
			if err := json.Unmarshal(stats, &s); err != nil || len(s.Bands) != 1 || s.Bands[0].Maximum != 299699 {
				t.Errorf("%s: gdalinfo's statistics: %v %v", name, s, err)
			}
		}
	}
}

func TestWrite_Errors(t *testing.T) {
	for name, r := range map[string]Raster{
		"empty":       {},
		"no pixels":   {Width: 2, Height: 2},
		"overflow":    {Width: 1 << 40, Height: 1 << 40},
		"other grids": {Width: 1, Height: 1, Pixels: []float32{1}, EPSG: 3857},
	} {
		if err := Write(io.Discard, r); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
