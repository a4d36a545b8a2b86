package localise

import (
	"math"
	"math/rand/v2"
)

// The weather of a flight: what is not known of the air and of the aircraft's
// sensor, the same for the whole flight. A draw is a vector of standard normal
// numbers, so that the prior has one form and draws can be fitted (see fitted).
const (
	wBias    = iota // of the wind's direction
	wSwing          // standard deviation of the plume's direction from pass to pass
	wIy             // sideways intensity of what swings
	wIz             // upward intensity
	wBend           // distance in which the upward spread bends
	wHeight         // of the source
	wSize           // standard deviation of the plume where it starts
	wScatter        // of the strength from pass to pass
	wAside          // distance that a swing has at the source already
	wRise           // how high the plume reaches where it starts
	wFade           // how the strength's fall with distance differs from the model's
	wLow            // how deep among the roofs the source is, which several of the above go with
	nWeather
)

// A weather is one draw, made ready.
type weather struct {
	u       [nWeather]float64
	bias    float64 // radians, anticlockwise
	swing   float64 // radians
	iy2     float64
	iz2     float64
	bend    float64 // 1/m: σz = iz·x·(1 + bend·x)^-1/2, Taylor's (1922) limits joined as Briggs does
	size2   float64 // m², sideways
	rise2   float64 // m², upwards
	back    float64 // 1/m: one over how far gas goes against the wind
	delay   float64 // m that gas has gone before it is up among the roofs
	height  float64 // m
	lag     float64 // s
	miss    float64
	aside2  float64                      // m²: houses and the slow air between them turn a plume where it starts
	fade    float64                      // exponent of the distance
	scatter [2*strengthReach + 1]float64 // probability of each step of strength about the mean
	table   [tableSteps + 1]stretch
}

// Rates are looked at on a grid of their logarithm; the strength of a pass is
// the rate times a lognormal number of mean one, on the same steps.
const (
	rateLowest    = -4.0 // log of kg/h
	rateStep      = 0.5
	rateNodes     = 18
	strengthReach = 3 // steps to either side
	strengthNodes = rateNodes + 2*strengthReach
)

var strengths = func() (s [strengthNodes]float64) {
	for i := range s {
		s[i] = math.Exp(rateLowest + rateStep*float64(i-strengthReach))
	}
	return
}()

// goesWith is what the weathers of a town have in common. Gas of a low source
// stays in the slow air between the houses for longer: it is spread to the sides
// where it starts, comes up late, and by fits. Of 24 flights 13 m over the
// simulator's town (seeds 1 to 24), the posteriors of the weather given the true
// place have these means, and hang together so.
var goesWith = []struct {
	of       int
	mean, by float64 // of the standard normal number; part that is wLow's
}{
	{wSize, 0.6, 0.75}, {wAside, -0.33, 0.6}, {wFade, 0.38, 0.6}, {wHeight, 0, -0.6},
	{wRise, 0.19, -0.6}, {wScatter, 0, 0.4}, {wIy, 0.62, 0}, {wSwing, -0.32, 0},
}

// newWeather turns standard normal numbers into a weather. town tells whether
// buildings are known: they widen a plume (US EPA 1995, EPA-454/B-95-003b, table
// 1-6, for what a house does; Griffiths 1994, table 2, for the intensities), and
// sources vent at windows and roofs.
func newWeather(u [nWeather]float64, town bool) weather {
	log := func(i int, median, sd float64) float64 { return median * math.Exp(sd*u[i]) }
	w := weather{u: u}
	if town {
		for _, g := range goesWith {
			u[g.of] = g.mean + g.by*u[wLow] + math.Sqrt(1-g.by*g.by)*u[g.of]
		}
	}
	w.bias = 8 * math.Pi / 180 * u[wBias]
	w.swing = log(wSwing, 0.15, 0.4)
	iy, iz, bend, size, rise, height, aside := 0.08, 0.08, 120.0, 1.0, 1.0, 1.2, 10.0
	if town {
		// Among the roofs eddies are small: an upward spread is that of diffusion after
		// twice the way that the wind makes in their time, κu*z/σw² (Taylor 1922).
		iy, iz, bend, size, rise, height, aside = 0.14, 0.20, 12.0, 8.0, 4.5, 5.5, 100.0
		w.delay = 5
	}
	rise = log(wRise, rise, 0.5)
	w.rise2 = rise * rise
	aside = log(wAside, aside, 0.5)
	w.aside2, w.fade = aside*aside, 0.3*u[wFade]
	iy, iz, size = log(wIy, iy, 0.4), log(wIz, iz, 0.5), log(wSize, size, 0.5)
	w.iy2, w.iz2, w.size2 = iy*iy, iz*iz, size*size
	w.back = 1 / (1.2 * size)
	w.bend, w.height = 1/log(wBend, bend, 0.6), log(wHeight, height, 0.35)
	w.lag, w.miss = 0.8, 0.1
	s, sum := log(wScatter, 0.6, 0.35), 0.0
	for i := range w.scatter {
		z := (rateStep*float64(i-strengthReach) + s*s/2) / s
		w.scatter[i] = math.Exp(-z * z / 2)
		sum += w.scatter[i]
	}
	for i := range w.scatter {
		w.scatter[i] /= sum
	}
	w.fill()
	return w
}

