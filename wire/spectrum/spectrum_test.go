package spectrum

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigia-project/vigia/internal/recorded"
)

// The example of the standard (McDonald & Wilks 1988, fig. 3 and §5.9): the
// same ordinates in every form.
func TestReadJCAMP_Forms(t *testing.T) {
	want := []float64{1, 2, 3, 3, 2, 1, 0, -1, -2, -3}
	for name, data := range map[string]string{
		"AFFN": "99 1 2 3 3 2 1 0 -1 -2 -3",
		"PAC":  "99+1+2+3+3+2+1+0-1-2-3",
		"SQZ":  "99ABCCBA@abc",
		"DIF":  "99AJJ%jjjjjj",
		"DUP":  "99AJT%jX",
		"two":  "99AJJ%\n103Cjjjjjj",
	} {
		file := "##TITLE=t\n##JCAMP-DX=4.24\n##XUNITS=1/CM\n##YUNITS=REFLECTANCE\n##XFACTOR=1\n##YFACTOR=1\n" +
			"##FIRSTX=99\n##LASTX=108\n##NPOINTS=10\n##XYDATA=(X++(Y..Y))\n" + data + "\n##END=\n"
		s, err := ReadJCAMP(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(s.Y) != len(want) {
			t.Errorf("%s: %d ordinates, want %d", name, len(s.Y), len(want))
			continue
		}
		for i, v := range want { // rising wavelength is falling wave number
			if got := s.Y[len(want)-1-i]; got != v {
				t.Errorf("%s: ordinate %d is %v, want %v", name, i, got, v)
			}
		}
		if math.Abs(s.Wavelength[0]-1e7/108) > 1e-6 {
			t.Errorf("%s: the first wavelength is %v nm, want that of 108 cm⁻¹", name, s.Wavelength[0])
		}
	}
}

func TestReadJCAMP_Damaged(t *testing.T) {
	head := "##TITLE=t\n##XUNITS=1/CM\n##YUNITS=ABSORBANCE\n##FIRSTX=1\n##LASTX=9\n##NPOINTS=9\n"
	for name, c := range map[string]struct{ file, say string }{
		"no data":   {head + "##END=\n", "no data"},
		"truncated": {head + "##XYDATA=(X++(Y..Y))\n1 1 2 3\n", "truncated"},
		"check":     {head + "##XYDATA=(X++(Y..Y))\n1AJJJ\n5IJJJ\n##END=\n", "damaged"},
		"letters":   {head + "##XYDATA=(X++(Y..Y))\n1 1 2 &\n", "no ordinate"},
		"endless":   {head + "##XYDATA=(X++(Y..Y))\n1 1Z99999999999\n", "too often"},
		"not one":   {"wavelength,value\n", "##TITLE="},
	} {
		_, err := ReadJCAMP(strings.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v; want a sentence with %q", name, err, c.say)
		}
	}
}

// The recorded spectra, held against their own headers' largest ordinates and
// against published strengths of bands.
func TestReadJCAMP_Recorded(t *testing.T) {
	dir := recorded.Dir(t, "spectra/infrared_spectra")
	files, _ := filepath.Glob(filepath.Join(dir, "*.jdx"))
	if len(files) < 18 {
		t.Fatalf("%d files, 18 are known", len(files))
	}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ReadJCAMP(f)
		f.Close() //nolint:errcheck // it is only read
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			continue
		}
		peak, at := 0.0, 0.0
		for i, y := range s.Y {
			if y > peak {
				peak, at = y, s.Wavelength[i]
			}
		}
		t.Logf("%-24s %-8s %-28s peak %.3g at %.0f cm⁻¹, %d points", s.Name, s.Formula, s.Quantity, peak, 1e7/at, len(s.Y))
		if filepath.Base(path) == "sulphur_hexafluoride.jdx" && (math.Abs(peak-0.049062*math.Ln10) > 1e-6*peak*1e3 || math.Abs(1e7/at-948) > 1) {
			t.Errorf("SF6 peaks at %v per ppm·m and %.1f cm⁻¹; its header says 0.049062 to base 10, at ν3, 948 cm⁻¹", peak, 1e7/at)
		}
	}
}

