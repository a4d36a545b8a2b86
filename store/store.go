// Package store is the contract of what is kept.
//
// One transaction (the second law): every method of Tx that keeps a fact takes
// a Trace, and commits the fact, its audit entry and the message that
// announces it together. There is no other way to keep a fact. storetest holds
// an implementation to this.
package store

import (
	"context"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/geo"
)

// A Store keeps what was worked out and decided. All methods may be called at
// the same time.
type Store interface {
	// View runs f on a picture of the store at one instant.
	View(ctx context.Context, f func(Reader) error) error
	// Update runs f in one transaction, one after another; an error of f undoes
	// all of it and is returned. It returns after the transaction is on disk.
	Update(ctx context.Context, f func(Tx) error) error

	// The account, for audit.Verify and for proofs.
	audit.Source
	Close() error
}

// A Trace is what a fact leaves behind: who did what, and which subject
// announces it.
type Trace struct {
	Actor    string    // the user, or the service
	Action   string    // "detection.found"
	At       time.Time // when it was kept
	Announce string    // the subject; "" = nobody is told
}

// A Reader reads. A thing that is not there is a vigia.NotFound error when it
// was named and an empty list when it was searched for. Lists are in a stated
// order and never in the order of chance.
type Reader interface {
	Authorisation(id vigia.ID) (vigia.Authorisation, error)
	Authorisations() ([]vigia.Authorisation, error) // by ID
	Flight(id vigia.ID) (vigia.Flight, error)
	Flights() ([]vigia.Flight, error) // by ID

	Observations(ObservationFilter) ([]vigia.Observation, error) // by time, then ID
	CountObservations(flight vigia.ID, upToLog uint64) (int, error)
	Winds(flight vigia.ID, upToLog uint64) ([]vigia.Wind, error)                     // by time, then ID
	BuildingsNear(p geo.Point, radiusM float64, max int) ([]vigia.Building, error)   // by ID
	BuildingsIn(west, south, east, north float64, max int) ([]vigia.Building, error) // by ID

	Detections(DetectionFilter) ([]vigia.Detection, error) // latest first
	Plumes(PlumeFilter) ([]vigia.Plume, error)             // latest kept first
	Posterior(id vigia.ID) (vigia.Posterior, error)
	Posteriors(flight vigia.ID, limit int) ([]vigia.Posterior, error) // latest kept first; "" = of all flights
	Site(id vigia.ID) (vigia.Site, error)
	Sites() ([]vigia.Site, error)                                 // by ID
	SitesNear(p geo.Point, radiusM float64) ([]vigia.Site, error) // by ID
	Lead(id vigia.ID) (vigia.Lead, error)
	Leads() ([]vigia.Lead, error)    // by ID
	Sealed() ([]vigia.Sealed, error) // by ID, without what is sealed

	// Traffic expires: see Expire.
	Pictures(TrafficFilter) ([]vigia.Picture, error)                // by time, then ID
	Looks(TrafficFilter) ([]vigia.Look, error)                      // by beginning, then ID
	VisitsNear(p geo.Point, radiusM float64) ([]vigia.Visit, error) // by arrival, then ID

	User(name string) (vigia.User, error)
	Users() ([]vigia.User, error) // by name
	Session(secretHash string) (vigia.Session, error)

	Position(consumer string) (uint64, error)                                      // place of the last message done; 0 = none
	Rejection(decision vigia.ID) (vigia.Error, error)                              // why a decision was not carried out
	Outbox(limit int) ([]Announcement, error)                                      // oldest first
	Deliveries(destination string, dueBy time.Time, limit int) ([]Delivery, error) // not yet sent, oldest first
	CountDeliveries() (waiting int, err error)

	AuditSize() (int64, error)
	AuditEntries(from int64, limit int) ([]audit.Record, error)
	AuditHashes() audit.HashReader
	Checkpoint() (string, error) // the latest, signed; "" when the log is empty
}

// A Tx reads and keeps.
type Tx interface {
	Reader

	// What was read off the log, kept for the steps that need history. A batch
	// that was kept already is left alone. log is its place in the log.
	AddBatch(b vigia.Batch, log uint64) error

	// Facts. Add answers false when the fact was kept before: then nothing is
	// written, audited or announced.
	AddAuthorisation(vigia.Authorisation, Trace) (bool, error)
	AddDetection(vigia.Detection, Trace) (bool, error)
	AddPlume(vigia.Plume, Trace) (bool, error)
	AddPosterior(vigia.Posterior, Trace) (bool, error)
	AddSealed(vigia.Sealed, Trace) (bool, error)
	// AddFact keeps nothing but the account and the announcement of fact,
	// once per ID.
	AddFact(id vigia.ID, fact any, t Trace) (bool, error)

	// What follows from position reports. It is kept until its Expires.
	AddPicture(vigia.Picture, Trace) (bool, error)
	AddVisit(vigia.Visit, Trace) (bool, error)
	AddLook(vigia.Look, Trace) (bool, error)
	// Expire deletes the pictures, visits and looks that have expired at now,
	// and counts them in one line of the account; none, no line.
	Expire(now time.Time, t Trace) (int, error)

	// Things that change. Put answers vigia.Conflict unless Version is one more
	// than what is kept (1 when nothing is).
	PutSite(vigia.Site, Trace) error
	PutLead(vigia.Lead, Trace) error
	PutFlight(vigia.Flight, Trace) error // no version: a flight begins and ends
	PutUser(vigia.User, Trace) error

	AddSession(vigia.Session) error
	DeleteSession(secretHash string) error
	DeleteExpired(now time.Time) error

	// Reject keeps why a decision was not carried out.
	Reject(decision vigia.ID, why vigia.Error, t Trace) error
	SetPosition(consumer string, seq uint64) error

	// Announced forgets announcements that the stream has taken.
	Announced(upTo int64) error

	AddDelivery(Delivery) error // a repeat of Destination and ID is left alone
	Delivered(destination string, id string, t Trace) error
	PutOff(destination string, id string, due time.Time, why string) error
}

// An ObservationFilter says which observations are wanted.
type ObservationFilter struct {
	Flight  vigia.ID  // required
	Sensor  string    // "" = all
	From    time.Time // zero = from the first
	Before  time.Time // zero = to the last
	UpToLog uint64    // kept from this place of the log or before; 0 = all
	Limit   int       // 0 = all
}

// A DetectionFilter says which detections are wanted.
type DetectionFilter struct {
	Flight vigia.ID // "" = all
	Limit  int      // 0 = all
}

// A TrafficFilter says which pictures or looks are wanted. Limit takes the
// latest of them.
type TrafficFilter struct {
	Flight vigia.ID  // "" = all
	From   time.Time // zero = from the first
	Before time.Time // zero = to the last
	Limit  int       // 0 = all
}

// A PlumeFilter says which plumes are wanted.
type PlumeFilter struct {
	Flight  vigia.ID // "" = all
	UpToLog uint64   // of cubes that were read up to this place of the log or before; 0 = all
	Limit   int      // 0 = all
}

// An Announcement is a message that waits for the stream.
type Announcement struct {
	N       int64 // order
	ID      string
	Subject string
	Data    []byte
}

// A Delivery is a message that waits to leave the house.
type Delivery struct {
	Destination string
	ID          string // by which the receiver drops a repeat
	Subject     string
	Data        []byte
	Due         time.Time
	Attempts    int
	LastError   string
}
