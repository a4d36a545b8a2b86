package misb

import (
	"math"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A VMTI is what a detector saw move in a picture (ST 0903), for reading and
// writing at line rate.
type VMTI struct {
	Micros   uint64 // precision timestamp, µs; 0: that of the packet around it
	Version  uint64 // of ST 0903
	Detected uint64 // targets in all
	Frame    uint64 // number of the picture
	Width    uint64 // of the picture, pixels
	Height   uint64
	Targets  []Target // those that are reported
}

// A Target is one vehicle or person in view: an anonymous object with a class
// and a place. Its number holds for the stream and says nothing of who it is.
// Pictures of it, its colour and its features are not read.
type Target struct {
	ID         uint64
	Row, Col   uint64 // of the centroid, pixels from 1; 0: not known
	Confidence int    // of the detection, %; -1: not known
	Class      string // in the ontology's words; empty: not known
	State      int    // of the detections, ST 0903 Table 7; -1: not known
	Located    bool   // Location is known
	Location   geo.Point
	HasHeight  bool
	SigmaM     [3]float64 // one standard deviation of the location, east, north, up; 0: not known
}

// The items of ST 0903 that are read and written.
const (
	vmtiTime     = 2
	vmtiVersion  = 4
	vmtiDetected = 5
	vmtiReported = 6
	vmtiFrame    = 7
	vmtiWidth    = 8
	vmtiHeight   = 9
	vmtiTargets  = 101

	targetCentroid   = 1
	targetConfidence = 5
	targetOffsetLat  = 10
	targetOffsetLon  = 11
	targetHeight     = 12
	targetLocation   = 17
	targetRow        = 19
	targetCol        = 20
	targetObject     = 102
	targetTracker    = 104
	targetObjects    = 107

	objectClass  = 2
	trackerState = 2
)

var (
	offsetMaps = newMapping(-19.2, 19.2, 3)
	heightMaps = newMapping(-900, 19000, 2)
	sigmaMaps  = newMapping(0, 650, 2) // ST 0903.4 §8.2.17, location pack
	latMaps    = newMapping(-90, 90, 4)
	lonMaps    = newMapping(-180, 180, 4)
)

// Decode reads a VMTI set's value, such as Frame.Raw(VMTISet). center is the
// middle of the picture, from which places may be counted; without one such
// targets are not located. Targets is used again. The error is Invalid.
func (v *VMTI) Decode(b []byte, center *geo.Point) error {
	*v = VMTI{Targets: v.Targets[:0]}
	class := ""
	c := cursor{b: b}
	for len(c.b) > 0 {
		tag, raw := c.oid(), c.lv()
		if c.err != nil {
			return c.err
		}
		switch tag {
		case vmtiTime:
			v.Micros = short(raw)
		case vmtiVersion:
			v.Version = short(raw)
		case vmtiDetected:
			v.Detected = short(raw)
		case vmtiFrame:
			v.Frame = short(raw)
		case vmtiWidth:
			v.Width = short(raw)
		case vmtiHeight:
			v.Height = short(raw)
		case vmtiTargets:
			for s := (cursor{b: raw}); len(s.b) > 0; {
				one := s.lv()
				if s.err != nil {
					return s.err
				}
				t, err := readTarget(one, v.Width, center, &class)
				if err != nil {
					return err
				}
				v.Targets = append(v.Targets, t)
			}
		}
	}
	for i := range v.Targets { // the width may come after the series
		v.Targets[i].pixel(v.Width)
	}
	return nil
}

// short reads an integer; 0 where it is too long to be one.
func short(b []byte) uint64 {
	if len(b) > 8 {
		return 0
	}
	return readUnsigned(b)
}

// pixel works row and column out of a centroid that came as one number, which
// readTarget left in Col: (row - 1) × width + column (ST 0903.4 §8.2.1).
func (t *Target) pixel(width uint64) {
	if t.Row == 0 && t.Col > 0 && width > 0 {
		t.Row, t.Col = (t.Col-1)/width+1, (t.Col-1)%width+1
	}
}

// readTarget reads one target. class is the last one's, so that the same word is
// not kept again and again.
func readTarget(b []byte, width uint64, center *geo.Point, class *string) (Target, error) {
	t := Target{Confidence: -1, State: -1}
	c := cursor{b: b}
	t.ID = c.oid()
	var lat, lon float64
	offset := 0
	for len(c.b) > 0 {
		tag, raw := c.oid(), c.lv()
		if c.err != nil {
			return t, c.err
		}
		switch tag {
		case targetCentroid:
			if t.Row == 0 {
				t.Col = short(raw)
				t.pixel(width)
			}
		case targetRow:
			t.Row = short(raw)
		case targetCol:
			t.Col = short(raw)
		case targetConfidence:
			if len(raw) == 1 {
				t.Confidence = int(raw[0])
			}
		case targetOffsetLat:
			offset += unmap(raw, &offsetMaps, &lat)
		case targetOffsetLon:
			offset += unmap(raw, &offsetMaps, &lon)
		case targetHeight:
			t.HasHeight = unmap(raw, &heightMaps, &t.Location.Alt) == 1
		case targetLocation:
			t.place(raw)
		case targetObject:
			t.class(raw, class)
		case targetObjects:
			if s := (cursor{b: raw}); t.Class == "" && len(raw) > 0 {
				t.class(s.lv(), class)
			}
		case targetTracker:
			t.state(raw)
		}
	}
	if !t.Located && offset == 2 && center != nil {
		t.Located = true
		t.Location.Lat, t.Location.Lon = center.Lat+lat, center.Lon+lon
	}
	return t, c.err
}

// unmap reads a mapped float; it returns 1 where there is one.
func unmap(b []byte, m *mapping, to *float64) int {
	n := readUnsigned(b)
	if len(b) != m.length || n > m.sign {
		return 0
	}
	*to = m.float(n)
	return 1
}

// place reads a location pack.
func (t *Target) place(b []byte) {
	if len(b) < 10 {
		return
	}
	if unmap(b[:4], &latMaps, &t.Location.Lat)+unmap(b[4:8], &lonMaps, &t.Location.Lon) == 2 {
		t.Located = true
	}
	t.HasHeight = unmap(b[8:10], &heightMaps, &t.Location.Alt) == 1
	for i := range t.SigmaM {
		if at := 10 + 2*i; len(b) >= at+2 {
			unmap(b[at:at+2], &sigmaMaps, &t.SigmaM[i])
		}
	}
}

// class reads the class of an object set.
func (t *Target) class(b []byte, last *string) {
	if raw := find(b, objectClass); len(raw) > 0 {
		if string(raw) != *last {
			*last = string(raw)
		}
		t.Class = *last
	}
}

// state reads the state of a tracker set.
func (t *Target) state(b []byte) {
	if raw := find(b, trackerState); len(raw) == 1 {
		t.State = int(raw[0])
	}
}

// find returns the bytes of an item of a local set.
func find(b []byte, want uint64) []byte {
	for c := (cursor{b: b}); len(c.b) > 0; {
		tag, raw := c.oid(), c.lv()
		if c.err == nil && tag == want {
			return raw
		}
	}
	return nil
}

// Append writes the set's value after dst, without a checksum, as it stands in
// ST 0601. The error is Invalid: a target's place or number is out of range.
func (v *VMTI) Append(dst []byte) ([]byte, error) {
	put := func(tag uint64, n uint64, size int) {
		raw, err := unsigned{}.encode(nil, n, size)
		if err != nil { // wider than the standard's field; the value is kept whole
			raw, _ = unsigned{}.encode(nil, n, 0)
		}
		dst = append(appendLength(appendOID(dst, tag), len(raw)), raw...)
	}
	if v.Micros > 0 {
		put(vmtiTime, v.Micros, 8)
	}
	put(vmtiVersion, v.Version, 0)
	put(vmtiDetected, max(v.Detected, uint64(len(v.Targets))), 0)
	put(vmtiReported, uint64(len(v.Targets)), 0)
	put(vmtiFrame, v.Frame, 0)
	if v.Width > 0 && v.Height > 0 {
		put(vmtiWidth, v.Width, 0)
		put(vmtiHeight, v.Height, 0)
	}
	var all []byte
	for i := range v.Targets {
		one, err := v.Targets[i].append(nil)
		if err != nil {
			return nil, err
		}
		all = append(appendLength(all, len(one)), one...)
	}
	if len(all) > 0 {
		dst = append(appendLength(appendOID(dst, vmtiTargets), len(all)), all...)
	}
	return dst, nil
}

func (t *Target) append(dst []byte) ([]byte, error) {
	dst = appendOID(dst, t.ID)
	put := func(tag uint64, raw []byte) {
		dst = append(appendLength(appendOID(dst, tag), len(raw)), raw...)
	}
	if t.Confidence >= 0 {
		if t.Confidence > 100 {
			return nil, vigia.Errorf(vigia.Invalid, "a confidence of %d %%", t.Confidence)
		}
		put(targetConfidence, []byte{byte(t.Confidence)})
	}
	if t.Located {
		raw, err := t.location()
		if err != nil {
			return nil, err
		}
		put(targetLocation, raw)
	}
	if t.Row > 0 && t.Col > 0 {
		row, _ := unsigned{}.encode(nil, t.Row, 0)
		col, _ := unsigned{}.encode(nil, t.Col, 0)
		put(targetRow, row)
		put(targetCol, col)
	}
	if t.Class != "" {
		put(targetObject, append(appendLength([]byte{objectClass}, len(t.Class)), t.Class...))
	}
	if t.State >= 0 {
		put(targetTracker, []byte{trackerState, 1, byte(t.State)})
	}
	return dst, nil
}

func (t *Target) location() ([]byte, error) {
	if err := t.Location.Valid(); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "target %d: %v", t.ID, err)
	}
	lat, _ := latMaps.integer(t.Location.Lat)
	lon, _ := lonMaps.integer(t.Location.Lon)
	raw := appendUnsigned(appendUnsigned(nil, lat, 4), lon, 4)
	if t.HasHeight {
		alt, ok := heightMaps.integer(math.Min(t.Location.Alt, heightMaps.hi))
		if !ok {
			return nil, vigia.Errorf(vigia.Invalid, "target %d: a height of %v m", t.ID, t.Location.Alt)
		}
		raw = appendUnsigned(raw, alt, 2)
	} else {
		raw = append(raw, 0xd0, 0) // NaN: the pack has no shorter form
	}
	if t.SigmaM == [3]float64{} {
		return raw, nil
	}
	for _, sigma := range t.SigmaM {
		n, ok := sigmaMaps.integer(math.Min(sigma, sigmaMaps.hi))
		if !ok {
			return nil, vigia.Errorf(vigia.Invalid, "target %d: a standard deviation of %v m", t.ID, sigma)
		}
		raw = appendUnsigned(raw, n, 2)
	}
	return raw, nil
}
