package misb

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// MaxTag is the highest item of ST 0601 that a Frame holds.
const MaxTag = 143

// The items of ST 0601 that say when, where and how the sensor looked.
const (
	PrecisionTimestamp      = 2
	PlatformHeading         = 5
	PlatformPitch           = 6
	PlatformRoll            = 7
	SensorLatitude          = 13
	SensorLongitude         = 14
	SensorTrueAltitude      = 15
	SensorHorizontalFOV     = 16
	SensorVerticalFOV       = 17
	SensorRelativeAzimuth   = 18
	SensorRelativeElevation = 19
	SensorRelativeRoll      = 20
	SlantRange              = 21
	FrameCenterLatitude     = 23
	FrameCenterLongitude    = 24
	FrameCenterElevation    = 25
	OffsetCorner            = 26 // to 33: latitude and longitude of four corners
	SecuritySet             = 48
	Version                 = 65
	VMTISet                 = 74
	SensorEllipsoidHeight   = 75
	FrameCenterHeight       = 78
	Corner                  = 82 // to 89: latitude and longitude of four corners
	PlatformPitchFull       = 90
	PlatformRollFull        = 91
	SensorHeightExtended    = 104
)

// A Frame is one ST 0601 packet for reading at line rate. Decode finds the
// items and allocates nothing; the values are worked out when they are asked
// for. A Frame may be used again and again. It refers to the packet's bytes.
type Frame struct {
	has    [(MaxTag + 64) / 64]uint64
	at     [MaxTag + 1]span
	packet []byte
}

// A span is where a value's bytes lie in the packet.
type span struct{ from, to uint32 }

// keyHigh and keyLow are the key of ST 0601 as two words, without the
// version of the register.
var (
	keyHigh = binary.BigEndian.Uint64(KeyUASDatalink[:8]) &^ 0xff
	keyLow  = binary.BigEndian.Uint64(KeyUASDatalink[8:])
)

var (
	errNotUAS   = vigia.Errorf(vigia.Invalid, "the packet is not of ST 0601")
	errChecksum = vigia.Errorf(vigia.Invalid, "the packet's checksum does not hold")
	errItems    = vigia.Errorf(vigia.Invalid, "the packet's items do not add up")
)

// Decode takes a packet: key, length, value and nothing after. The error is
// Invalid: it is no packet of ST 0601, or it has no checksum that holds. Where
// an item comes more than once the last is kept.
func (f *Frame) Decode(packet []byte) error {
	f.has, f.packet = [len(f.has)]uint64{}, nil
	if len(packet) < 17+4 {
		return errShort
	}
	if binary.BigEndian.Uint64(packet)&^0xff != keyHigh || binary.BigEndian.Uint64(packet[8:]) != keyLow {
		return errNotUAS
	}
	length, n, err := readLength(packet[16:])
	if err != nil {
		return err
	}
	i, end := 16+n, 16+n+length
	if end != len(packet) || length < 4 {
		return errShort
	}
	if packet[end-4] != 1 || packet[end-3] != 2 || Checksum(packet[:end-2]) != binary.BigEndian.Uint16(packet[end-2:]) {
		return errChecksum
	}
	for i < end {
		tag, size := int(packet[i]), 0
		if i+1 < end {
			size = int(packet[i+1])
		}
		if tag < 0x80 && size < 0x80 { // both in one byte, as nearly always
			i += 2
		} else {
			t, n, err := readOID(packet[i:end])
			if err != nil {
				return errItems
			}
			size, m, err := readLength(packet[i+n : end])
			if err != nil {
				return errItems
			}
			i += n + m
			if size > end-i {
				return errItems
			}
			if t <= MaxTag {
				f.put(int(t), i, size)
			}
			i += size
			continue
		}
		if size > end-i {
			return errItems
		}
		f.put(tag, i, size)
		i += size
	}
	f.packet = packet
	return nil
}

func (f *Frame) put(tag, at, size int) {
	f.has[tag/64] |= 1 << (tag % 64)
	f.at[tag] = span{uint32(at), uint32(at + size)}
}

// Has tells whether an item is there.
func (f *Frame) Has(tag int) bool {
	return tag >= 0 && tag <= MaxTag && f.has[tag/64]>>(tag%64)&1 != 0
}

// Raw returns an item's bytes, nil where it is not there.
func (f *Frame) Raw(tag int) []byte {
	if !f.Has(tag) {
		return nil
	}
	s := f.at[tag]
	return f.packet[s.from:s.to:s.to]
}

