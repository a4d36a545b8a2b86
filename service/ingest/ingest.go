// Package ingest is the sensors' only door in. Bytes come by file, HTTP or
// stream; a wire room reads them; what the flight's authorisation covers goes
// on the log as it came, and what it does not is sealed for the overseer.
package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/ingest/source"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/plain"
)

// batchRecords is how many records one message of the log holds at most.
const batchRecords = 1000

// batchBytes is how many bytes of sensors one message of the log holds, about.
const batchBytes = 1 << 20

// maxProblems is how many problems a receipt lists; more are counted.
const maxProblems = 100

// Ingest takes what sensors send.
type Ingest struct {
	*service.Base
	sealer *Sealer

	mu     sync.Mutex
	meters []*source.Meter // of the sources, in the order of the configuration
}

// New makes the door. Everything sealed is sealed by the sealer.
func New(b *service.Base, s *Sealer) *Ingest { return &Ingest{Base: b, sealer: s} }

// A Request is some bytes of one flight.
type Request struct {
	Flight vigia.ID
	Name   string     // of the file or source, for errors
	Frame  *geo.Frame // where local metres lie; nil for WGS 84
	Body   io.Reader
}

// A Receipt says what became of the records of a request. Each is in exactly
// one of the four counts. What is accepted, sealed or repeated is on disk.
type Receipt struct {
	Accepted int           `json:"accepted"`
	Sealed   int           `json:"sealed"`
	Repeated int           `json:"repeated"`
	Rejected int           `json:"rejected"`
	Problems []vigia.Error `json:"problems"`
	Warnings []string      `json:"warnings"`
}

// Observations takes a file of observations (docs/formats/observations.md).
func (i *Ingest) Observations(ctx context.Context, req Request) (Receipt, error) {
	in, err := i.begin(ctx, req, stream.Observation)
	if err != nil {
		return emptyReceipt(), err
	}
	r, err := plain.NewObservationReader(req.Body, in.options)
	if err != nil {
		return emptyReceipt(), i.unreadable(err)
	}
	return drain(ctx, in, r, func(rec plain.ObservationRecord) error {
		o := rec.Observation
		o.Flight, o.Chemical = in.flight.ID, in.flight.Chemical
		o.ID = observationID(o)
		places := []geo.Point{o.At}
		if o.To != nil {
			places = append(places, *o.To)
		}
		return in.take(ctx, rec.Raw, o.Time, places, func(b *vigia.Batch, offset int64) {
			o.Origin.Offset = offset
			b.Observations = append(b.Observations, o)
		})
	})
}

// A table is a file that is read record by record.
type table[R any] interface {
	Header() plain.Record
	Next() (R, error)
	Warnings() []string
}

// drain takes every record that can be read, tells of those that cannot, and
// puts the rest on the log when the bytes end or break off.
func drain[R any](ctx context.Context, in *intake, t table[R], take func(R) error) (Receipt, error) {
	in.header = t.Header().Raw
	for {
		rec, err := t.Next()
		switch {
		case err == nil:
			if err := take(rec); err != nil {
				return in.receipt, err
			}
		case errors.Is(err, io.EOF):
			return in.finish(ctx, t.Warnings())
		case vigia.ErrorCode(err) == vigia.Invalid:
			in.reject(err)
		default:
			return in.broken(ctx, err)
		}
	}
}

// observationID names a reading by what was read, not by how it came: a file
// sent twice in other pieces says nothing new.
func observationID(o vigia.Observation) vigia.ID {
	o.ID, o.Origin = "", vigia.Provenance{}
	return vigia.NewID("obs", o)
}

// Winds takes a file of wind (docs/formats/wind.md).
func (i *Ingest) Winds(ctx context.Context, req Request) (Receipt, error) {
	in, err := i.begin(ctx, req, stream.Wind)
	if err != nil {
		return emptyReceipt(), err
	}
	r, err := plain.NewWindReader(req.Body, in.options)
	if err != nil {
		return emptyReceipt(), i.unreadable(err)
	}
	return drain(ctx, in, r, func(rec plain.WindRecord) error {
		w := rec.Wind
		w.Flight = in.flight.ID
		w.ID, w.Origin = "", vigia.Provenance{}
		w.ID = vigia.NewID("wind", w)
		return in.take(ctx, rec.Raw, w.Time, nil, func(b *vigia.Batch, offset int64) {
			w.Origin = vigia.Provenance{Offset: offset, Line: rec.Line}
			b.Winds = append(b.Winds, w)
		})
	})
}

