package localise

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"

	"github.com/vigia-project/vigia"
)

// A Tracker is Locate for one who asks again as readings come in: it remembers
// what it worked out, and goes on from there where the earlier readings are
// still what they were. What it answers is, to the last bit, what Locate answers
// to the same problem: its memory saves work and changes nothing, so that an
// answer follows from the readings alone, whatever was asked before and whether
// or not the program was started anew.
//
// While a flight grows, what is drawn at random (the weathers) and which squares
// of the ground are followed is decided when it has so many passes, and kept
// until it has half as many again; in between each new pass only updates the
// chains, as in iterated batch importance sampling (Chopin 2002, Biometrika
// 89:539).
//
// The zero value is ready. It is not safe for use by several goroutines at once.
type Tracker struct {
	charts map[digest]*chart
	stands map[digest]*stand // of fixed sensors (stand.go)
}

// A digest names all that a chart rests on.
type digest [sha256.Size]byte

// Locate is the package's Locate with a memory.
func (t *Tracker) Locate(ctx context.Context, p Problem, progress func(done, total int)) (Answer, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	if !Moving(p.Observations) {
		return t.locateFixed(ctx, p, progress)
	}
	obs := valid(p.Observations)
	if len(obs) == 0 || len(p.Winds) == 0 || !(p.Chemical.MolarMass > 0) {
		return Answer{}, vigia.Errorf(vigia.Invalid, "readings that hold a number, wind and a chemical are needed to locate a source")
	}
	var flights []flight
	var end float64
	for _, o := range sorties(obs) {
		flights = append(flights, newFlight(o, p.Winds, p.Chemical))
		end = o[len(o)-1].Time.Sub(o[0].Time).Seconds()
	}
	var c *chart
	used := map[digest]*chart{}
	for i := range flights {
		upTo, closed := len(flights[i].passes), len(flights[i].passes)
		if p.Growing && i == len(flights)-1 {
			closed = flights[i].closed(end)
			upTo = checkpoint(closed)
		}
		next, err := t.chart(ctx, p, flights[:i+1], upTo, c)
		if err != nil {
			return Answer{}, err
		}
		used[next.key] = next
		if upTo < len(flights[i].passes) {
			next = next.ahead(flights[i], closed)
		}
		c = next
		progress(i+1, len(flights)+1)
	}
	t.charts = used
	ans := c.answer()
	if len(ans.Sources) > 0 && !p.Growing {
		if err := c.answer2(ctx, &ans); err != nil {
			return Answer{}, err
		}
	}
	ans.Readings, ans.AsOf, ans.Method, ans.Seed, ans.Wind = len(obs), obs[len(obs)-1].Time, FlightMethod, p.Seed, From
	progress(len(flights)+1, len(flights)+1)
	return ans, nil
}

// closed is how many passes no later reading or wind can change.
func (f *flight) closed(end float64) int {
	for i, p := range f.passes {
		if end-p.to <= math.Max(windSmooth+windStep, p.pause) {
			return i
		}
	}
	return len(f.passes)
}

// checkpoint is the last number of passes up to n at which a chart is made anew.
func checkpoint(n int) int {
	c := 0
	for next := 3; next <= n; next += (next + 1) / 2 {
		c = next
	}
	return c
}

// chart returns the chart of the last of some flights with its first upTo
// passes, from memory where all it rests on is the same.
func (t *Tracker) chart(ctx context.Context, p Problem, flights []flight, upTo int, before *chart) (*chart, error) {
	last := flights[len(flights)-1]
	var passes [][]pass
	for _, f := range flights[:len(flights)-1] {
		passes = append(passes, f.passes)
	}
	area := areaOf(append(passes, last.passes[:max(upTo, min(1, len(last.passes)))])...)
	houses := housesIn(area, p.Buildings)
	key := digestOf(p.Seed, houses, last, upTo, before)
	if c, ok := t.charts[key]; ok {
		return c, nil
	}
	var earlier []flown
	var kept []leaf
	if before != nil {
		earlier = append(append(earlier, before.earlier...), flown{before.flight, before.sky, before.share, before.mean})
		for _, l := range before.leaves {
			l.before = joined(before.share, l.before, l.now, before.mean)
			l.chains = nil
			kept = append(kept, l)
		}
	}
	c := &chart{
		key: key, seed: uint64(p.Seed) + uint64(len(flights))<<32, workers: max(p.Workers, 1), town: len(houses) > 0,
		rate: ratePrior(normal{0, 2.3}), share: newShare(len(flights)),
		houses: houses, ground: newGroundOf(area, houses, townInBuildings), earlier: earlier, flight: last, upTo: upTo,
	}
	return c, c.survey(ctx, kept)
}

// ahead returns the chart with all passes of its flight, as it is now. The chart
// itself goes on to the closed ones, so that they are not worked out again.
func (c *chart) ahead(f flight, closed int) *chart {
	c.flight = f
	if closed > c.upTo {
		c.advance(closed)
	}
	next := *c
	next.leaves = append([]leaf(nil), c.leaves...)
	for i := range next.leaves {
		next.leaves[i].chains = append([]chain(nil), c.leaves[i].chains...)
	}
	next.advance(len(f.passes))
	return &next
}

// digestOf names a chart by all that it rests on.
func digestOf(seed int64, houses []Building, f flight, upTo int, before *chart) digest {
	h := sha256.New()
	number := func(v ...float64) {
		var b [8]byte
		for _, x := range v {
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
			h.Write(b[:])
		}
	}
	if before != nil {
		h.Write(before.key[:])
	}
	number(float64(seed), float64(upTo), float64(len(houses)))
	for _, b := range houses {
		h.Write([]byte(b.ID))
		for _, ring := range b.Footprint {
			for _, q := range ring {
				number(q[0], q[1])
			}
		}
	}
	last := 0.0
	for i := range f.passes[:upTo] {
		q := &f.passes[i]
		number(q.from, q.to, q.inv[0], q.inv[1], q.inv[2], q.proj[0], q.proj[1])
		for _, s := range q.sniffs {
			number(s.x, s.y, s.z, s.t, s.over, s.weight, s.perKg)
		}
		last = math.Max(last, q.to)
	}
	for _, s := range f.path.steps {
		if s.t <= last+windStep {
			number(s.px, s.py, s.vx, s.vy)
		}
	}
	return digest(h.Sum(nil))
}
