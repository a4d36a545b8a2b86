package visit

import "math"

// The states of a track.
const (
	drives = iota
	waits  // stands in traffic: soon over, and nobody gets out
	stays  // an errand: who came walks about with the receiver, and comes back
	rests  // stands for as long as it likes: parked, or seen from above
	states
)

// A model describes how tracks drive, wait and stay: what each does from
// sample to sample, for how long it does it, and where that leaves it.
type model struct {
	trust float64 // weight of one interval: neighbours say much the same

	// The speed from sample to sample, m/s.
	jitter      float64 // of a standing vehicle, beside its noise
	onFoot      float64 // share of a stay in which who came walks about with the receiver
	walk        float64
	walkSD      float64
	stray       float64 // share of the intervals of a stay that are off, at any speed
	creep       float64 // share of a wait in which the queue moves up
	crawling    float64 // share of driving at walking pace
	driveSpeed  float64 // median of the rest, log-normal
	driveSpread float64

	// The speed over three intervals, m/s, by which a walk about the door is
	// told from a crawl along the road: log-normal, from wideRest up at rest.
	wide            float64 // weight
	wideRest        float64
	wideSpread      float64
	wideDrive       float64
	wideDriveSpread float64

	length  [3]logNormal // s, of a drive, a wait and a stay
	stop    float64      // share of the halts of a drive that are stays
	lingers float64      // share of the stays that are long
	parks   float64      // share of the halts that are of a vehicle that rests

	// Where a segment leads, m. Who stays comes back to the vehicle; who
	// drives is somewhere else behind it.
	away    float64 // how far a drive at least leads, deviation
	back    float64 // how near a stay ends to where it began, deviation
	strange float64 // share of drives for which that does not hold
	moved   float64 // share of stays for which that does not hold
	favour  float64 // log odds of a stay that is seen whole, beside what is said of it
	edge    float64 // and of one that the track's beginning or end cuts
	reach   float64 // how far who came walks
	parked  float64 // weight of standing still when a stay begins and ends

	// The highest speed shortly before a halt and behind it, m/s, log-normal:
	// a wait is of a road, a stay of a street.
	street, road, streetSpread float64

	// settleIn and settleOut are how long a vehicle stands before what it came
	// for begins and after it ends, s: parking, getting out, getting in.
	settleIn, settleOut float64

	price float64 // probability from which a stay is worth telling
}

// traffic was fitted to every second of the labelled rounds of track/goal, and
// is scored on the others (docs/decisions/stops-and-rhythm.md).
var traffic = model{
	trust: 0.61, jitter: 0.28, onFoot: 0.22, walk: 0.73, walkSD: 1, stray: 0.008, creep: 0.24,
	crawling: 0.1, driveSpeed: 7.4, driveSpread: 0.73,
	wide: 0.095, wideRest: 0.33, wideSpread: 0.9, wideDrive: 6.1, wideDriveSpread: 0.8,
	length: [3]logNormal{{38, 0.875}, {22, 0.27}, {85, 0.35}}, stop: 0.73, lingers: 0.02, parks: 0.02,
	away: 22, back: 5.5, strange: 0.087, moved: 2.7e-5, favour: 8.1, edge: 0, reach: 60, parked: 0.17,
	street: 6.2, road: 15.6, streetSpread: 0.64,
	settleIn: 8.3, settleOut: 10, price: 0.4,
}

// longStay is the length of stays that are no errand, s.
var longStay = logNormal{900, 1.5}

const (
	spanOfStrays = 15.0 // m/s
	crawlTop     = 3.5  // m/s
	idle         = 0.03 // share of a rest in which somebody walks about
	slowest      = 0.05 // m/s: below it one speed is as good as another
)

type logNormal struct{ median, spread float64 }

// log is the log density of lasting t, s.
func (l logNormal) log(t float64) float64 {
	z := math.Log(t/l.median) / l.spread
	return -z*z/2 - math.Log(t*l.spread*math.Sqrt(2*math.Pi))
}

// beyond is the log probability of lasting t or longer.
func (l logNormal) beyond(t float64) float64 {
	return math.Log(math.Max(0.5*math.Erfc(math.Log(t/l.median)/l.spread/math.Sqrt2), 1e-12))
}

