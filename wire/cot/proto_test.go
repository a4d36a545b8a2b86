package cot

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/internal/recorded"
)

// protoOf writes an event of any type, as others do.
func protoOf(t testing.TB, e Event) []byte {
	t.Helper()
	b, err := encodeProto(e, []string{e.Type})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func streamed(body []byte) []byte {
	var w protoWriter
	w.bytes(0, body)
	w[0] = protoMagic
	return w
}

func plainSpot() Event {
	at := time.Date(2026, 1, 31, 12, 0, 0, 123e6, time.UTC)
	return Event{
		Version: "2.0", UID: "u-1", Type: SpotMarker, How: "m-f", Time: at, Start: at, Stale: at.Add(time.Hour), Access: "Unrestricted",
		Point: Point{Lat: 19.4326, Lon: -99.1332, HAE: 2240.5, CE: 12, LE: Unknown}, Detail: `<detail><contact callsign="VIGÍA"/><unknown a="1">kept<b/></unknown></detail>`,
	}
}

// An event goes through protocol 1 and is the same, its detail byte for byte.
func TestProto_RoundTrip(t *testing.T) {
	in := plainSpot()
	for name, encode := range map[string]func(Event) ([]byte, error){"stream": EncodeStream, "datagram": EncodeDatagram} {
		b, err := encode(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Decode(b)
		if err != nil || out != in {
			t.Errorf("%s: %+v, %v\nnot\n%+v", name, out, err, in)
		}
	}
}

// The events that a TAK client wrote lose no element on the way through.
func TestProto_Recorded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t, "wire/cot"), "*.cot"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no events: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in, err := Decode(bytes.TrimSpace(b))
		if err != nil {
			t.Fatal(err)
		}
		if out, err := Decode(streamed(protoOf(t, in))); err != nil || out != in {
			t.Errorf("%s: %+v, %v\nnot\n%+v", filepath.Base(file), out, err, in)
		}
	}
}

