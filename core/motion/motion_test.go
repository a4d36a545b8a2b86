package motion_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/motion"
	"github.com/vigia-project/vigia/sim"
)

var small = sim.AerialScene{Seed: 4, Width: 640, Height: 360, FPS: 25, HeightM: 120, SpeedMPS: 10, YawDPS: 2,
	DepressionDeg: 65, FOVDeg: 50, Lanes: 16, GapM: 40, NoiseSD: 2, ShakeDeg: 0.05, Blur: 1}

func picture(s sim.AerialScene, pixels []byte) motion.Picture {
	return motion.Picture{Width: s.Width, Height: s.Height, Pixels: pixels}
}

// The homography from one picture to the next is the camera's own: the ground's
// points are where the simulator's rays say, to a fraction of a pixel.
func TestRegistration(t *testing.T) {
	still := small
	still.Lanes = 0
	a := sim.NewAerial(still)
	d := motion.New(motion.Settings{})
	for n := range 6 {
		r, err := d.Add(picture(small, a.Frame(n).Pixels))
		if err != nil || r.Skipped != "" {
			t.Fatalf("picture %d: %v %s", n, err, r.Skipped)
		}
		if n == 0 {
			continue
		}
		here, before := a.Pose(float64(n)/25), a.Pose(float64(n-1)/25)
		worst := 0.0
		for _, p := range [][2]float64{{60, 50}, {580, 50}, {320, 180}, {60, 310}, {580, 310}} {
			x, y := sim.Carry(here, before, small.Width, small.Height, p[0], p[1])
			gx, gy := r.Homography.At(p[0], p[1])
			worst = max(worst, math.Hypot(gx-x, gy-y))
		}
		if worst > 0.5 {
			t.Errorf("picture %d: the homography is off by %.2f pixels", n, worst)
		}
	}
}

// A picture that cannot be registered is skipped and told, and those after it
// are compared with what came before; a camera that looks elsewhere for good
// begins anew.
func TestSkip(t *testing.T) {
	a := sim.NewAerial(small)
	d := motion.New(motion.Settings{})
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, small.Width*small.Height)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	grey := bytes.Repeat([]byte{90}, len(noise))
	add := func(pixels []byte) motion.Result {
		t.Helper()
		r, err := d.Add(picture(small, pixels))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for n := range 3 {
		if r := add(a.Frame(n).Pixels); r.Skipped != "" {
			t.Fatalf("picture %d is skipped: %s", n, r.Skipped)
		}
	}
	for name, pixels := range map[string][]byte{"noise": noise, "grey": grey} {
		if r := add(pixels); r.Skipped == "" || len(r.Objects) > 0 {
			t.Errorf("%s is registered with %d of %d corners", name, r.Inliers, r.Corners)
		}
	}
	if r := add(a.Frame(4).Pixels); r.Skipped != "" {
		t.Errorf("the picture after the skipped ones: %s", r.Skipped)
	}
	other := small
	other.Seed = 9
	b := sim.NewAerial(other)
	skipped := 0
	for n := range 12 {
		if add(b.Frame(n).Pixels).Skipped != "" {
			skipped++
		}
	}
	if skipped < 1 || skipped > 6 {
		t.Errorf("after a cut %d of 12 pictures are skipped", skipped)
	}
}

// A camera over a town where nothing drives tells of nothing, whatever stands
// above the ground; nor does a camera that stands still.
func TestNothingMoves(t *testing.T) {
	for name, change := range map[string]func(*sim.AerialScene){
		"flying low": func(s *sim.AerialScene) { s.SpeedMPS, s.HeightM = 20, 130 },
		"hovering":   func(s *sim.AerialScene) { s.SpeedMPS, s.YawDPS, s.ShakeDeg = 0, 0, 0 },
	} {
		s := small
		s.Lanes = 0
		change(&s)
		a := sim.NewAerial(s)
		d := motion.New(motion.Settings{})
		told := 0
		for n := range 45 {
			r, err := d.Add(picture(s, a.Frame(n).Pixels))
			if err != nil {
				t.Fatal(err)
			}
			told += len(r.Objects)
		}
		t.Logf("%s: %d objects in 45 pictures", name, told)
		if told > 45-24 { // issue 5: one a picture, of those that are looked at
			t.Errorf("%s: %d objects in 45 pictures where nothing moves", name, told)
		}
	}
}

