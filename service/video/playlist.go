package video

import (
	"fmt"
	"math"
	"net/url"
	"strings"
)

// Playlist writes a reel as an HTTP Live Streaming media playlist (RFC 8216).
// Each segment has the time at which it was seen, so that a player can tell
// what is on the map at the moment that it shows. ended says that no more will
// come.
func (r Reel) Playlist(ended bool) []byte {
	longest := 1.0
	for _, s := range r.Segments {
		longest = max(longest, s.Seconds)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n", int(math.Ceil(longest)), r.First)
	fmt.Fprintf(&b, "#EXT-X-DISCONTINUITY-SEQUENCE:%d\n#EXT-X-INDEPENDENT-SEGMENTS\n", r.Breaks)
	for _, s := range r.Segments {
		if s.Discontinuity {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:%.3f,\nvideo/%s.ts\n",
			s.From.UTC().Format("2006-01-02T15:04:05.000Z07:00"), s.Seconds, url.PathEscape(string(s.ID)))
	}
	if ended {
		b.WriteString("#EXT-X-ENDLIST\n")
	}
	return []byte(b.String())
}
