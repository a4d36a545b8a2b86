package sim

import (
	"bufio"
	"embed"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// A Scenario is a story's beginning: what the world is like before it is left
// to its seed. Its keys are explained in scenario/town.txt.
type Scenario struct {
	Title    string
	Seed     int64
	Sortie   int // 1 is the first over this town: another has its own air and its own noise
	Flight   vigia.ID
	Aircraft string
	Chemical string
	Start    time.Time // of the flight
	Origin   geo.Point // on the ground

	Buildings int
	RateKgH   float64 // mean; 0: there is no source
	RateSD    float64 // of the mean
	RateTimeS float64
	SecondM   float64 // how far off a second source stands, as strong; 0: there is none
	OnFromS   float64 // it emits from this second of the flight on
	OnUntilS  float64 // and until this one

	Wind    WindScenario
	Station StationScenario
	Pattern PatternScenario
	Sensor  SensorScenario
}

// A WindScenario is the air over the town.
type WindScenario struct {
	SpeedMPS     float64 // at 10 m
	FromDeg      float64
	SpeedSD      float64 // relative
	SpeedTimeS   float64 // of the Ornstein–Uhlenbeck process
	DirSDDeg     float64
	DirTimeS     float64
	SwingDeg     float64 // amplitude
	SwingPeriodS float64
	RoughnessM   float64
	DisplaceM    float64
	TemperatureK float64
	PressurePa   float64
}

// A StationScenario is the anemometer on the ground.
type StationScenario struct {
	EveryS   float64
	SpeedSD  float64 // m/s
	DirSDDeg float64
}

// A PatternScenario is how the aircraft flies.
type PatternScenario struct {
	AltitudeM  float64 // above the ground
	SpeedMPS   float64 // over the ground
	SpacingM   float64
	MarginM    float64
	ForecastSD float64 // degrees
	PositionSD float64 // m, of the reported position, each axis
	DurationS  float64 // at most
	Sweeps     float64 // how often the lines are flown, each time between the others
	AreaM      float64 // side of the square that is flown over; 0: the whole town
	AreaX      float64 // its middle, local metres
	AreaY      float64

	Then []PartScenario // further parts of the same flight
}

// A PartScenario is a square that is flown over after what comes before it.
type PartScenario struct {
	SideM    float64
	X, Y     float64 // its middle, local metres
	SpacingM float64
	Sweeps   float64
	MarginM  float64
}

// A SensorScenario is the gas sensor.
type SensorScenario struct {
	Name          string
	EveryS        float64
	ResponseS     float64
	NoisePPM      float64
	LimitPPM      float64
	BackgroundPPM float64
	DriftPPM      float64
	DriftTimeS    float64
}

// A setting binds a key of the text to a number of the scenario.
type setting struct {
	key    string
	value  *float64
	lo, hi float64
}

func (s *Scenario) settings() []setting {
	w, st, p, g := &s.Wind, &s.Station, &s.Pattern, &s.Sensor
	return []setting{
		{"origin_lat_deg", &s.Origin.Lat, -80, 80},
		{"origin_lon_deg", &s.Origin.Lon, -180, 180},
		{"origin_alt_m", &s.Origin.Alt, -500, 9000},
		{"rate_kg_h", &s.RateKgH, 0, 10000},
		{"rate_sd", &s.RateSD, 0, 1},
		{"rate_time_s", &s.RateTimeS, 1, 86400},
		{"second_m", &s.SecondM, 0, 500},
		{"on_from_s", &s.OnFromS, -86400, 86400},
		{"on_until_s", &s.OnUntilS, -86400, 86400},
		{"wind_speed_mps", &w.SpeedMPS, 0.3, 30},
		{"wind_from_deg", &w.FromDeg, -360, 720},
		{"wind_speed_sd", &w.SpeedSD, 0, 0.5},
		{"wind_speed_time_s", &w.SpeedTimeS, 1, 86400},
		{"wind_dir_sd_deg", &w.DirSDDeg, 0, 90},
		{"wind_dir_time_s", &w.DirTimeS, 1, 86400},
		{"wind_swing_deg", &w.SwingDeg, 0, 90},
		{"wind_swing_period_s", &w.SwingPeriodS, 60, 86400},
		{"roughness_m", &w.RoughnessM, 0.001, 3},
		{"displacement_m", &w.DisplaceM, 0, 5},
		{"temperature_k", &w.TemperatureK, 220, 330},
		{"pressure_pa", &w.PressurePa, 40000, 110000},
		{"station_every_s", &st.EveryS, 1, 3600},
		{"station_speed_sd", &st.SpeedSD, 0, 5},
		{"station_dir_sd_deg", &st.DirSDDeg, 0, 60},
		{"altitude_m", &p.AltitudeM, 2, 500},
		{"airspeed_mps", &p.SpeedMPS, 1, 60},
		{"line_spacing_m", &p.SpacingM, 5, 1000},
		{"margin_m", &p.MarginM, 0, 2000},
		{"forecast_sd_deg", &p.ForecastSD, 0, 90},
		{"position_sd_m", &p.PositionSD, 0, 50},
		{"duration_s", &p.DurationS, 10, 86400},
		{"sweeps", &p.Sweeps, 1, 20},
		{"area_m", &p.AreaM, 0, 10000},
		{"area_x_m", &p.AreaX, -10000, 10000},
		{"area_y_m", &p.AreaY, -10000, 10000},
		{"sensor_every_s", &g.EveryS, 0.1, 60},
		{"sensor_response_s", &g.ResponseS, 0, 60},
		{"sensor_noise_ppm", &g.NoisePPM, 0, 1000},
		{"sensor_limit_ppm", &g.LimitPPM, 0, 1000},
		{"background_ppm", &g.BackgroundPPM, 0, 10000},
		{"drift_ppm", &g.DriftPPM, 0, 1000},
		{"drift_time_s", &g.DriftTimeS, 1, 86400},
	}
}

//go:embed scenario/*.txt
var scenarios embed.FS

// Load returns a scenario that comes with the program, such as "town".
func Load(name string) (Scenario, error) {
	f, err := scenarios.Open("scenario/" + name + ".txt")
	if err != nil {
		return Scenario{}, vigia.Errorf(vigia.NotFound, "no scenario is called %q", name)
	}
	defer f.Close()
	var s Scenario
	if name != "town" { // the one that says everything
		if s, err = Load("town"); err != nil {
			return s, err
		}
	}
	return s, s.read(f, name+".txt")
}

// Parse reads a scenario from text: a key and its value a line, # for a
// comment. What is left out is as in the scenario "town". An error names the
// line and the key.
func Parse(r io.Reader, name string) (Scenario, error) {
	s, err := Load("town")
	if err != nil {
		return s, err
	}
	return s, s.read(r, name)
}

func (s *Scenario) read(r io.Reader, name string) error {
	seen := map[string]bool{}
	lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
	line := 0
	for lines.Scan() {
		line++
		text, _, _ := strings.Cut(lines.Text(), "#")
		key, value, _ := strings.Cut(strings.TrimSpace(text), " ")
		if key == "" {
			continue
		}
		err := s.set(key, strings.TrimSpace(value))
		if err == nil && seen[key] && key != "then" {
			err = vigia.Errorf(vigia.Invalid, "the key is there twice")
		}
		if err != nil {
			err.File, err.Line, err.Column = name, line, key
			return err
		}
		seen[key] = true
	}
	if err := lines.Err(); err != nil {
		return vigia.Errorf(vigia.Invalid, "%s:%d: %v", name, line+1, err)
	}
	return nil
}

func (s *Scenario) set(key, value string) *vigia.Error {
	switch key {
	case "title":
		s.Title = value
	case "flight":
		s.Flight = vigia.ID(value)
		return named(value)
	case "aircraft":
		s.Aircraft = value
		return named(value)
	case "sensor":
		s.Sensor.Name = value
		return named(value)
	case "chemical":
		c, err := vigia.ChemicalNamed(value)
		s.Chemical = c.Name
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%s", vigia.ErrorMessage(err))
		}
	case "start":
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%q is not a time such as 2026-03-02T15:00:00Z", value)
		}
		s.Start = t.UTC()
	case "seed":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%q is not a whole number", value)
		}
		s.Seed = n
	case "sortie":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1000 {
			return vigia.Errorf(vigia.Invalid, "%q is not a whole number within 1 to 1000", value)
		}
		s.Sortie = n
	case "buildings":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 20000 {
			return vigia.Errorf(vigia.Invalid, "%q is not a whole number within 1 to 20000", value)
		}
		s.Buildings = n
	case "then":
		return s.setThen(value)
	default:
		return s.setNumber(key, value)
	}
	return nil
}

