package metric

import (
	"github.com/vigia-project/vigia/core/track/assign"
)

// CLEARResult is the CLEAR MOT score of a record.
type CLEARResult struct {
	MOTA       float64 // 1 - (misses + false + switches) / truth; 0 without truth
	MOTP       float64 // mean distance of the pairs, m
	Truth      int     // objects of the truth over all scans
	Misses     int
	False      int
	Switches   int // a vehicle goes on under another track's number
	Fragments  int // a vehicle is found again after it was lost
	MostlyHave int // vehicles found in 80 % of their scans or more
	MostlyLost int // vehicles found in less than 20 %
}

// CLEAR scores by CLEAR MOT (Bernardin and Stiefelhagen 2008, EURASIP JIVP
// 246309, section 2.1): a pair of the last scan stays while it is within the
// gate, and the rest is matched at the most pairs and the least distance.
func CLEAR(scans []Scan, gate float64) CLEARResult {
	var r CLEARResult
	last := map[int]int{}     // truth -> the track it last had
	previous := map[int]int{} // truth -> its track in the scan before
	seen, found := map[int]int{}, map[int]int{}
	lost := map[int]bool{}
	sum, pairs := 0.0, 0
	for _, s := range scans {
		now := map[int]int{}
		kept := match(s, near(s, gate), func(p pair) float64 {
			// A pair that stays outweighs any number that do not.
			if id, ok := previous[s.Truth[p.truth].ID]; ok && id == s.Track[p.track].ID {
				return p.distance - gate*1e6
			}
			return p.distance - gate*1e3
		})
		for _, p := range kept {
			g, k := s.Truth[p.truth].ID, s.Track[p.track].ID
			if before, ok := last[g]; ok && before != k {
				r.Switches++
			}
			if lost[g] {
				r.Fragments++
			}
			lost[g], last[g], now[g] = false, k, k
			found[g]++
			sum += p.distance
			pairs++
		}
		for _, g := range s.Truth {
			seen[g.ID]++
			if _, ok := now[g.ID]; !ok && found[g.ID] > 0 {
				lost[g.ID] = true
			}
		}
		previous = now
		r.Truth += len(s.Truth)
		r.Misses += len(s.Truth) - len(kept)
		r.False += len(s.Track) - len(kept)
	}
	for id, n := range seen {
		switch share := float64(found[id]) / float64(n); {
		case share >= 0.8:
			r.MostlyHave++
		case share < 0.2:
			r.MostlyLost++
		}
	}
	if r.Truth > 0 {
		r.MOTA = 1 - float64(r.Misses+r.False+r.Switches)/float64(r.Truth)
	}
	if pairs > 0 {
		r.MOTP = sum / float64(pairs)
	}
	return r
}

// IdentityResult is the identity score of a record.
type IdentityResult struct {
	IDF1, IDP, IDR   float64
	IDTP, IDFP, IDFN int
}

// Identity scores by the one-to-one match of whole paths to whole tracks that
// agrees in the most scans (Ristani et al. 2016, ECCV workshops, section 3).
func Identity(scans []Scan, gate float64) IdentityResult {
	truths, tracks := number(scans)
	agree := make([]map[int]int, len(truths))
	nTruth, nTrack := 0, 0
	for _, s := range scans {
		nTruth += len(s.Truth)
		nTrack += len(s.Track)
		for _, p := range near(s, gate) {
			i, j := truths[s.Truth[p.truth].ID], tracks[s.Track[p.track].ID]
			if agree[i] == nil {
				agree[i] = map[int]int{}
			}
			agree[i][j]++
		}
	}
	rows := make([][]assign.Edge, len(truths))
	for i, m := range agree {
		for j := range len(tracks) { // in order, for the same answer each time
			if n := m[j]; n > 0 {
				rows[i] = append(rows[i], assign.Edge{Col: j, Cost: -float64(n)})
			}
		}
	}
	var r IdentityResult
	for i, j := range assign.Solve(rows, len(tracks)) {
		if j >= 0 {
			r.IDTP += agree[i][j]
		}
	}
	r.IDFN, r.IDFP = nTruth-r.IDTP, nTrack-r.IDTP
	r.IDP, r.IDR = ratio(r.IDTP, nTrack), ratio(r.IDTP, nTruth)
	r.IDF1 = ratio(2*r.IDTP, nTruth+nTrack)
	return r
}

// number gives each ID of the truth and of the tracks an index, by first seen.
func number(scans []Scan) (truths, tracks map[int]int) {
	truths, tracks = map[int]int{}, map[int]int{}
	for _, s := range scans {
		for _, p := range s.Truth {
			if _, ok := truths[p.ID]; !ok {
				truths[p.ID] = len(truths)
			}
		}
		for _, p := range s.Track {
			if _, ok := tracks[p.ID]; !ok {
				tracks[p.ID] = len(tracks)
			}
		}
	}
	return truths, tracks
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
