package track

import "math"

// A vec is a state: x, y (m), vx, vy (m/s). A mat is its covariance.
type (
	vec [4]float64
	mat [4][4]float64
)

// gauss is a normal distribution of a state.
type gauss struct {
	mean vec
	cov  mat
}

// The motion models, in the order of a bernoulli's modes.
const (
	stopped = iota
	quiet   // nearly constant velocity
	turning // coordinated turn: nearly constant speed and rate of turn
	lively  // velocity that changes as in traffic
	abrupt  // braking, starting and turning off
	modes
)

// A bernoulli is a track: something that exists with a probability.
type bernoulli struct {
	began     float64 // s, of its first report
	seen      float64 // s, of its last
	rejoined  float64 // probability that it is whose number it took up; 0: the number is its own
	begun     int     // its place in the order in which tracks began
	number    int     // 0: not yet told
	existence float64
	weight    [modes]float64 // probability of each mode
	mode      [modes]gauss
	turn      turn // of the mode turning
	report    int  // index of the report that moved it last scan; -1: none
	age       int  // scans since it began
	class     string
	classVote int
	score     float64 // mean of its reports' scores
	scored    float64 // number of them

	now gauss // moments over the modes
}

// state is everything that is known behind a scan. It is never written again.
type state struct {
	started bool
	time    float64
	tracks  []bernoulli
	learned learned
	ghosts  []ghost
	next    int // numbers given so far
	begun   int // tracks begun so far, tentative ones included
}

// mean returns the track's moments over its modes.
func (b *bernoulli) moments() gauss {
	var g gauss
	for m := range b.mode {
		for i, v := range b.mode[m].mean {
			g.mean[i] += b.weight[m] * v
		}
	}
	for m := range b.mode {
		addSpread(&g.cov, b.weight[m], &b.mode[m], &g.mean)
	}
	return g
}

// addSpread adds a component's covariance and that of its mean about a centre.
func addSpread(to *mat, weight float64, g *gauss, centre *vec) {
	var d vec
	for i := range d {
		d[i] = g.mean[i] - centre[i]
	}
	for i := range d {
		for j := range d {
			to[i][j] += weight * (g.cov[i][j] + d[i]*d[j])
		}
	}
}

// told says whether a track is sure enough to be spoken of.
func (b *bernoulli) told(l *learned, settings Settings) bool {
	return b.existence*b.genuine(&l.scores) >= settings.Report
}

// speed2 is the mean square of one component of velocity.
func (b *bernoulli) speed2() float64 {
	g := &b.now
	return (g.mean[2]*g.mean[2] + g.mean[3]*g.mean[3]) / 2
}

// vote counts classes by majority (Boyer and Moore 1991): one candidate, bounded.
func (b *bernoulli) vote(class string) {
	switch {
	case class == "":
	case b.class == class:
		b.classVote++
	case b.classVote <= 0:
		b.class, b.classVote = class, 1
	default:
		b.classVote--
	}
}

func square(v float64) float64 { return v * v }

func clamp(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }
