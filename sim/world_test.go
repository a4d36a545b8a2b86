package sim_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/sim"
)

func world(t testing.TB, text string) *sim.World {
	t.Helper()
	s, err := sim.Parse(strings.NewReader(text), "test.txt")
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func digest(w *sim.World) string {
	h := sha256.New()
	e := json.NewEncoder(h)
	_ = e.Encode(w.Truth())
	for r := range w.Records() {
		_ = e.Encode(r)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// The same scenario gives the same bytes, every time; another seed others.
func TestWorld_Reproducible(t *testing.T) {
	a := world(t, "buildings 100\nduration_s 60\n")
	first := digest(a)
	if again := digest(a); again != first || first != digest(world(t, "buildings 100\nduration_s 60\n")) {
		t.Error("the same scenario gave two flights")
	}
	if digest(a) == digest(world(t, "buildings 100\nduration_s 60\nseed 2\n")) {
		t.Error("two seeds gave the same flight")
	}
}

// The town is 2,000 buildings that stand apart, at sea, with the source in one
// of them.
func TestWorld_Town(t *testing.T) {
	for seed := range 5 {
		w := world(t, fmt.Sprintf("seed %d", seed))
		b := w.Buildings()
		if len(b) != 2000 {
			t.Fatalf("seed %d: %d buildings", seed, len(b))
		}
		boxes := make([][4]float64, len(b))
		for i, x := range b {
			if err := x.Footprint.Valid(); err != nil {
				t.Fatalf("%s: %v", x.ID, err)
			}
			p := w.Frame.PolygonToLocal(x.Footprint)
			minX, minY, maxX, maxY := p.Bounds()
			boxes[i] = [4]float64{minX, minY, maxX, maxY}
			if d := math.Hypot(minX, minY); d > 1000 {
				t.Errorf("%s is %.0f m from the middle of a town of 2,000 houses", x.ID, d)
			}
		}
		for i := range b {
			for j := range i {
				a, c := boxes[i], boxes[j]
				if a[0] > c[2] || c[0] > a[2] || a[1] > c[3] || c[1] > a[3] {
					continue
				}
				for _, v := range b[i].Footprint[0] {
					if b[j].Footprint.Contains(v[0], v[1]) {
						t.Fatalf("seed %d: %s and %s stand in each other", seed, b[i].ID, b[j].ID)
					}
				}
			}
		}
		truth := w.Truth()
		for _, x := range b {
			if got := x.Footprint.Contains(truth.At.Lon, truth.At.Lat); got != (x.ID == truth.Building) {
				t.Errorf("seed %d: the source is in %s: %v; it should be in %s", seed, x.ID, got, truth.Building)
			}
		}
	}
}

// All that is said lies in time, in the authorised volume, and reads as valid.
func TestWorld_Records(t *testing.T) {
	w := world(t, "")
	a := w.Authorisation("permit-1", vigia.Exercise)
	if err := a.Volume.Valid(); err != nil {
		t.Fatal(err)
	}
	n, winds := 0, 0
	var last sim.Record
	for r := range w.Records() {
		if r.Time.Before(last.Time) {
			t.Fatalf("%v comes after %v", r.Time, last.Time)
		}
		last = r
		if r.Wind != nil {
			winds++
			if err := r.Wind.Valid(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		n++
		if err := r.Observation.Valid(); err != nil {
			t.Fatal(err)
		}
		if why, ok := a.Permits(r.Time, vigia.Exercise, r.Observation.At); !ok {
			t.Fatalf("the aircraft is at %v at %v: %s", r.Observation.At, r.Time, why)
		}
	}
	if d := w.Duration().Minutes(); d < 18 || d > 25 {
		t.Errorf("the flight takes %.1f min; 20 to 25 were planned", d)
	}
	if want := int(w.Duration().Seconds()) + 1; n != want || winds != want/10+1 {
		t.Errorf("%d readings and %d winds in %v", n, winds, w.Duration())
	}
}

// A crew that looks at the answer in the air and flies on elsewhere has the same
// first part: what the aircraft does later changes nothing before.
func TestWorld_ThenFliesOnElsewhere(t *testing.T) {
	const text = "buildings 200\nsortie 2\narea_m 160\narea_x_m 20\nline_spacing_m 40\naltitude_m 13\n"
	half, whole := world(t, text), world(t, text+"then 120 -30 40 24 1 60\nthen 80 90 -70 20 1 40\n")
	if a, b := half.Duration(), whole.Duration(); b <= a {
		t.Fatalf("with further parts the flight takes %v, without them %v", b, a)
	}
	var first []sim.Record
	for r := range half.Records() {
		first = append(first, r)
	}
	i, off, last := 0, math.Inf(1), math.Inf(1)
	for r := range whole.Records() {
		switch {
		case i < len(first) && !reflect.DeepEqual(r, first[i]):
			t.Fatalf("record %d is %+v with a second part, %+v without it", i, r, first[i])
		case i >= len(first) && r.Observation != nil:
			at := whole.Frame.ToLocal(r.Observation.At)
			off, last = math.Min(off, math.Hypot(at.X+30, at.Y-40)), math.Min(last, math.Hypot(at.X-90, at.Y+70))
		}
		i++
	}
	begun := half.Begin()
	var flown []sim.Record
	for i, part := range append([]sim.PartScenario{{}}, whole.Scenario.Pattern.Then...) {
		if i > 0 {
			begun.Then(part)
		}
		flown = slices.AppendSeq(flown, begun.Records())
	}
	if all := slices.Collect(whole.Records()); !reflect.DeepEqual(flown, all) {
		t.Errorf("told in the air what to fly, the aircraft has %d records; told before, %d, or others", len(flown), len(all))
	}
	if off > 25 || last > 25 {
		t.Errorf("the second part passes its middle at %.0f m, the third at %.0f m", off, last)
	}
}

func TestScenario_Errors(t *testing.T) {
	for text, want := range map[string]string{
		"rate_kg_h x":         `f.txt:1: column rate_kg_h: "x" is not a number within 0 to 10000`,
		"\n# a\nrate_kg_h -1": `f.txt:3: column rate_kg_h: "-1" is not a number within 0 to 10000`,
		"rate 1":              "f.txt:1: column rate: there is no such key",
		"seed 1.5":            `f.txt:1: column seed: "1.5" is not a whole number`,
		"buildings 0":         `f.txt:1: column buildings: "0" is not a whole number within 1 to 20000`,
		"chemical phlogiston": `f.txt:1: column chemical: no chemical is called "phlogiston"; known are ` + strings.Join(vigia.ChemicalNames(), ", "),
		"start noon":          `f.txt:1: column start: "noon" is not a time such as 2026-03-02T15:00:00Z`,
		"flight a b":          `f.txt:1: column flight: "a b" must be 1 to 64 letters, digits, hyphens or underscores`,
		"seed 1\nseed 2":      "f.txt:2: column seed: the key is there twice",
		"wind_speed_mps NaN":  `f.txt:1: column wind_speed_mps: "NaN" is not a number within 0.3 to 30`,
	} {
		if _, err := sim.Parse(strings.NewReader(text), "f.txt"); err == nil || err.Error() != want {
			t.Errorf("%q: error %v\nwant %s", text, err, want)
		}
	}
	if _, err := sim.Load("atlantis"); vigia.ErrorCode(err) != vigia.NotFound {
		t.Errorf("a scenario that does not exist: %v", err)
	}
}

func FuzzScenario(f *testing.F) {
	f.Add("seed 3\nrate_kg_h 2 # kg\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := sim.Parse(strings.NewReader(text), "f.txt")
		if err != nil && vigia.ErrorCode(err) != vigia.Invalid {
			t.Fatal(err)
		}
		if err == nil && (s.Buildings < 1 || s.Pattern.SpeedMPS < 1) {
			t.Fatalf("%q was read as %+v", text, s)
		}
	})
}

func TestTruth_Scoreboard(t *testing.T) {
	at := geo.Point{Lon: -30, Lat: 0, Alt: 5}
	truth := sim.Truth{At: at, RateKgH: 8, Building: "b7"}
	frame := geo.Frame{Origin: at}
	answer := sim.Answer{
		At: frame.ToPoint(geo.Local{X: -30, Y: -40}), RateKgH: 6, RateLo: 4, RateHi: 9,
		Ellipse:   vigia.Ellipse{SemiMajorM: 51, SemiMinorM: 1, AzimuthDeg: 36.8699}, // atan(30/40)
		Region90:  []geo.Polygon{geo.Rect(-30.001, -0.001, -29.999, 0.001)},
		Buildings: []vigia.BuildingProbability{{ID: "b1", Probability: 0.5}, {ID: "b7", Probability: 0.2}},
	}
	got, err := truth.Scoreboard(answer)
	if err != nil {
		t.Fatal(err)
	}
	want := sim.Scoreboard{PositionErrorM: 50, RateError: -0.25, RateInside95: true, InsideEllipse95: true, InsideRegion90: true,
		Building: "b7", BuildingRank: 2, BuildingProbability: 0.2, BuildingsTold: 2}
	if math.Abs(got.PositionErrorM-50) > 0.01 {
		t.Errorf("the answer is 50 m off and the scoreboard says %v", got.PositionErrorM)
	}
	got.PositionErrorM = 50
	if got != want {
		t.Errorf("scoreboard %+v\nwant       %+v", got, want)
	}
	if text := got.String(); !strings.Contains(text, "50.0 m") || !strings.Contains(text, "-25 %") || !strings.Contains(text, "number 2 of 2") {
		t.Errorf("for people:\n%s", text)
	}
	answer.Ellipse.AzimuthDeg = -36.8699
	answer.Buildings = answer.Buildings[:1]
	answer.Region90 = nil
	answer.RateHi = 7
	if got, _ := truth.Scoreboard(answer); got.InsideEllipse95 || got.InsideRegion90 || got.RateInside95 || got.BuildingRank != 0 {
		t.Errorf("an answer that misses has the scoreboard %+v", got)
	}
	if _, err := (sim.Truth{}).Scoreboard(answer); vigia.ErrorCode(err) != vigia.Invalid {
		t.Errorf("a world without a source was scored: %v", err)
	}
}
