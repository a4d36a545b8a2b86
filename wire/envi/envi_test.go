package envi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
)

// encode writes one number of a type.
func encode(b []byte, t DataType, big bool, v int) []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	switch t {
	case Uint8:
		return append(b, byte(v))
	case Int16, Uint16:
		return order.AppendUint16(b, uint16(v))
	case Int32, Uint32:
		return order.AppendUint32(b, uint32(v))
	case Int64, Uint64:
		return order.AppendUint64(b, uint64(v))
	case Float32:
		return order.AppendUint32(b, math.Float32bits(float32(v)))
	case Float64:
		return order.AppendUint64(b, math.Float64bits(float64(v)))
	}
	panic(t)
}

// Every interleave, type and byte order gives the same pixels, however they
// are asked for.
func TestCube_ReadPixels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Header{
			Samples: rapid.IntRange(1, 9).Draw(t, "samples"), Lines: rapid.IntRange(1, 7).Draw(t, "lines"), Bands: rapid.IntRange(1, 40).Draw(t, "bands"),
			Offset:     int64(rapid.IntRange(0, 5).Draw(t, "offset")),
			Type:       rapid.SampledFrom([]DataType{Uint8, Int16, Int32, Float32, Float64, Uint16, Uint32, Int64, Uint64}).Draw(t, "type"),
			Interleave: rapid.SampledFrom([]Interleave{BSQ, BIL, BIP}).Draw(t, "interleave"), BigEndian: rapid.Bool().Draw(t, "big"),
		}
		value := func(l, s, b int) int { return (l*31 + s*7 + b) % 120 }
		data := make([]byte, h.Offset)
		n := [3]int{h.Bands, h.Lines, h.Samples} // BSQ
		at := func(i, j, k int) (l, s, b int) { return j, k, i }
		switch h.Interleave {
		case BIL:
			n, at = [3]int{h.Lines, h.Bands, h.Samples}, func(i, j, k int) (l, s, b int) { return i, k, j }
		case BIP:
			n, at = [3]int{h.Lines, h.Samples, h.Bands}, func(i, j, k int) (l, s, b int) { return i, j, k }
		}
		for i := range n[0] {
			for j := range n[1] {
				for k := range n[2] {
					data = encode(data, h.Type, h.BigEndian, value(at(i, j, k)))
				}
			}
		}
		c, err := NewCube(h, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		first := rapid.IntRange(0, h.Lines*h.Samples-1).Draw(t, "first")
		m := rapid.IntRange(1, h.Lines*h.Samples-first).Draw(t, "n")
		dst := make([]float32, m*h.Bands)
		if err := c.ReadPixels(dst, first); err != nil {
			t.Fatal(err)
		}
		for p := range m {
			for b := range h.Bands {
				l, s := (first+p)/h.Samples, (first+p)%h.Samples
				if got, want := dst[p*h.Bands+b], float32(value(l, s, b)); got != want {
					t.Fatalf("line %d, sample %d, band %d is %v, want %v", l, s, b, got, want)
				}
			}
		}
	})
}

const good = "ENVI\ndescription = {\n a scene}\nsamples = 4\nlines = 3\nbands = 2\nheader offset = 0\nfile type = ENVI Standard\ndata type = 4\ninterleave = bip\nbyte order = 0\nwavelength units = Micrometers\nwavelength = {\n 1.0,\n 2.5}\nfwhm = {0.01, 0.02}\nbbl = {1, 0}\ndata ignore value = -9999\nmap info = {UTM, 1, 1, 584115.5, 3512873.8, 7.5, 7.5, 13, North, WGS-84, rotation=35}\n"

