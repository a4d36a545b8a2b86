package gmti

import "time"

// A Mission says which flight on which day (AEDP-7 §3.3.1). Times of dwells
// count from the start of this day, UTC.
type Mission struct {
	Plan          string // M1, 12 characters
	Flight        string // M2, 12
	Platform      uint8  // M3: the type of platform
	Configuration string // M4, 10
	Year          uint16 // M5
	Month, Day    uint8  // M6, M7
}

// Kind is KindMission.
func (*Mission) Kind() Kind { return KindMission }

func (m *Mission) visit(v *visitor) {
	v.text("mission_plan", &m.Plan, 12)
	v.text("flight_plan", &m.Flight, 12)
	v.u8("platform_type", &m.Platform)
	v.text("platform_configuration", &m.Configuration, 10)
	v.u16("reference_time_year", &m.Year)
	v.u8("reference_time_month", &m.Month)
	v.u8("reference_time_day", &m.Day)
}

// Time is when a dwell or a location of this mission was, from its milliseconds.
func (m *Mission) Time(ms uint32) time.Time {
	return time.Date(int(m.Year), time.Month(m.Month), int(m.Day), 0, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

// A Corner is one corner of an area, degrees.
type Corner struct{ Lat, Lon float64 }

// A JobDefinition says what a radar was asked to do and how well it can (AEDP-7
// §3.3.4).
type JobDefinition struct {
	Job              uint32    // J1
	Sensor           uint8     // J2
	Model            string    // J3, 6 characters
	Filtering        uint8     // J4: flags
	Priority         uint8     // J5: 1 is the highest
	Area             [4]Corner // J6 to J13
	Mode             uint8     // J14
	RevisitDS        uint16    // J15: nominal revisit interval, 0.1 s
	AlongTrackDM     uint16    // J16: nominal uncertainty of the sensor's position, dm
	CrossTrackDM     uint16    // J17
	AltitudeDM       uint16    // J18
	TrackDeg         uint8     // J19: of its track, degrees
	SpeedMMPS        uint16    // J20: of its speed, mm/s
	SlantRangeCM     uint16    // J21: standard deviation of slant range, cm
	CrossRangeDeg    float64   // J22: of cross range, degrees
	VelocityCMPS     uint16    // J23: of the velocity along the line of sight, cm/s
	MDVDMPS          uint8     // J24: minimum detectable velocity, dm/s
	DetectionPercent uint8     // J25: probability of detection, %
	FalseAlarmDB     uint8     // J26: false alarm density, -dB
	Terrain          uint8     // J27: terrain elevation model
	Geoid            uint8     // J28: geoid model
}

// Kind is KindJobDefinition.
func (*JobDefinition) Kind() Kind { return KindJobDefinition }

func (j *JobDefinition) visit(v *visitor) {
	v.u32("job_id", &j.Job)
	v.u8("sensor_id_type", &j.Sensor)
	v.text("sensor_id_model", &j.Model, 6)
	v.u8("target_filtering_flag", &j.Filtering)
	v.u8("priority", &j.Priority)
	names := [4][2]string{
		{"bounding_area_point_a_latitude_deg", "bounding_area_point_a_longitude_deg"},
		{"bounding_area_point_b_latitude_deg", "bounding_area_point_b_longitude_deg"},
		{"bounding_area_point_c_latitude_deg", "bounding_area_point_c_longitude_deg"},
		{"bounding_area_point_d_latitude_deg", "bounding_area_point_d_longitude_deg"},
	}
	for i := range j.Area {
		v.sa32(names[i][0], &j.Area[i].Lat)
		v.ba32(names[i][1], &j.Area[i].Lon)
	}
	v.u8("radar_mode", &j.Mode)
	v.u16("nominal_revisit_interval_ds", &j.RevisitDS)
	v.u16("nominal_sensor_position_uncertainty_along_track_dm", &j.AlongTrackDM)
	v.u16("nominal_sensor_position_uncertainty_cross_track_dm", &j.CrossTrackDM)
	v.u16("nominal_sensor_position_uncertainty_altitude_dm", &j.AltitudeDM)
	v.u8("nominal_sensor_position_uncertainty_track_heading_deg", &j.TrackDeg)
	v.u16("nominal_sensor_position_uncertainty_sensor_speed_mm_s", &j.SpeedMMPS)
	v.u16("nominal_sensor_value_slant_range_standard_deviation_cm", &j.SlantRangeCM)
	v.ba16("nominal_sensor_value_cross_range_standard_deviation_deg", &j.CrossRangeDeg)
	v.u16("nominal_sensor_value_target_velocity_line_of_sight_component_standard_deviation_cm_s", &j.VelocityCMPS)
	v.u8("nominal_sensor_value_mdv_dm_s", &j.MDVDMPS)
	v.u8("nominal_sensor_value_detection_probability_percent", &j.DetectionPercent)
	v.u8("nominal_sensor_value_false_alarm_density_minus_db", &j.FalseAlarmDB)
	v.u8("terrain_elevation_model_used", &j.Terrain)
	v.u8("geoid_model_used", &j.Geoid)
}

// A FreeText is words between operators (AEDP-7 §3.3.5).
type FreeText struct {
	From, To string // F1, F2: 10 characters each
	Text     []byte // F3
}

// Kind is KindFreeText.
func (*FreeText) Kind() Kind { return KindFreeText }

func (f *FreeText) visit(v *visitor) {
	v.text("originator_id", &f.From, 10)
	v.text("recipient_id", &f.To, 10)
	if v.mode == listing {
		v.fields = append(v.fields, Field{"free_text", string(f.Text)})
		return
	}
	v.rest("free_text", &f.Text)
}

// A TestStatus is the health of a radar (AEDP-7 §3.3.9): a flag that is set
// says that a part fails.
type TestStatus struct {
	Job            uint32 // T1
	Revisit, Dwell uint16 // T2, T3
	TimeMS         uint32 // T4
	Hardware       uint8  // T5: antenna, RF, processor, datalink, calibration, from the highest bit
	Mode           uint8  // T6: range, azimuth, elevation, temperature limit exceeded
}

// Kind is KindTestStatus.
func (*TestStatus) Kind() Kind { return KindTestStatus }

func (t *TestStatus) visit(v *visitor) {
	v.u32("job_id", &t.Job)
	v.u16("revisit_index", &t.Revisit)
	v.u16("dwell_index", &t.Dwell)
	v.u32("dwell_time_ms", &t.TimeMS)
	v.u8("hardware_status", &t.Hardware)
	v.u8("mode_status", &t.Mode)
}

// A PlatformLocation is where the platform was between dwells (AEDP-7 §3.3.12).
type PlatformLocation struct {
	TimeMS       uint32  // L1
	Lat, Lon     float64 // L2, L3, degrees
	AltitudeCM   int32   // L4: above the ellipsoid, cm
	TrackDeg     float64 // L5
	SpeedMMPS    uint32  // L6
	VerticalDMPS int8    // L7: up is positive
}

// Kind is KindPlatformLocation.
func (*PlatformLocation) Kind() Kind { return KindPlatformLocation }

func (l *PlatformLocation) visit(v *visitor) {
	v.u32("location_time_ms", &l.TimeMS)
	v.sa32("platform_position_latitude_deg", &l.Lat)
	v.ba32("platform_position_longitude_deg", &l.Lon)
	v.s32("platform_position_altitude_cm", &l.AltitudeCM)
	v.ba16("platform_track_deg", &l.TrackDeg)
	v.u32("platform_speed_mm_s", &l.SpeedMMPS)
	v.s8("platform_vertical_velocity_dm_s", &l.VerticalDMPS)
}
