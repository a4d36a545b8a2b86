package misb

// The sets about the picture itself that nest in ST 0601.

// A range image: MISB ST 1002.2. Item 21 is a CRC-16 where the set is sent on
// its own.
var st1002 = newTable("ST 1002", KeyRangeImage, []*Spec{
	{Tag: 1, Name: "Precision Timestamp", Unit: "µs", codec: unsigned{8}},
	{Tag: 11, Name: "Document Version", codec: oid{}},
	{Tag: 12, Name: "Range Image Enumerations", codec: pack(rangeKind)},
	{Tag: 13, Name: "Range Measurement", Unit: "m", codec: float{}},
	{Tag: 14, Name: "Range Measurement Uncertainty", Unit: "m", codec: float{}},
	{Tag: 15, Name: "Range Measurement Row Coordinate", Unit: "px", codec: float{}},
	{Tag: 16, Name: "Range Measurement Column Coordinate", Unit: "px", codec: float{}},
	{Tag: 17, Name: "Number of Sections in X", codec: oid{}},
	{Tag: 18, Name: "Number of Sections in Y", codec: oid{}},
	{Tag: 19, Name: "Generalized Transformation Local Set", codec: nested{&st1202}},
	{Tag: 20, Name: "Section Data Pack", codec: pack(section)},
	{Tag: 21, Name: "Checksum", codec: unsigned{2}},
}).checked(21, crc16)

// A generalised transformation of pixels: MISB ST 1202.2.
var st1202 = newTable("ST 1202", KeyTransform, []*Spec{
	{Tag: 1, Name: "X Equation Numerator - X Factor", codec: float{}},
	{Tag: 2, Name: "X Equation Numerator - Y Factor", codec: float{}},
	{Tag: 3, Name: "X Equation Numerator - Constant", codec: float{}},
	{Tag: 4, Name: "Y Equation Numerator - X Factor", codec: float{}},
	{Tag: 5, Name: "Y Equation Numerator - Y Factor", codec: float{}},
	{Tag: 6, Name: "Y Equation Numerator - Constant", codec: float{}},
	{Tag: 7, Name: "Denominator - X Factor", codec: float{}},
	{Tag: 8, Name: "Denominator - Y Factor", codec: float{}},
	{Tag: 9, Name: "SDCC-FLP", codec: sdcc{}},
	{Tag: 10, Name: "Document Version", codec: unsigned{1}},
	{Tag: 11, Name: "Transformation Type", codec: named("Not Defined", "Chipping", "Child-Parent", "Pixel to Image Space", "Optical")},
})

// Motion imagery of a synthetic aperture radar: MISB ST 1206.1.
var st1206 = newTable("ST 1206", KeySAR, []*Spec{
	{Tag: 1, Name: "Grazing Angle", Unit: "deg", codec: imapb{0, 90, 2}},
	{Tag: 2, Name: "Ground Plane Squint Angle", Unit: "deg", codec: imapb{-90, 90, 2}},
	{Tag: 3, Name: "Look Direction", codec: named("Left", "Right")},
	{Tag: 4, Name: "Image Plane", codec: named("Slant", "Ground", "Other")},
	{Tag: 5, Name: "Range Resolution", Unit: "m", codec: imapb{0, 1e+06, 4}},
	{Tag: 6, Name: "Cross-Range Resolution", Unit: "m", codec: imapb{0, 1e+06, 4}},
	{Tag: 7, Name: "Range Image Plane Pixel Size", Unit: "m", codec: imapb{0, 1e+06, 4}},
	{Tag: 8, Name: "Cross-Range Image Plane Pixel Size", Unit: "m", codec: imapb{0, 1e+06, 4}},
	{Tag: 9, Name: "Image Rows", Unit: "px", codec: unsigned{2}},
	{Tag: 10, Name: "Image Columns", Unit: "px", codec: unsigned{2}},
	{Tag: 11, Name: "Range Direction Angle", Unit: "deg", codec: imapb{0, 360, 2}},
	{Tag: 12, Name: "True North", Unit: "deg", codec: imapb{0, 360, 2}},
	{Tag: 13, Name: "Range Layover Angle", Unit: "deg", codec: imapb{0, 360, 2}},
	{Tag: 14, Name: "Ground Aperture Angular Extent", Unit: "deg", codec: imapb{0, 90, 2}},
	{Tag: 15, Name: "Aperture Duration", Unit: "µs", codec: unsigned{4}},
	{Tag: 16, Name: "Ground Track Angle", Unit: "deg", codec: imapb{0, 360, 2}},
	{Tag: 17, Name: "Minimum Detectable Velocity", Unit: "m/s", codec: imapb{0, 100, 2}},
	{Tag: 18, Name: "True Pulse Repetition Frequency", Unit: "Hz", codec: imapb{0, 1e+06, 4}},
	{Tag: 19, Name: "Pulse Repetition Frequency Scale Factor", codec: imapb{0, 1, 2}},
	{Tag: 20, Name: "Transmit RF Center Frequency", Unit: "Hz", codec: imapb{0, 1e+12, 4}},
	{Tag: 21, Name: "Transmit RF Bandwidth", Unit: "Hz", codec: imapb{0, 1e+11, 4}},
	{Tag: 22, Name: "Radar Cross Section Scale Factor Polynomial", codec: array{natural: real}},
	{Tag: 23, Name: "Reference Frame Precision Timestamp", Unit: "µs", codec: unsigned{8}},
	{Tag: 24, Name: "Reference Frame Grazing Angle", Unit: "deg", codec: imapb{0, 90, 2}},
	{Tag: 25, Name: "Reference Frame Ground Plane Squint Angle", Unit: "deg", codec: imapb{-90, 90, 2}},
	{Tag: 26, Name: "Reference Frame Range Direction Angle", Unit: "deg", codec: imapb{0, 360, 2}},
	{Tag: 27, Name: "Reference Frame Range Layover Angle", Unit: "deg", codec: imapb{0, 360, 2}},
	{Tag: 28, Name: "Document Version", codec: unsigned{1}},
})

