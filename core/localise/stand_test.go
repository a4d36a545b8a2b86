package localise_test

import (
	"context"
	"math"
	"reflect"
	"testing"

	"github.com/vigia-project/vigia/core/localise"
)

// follow asks a tracker at some lengths of a record, and returns the last answer.
func follow(t testing.TB, tracker *localise.Tracker, p localise.Problem, lengths ...int) localise.Answer {
	t.Helper()
	all := p.Observations
	var ans localise.Answer
	for _, n := range lengths {
		var err error
		p.Observations, p.Growing = all[:n], true
		if ans, err = tracker.Locate(context.Background(), p, nil); err != nil {
			t.Fatal(err)
		}
	}
	return ans
}

// Fixed sensors that are followed as their record grows give the answer that a
// fresh start at the same length gives, to the last bit, on any number of
// processors; it is that of the whole record at once but for the error of draws.
func TestTracker_FixedSensorsGrow(t *testing.T) {
	p, source := ring(t, 1, 2)
	var tracker localise.Tracker
	p.Workers = 1
	got := follow(t, &tracker, p, 500, 570, 640)
	p.Workers = 16
	if want := follow(t, &localise.Tracker{}, p, 640); !reflect.DeepEqual(got, want) {
		t.Errorf("followed and asked once, the answers differ:\n%+v\n%+v", got.Sources, want.Sources)
	}
	p.Observations = p.Observations[:640]
	whole := locate(t, p)
	if got.Method != localise.GrowingMethod || whole.Method == got.Method {
		t.Errorf("methods %q while it grows and %q at its end", got.Method, whole.Method)
	}
	if len(got.Sources) != 1 || len(whole.Sources) != 1 {
		t.Fatalf("sources %d while it grows and %d at its end; one is true", len(got.Sources), len(whole.Sources))
	}
	a, b := got.Sources[0], whole.Sources[0]
	t.Logf("as it grows %.1f m off, %.2f kg/h [%.2f, %.2f], ellipse %.1f m; at once %.1f m off, %.2f kg/h [%.2f, %.2f], ellipse %.1f m",
		math.Hypot(a.X-source.X, a.Y-source.Y), a.RateKgH, a.RateLo, a.RateHi, a.Ellipse.SemiMajorM,
		math.Hypot(b.X-source.X, b.Y-source.Y), b.RateKgH, b.RateLo, b.RateHi, b.Ellipse.SemiMajorM)
	// A third of the 95 % ellipse is 0.8 of a standard deviation: the backgrounds,
	// which each smooths through its own guesses, account for as much as the draws.
	if apart := math.Hypot(a.X-b.X, a.Y-b.Y); apart > b.Ellipse.SemiMajorM/3 {
		t.Errorf("the places are %.1f m apart, of an ellipse of %.1f m", apart, b.Ellipse.SemiMajorM)
	}
	if apart := math.Abs(math.Log(a.RateKgH / b.RateKgH)); apart > math.Log(b.RateHi/b.RateLo)/6 {
		t.Errorf("the rates are %.2f and %.2f kg/h", a.RateKgH, b.RateKgH)
	}
	if r := a.Ellipse.SemiMajorM / b.Ellipse.SemiMajorM; r < 0.6 || r > 1.6 {
		t.Errorf("the ellipses are %.1f and %.1f m long", a.Ellipse.SemiMajorM, b.Ellipse.SemiMajorM)
	}
}

// An emission that stops, and one that comes and goes, are found where they are
// and at the rate that they have while they last: neither by the silence after it
// nor by that in between is the answer dragged away.
func TestLocate_EmissionThatStopsOrComesAndGoes(t *testing.T) {
	const rate = 2.0
	for _, c := range []struct {
		name    string
		on      func(minute int) bool
		growing bool
	}{
		{"stops", func(minute int) bool { return minute < 65 }, false},
		{"stops, as the record grows", func(minute int) bool { return minute < 65 }, true},
		{"comes and goes", func(minute int) bool { return minute/15%2 == 0 }, false},
	} {
		p, source := ring(t, 1, rate)
		silent, _ := ring(t, 1, 0)
		for i := range p.Observations {
			if !c.on(i / 8) {
				p.Observations[i] = silent.Observations[i]
			}
		}
		p.Observations, p.Growing = p.Observations[:720], c.growing
		ans := locate(t, p)
		if len(ans.Sources) != 1 {
			t.Errorf("%s: %d sources, counts %v", c.name, len(ans.Sources), ans.CountProbability)
			continue
		}
		s := ans.Sources[0]
		miss := math.Hypot(s.X-source.X, s.Y-source.Y)
		t.Logf("%s: %.1f m off, %.2f kg/h [%.2f, %.2f]", c.name, miss, s.RateKgH, s.RateLo, s.RateHi)
		if miss > 5 {
			t.Errorf("%s: %.1f m off; 5 m is allowed", c.name, miss)
		}
		if s.RateLo > rate || s.RateHi < rate {
			t.Errorf("%s: the interval [%.2f, %.2f] misses the true %.0f kg/h", c.name, s.RateLo, s.RateHi, rate)
		}
	}
}

// One minute more of eight fixed sensors, an hour and twenty minutes being known.
func BenchmarkTracker_OneMinuteMore(b *testing.B) {
	p, _ := ring(b, 1, 2)
	p.Workers = 1
	var tracker localise.Tracker
	follow(b, &tracker, p, 640)
	n := 640
	for b.Loop() {
		if n += 8; n > 700 {
			n = 648
		}
		follow(b, &tracker, p, n)
	}
}
