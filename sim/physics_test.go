package sim

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/vigia-project/vigia/geo"
)

// steady is an air that does not wander, and random numbers.
func steady(t testing.TB) (*air, *rand.Rand) {
	t.Helper()
	s, err := Load("town")
	if err != nil {
		t.Fatal(err)
	}
	s.Wind.SpeedSD, s.Wind.DirSDDeg, s.Wind.SwingDeg = 0, 0, 0
	rng := rand.New(rand.NewPCG(7, 7))
	return newAir(s.Wind, 0, rng), rng
}

// What the source lets out is in the puffs or has left the town, to the gram.
func TestPlume_Mass(t *testing.T) {
	a, rng := steady(t)
	p := plume{at: geo.Local{Z: 5}, spreadH: 2, spreadV: 1.5, rateKgS: 0.002, rate: process{sd: 0.2, timeS: 60}, radiusM: 300}
	for range 1200 {
		a.step(stepS, rng)
		p.step(0, stepS, a, rng)
	}
	sum := p.goneKg
	for _, q := range p.puffs {
		sum += q.massKg
	}
	if math.Abs(sum-p.outKg) > 1e-9 || p.goneKg == 0 {
		t.Errorf("%.9f kg are in the puffs and beyond the town (%.3f kg), %.9f kg were let out", sum, p.goneKg, p.outKg)
	}
	// Ten minutes are ten times of the process: the mean is good to 0.2·sqrt(2/10).
	if mean := p.outKg / 600 / 0.002; mean < 0.75 || mean > 1.25 {
		t.Errorf("the mean rate was %.2f of what it should be", mean)
	}
}

