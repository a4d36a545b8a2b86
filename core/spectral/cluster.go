package spectral

import "slices"

// A Cluster is alarms of successive lines that lie together: one pixel beyond a
// threshold is chance, a handful side by side is hardly.
type Cluster struct {
	First, Last int     // lines, as the caller counts them
	Pixels      int     // that alarmed
	Peak        float64 // highest score
	PeakLine    int
	PeakSample  int

	recent [][2]int // line and sample of the alarms that others can still join
	told   bool
}

const (
	clusterReach = 2 // pixels and lines between alarms that lie together
	clusterTells = 5 // alarms that are worth a person's eyes
)

// Clusters joins a Stream's alarms line by line. It holds what the last lines
// alarmed on, and no more.
type Clusters struct{ open []*Cluster }

// Line takes a line's alarms, which rise, with all its scores, and returns the
// clusters that have just become worth telling, each once.
func (c *Clusters) Line(line int, alarms []int, scores []float32) []Cluster {
	for _, k := range c.open {
		k.recent = slices.DeleteFunc(k.recent, func(at [2]int) bool { return line-at[0] > clusterReach })
	}
	c.open = slices.DeleteFunc(c.open, func(k *Cluster) bool { return len(k.recent) == 0 })
	for _, s := range alarms {
		one := &Cluster{
			First: line, Last: line, Pixels: 1, Peak: float64(scores[s]), PeakLine: line, PeakSample: s,
			recent: [][2]int{{line, s}},
		}
		c.open = append(slices.DeleteFunc(c.open, func(k *Cluster) bool {
			joined := k.near(s)
			if joined {
				one.merge(k)
			}
			return joined
		}), one)
	}
	var told []Cluster
	for _, k := range c.open {
		if !k.told && k.Pixels >= clusterTells {
			k.told = true
			told = append(told, *k)
		}
	}
	return told
}

// near tells whether a sample of the line under way belongs to the cluster.
func (k *Cluster) near(sample int) bool {
	return slices.ContainsFunc(k.recent, func(at [2]int) bool {
		return sample-at[1] <= clusterReach && at[1]-sample <= clusterReach
	})
}

func (k *Cluster) merge(o *Cluster) {
	k.First, k.Last = min(k.First, o.First), max(k.Last, o.Last)
	k.Pixels += o.Pixels
	k.recent = append(o.recent, k.recent...)
	k.told = k.told || o.told
	if o.Peak > k.Peak {
		k.Peak, k.PeakLine, k.PeakSample = o.Peak, o.PeakLine, o.PeakSample
	}
}
