package cot

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// quick reads the plain events that clients send at a tenth of encoding/xml's
// cost. It knows a part of XML only: names of ASCII letters without namespaces,
// no comments, no instructions but the declaration, no CDATA, no character
// references but the five named ones. At anything else it gives up, and
// encoding/xml decides; so it never takes what that refuses, which a fuzz test
// holds.
func quick(b []byte) (Event, bool) {
	q := scanner{s: string(b)}
	q.declaration()
	var e Event
	if !q.event(&e) {
		return Event{}, false
	}
	q.blanks()
	return e, q.at == len(q.s)
}

// A scanner goes through a text once. Its methods are false where it gives up.
type scanner struct {
	s  string
	at int
}

// declarations are the XML declarations that are passed over.
var declarations = [...]string{
	`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`,
	`<?xml version='1.0' encoding='UTF-8' standalone='yes'?>`,
	`<?xml version="1.0" encoding="UTF-8"?>`,
	`<?xml version='1.0' encoding='UTF-8'?>`,
	`<?xml version="1.0" encoding="utf-8"?>`,
	`<?xml version="1.0"?>`,
}

func (q *scanner) declaration() {
	for _, d := range declarations {
		if strings.HasPrefix(q.s, d) {
			q.at = len(d)
			break
		}
	}
	q.blanks()
}

// What a byte may be part of.
const (
	isBlank = 1 << iota
	isName  // of a name
	isFirst // of a name, its first
	isPlain // of a value or of text, without a second look
)

var class = func() (c [256]uint8) {
	for _, b := range " \t\r\n" {
		c[b] |= isBlank
	}
	for b := range 128 {
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_'
		if letter {
			c[b] |= isFirst
		}
		if letter || b >= '0' && b <= '9' || b == '-' || b == '.' {
			c[b] |= isName
		}
		if b >= ' ' && b != '<' && b != '&' && b != ']' && b != '"' && b != '\'' && b != 0x7f {
			c[b] |= isPlain
		}
	}
	return c
}()

func (q *scanner) blanks() {
	for q.at < len(q.s) && class[q.s[q.at]]&isBlank != 0 {
		q.at++
	}
}

// take passes over one byte.
func (q *scanner) take(c byte) bool {
	if q.at < len(q.s) && q.s[q.at] == c {
		q.at++
		return true
	}
	return false
}

func (q *scanner) name() (string, bool) {
	in, at := q.s, q.at
	if at >= len(in) || class[in[at]]&isFirst == 0 {
		return "", false
	}
	for at++; at < len(in) && class[in[at]]&isName != 0; at++ {
	}
	from := q.at
	q.at = at
	return in[from:at], true
}

// text passes over characters up to one of the ends, which it leaves. plain
// tells whether they mean themselves: no references, no line ends.
func (q *scanner) text(end byte) (s string, plain, ok bool) {
	in, at := q.s, q.at
	from := at
	plain = true
	for at < len(in) {
		c := in[at]
		switch {
		case class[c]&isPlain != 0:
			for at++; at < len(in) && class[in[at]]&isPlain != 0; at++ {
			}
		case c == end:
			q.at = at
			return in[from:at], plain, true
		case class[c]&isBlank != 0: // a line's end, or a tab
			plain = false
			at++
		case c == '"' || c == '\'' || c == ']' && end != '<':
			at++
		case c == '&':
			plain = false
			n := reference(in[at:])
			if n == 0 {
				return "", false, false
			}
			at += n
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(in[at:])
			if r == utf8.RuneError || r == 0xfffe || r == 0xffff {
				return "", false, false
			}
			at += n
		default:
			return "", false, false
		}
	}
	return "", false, false
}

// reference is the length of one of the five named character references at the
// start of s, or 0.
func reference(s string) int {
	for _, r := range [...]string{"&quot;", "&amp;", "&lt;", "&gt;", "&apos;"} {
		if strings.HasPrefix(s, r) {
			return len(r)
		}
	}
	return 0
}

// attributes goes through a start tag, behind its name, to its end. each may be
// nil.
func (q *scanner) attributes(each func(name, value string, plain bool) bool) (empty, ok bool) {
	for {
		from := q.at
		q.blanks()
		if q.at >= len(q.s) {
			return false, false
		}
		switch q.s[q.at] {
		case '>':
			q.at++
			return false, true
		case '/':
			q.at++
			return true, q.take('>')
		}
		if q.at == from {
			return false, false
		}
		name, ok := q.name()
		if !ok || name == "xmlns" || !q.take('=') || q.at >= len(q.s) {
			return false, false
		}
		quote := q.s[q.at]
		if quote != '"' && quote != '\'' {
			return false, false
		}
		q.at++
		value, plain, ok := q.text(quote)
		if !ok {
			return false, false
		}
		q.at++
		if each != nil && !each(name, value, plain) {
			return false, false
		}
	}
}