func TestReadHeader(t *testing.T) {
	h, err := ReadHeader(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	if h.Wavelengths[1] != 2500 || h.FWHM[0] != 10 || !h.BadBands[1] || h.BadBands[0] || *h.Ignore != -9999 || h.Map.Rotation != 35 || h.Map.Zone != 13 {
		t.Errorf("%+v, map %+v", h, h.Map)
	}
	var b bytes.Buffer
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := ReadHeader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(again.Wavelengths, again.FWHM, again.BadBands, *again.Ignore, *again.Map, again.Samples, again.Type) !=
		fmt.Sprint(h.Wavelengths, h.FWHM, h.BadBands, *h.Ignore, *h.Map, h.Samples, h.Type) {
		t.Errorf("written and read again it is %+v", again)
	}
}

// Headers that lie are told, each by the field at fault, and nothing is
// allocated to match them.
func TestErrors(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, c := range map[string]struct{ header, say string }{
		"not ENVI":       {"hello\n", `"ENVI"`},
		"empty":          {"", "empty"},
		"no samples":     {replace("samples = 4\n", ""), `"samples": is missing`},
		"2^40 lines":     {replace("lines = 3", "lines = 1099511627776"), `"lines": 1099511627776 is not within`},
		"many lines":     {replace("lines = 3", "lines = 2147483648"), "truncated or the header lies"},
		"overflow":       {strings.NewReplacer("lines = 3", "lines = 2147483648", "samples = 4", "samples = 2147483648", "bands = 2", "bands = 1000000", "wavelength = {\n 1.0,\n 2.5}", "", "fwhm = {0.01, 0.02}", "", "bbl = {1, 0}", "").Replace(good), "no file holds"},
		"negative":       {replace("bands = 2", "bands = -2"), `"bands": -2`},
		"type":           {replace("data type = 4", "data type = 7"), "no type of the format"},
		"complex":        {replace("data type = 4", "data type = 6"), "header lies"},
		"interleave":     {replace("= bip", "= bxx"), "interleave"},
		"byte order":     {replace("byte order = 0", "byte order = 2"), "byte order"},
		"offset":         {replace("offset = 0", "offset = -1"), "header offset"},
		"short list":     {replace("{0.01, 0.02}", "{0.01}"), `"fwhm": it lists 1 numbers for 2 bands`},
		"no number":      {replace("2.5}", "x}"), `"wavelength": entry 2`},
		"open braces":    {"ENVI\nwavelength = {1, 2\n", "not closed"},
		"map":            {replace("584115.5", "NaN"), "map info"},
		"zone":           {replace("13, North", "99, North"), "UTM zone"},
		"one byte short": {replace("bands = 2", "bands = 2"), "truncated"},
	} {
		h, err := ReadHeader(strings.NewReader(c.header))
		if err == nil {
			_, err = NewCube(h, bytes.NewReader(make([]byte, 95)), 95)
		}
		if err == nil || !strings.Contains(err.Error(), c.say) || vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: %v; want a sentence with %q", name, err, c.say)
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		h, _ := ReadHeader(strings.NewReader(replace("lines = 3", "lines = 2147483648")))
		_, _ = NewCube(h, bytes.NewReader(nil), 0)
	}); n > 400 {
		t.Errorf("a header that lies costs %v allocations", n)
	}
}

// A file that shrinks while it is read is told, not read as zeros.
func TestCube_Shrinks(t *testing.T) {
	h, err := ReadHeader(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCube(h, bytes.NewReader(make([]byte, 40)), 96)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ReadPixels(make([]float32, 24), 0); err == nil || !strings.Contains(err.Error(), "became shorter") {
		t.Errorf("a file that shrank: %v", err)
	}
}

// UTM against published pairs: the origin of a zone, and the Eiffel tower
// (31U 448251.8 5411932.7, 48.8582° N 2.2945° E).
func TestMapInfo_Point(t *testing.T) {
	for _, c := range []struct {
		e, n     float64
		zone     int
		lon, lat float64
	}{
		{500000, 0, 31, 3, 0},
		{448251.8, 5411932.7, 31, 2.2945, 48.8582},
		{500000, 4982950.4004, 33, 15, 45}, // meridian distance of 45°: 4984944.378 m × 0.9996
	} {
		m := MapInfo{Projection: "UTM", RefSample: 1, RefLine: 1, Easting: c.e, Northing: c.n, DX: 1, DY: 1, Zone: c.zone, Datum: "WGS-84"}
		p, ok := m.Point(0, 0)
		if d := geo.Distance(p, geo.Point{Lon: c.lon, Lat: c.lat}); !ok || d > 0.1 {
			t.Errorf("%v E %v N in zone %d is %v, %.2f m from %v, %v", c.e, c.n, c.zone, p, d, c.lon, c.lat)
		}
	}
}

// A rotated grid: the recorded scene's corner stays, and a step along a row is
// a pixel long, turned by 35° against east.
func TestMapInfo_Rotation(t *testing.T) {
	m, err := parseMapInfo("UTM, 1, 1, 1000, 2000, 7.5, 7.5, 13, North, WGS-84, rotation=35")
	if err != nil {
		t.Fatal(err)
	}
	e0, n0 := m.Grid(0, 0)
	e1, n1 := m.Grid(1, 0)
	if e0 != 1000 || n0 != 2000 || math.Abs(math.Hypot(e1-e0, n1-n0)-7.5) > 1e-9 || math.Abs(math.Atan2(n1-n0, e1-e0)*180/math.Pi-35) > 1e-9 {
		t.Errorf("corner %v %v, next %v %v", e0, n0, e1, n1)
	}
}

// The headers of the recorded files.
func TestReadHeader_Recorded(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(recorded.Dir(t, "spectra"), "*", "*.hdr"))
	if len(files) < 10 {
		t.Fatalf("%d headers, more are known", len(files))
	}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		h, err := ReadHeader(f)
		f.Close() //nolint:errcheck // it is only read
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		info, err := os.Stat(strings.TrimSuffix(path, ".hdr") + ".img")
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := h.length(); !ok || n != info.Size() {
			t.Errorf("%s: %d bytes by its header, %d there are", path, n, info.Size())
		}
	}
}

