package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// Bounds on a file of buildings. A capital has some hundreds of thousands of
// buildings; a palace's outline some hundreds of corners.
const (
	BuildingLimit = 1_000_000  // buildings in a file
	RingLimit     = 10_000     // positions in a ring, and rings in a building
	PositionLimit = 20_000_000 // positions in a file
	FeatureLimit  = 4 << 20    // bytes of one feature
	ErrorLimit    = 100        // errors that are kept; more are counted
)

// A BuildingRecord is one building, as it was read.
type BuildingRecord struct {
	Offset   int64          // of the feature in the input
	Line     int            // that the feature begins on; 1 is the first
	Building vigia.Building // WGS 84
	Local    geo.Polygon    // in the file's own metres; nil for a WGS 84 file
}

// Buildings is what a file of buildings holds.
type Buildings struct {
	Records  []BuildingRecord
	Local    bool           // the file has a top-level "vigia:frame": "local"
	Errors   []*vigia.Error // of features that cannot be read, the first ErrorLimit
	Bad      int            // features that cannot be read
	Warnings []string
}

// ReadBuildings reads a GeoJSON FeatureCollection (RFC 7946 §3.3) of Polygons
// and MultiPolygons; each part of the latter becomes a building of its own,
// named id#1, id#2 and on. An id is the feature's, or else its property "id".
// A feature that cannot be read is one of Buildings.Errors; JSON that cannot
// be read is the error.
func ReadBuildings(r io.Reader, o Options) (Buildings, error) {
	br := &buildingReader{options: o, near: newNearness(o), in: &meteredReader{r: r}, seen: map[vigia.ID]bool{}}
	br.in.grant(0)
	br.dec = json.NewDecoder(br.in)
	if err := br.collection(); err != nil {
		return br.out, br.fatal(err)
	}
	br.finish()
	return br.out, nil
}

type buildingReader struct {
	options Options
	near    nearness
	in      *meteredReader
	dec     *json.Decoder
	seen    map[vigia.ID]bool
	out     Buildings
	parts   []part
	corners int // positions in parts
	skipped int
}

// A part is a polygon whose frame is not known until the whole file is read:
// "vigia:frame" may stand behind the features.
type part struct {
	offset  int64
	line    int
	feature int
	id      vigia.ID
	polygon geo.Polygon
}

// collection reads the top-level object, member by member.
func (r *buildingReader) collection() error {
	if err := r.delim('{'); err != nil {
		return err
	}
	kind, hasFeatures := "", false
	for r.dec.More() {
		r.in.grant(r.dec.InputOffset())
		key, err := r.dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "type":
			err = r.dec.Decode(&kind)
		case "vigia:frame":
			var frame string
			if err = r.dec.Decode(&frame); err == nil && frame != "local" {
				err = r.errorf("vigia:frame", "the frame %q is not known; there is \"local\"", clip(frame))
			}
			r.out.Local = true
		case "features":
			hasFeatures = true
			err = r.features()
		default:
			var skip json.RawMessage
			err = r.dec.Decode(&skip)
		}
		if err != nil {
			return err
		}
	}
	if err := r.delim('}'); err != nil {
		return err
	}
	switch {
	case kind != "FeatureCollection":
		return r.errorf("type", "the file is a %q; a FeatureCollection is needed", clip(kind))
	case !hasFeatures:
		return r.errorf("features", "the FeatureCollection has no features member")
	case r.out.Local && r.options.Frame == nil:
		return r.errorf("vigia:frame", "the places are local metres, and no origin is given to place them")
	}
	return nil
}

func (r *buildingReader) features() error {
	if err := r.delim('['); err != nil {
		return err
	}
	for i := 0; r.dec.More(); i++ {
		r.in.grant(r.dec.InputOffset())
		var raw json.RawMessage
		if err := r.dec.Decode(&raw); err != nil {
			return err
		}
		at := r.dec.InputOffset() - int64(len(raw))
		p := part{offset: at, line: r.in.lineAt(at), feature: i}
		var f feature
		if err := json.Unmarshal(raw, &f); err != nil {
			var wrongType *json.UnmarshalTypeError
			if errors.As(err, &wrongType) {
				r.bad(p, wrongType.Field, "%s cannot stand here", wrongType.Value)
			} else {
				r.bad(p, "", "%v", err)
			}
			continue
		}
		if err := r.feature(p, f); err != nil {
			return err
		}
	}
	return r.delim(']')
}