// lasting is the log density of a state that lasts t.
func (m *model) lasting(s int, t float64) float64 {
	switch s {
	case drives, waits:
		return m.length[s].log(t)
	case rests:
		return longStay.log(t)
	}
	return math.Log((1-m.lingers)*math.Exp(m.length[s].log(t)) + m.lingers*math.Exp(longStay.log(t)))
}

// outlasting is the log probability of a state that lasts t or longer.
func (m *model) outlasting(s int, t float64) float64 {
	switch s {
	case drives, waits:
		return m.length[s].beyond(t)
	case rests:
		return longStay.beyond(t)
	}
	return math.Log((1-m.lingers)*math.Exp(m.length[s].beyond(t)) + m.lingers*math.Exp(longStay.beyond(t)))
}

// speeds is the log likelihood of the speed between two samples in each state,
// and of standing still relative to that of a stay.
func (m *model) speeds(a, b Sample, o Options) (l [states]float64, still float64) {
	dt := b.Time - a.Time
	v := math.Hypot(b.X-a.X, b.Y-a.Y) / dt
	sd := math.Sqrt((a.variance(o)+b.variance(o))/square(dt) + square(m.jitter))
	stand := rest(v, sd)
	stay := (1-m.onFoot-m.stray)*stand + m.onFoot*normal(v, m.walk, math.Hypot(m.walkSD, sd)) + m.stray/spanOfStrays
	slow := 0.0
	if v < crawlTop {
		slow = 1 / crawlTop
	}
	resting := (1-idle-m.stray)*stand + idle*normal(v, m.walk, math.Hypot(m.walkSD, sd)) + m.stray/spanOfStrays
	wait := (1-m.creep)*stand + m.creep*slow + 1e-4
	at := math.Max(v, slowest)
	drive := m.crawling*slow + (1-m.crawling)*normal(math.Log(at), math.Log(m.driveSpeed), m.driveSpread)/at + 1e-9
	return [states]float64{math.Log(drive), math.Log(wait), math.Log(stay), math.Log(resting)}, math.Log(stand+0.01) - math.Log(stay)
}

// over is the log likelihood of the speed over three intervals when driving
// and at rest.
func (m *model) over(a, b Sample) (drive, stand float64) {
	v := math.Max(0.1, math.Hypot(b.X-a.X, b.Y-a.Y)/(b.Time-a.Time))
	drive = math.Log(0.01 + normal(math.Log(v), math.Log(m.wideDrive), m.wideDriveSpread))
	stand = math.Log(0.01 + normal(math.Log(math.Max(v, m.wideRest)), math.Log(m.wideRest), m.wideSpread))
	return drive, stand
}

// rest is the density of the speed of what stands still: Rayleigh's, and no
// less below its peak, for noise that is less than stated is no motion.
func rest(v, sd float64) float64 {
	v = math.Max(v, sd)
	return v / (sd * sd) * math.Exp(-v*v/(2*sd*sd))
}

func normal(x, mean, sd float64) float64 {
	return math.Exp(-square((x-mean)/sd)/2) / (sd * math.Sqrt(2*math.Pi))
}

func square(v float64) float64 { return v * v }

// A segmenter scores segments of one track: a hidden semi-Markov model (Yu
// 2010, Artificial Intelligence 174:215) whose states last as long as such
// things do, and whose segments are judged by where they lead as well.
type segmenter struct {
	m       *model
	samples []Sample
	cuts    []int // samples at which a segment may begin or end; the first and the last are two
	table   [states][][]float64
}

func newSegmenter(samples []Sample, cuts []int, o Options, m *model) *segmenter {
	g := &segmenter{m: m, samples: samples, cuts: cuts}
	n := len(samples)
	var sum [states][]float64 // log likelihood of the intervals before each sample
	for s := range sum {
		sum[s] = make([]float64, n)
	}
	still := make([]float64, n)
	for k := cuts[0]; k < cuts[len(cuts)-1]; k++ {
		var l [states]float64
		l, still[k] = m.speeds(samples[k], samples[k+1], o)
		drive, stand := m.over(samples[max(0, k-1)], samples[min(n-1, k+2)])
		l[drives] += m.wide * drive
		l[waits] += m.wide * stand
		l[stays] += m.wide * stand
		l[rests] += m.wide * stand
		for s := range l {
			sum[s][k+1] = sum[s][k] + m.trust*l[s]
		}
	}
	before, after := fastest(samples)
	for s := range g.table {
		g.table[s] = make([][]float64, len(cuts))
	}
	for a := range len(cuts) - 1 {
		g.row(a, sum, still, before, after)
	}
	return g
}

