// Package assign solves the sparse rectangular linear assignment problem:
// which row goes with which column, or with none, at the least total cost.
package assign

import (
	"container/heap"
	"math"
)

// An Edge says that a row may go with a column, and at what cost.
type Edge struct {
	Col  int
	Cost float64
}

// Solve returns for each row the column it goes with, or -1, such that no
// column is taken twice and the sum of the costs of the edges taken is the
// least there is. A row that goes with nothing costs 0, so an edge of cost 0
// or more is never taken: subtract from each edge what leaving both its ends
// alone would cost. rows[i] holds the edges of row i; columns are 0 to cols-1.
//
// It is the shortest augmenting path method (Jonker and Volgenant 1987,
// Computing 38:325) on sparse rows: a row's own empty column, of cost 0, makes
// every problem feasible; a search ends at the first free column and touches
// its neighbourhood only, so separate clusters never meet. Time is
// O(rows · e log e), e being the edges of one cluster.
func Solve(rows [][]Edge, cols int) []int {
	s := newSolver(rows, cols)
	for i := range rows {
		if s.colOf[i] == free {
			s.augment(i)
		}
	}
	for i, c := range s.colOf {
		if c == own {
			s.colOf[i] = -1
		}
	}
	return s.colOf
}

const (
	own  = -2 // the row's own empty column
	free = -1
)

type solver struct {
	rows  [][]Edge
	colOf []int     // of a row: a column, own or free
	rowOf []int     // of a column: a row or free
	v     []float64 // dual of a column, at most 0

	// Of one search; stamp says which search an entry belongs to.
	dist  []float64
	from  []int // the row a column was reached from
	stamp []int
	done  []int
	round int
	queue colHeap
}

func newSolver(rows [][]Edge, cols int) *solver {
	s := &solver{
		rows: rows, colOf: make([]int, len(rows)), rowOf: make([]int, cols), v: make([]float64, cols),
		dist: make([]float64, cols), from: make([]int, cols), stamp: make([]int, cols), done: make([]int, cols),
	}
	for c := range s.rowOf {
		s.rowOf[c] = free
	}
	// Each row takes its cheapest column when nobody has it: complementary
	// slackness holds with all column duals at 0.
	for i, edges := range rows {
		s.colOf[i] = own
		best := 0.0
		for _, e := range edges {
			if e.Cost < best {
				best, s.colOf[i] = e.Cost, e.Col
			}
		}
		if c := s.colOf[i]; c >= 0 {
			if s.rowOf[c] != free {
				s.colOf[i] = free
				continue
			}
			s.rowOf[c] = i
		}
	}
	return s
}

// reduced is the least of a row's reduced costs: its dual.
func (s *solver) dual(i int) float64 {
	if c := s.colOf[i]; c == own {
		return 0
	} else if c >= 0 {
		for _, e := range s.rows[i] {
			if e.Col == c {
				return e.Cost - s.v[c]
			}
		}
	}
	least := 0.0
	for _, e := range s.rows[i] {
		least = math.Min(least, e.Cost-s.v[e.Col])
	}
	return least
}

// augment finds the shortest alternating path from a free row to a free
// column, or to the empty column of a row on the way, and flips it.
func (s *solver) augment(start int) {
	s.round++
	s.queue = s.queue[:0]
	var visited []int
	endDist, endRow, endCol := math.Inf(1), -1, own
	row, base := start, 0.0
	for {
		u := s.dual(row)
		if d := base - u; d < endDist { // the row may stay alone
			endDist, endRow, endCol = d, row, own
		}
		for _, e := range s.rows[row] {
			if e.Cost >= 0 || s.done[e.Col] == s.round {
				continue
			}
			d := base + e.Cost - s.v[e.Col] - u
			if d < endDist && (s.stamp[e.Col] != s.round || d < s.dist[e.Col]) {
				s.stamp[e.Col], s.dist[e.Col], s.from[e.Col] = s.round, d, row
				heap.Push(&s.queue, colAt{e.Col, d})
			}
		}
		col := -1
		for len(s.queue) > 0 {
			top := heap.Pop(&s.queue).(colAt)
			if s.done[top.col] != s.round {
				col = top.col
				break
			}
		}
		if col < 0 || s.dist[col] >= endDist {
			break
		}
		s.done[col] = s.round
		if s.rowOf[col] == free {
			endDist, endRow, endCol = s.dist[col], s.from[col], col
			break
		}
		visited = append(visited, col)
		row, base = s.rowOf[col], s.dist[col]
	}
	for _, c := range visited {
		s.v[c] += s.dist[c] - endDist
	}
	s.flip(start, endRow, endCol)
}

// flip moves each row on the path to the column behind it.
func (s *solver) flip(start, row, col int) {
	for {
		before := s.colOf[row]
		s.colOf[row] = col
		if col >= 0 {
			s.rowOf[col] = row
		}
		if row == start {
			return
		}
		col = before
		row = s.from[col]
	}
}

type colAt struct {
	col  int
	dist float64
}

// colHeap is a binary heap, nearest first; equal ones by number, so that the
// answer does not depend on how the heap happens to lie.
type colHeap []colAt

func (h colHeap) Len() int { return len(h) }
func (h colHeap) Less(i, j int) bool {
	if h[i].dist != h[j].dist {
		return h[i].dist < h[j].dist
	}
	return h[i].col < h[j].col
}
func (h colHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *colHeap) Push(x any)   { *h = append(*h, x.(colAt)) }
func (h *colHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
