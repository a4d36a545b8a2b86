// Package storetest holds an implementation of store.Store to its contract.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/store"
)

// Opener opens the store kept in a folder: opened again after Close it must
// hold what it held. Its account is signed with the given key.
type Opener func(t *testing.T, dir string, signer *audit.Signer) store.Store

// Run runs the suite.
func Run(t *testing.T, open Opener) {
	for name, test := range map[string]func(*bench){
		"FactAuditAndOutboxTogether": factAuditAndOutboxTogether,
		"NothingOfAFailedUpdate":     nothingOfAFailedUpdate,
		"AddTwiceIsOnce":             addTwiceIsOnce,
		"SiteVersions":               siteVersions,
		"LeadVersions":               leadVersions,
		"OneWinnerOfMany":            oneWinnerOfMany,
		"NotFound":                   notFound,
		"Batches":                    batches,
		"Places":                     places,
		"LatestFirst":                latestFirst,
		"Plumes":                     plumes,
		"SealedIsNotKept":            sealedIsNotKept,
		"Users":                      users,
		"Positions":                  positions,
		"Traffic":                    traffic,
		"TrafficExpires":             trafficExpires,
		"Outbox":                     outbox,
		"Deliveries":                 deliveries,
		"Rejections":                 rejections,
		"AccountVerifies":            accountVerifies,
		"AccountProves":              accountProves,
		"KeptAfterReopening":         keptAfterReopening,
		"ReadersSeeOneInstant":       readersSeeOneInstant,
	} {
		t.Run(name, func(t *testing.T) { test(newBench(t, open)) })
	}
}

// bench is a store under test with its keys.
type bench struct {
	*testing.T
	open     func() store.Store
	s        store.Store
	verifier *audit.Verifier
}

