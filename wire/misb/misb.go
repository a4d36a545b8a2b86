// Package misb reads and writes the KLV metadata that rides with motion
// imagery, by the standards of the Motion Imagery Standards Board (NGA, public
// at nsgreg.nga.mil/misb.jsp), on SMPTE ST 336 data encoding:
//
//   - ST 0601 UAS Datalink local set, with the sets that nest in it: ST 0102
//     security, ST 0806 remote video terminal, ST 0903 moving targets (VMTI),
//     ST 1002 range images, ST 1202 transformations, ST 1206 SAR, ST 1601
//     geo-registration, ST 1602 composite images, ST 1607 segments and amends
//   - ST 1010 standard deviations and correlations, ST 1201 mapped floats,
//     ST 1204 core identifiers, ST 1303 arrays
//   - the legacy universal set of EG 0104
//   - ST 1402: how all this lies in MPEG-2 transport streams
//
// There are two ways in. Decode gives everything that is in a packet, by the
// standard's own names and units, and keeps the bytes so that the packet can be
// written again as it came. Frame is for the line rate: it finds the items of an
// ST 0601 packet without allocating and reads those that are asked for.
//
// Nothing in a set is dropped in silence: an item that no table knows, or whose
// bytes contradict the table, comes out as its tag and its bytes.
package misb

import "github.com/vigia-project/vigia"

// A Key is a SMPTE universal label, 16 bytes (ST 298).
type Key [16]byte

// The keys of the sets that are read on their own.
var (
	KeyUASDatalink  = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01, 0x03, 0x01, 0x01}       // ST 0601
	KeyRVT          = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01, 0x03, 0x01, 0x02}       // ST 0806
	KeyVMTI         = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01, 0x03, 0x03, 0x06}       // ST 0903
	KeySecurity     = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x03, 0x01, 0x01, 0x0e, 0x01, 0x03, 0x03, 0x02}       // ST 0102, local set
	KeySecurityUS   = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x01, 0x01, 0x01, 0x02, 0x08, 0x02}                   // ST 0102, universal set
	KeyRangeImage   = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01, 0x03, 0x03, 0x0c}       // ST 1002
	KeySAR          = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01, 0x03, 0x03, 0x0d}       // ST 1206
	KeyTransform    = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01, 0x03, 0x05, 0x05}       // ST 1202
	KeyUniversalSet = Key{0x06, 0x0e, 0x2b, 0x34, 0x02, 0x01, 0x01, 0x01, 0x0e, 0x01, 0x01, 0x02, 0x01, 0x01} // EG 0104
)

// prefix starts every universal label.
var prefix = [4]byte{0x06, 0x0e, 0x2b, 0x34}

// same is k for comparing: the eighth byte is the version of the register in
// which the label was first entered, and does not tell labels apart (ST 298).
func (k Key) same() Key {
	k[7] = 0
	return k
}

// Is tells whether k and other are the same label.
func (k Key) Is(other Key) bool { return k.same() == other.same() }

// A State says what a packet's checksum said.
type State string

// The states of a checksum.
const (
	Good    State = "good"
	Bad     State = "bad"     // no value of the packet can be trusted
	Missing State = "missing" // the standard asks for one
	None    State = ""        // the standard has none
)

// A Message is one KLV packet that was read.
type Message struct {
	Key      Key
	Standard string // such as "ST 0601"; empty where the key is not known
	Checksum State
	Length   int // of the packet, bytes
	Set      *Set
	Packet   []byte // as it came
}

// Decode reads one packet: key, length and value, nothing after. A packet with
// a bad checksum comes back with an empty set; one whose key no table knows,
// without a set. The error is Invalid: the bytes are no whole packet.
// The message refers to b.
func Decode(b []byte) (Message, error) {
	p, rest, err := SplitPacket(b)
	if err != nil {
		return Message{}, err
	}
	if len(rest) > 0 {
		return Message{}, vigia.Errorf(vigia.Invalid, "%d bytes follow the packet", len(rest))
	}
	m := Message{Key: p.Key, Length: len(b), Packet: b}
	t := tableOf(p.Key)
	if t == nil {
		return m, nil
	}
	m.Standard = t.Standard
	m.Set = &Set{Table: t}
	m.Checksum = t.verify(b, p.Value)
	if m.Checksum == Bad {
		return m, nil
	}
	*m.Set = parse(t, p.Value, scope{})
	return m, nil
}

// Append writes the packet after dst, byte for byte as it was read.
func (m Message) Append(dst []byte) []byte {
	if m.Set == nil || m.Checksum == Bad {
		return append(dst, m.Packet...)
	}
	head := len(m.Packet) - len(m.Set.raw)
	return m.Set.Append(append(dst, m.Packet[:head]...))
}
