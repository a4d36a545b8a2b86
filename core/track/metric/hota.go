package metric

import "math"

// HOTAResult is the higher order tracking accuracy of a record: means over the
// thresholds 0.05, 0.10 … 0.95.
type HOTAResult struct {
	HOTA float64
	DetA float64 // detection accuracy
	AssA float64 // association accuracy
	LocA float64 // mean similarity of the pairs
}

// HOTA scores by higher order tracking accuracy (Luiten et al. 2021, IJCV
// 129:548, equations 7 to 16). The similarity of two places falls from 1 to 0
// at distance zero; pairs are chosen a scan at a time for the best alignment
// of whole paths first and similarity second, as the paper's section 5.2 has it.
func HOTA(scans []Scan, zero float64) HOTAResult {
	truths, tracks := number(scans)
	nTruth, nTrack := make([]float64, len(truths)), make([]float64, len(tracks))
	potential := map[[2]int]float64{}
	for _, s := range scans {
		alignments(s, zero, truths, tracks, potential)
		for _, p := range s.Truth {
			nTruth[truths[p.ID]]++
		}
		for _, p := range s.Track {
			nTrack[tracks[p.ID]]++
		}
	}
	var levels [19]level
	for i := range levels {
		levels[i] = level{alpha: 0.05 * float64(i+1), agree: map[[2]int]float64{}}
	}
	for _, s := range scans {
		pairs := match(s, near(s, zero), func(p pair) float64 {
			g, k := truths[s.Truth[p.truth].ID], tracks[s.Track[p.track].ID]
			both := potential[[2]int{g, k}]
			return -both / (nTruth[g] + nTrack[k] - both) * (1 - p.distance/zero)
		})
		for i := range levels {
			levels[i].count(s, pairs, zero, truths, tracks)
		}
	}
	var r HOTAResult
	for i := range levels {
		h, det, ass, loc := levels[i].score(nTruth, nTrack)
		r.HOTA += h / float64(len(levels))
		r.DetA += det / float64(len(levels))
		r.AssA += ass / float64(len(levels))
		r.LocA += loc / float64(len(levels))
	}
	return r
}

// alignments adds one scan's share of how far each path agrees with each
// track, before any pair is chosen: a similarity counts by how much of all
// similarities around it it is.
func alignments(s Scan, zero float64, truths, tracks map[int]int, into map[[2]int]float64) {
	pairs := near(s, zero)
	byTruth, byTrack := make([]float64, len(s.Truth)), make([]float64, len(s.Track))
	for _, p := range pairs {
		sim := 1 - p.distance/zero
		byTruth[p.truth] += sim
		byTrack[p.track] += sim
	}
	for _, p := range pairs {
		sim := 1 - p.distance/zero
		if all := byTruth[p.truth] + byTrack[p.track] - sim; all > 0 {
			into[[2]int{truths[s.Truth[p.truth].ID], tracks[s.Track[p.track].ID]}] += sim / all
		}
	}
}

// A level is the count at one threshold.
type level struct {
	alpha      float64
	tp, fn, fp float64
	similarity float64
	agree      map[[2]int]float64
}

func (l *level) count(s Scan, pairs []pair, zero float64, truths, tracks map[int]int) {
	tp := 0.0
	for _, p := range pairs {
		if sim := 1 - p.distance/zero; sim >= l.alpha-1e-12 {
			tp++
			l.similarity += sim
			l.agree[[2]int{truths[s.Truth[p.truth].ID], tracks[s.Track[p.track].ID]}]++
		}
	}
	l.tp += tp
	l.fn += float64(len(s.Truth)) - tp
	l.fp += float64(len(s.Track)) - tp
}

func (l *level) score(nTruth, nTrack []float64) (hota, det, ass, loc float64) {
	for k, n := range l.agree {
		ass += n * n / (nTruth[k[0]] + nTrack[k[1]] - n)
	}
	if l.tp == 0 {
		return 0, 0, 0, 1
	}
	ass /= l.tp
	det = l.tp / (l.tp + l.fn + l.fp)
	return math.Sqrt(det * ass), det, ass, l.similarity / l.tp
}
