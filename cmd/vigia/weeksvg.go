package main

import (
	"bytes"
	"fmt"
	"html"

	"github.com/vigia-project/vigia"
)

// weekSVG draws the hours of the week: a row a day, a cell an hour, the darker
// the more visits an hour. An hour that nobody watched has an outline only.
func weekSVG(r vigia.Rhythm) []byte {
	const cell, left, top = 20, 44, 40
	most := 1e-9
	for _, h := range r.Hours {
		if h.Watched > 0 {
			most = max(most, float64(h.Visits)/h.Watched)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", left+24*cell+8, top+7*cell+8)
	fmt.Fprintf(&b, `<text x="8" y="16">%s: %d visits in %.1f watched hours, %s</text>`+"\n", html.EscapeString(string(r.Site)), r.Visits, r.Watched, html.EscapeString(r.Zone))
	for h := 0; h < 24; h += 3 {
		fmt.Fprintf(&b, `<text x="%d" y="%d">%02d</text>`+"\n", left+h*cell, top-5, h)
	}
	for d, day := range []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
		fmt.Fprintf(&b, `<text x="8" y="%d">%s</text>`+"\n", top+d*cell+14, day)
		for h := range 24 {
			w := r.Hours[24*d+h]
			fill := `fill="none" stroke="#ddd"`
			if w.Watched > 0 {
				fill = fmt.Sprintf(`fill="#1b4f8a" fill-opacity="%.3f"`, 0.06+0.94*float64(w.Visits)/w.Watched/most)
			}
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" %s><title>%s %02d:00: %d visits in %.1f h</title></rect>`+"\n",
				left+h*cell, top+d*cell, cell-2, cell-2, fill, day, h, w.Visits, w.Watched)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
