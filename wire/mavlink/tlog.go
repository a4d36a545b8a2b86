package mavlink

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
)

// A Record is one line of a telemetry log.
type Record struct {
	Time   time.Time // when the ground received it
	Offset int64     // of its first byte in the file
	Frame  Frame
}

// A Tlog reads a telemetry log as ground stations write it: before each frame
// the time of its reception, microseconds since 1970, eight bytes, the highest
// first (mavlink.io/en/log: .tlog). What is no record is passed over.
type Tlog struct {
	Skipped int64
	offset  int64
	buf     []byte
}

// timeSize is the length of the time before a frame.
const timeSize = 8

// Push adds bytes and calls each for every whole record, which is valid during
// the call.
func (t *Tlog) Push(b []byte, each func(Record)) {
	t.buf = append(t.buf, b...)
	rest := t.buf
	for len(rest) > timeSize {
		n, err := Split(rest[timeSize:])
		if err == nil && n == 0 {
			break
		}
		var f Frame
		if err == nil {
			f, err = Decode(rest[timeSize : timeSize+n : timeSize+n])
		}
		us := binary.BigEndian.Uint64(rest)
		if err != nil || us > math.MaxInt64 {
			t.Skipped++
			t.offset++
			rest = rest[1:]
			continue
		}
		each(Record{Time: time.UnixMicro(int64(us)).UTC(), Offset: t.offset, Frame: f})
		t.offset += int64(timeSize + n)
		rest = rest[timeSize+n:]
	}
	t.buf = t.buf[:copy(t.buf, rest)]
}

// Flush ends the log: what is left is passed over.
func (t *Tlog) Flush() {
	t.Skipped += int64(len(t.buf))
	t.buf = nil
}

// AppendRecord writes one record after dst.
func AppendRecord(dst []byte, at time.Time, frame []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(at.UnixMicro()))
	return append(dst, frame...)
}

// IsTlog tells whether a file begins like a telemetry log: a time of this
// century, and a frame.
func IsTlog(head []byte) bool {
	if len(head) < timeSize+3 {
		return false
	}
	us := binary.BigEndian.Uint64(head)
	n, err := Split(head[timeSize:])
	if err != nil || n == 0 || us < 946684800e6 || us > 4102444800e6 {
		return false
	}
	_, err = Decode(head[timeSize : timeSize+n])
	return err == nil
}

// A Field is one named value of a message: uint64, int64, float64, string, or
// []any of these.
type Field struct {
	Name  string
	Value any
}

// Fields lists a message's fields by MAVLink's names, in MAVLink's units
// (mavlink.io/en/messages/common.html). An enumeration is a number.
func (f Frame) Fields() []Field {
	if f.Message == nil {
		return nil
	}
	v := reflect.ValueOf(f.Message).Elem()
	fields := make([]Field, 0, v.NumField())
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("mavname")
		if name == "" {
			name = lower(v.Type().Field(i).Name)
		}
		fields = append(fields, Field{name, plain(v.Field(i))})
	}
	return fields
}

func lower(camel string) string {
	out := []byte(upper(camel))
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// plain makes one of a Field's types of a message's value.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	case reflect.Array, reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i))
		}
		return list
	}
	panic("mavlink: no field of a message is a " + v.Kind().String())
}