// A quick is how a float item is worked out without looking up its codec: the
// scale of a linear one, or the mapping for each length of a mapped one.
type quick struct {
	size   int
	signed bool
	plain  bool
	step   float64
	base   float64
	maps   *[9]mapping
}

var quicks [MaxTag + 1]quick

func init() {
	for _, s := range slices.Concat(items0601, extensions0601) {
		if s.Tag > MaxTag {
			continue
		}
		switch c := s.codec.(type) {
		case linear:
			q := quick{size: c.size, signed: c.signed, plain: c.plain}
			q.step, q.base = c.scale()
			quicks[s.Tag] = q
		case imapb:
			q := quick{maps: new([9]mapping)}
			for n := 1; n <= 8; n++ {
				q.maps[n] = newMapping(c.lo, c.hi, n)
			}
			quicks[s.Tag] = q
		}
	}
}

// Float returns an item that is a number with a unit. It is false where the
// item is not there, is not known or out of range, or is of another kind.
func (f *Frame) Float(tag int) (float64, bool) {
	b := f.Raw(tag)
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	q, n := &quicks[tag], readUnsigned(b)
	switch {
	case q.maps != nil:
		m := &q.maps[len(b)]
		return m.float(n), n <= m.sign
	case q.size != len(b):
		return 0, false
	case !q.signed:
		return float64(n)*q.step + q.base, true
	}
	shift := 64 - 8*q.size
	v := int64(n<<shift) >> shift
	return float64(v)*q.step + q.base, q.plain || v != -1<<(8*q.size-1)
}

// Uint returns an item that is an unsigned integer.
func (f *Frame) Uint(tag int) (uint64, bool) {
	b := f.Raw(tag)
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	return readUnsigned(b), true
}

// Time is the precision timestamp. It is false where there is none.
func (f *Frame) Time() (time.Time, bool) {
	us, ok := f.Uint(PrecisionTimestamp)
	if !ok || us > math.MaxInt64 {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(us)).UTC(), true
}

// A Datum is what a height is above.
type Datum int

// The data. The difference between them is the geoid's, up to 110 m.
const (
	NoHeight  Datum = iota // the height is not known; it is 0
	Ellipsoid              // WGS 84
	SeaLevel               // mean sea level
)

// Sensor is where the sensor is; the height is of the best item that is there.
func (f *Frame) Sensor() (p geo.Point, d Datum, ok bool) {
	if p, ok = f.place(SensorLatitude, SensorLongitude); !ok {
		return p, NoHeight, false
	}
	p.Alt, d = f.height(SensorHeightExtended, SensorEllipsoidHeight, SensorTrueAltitude)
	return p, d, true
}

// FrameCenter is where the middle of the picture lies on the ground.
func (f *Frame) FrameCenter() (p geo.Point, d Datum, ok bool) {
	if p, ok = f.place(FrameCenterLatitude, FrameCenterLongitude); !ok {
		return p, NoHeight, false
	}
	p.Alt, d = f.height(-1, FrameCenterHeight, FrameCenterElevation)
	return p, d, true
}

func (f *Frame) place(lat, lon int) (p geo.Point, ok bool) {
	var ok2 bool
	p.Lat, ok = f.Float(lat)
	p.Lon, ok2 = f.Float(lon)
	return p, ok && ok2
}

func (f *Frame) height(extended, ellipsoid, sea int) (float64, Datum) {
	for _, tag := range [...]int{extended, ellipsoid} {
		if h, ok := f.Float(tag); ok {
			return h, Ellipsoid
		}
	}
	if h, ok := f.Float(sea); ok {
		return h, SeaLevel
	}
	return 0, NoHeight
}

// Corners are where the picture's corners lie on the ground, from the upper
// left clockwise, without heights: the full ones, or else the offsets from the
// middle. It is false where one is missing.
func (f *Frame) Corners() (c [4]geo.Point, ok bool) {
	center, centered := f.place(FrameCenterLatitude, FrameCenterLongitude)
	for i := range c {
		if p, ok := f.place(Corner+2*i, Corner+2*i+1); ok {
			c[i] = p
			continue
		}
		d, ok := f.place(OffsetCorner+2*i, OffsetCorner+2*i+1)
		if !ok || !centered {
			return c, false
		}
		c[i] = geo.Point{Lat: center.Lat + d.Lat, Lon: center.Lon + d.Lon}
	}
	return c, true
}
