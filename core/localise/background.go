package localise

import (
	"math"
	"sort"
)

// backgroundHalf is half the width of the window that a background is taken
// from, seconds: long beside a plume's passage, short beside the day.
const backgroundHalf = 2700

// setBackground takes each sensor's own background off its readings and scales
// them to its noise. The background is a low quantile of the window around a
// reading, which a plume that is there for less than some two thirds of the
// window does not reach.
func setBackground(obs []Reading, data []datum) {
	names := map[string]int{}
	var series [][]int
	for i, r := range obs {
		k, ok := names[r.Sensor]
		if !ok {
			k = len(series)
			names[r.Sensor] = k
			series = append(series, nil)
		}
		data[i].sensor = k
		series[k] = append(series[k], i)
	}
	for _, idx := range series {
		sigma := noiseOf(obs, idx)
		wander := wanderOf(obs, data, idx, sigma)
		for n, i := range idx {
			s := math.Hypot(sigma, wander)
			if obs[i].Sigma > s {
				s = obs[i].Sigma
			}
			data[i].noise = s
			data[i].d = (obs[i].Value - levelAt(obs, data, idx, n, sigma, backgroundHalf)) / s
		}
	}
}

// noiseOf is the standard deviation of a sensor's noise from the differences
// of successive readings: half of them are taken to be free of plume.
func noiseOf(obs []Reading, idx []int) float64 {
	diff := make([]float64, 0, len(idx))
	scale := 0.0
	for n := 1; n < len(idx); n++ {
		diff = append(diff, math.Abs(obs[idx[n]].Value-obs[idx[n-1]].Value))
		scale = math.Max(scale, math.Abs(obs[idx[n]].Value))
	}
	sort.Float64s(diff)
	// 0.3853 is the 65 % point of the standard normal; a difference has
	// twice the variance of a reading.
	s := quantile(diff, 0.3) / (0.3853 * math.Sqrt2)
	// A sensor that repeats itself has no noise to speak of; it is given that
	// of a thousandth of its range, or of its neighbours' unit.
	return math.Max(s, math.Max(1e-3*scale, 1e-9))
}

// levelAt is the background at reading n of a sensor.
func levelAt(obs []Reading, data []datum, idx []int, n int, sigma, half float64) float64 {
	const low = 0.07
	t := data[idx[n]].t
	lo := sort.Search(len(idx), func(i int) bool { return data[idx[i]].t >= t-half })
	hi := sort.Search(len(idx), func(i int) bool { return data[idx[i]].t > t+half })
	step := 1 + (hi-lo)/200 // enough for a quantile
	v := make([]float64, 0, 256)
	for i := lo; i < hi; i += step {
		v = append(v, obs[idx[i]].Value)
	}
	sort.Float64s(v)
	return quantile(v, low) + 1.476*sigma // the normal quantile of 0.07
}

// wanderOf is what a background wanders within its window: how far the level
// of short windows is from that of long ones, by the median so that a plume
// does not count. It is an error as much as noise is.
func wanderOf(obs []Reading, data []datum, idx []int, sigma float64) float64 {
	var off []float64
	for n := 0; n < len(idx); n += 1 + len(idx)/60 {
		off = append(off, math.Abs(levelAt(obs, data, idx, n, sigma, backgroundHalf/6)-levelAt(obs, data, idx, n, sigma, backgroundHalf)))
	}
	sort.Float64s(off)
	return quantile(off, 0.5) / 0.6745
}

// quantile of sorted values, linear between them; 0 of none.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	f := q * float64(len(v)-1)
	i := int(f)
	if i+1 >= len(v) {
		return v[len(v)-1]
	}
	return v[i] + (f-float64(i))*(v[i+1]-v[i])
}
