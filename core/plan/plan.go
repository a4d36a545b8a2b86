// Package plan works out the next flight over what an earlier one left open:
// a square of lines across the wind, low over the likeliest buildings, inside
// the volume that both governments permitted. Of several squares it takes the
// one after which the smallest set of buildings is expected to hold 90 %, and
// that expectation is its reason. It flies nothing: a person accepts or not.
//
// Lengths are metres east, north and up of the caller's frame, whose ground is
// at height zero.
package plan

import (
	"math"
	"sort"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Candidate is a building that may hold the source.
type Candidate struct {
	ID          vigia.ID
	X, Y        float64 // its middle
	Probability float64
}

// A Request is what a proposal rests on.
type Request struct {
	Candidates  []Candidate
	WindFromDeg float64     // forecast, clockwise from north
	Footprint   geo.Polygon // of the authorised volume
	FloorM      float64     // of the volume, above the ground
	CeilingM    float64
	LowestM     float64 // lowest height above the ground that the crew flies there
	SpeedMPS    float64 // along the lines
	EnduranceS  float64 // over the place
}

// A Proposal is a flight that could be flown.
type Proposal struct {
	X, Y        float64 // middle of the square
	SideM       float64 // of the square
	MarginM     float64 // that the lines go on beyond it
	SpacingM    float64 // between the lines of one sweep; each sweep lies between those before
	Sweeps      int
	HeightM     float64 // above the ground
	SpeedMPS    float64
	WindFromDeg float64
	Legs        []geo.Local // the first sweep's turning points
	SetNow      int         // the smallest set of buildings that holds 90 % of what the buildings hold
	SetExpected float64     // its mean size after the flight
}

// What a low flight tells: the standard deviation of the place that passes over a
// square leave, along the wind and across it, for the passes of one flight in the
// simulator's town; fewer lines over a place tell less, as the square root.
const (
	tellsM    = 6.0  // metres, where the lines pass at tellsAt
	tellsAt   = 12.0 // metres between lines, all sweeps together
	leastSide = 80.0
	mostSide  = 400.0
	sideStep  = 40.0
	margin    = 50.0 // and no more than half of the side
	turnS     = 6.0  // seconds from one line to the next
	spacing   = 24.0
	held      = 0.9
	weighed   = 150 // likeliest candidates that an expectation is taken over
)

// Next proposes a flight. It answers Invalid where the request holds no
// candidate, no wind or no aircraft, and Forbidden where no square of lines fits
// into the authorised volume.
func Next(r Request) (Proposal, error) {
	total := 0.0
	for _, c := range r.Candidates {
		total += c.Probability
	}
	switch {
	case total <= 0:
		return Proposal{}, vigia.Errorf(vigia.Invalid, "no building has a probability: there is nothing to fly over again")
	case !(r.SpeedMPS > 0) || !(r.EnduranceS > 0):
		return Proposal{}, vigia.Errorf(vigia.Invalid, "the aircraft's speed and its time over the place are needed")
	case math.IsNaN(r.WindFromDeg) || math.IsInf(r.WindFromDeg, 0):
		return Proposal{}, vigia.Errorf(vigia.Invalid, "a forecast of the wind's direction is needed")
	}
	height := math.Max(r.FloorM, r.LowestM)
	if height > r.CeilingM {
		return Proposal{}, vigia.Errorf(vigia.Forbidden, "the lowest height flown, %.0f m, is above the authorised ceiling of %.0f m", height, r.CeilingM)
	}
	now := setOf(r.Candidates, total)
	likely := setOf(r.Candidates, math.Inf(1))
	likely = likely[:min(len(likely), weighed)]
	best, found := Proposal{}, false
	for _, side := range sides() {
		for _, at := range middles(r.Candidates, now) {
			p := Proposal{
				X: at[0], Y: at[1], SideM: side, MarginM: math.Min(margin, side/2), SpacingM: spacing, HeightM: height,
				SpeedMPS: r.SpeedMPS, WindFromDeg: r.WindFromDeg, SetNow: len(now),
			}
			if p.lay(r.EnduranceS); p.Sweeps == 0 || !p.within(r.Footprint) {
				continue
			}
			p.SetExpected = p.expected(likely)
			if !found || p.SetExpected < best.SetExpected {
				best, found = p, true
			}
		}
	}
	if !found {
		return Proposal{}, vigia.Errorf(vigia.Forbidden, "no square of lines around the likeliest buildings fits into the authorised volume and the aircraft's time")
	}
	return best, nil
}

func sides() (s []float64) {
	for v := leastSide; v <= mostSide; v += sideStep {
		s = append(s, v)
	}
	return s
}

// setOf is the smallest set that holds 90 %, the likeliest first.
func setOf(all []Candidate, total float64) []Candidate {
	s := append([]Candidate(nil), all...)
	sort.SliceStable(s, func(a, b int) bool { return s[a].Probability > s[b].Probability })
	sum := 0.0
	for i := range s {
		if sum += s[i].Probability; sum >= held*total {
			return s[:i+1]
		}
	}
	return s
}

// middles are where a square may lie: around the mean of the set, and around
// each of its likeliest.
func middles(all []Candidate, set []Candidate) (m [][2]float64) {
	var x, y, w float64
	for _, c := range all {
		x, y, w = x+c.Probability*c.X, y+c.Probability*c.Y, w+c.Probability
	}
	m = append(m, [2]float64{x / w, y / w})
	for _, c := range set[:min(len(set), 4)] {
		m = append(m, [2]float64{c.X, c.Y})
	}
	return m
}

// lay lays the lines of one sweep, across the wind, from the lee side up, and as
// many sweeps as the time allows.
func (p *Proposal) lay(endurance float64) {
	sin, cos := math.Sincos(p.WindFromDeg * math.Pi / 180)
	half := p.SideM / 2
	across := half + p.MarginM
	seconds := 0.0
	for h, k := -half-p.MarginM, 0; h <= half+p.MarginM/2; h, k = h+p.SpacingM, k+1 {
		a, b := -across, across
		if k%2 == 1 {
			a, b = b, a
		}
		for _, s := range []float64{a, b} {
			p.Legs = append(p.Legs, geo.Local{X: p.X + h*sin + s*cos, Y: p.Y + h*cos - s*sin, Z: p.HeightM})
		}
		seconds += 2*across/p.SpeedMPS + turnS
	}
	p.Sweeps = int(endurance / seconds)
}

// within tells whether the square with its margin lies in the footprint: all
// lines of all sweeps, not their ends alone, for a footprint may have a notch.
func (p *Proposal) within(f geo.Polygon) bool {
	sin, cos := math.Sincos(p.WindFromDeg * math.Pi / 180)
	reach := p.SideM/2 + p.MarginM
	turned := f.Map(func(x, y float64) (float64, float64) {
		x, y = x-p.X, y-p.Y
		return x*cos - y*sin, x*sin + y*cos
	})
	for _, ring := range turned {
		for i := range ring {
			if crosses(ring[i], ring[(i+1)%len(ring)], reach) {
				return false
			}
		}
	}
	return f.Contains(p.X, p.Y)
}

// crosses tells whether a line from a to b enters the square of that half side
// about the origin (Liang and Barsky 1984, ACM TOG 3:1).
func crosses(a, b [2]float64, half float64) bool {
	from, to := 0.0, 1.0
	for k := range 2 {
		d := b[k] - a[k]
		if d == 0 {
			if math.Abs(a[k]) >= half {
				return false
			}
			continue
		}
		t, u := (-half-a[k])/d, (half-a[k])/d
		from, to = math.Max(from, math.Min(t, u)), math.Min(to, math.Max(t, u))
	}
	return from < to
}

// expected is the mean, over where the source may be, of the size of the set
// after the flight: what is in the square is told apart by a normal distance,
// what is outside keeps the odds that it has.
func (p *Proposal) expected(all []Candidate) float64 {
	total := 0.0
	for _, c := range all {
		total += c.Probability
	}
	sigma := tellsM * math.Sqrt(p.SpacingM/float64(p.Sweeps)/tellsAt)
	sin, cos := math.Sincos(p.WindFromDeg * math.Pi / 180)
	in := make([]bool, len(all))
	for i, c := range all {
		dx, dy := c.X-p.X, c.Y-p.Y
		in[i] = math.Abs(dx*sin+dy*cos) <= p.SideM/2 && math.Abs(dx*cos-dy*sin) <= p.SideM/2
	}
	mean := 0.0
	after := make([]Candidate, 0, len(all))
	for i, c := range all {
		if c.Probability < 1e-3*total {
			continue
		}
		after = after[:0]
		sum := 0.0
		for j, d := range all {
			if in[i] != in[j] {
				continue // it was smelt in the square, or it was not
			}
			if in[i] {
				z2 := ((c.X-d.X)*(c.X-d.X) + (c.Y-d.Y)*(c.Y-d.Y)) / (sigma * sigma)
				d.Probability *= math.Exp(-z2 / 4) // the measured place is off by as much again
			}
			sum += d.Probability
			after = append(after, d)
		}
		mean += c.Probability / total * float64(len(setOf(after, sum)))
	}
	return mean
}
