package dispersion

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// In a steady wind puffs are the plume, to 1 %.
func TestPuffs_SteadyWindIsThePlume(t *testing.T) {
	worst := 0.0
	rapid.Check(t, func(t *rapid.T) {
		f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		speed, to := f(0.5, 10, "speed"), f(0, 2*math.Pi, "direction")
		s := BriggsOpenCountry(Class(rapid.IntRange(0, 5).Draw(t, "class")))
		plume := Plume{SpeedMPS: speed, HeightM: f(0, 20, "height"), Spread: s}
		sin, cos := math.Sincos(to)
		puffs := Puffs{
			Course: func(a, b float64) (float64, float64, float64) {
				l := speed * (b - a)
				return l * cos, l * sin, l
			},
			HeightM: plume.HeightM, Spread: s, LongestS: 1500 / speed,
		}
		x := f(30, 800, "x")
		sy, _ := s.At(x)
		y, z := f(-2, 2, "widths off the axis")*sy, f(0, 20, "z")
		want := plume.At(x, y, z)
		if want < 1e-6*plume.At(x, 0, plume.HeightM) {
			return // far beneath or above it: no digit of it matters
		}
		got := puffs.At(x*cos-y*sin, x*sin+y*cos, z, 10000)
		// Of what is on the axis: beside it the plume's own approximation, that all
		// gas at x is as old, is no better.
		err := math.Abs(got-want) / plume.At(x, 0, plume.HeightM)
		worst = math.Max(worst, err)
		if err > 0.01 {
			t.Errorf("x %.0f y %.0f z %.1f: puffs %.6g, plume %.6g", x, y, z, got, want)
		}
	})
	t.Logf("worst %.2f %% of the axis", 100*worst)
}

// A wind that turned by a right angle a minute ago: a plume in the wind of now
// sees nothing where the gas of before still is, carried sideways.
func TestPuffs_RememberTheWind(t *testing.T) {
	const speed, turned = 3.0, -60.0 // east before, north since
	p := Puffs{
		Course: func(a, b float64) (float64, float64, float64) {
			east := speed * math.Max(math.Min(b, turned)-math.Min(a, turned), 0)
			north := speed * math.Max(math.Max(b, turned)-math.Max(a, turned), 0)
			return east, north, east + north
		},
		Spread: BriggsOpenCountry(D), LongestS: 200,
	}
	// What left 100 s ago went 120 m east and then 180 m north.
	there := p.At(120, 180, 0, 0)
	since := p.At(0, 100, 0, 0)
	if there <= 0 || since <= 0 {
		t.Fatalf("%g where the old wind and the new together brought gas, %g where the new one did; both must be above nothing", there, since)
	}
	if nowhere := p.At(200, 0, 0, 0); nowhere > 1e-3*there {
		t.Errorf("%g on the old axis, which the wind left a minute ago; %g where the gas is now", nowhere, there)
	}
}
