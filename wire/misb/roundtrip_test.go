package misb

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia/internal/recorded"
)

// Each recorded value, written again from what it was read as, has its bytes;
// packs alone are kept as bytes.
func TestValues_RoundTrip(t *testing.T) {
	dir := recorded.Dir(t, "wire/klv")
	written, kept := map[string]bool{}, map[string]bool{}
	var walk func(where string, s *Set)
	value := func(where string, i Item) {
		if i.Spec == nil {
			return
		}
		where += "/" + i.Spec.JSON()
		v, err := i.Value()
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return
		}
		switch v := v.(type) {
		case *Set:
			walk(where, v)
		case List:
			for _, x := range v {
				switch x := x.(type) {
				case *Set:
					walk(where, x)
				case Numbered:
					walk(where, x.Set)
				}
			}
		}
		got, err := i.Spec.Encode(nil, v, len(i.Raw))
		if err != nil {
			if !strings.Contains(err.Error(), "as the bytes that it was read from") {
				t.Errorf("%s: %v", where, err)
			}
			kept[where] = true
			return
		}
		written[where] = true
		if string(got) != string(i.Raw) {
			t.Errorf("%s: %v is written as %x, and was %x", where, v, got, i.Raw)
		}
	}
	walk = func(where string, s *Set) {
		if string(s.Append(nil)) != string(s.raw) {
			t.Errorf("%s is written otherwise than it was read", where)
		}
		for _, i := range s.Items {
			value(where, i)
		}
	}
	for _, file := range []string{"h264_klv.ts", "aphill_short.ts"} {
		packets, _ := packetsOf(t, dir+"/"+file)
		for _, p := range packets {
			m, err := Decode(p)
			if err != nil {
				t.Fatal(err)
			}
			walk("", m.Set)
		}
	}
	t.Logf("%d items are written from their values, %d are packs and kept as bytes", len(written), len(kept))
	if len(written) < 250 {
		t.Errorf("only %d items are written from their values", len(written))
	}
}

// Numbers worked out by hand from ST 1201 §7 (the first: 2^21 is the power of two
// above 1,500,000, so a step of 3 bytes is 2^-2, and 0xd92a is 55594), and the
// special values of its Table 3.
func TestMapFloat(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		hex    string
		want   Value
	}{
		{0, 1500000, "00d92a", 13898.5},
		{-900, 40000, "2f921e", 23456.234375},
		{0, 360, "1f40", 125.0},
		{-1000, 1000, "3e90", 1.0},
		{-900, 19000, "0000", -900.0},
		{-900, 19000, "c800", PosInfinity},
		{-900, 19000, "e800", NegInfinity},
		{-900, 19000, "d000", NaN},
		{-900, 19000, "e000", BelowMinimum},
		{-900, 19000, "e100", AboveMaximum},
	} {
		got, err := UnmapFloat(unhex(t, c.hex), c.lo, c.hi)
		if err != nil {
			t.Errorf("%s over %v to %v: %v", c.hex, c.lo, c.hi, err)
			continue
		}
		x, isFloat := got.(float64)
		w, _ := c.want.(float64)
		if isFloat && math.Abs(x-w) > 1e-9 || !isFloat && got != c.want {
			t.Errorf("%s over %v to %v is %v, not %v", c.hex, c.lo, c.hi, got, c.want)
		}
	}
	if _, err := UnmapFloat([]byte{0xa0, 0}, 0, 1); err == nil {
		t.Error("a reserved code is taken for a number")
	}
	// A range whose span is a power of two uses the very top code for its end.
	if v, err := UnmapFloat([]byte{0x80, 0}, 0, 1); err != nil || v != 1.0 {
		t.Errorf("the end of 0 to 1 is %v, %v", v, err)
	}
}

// IMAPA's length keeps the precision that was asked for.
func TestIMAPA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "lo")
		hi := lo + rapid.Float64Range(1e-3, 1e6).Draw(t, "span")
		precision := (hi - lo) * rapid.Float64Range(1e-9, 0.5).Draw(t, "precision")
		n, err := IMAPA(lo, hi, precision)
		if err != nil {
			t.Fatal(err)
		}
		x := rapid.Float64Range(lo, hi).Draw(t, "x")
		b, err := MapFloat(nil, x, lo, hi, n)
		if err != nil {
			t.Fatal(err)
		}
		v, err := UnmapFloat(b, lo, hi)
		if err != nil {
			t.Fatal(err)
		}
		if d := math.Abs(v.(float64) - x); d > precision+1e-9*math.Abs(x) {
			t.Errorf("%v comes back as %v in %d bytes: off by %v, more than %v", x, v, n, d, precision)
		}
	})
	if _, err := IMAPA(0, 1, 0); err == nil {
		t.Error("a precision of 0 is taken")
	}
}

