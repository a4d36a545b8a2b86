package misb

import "github.com/vigia-project/vigia"

// A pack is a value of several parts read by a function and written as the bytes that
// it was read from.
type pack func(c *cursor) Value

func (p pack) decode(_ scope, b []byte) (Value, error) {
	c := cursor{b: b}
	v := p(&c)
	return v, c.done()
}

// encode refuses: packs are kept and written as bytes.
func (p pack) encode([]byte, Value, int) ([]byte, error) {
	return nil, vigia.Errorf(vigia.Invalid, "a pack is written as the bytes that it was read from")
}

// series is values one after the other, each with its length before it.
type series struct{ of codec }

func (c series) decode(at scope, b []byte) (Value, error) {
	list := List{}
	for k := (cursor{b: b}); len(k.b) > 0 || k.err != nil; {
		raw := k.lv()
		if k.err != nil {
			return nil, k.err
		}
		if len(raw) == 0 {
			list = append(list, nil)
			continue
		}
		v, err := c.of.decode(at, raw)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (c series) encode(dst []byte, v Value, _ int) ([]byte, error) {
	list, ok := v.(List)
	if !ok {
		return nil, badValue(v, "a list")
	}
	for _, x := range list {
		raw, err := c.of.encode(nil, x, 0)
		if err != nil {
			return nil, err
		}
		dst = append(appendLength(dst, len(raw)), raw...)
	}
	return dst, nil
}

// oids is BER-OID numbers one after the other.
type oids struct{}

func (oids) decode(_ scope, b []byte) (Value, error) {
	list := List{}
	c := cursor{b: b}
	for len(c.b) > 0 {
		list = append(list, c.oid())
	}
	return list, c.done()
}

func (oids) encode(dst []byte, v Value, _ int) ([]byte, error) {
	list, ok := v.(List)
	if !ok {
		return nil, badValue(v, "a list")
	}
	for _, x := range list {
		n, ok := x.(uint64)
		if !ok {
			return nil, badValue(x, "an unsigned integer")
		}
		dst = appendOID(dst, n)
	}
	return dst, nil
}

// bits lists the numbers of the bits that are set.
type bits struct{}

func (bits) decode(_ scope, b []byte) (Value, error) {
	list := List{}
	for i := range 8 * len(b) {
		if b[len(b)-1-i/8]>>(i%8)&1 != 0 {
			list = append(list, uint64(i))
		}
	}
	return list, nil
}

func (bits) encode(dst []byte, v Value, size int) ([]byte, error) {
	list, ok := v.(List)
	if !ok {
		return nil, badValue(v, "a list")
	}
	top := uint64(0)
	for _, x := range list {
		n, ok := x.(uint64)
		if !ok || n > 1<<16 {
			return nil, badValue(x, "the number of a bit")
		}
		top = max(top, n)
	}
	raw := make([]byte, max(size, int(top/8)+1))
	for _, x := range list {
		n := x.(uint64)
		raw[len(raw)-1-int(n/8)] |= 1 << (n % 8)
	}
	return append(dst, raw...), nil
}

// miis is a MIIS core identifier (ST 1204 §7): which sensor on which platform,
// by UUIDs of things, not of people.
type miis struct{}

// miisIDs are its ids, in order, and the bit of the usage byte that says that
// one is there; the first two have types instead.
var miisIDs = [...]struct {
	name string
	bit  uint64
}{{"sensor_id", 0}, {"platform_id", 0}, {"window_id", 0x04}, {"minor_id", 0x02}}

func (miis) decode(_ scope, b []byte) (Value, error) {
	c := cursor{b: b}
	version, usage := c.unsigned(1), c.unsigned(1)
	sensor, platform := usage>>5&3, usage>>3&3
	f := Fields{
		{"version", version},
		{"sensor_id_type", Enum{sensor, coreKinds[sensor]}}, {"platform_id_type", Enum{platform, coreKinds[platform]}},
	}
	there := [...]bool{sensor != 0, platform != 0, usage&miisIDs[2].bit != 0, usage&miisIDs[3].bit != 0}
	for i, id := range miisIDs {
		var v Value
		if there[i] {
			if raw := c.take(16); raw != nil {
				v = UUID(raw)
			}
		}
		f = append(f, Field{id.name, v})
	}
	if usage&0x81 != 0 {
		c.fail(vigia.Errorf(vigia.Invalid, "reserved bits are set in the usage byte %#x", usage))
	}
	return f, c.done()
}

func (miis) encode(dst []byte, v Value, _ int) ([]byte, error) {
	f, ok := v.(Fields)
	version, ok2 := f.Get("version").(uint64)
	sensor, ok3 := f.Get("sensor_id_type").(Enum)
	platform, ok4 := f.Get("platform_id_type").(Enum)
	if !ok || !ok2 || !ok3 || !ok4 || version > 0xff || sensor.Integer > 3 || platform.Integer > 3 {
		return nil, badValue(v, "a core identifier: version, sensor_id_type, platform_id_type and ids")
	}
	usage := sensor.Integer<<5 | platform.Integer<<3
	var ids []byte
	for i, id := range miisIDs {
		u, there := f.Get(id.name).(UUID)
		if i < 2 && there != ([...]uint64{sensor.Integer, platform.Integer}[i] != 0) {
			return nil, badValue(v, "a core identifier whose "+id.name+" is there if its type is not None")
		}
		if there {
			usage |= id.bit
			ids = append(ids, u[:]...)
		}
	}
	return append(append(dst, byte(version), byte(usage)), ids...), nil
}

// coreKinds are the types of ids of ST 1204 Table 3.
var coreKinds = named("None", "Managed", "Virtual", "Physical")
