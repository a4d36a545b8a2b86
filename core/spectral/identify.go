package spectral

import (
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/mat"

	"github.com/vigia-project/vigia"
)

// An Answer is how probable it is that a plume is of one substance, of a
// mixture, or of None.
type Answer struct {
	Name        string   `json:"name"`
	Probability float64  `json:"probability"`
	Amounts     []Amount `json:"amounts,omitempty"`
	LookAlikes  []string `json:"look_alikes,omitempty"` // that this sensor over this background can hardly tell from it
}

// An Amount is the mean column of a substance over a plume, in the signature's
// units (ppm·m).
type Amount struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	SD    float64 `json:"sd"`
}

// None is the answer that nothing in the library explains the plume.
const None = "none of these"

const (
	priorNone  = 0.1  // that the library lacks the substance
	priorPairs = 0.05 // that a plume is a mixture of two, shared by all pairs
	unknown    = 8    // degrees of freedom of a spectrum that is not in the library
	mismatch   = 0.01 // share of a signature's energy that library and sensor may differ by
	similar    = 0.9  // squared cosine of look-alikes
	fewMembers = 400  // pixels of a plume that are looked at
	elsewhere  = 96   // pieces of background of the plume's own shape
)

// Identify asks which of the library's absorption coefficients, given in the
// scene's bands that serve, explains a plume: generalised least squares of the
// plume's mean contrast to its surroundings on each candidate and each pair,
// amounts not negative, weighed by their evidence. How much such a contrast
// varies without a plume is measured on pieces of background of the plume's own
// shape, so correlated pixels do not pretend to be many. None is a spectrum
// of eight degrees of freedom, which fits. Answers are in order of
// probability.
func (s *Scene) Identify(bg *Background, p Plume, mask []uint8, names []string, library [][]float64, seed uint64) ([]Answer, error) {
	if len(names) != len(library) || len(names) == 0 {
		return nil, vigia.Errorf(vigia.Invalid, "%d names for %d signatures", len(names), len(library))
	}
	in := &inquiry{scene: s, bg: bg, mask: mask, rand: rand.New(rand.NewPCG(seed, 3))}
	in.shape(p)
	contrast, around, err := in.contrast(0, 0)
	if err != nil {
		return nil, err
	}
	if contrast == nil {
		return []Answer{{Name: None, Probability: 1}}, nil
	}
	white, err := in.whitener()
	if err != nil {
		return nil, err
	}
	targets := make([][]float64, len(library))
	for g, k := range library {
		t := make([]float64, len(k))
		for b, v := range s.light(around) {
			t[b] = -k[b] * v
		}
		targets[g] = white(t)
	}
	return weigh(white(contrast), targets, names, 1), nil
}

// An inquiry is one plume under question.
type inquiry struct {
	scene   *Scene
	bg      *Background
	mask    []uint8
	rand    *rand.Rand
	members [][2]int // line, sample
	ring    [][2]int
}

// shape takes some of the plume's pixels, evenly, and a ring of pixels around.
func (q *inquiry) shape(p Plume) {
	inside := map[[2]int]bool{}
	step := max(1, len(p.Members)/fewMembers)
	for k, i := range p.Members {
		at := [2]int{i / q.scene.Samples, i % q.scene.Samples}
		inside[at] = true
		if k%step == 0 {
			q.members = append(q.members, at)
		}
	}
	const near, far = 2, 4
	seen := map[[2]int]bool{}
	for _, i := range p.Members {
		l, s := i/q.scene.Samples, i%q.scene.Samples
		for dl := -far; dl <= far; dl++ {
			for ds := -far; ds <= far; ds++ {
				at := [2]int{l + dl, s + ds}
				if max(dl, -dl, ds, -ds) < near || inside[at] || seen[at] {
					continue
				}
				seen[at] = true
			}
		}
	}
	for at := range seen {
		if at[0] < 0 || at[1] < 0 || at[0] >= q.scene.Lines || at[1] >= q.scene.Samples || q.mask[at[0]*q.scene.Samples+at[1]] == 0 {
			q.ring = append(q.ring, at)
		}
	}
	sort.Slice(q.ring, func(a, b int) bool {
		if q.ring[a][0] != q.ring[b][0] {
			return q.ring[a][0] < q.ring[b][0]
		}
		return q.ring[a][1] < q.ring[b][1]
	})
	if len(q.ring) > fewMembers {
		thin := q.ring[:0]
		for k, step := 0, len(q.ring)/fewMembers+1; k < len(q.ring); k += step {
			thin = append(thin, q.ring[k])
		}
		q.ring = thin
	}
}

