package sim

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-project/vigia/geo"
)

// An AerialScene says what a camera under an aircraft sees: a made-up town with
// roads, roofs, trees and vehicles, from a platform that moves, turns and
// shakes. The same scene gives the same pictures.
type AerialScene struct {
	Seed          uint64
	Width, Height int     // of the picture, pixels
	FPS           float64 // pictures a second

	HeightM       float64 // of the sensor above the ground
	SpeedMPS      float64 // of the platform, the way it heads
	YawDPS        float64 // how fast it turns, degrees a second
	DepressionDeg float64 // of the line of sight below the horizon
	FOVDeg        float64 // horizontal field of view

	Lanes    int     // lanes that carry vehicles
	GapM     float64 // mean distance of vehicles in a lane
	NoiseSD  float64 // of the picture's noise, grey levels
	ShakeDeg float64 // standard deviation of each of the line of sight's angles
	Blur     int     // times that a binomial filter of 3 × 3 pixels is applied
	Light    float64 // amplitude of a slow change of brightness, a share of it
}

// An AerialPose is where the sensor was and how it looked, in the terms of
// ST 0601: the platform's heading (clockwise from north), pitch (nose up) and
// roll (right wing down), and the sensor's azimuth, elevation and roll relative
// to the platform, degrees. X, Y and Z are metres east, north and up.
type AerialPose struct {
	X, Y, Z                 float64
	Heading, Pitch, Roll    float64
	Azimuth, Elevation, Rot float64
	HFOV, VFOV              float64
}

// An AerialVehicle is one vehicle that is in the picture.
type AerialVehicle struct {
	ID       int
	X, Y     float64    // of its middle in the picture, pixels from the upper left
	Box      [4]float64 // left, top, right, bottom, pixels
	Motion   float64    // how far it moves over the ground between two pictures, pixels
	Visible  float64    // share of it that nothing hides
	At       geo.Local  // on the ground
	SpeedMPS float64
}

// An AerialFrame is one picture with its truth.
type AerialFrame struct {
	Number   int
	Seconds  float64
	Pixels   []byte // luminance, row by row
	Pose     AerialPose
	Vehicles []AerialVehicle
}

// An Aerial renders a scene.
type Aerial struct {
	scene  AerialScene
	town   *aerialTown
	cars   []aerialCar
	shakes [3][6]struct{ amp, omega, phase float64 }
	start  AerialPose
	noise  []int8
}

// NewAerial makes a scene's town and traffic.
func NewAerial(s AerialScene) *Aerial {
	rng := rand.New(rand.NewPCG(s.Seed, 0xae51a1))
	a := &Aerial{scene: s, town: newAerialTown(rng)}
	a.cars = a.town.traffic(rng, s.Lanes, s.GapM)
	for axis := range a.shakes {
		for i := range a.shakes[axis] {
			w := &a.shakes[axis][i]
			w.amp = s.ShakeDeg * math.Sqrt(2.0/6) * (0.5 + rng.Float64())
			w.omega = 2 * math.Pi * (0.3 + 8*rng.Float64()*rng.Float64())
			w.phase = 2 * math.Pi * rng.Float64()
		}
	}
	a.start = AerialPose{
		X: aerialSide * rng.Float64(), Y: aerialSide * rng.Float64(), Z: s.HeightM,
		Heading: 360 * rng.Float64(), Azimuth: 60*rng.Float64() - 30, Elevation: -s.DepressionDeg,
		HFOV: s.FOVDeg,
	}
	half := math.Tan(s.FOVDeg / 2 * math.Pi / 180)
	a.start.VFOV = 2 * math.Atan(half*float64(s.Height)/float64(s.Width)) * 180 / math.Pi
	a.noise = make([]int8, 1<<16)
	for i := range a.noise {
		a.noise[i] = int8(math.Round(max(-127, min(127, 4*s.NoiseSD*rng.NormFloat64()))))
	}
	return a
}

// Pose is where the sensor is and how it looks at a time.
func (a *Aerial) Pose(t float64) AerialPose {
	p := a.start
	p.Heading = a.start.Heading + a.scene.YawDPS*t
	h0, w := a.start.Heading*math.Pi/180, a.scene.YawDPS*math.Pi/180
	if math.Abs(w) < 1e-9 {
		p.X += a.scene.SpeedMPS * t * math.Sin(h0)
		p.Y += a.scene.SpeedMPS * t * math.Cos(h0)
	} else {
		r := a.scene.SpeedMPS / w
		p.X += r * (math.Cos(h0) - math.Cos(h0+w*t))
		p.Y += r * (math.Sin(h0+w*t) - math.Sin(h0))
	}
	var shake [3]float64
	for axis := range shake {
		for _, s := range a.shakes[axis] {
			shake[axis] += s.amp * math.Sin(s.omega*t+s.phase)
		}
	}
	p.Roll = a.scene.YawDPS/3 + 0.5*shake[2]
	p.Pitch = 2 + 0.5*shake[1]
	p.Azimuth += shake[0]
	p.Elevation += shake[1]
	p.Rot = 0.5 * shake[2]
	p.Heading = math.Mod(p.Heading+360, 360)
	return p
}

