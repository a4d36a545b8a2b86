package vigia

import (
	"slices"
	"time"
)

// An OutcomeKind is what the partner found.
type OutcomeKind string

// The outcomes.
const (
	Confirmed    OutcomeKind = "confirmed"     // what was reported was there
	NothingFound OutcomeKind = "nothing_found" // it was not
	AnotherCause OutcomeKind = "another_cause" // something else emitted: a paint shop, a leak
	NotActedOn   OutcomeKind = "not_acted_on"
)

// An Outcome is what came of a lead, as the partner tells it.
type Outcome struct {
	Kind OutcomeKind `json:"kind"`
	Note string      `json:"note,omitempty"`
	On   time.Time   `json:"on"` // when it was found out
}

// Valid tells why o cannot be an outcome, or nil.
func (o Outcome) Valid() error {
	if !slices.Contains([]OutcomeKind{Confirmed, NothingFound, AnotherCause, NotActedOn}, o.Kind) {
		return Errorf(Invalid, "%q is not an outcome; there are confirmed, nothing_found, another_cause, not_acted_on", o.Kind)
	}
	return nil
}
