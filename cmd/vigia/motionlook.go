package main

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/motion"
	"github.com/vigia-project/vigia/geo"
)

// accuracyNames are the words of --accuracy.
var accuracyNames = map[string]func(*motion.Accuracy) *float64{
	"horizontal_m": func(a *motion.Accuracy) *float64 { return &a.HorizontalM },
	"vertical_m":   func(a *motion.Accuracy) *float64 { return &a.VerticalM },
	"heading_deg":  func(a *motion.Accuracy) *float64 { return &a.HeadingDeg },
	"pitch_deg":    func(a *motion.Accuracy) *float64 { return &a.PitchDeg },
	"roll_deg":     func(a *motion.Accuracy) *float64 { return &a.RollDeg },
	"gimbal_deg":   func(a *motion.Accuracy) *float64 { return &a.GimbalDeg },
	"fov_share":    func(a *motion.Accuracy) *float64 { return &a.FOVShare },
	"ground_m":     func(a *motion.Accuracy) *float64 { return &a.GroundM },
}

// accuracyWords lists them with their defaults.
func accuracyWords() string {
	a := motion.DefaultAccuracy()
	var words []string
	for name, of := range accuracyNames {
		words = append(words, name+"="+strconv.FormatFloat(*of(&a), 'g', -1, 64))
	}
	sort.Strings(words)
	return strings.Join(words, ",")
}

// parseAccuracy reads "name=value,…"; what is not named keeps its default.
func parseAccuracy(s string) (motion.Accuracy, error) {
	a := motion.DefaultAccuracy()
	if s == "" {
		return a, nil
	}
	for _, part := range strings.Split(s, ",") {
		name, value, _ := strings.Cut(part, "=")
		of := accuracyNames[name]
		v, err := strconv.ParseFloat(value, 64)
		if of == nil || err != nil || !(v >= 0) || math.IsInf(v, 0) {
			return a, vigia.Errorf(vigia.Invalid, "--accuracy: %q is not one of %s", part, accuracyWords())
		}
		*of(&a) = v
	}
	return a, nil
}

// originFrame reads "LAT,LON".
func originFrame(s string) (*geo.Frame, error) {
	lat, lon, ok := strings.Cut(s, ",")
	var p geo.Point
	var err, err2 error
	p.Lat, err = strconv.ParseFloat(strings.TrimSpace(lat), 64)
	p.Lon, err2 = strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if !ok || err != nil || err2 != nil || p.Valid() != nil {
		return nil, vigia.Errorf(vigia.Invalid, "--origin: %q is no LAT,LON", s)
	}
	return &geo.Frame{Origin: p}, nil
}

// A drawing keeps the picture that is to be drawn.
type drawing struct {
	width, height int
	pixels        []byte
	objects       []motion.Object
	kept          bool
}

// keep takes picture n if it is the one that is wanted or, where none is, if it
// has more objects than any before.
func (d *drawing) keep(n, wanted int, s shown, pixels []byte, objects []motion.Object) {
	if wanted >= 0 && n != wanted || wanted < 0 && d.kept && len(objects) <= len(d.objects) {
		return
	}
	d.width, d.height, d.kept = s.width, s.height, true
	d.pixels = append(d.pixels[:0], pixels...)
	d.objects = append(d.objects[:0], objects...)
}

// write draws the boxes, and where each object will be ten pictures on.
func (d *drawing) write(path string) error {
	if !d.kept {
		return vigia.Errorf(vigia.Invalid, "--frame: the video has no such picture")
	}
	img := image.NewRGBA(image.Rect(0, 0, d.width, d.height))
	for i, g := range d.pixels {
		img.SetRGBA(i%d.width, i/d.width, color.RGBA{g, g, g, 255})
	}
	box, way := color.RGBA{255, 60, 60, 255}, color.RGBA{255, 210, 0, 255}
	for _, o := range d.objects {
		l, t, r, b := int(o.Box[0])-2, int(o.Box[1])-2, int(o.Box[2])+1, int(o.Box[3])+1
		for x := l; x <= r; x++ {
			img.SetRGBA(x, t, box)
			img.SetRGBA(x, b, box)
		}
		for y := t; y <= b; y++ {
			img.SetRGBA(l, y, box)
			img.SetRGBA(r, y, box)
		}
		long := math.Max(math.Abs(o.VX), math.Abs(o.VY)) * 10
		for k := 0.0; k <= long; k++ {
			img.SetRGBA(int(o.X+10*o.VX*k/max(long, 1)), int(o.Y+10*o.VY*k/max(long, 1)), way)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "the picture cannot be written: %v", err)
	}
	if err := png.Encode(f, img); err != nil {
		_ = f.Close()
		return vigia.Errorf(vigia.Invalid, "the picture cannot be written: %v", err)
	}
	return f.Close()
}