// halt is the log likelihood of the highest speed next to a halt; 0 where
// nothing is known of it.
func (m *model) halt(s int, v float64) float64 {
	if v <= 0 {
		return 0
	}
	median := m.street
	if s == waits {
		median = m.road
	}
	z := math.Max(-2.5, math.Min(2.5, math.Log(v/median)/m.streetSpread))
	return -z * z / 2
}

// fastest is the highest speed in the time about before and after each sample.
func fastest(samples []Sample) (before, after []float64) {
	const near = 45.0 // s
	n := len(samples)
	before, after = make([]float64, n), make([]float64, n)
	for i := range samples {
		for k := i; k > 0 && samples[i].Time-samples[k-1].Time <= near; k-- {
			before[i] = math.Max(before[i], speed(samples[k-1], samples[k]))
		}
		for k := i; k < n-1 && samples[k+1].Time-samples[i].Time <= near; k++ {
			after[i] = math.Max(after[i], speed(samples[k], samples[k+1]))
		}
	}
	return before, after
}

func speed(a, b Sample) float64 { return math.Hypot(b.X-a.X, b.Y-a.Y) / (b.Time - a.Time) }

// row fills in the scores of all segments that begin at cut a.
func (g *segmenter) row(a int, sum [states][]float64, still, before, after []float64) {
	i := g.cuts[a]
	for s := range g.table {
		g.table[s][a] = make([]float64, len(g.cuts)-a)
	}
	far, k := 0.0, i
	for b := a + 1; b < len(g.cuts); b++ {
		j := g.cuts[b]
		for ; k < j; k++ {
			far = math.Max(far, square(g.samples[k+1].X-g.samples[i].X)+square(g.samples[k+1].Y-g.samples[i].Y))
		}
		for s := range g.table {
			v := sum[s][j] - sum[s][i] + g.shape(s, i, j)
			if s != drives {
				v += g.m.halt(s, before[i]) + g.m.halt(s, after[j])
			}
			if s == stays || s == rests {
				v -= math.Log1p(far / square(g.m.reach))
				if i > 0 {
					v += g.m.parked * still[i]
				}
				if j < len(g.samples)-1 {
					v += g.m.parked * still[j-1]
				}
			}
			g.table[s][a][b-a] = v
		}
	}
}

// shape is the log likelihood of how long a segment lasts and where it leads.
// Of one that the track's beginning or end cuts neither is known.
func (g *segmenter) shape(s, i, j int) float64 {
	a, b := g.samples[i], g.samples[j]
	if i == 0 || j == len(g.samples)-1 {
		v := g.m.outlasting(s, b.Time-a.Time)
		if s == stays || s == rests {
			v += g.m.edge
		}
		return v
	}
	v := g.m.lasting(s, b.Time-a.Time)
	d2 := square(b.X-a.X) + square(b.Y-a.Y)
	switch s {
	case drives:
		v += math.Log((1-g.m.strange)*(1-math.Exp(-d2/(2*square(g.m.away)))) + g.m.strange)
	case stays, rests:
		v += g.m.favour + math.Log((1-g.m.moved)*math.Exp(-d2/(2*square(g.m.back)))+g.m.moved)
	}
	return v
}

// segment is the score of one state from cut a to cut b.
func (g *segmenter) segment(s, a, b int) float64 { return g.table[s][a][b-a] }

// first is the log probability of the state in which a track begins.
func (g *segmenter) first(s int) float64 { return math.Log([states]float64{0.5, 0.05, 0.43, 0.02}[s]) }

// change is the log probability of one state behind another.
func (g *segmenter) change(from, to int) float64 {
	switch {
	case from == drives && to == stays:
		return math.Log(g.m.stop)
	case from == drives && to == waits:
		return math.Log(1 - g.m.stop)
	case from == drives && to == rests:
		return math.Log(g.m.parks)
	case from != drives && to == drives:
		return 0
	}
	return math.Inf(-1)
}
