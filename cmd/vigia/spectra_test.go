package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
)

// spectra runs "vigia spectra …" and returns what it writes.
func spectra(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(append([]string{"spectra"}, args...), std{strings.NewReader(""), &o, &e}); got != want {
		t.Fatalf("vigia spectra %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, o.String(), e.String())
	}
	return o.String(), e.String()
}

// Another program's column densities of a recorded scene, with no threshold set
// by hand (issue 6: F1 0.75 or more).
func TestSpectraPlumes_Recorded(t *testing.T) {
	dir, tmp := recorded.Dir(t, "spectra/starcop_ang20190927t153023"), t.TempDir()
	mask, geo := filepath.Join(tmp, "plumes.img"), filepath.Join(tmp, "plumes.geojson")
	spectra(t, 0, "plumes", filepath.Join(dir, "mag1c.hdr"), "--mask", mask, "--geojson", geo, "--json")
	got, err := os.ReadFile(mask)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := os.ReadFile(filepath.Join(dir, "label.img"))
	if err != nil {
		t.Fatal(err)
	}
	var both, found, there float64
	for i := range truth {
		found += float64(got[i])
		there += float64(truth[i])
		both += float64(got[i] * truth[i])
	}
	if f1 := 2 * both / (found + there); f1 < 0.75 {
		t.Errorf("F1 %.3f; the bar is 0.75", f1)
	}
	var features struct {
		Features []struct {
			Geometry struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	b, err := os.ReadFile(geo)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &features); err != nil || len(features.Features) < 2 {
		t.Fatalf("GeoJSON: %v, %d features", err, len(features.Features))
	}
	var at [2]float64
	if err := json.Unmarshal(features.Features[1].Geometry.Coordinates, &at); err != nil || math.Abs(at[0]+104.09) > 0.1 || math.Abs(at[1]-31.74) > 0.1 {
		t.Errorf("the strongest plume is at %v, the scene near 104.09° W 31.74° N", at)
	}
	if _, errs := spectra(t, 2, "plumes", mask); !strings.Contains(errs, "all alike") {
		t.Errorf("a mask has no tail; it is answered by %q", errs)
	}
}

// smallCube writes a cube with a plume in it, in an interleave, with a signature.
func smallCube(t *testing.T, interleave string) (cube, signature string) {
	t.Helper()
	const lines, samples, bands = 60, 50, 20
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 5))
	x := make([]float32, lines*samples*bands)
	csv := "wavelength_nm,value\n"
	var wavelengths []string
	for b := range bands {
		csv += fmt.Sprintf("%d,%g\n", 2100+20*b, 1e-5*math.Exp(-math.Pow(float64(b-12)/2, 2)))
		wavelengths = append(wavelengths, fmt.Sprint(2100+20*b))
	}
	for l := range lines {
		for s := range samples {
			bright := math.Exp(0.3 * r.NormFloat64())
			for b := range bands {
				v := bright*(1+0.02*float64(b)) + 0.005*r.NormFloat64()
				if l >= 20 && l < 30 && s >= 20 && s < 30 {
					v *= math.Exp(-3000 * 1e-5 * math.Exp(-math.Pow(float64(b-12)/2, 2)))
				}
				at := (l*samples+s)*bands + b
				switch interleave {
				case "bil":
					at = (l*bands+b)*samples + s
				case "bsq":
					at = (b*lines+l)*samples + s
				}
				x[at] = float32(v)
			}
		}
	}
	var data bytes.Buffer
	if err := binary.Write(&data, binary.LittleEndian, x); err != nil {
		t.Fatal(err)
	}
	header := fmt.Sprintf("ENVI\nsamples = %d\nlines = %d\nbands = %d\ndata type = 4\ninterleave = %s\nwavelength units = nm\nwavelength = {%s}\n",
		samples, lines, bands, interleave, strings.Join(wavelengths, ","))
	cube, signature = filepath.Join(dir, "cube.hdr"), filepath.Join(dir, "signature.csv")
	for path, b := range map[string][]byte{cube: []byte(header), filepath.Join(dir, "cube.img"): data.Bytes(), signature: []byte(csv)} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cube, signature
}

