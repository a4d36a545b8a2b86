package localise

import (
	"context"
	"math"
)

// A Convention is how the direction of a wind record is to be read. The format
// has one (where the wind blows from, clockwise from north); instruments,
// models and spreadsheets have four, and a record in the wrong one makes every
// answer wrong by the width of the site without a sign of it.
type Convention string

// The conventions. The first is the format's.
const (
	From     Convention = "from, clockwise from north"
	Toward   Convention = "to, clockwise from north"
	MathTo   Convention = "to, anticlockwise from east"
	MathFrom Convention = "from, anticlockwise from east"
)

// conventions in order of trust.
var conventions = []Convention{From, Toward, MathTo, MathFrom}

// wrongConvention is the log of the prior probability that a record is in one
// of the wrong conventions: one in a million for each. The readings must speak
// very clearly before a wind record is read otherwise than it says.
var wrongConvention = math.Log(1e-6)

// apply turns the vector a wind blows to, as the format reads it, into what it
// is if the record was meant in convention c. With a recorded angle θ the
// format blows to (-sin θ, -cos θ).
func (c Convention) apply(ux, uy float64) (float64, float64) {
	switch c {
	case Toward: // (sin θ, cos θ)
		return -ux, -uy
	case MathTo: // (cos θ, sin θ)
		return -uy, -ux
	case MathFrom:
		return uy, ux
	}
	return ux, uy
}

// read finds the convention that the readings bear out and turns the winds of
// the data accordingly.
func (m *model) read(ctx context.Context, b box, step func()) (Convention, error) {
	original := append([]datum(nil), m.data...)
	best, found := math.Inf(-1), From
	for _, c := range conventions {
		for i, d := range original {
			m.data[i].ux, m.data[i].uy = c.apply(d.ux, d.uy)
		}
		e, err := m.coarse(ctx, b, 1)
		if err != nil {
			return From, err
		}
		step()
		total := math.Inf(-1)
		for _, k := range e {
			total = logAdd(total, k.weight())
		}
		if c != From {
			total += wrongConvention
		}
		if total > best {
			best, found = total, c
		}
	}
	for i, d := range original {
		m.data[i].ux, m.data[i].uy = found.apply(d.ux, d.uy)
	}
	return found, nil
}
