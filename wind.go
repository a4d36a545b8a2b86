package vigia

import (
	"math"
	"time"
)

// A Wind is one record of the air over a flight's area. FromDeg is where it
// blows from, degrees clockwise from true north.
type Wind struct {
	ID       ID        `json:"id"`
	Flight   ID        `json:"flight"`
	Time     time.Time `json:"time"`
	SpeedMPS float64   `json:"speed_mps"`
	FromDeg  float64   `json:"from_deg"`

	// Tangent of the standard deviation of the wind's angle, sideways and up
	// and down; 0 = not known.
	SigmaTanHorizontal float64 `json:"sigma_tan_horizontal,omitempty"`
	SigmaTanVertical   float64 `json:"sigma_tan_vertical,omitempty"`

	ObukhovM     float64 `json:"obukhov_m,omitempty"`     // Obukhov length; 0 = not known
	TemperatureK float64 `json:"temperature_k,omitempty"` // 0 = not known
	PressurePa   float64 `json:"pressure_pa,omitempty"`   // 0 = not known

	Origin Provenance `json:"origin"`
}

// Valid tells why w cannot be a record of the wind, or nil.
func (w Wind) Valid() error {
	for _, q := range []struct {
		column         string
		value, lo, hi  float64
		zeroIsNotKnown bool
	}{
		{"speed_mps", w.SpeedMPS, 0, 120, false},
		{"from_deg", w.FromDeg, -360, 720, false},
		// A tangent has no upper bound: 360 was recorded in a calm, at Chilbolton.
		{"sigma_tan_horizontal", w.SigmaTanHorizontal, 0, 1e6, true},
		{"sigma_tan_vertical", w.SigmaTanVertical, 0, 1e6, true},
		{"obukhov_m", w.ObukhovM, -1e9, 1e9, true},
		{"temperature_k", w.TemperatureK, 150, 350, true},
		{"pressure_pa", w.PressurePa, 1000, 120000, true},
	} {
		if q.value == 0 && q.zeroIsNotKnown {
			continue
		}
		if math.IsNaN(q.value) || q.value < q.lo || q.value > q.hi {
			e := Errorf(Invalid, "%v is not within %v to %v", q.value, q.lo, q.hi)
			e.Column = q.column
			return e
		}
	}
	return nil
}
