package localise

// A Convention is how the direction of a wind record is to be read. The format
// has one (where the wind blows from, clockwise from north); instruments,
// models and spreadsheets have four, and a record in the wrong one moves every
// answer by the width of the site without a sign of it.
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
// of the wrong conventions: one in three hundred for each.
const wrongConvention = -5.7

// apply turns a vector the wind blows to, as the format reads it, into what it
// is if the record was meant in convention c. With a recorded angle θ the
// format blows to (-sin θ, -cos θ).
func (c Convention) apply(x, y float64) (float64, float64) {
	switch c {
	case Toward: // (sin θ, cos θ)
		return -x, -y
	case MathTo: // (cos θ, sin θ)
		return -y, -x
	case MathFrom: // (-cos θ, -sin θ)
		return y, x
	}
	return x, y
}
