package main

import (
	"strings"
	"testing"
)

// The demo plays its story to the end by itself: a flight, a site, a score
// against the truth. How near the site lies is told here and held by the
// accuracy tests; one seed proves nothing.
func TestDemo(t *testing.T) {
	s := &system{t: t}
	out := s.must("", "demo", "--headless", "--speed", "0", "--listen", "127.0.0.1:0")
	for _, want := range []string{
		"log in; the partner's door is", "2000 buildings of a made-up town", "takes off", "no. 1:", "located", "is candidate, version 1",
		"the aircraft has landed: 1343 readings", "The truth: ", "position ", "The account has ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the story lacks %q:\n%s", want, out)
		}
	}
	_, score, _ := strings.Cut(out, "The truth:")
	t.Logf("the truth:%s", score)
}

// Over a town without a source it finds none.
func TestDemo_Empty(t *testing.T) {
	s := &system{t: t}
	out := s.must("", "demo", "--headless", "--speed", "0", "--scenario", "empty", "--listen", "127.0.0.1:0")
	if !strings.Contains(out, "there is no source. False alarms: 0.") {
		t.Errorf("the story ends:\n%s", tail(out, 12))
	}
}
