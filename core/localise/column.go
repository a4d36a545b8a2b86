package localise

import (
	"math"
	"sort"
)

// Columns. How dense a plume is at one height depends, for one source in one
// air, on how far it has risen by then and on nothing else. Fixed sensors stand
// at a few heights: for these it is worked out once and looked up for every
// reading.

const (
	mostColumns = 3   // heights that have a table
	columnPart  = 0.1 // of the readings, at the least, that have such a height
	octaveParts = 8   // pieces of a table from one rise to its double
	octaves     = 16
	columnShift = 52 - 3 // bits of a number below its octave's eighth
)

// columns are the tables of one source in one air.
type columns struct {
	first  int // of the pieces, as the leading bits of a number
	tables [mostColumns]column
}

// A column is linear between its pieces' ends.
type column struct {
	at, by [octaves*octaveParts + 1]float64
}

// setHeights finds the heights that most readings have.
func (m *model) setHeights() {
	count := map[float64]int{}
	for i := range m.data {
		if d := &m.data[i]; !d.path || d.z == d.z2 {
			count[d.z]++
		}
	}
	m.heights = m.heights[:0]
	for z, n := range count {
		if float64(n) >= columnPart*float64(len(m.data)) {
			m.heights = append(m.heights, z)
		}
	}
	sort.Slice(m.heights, func(i, j int) bool {
		a, b := m.heights[i], m.heights[j]
		return count[a] > count[b] || count[a] == count[b] && a < b
	})
	m.heights = m.heights[:min(len(m.heights), mostColumns)]
	for i := range m.data {
		d := &m.data[i]
		d.column = 0
		for k, z := range m.heights {
			if d.z == z && (!d.path || d.z == d.z2) {
				d.column = k + 1
			}
		}
	}
}

// fill makes the tables for a source at a height and a plume's first size.
func (c *columns) fill(heights []float64, height, size float64) {
	least := size * size / 16
	c.first = int(math.Float64bits(least) >> columnShift)
	for k, z := range heights {
		t := &c.tables[k]
		from, value := 0.0, atHeight(z, height, size, 0)
		for i := range t.at {
			to := math.Float64frombits(uint64(c.first+i) << columnShift)
			next := atHeight(z, height, size, to)
			t.by[i] = (next - value) / (to - from)
			t.at[i] = value - t.by[i]*from
			from, value = to, next
		}
	}
}

// vertical is the plume's distribution over height at z, 1/m less the root of
// 2π, times by how much it is carried slower than the record, where it has risen
// by the standard deviation whose square is rise.
func (s *emitter) vertical(column int, z, size, rise float64) float64 {
	if column > 0 && s.columns != nil {
		i := max(int(math.Float64bits(rise)>>columnShift)-s.columns.first+1, 0)
		if t := &s.columns.tables[column-1]; i < len(t.at) {
			return t.at[i] + t.by[i]*rise
		}
	}
	return atHeight(z, s.z, size, rise)
}

func atHeight(z, height, size, rise float64) float64 {
	k := slow((height*height + 0.64*(rise+size*size)) / 4)
	sz2 := rise/(k*k) + size*size
	h := z - height
	i2 := 0.5 / sz2
	return fastExp(-h*h*i2) * (1 + fastExp(-4*z*height*i2)) / (k * math.Sqrt(sz2))
}
