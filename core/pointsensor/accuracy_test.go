package pointsensor_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/pointsensor"
	"github.com/vigia-project/vigia/internal/recorded"
)

var t0 = time.Date(2025, 3, 4, 10, 0, 0, 0, time.UTC)

// series makes readings a fixed interval apart.
func series(n int, interval time.Duration, value func(i int) float64) []vigia.Observation {
	out := make([]vigia.Observation, n)
	for i := range out {
		out[i] = vigia.Observation{
			ID: vigia.NewID("observation", i), Flight: "f", Sensor: "s", Chemical: "methane",
			Time: t0.Add(time.Duration(i) * interval), Kind: vigia.PointKind, Value: value(i),
		}
	}
	return out
}

func flagged(d []vigia.Detection) int {
	n := 0
	for _, x := range d {
		n += x.Readings
	}
	return n
}

// Without a plume the threshold is passed with the stated probability. The
// bound above is three times it, for every shape of noise: what is stated may
// be conservative, and may not be exceeded by more than the shapes that are
// weighed can tell apart in half an hour. 1e-3 is stated, so that the count can
// be told from chance: at the bound 30 of 10,000 are expected, and 52 are four
// standard deviations more.
func TestDetect_FalseAlarmHolds(t *testing.T) {
	noise := map[string]func(*rand.Rand) float64{
		"normal":  func(r *rand.Rand) float64 { return r.NormFloat64() },
		"laplace": func(r *rand.Rand) float64 { return r.ExpFloat64() * float64(2*r.IntN(2)-1) },
		"student 4": func(r *rand.Rand) float64 {
			z := r.NormFloat64()
			c := 0.0
			for range 4 {
				v := r.NormFloat64()
				c += v * v
			}
			return z / math.Sqrt(c/4)
		},
		"uniform": func(r *rand.Rand) float64 { return 2*r.Float64() - 1 },
		"rounded": func(r *rand.Rand) float64 { return math.Round(2 * r.NormFloat64()) },
	}
	for name, draw := range noise {
		for _, interval := range []time.Duration{time.Second, time.Minute} { // 1800 and 30 readings a window
			t.Run(fmt.Sprintf("%s each %s", name, interval), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(5, 9))
				const n, stated, most = 10000, 1e-3, 52
				obs := series(n, interval, func(int) float64 { return 2 + 0.05*draw(rnd) })
				got := flagged(pointsensor.Detect(nil, obs, pointsensor.Options{FalseAlarm: stated}))
				t.Logf("stated %.0e, found %.1e", stated, float64(got)/n)
				if got > most {
					t.Errorf("%d of %d readings pass a threshold that is stated to be passed by %.0f", got, n, n*stated)
				}
			})
		}
	}
}

// A plume that is there for much of the time does not lift the background.
func TestDetect_BackgroundNotDraggedUp(t *testing.T) {
	for _, share := range []float64{0, 0.1, 0.3, 0.5, 0.6} {
		rnd := rand.New(rand.NewPCG(3, uint64(100*share)))
		obs := series(1800, time.Second, func(i int) float64 {
			v := 2 + 0.02*rnd.NormFloat64()
			if rnd.Float64() < share {
				v += 0.5 * rnd.ExpFloat64()
			}
			return v
		})
		probe := series(1, time.Second, func(int) float64 { return 12 })
		probe[0].Time = t0.Add(1801 * time.Second)
		d := pointsensor.Detect(obs, probe, pointsensor.Options{})
		if len(d) != 1 {
			t.Fatalf("with %.0f %% of the readings in plume, 10 ppm are not detected", 100*share)
		}
		t.Logf("%2.0f %% in plume: background %.3f (true 2), noise %.3f (true 0.02), threshold %.2f", 100*share, d[0].Background, d[0].Noise, d[0].Threshold)
		// Three standard deviations of one reading.
		if math.Abs(d[0].Background-2) > 0.06 {
			t.Errorf("with %.0f %% of the readings in plume the background is %.3f; 2.00 is true", 100*share, d[0].Background)
		}
	}
}

