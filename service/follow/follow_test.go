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
		From:   from, Until: from.Add(time.Hour),
	}
	flight = vigia.Flight{ID: "f1", Authorisation: "a1", Purpose: vigia.Exercise, Aircraft: "x", Chemical: "methane"}
	keep   = follow.Keep{Tracks: time.Hour, Visits: 24 * time.Hour}

	geoCentre = geo.Point{Lon: -30.005, Lat: 20.005}
)

// A drive is where one vehicle is at each second, in degrees east of the
// western edge.
type drive func(second int) float64

// through goes east at 0.0002° a second (21 m/s): from the western edge, and
// out of the area after fifty seconds.
func through(second int) float64 { return 0.0002 * float64(second) }

// stops drives to the middle at 10 m/s, stands there for five minutes and goes on.
func stops(second int) float64 {
	switch d := 0.0001; {
	case second < 50:
		return d * float64(second)
	case second < 350:
		return d * 50
	default:
		return d * float64(second-300)
	}
}

// batches are a drive's reports, ten seconds a batch, and the end.
func batches(begin time.Time, d drive, seconds int) (out []vigia.Batch) {
	for k := range seconds {
		if k%10 == 0 {
			out = append(out, vigia.Batch{ID: vigia.NewID("batch", begin, k), Flight: "f1"})
		}
		b := &out[len(out)-1]
		b.Reports = append(b.Reports, vigia.PositionReport{ID: vigia.NewID("r", k), Flight: "f1", Sensor: "s", Scan: k, Time: begin.Add(time.Duration(k) * time.Second),
			At: geo.Point{Lon: -30.01 + d(k), Lat: 20.005}, SigmaM: 1, Class: "van"})
	}
	return append(out, vigia.Batch{ID: vigia.NewID("end", begin), Flight: "f1"})
}

// follows gives batches to a new watch.
func follows(t *testing.T, all []vigia.Batch) (all1 follow.Outcome, w *follow.Watch) {
	t.Helper()
	w, err := follow.NewWatch(area, flight, keep)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range all {
		out, err := w.Take(b, uint64(i+1))
		if err != nil {
			t.Fatal(err)
		}
		all1.Pictures = append(all1.Pictures, out.Pictures...)
		all1.Visits = append(all1.Visits, out.Visits...)
		all1.Looks = append(all1.Looks, out.Looks...)
		if out.Now != nil {
			all1.Now = out.Now
		}
	}
	return all1, w
}

// Nothing outside the area is kept: neither the reports nor where a track is
// thought to have gone.
func TestWatch_OutsideTheAreaNothingIsKept(t *testing.T) {
	out, w := follows(t, batches(from, through, 58))
	if len(out.Pictures) < 45 {
		t.Fatalf("%d pictures of fifty seconds within the area", len(out.Pictures))
	}
	for _, picture := range append(out.Pictures, *out.Now) {
		for _, p := range picture.Tracks {
			if !area.Volume.Footprint.Contains(p.At.Lon, p.At.Lat) {
				t.Errorf("a point at %v is kept: it is outside the area", p.At)
			}
			if p.Track != out.Pictures[0].Tracks[0].Track || p.Class != "van" {
				t.Errorf("the point %+v is not of the one van", p)
			}
		}
	}
	if n := w.Outside()[vigia.OutsideVolume]; n < 5 {
		t.Errorf("%d reports are counted as outside; the last of 58 seconds were", n)
	}
}

func TestWatch_OutsideTheHoursNothingIsKept(t *testing.T) {
	out, w := follows(t, batches(area.Until.Add(-20*time.Second), through, 40)) // the permission ends after twenty
	if len(out.Pictures) == 0 {
		t.Fatal("nothing of the permitted seconds is kept")
	}
	for _, p := range out.Pictures {
		if !p.Time.Before(area.Until) {
			t.Errorf("a picture of %s is kept: the permission ended at %s", p.Time, area.Until)
		}
	}
	for _, l := range out.Looks {
		if !l.From.Before(area.Until) {
			t.Errorf("a look from %s is kept: the permission ended at %s", l.From, area.Until)
		}
	}
	if n := w.Outside()[vigia.OutsideHours]; n != 20 {
		t.Errorf("%d reports are counted as outside the hours; want 20", n)
	}
}

// Everything says when it expires, by the watch's policy.
func TestWatch_EverythingExpires(t *testing.T) {
	out, _ := follows(t, batches(from, stops, 400))
	if len(out.Pictures) < 300 || len(out.Visits) != 1 || len(out.Looks) < 6 {
		t.Fatalf("%d pictures, %d visits and %d looks of one stay in seven minutes", len(out.Pictures), len(out.Visits), len(out.Looks))
	}
	for _, p := range out.Pictures {
		if p.Expires.Sub(p.Time) != keep.Tracks {
			t.Errorf("the picture of %s expires at %s", p.Time, p.Expires)
		}
		for _, q := range p.Tracks {
			if !q.Expires.Equal(p.Expires) {
				t.Errorf("a point of the picture of %s expires at %s", p.Time, q.Expires)
			}
		}
	}
	for _, l := range out.Looks {
		if l.Expires.Sub(l.To) != keep.Visits {
			t.Errorf("the look to %s expires at %s", l.To, l.Expires)
		}
	}
	v := out.Visits[0]
	if v.Expires.Sub(v.Depart) != keep.Visits {
		t.Errorf("the visit expires at %s", v.Expires)
	}
	if at := from.Add(50 * time.Second); v.Arrive.Sub(at).Abs() > 15*time.Second || v.Depart.Sub(v.Arrive) < 270*time.Second || v.ArrivedBefore || v.DepartsAfter {
		t.Errorf("the visit is %+v; it began at about %s and was of five minutes", v, at)
	}
	if v.ApproachDeg == nil || *v.ApproachDeg < 250 || *v.ApproachDeg > 290 {
		t.Errorf("the visit %+v did not come from the west", v)
	}
}

