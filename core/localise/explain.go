package localise

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/vigia-project/vigia/geo"
)

// A Contribution is a run of readings of one sensor and what it says for the
// sources of the answer, or against them: something a person can look up.
type Contribution struct {
	Sensor   string    `json:"sensor"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	At       geo.Local `json:"at"` // where the highest was read; the middle of a path
	Readings int       `json:"readings"`

	LogRatio  float64 `json:"log_ratio"` // log of how much likelier with the sources than without; below 0 it speaks against
	Highest   float64 `json:"highest"`   // over the background, the sensor's unit
	Predicted float64 `json:"predicted"` // mean of what the sources add, the same unit
}

// String is the contribution in plain words.
func (c Contribution) String() string {
	word := "for"
	if c.LogRatio < 0 {
		word = "against"
	}
	return fmt.Sprintf("%s: %s to %s, %d readings, up to %.3g over the background where %.3g is predicted: %s, %.1f",
		c.Sensor, c.From.UTC().Format("15:04:05"), c.To.UTC().Format("15:04:05"), c.Readings, c.Highest, c.Predicted, word, math.Abs(c.LogRatio))
}

const (
	mostContributions = 8
	leastLogRatio     = 0.05 // a reading that says less ends no run and begins none
	longestPause      = 4    // readings that say nothing, within a run
)

// explain lists the runs of readings that say most, for or against, at the best
// particle of a stage.
func (m *model) explain(s stage) []Contribution {
	th := best(s.particles).th
	fans, absent := m.standing(th)
	mean, _ := m.predicted(th)
	var all []Contribution
	for _, idx := range m.series() {
		open, pause := -1, 0
		for _, i := range idx {
			d := &m.data[i]
			l := 0.0
			if absent[i] < 1 {
				r := newRatio(th)
				r.add(d, &fans[i], 1-absent[i])
				l = r.log() * m.temper
			}
			if math.Abs(l) < leastLogRatio*m.temper {
				pause++
				continue
			}
			if open < 0 || pause > longestPause || (all[open].LogRatio > 0) != (l > 0) {
				all = append(all, Contribution{Sensor: m.names[d.sensor], From: m.time(d.t), Highest: math.Inf(-1)})
				open = len(all) - 1
			}
			pause = 0
			c := &all[open]
			c.To = m.time(d.t)
			c.Predicted += (mean[i]*d.noise - c.Predicted) / float64(c.Readings+1)
			c.Readings++
			c.LogRatio += l
			if v := d.value - d.level; v > c.Highest {
				c.Highest, c.At = v, geo.Local{X: d.x + d.halfX, Y: d.y + d.halfY, Z: d.z}
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return math.Abs(all[i].LogRatio) > math.Abs(all[j].LogRatio) })
	return all[:min(len(all), mostContributions)]
}

func (m *model) time(t float64) time.Time {
	return m.start.Add(time.Duration(math.Round(t*1000)) * time.Millisecond)
}
