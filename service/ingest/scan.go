package ingest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/envi"
	"github.com/vigia-project/vigia/wire/plain"
)

const (
	// scanBytes is about how many bytes of samples one message of the log holds:
	// far below what the stream takes, and one line at least.
	scanBytes = 1 << 20
	// scanWait is how long a line may wait for others to share a message with: an
	// alarm is due within a second of it.
	scanWait = 100 * time.Millisecond
	// mostPoses bounds the poses of a cube, which come before its data.
	mostPoses = 1 << 18
	// scanRecord bounds one line of text of ScanLines: samples in base 64, places.
	scanRecord = vigia.MostLineBytes/3*4 + 1<<20
)

// A ScanRequest is a cube of one flight, or lines of one.
type ScanRequest struct {
	Request
	// Cube says what a header does not: sensor, field of view, air mass, what to
	// look for.
	Cube vigia.Cube
}

// ScanLines takes lines as they come, as JSON one a line of text: first
// {"cube": …}, then {"line": …} again and again, then {"end": true} where the
// cube ends. A later request that begins with the same cube goes on with it.
func (i *Ingest) ScanLines(ctx context.Context, req Request) (Receipt, error) {
	in, err := i.beginScan(ctx, req)
	if err != nil {
		return emptyReceipt(), err
	}
	in.live = true
	text := bufio.NewScanner(req.Body)
	text.Buffer(make([]byte, 0, 64<<10), scanRecord)
	for n := 1; text.Scan(); n++ {
		if len(text.Bytes()) == 0 {
			continue
		}
		var rec struct {
			Cube *vigia.Cube     `json:"cube"`
			Line *vigia.ScanLine `json:"line"`
			End  bool            `json:"end"`
		}
		err := json.Unmarshal(text.Bytes(), &rec)
		if err != nil {
			err = vigia.Errorf(vigia.Invalid, "the line of text is not readable: %v", err)
		}
		if err == nil && rec.Cube != nil {
			err = in.cube(ctx, *rec.Cube)
		}
		if err == nil && rec.Line != nil {
			err = in.line(ctx, *rec.Line)
		}
		if err == nil && rec.End {
			err = in.end(ctx)
		}
		if vigia.ErrorCode(err) == vigia.Invalid {
			in.reject(atLine(err, req.Name, n))
		} else if err != nil {
			return in.receipt, err
		}
	}
	switch err := text.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		in.reject(vigia.Errorf(vigia.Invalid, "a line of text is longer than %d bytes", scanRecord))
	case err != nil:
		return in.broken(ctx, errors.Join(err, in.flushScan(ctx)))
	}
	return in.finishScan(ctx)
}

// Cube takes a whole cube in three parts, in this order: "header", an ENVI
// header; "poses", a CSV row a line; "data", the header's bytes, interleaved by
// line or by pixel. It holds the poses and some lines, never the cube.
func (i *Ingest) Cube(ctx context.Context, req ScanRequest, form *multipart.Reader) (Receipt, error) {
	in, err := i.beginScan(ctx, req.Request)
	if err != nil {
		return emptyReceipt(), err
	}
	var h envi.Header
	var poses []plain.PoseRecord
	for _, part := range []struct {
		name string
		read func(r io.Reader) error
	}{
		{"header", func(r io.Reader) (err error) { h, err = envi.ReadHeader(r); return err }},
		{"poses", func(r io.Reader) (err error) { poses, err = in.poses(r); return err }},
		{"data", func(r io.Reader) error { return in.data(ctx, req.Cube, h, poses, r) }},
	} {
		p, err := form.NextPart()
		if err != nil {
			return in.halfway(ctx, vigia.Errorf(vigia.Invalid, "the part %q is missing: a cube is sent as header, poses and data (%v)", part.name, err))
		}
		if p.FormName() != part.name {
			return in.halfway(ctx, vigia.Errorf(vigia.Invalid, "the part %q came where %q was due: a cube is sent as header, poses and data", p.FormName(), part.name))
		}
		if err := part.read(p); err != nil {
			var e *vigia.Error
			if errors.As(err, &e) && e.File == "" {
				e.File = part.name
			}
			return in.halfway(ctx, err)
		}
	}
	return in.finishScan(ctx)
}

// scanIntake is one request of scan lines under way.
type scanIntake struct {
	*intake
	header *vigia.Cube // of the lines that come
	said   bool        // the header is on the log
	last   int         // number of the last line

	scan  vigia.Scan // that is being filled
	bytes int
	live  bool
	since time.Time // the oldest line in it waits
}

