//go:build !amd64

package kernel

// Available lists the implementations this processor has, the best first.
func Available() []Implementation { return []Implementation{portable} }
