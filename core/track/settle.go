package track

import (
	"cmp"
	"math"
	"slices"
)

// settled is a track at one scan as known some scans later.
type settled struct {
	begun     int
	number    int
	existence float64
	genuine   float64
	state     gauss
}

// lookBack tells the pictures of the first steps with what the steps behind
// them taught. A track that was not yet sure is told from its first report on
// when it proved to be one, and a chance run of clutter is not told at all.
// Places and velocities are smoothed (Rauch, Tung and Striebel 1965, AIAA
// Journal 3:1445, on the moments over the modes).
func lookBack(steps []step, first int, settings Settings) []Picture {
	last := len(steps) - 1
	behind := make([]settled, 0, len(steps[last].trace.marks))
	for i := range steps[last].trace.marks {
		m := &steps[last].trace.marks[i]
		behind = append(behind, settled{m.begun, m.number, m.existence, m.genuine, m.now.unpack()})
	}
	out := make([]Picture, first)
	for k := last; k >= 0; k-- {
		if k < last {
			behind = stepBack(steps[k].trace, steps[k+1].trace, behind)
		}
		if k < first {
			out[k] = steps[k].told(behind, settings)
		}
	}
	return out
}

// told is a step's picture by what is known of its tracks later.
func (s *step) told(known []settled, settings Settings) Picture {
	p := Picture{Number: s.scan.Number, Time: s.scan.Time}
	for i := range known {
		k := &known[i]
		if k.number == 0 || k.existence*k.genuine < settings.Report {
			continue
		}
		e := s.trace.marks[i].estimate()
		e.Track, e.Existence = k.number, k.existence*k.genuine
		e.X, e.Y, e.VX, e.VY, e.Covariance = k.state.mean[0], k.state.mean[1], k.state.mean[2], k.state.mean[3], k.state.cov
		p.Tracks = append(p.Tracks, e)
	}
	slices.SortFunc(p.Tracks, func(a, b Estimate) int { return cmp.Or(a.Track-b.Track, cmp.Compare(b.Existence, a.Existence)) })
	// Who took up a number and who left it may both seem to be there for a scan.
	p.Tracks = slices.CompactFunc(p.Tracks, func(a, b Estimate) bool { return a.Track == b.Track })
	return p
}

// stepBack is what is known of the tracks of one state, from what is known of
// those of the next. Both are in order of when they began.
func stepBack(at, next *trace, behind []settled) []settled {
	out := make([]settled, len(at.marks))
	live := next.live
	j, k := 0, 0
	for i := range at.marks {
		m := &at.marks[i]
		s := settled{m.begun, m.number, 0, 1, m.now.unpack()}
		for j < len(behind) && behind[j].begun < m.begun {
			j++
		}
		if j < len(behind) && behind[j].begun == m.begun {
			later := &behind[j]
			s.number, s.genuine, s.existence = later.number, later.genuine, later.existence
			for k < len(next.marks) && next.marks[k].begun < m.begun {
				k++
			}
			if s.number > 0 { // the rest is not told
				smooth(&s.state, &next.marks[k], &later.state)
				s.state.within(at.top)
			}
		} else {
			s.genuine = m.genuine
		}
		// Who does not exist then may have existed now.
		s.existence += (1 - s.existence) * (1 - live) * m.existence / math.Max(1-live*m.existence, 1e-12)
		out[i] = s
	}
	return out
}

// smooth corrects a state by the difference between what was predicted from it
// and what is known behind it.
func smooth(s *gauss, next *mark, later *gauss) {
	predicted := next.predicted.unpack()
	var gain, spread, half, step mat
	for i := range 4 {
		for k := range 4 {
			gain[i][k] = float64(next.gain[i][k])
		}
	}
	for i := range 4 {
		for k := range 4 {
			s.mean[i] += gain[i][k] * (later.mean[k] - predicted.mean[k])
			spread[i][k] = later.cov[i][k] - predicted.cov[i][k]
		}
	}
	multiply(&half, &gain, &spread)
	for i := range 4 {
		for j := range 4 {
			for k := range 4 {
				step[i][j] += half[i][k] * gain[j][k]
			}
		}
	}
	before := s.cov
	for i := range 4 {
		for j := range 4 {
			s.cov[i][j] += step[i][j]
		}
	}
	s.symmetrise()
	if s.cov[0][0] <= 0 || s.cov[1][1] <= 0 || s.cov[2][2] <= 0 || s.cov[3][3] <= 0 || s.cov[0][0]*s.cov[1][1] <= square(s.cov[0][1]) {
		s.cov = before // rounding, or modes that moments do not describe
	}
}

func multiply(out, a, b *mat) {
	for i := range 4 {
		for k := range 4 {
			f := a[i][k]
			for j := range 4 {
				out[i][j] += f * b[k][j]
			}
		}
	}
}

// smootherGain is the covariance of the moments before a scan and behind it,
// times the inverse of the latter's. It is 0, which leaves a state alone, where
// there is no inverse.
func smootherGain(cross *mat, predicted *gauss) (gain [4][4]float32) {
	inverse, ok := invert(predicted.cov)
	if !ok {
		return gain
	}
	var full mat
	multiply(&full, cross, &inverse)
	for i := range full {
		for k, v := range full[i] {
			gain[i][k] = float32(v)
		}
	}
	return gain
}

// invert inverts a positive definite matrix by Gauss-Jordan elimination.
func invert(m mat) (mat, bool) {
	var inv mat
	for i := range 4 {
		inv[i][i] = 1
	}
	for i := range 4 {
		p := m[i][i]
		if !(p > 1e-12) {
			return inv, false
		}
		for j := range 4 {
			m[i][j] /= p
			inv[i][j] /= p
		}
		for r := range 4 {
			if r == i {
				continue
			}
			f := m[r][i]
			for j := range 4 {
				m[r][j] -= f * m[i][j]
				inv[r][j] -= f * inv[i][j]
			}
		}
	}
	return inv, true
}
