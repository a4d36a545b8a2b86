package track

import (
	"math"
	"slices"
)

// learned is what the reports have taught of the sensor and the traffic. Each
// rate is a running mean whose gain falls as 1/n to a floor, so that it
// settles fast and then follows slow change.
type learned struct {
	scans     int
	interval  float64 // mean s between scans
	stated    float64 // mean variance that reports state, m²
	unstated  float64 // variance of reports that state none, m²
	area      float64 // that reports come from, m²
	clutter   float64 // reports a scan that are of no track
	detection float64 // probability that a vehicle is reported
	births    float64 // vehicles that appear, a scan
	known     float64 // vehicles that are told
	hidden    float64 // vehicles that exist and are in no track yet
	speed2    float64 // mean square of a component of velocity, m²/s²
	occupancy [modes]float64
	scores    scores
	straight  bool     // nothing turns
	scaled    bool     // speed2 has the scale of the places' unit
	sources   []source // in the order in which they were first heard
}

// A source is how one sensor looks.
type source struct {
	name     string
	placed   bool    // its own place matters
	last     float64 // s, of its last scan
	interval float64 // mean s between its scans; 0: not known yet
	stated   float64 // mean variance that its reports state, m²; 0: none
}

// sigma is the deviation of its typical report, m.
func (k *source) sigma(l *learned) float64 {
	if k.stated > 0 {
		return math.Sqrt(k.stated)
	}
	return math.Sqrt(l.unstated)
}

// maxSources bounds those that are told apart.
const maxSources = 64

const (
	gainFloor     = 0.02
	defaultSigma  = 0.5 // m, of a report that states none, until it is learned
	defaultSpeed  = 10  // m/s, deviation of each component, until it is learned
	firstInterval = 1   // s
	topSpeed      = 70  // m/s, 250 km/h
)

func prior(s Settings) learned {
	l := learned{
		interval: 0, unstated: defaultSigma * defaultSigma, detection: 0.9, births: 1, speed2: defaultSpeed * defaultSpeed,
		occupancy: [modes]float64{stopped: 0.2, quiet: 0.4, turning: 0.04, lively: 0.26, abrupt: 0.1},
		straight:  s.straight,
	}
	if s.straight {
		l.occupancy[lively] += l.occupancy[turning]
		l.occupancy[turning] = 0
	}
	return l
}

func (l *learned) period() float64 {
	if l.interval > 0 {
		return l.interval
	}
	return firstInterval
}

// sigma is the deviation of a typical report, m.
func (l *learned) sigma() float64 {
	if l.stated > 0 {
		return math.Sqrt(l.stated)
	}
	return math.Sqrt(l.unstated)
}

func (l *learned) gain() float64 { return math.Max(1/float64(l.scans+1), gainFloor) }

func blend(old, new, gain float64) float64 { return old + gain*(new-old) }

// look takes in what a scan shows before it is associated.
func (l *learned) look(s *Scan, dt float64) {
	gain := l.gain()
	if dt > 0 {
		if l.interval == 0 {
			l.interval = dt
		}
		l.interval = blend(l.interval, dt, math.Max(gain, 0.05))
	}
	l.hear(s)
	for _, r := range s.Reports {
		if r.Sigma > 0 {
			if l.stated == 0 {
				l.stated = r.Sigma * r.Sigma
			}
			l.stated = blend(l.stated, r.Sigma*r.Sigma, gain/float64(len(s.Reports)))
		}
	}
	if l.scans == 0 && l.stated == 0 && len(s.Reports) > 2 {
		// A start only, in the scale of the scene. Too much is soon put right;
		// with too little no report would reach its track, and none teach.
		l.unstated = square(math.Max(defaultSigma, nearest(s.Reports)/20))
	}
	if len(s.Reports) > 1 {
		area := coverage(s.Reports, 10*l.sigma())
		if l.area == 0 {
			l.area = area
		}
		l.area = blend(l.area, area, math.Max(gain, 0.05))
	}
	if l.area == 0 {
		l.area = square(100 * l.sigma())
	}
	if l.scans == 0 {
		l.clutter = math.Max(float64(len(s.Reports))/2, 0.1)
		l.hidden = l.clutter
	}
}

// hear takes in how the scan's source looks.
func (l *learned) hear(s *Scan) {
	l.sources = slices.Clone(l.sources) // states share it
	i := slices.IndexFunc(l.sources, func(k source) bool { return k.name == s.Source && k.placed == (s.Sensor != nil) })
	if i < 0 {
		if len(l.sources) == maxSources {
			return
		}
		i = len(l.sources)
		l.sources = append(l.sources, source{name: s.Source, placed: s.Sensor != nil, last: s.Time})
	}
	k := &l.sources[i]
	if dt := s.Time - k.last; dt > 0 {
		if k.interval == 0 {
			k.interval = dt
			// A vehicle in one scan goes some deviations of the noise: where
			// a unit other than the metre is in use this scales its speed.
			// Another sensor's scan in between says nothing of that.
			if !l.scaled {
				l.speed2, l.scaled = math.Max(l.speed2, square(4*k.sigma(l)/dt)), true
			}
		}
		k.interval = blend(k.interval, dt, math.Max(l.gain(), 0.05))
	}
	k.last = s.Time
	for _, r := range s.Reports {
		if r.Sigma > 0 {
			if k.stated == 0 {
				k.stated = r.Sigma * r.Sigma
			}
			k.stated = blend(k.stated, r.Sigma*r.Sigma, l.gain()/float64(len(s.Reports)))
		}
	}
}

