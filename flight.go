package vigia

import "time"

// A Flight is one sortie of one aircraft, or one watch of a set of sensors on
// the ground, under one authorisation. Everything sensed belongs to a flight.
type Flight struct {
	ID            ID        `json:"id"` // a name, as the crew calls it
	Authorisation ID        `json:"authorisation"`
	Purpose       Purpose   `json:"purpose"`
	Aircraft      string    `json:"aircraft"`
	Chemical      string    `json:"chemical"`          // what its gas sensors read
	GroundM       float64   `json:"ground_m"`          // height of the ground above the ellipsoid, metres
	GeoidM        float64   `json:"geoid_m,omitempty"` // height of mean sea level above the ellipsoid there, metres: for sources that know no other height
	RegisteredBy  string    `json:"registered_by"`
	RegisteredAt  time.Time `json:"registered_at"`
	Ended         bool      `json:"ended"` // no more data will come
}

// Valid tells why f cannot be a flight, or nil.
func (f Flight) Valid() error {
	switch {
	case !ValidName(string(f.ID)):
		return Errorf(Invalid, "the flight's name %q must be 1 to 64 letters, digits, hyphens or underscores", f.ID)
	case f.Authorisation == "":
		return Errorf(Invalid, "a flight needs an authorisation")
	case f.Aircraft == "":
		return Errorf(Invalid, "a flight needs an aircraft")
	}
	if err := f.Purpose.Valid(); err != nil {
		return err
	}
	_, err := ChemicalNamed(f.Chemical)
	return err
}