// What was in view: the area where only reports speak, the picture's ground
// where a camera does.
func TestWatch_Looks(t *testing.T) {
	whole, _ := follows(t, batches(from, stops, 130))
	if len(whole.Looks) != 3 || len(whole.Looks[0].Areas) != 1 || !whole.Looks[0].Areas[0].Contains(-30.0001, 20.0099) {
		t.Errorf("the looks of two minutes and a bit are %+v", whole.Looks)
	}
	corner := func(lon, lat float64) geo.Point { return geo.Point{Lon: lon, Lat: lat} }
	poses := vigia.Batch{ID: "b", Flight: "f1"}
	for k := range 70 {
		poses.Poses = append(poses.Poses, vigia.Pose{Flight: "f1", Time: from.Add(time.Duration(k) * time.Second), Corners: []geo.Point{
			corner(-30.009, 20.009), corner(-30.008, 20.009), corner(-30.008, 20.008), corner(-30.009, 20.008)}})
	}
	camera, _ := follows(t, []vigia.Batch{poses, {ID: "end", Flight: "f1"}})
	if len(camera.Looks) != 2 || len(camera.Looks[0].Areas) != 1 || camera.Looks[0].Areas[0].Contains(-30.005, 20.005) || !camera.Looks[0].Areas[0].Contains(-30.0085, 20.0085) {
		t.Errorf("the looks of a camera are %+v", camera.Looks)
	}
}

// After ten minutes without a report nobody is taken for the one before.
func TestWatch_AGapMakesNewNumbers(t *testing.T) {
	first, second := batches(from, stops, 100), batches(from.Add(30*time.Minute), stops, 100)
	out, _ := follows(t, append(first[:10], second...))
	tracks := map[vigia.ID]bool{}
	for _, p := range out.Pictures {
		for _, q := range p.Tracks {
			tracks[q.Track] = true
		}
	}
	if len(tracks) != 2 {
		t.Errorf("two drives half an hour apart have %d numbers", len(tracks))
	}
}

func TestWatch_Refuses(t *testing.T) {
	other := flight
	other.Authorisation = "a2"
	if _, err := follow.NewWatch(area, other, keep); vigia.ErrorCode(err) != vigia.Forbidden {
		t.Errorf("a flight of another authorisation answers %v", err)
	}
	for _, d := range []time.Duration{0, -1, follow.MaxKeep + 1} {
		for _, k := range []follow.Keep{{Tracks: d, Visits: time.Hour}, {Tracks: time.Hour, Visits: d}} {
			if _, err := follow.NewWatch(area, flight, k); vigia.ErrorCode(err) != vigia.Invalid {
				t.Errorf("keeping for %+v answers %v", k, err)
			}
		}
	}
	w, err := follow.NewWatch(area, flight, keep)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]vigia.PositionReport{
		"another flight": {Flight: "f2", Time: from},
		"no place":       {Flight: "f1", Time: from, At: geo.Point{Lat: 100}},
	} {
		if _, err := w.Take(vigia.Batch{Flight: "f1", Reports: []vigia.PositionReport{r}}, 1); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("a report of %s answers %v", name, err)
		}
	}
}

// A camera that tells thirty pictures a second is followed five times a second;
// a radar's dwells, each of which looks somewhere else, are all followed. What
// is in view is told once a second, however it comes.
func TestWatch_FastCamera(t *testing.T) {
	const hertz, seconds = 30, 20
	for name, c := range map[string]struct {
		corners []geo.Point
		atLeast int
		atMost  int
	}{
		"camera": {make([]geo.Point, 4), 4 * seconds, 5 * seconds},
		"radar":  {nil, (hertz - 3) * seconds, hertz * seconds},
	} {
		t.Run(name, func(t *testing.T) {
			var all []vigia.Batch
			for k := range hertz * seconds {
				at := from.Add(time.Duration(k) * time.Second / hertz)
				all = append(all, vigia.Batch{
					ID: vigia.NewID("batch", k), Flight: "f1",
					Poses: []vigia.Pose{{Sensor: "s", Time: at, Corners: c.corners}},
					Reports: []vigia.PositionReport{{ID: vigia.NewID("r", k), Flight: "f1", Sensor: "s", Scan: k, Time: at, SigmaM: 1,
						At: geo.Point{Lon: -30.005 + 1e-4*float64(k)/hertz, Lat: 20.005}}},
				})
			}
			all = append(all, vigia.Batch{ID: "end", Flight: "f1"})
			w, err := follow.NewWatch(area, flight, keep)
			if err != nil {
				t.Fatal(err)
			}
			pictures, told := 0, 0
			for i, b := range all {
				out, err := w.Take(b, uint64(i+1))
				if err != nil {
					t.Fatal(err)
				}
				pictures += len(out.Pictures)
				if out.Now != nil {
					told++
				}
			}
			if pictures < c.atLeast || pictures > c.atMost {
				t.Errorf("%d pictures of %d seconds are kept; want %d to %d", pictures, seconds, c.atLeast, c.atMost)
			}
			if told < seconds-3 || told > seconds {
				t.Errorf("what is in view was told %d times in %d seconds", told, seconds)
			}
		})
	}
}