// Buildings takes a map of footprints (docs/formats/buildings.md). It belongs
// to no flight: it was not sensed.
func (i *Ingest) Buildings(ctx context.Context, req Request) (Receipt, error) {
	file, err := plain.ReadBuildings(req.Body, plain.Options{Name: req.Name, Frame: req.Frame})
	if err != nil {
		return emptyReceipt(), i.unreadable(err)
	}
	receipt := emptyReceipt()
	receipt.Rejected, receipt.Warnings = file.Bad, append(receipt.Warnings, file.Warnings...)
	for _, e := range file.Errors[:min(len(file.Errors), maxProblems)] {
		receipt.Problems = append(receipt.Problems, *e)
	}
	i.Counters.Add("ingest.rejected", float64(file.Bad))
	for from := 0; from < len(file.Records); from += batchRecords {
		part := file.Records[from:min(from+batchRecords, len(file.Records))]
		b := vigia.Batch{MediaType: "application/geo+json", Received: i.Clock().UTC()}
		for _, rec := range part {
			b.Buildings = append(b.Buildings, rec.Building)
		}
		if b.Raw, err = json.Marshal(b.Buildings); err != nil {
			return receipt, err
		}
		repeated, err := i.publish(ctx, stream.Buildings, &b)
		if err != nil {
			return receipt, err
		}
		if repeated {
			receipt.Repeated += len(part)
		} else {
			receipt.Accepted += len(part)
		}
	}
	i.Counters.Add("ingest.accepted", float64(receipt.Accepted))
	return receipt, nil
}

func emptyReceipt() Receipt { return Receipt{Problems: []vigia.Error{}, Warnings: []string{}} }

// unreadable counts a file of which nothing could be read.
func (i *Ingest) unreadable(err error) error {
	i.Counters.Add("ingest.unreadable", 1)
	return err
}

// publish names a batch by what it holds and puts it on the log.
func (i *Ingest) publish(ctx context.Context, subject string, b *vigia.Batch) (repeated bool, err error) {
	b.Chunk = vigia.Digest(b.Raw)
	setChunk(b)
	b.ID = batchID(subject, b)
	data, err := json.Marshal(b)
	if err != nil {
		return false, err
	}
	_, repeated, err = i.Stream.Publish(ctx, stream.Message{Subject: subject, ID: string(b.ID), Data: data})
	return repeated, err
}

// batchID names a batch by what was read: the same bytes placed at another
// origin are another batch.
func batchID(subject string, b *vigia.Batch) vigia.ID {
	if len(b.Poses)+len(b.Reports) > 0 {
		return motionID(subject, b)
	}
	return vigia.NewID("batch", subject, b.Flight, b.Observations, b.Winds, b.Buildings)
}

// intake is one request, or one source, under way.
type intake struct {
	*Ingest
	subject string
	flight  vigia.Flight
	permit  vigia.Authorisation
	refused vigia.SealReason // why nothing of it may be seen; "" = the permit tells
	options plain.Options
	meter   *source.Meter // of a source; nil otherwise
	latest  time.Time     // that a record of the batch tells

	mediaType string
	header    string
	batch     vigia.Batch
	sealed    sealedPart
	receipt   Receipt
}