// The concentration, summed over the whole air, is the mass of the puffs.
func TestPlume_ConcentrationIntegral(t *testing.T) {
	a, rng := steady(t)
	p := plume{at: geo.Local{Z: 5}, spreadH: 4, spreadV: 4, rateKgS: 0.002, rate: process{timeS: 1}, radiusM: 1e4}
	for range 60 {
		a.step(stepS, rng)
		p.step(0, stepS, a, rng)
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, q := range p.puffs {
		low = math.Min(low, math.Min(q.at.X, q.at.Y)-4*q.spreadH)
		high = math.Max(high, math.Max(q.at.X, q.at.Y)+4*q.spreadH)
	}
	const cell = 2.0
	var sum float64
	for x := low; x < high; x += cell {
		for y := low; y < high; y += cell {
			for z := cell / 2; z < 80; z += cell {
				sum += p.concentration(geo.Local{X: x, Y: y, Z: z}) * cell * cell * cell
			}
		}
	}
	if want := 0.002 * 30; math.Abs(sum/want-1) > 0.01 {
		t.Errorf("%.5f kg are in the air, the puffs hold %.5f kg", sum, want)
	}
}

// What is well mixed stays so (Thomson 1987): middles of puffs that begin
// evenly spread from the ground to 100 m, with a lid there in the test's
// mind, are neither drawn to the ground nor driven from it.
func TestPuff_WellMixed(t *testing.T) {
	a, rng := steady(t)
	a.gusts.waves = nil // which blow along the ground
	const n, top, layers = 20000, 100.0, 5
	puffs := make([]puff, n)
	for i := range puffs {
		at := geo.Local{Z: top * rng.Float64()}
		puffs[i] = newPuff(at, 0.01, 0.01, 1, a.turbulence(at.Z), rng)
	}
	var count [layers]float64
	for range 240 {
		for i := range puffs {
			p := &puffs[i]
			p.spreadH, p.spreadV = 0.01, 0.01 // every eddy carries it
			p.step(stepS, a, rng)
			if p.at.Z > top {
				p.at.Z, p.vz = 2*top-p.at.Z, -p.vz
			}
		}
	}
	for _, p := range puffs {
		count[int(math.Min(p.at.Z/top*layers, layers-1))]++
	}
	for i, c := range count {
		// Binomial standard deviation is 57 of 4,000; the bound is 5 %.
		if share := c / (n / layers); share < 0.95 || share > 1.05 {
			t.Errorf("after 2 min the layer from %v m holds %.3f of its share: %v", float64(i)*top/layers, share, count)
		}
	}
}

// Taylor's theorem (1921): in homogeneous turbulence the spread of all puffs
// together, their own included, is 2σ²T²(t/T-1+exp(-t/T)). The split between
// walk and growth may not change the sum much. The gusts, which all share, are
// left out.
func TestPuff_AbsoluteSpread(t *testing.T) {
	a, rng := steady(t)
	a.gusts.waves = nil
	const height, n = 60, 4000
	tu := a.turbulence(height)
	puffs := make([]puff, n)
	for i := range puffs {
		puffs[i] = newPuff(geo.Local{Z: height}, 1, 1, 1, tu, rng)
	}
	step := 0
	for _, seconds := range []float64{20, 60, 180} {
		for ; float64(step)*stepS < seconds; step++ {
			for i := range puffs {
				puffs[i].at.Z = height // homogeneous: held at one height
				puffs[i].step(stepS, a, rng)
			}
		}
		var y, y2, own float64
		for _, p := range puffs {
			cross := p.at.X*math.Cos(a.from*math.Pi/180) - p.at.Y*math.Sin(a.from*math.Pi/180)
			y, y2, own = y+cross/n, y2+cross*cross/n, own+p.spreadH*p.spreadH/n
		}
		x := seconds / tu.timeH
		taylor := math.Sqrt(2*tu.sigmaH*tu.sigmaH*tu.timeH*tu.timeH*(x-1+math.Exp(-x)) + 1)
		got := math.Sqrt(y2 - y*y + own)
		t.Logf("after %3.0f s: %.1f m, of it the puffs' own %.1f m; Taylor %.1f m", seconds, got, math.Sqrt(own), taylor)
		if got/taylor < 0.8 || got/taylor > 1.2 {
			t.Errorf("after %v s the spread is %.1f m; Taylor's is %.1f m", seconds, got, taylor)
		}
	}
}

// The flux through a wall across the wind is the rate, and the mean under the
// plume's axis is what a box of its width and height would hold.
func TestPlume_Flux(t *testing.T) {
	a, rng := steady(t)
	sin, cos := math.Sincos(a.from * math.Pi / 180)
	p := plume{at: geo.Local{Z: 5}, spreadH: 2, spreadV: 2, rateKgS: 0.002, rate: process{timeS: 1}, radiusM: 1000}
	const far, cell, count = 150.0, 8.0, 300
	for range 400 {
		a.step(stepS, rng)
		p.step(0, stepS, a, rng)
	}
	var flux, peak float64
	for range count {
		for range 4 {
			a.step(stepS, rng)
			p.step(0, stepS, a, rng)
		}
		for s := -160.0; s <= 160; s += cell {
			for z := cell / 2; z < 130; z += cell {
				q := geo.Local{X: -sin*far + cos*s, Y: -cos*far - sin*s, Z: z}
				c := p.concentration(q)
				u, v := a.mean(z)
				gustU, gustV := a.gust(q)
				flux -= c * ((u+gustU)*sin + (v+gustV)*cos) * cell * cell / count
				peak = math.Max(peak, c)
			}
		}
	}
	t.Logf("flux %.3f of the rate at %v m; the highest concentration there is %.3g kg/m³", flux/0.002, far, peak)
	if flux/0.002 < 0.85 || flux/0.002 > 1.15 {
		t.Errorf("the flux at %v m is %.3f of the rate", far, flux/0.002)
	}
}

// The gusts have a standard deviation of 1 along each axis, compress nothing,
// blow alike on neighbours and independently far apart.
func TestGusts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const fields, far = 400, 1000
	correlation := func(apart float64) float64 {
		var sum float64
		for range fields {
			g := newGusts(rng)
			p := geo.Local{X: far * rng.Float64(), Y: far * rng.Float64(), Z: 20}
			u, v := g.at(p)
			p.X += apart
			u2, v2 := g.at(p)
			sum += (u*u2 + v*v2) / 2 / fields
		}
		return sum
	}
	// The standard error of the variance of 400 fields of about 6 independent
	// waves each and 2 axes is some 5 %.
	for _, c := range []struct{ apart, lo, hi float64 }{{0, 0.85, 1.15}, {5, 0.75, 1.05}, {30, 0.3, 0.8}, {300, -0.25, 0.25}} {
		if got := correlation(c.apart); got < c.lo || got > c.hi {
			t.Errorf("%v m apart the gusts' covariance is %.3f, not within %v to %v", c.apart, got, c.lo, c.hi)
		} else {
			t.Logf("%v m apart the covariance is %.3f", c.apart, got)
		}
	}
	g := newGusts(rng)
	const h = 0.01
	for range 100 {
		p := geo.Local{X: far * rng.Float64(), Y: far * rng.Float64(), Z: 50 * rng.Float64()}
		u0, _ := g.at(geo.Local{X: p.X - h, Y: p.Y, Z: p.Z})
		u1, _ := g.at(geo.Local{X: p.X + h, Y: p.Y, Z: p.Z})
		_, v0 := g.at(geo.Local{X: p.X, Y: p.Y - h, Z: p.Z})
		_, v1 := g.at(geo.Local{X: p.X, Y: p.Y + h, Z: p.Z})
		if divergence := (u1 - u0 + v1 - v0) / (2 * h); math.Abs(divergence) > 1e-6 {
			t.Fatalf("the field's divergence at %+v is %g per second", p, divergence)
		}
	}
}
