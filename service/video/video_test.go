package video_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/video"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/stream/jetstream"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// record puts n segments of two seconds on the stream, with a break before the
// fourth.
func record(t *testing.T, s stream.Stream, n int) {
	t.Helper()
	for i := range n {
		from := noon.Add(time.Duration(2*i) * time.Second)
		place, _, err := s.Publish(context.Background(), stream.Message{Subject: stream.VideoBytes + "F", ID: fmt.Sprint("b", i), Data: []byte(fmt.Sprint("bytes of ", i))})
		if err != nil {
			t.Fatal(err)
		}
		seg := vigia.Segment{ID: vigia.ID(fmt.Sprint("seg-", i)), Flight: "F", Source: "cam", From: from, Until: from.Add(1900 * time.Millisecond), Seconds: 2, Discontinuity: i == 0 || i == 3, Place: place}
		for k := range 4 {
			seg.Looks = append(seg.Looks, vigia.View{Time: from.Add(time.Duration(k) * 500 * time.Millisecond), At: geo.Point{Lon: float64(i), Lat: float64(k)}})
		}
		data, err := json.Marshal(seg)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Publish(context.Background(), stream.Message{Subject: stream.VideoSegment + "F", ID: string(seg.ID), Data: data}); err != nil {
			t.Fatal(err)
		}
	}
}

// A library that starts late learns what was recorded before, plays it, and
// forgets it when its time is over.
func TestLibrary(t *testing.T) {
	s, err := jetstream.Open(context.Background(), jetstream.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // the test is over
	record(t, s, 5)
	now := time.Now()
	l := video.New(service.New(sqlitetest.Open(t), s, func() time.Time { return now }, slog.New(slog.DiscardHandler)))
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- l.Run(ctx) }()
	for start := time.Now(); len(l.Sources()) == 0 || l.Sources()[0].Segments < 5; time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal("the library learns nothing")
		}
	}
	all := l.Sources()
	if len(all) != 1 || all[0].Source != "cam" || !all[0].From.Equal(noon) || !all[0].Until.Equal(noon.Add(9900*time.Millisecond)) || all[0].Seconds != 10 {
		t.Errorf("the sources are %+v", all)
	}
	r, err := l.Reel("F", "", 2)
	if err != nil {
		t.Fatal(err)
	}
	const want = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:3
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:06.000Z
#EXTINF:2.000,
video/seg-3.ts
#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:08.000Z
#EXTINF:2.000,
video/seg-4.ts
#EXT-X-ENDLIST
`
	if got := string(r.Playlist(true)); got != want {
		t.Errorf("the playlist is\n%s\nnot\n%s", got, want)
	}
	if whole, err := l.Reel("F", "cam", 100); err != nil || strings.Count(string(whole.Playlist(false)), "#EXT-X-DISCONTINUITY\n") != 2 || whole.Breaks != 0 {
		t.Errorf("the whole reel: %+v, %v", whole, err)
	}
	if b, err := l.Bytes(ctx, "F", "seg-2"); err != nil || string(b) != "bytes of 2" {
		t.Errorf("the bytes of the third are %q, %v", b, err)
	}
	looks, err := l.Looks("F", "cam", noon.Add(3*time.Second), noon.Add(4500*time.Millisecond), 100)
	if err != nil || len(looks) != 4 || looks[0].At.Lat != 2 || looks[3].At.Lon != 2 {
		t.Errorf("from 3 to 4.5 s it looked %+v, %v", looks, err)
	}
	for what, err := range map[string]error{
		"another flight": func() error { _, err := l.Reel("G", "", 1); return err }(),
		"another source": func() error { _, err := l.Reel("F", "tail", 1); return err }(),
		"no segment":     func() error { _, err := l.Bytes(ctx, "F", "seg-9"); return err }(),
	} {
		if vigia.ErrorCode(err) != vigia.NotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	now = time.Now().Add(stream.VideoKeep + time.Minute)
	if all := l.Sources(); len(all) != 0 {
		t.Errorf("a week later there are %+v", all)
	}
	if _, err := l.Bytes(context.Background(), "F", "seg-0"); vigia.ErrorCode(err) != vigia.NotFound {
		t.Errorf("what expired answers %v", err)
	}
}
