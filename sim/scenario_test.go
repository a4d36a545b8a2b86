package sim

import (
	"math"
	"os"
	"strconv"
	"testing"
)

// A tally is what a flight met: of all readings, those to which the source
// adds more than three standard deviations of the sensor's noise.
type tally struct {
	all, above int
	peakPPM    float64
	gasDeg     float64 // direction of those readings' middle from the source, weighted by gas
	windDeg    float64 // where the station's mean wind blew to while they were read
}

func fly(w *World) tally {
	var t tally
	var x, y, u, v float64
	r := newRun(w)
	r.fly(func(rec Record) bool {
		if rec.Wind != nil {
			if t.above == 0 {
				u, v = u*0.8, v*0.8 // what blew long before the first of them does not count
			}
			sin, cos := math.Sincos(rec.Wind.FromDeg * math.Pi / 180)
			u, v = u-rec.Wind.SpeedMPS*sin, v-rec.Wind.SpeedMPS*cos
			return true
		}
		t.all++
		gas := r.ride.seenPPM
		t.peakPPM = max(t.peakPPM, gas)
		if gas > 3*w.Scenario.Sensor.NoisePPM {
			t.above++
			at := w.pattern.at(rec.Time.Sub(w.Scenario.Start).Seconds())
			x, y = x+gas*(at.X-w.truth.Local.X), y+gas*(at.Y-w.truth.Local.Y)
			t.windDeg = math.Atan2(u, v) * 180 / math.Pi
		}
		return true
	})
	t.gasDeg = math.Atan2(x, y) * 180 / math.Pi
	return t
}

// The flight over the town meets the plume, for most seeds: at least 20
// readings stand out by three standard deviations of the noise. VIGIA_SEEDS=50
// flies fifty towns (docs/simulator.md has the result) instead of three.
func TestTown_Detectable(t *testing.T) {
	seeds := 3
	if n, err := strconv.Atoi(os.Getenv("VIGIA_SEEDS")); err == nil && n > 0 {
		seeds = n
	}
	s, err := Load("town")
	if err != nil {
		t.Fatal(err)
	}
	found, sum, square := 0, 0.0, 0.0
	for seed := 1; seed <= seeds; seed++ {
		s.Seed = int64(seed)
		w, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		f := fly(w)
		turned := math.Remainder(f.gasDeg-f.windDeg, 360)
		t.Logf("seed %d: %d of %d readings stand out, the highest has %.3f ppm of gas; they lie %+.0f° off the wind", seed, f.above, f.all, f.peakPPM, turned)
		if f.above >= 20 {
			found++
		}
		if f.peakPPM > 10 {
			t.Errorf("seed %d: %.1f ppm 18 m over a source of 10 kg/h is not of this world", seed, f.peakPPM)
		}
		sum, square = sum+turned, square+turned*turned
		if math.Abs(turned) > 30 {
			t.Errorf("seed %d: the vapour lies %.0f° from where the wind blew to", seed, turned)
		}
	}
	t.Logf("%d of %d flights have 20 readings or more that stand out; off the wind by %+.1f° in the mean, %.1f° root mean square",
		found, seeds, sum/float64(seeds), math.Sqrt(square/float64(seeds)))
	if found*10 < seeds*8 {
		t.Errorf("the plume is met by %d flights of %d; 8 of 10 should meet it", found, seeds)
	}
}

// Every scenario that comes with the program makes a world; the empty one has
// no vapour and no truth to find.
func TestScenarios(t *testing.T) {
	names, err := scenarios.ReadDir("scenario")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		name := n.Name()[:len(n.Name())-len(".txt")]
		s, err := Load(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s.Buildings, s.Pattern.DurationS = 100, 60
		w, err := New(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f := fly(w)
		if f.all == 0 || s.Title == "" {
			t.Errorf("%s has %d readings and the title %q", name, f.all, s.Title)
		}
		if name == "empty" && (f.peakPPM != 0 || w.Truth().Building != "") {
			t.Errorf("the empty town has %v ppm of gas and the truth %+v", f.peakPPM, w.Truth())
		}
	}
}
