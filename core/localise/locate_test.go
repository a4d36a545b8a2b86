package localise_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
)

var t0 = time.Date(2025, 3, 4, 10, 0, 0, 0, time.UTC)

// ring makes a small made-up site: eight sensors in a ring, a wind that turns,
// a source off the middle, and a plume that is there or is not.
func ring(t testing.TB, seed uint64, rate float64) (localise.Problem, geo.Local) {
	t.Helper()
	chemical, err := vigia.ChemicalNamed("methane")
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(seed, 3))
	p := localise.Problem{Chemical: chemical, Seed: int64(seed), Workers: 2}
	source := geo.Local{X: 12, Y: -9, Z: 1}
	from := 0.0
	for minute := range 150 {
		at := t0.Add(time.Duration(minute) * time.Minute)
		from += 6 + 12*rnd.NormFloat64()
		speed := 2.5 + 0.5*rnd.NormFloat64()
		p.Winds = append(p.Winds, vigia.Wind{Time: at, SpeedMPS: speed, FromDeg: math.Mod(from+3600, 360)})
		true0 := (from + 180 + 8*rnd.NormFloat64()) * math.Pi / 180
		ux, uy := math.Sin(true0), math.Cos(true0)
		for k := range 8 {
			s, c := math.Sincos(float64(k) * math.Pi / 4)
			o := localise.Reading{Time: at, Sensor: string(rune('a' + k)), Kind: vigia.PointKind, At: geo.Local{X: 50 * c, Y: 50 * s, Z: 2}}
			dx, dy := o.At.X-source.X, o.At.Y-source.Y
			x, y := dx*ux+dy*uy, dy*ux-dx*uy
			o.Value = 2 + 0.02*rnd.NormFloat64()
			if x > 1 {
				sy, sz := 0.18*x+0.5, 0.09*x+0.5
				ppm := rate / 3600 / (math.Pi * speed * sy * sz) * math.Exp(-y*y/(2*sy*sy)) / chemical.KgPerM3PerPPM(0, 0)
				o.Value += ppm * math.Exp(0.4*rnd.NormFloat64())
			}
			p.Observations = append(p.Observations, o)
		}
	}
	return p, source
}

