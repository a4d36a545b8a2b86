package spectral

// An Answer is how probable it is that a plume is of one substance or mixture.
type Answer struct {
	Name        string  `json:"name"`
	Probability float64 `json:"probability"`
}
