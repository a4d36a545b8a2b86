package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/task"
)

type flightCmd struct {
	Add  flightAdd  `cmd:"" help:"Register a flight under an authorisation."`
	End  flightEnd  `cmd:"" help:"Say that a flight's data is complete."`
	List flightList `cmd:"" help:"List the flights."`

	Propose flightPropose `cmd:"" help:"Propose the next flight over what a flight left open."`
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

type flightPropose struct {
	remote
	ID        vigia.ID      `arg:"" help:"The flight that left buildings open."`
	WindFrom  float64       `help:"Where the wind is forecast to come from, degrees clockwise from true north." required:"" name:"wind-from"`
	Lowest    float64       `help:"Lowest height above the ground that is flown there, metres." default:"25"`
	Speed     float64       `help:"Speed along the lines, m/s." default:"12"`
	Endurance time.Duration `help:"Time over the place." default:"24m"`
}

// Help is the page behind --help.
func (flightPropose) Help() string {
	return `Works out a square of lines across the forecast wind, inside the volume of the flight's own authorisation, after which the fewest buildings are expected to hold 90 %. Nothing follows from it by itself: accept it by registering a flight.

    vigia flight propose F-001 --wind-from 240`
}

func (c flightPropose) Run(ctx context.Context, io std) error {
	var p task.Proposal
	q := url.Values{}
	for name, x := range map[string]float64{"wind_from_deg": c.WindFrom, "lowest_m": c.Lowest, "speed_mps": c.Speed, "endurance_s": c.Endurance.Seconds()} {
		q.Set(name, strconv.FormatFloat(x, 'f', -1, 64))
	}
	if err := c.get(ctx, "/flights/"+escape(c.ID)+"/proposal?"+q.Encode(), &p); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(io.out, p)
	}
	fmt.Fprintf(io.out, "%s\n", p.Reason)
	fmt.Fprintf(io.out, "Around %.6f, %.6f: a square of %.0f m, swept %d times at %.0f m above the ground and %.0f m/s,\n", p.Around.Lat, p.Around.Lon, p.SideM, p.Sweeps, p.HeightM, p.SpeedMPS)
	fmt.Fprintf(io.out, "lines %.0f m apart and %.0f m longer than the square at both ends. The first sweep turns at:\n", p.SpacingM, p.MarginM)
	for _, l := range p.Legs {
		fmt.Fprintf(io.out, "  %.6f, %.6f\n", l.Lat, l.Lon)
	}
	_, err := fmt.Fprintf(io.out, "It stays in the volume of %s. To accept it, register a flight under that.\n", p.Authorisation)
	return err
}