func locate(t testing.TB, p localise.Problem) localise.Answer {
	t.Helper()
	ans, err := localise.Locate(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ans
}

func TestLocate_MadeUpSite(t *testing.T) {
	p, source := ring(t, 1, 2)
	ans := locate(t, p)
	if len(ans.Sources) != 1 {
		t.Fatalf("%d sources, counts %v; one is true", len(ans.Sources), ans.CountProbability)
	}
	s := ans.Sources[0]
	miss := math.Hypot(s.X-source.X, s.Y-source.Y)
	t.Logf("%.1f m off, %.2f kg/h [%.2f, %.2f]", miss, s.RateKgH, s.RateLo, s.RateHi)
	// Eight sensors 40 m away tell a bearing to some degrees each: 5 m.
	if miss > 5 {
		t.Errorf("%.1f m off; 5 m is allowed", miss)
	}
	if s.RateLo > 2 || s.RateHi < 2 {
		t.Errorf("the 95 %% interval [%.2f, %.2f] misses the true 2 kg/h", s.RateLo, s.RateHi)
	}
}

// The readings that carry an answer are those in the lee of the source.
func TestLocate_Explains(t *testing.T) {
	p, source := ring(t, 1, 2)
	ans := locate(t, p)
	if len(ans.Explain) == 0 {
		t.Fatal("nothing carries the answer")
	}
	for _, c := range ans.Explain {
		if t.Log(c); c.Readings < 1 || c.To.Before(c.From) || c.Sensor == "" {
			t.Errorf("a contribution without sense: %+v", c)
		}
	}
	c := ans.Explain[0]
	for _, w := range p.Winds {
		if w.Time.Equal(c.From) {
			to := (w.FromDeg + 180) * math.Pi / 180
			off := math.Abs(math.Remainder(math.Atan2(c.At.X-source.X, c.At.Y-source.Y)-to, 2*math.Pi))
			if c.LogRatio <= 0 || off > 0.8 {
				t.Errorf("what says most is %v, %.0f° off the wind from the source", c, off*180/math.Pi)
			}
		}
	}
}

// Sensors that read no more than half a ppm over the air are saturated by most of
// the plume. Told of it, the locator takes these readings for at least as much;
// not told, it takes them for what they say, and the rate for too low.
func TestLocate_SaturatedSensors(t *testing.T) {
	p, _ := ring(t, 1, 2)
	p.Observations = append([]localise.Reading(nil), p.Observations[:480]...)
	const most = 2.5
	n := 0
	for i := range p.Observations {
		if o := &p.Observations[i]; o.Value > most {
			o.Value = most
			n++
		}
	}
	silent := locate(t, p)
	for i := range p.Observations {
		p.Observations[i].Saturation = most
	}
	told := locate(t, p)
	if len(silent.Sources) == 0 || len(told.Sources) == 0 {
		t.Fatalf("with %d saturated readings, sources %v and %v", n, silent.Sources, told.Sources)
	}
	a, b := silent.Sources[0], told.Sources[0]
	t.Logf("%d saturated readings: %.2f kg/h [%.2f, %.2f]; told of it %.2f [%.2f, %.2f]; 2 is true", n, a.RateKgH, a.RateLo, a.RateHi, b.RateKgH, b.RateLo, b.RateHi)
	if b.RateLo > 2 || b.RateHi < 2 {
		t.Errorf("the 95 %% interval [%.2f, %.2f] misses the true 2 kg/h", b.RateLo, b.RateHi)
	}
	if b.RateKgH < 1.3*a.RateKgH {
		t.Errorf("saturation drags the rate down: %.2f kg/h when told of it, %.2f when not", b.RateKgH, a.RateKgH)
	}
}

func TestLocate_NothingThere(t *testing.T) {
	p, _ := ring(t, 2, 0)
	if ans := locate(t, p); len(ans.Sources) != 0 || ans.CountProbability[0] < 0.5 {
		t.Errorf("%d sources where there is none, counts %v", len(ans.Sources), ans.CountProbability)
	}
}

// The same problem gives the same answer: again, on more processors, and with
// its records in another order.
func TestLocate_Reproducible(t *testing.T) {
	p, _ := ring(t, 3, 2)
	p.Observations, p.Workers = p.Observations[:400], 1
	want := locate(t, p)
	p.Workers = 16
	if got := locate(t, p); !reflect.DeepEqual(got, want) {
		t.Errorf("on 16 processors the answer is another:\n%+v\n%+v", got.Sources, want.Sources)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	rnd.Shuffle(len(p.Observations), func(i, j int) { p.Observations[i], p.Observations[j] = p.Observations[j], p.Observations[i] })
	rnd.Shuffle(len(p.Winds), func(i, j int) { p.Winds[i], p.Winds[j] = p.Winds[j], p.Winds[i] })
	if got := locate(t, p); !reflect.DeepEqual(got, want) {
		t.Errorf("in another order the answer is another:\n%+v\n%+v", got.Sources, want.Sources)
	}
}

// A wind record in another convention than it says is found out where some
// sensors stand around the source, and the answer is as good.
func TestLocate_WindInAnotherConvention(t *testing.T) {
	for convention, written := range map[localise.Convention]func(from float64) float64{
		localise.From:   func(f float64) float64 { return f },
		localise.Toward: func(f float64) float64 { return f + 180 },
		localise.MathTo: func(f float64) float64 { return 270 - f },
	} {
		p, source := ring(t, 4, 2)
		for i := range p.Winds {
			p.Winds[i].FromDeg = math.Mod(written(p.Winds[i].FromDeg)+720, 360)
		}
		ans := locate(t, p)
		if ans.Wind != convention {
			t.Errorf("a record %q is read as %q", convention, ans.Wind)
		}
		if len(ans.Sources) == 0 || math.Hypot(ans.Sources[0].X-source.X, ans.Sources[0].Y-source.Y) > 8 {
			t.Errorf("a record %q: sources %+v; (12, -9) is true", convention, ans.Sources)
		}
	}
}

func TestLocate_BadProblems(t *testing.T) {
	whole, _ := ring(t, 5, 1)
	for name, spoil := range map[string]func(*localise.Problem){
		"no reading":  func(p *localise.Problem) { p.Observations = nil },
		"no wind":     func(p *localise.Problem) { p.Winds = nil },
		"no chemical": func(p *localise.Problem) { p.Chemical = vigia.Chemical{} },
		"no number": func(p *localise.Problem) {
			p.Observations = []localise.Reading{{Time: t0, Sensor: "a", Kind: vigia.PointKind, Value: math.NaN()}}
		},
	} {
		p := whole
		spoil(&p)
		if _, err := localise.Locate(context.Background(), p, nil); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: error %v; an invalid problem is expected", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := localise.Locate(ctx, whole, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled search gives %v", err)
	}
}

// Too little to say anything is an answer too.
func TestLocate_LittleData(t *testing.T) {
	p, _ := ring(t, 6, 1)
	for _, n := range []int{1, 2, 9} {
		q := p
		q.Observations, q.Winds = p.Observations[:n], p.Winds[:1]
		ans := locate(t, q)
		sum := 0.0
		for _, c := range ans.CountProbability {
			sum += c
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%d readings: counts %v sum to %v", n, ans.CountProbability, sum)
		}
	}
}
