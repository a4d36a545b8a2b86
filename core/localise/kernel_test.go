package localise

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/dispersion"
)

var steady = newWindPath([]vigia.Wind{{Time: time.Unix(0, 0), SpeedMPS: 4, FromDeg: 270}}, time.Unix(0, 0), 60)

// The kernel is the plume of package dispersion, made fast.
func TestFan_IsTheGaussianPlume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		a := air{iy0: f(0.05, 0.4, "iy"), iz: f(0.04, 0.3, "iz"), size: f(0.3, 3, "size"), cos: 1}
		// Above 2 m the wind is that of the record.
		e := emitter{z: f(2, 10, "height"), rate: 1, on: math.Inf(-1), off: math.Inf(1)}
		d := datum{x: f(5, 800, "x"), y: f(-100, 100, "y"), z: f(0, 40, "z"), t: 30, vx: 4, speed: 4, slowness: 0.25, meander: 1, scale: 1}
		d.px, d.py = steady.place(d.t)
		p := dispersion.Plume{SpeedMPS: 4, HeightM: e.z, Spread: dispersion.Spread{
			Y: dispersion.Curve{Near: a.iy0, Bend: spreadBend, Power: -0.5}, Z: dispersion.Curve{Near: a.iz, Bend: spreadBend, Power: -0.5}, Size: a.size,
		}}
		want := p.At(d.x, d.y, d.z)
		sy, _ := p.Spread.At(d.x)
		if d.y*d.y/(2*sy*sy) > 0.99*farTail {
			return // cut off there: 4e-6 of the axis
		}
		var all fan
		d.fan(&steady, &a, &e, &all)
		got := all[turns/2]
		if math.Abs(got-want) > 1e-6*want+1e-30 {
			t.Errorf("mean %.9g, dispersion.Plume %.9g", got, want)
		}
	})
}

// A path's mean is that of many points on it, to 20 % of itself or, where it is
// small, of a twentieth of the highest on the path or of about a fortieth of what
// the axis has 10 m off. One random path in four thousand comes to 15 %; what is
// not known of a plume is several times that.
func TestFan_PathIsTheMeanOfItsPoints(t *testing.T) {
	worst := 0.0
	rapid.Check(t, func(t *rapid.T) {
		f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		a := air{iy0: f(0.1, 0.4, "iy"), iz: f(0.05, 0.3, "iz"), size: f(0.5, 2, "size"), cos: 1, turn: f(0, 0.3, "turn")}
		e := emitter{z: 3, rate: 1, on: math.Inf(-1), off: math.Inf(1)}
		d := datum{x: f(-20, 100, "x"), y: f(-60, 60, "y"), z: 2, x2: f(-20, 100, "x2"), y2: f(-60, 60, "y2"), z2: 2, t: 30, vx: 4, speed: 4, slowness: 0.25, meander: 1, scale: 1, path: true}
		d.px, d.py = steady.place(d.t)
		d.halfX, d.halfY = (d.x2-d.x)/2, (d.y2-d.y)/2
		if near := math.Hypot(d.x, d.y); near < 5 || math.Hypot(d.x2, d.y2) < 5 {
			return // no path ends within arm's length of an unknown source
		}
		const n = 4000
		var sum, top, one, got fan
		for i := range n {
			s := (float64(i) + 0.5) / n
			q := d
			q.path, q.halfX, q.halfY = false, 0, 0
			q.x, q.y = d.x+s*(d.x2-d.x), d.y+s*(d.y2-d.y)
			if !q.fan(&steady, &a, &e, &one) {
				continue
			}
			sum.plus(&one, 1.0/n)
			for k := range top {
				top[k] = math.Max(top[k], one[k])
			}
		}
		d.fan(&steady, &a, &e, &got)
		for k := range got {
			err := math.Abs(got[k]-sum[k]) / math.Max(sum[k], math.Max(0.05*top[k], 2e-4))
			worst = math.Max(worst, err)
			if err > 0.20 {
				t.Errorf("turn %d: mean along the path %.4g, by %d points %.4g", k, got[k], n, sum[k])
			}
		}
	})
	t.Logf("worst %.1f %%", 100*worst)
}

func TestFastExp(t *testing.T) {
	for x := 0.0; x > -79; x -= 0.0137 {
		if got, want := fastExp(x), math.Exp(x); math.Abs(got/want-1) > 2e-8 {
			t.Fatalf("exp(%v) is %v by the table, %v in truth", x, got, want)
		}
	}
	for x := -7.0; x < 7; x += 0.0137 {
		if want := 0.5 * math.Erfc(-x/math.Sqrt2); math.Abs(normalCDF(x)-want) > 1e-5 {
			t.Fatalf("the normal distribution function at %v is %v by the table, %v in truth", x, normalCDF(x), want)
		}
	}
}