// finest are the deviation, m, and the interval, s, of the source by whose
// noise a vehicle is moved least in one of its scans: what models of motion are
// scaled by. A second and coarser sensor does not make vehicles less steady.
func (l *learned) finest() (sigma, period float64) {
	least := math.Inf(1)
	sigma, period = l.sigma(), l.period()
	for i := range l.sources {
		k := &l.sources[i]
		t := l.period()
		if k.interval > 0 {
			t = k.interval
		}
		if q := square(k.sigma(l)) / (t * t * t); q < least {
			least, sigma, period = q, k.sigma(l), t
		}
	}
	return sigma, period
}

// nearest is the median distance to the next report, of the first thousand, m.
func nearest(reports []Report) float64 {
	reports = reports[:min(len(reports), 1000)]
	var all []float64
	for i := range reports {
		least := math.Inf(1)
		for j := range reports {
			if i != j {
				least = math.Min(least, math.Hypot(reports[i].X-reports[j].X, reports[i].Y-reports[j].Y))
			}
		}
		all = append(all, least)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// cellReports is how many reports a cell of the coverage has in the mean: few
// enough to follow the sensor's outline, enough that one in fifty cells within
// it is empty by chance.
const cellReports = 4

// coverage is the area that reports come from, m²: of the cells of their
// bounding rectangle those that have any. Vehicles that have left where the
// sensor looks widen the rectangle and hardly the coverage. No side counts for
// less than least.
func coverage(reports []Report, least float64) float64 {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i := range reports {
		r := &reports[i]
		lo[0], hi[0] = math.Min(lo[0], r.X), math.Max(hi[0], r.X)
		lo[1], hi[1] = math.Min(lo[1], r.Y), math.Max(hi[1], r.Y)
	}
	n := float64(len(reports))
	// A sample of n lacks about 2/(n+1) of a side.
	wide := math.Max(hi[0]-lo[0], least) * (n + 1) / (n - 1)
	high := math.Max(hi[1]-lo[1], least) * (n + 1) / (n - 1)
	side := math.Sqrt(wide * high * cellReports / n)
	nx, ny := int(wide/side), int(high/side)
	if nx < 2 || ny < 2 {
		return wide * high
	}
	taken := make([]bool, nx*ny)
	count := 0.0
	for i := range reports {
		cx := min(int((reports[i].X-lo[0])/wide*float64(nx)), nx-1)
		cy := min(int((reports[i].Y-lo[1])/high*float64(ny)), ny-1)
		if c := cy*nx + cx; !taken[c] {
			taken[c] = true
			count++
		}
	}
	return wide * high * count / float64(nx*ny)
}

// death is the probability that a vehicle goes within dt: as many go as come.
func (l *learned) death(dt float64) float64 {
	scans := dt / l.period()
	return clamp(l.births/math.Max(l.known, 1), 1.0/500, 1.0/20) * scans
}

// fastest is the highest speed that a vehicle is believed to have, in the unit
// of places a second: what one on a road can do, or where the unit is another
// one, or what moves is, several times what is usual here.
func (l *learned) fastest(s Settings) float64 {
	if s.Fastest > 0 {
		return s.Fastest
	}
	return math.Max(topSpeed, 6*math.Sqrt(l.speed2))
}

// tell takes in a scan's outcome.
func (l *learned) tell(a *association, tracks []bernoulli, expected []float64, born float64) {
	gain := l.gain()
	unknown := 0.0
	for _, p := range a.new {
		unknown += p
	}
	if l.scans > 0 {
		l.clutter = math.Max(blend(l.clutter, unknown, gain), 0.02)
	}
	seen, there := 0.0, 0.0
	var sum2, moving float64
	var occupancy [modes]float64
	l.known = 0
	n := 0.0
	for i := range tracks {
		b := &tracks[i]
		l.known += b.existence
		// Who counts is chosen by what was known before the scan: to choose
		// by its outcome would leave out those that were missed.
		if expected[i] < 0.9 || b.age < 3 {
			continue
		}
		n++
		p := 0.0
		for _, q := range a.prob[i] {
			p += q
		}
		seen += p
		there += b.existence
		for m, w := range b.weight {
			occupancy[m] += w
		}
		if w := 1 - b.weight[stopped]; w > 0.2 {
			sum2 += w * b.speed2()
			moving += w
		}
	}
	if there > 0 {
		g := gain * there / (there + 10)
		l.detection = clamp(blend(l.detection, seen/there, g), 0.3, 0.99)
		for m := range occupancy {
			l.occupancy[m] = clamp(blend(l.occupancy[m], occupancy[m]/n, g), 0.02, 1)
		}
		if l.straight {
			l.occupancy[turning] = 0
		}
	}
	if moving > 0 {
		l.speed2 = blend(l.speed2, sum2/moving, gain*moving/(moving+10))
	}
	if l.scans > 2 {
		l.births = math.Max(blend(l.births, born, gain), 0.02)
	}
	l.hidden = l.hidden*(1-l.detection) + l.births
	l.scans++
}

// noise is the variance of reports that state none, corrected by how far
// they fall from where sure tracks expect them: the mean of the squared
// Mahalanobis distance is 2 where the variance is right. The motion's noise
// is in proportion to it, so one factor fits both.
func (l *learned) noise(a *association, tracks []bernoulli, predicted []gauss, reports []measured, scan *Scan) float64 {
	n, sum := 0.0, 0.0
	for i := range tracks {
		j := a.given[i]
		if j < 0 || scan.Reports[j].Sigma > 0 || tracks[i].existence < 0.9 || tracks[i].age < 3 {
			continue
		}
		d := predicted[i].innovate(&reports[j]).distance2
		n++
		sum += math.Min(d, gate2)
	}
	if n == 0 {
		return l.unstated
	}
	step := math.Max(4/float64(l.scans+10), gainFloor) * n / (n + 5)
	return clamp(l.unstated*math.Exp(step*(sum/n-2)), 1e-6, 1e6)
}
