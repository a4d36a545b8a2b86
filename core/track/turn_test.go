package track_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/vigia-project/vigia/core/track"
	"github.com/vigia-project/vigia/core/track/metric"
)

// A driver goes through a town of straight streets, corners and roundabouts:
// arcs of a constant radius at the speed that a lateral acceleration allows,
// braking before them and gathering speed behind.
type driver struct {
	x, y, heading, speed float64
	curvature            float64 // 1/m, to the left; 0: a straight street
	left                 float64 // m of the present piece
	pieces               []piece
	wish                 float64 // m/s, on a straight street
}

type piece struct{ length, curvature float64 }

const (
	lateral = 2.5 // m/s²
	brake   = 2.5 // m/s²
	gather  = 1.8 // m/s²
)

// plan adds the next street and what is at its end.
func (d *driver) plan(r *rand.Rand) {
	d.pieces = append(d.pieces, piece{60 + 200*r.Float64(), 0})
	side := 1.0
	if r.Float64() < 0.5 {
		side = -1
	}
	if r.Float64() < 0.6 { // a corner: 90° about a radius of 8 to 16 m
		radius := 8 + 8*r.Float64()
		d.pieces = append(d.pieces, piece{radius * math.Pi / 2, side / radius})
		return
	}
	// A roundabout: in by a turn to the right, round to the left by one to
	// three quarters, out by a turn to the right.
	radius := 14 + 10*r.Float64()
	d.pieces = append(d.pieces, piece{12, -1 / 15.0}, piece{radius * math.Pi / 2 * float64(1+r.IntN(3)), 1 / radius}, piece{12, -1 / 15.0})
}

func most(curvature, wish float64) float64 {
	if curvature == 0 {
		return wish
	}
	return math.Min(wish, math.Sqrt(lateral/math.Abs(curvature)))
}

func (d *driver) drive(r *rand.Rand, dt float64) {
	const h = 0.05
	for t := 0.0; t < dt-h/2; t += h {
		for d.left <= 0 {
			if len(d.pieces) < 4 {
				d.plan(r)
			}
			d.left += d.pieces[0].length
			d.curvature, d.pieces = d.pieces[0].curvature, d.pieces[1:]
		}
		goal := most(d.curvature, d.wish)
		if next := most(d.pieces[0].curvature, d.wish); next < d.speed && d.left < (d.speed*d.speed-next*next)/(2*brake) {
			goal = next
		}
		d.speed += clampTo(goal-d.speed, -brake*h, gather*h)
		d.heading += d.curvature * d.speed * h
		d.x += d.speed * math.Cos(d.heading) * h
		d.y += d.speed * math.Sin(d.heading) * h
		d.left -= d.speed * h
	}
}

func clampTo(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }

type turnScene struct {
	seed                      uint64
	vehicles, scans, clutter  int
	side, noise, dt, detected float64
}

// make returns reports, truth, and which of the truth turns at each scan.
func (s turnScene) make() (scans []track.Scan, truth []metric.Scan, turning []map[int]bool) {
	r := rand.New(rand.NewPCG(s.seed, 11))
	ds := make([]driver, s.vehicles)
	for i := range ds {
		wish := 8 + 8*r.Float64()
		ds[i] = driver{x: s.side * r.Float64(), y: s.side * r.Float64(), heading: 2 * math.Pi * r.Float64(), speed: wish, wish: wish}
	}
	for k := range s.scans {
		at := float64(k) * s.dt
		scan, gt, turns := track.Scan{Number: k, Time: at}, metric.Scan{Time: at}, map[int]bool{}
		put := func(x, y float64) {
			scan.Reports = append(scan.Reports, track.Report{ID: len(scan.Reports), X: x, Y: y, Sigma: s.noise})
		}
		for i := range ds {
			d := &ds[i]
			d.drive(r, s.dt)
			gt.Truth = append(gt.Truth, metric.Point{ID: i, X: d.x, Y: d.y})
			turns[i] = d.curvature != 0
			if r.Float64() < s.detected {
				put(d.x+s.noise*r.NormFloat64(), d.y+s.noise*r.NormFloat64())
			}
		}
		for range s.clutter {
			put(s.side*r.Float64(), s.side*r.Float64())
		}
		r.Shuffle(len(scan.Reports), func(a, b int) { scan.Reports[a], scan.Reports[b] = scan.Reports[b], scan.Reports[a] })
		scans, truth, turning = append(scans, scan), append(truth, gt), append(turning, turns)
	}
	return scans, truth, turning
}

