package spectral

import (
	"context"
	"math"
	"testing"
	"time"
)

// Lines one by one: the first alarm comes with the plume, and what a line is
// given on its way agrees with what the whole scene says afterwards.
func TestStream_MadeUp(t *testing.T) {
	m := makeUp(9, 400, 300, 64, 0.01, 1500)
	s, err := NewStream(m.samples, [][]float64{m.absorption}, StreamOptions{Rate: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	first, begins, alarms, wrong, heard := -1, -1, 0.0, 0.0, 0.0
	began := time.Now()
	var slowest time.Duration
	for l := range m.lines {
		at := time.Now()
		scores, found, err := s.Line(m.x[l*m.samples*m.bands : (l+1)*m.samples*m.bands])
		if err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(at))
		if scores == nil {
			scores = make([]float32, m.samples)
		}
		all = append(all, scores...)
		strong := 0
		for i := range m.samples {
			if m.column[l*m.samples+i] > 2500 {
				strong++
			}
		}
		if begins < 0 && strong > 3 {
			begins = l
		}
		for _, i := range found {
			if m.column[l*m.samples+i] > 0 {
				alarms++
				if first < 0 {
					first = l
				}
			} else {
				wrong++
			}
		}
		if !math.IsInf(s.threshold, 1) {
			heard += float64(m.samples)
		}
	}
	scene, err := Prepare(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := Detect(context.Background(), scene, [][]float64{m.absorption}, Options{Method: MF, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	var xy, xx, yy float64
	for i := 200 * m.samples; i < len(all); i++ {
		x, y := float64(all[i]), float64(batch.Scores[i])
		xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
	}
	same := xy / math.Sqrt(xx*yy)
	t.Logf("the plume is strong from line %d, the first alarm is at line %d; %.0f plume pixels alarmed; %.1e false alarms a pixel (asked 1e-4); correlation with the batch %.3f; %v in all, the slowest line %v",
		begins, first, alarms, wrong/heard, same, time.Since(began).Round(time.Millisecond), slowest.Round(time.Microsecond))
	if first < 0 || first > begins+2 {
		t.Errorf("the first alarm is at line %d; the plume is strong from line %d", first, begins)
	}
	if same < 0.95 {
		t.Errorf("streamed and batch scores correlate by %.3f", same)
	}
	if rate := wrong / heard; rate > 4e-4 {
		t.Errorf("%.1e false alarms a pixel, asked 1e-4", rate)
	}
}

func TestStream_BadLines(t *testing.T) {
	s, err := NewStream(4, [][]float64{{1, 2}}, StreamOptions{Kind: Difference})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Line(make([]float32, 7)); err == nil {
		t.Error("a line of the wrong length was taken")
	}
	for range 50 { // nothing, then NaN: neither is learnt nor fatal
		if _, _, err := s.Line(make([]float32, 8)); err != nil {
			t.Fatal(err)
		}
	}
	x := []float32{nan32, 1, 2, nan32, 1, 2, 3, 5}
	for range 50 {
		if _, _, err := s.Line(x); err != nil {
			t.Fatal(err)
		}
	}
	if s.moments.Count > 100 {
		t.Errorf("%v pixels were learnt from; half of a hundred lines' pixels were NaN", s.moments.Count)
	}
}
