package misb

// Moving targets in the picture: MISB ST 0903.4 to .6. The names are those of
// .4, which every later revision reads.
var st0903 = newTable("ST 0903", KeyVMTI, []*Spec{
	{Tag: 1, Name: "Checksum", codec: unsigned{2}},
	{Tag: 2, Name: "Precision Timestamp", Unit: "µs", codec: unsigned{8}},
	{Tag: 3, Name: "VMTI System Name", codec: text{}},
	{Tag: 4, Name: "VMTI LS Version", codec: unsigned{}},
	{Tag: 5, Name: "Total Number of Targets Detected", codec: unsigned{}},
	{Tag: 6, Name: "Number of Targets Reported", codec: unsigned{}},
	{Tag: 7, Name: "Frame Number", codec: unsigned{}},
	{Tag: 8, Name: "Frame Width", Unit: "px", codec: unsigned{}},
	{Tag: 9, Name: "Frame Height", Unit: "px", codec: unsigned{}},
	{Tag: 10, Name: "VMTI Source Sensor", codec: text{}},
	{Tag: 11, Name: "VMTI Horizontal FOV", Unit: "deg", codec: imapb{0, 180, 2}},
	{Tag: 12, Name: "VMTI Vertical FOV", Unit: "deg", codec: imapb{0, 180, 2}},
	{Tag: 13, Name: "MIIS ID", codec: miis{}},
	{Tag: 101, Name: "VTarget Series", codec: series{numbered{&vTarget}}},
	{Tag: 102, Name: "Algorithm Series", codec: series{nested{&algorithm}}},
	{Tag: 103, Name: "Ontology Series", codec: series{nested{&ontology}}},
}).checked(1, sum16)

// vTarget is one target (§8.2 and on).
var vTarget = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "Target Centroid", codec: unsigned{}},
	{Tag: 2, Name: "Boundary Top Left", codec: unsigned{}},
	{Tag: 3, Name: "Boundary Bottom Right", codec: unsigned{}},
	{Tag: 4, Name: "Target Priority", codec: unsigned{1}},
	{Tag: 5, Name: "Target Confidence Level", Unit: "%", codec: unsigned{1}},
	{Tag: 6, Name: "Target History", codec: unsigned{}},
	{Tag: 7, Name: "Percentage of Target Pixels", Unit: "%", codec: unsigned{1}},
	{Tag: 8, Name: "Target Color", codec: unsigned{3}},
	{Tag: 9, Name: "Target Intensity", codec: unsigned{}},
	{Tag: 10, Name: "Target Location Offset Latitude", Unit: "deg", codec: imapb{-19.2, 19.2, 3}},
	{Tag: 11, Name: "Target Location Offset Longitude", Unit: "deg", codec: imapb{-19.2, 19.2, 3}},
	{Tag: 12, Name: "Target Height Above Ellipsoid", Unit: "m", codec: imapb{-900, 19000, 2}},
	{Tag: 13, Name: "Boundary Top Left Latitude Offset", Unit: "deg", codec: imapb{-19.2, 19.2, 3}},
	{Tag: 14, Name: "Boundary Top Left Longitude Offset", Unit: "deg", codec: imapb{-19.2, 19.2, 3}},
	{Tag: 15, Name: "Boundary Bottom Right Latitude Offset", Unit: "deg", codec: imapb{-19.2, 19.2, 3}},
	{Tag: 16, Name: "Boundary Bottom Right Longitude Offset", Unit: "deg", codec: imapb{-19.2, 19.2, 3}},
	{Tag: 17, Name: "Target Location", codec: pack(location)},
	{Tag: 18, Name: "Target Boundary Series", codec: series{pack(location)}},
	{Tag: 19, Name: "Centroid Pixel Row", Unit: "px", codec: unsigned{}},
	{Tag: 20, Name: "Centroid Pixel Column", Unit: "px", codec: unsigned{}},
	{Tag: 21, Name: "FPA Index Pack", codec: pack(focalPlane)},
	{Tag: 22, Name: "Algorithm ID", codec: unsigned{}},
	{Tag: 23, Name: "Detection Status", codec: detection},
	{Tag: 101, Name: "Target Mask", codec: nested{&vMask}},
	{Tag: 102, Name: "Target Object", codec: nested{&vObject}},
	{Tag: 103, Name: "Target Features", codec: nested{&vFeature}},
	{Tag: 104, Name: "Target Tracker", codec: nested{&vTracker}},
	{Tag: 105, Name: "Target Chip", codec: nested{&vChip}},
	{Tag: 106, Name: "Chip Series", codec: series{nested{&vChip}}},
	{Tag: 107, Name: "Object Series", codec: series{nested{&vObject}}},
})

var vMask = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "Polygon", codec: series{unsigned{}}},
	{Tag: 2, Name: "Bitmask Series", codec: pack(runs)},
})

var vObject = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "Ontology", codec: text{}},
	{Tag: 2, Name: "Ontology Class", codec: text{}},
	{Tag: 3, Name: "Ontology ID", codec: unsigned{}},
	{Tag: 4, Name: "Confidence", Unit: "%", codec: imapb{0, 100, 3}},
})

var vFeature = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "Schema", codec: text{}},
	{Tag: 2, Name: "Schema Feature", codec: text{}},
	{Tag: 3, Name: "Ontology ID", codec: unsigned{}},
	{Tag: 4, Name: "Confidence", Unit: "%", codec: imapb{0, 100, 2}},
})

