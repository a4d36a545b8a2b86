package track_test

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/track"
)

var small = scene{seed: 8, vehicles: 12, scans: 25, side: 1_500, noise: 10, dt: 2, clutter: 8, detection: 0.85, turns: 0.05, stops: 0.02}

func pictures(t rapid.TB, scans []track.Scan, s track.Settings) []track.Picture {
	tracker := track.New(s)
	var out []track.Picture
	for _, scan := range scans {
		if err := tracker.Add(scan); err != nil {
			t.Fatal(err)
		}
		out = append(out, tracker.Settled()...)
	}
	return append(out, tracker.Close()...)
}

// In whatever order scans come, within the window: the same tracks, bit for bit.
func TestTracker_LateScans(t *testing.T) {
	scans, _ := small.make()
	want := pictures(t, scans, track.Settings{Window: 12})
	rapid.Check(t, func(t *rapid.T) {
		// Each scan is held back by up to five scans.
		due := make([][]track.Scan, len(scans)+6)
		for i, s := range scans {
			k := i
			if i > 0 {
				k += rapid.IntRange(0, 5).Draw(t, "late")
			}
			due[k] = append(due[k], s)
		}
		var late []track.Scan
		for _, d := range due {
			late = append(late, d...)
		}
		if got := pictures(t, late, track.Settings{Window: 12}); !reflect.DeepEqual(got, want) {
			t.Fatalf("the tracks differ from those of scans in order")
		}
	})
}

// A scan may come in parts.
func TestTracker_PartsOfAScan(t *testing.T) {
	scans, _ := small.make()
	var parts []track.Scan
	for _, s := range scans {
		a, b := s, s
		a.Reports, b.Reports = s.Reports[:len(s.Reports)/2], s.Reports[len(s.Reports)/2:]
		parts = append(parts, a, b)
	}
	if !reflect.DeepEqual(pictures(t, parts, track.Settings{}), pictures(t, scans, track.Settings{})) {
		t.Error("a scan in two parts gives other tracks than the scan")
	}
}

func TestTracker_TooLate(t *testing.T) {
	scans, _ := small.make()
	tracker := track.New(track.Settings{Window: 10})
	for _, s := range scans[1:] {
		if err := tracker.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	now := tracker.Now()
	if err := tracker.Add(scans[0]); vigia.ErrorCode(err) != vigia.Conflict {
		t.Errorf("a scan before the window answers %v; want a conflict", err)
	}
	if tracker.TooLate() != 1 || !reflect.DeepEqual(tracker.Now(), now) {
		t.Error("a scan that came too late must be counted and change nothing")
	}
}

func TestTracker_Refuses(t *testing.T) {
	nan := math.NaN()
	for name, s := range map[string]track.Scan{
		"time":       {Time: math.Inf(1)},
		"place":      {Reports: []track.Report{{X: nan}}},
		"far":        {Reports: []track.Report{{Y: 1e12}}},
		"sigma":      {Reports: []track.Report{{Sigma: -1}}},
		"velocity":   {Reports: []track.Report{{Velocity: &[2]float64{nan, 0}}}},
		"range rate": {Reports: []track.Report{{RangeRate: &nan}}},
		"score":      {Reports: []track.Report{{Score: &nan}}},
		"too many":   {Reports: make([]track.Report, track.MaxReports+1)},
	} {
		if err := track.New(track.Settings{}).Add(s); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: got %v; want invalid", name, err)
		}
	}
}

