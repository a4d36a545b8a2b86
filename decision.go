package vigia

import "time"

// A DecisionKind is what a person decided. The list is closed.
type DecisionKind string

// The decisions. None of them is an engagement, a target nomination or a fire
// mission, and none ever will be.
const (
	GrantAuthorisation DecisionKind = "grant_authorisation"
	RegisterFlight     DecisionKind = "register_flight"
	EndFlight          DecisionKind = "end_flight"
	RaiseLead          DecisionKind = "raise_lead"
	ApproveLead        DecisionKind = "approve_lead"
	DeclineLead        DecisionKind = "decline_lead"
	ReleaseLead        DecisionKind = "release_lead"
	WithdrawLead       DecisionKind = "withdraw_lead"
	AcknowledgeLead    DecisionKind = "acknowledge_lead"
	ReportOutcome      DecisionKind = "report_outcome"
)

// DecisionKinds lists them all.
func DecisionKinds() []DecisionKind {
	return []DecisionKind{
		GrantAuthorisation, RegisterFlight, EndFlight,
		RaiseLead, ApproveLead, DeclineLead, ReleaseLead, WithdrawLead, AcknowledgeLead, ReportOutcome,
	}
}

// A Decision is what a person decided, complete: the log holds it as it was
// made, so that everything that follows can be computed again from the log
// alone. A lead is raised on a copy of the site as the analyst saw it.
type Decision struct {
	ID   ID           `json:"id"`
	Kind DecisionKind `json:"kind"`
	By   string       `json:"by"` // the user
	Role Role         `json:"role"`
	At   time.Time    `json:"at"`
	Note string       `json:"note,omitempty"`

	Authorisation *Authorisation `json:"authorisation,omitempty"` // GrantAuthorisation
	Flight        *Flight        `json:"flight,omitempty"`        // RegisterFlight, EndFlight
	Site          *Site          `json:"site,omitempty"`          // RaiseLead
	Lead          ID             `json:"lead,omitempty"`          // every other
	LeadVersion   int            `json:"lead_version,omitempty"`  // that the person saw
	Release       *Release       `json:"release,omitempty"`       // ReleaseLead
	Outcome       *Outcome       `json:"outcome,omitempty"`       // ReportOutcome
}

// MayDecide lists the roles that may take a decision of each kind.
func MayDecide(k DecisionKind) []Role {
	switch k {
	case GrantAuthorisation:
		return []Role{Administrator}
	case RegisterFlight, EndFlight:
		return []Role{Administrator, Analyst, Feeder}
	case RaiseLead:
		return []Role{Analyst, Approver}
	case ApproveLead, DeclineLead, ReleaseLead:
		return []Role{Approver}
	case WithdrawLead:
		return []Role{Analyst, Approver}
	case AcknowledgeLead, ReportOutcome:
		return []Role{Partner}
	}
	return nil
}

// May tells whether a role may take a decision of kind k; Forbidden if not.
func (r Role) May(k DecisionKind) error {
	for _, q := range MayDecide(k) {
		if r == q {
			return nil
		}
	}
	return Errorf(Forbidden, "the role %s may not %s; %v may", r, k, MayDecide(k))
}
