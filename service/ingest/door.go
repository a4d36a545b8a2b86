package ingest

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest/source"
	"github.com/vigia-project/vigia/stream"
)

// A parser reads the bytes of one session in one format. What it cannot use it
// tells the door; only what the disk refuses is an error.
type parser interface {
	push(ctx context.Context, b []byte) error
	close(ctx context.Context) error
}

// formats are what sources may send, and how each is read.
var formats = map[string]func(*door) parser{
	"ts":      newTransport,
	"klv":     newKLV,
	"gmti":    newGMTI,
	"mavlink": newMAVLink,
	"ground":  newGround,
}

// mediaTypes are what the bytes of each format that are kept are called. ST 336
// metadata has a registered name (RFC 6597); the x- names are this house's own.
var mediaTypes = map[string]string{
	"ts":      "application/smpte336m", // the packets within
	"klv":     "application/smpte336m",
	"gmti":    "application/x-stanag-4607",
	"mavlink": "application/x-mavlink",
	"ground":  "application/json",
}

// Formats lists what sources may send.
func Formats() []string { return []string{"ts", "klv", "gmti", "mavlink", "ground"} }

// memory is how many packets of a session are known again when they repeat.
const memory = 4096

// flightCheck is how often a flight that is not registered is looked for.
const flightCheck = time.Second

// A door takes the bytes of one session of a source.
type door struct {
	*Ingest
	config  source.Config
	meter   *source.Meter
	parser  parser
	intakes map[string]*intake // by the subject's start
	checked time.Time          // when the flight was last looked for
	geoidM  float64            // of the flight

	problems []vigia.Error // the first of what could not be used

	seen  map[string]bool // digests of the last packets
	order []string
	next  int
}

// Source makes a source of a configuration. Its sessions come in by doors.
func (i *Ingest) Source(c source.Config) (*source.Source, error) {
	if err := c.Valid(Formats()); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "source %q: %s", c.Name, vigia.ErrorMessage(err))
	}
	m := source.NewMeter(c)
	s, err := source.New(c, m, i.Clock, func() source.Door { return i.door(c, m) })
	if err == nil {
		i.watch(m)
	}
	return s, err
}

func (i *Ingest) watch(m *source.Meter) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.meters = append(i.meters, m)
}

// Sources tells how every source is.
func (i *Ingest) Sources() []source.Status {
	i.mu.Lock()
	meters := slices.Clone(i.meters)
	i.mu.Unlock()
	now := i.Clock()
	all := make([]source.Status, len(meters))
	for k, m := range meters {
		all[k] = m.Status(now)
	}
	return all
}

// Ground takes a document of what sensors on the ground say
// (docs/formats/ground.md).
func (i *Ingest) Ground(ctx context.Context, req Request) (Receipt, error) {
	if _, err := i.begin(ctx, req, stream.Position); err != nil {
		return emptyReceipt(), err
	}
	c := source.Config{Name: req.Name, Flight: req.Flight, Format: "ground"}
	d := i.door(c, source.NewMeter(c))
	buf := make([]byte, 64<<10)
	var broken error
	for broken == nil {
		var n int
		n, broken = req.Body.Read(buf)
		if err := d.Push(ctx, buf[:n]); err != nil {
			return d.receipt(), err
		}
	}
	err := d.Close(ctx)
	if !errors.Is(broken, io.EOF) {
		i.Counters.Add("ingest.broken", 1)
		err = errors.Join(vigia.Errorf(vigia.Unavailable, "the data stopped: %v", broken), err)
	}
	return d.receipt(), err
}

// receipt says what became of all that was pushed.
func (d *door) receipt() Receipt {
	s := d.meter.Status(d.Clock())
	r := emptyReceipt()
	r.Accepted, r.Sealed, r.Repeated, r.Rejected = int(s.Accepted), int(s.Sealed), int(s.Repeated), int(s.Bad)
	r.Problems = append(r.Problems, d.problems...)
	return r
}

func (i *Ingest) door(c source.Config, m *source.Meter) *door {
	d := &door{Ingest: i, config: c, meter: m, intakes: map[string]*intake{}, seen: map[string]bool{}}
	d.parser = formats[c.Format](d)
	return d
}

// Push takes the next bytes. The flight is looked for first: it tells what the
// heights are above.
func (d *door) Push(ctx context.Context, b []byte) error {
	if _, err := d.intake(ctx, stream.Position); err != nil {
		return err
	}
	return d.parser.push(ctx, b)
}

// Flush puts what was read on the log.
func (d *door) Flush(ctx context.Context) error {
	for _, in := range d.intakes {
		if err := in.flush(ctx); err != nil {
			return err
		}
		if err := in.flushSealed(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the session.
func (d *door) Close(ctx context.Context) error {
	if err := d.parser.close(ctx); err != nil {
		return err
	}
	return d.Flush(ctx)
}

// intake is where records of one subject go. A flight that nobody has registered
// may come to be registered: it is looked for again, and until then what comes
// is sealed.
func (d *door) intake(ctx context.Context, subject string) (*intake, error) {
	in := d.intakes[subject]
	if in != nil && (in.refused == "" || d.Clock().Sub(d.checked) < flightCheck) {
		return in, nil
	}
	if in != nil {
		if err := in.flushSealed(ctx); err != nil {
			return nil, err
		}
	}
	d.checked = d.Clock()
	in, err := d.begin(ctx, Request{Flight: d.config.Flight, Name: d.config.Name}, subject)
	if vigia.ErrorCode(err) == vigia.NotFound {
		d.bad(err)
		in, err = &intake{Ingest: d.Ingest, subject: subject + string(d.config.Flight), refused: vigia.NoFlight, receipt: emptyReceipt()}, nil
		in.flight.ID = d.config.Flight
		in.options.Name = d.config.Name
	}
	if err != nil {
		return nil, err
	}
	in.mediaType, in.meter = mediaTypes[d.config.Format], d.meter
	d.geoidM = in.flight.GeoidM
	d.intakes[subject] = in
	return in, nil
}

// bad counts what cannot be used, and says so once a second.
func (d *door) bad(err error) {
	d.Counters.Add("ingest.rejected", 1)
	var e *vigia.Error
	if len(d.problems) < maxProblems && errors.As(err, &e) {
		d.problems = append(d.problems, *e)
	}
	if n := d.meter.Bad(d.Clock(), err); n > 0 {
		d.Log.Warn("a source sends what cannot be used", "source", d.config.Name, "times", n, "error", vigia.ErrorMessage(err))
	}
}

// motion takes a packet of positions, unless it came before.
func (d *door) motion(ctx context.Context, p *packet) error {
	if err := vigia.ValidTime(p.at, d.Clock()); err != nil {
		d.bad(err)
		return nil
	}
	if d.repeated(p.raw) {
		d.meter.Repeated(1)
		d.Counters.Add("ingest.repeated", 1)
		return nil
	}
	in, err := d.intake(ctx, stream.Position)
	if err != nil {
		return err
	}
	return in.takePacket(ctx, p)
}

// repeated tells whether these bytes are among the last of this session: links
// that must not lose send twice.
func (d *door) repeated(raw []byte) bool {
	digest := vigia.Digest(raw)
	if d.seen[digest] {
		return true
	}
	if len(d.order) < memory {
		d.order = append(d.order, digest)
	} else {
		delete(d.seen, d.order[d.next])
		d.order[d.next] = digest
		d.next = (d.next + 1) % memory
	}
	d.seen[digest] = true
	return false
}
