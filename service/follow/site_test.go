package follow_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service/follow"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
)

// A shed that a van visits every evening for nine watched days, a neighbour's
// house forty metres off, and a camera that looks elsewhere by day.
func TestRhythm_OfASite(t *testing.T) {
	centre := geo.Point{Lon: -30.005, Lat: 20.005}
	frame := geo.Frame{Origin: centre}
	at := func(x, y float64) geo.Point { return frame.ToPoint(geo.Local{X: x, Y: y}) }
	site := vigia.Site{ID: "site-1", At: centre, Ellipse: vigia.Ellipse{SemiMajorM: 60, SemiMinorM: 30},
		Buildings: []vigia.BuildingProbability{{ID: "shed", Probability: 0.8}, {ID: "house", Probability: 0.1}}}
	midnight := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) // the sun's: longitude −30° is two hours behind
	db := sqlitetest.Open(t)
	err := db.Update(context.Background(), func(tx store.Tx) error {
		err := tx.AddBatch(vigia.Batch{ID: "map", Buildings: []vigia.Building{
			{ID: "shed", Footprint: frame.PolygonToWGS84(geo.Rect(-8, -5, 8, 5))}, {ID: "house", Footprint: frame.PolygonToWGS84(geo.Rect(50, -5, 66, 5))}}}, 1)
		for d := range 9 {
			day := midnight.AddDate(0, 0, d)
			come := day.Add(20*time.Hour + time.Duration(3*d)*time.Minute)
			visit := vigia.Visit{ID: vigia.NewID("visit", d), At: at(12, 0), Arrive: come, Depart: come.Add(10 * time.Minute), Class: "van", Expires: come.AddDate(0, 0, 30)}
			neighbour := visit
			neighbour.ID, neighbour.At = vigia.NewID("neighbour", d), at(60, -8)
			there := visit
			there.ID, there.ArrivedBefore, there.Arrive = vigia.NewID("there", d), true, day.Add(17*time.Hour)
			for _, v := range []vigia.Visit{visit, neighbour, there} {
				_, err2 := tx.AddVisit(v, store.Trace{})
				err = errors.Join(err, err2)
			}
			for name, l := range map[string]vigia.Look{
				"here":      {From: day.Add(16 * time.Hour), To: day.Add(24 * time.Hour), Areas: []geo.Polygon{geo.Rect(-30.01, 20, -30, 20.01)}},
				"again":     {From: day.Add(18 * time.Hour), To: day.Add(20 * time.Hour), Areas: []geo.Polygon{geo.Rect(-30.01, 20, -30, 20.01)}},
				"elsewhere": {From: day.Add(4 * time.Hour), To: day.Add(10 * time.Hour), Areas: []geo.Polygon{geo.Rect(-30.1, 20.1, -30.09, 20.11)}},
			} {
				l.ID, l.Expires = vigia.NewID("look", name, d), l.To.AddDate(0, 0, 30)
				_, err2 := tx.AddLook(l, store.Trace{})
				err = errors.Join(err, err2)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(context.Background(), func(r store.Reader) error {
		visits, err := follow.Visits(r, site)
		if err != nil {
			return err
		}
		if len(visits) != 18 {
			t.Errorf("%d visits to the shed; want its own 18 and none of the neighbour's", len(visits))
		}
		for i, v := range visits {
			if v.Site != "site-1" || v.SiteProbability < 0.5 || v.SiteProbability > 1 || i > 0 && v.Arrive.Before(visits[i-1].Arrive) {
				t.Errorf("the visit %+v is not the site's, or out of order", v)
			}
		}
		got, err := follow.Rhythm(r, site)
		if err != nil {
			return err
		}
		if got.Watched != 72 || got.Visits != 9 || got.Zone != "UTC-2" {
			t.Errorf("%d visits in %v watched hours, %s; want nine whose arrival was seen, 72 and UTC-2", got.Visits, got.Watched, got.Zone)
		}
		if len(got.Recurring) != 1 || got.Recurring[0].Seen != 9 || !strings.Contains(got.Recurring[0].Sentences.Spanish, "en 9 de 9 días vigilados") {
			t.Errorf("what recurs is %+v", got.Recurring)
		}
		none, err := follow.Visits(r, vigia.Site{ID: "site-2", At: at(2000, 0), Ellipse: vigia.Ellipse{SemiMajorM: 20, SemiMinorM: 20}})
		if len(none) != 0 {
			t.Errorf("a site two kilometres off has %d visits", len(none))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
