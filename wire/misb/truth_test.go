package misb

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vigia-project/vigia/internal/recorded"
	"github.com/vigia-project/vigia/wire/mpegts"
)

// A truthPacket is one packet of a truth file: what another program (kwiver)
// wrote into the stream.
type truthPacket struct {
	Key   struct{ Hex, String string }
	Value []truthItem
}

type truthItem struct {
	Key struct {
		Integer uint64
		String  string
	}
	Value    json.RawMessage
	Unparsed []byte `json:"value-unparsed-bytes"`
}

// renamed are the names that the truth file spells otherwise than the standard.
var renamed = map[string]string{
	"Reference Frame Groud Plane Squint Angle": "Reference Frame Ground Plane Squint Angle",
}

// packetsOf takes a recorded transport stream apart.
func packetsOf(t testing.TB, path string) (packets [][]byte, d *mpegts.Demuxer) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := Collector{Each: func(f Found) { packets = append(packets, append([]byte(nil), f.Packet...)) }}
	d = mpegts.NewDemuxer(mpegts.Options{Want: Carries, Unit: c.Unit})
	if _, err := d.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return packets, d
}

// Every item of every packet of the recorded stream reads as its truth says.
func TestDecode_AgreesWithTruth(t *testing.T) {
	dir := recorded.Dir(t, "wire/klv")
	b, err := os.ReadFile(dir + "/h264_klv.truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var truth []truthPacket
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	packets, _ := packetsOf(t, dir+"/h264_klv.ts")
	if len(packets) != 30 || len(truth) != 30 {
		t.Fatalf("%d packets, %d in the truth; 30 of each were expected", len(packets), len(truth))
	}
	c := comparison{t: t, tags: map[uint64]bool{}}
	for i, p := range packets {
		m, err := Decode(p)
		if err != nil || m.Checksum != Good {
			t.Fatalf("packet %d: checksum %q, %v", i, m.Checksum, err)
		}
		c.set(fmt.Sprintf("packet %d", i), truth[i].Value, m.Set)
		if got := string(m.Append(nil)); got != string(p) {
			t.Errorf("packet %d was not written as it was read", i)
		}
		for _, item := range m.Set.Items { // 139 of the truth, and the checksum
			c.tags[item.Tag] = true
		}
		if _, ok := m.Set.Get(74); !ok {
			t.Errorf("packet %d has no VMTI", i)
		}
	}
	if len(c.tags) != 140 {
		t.Errorf("%d distinct tags were read, not 140", len(c.tags))
	}
	t.Logf("%d values compared in 30 packets of %d tags", c.values, len(c.tags))
}

type comparison struct {
	t      *testing.T
	tags   map[uint64]bool
	values int
}

// set compares the items of a set one by one. The truth has them in the order
// of their tags; on the wire three stand before the deviations that speak of them.
func (c *comparison) set(where string, truth []truthItem, s *Set) {
	c.t.Helper()
	var items []Item
	for _, i := range s.Items {
		if s.Table.check == nil || i.Tag != s.Table.checkTag {
			items = append(items, i)
		}
	}
	slices.SortStableFunc(items, func(a, b Item) int { return cmp.Compare(a.Tag, b.Tag) })
	if len(items) != len(truth) || len(s.Rest) > 0 {
		c.t.Errorf("%s: %d items and %d bytes over, not %d items", where, len(items), len(s.Rest), len(truth))
		return
	}
	for n, want := range truth {
		got := items[n]
		at := fmt.Sprintf("%s / %d %s", where, want.Key.Integer, want.Key.String)
		if got.Tag != want.Key.Integer || got.Spec == nil {
			c.t.Errorf("%s: item %d is known %v", at, got.Tag, got.Spec != nil)
			continue
		}
		name := want.Key.String
		if r, ok := renamed[name]; ok {
			name = r
		}
		if got.Spec.Name != name {
			c.t.Errorf("%s: the name is %q", at, got.Spec.Name)
		}
		v, err := got.Value()
		if err != nil {
			c.t.Errorf("%s: % x: %v", at, got.Raw, err)
			continue
		}
		c.values++
		if want.Unparsed != nil {
			if b, ok := v.(Bytes); !ok || string(b) != string(want.Unparsed) {
				c.t.Errorf("%s: %v, not the bytes %x", at, v, want.Unparsed)
			}
			continue
		}
		var plain any
		d := json.NewDecoder(strings.NewReader(string(want.Value)))
		d.UseNumber()
		if err := d.Decode(&plain); err != nil {
			c.t.Fatal(err)
		}
		c.value(at, plain, v, want.Value)
	}
}

// value compares one value.
func (c *comparison) value(at string, want any, got Value, raw json.RawMessage) {
	c.t.Helper()
	switch w := want.(type) {
	case nil:
		if got != nil && !emptySet(got) && !emptyList(got) {
			c.t.Errorf("%s: %v, not empty", at, got)
		}
	case json.Number:
		c.number(at, w, got)
	case string:
		c.text(at, w, got)
	case []any:
		c.list(at, w, got, raw)
	case map[string]any:
		c.object(at, w, got)
	case bool:
		if got != w {
			c.t.Errorf("%s: %v, not %v", at, got, w)
		}
	}
}

func emptySet(v Value) bool {
	s, ok := v.(*Set)
	return ok && len(s.Items) == 0
}

func emptyList(v Value) bool {
	l, ok := v.(List)
	return ok && len(l) == 0
}

func (c *comparison) number(at string, want json.Number, got Value) {
	c.t.Helper()
	switch g := got.(type) {
	case uint64, int64:
		if fmt.Sprint(g) != want.String() {
			f, _ := want.Float64()
			if fmt.Sprint(g) != fmt.Sprintf("%.0f", f) || f >= 1<<53 {
				c.t.Errorf("%s: %v, not %v", at, g, want)
			}
		}
	case float64:
		// The truth is printed to 17 digits; what is left is the order of two
		// multiplications.
		f, _ := want.Float64()
		if math.Abs(g-f) > 1e-14*math.Max(1, math.Abs(f)) {
			c.t.Errorf("%s: %v, not %v", at, g, want)
		}
	default:
		c.t.Errorf("%s: %T %v, not the number %v", at, got, got, want)
	}
}

func (c *comparison) text(at, want string, got Value) {
	c.t.Helper()
	switch g := got.(type) {
	case string:
		// The truth's program reads UTF-16 as ASCII: a zero before each letter.
		if g != want && g != strings.ReplaceAll(want, "\x00", "") {
			c.t.Errorf("%s: %q, not %q", at, g, want)
		}
	case Bytes:
		if base64.StdEncoding.EncodeToString(g) != want {
			c.t.Errorf("%s: %x, not %q", at, g, want)
		}
	default:
		c.t.Errorf("%s: %T %v, not the text %q", at, got, got, want)
	}
}

// list compares series: of values, of sets, and of numbered sets.
func (c *comparison) list(at string, want []any, got Value, raw json.RawMessage) {
	c.t.Helper()
	if s, ok := got.(*Set); ok {
		c.set(at, items(c.t, raw), s)
		return
	}
	g, ok := got.(List)
	if !ok || len(g) != len(want) {
		c.t.Errorf("%s: %v, not %d values", at, got, len(want))
		return
	}
	var parts []json.RawMessage
	if raw != nil {
		if err := json.Unmarshal(raw, &parts); err != nil {
			c.t.Fatal(err)
		}
	}
	for i := range want {
		at := fmt.Sprintf("%s[%d]", at, i)
		switch v := g[i].(type) {
		case Numbered:
			var n struct {
				ID  uint64
				Set []truthItem
			}
			if err := json.Unmarshal(parts[i], &n); err != nil {
				c.t.Fatal(err)
			}
			if n.ID != v.ID {
				c.t.Errorf("%s: number %d, not %d", at, v.ID, n.ID)
			}
			c.set(at, n.Set, v.Set)
		case *Set:
			c.set(at, items(c.t, parts[i]), v)
		default:
			c.value(at, want[i], v, nil)
		}
	}
}

func items(t *testing.T, raw json.RawMessage) (list []truthItem) {
	t.Helper()
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// notOurs are parts of the truth that say how its program would write the value
// again; here the bytes themselves are kept for that.
var notOurs = map[string]bool{
	"apa-params-length": true, "sigma-length": true, "rho-length": true, "sigma-uses-imap": true,
	"rho-uses-imap": true, "long-parse-control": true, "sparse": true, "semi-length": true,
}

func (c *comparison) object(at string, want map[string]any, got Value) {
	c.t.Helper()
	switch g := got.(type) {
	case Enum:
		c.number(at, want["integer"].(json.Number), g.Integer)
		if want["string"] != g.Name {
			c.t.Errorf("%s: %q, not %q", at, g.Name, want["string"])
		}
		return
	case UUID:
		if base64.StdEncoding.EncodeToString(g[:]) != want["bytes"] {
			c.t.Errorf("%s: %v, not %v", at, g, want)
		}
		return
	case Fields:
		for k, w := range want {
			switch {
			case notOurs[k]:
			case k == "imap-params" && w == nil:
			case k == "imap-params":
				c.value(at+" / "+k, w.(map[string]any)["lower-bound"], g.Get("lower_bound"), nil)
				c.value(at+" / "+k, w.(map[string]any)["upper-bound"], g.Get("upper_bound"), nil)
			default:
				c.value(at+" / "+k, w, g.Get(Snake(k)), nil)
			}
		}
		return
	}
	if v, ok := want["value"]; ok && len(want) == 2 { // a number and the length that it was written in
		c.value(at, v, got, nil)
		return
	}
	c.t.Errorf("%s: %T %v, not %v", at, got, got, want)
}