var vTracker = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "Track ID", codec: uuid{}},
	{Tag: 2, Name: "Detection Status", codec: detection},
	{Tag: 3, Name: "Start Time", Unit: "µs", codec: unsigned{8}},
	{Tag: 4, Name: "End Time", Unit: "µs", codec: unsigned{8}},
	{Tag: 5, Name: "Boundary Series", codec: series{pack(location)}},
	{Tag: 6, Name: "Algorithm", codec: text{}},
	{Tag: 7, Name: "Confidence Level", Unit: "%", codec: unsigned{1}},
	{Tag: 8, Name: "Number of Track Points", codec: unsigned{}},
	{Tag: 9, Name: "Track History Series", codec: series{pack(location)}},
	{Tag: 10, Name: "Velocity", codec: pack(velocity)},
	{Tag: 11, Name: "Acceleration", codec: pack(velocity)},
	{Tag: 12, Name: "Algorithm ID", codec: unsigned{}},
})

var vChip = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "Image Type", codec: text{}},
	{Tag: 2, Name: "Image URI", codec: text{}},
	{Tag: 3, Name: "Embedded Image", codec: blob{}},
})

var algorithm = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "ID", codec: unsigned{}},
	{Tag: 2, Name: "Name", codec: text{}},
	{Tag: 3, Name: "Version", codec: text{}},
	{Tag: 4, Name: "Class", codec: text{}},
	{Tag: 5, Name: "Frame Count", codec: unsigned{}},
})

var ontology = newTable("ST 0903", Key{}, []*Spec{
	{Tag: 1, Name: "ID", codec: unsigned{}},
	{Tag: 2, Name: "Parent ID", codec: unsigned{}},
	{Tag: 3, Name: "URI", codec: text{}},
	{Tag: 4, Name: "Class", codec: text{}},
	{Tag: 5, Name: "Version", codec: text{}},
	{Tag: 6, Name: "Label", codec: text{}},
})

// detection is the state of a target's detections (ST 0903.4 Table 7).
var detection = named("Inactive", "Active-Moving", "Dropped", "Active-Stopped", "Active-Coasting")

// A Numbered is a set with a number before it, as in the series of targets.
type Numbered struct {
	ID  uint64
	Set *Set
}

// numbered reads a Numbered.
type numbered struct{ of **Table }

func (c numbered) decode(at scope, b []byte) (Value, error) {
	k := cursor{b: b}
	id := k.oid()
	if k.err != nil {
		return nil, k.err
	}
	v, err := nested(c).decode(at, k.b)
	if err != nil {
		return nil, err
	}
	return Numbered{ID: id, Set: v.(*Set)}, nil
}

func (c numbered) encode(dst []byte, v Value, _ int) ([]byte, error) {
	n, ok := v.(Numbered)
	if !ok {
		return nil, badValue(v, "a numbered set")
	}
	return nested(c).encode(appendOID(dst, n.ID), n.Set, 0)
}

// location is a place with, when they are known, the standard deviations and
// correlations of its east, north and up (ST 0903.4 §8.4).
func location(c *cursor) Value {
	f := Fields{
		{"latitude", c.mapped(-90, 90, 4)},
		{"longitude", c.mapped(-180, 180, 4)},
		{"altitude", c.mapped(-900, 19000, 2)},
	}
	return append(f, spread(c)...)
}

// velocity is a velocity, m/s, or an acceleration, m/s² (ST 0903.4 §8.5, §8.6).
func velocity(c *cursor) Value {
	f := Fields{
		{"east", c.mapped(-900, 900, 2)},
		{"north", c.mapped(-900, 900, 2)},
		{"up", c.mapped(-900, 900, 2)},
	}
	return append(f, spread(c)...)
}

func spread(c *cursor) Fields {
	f := Fields{{"sigma", nil}, {"rho", nil}}
	if len(c.b) > 0 {
		f[0].Value = Fields{{"east", c.mapped(0, 650, 2)}, {"north", c.mapped(0, 650, 2)}, {"up", c.mapped(0, 650, 2)}}
	}
	if len(c.b) > 0 {
		f[1].Value = Fields{{"east_north", c.mapped(-1, 1, 2)}, {"east_up", c.mapped(-1, 1, 2)}, {"north_up", c.mapped(-1, 1, 2)}}
	}
	return f
}

// focalPlane is which of the focal plane arrays saw the target.
func focalPlane(c *cursor) Value {
	return Fields{{"row", c.unsigned(1)}, {"column", c.unsigned(1)}}
}

// runs is a mask: from which pixel on, how many (ST 0903.4 §8.7.2).
func runs(c *cursor) Value {
	list := List{}
	for len(c.b) > 0 {
		run := cursor{b: c.lv()}
		list = append(list, Fields{{"index", readShort(&run)}, {"length", uint64(run.length())}})
		if err := run.done(); err != nil {
			c.fail(err)
		}
	}
	return list
}

// readShort reads an integer of up to 8 bytes with its length before it.
func readShort(c *cursor) uint64 {
	b := c.lv()
	if len(b) > 8 {
		c.fail(badLength(len(b)))
		return 0
	}
	return readUnsigned(b)
}
