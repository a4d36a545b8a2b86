package cot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
)

const spot = `<?xml version='1.0' encoding='UTF-8' standalone='yes'?>
<event version='2.0' uid='u-1' type='b-m-p-s-m' time='2026-01-31T12:00:00.5Z' start='2026-01-31T12:00:00Z' stale='2026-02-01T12:00:00+01:00' how='h-g-i-g-o' access='Undefined' qos='1-r-c' opex='e'>
	<point lat='0.5' lon='-30.25' hae='9999999.0' ce='12.5' le='9999999.0' />
	<detail><__own a='1&amp;2'>text &lt;event&gt; <![CDATA[<b>]]></__own><!-- kept --><contact callsign='R 1'/></detail>
</event>`

var spotEvent = Event{
	Version: "2.0", UID: "u-1", Type: "b-m-p-s-m", How: "h-g-i-g-o", Access: "Undefined", QoS: "1-r-c", Opex: "e",
	Time:   time.Date(2026, 1, 31, 12, 0, 0, 5e8, time.UTC),
	Start:  time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	Stale:  time.Date(2026, 2, 1, 11, 0, 0, 0, time.UTC),
	Point:  Point{Lat: 0.5, Lon: -30.25, HAE: Unknown, CE: 12.5, LE: Unknown},
	Detail: `<detail><__own a='1&amp;2'>text &lt;event&gt; <![CDATA[<b>]]></__own><!-- kept --><contact callsign='R 1'/></detail>`,
}

func TestDecode(t *testing.T) {
	got, err := Decode([]byte(spot))
	if err != nil || !reflect.DeepEqual(got, spotEvent) {
		t.Fatalf("read %+v\nwant %+v\nerror %v", got, spotEvent, err)
	}
	b, err := Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(b)
	if err != nil || !reflect.DeepEqual(back, spotEvent) {
		t.Fatalf("written and read again it is %+v\nwant %+v\nerror %v", back, spotEvent, err)
	}
}

func TestDecode_Errors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"Empty":     {"", "there is no event"},
		"Protobuf":  {"\xbf\x01\xbf", "the message of TAK protocol 1 holds no event"},
		"Cut":       {spot[:300], "the XML is broken near byte 300: XML syntax error on line 3: unexpected EOF"},
		"Other":     {"<html/>", `an element "html" stands where one event was expected`},
		"Two":       {spot + "<event/>", `an element "event" stands where one event was expected`},
		"Behind":    {spot + "x", "text stands outside the event"},
		"Doctype":   {`<!DOCTYPE event [<!ENTITY a "b">]>` + spot, "a document type declaration is not read"},
		"NoPoint":   {strings.Replace(spot, "<point ", "<pint ", 1), "the event has no point"},
		"NoUID":     {strings.Replace(spot, " uid='u-1'", "", 1), "the event has no uid"},
		"NoStale":   {strings.Replace(spot, " stale=", " stall=", 1), "the event has no stale"},
		"Time":      {strings.Replace(spot, "2026-01-31T12:00:00Z", "noon", 1), `the event's start "noon" is not a time such as 2026-01-31T12:00:00Z`},
		"Version":   {strings.Replace(spot, "version='2.0'", "version='3'", 1), `the version is "3"; 2.0 is read`},
		"Latitude":  {strings.Replace(spot, "lat='0.5'", "lat='91'", 1), "the point's lat is 91; it must be within 90"},
		"NaN":       {strings.Replace(spot, "ce='12.5'", "ce='NaN'", 1), `the point's ce "NaN" is not a number`},
		"NoHeight":  {strings.Replace(spot, " hae='9999999.0'", "", 1), "the point has no hae"},
		"Deep":      {strings.Replace(spot, "<!-- kept -->", strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100), 1), "the elements nest deeper than 64"},
		"Long":      {strings.Replace(spot, "kept", strings.Repeat("x", EventLimit), 1), fmt.Sprintf("the event is %d bytes long; at most 262144 are read", len(spot)-4+EventLimit)},
		"TwoPoints": {strings.Replace(spot, "<detail>", "<point lat='1' lon='1' hae='0' ce='0' le='0'/><detail>", 1), "the event has two points"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(c.text))
			if vigia.ErrorCode(err) != vigia.Invalid || err.Error() != c.want {
				t.Errorf("error %v\nwant  %s", err, c.want)
			}
		})
	}
}

