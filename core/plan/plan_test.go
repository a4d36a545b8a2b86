package plan_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/plan"
	"github.com/vigia-project/vigia/geo"
)

// rowsOf is houses every 20 m in rows of 24 m, likelier towards a place.
func rowsOf(x0, y0, spread float64) []plan.Candidate {
	var out []plan.Candidate
	for i := range 20 {
		for j := range 16 {
			x, y := 20*float64(i)-200, 24*float64(j)-190
			p := math.Exp(-((x-x0)*(x-x0) + (y-y0)*(y-y0)) / (2 * spread * spread))
			out = append(out, plan.Candidate{ID: vigia.ID(rune('A'+i)) + vigia.ID(rune('a'+j)), X: x, Y: y, Probability: p})
		}
	}
	return out
}

func request(c []plan.Candidate) plan.Request {
	return plan.Request{
		Candidates: c, WindFromDeg: 240, Footprint: geo.Rect(-600, -600, 600, 600),
		FloorM: 0, CeilingM: 100, LowestM: 13, SpeedMPS: 10, EnduranceS: 1440,
	}
}

// A broad answer makes a large square, a narrow one a small square with more
// sweeps; both promise a smaller set than there is.
func TestNext_SquareFollowsTheAnswer(t *testing.T) {
	narrow, err := plan.Next(request(rowsOf(20, 30, 20)))
	if err != nil {
		t.Fatal(err)
	}
	broad, err := plan.Next(request(rowsOf(20, 30, 70)))
	if err != nil {
		t.Fatal(err)
	}
	if narrow.SideM >= broad.SideM || narrow.Sweeps < broad.Sweeps {
		t.Errorf("a narrow answer has a square of %.0f m with %d sweeps, a broad one %.0f m with %d", narrow.SideM, narrow.Sweeps, broad.SideM, broad.Sweeps)
	}
	for _, p := range []plan.Proposal{narrow, broad} {
		if p.SetExpected >= float64(p.SetNow) {
			t.Errorf("of %d buildings %.1f are expected to be left: no reason to fly", p.SetNow, p.SetExpected)
		}
		if math.Hypot(p.X-20, p.Y-30) > 40 {
			t.Errorf("the square lies around (%.0f, %.0f); the answer around (20, 30)", p.X, p.Y)
		}
	}
}

// Whatever the volume, all legs are inside it, at or above its floor.
func TestNext_InsideTheVolume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := request(rowsOf(0, 0, 40))
		r.WindFromDeg = rapid.Float64Range(0, 360).Draw(t, "wind")
		half := rapid.Float64Range(50, 400).Draw(t, "half")
		r.Footprint = geo.Rect(-half, -half, half, half)
		r.FloorM = rapid.Float64Range(0, 120).Draw(t, "floor")
		p, err := plan.Next(r)
		if err != nil {
			if code := vigia.ErrorCode(err); code != vigia.Forbidden {
				t.Fatalf("%v, code %v", err, code)
			}
			return
		}
		for _, l := range p.Legs {
			if math.Abs(l.X) > half || math.Abs(l.Y) > half || l.Z < r.FloorM || l.Z > r.CeilingM {
				t.Fatalf("a leg turns at %+v, outside of the volume", l)
			}
		}
	})
}

// Nothing to fly over, and no way to fly it, are refused with the reason.
func TestNext_Refuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*plan.Request)
		code   vigia.Code
	}{
		"no candidate":     {func(r *plan.Request) { r.Candidates = nil }, vigia.Invalid},
		"no aircraft":      {func(r *plan.Request) { r.SpeedMPS = 0 }, vigia.Invalid},
		"no wind":          {func(r *plan.Request) { r.WindFromDeg = math.NaN() }, vigia.Invalid},
		"floor above all":  {func(r *plan.Request) { r.FloorM = 150 }, vigia.Forbidden},
		"volume too small": {func(r *plan.Request) { r.Footprint = geo.Rect(-40, -40, 40, 40) }, vigia.Forbidden},
		"too short a time": {func(r *plan.Request) { r.EnduranceS = 30 }, vigia.Forbidden},
	} {
		r := request(rowsOf(0, 0, 30))
		c.change(&r)
		if _, err := plan.Next(r); vigia.ErrorCode(err) != c.code {
			t.Errorf("%s: %v; the code should be %v", name, err, c.code)
		}
	}
}

// A notch in the footprint that lies between the turning points is not flown
// through either, in any sweep.
func TestNext_NotThroughANotch(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		r := request(rowsOf(0, 0, 40))
		r.WindFromDeg = rapid.Float64Range(0, 360).Draw(t, "wind")
		x, deep := rapid.Float64Range(-250, 250).Draw(t, "x"), rapid.Float64Range(-500, 100).Draw(t, "deep")
		r.Footprint = geo.Polygon{{{-600, -600}, {x, -600}, {x, deep}, {x + 3, deep}, {x + 3, -600}, {600, -600}, {600, 600}, {-600, 600}, {-600, -600}}}
		p, err := plan.Next(r)
		if err != nil {
			return // nothing fits beside it
		}
		found++
		sin, cos := math.Sincos(r.WindFromDeg * math.Pi / 180)
		for i := 0; i+1 < len(p.Legs); i += 2 {
			a, b := p.Legs[i], p.Legs[i+1]
			for k := range 1001 {
				for _, up := range []float64{0, p.SpacingM / 2} { // of the first sweep, and of one between
					f := float64(k) / 1000 * 0.999999
					px, py := a.X+f*(b.X-a.X)+up*sin, a.Y+f*(b.Y-a.Y)+up*cos
					if px > x+0.01 && px < x+2.99 && py < deep-0.01 {
						t.Fatalf("the line of leg %d goes through the notch at (%.1f, %.1f)", i, px, py)
					}
				}
			}
		}
	})
	if found == 0 {
		t.Error("beside no notch was there a proposal")
	}
}