func (i *Ingest) beginScan(ctx context.Context, req Request) (*scanIntake, error) {
	in, err := i.begin(ctx, req, stream.ScanLines)
	if err != nil {
		return nil, err
	}
	return &scanIntake{intake: in}, nil
}

// cube begins another cube.
func (in *scanIntake) cube(ctx context.Context, c vigia.Cube) error {
	if err := in.rest(ctx); err != nil {
		return err
	}
	in.header = nil
	c.ID, c.Flight, c.Began = "", in.flight.ID, c.Began.UTC()
	if err := c.Valid(); err != nil {
		return err
	}
	if err := vigia.ValidTime(c.Began, in.Clock()); err != nil {
		return err
	}
	c.ID = vigia.NewID("cube", c)
	text, err := json.Marshal(map[string]any{"cube": c})
	if err != nil {
		return err
	}
	in.intake.header = string(text) + "\n" // what is sealed can be read by itself
	in.header, in.said, in.last = &c, false, -1
	return nil
}

// line puts a line where the authorisation lets it go: the log or the seal.
func (in *scanIntake) line(ctx context.Context, l vigia.ScanLine) error {
	if in.header == nil {
		return vigia.Errorf(vigia.Invalid, "a line came before its cube")
	}
	if err := l.Valid(*in.header); err != nil {
		return err
	}
	if err := vigia.ValidTime(l.Time, in.Clock()); err != nil {
		return err
	}
	if l.Number <= in.last {
		return vigia.Errorf(vigia.Invalid, "line %d came after line %d", l.Number, in.last)
	}
	in.last = l.Number
	l.Time = l.Time.UTC()
	if reason, ok := in.permit.Permits(l.Time, in.flight.Purpose, l.Pose.At); !ok {
		return in.seal(ctx, l, reason)
	}
	if len(in.scan.Lines) > 0 && in.bytes+len(l.Samples) > scanBytes {
		if err := in.flushScan(ctx); err != nil {
			return err
		}
	}
	if len(in.scan.Lines) == 0 {
		in.since = in.Clock()
	}
	in.scan.Lines = append(in.scan.Lines, l)
	in.bytes += len(l.Samples) + 64*len(l.Ground)
	// A file's messages depend on the file alone, so that sending it again repeats them.
	if in.bytes >= scanBytes || in.live && in.Clock().Sub(in.since) >= scanWait {
		return in.flushScan(ctx)
	}
	return nil
}

// seal keeps a line from every eye but the overseer's.
func (in *scanIntake) seal(ctx context.Context, l vigia.ScanLine, reason vigia.SealReason) error {
	text, err := json.Marshal(map[string]any{"line": l})
	if err != nil {
		return err
	}
	if len(in.sealed.raw) > 0 && len(in.sealed.raw)+len(text) > scanBytes {
		if err := in.flushSealed(ctx); err != nil {
			return err
		}
	}
	in.sealed.add(string(text)+"\n", 1, reason)
	return nil
}

// end says that the cube is complete.
func (in *scanIntake) end(ctx context.Context) error {
	if in.header == nil {
		return vigia.Errorf(vigia.Invalid, "an end came before its cube")
	}
	if err := in.rest(ctx); err != nil || !in.said {
		return err
	}
	in.scan = vigia.Scan{End: true}
	_, err := in.publishScan(ctx)
	in.header = nil
	return err
}

// flushScan puts the gathered lines on the log, the cube's header before the
// first of them.
func (in *scanIntake) flushScan(ctx context.Context) error {
	n := len(in.scan.Lines)
	if n == 0 {
		return nil
	}
	if !in.said {
		lines := in.scan
		in.scan = vigia.Scan{Header: in.header}
		if _, err := in.publishScan(ctx); err != nil {
			return err
		}
		in.scan, in.said = lines, true
	}
	sum := sha256.New()
	for _, l := range in.scan.Lines {
		sum.Write(l.Samples)
	}
	in.scan.Chunk = hex.EncodeToString(sum.Sum(nil))
	repeated, err := in.publishScan(ctx)
	if err != nil {
		return err
	}
	in.bytes = 0
	if repeated {
		in.receipt.Repeated += n
		in.Counters.Add("ingest.repeated", float64(n))
	} else {
		in.receipt.Accepted += n
		in.Counters.Add("ingest.accepted", float64(n))
	}
	return nil
}