// The fourth law: no type that leaves has a side, gives a task, or marks a
// point of a fire mission. The list is closed, and what it holds is a dot.
func TestLeaving(t *testing.T) {
	if got := Leaving(); !reflect.DeepEqual(got, []string{"b-m-p-s-m"}) {
		t.Errorf("the types that may leave are %q; the law knows b-m-p-s-m, and an issue decides on another", got)
	}
	Leaving()[0] = "a-h-G"
	for _, forbidden := range []string{
		"", "a-h-G", "a-s-G", "a-f-G-U-C", "a-u-G", "a-h-G-E-V", "a-j-A", // atoms: a thing with a side
		"t-k", "t-k-d", "t-x-f", "t-s", "t-b", // tasks: strike, destroy, fire
		"b-r-f-h-c",                // a call for help
		"b-m-p-c-ip", "b-m-p-c-cp", // initial and contact point of close air support
		"b-m-p-s-p-i", "b-m-p-s-p-op", // a sensor's point of interest; an observation post
		"b-m-p-w-GOTO", "b-m-p-w", "b-d", "b-l", "b-i-v", "u-d-r", "u-rb-a", "r-u", "c-f", "y-c-e",
		"b-m-p-s-m-x", "B-M-P-S-M", "b-m-p-s-m ", " b-m-p-s-m", "b-m-p-s-m\x00",
	} {
		e := spotEvent
		e.Type = forbidden
		if b, err := Encode(e); vigia.ErrorCode(err) != vigia.Forbidden || b != nil {
			t.Errorf("an event of type %q may leave: %v", forbidden, err)
		}
	}
	for _, kind := range Leaving() {
		if !strings.HasPrefix(kind, "b-m-p-s-") {
			t.Errorf("the type %q is no marker on a map", kind)
		}
	}
}

// A detail may not close the event and begin another.
func TestEncode_Injection(t *testing.T) {
	for _, detail := range []string{
		"</event><event version='2.0' uid='x' type='t-k' how='m-g' time='2026-01-31T12:00:00Z' start='2026-01-31T12:00:00Z' stale='2026-01-31T12:00:00Z'><point lat='0' lon='0' hae='0' ce='0' le='0'/>",
		"<detail/></event><event>", "<detail>", "text", "<detail/><detail/>", "<other/>", "<detail/><other/>", "<!-- <detail/> -->", "<detail/> ", "<detail>\x00</detail>",
	} {
		e := spotEvent
		e.Detail = detail
		if b, err := Encode(e); err == nil {
			t.Errorf("the detail %q was written: %s", detail, b)
		}
	}
	e := spotEvent
	e.UID = "a\x00b\"'<>&"
	if b, err := Encode(e); err == nil {
		t.Errorf("a uid with a NUL was written as %s", b)
	}
	e.UID = "a\"'<>&ü"
	if b, err := Encode(e); err != nil || bytes.Count(b, []byte("<event")) != 1 {
		t.Errorf("a uid with XML in it: %s, %v", b, err)
	}
}

func TestFromRelease(t *testing.T) {
	rate := 8.25
	now := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	r := vigia.Release{
		ID: "release-1", Lead: "lead-0123456789abcdef", Chemical: "acetone",
		At: geo.Point{Lon: -30.001, Lat: 0.002, Alt: 5}, PrecisionM: 100,
		FirstSeen: now.Add(-time.Hour), LastSeen: now, RateKgH: &rate,
		Text: map[string]string{"en": "A source of acetone <here> & nearby.", "es": "Una fuente de acetona aquí."},
	}
	e := FromRelease(r, now)
	b, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil || !reflect.DeepEqual(got, e) {
		t.Fatalf("read %+v\nwant %+v\nerror %v", got, e, err)
	}
	if got.Type != SpotMarker || got.UID != string(r.Lead) || got.Point.CE != 100 || !got.Stale.Equal(now.Add(StaleAfter)) {
		t.Errorf("the marker is %+v", got)
	}
	var detail struct {
		Contact struct {
			Callsign string `xml:"callsign,attr"`
		} `xml:"contact"`
		Remarks string `xml:"remarks"`
		Vigia   struct {
			Rate      float64 `xml:"rate_kg_h,attr"`
			Precision float64 `xml:"precision_m,attr"`
		} `xml:"vigia"`
	}
	if err := xml.Unmarshal([]byte(got.Detail), &detail); err != nil {
		t.Fatal(err)
	}
	if detail.Contact.Callsign != "Vigía lead-012345" || detail.Remarks != r.Text["es"]+"\n\n"+r.Text["en"] || detail.Vigia.Rate != rate || detail.Vigia.Precision != 100 {
		t.Errorf("the detail is %+v", detail)
	}
	r.RateKgH = nil
	if strings.Contains(FromRelease(r, now).Detail, "rate") {
		t.Error("a rate that was withheld is in the marker")
	}
}

