package follow

import (
	"encoding/json"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// span is how much time one look gathers.
const span = time.Minute

// maxAreas bounds the footprints of one look; a camera that turns faster is
// told by those it began with.
const maxAreas = 64

// look gathers what the flight had in view. A camera says so by the corners of
// its picture; reports without any come from a sensor that sees all of the
// authorised area.
func (w *Watch) look(b vigia.Batch, seq uint64, out *Outcome) {
	for _, p := range b.Poses {
		if len(p.Corners) == 4 && w.hours(p.Time) {
			w.sees(p.Time, footprint(p.Corners), seq, out)
		}
	}
	for _, r := range b.Reports {
		if w.hours(r.Time) && len(b.Poses) == 0 {
			w.sees(r.Time, nil, seq, out)
		}
	}
}

func (w *Watch) hours(t time.Time) bool {
	return !t.Before(w.authorisation.From) && t.Before(w.authorisation.Until)
}

func footprint(corners []geo.Point) geo.Polygon {
	ring := make([][2]float64, 0, len(corners))
	for _, c := range corners {
		ring = append(ring, [2]float64{c.Lon, c.Lat})
	}
	return geo.Polygon{ring}
}

// sees adds an area to the look of its minute; nil is all of the area.
func (w *Watch) sees(at time.Time, area geo.Polygon, seq uint64, out *Outcome) {
	from := at.Truncate(span)
	if w.minute != nil && !w.minute.From.Equal(from) {
		out.Looks = append(out.Looks, w.finish())
	}
	if w.minute == nil {
		w.minute = &vigia.Look{Flight: w.flight.ID, From: from, To: from.Add(span)}
		w.minuteBegun = seq
		clear(w.told)
	}
	key, err := json.Marshal(area)
	if err != nil || w.told[string(key)] || len(w.told) >= maxAreas {
		return
	}
	w.told[string(key)] = true
	if area == nil {
		area = w.authorisation.Volume.Footprint
	}
	w.minute.Areas = append(w.minute.Areas, area)
}

// finish is the look that was gathered.
func (w *Watch) finish() vigia.Look {
	l := *w.minute
	w.minute = nil
	l.Expires = l.To.Add(w.keep.Visits)
	l.ID = vigia.NewID("look", l)
	return l
}
