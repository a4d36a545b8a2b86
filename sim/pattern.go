package sim

import (
	"math"
	"slices"

	"github.com/vigia-project/vigia/geo"
)

// A pattern is a way through waypoints at constant speed.
type pattern struct {
	points []geo.Local
	atS    []float64 // when each is reached
}

// lawnMower plans lines across a wind from the given direction, over the
// rectangle, from its lee side up the wind, at height z.
func lawnMower(corner [4][2]float64, fromDeg, z float64, p PatternScenario) pattern {
	sin, cos := math.Sincos(fromDeg * math.Pi / 180)
	up := [2]float64{sin, cos} // towards where the wind comes from
	across := [2]float64{cos, -sin}
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range corner {
		h := c[0]*up[0] + c[1]*up[1]
		low, high = math.Min(low, h), math.Max(high, h)
	}
	var out pattern
	forward := true
	sweeps := math.Max(1, math.Floor(p.Sweeps))
	var lines []float64
	for sweep := range int(sweeps) {
		var one []float64
		for h := low - p.MarginM + float64(sweep)/sweeps*p.SpacingM; h <= high+p.MarginM/2; h += p.SpacingM {
			one = append(one, h)
		}
		if sweep%2 == 1 { // back down the wind
			slices.Reverse(one)
		}
		lines = append(lines, one...)
	}
	for _, h := range lines {
		a, b := lineWithin(corner, up, across, math.Max(low+1, math.Min(high-1, h)))
		a, b = a-p.MarginM, b+p.MarginM
		if !forward {
			a, b = b, a
		}
		forward = !forward
		for _, s := range []float64{a, b} {
			out.points = append(out.points, geo.Local{X: up[0]*h + across[0]*s, Y: up[1]*h + across[1]*s, Z: z})
		}
	}
	out.schedule(p.SpeedMPS)
	return out
}

// then goes on with another way where the first ends.
func (p *pattern) then(next pattern, speed float64) {
	p.points = append(slices.Clip(p.points), next.points...)
	p.schedule(speed)
}

// square is one around a place, with a side towards where the wind comes from.
func square(x, y, side, fromDeg float64) (corner [4][2]float64) {
	sin, cos := math.Sincos(fromDeg * math.Pi / 180)
	for i, c := range [4][2]float64{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
		across, up := c[0]*side/2, c[1]*side/2
		corner[i] = [2]float64{x + across*cos + up*sin, y - across*sin + up*cos}
	}
	return corner
}

// lineWithin is where the line at h up the wind enters and leaves the
// rectangle, metres across.
func lineWithin(corner [4][2]float64, up, across [2]float64, h float64) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for i, c := range corner {
		d := corner[(i+1)%4]
		hc, hd := c[0]*up[0]+c[1]*up[1], d[0]*up[0]+d[1]*up[1]
		if (hc > h) == (hd > h) {
			continue
		}
		f := (h - hc) / (hd - hc)
		s := (c[0]+f*(d[0]-c[0]))*across[0] + (c[1]+f*(d[1]-c[1]))*across[1]
		from, to = math.Min(from, s), math.Max(to, s)
	}
	return from, to
}

func (p *pattern) schedule(speed float64) {
	p.atS = make([]float64, len(p.points))
	for i := 1; i < len(p.points); i++ {
		a, b := p.points[i-1], p.points[i]
		p.atS[i] = p.atS[i-1] + math.Hypot(b.X-a.X, b.Y-a.Y)/speed
	}
}

// duration is when the last point is reached, s.
func (p *pattern) duration() float64 { return p.atS[len(p.atS)-1] }

// at is where the aircraft is t seconds after it began.
func (p *pattern) at(t float64) geo.Local {
	i := 1
	for i < len(p.atS)-1 && p.atS[i] < t {
		i++
	}
	a, b := p.points[i-1], p.points[i]
	f := math.Max(0, math.Min(1, (t-p.atS[i-1])/(p.atS[i]-p.atS[i-1])))
	return geo.Local{X: a.X + f*(b.X-a.X), Y: a.Y + f*(b.Y-a.Y), Z: a.Z}
}
