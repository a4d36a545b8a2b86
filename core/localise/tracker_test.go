package localise_test

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
)

// sortie is a made-up flight of the given number of lines across a west wind,
// up the wind, past a source, over four rows of houses. on tells when the source
// emits.
func sortie(t testing.TB, seed uint64, start time.Time, fromDeg float64, lines int, source geo.Local, rate float64, on func(s float64) bool) localise.Problem {
	t.Helper()
	chemical, err := vigia.ChemicalNamed("acetone")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 77))
	p := localise.Problem{Chemical: chemical, Seed: int64(seed), Workers: 1}
	sin, cos := math.Sincos(fromDeg * math.Pi / 180)
	down := [2]float64{-sin, -cos} // where the wind blows to
	side := [2]float64{-cos, sin}
	now := 0.0
	for line := range lines {
		x := 150 - 25*float64(line) // downwind of the origin
		swing := 0.12 * r.NormFloat64()
		strength := math.Exp(0.5*r.NormFloat64() - 0.125)
		for k := range 31 {
			y := -150 + 10*float64(k)
			if line%2 == 1 {
				y = -y
			}
			at := geo.Local{X: x*down[0] + y*side[0], Y: x*down[1] + y*side[1], Z: 12}
			dx, dy := at.X-source.X, at.Y-source.Y
			along, across := dx*down[0]+dy*down[1], dx*side[0]+dy*side[1]
			v := 0.03 + 0.004*r.NormFloat64()
			if along > 1 && (on == nil || on(now)) {
				across += swing * (along + 60)
				sy, sz := math.Hypot(0.14*along, 8), math.Hypot(0.15*along, 4)
				c := rate / 3600 / (2 * math.Pi * 3 * sy * sz) * math.Exp(-across*across/(2*sy*sy)) *
					(math.Exp(-(12-source.Z)*(12-source.Z)/(2*sz*sz)) + math.Exp(-(12+source.Z)*(12+source.Z)/(2*sz*sz)))
				v += strength * c / chemical.KgPerM3PerPPM(0, 0) * math.Exp(0.3*r.NormFloat64())
			}
			p.Observations = append(p.Observations, localise.Reading{
				Time: start.Add(time.Duration(now * float64(time.Second))), Sensor: "pid", Kind: vigia.PointKind, At: at, Value: v, Sigma: 0.004,
			})
			now++
		}
		now += 12
	}
	for s := 0.0; s < now; s += 20 {
		p.Winds = append(p.Winds, vigia.Wind{Time: start.Add(time.Duration(s) * time.Second), SpeedMPS: 3 + 0.3*r.NormFloat64(), FromDeg: math.Mod(fromDeg+5*r.NormFloat64()+360, 360)})
	}
	for i := range 4 {
		for j := range 20 {
			x, y := -100+10*float64(j), -60+40*float64(i)
			p.Buildings = append(p.Buildings, localise.Building{ID: vigia.ID(rune('A'+i)) + vigia.ID(rune('a'+j)), Footprint: geo.Rect(x, y, x+8, y+12)})
		}
	}
	return p
}

var hidden = geo.Local{X: 14, Y: -14, Z: 3} // in building Bl