// The same pictures give the same answer, bit for bit.
func TestDeterministic(t *testing.T) {
	a := sim.NewAerial(small)
	c, d := motion.New(motion.Settings{}), motion.New(motion.Settings{})
	for n := range 30 {
		p := picture(small, a.Frame(n).Pixels)
		r, err := c.Add(p)
		q, err2 := d.Add(p)
		if err != nil || err2 != nil || !reflect.DeepEqual(r, q) {
			t.Fatalf("picture %d: %+v, %v and %+v, %v", n, r, err, q, err2)
		}
	}
}

// boxes is a Finder that knows the truth.
type boxes struct{ frame sim.AerialFrame }

func (b *boxes) Find(motion.Picture) (all []motion.Box, err error) {
	for _, v := range b.frame.Vehicles {
		all = append(all, motion.Box{Left: v.Box[0], Top: v.Box[1], Right: v.Box[2], Bottom: v.Box[3], Score: 1})
	}
	return all, nil
}

// With a finder of one's own, what it finds is followed under one number.
func TestFinder(t *testing.T) {
	a := sim.NewAerial(small)
	finder := &boxes{}
	d := motion.New(motion.Settings{Finder: finder})
	names := map[int]map[uint64]bool{}
	for n := range 25 {
		finder.frame = a.Frame(n)
		r, err := d.Add(picture(small, finder.frame.Pixels))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range r.Objects {
			for _, v := range finder.frame.Vehicles {
				if math.Hypot(v.X-o.X, v.Y-o.Y) < 3 {
					if names[v.ID] == nil {
						names[v.ID] = map[uint64]bool{}
					}
					names[v.ID][o.ID] = true
				}
			}
		}
	}
	changed := 0
	for _, ids := range names {
		changed += len(ids) - 1
	}
	t.Logf("%d vehicles, %d changes of number", len(names), changed)
	if len(names) < 4 || changed > len(names)/4 {
		t.Errorf("%d vehicles, %d changes of number", len(names), changed)
	}
}

func TestAdd_Errors(t *testing.T) {
	d := motion.New(motion.Settings{})
	ok := motion.Picture{Width: 100, Height: 80, Pixels: make([]byte, 8000)}
	if _, err := d.Add(ok); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]motion.Picture{
		"too small":    {Width: 10, Height: 10, Pixels: make([]byte, 100)},
		"cut":          {Width: 100, Height: 80, Pixels: make([]byte, 7999)},
		"another size": {Width: 80, Height: 100, Pixels: make([]byte, 8000)},
		"negative":     {Width: -100, Height: -80, Pixels: make([]byte, 8000)},
	} {
		if _, err := d.Add(p); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An inverse takes places back, and a product is one after the other.
func TestHomography(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := func(name string) motion.Homography {
			f := func(k string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name+k) }
			return motion.Homography{1 + f("a", -.1, .1), f("b", -.1, .1), f("c", -50, 50), f("d", -.1, .1), 1 + f("e", -.1, .1), f("f", -50, 50), f("g", -1e-4, 1e-4), f("h", -1e-4, 1e-4), 1}
		}
		h, g := one("h"), one("g")
		x, y := rapid.Float64Range(0, 900).Draw(t, "x"), rapid.Float64Range(0, 500).Draw(t, "y")
		u, v := g.At(x, y)
		if p, q := g.Inverse().At(u, v); math.Hypot(p-x, q-y) > 1e-6 {
			t.Errorf("there and back: %v, %v from %v, %v", p, q, x, y)
		}
		u, v = h.At(u, v)
		if p, q := h.After(g).At(x, y); math.Hypot(p-u, q-v) > 1e-6 {
			t.Errorf("the product leads to %v, %v; one after the other to %v, %v", p, q, u, v)
		}
	})
}
