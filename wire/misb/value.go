package misb

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/vigia-project/vigia"
)

// A Value is what an item says: uint64, int64, float64 (in the standard's
// unit), string, Enum, Special, Bytes, UUID, List, Fields, *Set, or nil where
// the item is there but empty, which says that the value is not known.
type Value any

// An Enum is a number with a meaning. The name is empty where the standard
// gives the number none.
type Enum struct {
	Integer uint64 `json:"integer"`
	Name    string `json:"string"`
}

// Bytes are what the standard itself leaves as bytes, such as an image.
type Bytes []byte

// A UUID is 16 bytes (RFC 9562).
type UUID [16]byte

// String writes u in the usual form.
func (u UUID) String() string {
	s := hex.EncodeToString(u[:])
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// A List is a series of values.
type List []Value

// A Field is one named part of a pack.
type Field struct {
	Name  string // lower snake case
	Value Value
}

// Fields is a pack: named parts in the standard's order.
type Fields []Field

// Get returns the part of a name, or nil.
func (f Fields) Get(name string) Value {
	for _, x := range f {
		if x.Name == name {
			return x.Value
		}
	}
	return nil
}

// Snake writes a standard's name in lower snake case: letters and digits stay,
// each run of anything else is one underscore.
func Snake(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(strings.ReplaceAll(name, "'", "")) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	return b.String()
}

// AppendJSON writes v after dst.
func AppendJSON(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return appendFloat(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return appendString(dst, v)
	case Special:
		return appendString(dst, string(v))
	case Bytes:
		dst = append(dst, '"')
		dst = hex.AppendEncode(dst, v)
		return append(dst, '"')
	case UUID:
		return appendString(dst, v.String())
	case Enum:
		dst = strconv.AppendUint(append(dst, `{"integer":`...), v.Integer, 10)
		dst = append(dst, `,"string":`...)
		if v.Name == "" {
			return append(dst, "null}"...)
		}
		return append(appendString(dst, v.Name), '}')
	case List:
		dst = append(dst, '[')
		for i, x := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, x)
		}
		return append(dst, ']')
	case Fields:
		dst = append(dst, '{')
		for i, x := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, x.Name), ':')
			dst = AppendJSON(dst, x.Value)
		}
		return append(dst, '}')
	case Numbered:
		return AppendJSON(dst, append(Fields{{"id", v.ID}}, v.Set.Fields()...))
	case *Set:
		return AppendJSON(dst, v.Fields())
	}
	panic(fmt.Sprintf("misb: no value is a %T", v))
}

func appendString(dst []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a JSON form
	}
	return append(dst, b...)
}

// appendFloat writes a number; JSON has none for the infinities and NaN, which
// IEEE floats on the wire may be.
func appendFloat(dst []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return appendString(dst, string(NaN))
	case math.IsInf(v, 1):
		return appendString(dst, string(PosInfinity))
	case math.IsInf(v, -1):
		return appendString(dst, string(NegInfinity))
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, v, format, -1, 64)
}

func badLength(n int) error {
	return vigia.Errorf(vigia.Invalid, "a length of %d bytes is not the item's", n)
}

func badValue(v Value, want string) error {
	return vigia.Errorf(vigia.Invalid, "the value is a %T; it must be %s", v, want)
}
