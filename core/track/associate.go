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
	leastOdds = 1e-4 // of a report being a track's to the track having none
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
	for i := range edges {
		none[i] = 1 - existence[i]*detection[i]
		edges[i] = notable(edges[i], existence[i]*detection[i]/none[i], background)
		es := edges[i]
		weight[i], toReport[i], toTrack[i], a.prob[i] = cut(len(es)), cut(len(es)), cut(len(es)), cut(len(es))
		for k, e := range es {
			weight[i][k] = existence[i] * detection[i] * e.density / background[e.report]
			toTrack[i][k] = 1
		}
	}
	for j := range a.new {
		a.new[j] = 1
	}
	for _, c := range clusters(edges, len(background)) {
		a.pass(c, weight, none, toReport, toTrack, a.new)
	}
	for j, in := range a.new {
		a.new[j] = 1 / in
	}
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

// notable leaves out the reports that weigh nothing beside having none.
func notable(edges []edge, odds float64, background []float64) []edge {
	out := edges[:0]
	for _, e := range edges {
		if odds*e.density > leastOdds*background[e.report] {
			out = append(out, e)
		}
	}
	return out
}

// clusters are the tracks that share reports with one another, directly or
// through others; tracks without a report are in none.
func clusters(edges [][]edge, reports int) [][]int {
	parent := make([]int, reports)
	for j := range parent {
		parent[j] = j
	}
	root := func(j int) int {
		for parent[j] != j {
			parent[j] = parent[parent[j]]
			j = parent[j]
		}
		return j
	}
	for _, es := range edges {
		for k := 1; k < len(es); k++ {
			parent[root(es[k].report)] = root(es[0].report)
		}
	}
	index := make([]int, reports)
	var out [][]int
	for i, es := range edges {
		if len(es) == 0 {
			continue
		}
		r := root(es[0].report)
		if index[r] == 0 {
			out = append(out, nil)
			index[r] = len(out)
		}
		out[index[r]-1] = append(out[index[r]-1], i)
	}
	return out
}

// pass runs loopy belief propagation between the tracks of one cluster and
// their reports until the messages stand (Williams and Lau 2014, equations 26
// and 27): exact without loops, and convergent with them. in, of each report,
// is 1 + the sum of what reaches it.
func (a *association) pass(cluster []int, weight [][]float64, none []float64, toReport, toTrack [][]float64, in []float64) {
	for range maxRounds {
		for _, i := range cluster {
			for _, e := range a.edges[i] {
				in[e.report] = 1
			}
		}
		for _, i := range cluster {
			sum := none[i]
			for k, w := range weight[i] {
				sum += w * toTrack[i][k]
			}
			for k, w := range weight[i] {
				rest := sum - w*toTrack[i][k]
				if rest < none[i] { // rounding
					rest = none[i]
				}
				toReport[i][k] = w / rest
				in[a.edges[i][k].report] += toReport[i][k]
			}
		}
		change := 0.0
		for _, i := range cluster {
			for k := range weight[i] {
				v := 1 / (in[a.edges[i][k].report] - toReport[i][k])
				if v > 1 { // rounding
					v = 1
				}
				if d := math.Abs(v - toTrack[i][k]); d > change {
					change = d
				}
				toTrack[i][k] = v
			}
		}
		if change < tolerance {
			return
		}
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