// Lengths and BER-OID numbers read as they were written.
func TestBER_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, maxLength).Draw(t, "length")
		b := appendLength(nil, n)
		if got, used, err := readLength(b); got != n || used != len(b) || err != nil {
			t.Errorf("length %d comes back as %d of %d bytes, %v", n, got, used, err)
		}
		v := rapid.Uint64Range(0, 1<<63).Draw(t, "number")
		b = appendOID(nil, v)
		if got, used, err := readOID(b); got != v || used != len(b) || err != nil {
			t.Errorf("number %d comes back as %d of %d bytes, %v", v, got, used, err)
		}
	})
	for _, bad := range []string{"", "80", "81", "8201", "8900", "84ffffffff"} {
		if _, _, err := readLength(unhex(t, bad)); err == nil {
			t.Errorf("%q is taken for a length", bad)
		}
	}
	for _, bad := range []string{"", "80", "ff", "ffffffffffffffffffff7f"} {
		if _, _, err := readOID(unhex(t, bad)); err == nil {
			t.Errorf("%q is taken for a number", bad)
		}
	}
}

// The fast sum is the plain one, at every length.
func TestChecksum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 4000).Draw(t, "bytes")
		want := uint16(0)
		for i, x := range b {
			want += uint16(x) << (8 * ((i + 1) % 2))
		}
		if got := Checksum(b); got != want {
			t.Errorf("%#x, not %#x", got, want)
		}
	})
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = 0xff
	}
	if got := Checksum(big); got != 0 { // 2^19 words of 0xFFFF: -2^19 mod 2^16
		t.Errorf("%#x, not 0", got)
	}
	if crcMPEG([]byte("123456789")) != 0x0376e6e7 || crcCCITT([]byte("123456789")) != 0x29b1 {
		t.Error("a CRC is not the catalogue's check value (reveng.sourceforge.io)")
	}
}

// However a stream of packets is cut, the same packets are found.
func TestSplitter(t *testing.T) {
	p := usualPacket(t)
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		n := rapid.IntRange(0, 5).Draw(t, "packets")
		noise := 0
		for range n {
			junk := rapid.SliceOfN(rapid.ByteRange(7, 255), 0, 20).Draw(t, "noise")
			noise += len(junk)
			stream = append(append(stream, junk...), p...)
		}
		var s Splitter
		found := 0
		each := func(got []byte, at int64) {
			found++
			if string(got) != string(p) || string(stream[at:at+int64(len(got))]) != string(p) {
				t.Errorf("a packet that was not sent, at %d", at)
			}
		}
		for rest := stream; len(rest) > 0; {
			cut := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			s.Push(rest[:cut], each)
			rest = rest[cut:]
		}
		s.Flush(each)
		if found != n || s.Skipped != int64(noise) || s.Offset != int64(len(stream)) {
			t.Errorf("%d of %d packets, %d of %d bytes skipped, offset %d of %d", found, n, s.Skipped, noise, s.Offset, len(stream))
		}
	})
}

// FuzzDecode: whatever comes in, what is read is written again as it was, and
// the Frame takes nothing that Decode doubts.
func FuzzDecode(f *testing.F) {
	f.Add(usualPacket(f))
	for _, items := range []string{"", "30 03 01 05 01", "66 02 01 00", "64 0a 64 08 64 06 64 04 05 02 71c2", "4a 08 65 06 05 01 01 03 01 02"} {
		f.Add(sealed(unhex(f, items)))
	}
	f.Add(AppendPacket(nil, KeyUniversalSet, append(append([]byte(nil), KeySecurityUS[:]...), 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err == nil {
			if string(m.Append(nil)) != string(b) {
				t.Fatal("the packet was not written as it was read")
			}
			if out := AppendJSON(nil, m.Fields()); len(out) > 2000+400*len(b) {
				t.Fatalf("%d bytes became %d of JSON", len(b), len(out))
			}
		}
		var frame Frame
		if frame.Decode(b) == nil {
			if err != nil || m.Checksum != Good {
				t.Fatalf("the Frame takes what Decode calls %q, %v", m.Checksum, err)
			}
			var v VMTI
			_ = v.Decode(frame.Raw(VMTISet), nil)
			for tag := range MaxTag + 1 {
				frame.Float(tag)
			}
		}
		// The same bytes as the value of a set without a checksum.
		s := ParseSet(st0601, b)
		if string(s.Append(nil)) != string(b) {
			t.Fatal("the set was not written as it was read")
		}
		AppendJSON(nil, s.Fields())
	})
}

// FuzzSplitter: whatever comes in, every byte is a packet's or is counted.
func FuzzSplitter(f *testing.F) {
	f.Add(usualPacket(f), 7)
	f.Add([]byte{6, 0x0e, 0x2b, 0x34, 6, 0x0e, 0x2b}, 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = 1 + max(cut, -cut)%64
		if cut < 1 {
			cut = 1
		}
		var s Splitter
		in := 0
		each := func(p []byte, at int64) {
			in += len(p)
			if string(b[at:at+int64(len(p))]) != string(p) {
				t.Fatal("a packet is not where it is said to be")
			}
			if _, _, err := SplitPacket(p); err != nil {
				t.Fatal(errors.Join(err))
			}
		}
		for rest := b; len(rest) > 0; {
			n := min(cut, len(rest))
			s.Push(rest[:n], each)
			rest = rest[n:]
		}
		s.Flush(each)
		if int64(in)+s.Skipped != int64(len(b)) {
			t.Fatalf("%d bytes in packets and %d passed over, of %d", in, s.Skipped, len(b))
		}
	})
}