// A flight that is followed as it grows gives, at each step, the very answer
// that a fresh start gives; and at its end that of the whole flight.
func TestTracker_IsLocateWithAMemory(t *testing.T) {
	whole := sortie(t, 1, t0, 270, 8, hidden, 5, nil)
	var tracker localise.Tracker
	for _, n := range []int{130, 200, len(whole.Observations)} {
		p := whole
		p.Observations = p.Observations[:n]
		p.Growing = n < len(whole.Observations)
		got, err := tracker.Locate(context.Background(), p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := locate(t, p); !reflect.DeepEqual(got, want) {
			t.Fatalf("after %d readings the tracker says %+v; a fresh start says %+v", n, got.CountProbability, want.CountProbability)
		}
	}
}

// The answer to a growing flight is that of the whole one within what its own
// draws vary by: the probability of the true building differs by less than 0.15,
// the place by less than its 95 % ellipse.
func TestTracker_GrowingAgreesWithWhole(t *testing.T) {
	p := sortie(t, 2, t0, 270, 11, hidden, 5, nil)
	whole := locate(t, p)
	p.Growing = true
	growing := locate(t, p)
	if len(whole.Sources) != 1 || len(growing.Sources) != 1 {
		t.Fatalf("%d sources in the whole flight, %d as it grew; one is true", len(whole.Sources), len(growing.Sources))
	}
	a, b := whole.Sources[0], growing.Sources[0]
	if d := math.Hypot(a.X-b.X, a.Y-b.Y); d > a.Ellipse.SemiMajorM {
		t.Errorf("the two are %.1f m apart; the ellipse is %.1f m", d, a.Ellipse.SemiMajorM)
	}
	if pa, pb := probability(whole, "Bl"), probability(growing, "Bl"); math.Abs(pa-pb) > 0.15 {
		t.Errorf("the true building has %.2f in the whole flight and %.2f as it grew", pa, pb)
	}
}

func probability(a localise.Answer, id vigia.ID) float64 {
	for _, b := range a.Buildings {
		if b.ID == id {
			return b.Probability
		}
	}
	return 0
}

// On 16 processors, and with its records in another order, a flight gives the
// same answer.
func TestLocate_FlightReproducible(t *testing.T) {
	p := sortie(t, 3, t0, 270, 4, hidden, 5, nil)
	want := locate(t, p)
	p.Workers = 16
	rnd := rand.New(rand.NewPCG(1, 1))
	rnd.Shuffle(len(p.Observations), func(i, j int) { p.Observations[i], p.Observations[j] = p.Observations[j], p.Observations[i] })
	rnd.Shuffle(len(p.Winds), func(i, j int) { p.Winds[i], p.Winds[j] = p.Winds[j], p.Winds[i] })
	if got := locate(t, p); !reflect.DeepEqual(got, want) {
		t.Errorf("the answer is another:\n%+v\n%+v", got.Sources, want.Sources)
	}
}

// both joins two flights into one problem.
func both(a, b localise.Problem) localise.Problem {
	a.Observations = append(append([]localise.Reading(nil), a.Observations...), b.Observations...)
	a.Winds = append(append([]vigia.Wind(nil), a.Winds...), b.Winds...)
	return a
}

// Two flights in two winds say more than one: the ellipse shrinks and the place
// stays.
func TestLocate_TwoFlightsSayMore(t *testing.T) {
	one := sortie(t, 4, t0, 270, 11, hidden, 5, nil)
	first := locate(t, one)
	second := locate(t, both(one, sortie(t, 5, t0.Add(72*time.Hour), 180, 11, hidden, 8, nil)))
	if len(first.Sources) != 1 || len(second.Sources) != 1 {
		t.Fatalf("%d and %d sources; one is true", len(first.Sources), len(second.Sources))
	}
	a, b := first.Sources[0], second.Sources[0]
	miss := math.Hypot(b.X-hidden.X, b.Y-hidden.Y)
	t.Logf("one flight: %.1f × %.1f m; two: %.1f × %.1f m, %.1f m off, true building %.2f, set of %d", a.Ellipse.SemiMajorM, a.Ellipse.SemiMinorM, b.Ellipse.SemiMajorM, b.Ellipse.SemiMinorM, miss, probability(second, "Bl"), len(b.Set90))
	if b.Ellipse.SemiMajorM*b.Ellipse.SemiMinorM > 0.8*a.Ellipse.SemiMajorM*a.Ellipse.SemiMinorM {
		t.Error("the second flight does not shrink the ellipse")
	}
	if miss > b.Ellipse.SemiMajorM {
		t.Errorf("the place is %.1f m off, beyond the ellipse", miss)
	}
}

// The passes that carry the answer are those in the lee of the source, and a
// person can look them up.
func TestLocate_FlightExplains(t *testing.T) {
	p := sortie(t, 11, t0, 270, 8, hidden, 5, nil)
	ans := locate(t, p)
	if len(ans.Explain) == 0 {
		t.Fatal("nothing carries the answer")
	}
	end := p.Observations[len(p.Observations)-1].Time
	for _, c := range ans.Explain {
		if t.Log(c); c.Readings < 1 || c.To.Before(c.From) || c.From.Before(t0) || c.To.After(end) || c.Sensor != "pid" {
			t.Errorf("a contribution without sense: %+v", c)
		}
	}
	if c := ans.Explain[0]; c.LogRatio <= 0 || c.At.X < hidden.X-20 {
		t.Errorf("what says most is %v at %+v, and lies up the wind of the source", c, c.At)
	}
}

// A source that emits in turns, or stops in the middle of a flight, is found
// where it is: the passes that meet nothing do not drive it away.
func TestLocate_Intermittent(t *testing.T) {
	for name, on := range map[string]func(s float64) bool{
		"on and off every six minutes": func(s float64) bool { return math.Mod(s, 720) < 360 },
		"stops":                        func(s float64) bool { return s < 200 },
		"begins":                       func(s float64) bool { return s > 90 },
	} {
		p := sortie(t, 6, t0, 270, 11, hidden, 6, on)
		ans := locate(t, p)
		if len(ans.Sources) != 1 {
			t.Errorf("%s: %d sources, counts %v; one is true", name, len(ans.Sources), ans.CountProbability)
			continue
		}
		s := ans.Sources[0]
		miss := math.Hypot(s.X-hidden.X, s.Y-hidden.Y)
		t.Logf("%s: %.1f m off, 95 %% %.1f × %.1f m, true building %.2f", name, miss, s.Ellipse.SemiMajorM, s.Ellipse.SemiMinorM, probability(ans, "Bl"))
		if miss > s.Ellipse.SemiMajorM {
			t.Errorf("%s: %.1f m off, beyond the ellipse of %.1f m", name, miss, s.Ellipse.SemiMajorM)
		}
	}
}

// A flight on which the source was off altogether takes little from one on which
// it was seen.
func TestLocate_OffOnOneFlight(t *testing.T) {
	seen := sortie(t, 8, t0, 270, 11, hidden, 6, nil)
	silent := sortie(t, 9, t0.Add(48*time.Hour), 180, 11, hidden, 0, nil)
	ans := locate(t, both(seen, silent))
	if len(ans.Sources) != 1 {
		t.Fatalf("%d sources, counts %v; one is true", len(ans.Sources), ans.CountProbability)
	}
	s := ans.Sources[0]
	if miss := math.Hypot(s.X-hidden.X, s.Y-hidden.Y); miss > s.Ellipse.SemiMajorM {
		t.Errorf("%.1f m off, beyond the ellipse of %.1f m", miss, s.Ellipse.SemiMajorM)
	}
}

// No source: no answer of one.
func TestLocate_FlightOverNothing(t *testing.T) {
	ans := locate(t, sortie(t, 10, t0, 270, 11, hidden, 0, nil))
	if len(ans.Sources) != 0 || ans.CountProbability[0] < 0.5 {
		t.Errorf("%d sources where there is none, counts %v", len(ans.Sources), ans.CountProbability)
	}
}

// What an answer costs with a few readings more: from memory, and from nothing.
func BenchmarkTracker(b *testing.B) {
	p := sortie(b, 12, t0, 270, 11, hidden, 5, nil)
	p.Growing = true
	all := p.Observations
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			locate(b, p)
		}
	})
	b.Run("gone on", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			var tracker localise.Tracker
			p.Observations = all[:len(all)-20]
			_, err := tracker.Locate(context.Background(), p, nil)
			if err != nil {
				b.Fatal(err)
			}
			p.Observations = all
			b.StartTimer()
			if _, err := tracker.Locate(context.Background(), p, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