// Whatever the reports: numbers are finite, probabilities are such, and a
// covariance is one.
func TestTracker_Sane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tracker := track.New(track.Settings{})
		at := 0.0
		for k := range rapid.IntRange(1, 12).Draw(t, "scans") {
			at += rapid.SampledFrom([]float64{0, 1e-6, 0.1, 2, 1000}).Draw(t, "dt")
			s := track.Scan{Number: k, Time: at}
			for range rapid.IntRange(0, 8).Draw(t, "reports") {
				s.Reports = append(s.Reports, track.Report{
					X:     rapid.SampledFrom([]float64{0, 1, 5, 1e5, -1e9}).Draw(t, "x"),
					Y:     rapid.SampledFrom([]float64{0, 1, 5, 1e5}).Draw(t, "y"),
					Sigma: rapid.SampledFrom([]float64{0, 1e-9, 1, 1e6}).Draw(t, "sigma"),
				})
			}
			if err := tracker.Add(s); err != nil {
				t.Fatal(err)
			}
			for _, e := range tracker.Now().Tracks {
				check(t, e)
			}
		}
		for _, p := range tracker.Close() {
			for _, e := range p.Tracks {
				check(t, e)
			}
		}
	})
}

func check(t *rapid.T, e track.Estimate) {
	for _, v := range []float64{e.X, e.Y, e.VX, e.VY} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("track %d is at %v", e.Track, e)
		}
	}
	if !(e.Existence >= 0 && e.Existence <= 1) {
		t.Fatalf("track %d exists with probability %v", e.Track, e.Existence)
	}
	c := e.Covariance
	if !(c[0][0] >= 0 && c[1][1] >= 0 && c[0][1]*c[0][1] <= c[0][0]*c[1][1]*(1+1e-6)) {
		t.Fatalf("track %d: %v is no covariance", e.Track, c)
	}
}

// Whatever the reports: no track is faster than a vehicle can be, neither live
// nor settled.
func TestTracker_NoFasterThanVehicles(t *testing.T) {
	const top = 70.001 // m/s
	rapid.Check(t, func(t *rapid.T) {
		live := track.New(track.Settings{Fastest: 70})
		dt := rapid.SampledFrom([]float64{0.1, 0.5, 2}).Draw(t, "dt")
		sigma := rapid.SampledFrom([]float64{0, 0.3, 5}).Draw(t, "sigma")
		stray := rapid.SampledFrom([]float64{2, 10, 40}).Draw(t, "stray")
		fast := func(e track.Estimate, when string) {
			if v := math.Hypot(e.VX, e.VY); v > top {
				t.Fatalf("%s, track %d goes %.0f m/s", when, e.Track, v)
			}
		}
		for k := range 30 {
			s := track.Scan{Number: k, Time: dt * float64(k)}
			for i := range 4 { // those that drive, seen now and then, among strays
				if rapid.IntRange(0, 2).Draw(t, "seen") > 0 {
					s.Reports = append(s.Reports, track.Report{X: 12*s.Time + rapid.Float64Range(-stray, stray).Draw(t, "x"), Y: 60 * float64(i), Sigma: sigma})
				}
			}
			if err := live.Add(s); err != nil {
				t.Fatal(err)
			}
			for _, e := range live.Now().Tracks {
				fast(e, "live")
			}
		}
		for _, p := range live.Close() {
			for _, e := range p.Tracks {
				fast(e, "settled")
			}
		}
	})
}

