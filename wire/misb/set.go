package misb

import (
	"encoding/hex"
	"slices"

	"github.com/vigia-project/vigia"
)

// A Spec is one item of a set, as its standard describes it.
type Spec struct {
	Tag  uint64
	UL   Key    // in universal sets, instead of a tag
	Name string // the standard's
	Unit string // of the value; empty where it has none

	codec codec
	key   string // the name in lower snake case
}

// JSON is the name of the item in JSON.
func (s *Spec) JSON() string { return s.key }

// Decode reads the value of an item from its bytes. The error is Invalid: the
// bytes contradict the standard.
func (s *Spec) Decode(b []byte) (Value, error) { return s.decode(scope{}, b) }

func (s *Spec) decode(at scope, b []byte) (Value, error) {
	if len(b) == 0 {
		return nil, nil
	}
	return s.codec.decode(at, b)
}

// Encode writes a value after dst in size bytes; 0 takes the item's own size,
// or as few as hold the value. The error is Invalid.
func (s *Spec) Encode(dst []byte, v Value, size int) ([]byte, error) {
	if v == nil {
		return dst, nil
	}
	return s.codec.encode(dst, v, size)
}

// A Table is a set, as its standard describes it.
type Table struct {
	Standard string // such as "ST 0601"
	Key      Key
	Items    []*Spec

	universal bool // items are named by universal keys, not by tags
	check     *checker
	checkTag  uint64
	byTag     map[uint64]*Spec
	byKey     map[Key]*Spec
}

// newTable indexes a table.
func newTable(standard string, key Key, items []*Spec) *Table {
	t := &Table{Standard: standard, Key: key, Items: items, byTag: map[uint64]*Spec{}, byKey: map[Key]*Spec{}}
	for _, s := range items {
		s.key = Snake(s.Name)
		if s.UL != (Key{}) {
			t.universal = true
			t.byKey[s.UL.same()] = s
			continue
		}
		t.byTag[s.Tag] = s
	}
	return t
}

// checked names the table's checksum item.
func (t *Table) checked(tag uint64, c *checker) *Table {
	t.checkTag, t.check = tag, c
	return t
}

// Spec returns the item of a tag, or nil.
func (t *Table) Spec(tag uint64) *Spec { return t.byTag[tag] }

// A Set is the items of one local or universal set.
type Set struct {
	Table *Table
	Items []Item
	Rest  []byte // what follows the last whole item: a damaged set

	raw   []byte
	depth int
}

// An Item is one item of a set.
type Item struct {
	Tag  uint64 // in local sets
	UL   Key    // in universal sets
	Spec *Spec  // nil where the table does not know it
	Raw  []byte // the value's bytes

	head []byte // tag and length as they came, in whatever length of length
	at   scope
}

// Value reads the item. Where the table does not know it, or the bytes
// contradict the table, there is an error, which is Invalid.
func (i Item) Value() (Value, error) {
	if i.Spec == nil {
		return nil, vigia.Errorf(vigia.Invalid, "the item %d is not known", i.Tag)
	}
	return i.Spec.decode(i.at, i.Raw)
}

// ParseSet reads the items of a local set of a table: a set's value, without
// its key and length.
func ParseSet(t *Table, b []byte) Set { return parse(t, b, scope{}) }

func parse(t *Table, b []byte, at scope) Set {
	s := Set{Table: t, raw: b, depth: at.depth}
	var tags []uint64
	for len(b) > 0 {
		item, rest, err := t.next(b)
		if err != nil {
			s.Rest = b
			break
		}
		item.at = scope{depth: at.depth, tags: tags}
		s.Items = append(s.Items, item)
		tags = append(tags, item.Tag)
		b = rest
	}
	return s
}

// next reads one item.
func (t *Table) next(b []byte) (Item, []byte, error) {
	var item Item
	var used int
	if t.universal {
		if len(b) < 16 {
			return item, b, errShort
		}
		item.UL, used = Key(b[:16]), 16
		item.Spec = t.byKey[item.UL.same()]
	} else {
		var err error
		if item.Tag, used, err = readOID(b); err != nil {
			return item, b, err
		}
		item.Spec = t.byTag[item.Tag]
	}
	length, n, err := readLength(b[used:])
	if err != nil {
		return item, b, err
	}
	used += n
	if used+length > len(b) {
		return item, b, errShort
	}
	item.head, item.Raw = b[:used:used], b[used:used+length:used+length]
	return item, b[used+length:], nil
}

