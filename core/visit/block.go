package visit

import "math"

const (
	// few is the number of samples up to which every one may be a cut.
	few = 256
	// many bounds the cuts that are weighed against one another: the work and
	// the memory of a block are in proportion to their square.
	many = 400

	about        = 12.0 // s to each side over which a pace is taken
	surelyDrives = 6.0  // m/s
	surelyStill  = 0.25 // m/s

	spacing = 4.0 // s
)

// A pace is what the speed of one interval says for certain.
type pace int

const (
	doubtful pace = iota
	fast
	still
)

// blocks are the samples at which a segment may begin or end, in blocks that
// share their border. Of a long track only those are tried at which the pace
// changes, or is in doubt: a boundary within what is surely one thing is none.
func blocks(samples []Sample, o Options) [][]int {
	n := len(samples)
	all := make([]int, 0, n)
	if n <= few {
		for i := range n {
			all = append(all, i)
		}
		return [][]int{all}
	}
	paces := make([]pace, n-1)
	for k := range paces {
		paces[k] = paceOf(samples, k, o)
	}
	all = append(all, 0)
	for i := 1; i < n-1; i++ {
		if paces[i-1] == doubtful || paces[i] == doubtful || paces[i-1] != paces[i] {
			all = append(all, i)
		}
	}
	all = append(all, n-1)
	var out [][]int
	for len(all) > many {
		at := border(all, paces)
		out = append(out, all[:at+1:at+1])
		all = all[at:]
	}
	return append(out, all)
}

// border is the cut at which a block ends: the last that is followed by sure
// driving, since nothing that matters spans it; failing that, the last there
// is room for.
func border(cuts []int, paces []pace) int {
	for at := many - 1; at > many/2; at-- {
		if cuts[at] < len(paces) && paces[cuts[at]] == fast && paces[cuts[at]-1] == fast {
			return at
		}
	}
	for at := many - 1; at > many/2; at-- {
		if cuts[at] < len(paces) && paces[cuts[at]] == fast {
			return at
		}
	}
	return many - 1
}

// paceOf is what the speed about interval k says.
func paceOf(samples []Sample, k int, o Options) pace {
	lo, hi := k, k+1
	for lo > 0 && samples[k].Time-samples[lo].Time < about {
		lo--
	}
	for hi < len(samples)-1 && samples[hi].Time-samples[k+1].Time < about {
		hi++
	}
	a, b := samples[lo], samples[hi]
	v := math.Hypot(b.X-a.X, b.Y-a.Y) / (b.Time - a.Time)
	sd := math.Sqrt(a.variance(o)+b.variance(o)) / (b.Time - a.Time)
	switch {
	case v > surelyDrives+3*sd:
		return fast
	case v < surelyStill+3*sd:
		return still
	}
	return doubtful
}

// thin leaves out samples that are closer than spacing to the one before: the
// model weighs each interval as a word of its own.
func thin(samples []Sample) []Sample {
	out := make([]Sample, 0, len(samples))
	for i, s := range samples {
		if i == 0 || i == len(samples)-1 || s.Time-out[len(out)-1].Time >= spacing {
			out = append(out, s)
		}
	}
	return out
}