// begin finds the flight and who permitted it.
func (i *Ingest) begin(ctx context.Context, req Request, subject string) (*intake, error) {
	in := &intake{
		Ingest:  i,
		subject: subject + string(req.Flight),
		options: plain.Options{Name: req.Name, Frame: req.Frame, Now: i.Clock()}, mediaType: "text/csv",
		receipt: emptyReceipt(),
	}
	err := i.Store.View(ctx, func(r store.Reader) (err error) {
		if in.flight, err = r.Flight(req.Flight); err != nil {
			return err
		}
		in.permit, err = r.Authorisation(in.flight.Authorisation)
		return err
	})
	if vigia.ErrorCode(err) == vigia.NotFound {
		return nil, vigia.Errorf(vigia.NotFound, "%s: register it under an authorisation first (vigia flight add)", vigia.ErrorMessage(err))
	}
	return in, err
}

// take puts a record where the authorisation lets it go: the log or the seal.
func (in *intake) take(ctx context.Context, raw string, at time.Time, places []geo.Point, add func(b *vigia.Batch, offset int64)) error {
	reason, ok := in.permits(at, places...)
	return in.put(ctx, raw, at, reason, ok, add)
}

// put puts a record on the log, or where it is sealed if it may not be seen.
func (in *intake) put(ctx context.Context, raw string, at time.Time, reason vigia.SealReason, ok bool, add func(b *vigia.Batch, offset int64)) error {
	if !ok {
		return in.seal(ctx, raw, 1, reason)
	}
	in.start(at)
	add(&in.batch, int64(len(in.batch.Raw)))
	in.batch.Raw = append(in.batch.Raw, raw...)
	if records(&in.batch) >= batchRecords || len(in.batch.Raw) >= batchBytes {
		return in.flush(ctx)
	}
	return nil
}

// permits asks the flight's authorisation.
func (in *intake) permits(at time.Time, places ...geo.Point) (vigia.SealReason, bool) {
	if in.refused != "" {
		return in.refused, false
	}
	return in.permit.Permits(at, in.flight.Purpose, places...)
}

// permitsGround asks it about what stands or drives on the ground.
func (in *intake) permitsGround(at time.Time, places ...geo.Point) (vigia.SealReason, bool) {
	if in.refused != "" {
		return in.refused, false
	}
	return in.permit.PermitsGround(at, in.flight.Purpose, places...)
}

// start begins a batch where none is under way.
func (in *intake) start(at time.Time) {
	if at.After(in.latest) {
		in.latest = at
	}
	if in.batch.Flight == "" {
		in.batch = vigia.Batch{Flight: in.flight.ID, MediaType: in.mediaType, Received: in.Clock().UTC(), Raw: []byte(in.header)}
	}
}

// records counts what was read.
func records(b *vigia.Batch) int {
	return len(b.Observations) + len(b.Winds) + len(b.Poses) + len(b.Reports)
}

func (in *intake) flush(ctx context.Context) error {
	n := records(&in.batch)
	if n == 0 {
		return nil
	}
	repeated, err := in.publish(ctx, in.subject, &in.batch)
	if err != nil {
		return err
	}
	in.batch = vigia.Batch{}
	if repeated {
		in.receipt.Repeated += n
		in.Counters.Add("ingest.repeated", float64(n))
		in.meter.Repeated(n)
	} else {
		in.receipt.Accepted += n
		in.Counters.Add("ingest.accepted", float64(n))
		in.meter.Accepted(in.Clock(), n, in.latest)
	}
	return nil
}

func (in *intake) reject(err error) {
	in.receipt.Rejected++
	in.Counters.Add("ingest.rejected", 1)
	var e *vigia.Error
	if len(in.receipt.Problems) < maxProblems && errors.As(err, &e) {
		in.receipt.Problems = append(in.receipt.Problems, *e)
	}
}

// finish puts the rest on the log.
func (in *intake) finish(ctx context.Context, warnings []string) (Receipt, error) {
	in.receipt.Warnings = append(in.receipt.Warnings, warnings...)
	return in.receipt, errors.Join(in.flush(ctx), in.flushSealed(ctx))
}

// broken keeps what came before the bytes stopped, and says so.
func (in *intake) broken(ctx context.Context, err error) (Receipt, error) {
	in.Counters.Add("ingest.broken", 1)
	receipt, ferr := in.finish(ctx, nil)
	return receipt, errors.Join(vigia.Errorf(vigia.Unavailable, "the data stopped: %v", err), ferr)
}
