package dispersion

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"pgregory.net/rapid"
)

// By hand from the formulas: u* 0.3 m/s, U 3 m/s, σv 0.57 m/s, 100 m.
func TestSimilarity_ByHand(t *testing.T) {
	for _, c := range []struct {
		name    string
		obukhov float64
		y, z    float64
	}{
		{"neutral", 0, 1.6 * 1.9 * 5.7, 5.7},
		// 5.7/(1 + 0.3·(100/50)^(2/3)) = 3.8612; ·3.04·(1 + 2.5·3.8612/50) = 14.0042
		{"stable", 50, 14.0042, 3.8612},
		// 5.7·(1 + 0.15·2) = 7.41; ·3.04/√(1 + 7.41/50) = 21.0229
		{"unstable", -50, 21.0229, 7.41},
	} {
		y, z := Similarity{FrictionMPS: 0.3, SpeedMPS: 3, ObukhovM: c.obukhov}.At(100)
		if math.Abs(y-c.y) > 1e-3 || math.Abs(z-c.z) > 1e-4 {
			t.Errorf("%s: σy %.4f σz %.4f; by hand %.4f %.4f", c.name, y, z, c.y, c.z)
		}
	}
}

// However great an Obukhov length is, the air is neutral in the limit, from both
// sides; and the more stable, the thinner the plume.
func TestSimilarity_MeetsInNeutralAir(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Similarity{FrictionMPS: rapid.Float64Range(0.05, 0.8).Draw(t, "u*"), SpeedMPS: rapid.Float64Range(1, 10).Draw(t, "U")}
		x := rapid.Float64Range(1, 2000).Draw(t, "x")
		y0, z0 := s.At(x)
		before := math.Inf(1)
		for _, l := range []float64{-20, -200, -1e12, 1e12, 200, 20} {
			s.ObukhovM = l
			y, z := s.At(x)
			if z > before*(1+1e-9) {
				t.Errorf("σz grows to %.3f at an Obukhov length of %g", z, l)
			}
			before = z
			if math.Abs(l) == 1e12 && (math.Abs(y-y0) > 1e-3*y0 || math.Abs(z-z0) > 1e-3*z0) {
				t.Errorf("nearly neutral air gives %.4f %.4f, neutral %.4f %.4f", y, z, y0, z0)
			}
		}
	})
}

// The profile is the integral of the flux-profile relations it is named for:
// (1 - 16 z/L)^-1/4 and 1 + 5 z/L, over κz.
func TestLogProfile_IsTheIntegralOfItsGradient(t *testing.T) {
	for _, l := range []float64{-10, -80, 0, 30, 300} {
		phi := func(z float64) float64 {
			switch {
			case l < 0:
				return 1 / math.Sqrt(math.Sqrt(1-16*z/l))
			case l > 0:
				return 1 + 5*z/l
			}
			return 1
		}
		for _, z := range []float64{0.5, 2, 10, 25} {
			const rough = 0.03
			want := quad.Fixed(func(lnz float64) float64 { return phi(math.Exp(lnz)) / karman }, math.Log(rough), math.Log(z), 80, nil, 0)
			if got := LogProfile(z, rough, l); math.Abs(got-want) > 1e-6*want {
				t.Errorf("L %g, z %g: u/u* %.6f, by integration %.6f", l, z, got, want)
			}
		}
	}
}

// A plume with these widths carries all that the source gives off.
func TestSimilarity_ConservesMass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Similarity{FrictionMPS: 0.3, SpeedMPS: 3, ObukhovM: rapid.SampledFrom([]float64{-15, -100, 0, 100, 15}).Draw(t, "L"), Size: 0.5}
		p := Plume{SpeedMPS: 3, HeightM: rapid.Float64Range(0, 10).Draw(t, "height"), Spread: s}
		x := rapid.Float64Range(10, 500).Draw(t, "x")
		sy, sz := s.At(x)
		flux := quad.Fixed(func(z float64) float64 {
			return quad.Fixed(func(y float64) float64 { return p.SpeedMPS * p.At(x, y, z) }, -8*sy, 8*sy, 60, nil, 0)
		}, 0, p.HeightM+8*sz, 200, nil, 0)
		if math.Abs(flux-1) > 1e-3 {
			t.Errorf("the flux at %.0f m is %.4f of the source's rate", x, flux)
		}
	})
}
