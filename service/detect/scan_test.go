package detect

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
)

// tape is a log in memory.
type tape struct {
	stream.Stream
	kept []stream.Message
}

func (s *tape) add(subject string, noun any) {
	data, err := json.Marshal(noun)
	if err != nil {
		panic(err)
	}
	n := uint64(len(s.kept) + 1)
	s.kept = append(s.kept, stream.Message{Subject: subject, ID: fmt.Sprint(n), Data: data, Seq: n})
}

// Follow hands out what is kept from a place on; the handler ends it.
func (s *tape) Follow(ctx context.Context, _ []string, seq uint64, h stream.Handler) error {
	for _, m := range s.kept {
		if m.Seq >= seq {
			if err := h(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	flownLines, flownSamples, flownBands = 120, 80, 24
	plumeFrom                            = 70 // line
)

// flown makes the lines of a cube with a plume of methane from line plumeFrom on.
func flown(seed uint64) (vigia.Cube, []vigia.ScanLine) {
	c := vigia.Cube{ID: "cube-1", Flight: "F", Sensor: "imager", Name: "made up", Began: noon, Samples: flownSamples, FieldOfViewDeg: 20}
	var k []float64
	for b := range flownBands {
		c.Wavelengths = append(c.Wavelengths, 2200+10*float64(b))
	}
	for _, g := range spectral.Library() {
		if g.Name == "methane" {
			k, _ = g.Resample(c.Wavelengths, nil)
		}
	}
	r := rand.New(rand.NewPCG(seed, 1))
	frame := geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10}}
	var lines []vigia.ScanLine
	for l := range flownLines {
		at := frame.ToPoint(geo.Local{Y: 3 * float64(l), Z: 700})
		line := vigia.ScanLine{Number: l, Time: noon.Add(time.Duration(l) * 20 * time.Millisecond), Pose: vigia.LinePose{At: at}}
		for s := range flownSamples {
			bright := math.Exp(0.2 * r.NormFloat64())
			column := 0.0
			if d := float64(s - 20); d > 0 && l >= plumeFrom {
				off := (float64(l) - plumeFrom - 8) / (2 + 0.1*d)
				column = 12000 / (2 + 0.1*d) * math.Exp(-off*off/2)
			}
			for b := range flownBands {
				v := bright * (2 + 0.02*float64(b)) * math.Exp(-k[b]*column)
				v += 0.006 * v * r.NormFloat64()
				line.Samples = binary.LittleEndian.AppendUint32(line.Samples, math.Float32bits(float32(v)))
			}
		}
		lines = append(lines, line)
	}
	return c, lines
}

// pack puts lines on a log, so many a message.
func pack(c vigia.Cube, lines []vigia.ScanLine, each int, end bool) *tape {
	t := &tape{}
	t.add(stream.ScanLines+"F", vigia.Scan{Flight: "F", Cube: c.ID, Header: &c})
	for from := 0; from < len(lines); from += each {
		t.add(stream.ScanLines+"F", vigia.Scan{Flight: "F", Cube: c.ID, Lines: lines[from:min(from+each, len(lines))]})
	}
	if end {
		t.add(stream.ScanLines+"F", vigia.Scan{Flight: "F", Cube: c.ID, End: true})
	}
	t.add(stream.FlightOrder, vigia.Decision{ID: "dec-1", Kind: vigia.EndFlight, Flight: &vigia.Flight{ID: "F"}})
	return t
}

// seen is what a run leaves in the store.
type seen struct {
	Detections   []vigia.Detection
	Plumes       []vigia.Plume
	Observations []vigia.Observation
}

func (s seen) text(t *testing.T, withPlace bool) string {
	t.Helper()
	if !withPlace { // where on the log a message stood
		for i := range s.Detections {
			s.Detections[i].Log = 0
		}
		for i := range s.Plumes {
			s.Plumes[i].Log = 0
		}
	}
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// run does the step on a whole log; restart tells before which messages the
// process begins anew.
func run(t *testing.T, log *tape, restart func(n int) bool) seen {
	t.Helper()
	ctx := context.Background()
	base := service.New(sqlitetest.Open(t), log, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	err := base.Update(ctx, func(tx store.Tx) error {
		return tx.PutFlight(vigia.Flight{ID: "F", Authorisation: "A", Purpose: vigia.GasLeak, Chemical: "methane"}, store.Trace{Actor: "test"})
	})
	if err != nil {
		t.Fatal(err)
	}
	step := New(base, 1e-4, spectral.Library(), 2).Step()
	for n, m := range log.kept {
		if restart != nil && restart(n) {
			step = New(base, 1e-4, spectral.Library(), 1).Step()
		}
		apply, err := step.Prepare(ctx, m)
		if vigia.ErrorCode(err) == vigia.Invalid {
			continue // passed over
		}
		if err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
		if again, err := step.Prepare(ctx, m); err != nil || (again == nil) != (apply == nil) { // as after a transaction that failed
			t.Fatalf("message %d, a second time: %v", n, err)
		} else if apply = again; apply == nil {
			continue
		}
		if err := base.Update(ctx, apply); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
	}
	var s seen
	err = base.Store.View(ctx, func(r store.Reader) (err error) {
		if s.Detections, err = r.Detections(store.DetectionFilter{}); err != nil {
			return err
		}
		if s.Plumes, err = r.Plumes(store.PlumeFilter{}); err != nil {
			return err
		}
		s.Observations, err = r.Observations(store.ObservationFilter{Flight: "F"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The plume is told on the way, within lines of where it begins, and named,
// measured and outlined at the end.
func TestScan_FindsAPlume(t *testing.T) {
	c, lines := flown(1)
	log := pack(c, lines, 1, true)
	began := time.Now()
	s := run(t, log, nil)
	perLine := time.Since(began) / flownLines
	if len(s.Detections) == 0 || len(s.Plumes) == 0 {
		t.Fatalf("%d detections, %d plumes", len(s.Detections), len(s.Plumes))
	}
	first := s.Detections[len(s.Detections)-1]
	late := first.Log - 2 - plumeFrom // message 2 is line 0
	t.Logf("told %d lines after the plume begins, %v a line with the store; %d plumes, %d columns; %s %.1f ± %.1f kg",
		late, perLine.Round(time.Microsecond), len(s.Plumes), len(s.Observations), s.Plumes[0].Chemical, s.Plumes[0].MassKg, s.Plumes[0].MassSD)
	if first.Log < plumeFrom || late > 12 {
		t.Errorf("the first detection came with line %d, the plume begins at %d", first.Log-2, plumeFrom)
	}
	p := s.Plumes[len(s.Plumes)-1] // the heaviest is kept first
	if p.Chemical != "methane" || p.Pixels < 100 || p.Origin.First < plumeFrom-2 || p.MassKg < 5*p.MassSD || len(p.Columns) < 50 || len(p.Columns) > 200 {
		t.Errorf("the plume is %+v", p)
	}
	if !p.Outline.Contains(p.At.Lon, p.At.Lat) {
		t.Error("the upwind edge is not in the outline")
	}
	if n := len(s.Observations); n < 100 || n > mostCells {
		t.Errorf("%d column observations", n)
	}
	above := 0
	for _, o := range s.Observations {
		if err := o.Valid(); err != nil || !o.Above || o.To.Alt < 200 || o.Sigma <= 0 {
			t.Fatalf("the observation %+v: %v", o, err)
		}
		if o.Value > 3*o.Sigma {
			above++
		}
	}
	if above < 20 || above > len(s.Observations)*3/4 {
		t.Errorf("%d of %d columns stand out: some must, and some must not", above, len(s.Observations))
	}
}

// What is found depends on the log alone: not on restarts, nor on how lines were
// put into messages, nor on who ended the cube.
func TestScan_DependsOnTheLogAlone(t *testing.T) {
	c, lines := flown(2)
	log := pack(c, lines, 9, true)
	want := run(t, log, nil).text(t, true)
	if got := run(t, log, func(int) bool { return true }).text(t, true); got != want {
		t.Error("a process that begins anew before every message finds something else")
	}
	r := rand.New(rand.NewPCG(1, 1))
	if got := run(t, log, func(int) bool { return r.IntN(4) == 0 }).text(t, true); got != want {
		t.Error("a process that is killed now and then finds something else")
	}
	want = run(t, log, nil).text(t, false)
	if got := run(t, pack(c, lines, 31, true), nil).text(t, false); got != want {
		t.Error("other messages with the same lines give something else")
	}
	if got := run(t, pack(c, lines, 9, false), nil).text(t, false); got != want {
		t.Error("a cube that the flight's end ended gives something else")
	}
	twice := pack(c, lines, 9, true)
	twice.kept = append(twice.kept[:5:5], append(pack(c, lines[:30], 7, false).kept[1:4], twice.kept[5:]...)...)
	for i := range twice.kept {
		twice.kept[i].Seq = uint64(i + 1)
	}
	if got := run(t, twice, nil).text(t, false); got != want {
		t.Error("lines that came twice count twice")
	}
}

// Wrong messages are passed over and stop nothing.
func TestScan_WrongMessages(t *testing.T) {
	c, lines := flown(3)
	log := &tape{}
	log.add(stream.ScanLines+"F", vigia.Scan{Flight: "F", Cube: c.ID, Lines: lines[:2]}) // before its header
	log.add(stream.ScanLines+"F", "no scan")
	log.add(stream.ScanLines+"none", vigia.Scan{Flight: "none", Cube: c.ID, Header: &c})
	bad := c
	bad.Samples = 1 << 40
	log.add(stream.ScanLines+"F", vigia.Scan{Flight: "F", Cube: "cube-2", Header: &bad})
	log.kept = append(log.kept, pack(c, lines, 20, true).kept...)
	short := vigia.Scan{Flight: "F", Cube: c.ID, Lines: []vigia.ScanLine{{Number: 500, Pose: lines[0].Pose, Samples: []byte{1, 2, 3}}}}
	log.add(stream.ScanLines+"F", short)
	for i := range log.kept {
		log.kept[i].Seq = uint64(i + 1)
	}
	if got, want := run(t, log, nil), run(t, pack(c, lines, 20, true), nil); got.text(t, false) != want.text(t, false) {
		t.Error("wrong messages change what the right ones give")
	}
}
