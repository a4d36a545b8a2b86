// Package plain reads and writes the plain files that anyone can make with
// another program: gas readings and wind as comma-separated values (RFC 4180),
// buildings as GeoJSON (RFC 7946). docs/formats has a page for each.
//
// Readers stream in bounded memory. A record that cannot be read gives a
// *vigia.Error with file, line and column, and reading goes on with the next:
// an error whose code is vigia.Invalid is the record's, any other (io.EOF
// included) is the end.
package plain

import (
	"math"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// LineLimit is the longest record that is read, bytes, its line end included.
// The rest of a longer one is counted and dropped.
const LineLimit = 64 << 10

// NearLimitM is how far a record may lie from the frame's origin, or from the
// first record where there is no frame, when Options does not say.
const NearLimitM = 200_000

// Options says how to read a file. The zero value reads a WGS 84 file with
// RFC 3339 times.
type Options struct {
	Name   string     // of the file, for errors
	Frame  *geo.Frame // where local metres lie; a local file needs one
	Start  time.Time  // what time_s counts from; a file with time_s needs one
	Now    time.Time  // the present: a record a day ahead of it is wrong; zero: not judged
	LimitM float64    // how far a record may be; 0: NearLimitM
}

func (o Options) limitM() float64 {
	if o.LimitM > 0 {
		return o.LimitM
	}
	return NearLimitM
}

// A Record is where a record stands in its file and what its bytes are.
type Record struct {
	Offset int64  // of the first byte in the input
	Line   int    // of the first byte; 1 is the first
	Raw    string // as it came, line end included; at most LineLimit bytes
	Size   int64  // bytes, also of one longer than Raw
}

// nearness refuses places that are far from the first, or from a frame's origin.
type nearness struct {
	limitM float64
	anchor *geo.Point
	what   string
}

func newNearness(o Options) nearness {
	if o.Frame != nil {
		origin := o.Frame.Origin
		return nearness{o.limitM(), &origin, "the frame's origin"}
	}
	return nearness{o.limitM(), nil, "the first record"}
}

// check answers an error when p is too far. The first place it is asked about
// becomes the anchor when there is none.
func (n *nearness) check(p geo.Point) *vigia.Error {
	if n.anchor == nil {
		n.anchor = &p
		return nil
	}
	if d := geo.Distance(*n.anchor, p); !(d <= n.limitM) {
		return vigia.Errorf(vigia.Invalid, "the place is %.0f km from %s; at most %.0f km can belong to one flight", d/1000, n.what, n.limitM/1000)
	}
	return nil
}

// checkLocal is check for metres in the frame.
func (n *nearness) checkLocal(l geo.Local) *vigia.Error {
	if d := math.Hypot(math.Hypot(l.X, l.Y), l.Z); !(d <= n.limitM) {
		return vigia.Errorf(vigia.Invalid, "the place is %.0f km from the frame's origin; at most %.0f km can belong to one flight", d/1000, n.limitM/1000)
	}
	return nil
}