// The same readings give the same detections, ids and all.
func TestDetect_Deterministic(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 1))
	obs := series(3000, time.Second, func(i int) float64 {
		return 2 + 0.02*rnd.NormFloat64() + 3*math.Exp(-float64((i-2500)*(i-2500))/50)
	})
	a, _ := json.Marshal(pointsensor.Detect(obs[600:2400], obs[2400:], pointsensor.Options{}))
	b, _ := json.Marshal(pointsensor.Detect(obs[600:2400], obs[2400:], pointsensor.Options{}))
	if string(a) != string(b) {
		t.Errorf("two runs differ:\n%s\n%s", a, b)
	}
	d := pointsensor.Detect(obs[600:2400], obs[2400:], pointsensor.Options{})
	if len(d) != 1 || d[0].At != obs[2500].Middle() || math.Abs(d[0].Enhancement-3) > 0.1 {
		t.Errorf("a whiff of 3 ppm at 2500 s gives %+v", d)
	}
}

func TestDetect_OddInput(t *testing.T) {
	nan := series(100, time.Second, func(int) float64 { return math.NaN() })
	same := series(100, time.Second, func(int) float64 { return 2 })
	step := series(100, time.Second, func(i int) float64 { return 2 + float64(i/99) })
	for _, c := range []struct {
		name           string
		history, batch []vigia.Observation
		want           int
	}{
		{"nothing", nil, nil, 0},
		{"one reading", nil, same[:1], 0},
		{"no number", nil, nan, 0},
		{"no number before", nan, same, 0},
		{"a sensor that repeats itself", nil, same, 0},
		{"and then does not", step[:99], step[99:], 1},
	} {
		if got := pointsensor.Detect(c.history, c.batch, pointsensor.Options{}); len(got) != c.want {
			t.Errorf("%s: %d detections; %d expected: %+v", c.name, len(got), c.want, got)
		}
	}
}

// Real releases: a sensor downwind of the source detects it, and in the half
// hours before the ADED releases nothing is found that a release has not made.
func TestDetect_RecordedReleases(t *testing.T) {
	dir := recorded.Dir(t, "")
	quiet, quietFlagged, found, total := 0, 0, 0, 0
	for _, pattern := range []string{"locate/chilbolton/release_*", "locate/aded2022/release_*"} {
		names, _ := filepath.Glob(filepath.Join(dir, pattern))
		if len(names) == 0 {
			t.Fatalf("no recorded release matches %s in %s", pattern, dir)
		}
		for _, name := range names {
			total++
			start, sensors := readSensors(t, name)
			n := 0
			for _, obs := range sensors {
				for _, d := range pointsensor.Detect(nil, obs, pointsensor.Options{}) {
					if !start.IsZero() && d.To.Before(start) {
						quietFlagged += d.Readings
						continue
					}
					n++
				}
				for _, o := range obs {
					if o.Time.Before(start) {
						quiet++
					}
				}
			}
			t.Logf("%s: %d detections", filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name), n)
			if n > 0 {
				found++
			}
		}
	}
	t.Logf("%d of %d releases detected; of %d readings before a release %d flagged", found, total, quiet, quietFlagged)
	if found != total {
		t.Errorf("%d of %d releases are detected; each was seen by a sensor nearby", found, total)
	}
}

func readSensors(t *testing.T, dir string) (start time.Time, sensors map[string][]vigia.Observation) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Start string `json:"release_start"`
	}
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	if truth.Start != "" {
		if start, err = time.Parse(time.RFC3339, truth.Start); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(filepath.Join(dir, "observations.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sensors = map[string][]vigia.Observation{}
	for i, r := range rows[1:] {
		at, err := time.Parse(time.RFC3339, r[0])
		if err != nil {
			t.Fatal(err)
		}
		v, err := strconv.ParseFloat(r[8], 64)
		if err != nil {
			t.Fatal(err)
		}
		sensors[r[1]] = append(sensors[r[1]], vigia.Observation{
			ID: vigia.NewID("observation", i), Sensor: r[1], Time: at, Kind: vigia.PointKind, Value: v,
		})
	}
	return start, sensors
}

// A flight of an hour at 1 Hz, as the live system hands it over.
func BenchmarkDetect(b *testing.B) {
	rnd := rand.New(rand.NewPCG(8, 1))
	obs := series(3600, time.Second, func(int) float64 { return 2 + 0.02*rnd.NormFloat64() })
	for b.Loop() {
		pointsensor.Detect(nil, obs, pointsensor.Options{})
	}
}
