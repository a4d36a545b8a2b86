package main

import (
	"context"
	"fmt"

	"github.com/vigia-project/vigia"
)

type flightCmd struct {
	Add  flightAdd  `cmd:"" help:"Register a flight under an authorisation."`
	End  flightEnd  `cmd:"" help:"Say that a flight's data is complete."`
	List flightList `cmd:"" help:"List the flights."`
}

// Help is the page behind --help.
func (flightCmd) Help() string {
	return `Everything sensed belongs to a flight, and every flight to an authorisation.

    vigia flight add F-001 --authorisation A-1 --purpose gas_leak --aircraft UA-7 --chemical methane`
}

type flightAdd struct {
	remote
	ID            vigia.ID      `arg:"" help:"Name of the flight."`
	Authorisation vigia.ID      `help:"The authorisation it flies under." required:""`
	Purpose       vigia.Purpose `help:"What it is flown for: hidden_laboratory, gas_leak, environmental_inspection, exercise." required:""`
	Aircraft      string        `help:"Aircraft, or set of sensors on the ground." required:""`
	Chemical      string        `help:"What its gas sensors read." required:""`
	GroundM       float64       `help:"Height of the ground above the ellipsoid, metres." default:"0" name:"ground"`
	GeoidM        float64       `help:"Height of mean sea level above the ellipsoid there, metres, for sources that know no other height." default:"0" name:"geoid"`
}

func (c flightAdd) Run(ctx context.Context, io std) error {
	var f vigia.Flight
	err := c.post(ctx, "/flights", map[string]any{
		"id": c.ID, "authorisation": c.Authorisation, "purpose": c.Purpose, "aircraft": c.Aircraft, "chemical": c.Chemical, "ground_m": c.GroundM, "geoid_m": c.GeoidM,
	}, &f)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, f)
	}
	_, err = fmt.Fprintf(io.out, "%s registered under %s\n", f.ID, f.Authorisation)
	return err
}

type flightEnd struct {
	remote
	ID vigia.ID `arg:"" help:"Name of the flight."`
}

func (c flightEnd) Run(ctx context.Context, io std) error {
	var f vigia.Flight
	if err := c.post(ctx, "/flights/"+escape(c.ID)+"/end", struct{}{}, &f); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, f)
	}
	_, err := fmt.Fprintf(io.out, "%s ended\n", f.ID)
	return err
}

type flightList struct{ remote }

func (c flightList) Run(ctx context.Context, io std) error {
	var flights []vigia.Flight
	if err := c.get(ctx, "/flights", &flights); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, flights)
	}
	if len(flights) == 0 {
		fmt.Fprintln(io.out, "No flight yet.")
	}
	for _, f := range flights {
		fmt.Fprintf(io.out, "%s  under %s, %s, %s, ended: %v\n", f.ID, f.Authorisation, f.Aircraft, f.Chemical, f.Ended)
	}
	return nil
}
