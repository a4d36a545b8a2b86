package track

// Straight are settings without the coordinated turn, to measure what it is
// worth.
func Straight(s Settings) Settings {
	s.straight = true
	return s
}
