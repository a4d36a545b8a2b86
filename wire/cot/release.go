package cot

import (
	"bytes"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/vigia-project/vigia"
)

// StaleAfter is how long a released lead holds on a map.
const StaleAfter = 7 * 24 * time.Hour

// How a released place was found: "fused", corroborated from several sources
// (Event.xsd, attribute how).
const fused = "m-f"

// The dot's colour, opaque yellow, as a signed ARGB number (as TAK writes it).
const yellow = -256

// FromRelease is the marker of a released lead: what the partner may see and
// nothing else. All releases of a lead have one uid, so that a later marker
// replaces the earlier. The circle (ce) is the area in which the source lies
// with 95 % probability: Event.xsd has ce define "a circular area around the
// event point, not necessarily an error".
func FromRelease(r vigia.Release, now time.Time) Event {
	return Event{
		Version: "2.0", UID: string(r.Lead), Type: SpotMarker, How: fused,
		Time: now.UTC(), Start: now.UTC(), Stale: now.UTC().Add(StaleAfter),
		Point:  Point{Lat: r.At.Lat, Lon: r.At.Lon, HAE: r.At.Alt, CE: r.PrecisionM, LE: Unknown},
		Detail: detail(r),
	}
}

// detail is what TAK clients show of a marker (contact, remarks, color,
// usericon) and an element of our own with the numbers.
func detail(r vigia.Release) string {
	var b bytes.Buffer
	b.WriteString("<detail><contact")
	attribute(&b, "callsign", callsign(r))
	b.WriteString("/><remarks>")
	escape(&b, remarks(r))
	b.WriteString("</remarks><color")
	attribute(&b, "argb", strconv.Itoa(yellow))
	b.WriteString("/><usericon")
	attribute(&b, "iconsetpath", fmt.Sprintf("COT_MAPPING_SPOTMAP/%s/%d", SpotMarker, yellow))
	b.WriteString("/><vigia")
	attribute(&b, "lead", string(r.Lead))
	attribute(&b, "release", string(r.ID))
	attribute(&b, "chemical", r.Chemical)
	attribute(&b, "precision_m", strconv.FormatFloat(r.PrecisionM, 'f', -1, 64))
	attribute(&b, "probability", "0.95")
	attribute(&b, "first_seen", formatTime(r.FirstSeen))
	attribute(&b, "last_seen", formatTime(r.LastSeen))
	if r.RateKgH != nil {
		attribute(&b, "rate_kg_h", strconv.FormatFloat(*r.RateKgH, 'g', -1, 64))
	}
	b.WriteString("/></detail>")
	return b.String()
}

// callsign is the marker's short name: the lead's kind and the head of its hash.
func callsign(r vigia.Release) string {
	id := []rune(string(r.Lead))
	return "Vigía " + string(id[:min(len(id), 11)])
}

// remarks are the release's texts, a paragraph a language.
func remarks(r vigia.Release) string {
	languages := make([]string, 0, len(r.Text))
	for l := range r.Text {
		languages = append(languages, l)
	}
	sort.Sort(sort.Reverse(sort.StringSlice(languages))) // es before en
	var b bytes.Buffer
	for i, l := range languages {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(r.Text[l])
	}
	return b.String()
}
