package localise_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/localise"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/internal/recorded"
)

// A release is one recorded experiment with its truth.
type release struct {
	name    string
	problem localise.Problem
	truth   struct {
		Chemical  string `json:"chemical"`
		Equipment string `json:"equipment"`
		Start     string `json:"release_start"`
		Sources   []struct {
			X    float64 `json:"x_m"`
			Y    float64 `json:"y_m"`
			Z    float64 `json:"z_m"`
			Rate float64 `json:"rate_kg_h"`
		} `json:"sources"`
	}
}

// releases reads all that are recorded.
func releases(t testing.TB) []release {
	t.Helper()
	dir := recorded.Dir(t, "locate")
	var out []release
	for _, pattern := range []string{"chilbolton/release_*", "aded2022/release_*"} {
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

func readRelease(t testing.TB, dir string) release {
	t.Helper()
	r := release{name: filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir)}
	b, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r.truth); err != nil {
		t.Fatal(err)
	}
	if r.problem.Chemical, err = vigia.ChemicalNamed(r.truth.Chemical); err != nil {
		t.Fatal(err)
	}
	for _, row := range readCSV(t, filepath.Join(dir, "observations.csv")) {
		o := localise.Reading{
			Time: row.time(t), Sensor: row["sensor"], Kind: vigia.PointKind,
			At: geo.Local{X: row.num(t, "x_m"), Y: row.num(t, "y_m"), Z: row.num(t, "z_m")}, Value: row.num(t, "ppm"),
		}
		if row["x2_m"] != "" {
			o.Kind, o.To = vigia.BeamKind, geo.Local{X: row.num(t, "x2_m"), Y: row.num(t, "y2_m"), Z: row.num(t, "z2_m")}
		}
		r.problem.Observations = append(r.problem.Observations, o)
	}
	for _, row := range readCSV(t, filepath.Join(dir, "wind.csv")) {
		r.problem.Winds = append(r.problem.Winds, vigia.Wind{
			Time: row.time(t), SpeedMPS: row.num(t, "speed_mps"), FromDeg: row.num(t, "from_deg"),
			SigmaTanHorizontal: row.num(t, "sigma_tan_horizontal"), SigmaTanVertical: row.num(t, "sigma_tan_vertical"),
			ObukhovM: row.num(t, "obukhov_m"), TemperatureK: row.num(t, "temperature_k"), PressurePa: row.num(t, "pressure_pa"),
		})
	}
	return r
}

type csvRow map[string]string

func (r csvRow) num(t testing.TB, column string) float64 {
	t.Helper()
	if r[column] == "" {
		return 0
	}
	v, err := strconv.ParseFloat(r[column], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (r csvRow) time(t testing.TB) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, r["time"])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func readCSV(t testing.TB, name string) []csvRow {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []csvRow
	for _, line := range all[1:] {
		row := csvRow{}
		for i, v := range line {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}
