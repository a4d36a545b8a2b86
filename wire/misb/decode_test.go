package misb

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/vigia-project/vigia/internal/recorded"
)

// The legacy universal set: 48 packets, each of which is written again as it was.
func TestDecode_LegacyUniversalSet(t *testing.T) {
	packets, _ := packetsOf(t, recorded.Dir(t, "wire/klv")+"/aphill_short.ts")
	if len(packets) != 48 {
		t.Fatalf("%d packets, not 48", len(packets))
	}
	last := uint64(0)
	for i, p := range packets {
		m, err := Decode(p)
		if err != nil || m.Standard != "EG 0104" {
			t.Fatalf("packet %d is of %q: %v", i, m.Standard, err)
		}
		f := m.Fields()
		if v := f.Get("unknown"); v != nil {
			t.Errorf("packet %d: not known: %s", i, AppendJSON(nil, v))
		}
		lat, _ := f.Get("frame_center_latitude").(float64)
		lon, _ := f.Get("frame_center_longitude").(float64)
		if lat < 38 || lat > 39 || lon < -78 || lon > -77 { // Fort A.P. Hill, Virginia
			t.Errorf("packet %d looks at %v, %v", i, lat, lon)
		}
		now, _ := f.Get("user_defined_timestamp").(uint64)
		if now < last {
			t.Errorf("packet %d goes back in time, from %d to %d", i, last, now)
		}
		last = now
		if string(m.Append(nil)) != string(p) {
			t.Errorf("packet %d was not written as it was read", i)
		}
	}
}

// The two short recordings. Of one the checksum does not hold; of the other it
// does, by the sum of ST 0601 §6.5.1 worked out here a second way.
func TestDecode_ShortRecordings(t *testing.T) {
	dir := recorded.Dir(t, "wire/klv")
	for file, want := range map[string]State{
		"DynamicConstantMISMMSPacketData.bin": Bad,
		"DynamicOnlyMISMMSPacketData.bin":     Good,
	} {
		b, err := os.ReadFile(dir + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		sum := uint16(0)
		for i, x := range b[:len(b)-2] {
			sum += uint16(x) << (8 * ((i + 1) % 2))
		}
		if holds := sum == binary.BigEndian.Uint16(b[len(b)-2:]); holds != (want == Good) {
			t.Fatalf("%s: the sum is %#x, which the test did not expect", file, sum)
		}
		m, err := Decode(b)
		if err != nil || m.Checksum != want {
			t.Errorf("%s: checksum %q, %v; it is %q", file, m.Checksum, err, want)
		}
		f := m.Fields()
		if trusted := f.Get("precision_timestamp") != nil; trusted != (want == Good) {
			t.Errorf("%s: values are given: %v", file, trusted)
		}
		if string(m.Append(nil)) != string(b) {
			t.Errorf("%s was not written as it was read", file)
		}
	}
}

// One flipped bit anywhere in a packet is a bad checksum, or no packet at all.
func TestDecode_EveryFlippedBit(t *testing.T) {
	good := usualPacket(t)
	for i := range good {
		for bit := range 8 {
			b := append([]byte(nil), good...)
			b[i] ^= 1 << bit
			m, err := Decode(b)
			if err != nil || m.Standard != "ST 0601" { // the key or the length were hit
				continue
			}
			if m.Checksum == Good {
				t.Fatalf("bit %d of byte %d flipped, and the checksum still holds", bit, i)
			}
			// A changed head of the checksum leaves a packet without one.
			if m.Checksum == Missing && i != len(good)-4 && i != len(good)-3 {
				t.Fatalf("bit %d of byte %d flipped: the checksum is said to be missing", bit, i)
			}
		}
	}
}

// What a table does not know, or what contradicts it, is told and kept.
func TestDecode_NothingInSilence(t *testing.T) {
	for name, c := range map[string]struct{ items, want string }{
		"an unknown tag":       {"8f7f 02 abcd", `"unknown":[{"tag":2047,"hex":"abcd"}]`},
		"a wrong length":       {"05 01 ff", `"platform_heading_angle":{"tag":5,"hex":"ff","error":"a length of 1 bytes is not the item's"}`},
		"out of range":         {"06 02 8000", `"platform_pitch_angle":"out of range"`},
		"not known":            {"05 00", `"platform_heading_angle":null`},
		"an infinity":          {"67 02 c800", `"density_altitude_extended":"+infinity"`},
		"text that is none":    {"03 02 fffe", `"mission_id":{"tag":3,"hex":"fffe","error":"the text is not UTF-8"}`},
		"an item twice":        {"03 01 61 03 01 62 03 01 63", `"mission_id":["a","b","c"]`},
		"a number of no name":  {"22 01 09", `"icing_detected":{"integer":9,"string":null}`},
		"a long length":        {"05 82 0002 71c2", `"platform_heading_angle":159.97436484321355`},
		"a set in a set":       {"64 0a 64 08 64 06 64 04 05 02 71c2", `"segment_local_set":{"segment_local_set":{"segment_local_set":{"segment_local_set":{"platform_heading_angle":159.97436484321355}}}}`},
		"deviations of naught": {"66 02 01 00", `"hex":"0100","error":"deviations of 1 items, and 0 came before"`},
		"a nested set cut":     {"30 03 01 05 01", `"security_local_set":{"unreadable":"010501"}`},
	} {
		value := unhex(t, c.items)
		m, err := Decode(AppendPacket(nil, KeyUASDatalink, value))
		if err != nil || m.Checksum != Missing {
			t.Fatalf("%s: checksum %q, %v", name, m.Checksum, err)
		}
		if got := string(AppendJSON(nil, m.Fields())); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s has no %s", name, got, c.want)
		}
		if string(m.Append(nil)) != string(m.Packet) {
			t.Errorf("%s was not written as it was read", name)
		}
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// usualPacket is a packet of the 20 items that most aircraft send (ST 0902, the
// minimum metadata set, without its security set).
func usualPacket(t testing.TB) []byte {
	t.Helper()
	s := Set{Table: st0601}
	for _, i := range []struct {
		tag uint64
		v   Value
	}{
		{2, uint64(1231798102000000)}, {3, "Mission 12"}, {5, 159.97}, {6, -0.43}, {7, 3.4}, {10, "Predator"},
		{11, "EO Nose"}, {12, "Geodetic WGS84"}, {13, 60.1768}, {14, 128.4268}, {15, 14190.7}, {16, 14.5}, {17, 8.1},
		{18, 160.7}, {19, -168.8}, {20, 0.0}, {21, 68590.98}, {23, -10.54}, {24, 29.16}, {65, uint64(17)},
	} {
		if err := s.Add(i.tag, i.v); err != nil {
			t.Fatal(err)
		}
	}
	return sealed(s.Append(nil))
}

// sealed makes a packet of the items of ST 0601 with its checksum.
func sealed(items []byte) []byte {
	items = append(items, 1, 2, 0, 0)
	p := AppendPacket(nil, KeyUASDatalink, items)
	binary.BigEndian.PutUint16(p[len(p)-2:], Checksum(p[:len(p)-2]))
	return p
}
