package geo

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// A Polygon is one outer ring and any holes, as GeoJSON (RFC 7946 §3.1.6) has
// it: each ring closed, each position longitude then latitude in degrees. In a
// local frame the same shape holds metres east and north.
type Polygon [][][2]float64

// Rect returns the closed rectangle between two corners.
func Rect(west, south, east, north float64) Polygon {
	return Polygon{{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}}
}

// Valid tells why p is not a polygon, or nil.
func (p Polygon) Valid() error {
	if len(p) == 0 {
		return errors.New("a polygon needs an outer ring")
	}
	for i, ring := range p {
		if len(ring) < 4 {
			return fmt.Errorf("ring %d has %d positions; a closed ring needs at least 4", i, len(ring))
		}
		if ring[0] != ring[len(ring)-1] {
			return fmt.Errorf("ring %d is not closed: its last position must repeat its first", i)
		}
		for _, v := range ring {
			if math.IsNaN(v[0]+v[1]) || math.IsInf(v[0]+v[1], 0) {
				return fmt.Errorf("ring %d has a position that is not a number", i)
			}
		}
	}
	return nil
}

// Contains tells whether the position lies inside the outer ring and outside
// every hole (even-odd rule; Shimrat 1962, CACM algorithm 112). The edges are
// straight in longitude and latitude, which is how the two governments draw
// them on a chart; a polygon does not cross the antimeridian.
func (p Polygon) Contains(x, y float64) bool {
	inside := false
	for _, ring := range p {
		for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
			a, b := ring[i], ring[j]
			if (a[1] > y) != (b[1] > y) && x < (b[0]-a[0])*(y-a[1])/(b[1]-a[1])+a[0] {
				inside = !inside
			}
		}
	}
	return inside
}

// Bounds returns the smallest rectangle around the outer ring.
func (p Polygon) Bounds() (minX, minY, maxX, maxY float64) {
	minX, minY = math.Inf(1), math.Inf(1)
	maxX, maxY = math.Inf(-1), math.Inf(-1)
	if len(p) == 0 {
		return
	}
	for _, v := range p[0] {
		minX, maxX = math.Min(minX, v[0]), math.Max(maxX, v[0])
		minY, maxY = math.Min(minY, v[1]), math.Max(maxY, v[1])
	}
	return
}

// Centroid returns the centre of area of the outer ring (Bourke 1988), in the
// polygon's own units.
func (p Polygon) Centroid() (x, y float64) {
	if len(p) == 0 || len(p[0]) == 0 {
		return math.NaN(), math.NaN()
	}
	ring := p[0]
	x0, y0 := ring[0][0], ring[0][1] // relative to a vertex: degrees are large beside a house
	var area, cx, cy float64
	for i := 0; i+1 < len(ring); i++ {
		ax, ay := ring[i][0]-x0, ring[i][1]-y0
		bx, by := ring[i+1][0]-x0, ring[i+1][1]-y0
		c := ax*by - bx*ay
		area += c
		cx += (ax + bx) * c
		cy += (ay + by) * c
	}
	if area == 0 {
		return x0, y0
	}
	return x0 + cx/(3*area), y0 + cy/(3*area)
}

// Map returns the polygon with every position passed through f.
func (p Polygon) Map(f func(x, y float64) (float64, float64)) Polygon {
	out := make(Polygon, len(p))
	for i, ring := range p {
		out[i] = make([][2]float64, len(ring))
		for j, v := range ring {
			out[i][j][0], out[i][j][1] = f(v[0], v[1])
		}
	}
	return out
}

// PolygonToLocal returns a WGS 84 polygon in the frame's metres.
func (f Frame) PolygonToLocal(p Polygon) Polygon {
	return p.Map(func(x, y float64) (float64, float64) {
		l := f.ToLocal(Point{Lon: x, Lat: y, Alt: f.Origin.Alt})
		return l.X, l.Y
	})
}

// PolygonToWGS84 returns a polygon of local metres in degrees.
func (f Frame) PolygonToWGS84(p Polygon) Polygon {
	return p.Map(func(x, y float64) (float64, float64) {
		q := f.ToPoint(Local{X: x, Y: y})
		return q.Lon, q.Lat
	})
}

type polygonJSON struct {
	Type        string         `json:"type"`
	Coordinates [][][2]float64 `json:"coordinates"`
}

// MarshalJSON writes a GeoJSON geometry.
func (p Polygon) MarshalJSON() ([]byte, error) {
	return json.Marshal(polygonJSON{Type: "Polygon", Coordinates: p})
}

// UnmarshalJSON reads a GeoJSON geometry of type Polygon.
func (p *Polygon) UnmarshalJSON(b []byte) error {
	var g struct {
		Type        string        `json:"type"`
		Coordinates [][][]float64 `json:"coordinates"`
	}
	if err := json.Unmarshal(b, &g); err != nil {
		return err
	}
	if g.Type != "Polygon" {
		return fmt.Errorf("the geometry is a %q; a Polygon is needed", g.Type)
	}
	out := make(Polygon, len(g.Coordinates))
	for i, ring := range g.Coordinates {
		out[i] = make([][2]float64, len(ring))
		for j, v := range ring {
			if len(v) < 2 {
				return fmt.Errorf("ring %d, position %d has %d numbers; 2 are needed", i, j, len(v))
			}
			out[i][j] = [2]float64{v[0], v[1]}
		}
	}
	*p = out
	return nil
}

// A Volume is a piece of airspace: a footprint between two altitudes, metres
// above the ellipsoid.
type Volume struct {
	Footprint Polygon `json:"footprint"`
	FloorM    float64 `json:"floor_m"`
	CeilingM  float64 `json:"ceiling_m"`
}

// Valid tells why v is not a volume, or nil.
func (v Volume) Valid() error {
	if err := v.Footprint.Valid(); err != nil {
		return err
	}
	for _, ring := range v.Footprint {
		for _, c := range ring {
			if err := (Point{Lon: c[0], Lat: c[1]}).Valid(); err != nil {
				return err
			}
		}
	}
	if !(v.FloorM < v.CeilingM) {
		return fmt.Errorf("the floor (%v m) must be below the ceiling (%v m)", v.FloorM, v.CeilingM)
	}
	return nil
}

// Contains tells whether p is inside the volume, its floor and ceiling included.
func (v Volume) Contains(p Point) bool {
	return p.Alt >= v.FloorM && p.Alt <= v.CeilingM && v.Footprint.Contains(p.Lon, p.Lat)
}
