package cot

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia/internal/recorded"
)

const plainEvent = `<?xml version="1.0" encoding="UTF-8"?><event version="2.0" uid="ANDROID-3596" type="a-f-G-U-C" how="m-g" time="2026-01-31T12:00:00.000Z" start="2026-01-31T12:00:00.000Z" stale="2026-01-31T12:05:00.000Z"><point lat="19.4326" lon="-99.1332" hae="2240.5" ce="9.9" le="9999999.0"/><detail><takv os="29" version="4.1.0" device="A PHONE" platform="ATAK-CIV"/><contact callsign="VIGÍA &amp; 1" endpoint="*:-1:stcp"/><__group role="Team Member" name="Cyan"/><track speed="1.5" course="271.3"/><remarks>said "so"</remarks></detail></event>`

// What the quick way reads is what encoding/xml reads.
func TestQuick_AgreesWithXML(t *testing.T) {
	for name, s := range map[string]string{
		"plain":             plainEvent,
		"single quotes":     strings.ReplaceAll(plainEvent, `"`, `'`),
		"line ends":         strings.ReplaceAll(plainEvent, "><", ">\r\n\t<"),
		"a point with ends": strings.Replace(plainEvent, `"9999999.0"/>`, `"9999999.0"></point>`, 1),
		"unknown parts":     strings.Replace(plainEvent, "<detail>", `<more deep="1"><er/></more><detail>`, 1),
	} {
		q, ok := quick([]byte(s))
		if !ok {
			t.Errorf("%s: the quick way gives up", name)
		}
		x, err := decodeXML([]byte(s))
		if err != nil || q != x {
			t.Errorf("%s: quick\n%+v\nxml\n%+v, %v", name, q, x, err)
		}
	}
}

// The quick way gives up at what it does not know; encoding/xml then decides.
func TestQuick_GivesUp(t *testing.T) {
	for name, edit := range map[string][2]string{
		"a comment":            {"<detail>", "<!-- c --><detail>"},
		"an instruction":       {"<detail>", "<?do it?><detail>"},
		"CDATA":                {"said", "<![CDATA[said]]>"},
		"a namespace":          {"<takv ", `<x:takv xmlns:x="y" `},
		"a numbered character": {"&amp;", "&#38;"},
		"a reference in a uid": {"ANDROID", "&lt;ANDROID"},
		"text in the event":    {"<detail>", "text<detail>"},
		"an attribute twice":   {`how="m-g"`, `how="m-g" how="h-e"`},
		"no blank between":     {`os="29" `, `os="29"`},
		"an end too many":      {"</event>", "</event></event>"},
		"a wrong end":          {"</remarks>", "</remark>"},
		"]]>":                  {"said", "]]>"},
		"no character":         {"said", "\x01"},
		"no UTF-8":             {"said", "\xff"},
		"not a character":      {"said", "\uffff"},
		"a bad reference":      {"&amp;", "&nbsp;"},
		"two points":           {"<detail>", `<point lat="1" lon="1" hae="1" ce="1" le="1"/><detail>`},
		"not a number":         {`lat="19.4326"`, `lat="north"`},
		"not a time":           {`time="2026`, `time="soon2026`},
		"< in a value":         {"Cyan", "<Cyan"},
	} {
		s := strings.Replace(plainEvent, edit[0], edit[1], 1)
		if s == plainEvent {
			t.Fatalf("%s: the edit changes nothing", name)
		}
		if _, ok := quick([]byte(s)); ok {
			t.Errorf("%s: the quick way takes it", name)
		}
	}
}

// The events that a TAK client wrote are read the quick way and as
// encoding/xml reads them, no element lost.
func TestQuick_Recorded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t, "wire/cot"), "*.cot"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no events: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b = []byte(strings.TrimSpace(string(b)))
		x, err := decodeXML(b)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if q, ok := quick(b); !ok || q != x {
			t.Errorf("%s: quick %v\n%+v\nxml\n%+v", filepath.Base(file), ok, q, x)
		}
		again, err := encode(x)
		if err != nil {
			t.Fatal(err)
		}
		if y, err := Decode(again); err != nil || y != x {
			t.Errorf("%s: written and read again\n%+v, %v\nnot\n%+v", filepath.Base(file), y, err, x)
		}
	}
}

// FuzzQuick: the quick way takes nothing that encoding/xml refuses, and reads
// nothing otherwise.
func FuzzQuick(f *testing.F) {
	f.Add([]byte(plainEvent))
	f.Add([]byte(strings.ReplaceAll(plainEvent, `"`, `'`)))
	f.Add([]byte(strings.Replace(plainEvent, "said", "]]>", 1)))
	f.Add([]byte(strings.Replace(plainEvent, "<detail>", "<!-- c --><detail>", 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, ok := quick(b)
		if !ok {
			return
		}
		x, err := decodeXML(b)
		if x != q || (err == nil) != (q.Valid() == nil) {
			t.Fatalf("quick\n%+v\nxml\n%+v, %v", q, x, err)
		}
	})
}

// event is an event as encoding/xml would have it.
type event struct {
	Version string `xml:"version,attr"`
	UID     string `xml:"uid,attr"`
	Type    string `xml:"type,attr"`
	How     string `xml:"how,attr"`
	Time    string `xml:"time,attr"`
	Start   string `xml:"start,attr"`
	Stale   string `xml:"stale,attr"`
	Point   struct {
		Lat float64 `xml:"lat,attr"`
		Lon float64 `xml:"lon,attr"`
		HAE float64 `xml:"hae,attr"`
		CE  float64 `xml:"ce,attr"`
		LE  float64 `xml:"le,attr"`
	} `xml:"point"`
	Detail struct {
		Inner string `xml:",innerxml"`
	} `xml:"detail"`
}

func BenchmarkDecode(b *testing.B) {
	in := []byte(plainEvent)
	for name, decode := range map[string]func() error{
		"quick":         func() error { _, err := Decode(in); return err },
		"xml.Token":     func() error { _, err := decodeXML(in); return err },
		"xml.Unmarshal": func() error { var e event; return xml.Unmarshal(in, &e) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecode_Ratio takes turns, so that what else the machine does falls
// on both alike.
func BenchmarkDecode_Ratio(b *testing.B) {
	in := []byte(plainEvent)
	const turn = 200
	var quick, plain time.Duration
	for b.Loop() {
		began := time.Now()
		for range turn {
			if _, err := Decode(in); err != nil {
				b.Fatal(err)
			}
		}
		between := time.Now()
		for range turn {
			var e event
			if err := xml.Unmarshal(in, &e); err != nil {
				b.Fatal(err)
			}
		}
		quick, plain = quick+between.Sub(began), plain+time.Since(between)
	}
	b.ReportMetric(plain.Seconds()/quick.Seconds(), "times-encoding/xml")
}
