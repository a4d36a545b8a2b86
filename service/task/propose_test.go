package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/task"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// kept is a store with a flight F under A, and a posterior of it that leaves so
// many houses of a row open.
func kept(t *testing.T, houses int) *task.Task {
	t.Helper()
	db := sqlitetest.Open(t)
	frame := geo.Frame{Origin: geo.Point{Lon: -30, Lat: 10, Alt: 40}}
	trace := store.Trace{Actor: "test", Action: "test", At: noon}
	a := vigia.Authorisation{
		ID: "A", Purpose: vigia.HiddenLaboratory, HostReference: "h", PartnerReference: "p", From: noon, Until: noon.Add(time.Hour),
		Volume: geo.Volume{Footprint: frame.PolygonToWGS84(geo.Rect(-400, -400, 400, 400)), FloorM: 60, CeilingM: 140},
	}
	f := vigia.Flight{ID: "F", Authorisation: "A", Purpose: vigia.HiddenLaboratory, Aircraft: "UA-7", Chemical: "acetone", GroundM: 40}
	p := vigia.Posterior{ID: "post-1", Flight: "F", Chemical: "acetone", AsOf: noon, CountProbability: []float64{0, 1}, Method: "passes"}
	if houses > 0 {
		p.Sources = []vigia.Source{{At: frame.Origin}}
	}
	err := db.Update(context.Background(), func(tx store.Tx) error {
		if _, err := tx.AddAuthorisation(a, trace); err != nil {
			return err
		}
		if err := tx.PutFlight(f, trace); err != nil {
			return err
		}
		var row []vigia.Building
		for i := range houses {
			b := vigia.Building{ID: vigia.ID(fmt.Sprintf("b%02d", i)), Footprint: frame.PolygonToWGS84(geo.Rect(12*float64(i)-60, 0, 12*float64(i)-50, 14))}
			row = append(row, b)
			p.Buildings = append(p.Buildings, vigia.BuildingProbability{ID: b.ID, Probability: 1 / float64(houses)})
		}
		if err := tx.AddBatch(vigia.Batch{ID: "map", Buildings: row}, 1); err != nil {
			return err
		}
		_, err := tx.AddPosterior(p, trace)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return task.New(&service.Base{Store: db})
}

var offer = task.Offer{WindFromDeg: 250, LowestM: 12, SpeedMPS: 10, EnduranceS: 1440}

// A flight that left ten houses open is followed by one over them, inside the
// volume and not below its floor; its reason is what it is expected to leave.
func TestPropose_OverWhatIsOpen(t *testing.T) {
	p, err := kept(t, 10).Propose(context.Background(), "F", offer)
	if err != nil {
		t.Fatal(err)
	}
	if p.HeightM != 20 {
		t.Errorf("flown at %.0f m above the ground; the volume's floor is at 20 m, above the 12 m that the crew would fly", p.HeightM)
	}
	if p.SetNow != 9 || p.SetExpected >= 9 || !strings.Contains(p.Reason, "9 buildings") {
		t.Errorf("%d buildings now, %.1f expected: %q", p.SetNow, p.SetExpected, p.Reason)
	}
	if d := geo.Distance(p.Around, geo.Point{Lon: -30, Lat: 10, Alt: 40}); d > 30 {
		t.Errorf("the square lies %.0f m from the houses", d)
	}
	for _, l := range p.Legs {
		if l.Alt < 59.9 || l.Alt > 140 {
			t.Errorf("a leg turns at %.1f m; the volume is from 60 to 140 m", l.Alt)
		}
	}
}

func TestPropose_Refuses(t *testing.T) {
	ctx := context.Background()
	if _, err := kept(t, 0).Propose(ctx, "F", offer); vigia.ErrorCode(err) != vigia.Conflict {
		t.Errorf("a flight without a source: %v", err)
	}
	if _, err := kept(t, 3).Propose(ctx, "G", offer); vigia.ErrorCode(err) != vigia.NotFound {
		t.Errorf("a flight that does not exist: %v", err)
	}
	high := offer
	high.LowestM = 150
	if _, err := kept(t, 3).Propose(ctx, "F", high); vigia.ErrorCode(err) != vigia.Forbidden {
		t.Errorf("a height above the ceiling: %v", err)
	}
}
