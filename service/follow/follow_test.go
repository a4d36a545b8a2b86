package follow_test

import (
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service/follow"
)

var (
	from = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	area = vigia.Authorisation{
		ID: "a1", Purpose: vigia.Exercise, HostReference: "h", PartnerReference: "p",
		Volume: geo.Volume{Footprint: geo.Rect(-30.01, 20, -30, 20.01), FloorM: 200, CeilingM: 500},
		From:   from, Until: from.Add(time.Minute),
	}
	flight = vigia.Flight{ID: "f1", Authorisation: "a1", Purpose: vigia.Exercise, Aircraft: "x", Chemical: "methane"}
)

// drive reports one vehicle a second that goes east at 0.0002° (21 m/s) from
// the western edge, and out of the area after fifty seconds.
func drive(t *testing.T, w *follow.Watch, begin time.Time, seconds int) {
	t.Helper()
	for k := range seconds {
		r := vigia.PositionReport{ID: vigia.ID("r"), Flight: "f1", Scan: k, Time: begin.Add(time.Duration(k) * time.Second),
			At: geo.Point{Lon: -30.01 + 0.0002*float64(k), Lat: 20.005}, SigmaM: 1, Class: "van"}
		if err := w.Add([]vigia.PositionReport{r}); err != nil {
			t.Fatal(err)
		}
	}
	w.End()
}

func watch(t *testing.T, keep time.Duration) *follow.Watch {
	t.Helper()
	w, err := follow.New(area, flight, keep)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Nothing outside the area is kept: neither the reports nor where a track is
// thought to have gone.
func TestWatch_OutsideTheAreaNothingIsKept(t *testing.T) {
	w := watch(t, time.Hour)
	drive(t, w, from, 58)
	points := w.Points(from)
	if len(points) < 45 {
		t.Fatalf("%d points of fifty seconds within the area", len(points))
	}
	for _, p := range points {
		if !area.Volume.Footprint.Contains(p.At.Lon, p.At.Lat) {
			t.Errorf("a point at %v is kept: it is outside the area", p.At)
		}
		if p.Track != points[0].Track || p.Class != "van" {
			t.Errorf("the point %+v is not of the one van", p)
		}
	}
	if n := w.Outside()[vigia.OutsideVolume]; n < 5 {
		t.Errorf("%d reports are counted as outside; the last of 58 seconds were", n)
	}
}

func TestWatch_OutsideTheHoursNothingIsKept(t *testing.T) {
	w := watch(t, time.Hour)
	drive(t, w, from.Add(40*time.Second), 40) // the permission ends after twenty
	for _, p := range w.Points(from) {
		if !p.Time.Before(area.Until) {
			t.Errorf("a point of %s is kept: the permission ended at %s", p.Time, area.Until)
		}
	}
	if n := w.Outside()[vigia.OutsideHours]; n != 20 {
		t.Errorf("%d reports are counted as outside the hours; want 20", n)
	}
}

func TestWatch_TracksExpire(t *testing.T) {
	const keep = 10 * time.Minute
	w := watch(t, keep)
	drive(t, w, from, 40)
	all := len(w.Points(from.Add(time.Minute)))
	half := w.Points(from.Add(keep + 20*time.Second))
	if all < 35 || len(half) >= all || len(half) == 0 {
		t.Fatalf("%d points, and %d when the first twenty seconds have expired", all, len(half))
	}
	for _, p := range half {
		if p.Expires.Sub(p.Time) != keep || !p.Time.After(from.Add(20*time.Second)) {
			t.Errorf("the point of %s expires at %s", p.Time, p.Expires)
		}
	}
	if left := w.Points(from.Add(keep + time.Hour)); len(left) != 0 {
		t.Errorf("%d points have outlived their time", len(left))
	}
	// Gone is gone: an earlier clock brings nothing back.
	if back := w.Points(from); len(back) != 0 {
		t.Errorf("%d expired points came back", len(back))
	}
}

func TestWatch_Refuses(t *testing.T) {
	other := flight
	other.Authorisation = "a2"
	if _, err := follow.New(area, other, time.Hour); vigia.ErrorCode(err) != vigia.Forbidden {
		t.Errorf("a flight of another authorisation answers %v", err)
	}
	for _, keep := range []time.Duration{0, -1, follow.MaxKeep + 1} {
		if _, err := follow.New(area, flight, keep); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("keeping for %s answers %v", keep, err)
		}
	}
	if err := watch(t, time.Hour).Add([]vigia.PositionReport{{Flight: "f2", Time: from}}); vigia.ErrorCode(err) != vigia.Forbidden {
		t.Errorf("a report of another flight answers %v", err)
	}
}
