// Package geo is the ground: places, shapes, local east-north-up metres, and
// S2 cells. It knows nothing of gas, aircraft or leads.
//
// Every geodetic coordinate is WGS 84, in degrees; every height is in metres
// above the ellipsoid.
package geo

import (
	"errors"
	"fmt"
	"math"
)

// WGS 84 defining parameters (NIMA TR8350.2, third edition, table 3.1).
const (
	semiMajorM = 6378137.0
	flattening = 1 / 298.257223563
	ecc2       = flattening * (2 - flattening)
)

// A Point is a place: longitude and latitude in degrees, altitude in metres
// above the WGS 84 ellipsoid.
type Point struct {
	Lon float64 `json:"lon_deg"`
	Lat float64 `json:"lat_deg"`
	Alt float64 `json:"alt_m"`
}

// Valid tells why p cannot be a place on or near the Earth, or nil.
func (p Point) Valid() error {
	switch {
	case math.IsNaN(p.Lon) || p.Lon < -180 || p.Lon > 180:
		return fmt.Errorf("longitude %v is not within -180 to 180 degrees", p.Lon)
	case math.IsNaN(p.Lat) || p.Lat < -90 || p.Lat > 90:
		return fmt.Errorf("latitude %v is not within -90 to 90 degrees", p.Lat)
	case math.IsNaN(p.Alt) || p.Alt < -1000 || p.Alt > 100000:
		return fmt.Errorf("altitude %v is not within -1000 to 100000 metres", p.Alt)
	}
	return nil
}

// ecef returns Earth-centred Earth-fixed coordinates, metres.
func (p Point) ecef() [3]float64 {
	sLat, cLat := math.Sincos(p.Lat * math.Pi / 180)
	sLon, cLon := math.Sincos(p.Lon * math.Pi / 180)
	n := semiMajorM / math.Sqrt(1-ecc2*sLat*sLat)
	return [3]float64{
		(n + p.Alt) * cLat * cLon,
		(n + p.Alt) * cLat * sLon,
		(n*(1-ecc2) + p.Alt) * sLat,
	}
}

// pointFromECEF inverts ecef by Bowring's method with one refinement, exact to
// well under a millimetre below 100 km (Bowring 1976, Survey Review 23:181).
func pointFromECEF(v [3]float64) Point {
	semiMinor := semiMajorM * (1 - flattening)
	p := math.Hypot(v[0], v[1])
	beta := math.Atan2(v[2]*semiMajorM, p*semiMinor)
	var lat float64
	for range 3 {
		sB, cB := math.Sincos(beta)
		ep2 := ecc2 / (1 - ecc2)
		lat = math.Atan2(v[2]+ep2*semiMinor*sB*sB*sB, p-ecc2*semiMajorM*cB*cB*cB)
		beta = math.Atan2((1-flattening)*math.Sin(lat), math.Cos(lat))
	}
	sLat, cLat := math.Sincos(lat)
	n := semiMajorM / math.Sqrt(1-ecc2*sLat*sLat)
	alt := p*cLat + v[2]*sLat - n*(1-ecc2*sLat*sLat)
	return Point{
		Lon: math.Atan2(v[1], v[0]) * 180 / math.Pi,
		Lat: lat * 180 / math.Pi,
		Alt: alt,
	}
}

// A Local is a place in a Frame: metres east (X), north (Y) and up (Z) of the
// frame's origin.
type Local struct {
	X float64 `json:"x_m"`
	Y float64 `json:"y_m"`
	Z float64 `json:"z_m"`
}

// A Frame is the local tangent plane at Origin, east-north-up. It is meant for
// an area of at most some tens of kilometres.
type Frame struct {
	Origin Point `json:"origin"`
}

// ErrFar says that a place is too far from a frame's origin to be expressed in it.
var ErrFar = errors.New("the place is more than 200 km from the frame's origin")

// axes returns the unit vectors east, north and up at the origin, in ECEF.
func (f Frame) axes() (e, n, u [3]float64) {
	sLat, cLat := math.Sincos(f.Origin.Lat * math.Pi / 180)
	sLon, cLon := math.Sincos(f.Origin.Lon * math.Pi / 180)
	e = [3]float64{-sLon, cLon, 0}
	n = [3]float64{-sLat * cLon, -sLat * sLon, cLat}
	u = [3]float64{cLat * cLon, cLat * sLon, sLat}
	return e, n, u
}

// ToLocal expresses p in the frame.
func (f Frame) ToLocal(p Point) Local {
	e, n, u := f.axes()
	a, o := p.ecef(), f.Origin.ecef()
	d := [3]float64{a[0] - o[0], a[1] - o[1], a[2] - o[2]}
	return Local{X: dot(e, d), Y: dot(n, d), Z: dot(u, d)}
}

// ToPoint places l on the Earth.
func (f Frame) ToPoint(l Local) Point {
	e, n, u := f.axes()
	v := f.Origin.ecef()
	for i := range v {
		v[i] += e[i]*l.X + n[i]*l.Y + u[i]*l.Z
	}
	return pointFromECEF(v)
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// Distance is the straight-line distance between two places, metres. Below
// some kilometres it differs from the distance over the ground by less than a
// millimetre a kilometre.
func Distance(a, b Point) float64 {
	p, q := a.ecef(), b.ecef()
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}
