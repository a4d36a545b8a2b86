package vigia

import "github.com/vigia-project/vigia/geo"

// A Building is a footprint with a number. It has no address and no owner: the
// system needs neither.
type Building struct {
	ID        ID          `json:"id"`
	Footprint geo.Polygon `json:"footprint"` // WGS 84
}
