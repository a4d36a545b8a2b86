package localise_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vigia-project/vigia/core/localise"
)

func releases(t testing.TB) []release {
	dir := dataDir(t)
	var out []release
	for _, pattern := range []string{"locate/chilbolton/release_*", "locate/aded2022/release_*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no recorded release matches %s in %s (%v)", pattern, dir, err)
		}
		for _, d := range found {
			out = append(out, readRelease(t, d))
		}
	}
	return out
}

// nearestEquipment is the equipment group of the ADED site that is nearest to
// a place.
func nearestEquipment(t testing.TB, x, y float64) string {
	best, name := math.Inf(1), ""
	for _, row := range readCSV(t, filepath.Join(dataDir(t), "locate/aded2022/equipment.csv")) {
		if d := math.Hypot(row.num(t, "x_m")-x, row.num(t, "y_m")-y); d < best {
			best, name = d, row["id"]
		}
	}
	return name
}

// The recorded releases. The bounds on Chilbolton's position and on the time
// are those that issue 2 states.
func TestLocate_RecordedReleases(t *testing.T) {
	only := os.Getenv("VIGIA_ONLY")
	for _, r := range releases(t) {
		if only != "" && only != r.name {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			start := time.Now()
			ans, err := localise.Locate(context.Background(), r.problem, nil)
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			if len(ans.Sources) == 0 {
				t.Fatalf("no source found; counts %v", ans.CountProbability)
			}
			s, truth := ans.Sources[0], r.truth.Sources[0]
			miss := math.Hypot(s.X-truth.X, s.Y-truth.Y)
			line := fmt.Sprintf("%.1f m off (%.1f, %.1f; 95 %% %.1f×%.1f m), %.2f kg/h [%.2f, %.2f] true %.2f (%+.0f %%), counts %.3g, wind %s, %.1f s",
				miss, s.X, s.Y, s.Ellipse.SemiMajorM, s.Ellipse.SemiMinorM, s.RateKgH, s.RateLo, s.RateHi, truth.Rate,
				100*(s.RateKgH/truth.Rate-1), ans.CountProbability, ans.Wind, took.Seconds())
			if r.truth.Equipment != "" {
				line += fmt.Sprintf(", %s is %s", nearestEquipment(t, s.X, s.Y), r.truth.Equipment)
			}
			t.Log(line)
			if r.truth.Equipment == "" && miss > 5 {
				t.Errorf("%.1f m from the true source; 5 m is allowed", miss)
			}
			if took > 30*time.Second {
				t.Errorf("took %v; 30 s are allowed", took)
			}
		})
	}
}
