package misb

// The packs of ST 0601, by its section on each item.

// horizon is Item 81: where the horizon crosses the picture, in percent of its
// width and height, and where on earth these points are.
func horizon(c *cursor) Value {
	f := Fields{{"x0", c.unsigned(1)}, {"y0", c.unsigned(1)}, {"x1", c.unsigned(1)}, {"y1", c.unsigned(1)}}
	if len(c.b) == 0 {
		return f
	}
	degree := func(bound float64) Value {
		b := c.take(4)
		if b == nil {
			return nil
		}
		v, err := signed(-bound, bound, 4).decode(scope{}, b)
		if err != nil {
			c.fail(err)
		}
		return v
	}
	return append(f, Field{"latitude0", degree(90)}, Field{"longitude0", degree(180)},
		Field{"latitude1", degree(90)}, Field{"longitude1", degree(180)})
}

// controlCommand is Item 115: what the ground told the aircraft.
func controlCommand(c *cursor) Value {
	f := Fields{{"id", c.oid()}, {"string", lvText(c)}, {"timestamp", nil}}
	if len(c.b) > 0 {
		f[2].Value = c.unsigned(8)
	}
	return f
}

// lvText reads text with its length before it; nil where it is empty.
func lvText(c *cursor) Value {
	if len(c.b) == 0 {
		return nil
	}
	b := c.lv()
	if len(b) == 0 {
		return nil
	}
	return textOf(c, b)
}

func textOf(c *cursor, b []byte) Value {
	v, err := text{}.decode(scope{}, b)
	if err != nil {
		c.fail(err)
	}
	return v
}

// countryCodes is Item 122; those at the end may be left out.
func countryCodes(c *cursor) Value {
	var method Value
	if b := c.lv(); len(b) > 0 && len(b) <= 8 {
		n := readUnsigned(b)
		method = Enum{n, countryCoding[n]}
	}
	return Fields{
		{"coding_method", method}, {"overflight_country", lvText(c)},
		{"operator_country", lvText(c)}, {"country_of_manufacture", lvText(c)},
	}
}

// frameRate is Item 127: pictures a second, as a fraction.
func frameRate(c *cursor) Value {
	f := Fields{{"numerator", c.oid()}, {"denominator", uint64(1)}}
	if len(c.b) > 0 {
		f[1].Value = c.oid()
	}
	return f
}

// wavelength is one record of Item 128, nm.
func wavelength(c *cursor) Value {
	return Fields{
		{"id", c.oid()}, {"min", c.mapped(0, 1e9, 4)}, {"max", c.mapped(0, 1e9, 4)},
		{"name", textOf(c, c.take(len(c.b)))},
	}
}

// place is a position of Items 130 and 141: degrees, and metres above the
// ellipsoid, which may be left out.
func place(b []byte) (Value, error) {
	c := cursor{b: b}
	f := Fields{{"latitude", c.mapped(-90, 90, 4)}, {"longitude", c.mapped(-180, 180, 4)}, {"altitude", nil}}
	if len(c.b) > 0 {
		f[2].Value = c.mapped(-900, 9000, 3)
	}
	return f, c.done()
}

// airbases is Item 130. Without a second place, recovery is where take-off was;
// an empty one is not known.
func airbases(c *cursor) Value {
	read := func() Value {
		b := c.lv()
		if len(b) == 0 {
			return nil
		}
		v, err := place(b)
		if err != nil {
			c.fail(err)
		}
		return v
	}
	from := read()
	to := from
	if len(c.b) > 0 {
		to = read()
	}
	return Fields{{"take_off_location", from}, {"recovery_location", to}}
}

// payloads is Item 138: how many, and a record for each.
func payloads(c *cursor) Value {
	list := List{}
	c.oid() // how many: the list itself says so
	for len(c.b) > 0 {
		r := cursor{b: c.lv()}
		id, kind := r.oid(), r.oid()
		list = append(list, Fields{{"id", id}, {"type", Enum{kind, payloadKinds[kind]}}, {"name", lvText(&r)}})
		if err := r.done(); err != nil {
			c.fail(err)
		}
	}
	return list
}

var payloadKinds = named("Electro Optical MI Sensor", "LIDAR", "RADAR", "SIGINT", "SAR")

// store is one record of Item 140, which other peoples' aircraft send. It is
// read so that nothing is lost; this house writes none.
func store(c *cursor) Value {
	f := Fields{{"station_id", c.oid()}, {"hardpoint_id", c.oid()}, {"carriage_id", c.oid()}, {"store_id", c.oid()}}
	status := c.oid()
	general := status & 0xff
	return append(f,
		Field{"general_status", Enum{general, storeStates[general]}},
		Field{"engagement_status", storeFlags.of(status >> 8 & 0x0f)},
		Field{"weapon_type", lvText(c)})
}

var (
	storeStates = named("Off", "Initialization", "Ready/Degraded", "Ready/All Up Round", "Launch", "Free Flight",
		"Abort", "Miss Fire", "Hang Fire", "Jettisoned", "Stepped Over", "No Status Available")
	storeFlags = flags{"Fuze Enabled", "Laser Enabled", "Target Enabled", "Weapon Armed"}
)

// waypoint is one record of Item 141.
func waypoint(c *cursor) Value {
	f := Fields{{"id", c.oid()}, {"order", c.signed(2)}, {"info", nil}, {"location", nil}}
	if len(c.b) > 0 {
		f[2].Value = flags{"Mode Bit", "Source Bit"}.of(c.unsigned(1))
	}
	if len(c.b) > 0 {
		v, err := place(c.take(len(c.b)))
		if err != nil {
			c.fail(err)
		}
		f[3].Value = v
	}
	return f
}

// viewDomain is Item 142: for each axis from where and how far the sensor can
// turn, degrees.
func viewDomain(c *cursor) Value {
	var f Fields
	for _, axis := range []struct {
		name   string
		lo, hi float64
	}{{"azimuth", 0, 360}, {"elevation", -180, 180}, {"roll", 0, 360}} {
		var v Value
		if len(c.b) > 0 {
			if b := c.lv(); len(b) > 0 {
				r := cursor{b: b}
				v = Fields{{"start", r.mapped(axis.lo, axis.hi, len(b)/2)}, {"range", r.mapped(0, 360, len(b)/2)}}
				if err := r.done(); err != nil {
					c.fail(err)
				}
			}
		}
		f = append(f, Field{axis.name, v})
	}
	return f
}

// substream is Item 143 (ST 1607): a number, or 0 and a UUID.
func substream(c *cursor) Value {
	f := Fields{{"local_id", c.oid()}, {"universal_id", nil}}
	if len(c.b) > 0 {
		if b := c.take(16); b != nil {
			f[1].Value = UUID(b)
		}
	}
	return f
}
