package misb

// The remote video terminal set: MISB ST 0806.5. Its standard asks for a CRC-32
// in item 1 where it is sent on its own.
var st0806 = newTable("ST 0806", KeyRVT, []*Spec{
	{Tag: 1, Name: "Checksum", codec: unsigned{4}},
	{Tag: 2, Name: "Timestamp", Unit: "µs", codec: unsigned{8}},
	{Tag: 3, Name: "Platform True Airspeed", Unit: "m/s", codec: unsigned{2}},
	{Tag: 4, Name: "Platform Indicated Airspeed", Unit: "m/s", codec: unsigned{2}},
	{Tag: 5, Name: "Telemetry Accuracy Indicator", codec: blob{}},
	{Tag: 6, Name: "Frag Circle Radius", Unit: "m", codec: unsigned{2}},
	{Tag: 7, Name: "Frame Code", codec: unsigned{4}},
	{Tag: 8, Name: "UAS LS Version Number", codec: unsigned{1}},
	{Tag: 9, Name: "Video Data Rate", codec: unsigned{4}},
	{Tag: 10, Name: "Digital Video File Format", codec: text{}},
	{Tag: 11, Name: "User Defined Local Set", codec: nested{&userDefined}},
	{Tag: 12, Name: "Point of Interest Local Set", codec: nested{&pointOfInterest}},
	{Tag: 13, Name: "Area of Interest Local Set", codec: nested{&areaOfInterest}},
	{Tag: 14, Name: "MGRS Zone", codec: unsigned{1}},
	{Tag: 15, Name: "MGRS Latitude Band and Grid Square", codec: text{}},
	{Tag: 16, Name: "MGRS Easting", Unit: "m", codec: unsigned{3}},
	{Tag: 17, Name: "MGRS Northing", Unit: "m", codec: unsigned{3}},
	{Tag: 18, Name: "Frame Center MGRS Zone", codec: unsigned{1}},
	{Tag: 19, Name: "Frame Center MGRS Latitude Band and Grid Square", codec: text{}},
	{Tag: 20, Name: "Frame Center MGRS Easting", Unit: "m", codec: unsigned{3}},
	{Tag: 21, Name: "Frame Center MGRS Northing", Unit: "m", codec: unsigned{3}},
}).checked(1, crc32)

var pointOfInterest = newTable("ST 0806", Key{}, []*Spec{
	{Tag: 1, Name: "POI Number", codec: unsigned{2}},
	{Tag: 2, Name: "POI Latitude", Unit: "deg", codec: signed(-90, 90, 4)},
	{Tag: 3, Name: "POI Longitude", Unit: "deg", codec: signed(-180, 180, 4)},
	{Tag: 4, Name: "POI Altitude", Unit: "m", codec: scaled(-900, 19000, 2)},
	{Tag: 5, Name: "POI Type", codec: pointType},
	{Tag: 6, Name: "POI Text", codec: text{}},
	{Tag: 7, Name: "POI Source Icon", codec: text{}},
	{Tag: 8, Name: "POI Source ID", codec: text{}},
	{Tag: 9, Name: "POI Label", codec: text{}},
	{Tag: 10, Name: "Operation ID", codec: text{}},
})

var areaOfInterest = newTable("ST 0806", Key{}, []*Spec{
	{Tag: 1, Name: "AOI Number", codec: unsigned{2}},
	{Tag: 2, Name: "AOI Corner 1 Latitude", Unit: "deg", codec: signed(-90, 90, 4)},
	{Tag: 3, Name: "AOI Corner 1 Longitude", Unit: "deg", codec: signed(-180, 180, 4)},
	{Tag: 4, Name: "AOI Corner 3 Latitude", Unit: "deg", codec: signed(-90, 90, 4)},
	{Tag: 5, Name: "AOI Corner 3 Longitude", Unit: "deg", codec: signed(-180, 180, 4)},
	{Tag: 6, Name: "AOI Type", codec: pointType},
	{Tag: 7, Name: "AOI Text", codec: text{}},
	{Tag: 8, Name: "AOI Source ID", codec: text{}},
	{Tag: 9, Name: "AOI Label", codec: text{}},
	{Tag: 10, Name: "Operation ID", codec: text{}},
})

var userDefined = newTable("ST 0806", Key{}, []*Spec{
	{Tag: 1, Name: "Numeric ID and Data Type", codec: pack(userType)},
	{Tag: 2, Name: "User Data", codec: blob{}},
})

// pointType is a side that the sender drew; it is read and never acted on.
var pointType = enum{1: "Friendly", 2: "Hostile", 3: "Target", 4: "Unknown"}

// userType says what the user data are, and whose (ST 0806.5 §6.2.1).
func userType(c *cursor) Value {
	v := c.unsigned(1)
	kinds := named("String", "Signed Integer", "Unsigned Integer", "Experimental")
	return Fields{{"type", Enum{v >> 6, kinds[v>>6]}}, {"id", v & 0x3f}}
}
