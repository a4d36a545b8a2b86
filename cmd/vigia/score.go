package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/track/metric"
	"github.com/vigia-project/vigia/wire/plain"
)

type scoreCmd struct {
	Tracks []string `help:"Tracks, CSV (docs/formats/tracks.md); again for each record." required:"" type:"existingfile"`
	Truth  []string `help:"True paths, CSV: scan, time_s, truth_id, x_m, y_m; one for each --tracks, in order." required:"" type:"existingfile"`
	Cutoff float64  `help:"Cut-off of GOSPA and OSPA, m." default:"50"`
	Gate   float64  `help:"Gate of CLEAR MOT, IDF1 and SIAP, m; 0: 0.6 of the cut-off." default:"0"`
	Zero   float64  `help:"Distance at which HOTA's similarity is 0, m; 0: the cut-off." default:"0"`
	JSON   bool     `help:"Write JSON for machines." name:"json"`
}

// Help is the page behind --help.
func (scoreCmd) Help() string {
	return `Scores tracks against the truth, scan by scan: GOSPA and OSPA (p = 2, α = 2),
CLEAR MOT, IDF1, HOTA and SIAP. Every scan of the truth counts, also one without
a track. Several records are scored as one: GOSPA is the mean over all scans.

    vigia score --tracks tracks.csv --truth truth.csv --cutoff 50 --gate 30`
}

// scored is every figure of one record.
type scored struct {
	Scans    int                   `json:"scans"`
	Mean     metric.Mean           `json:"mean"`
	CLEAR    metric.CLEARResult    `json:"clear"`
	Identity metric.IdentityResult `json:"identity"`
	HOTA     metric.HOTAResult     `json:"hota"`
	SIAP     metric.SIAPResult     `json:"siap"`
}

// Run scores and writes.
func (c scoreCmd) Run(io std) error {
	if len(c.Tracks) != len(c.Truth) {
		return vigia.Errorf(vigia.Invalid, "there are %d files of tracks and %d of truth; each needs its own", len(c.Tracks), len(c.Truth))
	}
	var scans []metric.Scan
	for i := range c.Tracks {
		truth, err := readTracks(io, c.Truth[i])
		if err != nil {
			return err
		}
		tracks, err := readTracks(io, c.Tracks[i])
		if err != nil {
			return err
		}
		scans = appendRecord(scans, scansOf(truth, tracks))
	}
	if c.Gate <= 0 {
		c.Gate = 0.6 * c.Cutoff
	}
	if c.Zero <= 0 {
		c.Zero = c.Cutoff
	}
	s := scored{len(scans), metric.MeanGOSPA(scans, c.Cutoff), metric.CLEAR(scans, c.Gate), metric.Identity(scans, c.Gate),
		metric.HOTA(scans, c.Zero), metric.SIAP(scans, c.Gate)}
	if c.JSON {
		return writeJSON(io.out, s)
	}
	_, err := fmt.Fprintf(io.out, "%d scans\nGOSPA %.2f (missed %.2f, false %.2f a scan; RMSE %.2f)  OSPA %.2f\n"+
		"HOTA %.4f (DetA %.4f, AssA %.4f, LocA %.4f)\nMOTA %.4f (misses %d, false %d, switches %d)  MOTP %.2f\n"+
		"IDF1 %.4f (IDP %.4f, IDR %.4f)\nSIAP completeness %.4f, ambiguity %.4f, spuriousness %.4f, position %.2f\n",
		s.Scans, s.Mean.GOSPA, s.Mean.Missed, s.Mean.False, s.Mean.RMSE, s.Mean.OSPA,
		s.HOTA.HOTA, s.HOTA.DetA, s.HOTA.AssA, s.HOTA.LocA,
		s.CLEAR.MOTA, s.CLEAR.Misses, s.CLEAR.False, s.CLEAR.Switches, s.CLEAR.MOTP,
		s.Identity.IDF1, s.Identity.IDP, s.Identity.IDR,
		s.SIAP.Completeness, s.SIAP.Ambiguity, s.SIAP.Spuriousness, s.SIAP.Position)
	return err
}

// appendRecord puts a record behind others: later, and with numbers of its own.
func appendRecord(all, record []metric.Scan) []metric.Scan {
	first, start := 0, 0.0
	for _, s := range all {
		for _, p := range slices.Concat(s.Truth, s.Track) {
			first = max(first, p.ID+1)
		}
		start = s.Time + 1
	}
	for _, s := range record {
		s.Time += start - record[0].Time
		for i := range s.Truth {
			s.Truth[i].ID += first
		}
		for i := range s.Track {
			s.Track[i].ID += first
		}
		all = append(all, s)
	}
	return all
}

// readTracks reads a whole file of tracks or of the truth.
func readTracks(io std, path string) ([]plain.TrackRecord, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	r, err := plain.NewTrackReader(f, plain.Options{Name: path})
	if err != nil {
		return nil, err
	}
	var out []plain.TrackRecord
	for rec, err := range r.All() {
		switch {
		case usable(io, err):
			rec.Raw = ""
			out = append(out, rec)
		case vigia.ErrorCode(err) != vigia.Invalid:
			return nil, err
		}
	}
	warn(io, path, r.Warnings())
	return out, nil
}

// scansOf brings truth and tracks together by scan number, and by time where a
// file has no scans.
func scansOf(truth, tracks []plain.TrackRecord) []metric.Scan {
	type key struct {
		scan int
		time float64
	}
	keyOf := func(r plain.TrackRecord) key {
		if r.Scan >= 0 {
			return key{scan: r.Scan}
		}
		return key{-1, r.Seconds}
	}
	at := map[key]int{}
	var scans []metric.Scan
	put := func(records []plain.TrackRecord, of func(*metric.Scan) *[]metric.Point) {
		ids := map[string]int{}
		for _, r := range records {
			i, ok := at[keyOf(r)]
			if !ok {
				i = len(scans)
				at[keyOf(r)] = i
				scans = append(scans, metric.Scan{Time: r.Seconds})
			}
			if _, ok := ids[r.ID]; !ok {
				ids[r.ID] = len(ids)
			}
			p := of(&scans[i])
			*p = append(*p, metric.Point{ID: ids[r.ID], X: r.X, Y: r.Y})
		}
	}
	put(truth, func(s *metric.Scan) *[]metric.Point { return &s.Truth })
	put(tracks, func(s *metric.Scan) *[]metric.Point { return &s.Track })
	slices.SortStableFunc(scans, func(a, b metric.Scan) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	return scans
}