// contrast is the mean of the shape's pixels less that of its ring, both moved,
// and the ring's own mean; nil where too little of either is in the scene.
func (q *inquiry) contrast(dl, ds int) (diff, around []float64, err error) {
	inner, n, err := q.mean(q.members, dl, ds)
	if err != nil {
		return nil, nil, err
	}
	outer, m, err := q.mean(q.ring, dl, ds)
	if err != nil {
		return nil, nil, err
	}
	if 2*n < len(q.members) || n == 0 {
		return nil, nil, nil
	}
	if 4*m < len(q.ring) || m == 0 {
		outer = q.bg.Mean
	}
	diff = make([]float64, len(inner))
	for b := range diff {
		diff[b] = inner[b] - outer[b]
	}
	return diff, outer, nil
}

// mean is that of the pixels, moved, which lie in the scene and have data.
func (q *inquiry) mean(at [][2]int, dl, ds int) ([]float64, int, error) {
	s := q.scene
	all, row := make([]float32, s.all), make([]float32, len(s.Bands))
	sum, n := make([]float64, len(s.Bands)), 0
	for _, p := range at {
		l, c := p[0]+dl, p[1]+ds
		if l < 0 || c < 0 || l >= s.Lines || c >= s.Samples {
			continue
		}
		if err := s.ReadPixels(all, l*s.Samples+c); err != nil {
			return nil, 0, err
		}
		for i, b := range s.Bands {
			row[i] = all[b]
		}
		if s.empty(row) || !usable(row) {
			continue
		}
		for i, v := range row {
			sum[i] += float64(v)
		}
		n++
	}
	for i := range sum {
		sum[i] /= max(1, float64(n))
	}
	return sum, n, nil
}

// whitener makes the noise of a contrast white. In the covariance's own axes
// the variance of a contrast is the eigenvalue times a factor that is small where
// pixels are independent, as the sensor's noise is, and near one where
// neighbours are alike, as clutter is; it is measured on background, over a few
// neighbouring axes together.
func (q *inquiry) whitener() (func(v []float64) []float64, error) {
	var cov mat.SymDense
	q.bg.chol.ToSym(&cov)
	var eigen mat.EigenSym
	if !eigen.Factorize(&cov, true) {
		return nil, vigia.Errorf(vigia.Internal, "the covariance has no eigenvalues")
	}
	values, axes := eigen.Values(nil), &mat.Dense{}
	eigen.VectorsTo(axes)
	project := func(v []float64) []float64 {
		var out mat.VecDense
		out.MulVec(axes.T(), mat.NewVecDense(len(v), append([]float64(nil), v...)))
		for j := range values {
			out.SetVec(j, out.AtVec(j)/math.Sqrt(max(values[j], 1e-12*values[len(values)-1])))
		}
		return out.RawVector().Data
	}
	var samples [][]float64
	for try := 0; try < 8*elsewhere && len(samples) < elsewhere; try++ {
		l, s := q.rand.IntN(q.scene.Lines), q.rand.IntN(q.scene.Samples)
		dl, ds := l-q.members[len(q.members)/2][0], s-q.members[len(q.members)/2][1]
		if q.overlaps(dl, ds) {
			continue
		}
		c, _, err := q.contrast(dl, ds)
		if err != nil {
			return nil, err
		}
		if c != nil {
			samples = append(samples, project(c))
		}
	}
	independent := 1/float64(len(q.members)) + 1/float64(max(1, len(q.ring)))
	scale := factors(samples, len(values), independent)
	return func(v []float64) []float64 {
		out := project(v)
		for j := range out {
			out[j] /= scale[j]
		}
		return out
	}, nil
}

// factors is the standard deviation of samples in each axis, over a few axes
// together; that of independent pixels where there are too few samples.
func factors(samples [][]float64, axes int, independent float64) []float64 {
	const together = 4 // axes to either side
	square := make([]float64, axes)
	for _, s := range samples {
		for j, v := range s {
			square[j] += v * v / float64(len(samples))
		}
	}
	out := make([]float64, axes)
	for j := range out {
		sum, n := 0.0, 0.0
		for k := max(0, j-together); k <= min(axes-1, j+together); k++ {
			sum += square[k]
			n++
		}
		out[j] = math.Sqrt(max(sum/n, independent))
		if len(samples) < 5 { // no room in the scene
			out[j] = math.Sqrt(independent)
		}
	}
	return out
}

