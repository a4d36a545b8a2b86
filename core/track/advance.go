package track

import "math"

// Tracks less likely than this are given up.
const leastExistence = 1e-3

// No position is known better than to a millimetre, whatever is stated:
// arithmetic ends before that.
const leastVariance = 1e-6

// proven is the age, scans, at which a track counts as one that was born.
const proven = 5

// advance is the state behind a scan, from the one before it, and what is kept
// of it. It writes to neither of its arguments.
func advance(before *state, scan Scan, settings Settings) (*state, *trace) {
	after := &state{started: true, time: scan.Time, learned: before.learned, next: before.next, begun: before.begun}
	l := &after.learned
	dt := 0.0
	if before.started {
		dt = scan.Time - before.time
	}
	l.look(&scan, dt)
	reports := l.measure(&scan)
	tracks := make([]bernoulli, len(before.tracks), len(before.tracks)+len(reports))
	copy(tracks, before.tracks)
	move := motionOf(l, dt)
	live := 1 - clamp(l.death(dt), 0, 0.5)
	predicted, cross := make([]gauss, len(tracks)), make([]mat, len(tracks))
	for i := range tracks {
		b := &tracks[i]
		cross[i] = move.predict(b)
		predicted[i] = b.moments()
		b.existence *= live
		b.age++
		b.report = -1
	}
	a := l.associate(tracks, reports, scan.Sensor)
	l.unstated = l.noise(&a, tracks, predicted, reports, &scan)
	expected, top := make([]float64, len(tracks)), l.fastest(settings)
	for i := range tracks {
		expected[i] = tracks[i].existence
		tracks[i].take(&a, i, reports, settings.Single, top)
		tracks[i].now = tracks[i].moments()
		if tracks[i].report >= 0 {
			tracks[i].seen = scan.Time
		}
	}
	unite(tracks, &a)
	begun := l.beginAll(reports, &a, top)
	for i := range begun {
		after.begun++
		begun[i].begun, begun[i].now = after.begun, begun[i].moments()
		begun[i].began, begun[i].seen = scan.Time, scan.Time
	}
	after.ghosts = haunt(before.ghosts, nil, scan.Time)
	l.tellNew(tracks, after, settings)
	born := 0.0
	for i := range tracks {
		b := &tracks[i]
		// Counted when it has lasted, for chance has begun many others; not
		// counted when it was there before the first scan.
		if b.age == proven && b.age < l.scans {
			born += b.existence
		}
	}
	l.scores = l.scores.learn(a.new, &scan)
	l.tell(&a, tracks, expected, born)
	kept := tracks[:0]
	var given []bernoulli
	marks := make([]mark, 0, len(tracks)+len(begun))
	for i := range tracks {
		if tracks[i].existence >= leastExistence && tracks[i].width() < l.widest() {
			m := tracks[i].mark(l)
			m.predicted, m.gain = predicted[i].pack(), smootherGain(&cross[i], &predicted[i])
			marks = append(marks, m)
			kept = append(kept, tracks[i])
		} else if tracks[i].existence > 0 { // not one that was united with another
			given = append(given, tracks[i])
		}
	}
	after.ghosts = haunt(after.ghosts, given, scan.Time)
	begun = begun[:min(len(begun), maxTracks-min(len(kept), maxTracks))]
	for i := range begun {
		marks = append(marks, begun[i].mark(l))
	}
	after.tracks = append(kept, begun...)
	return after, &trace{scan.Time, live, top, marks}
}

// unite joins tracks that follow one vehicle: they share a report, agree in
// place and velocity, and exist but for about one between them. Each alone
// would live on at one half, for independent tracks cannot say "one of us".
// Two vehicles side by side have two reports, and exist for nearly two.
func unite(tracks []bernoulli, a *association) {
	owners := make([][]int, len(a.new))
	for i := range tracks {
		for k, e := range a.edges[i] {
			if a.prob[i][k] < 0.1 {
				continue
			}
			for _, j := range owners[e.report] {
				// The older has the smaller index.
				if x, y := &tracks[j], &tracks[i]; x.existence+y.existence < uniteBelow && x.existence > 0 && y.existence > 0 && alike(&x.now, &y.now) {
					heir := *x
					if y.existence > x.existence && x.number == 0 {
						heir = *y
						heir.begun, heir.age = x.begun, x.age
					}
					heir.existence = math.Min(x.existence+y.existence, 1-1e-6)
					*x = heir
					y.existence = 0
				}
			}
			owners[e.report] = append(owners[e.report], i)
		}
	}
}

const uniteBelow = 1.6

