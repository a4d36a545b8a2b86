// Package task keeps who permitted what and which flights are flown under it.
package task

import (
	"context"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// Task takes decisions about authorisations and flights, and carries them out.
type Task struct{ *service.Base }

// New makes the service.
func New(b *service.Base) *Task { return &Task{b} }

// Grant enters an authorisation of both governments.
func (t *Task) Grant(ctx context.Context, by vigia.User, a vigia.Authorisation) error {
	if err := by.Role.May(vigia.GrantAuthorisation); err != nil {
		return err
	}
	if err := a.Valid(); err != nil {
		return err
	}
	return t.decide(ctx, vigia.Decision{Kind: vigia.GrantAuthorisation, By: by.Name, Role: by.Role, Authorisation: &a})
}

// Register announces a flight under an authorisation.
func (t *Task) Register(ctx context.Context, by vigia.User, f vigia.Flight) error {
	if err := by.Role.May(vigia.RegisterFlight); err != nil {
		return err
	}
	if err := f.Valid(); err != nil {
		return err
	}
	if c, err := vigia.ChemicalNamed(f.Chemical); err == nil { // by whatever name: flights are compared by it
		f.Chemical = c.Name
	}
	return t.decide(ctx, vigia.Decision{Kind: vigia.RegisterFlight, By: by.Name, Role: by.Role, Flight: &f})
}

// End says that a flight's data is complete. Late data is still taken.
func (t *Task) End(ctx context.Context, by vigia.User, id vigia.ID) error {
	if err := by.Role.May(vigia.EndFlight); err != nil {
		return err
	}
	var f vigia.Flight
	if err := t.Store.View(ctx, func(r store.Reader) (err error) { f, err = r.Flight(id); return err }); err != nil {
		return err
	}
	return t.decide(ctx, vigia.Decision{Kind: vigia.EndFlight, By: by.Name, Role: by.Role, Flight: &f})
}

func (t *Task) decide(ctx context.Context, d vigia.Decision) error {
	return t.Decide(ctx, stream.FlightOrder, t.Step(), t.Name(d))
}

// Step carries the decisions out.
func (t *Task) Step() service.Step {
	s := service.Step{Name: "task", Subjects: []string{stream.FlightOrder}}
	s.Prepare = t.CarryOut(s, func(tx store.Tx, d vigia.Decision) error {
		if err := d.Role.May(d.Kind); err != nil {
			return err
		}
		switch {
		case d.Kind == vigia.GrantAuthorisation && d.Authorisation != nil:
			return t.grant(tx, d)
		case d.Kind == vigia.RegisterFlight && d.Flight != nil:
			return t.register(tx, d)
		case d.Kind == vigia.EndFlight && d.Flight != nil:
			return t.end(tx, d)
		}
		return vigia.Errorf(vigia.Invalid, "%q is not a decision about a flight, or lacks what it is about", d.Kind)
	})
	return s
}

// trace is a person's: the account names who decided, not what carried it out.
func (t *Task) trace(d vigia.Decision, announce string) store.Trace {
	return store.Trace{Actor: d.By, Action: string(d.Kind), At: t.Clock(), Announce: announce}
}

func (t *Task) grant(tx store.Tx, d vigia.Decision) error {
	a := *d.Authorisation
	if err := a.Valid(); err != nil {
		return err
	}
	a.GrantedBy, a.GrantedAt = d.By, d.At
	added, err := tx.AddAuthorisation(a, t.trace(d, ""))
	if err == nil && !added {
		return vigia.Errorf(vigia.Conflict, "the authorisation %s exists; what was permitted is not changed afterwards", a.ID)
	}
	return err
}

func (t *Task) register(tx store.Tx, d vigia.Decision) error {
	f := *d.Flight
	if err := f.Valid(); err != nil {
		return err
	}
	if _, err := tx.Authorisation(f.Authorisation); err != nil {
		return err
	}
	if _, err := tx.Flight(f.ID); vigia.ErrorCode(err) != vigia.NotFound {
		if err != nil {
			return err
		}
		return vigia.Errorf(vigia.Conflict, "the flight %s is registered already", f.ID)
	}
	f.RegisteredBy, f.RegisteredAt, f.Ended = d.By, d.At, false
	return tx.PutFlight(f, t.trace(d, stream.FlightChanged))
}

func (t *Task) end(tx store.Tx, d vigia.Decision) error {
	f, err := tx.Flight(d.Flight.ID)
	if err != nil || f.Ended {
		return err
	}
	f.Ended = true
	return tx.PutFlight(f, t.trace(d, stream.FlightChanged))
}
