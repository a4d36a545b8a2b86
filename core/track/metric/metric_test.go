package metric_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia/core/track/metric"
)

// line puts objects on the x axis; their ids are their indices.
func line(xs ...float64) (out []metric.Point) {
	for i, x := range xs {
		out = append(out, metric.Point{ID: i, X: x})
	}
	return out
}

// path is one object under one id over scans, NaN where it is not there.
func paths(scans int, truth, track [][]float64, ids [][]int) []metric.Scan {
	out := make([]metric.Scan, scans)
	for k := range out {
		out[k].Time = float64(k)
		for i, xs := range truth {
			if !math.IsNaN(xs[k]) {
				out[k].Truth = append(out[k].Truth, metric.Point{ID: i, X: xs[k]})
			}
		}
		for i, xs := range track {
			if !math.IsNaN(xs[k]) {
				out[k].Track = append(out[k].Track, metric.Point{ID: ids[i][k], X: xs[k]})
			}
		}
	}
	return out
}

func close(a, b float64) bool { return math.Abs(a-b) < 1e-5 }

// The worked examples of Stone Soup's own tests of these metrics
// (metricgenerator/tests/test_ospametric.py at 06477cec), on a line.
func TestGOSPA_StoneSoupExamples(t *testing.T) {
	for _, c := range []struct {
		name         string
		truth, track []metric.Point
		cutoff, p    float64
		want         metric.GOSPAResult
	}{
		{"the same", line(0, 1, 2, 3, 4), line(0, 1, 2, 3, 4), 10, 1, metric.GOSPAResult{}},
		{"half a metre off", line(0, 1, 2, 3, 4), line(.5, 1.5, 2.5, 3.5, 4.5), 10, 1, metric.GOSPAResult{Distance: 2.5, Localisation: 2.5}},
		{"a metre off", line(0, 1, 2, 3, 4), line(1, 2, 3, 4, 5), 10, 1, metric.GOSPAResult{Distance: 5, Localisation: 5}},
		{"one far", line(1, 2, 3), line(2, 1, 100), 2, 2, metric.GOSPAResult{Distance: 2, Missed: 1, False: 1}},
		{"nothing", nil, nil, 10, 2, metric.GOSPAResult{}},
		{"all false", nil, line(1, 2), 10, 2, metric.GOSPAResult{Distance: 10, False: 2}},
	} {
		got := metric.GOSPA(metric.Scan{Truth: c.truth, Track: c.track}, c.cutoff, c.p)
		if !close(got.Distance, c.want.Distance) || !close(got.Localisation, c.want.Localisation) || got.Missed != c.want.Missed || got.False != c.want.False {
			t.Errorf("%s: got %+v; the example has %+v", c.name, got, c.want)
		}
	}
}

func TestOSPA_StoneSoupExamples(t *testing.T) {
	five, four := line(.5, 1.5, 2.5, 3.5, 4.5), line(0, 1, 2, 3)
	for _, c := range []struct {
		name         string
		truth, track []metric.Point
		p, want      float64
	}{
		{"half a metre off", line(0, 1, 2, 3, 4), five, 1, 0.5},
		{"a fifth of a metre off", line(1, 2, 3, 4, 5), line(1.2, 2.2, 3.2, 4.2, 5.2), 2, 0.2},
		{"one too many, p = 1", four, five, 1, 2.4},
		{"one too many, p = 2", four, five, 2, 4.49444},
		{"one too many and closer, p = 1", four, line(.2, 1.2, 2.2, 3.2, 4.2), 1, 2.16},
		{"one too many and closer, p = 2", four, line(.2, 1.2, 2.2, 3.2, 4.2), 2, 4.47571},
	} {
		if got := metric.OSPA(metric.Scan{Truth: c.truth, Track: c.track}, 10, c.p); !close(got, c.want) {
			t.Errorf("%s: OSPA is %v; the example has %v", c.name, got, c.want)
		}
	}
}