// alike says whether two states differ by less than their deviations.
func alike(x, y *gauss) bool {
	var sum mat
	for i := range 4 {
		for j := range 4 {
			sum[i][j] = x.cov[i][j] + y.cov[i][j]
		}
	}
	inverse, ok := invert(sum)
	d := 0.0
	for i := range 4 {
		for j := range 4 {
			d += (x.mean[i] - y.mean[i]) * inverse[i][j] * (x.mean[j] - y.mean[j])
		}
	}
	return ok && d < 2
}

// beginAll makes tracks of the reports that no track explains.
func (l *learned) beginAll(reports []measured, a *association, top float64) []bernoulli {
	var out []bernoulli
	for j := range reports {
		if b, ok := l.begin(&reports[j], a.new[j], top); ok {
			b.report = j
			out = append(out, b)
		}
	}
	return out
}

// measure fills in what reports do not state.
func (l *learned) measure(s *Scan) []measured {
	out := make([]measured, len(s.Reports))
	for i := range s.Reports {
		r := &s.Reports[i]
		m := measured{x: r.X, y: r.Y, variance: r.Sigma * r.Sigma, likely: 1, fresh: 1, class: r.Class, sensor: s.Sensor}
		if r.Sigma == 0 {
			m.variance = l.unstated
		}
		m.variance = math.Max(m.variance, leastVariance)
		if r.Velocity != nil {
			m.velocity, m.velocityVariance = r.Velocity, square(r.VelocitySigma)
			if r.VelocitySigma == 0 {
				m.velocityVariance = m.variance / square(l.period())
			}
			// Clutter's velocity is anything that a vehicle's is and more: of
			// twice the deviation.
			m.likely *= 8 * math.Pi * l.speed2
			m.fresh *= 4 * math.Exp(-(square(r.Velocity[0])+square(r.Velocity[1]))/(2*l.speed2)*3/4)
		}
		if r.RangeRate != nil && s.Sensor != nil {
			m.rangeRate, m.rangeRateVar = r.RangeRate, square(r.RangeRateSigma)
			if r.RangeRateSigma == 0 {
				m.rangeRateVar = 1
			}
			m.likely *= math.Sqrt(8 * math.Pi * l.speed2)
			m.fresh *= 2 * math.Exp(-square(*r.RangeRate)/(2*l.speed2)*3/4)
		}
		if r.Score != nil {
			ratio := math.Exp(l.scores.logRatio(*r.Score))
			m.likely *= ratio
			m.fresh *= ratio
			m.score = r.Score
		}
		out[i] = m
	}
	return out
}

// associate gates and weighs.
func (l *learned) associate(tracks []bernoulli, reports []measured, sensor *Sensor) association {
	existence, detection := make([]float64, len(tracks)), make([]float64, len(tracks))
	edges := make([][]edge, len(tracks))
	if len(reports) > 0 {
		g := newGrid(reports)
		widest := 0.0
		for i := range reports {
			widest = math.Max(widest, reports[i].variance)
		}
		for i := range tracks {
			edges[i] = gateOf(&tracks[i], &g, reports, widest)
		}
	}
	for i := range tracks {
		existence[i] = math.Min(tracks[i].existence, 1-1e-9)
		detection[i] = l.detection * visible(&tracks[i], sensor)
	}
	background := make([]float64, len(reports))
	for j := range reports {
		background[j] = (l.clutter + reports[j].fresh*l.hidden*l.detection) / l.area
	}
	return associate(edges, existence, detection, background)
}

// visible is the probability that a sensor with a minimum detectable velocity
// sees the track's range rate.
func visible(b *bernoulli, s *Sensor) float64 {
	if s == nil || s.MinVelocity <= 0 {
		return 1
	}
	p := 0.0
	for m := range b.mode {
		g := &b.mode[m]
		east, north := lineOfSight(s, g.mean[0], g.mean[1])
		rate := east*g.mean[2] + north*g.mean[3]
		variance := east*east*g.cov[2][2] + 2*east*north*g.cov[2][3] + north*north*g.cov[3][3]
		d := math.Sqrt(2 * math.Max(variance, 1e-12))
		blind := (math.Erf((s.MinVelocity-rate)/d) + math.Erf((s.MinVelocity+rate)/d)) / 2
		p += b.weight[m] * (1 - clamp(blind, 0, 1))
	}
	return clamp(p, 1e-3, 1)
}

