package track_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vigia-project/vigia/core/track"
	"github.com/vigia-project/vigia/core/track/metric"
)

// Two sensors look at the same vehicles: a radar far to the west, coarse in
// place, that measures range rate and sees nothing slow; and a camera, finer,
// that misses a third and whose scans come up to six seconds late, out of
// order. Together they are nearer to the truth than either alone.
func TestAccuracy_Sensors(t *testing.T) {
	for seed := uint64(14); seed < 17; seed++ {
		sensors(t, seed)
	}
}

func sensors(t *testing.T, seed uint64) {
	radar, camera, both, truth := twoSensors(seed)
	type score struct{ gospa, hota, velocity float64 }
	of := func(scans, when []track.Scan) score {
		tracker := track.New(track.Settings{})
		var told []track.Picture
		for _, s := range scans {
			if err := tracker.Add(s); err != nil {
				t.Fatal(err)
			}
			told = append(told, tracker.Settled()...)
		}
		told = append(told, tracker.Close()...)
		at := map[float64]scored{}
		for _, s := range truth {
			if slices.ContainsFunc(when, func(w track.Scan) bool { return w.Time == s.time }) {
				at[s.time] = s
			}
		}
		var got []metric.Scan
		sum, n := 0.0, 0.0
		for _, p := range told {
			s, ok := at[p.Time]
			if !ok {
				continue
			}
			m := metric.Scan{Time: p.Time, Truth: s.points}
			for _, e := range p.Tracks {
				m.Track = append(m.Track, metric.Point{ID: e.Track, X: e.X, Y: e.Y})
			}
			for i, q := range s.points {
				best, v := 40.0, -1.0
				for _, e := range p.Tracks {
					if d := math.Hypot(q.X-e.X, q.Y-e.Y); d < best {
						best, v = d, math.Hypot(s.velocity[i][0]-e.VX, s.velocity[i][1]-e.VY)
					}
				}
				if v >= 0 {
					sum += v * v
					n++
				}
			}
			got = append(got, m)
		}
		return score{metric.MeanGOSPA(got, 60).GOSPA, metric.HOTA(got, 60).HOTA, math.Sqrt(sum / n)}
	}
	// The sensors look at different times, so both together are scored twice:
	// when the one looked, and when the other did.
	for _, c := range []struct {
		name  string
		alone []track.Scan
	}{{"radar", radar}, {"camera", camera}} {
		one, two := of(c.alone, c.alone), of(both, c.alone)
		t.Logf("seed %d, when the %s looks: alone GOSPA %.1f m, HOTA %.3f, velocity %.2f m/s; both GOSPA %.1f m, HOTA %.3f, velocity %.2f m/s",
			seed, c.name, one.gospa, one.hota, one.velocity, two.gospa, two.hota, two.velocity)
		if two.gospa >= one.gospa || two.hota <= one.hota || two.velocity >= one.velocity {
			t.Errorf("with the other the %s must be nearer in place, in following and in velocity", c.name)
		}
	}
}

type scored struct {
	time     float64
	points   []metric.Point
	velocity [][2]float64
}

// twoSensors simulates both: the scans of each, those of both in the order in
// which they come, and the truth at each scan's time.
func twoSensors(seed uint64) (radar, camera, both []track.Scan, truth []scored) {
	const vehicles, side, step, steps = 25, 3000.0, 0.5, 240
	r := rand.New(rand.NewPCG(seed, 5))
	drive := scene{dt: step, turns: 0.05, stops: 0.01}
	vs := make([]vehicle, vehicles)
	for i := range vs {
		vs[i] = vehicle{x: side * r.Float64(), y: side * r.Float64(), heading: 2 * math.Pi * r.Float64(), wish: 6 + 14*r.Float64()}
		vs[i].speed = vs[i].wish
	}
	at := &track.Sensor{X: -12_000, Y: 1500, Z: 4000, MinVelocity: 1.5}
	type coming struct {
		scan track.Scan
		due  float64
	}
	var all []coming
	for k := range steps {
		now := float64(k) * step
		s := scored{time: now}
		for i := range vs {
			vs[i].drive(r, drive)
			s.points = append(s.points, metric.Point{ID: i, X: vs[i].x, Y: vs[i].y})
			s.velocity = append(s.velocity, [2]float64{vs[i].speed * math.Cos(vs[i].heading), vs[i].speed * math.Sin(vs[i].heading)})
		}
		truth = append(truth, s)
		if k%6 == 0 { // every three seconds
			scan := track.Scan{Number: 2 * k, Time: now, Sensor: at}
			put := func(x, y, rate float64) {
				rate += 0.4 * r.NormFloat64()
				scan.Reports = append(scan.Reports, track.Report{X: x, Y: y, Sigma: 20, RangeRate: &rate, RangeRateSigma: 0.4})
			}
			for i, p := range s.points {
				d := math.Sqrt(square(p.X-at.X) + square(p.Y-at.Y) + at.Z*at.Z)
				rate := (s.velocity[i][0]*(p.X-at.X) + s.velocity[i][1]*(p.Y-at.Y)) / d
				if math.Abs(rate) > at.MinVelocity && r.Float64() < 0.9 {
					put(p.X+20*r.NormFloat64(), p.Y+20*r.NormFloat64(), rate)
				}
			}
			for range 15 {
				put(side*r.Float64(), side*r.Float64(), 10*r.NormFloat64())
			}
			radar = append(radar, scan)
			all = append(all, coming{scan, now})
		}
		if k%4 == 1 { // every two seconds
			scan := track.Scan{Number: 2*k + 1, Time: now}
			for _, p := range s.points {
				if r.Float64() < 0.67 {
					scan.Reports = append(scan.Reports, track.Report{X: p.X + 8*r.NormFloat64(), Y: p.Y + 8*r.NormFloat64(), Sigma: 8})
				}
			}
			for range 10 {
				scan.Reports = append(scan.Reports, track.Report{X: side * r.Float64(), Y: side * r.Float64(), Sigma: 8})
			}
			camera = append(camera, scan)
			all = append(all, coming{scan, now + 6*r.Float64()})
		}
	}
	slices.SortStableFunc(all, func(a, b coming) int {
		if a.due < b.due {
			return -1
		}
		return 1
	})
	for _, c := range all {
		both = append(both, c.scan)
	}
	return radar, camera, both, truth
}

func square(v float64) float64 { return v * v }
