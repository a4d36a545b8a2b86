package gmti

import (
	"math"

	"github.com/vigia-project/vigia/geo"
)

// A Mask says which fields of a dwell are there (D1), from its highest bit on:
// D2 to D31, then D32.1 to D32.18.
type Mask uint64

// Bit returns the bit of field D2 to D31.
func Bit(field int) Mask { return 1 << (65 - field) }

// TargetBit returns the bit of field D32.1 to D32.18.
func TargetBit(field int) Mask { return 1 << (34 - field) }

// Mandatory are the fields that every dwell has, whatever its mask says.
var Mandatory = func() (m Mask) {
	for _, f := range [...]int{2, 3, 4, 5, 6, 7, 8, 9, 24, 25, 26, 27} {
		m |= Bit(f)
	}
	return m
}()

// A Dwell is one look of the radar at one area, and what it saw move (AEDP-7
// §3.3.2). Fields that Mask does not name are 0 and are not written.
type Dwell struct {
	Mask           Mask    // D1
	Revisit, Index uint16  // D2, D3
	Last           uint8   // D4: 1 where no more dwells of the revisit follow
	TimeMS         uint32  // D6: of the middle of the dwell, from the mission's day
	Lat, Lon       float64 // D7, D8: of the sensor, degrees
	AltitudeCM     int32   // D9
	ScaleLat       float64 // D10, D11: degrees for each step of D32.4, D32.5
	ScaleLon       float64
	AlongTrackCM   uint32  // D12: uncertainty of the sensor's position
	CrossTrackCM   uint32  // D13
	AltitudeSDCM   uint16  // D14
	TrackDeg       float64 // D15
	SpeedMMPS      uint32  // D16
	VerticalDMPS   int8    // D17
	TrackSDDeg     uint8   // D18
	SpeedSDMMPS    uint16  // D19
	VerticalSDCMPS uint16  // D20
	HeadingDeg     float64 // D21: of the platform
	PitchDeg       float64 // D22
	RollDeg        float64 // D23
	CenterLat      float64 // D24, D25: of the dwell's area
	CenterLon      float64
	RangeHalfKM    float64 // D26
	AngleHalfDeg   float64 // D27
	SensorHeading  float64 // D28, degrees
	SensorPitch    float64 // D29
	SensorRoll     float64 // D30
	MDVDMPS        uint8   // D31: minimum detectable velocity
	Targets        []Target
}

// A Target is one report of something that moves (D32).
type Target struct {
	Index           uint16  // D32.1
	Lat, Lon        float64 // D32.2, D32.3, degrees
	DeltaLat        int16   // D32.4, D32.5: steps of ScaleLat, ScaleLon from the dwell's center
	DeltaLon        int16
	HeightM         int16  // D32.6: above the ellipsoid
	VelocityCMPS    int16  // D32.7: along the line of sight; away is negative
	WrapCMPS        uint16 // D32.8: velocities this far apart look alike
	SNRDB           int8   // D32.9
	Class           uint8  // D32.10
	ClassPercent    uint8  // D32.11: probability of the class
	SlantRangeSDCM  uint16 // D32.12
	CrossRangeSDDM  uint16 // D32.13
	HeightSDM       uint8  // D32.14
	VelocitySDCMPS  uint16 // D32.15
	TruthTagApp     uint8  // D32.16: simulated targets only
	TruthTagEntity  uint32 // D32.17
	CrossSectionHDB int8   // D32.18: radar cross section, half dB
}

// Kind is KindDwell.
func (*Dwell) Kind() Kind { return KindDwell }

func (d *Dwell) visit(v *visitor) {
	v.mask("existence_mask", (*uint64)(&d.Mask))
	has := func(field int) bool { return (d.Mask|Mandatory)&Bit(field) != 0 }
	count := uint16(len(d.Targets))
	if v.mode == writing && len(d.Targets) > math.MaxUint16 {
		v.fail("%d targets do not fit in a dwell", len(d.Targets))
		return
	}
	for i, visit := range []func(){
		func() { v.u16("revisit_index", &d.Revisit) },
		func() { v.u16("dwell_index", &d.Index) },
		func() { v.u8("last_dwell_of_revisit", &d.Last) },
		func() { v.u16("target_report_count", &count) },
		func() { v.u32("dwell_time_ms", &d.TimeMS) },
		func() { v.sa32("sensor_position_latitude_deg", &d.Lat) },
		func() { v.ba32("sensor_position_longitude_deg", &d.Lon) },
		func() { v.s32("sensor_position_altitude_cm", &d.AltitudeCM) },
		func() { v.sa32("scale_factor_lat_scale_deg", &d.ScaleLat) },
		func() { v.ba32("scale_factor_long_scale_deg", &d.ScaleLon) },
		func() { v.u32("sensor_position_uncertainty_along_track_cm", &d.AlongTrackCM) },
		func() { v.u32("sensor_position_uncertainty_cross_track_cm", &d.CrossTrackCM) },
		func() { v.u16("sensor_position_uncertainty_altitude_cm", &d.AltitudeSDCM) },
		func() { v.ba16("sensor_track_deg", &d.TrackDeg) },
		func() { v.u32("sensor_speed_mm_s", &d.SpeedMMPS) },
		func() { v.s8("sensor_vertical_velocity_dm_s", &d.VerticalDMPS) },
		func() { v.u8("sensor_track_uncertainty_deg", &d.TrackSDDeg) },
		func() { v.u16("sensor_speed_uncertainty_mm_s", &d.SpeedSDMMPS) },
		func() { v.u16("sensor_vertical_velocity_uncertainty_cm_s", &d.VerticalSDCMPS) },
		func() { v.ba16("platform_orientation_heading_deg", &d.HeadingDeg) },
		func() { v.sa16("platform_orientation_pitch_deg", &d.PitchDeg) },
		func() { v.sa16("platform_orientation_roll_deg", &d.RollDeg) },
		func() { v.sa32("dwell_area_center_latitude_deg", &d.CenterLat) },
		func() { v.ba32("dwell_area_center_longitude_deg", &d.CenterLon) },
		func() { v.b16("dwell_area_range_half_extent_km", &d.RangeHalfKM) },
		func() { v.ba16("dwell_area_dwell_angle_half_extent_deg", &d.AngleHalfDeg) },
		func() { v.ba16("sensor_orientation_heading_deg", &d.SensorHeading) },
		func() { v.sa16("sensor_orientation_pitch_deg", &d.SensorPitch) },
		func() { v.sa16("sensor_orientation_roll_deg", &d.SensorRoll) },
		func() { v.u8("minimum_detectable_velocity_dm_s", &d.MDVDMPS) },
	} {
		if has(i + 2) {
			visit()
		}
	}
	d.targets(v, int(count))
}

