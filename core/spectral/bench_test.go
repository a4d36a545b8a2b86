package spectral

import (
	"context"
	"testing"
)

// The cube, made up in memory: 1000 × 600 × 128 float32.
func BenchmarkCube(b *testing.B) {
	m := makeUp(1, 1000, 600, 128, 0.01, 500)
	scene, err := Prepare(m, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	moments, err := scene.Measure(ctx, 2)
	if err != nil {
		b.Fatal(err)
	}
	bg, err := moments.Background()
	if err != nil {
		b.Fatal(err)
	}
	target, _, err := Target(m.absorption, Absorption, bg.Mean, bg.Mean)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(4 * len(m.x)))
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("background", func() error { _, err := scene.Measure(ctx, 2); return err })
	plain, err := NewDetector(bg, target, MF)
	if err != nil {
		b.Fatal(err)
	}
	scores, err := plain.Score(ctx, scene, 2)
	if err != nil {
		b.Fatal(err)
	}
	for _, method := range []Method{MF, ACE} {
		d, err := NewDetector(bg, target, method)
		if err != nil {
			b.Fatal(err)
		}
		run("score/"+string(method), func() error { _, err := d.Score(ctx, scene, 2); return err })
	}
	run("judge", func() error { return (&Result{Scores: scores}).judge(m.samples, 1e-4) })
	for _, method := range []Method{MF, ACE, Auto} {
		run("detect/"+string(method), func() error {
			_, err := Detect(ctx, scene, [][]float64{m.absorption}, Options{Method: method, Kind: Absorption, Workers: 2})
			return err
		})
	}
}
