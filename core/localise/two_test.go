package localise

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// twoLines is a flight that met one source, the weather it was in and its place.
func twoLines(seed uint64) (f flight, w weather, x, y float64) {
	r := rand.New(rand.NewPCG(seed, 5))
	var u [nWeather]float64
	for i := range u {
		u[i] = r.NormFloat64() / 2
	}
	f, w = lines(), newWeather(u, true)
	x, y = 30*r.Float64()-60, 60*r.Float64()-30
	f.pretend(r, x, y, 4, &w)
	return f, w, x, y
}

// Of two sources of which the flight sees nothing of one, the other is told as it
// is told alone.
func TestTwoSays_OneUnseenIsOneSource(t *testing.T) {
	const lo = rateNodes - twoNodes
	for seed := range uint64(4) {
		f, w, x, y := twoLines(seed)
		one := newChains(1)
		f.chains(x, y, sky{of: []weather{w}, log: []float64{0}}, one, 0, len(f.passes))
		unseen := make([]twoView, len(f.passes))
		seen := f.twoViews(f.looksAt(x, y), &w, lo)
		ab, ba := f.twoSays(&w, seen, unseen, lo), f.twoSays(&w, unseen, seen, lo)
		for j := range twoNodes {
			want := one[0].log(lo + j)
			for k := range twoNodes {
				if math.Abs(ab[j][k]-want) > 0.02 || math.Abs(ba[k][j]-want) > 0.02 {
					t.Fatalf("seed %d, rate %d: alone %.4f, as the first of two %.4f, as the second %.4f", seed, lo+j, want, ab[j][k], ba[k][j])
				}
			}
		}
	}
}

// Two plumes in a pass, against what the readings say with both taken away, the
// level and its slope integrated out, state by state.
func TestTwoBoth_ResidualByResidual(t *testing.T) {
	const lo = 1
	f, w, x, y := twoLines(9)
	a, b := f.twoViews(f.looksAt(x, y), &w, lo), f.twoViews(f.looksAt(x+15, y+30), &w, lo)
	compared := 0
	for k := range f.passes {
		p := &f.passes[k]
		if !a[k].seen || !b[k].seen {
			continue
		}
		var got twoTable
		twoBoth(p, &w, &a[k], &b[k], lo, &got)
		for _, rates := range [][2]int{{0, 0}, {3, 5}, {6, 2}, {7, 7}} {
			want := 0.0
			for n := range swingAt {
				va, vb := twoShape(&f, p, &w, x, y, n), twoShape(&f, p, &w, x+15, y+30, n)
				for i, q := range w.scatter {
					for j, r := range w.scatter {
						l := twoResidual(p, va, vb, strengths[lo+rates[0]+i], strengths[lo+rates[1]+j])
						want += swingWeight[n] * q * r * math.Exp(l)
					}
				}
			}
			if v := got[rates[0]][rates[1]]; math.Abs(math.Log(v/want)) > 0.02 {
				t.Errorf("pass %d, rates %v: log of the ratio %.4f, residual by residual %.4f", k, rates, math.Log(v), math.Log(want))
			}
			compared++
		}
	}
	if compared < 16 {
		t.Fatalf("only %d ratios compared", compared)
	}
}

// twoShape is what a plume in one swing adds to each reading of a pass, per kg/h.
func twoShape(f *flight, p *pass, w *weather, x, y float64, n int) []float64 {
	out := make([]float64, len(p.sniffs))
	looks := f.looks(p, x, y, nil)
	for i := range looks {
		c, off, inv, root := w.of(&looks[i])
		off += swingAt[n] * w.swing * root
		out[looks[i].sniff] = c * math.Exp(-off*off*inv)
	}
	return out
}

// twoResidual is the log of the likelihood ratio of two plumes to none.
func twoResidual(p *pass, va, vb []float64, a, b float64) float64 {
	misfit := func(a, b float64) float64 {
		var sum, g0, g1 float64
		for i, s := range p.sniffs {
			r := s.over - a*va[i] - b*vb[i]
			sum += s.weight * r * r
			g0 += s.weight * r
			g1 += s.weight * s.when * r
		}
		return sum - g0*g0*p.inv[0] - 2*g0*g1*p.inv[1] - g1*g1*p.inv[2]
	}
	return (misfit(0, 0) - misfit(a, b)) / 2
}

// What is found does not depend on how many processors look for it.
func TestPair_SameOnOneAndThreeProcessors(t *testing.T) {
	type told struct {
		first, log     float64
		ax, ay, bx, by float64
	}
	var got [2]told
	for i, workers := range []int{1, 3} {
		f, _, _, _ := twoLines(2)
		c := &chart{seed: 7, workers: workers, rate: ratePrior(normal{0, 2.3}), share: newShare(1), ground: newGround(box{-80, -80, 80, 80}, nil), flight: f, upTo: len(f.passes)}
		if err := c.survey(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		p := c.pairOf()
		found, first := p.coarse()
		if len(found) == 0 {
			t.Fatal("no couple is found in a square of 160 m")
		}
		q := p.best(found[:1])
		got[i] = told{first, q.log, q.a.x, q.a.y, q.b.x, q.b.y}
		if d := math.Hypot(q.a.x-q.b.x, q.a.y-q.b.y); d < leastApart-coarsest/2 {
			t.Errorf("the two are %.0f m apart", d)
		}
	}
	if got[0] != got[1] {
		t.Errorf("on one processor %+v, on three %+v", got[0], got[1])
	}
}

// A flight that met two sources says that there are both; one that met one of
// them, that there is no other.
func TestPair_AgainstOneThatIsNotThere(t *testing.T) {
	_, w, _, _ := twoLines(3)
	const x, y, bx, by = -50.0, 20.0, -40.0, -35.0
	for _, met := range []bool{true, false} {
		f := lines()
		f.addPlume(x, y, math.Exp(rateLowest+7*rateStep), &w)
		if met {
			f.addPlume(bx, by, math.Exp(rateLowest+7*rateStep), &w)
		}
		c := &chart{seed: 7, workers: 1, town: true, rate: ratePrior(normal{0, 2.3})}
		p := &pair{c: c, flights: []flight{f}, pool: [][]twoDraw{{w.u}}, share: newShare(1), lo: 4}
		at := func(x, y float64) *twoPlace { return &twoPlace{leaf: leaf{x: x, y: y, h: finest}} }
		q := fittedCouple{couple: couple{a: at(x, y), b: at(bx, by)}}
		q.airs = p.fit(q.couple, nil)
		against := p.against(q)
		t.Logf("both met: %v; the log of the evidence of one of them alone is ahead by %.1f", met, against)
		if met != (against < 0) {
			t.Error("that is the wrong way")
		}
	}
}

// addPlume adds what a source at a place gives to the readings in its middle
// swing.
func (f *flight) addPlume(x, y, rate float64, w *weather) {
	for k := range f.passes {
		p := &f.passes[k]
		v := twoShape(f, p, w, x, y, swingNodes/2)
		for i := range p.sniffs {
			p.sniffs[i].over += rate * v[i]
		}
		p.proj = [2]float64{}
		p.project(0.012)
	}
}