type feature struct {
	Type       string          `json:"type"`
	ID         json.RawMessage `json:"id"`
	Properties struct {
		ID json.RawMessage `json:"id"`
	} `json:"properties"`
	Geometry *struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

// feature keeps the parts of one feature. An error is final.
func (r *buildingReader) feature(p part, f feature) error {
	if f.Geometry == nil || (f.Geometry.Type != "Polygon" && f.Geometry.Type != "MultiPolygon") {
		r.skipped++
		return nil
	}
	id := featureID(f.ID)
	if id == "" {
		id = featureID(f.Properties.ID)
	}
	if id == "" {
		r.bad(p, "id", "a building needs an id: a text or a whole number, of the feature or among its properties")
		return nil
	}
	polygons, err := polygonsOf(f.Geometry.Type, f.Geometry.Coordinates)
	if err != nil {
		r.bad(p, "geometry", "%v", err)
		return nil
	}
	for k, polygon := range polygons {
		p.id, p.polygon = id, polygon
		if len(polygons) > 1 {
			p.id = vigia.ID(fmt.Sprintf("%s#%d", id, k+1))
		}
		if r.seen[p.id] {
			r.bad(p, "id", "another building is called %q", clip(string(p.id)))
			continue
		}
		r.seen[p.id] = true
		if r.parts = append(r.parts, p); len(r.parts) > BuildingLimit {
			return r.errorf("features", "there are more than %d buildings", BuildingLimit)
		}
		for _, ring := range polygon {
			r.corners += len(ring)
		}
		if r.corners > PositionLimit {
			return r.errorf("features", "the buildings have more than %d corners", PositionLimit)
		}
	}
	return nil
}

// featureID reads a text of 1 to 128 bytes or a number as it is written.
func featureID(raw json.RawMessage) vigia.ID {
	var s string
	var n json.Number
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		return ""
	case json.Unmarshal(raw, &s) == nil:
	case json.Unmarshal(raw, &n) == nil:
		s = n.String()
	}
	if len(s) > 128 {
		return ""
	}
	return vigia.ID(s)
}