func FuzzReadHeader(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("ENVI\nsamples = 4\nlines = 1099511627776\nbands = 2\ndata type = 4\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ReadHeader(bytes.NewReader(b))
		if err != nil {
			return
		}
		c, err := NewCube(h, bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		dst := make([]float32, h.Bands)
		if err := c.ReadPixels(dst, h.Lines*h.Samples-1); err != nil {
			t.Fatalf("the data are there and cannot be read: %v", err)
		}
		if err := h.Write(&bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	})
}

// A cube read line by line from a pipe is the cube read from a file.
func TestLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Header{
			Samples: rapid.IntRange(1, 9).Draw(t, "samples"), Lines: rapid.IntRange(1, 7).Draw(t, "lines"), Bands: rapid.IntRange(1, 40).Draw(t, "bands"),
			Offset:     int64(rapid.IntRange(0, 5).Draw(t, "offset")),
			Type:       rapid.SampledFrom([]DataType{Uint8, Int16, Float32, Float64}).Draw(t, "type"),
			Interleave: rapid.SampledFrom([]Interleave{BIL, BIP}).Draw(t, "interleave"), BigEndian: rapid.Bool().Draw(t, "big"),
		}
		data := make([]byte, h.Offset)
		for i := range h.Samples * h.Lines * h.Bands {
			data = encode(data, h.Type, h.BigEndian, i%101)
		}
		c, err := NewCube(h, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float32, h.Samples*h.Lines*h.Bands)
		if err := c.ReadPixels(want, 0); err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(int(h.Offset), len(data)).Draw(t, "cut")
		l, err := NewLines(h, bytes.NewReader(data[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		n := h.Samples * h.Bands
		line := make([]float32, n)
		whole := (cut - int(h.Offset)) / (n * h.Type.Width())
		for k := range whole {
			if err := l.Next(line); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(line) != fmt.Sprint(want[k*n:(k+1)*n]) {
				t.Fatalf("line %d is %v, want %v", k, line, want[k*n:(k+1)*n])
			}
		}
		err = l.Next(line)
		if whole == h.Lines && err != io.EOF || whole < h.Lines && vigia.ErrorCode(err) != vigia.Invalid {
			t.Fatalf("after %d lines of %d: %v", whole, h.Lines, err)
		}
	})
	if _, err := NewLines(Header{Samples: 1 << 30, Lines: 1, Bands: 1 << 20, Type: Uint8, Interleave: BIP}, bytes.NewReader(nil)); vigia.ErrorCode(err) != vigia.Invalid {
		t.Errorf("a line of 2^50 numbers: %v", err)
	}
}

// BenchmarkReadPixels turns a cube of every interleave into pixels, 4096 at once.
func BenchmarkReadPixels(b *testing.B) {
	const samples, lines, bands, n = 600, 64, 128, 4096
	data := make([]byte, 4*samples*lines*bands)
	for _, i := range []Interleave{BIP, BIL, BSQ} {
		c, err := NewCube(Header{Samples: samples, Lines: lines, Bands: bands, Type: Float32, Interleave: i}, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			b.Fatal(err)
		}
		dst := make([]float32, n*bands)
		b.Run(string(i), func(b *testing.B) {
			b.SetBytes(4 * n * bands)
			for k := range b.N {
				if err := c.ReadPixels(dst, k*n%(samples*lines-n)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