// The parts of a detail that have fields of their own become elements.
func TestProto_Parts(t *testing.T) {
	var contact, status, track, detail, event, message protoWriter
	contact.text(1, "*:-1:stcp")
	contact.text(2, `A "B"`)
	status.varint(1, 77)
	track.double(2, 271.5)
	track.double(9, 1) // of a later protocol
	detail.text(1, "<remarks>hello</remarks>")
	detail.bytes(2, contact)
	detail.bytes(5, status)
	detail.bytes(7, track)
	event.text(1, "a-f-G")
	event.text(5, "u-1")
	event.text(9, "m-g")
	event.varint(6, 1000)
	event.bytes(15, detail)
	message.bytes(1, nil) // TakControl
	message.bytes(2, event)
	e, err := Decode(streamed(message))
	want := `<detail><remarks>hello</remarks><contact endpoint="*:-1:stcp" callsign="A &#34;B&#34;"/><status battery="77"/><track course="271.5"/></detail>`
	if err != nil || e.Detail != want || !e.Time.Equal(time.UnixMilli(1000)) {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestProto_Errors(t *testing.T) {
	blank := plainSpot()
	blank.Detail = `<detail x="1"></detail>`
	early := plainSpot()
	early.Time = time.Unix(-1, 0)
	person := plainSpot()
	person.Type = "a-h-G"
	for name, c := range map[string]struct {
		e    Event
		code vigia.Code
	}{"attributes of the detail": {blank, vigia.Invalid}, "before 1970": {early, vigia.Invalid}, "a type that may not leave": {person, vigia.Forbidden}} {
		if _, err := EncodeStream(c.e); vigia.ErrorCode(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := EncodeDatagram(c.e); vigia.ErrorCode(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string]string{
		"a header alone": "bf", "a length alone": "bf05", "no event": "bf00", "a broken field": "bf03120100", "a group": "bf010b", "too long": "bfffffffff7f",
		"a broken event": "bf0412020a05", "a broken detail": "bf0612047a020a05",
	} {
		raw, err := hex.DecodeString(b)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := Decode(raw); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

// A connection may carry both protocols, one after the other, in any pieces.
func TestReader_BothProtocols(t *testing.T) {
	e := plainSpot()
	xml, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	proto, err := EncodeStream(e)
	if err != nil {
		t.Fatal(err)
	}
	stream := bytes.Join([][]byte{xml, proto, proto, xml, proto}, nil)
	r := NewReader(iotest.OneByteReader(bytes.NewReader(stream)))
	n := 0
	for {
		got, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || got != e {
			t.Fatalf("event %d: %+v, %v", n, got, err)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d events of 5", n)
	}
	// A message that is cut is told, and so is one that is too long.
	r = NewReader(bytes.NewReader(proto[:20]))
	if _, _, err := r.Next(); vigia.ErrorCode(err) != vigia.Invalid {
		t.Errorf("a cut message: %v", err)
	}
	r = NewReader(strings.NewReader("\xbf\xff\xff\xff\x7f" + string(xml)))
	if _, _, err := r.Next(); vigia.ErrorCode(err) != vigia.Invalid {
		t.Errorf("a long message: %v", err)
	}
}

// FuzzProto: what is read can be written, and reads the same.
func FuzzProto(f *testing.F) {
	b, err := EncodeStream(plainSpot())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[2:])
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Decode(append([]byte{protoMagic, protoVersion, protoMagic}, body...))
		if err != nil {
			return
		}
		again, err := encodeProto(e, []string{e.Type})
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", e, err)
		}
		back, err := Decode(streamed(again))
		if err != nil || back != e {
			t.Fatalf("%+v, %v\nnot\n%+v", back, err, e)
		}
	})
}

// peers is a folder in which npm installed the peers' libraries.
func peers(t *testing.T, library string) string {
	t.Helper()
	dir := os.Getenv("VIGIA_PEERS")
	if _, err := exec.LookPath("node"); err != nil || dir == "" {
		t.Skipf("SKIPPED: to hold this against %s: npm install %s in a folder, and name it in VIGIA_PEERS", library, library)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", library)); err != nil {
		t.Skipf("SKIPPED: %s has no %s", dir, library)
	}
	return dir
}

// node-cot reads what is written here, and what it writes is read.
func TestPeers_NodeCoT(t *testing.T) {
	dir := peers(t, "@tak-ps/node-cot")
	b, err := EncodeStream(plainSpot())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "--input-type=module", "-e", `
import CoT from '@tak-ps/node-cot/dist/lib/cot.js';
const cot = CoT.from_proto(Buffer.from(process.argv[1], 'hex'));
const e = cot.raw.event;
console.log(JSON.stringify([e._attributes.uid, e._attributes.type, e._attributes.time, e.point._attributes.lat, e.detail.contact._attributes.callsign, e.detail.unknown._text]));
console.log(Buffer.from(cot.to_proto()).toString('hex'));
`, hex.EncodeToString(b[1+1:][lengthOf(b)-1:]))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if want := `["u-1","b-m-p-s-m","2026-01-31T12:00:00.123Z","19.4326","VIGÍA","kept"]`; lines[0] != want {
		t.Errorf("node-cot reads %s, not %s", lines[0], want)
	}
	theirs, err := hex.DecodeString(lines[len(lines)-1])
	if err != nil {
		t.Fatal(err)
	}
	e, err := Decode(streamed(theirs))
	want := plainSpot()
	if err != nil || e.UID != want.UID || !e.Stale.Equal(want.Stale) || e.Point != want.Point || !strings.Contains(e.Detail, `<contact callsign="VIGÍA"/>`) || !strings.Contains(e.Detail, "kept") {
		t.Errorf("node-cot writes what reads as %+v, %v", e, err)
	}
}

// lengthOf is how many bytes the length of a stream message takes.
func lengthOf(b []byte) int {
	n := 1
	for b[n]&0x80 != 0 {
		n++
	}
	return n
}