// A sky is some weathers with their weights, which sum to one.
type sky struct {
	of  []weather
	log []float64 // of the weights
}

// priorSky draws evenly from the prior: an additive recurrence (Roberts 2018;
// Niederreiter 1992, chapter 3) that the seed shifts.
func priorSky(n int, r *rand.Rand, town bool) sky {
	var s sky
	// The unique root above one of x^(d+1) = x + 1 gives the best known steps.
	phi := 1.5
	for range 60 {
		phi = math.Pow(1+phi, 1.0/(nWeather+1))
	}
	var shift [nWeather]float64
	for d := range shift {
		shift[d] = r.Float64()
	}
	for i := range n {
		var u [nWeather]float64
		for d := range u {
			_, f := math.Modf(shift[d] + float64(i+1)*math.Pow(phi, -float64(d+1)))
			u[d] = math.Sqrt2 * math.Erfinv(2*math.Min(math.Max(f, 1e-6), 1-1e-6)-1)
		}
		s.of = append(s.of, newWeather(u, town))
		s.log = append(s.log, -math.Log(float64(n)))
	}
	return s
}

// fitted draws anew where the weathers that the readings bear out lie:
// population Monte Carlo (Cappé, Guillin, Marin and Robert 2004, JCGS 13:907),
// from a tenth of the prior and nine of a normal distribution fitted to the
// weighted draws, of which few count as few. likely holds the logs of the draws'
// likelihoods. Where few draws would carry all, they are tempered until a
// quarter does (Koblents and Míguez 2015, Statistics and Computing 25:407).
func (s sky) fitted(likely []float64, n int, r *rand.Rand, town bool) sky {
	const fromPrior, priorWorth, least = 0.1, 3.0, 0.25
	p := make([]float64, len(likely))
	var sum, sum2 float64
	for power := 1.0; ; power *= 0.8 {
		top := math.Inf(-1)
		for i, l := range likely {
			p[i] = s.log[i] + power*l
			top = math.Max(top, p[i])
		}
		sum, sum2 = 0, 0
		for i := range p {
			p[i] = math.Exp(p[i] - top)
			sum += p[i]
			sum2 += p[i] * p[i]
		}
		if sum*sum/sum2 > least*float64(len(p)) || power < 1e-3 {
			break
		}
	}
	worth := sum * sum / sum2
	var mean, sd [nWeather]float64
	for d := range mean {
		for i := range p {
			mean[d] += p[i] / sum * s.of[i].u[d]
		}
		v := 0.0
		for i := range p {
			v += p[i] / sum * (s.of[i].u[d] - mean[d]) * (s.of[i].u[d] - mean[d])
		}
		shrunk := worth / (worth + priorWorth) * mean[d]
		v = (worth*(v+(mean[d]-shrunk)*(mean[d]-shrunk)) + priorWorth) / (worth + priorWorth)
		mean[d], sd[d] = shrunk, math.Sqrt(v)
	}
	out := sky{}
	total := math.Inf(-1)
	for i := range n {
		var u [nWeather]float64
		prior, fit := 0.0, 0.0
		for d := range u {
			u[d] = r.NormFloat64()
			if float64(i) >= fromPrior*float64(n) {
				u[d] = mean[d] + sd[d]*u[d]
			}
			prior += normal{0, 1}.log(u[d])
			fit += normal{mean[d], sd[d]}.log(u[d])
		}
		out.of = append(out.of, newWeather(u, town))
		l := prior - logAdd(math.Log(fromPrior)+prior, math.Log(1-fromPrior)+fit)
		out.log = append(out.log, l)
		total = logAdd(total, l)
	}
	for i := range out.log {
		out.log[i] -= total
	}
	return out
}
