package visit_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/vigia-project/vigia/core/visit"
	"github.com/vigia-project/vigia/internal/recorded"
)

// nabScore is the Numenta Anomaly Benchmark's score of one file under its
// standard profile (Lavin and Ahmad 2015, ICMLA, section III: a true positive
// 1, a false positive 0.11, a miss 1; the first 15 % is for learning). It
// returns the raw score and the number of windows.
func nabScore(times []time.Time, fired []bool, windows [][2]time.Time) (raw float64, n int) {
	first := int(math.Min(0.15*float64(len(times)), 750))
	index := func(t time.Time) int {
		for i := range times {
			if !times[i].Before(t) {
				return i
			}
		}
		return len(times)
	}
	sigmoid := func(x float64) float64 {
		if x > 3 {
			return -1
		}
		return 2/(1+math.Exp(5*x)) - 1
	}
	type span struct{ from, to int }
	var spans []span
	for _, w := range windows {
		to := index(w[1])
		if to == len(times) || times[to].After(w[1]) {
			to--
		}
		spans = append(spans, span{index(w[0]), to})
	}
	hit := make([]bool, len(spans))
	for i := first; i < len(times); i++ {
		if !fired[i] {
			continue
		}
		inside, before := -1, -1
		for k, s := range spans {
			if i >= s.from && i <= s.to {
				inside = k
			}
			if s.to < i {
				before = k
			}
		}
		switch {
		case inside >= 0 && !hit[inside]:
			hit[inside] = true
			s := spans[inside]
			raw += sigmoid(-float64(s.to-i+1)/float64(s.to-s.from+1)) / sigmoid(-1)
		case inside >= 0:
		case before < 0:
			raw -= 0.11
		default:
			s := spans[before]
			raw += 0.11 * sigmoid(float64(i-s.to)/float64(max(s.to-s.from, 1)))
		}
	}
	for _, h := range hit {
		if !h {
			raw--
		}
	}
	return raw, len(spans)
}

func TestNABScore(t *testing.T) {
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	var times []time.Time
	for i := range 1000 {
		times = append(times, start.Add(time.Duration(i)*time.Minute))
	}
	windows := [][2]time.Time{{times[500], times[599]}}
	for _, c := range []struct {
		name string
		at   []int
		want float64
	}{
		{"nothing", nil, -1},
		{"at once", []int{500}, 1},
		{"at the end", []int{599}, (2/(1+math.Exp(-0.05)) - 1) / (2/(1+math.Exp(-5)) - 1)},
		{"twice counts once", []int{500, 510}, 1},
		{"false before", []int{300, 500}, 1 - 0.11},
		{"false long after", []int{500, 950}, 1 - 0.11},
		{"while learning", []int{10, 500}, 1},
	} {
		fired := make([]bool, len(times))
		for _, i := range c.at {
			fired[i] = true
		}
		if got, n := nabScore(times, fired, windows); n != 1 || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v; want %v", c.name, got, c.want)
		}
	}
}

// NAB's files of traffic, scored together: 0 is a detector that never speaks,
// 100 a perfect one. One limit for all of them.
func TestAccuracy_NAB(t *testing.T) {
	dir := recorded.Dir(t, "track/rhythm")
	b, err := os.ReadFile(filepath.Join(dir, "labels", "combined_windows.json"))
	if err != nil {
		t.Fatal(err)
	}
	var labels map[string][][2]string
	if err := json.Unmarshal(b, &labels); err != nil {
		t.Fatal(err)
	}
	files := []string{"realKnownCause/nyc_taxi.csv", "realTraffic/TravelTime_387.csv", "realTraffic/TravelTime_451.csv", "realTraffic/occupancy_6005.csv",
		"realTraffic/occupancy_t4013.csv", "realTraffic/speed_6005.csv", "realTraffic/speed_7578.csv", "realTraffic/speed_t4013.csv"}
	score := func(limit float64) (all float64, each []float64) {
		var sum, windows float64
		for _, name := range files {
			times, values := series(t, filepath.Join(dir, "data", name))
			var spans [][2]time.Time
			for _, w := range labels[name] {
				spans = append(spans, [2]time.Time{stamp(t, w[0]), stamp(t, w[1])})
			}
			normal := visit.NewNormal(nil)
			fired := make([]bool, len(times))
			for i := range times {
				fired[i] = normal.Change(times[i], values[i], limit, 100)
			}
			raw, n := nabScore(times, fired, spans)
			sum, windows = sum+raw, windows+float64(n)
			each = append(each, math.Round(50*(raw/float64(n)+1)))
		}
		return 50 * (sum/windows + 1), each
	}
	const limit = 1e-3
	got, each := score(limit)
	t.Logf("NAB standard profile, %d files: %.1f at the limit %.0e; each %v", len(files), got, limit, each)
	for _, l := range []float64{3e-2, 1e-2, 3e-3, 3e-4, 1e-4} {
		all, _ := score(l)
		t.Logf("at %.0e: %.1f", l, all)
	}
	if got < 60 {
		t.Errorf("the score is %.1f; it was 67.9", got)
	}
}

func stamp(t *testing.T, s string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func series(t *testing.T, path string) (times []time.Time, values []float64) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		times, values = append(times, stamp(t, r[0])), append(values, v)
	}
	return times, values
}
