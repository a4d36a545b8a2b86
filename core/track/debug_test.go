package track

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"testing"
)

func TestDebug(t *testing.T) {
	f, _ := os.Open(os.Getenv("DBG"))
	if f == nil {
		t.Skip()
	}
	rows, _ := csv.NewReader(f).ReadAll()
	col := map[string]int{}
	for i, c := range rows[0] {
		col[c] = i
	}
	g := func(r []string, c string) float64 {
		i, ok := col[c]
		if !ok {
			return 0
		}
		v, _ := strconv.ParseFloat(r[i], 64)
		return v
	}
	tr := New(Settings{})
	var s *Scan
	n := 0
	fl := func() {
		if s == nil {
			return
		}
		tr.Add(*s)
		l := tr.steps[len(tr.steps)-1].after.learned
		n++
		if n < 8 || n%20 == 0 {
			fmt.Printf("%3d n=%d tracks=%d area=%.3g clutter=%.2f Pd=%.3f births=%.2f known=%.0f hidden=%.2f sp=%.1f occ=%.2f int=%.2f sig=%.2f sc=%.2f/%.2f\n", s.Number, len(s.Reports), len(tr.steps[len(tr.steps)-1].after.tracks), l.area, l.clutter, l.detection, l.births, l.known, l.hidden, l.speed2, l.occupancy, l.interval, l.sigma(), l.scores.mean[0], l.scores.mean[1])
		}
	}
	for _, r := range rows[1:] {
		k := int(g(r, "scan"))
		if s == nil || s.Number != k {
			fl()
			s = &Scan{Number: k, Time: g(r, "time_s")}
		}
		rep := Report{X: g(r, "x_m"), Y: g(r, "y_m"), Sigma: g(r, "sigma_m")}
		if _, ok := col["score"]; ok {
			v := g(r, "score")
			rep.Score = &v
		}
		s.Reports = append(s.Reports, rep)
	}
	fl()
}
