package track

import "math"

// scores are the detector's confidences of vehicles and of clutter, each a
// normal distribution that is learned from how the reports were explained.
type scores struct {
	n            float64
	mean, square [2]float64 // 0: of tracks, 1: of nothing known
	weight       [2]float64
}

func noScores() scores { return scores{} }

// ratio is how many times likelier a score is of a vehicle than of clutter. It
// never falls as the score rises, and stays within bounds: it is a help, not
// a verdict.
func (s *scores) ratio(score float64) float64 {
	if s.weight[0] < 10 || s.weight[1] < 10 {
		return 1
	}
	sd0 := math.Sqrt(math.Max(s.square[0]-square(s.mean[0]), 1e-6))
	sd1 := math.Sqrt(math.Max(s.square[1]-square(s.mean[1]), 1e-6))
	if s.mean[0] <= s.mean[1] {
		return 1
	}
	// One pooled deviation keeps the ratio monotone (linear discriminant).
	sd := (sd0 + sd1) / 2
	z := (s.mean[0] - s.mean[1]) / (sd * sd) * (score - (s.mean[0]+s.mean[1])/2)
	return math.Exp(clamp(z, -4, 4))
}

// learn takes in a scan's scores.
func (s scores) learn(unexplained []float64, reports []measured, scan *Scan) scores {
	for j := range reports {
		if scan.Reports[j].Score == nil {
			continue
		}
		v := *scan.Reports[j].Score
		for k, w := range [2]float64{1 - unexplained[j], unexplained[j]} {
			s.weight[k] += w
			gain := w / math.Min(math.Max(s.weight[k], 1), 2000)
			s.mean[k] = blend(s.mean[k], v, gain)
			s.square[k] = blend(s.square[k], v*v, gain)
		}
	}
	return s
}