// overlaps tells whether the moved shape touches any plume.
func (q *inquiry) overlaps(dl, ds int) bool {
	for _, p := range q.members {
		l, s := p[0]+dl, p[1]+ds
		if l >= 0 && s >= 0 && l < q.scene.Lines && s < q.scene.Samples && q.mask[l*q.scene.Samples+s] != 0 {
			return true
		}
	}
	return false
}

// A model is one explanation.
type model struct {
	gases   []int
	amounts []float64
	sd      []float64
	log     float64 // evidence and prior
}

// weigh compares every explanation of a whitened contrast y whose noise has the
// given variance a band. The evidence of a model is Laplace's, with a prior of
// each amount as wide as its own size (unit information: Kass & Wasserman 1995,
// JASA 90:928); the variance takes in what a signature of that size may be off by.
func weigh(y []float64, targets [][]float64, names []string, noise float64) []Answer {
	p := float64(len(y))
	total := dotp(y, y)
	// Something that is not in the library: a spectrum with some degrees of freedom
	// of its own, which leaves what chance leaves, three standard deviations above
	// its mean.
	chance := noise * (p + 3*math.Sqrt(2*p))
	excess := max(0, total-chance)
	models := []model{{log: math.Log(priorNone) - (total-excess)/(2*noise) - unknown/2*math.Log(1+excess/noise)}}
	add := func(prior float64, gases ...int) {
		m, explained, ok := solve(y, targets, gases, noise)
		if !ok {
			return
		}
		variance := noise + mismatch*explained/p
		m.log = math.Log(prior) - (total-explained)/(2*variance) - p/2*math.Log(variance/noise) -
			float64(len(gases))/2*math.Log(1+explained/noise)
		models = append(models, m)
	}
	n := len(targets)
	for i := range n {
		add((1-priorNone-priorPairs)/float64(n), i)
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			add(priorPairs/float64(n*(n-1)/2), i, j)
		}
	}
	return answers(models, targets, names)
}

// solve fits amounts by least squares in whitened space; false where one is not
// positive or nothing is there to fit.
func solve(y []float64, targets [][]float64, gases []int, noise float64) (m model, explained float64, ok bool) {
	m.gases = gases
	a := targets[gases[0]]
	aa, ay := dotp(a, a), dotp(a, y)
	if !(aa > 0) {
		return m, 0, false
	}
	if len(gases) == 1 {
		x := ay / aa
		m.amounts, m.sd = []float64{x}, []float64{math.Sqrt(noise / aa)}
		return m, x * ay, x > 0
	}
	b := targets[gases[1]]
	bb, by, ab := dotp(b, b), dotp(b, y), dotp(a, b)
	det := aa*bb - ab*ab
	if !(det > 1e-6*aa*bb) {
		return m, 0, false
	}
	x, z := (bb*ay-ab*by)/det, (aa*by-ab*ay)/det
	m.amounts = []float64{x, z}
	m.sd = []float64{math.Sqrt(noise * bb / det), math.Sqrt(noise * aa / det)}
	return m, x*ay + z*by, x > 0 && z > 0
}

func dotp(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// answers normalises and names.
func answers(models []model, targets [][]float64, names []string) []Answer {
	top, sum := math.Inf(-1), 0.0
	for _, m := range models {
		top = max(top, m.log)
	}
	for _, m := range models {
		sum += math.Exp(m.log - top)
	}
	var out []Answer
	for _, m := range models {
		a := Answer{Name: None, Probability: math.Exp(m.log-top) / sum}
		if a.Probability < 1e-3 {
			continue
		}
		for k, g := range m.gases {
			a.Amounts = append(a.Amounts, Amount{names[g], m.amounts[k], m.sd[k]})
			if k == 0 {
				a.Name = names[g]
			} else {
				a.Name += " + " + names[g]
			}
		}
		if len(m.gases) == 1 {
			a.LookAlikes = lookAlikes(m.gases[0], targets, names)
		}
		out = append(out, a)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Probability > out[j].Probability })
	return out
}

func lookAlikes(g int, targets [][]float64, names []string) []string {
	var out []string
	for h := range targets {
		gg, hh, gh := dotp(targets[g], targets[g]), dotp(targets[h], targets[h]), dotp(targets[g], targets[h])
		if h != g && gh > 0 && gh*gh > similar*gg*hh {
			out = append(out, names[h])
		}
	}
	return out
}