// One scene, three interleaves, three methods: the plume is the first, where it was put, and
// the same whatever the order of the file.
func TestSpectraDetect(t *testing.T) {
	for _, method := range []string{"mf", "ace", "auto"} {
		var first string
		for _, interleave := range []string{"bip", "bil", "bsq"} {
			cube, signature := smallCube(t, interleave)
			scores := filepath.Join(filepath.Dir(cube), "scores.img")
			out, _ := spectra(t, 0, "detect", cube, "--signature", signature, "--method", method, "--far", "1e-3", "--scores", scores, "--json")
			var got spectraOut
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			// Of 3000 pixels three are beyond the rate by chance, and may be plumes.
			if len(got.Plumes) < 1 || len(got.Plumes) > 4 || got.Plumes[0].Pixels < 80 || got.Plumes[0].Pixels > 160 ||
				math.Abs(got.Plumes[0].Sample-25) > 2 || math.Abs(got.Plumes[0].Line-25) > 2 {
				t.Errorf("%s, %s: %s; one plume of 100 pixels about sample 25, line 25 was put there", method, interleave, out)
			}
			b, err := os.ReadFile(scores)
			if err != nil || len(b) != 4*60*50 {
				t.Fatalf("%d bytes of scores, %v", len(b), err)
			}
			if first == "" {
				first = string(b)
			}
			if string(b) != first {
				t.Errorf("%s: the scores of %s differ from those of bip", method, interleave)
			}
		}
	}
}

// What goes wrong is told in a sentence with the file's name, with exit code 2,
// before memory is taken to match a lie.
func TestSpectra_BadInput(t *testing.T) {
	damage := func(header func(string) string, data func([]byte) []byte) (cube, signature string) {
		cube, signature = smallCube(t, "bip")
		img := strings.TrimSuffix(cube, ".hdr") + ".img"
		h, _ := os.ReadFile(cube)
		d, _ := os.ReadFile(img)
		if header != nil {
			h = []byte(header(string(h)))
		}
		if data != nil {
			d = data(d)
		}
		for path, b := range map[string][]byte{cube: h, img: d} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return cube, signature
	}
	replace := func(old, new string) func(string) string {
		return func(h string) string { return strings.Replace(h, old, new, 1) }
	}
	nan := func(every int) func([]byte) []byte {
		return func(d []byte) []byte {
			for i := 0; i < len(d); i += 4 * every {
				binary.LittleEndian.PutUint32(d[i:], math.Float32bits(nan32))
			}
			return d
		}
	}
	for name, c := range map[string]struct {
		header func(string) string
		data   func([]byte) []byte
		exit   int
		say    string
	}{
		"truncated":        {nil, func(d []byte) []byte { return d[:len(d)-7] }, 2, "truncated"},
		"lying":            {replace("lines = 60", "lines = 6000000"), nil, 2, "truncated or the header lies"},
		"2^40 lines":       {replace("lines = 60", "lines = 1099511627776"), nil, 2, "1099511627776"},
		"NaN everywhere":   {nil, nan(1), 2, "no band serves"},
		"a band of NaN":    {nil, nan(20), 0, "bands [1] are not finite"},
		"a saturated band": {nil, func(d []byte) []byte { return constant(d, 5, 20, 4095) }, 0, "bands [6] do not vary"},
		"some NaN":         {nil, nan(20*37 + 3), 0, ""},
		"empty":            {nil, func(d []byte) []byte { clear(d); return d }, 2, "empty"},
	} {
		cube, signature := damage(c.header, c.data)
		_, errs := spectra(t, c.exit, "detect", cube, "--signature", signature, "--far", "1e-3")
		if !strings.Contains(errs, c.say) {
			t.Errorf("%s: %q; want a sentence with %q", name, errs, c.say)
		}
	}
	cube, _ := smallCube(t, "bip")
	if _, errs := spectra(t, 3, "detect", cube, "--chemical", "unobtainium"); !strings.Contains(errs, "methane") {
		t.Errorf("a chemical that is not there is answered by %q; it should list those that are", errs)
	}
	if _, errs := spectra(t, 3, "detect", filepath.Join(t.TempDir(), "none.img"), "--chemical", "methane"); !strings.Contains(errs, "header") {
		t.Errorf("a missing file: %q", errs)
	}
}

