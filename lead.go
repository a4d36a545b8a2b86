package vigia

import (
	"slices"
	"time"
)

// A LeadStatus is where a lead stands.
type LeadStatus string

// The statuses, in the order of the walk.
const (
	Raised       LeadStatus = "raised"
	Approved     LeadStatus = "approved"
	Declined     LeadStatus = "declined" // by the second person: an end
	Recalled     LeadStatus = "recalled" // taken back before it left: an end
	Released     LeadStatus = "released"
	Acknowledged LeadStatus = "acknowledged"
	Closed       LeadStatus = "closed" // its outcome is known: an end
)

// A Lead is a site that an analyst believes in, on its way to the partner.
// One person raises it, another approves and releases it, the partner
// acknowledges it and tells what was found.
type Lead struct {
	ID      ID         `json:"id"`
	Status  LeadStatus `json:"status"`
	Version int        `json:"version"` // counts its steps from 1

	Site  Site   `json:"site"` // as it was when the lead was raised
	Steps []Step `json:"steps"`

	Release *Release `json:"release,omitempty"`
	Outcome *Outcome `json:"outcome,omitempty"`
}

// A Step is one decision in a lead's life.
type Step struct {
	Decision ID           `json:"decision"`
	Kind     DecisionKind `json:"kind"`
	By       string       `json:"by"`
	At       time.Time    `json:"at"`
	Note     string       `json:"note,omitempty"`
}

// Ended tells whether nothing more can follow.
func (l Lead) Ended() bool {
	return l.Status == Declined || l.Status == Recalled || l.Status == Closed
}

// follows says which statuses a decision may follow, and the one it leads to.
var follows = map[DecisionKind]struct {
	from []LeadStatus
	to   LeadStatus
}{
	RaiseLead:       {[]LeadStatus{""}, Raised},
	ApproveLead:     {[]LeadStatus{Raised}, Approved},
	DeclineLead:     {[]LeadStatus{Raised}, Declined},
	ReleaseLead:     {[]LeadStatus{Approved}, Released},
	WithdrawLead:    {[]LeadStatus{Raised, Approved}, Recalled},
	AcknowledgeLead: {[]LeadStatus{Released}, Acknowledged},
	ReportOutcome:   {[]LeadStatus{Acknowledged}, Closed},
}

// RaisedBy is the user who raised the lead.
func (l Lead) RaisedBy() string {
	if len(l.Steps) == 0 {
		return ""
	}
	return l.Steps[0].By
}

// Apply returns the lead after the decision. It changes nothing of l. It
// answers Forbidden when the role may not or a second person is needed,
// Conflict when the decision does not follow or the person saw another
// version, Invalid when the decision lacks what it needs.
func (l Lead) Apply(d Decision) (Lead, error) {
	rule, ok := follows[d.Kind]
	if !ok {
		return l, Errorf(Invalid, "%q is not a decision about a lead", d.Kind)
	}
	if err := d.Role.May(d.Kind); err != nil {
		return l, err
	}
	if !slices.Contains(rule.from, l.Status) {
		return l, Errorf(Conflict, "a lead that is %s cannot be %s", l.Status, rule.to)
	}
	if d.Kind != RaiseLead && d.LeadVersion != l.Version {
		return l, Errorf(Conflict, "the lead is at version %d and the decision was made on version %d: look at it again", l.Version, d.LeadVersion)
	}
	switch d.Kind {
	case RaiseLead:
		if d.Site == nil {
			return l, Errorf(Invalid, "a lead is raised on a site")
		}
		l = Lead{ID: NewID("lead", d.ID), Site: *d.Site}
	case ApproveLead, DeclineLead:
		if d.By == l.RaisedBy() {
			return l, Errorf(Forbidden, "%s raised this lead; a second person must approve or decline it", d.By)
		}
	case ReleaseLead:
		if d.Release == nil {
			return l, Errorf(Invalid, "a release needs the partner's copy")
		}
		if d.By == l.RaisedBy() {
			return l, Errorf(Forbidden, "%s raised this lead; a second person must release it", d.By)
		}
		l.Release = d.Release
	case ReportOutcome:
		if d.Outcome == nil {
			return l, Errorf(Invalid, "an outcome is needed")
		}
		if err := d.Outcome.Valid(); err != nil {
			return l, err
		}
		l.Outcome = d.Outcome
	}
	l.Status = rule.to
	l.Version++
	steps := make([]Step, len(l.Steps), len(l.Steps)+1)
	copy(steps, l.Steps)
	l.Steps = append(steps, Step{Decision: d.ID, Kind: d.Kind, By: d.By, At: d.At, Note: d.Note})
	return l, nil
}
