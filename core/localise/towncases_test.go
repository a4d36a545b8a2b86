package localise_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math"
	"os"
	"runtime"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/core/plan"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/draw"
	"github.com/vigia-project/vigia/sim"
)

var (
	townCases = flag.Int("town-cases", 1, "how many towns the second flight is flown over")
	townFrom  = flag.Int("town-from", 1, "seed of the first of them")
	townFor   = flag.Duration("town-for", 24*time.Hour, "begin no further town after so long")
	townPlot  = flag.String("town-plot", "", "write the calibration plot to this file")
)

// A story is a scenario with what makes it a case.
func story(t testing.TB, name string, seed int64, change func(*sim.Scenario)) *sim.World {
	t.Helper()
	s, err := sim.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	s.Seed = seed
	if change != nil {
		change(&s)
	}
	w, err := sim.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// given adds what a world's sensors say to a problem.
func given(t testing.TB, p *localise.Problem, w *sim.World) {
	t.Helper()
	var err error
	if p.Chemical, err = vigia.ChemicalNamed(w.Scenario.Chemical); err != nil {
		t.Fatal(err)
	}
	p.Seed, p.Workers = w.Scenario.Seed, runtime.GOMAXPROCS(0)
	own(p)
	hear(p, w.Frame, w.Records())
	if p.Buildings == nil {
		for _, b := range w.Buildings() {
			p.Buildings = append(p.Buildings, localise.Building{ID: b.ID, Footprint: w.Frame.PolygonToLocal(b.Footprint)})
		}
	}
}

// own makes readings that are added a problem's own.
func own(p *localise.Problem) {
	p.Observations, p.Winds = slices.Clip(p.Observations), slices.Clip(p.Winds)
}

// hear adds what sensors say to a problem.
func hear(p *localise.Problem, frame geo.Frame, records iter.Seq[sim.Record]) {
	for r := range records {
		if o := r.Observation; o != nil {
			p.Observations = append(p.Observations, localise.Reading{
				Time: o.Time, Sensor: o.Sensor, Kind: o.Kind, At: frame.ToLocal(o.At), Value: o.Value, Sigma: o.Sigma, Limit: o.Limit,
			})
		}
		if r.Wind != nil {
			p.Winds = append(p.Winds, *r.Wind)
		}
	}
}

// parts is how many parts of a second flight are proposed one by one.
const parts = 4

// closer is what is known after the flight that follows another: the one that
// core/plan proposes where the first left it open, three days later, in another
// wind, 4 m over the highest roof. It is proposed in parts: every six minutes what
// the readings say so far is asked for, and what is flown until the next time is
// what core/plan proposes then.
func closer(t testing.TB, seed int64, tracker *localise.Tracker, first localise.Problem, ans localise.Answer, change func(*sim.Scenario)) localise.Problem {
	t.Helper()
	w := story(t, "town", seed, func(c *sim.Scenario) {
		otherDay(c)
		if change != nil {
			change(c)
		}
		q := proposed(t, c, first, ans, c.Pattern.DurationS/parts)
		p := &c.Pattern
		p.AreaX, p.AreaY, p.AreaM, p.MarginM = q.X, q.Y, q.SideM, q.MarginM
		p.SpacingM, p.Sweeps, p.AltitudeM, p.SpeedMPS = q.SpacingM, float64(q.Sweeps), q.HeightM, q.SpeedMPS
	})
	both, c := first, &w.Scenario
	own(&both)
	s := w.Begin()
	hear(&both, w.Frame, s.Records())
	both.Growing = true
	for k := 2.0; k <= parts; k++ {
		q := proposed(t, c, first, followed(t, tracker, both), c.Pattern.DurationS*k/parts-s.Duration().Seconds())
		s.Then(sim.PartScenario{SideM: q.SideM, X: q.X, Y: q.Y, SpacingM: q.SpacingM, Sweeps: float64(q.Sweeps), MarginM: q.MarginM})
		hear(&both, w.Frame, s.Records())
	}
	both.Growing = false
	return both
}

// otherDay makes the scenario that of three days later. Its wind is at least 60°
// from the first one's, evenly.
func otherDay(c *sim.Scenario) {
	c.Sortie = 2
	c.Start = c.Start.Add(72 * time.Hour)
	_, part := math.Modf(float64(c.Seed) * 0.6180339887)
	c.Wind.FromDeg = math.Mod(c.Wind.FromDeg+60+240*part, 360)
	_, part = math.Modf(float64(c.Seed) * 0.7548776662)
	c.Wind.SpeedMPS = 2.5 + 2*part
}

// proposed is what core/plan proposes after an answer, for so many seconds.
func proposed(t testing.TB, c *sim.Scenario, first localise.Problem, ans localise.Answer, seconds float64) plan.Proposal {
	t.Helper()
	r := plan.Request{
		WindFromDeg: c.Wind.FromDeg, Footprint: geo.Rect(-1500, -1500, 1500, 1500),
		CeilingM: 100, LowestM: 13, SpeedMPS: 10, EnduranceS: seconds,
	}
	middle := map[vigia.ID][2]float64{}
	for _, b := range first.Buildings {
		x, y := b.Footprint.Centroid()
		middle[b.ID] = [2]float64{x, y}
	}
	for _, b := range ans.Buildings {
		r.Candidates = append(r.Candidates, plan.Candidate{ID: b.ID, X: middle[b.ID][0], Y: middle[b.ID][1], Probability: b.Probability})
	}
	next, err := plan.Next(r)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// A townTally is how a number of cases came out.
type townTally struct {
	cases, found, inSet, named int
	off, size, level           []float64
}

// add counts a case. The level of a case is the probability of the buildings
// that are likelier than the true one, and half of its own: for a calibrated
// answer it is uniform.
func (c *townTally) add(ans localise.Answer, truth sim.Truth) {
	c.cases++
	if len(ans.Sources) == 0 {
		return
	}
	c.found++
	s := ans.Sources[0]
	c.off = append(c.off, math.Hypot(s.X-truth.Local.X, s.Y-truth.Local.Y))
	c.size = append(c.size, float64(len(s.Set90)))
	level := 1.0
	sum := 0.0
	for _, b := range s.Buildings {
		if b.ID == truth.Building {
			level = sum + b.Probability/2
			c.named++
		}
		sum += b.Probability
	}
	c.level = append(c.level, level)
	for _, id := range s.Set90 {
		if id == truth.Building {
			c.inSet++
		}
	}
}

// median is that of the sets; a case without one counts as a set of all.
func (c townTally) median() float64 {
	v := append([]float64(nil), c.size...)
	for i, n := range v {
		if n == 0 {
			v[i] = math.Inf(1)
		}
	}
	sort.Float64s(v)
	if len(v) == 0 {
		return math.Inf(1)
	}
	return v[len(v)/2]
}

func (c *townTally) tell(t testing.TB, what string) {
	sort.Float64s(c.off)
	if c.found == 0 {
		t.Logf("%s: none of %d found a source", what, c.cases)
		return
	}
	t.Logf("%s: of %d cases %d found a source, %d with the true building in the 90 %% set; median set of %.0f, %.0f m off",
		what, c.cases, c.found, c.inSet, c.median(), c.off[c.found/2])
}

// A townCase is one town: the answers after one flight and after two.
type townCase struct {
	seed     int64
	truth    sim.Truth
	one, two localise.Answer
	done     bool
}

// flyTown flies over a town once, and again where the first flight left it open.
func flyTown(t testing.TB, seed int64) townCase {
	w := story(t, "town", seed, nil)
	c := townCase{seed: seed, truth: w.Truth(), done: true}
	var p localise.Problem
	given(t, &p, w)
	p.Workers = 1
	var tracker localise.Tracker // what the first flight says is not worked out twice
	c.one = followed(t, &tracker, p)
	if len(c.one.Sources) == 0 {
		return c
	}
	c.two = followed(t, &tracker, closer(t, seed, &tracker, p, c.one, nil))
	return c
}

func followed(t testing.TB, tracker *localise.Tracker, p localise.Problem) localise.Answer {
	t.Helper()
	ans, err := tracker.Locate(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ans
}

// flyTowns flies over many towns.
func flyTowns(t testing.TB) []townCase {
	return onAll(func(seed int64) townCase {
		c := flyTown(t, seed)
		t.Log(c)
		return c
	})
}

// String is the case for people.
func (c townCase) String() string {
	var one, two townTally
	one.add(c.one, c.truth)
	two.add(c.two, c.truth)
	return fmt.Sprintf("seed %d: %s; then %s", c.seed, one, two)
}

// String is the last case that was counted.
func (c townTally) String() string {
	n := len(c.off) - 1
	if n < 0 {
		return "none"
	}
	return fmt.Sprintf("%.0f m off, set of %.0f, level %.2f", c.off[n], c.size[n], c.level[n])
}

// Towns flown over once, and again on another day where the first flight left
// it open. docs/benchmarks.md has the figures of many, and the plot:
//
//	go test ./core/localise -run TownFlights -v -timeout 0 -town-cases 200 -town-from 101 -town-plot docs/plots/town.png
func TestLocate_TownFlights(t *testing.T) {
	var first, both townTally
	for _, c := range flyTowns(t) {
		if !c.done {
			continue
		}
		first.add(c.one, c.truth)
		both.add(c.two, c.truth)
	}
	first.tell(t, "one flight")
	both.tell(t, "two flights")
	if *townPlot != "" {
		plotTowns(t, first, both)
	}
	if *townCases == 1 && (both.found == 0 || both.off[0] > 60) {
		t.Errorf("after two flights %v m off; 60 m is allowed", both.off)
	}
}

// plotTowns draws how often the true building is in the set of a stated
// probability.
func plotTowns(t testing.TB, first, both townTally) {
	t.Helper()
	curve := func(name string, c townTally) draw.Curve {
		out := draw.Curve{Name: fmt.Sprintf("%s: %d towns, median set %.0f", name, c.cases, c.median())}
		for i := 0; i <= 40; i++ {
			p, in := float64(i)/40, 0
			for _, l := range c.level {
				if l <= p {
					in++
				}
			}
			lo, hi := draw.Wilson(in, c.cases, 1.96)
			out.X, out.Y, out.Lo, out.Hi = append(out.X, p), append(out.Y, float64(in)/float64(c.cases)), append(out.Lo, lo), append(out.Hi, hi)
		}
		return out
	}
	f, err := os.Create(*townPlot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = draw.Plot("The true building is in the set as often as stated?", "stated probability of the set of buildings",
		"observed, with 95 % intervals", curve("one flight", first), curve("two flights", both)).WritePNG(f)
	if err != nil {
		t.Fatal(err)
	}
}