func constant(d []byte, band, bands int, v float32) []byte {
	for i := 4 * band; i < len(d); i += 4 * bands {
		binary.LittleEndian.PutUint32(d[i:], math.Float32bits(v))
	}
	return d
}

func TestSpectraLibrary_Recorded(t *testing.T) {
	dir := recorded.Dir(t, "spectra/infrared_spectra")
	out, _ := spectra(t, 0, "library", dir, "--json")
	var got []libraryOut
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got) < 18 {
		t.Fatalf("%d spectra, %v; the folder has 18", len(got), err)
	}
	for _, g := range got {
		if strings.Contains(g.File, "ammonia") && (g.CAS != "7664-41-7" || math.Abs(1e7/g.PeakNM-967) > 5) {
			t.Errorf("ammonia: %+v; its Q branches are at 931 and 967 cm⁻¹", g)
		}
	}
}

// A cube without a map grid is placed by its poses: the plume is where the
// aircraft's geometry puts it, and the GeoTIFF is tied there. With a grid, GDAL
// puts the corners of the GeoTIFF where it puts those of the ENVI file.
func TestSpectra_Placed(t *testing.T) {
	cube, signature := smallCube(t, "bil")
	dir := filepath.Dir(cube)
	const height, speed = 500.0, 2.0 // metres, and metres a line
	frame := geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10}}
	poses := "time,lon_deg,lat_deg,alt_m,heading_deg\n"
	for l := range 60 {
		p := frame.ToPoint(geo.Local{X: speed * float64(l), Z: height}) // eastwards: the first pixel lies north
		poses += fmt.Sprintf("2026-03-01T12:00:%02dZ,%.9f,%.9f,%.3f,90\n", l, p.Lon, p.Lat, p.Alt)
	}
	file := filepath.Join(dir, "poses.csv")
	if err := os.WriteFile(file, []byte(poses), 0o600); err != nil {
		t.Fatal(err)
	}
	tif := filepath.Join(dir, "scores.tif")
	out, _ := spectra(t, 0, "detect", cube, "--signature", signature, "--far", "1e-3", "--json", "--geotiff", tif, "--poses", file, "--field-of-view", "11.42")
	var got spectraOut
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Plumes) == 0 || got.Plumes[0].At == nil {
		t.Fatalf("no plume has a place: %s", out)
	}
	p := got.Plumes[0]
	at := frame.ToLocal(*p.At)
	east, north := speed*(p.PeakLine-0.5), height*math.Tan(-11.42*math.Pi/180*(p.PeakSample/50-0.5))
	if math.Hypot(at.X-east, at.Y-north) > 0.1 {
		t.Errorf("the plume is at %.1f m east, %.1f m north; the geometry says %.1f, %.1f", at.X, at.Y, east, north)
	}
	if a := p.AreaM2 / float64(p.Pixels); math.Abs(a-4) > 0.1 { // 100 m across in 50 pixels, 2 m along
		t.Errorf("a pixel covers %.2f m², want 4", a)
	}
	if _, errs := spectra(t, 2, "detect", cube, "--signature", signature, "--poses", file); !strings.Contains(errs, "--field-of-view") {
		t.Errorf("without a field of view: %s", errs)
	}

	info, err := exec.LookPath("gdalinfo")
	if err != nil {
		t.Skip("SKIPPED: gdalinfo is not installed (Debian's gdal-bin): no other program has read the GeoTIFF")
	}
	corners := func(file string) string {
		out, err := exec.Command(info, file).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		_, text, _ := strings.Cut(string(out), "Corner Coordinates:")
		text, _, _ = strings.Cut(text, "Band 1")
		return text
	}
	if text, err := exec.Command(info, tif).CombinedOutput(); err != nil || !strings.Contains(string(text), "GCP[255]") {
		t.Errorf("%v\n%s", err, text)
	}
	header, err := os.ReadFile(cube)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cube, append(header, "map info = {UTM, 1, 1, 584115.5, 3512873.8, 7.5, 7.5, 13, North, WGS-84, rotation=35}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	spectra(t, 0, "detect", cube, "--signature", signature, "--far", "1e-3", "--geotiff", tif)
	if a, b := corners(tif), corners(strings.TrimSuffix(cube, ".hdr")+".img"); a != b || a == "" {
		t.Errorf("GDAL puts the GeoTIFF's corners at %s\nand the cube's at %s", a, b)
	}
}

