package assign_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia/core/track/assign"
)

// cost is what an answer costs; it fails on one that cannot be.
func cost(t rapid.TB, rows [][]assign.Edge, colOf []int) float64 {
	taken := map[int]int{}
	total := 0.0
	for i, c := range colOf {
		if c < 0 {
			continue
		}
		if j, twice := taken[c]; twice {
			t.Fatalf("rows %d and %d both have column %d", j, i, c)
		}
		taken[c] = i
		found := false
		for _, e := range rows[i] {
			if e.Col == c {
				total, found = total+e.Cost, true
			}
		}
		if !found {
			t.Fatalf("row %d has column %d, to which it has no edge", i, c)
		}
	}
	return total
}

// bruteForce tries everything.
func bruteForce(rows [][]assign.Edge, i int, used map[int]bool) float64 {
	if i == len(rows) {
		return 0
	}
	best := bruteForce(rows, i+1, used)
	for _, e := range rows[i] {
		if !used[e.Col] {
			used[e.Col] = true
			best = math.Min(best, e.Cost+bruteForce(rows, i+1, used))
			delete(used, e.Col)
		}
	}
	return best
}

func TestSolve_IsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(0, 6).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "cols")
		rows := make([][]assign.Edge, n)
		for i := range rows {
			for c := range m {
				if rapid.Bool().Draw(t, "edge") {
					// Small integers make ties, which are where a solver slips.
					rows[i] = append(rows[i], assign.Edge{Col: c, Cost: float64(rapid.IntRange(-6, 3).Draw(t, "cost"))})
				}
			}
		}
		got := cost(t, rows, assign.Solve(rows, m))
		if want := bruteForce(rows, 0, map[int]bool{}); math.Abs(got-want) > 1e-9 {
			t.Fatalf("the answer costs %v; the least is %v", got, want)
		}
	})
}

// Machol and Wien's n×n problem, cost i·j (1 ≤ i,j ≤ n), is hard for assignment
// methods; its least total is that of the reversal, n(n+1)(n+2)/6 (Machol and
// Wien 1976, Operations Research 24:190).
func TestSolve_MacholWien(t *testing.T) {
	for _, n := range []int{1, 2, 5, 40, 120} {
		big := float64(2 * n * n) // every row must be taken
		rows := make([][]assign.Edge, n)
		for i := range rows {
			for j := range n {
				rows[i] = append(rows[i], assign.Edge{Col: j, Cost: float64((i+1)*(j+1)) - big})
			}
		}
		got := cost(t, rows, assign.Solve(rows, n)) + float64(n)*big
		if want := float64(n * (n + 1) * (n + 2) / 6); got != want {
			t.Errorf("n = %d: the least total is %v, and the answer costs %v", n, want, got)
		}
	}
}

// BenchmarkSolve: ten thousand vehicles among twenty thousand reports.
func BenchmarkSolve(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([][]assign.Edge, 10_000)
	for i := range rows {
		for range 6 {
			rows[i] = append(rows[i], assign.Edge{Col: (2*i + r.IntN(12)) % 20_000, Cost: -r.Float64()})
		}
	}
	for b.Loop() {
		assign.Solve(rows, 20_000)
	}
}
