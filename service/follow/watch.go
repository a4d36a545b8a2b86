package follow

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/track"
	"github.com/vigia-project/vigia/geo"
)

const (
	// gap is the time without a report after which whoever is seen next is
	// somebody new: the tracks end and their numbers are not used again.
	gap = 10 * time.Minute
	// lost is how long a track may be missing from the pictures before what it
	// did is told.
	lost = time.Minute
	// longest bounds the points that are held for one track; a longer one is
	// told in parts.
	longest = 1 << 14
	// frames is the least time between two pictures of a camera that are
	// followed. A vehicle does nothing that five a second do not show, and the
	// errors of those in between are the pose's, which hardly changed.
	frames = 190 * time.Millisecond
	// shown is the least time between two announcements of what is in view.
	shown = time.Second
)

// A Watch follows the vehicles of one flight under one authorisation. It is a
// function of the batches that it is given, in their order.
type Watch struct {
	authorisation vigia.Authorisation
	flight        vigia.Flight
	keep          Keep
	frame         geo.Frame

	session vigia.ID // the batch in which the present tracks began
	begun   uint64   // and its place in the stream
	last    uint64   // place of the batch that was taken last
	newest  time.Time
	sensors []string             // in the order in which they were first heard
	taken   map[string]time.Time // of each camera's picture that was followed last
	shown   time.Time            // when what is in view was announced last
	tracker *track.Tracker
	known   time.Time     // of the last settled picture
	paths   map[int]*path // of tracks that are not yet told

	minute      *vigia.Look // that is being gathered
	minuteBegun uint64
	told        map[string]bool // areas in it

	outside map[vigia.SealReason]int
	late    int
	passed  int // pictures that came too close to another
}

// An Outcome is what one batch taught.
type Outcome struct {
	Now      *vigia.Picture  // as far as is known at the newest scan
	Pictures []vigia.Picture // that no late report can change any more
	Visits   []vigia.Visit
	Looks    []vigia.Look
}

// NewWatch begins a watch. The flight must be of the authorisation and of its
// purpose.
func NewWatch(a vigia.Authorisation, f vigia.Flight, keep Keep) (*Watch, error) {
	if err := a.Valid(); err != nil {
		return nil, err
	}
	if f.Authorisation != a.ID || f.Purpose != a.Purpose {
		return nil, vigia.Errorf(vigia.Forbidden, "the flight %s is not of the authorisation %s and its purpose", f.ID, a.ID)
	}
	if err := keep.valid(); err != nil {
		return nil, err
	}
	w := &Watch{authorisation: a, flight: f, keep: keep, outside: map[vigia.SealReason]int{}, told: map[string]bool{}}
	ring := a.Volume.Footprint[0]
	w.frame.Origin = geo.Point{Lon: ring[0][0], Lat: ring[0][1], Alt: f.GroundM}
	return w, nil
}

// permits tells whether a vehicle may be followed at a time and place. It is on
// the ground, so the volume's floor and ceiling, which bound the aircraft, do
// not bound it.
func (w *Watch) permits(t time.Time, at geo.Point) (vigia.SealReason, bool) {
	switch a := w.authorisation; {
	case t.Before(a.From) || !t.Before(a.Until):
		return vigia.OutsideHours, false
	case !a.Volume.Footprint.Contains(at.Lon, at.Lat):
		return vigia.OutsideVolume, false
	}
	return "", true
}

// Take follows what one batch of the flight says. A batch without reports or
// poses says that no more will come for now: it ends the tracks.
func (w *Watch) Take(b vigia.Batch, seq uint64) (Outcome, error) {
	var out Outcome
	w.last = seq
	for _, r := range b.Reports {
		if err := w.valid(r); err != nil {
			return out, err
		}
	}
	w.look(b, seq, &out)
	if len(b.Reports) == 0 && len(b.Poses) == 0 {
		w.end(&out)
		return out, nil
	}
	cameras := cameras(b.Poses)
	for _, scan := range scans(b.Reports) {
		if w.tracker != nil && scan[0].Time.Sub(w.newest) > gap {
			w.end(&out)
		}
		if cameras[camera{scan[0].Sensor, scan[0].Time.UnixNano()}] && w.crowded(scan[0]) {
			w.passed++
			continue
		}
		if err := w.scan(scan, b.ID, seq, &out); err != nil {
			return out, err
		}
	}
	if w.tracker != nil {
		w.settle(w.tracker.Settled(), &out)
		w.announce(len(b.Reports) > 0, &out)
	}
	return out, nil
}

