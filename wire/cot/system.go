package cot

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
)

// The talk of a connection itself: it is about no thing and no place, and says
// only what these functions write. Clients that do not get an answer to a ping
// take the line for dead.
const (
	ping = "t-x-c-t"   // TAK: is the other end there?
	pong = "t-x-c-t-r" // TAK: it is
	chat = "b-t-f"     // TAK: a line of text for the person
)

// IsPing tells whether an event asks if we are there.
func IsPing(e Event) bool { return e.Type == ping }

// Pong answers a ping.
func Pong(now time.Time) []byte {
	return system(Event{UID: "vigia-pong", Type: pong}, now, time.Minute, "")
}

// A Gap is a run of events that a client missed, by their places in the
// server's stream: those after From and before To, Missed of which it may see.
type Gap struct {
	From, To uint64
	Missed   uint64
}

// GapNotice tells a client, and the person before it, that events are missing
// and how to ask for them.
func GapNotice(g Gap, now time.Time) []byte {
	var d bytes.Buffer
	d.WriteString("<detail><remarks>")
	escape(&d, "Vigía: "+strconv.FormatUint(g.Missed, 10)+" events did not reach this client. / "+
		strconv.FormatUint(g.Missed, 10)+" eventos no llegaron a este cliente.")
	d.WriteString("</remarks>")
	again(&d, "gap", g)
	d.WriteString("</detail>")
	return system(Event{UID: "vigia-gap-" + strconv.FormatUint(g.From, 10), Type: chat}, now, time.Hour, d.String())
}

// AskAgain is what a client sends to have the events of a gap sent again.
func AskAgain(g Gap, now time.Time) []byte {
	var d bytes.Buffer
	d.WriteString("<detail>")
	again(&d, "again", g)
	d.WriteString("</detail>")
	return system(Event{UID: "vigia-again", Type: chat}, now, time.Hour, d.String())
}

func again(d *bytes.Buffer, element string, g Gap) {
	d.WriteString("<vigia_" + element)
	attribute(d, "from", strconv.FormatUint(g.From, 10))
	attribute(d, "to", strconv.FormatUint(g.To, 10))
	attribute(d, "missed", strconv.FormatUint(g.Missed, 10))
	d.WriteString("/>")
}

// AskedAgain reads which gap a client asks for.
func AskedAgain(e Event) (Gap, bool) { return gapIn(e, "<vigia_again ") }

// ToldGap reads a gap notice.
func ToldGap(e Event) (Gap, bool) { return gapIn(e, "<vigia_gap ") }

func gapIn(e Event, element string) (g Gap, ok bool) {
	_, rest, found := strings.Cut(e.Detail, element)
	if e.Type != chat || !found {
		return g, false
	}
	rest, _, _ = strings.Cut(rest, ">")
	for name, n := range map[string]*uint64{"from": &g.From, "to": &g.To, "missed": &g.Missed} {
		_, value, found := strings.Cut(rest, name+`="`)
		value, _, _ = strings.Cut(value, `"`)
		v, err := strconv.ParseUint(value, 10, 64)
		if !found || err != nil {
			return Gap{}, false
		}
		*n = v
	}
	return g, true
}

// system writes an event of the connection itself, at no place.
func system(e Event, now time.Time, stale time.Duration, detail string) []byte {
	e.Version, e.How = "2.0", "m-g"
	e.Time, e.Start, e.Stale = now.UTC(), now.UTC(), now.UTC().Add(stale)
	e.Point = Point{HAE: Unknown, CE: Unknown, LE: Unknown}
	e.Detail = detail
	b, err := encode(e)
	if err != nil {
		panic("cot: a message of fixed form cannot be written: " + err.Error())
	}
	return b
}

// FromSite is the marker of a site for our own command posts: where evidence
// points, and how sure it is. Partners see releases only.
func FromSite(s vigia.Site) Event {
	var d bytes.Buffer
	d.WriteString("<detail><contact")
	attribute(&d, "callsign", s.Chemical+" "+string(s.Status))
	d.WriteString("/><remarks>")
	escape(&d, s.Chemical+", "+strconv.FormatFloat(s.RateKgH, 'g', 2, 64)+" kg/h ("+
		strconv.FormatFloat(s.RateLo, 'g', 2, 64)+" to "+strconv.FormatFloat(s.RateHi, 'g', 2, 64)+"), "+
		strconv.Itoa(len(s.Evidence))+" flights; a candidate is no finding.")
	d.WriteString("</remarks></detail>")
	return Event{
		Version: "2.0", UID: string(s.ID), Type: SpotMarker, How: fused,
		Time: s.LastSeen.UTC(), Start: s.FirstSeen.UTC(), Stale: s.LastSeen.UTC().Add(StaleAfter),
		Point:  Point{Lat: s.At.Lat, Lon: s.At.Lon, HAE: s.At.Alt, CE: s.Ellipse.SemiMajorM, LE: Unknown},
		Detail: d.String(),
	}
}
