package localise

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Likelihood. A reading is background, and for a part of the time plume. When
// the plume is there the reading is a draw from a fluctuating one, whose
// standard deviation is of the order of its mean (Hanna 1984, Atmospheric
// Environment 18:1091); when it is not there the reading is background alone.
// So the likelihood has two parts, and a plume that is predicted and not seen
// costs no more than the improbability of its absence. Both parts are Student
// distributions with four degrees of freedom: a whiff that no mean plume has
// costs some ten nats, where a normal distribution would let one whiff outvote
// an hour of readings. What turns the plume or changes its strength does so for
// all sensors alike, and is integrated out slot by slot (slot.go).
const freedom = 4.0

// The parameters of a particle: nine of the air and the readings, then six for
// each source.
const (
	pIy0   = iota // log of the sideways turbulence intensity
	pKy           // log of the factor on the wind's measured turning
	pIz           // log of the upward turbulence intensity, or of the factor on the measured one
	pBias         // bias of the wind's direction, radians, anticlockwise
	pFluct        // log of the fluctuation's intensity within the plume
	pThere        // logit of the part of the time that the plume is on its mean axis
	pTurn         // log of the standard deviation of the wind's turn in one slot at the usual speed, radians
	pSwell        // log of the standard deviation of the log of the plume's strength in one slot
	pSize         // log of the standard deviation that the plume has where it starts, metres
	nAir
)

const (
	sX    = iota // metres
	sY           // metres
	sZ           // log of the height in metres
	sRate        // log of the rate in kg/h
	sOn          // when it begins: below 0 before the first reading, else the part of the record
	sOff         // when it ends, from the record's end backwards, in the same way
	nSource
)

// A normal is a prior of one parameter.
type normal struct{ mean, sd float64 }

func (n normal) log(v float64) float64 {
	z := (v - n.mean) / n.sd
	return -0.5*z*z - math.Log(n.sd) - 0.9189385332046727
}

func (n normal) draw(r *rand.Rand) float64 { return n.mean + n.sd*r.NormFloat64() }

// A model is the readings, the wind and the priors.
type model struct {
	data    []datum
	sensors int
	names   []string  // of the sensors
	start   time.Time // of the problem's clock
	path    windPath
	last    float64 // seconds of the last reading
	area    box
	seed    uint64
	workers int

	air    [nAir]normal
	height normal // of the log of a source's height
	rate   normal // of the log of its rate
	ground *ground
	lows   map[int][]float64 // first background of each sensor
	temper float64           // exponent of the likelihood

	heights []float64 // that have columns

	readings int
}

// Priors.
const (
	inBuildings = 0.8 // that a source is in a known building, where buildings are known
	rasterCell  = 2.5 // metres, of the raster of buildings
)

// setPrior sets the priors. Without buildings: open country, a source near the
// ground. With them: a town, whose roughness widens every plume (Briggs's urban
// intensities, Griffiths 1994, table 2), turns the wind between the houses, and
// whose sources vent at the height of windows and roofs.
func (m *model) setPrior(buildings []Building) {
	m.air = [nAir]normal{
		pIy0: {math.Log(0.10), 0.5},
		pKy:  {math.Log(0.9), 0.35},
		pIz:  {math.Log(0.08), 0.6},
		// A vane is aligned to 5° (WMO No. 8, 2018, volume I, chapter 5), a compass is
		// off by the declination (some 10°) where nobody corrected it, and what stands
		// on a site turns the mean wind by about as much.
		pBias:  {0, 12 * math.Pi / 180},
		pFluct: {math.Log(0.7), 0.35},
		pThere: {1.5, 1},
		// Over a minute the wind at a source and at an anemometer some tens of metres
		// off differ by about the turbulence intensity.
		pTurn:  {math.Log(0.15), 0.5},
		pSwell: {math.Log(0.25), 0.5},
		// The wake of what a source stands on: its width over 4.3 and its height over
		// 2.15 (US EPA 1995, EPA-454/B-95-003b, table 1-6), of things of 1 to 5 m.
		pSize: {0, 0.6},
	}
	m.height = normal{math.Log(1.2), 0.7}
	m.rate = normal{0, 2.3}
	if measured := m.tangents(); measured {
		m.air[pIy0] = normal{math.Log(0.05), 0.5}
		// Of the tangents a plume has 0.9 after 15 s sideways, and upwards all of them
		// by day and 0.7 by night (Irwin 1983, Journal of Climate and Applied
		// Meteorology 22:92). What turns the plume as a whole is in pTurn.
		m.air[pKy] = normal{math.Log(0.75), 0.4}
		m.air[pIz] = normal{math.Log(0.9), 0.3}
	}
	m.ground = newGround(m.area, buildings)
	if m.ground.held > 0 {
		m.height = normal{math.Log(4), 0.6}
		m.air[pSize] = normal{math.Log(2.5), 0.5} // of houses
		if !m.tangents() {
			m.air[pIy0] = normal{math.Log(0.14), 0.5}
			m.air[pIz] = normal{math.Log(0.12), 0.5}
		}
	}
	m.setTemper()
}

