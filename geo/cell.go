package geo

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// A Cell is the S2 leaf cell (level 30, about a centimetre) that holds a
// place, as a signed number so that every SQL database can index it. Cells
// that are near each other are mostly near in number (s2geometry.io).
type Cell int64

// CellOf returns the leaf cell of p.
func CellOf(p Point) Cell {
	return Cell(s2.CellIDFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lon)))
}

// A CellRange is an inclusive run of leaf cells.
type CellRange struct{ Min, Max Cell }

// CoverCircle returns at most maxRanges runs of leaf cells that together hold
// every place within radiusM of centre. They may hold places a little farther:
// a reader filters by Distance.
func CoverCircle(centre Point, radiusM float64, maxRanges int) []CellRange {
	axis := s2.PointFromLatLng(s2.LatLngFromDegrees(centre.Lat, centre.Lon))
	// The smallest radius of curvature of the ellipsoid, so that the cap is never too small.
	const minCurvatureM = 6335439
	angle := s2.CapFromCenterAngle(axis, s1.Angle(math.Max(radiusM, 0.01)/minCurvatureM))
	return ranges(&s2.RegionCoverer{MaxLevel: 30, MaxCells: maxRanges}, angle)
}

// CoverRect returns at most maxRanges runs of leaf cells that hold every place
// of a rectangle in degrees.
func CoverRect(west, south, east, north float64, maxRanges int) []CellRange {
	r := s2.RectFromLatLng(s2.LatLngFromDegrees(south, west)).
		AddPoint(s2.LatLngFromDegrees(north, east))
	return ranges(&s2.RegionCoverer{MaxLevel: 30, MaxCells: maxRanges}, r)
}

func ranges(rc *s2.RegionCoverer, region s2.Region) []CellRange {
	var out []CellRange
	for _, id := range rc.Covering(region) {
		r := CellRange{Cell(id.RangeMin()), Cell(id.RangeMax())}
		if n := len(out); n > 0 && out[n-1].Max+2 == r.Min { // leaf ids are odd
			out[n-1].Max = r.Max
			continue
		}
		out = append(out, r)
	}
	return out
}
