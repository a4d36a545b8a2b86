package service_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
)

// ReadMotion reads what encoding/json reads, of any batch that the door writes.
func TestReadMotion(t *testing.T) {
	number := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(-1e12, 1e12), rapid.Just(math.SmallestNonzeroFloat64), rapid.Just(-30.001234567890123))
	point := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Point{Lon: number.Draw(t, "lon"), Lat: number.Draw(t, "lat"), Alt: number.Draw(t, "alt")}
	})
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")).UTC()
	})
	origin := rapid.Custom(func(t *rapid.T) vigia.Provenance { return vigia.Provenance{Chunk: rapid.String().Draw(t, "chunk")} })
	rapid.Check(t, func(t *rapid.T) {
		b := vigia.Batch{ID: vigia.ID(rapid.String().Draw(t, "id")), Flight: "F-1", Received: moment.Draw(t, "received"), Raw: rapid.SliceOf(rapid.Byte()).Draw(t, "raw")}
		for range rapid.IntRange(0, 3).Draw(t, "n") {
			at := point.Draw(t, "at")
			b.Poses = append(b.Poses, vigia.Pose{ID: "p", Flight: b.Flight, Sensor: rapid.String().Draw(t, "sensor"), Time: moment.Draw(t, "time"), At: at,
				Look: &at, Corners: []geo.Point{at, point.Draw(t, "corner")}, Attitude: &vigia.Attitude{HeadingDeg: number.Draw(t, "heading")}, Origin: origin.Draw(t, "origin")})
			b.Reports = append(b.Reports, vigia.PositionReport{ID: "r", Flight: b.Flight, Sensor: "<&\u2028>", Scan: rapid.Int().Draw(t, "scan"), Time: moment.Draw(t, "time"), At: at,
				SigmaM: number.Draw(t, "sigma"), Class: rapid.String().Draw(t, "class"), RangeRate: &vigia.RangeRate{MPS: number.Draw(t, "mps"), From: at}, Origin: origin.Draw(t, "origin")})
		}
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		var want vigia.Batch
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		want = vigia.Batch{ID: want.ID, Flight: want.Flight, Poses: want.Poses, Reports: want.Reports}
		if got, err := service.ReadMotion(data); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nis read as %+v (%v)\nwant %+v", data, got, err, want)
		}
	})
	if _, err := service.ReadMotion([]byte(`{"id": 7}`)); err == nil {
		t.Error("a batch whose id is a number is read")
	}
}

// BenchmarkReadMotion reads a batch of two packets with twenty vehicles each,
// beside encoding/json.
func BenchmarkReadMotion(b *testing.B) {
	at := geo.Point{Lon: -30.00123456, Lat: 10.0012345678, Alt: 5}
	now := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	batch := vigia.Batch{ID: "b", Flight: "F-1", Received: now, Chunk: vigia.Digest(nil), Raw: make([]byte, 2*2350)}
	for p := range 2 {
		batch.Poses = append(batch.Poses, vigia.Pose{ID: vigia.NewID("pose", p), Flight: "F-1", Sensor: "uav-1", Time: now, At: at, Corners: []geo.Point{at, at, at, at}, Origin: vigia.Provenance{Chunk: batch.Chunk}})
		for i := range 20 {
			batch.Reports = append(batch.Reports, vigia.PositionReport{ID: vigia.NewID("report", p, i), Flight: "F-1", Sensor: "uav-1", Scan: p, Time: now, At: at, SigmaM: 3.123456, Class: "vehicle-of-four-wheels", Confidence: .8, Origin: vigia.Provenance{Chunk: batch.Chunk}})
		}
	}
	data, err := json.Marshal(batch)
	if err != nil {
		b.Fatal(err)
	}
	for name, read := range map[string]func() error{
		"ours":          func() error { _, err := service.ReadMotion(data); return err },
		"encoding-json": func() error { var got vigia.Batch; return json.Unmarshal(data, &got) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