// publishScan names the message by what it holds and puts it on the log.
func (in *scanIntake) publishScan(ctx context.Context) (repeated bool, err error) {
	m := in.scan
	in.scan = vigia.Scan{}
	m.Flight, m.Cube, m.Received = in.flight.ID, in.header.ID, in.Clock().UTC()
	var places []any
	for _, l := range m.Lines {
		l.Samples = nil
		places = append(places, l)
	}
	m.ID = vigia.NewID("scan", m.Cube, m.Header != nil, places, m.Chunk, m.End)
	data, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	_, repeated, err = in.Stream.Publish(ctx, stream.Message{Subject: in.subject, ID: string(m.ID), Data: data})
	return repeated, err
}

// rest puts what was gathered of one cube where it goes.
func (in *scanIntake) rest(ctx context.Context) error {
	return errors.Join(in.flushScan(ctx), in.flushSealed(ctx))
}

func (in *scanIntake) finishScan(ctx context.Context) (Receipt, error) {
	err := in.rest(ctx)
	return in.receipt, err
}

// halfway keeps what came before the bytes went wrong, and says so.
func (in *scanIntake) halfway(ctx context.Context, why error) (Receipt, error) {
	in.Counters.Add("ingest.broken", 1)
	return in.receipt, errors.Join(why, in.rest(ctx))
}

// poses reads a row a line; one that cannot be read is the end, for the others
// would stand at the wrong lines.
func (in *scanIntake) poses(r io.Reader) ([]plain.PoseRecord, error) {
	t, err := plain.NewPoseReader(r, plain.Options{Name: "poses", Now: in.Clock()})
	if err != nil {
		return nil, err
	}
	var all []plain.PoseRecord
	for {
		p, err := t.Next()
		if errors.Is(err, io.EOF) {
			in.receipt.Warnings = append(in.receipt.Warnings, t.Warnings()...)
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if len(all) == mostPoses {
			return nil, vigia.Errorf(vigia.Invalid, "there are more than %d poses", mostPoses)
		}
		p.Raw = ""
		all = append(all, p)
	}
}

// data reads the cube line by line.
func (in *scanIntake) data(ctx context.Context, c vigia.Cube, h envi.Header, poses []plain.PoseRecord, r io.Reader) error {
	if len(poses) != h.Lines {
		return vigia.Errorf(vigia.Invalid, "the cube has %d lines and there are %d poses: a line without one cannot be authorised", h.Lines, len(poses))
	}
	c.Name, c.Began, c.Samples = in.options.Name, poses[0].Time, h.Samples
	c.Wavelengths, c.FWHM, c.BadBands, c.Ignore = h.Wavelengths, h.FWHM, h.BadBands, h.Ignore
	if len(h.Wavelengths) != h.Bands {
		return vigia.Errorf(vigia.Invalid, "the header gives no wavelengths: no chemical can be looked for")
	}
	if err := in.cube(ctx, c); err != nil {
		return err
	}
	lines, err := envi.NewLines(h, r)
	if err != nil {
		return err
	}
	x := make([]float32, h.Samples*h.Bands)
	for n, p := range poses {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := lines.Next(x); err != nil {
			return err
		}
		l := vigia.ScanLine{Number: n, Time: p.Time, Pose: p.Pose, Ground: p.Ground, Samples: make([]byte, 0, 4*len(x))}
		for _, v := range x {
			l.Samples = binary.LittleEndian.AppendUint32(l.Samples, math.Float32bits(v))
		}
		if len(l.Ground) == 0 && h.Map != nil {
			l.Ground = gridded(h, n)
		}
		if err := in.line(ctx, l); err != nil {
			return err
		}
	}
	return in.end(ctx)
}

// gridded is where a map grid puts the ends of a line; nil for a grid that is
// not known here.
func gridded(h envi.Header, line int) []geo.Point {
	a, ok := h.Map.Point(0.5, float64(line)+0.5)
	b, also := h.Map.Point(float64(h.Samples)-0.5, float64(line)+0.5)
	if !ok || !also {
		return nil
	}
	return []geo.Point{a, b}
}

func atLine(err error, file string, line int) error {
	var e *vigia.Error
	if errors.As(err, &e) && e.Line == 0 {
		e.File, e.Line = file, line
	}
	return err
}
