package localise_test

import (
	"math"
	"runtime"
	"sync"
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
	seed     int64
	a, b     sim.Truth
	one, two localise.Answer
	done     bool
}

// flyPair flies over a town with two sources once, and again where the first
// flight left it open.
func flyPair(t testing.TB, seed int64) pairCase {
	pair := func(c *sim.Scenario) { c.SecondM = 60 }
	w := story(t, "town", seed, pair)
	c := pairCase{seed: seed, a: w.Truth(), done: true}
	c.b, _ = w.Second()
	var p localise.Problem
	given(t, &p, w)
	p.Workers = 1
	var tracker localise.Tracker
	c.one = followed(t, &tracker, p)
	if len(c.one.Sources) > 0 {
		c.two = followed(t, &tracker, closer(t, seed, &tracker, p, c.one, pair))
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
	for _, c := range onAll(func(seed int64) pairCase {
		c := flyPair(t, seed)
		t.Logf("seed %d: counts %.3f, then %.3f; two in their places after two flights: %v", seed, c.one.CountProbability, c.two.CountProbability, apart(c.two, c.a, c.b))
		return c
	}) {
		if c.done {
			once.add(c.one, c.a, c.b)
			twice.add(c.two, c.a, c.b)
		}
	}
	once.tell(t, "one flight")
	twice.tell(t, "two flights")
	if *townCases == 1 && twice.apart == 0 {
		t.Error("two sources 60 m apart are told as one after two flights")
	}
}

// Towns with one source, which are not to be told as two.
func TestLocate_TownOnes(t *testing.T) {
	if *townCases == 1 {
		t.Skip("a rate takes more than one town: -town-cases 20 or more")
	}
	towns, once, twice := 0, 0, 0
	for _, c := range onAll(func(seed int64) townCase {
		c := flyTown(t, seed)
		t.Logf("seed %d: counts %.3f, then %.3f", seed, c.one.CountProbability, c.two.CountProbability)
		return c
	}) {
		if !c.done {
			continue
		}
		towns++
		if len(c.one.Sources) == 2 {
			once++
		}
		if len(c.two.Sources) == 2 {
			twice++
		}
	}
	t.Logf("of %d towns with one source %d are told as two after one flight, %d after two", towns, once, twice)
	if 20*twice > towns && towns >= 20 {
		t.Errorf("%d of %d are told as two; it must be rarer than one in twenty", twice, towns)
	}
}

// onAll flies over the towns that the flags name, on all processors, until the
// time is up.
func onAll[T any](fly func(seed int64) T) []T {
	cases := make([]T, *townCases)
	stop := time.Now().Add(*townFor)
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				cases[i] = fly(int64(*townFrom + i))
			}
		})
	}
	for i := range cases {
		if i > 0 && time.Now().After(stop) {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return cases
}