// polygonsOf reads the coordinates of a Polygon or a MultiPolygon.
func polygonsOf(kind string, coordinates json.RawMessage) ([]geo.Polygon, error) {
	if bytes.Contains(coordinates, []byte("null")) { // which would read as 0
		return nil, errors.New("there is a null among the coordinates")
	}
	var raw [][][][]float64
	if kind == "Polygon" {
		raw = make([][][][]float64, 1)
		if err := json.Unmarshal(coordinates, &raw[0]); err != nil {
			return nil, errors.New("the coordinates are not rings of positions")
		}
	} else if err := json.Unmarshal(coordinates, &raw); err != nil {
		return nil, errors.New("the coordinates are not polygons of rings of positions")
	}
	if len(raw) == 0 {
		return nil, errors.New("the MultiPolygon is empty")
	}
	out := make([]geo.Polygon, len(raw))
	for k, rings := range raw {
		if len(rings) > RingLimit {
			return nil, fmt.Errorf("there are %d rings; at most %d are read", len(rings), RingLimit)
		}
		out[k] = make(geo.Polygon, len(rings))
		for i, ring := range rings {
			if len(ring) > RingLimit {
				return nil, fmt.Errorf("ring %d has %d positions; at most %d are read", i, len(ring), RingLimit)
			}
			for j, v := range ring {
				if len(v) < 2 {
					return nil, fmt.Errorf("ring %d, position %d has %d numbers; 2 are needed", i, j, len(v))
				}
				out[k][i] = append(out[k][i], [2]float64{v[0], v[1]})
			}
		}
		if err := out[k].Valid(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// finish places the parts, now that the frame is known.
func (r *buildingReader) finish() {
	for _, p := range r.parts {
		rec := BuildingRecord{Offset: p.offset, Line: p.line, Building: vigia.Building{ID: p.id, Footprint: p.polygon}}
		if err := r.placeFault(p.polygon); err != nil {
			r.bad(p, "geometry", "%v", err)
			continue
		}
		if r.out.Local {
			rec.Local = p.polygon
			rec.Building.Footprint = r.options.Frame.PolygonToWGS84(p.polygon)
		}
		r.out.Records = append(r.out.Records, rec)
	}
	if r.skipped > 0 {
		r.out.Warnings = append(r.out.Warnings, fmt.Sprintf("features that are not polygons are ignored: %d", r.skipped))
	}
	sort.SliceStable(r.out.Errors, func(i, j int) bool { return r.out.Errors[i].Line < r.out.Errors[j].Line })
}

// placeFault says which position is not on the Earth, or far.
func (r *buildingReader) placeFault(p geo.Polygon) error {
	for _, ring := range p {
		for _, v := range ring {
			if r.out.Local {
				if e := r.near.checkLocal(geo.Local{X: v[0], Y: v[1]}); e != nil {
					return errors.New(e.Message)
				}
				continue
			}
			q := geo.Point{Lon: v[0], Lat: v[1]}
			if err := q.Valid(); err != nil {
				return err
			}
			if e := r.near.check(q); e != nil {
				return errors.New(e.Message)
			}
		}
	}
	return nil
}

func (r *buildingReader) bad(p part, column, format string, args ...any) {
	r.out.Bad++
	if len(r.out.Errors) == ErrorLimit {
		return
	}
	e := vigia.Errorf(vigia.Invalid, format, args...)
	e.File, e.Line = r.options.Name, p.line
	e.Column = "features[" + strconv.Itoa(p.feature) + "]"
	if column != "" {
		e.Column += "." + column
	}
	r.out.Errors = append(r.out.Errors, e)
}

// delim reads one bracket.
func (r *buildingReader) delim(want json.Delim) error {
	t, err := r.dec.Token()
	if err == nil && t != want {
		err = r.errorf("", "a GeoJSON FeatureCollection was expected, and %v stands in place of %q", t, want)
	}
	return err
}

func (r *buildingReader) errorf(column, format string, args ...any) *vigia.Error {
	e := vigia.Errorf(vigia.Invalid, format, args...)
	e.File, e.Line, e.Column = r.options.Name, r.in.lineAt(r.dec.InputOffset()), column
	return e
}

// fatal names the place of an error that ends the reading.
func (r *buildingReader) fatal(err error) error {
	var ours *vigia.Error
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(err, errTooMuch):
		return r.errorf("", "a feature or member has more than %d bytes", FeatureLimit)
	case errors.As(err, &syntax):
		return r.errorf("", "the JSON is broken near byte %d: %v", r.dec.InputOffset(), syntax)
	case errors.As(err, &wrongType):
		return r.errorf(wrongType.Field, "%s cannot stand here", wrongType.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.errorf("", "the file ends in the middle of the JSON")
	}
	return &readError{r.options.Name, r.in.lineAt(r.dec.InputOffset()), err}
}

// errTooMuch says that one value is larger than any feature may be.
var errTooMuch = errors.New("too many bytes in one value")

// A meteredReader lets FeatureLimit bytes through behind the last grant, so
// that the JSON decoder, which holds a whole value, holds no more than that.
// It remembers where lines end, up to what was asked about.
type meteredReader struct {
	r      io.Reader
	read   int64
	limit  int64
	breaks []int64 // offsets of line breaks behind the last question
	lines  int     // line breaks before it
}

func (m *meteredReader) grant(at int64) { m.limit = at + FeatureLimit }

func (m *meteredReader) Read(p []byte) (int, error) {
	left := m.limit - m.read
	if left <= 0 {
		return 0, errTooMuch
	}
	n, err := m.r.Read(p[:min(int64(len(p)), left)])
	for i, c := range p[:n] {
		if c == '\n' {
			m.breaks = append(m.breaks, m.read+int64(i))
		}
	}
	m.read += int64(n)
	return n, err
}

// lineAt is the line that the byte at offset stands on. Offsets that it is
// asked about must not decrease: it forgets.
func (m *meteredReader) lineAt(offset int64) int {
	n := sort.Search(len(m.breaks), func(i int) bool { return m.breaks[i] >= offset })
	m.lines += n
	m.breaks = append(m.breaks[:0], m.breaks[n:]...)
	return m.lines + 1
}

// WriteBuildings writes a FeatureCollection, a feature a line: in the frame's
// metres, to 0.1 mm, when there is one, else in WGS 84 degrees.
func WriteBuildings(w io.Writer, buildings []vigia.Building, frame *geo.Frame) error {
	head := `{"type":"FeatureCollection","features":[`
	if frame != nil {
		head = `{"type":"FeatureCollection","vigia:frame":"local","features":[`
	}
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	for i, b := range buildings {
		footprint := b.Footprint
		if frame != nil {
			footprint = frame.PolygonToLocal(footprint).Map(func(x, y float64) (float64, float64) {
				return roundMetres(x), roundMetres(y)
			})
		}
		line, err := json.Marshal(struct {
			Type       string      `json:"type"`
			ID         vigia.ID    `json:"id"`
			Properties struct{}    `json:"properties"`
			Geometry   geo.Polygon `json:"geometry"`
		}{Type: "Feature", ID: b.ID, Geometry: footprint})
		if err != nil {
			return err
		}
		separator := ",\n"
		if i == 0 {
			separator = "\n"
		}
		if _, err := w.Write(append([]byte(separator), line...)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "\n]}\n")
	return err
}