// event reads the root element.
func (q *scanner) event(e *Event) bool {
	if !q.take('<') {
		return false
	}
	if name, ok := q.name(); !ok || name != "event" {
		return false
	}
	seen := 0
	var last instant
	empty, ok := q.attributes(func(name, value string, plain bool) bool { return e.attribute(name, value, plain, &seen, &last) })
	if !ok || empty || seen&seenTimes != seenTimes {
		return false
	}
	hasPoint := false
	for {
		q.blanks()
		from := q.at
		if !q.take('<') {
			return false
		}
		if q.take('/') {
			name, ok := q.name()
			q.blanks()
			return ok && name == "event" && q.take('>') && hasPoint
		}
		name, ok := q.name()
		if !ok {
			return false
		}
		switch name {
		case "point":
			if hasPoint || !q.point(&e.Point) {
				return false
			}
			hasPoint = true
		case "detail":
			if e.Detail != "" || !q.element(name) {
				return false
			}
			e.Detail = q.s[from:q.at]
		default:
			if !q.element(name) {
				return false
			}
		}
	}
}

// The attributes of an event, a bit each, to know one that comes twice.
const (
	seenVersion = 1 << iota
	seenUID
	seenType
	seenHow
	seenAccess
	seenQoS
	seenOpex
	seenTime
	seenStart
	seenStale

	seenTimes = seenTime | seenStart | seenStale
)

// An instant is a time with its text: time and start are mostly the same.
type instant struct {
	text string
	at   time.Time
}

// attribute takes one attribute of the root.
func (e *Event) attribute(name, value string, plain bool, seen *int, last *instant) bool {
	var word *string
	var when *time.Time
	bit := 0
	switch name {
	case "version":
		word, bit = &e.Version, seenVersion
	case "uid":
		word, bit = &e.UID, seenUID
	case "type":
		word, bit = &e.Type, seenType
	case "how":
		word, bit = &e.How, seenHow
	case "access":
		word, bit = &e.Access, seenAccess
	case "qos":
		word, bit = &e.QoS, seenQoS
	case "opex":
		word, bit = &e.Opex, seenOpex
	case "time":
		when, bit = &e.Time, seenTime
	case "start":
		when, bit = &e.Start, seenStart
	case "stale":
		when, bit = &e.Stale, seenStale
	default:
		return true
	}
	if !plain || *seen&bit != 0 {
		return false
	}
	*seen |= bit
	if word != nil {
		*word = value
		return true
	}
	if value != last.text || value == "" {
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return false
		}
		*last = instant{value, t.UTC()}
	}
	*when = last.at
	return true
}

// point reads the point element, which holds nothing.
func (q *scanner) point(p *Point) bool {
	seen := 0
	empty, ok := q.attributes(func(name, value string, plain bool) bool {
		var to *float64
		bit := 0
		switch name {
		case "lat":
			to, bit = &p.Lat, 1
		case "lon":
			to, bit = &p.Lon, 2
		case "hae":
			to, bit = &p.HAE, 4
		case "ce":
			to, bit = &p.CE, 8
		case "le":
			to, bit = &p.LE, 16
		default:
			return true
		}
		if !plain || seen&bit != 0 {
			return false
		}
		seen |= bit
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		*to = v
		return err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
	})
	if !ok || seen != 31 {
		return false
	}
	return empty || q.content("point", 1)
}

// element goes through an element, behind its name, to its end.
func (q *scanner) element(name string) bool {
	empty, ok := q.attributes(nil)
	return ok && (empty || q.content(name, 1))
}

// content goes through what an element holds, to the end of its end tag.
func (q *scanner) content(name string, depth int) bool {
	for {
		if _, _, ok := q.text('<'); !ok {
			return false
		}
		q.at++
		if q.take('/') {
			end, ok := q.name()
			q.blanks()
			return ok && end == name && q.take('>')
		}
		child, ok := q.name()
		if !ok || depth >= depthLimit {
			return false
		}
		empty, ok := q.attributes(nil)
		if !ok || !empty && !q.content(child, depth+1) {
			return false
		}
	}
}
