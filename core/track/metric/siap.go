package metric

// SIAPResult is the single integrated air picture score of a record.
type SIAPResult struct {
	Completeness float64 // share of the truth that has a track; 1 is best
	Ambiguity    float64 // tracks to a vehicle that has one; 1 is best
	Spuriousness float64 // share of the tracks that have no vehicle; 0 is best
	Position     float64 // mean distance of a track to its vehicle, m
	NumberRate   float64 // changes of a vehicle's track number, a second
	LongestShare float64 // share of its time for which a vehicle keeps its longest number, mean
}

// SIAP scores by the SIAP attributes (Votruba, Nisley, Rothrock and Zombro
// 2001, SIAP Metrics Implementation). A track belongs to the nearest vehicle
// within the gate; several tracks may belong to one.
func SIAP(scans []Scan, gate float64) SIAPResult {
	var truth, held, tracks, assigned, sum float64
	span := newSpans()
	for i, s := range scans {
		nearest := make([]pair, len(s.Track))
		for k := range nearest {
			nearest[k] = pair{-1, k, gate}
		}
		for _, p := range near(s, gate) {
			if p.distance < nearest[p.track].distance {
				nearest[p.track] = p
			}
		}
		best := make([]pair, len(s.Truth))
		for g := range best {
			best[g] = pair{g, -1, gate}
		}
		for _, p := range nearest {
			if p.truth < 0 {
				continue
			}
			assigned++
			sum += p.distance
			if p.distance < best[p.truth].distance {
				best[p.truth] = p
			}
		}
		truth += float64(len(s.Truth))
		tracks += float64(len(s.Track))
		dt := 0.0
		if i > 0 {
			dt = s.Time - scans[i-1].Time
		}
		for g, p := range best {
			id := -1
			if p.track >= 0 {
				held++
				id = s.Track[p.track].ID
			}
			span.add(s.Truth[g].ID, id, dt)
		}
	}
	r := SIAPResult{}
	if truth > 0 {
		r.Completeness = held / truth
	}
	if held > 0 {
		r.Ambiguity = assigned / held
		r.Position = sum / assigned
	}
	if tracks > 0 {
		r.Spuriousness = (tracks - assigned) / tracks
	}
	r.NumberRate, r.LongestShare = span.result()
	return r
}

// spans follow how long each vehicle keeps a track's number.
type spans struct {
	number  map[int]int             // vehicle -> its last number
	total   map[int]float64         // vehicle -> s in the truth
	under   map[int]map[int]float64 // vehicle -> number -> s
	order   []int
	changes float64
}

func newSpans() *spans {
	return &spans{number: map[int]int{}, total: map[int]float64{}, under: map[int]map[int]float64{}}
}

func (s *spans) add(vehicle, number int, dt float64) {
	if s.under[vehicle] == nil {
		s.under[vehicle] = map[int]float64{}
		s.order = append(s.order, vehicle)
		dt = 0 // its time begins here
	}
	s.total[vehicle] += dt
	if number < 0 {
		return
	}
	if before, ok := s.number[vehicle]; ok && before != number {
		s.changes++
	}
	s.number[vehicle] = number
	s.under[vehicle][number] += dt
}

func (s *spans) result() (rate, longest float64) {
	all, n := 0.0, 0.0
	for _, vehicle := range s.order {
		total := s.total[vehicle]
		if total == 0 {
			continue
		}
		most := 0.0
		for _, d := range s.under[vehicle] {
			most = max(most, d)
		}
		all += total
		longest += most / total
		n++
	}
	if all > 0 {
		rate = s.changes / all
	}
	if n > 0 {
		longest /= n
	}
	return rate, longest
}
