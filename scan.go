package vigia

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Cube is what all lines of one hyperspectral recording have in common. It is
// said once, before them.
type Cube struct {
	ID     ID        `json:"id"`
	Flight ID        `json:"flight"`
	Sensor string    `json:"sensor"`
	Name   string    `json:"name"`  // as the recording is called
	Began  time.Time `json:"began"` // when its first line was seen

	Samples     int       `json:"samples"`             // pixels of a line
	Wavelengths []float64 `json:"wavelengths_nm"`      // of each band's centre
	FWHM        []float64 `json:"fwhm_nm,omitempty"`   // of each band
	BadBands    []bool    `json:"bad_bands,omitempty"` // true: the band is not to be used
	Ignore      *float64  `json:"ignore,omitempty"`    // a pixel that is this in every band holds no data

	// FieldOfViewDeg is the angle across the track from the outer edge of the
	// first pixel to that of the last; pixels divide it evenly. 0: the lines say
	// themselves where they lie.
	FieldOfViewDeg float64 `json:"field_of_view_deg,omitempty"`

	// AirMass is how many times the light crosses a vertical column on its way: the
	// secants of the sun's and the view's zenith angles, added, for sunlight; the
	// view's alone for the ground's own heat. 0 is 1.
	AirMass float64 `json:"air_mass,omitempty"`

	// LookFor are the chemicals that are looked for; none: the flight's.
	LookFor []string `json:"look_for,omitempty"`
}

// A LinePose is where an aircraft was at a line and how it was turned: heading clockwise from
// true north, pitch nose up, roll right wing down, in this order about the
// aircraft's own axes (the convention of ST 0601 items 5 to 7).
type LinePose struct {
	At         geo.Point `json:"at"`
	HeadingDeg float64   `json:"heading_deg"`
	PitchDeg   float64   `json:"pitch_deg"`
	RollDeg    float64   `json:"roll_deg"`
}

// A ScanLine is one line of a cube: a row of pixels seen at once.
type ScanLine struct {
	Number int       `json:"number"` // from 0, rising
	Time   time.Time `json:"time"`
	Pose   LinePose  `json:"pose"`

	// Ground is where the centres of the first and the last pixel lie, or of every
	// pixel; none: the pose and the cube's field of view say it.
	Ground []geo.Point `json:"ground,omitempty"`

	// Samples are float32, little-endian, the bands of a pixel side by side.
	Samples []byte `json:"samples"`
}

// A Scan is one message of the log: the header of a cube, some of its lines, its
// end, or several of these at once.
type Scan struct {
	ID       ID         `json:"id"`
	Flight   ID         `json:"flight"`
	Cube     ID         `json:"cube"`
	Received time.Time  `json:"received"`
	Chunk    string     `json:"chunk"` // SHA-256 of the samples of its lines, one after the other
	Header   *Cube      `json:"header,omitempty"`
	Lines    []ScanLine `json:"lines,omitempty"`
	End      bool       `json:"end,omitempty"`
}

// Bounds of a cube: what one line of it may take.
const (
	MostSamples   = 1 << 16
	MostBands     = 4096
	MostGround    = 4096 // places that a line says, two apart
	MostLineBytes = 3 << 20
)

// Valid tells why c cannot be a cube, or nil.
func (c Cube) Valid() error {
	bands := len(c.Wavelengths)
	switch {
	case !ValidName(c.Sensor):
		return Errorf(Invalid, "the sensor's name %q must be 1 to 64 letters, digits, hyphens or underscores", c.Sensor)
	case c.Began.IsZero():
		return Errorf(Invalid, "the cube does not say when it began")
	case len(c.Name) > 256:
		return Errorf(Invalid, "the cube's name has %d bytes; 256 are the most", len(c.Name))
	case c.Samples < 1 || c.Samples > MostSamples:
		return Errorf(Invalid, "%d samples a line are not within 1 to %d", c.Samples, MostSamples)
	case bands < 1 || bands > MostBands:
		return Errorf(Invalid, "%d bands with a wavelength are not within 1 to %d", bands, MostBands)
	case c.LineBytes() > MostLineBytes:
		return Errorf(Invalid, "a line of %d samples in %d bands has %d bytes; %d are the most", c.Samples, bands, c.LineBytes(), MostLineBytes)
	case c.FWHM != nil && len(c.FWHM) != bands, c.BadBands != nil && len(c.BadBands) != bands:
		return Errorf(Invalid, "widths and marks of bad bands must be as many as the %d wavelengths", bands)
	case !(c.FieldOfViewDeg >= 0 && c.FieldOfViewDeg < 170):
		return Errorf(Invalid, "the field of view %v° is not within 0 to 170°", c.FieldOfViewDeg)
	case !(c.AirMass == 0 || c.AirMass >= 0.5 && c.AirMass <= 40):
		return Errorf(Invalid, "the air mass %v is not within 0.5 to 40", c.AirMass)
	case c.Ignore != nil && math.IsNaN(*c.Ignore):
		return Errorf(Invalid, "the value that stands for no data is not a number")
	}
	for i, w := range c.Wavelengths {
		if !(w > 100 && w < 1e6) {
			return Errorf(Invalid, "the wavelength %v nm of band %d is not within 100 to 10⁶ nm", w, i+1)
		}
	}
	for i, w := range c.FWHM {
		if !(w >= 0 && w < 1e5) {
			return Errorf(Invalid, "the width %v nm of band %d is not within 0 to 10⁵ nm", w, i+1)
		}
	}
	for _, name := range c.LookFor {
		if name == "" || len(name) > 64 {
			return Errorf(Invalid, "the chemical %q to look for is no name", name)
		}
	}
	return nil
}

// LineBytes is how many bytes the samples of a line are.
func (c Cube) LineBytes() int { return 4 * c.Samples * len(c.Wavelengths) }

// Valid tells why l cannot be a line of c, or nil.
func (l ScanLine) Valid(c Cube) error {
	switch {
	case l.Number < 0 || l.Number > math.MaxInt32:
		return Errorf(Invalid, "the line's number %d is not within 0 to 2³¹", l.Number)
	case len(l.Samples) != c.LineBytes():
		return Errorf(Invalid, "line %d has %d bytes; %d samples of %d bands have %d", l.Number, len(l.Samples), c.Samples, len(c.Wavelengths), c.LineBytes())
	case len(l.Ground) == 0 && c.FieldOfViewDeg == 0:
		return Errorf(Invalid, "line %d does not say where it lies, and the cube has no field of view", l.Number)
	case len(l.Ground) != 0 && len(l.Ground) != 2 && (len(l.Ground) != c.Samples || len(l.Ground) > MostGround):
		return Errorf(Invalid, "line %d has %d places on the ground; 2 or %d are needed", l.Number, len(l.Ground), c.Samples)
	}
	for _, p := range append([]geo.Point{l.Pose.At}, l.Ground...) {
		if err := p.Valid(); err != nil {
			return Errorf(Invalid, "line %d: %v", l.Number, err)
		}
	}
	p := l.Pose
	for _, a := range [3]float64{p.HeadingDeg, p.PitchDeg, p.RollDeg} {
		if !(math.Abs(a) <= 720) {
			return Errorf(Invalid, "line %d: the angle %v° of the aircraft is not within ±720°", l.Number, a)
		}
	}
	return nil
}

// Floats writes the line's numbers to dst, which is as long as they are many.
func (l ScanLine) Floats(dst []float32) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(l.Samples[4*i:]))
	}
}