// mostParts is how many parts a flight may have after its first.
const mostParts = 50

// setThen adds a part of the flight: its numbers in a row.
func (s *Scenario) setThen(value string) *vigia.Error {
	var p PartScenario
	numbers := []setting{
		{"side", &p.SideM, 1, 10000},
		{"x", &p.X, -10000, 10000},
		{"y", &p.Y, -10000, 10000},
		{"spacing", &p.SpacingM, 5, 1000},
		{"sweeps", &p.Sweeps, 1, 20},
		{"margin", &p.MarginM, 0, 2000},
	}
	words := strings.Fields(value)
	if len(words) != len(numbers) {
		return vigia.Errorf(vigia.Invalid, "%q is not six numbers: side, x, y, spacing, sweeps and margin", value)
	}
	for i, n := range numbers {
		if err := n.read(words[i]); err != nil {
			return vigia.Errorf(vigia.Invalid, "%s: %s", n.key, err.Message)
		}
	}
	if len(s.Pattern.Then) == mostParts {
		return vigia.Errorf(vigia.Invalid, "a flight has at most %d parts after its first", mostParts)
	}
	s.Pattern.Then = append(s.Pattern.Then, p)
	return nil
}

func (s *Scenario) setNumber(key, value string) *vigia.Error {
	for _, q := range s.settings() {
		if q.key == key {
			return q.read(value)
		}
	}
	return vigia.Errorf(vigia.Invalid, "there is no such key")
}

// read sets the number that the text says.
func (q setting) read(text string) *vigia.Error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || v < q.lo || v > q.hi {
		return vigia.Errorf(vigia.Invalid, "%q is not a number within %v to %v", text, q.lo, q.hi)
	}
	*q.value = v
	return nil
}

func named(value string) *vigia.Error {
	if !vigia.ValidName(value) {
		return vigia.Errorf(vigia.Invalid, "%q must be 1 to 64 letters, digits, hyphens or underscores", value)
	}
	return nil
}
