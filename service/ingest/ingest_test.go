package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite/sqlitetest"
	"github.com/vigia-project/vigia/stream"
)

// tape is a stream that keeps what is published and drops a repeat.
type tape struct {
	stream.Stream
	kept []stream.Message
}

func (s *tape) Publish(_ context.Context, m stream.Message) (uint64, bool, error) {
	for i, k := range s.kept {
		if k.ID == m.ID {
			return uint64(i + 1), true, nil
		}
	}
	s.kept = append(s.kept, m)
	return uint64(len(s.kept)), false, nil
}

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	permit = vigia.Authorisation{
		ID: "A-1", Purpose: vigia.GasLeak, From: noon, Until: noon.Add(time.Hour), HostReference: "H", PartnerReference: "P",
		Volume: geo.Volume{Footprint: geo.Rect(-30, 10, -29.99, 10.01), FloorM: 0, CeilingM: 100},
	}
)

// door is an ingest with one flight under the permit, and the key to its seals.
type door struct {
	*ingest.Ingest
	tape *tape
	key  string
}

func open(t testing.TB, purpose vigia.Purpose) *door {
	t.Helper()
	d := &door{tape: &tape{}}
	base := service.New(sqlitetest.Open(t), d.tape, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	key, recipient, err := ingest.GenerateOverseer()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := ingest.NewSealer(recipient, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	d.Ingest, d.key = ingest.New(base, sealer), key
	err = base.Update(context.Background(), func(tx store.Tx) error {
		if _, err := tx.AddAuthorisation(permit, store.Trace{Actor: "test"}); err != nil {
			return err
		}
		return tx.PutFlight(vigia.Flight{ID: "F", Authorisation: "A-1", Purpose: purpose, Chemical: "methane"}, store.Trace{Actor: "test"})
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// seen are the observations on the log, and sealed the text under seal.
func (d *door) seen(t interface{ Fatal(...any) }) (seen []vigia.Observation, raw, sealed string) {
	for _, m := range d.tape.kept {
		if strings.HasPrefix(m.Subject, stream.Sealed) {
			var s vigia.Sealed
			if err := json.Unmarshal(m.Data, &s); err != nil {
				t.Fatal(err)
			}
			text, err := ingest.Unseal(s, d.key)
			if err != nil {
				t.Fatal(err)
			}
			sealed += string(text)
			continue
		}
		var b vigia.Batch
		if err := json.Unmarshal(m.Data, &b); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, b.Observations...)
		raw += string(b.Raw)
	}
	return seen, raw, sealed
}

const header = "time,sensor,lon_deg,lat_deg,alt_m,lon2_deg,lat2_deg,alt2_m,ppm\n"

func (d *door) send(body string) (ingest.Receipt, error) {
	return d.Observations(context.Background(), ingest.Request{Flight: "F", Name: "f.csv", Body: strings.NewReader(header + body)})
}

// TestPermits sends one record for each way to be inside or outside.
func TestPermits(t *testing.T) {
	for name, c := range map[string]struct {
		purpose vigia.Purpose
		row     string
		reason  vigia.SealReason // "" = permitted
	}{
		"inside":                    {vigia.GasLeak, "2026-03-01T12:00:00Z,a,-29.995,10.005,50,,,,2\n", ""},
		"on the floor":              {vigia.GasLeak, "2026-03-01T12:00:00Z,a,-29.995,10.005,0,,,,2\n", ""},
		"above the ceiling":         {vigia.GasLeak, "2026-03-01T12:00:00Z,a,-29.995,10.005,101,,,,2\n", vigia.OutsideVolume},
		"beside the volume":         {vigia.GasLeak, "2026-03-01T12:00:00Z,a,-29.985,10.005,50,,,,2\n", vigia.OutsideVolume},
		"a beam that ends outside":  {vigia.GasLeak, "2026-03-01T12:00:00Z,a,-29.995,10.005,50,-29.985,10.005,50,2\n", vigia.OutsideVolume},
		"a beam inside":             {vigia.GasLeak, "2026-03-01T12:00:00Z,a,-29.995,10.005,50,-29.996,10.005,50,2\n", ""},
		"a second before the hours": {vigia.GasLeak, "2026-03-01T11:59:59Z,a,-29.995,10.005,50,,,,2\n", vigia.OutsideHours},
		"the last instant":          {vigia.GasLeak, "2026-03-01T12:59:59.999Z,a,-29.995,10.005,50,,,,2\n", ""},
		"when the hours have ended": {vigia.GasLeak, "2026-03-01T13:00:00Z,a,-29.995,10.005,50,,,,2\n", vigia.OutsideHours},
		"flown for something else":  {vigia.HiddenLaboratory, "2026-03-01T12:00:00Z,a,-29.995,10.005,50,,,,2\n", vigia.OutsidePurpose},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, c.purpose)
			r, err := d.send(c.row)
			if err != nil {
				t.Fatal(err)
			}
			seen, raw, sealed := d.seen(t)
			if c.reason == "" {
				if r.Accepted != 1 || len(seen) != 1 || sealed != "" {
					t.Errorf("permitted: %+v, %d on the log, under seal %q", r, len(seen), sealed)
				}
				return
			}
			if r.Sealed != 1 || len(seen) != 0 || raw != "" || sealed != header+c.row {
				t.Errorf("not permitted (%s): %+v, %d on the log, under seal %q", c.reason, r, len(seen), sealed)
			}
			var s vigia.Sealed
			if err := json.Unmarshal(d.tape.kept[0].Data, &s); err != nil || s.Reasons[c.reason] != 1 {
				t.Errorf("the reasons are %v, want %s", s.Reasons, c.reason)
			}
		})
	}
}

// Whatever a flight sends, each record is on the log as it came or under seal,
// never both and never neither; nothing on the log was not permitted; and each
// observation leads back to its own bytes.
func TestEveryRecordIsInOnePlace(t *testing.T) {
	d := open(t, vigia.GasLeak)
	rapid.Check(t, func(rt *rapid.T) {
		d.tape.kept = nil
		rows := map[string]bool{}
		var body strings.Builder
		for i := range rapid.IntRange(1, 60).Draw(rt, "records") {
			row := fmt.Sprintf("%s,s%d,%.5f,%.5f,%d,,,,%d\n",
				noon.Add(time.Duration(rapid.IntRange(-1800, 5400).Draw(rt, "at"))*time.Second).Format(time.RFC3339), i,
				rapid.Float64Range(-30.01, -29.98).Draw(rt, "lon"), rapid.Float64Range(9.99, 10.02).Draw(rt, "lat"),
				rapid.IntRange(-50, 150).Draw(rt, "alt"), i)
			rows[row] = true
			body.WriteString(row)
		}
		r, err := d.send(body.String())
		if err != nil || r.Rejected > 0 || r.Accepted+r.Sealed != len(rows) {
			rt.Fatalf("%d records: %+v, %v", len(rows), r, err)
		}
		seen, raw, sealed := d.seen(rt)
		for row := range rows {
			if strings.Contains(raw, row) == strings.Contains(sealed, row) {
				rt.Fatalf("%q: on the log %v, under seal %v", row, strings.Contains(raw, row), strings.Contains(sealed, row))
			}
		}
		for _, o := range seen {
			if _, ok := permit.Permits(o.Time, vigia.GasLeak, o.At); !ok {
				rt.Fatalf("on the log and not permitted: %+v", o)
			}
			if line := raw[o.Origin.Offset:]; !strings.Contains(line[:strings.IndexByte(line, '\n')], ","+o.Sensor+",") {
				rt.Fatalf("%s does not lead back to its bytes: %q", o.Sensor, line[:40])
			}
		}
		if again, err := d.send(body.String()); err != nil || again.Repeated != len(rows) {
			rt.Fatalf("sent again: %+v, %v", again, err)
		}
	})
}

func TestUnknownFlight(t *testing.T) {
	d := open(t, vigia.GasLeak)
	_, err := d.Observations(context.Background(), ingest.Request{Flight: "none", Body: strings.NewReader(header)})
	if vigia.ErrorCode(err) != vigia.NotFound || !strings.Contains(err.Error(), "vigia flight add") {
		t.Errorf("the error must say what to do: %v", err)
	}
}

func TestOnlyTheOverseersKeyOpens(t *testing.T) {
	d := open(t, vigia.HiddenLaboratory)
	if _, err := d.send("2026-03-01T12:00:00Z,a,-29.995,10.005,50,,,,2\n"); err != nil {
		t.Fatal(err)
	}
	var s vigia.Sealed
	if err := json.Unmarshal(d.tape.kept[0].Data, &s); err != nil {
		t.Fatal(err)
	}
	other, _, err := ingest.GenerateOverseer()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Unseal(s, other); vigia.ErrorCode(err) != vigia.Forbidden {
		t.Errorf("another key: %v", err)
	}
}
