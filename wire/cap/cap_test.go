package cap_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/cap"
)

var at = time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC)

func release() vigia.Release {
	return vigia.Release{
		ID: "rel-1", Lead: "lead-1", Chemical: "acetone", At: geo.Point{Lon: -30.00123, Lat: 10.00456}, PrecisionM: 37.2, Policy: "default-1",
		Text: map[string]string{"es": "El vapor de acetona …", "en": "Vapour of <acetone> & more"},
	}
}

func TestFromRelease(t *testing.T) {
	b, err := cap.Encode(cap.FromRelease(release(), "msg-1", "vigia@authority.example", at))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">`, "<identifier>msg-1</identifier>",
		"<sent>2026-03-01T12:30:15-00:00</sent>", // clause 3.3.2: not Z
		"<scope>Restricted</scope>", "<language>es</language>", "<language>en</language>",
		"<circle>10.004560,-30.001230 0.038</circle>", // kilometres, never less than the precision
		"Vapour of &lt;acetone&gt; &amp; more",
	} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("the alert lacks %s:\n%s", want, b)
		}
	}
	for _, never := range []string{"Public", "Execute", "Z</sent>"} {
		if bytes.Contains(b, []byte(never)) {
			t.Errorf("the alert holds %q:\n%s", never, b)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	want := cap.FromRelease(release(), "msg-1", "vigia@authority.example", at)
	b, err := cap.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := cap.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	want.XMLName = got.XMLName
	if !reflect.DeepEqual(want, got) {
		t.Errorf("read back:\n%+v\nwant\n%+v", got, want)
	}
}

func TestDecode_Refuses(t *testing.T) {
	good, err := cap.Encode(cap.FromRelease(release(), "msg-1", "vigia@authority.example", at))
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) string { return strings.Replace(string(good), old, new, 1) }
	for what, b := range map[string]string{
		"nothing":              "",
		"another namespace":    swap("cap:1.2", "cap:1.1"),
		"a space in the id":    swap(">msg-1<", ">msg 1<"),
		"an unknown status":    swap("Actual", "Real"),
		"an unknown scope":     swap("Restricted", "Everybody"),
		"no restriction":       strings.Replace(swap("<restriction>", "<note>"), "</restriction>", "</note>", 1),
		"a time in Z":          swap("-00:00</sent>", "Z</sent>"),
		"an unknown urgency":   swap("<urgency>Unknown", "<urgency>Soon"),
		"a second alert":       string(good) + string(good),
		"text after the alert": string(good) + "more",
		"a truncated alert":    string(good[:len(good)/2]),
	} {
		if _, err := cap.Decode([]byte(b)); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Whatever is read can be written and read again.
func FuzzDecode(f *testing.F) {
	good, err := cap.Encode(cap.FromRelease(release(), "msg-1", "vigia@authority.example", at))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := cap.Decode(b)
		if err != nil {
			return
		}
		again, err := cap.Encode(a)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := cap.Decode(again); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, again)
		}
	})
}
