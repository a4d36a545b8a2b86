package track

import "math"

// scores are the detector's confidences of what moves or stays as a vehicle
// does and of what does not, each a normal distribution that is learned from
// how the reports were explained.
type scores struct {
	mean, square [2]float64 // 0: of tracks, 1: of nothing known
	weight       [2]float64
}

const (
	scoresNeeded = 10   // reports of each kind before a score says anything
	scoreMemory  = 2000 // reports
	scoreBound   = 4    // most that one score may say, log odds
	// What a detector thinks of one thing it thinks again in the next scan:
	// however often it was asked, its answers count as so many.
	scoreAnswers = 3
	scoreUsual   = 0.5 // deviations
)

// logRatio is the log of how many times likelier a score is of a vehicle than
// of clutter. It never falls as the score rises, and stays within bounds: it
// is a help, not a verdict.
func (s *scores) logRatio(score float64) float64 {
	if s.weight[0] < scoresNeeded || s.weight[1] < scoresNeeded || s.mean[0] <= s.mean[1] {
		return 0
	}
	v := [2]float64{square(s.deviation(0)), square(s.deviation(1))}
	// Two normal densities cross twice when their variances differ; beyond
	// the extreme between the crossings the ratio would turn back.
	if d := 1/v[1] - 1/v[0]; d > 0 {
		score = math.Max(score, (s.mean[1]/v[1]-s.mean[0]/v[0])/d)
	} else if d < 0 {
		score = math.Min(score, (s.mean[1]/v[1]-s.mean[0]/v[0])/d)
	}
	z := square(score-s.mean[1])/(2*v[1]) - square(score-s.mean[0])/(2*v[0]) + math.Log(v[1]/v[0])/2
	return clamp(z, -scoreBound, scoreBound)
}

// learn takes in a scan's scores.
func (s scores) learn(unexplained []float64, scan *Scan) scores {
	for j := range scan.Reports {
		if scan.Reports[j].Score == nil {
			continue
		}
		v := *scan.Reports[j].Score
		for k, w := range [2]float64{1 - unexplained[j], unexplained[j]} {
			s.weight[k] += w
			gain := w / clamp(s.weight[k], 1, scoreMemory)
			s.mean[k] = blend(s.mean[k], v, gain)
			s.square[k] = blend(s.square[k], v*v, gain)
		}
	}
	return s
}

// hear takes in the score of a report that is the track's with probability p.
func (b *bernoulli) hear(score *float64, p float64) {
	if score == nil || p < 1e-3 {
		return
	}
	b.scored += p
	b.score = blend(b.score, *score, p/math.Min(b.scored, 30))
}

// genuine is the probability that what the track follows is what the detector
// looks for, and no other lasting thing: that its mean score is above usual for
// reports that nothing explains, usual being half a deviation above their mean.
// 1 where reports have no scores.
func (b *bernoulli) genuine(s *scores) float64 {
	if b.scored == 0 || s.weight[0] < scoresNeeded || s.weight[1] < scoresNeeded || s.mean[0] <= s.mean[1] {
		return 1
	}
	z := (b.score-s.mean[1])/s.deviation(1) - scoreUsual
	return normal(z * math.Sqrt(math.Min(b.scored, scoreAnswers)))
}

func (s *scores) deviation(k int) float64 {
	return math.Sqrt(math.Max(s.square[k]-square(s.mean[k]), 1e-4*square(s.mean[0]-s.mean[1])+1e-12))
}

// normal is the standard normal distribution function.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
