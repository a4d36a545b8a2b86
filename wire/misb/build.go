package misb

import (
	"encoding/binary"
	"time"

	"github.com/vigia-project/vigia"
)

// DocumentVersion is the revision of ST 0601 that a Builder writes by.
const DocumentVersion = 17

// A Builder writes ST 0601 packets. It keeps the first error, so that only
// Packet need be asked. It may be used again and again.
type Builder struct {
	items []byte
	raw   []byte
	err   error
}

// Begin starts a packet of a time: the timestamp is always the first item.
func (b *Builder) Begin(t time.Time) {
	b.items, b.err = b.items[:0], nil
	us := t.UnixMicro()
	if us < 0 {
		b.err = vigia.Errorf(vigia.Invalid, "the time %v is before 1970", t)
		return
	}
	b.items = append(b.items, PrecisionTimestamp, 8)
	b.items = binary.BigEndian.AppendUint64(b.items, uint64(us))
}

// Put writes an item of any kind; nil says that its value is not known.
func (b *Builder) Put(tag uint64, v Value) {
	spec := st0601.Spec(tag)
	switch {
	case b.err != nil:
		return
	case spec == nil:
		b.err = vigia.Errorf(vigia.NotFound, "ST 0601 has no item %d", tag)
		return
	case tag == st0601.checkTag || tag == PrecisionTimestamp:
		b.err = vigia.Errorf(vigia.Invalid, "the item %d is written by itself", tag)
		return
	}
	if b.raw, b.err = spec.Encode(b.raw[:0], v, 0); b.err != nil {
		b.err = vigia.Errorf(vigia.Invalid, "item %d, %s: %v", tag, spec.Name, b.err)
		return
	}
	b.Raw(tag, b.raw)
}

// Float writes a number with a unit.
func (b *Builder) Float(tag uint64, v float64) { b.Put(tag, v) }

// Text writes words.
func (b *Builder) Text(tag uint64, s string) { b.Put(tag, s) }

// Raw writes an item's bytes as they are.
func (b *Builder) Raw(tag uint64, raw []byte) {
	if b.err == nil {
		b.items = append(appendLength(appendOID(b.items, tag), len(raw)), raw...)
	}
}

// VMTI writes the moving targets.
func (b *Builder) VMTI(v *VMTI) {
	if b.err != nil {
		return
	}
	if b.raw, b.err = v.Append(b.raw[:0]); b.err == nil {
		b.Raw(VMTISet, b.raw)
	}
}

// Packet writes the packet after dst, with the standard's version and the
// checksum. The error is the first of all calls since Begin; it is Invalid or
// NotFound.
func (b *Builder) Packet(dst []byte) ([]byte, error) {
	b.Put(Version, uint64(DocumentVersion))
	if b.err != nil {
		return dst, b.err
	}
	from := len(dst)
	dst = append(dst, KeyUASDatalink[:]...)
	dst = appendLength(dst, len(b.items)+4)
	dst = append(dst, b.items...)
	dst = append(dst, byte(st0601.checkTag), 2)
	return binary.BigEndian.AppendUint16(dst, Checksum(dst[from:])), nil
}
