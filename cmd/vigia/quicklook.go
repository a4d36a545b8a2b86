package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"slices"

	"github.com/vigia-project/vigia"
)

// quickLook draws scores in grey, dark to bright from their middle to their
// upper thousandth, with the plumes' mask in red.
func quickLook(name string, scores []float32, mask []uint8, samples int) error {
	var some []float32
	for i := 0; i < len(scores); i += len(scores)/10007 + 1 {
		if v := scores[i]; v == v {
			some = append(some, v)
		}
	}
	if len(some) == 0 {
		some = []float32{0}
	}
	slices.Sort(some)
	lo, hi := float64(some[len(some)/2]), float64(some[len(some)-1-len(some)/1000])
	img := image.NewRGBA(image.Rect(0, 0, samples, len(scores)/samples))
	for i, v := range scores {
		g := uint8(0)
		if v == v && hi > lo {
			g = uint8(255 * math.Max(0, math.Min(1, (float64(v)-lo)/(hi-lo))))
		}
		c := color.RGBA{g, g, g, 255}
		if mask[i] != 0 {
			c = color.RGBA{255, g / 2, g / 2, 255}
		}
		img.SetRGBA(i%samples, i/samples, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		return vigia.Errorf(vigia.Invalid, "the picture cannot be written: %v", err)
	}
	return nil
}