// Geo-registration: MISB ST 1601.1.
var st1601 = newTable("ST 1601", Key{}, []*Spec{
	{Tag: 1, Name: "Document Version", codec: unsigned{}},
	{Tag: 2, Name: "Algorithm Name", codec: text{}},
	{Tag: 3, Name: "Algorithm Version", codec: text{}},
	{Tag: 4, Name: "Correspondence Points - Row / Column", codec: array{natural: whole}},
	{Tag: 5, Name: "Correspondence Points - Latitude / Longitude", codec: array{natural: real}},
	{Tag: 6, Name: "Second Image Name", codec: text{}},
	{Tag: 7, Name: "Algorithm Configuration Identifier", codec: uuid{}},
	{Tag: 8, Name: "Correspondence Points - Elevation", codec: array{natural: real}},
	{Tag: 9, Name: "Correspondence Points SDCC - Row / Column", codec: array{rows: pixelSpread}},
	{Tag: 10, Name: "Correspondence Points SDCC - Latitude / Longitude / Elevation", codec: array{rows: groundSpread}},
})

// A composite of pictures: MISB ST 1602.1.
var st1602 = newTable("ST 1602", Key{}, []*Spec{
	{Tag: 1, Name: "Precision Timestamp", Unit: "µs", codec: unsigned{8}},
	{Tag: 2, Name: "Document Version", codec: oid{}},
	{Tag: 3, Name: "Source Image Rows", Unit: "px", codec: unsigned{}},
	{Tag: 4, Name: "Source Image Columns", Unit: "px", codec: unsigned{}},
	{Tag: 5, Name: "Source Image AOI Rows", Unit: "px", codec: unsigned{}},
	{Tag: 6, Name: "Source Image AOI Columns", Unit: "px", codec: unsigned{}},
	{Tag: 7, Name: "Source Image AOI Position X", Unit: "px", codec: integer{}},
	{Tag: 8, Name: "Source Image AOI Position Y", Unit: "px", codec: integer{}},
	{Tag: 9, Name: "Sub-Image Rows", Unit: "px", codec: unsigned{}},
	{Tag: 10, Name: "Sub-Image Columns", Unit: "px", codec: unsigned{}},
	{Tag: 11, Name: "Sub-Image Position X", Unit: "px", codec: integer{}},
	{Tag: 12, Name: "Sub-Image Position Y", Unit: "px", codec: integer{}},
	{Tag: 13, Name: "Active Sub-Image Rows", Unit: "px", codec: unsigned{}},
	{Tag: 14, Name: "Active Sub-Image Columns", Unit: "px", codec: unsigned{}},
	{Tag: 15, Name: "Active Sub-Image Offset X", Unit: "px", codec: integer{}},
	{Tag: 16, Name: "Active Sub-Image Offset Y", Unit: "px", codec: integer{}},
	{Tag: 17, Name: "Transparency", codec: unsigned{1}},
	{Tag: 18, Name: "Z-Order", codec: unsigned{1}},
})

// rangeKind is how a range image was made (ST 1002.2 §6.2.3): one byte of three
// numbers.
func rangeKind(c *cursor) Value {
	v := c.oid()
	part := func(n uint64, e enum) Enum { return Enum{n, e[n]} }
	return Fields{
		{"compression_method", part(v&7, named("None", "Planar Fit"))},
		{"data_type", part(v>>3&7, named("Perspective Range Image", "Depth Range Image"))},
		{"source", part(v>>6&1, named("Computational Extracted", "Range Sensor"))},
	}
}

// section is a part of a range image (ST 1002.2 §6.2.11): parts with their
// lengths, of which the last may be left out.
func section(c *cursor) Value {
	part := func(k codec) Value {
		if len(c.b) == 0 {
			return nil
		}
		raw := c.lv()
		if len(raw) == 0 {
			return nil
		}
		v, err := k.decode(scope{}, raw)
		if err != nil {
			c.fail(err)
		}
		return v
	}
	return Fields{
		{"section_x", part(oid{})}, {"section_y", part(oid{})},
		{"measurements", part(array{natural: real})}, {"uncertainty", part(array{natural: real})},
		{"plane_x_scale", part(float{})}, {"plane_y_scale", part(float{})}, {"plane_constant", part(float{})},
	}
}
