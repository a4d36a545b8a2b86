package storetest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

const keep = 10 * time.Minute

func picture(flight vigia.ID, minute int) vigia.Picture {
	at := epoch.Add(time.Duration(minute) * time.Minute)
	return vigia.Picture{ID: vigia.NewID("picture", flight, minute), Flight: flight, Time: at, Expires: at.Add(keep),
		Tracks: []vigia.TrackPoint{{Track: "t1", Flight: flight, Time: at, Expires: at.Add(keep)}}}
}

func visitAt(minute int, east float64) vigia.Visit {
	at := epoch.Add(time.Duration(minute) * time.Minute)
	frame := geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10}}
	return vigia.Visit{ID: vigia.NewID("visit", minute, east), Flight: "F1", Track: "t1", At: frame.ToPoint(geo.Local{X: east}),
		Arrive: at, Depart: at.Add(time.Minute), Expires: at.Add(keep)}
}

// traffic is found by time, flight and place.
func traffic(b *bench) {
	b.update(func(tx store.Tx) error {
		for m := range 4 {
			for _, f := range []vigia.ID{"F1", "F2"} {
				if _, err := tx.AddPicture(picture(f, m), trace("track.told", "")); err != nil {
					return err
				}
			}
			if _, err := tx.AddVisit(visitAt(3-m, float64(100*m)), trace("visit.ended", "visit.ended")); err != nil {
				return err
			}
		}
		_, err := tx.AddLook(vigia.Look{ID: "look-1", Flight: "F1", From: epoch, To: epoch.Add(time.Minute), Areas: []geo.Polygon{geo.Rect(-31, 9, -29, 11)}, Expires: epoch.Add(keep)}, trace("looked", ""))
		return err
	})
	b.wantTraces(13, 4)
	b.update(func(tx store.Tx) error { // a repeat changes nothing
		_, err := tx.AddVisit(visitAt(3, 0), trace("visit.ended", "visit.ended"))
		return errors.Join(err, second(tx.AddPicture(picture("F1", 0), trace("track.told", ""))))
	})
	b.wantTraces(13, 4)
	b.view(func(r store.Reader) error {
		for name, c := range map[string]struct {
			filter store.TrafficFilter
			want   int
		}{
			"all":          {store.TrafficFilter{}, 8},
			"a flight":     {store.TrafficFilter{Flight: "F2"}, 4},
			"from":         {store.TrafficFilter{From: epoch.Add(2 * time.Minute)}, 4},
			"before":       {store.TrafficFilter{Flight: "F1", Before: epoch.Add(time.Minute)}, 1},
			"latest first": {store.TrafficFilter{Flight: "F1", Limit: 2}, 2},
		} {
			got, err := r.Pictures(c.filter)
			if err != nil || len(got) != c.want {
				b.Errorf("%s: %d pictures, want %d; %v", name, len(got), c.want, err)
			}
			for i := 1; i < len(got); i++ {
				if p, q := got[i-1], got[i]; q.Time.Before(p.Time) || q.Time.Equal(p.Time) && q.ID < p.ID {
					b.Errorf("%s: not in order of time, then ID", name)
				}
			}
			if c.filter.Limit > 0 && len(got) > 0 && !got[len(got)-1].Time.Equal(epoch.Add(3*time.Minute)) {
				b.Errorf("%s: the limit does not take the latest", name)
			}
		}
		looks, err := r.Looks(store.TrafficFilter{Flight: "F1"})
		if err != nil || len(looks) != 1 || !looks[0].Areas[0].Contains(-30, 10) {
			b.Errorf("the looks kept are %+v, %v", looks, err)
		}
		near, err := r.VisitsNear(geo.Point{Lon: -30, Lat: 10, Alt: 900}, 150)
		if err != nil || len(near) != 2 || near[0].Arrive.After(near[1].Arrive) {
			b.Errorf("within 150 m there are %+v, %v; want two in order of arrival", near, err)
		}
		return nil
	})
}

// trafficExpires holds the store to forgetting: what has expired is deleted, in
// every list, and the account counts it in one line.
func trafficExpires(b *bench) {
	b.update(func(tx store.Tx) error {
		for m := range 4 {
			if _, err := tx.AddPicture(picture("F1", m), trace("track.told", "")); err != nil {
				return err
			}
			if _, err := tx.AddVisit(visitAt(m, 0), trace("visit.ended", "")); err != nil {
				return err
			}
		}
		_, err := tx.AddLook(vigia.Look{ID: "look-1", Flight: "F1", From: epoch, To: epoch, Expires: epoch.Add(keep)}, trace("looked", ""))
		return err
	})
	for _, c := range []struct {
		name                        string
		now                         time.Time
		gone, lines, pictures, look int
	}{
		{"nothing is old enough", epoch.Add(keep - time.Second), 0, 0, 4, 1},
		{"what expires at this instant goes", epoch.Add(keep + time.Minute), 5, 1, 2, 0},
		{"the rest", epoch.Add(time.Hour), 4, 1, 0, 0},
		{"nothing is left", epoch.Add(2 * time.Hour), 0, 0, 0, 0},
	} {
		before, _ := b.traces()
		gone := 0
		b.update(func(tx store.Tx) (err error) { gone, err = tx.Expire(c.now, trace("expired", "")); return err })
		after, _ := b.traces()
		if gone != c.gone || int(after-before) != c.lines {
			b.Errorf("%s: %d gone in %d lines of the account; want %d in %d", c.name, gone, after-before, c.gone, c.lines)
		}
		b.view(func(r store.Reader) error {
			p, err := r.Pictures(store.TrafficFilter{})
			l, err2 := r.Looks(store.TrafficFilter{})
			v, err3 := r.VisitsNear(geo.Point{Lon: -30, Lat: 10}, 1000)
			if len(p) != c.pictures || len(v) != c.pictures || len(l) != c.look {
				b.Errorf("%s: %d pictures, %d visits and %d looks are left; want %d, %d, %d", c.name, len(p), len(v), len(l), c.pictures, c.pictures, c.look)
			}
			return errors.Join(err, err2, err3)
		})
	}
	b.view(func(r store.Reader) error {
		n, err := r.AuditSize()
		if err != nil {
			return err
		}
		entries, err := r.AuditEntries(0, int(n))
		if err != nil {
			return err
		}
		if last := entries[len(entries)-1]; !strings.Contains(string(last.Leaf), "pictures=2 visits=2 looks=0") {
			b.Errorf("the account's last line %s does not count what went", last.Leaf)
		}
		return nil
	})
	r, err := audit.Verify(context.Background(), b.s, b.verifier, nil, nil)
	if err != nil || !r.OK() {
		b.Errorf("after deletion the account does not verify: %+v, %v", r, err)
	}
}
