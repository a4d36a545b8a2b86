package sim

import (
	"math"
	"time"

	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/wire/misb"
)

// vehicles is how many drive through a town.
const vehicles = 60

// Telemetry is the ST 0601 packet that the aircraft sends at a second of its
// flight: where it is, where its camera looks, straight down, and which vehicles
// are in view (ST 0903).
func (w *World) Telemetry(second float64) ([]byte, error) {
	here, ahead := w.pattern.at(second), w.pattern.at(second+1)
	height := math.Max(w.Scenario.Pattern.AltitudeM, 80)
	here.Z = w.Scenario.Pattern.AltitudeM
	heading := math.Mod(math.Atan2(ahead.X-here.X, ahead.Y-here.Y)*180/math.Pi+360, 360)
	at := w.Frame.ToPoint(here)

	var b misb.Builder
	b.Begin(w.Scenario.Start.Add(time.Duration(second * float64(time.Second))))
	b.Float(misb.PlatformHeading, heading)
	b.Float(misb.PlatformPitch, 0)
	b.Float(misb.PlatformRoll, 0)
	b.Float(misb.SensorLatitude, at.Lat)
	b.Float(misb.SensorLongitude, at.Lon)
	b.Float(misb.SensorEllipsoidHeight, at.Alt)
	ground := w.Frame.ToPoint(geo.Local{X: here.X, Y: here.Y})
	b.Float(misb.FrameCenterLatitude, ground.Lat)
	b.Float(misb.FrameCenterLongitude, ground.Lon)
	b.Float(misb.FrameCenterHeight, ground.Alt)
	seen := nadir{x: here.X, y: here.Y, heading: heading * math.Pi / 180, half: [2]float64{0.8 * height, 0.45 * height}}
	for i, c := range [4][2]float64{{-1, 1}, {1, 1}, {1, -1}, {-1, -1}} {
		p := w.Frame.ToPoint(seen.corner(c[0], c[1]))
		b.Float(uint64(misb.Corner+2*i), p.Lat)
		b.Float(uint64(misb.Corner+2*i+1), p.Lon)
	}
	v := misb.VMTI{Version: 6, Frame: uint64(second)}
	for i := range vehicles {
		if p := w.vehicle(i, second); seen.holds(p) {
			v.Targets = append(v.Targets, misb.Target{
				ID: uint64(i + 1), Confidence: 90, Class: "vehicle", State: -1, Located: true, Location: w.Frame.ToPoint(p), SigmaM: [3]float64{3, 3, 3},
			})
		}
	}
	b.VMTI(&v)
	return b.Packet(nil)
}

// vehicle is where one of them is: it drives to and fro along a street of its
// own, through the middle of the town or past it.
func (w *World) vehicle(i int, second float64) geo.Local {
	reach := w.town.radius()
	speed := 6 + float64(i%5)*2
	along := math.Mod(speed*second+float64(i)*137, 4*reach)
	if along -= reach; along > reach {
		along = 2*reach - along // on the way back
	}
	across := reach * (float64(i%7)/3 - 1) * 0.8
	if i%2 == 0 {
		return geo.Local{X: along, Y: across}
	}
	return geo.Local{X: across, Y: along}
}

// nadir is what a camera that looks straight down sees: a rectangle, its upper
// side towards the heading, radians.
type nadir struct {
	x, y, heading float64
	half          [2]float64 // across and along, m
}

func (v nadir) corner(right, up float64) geo.Local {
	r, u := right*v.half[0], up*v.half[1]
	sin, cos := math.Sincos(v.heading)
	return geo.Local{X: v.x + r*cos + u*sin, Y: v.y - r*sin + u*cos}
}

func (v nadir) holds(p geo.Local) bool {
	sin, cos := math.Sincos(v.heading)
	dx, dy := p.X-v.x, p.Y-v.y
	return math.Abs(dx*cos-dy*sin) <= v.half[0] && math.Abs(dx*sin+dy*cos) <= v.half[1]
}