// Append writes the set's value after dst. Items that were read are written
// with the tag and the length as they came.
func (s *Set) Append(dst []byte) []byte {
	for _, i := range s.Items {
		switch {
		case i.head != nil && s.fresh(i):
			dst = append(dst, i.head...)
		case i.UL != Key{}:
			dst = appendLength(append(dst, i.UL[:]...), len(i.Raw))
		default:
			dst = appendLength(appendOID(dst, i.Tag), len(i.Raw))
		}
		dst = append(dst, i.Raw...)
	}
	return append(dst, s.Rest...)
}

// fresh tells whether an item still has the length that its head says.
func (s *Set) fresh(i Item) bool {
	used := 16
	if !s.Table.universal {
		_, used, _ = readOID(i.head)
	}
	n, _, err := readLength(i.head[used:])
	return err == nil && n == len(i.Raw)
}

// Get returns the value of the first item of a tag, and whether it is there
// and could be read.
func (s *Set) Get(tag uint64) (Value, bool) {
	for _, i := range s.Items {
		if i.Tag == tag && i.Spec != nil {
			v, err := i.Value()
			return v, err == nil
		}
	}
	return nil, false
}

// Add puts an item at the end of the set. The error is Invalid.
func (s *Set) Add(tag uint64, v Value) error {
	spec := s.Table.byTag[tag]
	if spec == nil {
		return vigia.Errorf(vigia.NotFound, "%s has no item %d", s.Table.Standard, tag)
	}
	raw, err := spec.Encode(nil, v, 0)
	if err != nil {
		return err
	}
	s.Items = append(s.Items, Item{Tag: tag, Spec: spec, Raw: raw})
	return nil
}

// Fields reads the whole set. An item that comes more than once is a List at
// the place of the first. Items that are not known are in the list "unknown",
// each with its tag and its bytes; a known item whose bytes contradict the
// standard has its tag, its bytes and why instead of a value.
func (s *Set) Fields() Fields {
	out := make(Fields, 0, len(s.Items))
	where := map[string]int{}
	count := map[string]int{}
	var unknown List
	for _, i := range s.Items {
		if i.Spec == nil {
			unknown = append(unknown, rawItem(i, nil))
			continue
		}
		if s.Table.check != nil && i.Tag == s.Table.checkTag && s.depth == 0 {
			continue // the packet's checksum, which Message tells
		}
		v, err := i.Value()
		if err != nil {
			v = rawItem(i, err)
		}
		key := i.Spec.key
		at, again := where[key]
		switch count[key]++; {
		case !again:
			where[key] = len(out)
			out = append(out, Field{key, v})
		case count[key] == 2:
			out[at].Value = List{out[at].Value, v}
		default:
			out[at].Value = append(out[at].Value.(List), v)
		}
	}
	if len(unknown) > 0 {
		out = append(out, Field{"unknown", unknown})
	}
	if len(s.Rest) > 0 {
		out = append(out, Field{"unreadable", Bytes(s.Rest)})
	}
	return out
}

func rawItem(i Item, err error) Fields {
	f := Fields{{"tag", i.Tag}, {"hex", Bytes(i.Raw)}}
	if i.UL != (Key{}) {
		f[0].Value = hex.EncodeToString(i.UL[:])
	}
	if err != nil {
		f = append(f, Field{"error", err.Error()})
	}
	return f
}

// nested is a set inside an item. of is a pointer to the table so that a set
// may hold itself.
type nested struct{ of **Table }

func (c nested) decode(at scope, b []byte) (Value, error) {
	if at.depth >= maxDepth {
		return nil, vigia.Errorf(vigia.Invalid, "sets nest deeper than %d", maxDepth)
	}
	s := parse(*c.of, b, scope{depth: at.depth + 1})
	return &s, nil
}

func (c nested) encode(dst []byte, v Value, _ int) ([]byte, error) {
	s, ok := v.(*Set)
	if !ok || s.Table != *c.of {
		return nil, badValue(v, "a set of "+(*c.of).Standard)
	}
	return s.Append(dst), nil
}

// tableOf finds the table of a packet's key, or nil.
func tableOf(k Key) *Table {
	k = k.same()
	i := slices.IndexFunc(tables, func(t *Table) bool { return t.Key.same() == k })
	if i < 0 {
		return nil
	}
	return tables[i]
}

// Tables lists the sets that are read on their own.
func Tables() []*Table { return slices.Clone(tables) }
