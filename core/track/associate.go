package track

import (
	"math"

	"github.com/vigia-project/vigia/core/track/assign"
)

// An association says whose the reports of a scan are.
type association struct {
	edges [][]edge    // of each track
	prob  [][]float64 // of each edge: that the report is the track's
	miss  []float64   // of each track: that it exists and no report is its
	gone  []float64   // of each track: that it does not exist
	new   []float64   // of each report: that it is of no track
	given []int       // of each track: the report of the best global assignment; -1: none
}

// Bounds of the message passing.
const (
	maxRounds = 100
	tolerance = 1e-4
)

// associate weighs who is whose. existence and detection are each track's;
// background is the density of what is of no track, at each report.
func associate(edges [][]edge, existence, detection, background []float64) association {
	a := association{
		edges: edges, prob: make([][]float64, len(edges)), miss: make([]float64, len(edges)),
		gone: make([]float64, len(edges)), new: make([]float64, len(background)),
	}
	weight, none := make([][]float64, len(edges)), make([]float64, len(edges))
	total := 0
	for _, es := range edges {
		total += len(es)
	}
	room := make([]float64, 4*total)
	cut := func(n int) (s []float64) { s, room = room[:n:n], room[n:]; return s }
	toReport, toTrack := make([][]float64, len(edges)), make([][]float64, len(edges))
	for i, es := range edges {
		none[i] = 1 - existence[i]*detection[i]
		weight[i], toReport[i], toTrack[i], a.prob[i] = cut(len(es)), cut(len(es)), cut(len(es)), cut(len(es))
		for k, e := range es {
			weight[i][k] = existence[i] * detection[i] * e.density / background[e.report]
			toTrack[i][k] = 1
		}
	}
	a.pass(weight, none, toReport, toTrack)
	for i, es := range edges {
		sum := none[i]
		for k := range es {
			sum += weight[i][k] * toTrack[i][k]
		}
		for k := range es {
			a.prob[i][k] = weight[i][k] * toTrack[i][k] / sum
		}
		a.miss[i] = existence[i] * (1 - detection[i]) / sum
		a.gone[i] = (1 - existence[i]) / sum
	}
	a.assign(weight, none)
	return a
}

// pass runs loopy belief propagation between tracks and reports until the
// messages stand (Williams and Lau 2014, equations 26 and 27): exact without
// loops, and convergent with them.
func (a *association) pass(weight [][]float64, none []float64, toReport, toTrack [][]float64) {
	in := a.new // of each report: 1 + the sum of what reaches it
	for range maxRounds {
		for j := range in {
			in[j] = 1
		}
		for i, es := range a.edges {
			sum := none[i]
			for k := range es {
				sum += weight[i][k] * toTrack[i][k]
			}
			for k, e := range es {
				toReport[i][k] = weight[i][k] / math.Max(sum-weight[i][k]*toTrack[i][k], 1e-300)
				in[e.report] += toReport[i][k]
			}
		}
		change := 0.0
		for i, es := range a.edges {
			for k, e := range es {
				v := 1 / math.Max(in[e.report]-toReport[i][k], 1)
				change = math.Max(change, math.Abs(v-toTrack[i][k]))
				toTrack[i][k] = v
			}
		}
		if change < tolerance {
			break
		}
	}
	for j := range in {
		in[j] = 1 / in[j]
	}
}

// assign finds the single likeliest explanation of the whole scan.
func (a *association) assign(weight [][]float64, none []float64) {
	rows := make([][]assign.Edge, len(a.edges))
	for i, es := range a.edges {
		for k, e := range es {
			if c := math.Log(none[i]) - math.Log(weight[i][k]); c < 0 {
				rows[i] = append(rows[i], assign.Edge{Col: e.report, Cost: c})
			}
		}
	}
	a.given = assign.Solve(rows, len(a.new))
}