func newBench(t *testing.T, open Opener) *bench {
	private, public, err := audit.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := audit.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t}
	if b.verifier, err = audit.NewVerifier(public); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b.open = func() store.Store {
		if b.s != nil {
			if err := b.s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		b.s = open(t, dir, signer)
		return b.s
	}
	b.open()
	t.Cleanup(func() { _ = b.s.Close() })
	return b
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func trace(action, announce string) store.Trace {
	return store.Trace{Actor: "service/test", Action: action, At: epoch, Announce: announce}
}

func (b *bench) update(f func(store.Tx) error) {
	b.Helper()
	if err := b.s.Update(context.Background(), f); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) view(f func(store.Reader) error) {
	b.Helper()
	if err := b.s.View(context.Background(), f); err != nil {
		b.Fatal(err)
	}
}

// traces counts audit entries and announcements.
func (b *bench) traces() (entries int64, announced int) {
	b.Helper()
	b.view(func(r store.Reader) (err error) {
		if entries, err = r.AuditSize(); err != nil {
			return err
		}
		out, err := r.Outbox(0)
		announced = len(out)
		return err
	})
	return entries, announced
}

func (b *bench) wantTraces(entries int64, announced int) {
	b.Helper()
	if e, a := b.traces(); e != entries || a != announced {
		b.Fatalf("%d audit entries and %d announcements, want %d and %d", e, a, entries, announced)
	}
}

func (b *bench) wantCode(err error, code vigia.Code) {
	b.Helper()
	if vigia.ErrorCode(err) != code {
		b.Fatalf("the error is %v (%s), want the code %s", err, vigia.ErrorCode(err), code)
	}
}

func detection(n int) vigia.Detection {
	return vigia.Detection{
		ID: vigia.NewID("det", n), Flight: "F1", Sensor: "nose", Chemical: "acetone",
		From: epoch, To: epoch.Add(time.Second), At: geo.Point{Lon: -30, Lat: 10, Alt: 50}, Peak: float64(n),
	}
}

func site(version int) vigia.Site {
	return vigia.Site{ID: "site-1", Chemical: "acetone", Status: vigia.Candidate, Version: version, At: geo.Point{Lon: -30, Lat: 10}}
}

func lead(version int) vigia.Lead {
	return vigia.Lead{ID: "lead-1", Status: vigia.Raised, Version: version, Site: site(1)}
}

func factAuditAndOutboxTogether(b *bench) {
	b.update(func(tx store.Tx) error {
		added, err := tx.AddDetection(detection(1), trace("detection.found", "detection.found"))
		if !added {
			b.Error("a new fact must be added")
		}
		return err
	})
	b.wantTraces(1, 1)
	b.view(func(r store.Reader) error {
		out, err := r.Outbox(0)
		if err != nil {
			return err
		}
		records, err := r.AuditEntries(0, 0)
		if err != nil {
			return err
		}
		e, err := audit.ParseLeaf(records[0].Leaf)
		if err != nil {
			return err
		}
		if e.Subject != string(detection(1).ID) || e.Action != "detection.found" || e.Actor != "service/test" || !e.Time.Equal(epoch) {
			b.Errorf("the entry says %+v", e)
		}
		if e.Digest != vigia.Digest(out[0].Data) {
			b.Error("the entry's digest is not that of what was announced")
		}
		return nil
	})
}

func nothingOfAFailedUpdate(b *bench) {
	stop := errors.New("stop")
	err := b.s.Update(context.Background(), func(tx store.Tx) error {
		if _, err := tx.AddDetection(detection(1), trace("detection.found", "detection.found")); err != nil {
			return err
		}
		if err := tx.SetPosition("detect", 7); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		b.Fatalf("the error of the function must be returned, got %v", err)
	}
	b.wantTraces(0, 0)
	b.view(func(r store.Reader) error {
		found, err := r.Detections(store.DetectionFilter{})
		if len(found) != 0 {
			b.Error("a detection of a transaction that failed is kept")
		}
		return err
	})
}

func addTwiceIsOnce(b *bench) {
	for i := range 2 {
		b.update(func(tx store.Tx) error {
			for name, add := range map[string]func() (bool, error){
				"detection": func() (bool, error) {
					return tx.AddDetection(detection(1), trace("detection.found", "detection.found"))
				},
				"plume": func() (bool, error) {
					return tx.AddPlume(plume(1, 1), trace("plume.found", "plume.found"))
				},
				"posterior": func() (bool, error) {
					return tx.AddPosterior(vigia.Posterior{ID: "post-1", Flight: "F1"}, trace("source.located", "source.located"))
				},
				"authorisation": func() (bool, error) {
					return tx.AddAuthorisation(vigia.Authorisation{ID: "A1"}, trace("grant_authorisation", ""))
				},
				"fact": func() (bool, error) {
					return tx.AddFact("closed-1", vigia.FlightClosed{Flight: "F1"}, trace("flight.closed", "flight.closed"))
				},
			} {
				if added, err := add(); err != nil || added != (i == 0) {
					b.Errorf("%s, time %d: added %v, %v", name, i+1, added, err)
				}
			}
			return nil
		})
	}
	b.wantTraces(5, 4)
}

func siteVersions(b *bench) {
	put := func(v int) error {
		return b.s.Update(context.Background(), func(tx store.Tx) error { return tx.PutSite(site(v), trace("site.changed", "site.changed")) })
	}
	b.wantCode(put(2), vigia.Conflict)
	b.wantCode(put(1), "")
	b.wantCode(put(1), vigia.Conflict)
	b.wantCode(put(2), "")
	b.wantTraces(2, 2)
}

func leadVersions(b *bench) {
	put := func(v int) error {
		return b.s.Update(context.Background(), func(tx store.Tx) error { return tx.PutLead(lead(v), trace("lead.raised", "lead.raised")) })
	}
	b.wantCode(put(1), "")
	b.wantCode(put(3), vigia.Conflict)
	b.wantCode(put(2), "")
	b.view(func(r store.Reader) error {
		l, err := r.Lead("lead-1")
		if l.Version != 2 || l.Site.Chemical != "acetone" {
			b.Errorf("the lead kept is %+v", l)
		}
		return err
	})
}

func oneWinnerOfMany(b *bench) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wg.Go(func() {
			err := b.s.Update(context.Background(), func(tx store.Tx) error { return tx.PutSite(site(1), trace("site.changed", "")) })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if vigia.ErrorCode(err) != vigia.Conflict {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		b.Fatalf("%d of 8 wrote version 1, want one", won)
	}
}

func notFound(b *bench) {
	b.view(func(r store.Reader) error {
		for name, err := range map[string]error{
			"authorisation": second(r.Authorisation("none")),
			"flight":        second(r.Flight("none")),
			"posterior":     second(r.Posterior("none")),
			"site":          second(r.Site("none")),
			"lead":          second(r.Lead("none")),
			"user":          second(r.User("none")),
			"session":       second(r.Session("none")),
			"rejection":     second(r.Rejection("none")),
		} {
			if vigia.ErrorCode(err) != vigia.NotFound {
				b.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
}

func second[T any](_ T, err error) error { return err }

func observation(sensor string, at int, value float64) vigia.Observation {
	o := vigia.Observation{
		Flight: "F1", Sensor: sensor, Chemical: "acetone", Kind: vigia.PointKind,
		Time: epoch.Add(time.Duration(at) * time.Second), At: geo.Point{Lon: -30, Lat: 10, Alt: 50}, Value: value,
	}
	o.ID = vigia.NewID("obs", o)
	return o
}

func batches(b *bench) {
	first := vigia.Batch{ID: "batch-1", Flight: "F1",
		Observations: []vigia.Observation{observation("b", 1, 5), observation("a", 1, 4), observation("a", 0, 3)},
		Winds:        []vigia.Wind{{ID: "w1", Flight: "F1", Time: epoch, SpeedMPS: 3}},
	}
	second := vigia.Batch{ID: "batch-2", Flight: "F1", Observations: []vigia.Observation{observation("a", 2, 6)}}
	for range 2 {
		b.update(func(tx store.Tx) error { return errors.Join(tx.AddBatch(first, 10), tx.AddBatch(second, 20)) })
	}
	b.view(func(r store.Reader) error {
		for name, c := range map[string]struct {
			filter store.ObservationFilter
			want   int
		}{
			"all":              {store.ObservationFilter{Flight: "F1"}, 4},
			"another flight":   {store.ObservationFilter{Flight: "F2"}, 0},
			"a sensor":         {store.ObservationFilter{Flight: "F1", Sensor: "a"}, 3},
			"up to the log":    {store.ObservationFilter{Flight: "F1", UpToLog: 10}, 3},
			"from":             {store.ObservationFilter{Flight: "F1", From: epoch.Add(time.Second)}, 3},
			"before":           {store.ObservationFilter{Flight: "F1", Before: epoch.Add(time.Second)}, 1},
			"limit":            {store.ObservationFilter{Flight: "F1", Limit: 2}, 2},
			"sensor and times": {store.ObservationFilter{Flight: "F1", Sensor: "a", From: epoch.Add(time.Second), Before: epoch.Add(2 * time.Second)}, 1},
		} {
			got, err := r.Observations(c.filter)
			if err != nil || len(got) != c.want {
				b.Errorf("%s: %d observations, want %d; %v", name, len(got), c.want, err)
			}
			for i := 1; i < len(got); i++ {
				p, q := got[i-1], got[i]
				if q.Time.Before(p.Time) || q.Time.Equal(p.Time) && q.ID < p.ID {
					b.Errorf("%s: not in order of time, then ID", name)
				}
			}
		}
		if n, err := r.CountObservations("F1", 10); n != 3 || err != nil {
			b.Errorf("CountObservations = %d, %v; want 3", n, err)
		}
		winds, err := r.Winds("F1", 0)
		if len(winds) != 1 || winds[0].SpeedMPS != 3 {
			b.Errorf("the wind kept is %+v", winds)
		}
		return err
	})
}

func places(b *bench) {
	centre := geo.Point{Lon: -30, Lat: 10}
	frame := geo.Frame{Origin: centre}
	batch := vigia.Batch{ID: "town"}
	for i := range 20 {
		x := float64(i) * 50
		batch.Buildings = append(batch.Buildings, vigia.Building{
			ID: vigia.ID(fmt.Sprintf("b%02d", i)), Footprint: frame.PolygonToWGS84(geo.Rect(x-4, -4, x+4, 4)),
		})
	}
	b.update(func(tx store.Tx) error {
		if err := tx.AddBatch(batch, 1); err != nil {
			return err
		}
		far := site(1)
		far.ID, far.At = "site-2", frame.ToPoint(geo.Local{X: 400})
		return errors.Join(tx.PutSite(site(1), trace("site.changed", "")), tx.PutSite(far, trace("site.changed", "")))
	})
	b.view(func(r store.Reader) error {
		near, err := r.BuildingsNear(centre, 260, 0)
		if err != nil {
			return err
		}
		has := map[vigia.ID]bool{}
		for _, g := range near {
			has[g.ID] = true
		}
		for i := range 6 {
			if id := vigia.ID(fmt.Sprintf("b%02d", i)); !has[id] {
				b.Errorf("%s lies %d m away and is not among those within 260 m", id, i*50)
			}
		}
		if has["b19"] {
			b.Error("b19 lies 950 m away and is among those within 260 m")
		}
		sites, err := r.SitesNear(centre, 100)
		if err != nil || len(sites) != 1 || sites[0].ID != "site-1" {
			b.Errorf("sites within 100 m: %v, %v", sites, err)
		}
		sites, err = r.SitesNear(centre, 500)
		if err != nil || len(sites) != 2 {
			b.Errorf("sites within 500 m: %v, %v", sites, err)
		}
		return nil
	})
}

func latestFirst(b *bench) {
	for i := range 3 {
		b.update(func(tx store.Tx) error {
			_, err := tx.AddDetection(detection(i), trace("detection.found", ""))
			if err != nil {
				return err
			}
			_, err = tx.AddPosterior(vigia.Posterior{ID: vigia.NewID("post", i), Flight: "F1", Readings: i}, trace("source.located", ""))
			return err
		})
	}
	b.view(func(r store.Reader) error {
		d, err := r.Detections(store.DetectionFilter{Flight: "F1", Limit: 2})
		if err != nil || len(d) != 2 || d[0].Peak != 2 || d[1].Peak != 1 {
			b.Errorf("detections %v, %v", d, err)
		}
		p, err := r.Posteriors("F1", 1)
		if err != nil || len(p) != 1 || p[0].Readings != 2 {
			b.Errorf("posteriors %v, %v", p, err)
		}
		if p, err = r.Posteriors("", 0); len(p) != 3 {
			b.Errorf("posteriors of all flights: %d", len(p))
		}
		return err
	})
}

func plume(n int, log uint64) vigia.Plume {
	return vigia.Plume{
		ID: vigia.NewID("plume", n), Flight: "F1", Sensor: "imager", Chemical: "methane", Chemicals: []vigia.ChemicalProbability{{Name: "methane", Probability: 1}},
		From: epoch, To: epoch.Add(time.Second), Outline: geo.Rect(-30, 10, -29.999, 10.001), At: geo.Point{Lon: -30, Lat: 10},
		Pixels: n, Columns: []vigia.PlumeColumn{{Lon: -30, Lat: 10, PPMM: 800, Sigma: 90}}, Origin: vigia.PlumeOrigin{Cube: "cube-1", Last: 3}, Log: log,
	}
}

func plumes(b *bench) {
	for n := range 3 {
		b.update(func(tx store.Tx) error {
			_, err := tx.AddPlume(plume(n, uint64(10*n)), trace("plume.found", ""))
			return err
		})
	}
	b.view(func(r store.Reader) error {
		for name, c := range map[string]struct {
			filter store.PlumeFilter
			want   []int
		}{
			"all":            {store.PlumeFilter{}, []int{2, 1, 0}},
			"some":           {store.PlumeFilter{Flight: "F1", Limit: 2}, []int{2, 1}},
			"up to the log":  {store.PlumeFilter{Flight: "F1", UpToLog: 10}, []int{1, 0}},
			"another flight": {store.PlumeFilter{Flight: "F2"}, nil},
		} {
			found, err := r.Plumes(c.filter)
			if err != nil {
				return err
			}
			var got []int
			for _, p := range found {
				got = append(got, p.Pixels)
				if p.Outline.Valid() != nil || p.Columns[0].Sigma != 90 || !p.To.Equal(epoch.Add(time.Second)) {
					b.Errorf("%s: the plume kept is %+v", name, p)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				b.Errorf("%s: plumes %v, want %v", name, got, c.want)
			}
		}
		return nil
	})
}

func sealedIsNotKept(b *bench) {
	b.update(func(tx store.Tx) error {
		_, err := tx.AddSealed(vigia.Sealed{ID: "seal-1", Flight: "F1", Records: 9, Ciphertext: []byte("secret")}, trace("sealed", ""))
		return err
	})
	b.view(func(r store.Reader) error {
		s, err := r.Sealed()
		if len(s) != 1 || s[0].Records != 9 || len(s[0].Ciphertext) != 0 {
			b.Errorf("sealed: %+v", s)
		}
		return err
	})
	b.wantTraces(1, 0)
}

func users(b *bench) {
	u := vigia.User{Name: "ana", Role: vigia.Analyst, PasswordHash: "$argon2id$1"}
	b.update(func(tx store.Tx) error {
		return errors.Join(
			tx.PutUser(u, trace("user.put", "")),
			tx.AddSession(vigia.Session{SecretHash: "h1", User: "ana", ExpiresAt: epoch.Add(time.Hour)}),
			tx.AddSession(vigia.Session{SecretHash: "h2", User: "ana", ExpiresAt: epoch.Add(2 * time.Hour)}),
		)
	})
	u.PasswordHash = "$argon2id$2"
	b.update(func(tx store.Tx) error {
		return errors.Join(tx.PutUser(u, trace("user.put", "")), tx.DeleteExpired(epoch.Add(time.Hour)))
	})
	b.view(func(r store.Reader) error {
		got, err := r.User("ana")
		if got.PasswordHash != "$argon2id$2" || got.Role != vigia.Analyst {
			b.Errorf("the user kept is %+v", got)
		}
		if _, err := r.Session("h1"); vigia.ErrorCode(err) != vigia.NotFound {
			b.Errorf("an expired session: %v", err)
		}
		if s, err := r.Session("h2"); s.User != "ana" || s.SecretHash != "h2" {
			b.Errorf("the session kept is %+v, %v", s, err)
		}
		records, _ := r.AuditEntries(0, 0)
		for _, rec := range records {
			if bytes.Contains(rec.Leaf, []byte("argon2id")) {
				b.Error("the account holds a password's hash")
			}
		}
		return err
	})
	b.update(func(tx store.Tx) error { return tx.DeleteSession("h2") })
	b.view(func(r store.Reader) error {
		_, err := r.Session("h2")
		b.wantCode(err, vigia.NotFound)
		return nil
	})
}

func positions(b *bench) {
	want := func(n uint64) {
		b.Helper()
		b.view(func(r store.Reader) error {
			got, err := r.Position("detect")
			if got != n {
				b.Errorf("position %d, want %d", got, n)
			}
			return err
		})
	}
	want(0)
	b.update(func(tx store.Tx) error { return tx.SetPosition("detect", 4) })
	b.update(func(tx store.Tx) error { return tx.SetPosition("detect", 5) })
	want(5)
}

func outbox(b *bench) {
	for i := range 3 {
		b.update(func(tx store.Tx) error {
			_, err := tx.AddDetection(detection(i), trace("detection.found", "detection.found"))
			return err
		})
	}
	var first []store.Announcement
	b.view(func(r store.Reader) (err error) { first, err = r.Outbox(2); return err })
	if len(first) != 2 || first[0].N >= first[1].N || first[0].ID == first[1].ID || first[0].Subject != "detection.found" {
		b.Fatalf("the outbox gives %+v", first)
	}
	b.update(func(tx store.Tx) error { return tx.Announced(first[1].N) })
	b.wantTraces(3, 1)
}

func deliveries(b *bench) {
	d := store.Delivery{Destination: "tak", ID: "m1", Subject: "lead.released", Data: []byte("x"), Due: epoch}
	later := store.Delivery{Destination: "tak", ID: "m2", Data: []byte("y"), Due: epoch.Add(time.Hour)}
	b.update(func(tx store.Tx) error {
		return errors.Join(tx.AddDelivery(d), tx.AddDelivery(d), tx.AddDelivery(later))
	})
	due := func(at time.Time) (out []store.Delivery) {
		b.view(func(r store.Reader) (err error) { out, err = r.Deliveries("tak", at, 0); return err })
		return out
	}
	if got := due(epoch); len(got) != 1 || got[0].ID != "m1" || string(got[0].Data) != "x" {
		b.Fatalf("due now: %+v", got)
	}
	b.update(func(tx store.Tx) error { return tx.PutOff("tak", "m1", epoch.Add(time.Minute), "refused") })
	if got := due(epoch); len(got) != 0 {
		b.Fatalf("put off, and due: %+v", got)
	}
	if got := due(epoch.Add(time.Minute)); len(got) != 1 || got[0].Attempts != 1 || got[0].LastError != "refused" {
		b.Fatalf("due in a minute: %+v", got)
	}
	for range 2 {
		b.update(func(tx store.Tx) error { return tx.Delivered("tak", "m1", trace("relay.sent", "")) })
	}
	b.wantTraces(1, 0)
	if got := due(epoch.Add(2 * time.Hour)); len(got) != 1 || got[0].ID != "m2" {
		b.Fatalf("after delivery: %+v", got)
	}
}

func rejections(b *bench) {
	why := *vigia.Errorf(vigia.Conflict, "too late")
	b.update(func(tx store.Tx) error { return tx.Reject("dec-1", why, trace("decision.rejected", "")) })
	b.view(func(r store.Reader) error {
		got, err := r.Rejection("dec-1")
		if got.Code != vigia.Conflict || got.Message != "too late" {
			b.Errorf("the rejection kept is %+v", got)
		}
		return err
	})
}

// fill writes n transactions of one to three entries each.
func (b *bench) fill(n int) {
	for i := range n {
		b.update(func(tx store.Tx) error {
			for j := range 1 + i%3 {
				if _, err := tx.AddDetection(detection(10*i+j), trace("detection.found", "")); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func accountVerifies(b *bench) {
	b.fill(50)
	r, err := audit.Verify(context.Background(), b.s, b.verifier, nil, nil)
	if err != nil || !r.OK() || r.Entries != 99 || r.Checkpoints != 50 {
		b.Fatalf("the account does not verify: %+v, %v", r, err)
	}
}

func accountProves(b *bench) {
	b.fill(20)
	b.view(func(r store.Reader) error {
		signed, err := r.Checkpoint()
		if err != nil {
			return err
		}
		c, err := b.verifier.Open(signed)
		if err != nil {
			return err
		}
		records, err := r.AuditEntries(17, 1)
		if err != nil {
			return err
		}
		proof, err := audit.ProveInclusion(c.Size, 17, r.AuditHashes())
		if err != nil {
			return err
		}
		return audit.CheckInclusion(proof, c.Size, c.Root, 17, records[0].Leaf)
	})
}

func keptAfterReopening(b *bench) {
	b.update(func(tx store.Tx) error {
		return errors.Join(tx.PutSite(site(1), trace("site.changed", "site.changed")), tx.SetPosition("sites", 3))
	})
	b.s = b.open()
	b.wantTraces(1, 1)
	b.view(func(r store.Reader) error {
		s, err := r.Site("site-1")
		if s.Version != 1 {
			b.Errorf("the site kept is %+v", s)
		}
		return err
	})
	b.update(func(tx store.Tx) error { return tx.PutSite(site(2), trace("site.changed", "site.changed")) })
	b.wantTraces(2, 2)
}

func readersSeeOneInstant(b *bench) {
	b.update(func(tx store.Tx) error { return tx.PutSite(site(1), trace("site.changed", "")) })
	b.view(func(r store.Reader) error {
		before, err := r.Site("site-1")
		if err != nil {
			return err
		}
		b.update(func(tx store.Tx) error { return tx.PutSite(site(2), trace("site.changed", "")) })
		after, err := r.Site("site-1")
		if before.Version != after.Version {
			b.Errorf("a reader saw version %d and then %d", before.Version, after.Version)
		}
		return err
	})
}
