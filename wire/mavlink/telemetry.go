package mavlink

import (
	"math"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/bluenviron/gomavlib/v3/pkg/dialects/common"

	"github.com/vigia-project/vigia/geo"
)

// A Telemetry is what an aircraft last said of itself. Each part has the time
// of its reception, zero where nothing was said.
type Telemetry struct {
	System uint8

	HeartbeatAt time.Time
	Armed       bool // by its pilot

	PositionAt time.Time
	Position   geo.Point  // Alt: metres above mean sea level, as MAVLink has it
	AboveHomeM float64    // metres above where it took off
	Velocity   [3]float64 // m/s: north, east, down
	HeadingDeg float64    // NaN where not known

	AttitudeAt                time.Time
	RollDeg, PitchDeg, YawDeg float64

	BatteryAt      time.Time
	BatteryPercent int // -1 where not known

	WindAt      time.Time
	WindSpeed   float64 // m/s
	WindFromDeg float64 // where it blows from, clockwise from north

	GimbalAt time.Time
	Gimbal   [3]float64 // roll, pitch, yaw of the camera, degrees
	// GimbalEarth says that the camera's yaw counts from north, not from the
	// aircraft's nose.
	GimbalEarth bool

	CameraAt time.Time
	Zoom     float64 // %, NaN where not known
}

// Apply takes a frame that came at a time. It tells whether the frame said
// anything of this aircraft that is kept.
func (t *Telemetry) Apply(at time.Time, f Frame) bool {
	if f.System != t.System {
		return false
	}
	switch m := f.Message.(type) {
	case *ardupilotmega.MessageHeartbeat:
		// Ground stations and gimbals have hearts of their own.
		if m.Autopilot == common.MAV_AUTOPILOT_INVALID {
			return false
		}
		t.HeartbeatAt, t.Armed = at, m.BaseMode&common.MAV_MODE_FLAG_SAFETY_ARMED != 0
	case *ardupilotmega.MessageGlobalPositionInt:
		t.PositionAt = at
		t.Position = geo.Point{Lat: float64(m.Lat) / 1e7, Lon: float64(m.Lon) / 1e7, Alt: float64(m.Alt) / 1e3}
		t.AboveHomeM = float64(m.RelativeAlt) / 1e3
		t.Velocity = [3]float64{float64(m.Vx) / 100, float64(m.Vy) / 100, float64(m.Vz) / 100}
		t.HeadingDeg = math.NaN()
		if m.Hdg != math.MaxUint16 {
			t.HeadingDeg = float64(m.Hdg) / 100
		}
	case *ardupilotmega.MessageAttitude:
		t.AttitudeAt = at
		t.RollDeg, t.PitchDeg, t.YawDeg = degrees(m.Roll), degrees(m.Pitch), degrees(m.Yaw)
	case *ardupilotmega.MessageBatteryStatus:
		t.BatteryAt, t.BatteryPercent = at, int(m.BatteryRemaining)
	case *ardupilotmega.MessageWindCov: // where it blows to: north and east
		north, east := float64(m.WindX), float64(m.WindY)
		if math.IsNaN(north + east) {
			return false
		}
		t.wind(at, math.Hypot(north, east), math.Atan2(-east, -north)*180/math.Pi)
	case *ardupilotmega.MessageWind: // ArduPilot: where it blows from
		t.wind(at, float64(m.Speed), float64(m.Direction))
	case *ardupilotmega.MessageGimbalDeviceAttitudeStatus:
		t.GimbalAt, t.Gimbal = at, euler(m.Q)
		t.GimbalEarth = m.Flags&(common.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME|common.GIMBAL_DEVICE_FLAGS_YAW_LOCK) != 0
	case *ardupilotmega.MessageCameraSettings:
		t.CameraAt, t.Zoom = at, float64(m.Zoomlevel)
	default:
		return false
	}
	return true
}

func (t *Telemetry) wind(at time.Time, speed, from float64) {
	t.WindAt, t.WindSpeed, t.WindFromDeg = at, speed, math.Mod(from+360, 360)
}

func degrees(rad float32) float64 { return float64(rad) * 180 / math.Pi }

// euler is roll, pitch and yaw, degrees, of a quaternion w, x, y, z (aerospace
// sequence: yaw, then pitch, then roll).
func euler(q [4]float32) [3]float64 {
	w, x, y, z := float64(q[0]), float64(q[1]), float64(q[2]), float64(q[3])
	return [3]float64{
		math.Atan2(2*(w*x+y*z), 1-2*(x*x+y*y)) * 180 / math.Pi,
		math.Asin(max(-1, min(1, 2*(w*y-z*x)))) * 180 / math.Pi,
		math.Atan2(2*(w*z+x*y), 1-2*(y*y+z*z)) * 180 / math.Pi,
	}
}
