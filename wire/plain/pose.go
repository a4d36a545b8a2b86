package plain

import (
	"io"
	"math"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// The columns of a file of poses.
var poseColumns = []string{
	"time", "time_s", "lon_deg", "lat_deg", "alt_m", "heading_deg", "pitch_deg", "roll_deg",
	"left_lon_deg", "left_lat_deg", "right_lon_deg", "right_lat_deg",
}

// A PoseRecord is where an aircraft was at one scan line, as it came and as it
// was read.
type PoseRecord struct {
	Record

	Time   time.Time
	Pose   vigia.LinePose
	Ground []geo.Point // of the first and the last pixel, where the file says it
}

// A PoseReader reads a file of poses, a row a scan line (docs/formats/poses.md).
type PoseReader struct {
	table   *table
	options Options
	near    nearness
	ground  bool
}

// NewPoseReader reads the header. Its errors are final.
func NewPoseReader(r io.Reader, o Options) (*PoseReader, error) {
	t, err := openTable(r, o.Name, poseColumns)
	if err != nil {
		return nil, err
	}
	if err := t.requireTime(o); err != nil {
		return nil, err
	}
	if err := t.require("lon_deg", "lat_deg", "alt_m"); err != nil {
		return nil, err
	}
	p := &PoseReader{table: t, options: o, near: newNearness(o), ground: t.anyOf(poseColumns[8:]...)}
	if p.ground {
		err = t.require(poseColumns[8:]...)
	} else {
		err = t.require("heading_deg")
	}
	return p, err
}

// Header is the header as it came.
func (r *PoseReader) Header() Record { return r.table.header }

// Warnings are sentences about the whole file, complete at its end.
func (r *PoseReader) Warnings() []string { return r.table.warnings }

// Next returns the next record, with errors as ObservationReader.Next.
func (r *PoseReader) Next() (PoseRecord, error) {
	row, err := r.table.next()
	if err != nil {
		return PoseRecord{Record: row.Record}, err
	}
	rec := PoseRecord{Record: row.Record}
	f := fields{row: row}
	at, e := row.time(r.options)
	if e != nil {
		return PoseRecord{Record: row.Record}, e
	}
	rec.Time = at
	rec.Pose.At = geo.Point{Lon: f.needed("lon_deg"), Lat: f.needed("lat_deg"), Alt: f.needed("alt_m")}
	for i, dst := range [3]*float64{&rec.Pose.HeadingDeg, &rec.Pose.PitchDeg, &rec.Pose.RollDeg} {
		column := poseColumns[5+i]
		*dst, _ = f.optional(column)
		if math.Abs(*dst) > 720 {
			f.fail(column, "%v° is not within ±720°", *dst)
		}
	}
	places := []geo.Point{rec.Pose.At}
	if r.ground {
		rec.Ground = []geo.Point{
			{Lon: f.needed("left_lon_deg"), Lat: f.needed("left_lat_deg")},
			{Lon: f.needed("right_lon_deg"), Lat: f.needed("right_lat_deg")},
		}
		places = append(places, rec.Ground...)
	}
	for _, p := range places {
		if err := p.Valid(); err != nil {
			f.fail("", "%v", err)
		} else if err := r.near.check(p); err != nil {
			f.fail("", "%s", err.Message)
		}
	}
	if f.err != nil {
		return PoseRecord{Record: row.Record}, f.err
	}
	return rec, nil
}