func TestReadCSV(t *testing.T) {
	s, err := ReadCSV(strings.NewReader("wavelength_um,value\n2.0,1\n1.5,3\n"))
	if err != nil || s.Wavelength[0] != 1500 || s.Y[0] != 3 {
		t.Errorf("micrometres, not in order: %+v, %v", s, err)
	}
	if s, err = ReadCSV(strings.NewReader("band,value\n1,5\n2,6\n")); err != nil || len(s.Bands) != 2 || s.Y[1] != 6 {
		t.Errorf("bands: %+v, %v", s, err)
	}
	for _, bad := range []string{"", "x,y\n1,2\n", "wavelength_nm\n1\n", "wavelength_nm,value\n", "wavelength_nm,value\n1,x\n", "wavelength_nm,value\n-1,2\n", "wavelength_nm,value\n1,NaN\n", "wavelength_nm,value\n1\n"} {
		if s, err := ReadCSV(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read as %+v", bad, s)
		}
	}
}

// A cross section of 1e-18 cm² at 1 atm and 296 K absorbs as much as the
// number of molecules in a ppm·m says: 2.479e15 per cm².
func TestReadXSC(t *testing.T) {
	head := "                CF4  1250.0000 1290.0000      5  296.0 760.0 1.000E-18 0.030          Carbon tetra    air 12"
	s, err := ReadXSC(strings.NewReader(head + "\n 1.000E-18 2.000E-18 0.000E+00-1.000E-22 5.000E-19\n"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Y); n != 5 || math.Abs(s.Y[4]-2.479e-3) > 2e-6 || math.Abs(s.Wavelength[4]-8000) > 1e-6 {
		t.Errorf("%+v", s)
	}
	if _, err := ReadXSC(strings.NewReader(head + "\n 1.000E-18\n")); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("a truncated file: %v", err)
	}
}

// A few bytes do not ask for more points than the file says it has, or than it
// may have without saying.
func TestReadJCAMP_Repeats(t *testing.T) {
	file := func(says, ordinates string) string {
		return "##TITLE=t\n##XUNITS=1/CM\n##YUNITS=ABSORBANCE\n##FIRSTX=1\n##LASTX=9\n" + says + "##XYDATA=(X++(Y..Y))\n" + ordinates + "\n##END=\n"
	}
	for name, c := range map[string]struct {
		file   string
		points int // 0: refused
	}{
		"said":              {file("##NPOINTS=100000\n", "1AS00000"), 100000},
		"less than said":    {file("##NPOINTS=99999\n", "1AS00000"), 0},
		"unsaid":            {file("", "1AS0000"), 10000},
		"unsaid and many":   {file("", "1AS00000"), 0},
		"said and too many": {file("##NPOINTS=2000000\n", "1AT000000"), 0},
	} {
		s, err := ReadJCAMP(strings.NewReader(c.file))
		if c.points == 0 && err == nil || c.points > 0 && (err != nil || len(s.Y) != c.points) {
			t.Errorf("%s: read as %v points, %v", name, s, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("##TITLE=t\n##XUNITS=1/CM\n##YUNITS=ABSORBANCE\n##FIRSTX=1\n##LASTX=3\n##XYDATA=(X++(Y..Y))\n1AJT%\n##END=\n"))
	f.Add([]byte("wavelength_nm,value\n1,2\n"))
	f.Add([]byte("                CF4  1250.0000 1290.0000      2  296.0 760.0 1.000E-18 0.030\n 1.000E-18 2.000E-18\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4096 {
			return
		}
		for _, read := range []func() (*Spectrum, error){
			func() (*Spectrum, error) { return ReadJCAMP(strings.NewReader(string(b))) },
			func() (*Spectrum, error) { return ReadXSC(strings.NewReader(string(b))) },
			func() (*Spectrum, error) { return ReadCSV(strings.NewReader(string(b))) },
		} {
			s, err := read()
			if err == nil && s.Wavelength != nil && len(s.Wavelength) != len(s.Y) {
				t.Fatalf("%d wavelengths and %d numbers", len(s.Wavelength), len(s.Y))
			}
		}
	})
}