// targets visits the reports.
func (d *Dwell) targets(v *visitor, count int) {
	if size := d.Mask.targetSize(); v.mode == reading {
		if v.err == nil && count*size > len(v.b) {
			v.fail("%d reports of %d bytes, where %d bytes are left", count, size, len(v.b))
		}
		if v.err != nil {
			return
		}
		if size == 0 && count > 0 {
			v.fail("%d reports without a field", count)
			return
		}
		d.Targets = make([]Target, count)
	}
	if v.mode != listing {
		for i := range d.Targets {
			d.Targets[i].visit(v, d.Mask)
		}
		return
	}
	all := [][]Field{}
	for i := range d.Targets {
		one := &visitor{mode: listing}
		d.Targets[i].visit(one, d.Mask)
		all = append(all, one.fields)
	}
	v.fields = append(v.fields, Field{"target_reports", all})
}

func (t *Target) visit(v *visitor, m Mask) {
	for i, visit := range t.fields(v) {
		if m&TargetBit(i+1) != 0 {
			visit()
		}
	}
}

func (t *Target) fields(v *visitor) [18]func() {
	return [...]func(){
		func() { v.u16("mti_report_index", &t.Index) },
		func() { v.sa32("target_location_hi_res_latitude_deg", &t.Lat) },
		func() { v.ba32("target_location_hi_res_longitude_deg", &t.Lon) },
		func() { v.s16("target_location_delta_lat", &t.DeltaLat) },
		func() { v.s16("target_location_delta_long", &t.DeltaLon) },
		func() { v.s16("target_location_geodetic_height_m", &t.HeightM) },
		func() { v.s16("target_velocity_line_of_sight_component_cm_s", &t.VelocityCMPS) },
		func() { v.u16("target_wrap_velocity_cm_s", &t.WrapCMPS) },
		func() { v.s8("target_snr_db", &t.SNRDB) },
		func() { v.u8("target_classification", &t.Class) },
		func() { v.u8("target_class_probability_percent", &t.ClassPercent) },
		func() { v.u16("target_measurement_uncertainty_slant_range_cm", &t.SlantRangeSDCM) },
		func() { v.u16("target_measurement_uncertainty_cross_range_dm", &t.CrossRangeSDDM) },
		func() { v.u8("target_measurement_uncertainty_height_m", &t.HeightSDM) },
		func() { v.u16("target_measurement_uncertainty_radial_velocity_cm_s", &t.VelocitySDCMPS) },
		func() { v.u8("truth_tag_application", &t.TruthTagApp) },
		func() { v.u32("truth_tag_entity", &t.TruthTagEntity) },
		func() { v.s8("target_radar_cross_section_half_db", &t.CrossSectionHDB) },
	}
}

// targetSizes are the lengths of D32.1 to D32.18, bytes.
var targetSizes = [...]int{2, 4, 4, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 1, 2, 1, 4, 1}

// targetSize is the length of one report, bytes.
func (m Mask) targetSize() (n int) {
	for i, size := range targetSizes {
		if m&TargetBit(i+1) != 0 {
			n += size
		}
	}
	return n
}

// Place is where a target of the dwell is: the place itself where the radar
// sends it, or else the steps from the dwell's center (AEDP-7 D32.4). It is
// false where neither is there. Longitudes are within ±180.
func (d *Dwell) Place(t *Target) (p geo.Point, ok bool) {
	has := func(m Mask) bool { return d.Mask&m == m }
	switch {
	case has(TargetBit(2) | TargetBit(3)):
		p.Lat, p.Lon = t.Lat, t.Lon
	case has(TargetBit(4) | TargetBit(5) | Bit(10) | Bit(11) | Bit(24) | Bit(25)):
		p.Lat = d.CenterLat + float64(t.DeltaLat)*d.ScaleLat
		p.Lon = d.CenterLon + float64(t.DeltaLon)*d.ScaleLon
	default:
		return p, false
	}
	p.Lon = math.Remainder(p.Lon, 360)
	if d.Mask&TargetBit(6) != 0 {
		p.Alt = float64(t.HeightM)
	}
	return p, true
}
