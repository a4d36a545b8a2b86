package detect

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// What is learned from scan lines follows from the log alone: a line is judged by
// the lines before it, one by one, whatever messages they came in. What is held
// in memory is rebuilt from the log when it is not there.

// flightScans are the cubes of one flight that are under way.
type flightScans struct {
	flight vigia.Flight
	seq    uint64 // place of the last message taken in
	found  finding
	cubes  map[vigia.ID]*cube
	order  []vigia.ID // in which they began
}

// finding is what one message gives.
type finding struct {
	detections []vigia.Detection
	plumes     []vigia.Plume
	columns    []vigia.Batch
	log        uint64
}

// A cube is one recording under way. Its lines lie in a file that nobody else
// can open and that is gone with the process.
type cube struct {
	vigia.Cube
	swath   *spectral.Swath
	numbers []int
	times   []time.Time
	spool   *os.File

	looked   []string    // chemicals that are looked for
	warm     [][]float32 // the first lines, until there is something to choose bands by
	tried    int
	bands    []int // that serve
	stream   *spectral.Stream
	clusters spectral.Clusters
	row      []float32 // a line's bands that serve
}

// warmLines are gathered before bands are chosen.
const warmLines = 24

// scan takes in a message of scan lines.
func (d *Detect) scan(ctx context.Context, s service.Step, m stream.Message) (service.Apply, error) {
	var scan vigia.Scan
	if err := json.Unmarshal(m.Data, &scan); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the scan lines are not readable: %v", err)
	}
	f, err := d.scansOf(ctx, scan.Flight, m)
	if err != nil {
		return nil, err
	}
	if f.seq < m.Seq {
		found, err := d.takeIn(ctx, f, scan, m.Seq, false)
		if err != nil {
			if vigia.ErrorCode(err) != vigia.Invalid {
				d.forget(scan.Flight) // half taken in: from the log again
			}
			return nil, err
		}
		f.seq, f.found = m.Seq, found
	}
	found := f.found
	return func(tx store.Tx) error { return d.keep(tx, s, found) }, nil
}

// keep writes what was found.
func (d *Detect) keep(tx store.Tx, s service.Step, f finding) error {
	for _, det := range f.detections {
		if _, err := tx.AddDetection(det, s.Trace("detection.found", d.Clock(), stream.DetectionFound)); err != nil {
			return err
		}
	}
	for _, b := range f.columns {
		if err := tx.AddBatch(b, f.log); err != nil {
			return err
		}
	}
	for _, p := range f.plumes {
		if _, err := tx.AddPlume(p, s.Trace("plume.found", d.Clock(), stream.PlumeFound)); err != nil {
			return err
		}
	}
	d.Counters.Add("detect.found", float64(len(f.detections)))
	d.Counters.Add("detect.plumes", float64(len(f.plumes)))
	return nil
}

var errReached = errors.New("reached")

