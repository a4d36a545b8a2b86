package vigia

import (
	"time"

	"github.com/vigia-project/vigia/geo"
)

// An Authorisation is a written permission of both governments to sense from
// the air: where, when and what for. Nothing sensed outside one is exploited.
type Authorisation struct {
	ID      ID      `json:"id"` // a name, as the papers have it
	Title   string  `json:"title"`
	Purpose Purpose `json:"purpose"`

	HostReference    string `json:"host_reference"`    // the flying government's paper
	PartnerReference string `json:"partner_reference"` // the partner government's paper

	Volume geo.Volume `json:"volume"`
	From   time.Time  `json:"from"`
	Until  time.Time  `json:"until"`

	GrantedBy string    `json:"granted_by"` // the user who entered it
	GrantedAt time.Time `json:"granted_at"`
}

// A Purpose is what a flight may be flown for.
type Purpose string

// The purposes that exist. The list is closed.
const (
	HiddenLaboratory Purpose = "hidden_laboratory"
	GasLeak          Purpose = "gas_leak"
	Environmental    Purpose = "environmental_inspection"
	Exercise         Purpose = "exercise"
)

// Purposes lists them all.
func Purposes() []Purpose { return []Purpose{HiddenLaboratory, GasLeak, Environmental, Exercise} }

// Valid tells why p is not a purpose, or nil.
func (p Purpose) Valid() error {
	for _, q := range Purposes() {
		if p == q {
			return nil
		}
	}
	return Errorf(Invalid, "%q is not a purpose; there are %v", p, Purposes())
}

// Valid tells why a cannot be an authorisation, or nil.
func (a Authorisation) Valid() error {
	switch {
	case !ValidName(string(a.ID)):
		return Errorf(Invalid, "the authorisation's name %q must be 1 to 64 letters, digits, hyphens or underscores", a.ID)
	case a.HostReference == "" || a.PartnerReference == "":
		return Errorf(Invalid, "an authorisation needs the reference of both governments' papers")
	case a.From.IsZero() || a.Until.IsZero() || !a.From.Before(a.Until):
		return Errorf(Invalid, "the authorisation must begin before it ends")
	}
	if err := a.Purpose.Valid(); err != nil {
		return err
	}
	if err := a.Volume.Valid(); err != nil {
		return Errorf(Invalid, "the authorised volume: %v", err)
	}
	return nil
}

// A SealReason says why something sensed may not be seen.
type SealReason string

// The reasons.
const (
	OutsideVolume  SealReason = "outside_volume"
	OutsideHours   SealReason = "outside_hours"
	OutsidePurpose SealReason = "outside_purpose"
	Unplaced       SealReason = "unplaced"  // it does not say from where it was sensed
	NoFlight       SealReason = "no_flight" // no flight of that name is registered
)

// Permits tells whether the authorisation covers sensing at the given time and
// at every one of the given places for the given purpose. When it does not,
// the reason is what it fails on first.
func (a Authorisation) Permits(t time.Time, purpose Purpose, places ...geo.Point) (SealReason, bool) {
	if purpose != a.Purpose {
		return OutsidePurpose, false
	}
	if t.Before(a.From) || !t.Before(a.Until) {
		return OutsideHours, false
	}
	for _, p := range places {
		if !a.Volume.Contains(p) {
			return OutsideVolume, false
		}
	}
	return "", true
}

// PermitsGround is Permits for what is on the ground: the volume's floor and
// ceiling, which bound the aircraft, do not bound it.
func (a Authorisation) PermitsGround(t time.Time, purpose Purpose, places ...geo.Point) (SealReason, bool) {
	if reason, ok := a.Permits(t, purpose); !ok {
		return reason, false
	}
	for _, p := range places {
		if !a.Volume.Footprint.Contains(p.Lon, p.Lat) {
			return OutsideVolume, false
		}
	}
	return "", true
}
