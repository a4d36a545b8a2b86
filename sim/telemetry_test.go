package sim

import (
	"bytes"
	"math"
	"testing"

	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
)

// What the aircraft says of itself is where the world has it; what it says of
// vehicles lies within the corners of its picture, and within the permission.
func TestTelemetry(t *testing.T) {
	s, err := Load("town")
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	permit := w.Authorisation("A", "exercise")
	seen := 0
	for second := 0.0; second < w.Duration().Seconds(); second += 7 {
		p, err := w.Telemetry(second)
		if err != nil {
			t.Fatal(err)
		}
		var f misb.Frame
		if err := f.Decode(p); err != nil {
			t.Fatal(err)
		}
		at, _, _ := f.Sensor()
		want := w.pattern.at(second)
		want.Z = s.Pattern.AltitudeM
		if d := geo.Distance(at, w.Frame.ToPoint(want)); d > 1 {
			t.Fatalf("at %v s it says that it is %.1f m from where it is", second, d)
		}
		if _, ok := permit.Permits(permit.From, permit.Purpose, at); !ok {
			t.Errorf("at %v s it is outside the permission: %+v", second, at)
		}
		corners, ok := f.Corners()
		if !ok {
			t.Fatal("no corners")
		}
		var v misb.VMTI
		if err := v.Decode(f.Raw(misb.VMTISet), nil); err != nil {
			t.Fatal(err)
		}
		ring := geo.Polygon{append(placesOf(corners[:]), placesOf(corners[:1])...)}
		for _, target := range v.Targets {
			seen++
			if !ring.Contains(target.Location.Lon, target.Location.Lat) {
				t.Errorf("at %v s a vehicle is in view outside the picture", second)
			}
		}
	}
	if seen < 5 {
		t.Errorf("%d vehicles were seen in the whole flight", seen)
	}
	a, _ := w.Telemetry(10)
	b, _ := w.Telemetry(10)
	if !bytes.Equal(a, b) || math.IsNaN(w.vehicle(0, 1).X) {
		t.Error("the same second is told in two ways")
	}
}

func placesOf(points []geo.Point) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i] = [2]float64{p.Lon, p.Lat}
	}
	return out
}
