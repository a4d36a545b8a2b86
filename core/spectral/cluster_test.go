package spectral

import (
	"fmt"
	"testing"
)

// Alarms drawn as a picture, a row a line: which clusters are told, and on which
// line.
func TestClusters(t *testing.T) {
	for name, c := range map[string]struct {
		picture []string
		want    string // first line, line it was told on, pixels when it was told
	}{
		"chance":             {[]string{"x........x", "..........", "....x.....", "..........", ".x......x."}, ""},
		"a line of five":     {[]string{"..........", "..xxxxx..."}, "1 1 5;"},
		"a plume that grows": {[]string{"...x......", "...xx.....", "..xxx....."}, "0 2 6;"},
		"told once":          {[]string{"xxxxx.....", "xxxxx.....", "xxxxx....."}, "0 0 5;"},
		"two arms join":      {[]string{"xx......xx", ".xx....xx.", "..xx..xx..", "...xxxx..."}, "0 2 6;0 2 6;"},
		"a gap of two lines": {[]string{"xx........", "..........", "xxx......."}, "0 2 5;"},
		"a gap of three":     {[]string{"xx........", "..........", "..........", "xxx......."}, ""},
	} {
		var k Clusters
		got := ""
		for l, row := range c.picture {
			scores := make([]float32, len(row))
			var alarms []int
			for s, r := range row {
				if r == 'x' {
					alarms = append(alarms, s)
					scores[s] = 5
				}
			}
			for _, f := range k.Line(l, alarms, scores) {
				got += fmt.Sprint(f.First, " ", l, " ", f.Pixels, ";")
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
