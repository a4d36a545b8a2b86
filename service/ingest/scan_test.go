package ingest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/stream"
)

const cubeHeader = "ENVI\nsamples = 3\nlines = 4\nbands = 2\ndata type = 4\ninterleave = bil\nwavelength units = nm\nwavelength = {2200, 2300}\n"

// cubePoses has a row a line, one second apart; the second aircraft is outside.
const cubePoses = "time,lon_deg,lat_deg,alt_m,heading_deg\n" +
	"2026-03-01T12:00:00Z,-29.995,10.005,50,90\n" +
	"2026-03-01T12:00:01Z,-29.980,10.005,50,90\n" +
	"2026-03-01T12:00:02Z,-29.995,10.005,50,90\n" +
	"2026-03-01T13:00:02Z,-29.995,10.005,50,90\n"

// form is the body of a cube in parts.
func form(t testing.TB, parts ...string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		f, err := w.CreateFormField(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.Boundary()
}

func (d *door) cube(t testing.TB, parts ...string) (ingest.Receipt, error) {
	t.Helper()
	body, boundary := form(t, parts...)
	req := ingest.ScanRequest{Request: ingest.Request{Flight: "F", Name: "cube.hdr"}, Cube: vigia.Cube{Sensor: "imager", FieldOfViewDeg: 30}}
	return d.Cube(context.Background(), req, multipart.NewReader(body, boundary))
}

// scans are the messages of scan lines on the log.
func (d *door) scans(t testing.TB) (scans []vigia.Scan, sealed []string) {
	t.Helper()
	for _, m := range d.tape.kept {
		switch {
		case strings.HasPrefix(m.Subject, stream.ScanLines):
			var s vigia.Scan
			if err := json.Unmarshal(m.Data, &s); err != nil {
				t.Fatal(err)
			}
			scans = append(scans, s)
		case strings.HasPrefix(m.Subject, stream.Sealed):
			var s vigia.Sealed
			if err := json.Unmarshal(m.Data, &s); err != nil {
				t.Fatal(err)
			}
			text, err := ingest.Unseal(s, d.key)
			if err != nil {
				t.Fatal(err)
			}
			sealed = append(sealed, string(text))
		}
	}
	return scans, sealed
}

// data4x3x2 is the data of cubeHeader: line l, band b, sample s is 100 l + 10 b + s.
func data4x3x2() string {
	var x []float32
	for l := range 4 {
		for b := range 2 {
			for s := range 3 {
				x = append(x, float32(100*l+10*b+s))
			}
		}
	}
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return string(b)
}

// Of four lines one was seen outside the volume and one after the hours: these
// are sealed, and the log holds the others, turned to pixels, with header and end.
func TestCube_EachLineIsAuthorised(t *testing.T) {
	d := open(t, vigia.GasLeak)
	r, err := d.cube(t, "header", cubeHeader, "poses", cubePoses, "data", data4x3x2())
	if err != nil || r.Accepted != 2 || r.Sealed != 2 || r.Rejected != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	scans, sealed := d.scans(t)
	if len(scans) != 3 || scans[0].Header == nil || len(scans[1].Lines) != 2 || !scans[2].End {
		t.Fatalf("the log holds %+v", scans)
	}
	for i, l := range scans[1].Lines {
		x := make([]float32, 6)
		l.Floats(x)
		n := float32([2]int{0, 2}[i])
		if l.Number != int(n) || fmt.Sprint(x) != fmt.Sprint([]float32{100 * n, 100*n + 10, 100*n + 1, 100*n + 11, 100*n + 2, 100*n + 12}) {
			t.Errorf("line %d is %v", l.Number, x)
		}
	}
	if all := strings.Join(sealed, ""); strings.Count(all, `"line"`) != 2 || !strings.Contains(all, `"number":1`) || !strings.Contains(all, `"number":3`) || !strings.Contains(all, `"cube"`) {
		t.Errorf("sealed is %s", all)
	}
	for _, m := range d.tape.kept {
		if strings.Contains(string(m.Data), "13:00:02Z") || strings.Contains(string(m.Data), "-29.98,") {
			t.Errorf("%s holds what was sealed", m.Subject)
		}
	}
	again, err := d.cube(t, "header", cubeHeader, "poses", cubePoses, "data", data4x3x2())
	if err != nil || again.Repeated != 4 || again.Accepted+again.Sealed != 0 {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	other := open(t, vigia.Environmental)
	if r, err := other.cube(t, "header", cubeHeader, "poses", cubePoses, "data", data4x3x2()); err != nil || r.Sealed != 4 {
		t.Errorf("flown for another purpose: %+v, %v", r, err)
	}
	if scans, _ := other.scans(t); len(scans) != 0 {
		t.Error("even the header of a cube of which nothing may be seen is on the log")
	}
}

// Cubes that lie are told in a sentence; what came before stays.
func TestCube_Errors(t *testing.T) {
	header := func(old, new string) string { return strings.Replace(cubeHeader, old, new, 1) }
	poses := func(n int) string { return strings.Join(strings.SplitAfter(cubePoses, "\n")[:n+1], "") }
	for name, c := range map[string]struct {
		parts    []string
		say      string
		accepted int
	}{
		"truncated":         {[]string{"header", cubeHeader, "poses", cubePoses, "data", data4x3x2()[:60]}, "end in line 3 of 4", 1},
		"too few poses":     {[]string{"header", cubeHeader, "poses", poses(3), "data", data4x3x2()}, "4 lines and there are 3 poses", 0},
		"a wrong pose":      {[]string{"header", cubeHeader, "poses", strings.Replace(cubePoses, "10.005", "100.5", 1), "data", data4x3x2()}, "poses", 0},
		"no poses":          {[]string{"header", cubeHeader, "data", data4x3x2()}, `"data" came where "poses" was due`, 0},
		"no data":           {[]string{"header", cubeHeader, "poses", cubePoses}, `"data" is missing`, 0},
		"no wavelengths":    {[]string{"header", header("wavelength = {2200, 2300}\n", ""), "poses", cubePoses, "data", data4x3x2()}, "no wavelengths", 0},
		"bsq":               {[]string{"header", header("bil", "bsq"), "poses", cubePoses, "data", data4x3x2()}, "send it as bil or bip", 0},
		"complex":           {[]string{"header", header("type = 4", "type = 6"), "poses", cubePoses, "data", data4x3x2()}, "complex", 0},
		"2^40 lines":        {[]string{"header", header("lines = 4", "lines = 1099511627776"), "poses", cubePoses, "data", ""}, "1099511627776", 0},
		"enormous line":     {[]string{"header", header("samples = 3", "samples = 2000000000"), "poses", cubePoses, "data", ""}, "2000000000 samples", 0},
		"not ENVI":          {[]string{"header", "hello", "poses", cubePoses, "data", ""}, "ENVI", 0},
		"NaN for no number": {[]string{"header", header("2300", "NaN"), "poses", cubePoses, "data", data4x3x2()}, "wavelength", 0},
	} {
		d := open(t, vigia.GasLeak)
		r, err := d.cube(t, c.parts...)
		if err == nil || !strings.Contains(err.Error(), c.say) || vigia.ErrorCode(err) != vigia.Invalid || r.Accepted != c.accepted {
			t.Errorf("%s: %d accepted, %v; want %d, and a sentence with %q", name, r.Accepted, err, c.accepted, c.say)
		}
		scans, _ := d.scans(t)
		for _, s := range scans {
			if s.End {
				t.Errorf("%s: a cube that broke off is said to be complete", name)
			}
		}
	}
}

const oneLine = `{"line":{"number":%d,"time":"2026-03-01T12:00:0%dZ","pose":{"at":{"lon_deg":-29.995,"lat_deg":10.005,"alt_m":50},"heading_deg":0,"pitch_deg":0,"roll_deg":0},"samples":"AACAPw=="}}` + "\n"

const oneCube = `{"cube":{"sensor":"imager","name":"a","began":"2026-03-01T12:00:00Z","samples":1,"wavelengths_nm":[2300],"field_of_view_deg":1}}` + "\n"

// Lines as they come: one that is wrong is told with its place and stops no
// other, and a cube may come in several requests.
func TestScanLines(t *testing.T) {
	d := open(t, vigia.GasLeak)
	send := func(text string) ingest.Receipt {
		t.Helper()
		r, err := d.ScanLines(context.Background(), ingest.Request{Flight: "F", Name: "live", Body: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := send(fmt.Sprintf(oneLine, 0, 0) + oneCube + fmt.Sprintf(oneLine, 0, 0) + "?\n" + fmt.Sprintf(oneLine, 0, 1) +
		strings.Replace(fmt.Sprintf(oneLine, 1, 1), "AACAPw==", "AACA", 1) + fmt.Sprintf(oneLine, 2, 2))
	if r.Accepted != 2 || r.Rejected != 4 || r.Problems[0].Line != 1 || r.Problems[1].Line != 4 || r.Problems[2].Line != 5 || r.Problems[3].Line != 6 {
		t.Errorf("%+v", r)
	}
	if r := send(oneCube + fmt.Sprintf(oneLine, 3, 3) + `{"end":true}` + "\n"); r.Accepted != 1 || r.Rejected != 0 {
		t.Errorf("%+v", r)
	}
	scans, _ := d.scans(t)
	var numbers []int
	ends := 0
	for _, s := range scans {
		for _, l := range s.Lines {
			numbers = append(numbers, l.Number)
		}
		if s.End {
			ends++
		}
		if s.Cube != scans[0].Cube {
			t.Errorf("the second request's cube is %s, the first's %s", s.Cube, scans[0].Cube)
		}
	}
	if fmt.Sprint(numbers) != "[0 2 3]" || ends != 1 {
		t.Errorf("lines %v and %d ends are on the log", numbers, ends)
	}
	if _, err := d.ScanLines(context.Background(), ingest.Request{Flight: "none", Body: strings.NewReader("")}); vigia.ErrorCode(err) != vigia.NotFound {
		t.Errorf("a flight that is not known: %v", err)
	}
}

// A cube far larger than what a message holds passes through in bounded memory,
// in messages that the stream takes.
func TestCube_IsNeverHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: short runs, such as that of the race detector, leave out what mostly computes")
	}
	d := open(t, vigia.GasLeak)
	const lines, samples, bands = 400, 500, 100 // 80 MB
	var poses strings.Builder
	poses.WriteString("time,lon_deg,lat_deg,alt_m,heading_deg\n")
	for l := range lines {
		fmt.Fprintf(&poses, "%s,-29.995,10.005,50,90\n", noon.Add(time.Duration(l)*time.Millisecond).Format(time.RFC3339Nano))
	}
	wavelengths := strings.TrimSuffix(strings.Repeat("2300,", bands), ",")
	header := fmt.Sprintf("ENVI\nsamples = %d\nlines = %d\nbands = %d\ndata type = 4\ninterleave = bip\nwavelength units = nm\nwavelength = {%s}\n", samples, lines, bands, wavelengths)
	body, pipe := io.Pipe()
	w := multipart.NewWriter(pipe)
	go func() {
		for _, p := range [][2]string{{"header", header}, {"poses", poses.String()}} {
			f, _ := w.CreateFormField(p[0])
			_, _ = io.WriteString(f, p[1])
		}
		f, _ := w.CreateFormField("data")
		row := make([]byte, 4*samples*bands)
		for l := range lines {
			row[0] = byte(l)
			_, _ = f.Write(row)
		}
		_ = pipe.CloseWithError(w.Close())
	}()
	sink := &counting{}
	d.Ingest.Stream = sink
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	req := ingest.ScanRequest{Request: ingest.Request{Flight: "F", Name: "big"}, Cube: vigia.Cube{Sensor: "imager", FieldOfViewDeg: 30}}
	r, err := d.Cube(context.Background(), req, multipart.NewReader(body, w.Boundary()))
	runtime.ReadMemStats(&after)
	if err != nil || r.Accepted != lines {
		t.Fatalf("%+v, %v", r, err)
	}
	t.Logf("%d messages, the largest %d bytes; the heap's system memory grew by %d MB", sink.n, sink.largest, (after.HeapSys-before.HeapSys)>>20)
	if sink.largest > 4<<20 {
		t.Errorf("a message has %d bytes", sink.largest)
	}
	if grown := after.HeapSys - before.HeapSys; after.HeapSys > before.HeapSys && grown > 48<<20 {
		t.Errorf("an 80 MB cube made the heap grow by %d MB", grown>>20)
	}
}

// counting is a stream that keeps nothing.
type counting struct {
	stream.Stream
	n, largest int
}

func (c *counting) Publish(_ context.Context, m stream.Message) (uint64, bool, error) {
	c.n++
	c.largest = max(c.largest, len(m.Data))
	return uint64(c.n), false, nil
}

// Whatever comes: the four counts add up, and nothing that was sealed is on the
// log in clear.
func FuzzScanLines(f *testing.F) {
	f.Add(oneCube + fmt.Sprintf(oneLine, 0, 0) + fmt.Sprintf(oneLine, 1, 1) + `{"end":true}` + "\n")
	f.Add(oneCube + strings.Replace(fmt.Sprintf(oneLine, 0, 0), "-29.995", "-29", 1) + `{"cube":null,"line":null}` + "\n\n?")
	f.Add(strings.Replace(oneCube, `"samples":1`, `"samples":1099511627776`, 1) + fmt.Sprintf(oneLine, 0, 0))
	d := open(f, vigia.GasLeak)
	f.Fuzz(func(t *testing.T, text string) {
		d.tape.kept = nil
		r, err := d.ScanLines(context.Background(), ingest.Request{Flight: "F", Name: "live", Body: strings.NewReader(text)})
		if err != nil {
			t.Fatalf("a text in memory does not break off: %v", err)
		}
		if len(r.Problems) != min(r.Rejected, 100) {
			t.Fatalf("%d rejected, %d told", r.Rejected, len(r.Problems))
		}
		lines := 0
		for _, m := range d.tape.kept {
			if !strings.HasPrefix(m.Subject, stream.ScanLines) {
				continue
			}
			var s vigia.Scan
			if err := json.Unmarshal(m.Data, &s); err != nil {
				t.Fatal(err)
			}
			lines += len(s.Lines)
			for _, l := range s.Lines {
				if _, ok := permit.Permits(l.Time, vigia.GasLeak, l.Pose.At); !ok {
					t.Fatalf("line %d of %v at %v is on the log", l.Number, l.Time, l.Pose.At)
				}
			}
		}
		if lines != r.Accepted {
			t.Fatalf("%d lines are on the log, %d were accepted", lines, r.Accepted)
		}
	})
}
