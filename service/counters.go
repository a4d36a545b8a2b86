package service

import (
	"maps"
	"sync"
)

// Counters count what happens, by name. The zero value is ready; all methods
// may be called at the same time.
type Counters struct {
	mu sync.Mutex
	n  map[string]float64
}

// Add adds to a counter.
func (c *Counters) Add(name string, by float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]float64{}
	}
	c.n[name] += by
}

// All is a copy of every counter.
func (c *Counters) All() map[string]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		return map[string]float64{}
	}
	return maps.Clone(c.n)
}