// A vehicle under trees for a while comes back under its number.
func TestTracker_Gap(t *testing.T) {
	tracker := track.New(track.Settings{})
	numbers := map[int]bool{}
	for k := range 40 {
		s := track.Scan{Number: k, Time: 2 * float64(k)}
		for i := range 10 { // others, that teach what is usual
			s.Reports = append(s.Reports, track.Report{X: 500 + 300*float64(i), Y: 10 * float64(k), Sigma: 5})
		}
		if k < 15 || k > 17 {
			s.Reports = append(s.Reports, track.Report{X: 20 * float64(k), Y: -400, Sigma: 5})
		}
		if err := tracker.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range tracker.Close() {
		for _, e := range p.Tracks {
			if e.Y < -350 {
				numbers[e.Track] = true
			}
		}
	}
	if len(numbers) != 1 {
		t.Errorf("the vehicle has the numbers %v; want one", numbers)
	}
}

// A vehicle that is hidden for half a minute takes up its number again when its
// motion leads to where something comes out, and says how sure that is; what
// comes out elsewhere, or of another class, is somebody new.
func TestTracker_LongGap(t *testing.T) {
	for _, c := range []struct {
		name   string
		x      float64 // where it comes out, m beyond where it would be
		class  string
		joined bool
	}{
		{"where its motion leads", 0, "van", true},
		{"a little late", -60, "van", true},
		{"far beyond", 900, "van", false},
		{"another class", 0, "truck", false},
	} {
		tracker := track.New(track.Settings{})
		numbers := map[int]bool{}
		rejoined := 0.0
		for k := range 60 {
			s := track.Scan{Number: k, Time: 2 * float64(k)}
			for i := range 10 { // others, that teach what is usual
				s.Reports = append(s.Reports, track.Report{X: 500 + 300*float64(i), Y: 10 * float64(k), Sigma: 5})
			}
			switch x := 20 * float64(k); {
			case k < 20:
				s.Reports = append(s.Reports, track.Report{X: x, Y: -4000, Sigma: 5, Class: "van"})
			case k >= 35:
				s.Reports = append(s.Reports, track.Report{X: x + c.x, Y: -4000, Sigma: 5, Class: c.class})
			}
			if err := tracker.Add(s); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range tracker.Close() {
			for _, e := range p.Tracks {
				if e.Y < -3900 {
					numbers[e.Track] = true
					rejoined = max(rejoined, e.Rejoined)
				}
			}
		}
		if joined := len(numbers) == 1; joined != c.joined || joined != (rejoined > 0.8) || rejoined > 1 {
			t.Errorf("%s: the numbers %v, rejoined with probability %.3f", c.name, numbers, rejoined)
		}
	}
}

// A sensor that sees motion only, from one side: a vehicle that passes abeam
// has no range rate and no report, and is still the same one afterwards.
func TestTracker_BlindZone(t *testing.T) {
	run := func(least float64) (numbers map[int]bool) {
		numbers = map[int]bool{}
		tracker := track.New(track.Settings{})
		sensor := &track.Sensor{X: 0, Y: -8000, MinVelocity: least}
		for k := range 60 {
			s := track.Scan{Number: k, Time: 2 * float64(k), Sensor: sensor}
			for i := range 10 {
				rate := 12.0
				s.Reports = append(s.Reports, track.Report{X: -2000 + 300*float64(i), Y: 24*float64(k) - 700, Sigma: 5, RangeRate: &rate, RangeRateSigma: 1})
			}
			x := 15 * (2*float64(k) - 60)
			rate := 15 * x / math.Hypot(x, 8000)
			if math.Abs(rate) > 0.2 {
				s.Reports = append(s.Reports, track.Report{X: x, Y: 0, Sigma: 5, RangeRate: &rate, RangeRateSigma: 0.2})
			}
			if err := tracker.Add(s); err != nil {
				t.Fatal(err)
			}
			for _, e := range tracker.Now().Tracks {
				if math.Abs(e.Y) < 30 && math.Abs(e.X-x) < 100 {
					numbers[e.Track] = true
				}
			}
		}
		return numbers
	}
	with, without := run(0.2), run(0)
	t.Logf("numbers with the blind zone told: %v; without: %v", with, without)
	if len(with) != 1 {
		t.Errorf("the vehicle has the numbers %v; want one", with)
	}
}

func TestTracker_ClassIsTheUsual(t *testing.T) {
	tracker := track.New(track.Settings{})
	for k := range 12 {
		class := "van"
		if k%4 == 1 {
			class = "car"
		}
		if err := tracker.Add(track.Scan{Number: k, Time: float64(k), Reports: []track.Report{{X: 10 * float64(k), Sigma: 1, Class: class}}}); err != nil {
			t.Fatal(err)
		}
	}
	if now := tracker.Now().Tracks; len(now) != 1 || now[0].Class != "van" {
		t.Errorf("got %+v; want one van", now)
	}
}