// scansOf returns a flight's cubes as they stand before message m, from memory or
// from the log.
func (d *Detect) scansOf(ctx context.Context, flight vigia.ID, m stream.Message) (*flightScans, error) {
	if f, ok := d.flights[flight]; ok {
		return f, nil
	}
	f := &flightScans{cubes: map[vigia.ID]*cube{}}
	err := d.Store.View(ctx, func(r store.Reader) (err error) {
		f.flight, err = r.Flight(flight)
		return err
	})
	if vigia.ErrorCode(err) == vigia.NotFound {
		return nil, vigia.Errorf(vigia.Invalid, "the lines are of a flight that is not known: %s", flight)
	}
	if err != nil {
		return nil, err
	}
	// The message itself is on the log: the reading ends there at the latest.
	subjects := []string{stream.ScanLines + string(flight), stream.FlightOrder}
	err = d.Stream.Follow(ctx, subjects, 1, func(ctx context.Context, old stream.Message) error {
		if old.Seq >= m.Seq {
			return errReached
		}
		if old.Subject == stream.FlightOrder {
			return nil
		}
		var scan vigia.Scan
		if json.Unmarshal(old.Data, &scan) != nil {
			return nil // it was passed over then, too
		}
		if _, err := d.takeIn(ctx, f, scan, old.Seq, true); vigia.ErrorCode(err) != vigia.Invalid {
			return err
		}
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	if !errors.Is(err, errReached) {
		f.close()
		return nil, err
	}
	f.seq = m.Seq - 1
	d.flights[flight] = f
	return f, nil
}

func (d *Detect) forget(flight vigia.ID) {
	if f, ok := d.flights[flight]; ok {
		f.close()
		delete(d.flights, flight)
	}
}

func (f *flightScans) close() {
	for _, c := range f.cubes {
		c.close()
	}
	f.cubes, f.order = map[vigia.ID]*cube{}, nil
}

func (c *cube) close() { _ = c.spool.Close() } // its name is gone already

// mostCubes are under way in one flight; a sensor has one.
const mostCubes = 16

// takeIn takes in one message. again says that its findings are kept already: a
// cube that ends is then not worked out a second time.
func (d *Detect) takeIn(ctx context.Context, f *flightScans, scan vigia.Scan, seq uint64, again bool) (finding, error) {
	found := finding{log: seq}
	if h := scan.Header; h != nil && f.cubes[scan.Cube] == nil {
		if err := h.Valid(); err != nil {
			return found, err
		}
		if len(f.cubes) >= mostCubes {
			return found, vigia.Errorf(vigia.Invalid, "more than %d cubes of the flight %s are under way", mostCubes, scan.Flight)
		}
		c, err := d.begin(*h, f.flight)
		if err != nil {
			return found, err
		}
		f.cubes[scan.Cube] = c
		f.order = append(f.order, scan.Cube)
	}
	c := f.cubes[scan.Cube]
	if c == nil {
		if scan.End {
			return found, nil // it has ended before
		}
		return found, vigia.Errorf(vigia.Invalid, "scan lines came without the header of their cube %s", scan.Cube)
	}
	for _, l := range scan.Lines {
		if err := l.Valid(c.Cube); err != nil {
			return found, err
		}
	}
	for _, l := range scan.Lines {
		if n := len(c.numbers); n > 0 && l.Number <= c.numbers[n-1] {
			continue // it came before
		}
		dets, err := d.line(c, l)
		if err != nil {
			return found, err
		}
		for _, det := range dets {
			det.Log = seq
			found.detections = append(found.detections, det)
		}
	}
	if scan.End {
		return found, d.end(ctx, f, scan.Cube, &found, again)
	}
	return found, nil
}

// end works a cube out and lets go of it.
func (d *Detect) end(ctx context.Context, f *flightScans, id vigia.ID, found *finding, again bool) error {
	c := f.cubes[id]
	if !again {
		if err := d.workOut(ctx, f.flight, c, found); err != nil {
			return err
		}
	}
	c.close()
	delete(f.cubes, id)
	for i, o := range f.order {
		if o == id {
			f.order = append(f.order[:i], f.order[i+1:]...)
			break
		}
	}
	return nil
}

// closeScans works out the cubes of a flight that nobody ended.
func (d *Detect) closeScans(ctx context.Context, flight vigia.ID, m stream.Message) (finding, error) {
	f, err := d.scansOf(ctx, flight, m)
	if vigia.ErrorCode(err) == vigia.Invalid {
		return finding{}, nil // the flight is not known: nothing came of it
	}
	if err != nil {
		return finding{}, err
	}
	if f.seq < m.Seq {
		found := finding{log: m.Seq}
		for len(f.order) > 0 {
			if err := d.end(ctx, f, f.order[0], &found, false); err != nil {
				d.forget(flight)
				return found, err
			}
		}
		f.seq, f.found = m.Seq, found
	}
	return f.found, nil
}

// begin makes room for a cube.
func (d *Detect) begin(h vigia.Cube, flight vigia.Flight) (*cube, error) {
	spool, err := os.CreateTemp("", "vigia-scan-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(spool.Name()); err != nil {
		return nil, errors.Join(err, spool.Close())
	}
	c := &cube{Cube: h, swath: spectral.NewSwath(h, flight.GroundM), spool: spool, looked: h.LookFor, tried: warmLines}
	if len(c.looked) == 0 {
		c.looked = []string{flight.Chemical}
	}
	return c, nil
}
