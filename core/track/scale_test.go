package track_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/vigia-project/vigia/core/track"
)

// BenchmarkScan_10000Vehicles: ten thousand vehicles and ten thousand false
// reports a scan, over 50 km.
func BenchmarkScan_10000Vehicles(b *testing.B) {
	const n, side, noise, dt = 10_000, 50_000, 10, 2
	r := rand.New(rand.NewPCG(1, 2))
	var x, v [n][2]float64
	for i := range x {
		x[i] = [2]float64{side * r.Float64(), side * r.Float64()}
		a, s := 2*math.Pi*r.Float64(), 25*r.Float64()
		v[i] = [2]float64{s * math.Cos(a), s * math.Sin(a)}
	}
	number := 0
	next := func() track.Scan {
		s := track.Scan{Number: number, Time: float64(number) * dt}
		number++
		for i := range x {
			for k := range 2 {
				x[i][k] += dt * v[i][k]
			}
			if r.Float64() < 0.9 {
				s.Reports = append(s.Reports, track.Report{X: x[i][0] + noise*r.NormFloat64(), Y: x[i][1] + noise*r.NormFloat64(), Sigma: noise})
			}
		}
		for len(s.Reports) < 2*n {
			s.Reports = append(s.Reports, track.Report{X: side * r.Float64(), Y: side * r.Float64(), Sigma: noise})
		}
		return s
	}
	t := track.New(track.Settings{})
	for range 20 {
		_ = t.Add(next())
		t.Settled()
	}
	t.Now()
	b.ResetTimer()
	told := 0
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		s := next()
		b.StartTimer()
		if err := t.Add(s); err != nil {
			b.Fatal(err)
		}
		told = len(t.Now().Tracks)
		t.Settled()
	}
	b.ReportMetric(float64(told), "tracks")
}
