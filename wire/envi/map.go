package envi

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/vigia-project/vigia/geo"
)

// A MapInfo ties pixels to a map grid: the header's "map info". A grid may be
// rotated; then its rows are not west to east.
type MapInfo struct {
	Projection string  // "UTM", "Geographic Lat/Lon", "Arbitrary", …
	RefSample  float64 // of the tie point, 1 is the left edge of the first pixel
	RefLine    float64
	Easting    float64 // of the tie point: metres, or degrees of longitude
	Northing   float64
	DX, DY     float64 // size of a pixel, metres or degrees
	Zone       int     // of UTM
	South      bool
	Datum      string
	Rotation   float64 // degrees
}

// parseMapInfo reads "projection, x, y, east, north, dx, dy[, zone, North|South][, datum][, key=value…]".
func parseMapInfo(text string) (*MapInfo, error) {
	parts := split(text)
	if len(parts) < 7 {
		return nil, fieldError("map info", "it has %d entries; at least 7 are needed", len(parts))
	}
	m := &MapInfo{Projection: parts[0]}
	for i, dst := range []*float64{&m.RefSample, &m.RefLine, &m.Easting, &m.Northing, &m.DX, &m.DY} {
		v, err := strconv.ParseFloat(parts[i+1], 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fieldError("map info", "entry %d, %q, is not a number", i+2, clip(parts[i+1]))
		}
		*dst = v
	}
	rest := parts[7:]
	if strings.EqualFold(m.Projection, "UTM") {
		if len(rest) < 2 {
			return nil, fieldError("map info", "UTM needs a zone and a hemisphere")
		}
		zone, err := strconv.Atoi(rest[0])
		if err != nil || zone < 1 || zone > 60 {
			return nil, fieldError("map info", "%q is no UTM zone", clip(rest[0]))
		}
		m.Zone, m.South = zone, strings.EqualFold(rest[1], "South")
		rest = rest[2:]
	}
	for i, p := range rest {
		key, value, named := strings.Cut(p, "=")
		switch {
		case named && strings.EqualFold(strings.TrimSpace(key), "rotation"):
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				return nil, fieldError("map info", "the rotation %q is not a number", clip(value))
			}
			m.Rotation = v
		case !named && i == 0:
			m.Datum = p
		}
	}
	return m, nil
}

// String writes the entry as parseMapInfo reads it.
func (m MapInfo) String() string {
	s := fmt.Sprintf("%s, %v, %v, %v, %v, %v, %v", m.Projection, m.RefSample, m.RefLine, m.Easting, m.Northing, m.DX, m.DY)
	if strings.EqualFold(m.Projection, "UTM") {
		hemisphere := "North"
		if m.South {
			hemisphere = "South"
		}
		s += fmt.Sprintf(", %d, %s", m.Zone, hemisphere)
	}
	if m.Datum != "" {
		s += ", " + m.Datum
	}
	if m.Rotation != 0 {
		s += fmt.Sprintf(", rotation=%v", m.Rotation)
	}
	return s
}

// Grid returns the map coordinates of a place in the raster: sample and line
// count from 0 at the outer corner of the first pixel, so that a pixel's centre
// is at one half. The rotation turns the grid counter-clockwise about its tie
// point, as GDAL reads it (frmts/raw/envidataset.cpp, ProcessMapinfo).
func (m MapInfo) Grid(sample, line float64) (easting, northing float64) {
	s, c := math.Sincos(m.Rotation * math.Pi / 180)
	x, y := (sample-(m.RefSample-1))*m.DX, (line-(m.RefLine-1))*m.DY
	return m.Easting + x*c + y*s, m.Northing + x*s - y*c
}

// Point returns the place on the Earth; false for a projection that is not
// known here.
func (m MapInfo) Point(sample, line float64) (geo.Point, bool) {
	e, n := m.Grid(sample, line)
	switch {
	case strings.EqualFold(m.Projection, "UTM") && (m.Datum == "" || strings.Contains(m.Datum, "84")):
		p := utm(e, n, m.Zone, m.South)
		return p, p.Valid() == nil
	case strings.HasPrefix(strings.ToLower(m.Projection), "geographic"):
		p := geo.Point{Lon: e, Lat: n}
		return p, p.Valid() == nil
	}
	return geo.Point{}, false
}

// EPSG is the code of the grid's coordinates on WGS 84; 0 for a grid that is not
// known here.
func (m MapInfo) EPSG() int {
	if _, ok := m.Point(m.RefSample, m.RefLine); !ok {
		return 0
	}
	switch {
	case !strings.EqualFold(m.Projection, "UTM"):
		return 4326
	case m.South:
		return 32700 + m.Zone
	}
	return 32600 + m.Zone
}

// PixelArea is the ground a pixel covers, m²; 0 where the grid is not metric.
func (m MapInfo) PixelArea() float64 {
	if strings.EqualFold(m.Projection, "UTM") {
		return math.Abs(m.DX * m.DY)
	}
	return 0
}

// utm inverts the transverse Mercator projection of UTM on WGS 84 by Krüger's
// series to third order in the third flattening, good to a micrometre within a
// zone (Karney 2011, J. Geodesy 85:475, eqs. 9, 11, 19 and the table after 36).
func utm(easting, northing float64, zone int, south bool) geo.Point {
	const (
		a  = 6378137.0
		f  = 1 / 298.257223563
		n  = f / (2 - f)
		k0 = 0.9996
	)
	if south {
		northing -= 1e7
	}
	radius := a / (1 + n) * (1 + n*n/4 + n*n*n*n/64)
	xi, eta := northing/(k0*radius), (easting-5e5)/(k0*radius)
	beta := [3]float64{n/2 - 2*n*n/3 + 37*n*n*n/96, n*n/48 + n*n*n/15, 17 * n * n * n / 480}
	x, y := xi, eta
	for j, b := range beta {
		k := 2 * float64(j+1)
		x -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		y -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	chi := math.Asin(math.Sin(x) / math.Cosh(y)) // conformal latitude
	delta := [3]float64{2*n - 2*n*n/3 - 2*n*n*n, 7*n*n/3 - 8*n*n*n/5, 56 * n * n * n / 15}
	lat := chi
	for j, d := range delta {
		lat += d * math.Sin(2*float64(j+1)*chi)
	}
	lon := math.Atan2(math.Sinh(y), math.Cos(x)) + (float64(zone)*6-183)*math.Pi/180
	return geo.Point{Lon: lon * 180 / math.Pi, Lat: lat * 180 / math.Pi}
}
