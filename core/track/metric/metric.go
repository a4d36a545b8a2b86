// Package metric scores tracks against truth: GOSPA, OSPA, CLEAR MOT, IDF1,
// HOTA and SIAP. All take places in metres (or any one unit) and are the
// published definitions; each says which.
package metric

import (
	"math"
	"slices"

	"github.com/vigia-project/vigia/core/track/assign"
)

// A Point is one object at one time: a vehicle of the truth, or a track.
type Point struct {
	ID   int
	X, Y float64
}

// A Scan holds the objects of one time, in order of time.
type Scan struct {
	Time  float64 // s
	Truth []Point
	Track []Point
}

// A pair is an index into a scan's truth, one into its tracks, and their distance.
type pair struct {
	truth, track int
	distance     float64
}

// near lists the pairs closer than gate, by truth.
func near(s Scan, gate float64) []pair {
	if !(gate > 0) {
		return nil
	}
	order := make([]int, len(s.Track))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case s.Track[a].X < s.Track[b].X:
			return -1
		case s.Track[a].X > s.Track[b].X:
			return 1
		}
		return a - b
	})
	var out []pair
	for i, g := range s.Truth {
		from, _ := slices.BinarySearchFunc(order, g.X-gate, func(k int, x float64) int {
			if s.Track[k].X < x {
				return -1
			}
			return 1
		})
		for _, k := range order[from:] {
			if s.Track[k].X >= g.X+gate {
				break
			}
			if d := math.Hypot(s.Track[k].X-g.X, s.Track[k].Y-g.Y); d < gate {
				out = append(out, pair{i, k, d})
			}
		}
	}
	return out
}

// match chooses among pairs at the least total cost; leaving both of a pair
// alone costs 0.
func match(s Scan, pairs []pair, cost func(pair) float64) []pair {
	rows := make([][]assign.Edge, len(s.Truth))
	for _, p := range pairs {
		rows[p.truth] = append(rows[p.truth], assign.Edge{Col: p.track, Cost: cost(p)})
	}
	colOf := assign.Solve(rows, len(s.Track))
	var out []pair
	for _, p := range pairs {
		if colOf[p.truth] == p.track {
			out = append(out, p)
		}
	}
	return out
}

// GOSPAResult is the distance of one scan and what it is made of.
type GOSPAResult struct {
	Distance     float64 // m
	Localisation float64 // m^p: sum over the pairs of distance^p
	Missed       int
	False        int
}

// GOSPA is the generalised optimal sub-pattern assignment distance with α = 2
// (Rahmathullah, García-Fernández and Svensson 2017, Proc. FUSION, equation 1
// and proposition 1): each missed and each false object costs cutoff^p / 2.
func GOSPA(s Scan, cutoff, p float64) GOSPAResult {
	most := math.Pow(cutoff, p)
	cost := func(q pair) float64 { return math.Pow(q.distance, p) - most }
	pairs := match(s, near(s, cutoff), cost)
	r := GOSPAResult{Missed: len(s.Truth) - len(pairs), False: len(s.Track) - len(pairs)}
	for _, q := range pairs {
		r.Localisation += math.Pow(q.distance, p)
	}
	r.Distance = math.Pow(r.Localisation+most/2*float64(r.Missed+r.False), 1/p)
	return r
}

// OSPA is the optimal sub-pattern assignment distance (Schuhmacher, Vo and Vo
// 2008, IEEE TSP 56:3447, equation 3), a mean over objects; 0 for two empty sets.
func OSPA(s Scan, cutoff, p float64) float64 {
	n := max(len(s.Truth), len(s.Track))
	if n == 0 {
		return 0
	}
	most := math.Pow(cutoff, p)
	cost := func(q pair) float64 { return math.Pow(q.distance, p) - most }
	pairs := match(s, near(s, cutoff), cost)
	sum := most * float64(n-len(pairs))
	for _, q := range pairs {
		sum += math.Pow(q.distance, p)
	}
	return math.Pow(sum/float64(n), 1/p)
}

// Mean is a result over a whole record.
type Mean struct {
	GOSPA  float64 // mean over scans of the distance, m
	Missed float64 // mean a scan
	False  float64 // mean a scan
	RMSE   float64 // of the pairs, m
	OSPA   float64 // mean over scans, m
}

// MeanGOSPA averages GOSPA and OSPA with p = 2 over scans.
func MeanGOSPA(scans []Scan, cutoff float64) Mean {
	var m Mean
	pairs, sum := 0, 0.0
	for _, s := range scans {
		r := GOSPA(s, cutoff, 2)
		m.GOSPA += r.Distance
		m.Missed += float64(r.Missed)
		m.False += float64(r.False)
		m.OSPA += OSPA(s, cutoff, 2)
		pairs += len(s.Truth) - r.Missed
		sum += r.Localisation
	}
	if n := float64(len(scans)); n > 0 {
		m.GOSPA, m.Missed, m.False, m.OSPA = m.GOSPA/n, m.Missed/n, m.False/n, m.OSPA/n
	}
	if pairs > 0 {
		m.RMSE = math.Sqrt(sum / float64(pairs))
	}
	return m
}