// take updates a track by its share of the reports: each mode becomes the
// moments of what it would be with each report, and with none.
func (b *bernoulli) take(a *association, i int, reports []measured, single bool, top float64) {
	edges, prob := a.edges[i], a.prob[i]
	hit := 0.0
	for _, p := range prob {
		hit += p
	}
	b.existence = clamp(hit+a.miss[i], 0, 1)
	if b.existence == 0 || len(edges) == 0 {
		return
	}
	given := a.given[i]
	parts := make([]share, 0, 8)
	for k, e := range edges {
		p := prob[k] / (hit + a.miss[i])
		b.hear(reports[e.report].score, p)
		if e.report == given {
			b.report = given
			b.vote(reports[given].class)
		}
		if single {
			p = 0
			if e.report == given {
				p = hit / (hit + a.miss[i])
			}
		}
		if p > 1e-4 {
			parts = append(parts, share{p, k})
		}
	}
	miss := a.miss[i] / (hit + a.miss[i])
	var weight [modes]float64
	total := 0.0
	before := b.mode[turning]
	for m := range b.mode {
		weight[m] = b.mode[m].blend(m, b.weight[m], miss, parts, edges, reports)
		total += weight[m]
		b.mode[m].within(top)
	}
	if weight[turning] > 0 {
		b.turn.learn(&before, &b.mode[turning])
	}
	if !(total > 0) { // the best assignment leaves it without a report
		return
	}
	for m := range weight {
		b.weight[m] = weight[m] / total
	}
}

// A share is the probability of one of a track's edges.
type share struct {
	prob float64
	edge int
}

// blend updates mode m of prior probability w by all shares, and returns the
// mode's weight behind them.
func (g *gauss) blend(m int, w, miss float64, parts []share, edges []edge, reports []measured) float64 {
	total := w * miss
	for _, q := range parts {
		total += q.prob * w * edges[q.edge].mode[m] / edges[q.edge].density
	}
	if total < 1e-12 {
		return 0
	}
	// Second moments are taken about the prior's mean, and moved at the end.
	var out gauss
	prior := *g
	none := w * miss / total
	for i := range 4 {
		for j := range 4 {
			out.cov[i][j] = none * prior.cov[i][j]
		}
	}
	var shift vec
	for _, q := range parts {
		p := q.prob * w * edges[q.edge].mode[m] / edges[q.edge].density / total
		if p < 1e-6 {
			continue
		}
		one := prior
		one.update(&reports[edges[q.edge].report])
		var d vec
		for i := range d {
			d[i] = one.mean[i] - prior.mean[i]
			shift[i] += p * d[i]
		}
		for i := range 4 {
			for j := range 4 {
				out.cov[i][j] += p * (one.cov[i][j] + d[i]*d[j])
			}
		}
	}
	for i := range 4 {
		out.mean[i] = prior.mean[i] + shift[i]
		for j := range 4 {
			out.cov[i][j] -= shift[i] * shift[j]
		}
	}
	*g = out
	return total
}

// begin makes a track of a report that no track explains.
func (l *learned) begin(r *measured, unexplained, top float64) (bernoulli, bool) {
	vehicle := l.hidden * l.detection * r.fresh
	b := bernoulli{existence: unexplained * vehicle / (vehicle + l.clutter), class: r.class}
	if b.existence < leastExistence {
		return b, false
	}
	if r.class != "" {
		b.classVote = 1
	}
	b.hear(r.score, 1)
	b.weight, b.turn = l.occupancy, turn{variance: rateSD * rateSD}
	b.weight[turning] = 0 // the first step mixes it in
	total := 0.0
	for _, w := range b.weight {
		total += w
	}
	for m := range b.mode {
		b.weight[m] /= total
		g := &b.mode[m]
		g.mean = vec{r.x, r.y, 0, 0}
		v := l.speed2
		switch m {
		case stopped:
			v = square(0.02 * l.sigma() / l.period())
		case abrupt:
			v *= 4 // those few that are faster than most
		}
		g.cov[0][0], g.cov[1][1], g.cov[2][2], g.cov[3][3] = r.variance, r.variance, v, v
		if m != stopped && (r.velocity != nil || r.rangeRate != nil) {
			g.update(&measured{x: r.x, y: r.y, variance: 1e12, velocity: r.velocity, velocityVariance: r.velocityVariance,
				rangeRate: r.rangeRate, rangeRateVar: r.rangeRateVar, sensor: r.sensor})
		}
		g.within(top)
	}
	return b, true
}

// width is the larger deviation of a track's place, m.
func (b *bernoulli) width() float64 {
	g := &b.now
	return math.Sqrt(math.Max(g.cov[0][0], g.cov[1][1]))
}

// widest is the width of a track that says no more than the whole area does.
func (l *learned) widest() float64 { return math.Max(math.Sqrt(l.area)/4, 20*l.sigma()) }
