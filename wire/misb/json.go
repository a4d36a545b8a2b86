package misb

import "fmt"

// Fields is the message as JSON has it: the standard, the checksum's state and
// the set's items beside each other. Of a packet that cannot be trusted there
// are no items; of one whose key no table knows there are the bytes.
func (m Message) Fields() Fields {
	f := Fields{{"standard", m.Standard}}
	if m.Standard == "" {
		return Fields{{"standard", nil}, {"key", fmt.Sprintf("%x", m.Key[:])}, {"length", uint64(m.Length)}, {"hex", Bytes(m.Packet)}}
	}
	f = append(f, Field{"length", uint64(m.Length)})
	if m.Checksum != None {
		f = append(f, Field{"checksum", string(m.Checksum)})
	}
	if m.Checksum == Bad {
		return f
	}
	return append(f, m.Set.Fields()...)
}
