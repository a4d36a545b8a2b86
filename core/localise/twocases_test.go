package localise_test

import (
	"math"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/sim"
)

// apart tells whether an answer holds two sources, each within half of the
// distance of the true ones to one of them.
func apart(ans localise.Answer, a, b sim.Truth) bool {
	if len(ans.Sources) != 2 {
		return false
	}
	off := func(i int, t sim.Truth) float64 {
		return math.Hypot(ans.Sources[i].X-t.Local.X, ans.Sources[i].Y-t.Local.Y)
	}
	half := math.Hypot(a.Local.X-b.Local.X, a.Local.Y-b.Local.Y) / 2
	return math.Max(off(0, a), off(1, b)) < half || math.Max(off(1, a), off(0, b)) < half
}

// A pairCase is a town with two sources: the answers after one flight and after
// two.
type pairCase struct {
	a, b     sim.Truth
	one, two localise.Answer
}

// flyPair flies over a town with two sources once, and again where the first
// flight left it open.
func flyPair(t testing.TB, seed int64) pairCase {
	pair := func(c *sim.Scenario) { c.SecondM = 60 }
	w := story(t, "town", seed, pair)
	c := pairCase{a: w.Truth()}
	c.b, _ = w.Second()
	var p localise.Problem
	given(t, &p, w)
	var tracker localise.Tracker
	c.one = followed(t, &tracker, p)
	if len(c.one.Sources) > 0 {
		given(t, &p, closer(t, seed, p, c.one, pair))
		c.two = followed(t, &tracker, p)
	}
	return c
}

// A pairTally is how a number of towns with two sources came out.
type pairTally struct {
	cases, counted, apart, inSets int
	sets                          []float64
}

// add counts an answer: whether it says two, whether these are the true ones, and
// if so whether each true building is in the 90 % set of its own.
func (c *pairTally) add(ans localise.Answer, a, b sim.Truth) {
	c.cases++
	if len(ans.Sources) != 2 {
		return
	}
	c.counted++
	if !apart(ans, a, b) {
		return
	}
	c.apart++
	x, y := ans.Sources[0], ans.Sources[1]
	if math.Hypot(x.X-a.Local.X, x.Y-a.Local.Y) > math.Hypot(y.X-a.Local.X, y.Y-a.Local.Y) {
		x, y = y, x
	}
	for i, s := range []localise.Source{x, y} {
		c.sets = append(c.sets, float64(len(s.Set90)))
		if inSet(s.Set90, []vigia.ID{a.Building, b.Building}[i]) {
			c.inSets++
		}
	}
}

func inSet(set []vigia.ID, id vigia.ID) bool {
	for _, s := range set {
		if s == id {
			return true
		}
	}
	return false
}

func (c *pairTally) tell(t testing.TB, what string) {
	t.Logf("%s: of %d towns with two sources %d are told as two, %d with both in their places; of these %d of %d true buildings in the 90 %% set, median set of %.0f",
		what, c.cases, c.counted, c.apart, c.inSets, 2*c.apart, townTally{size: c.sets}.median())
}

// Towns with two sources 60 m apart, flown over once, and again where the first
// flight left it open. docs/benchmarks.md has the figures of many.
func TestLocate_TownPairs(t *testing.T) {
	var once, twice pairTally
	stop := time.Now().Add(*townFor)
	for i := range *townCases {
		if i > 0 && time.Now().After(stop) {
			break
		}
		seed := int64(*townFrom + i)
		c := flyPair(t, seed)
		once.add(c.one, c.a, c.b)
		twice.add(c.two, c.a, c.b)
		t.Logf("seed %d: counts %.3f, then %.3f; told apart in %d and %d of %d", seed, c.one.CountProbability, c.two.CountProbability, once.apart, twice.apart, i+1)
	}
	once.tell(t, "one flight")
	twice.tell(t, "two flights")
	if *townCases == 1 && twice.apart == 0 {
		t.Error("two sources 60 m apart are told as one after two flights")
	}
}
