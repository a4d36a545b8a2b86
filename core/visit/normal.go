package visit

import (
	"math"
	"time"
)

// A Normal learns what is usual of one number about a site, such as arrivals
// an hour, as it comes, and says how unusual each value is: against the same
// hour of days of the same kind, and against how far the record strays anyway.
// It keeps 48 means and is a function of the values in order.
type Normal struct {
	zone  *time.Location
	hours [2][24]moments // Monday to Friday, weekend
	all   moments
	short float64 // running mean of the recent deviations
	long  moments // of the running mean
	seen  int
	quiet int // values for which nothing more is said after something was
}

// moments are a running mean and variance with a floor on the gain.
type moments struct{ n, mean, variance float64 }

func (m *moments) add(v, floor float64) {
	m.n++
	gain := math.Max(1/m.n, floor)
	d := v - m.mean
	m.mean += gain * d
	m.variance = (1 - gain) * (m.variance + gain*d*d)
}

const (
	hourFloor   = 1.0 / 40  // an hour's memory: some forty values of it
	recordFloor = 1.0 / 800 // the record's
	recent      = 1.0 / 6   // gain of the recent mean
	hourPrior   = 6         // values that the whole record counts for in an hour
)

// NewNormal makes one that counts hours in a zone; nil: UTC.
func NewNormal(zone *time.Location) *Normal {
	if zone == nil {
		zone = time.UTC
	}
	return &Normal{zone: zone}
}

// Add takes the next value and returns the probability that the recent ones
// are usual: small when they are not. It is 1 while there is too little to
// compare with.
func (n *Normal) Add(at time.Time, value float64) (chance float64) {
	local := at.In(n.zone)
	kind := 0
	if d := local.Weekday(); d == time.Saturday || d == time.Sunday {
		kind = 1
	}
	hour := &n.hours[kind][local.Hour()]
	// The hour's own moments, drawn towards the record's while it is young.
	w := hour.n / (hour.n + hourPrior)
	mean := w*hour.mean + (1-w)*n.all.mean
	variance := w*hour.variance + (1-w)*n.all.variance
	chance = 1
	if n.all.n >= 2 {
		z := (value - mean) / math.Sqrt(variance+1e-3*n.all.variance+1e-12)
		z = math.Max(-6, math.Min(6, z))
		n.short += recent * (z - n.short)
		if n.seen > 50 {
			chance = math.Erfc(math.Abs(n.short-n.long.mean) / math.Sqrt(2*n.long.variance+1e-12))
		}
		n.long.add(n.short, recordFloor)
	}
	hour.add(value, hourFloor)
	n.all.add(value, recordFloor)
	n.seen++
	return chance
}

// Change tells whether a value begins a departure from the usual: its chance is
// at most limit, and no departure has begun within the last hold values.
func (n *Normal) Change(at time.Time, value, limit float64, hold int) bool {
	chance := n.Add(at, value)
	if n.quiet > 0 {
		n.quiet--
		return false
	}
	if chance > limit {
		return false
	}
	n.quiet = hold
	return true
}