// A camera is a sensor that told, at a time, the ground that its picture showed.
type camera struct {
	sensor string
	at     int64
}

func cameras(poses []vigia.Pose) map[camera]bool {
	out := map[camera]bool{}
	for _, p := range poses {
		if len(p.Corners) == 4 {
			out[camera{p.Sensor, p.Time.UnixNano()}] = true
		}
	}
	return out
}

// crowded tells whether a camera's picture comes so close to one that was
// followed that it is passed by. A radar's dwells are never: each looks
// somewhere else.
func (w *Watch) crowded(r vigia.PositionReport) bool {
	if w.tracker == nil || w.taken == nil {
		w.taken = map[string]time.Time{}
	}
	if last, ok := w.taken[r.Sensor]; ok && r.Time.Sub(last).Abs() < frames {
		return true
	}
	w.taken[r.Sensor] = r.Time
	return false
}

// announce tells what is in view, as far as it is known at the newest scan, once
// in a while of the sensors' time.
func (w *Watch) announce(reported bool, out *Outcome) {
	if !reported || w.newest.Sub(w.shown).Abs() < shown {
		return
	}
	if now := w.picture(w.tracker.Now(), "seen"); len(now.Tracks) > 0 {
		w.shown, out.Now = w.newest, &now
	}
}

// valid tells why a report cannot be followed, or nil. It is asked of all of a
// batch before any of it is followed.
func (w *Watch) valid(r vigia.PositionReport) error {
	if r.Flight != w.flight.ID {
		return vigia.Errorf(vigia.Invalid, "report %s is of the flight %s, not of %s", r.ID, r.Flight, w.flight.ID)
	}
	if err := r.At.Valid(); err != nil {
		return vigia.Errorf(vigia.Invalid, "report %s: %v", r.ID, err)
	}
	return nil
}

// from is the place in the stream from which this watch can be made again:
// nothing before it has any part in what is held.
func (w *Watch) from() uint64 {
	from := w.last + 1
	if w.tracker != nil {
		from = w.begun
	}
	if w.minute != nil {
		from = min(from, w.minuteBegun)
	}
	return from
}

