package vigia

import "time"

// A Role is what a person is here for. It decides what that person may do.
type Role string

// The roles.
const (
	Analyst       Role = "analyst"       // reads the evidence, raises a lead
	Approver      Role = "approver"      // the second person: approves, releases
	Partner       Role = "partner"       // the partner country: sees what was released, acknowledges, tells the outcome
	Overseer      Role = "overseer"      // reads everything, changes nothing
	Administrator Role = "administrator" // users, authorisations, flights
	Feeder        Role = "feeder"        // a sensor or a gateway: may send data, may see nothing
)

// Roles lists them all.
func Roles() []Role { return []Role{Analyst, Approver, Partner, Overseer, Administrator, Feeder} }

// Valid tells why r is not a role, or nil.
func (r Role) Valid() error {
	for _, q := range Roles() {
		if r == q {
			return nil
		}
	}
	return Errorf(Invalid, "%q is not a role; there are %v", r, Roles())
}

// A User is a person, or a machine that acts for one.
type User struct {
	Name         string    `json:"name"`
	Role         Role      `json:"role"`
	PasswordHash string    `json:"-"` // argon2id, PHC string format
	Disabled     bool      `json:"disabled"`
	CreatedAt    time.Time `json:"created_at"`
}

// A Session is a user's presence: a login in a browser, or an API token. The
// secret itself is not kept, only its hash.
type Session struct {
	SecretHash string    `json:"-"`
	User       string    `json:"user"`
	Token      bool      `json:"token"` // an API token rather than a login
	Label      string    `json:"label,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at"`
}