// The built-in strengths against quantitative spectra that were recorded: what is
// integrated over each range of wave numbers, cm⁻¹, in parts of it.
func TestLibrary_AgainstRecorded(t *testing.T) {
	dir := recorded.Dir(t, "spectra/infrared_spectra")
	builtin := map[string]spectral.Signature{}
	for _, g := range spectral.Library() {
		builtin[g.Name] = g
	}
	sum := func(nm, y []float64, lo, hi float64) (s float64) {
		for i := 1; i < len(nm); i++ {
			a, b := 1e7/nm[i-1], 1e7/nm[i]
			if m := (a + b) / 2; m > lo && m < hi {
				s += (y[i] + y[i-1]) / 2 * math.Abs(a-b)
			}
		}
		return s
	}
	for _, c := range []struct {
		name, file string
		within     float64
		ranges     [][2]float64
	}{
		{"2-butanone", "2-butanone", 0.06, [][2]float64{{850, 1000}, {1130, 1300}, {1300, 1550}, {1550, 1900}, {2700, 3250}}},
		{"acetone", "acetone", 0.06, [][2]float64{{850, 1000}, {1000, 1130}, {1130, 1300}, {1300, 1550}, {1550, 1900}, {2700, 3250}}},
		{"dichloromethane", "dichloromethane", 0.06, [][2]float64{{600, 850}, {1130, 1300}, {2700, 3250}}},
		{"ethyl acetate", "ethyl_acetate", 0.06, [][2]float64{{1000, 1130}, {1130, 1300}, {1300, 1550}, {1550, 1900}, {2700, 3250}}},
		{"isopropyl alcohol", "isopropyl_alcohol", 0.06, [][2]float64{{850, 1000}, {1000, 1130}, {1130, 1300}, {1300, 1550}, {2700, 3250}, {3250, 3800}}},
		{"carbon tetrafluoride", "carbon_tetrafluoride", 0.06, [][2]float64{{1130, 1300}}},
		{"sulphur hexafluoride", "sulphur_hexafluoride", 0.15, [][2]float64{{600, 850}, {850, 1000}}},
		{"ethylene", "ethylene", 0.15, [][2]float64{{850, 1130}, {2700, 3250}}},
		{"ethanol", "ethanol", 0.15, [][2]float64{{850, 1000}, {1000, 1130}, {1130, 1300}, {1300, 1550}, {2700, 3250}}},
		{"methanol", "methanol", 0.15, [][2]float64{{850, 1130}, {1300, 1550}, {2700, 3250}, {3250, 3800}}},
	} {
		some, _, err := readSpectra(filepath.Join(dir, c.file+".jdx"))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range c.ranges {
			ours, theirs := sum(builtin[c.name].Wavelength, builtin[c.name].Y, r[0], r[1]), sum(some[0].Wavelength, some[0].Y, r[0], r[1])
			if ratio := ours / theirs; math.Abs(ratio-1) > c.within {
				t.Errorf("%s, %.0f to %.0f: %.3f of what was recorded; %.2f is said to be the most it is off by", c.name, r[0], r[1], ratio, c.within)
			}
		}
	}
}