// A view is a pose ready for casting rays: the line of sight of a pixel is
// axis + u·right + v·down, east north up.
type view struct {
	pose              AerialPose
	axis, right, down [3]float64
	tanH, tanV        float64
	width, height     float64
}

// newView turns the angles into axes. In the platform's frame (forward, right,
// down) a sensor looks forward, is turned about its line of sight by the
// relative roll, tilted up by the relative elevation and turned right by the
// relative azimuth; the platform is rolled, pitched and headed likewise.
func newView(p AerialPose, width, height int) view {
	v := view{pose: p, width: float64(width), height: float64(height)}
	turn := func(a [3]float64) [3]float64 {
		for _, r := range [...]struct {
			deg  float64
			axis int
		}{{p.Rot, 0}, {p.Elevation, 1}, {p.Azimuth, 2}, {p.Roll, 0}, {p.Pitch, 1}, {p.Heading, 2}} {
			s, c := math.Sincos(r.deg * math.Pi / 180)
			i, j := (r.axis+1)%3, (r.axis+2)%3
			a[i], a[j] = c*a[i]-s*a[j], s*a[i]+c*a[j]
		}
		return [3]float64{a[1], a[0], -a[2]} // north east down to east north up
	}
	v.axis, v.right, v.down = turn([3]float64{1, 0, 0}), turn([3]float64{0, 1, 0}), turn([3]float64{0, 0, 1})
	v.tanH, v.tanV = math.Tan(p.HFOV/2*math.Pi/180), math.Tan(p.VFOV/2*math.Pi/180)
	return v
}

// ray is the direction in which a place in the picture looks.
func (v *view) ray(x, y float64) (d [3]float64) {
	u, w := (2*x/v.width-1)*v.tanH, (2*y/v.height-1)*v.tanV
	for i := range d {
		d[i] = v.axis[i] + u*v.right[i] + w*v.down[i]
	}
	return d
}

// pixel is where a place is seen; false behind the camera.
func (v *view) pixel(x, y, z float64) (px, py float64, ok bool) {
	d := [3]float64{x - v.pose.X, y - v.pose.Y, z - v.pose.Z}
	dot := func(a [3]float64) float64 { return a[0]*d[0] + a[1]*d[1] + a[2]*d[2] }
	f := dot(v.axis)
	if f <= 0 {
		return 0, 0, false
	}
	return (dot(v.right)/f/v.tanH + 1) / 2 * v.width, (dot(v.down)/f/v.tanV + 1) / 2 * v.height, true
}

// Frame renders picture n.
func (a *Aerial) Frame(n int) AerialFrame {
	t := float64(n) / a.scene.FPS
	f := AerialFrame{Number: n, Seconds: t, Pose: a.Pose(t)}
	v := newView(f.Pose, a.scene.Width, a.scene.Height)
	shade, open := a.ground(&v)
	for i := range a.cars {
		for _, at := range a.cars[i].near(t, &v) {
			if seen, ok := a.paint(&a.cars[i], at, &v, shade, open); ok {
				seen.ID = i
				seen.Motion = a.motion(&a.cars[i], t, at, &v)
				f.Vehicles = append(f.Vehicles, seen)
			}
		}
	}
	for range a.scene.Blur {
		binomial(shade, a.scene.Width, a.scene.Height)
	}
	f.Pixels = a.develop(shade, n, t)
	return f
}

// develop turns light into grey levels: the change of brightness, the fall
// towards the corners, and the noise.
func (a *Aerial) develop(shade []float32, n int, t float64) []byte {
	rng := rand.New(rand.NewPCG(a.scene.Seed, uint64(n)+1))
	gain := float32(1 + a.scene.Light*math.Sin(2*math.Pi*t/3.7))
	out := make([]byte, len(shade))
	w, h := a.scene.Width, a.scene.Height
	for y := range h {
		off := rng.IntN(len(a.noise))
		ry := float32(y)/float32(h) - 0.5
		for x := range w {
			rx := float32(x)/float32(w) - 0.5
			g := shade[y*w+x]*gain*(1-0.25*(rx*rx+ry*ry)) + float32(a.noise[(off+x)&(len(a.noise)-1)])/4
			out[y*w+x] = uint8(max(0, min(255, g+0.5)))
		}
	}
	return out
}

// binomial filters with 1 2 1 along rows and columns, in place.
func binomial(p []float32, w, h int) {
	for y := range h {
		row := p[y*w : y*w+w]
		last := row[0]
		for x := 1; x < w-1; x++ {
			here := row[x]
			row[x] = (last + 2*here + row[x+1]) / 4
			last = here
		}
	}
	last := append([]float32(nil), p[:w]...)
	for y := 1; y < h-1; y++ {
		row, next := p[y*w:y*w+w], p[(y+1)*w:(y+2)*w]
		for x, here := range row {
			row[x] = (last[x] + 2*here + next[x]) / 4
			last[x] = here
		}
	}
}

// Carry takes a place in the picture of one pose to where the picture of another
// shows the same place of the ground, pixels.
func Carry(from, to AerialPose, width, height int, x, y float64) (float64, float64) {
	v, w := newView(from, width, height), newView(to, width, height)
	d := v.ray(x, y)
	t := -from.Z / d[2]
	px, py, _ := w.pixel(from.X+t*d[0], from.Y+t*d[1], 0)
	return px, py
}