const (
	independentSeconds = 600.0 // apart, readings of a fixed sensor are as good as independent
	independentMetres  = 250.0 // or readings of a moving one
)

// setTemper sets the exponent of the likelihood. Readings near each other in
// time see the same eddy, the same error of the wind and of the background, and
// the sum of their log likelihoods counts that several times over. The exponent
// is the number of readings that are as good as independent over the number of
// all (a composite likelihood with its curvature corrected: Pauli, Racugno and
// Ventura 2011, Statistica Sinica 21:149).
func (m *model) setTemper() {
	all, independent := 0.0, 0.0
	for _, idx := range m.series() {
		all += float64(len(idx))
		independent++
		for n := 1; n < len(idx); n++ {
			a, b := &m.data[idx[n-1]], &m.data[idx[n]]
			apart := (b.t-a.t)/independentSeconds + math.Hypot(b.x-a.x, b.y-a.y)/independentMetres
			independent += math.Min(apart, 1)
		}
	}
	m.temper = independent / all
}

// tangents tells whether the wind records hold the measured spread of angles.
func (m *model) tangents() bool {
	n := 0
	for _, d := range m.data {
		if d.tanV > 0 {
			n++
		}
	}
	return 2*n > len(m.data)
}

// airOf and emitterOf turn parameters into what the kernel takes.
func airOf(th []float64) air {
	s, c := math.Sincos(th[pBias])
	return air{iy0: math.Exp(th[pIy0]), ky: math.Exp(th[pKy]), iz: math.Exp(th[pIz]), size: math.Exp(th[pSize]), cos: c, sin: s,
		there: logistic(th[pThere]), turn: math.Exp(th[pTurn])}
}

func logistic(v float64) float64 { return 1 / (1 + math.Exp(-v)) }

func (m *model) emitterOf(s []float64) emitter {
	on, off := math.Inf(-1), math.Inf(1)
	if s[sOn] > 0 {
		on = s[sOn] * m.last
	}
	if s[sOff] > 0 {
		off = (1 - s[sOff]) * m.last
	}
	return emitter{x: s[sX], y: s[sY], z: math.Exp(s[sZ]), rate: math.Exp(s[sRate]) / 3600, on: on, off: off}
}

// sources is how many a particle's parameters hold.
func sources(th []float64) int { return (len(th) - nAir) / nSource }

func source(th []float64, k int) []float64 { return th[nAir+k*nSource : nAir+(k+1)*nSource] }

// logLikelihood returns the log of the likelihood of all readings over that of
// no source, for all sources of th, and for all but the last.
func (m *model) logLikelihood(th []float64) (all, butLast float64) {
	a := airOf(th)
	k := sources(th)
	var em [maxSources]emitter
	var cols [maxSources]columns
	for i := range k {
		em[i] = m.emitterOf(source(th, i))
		cols[i].fill(m.heights, em[i].z, a.size)
		em[i].columns = &cols[i]
	}
	p, q := newRatio(th), newRatio(th)
	var one, mean fan
	for i := range m.data {
		d := &m.data[i]
		mean = fan{}
		absent := 1.0
		for j := range k - 1 {
			if d.fan(&m.path, &a, &em[j], &one) {
				mean.plus(&one, em[j].rate)
				absent *= 1 - a.there
			}
		}
		if absent < 1 {
			q.add(d, &mean, 1-absent)
		}
		if d.fan(&m.path, &a, &em[k-1], &one) {
			mean.plus(&one, em[k-1].rate)
			absent *= 1 - a.there
		}
		if absent < 1 {
			p.add(d, &mean, 1-absent)
		}
	}
	return p.log() * m.temper, q.log() * m.temper
}

// logPriorAir and logPriorSource are the logs of the priors' densities.
func (m *model) logPriorAir(th []float64) float64 {
	l := 0.0
	for i, n := range m.air {
		l += n.log(th[i])
	}
	return l
}

func (m *model) logPriorSource(s []float64) float64 {
	if math.Abs(s[sOn]) > 1 || math.Abs(s[sOff]) > 1 || math.Max(s[sOn], 0)+math.Max(s[sOff], 0) >= 1 {
		return math.Inf(-1)
	}
	return m.ground.logDensity(s[sX], s[sY]) + m.height.log(s[sZ]) + m.rate.log(s[sRate])
}

// each runs f(0..n-1) on the model's workers. f must write only what is its own.
func (m *model) each(n int, f func(i int)) {
	if m.workers == 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range m.workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < n; i += m.workers {
				f(i)
			}
		}()
	}
	wg.Wait()
}

// random returns the stream of numbers that belongs to a step and an index: the
// same whichever worker draws it.
func (m *model) random(step, i int) *rand.Rand {
	return rand.New(rand.NewPCG(m.seed*0x9e3779b97f4a7c15+uint64(step), uint64(i)*0xbf58476d1ce4e5b9+1))
}
