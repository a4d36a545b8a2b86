package sim

import (
	"fmt"
	"math"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// An Answer is what the system says of where the source is.
type Answer struct {
	At        geo.Point
	RateKgH   float64
	RateLo    float64 // 95 % interval
	RateHi    float64
	Ellipse   vigia.Ellipse // 95 %
	Region90  []geo.Polygon
	Buildings []vigia.BuildingProbability
}

// AnswerOfSite is what a site says.
func AnswerOfSite(s vigia.Site) Answer {
	return Answer{At: s.At, RateKgH: s.RateKgH, RateLo: s.RateLo, RateHi: s.RateHi, Ellipse: s.Ellipse, Region90: s.Region90, Buildings: s.Buildings}
}

// AnswerOfPosterior is what one source of a posterior says, with the
// posterior's buildings.
func AnswerOfPosterior(p vigia.Posterior, source int) Answer {
	s := p.Sources[source]
	return Answer{At: s.At, RateKgH: s.RateKgH, RateLo: s.RateLo, RateHi: s.RateHi, Ellipse: s.Ellipse, Region90: s.Region90, Buildings: p.Buildings}
}

// A Scoreboard holds one answer against the truth.
type Scoreboard struct {
	PositionErrorM      float64  `json:"position_error_m"` // over the ground
	RateError           float64  `json:"rate_error"`       // answer over truth, less 1
	RateInside95        bool     `json:"rate_inside_95"`
	InsideEllipse95     bool     `json:"inside_ellipse_95"`
	InsideRegion90      bool     `json:"inside_region_90"`
	Building            vigia.ID `json:"building"`             // the true one
	BuildingRank        int      `json:"building_rank"`        // 1 is the first; 0: not in the list
	BuildingProbability float64  `json:"building_probability"` // of the true one
	BuildingsTold       int      `json:"buildings_told"`       // how many have a probability
}

// Scoreboard holds an answer against the truth. It answers Invalid when the
// world has no source: then every answer is wrong, and there is no distance.
func (t Truth) Scoreboard(a Answer) (Scoreboard, error) {
	if t.RateKgH == 0 {
		return Scoreboard{}, vigia.Errorf(vigia.Invalid, "there is no source in this world")
	}
	frame := geo.Frame{Origin: t.At}
	off := frame.ToLocal(geo.Point{Lon: a.At.Lon, Lat: a.At.Lat, Alt: t.At.Alt})
	s := Scoreboard{
		PositionErrorM:  math.Hypot(off.X, off.Y),
		RateError:       a.RateKgH/t.RateKgH - 1,
		RateInside95:    t.RateKgH >= a.RateLo && t.RateKgH <= a.RateHi,
		InsideEllipse95: insideEllipse(-off.X, -off.Y, a.Ellipse),
		Building:        t.Building,
		BuildingsTold:   len(a.Buildings),
	}
	for _, p := range a.Region90 {
		s.InsideRegion90 = s.InsideRegion90 || p.Contains(t.At.Lon, t.At.Lat)
	}
	for i, b := range a.Buildings {
		if b.ID == t.Building {
			s.BuildingRank, s.BuildingProbability = i+1, b.Probability
		}
	}
	return s, nil
}

// insideEllipse tells whether a place x east and y north of the middle is inside.
func insideEllipse(x, y float64, e vigia.Ellipse) bool {
	if e.SemiMajorM <= 0 || e.SemiMinorM <= 0 {
		return false
	}
	sin, cos := math.Sincos(e.AzimuthDeg * math.Pi / 180)
	along, aside := x*sin+y*cos, x*cos-y*sin
	return math.Hypot(along/e.SemiMajorM, aside/e.SemiMinorM) <= 1
}

// String writes the scoreboard for people.
func (s Scoreboard) String() string {
	yes := map[bool]string{true: "inside", false: "outside"}
	var b strings.Builder
	fmt.Fprintf(&b, "position   %.1f m from the truth, %s the 95 %% ellipse, %s the 90 %% region\n",
		s.PositionErrorM, yes[s.InsideEllipse95], yes[s.InsideRegion90])
	fmt.Fprintf(&b, "rate       %+.0f %% of the truth, which is %s the 95 %% interval\n", 100*s.RateError, yes[s.RateInside95])
	if s.BuildingRank == 0 {
		fmt.Fprintf(&b, "building   %s is not among the %d that were named\n", s.Building, s.BuildingsTold)
	} else {
		fmt.Fprintf(&b, "building   %s is number %d of %d, with probability %.3f\n", s.Building, s.BuildingRank, s.BuildingsTold, s.BuildingProbability)
	}
	return b.String()
}