// errors are the root mean square distances of the truth from the nearest
// track within cutoff, of those that turn and of those that do not, from the
// tenth scan on, and the share of the former that has one.
func errors(got []metric.Scan, turning []map[int]bool, cutoff float64) (turns, straight, held float64) {
	var sum, n [2]float64
	all := 0.0
	for k := 10; k < len(turning); k++ {
		for _, p := range got[k].Truth {
			best := cutoff
			for _, q := range got[k].Track {
				best = math.Min(best, math.Hypot(p.X-q.X, p.Y-q.Y))
			}
			c := 1
			if turning[k][p.ID] {
				c = 0
				all++
			}
			if best < cutoff {
				sum[c] += best * best
				n[c]++
			}
		}
	}
	return math.Sqrt(sum[0] / n[0]), math.Sqrt(sum[1] / n[1]), n[0] / all
}

// Corners and roundabouts, with the coordinated turn and without it. Where the
// noise hides them it must do no harm.
func TestAccuracy_Turns(t *testing.T) {
	for _, c := range []struct {
		name  string
		scene turnScene
		live  bool
		gain  float64 // least share by which the error in turns falls; below 0: may rise
	}{
		{"fine, twice a second", turnScene{seed: 1, vehicles: 40, scans: 240, clutter: 10, side: 1000, noise: 1, dt: 0.5, detected: 0.9}, false, 0.01},
		{"fine, twice a second, live", turnScene{seed: 1, vehicles: 40, scans: 240, clutter: 10, side: 1000, noise: 1, dt: 0.5, detected: 0.9}, true, 0.005},
		{"fine, each second", turnScene{seed: 2, vehicles: 40, scans: 160, clutter: 10, side: 1000, noise: 1.5, dt: 1, detected: 0.9}, false, 0.015},
		{"fine, each second, live", turnScene{seed: 2, vehicles: 40, scans: 160, clutter: 10, side: 1000, noise: 1.5, dt: 1, detected: 0.9}, true, 0.015},
		{"coarse, each second", turnScene{seed: 3, vehicles: 40, scans: 160, clutter: 20, side: 1500, noise: 5, dt: 1, detected: 0.9}, false, -0.005},
		{"coarse, each second, live", turnScene{seed: 3, vehicles: 40, scans: 160, clutter: 20, side: 1500, noise: 5, dt: 1, detected: 0.9}, true, -0.005},
		{"video, ten a second", turnScene{seed: 4, vehicles: 20, scans: 600, clutter: 5, side: 500, noise: 0.5, dt: 0.1, detected: 0.9}, false, 0.05},
		{"video, ten a second, live", turnScene{seed: 4, vehicles: 20, scans: 600, clutter: 5, side: 500, noise: 0.5, dt: 0.1, detected: 0.9}, true, 0.04},
	} {
		t.Run(c.name, func(t *testing.T) {
			scans, truth, turning := c.scene.make()
			cutoff := 10 * c.scene.noise
			var turns, straight, held, gospa [2]float64
			for i, s := range []track.Settings{{Live: c.live}, track.Straight(track.Settings{Live: c.live})} {
				got, err := run(scans, truth, s)
				if err != nil {
					t.Fatal(err)
				}
				turns[i], straight[i], held[i] = errors(got, turning, cutoff)
				g, h := metric.MeanGOSPA(got, cutoff), metric.HOTA(got, 5*c.scene.noise)
				gospa[i] = g.GOSPA
				t.Logf("%s: error in turns %.3f m, straight on %.3f m; %.4f of turns held; GOSPA %.3f m, HOTA %.4f",
					[]string{"with the turn   ", "without the turn"}[i], turns[i], straight[i], held[i], g.GOSPA, h.HOTA)
			}
			if turns[0] > (1-c.gain)*turns[1] || gospa[0] > gospa[1]*1.005 || held[0] < held[1]-0.005 {
				t.Errorf("in turns %.3f m against %.3f, GOSPA %.3f against %.3f, %.4f of turns held against %.4f: the turn must take %.0f %% off the first and worsen none",
					turns[0], turns[1], gospa[0], gospa[1], held[0], held[1], 100*c.gain)
			}
		})
	}
}