// scans cuts reports into those of one sensor, number and time, in order of
// their first.
func scans(reports []vigia.PositionReport) (out [][]vigia.PositionReport) {
	type key struct {
		sensor string
		scan   int
		at     int64
	}
	index := map[key]int{}
	for _, r := range reports {
		k := key{r.Sensor, r.Scan, r.Time.UnixNano()}
		i, ok := index[k]
		if !ok {
			i = len(out)
			index[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	return out
}

// scan gives the reports of one scan to the tracker. Those that the
// authorisation does not cover are counted by reason and dropped before
// anything follows them: the door sealed them already, and two locks are
// better than one.
func (w *Watch) scan(reports []vigia.PositionReport, batch vigia.ID, seq uint64, out *Outcome) error {
	first := reports[0]
	s := track.Scan{Number: first.Scan<<6 | w.sensor(first.Sensor), Source: first.Sensor, Time: first.Time.Sub(w.authorisation.From).Seconds()}
	for i, r := range reports {
		if reason, ok := w.permits(r.Time, r.At); !ok {
			w.outside[reason]++
			continue
		}
		l := w.frame.ToLocal(r.At)
		m := track.Report{ID: i, X: l.X, Y: l.Y, Sigma: r.SigmaM, Class: r.Class}
		if r.Confidence > 0 {
			m.Score = &r.Confidence
		}
		if rate := r.RangeRate; rate != nil {
			from := w.frame.ToLocal(rate.From)
			s.Sensor = &track.Sensor{X: from.X, Y: from.Y, Z: from.Z, MinVelocity: rate.MDVMPS}
			m.RangeRate, m.RangeRateSigma = &rate.MPS, rate.SigmaMPS
		}
		s.Reports = append(s.Reports, m)
	}
	if first.Time.Before(w.authorisation.From) || !first.Time.Before(w.authorisation.Until) {
		return nil // outside the hours nothing moves on, not even a prediction
	}
	if w.tracker == nil {
		w.session, w.begun, w.newest, w.known, w.shown = batch, seq, first.Time, time.Time{}, time.Time{}
		w.tracker, w.paths, w.sensors = track.New(track.Settings{}), map[int]*path{}, nil
	}
	if first.Time.After(w.newest) {
		w.newest = first.Time
	}
	err := w.tracker.Add(s)
	if vigia.ErrorCode(err) == vigia.Conflict {
		w.late++
		return nil
	}
	if err != nil {
		return err
	}
	w.settle(w.tracker.Settled(), out)
	return nil
}

// sensor is the number of a sensor's name, below 64.
func (w *Watch) sensor(name string) int {
	i := slices.Index(w.sensors, name)
	if i < 0 {
		i = len(w.sensors)
		w.sensors = append(w.sensors, name)
	}
	return i & 63
}

// end tells all that is left, and forgets the tracks.
func (w *Watch) end(out *Outcome) {
	if w.minute != nil {
		out.Looks = append(out.Looks, w.finish())
	}
	if w.tracker == nil {
		return
	}
	w.settle(w.tracker.Close(), out)
	for _, n := range w.numbers() {
		out.Visits = append(out.Visits, w.visits(n)...)
	}
	w.tracker, w.paths = nil, nil
}

// settle keeps the settled pictures, and tells what tracks did that are gone.
func (w *Watch) settle(pictures []track.Picture, out *Outcome) {
	for _, p := range pictures {
		kept := w.picture(p, "picture")
		if len(kept.Tracks) > 0 {
			out.Pictures = append(out.Pictures, kept)
		}
		w.known = kept.Time
		w.follow(p)
	}
	for _, n := range w.numbers() {
		if p := w.paths[n]; w.known.Sub(p.last) > lost || len(p.samples) >= longest {
			out.Visits = append(out.Visits, w.visits(n)...)
		}
	}
}

// numbers are the tracks that are held, in order.
func (w *Watch) numbers() []int {
	out := make([]int, 0, len(w.paths))
	for n := range w.paths {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// at is the time of a scan; nanoseconds below a microsecond are arithmetic's.
func (w *Watch) at(seconds float64) time.Time {
	return w.authorisation.From.Add(time.Duration(math.Round(seconds*1e6)) * time.Microsecond)
}

// name is the public number of a track: it says nothing of any other watch.
func (w *Watch) name(n int) vigia.ID { return vigia.NewID("track", w.flight.ID, w.session, n) }

// picture is a scan's tracks that lie in the area: one that drives out of it is
// told up to its edge.
func (w *Watch) picture(p track.Picture, kind string) vigia.Picture {
	at := w.at(p.Time)
	out := vigia.Picture{Flight: w.flight.ID, Time: at, Expires: at.Add(w.keep.Tracks)}
	for _, e := range p.Tracks {
		place := w.frame.ToPoint(geo.Local{X: e.X, Y: e.Y})
		if _, ok := w.permits(at, place); !ok {
			continue
		}
		out.Tracks = append(out.Tracks, vigia.TrackPoint{
			Track: w.name(e.Track), Flight: w.flight.ID, Time: at, At: place,
			EastMPS: e.VX, NorthMPS: e.VY, SigmaM: math.Sqrt((e.Covariance[0][0] + e.Covariance[1][1]) / 2),
			Existence: e.Existence, Class: e.Class, Expires: out.Expires,
		})
	}
	slices.SortFunc(out.Tracks, func(a, b vigia.TrackPoint) int { return cmp.Compare(a.Track, b.Track) })
	out.ID = vigia.NewID(kind, w.session, p.Number, p.Time, out.Tracks)
	return out
}

// Outside counts the reports that were dropped, by reason.
func (w *Watch) Outside() map[vigia.SealReason]int {
	out := map[vigia.SealReason]int{}
	for k, n := range w.outside {
		out[k] = n
	}
	return out
}