// What a TAK client wrote is read, written and read again the same, its detail
// byte for byte.
func TestRecordedEvents(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(recorded.Dir(t, ""), "wire", "cot", "*.cot"))
	if len(files) == 0 {
		t.Skip("SKIPPED: there are no recorded events")
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(b)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		if !bytes.Contains(b, []byte(e.Detail)) || !strings.HasPrefix(e.Detail, "<detail>") || !strings.HasSuffix(e.Detail, "</detail>") {
			t.Errorf("%s: its detail was read as %q", filepath.Base(f), e.Detail)
		}
		again, err := encode(e)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		if back, err := Decode(again); err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("%s: read again it is %+v, %v\nwant %+v", filepath.Base(f), back, err, e)
		}
		if _, err := Encode(e); (err == nil) != (e.Type == SpotMarker) {
			t.Errorf("%s, of type %s: leaving it gives %v", filepath.Base(f), e.Type, err)
		}
	}
}

func TestReader(t *testing.T) {
	stream := spot + spot + "\n<event>broken</event>" + strings.Replace(spot, "u-1", "u-2", 1) + "<event"
	for name, in := range map[string]io.Reader{"Whole": strings.NewReader(stream), "ByteByByte": iotest.OneByteReader(strings.NewReader(stream))} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(in)
			var got []string
			var whole strings.Builder
			for {
				e, raw, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				whole.Write(raw)
				if err != nil {
					got = append(got, vigia.ErrorMessage(err))
				} else {
					got = append(got, e.UID)
				}
			}
			want := []string{"u-1", "u-1", "the event has no time", "u-2", "the stream ends in the middle of an event"}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the stream was read as %q, want %q", got, want)
			}
			if whole.String() != stream {
				t.Error("the raw bytes, put together, are not the stream")
			}
		})
	}
}

// An event that does not end costs its limit in memory and no more, and the
// one behind it is read.
func TestReader_Endless(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := NewReader(io.MultiReader(io.LimitReader(endless{}, 100<<20), strings.NewReader("</event>"+spot)))
	_, raw, err := r.Next()
	runtime.ReadMemStats(&after)
	if vigia.ErrorCode(err) != vigia.Invalid || len(raw) != EventLimit {
		t.Fatalf("%d bytes, error %v", len(raw), err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 4*EventLimit {
		t.Errorf("%d bytes were allocated for it", used)
	}
	if e, _, err := r.Next(); err != nil || e.UID != "u-1" {
		t.Errorf("behind it: %+v, %v", e, err)
	}
	if _, _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(spot))
	f.Add([]byte("<event><point/></event>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Decode(b)
		if err != nil {
			if vigia.ErrorCode(err) != vigia.Invalid {
				t.Fatal(err)
			}
			return
		}
		again, err := encode(e)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", e, err)
		}
		if back, err := Decode(again); err != nil || !reflect.DeepEqual(back, e) {
			t.Fatalf("read again it is %+v, %v\nwant %+v", back, err, e)
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(spot + spot))
	f.Add([]byte("<event></event></event>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(iotest.HalfReader(bytes.NewReader(b)))
		var whole []byte
		for {
			_, raw, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && vigia.ErrorCode(err) != vigia.Invalid {
				t.Fatal(err)
			}
			whole = append(whole, raw...)
		}
		if len(b) < EventLimit && len(bytes.TrimSpace(b[len(whole):])) > 0 {
			t.Fatalf("%q was not read", b[len(whole):])
		}
	})
}
