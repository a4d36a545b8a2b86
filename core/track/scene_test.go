package track_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/vigia-project/vigia/core/track"
	"github.com/vigia-project/vigia/core/track/metric"
)

// A scene is simulated traffic with known truth, of another motion than the
// tracker's models: vehicles keep a speed, turn with a lateral acceleration,
// brake, stand and start again.
type scene struct {
	seed              uint64
	vehicles, scans   int
	side, noise, dt   float64 // m, m, s
	clutter           int     // false reports a scan
	detection         float64
	turns, stops      float64 // share of the time that begins one, a second
	units             float64 // 1: metres
	stateless, speeds bool    // reports without sigma; with velocities
}

type vehicle struct {
	x, y, heading, speed, wish, rate float64
	from, until                      int
	standing                         float64
}

// make returns the scans as reports and the truth.
func (s scene) make() ([]track.Scan, []metric.Scan) {
	r := rand.New(rand.NewPCG(s.seed, 7))
	if s.units == 0 {
		s.units = 1
	}
	vs := make([]vehicle, s.vehicles)
	for i := range vs {
		v := &vs[i]
		v.x, v.y, v.heading = s.side*r.Float64(), s.side*r.Float64(), 2*math.Pi*r.Float64()
		v.wish = 3 + 22*r.Float64()
		v.speed, v.until = v.wish, s.scans
		if r.Float64() < 0.3 {
			v.from = r.IntN(s.scans)
		}
		if r.Float64() < 0.3 {
			v.until = v.from + 5 + r.IntN(s.scans)
		}
	}
	var scans []track.Scan
	var truth []metric.Scan
	for k := range s.scans {
		at := float64(k) * s.dt
		scan, gt := track.Scan{Number: k, Time: at}, metric.Scan{Time: at}
		put := func(x, y, vx, vy float64) {
			rep := track.Report{ID: len(scan.Reports), X: x * s.units, Y: y * s.units, Sigma: s.noise * s.units}
			if s.stateless {
				rep.Sigma = 0
			}
			if s.speeds {
				rep.Velocity, rep.VelocitySigma = &[2]float64{vx, vy}, 1
			}
			scan.Reports = append(scan.Reports, rep)
		}
		for i := range vs {
			v := &vs[i]
			v.drive(r, s)
			if k < v.from || k >= v.until {
				continue
			}
			gt.Truth = append(gt.Truth, metric.Point{ID: i, X: v.x * s.units, Y: v.y * s.units})
			if r.Float64() < s.detection {
				put(v.x+s.noise*r.NormFloat64(), v.y+s.noise*r.NormFloat64(),
					v.speed*math.Cos(v.heading)+r.NormFloat64(), v.speed*math.Sin(v.heading)+r.NormFloat64())
			}
		}
		for range s.clutter {
			put(s.side*r.Float64(), s.side*r.Float64(), 20*r.NormFloat64(), 20*r.NormFloat64())
		}
		r.Shuffle(len(scan.Reports), func(a, b int) { scan.Reports[a], scan.Reports[b] = scan.Reports[b], scan.Reports[a] })
		scans, truth = append(scans, scan), append(truth, gt)
	}
	return scans, truth
}

// drive moves a vehicle by one scan in steps of a tenth of a second.
func (v *vehicle) drive(r *rand.Rand, s scene) {
	const h = 0.1
	for t := 0.0; t < s.dt-h/2; t += h {
		if r.Float64() < s.turns*h {
			v.rate = (r.Float64() - 0.5) * 2 * 2.5 / math.Max(v.speed, 3) // 2.5 m/s² aside at most
		}
		if r.Float64() < 0.3*h {
			v.rate = 0
		}
		if r.Float64() < s.stops*h {
			v.standing = 5 + 30*r.Float64()
		}
		v.standing -= h
		goal := v.wish
		if v.standing > 0 {
			goal = 0
		}
		v.speed += math.Max(-3*h, math.Min(2*h, goal-v.speed))
		v.heading += v.rate * h
		v.x += h * v.speed * math.Cos(v.heading)
		v.y += h * v.speed * math.Sin(v.heading)
	}
}

// run tracks scans and joins the settled pictures to the truth.
// Settled pictures of a long record are taken on the way.
func run(scans []track.Scan, truth []metric.Scan, s track.Settings) ([]metric.Scan, error) {
	t := track.New(s)
	var pictures []track.Picture
	for _, scan := range scans {
		if err := t.Add(scan); err != nil {
			return nil, err
		}
		pictures = append(pictures, t.Settled()...)
	}
	return join(truth, append(pictures, t.Close()...)), nil
}

// join copies the truth with the tracks of pictures of the same number.
func join(truth []metric.Scan, pictures []track.Picture) []metric.Scan {
	out := append([]metric.Scan(nil), truth...)
	at := map[float64]int{}
	for i := range out {
		at[out[i].Time] = i
	}
	for _, p := range pictures {
		i, ok := at[p.Time]
		if !ok && len(p.Tracks) == 0 {
			continue
		}
		if !ok {
			out = append(out, metric.Scan{Time: p.Time})
			i = len(out) - 1
		}
		for _, e := range p.Tracks {
			out[i].Track = append(out[i].Track, metric.Point{ID: e.Track, X: e.X, Y: e.Y})
		}
	}
	slices.SortStableFunc(out, func(a, b metric.Scan) int { return cmp.Compare(a.Time, b.Time) })
	return out
}
