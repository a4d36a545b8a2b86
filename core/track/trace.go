package track

// A trace is what is kept of a scan for telling and smoothing, when the state
// behind it is given up: a fifth of it.
type trace struct {
	time  float64
	live  float64 // probability that a vehicle of the scan before is still there
	top   float64 // m/s, highest speed of a vehicle
	marks []mark  // in order of when the tracks began
}

// A mark is one track behind one scan.
type mark struct {
	begun, number int
	existence     float64
	genuine       float64
	stopped       float64
	rejoined      float64
	report        int
	class         string
	now           packed
	predicted     packed        // the same before the scan's reports
	gain          [4][4]float32 // by which what is known later is carried back to the scan before
}

// packed is a gauss without what symmetry says twice.
type packed struct {
	mean vec
	cov  [10]float64 // by rows, from the diagonal on
}

func (g *gauss) pack() (p packed) {
	p.mean = g.mean
	k := 0
	for i := range 4 {
		for j := i; j < 4; j++ {
			p.cov[k] = g.cov[i][j]
			k++
		}
	}
	return p
}

func (p *packed) unpack() (g gauss) {
	g.mean = p.mean
	k := 0
	for i := range 4 {
		for j := i; j < 4; j++ {
			g.cov[i][j], g.cov[j][i] = p.cov[k], p.cov[k]
			k++
		}
	}
	return g
}

// mark keeps a track.
func (b *bernoulli) mark(l *learned) mark {
	return mark{
		begun: b.begun, number: b.number, existence: b.existence, genuine: b.genuine(&l.scores),
		stopped: b.weight[stopped], rejoined: b.rejoined, report: b.report, class: b.class, now: b.now.pack(),
	}
}

func (m *mark) estimate() Estimate {
	g := m.now.unpack()
	return Estimate{
		Track: m.number, X: g.mean[0], Y: g.mean[1], VX: g.mean[2], VY: g.mean[3], Covariance: g.cov,
		Existence: m.existence, Stopped: m.stopped, Rejoined: m.rejoined, Report: m.report, Class: m.class,
	}
}

// prune leaves out the tracks that were never told and are gone two scans
// later: nobody will hear of them.
func (t *trace) prune(later *trace) {
	kept := make([]mark, 0, len(later.marks))
	j := 0
	for i := range t.marks {
		m := &t.marks[i]
		for j < len(later.marks) && later.marks[j].begun < m.begun {
			j++
		}
		if m.number > 0 || j < len(later.marks) && later.marks[j].begun == m.begun {
			kept = append(kept, *m)
		}
	}
	t.marks = kept
}