// The parts of an image are as wide as they are far apart, and a column over one
// is the mean over it: within a twentieth of the plume's middle.
func TestSetBlur_ColumnsAreMeansOverTheGround(t *testing.T) {
	column := func(x, y float64) datum {
		d := datum{x: x, y: y, x2: x, y2: y, z2: 60, t: 30, vx: 4, speed: 4, slowness: 0.25, meander: 1, scale: 1, path: true, above: true}
		d.px, d.py = steady.place(d.t)
		return d
	}
	const edge, n = 12.0, 24
	var m model
	for i := range 6 {
		for j := range 6 {
			m.data = append(m.data, column(80+edge*float64(i), edge*(float64(j)-2.5)))
		}
	}
	m.setBlur()
	a := air{iy0: 0.08, iz: 0.06, size: 1, cos: 1}
	e := emitter{z: 3, rate: 1, on: math.Inf(-1), off: math.Inf(1)}
	var one, sum fan
	top, worst := 0.0, 0.0
	for _, d := range m.data {
		d.fan(&steady, &a, &e, &one)
		got := one[turns/2]
		sum = fan{}
		for k := range n * n {
			q := column(d.x+edge*((float64(k%n)+0.5)/n-0.5), d.y+edge*((float64(k/n)+0.5)/n-0.5))
			if q.fan(&steady, &a, &e, &one) {
				sum.plus(&one, 1.0/(n*n))
			}
		}
		top, worst = math.Max(top, sum[turns/2]), math.Max(worst, math.Abs(got-sum[turns/2]))
	}
	t.Logf("worst %.1f %% of the middle", 100*worst/top)
	if worst > 0.05*top {
		t.Errorf("a column is %.3g off the mean over its ground, of %.3g in the middle", worst, top)
	}
}

// One million pairs of a source and a reading, a fifth of them in the plume.
func BenchmarkFan_Million(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	data := make([]datum, 1000)
	for i := range data {
		data[i] = datum{x: 200 * rnd.Float64(), y: 100 * (rnd.Float64() - 0.5), z: 2, t: 30, vx: 4, speed: 4, slowness: 0.25, meander: 1, scale: 1, coneX: 1, coneCos2: 0.3}
		data[i].px, data[i].py = steady.place(30)
	}
	a := air{iy0: 0.15, iz: 0.08, size: 1, cos: 1, there: 0.9, turn: 0.15}
	sum, one := 0.0, fan{}
	for b.Loop() {
		for range 1000 {
			e := emitter{x: 200 * rnd.Float64(), y: 100 * (rnd.Float64() - 0.5), z: 2, rate: 1, on: math.Inf(-1), off: math.Inf(1)}
			for j := range data {
				if data[j].fan(&steady, &a, &e, &one) {
					sum += one[0]
				}
			}
		}
	}
	if math.IsNaN(sum) {
		b.Fatal("not a number")
	}
}

// A table over how far a plume has risen gives what is worked out for each
// reading, to a hundredth of the most that this height can have.
func TestColumns_AreTheDistributionOverHeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		z, height, size := f(0, 20, "z"), f(0.1, 10, "height"), f(0.2, 5, "size")
		var c columns
		c.fill([]float64{7, z}, height, size)
		e := emitter{z: height, columns: &c}
		top := 0.0
		for rise := 1e-4; rise < 1e5; rise *= 1.37 {
			top = math.Max(top, atHeight(z, height, size, rise))
		}
		for rise := 1e-4; rise < 1e5; rise *= 1.013 {
			got, want := e.vertical(2, z, size, rise), atHeight(z, height, size, rise)
			if math.Abs(got-want) > 0.01*top {
				t.Fatalf("risen %.3g m: %.5g by the table, %.5g in truth", math.Sqrt(rise), got, want)
			}
		}
	})
}

// What a saturated sensor says is the tail of the Student distribution, far out
// too.
func TestBeyond_IsTheTail(t *testing.T) {
	student4 := distuv.StudentsT{Sigma: 1, Nu: freedom}
	for x := -40.0; x < 200; x += 0.37 {
		if got, want := beyond(x), student4.Survival(x); math.Abs(got-want) > 1e-9+1e-5*want && x < 100 {
			t.Fatalf("beyond %v lies %v, %v in truth", x, got, want)
		}
	}
	// Far out the tail is 3/x⁴.
	if got, want := beyond(1e5), 3/1e20; math.Abs(got/want-1) > 1e-6 {
		t.Fatalf("beyond 1e5 lies %v, %v in truth", got, want)
	}
}
