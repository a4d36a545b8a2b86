package localise

import "math"

const (
	settleTimes = 2   // draws anew before the walkers set out
	evidenceSky = 240 // weathers that the evidence is worked out from
	beside      = 1.0 // sides of a square that is looked at beside one with a walker
)

// settle makes the sky draws from the posterior of the weather, by walkers, and
// works out what they say of all leaves that the posterior may lie in. Weathers
// that were drawn by importance alone left one or two of 24 to carry the answer,
// and with them a place that was as sharp as it was wrong.
func (c *chart) settle(use uint64) {
	which := c.some(tuneOn)
	if len(which) == 0 {
		return // no place is possible
	}
	for i := range uint64(settleTimes) {
		c.look(which, false)
		c.refit(which, tuneSky, use+i)
	}
	c.look(which, false)
	all := c.startWalkers(which, c.random(use, 2))
	c.walk(all, use)
	c.sky = sky{}
	for i := range all {
		c.sky.of = append(c.sky.of, all[i].w)
		c.sky.log = append(c.sky.log, 0)
	}
	c.zoom(all)
	some := c.holding(all[:min(tuneOn, len(all))], 0)
	evidence := c.evidence(some, all, use)
	looked := c.holding(all, beside)
	c.look(looked, true)
	c.reweigh(some, looked, evidence)
	seen := map[int]bool{}
	for _, i := range looked {
		seen[i] = true
	}
	var fresh []int
	for _, i := range c.alive() {
		if !seen[i] && len(looked)+len(fresh) < mostAlive {
			fresh = append(fresh, i)
		}
	}
	c.look(fresh, true)
	c.reweigh(some, append(looked, fresh...), evidence)
}

// reweigh gives each weather of the sky the same part of the posterior. The
// weathers are draws from a density that is the prior's times what the readings
// make of each over the whole ground, so the weight is one over that. evidence
// is of some leaves; looked are all that have been looked at.
func (c *chart) reweigh(some, looked []int, evidence float64) {
	n := math.Log(float64(len(c.sky.of)))
	here, whole := c.perWeather(some), c.perWeather(looked)
	part := math.Inf(-1)
	for k := range whole {
		part = logAdd(part, here[k]-whole[k]-n)
	}
	for k := range whole {
		c.sky.log[k] = evidence - part - n - whole[k]
	}
	c.each(len(looked), func(i int) {
		l := &c.leaves[looked[i]]
		l.now = c.sky.over(l.chains)
	})
}

// holding lists the leaves that hold some walkers, or are so many of their sides
// beside one.
func (c *chart) holding(some []walker, beside float64) []int {
	var out []int
	for i := range c.leaves {
		l := &c.leaves[i]
		for k := range some {
			if l.holds(some[k].x, some[k].y, beside*l.h) {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// zoom cuts the leaves with walkers, and those beside them, until they are small
// beside the narrower way in which the walkers lie.
func (c *chart) zoom(all []walker) {
	h, narrow := finest, narrowest(all)
	for 2*h < 0.8*narrow && h < coarsest/2 {
		h *= 2
	}
	for {
		cut := map[int]bool{}
		for i := range c.leaves {
			l := &c.leaves[i]
			for k := range all {
				if l.h > h && l.holds(all[k].x, all[k].y, h) {
					cut[i] = true
					break
				}
			}
		}
		if len(cut) == 0 {
			return
		}
		c.cut(cut)
	}
}

// perWeather sums the posterior of some leaves for each weather.
func (c *chart) perWeather(which []int) []float64 {
	sum := make([]float64, len(c.sky.of))
	for k := range sum {
		sum[k] = math.Inf(-1)
		for _, i := range which {
			sum[k] = logAdd(sum[k], c.leaves[i].ownLogs[k])
		}
	}
	return sum
}

// evidence is the log of the posterior of some leaves, not normalised, by
// importance sampling from a normal distribution that is fitted to the walkers.
func (c *chart) evidence(which []int, all []walker, use uint64) float64 {
	t := *c
	t.leaves = nil
	here := make([]int, len(which))
	for k, i := range which {
		here[k] = k
		t.leaves = append(t.leaves, c.leaves[i])
	}
	t.sky = c.sky.fitted(make([]float64, len(all)), evidenceSky, c.random(use, 3), c.town)
	t.look(here, false)
	sum := math.Inf(-1)
	for k, l := range t.perWeather(here) {
		sum = logAdd(sum, l+t.sky.log[k])
	}
	return sum
}
