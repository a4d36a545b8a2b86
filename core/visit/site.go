package visit

import (
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Site is a place that is watched.
type Site struct {
	ID   vigia.ID
	Area geo.Polygon // in the frame of the samples, m
}

// parking is how far from a site's edge its visitors leave their vehicle:
// deviation, m.
const parking = 15

// Assign is the site that a stop is at, with its probability; "" where that is
// below one half. A stop outside every site by d metres belongs to the nearest
// with the probability that parking and the error of position explain d.
func Assign(s Stop, sites []Site) (vigia.ID, float64) {
	best, at := 0.0, vigia.ID("")
	for _, site := range sites {
		d := distance(site.Area, s.X, s.Y)
		if p := math.Erfc(d / math.Hypot(parking, s.Spread) / math.Sqrt2); p > best {
			best, at = p, site.ID
		}
	}
	if best < 0.5 {
		return "", 0
	}
	return at, best
}

// distance of a place from an area, m; 0 within it.
func distance(p geo.Polygon, x, y float64) float64 {
	inside, least := false, math.Inf(1)
	for _, ring := range p {
		for i := range ring {
			a, b := ring[i], ring[(i+1)%len(ring)]
			if (a[1] > y) != (b[1] > y) && x < a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
				inside = !inside
			}
			least = math.Min(least, toSegment(a, b, x, y))
		}
	}
	if inside {
		return 0
	}
	return least
}

func toSegment(a, b [2]float64, x, y float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Max(0, math.Min(1, ((x-a[0])*dx+(y-a[1])*dy)/l))
	}
	return math.Hypot(x-a[0]-t*dx, y-a[1]-t*dy)
}