// GOSPA is a metric (Rahmathullah et al. 2017, proposition 3).
func TestGOSPA_IsAMetric(t *testing.T) {
	set := rapid.Custom(func(t *rapid.T) (out []metric.Point) {
		for i := range rapid.IntRange(0, 5).Draw(t, "n") {
			out = append(out, metric.Point{ID: i, X: rapid.Float64Range(0, 30).Draw(t, "x"), Y: rapid.Float64Range(0, 30).Draw(t, "y")})
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := set.Draw(t, "a"), set.Draw(t, "b"), set.Draw(t, "c")
		d := func(x, y []metric.Point) float64 {
			return metric.GOSPA(metric.Scan{Truth: x, Track: y}, 10, 2).Distance
		}
		if !close(d(a, a), 0) {
			t.Fatalf("a set is %v from itself", d(a, a))
		}
		if !close(d(a, b), d(b, a)) {
			t.Fatalf("%v one way and %v the other", d(a, b), d(b, a))
		}
		if d(a, c) > d(a, b)+d(b, c)+1e-9 {
			t.Fatalf("the way round is shorter: %v > %v + %v", d(a, c), d(a, b), d(b, c))
		}
	})
}

var no = math.NaN()

// One vehicle for eight scans: the track changes its number in the middle, and
// there is a false track in two scans and a miss in one. From the definitions:
// 7 pairs of 8, 2 false, 1 switch.
func story() []metric.Scan {
	return paths(8,
		[][]float64{{0, 1, 2, 3, 4, 5, 6, 7}},
		[][]float64{{0, 1, 2, 3, no, 5, 6, 7}, {no, 90, 91, no, no, no, no, no}},
		[][]int{{1, 1, 1, 1, 0, 2, 2, 2}, {0, 3, 3, 0, 0, 0, 0, 0}})
}

func TestCLEAR(t *testing.T) {
	got := metric.CLEAR(story(), 5)
	want := metric.CLEARResult{MOTA: 1 - 4.0/8, Truth: 8, Misses: 1, False: 2, Switches: 1, Fragments: 1, MostlyHave: 1}
	if got != want {
		t.Errorf("got %+v; the story has %+v", got, want)
	}
}

// A pair stays though another track comes nearer (Bernardin and Stiefelhagen
// 2008, figure 4): greedy matching would count two switches.
func TestCLEAR_PairsStay(t *testing.T) {
	scans := paths(3, [][]float64{{0, 0, 0}, {10, 10, 10}}, [][]float64{{0, 4, 0}, {10, 3, 10}}, [][]int{{1, 1, 1}, {2, 2, 2}})
	if got := metric.CLEAR(scans, 8); got.Switches != 0 || got.Misses != 0 {
		t.Errorf("got %+v; the pairs are within the gate and stay", got)
	}
}

// The longer half counts: 4 of 8, among 9 of the tracks.
func TestIdentity(t *testing.T) {
	got := metric.Identity(story(), 5)
	if got.IDTP != 4 || got.IDFN != 4 || got.IDFP != 5 || !close(got.IDF1, 8.0/17) {
		t.Errorf("got %+v; the story has IDTP 4, IDFN 4, IDFP 5, IDF1 8/17", got)
	}
}

// From equations 14 to 16 of the paper: DetA = 7/10; AssA = (4·4/8 + 3·3/8)/7.
func TestHOTA(t *testing.T) {
	got := metric.HOTA(story(), 5)
	det, ass := 7.0/10, (4*4.0/8+3*3.0/8)/7
	if !close(got.DetA, det) || !close(got.AssA, ass) || !close(got.HOTA, math.Sqrt(det*ass)) || !close(got.LocA, 1) {
		t.Errorf("got %+v; the story has DetA %v, AssA %v, HOTA %v", got, det, ass, math.Sqrt(det*ass))
	}
	// A track 2 m off has similarity 0.6: it counts at 12 of the 19 thresholds.
	off := paths(4, [][]float64{{0, 1, 2, 3}}, [][]float64{{2, 3, 4, 5}}, [][]int{{1, 1, 1, 1}})
	if got := metric.HOTA(off, 5).HOTA; !close(got, 12.0/19) {
		t.Errorf("2 m off is %v; 12 of 19 thresholds are %v", got, 12.0/19)
	}
	if got := metric.HOTA(paths(2, [][]float64{{0, 1}}, nil, nil), 5); got.HOTA != 0 {
		t.Errorf("no track scores %+v", got)
	}
}

// Two tracks on one vehicle half the time, and a false one.
func TestSIAP(t *testing.T) {
	got := metric.SIAP(paths(4,
		[][]float64{{0, 1, 2, 3}, {50, 50, 50, 50}},
		[][]float64{{0, 1, 2, 3}, {no, no, 2.5, 3.5}, {90, no, no, no}},
		[][]int{{1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}), 5)
	want := metric.SIAPResult{Completeness: 4.0 / 8, Ambiguity: 6.0 / 4, Spuriousness: 1.0 / 7, Position: 1.0 / 6, LongestShare: 0.5}
	if !close(got.Completeness, want.Completeness) || !close(got.Ambiguity, want.Ambiguity) || !close(got.Spuriousness, want.Spuriousness) ||
		!close(got.Position, want.Position) || !close(got.NumberRate, 0) || !close(got.LongestShare, want.LongestShare) {
		t.Errorf("got %+v; the definitions give %+v", got, want)
	}
}
