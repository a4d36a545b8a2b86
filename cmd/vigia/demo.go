package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/sharing"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/service/ingest/source"
	"github.com/vigia-project/vigia/service/relay"
	"github.com/vigia-project/vigia/sim"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

type demoCmd struct {
	Headless bool     `help:"Exit when the flight is over and scored." env:"HEADLESS"`
	Speed    float64  `help:"Seconds of data in a second; 0 is as fast as it goes." default:"20"`
	Scenario string   `help:"Which made-up world." default:"town"`
	Seed     int64    `help:"Another world of the same kind; 0 is the scenario's own." default:"0"`
	Listen   string   `help:"Address of the console, this machine's own." default:"127.0.0.1:8080"`
	Data     string   `help:"Folder to keep everything in. Default: one that is removed at the end." type:"path"`
	Relay    []string `help:"Where released leads go: cot+tcp://HOST:PORT, cot+udp://HOST:PORT (repeat the flag)."`
	Verbose  bool     `help:"Show the log." short:"v"`
}

// Help is the page behind --help.
func (demoCmd) Help() string {
	return `Runs the whole system on this machine over a made-up town at sea, with one hidden
source in one of its 2,000 buildings. An aircraft flies over it and its gas
sensor speaks to the system's door as a real one would. Open the address, log in
as one of the users it prints, and watch; raise the lead as the analyst, approve
and release it as the approver, acknowledge it at /partner as the partner.`
}

// demoUsers are the roles of the demo, each under its own name.
var demoUsers = []vigia.Role{vigia.Analyst, vigia.Approver, vigia.Partner, vigia.Overseer, vigia.Administrator, vigia.Feeder}

// A demo is one run.
type demo struct {
	demoCmd
	io     std
	world  *sim.World
	house  *house
	front  *front
	served chan error
	radio  string // where the aircraft's telemetry is taken
}

// Run runs the demo.
func (c demoCmd) Run(ctx context.Context, io std) error {
	d := &demo{demoCmd: c, io: io, served: make(chan error, 1)}
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "vigia-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // the system's own folder for what is temporary
		d.Data = dir
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	defer d.house.closeLoudly()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	go func() { d.served <- d.front.serve(serving) }()

	err := d.play(ctx)
	if err == nil && !c.Headless {
		fmt.Fprintf(io.out, "\nThe console stays open at %s. Ctrl-C ends the demo.\n", d.address())
		<-ctx.Done()
	}
	stop()
	served := <-d.served
	switch {
	case ctx.Err() != nil:
		return served
	case err != nil:
		return err
	}
	return served
}

// address is what a person types.
func (d *demo) address() string { return strings.Replace(d.front.url, "127.0.0.1", "localhost", 1) }

func (d *demo) open(ctx context.Context) error {
	scenario, err := sim.Load(d.Scenario)
	if err != nil {
		return err
	}
	if d.Seed != 0 {
		scenario.Seed = d.Seed
	}
	if d.world, err = sim.New(scenario); err != nil {
		return err
	}
	local, err := isLocal(d.Listen)
	if err != nil {
		return err
	}
	if !local {
		return vigia.Errorf(vigia.Invalid, "--listen %s: the demo is for this machine alone", d.Listen)
	}
	s := settings{
		dir: d.Data, falseAlarm: 1e-4, policy: sharing.Default, passwordCost: identity.Recommended,
		log: quiet(d.io, d.Verbose),
	}
	for _, address := range d.Relay {
		to, err := relay.Parse(address, "")
		if err != nil {
			return err
		}
		s.destinations = append(s.destinations, to)
	}
	if d.house, err = openHouse(ctx, s); err != nil {
		return err
	}
	if err = d.listen(scenario); err == nil {
		d.front, err = d.house.open(d.Listen, "", "", true)
	}
	if err != nil {
		d.house.closeLoudly()
	}
	return err
}

// listen opens the port on which the aircraft tells where it is and what its
// camera sees.
func (d *demo) listen(s sim.Scenario) error {
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return vigia.Errorf(vigia.Unavailable, "no port for the aircraft's telemetry: %v", err)
	}
	d.radio = free.LocalAddr().String()
	if err := free.Close(); err != nil {
		return err
	}
	from, err := d.house.ingest.Source(source.Config{Name: s.Aircraft, URL: "udp://" + d.radio, Format: "klv", Flight: s.Flight})
	if err != nil {
		return err
	}
	d.house.feeds = append(d.house.feeds, feed{"the aircraft's telemetry", from.Run})
	return nil
}

// play is the story: users, permission, flight, score.
func (d *demo) play(ctx context.Context) error {
	token, err := d.welcome(ctx)
	if err != nil {
		return err
	}
	admin := vigia.User{Name: string(vigia.Administrator), Role: vigia.Administrator}
	if err := d.permit(ctx, admin); err != nil {
		return err
	}
	telling, quietNow := context.WithCancel(ctx)
	defer quietNow()
	told := make(chan struct{})
	go func() {
		defer close(told)
		d.tell(telling)
	}()
	flight := d.world.Scenario.Flight
	telemetry, err := net.Dial("udp", d.radio)
	if err != nil {
		return err
	}
	defer telemetry.Close() //nolint:errcheck // datagrams
	gateway := sim.Gateway{Server: d.front.url, Token: token, Speed: d.Speed, Telemetry: telemetry, Progress: d.progress()}
	done, err := gateway.Fly(ctx, d.world)
	if err != nil {
		return err
	}
	d.say("gateway", "the aircraft has landed: %d readings and %d wind records were acknowledged", done.Observations, done.Winds)
	if err := d.house.task.End(ctx, admin, flight); err != nil {
		return err
	}
	if err := d.house.settle(ctx, d.served); err != nil {
		return err
	}
	quietNow()
	<-told
	return d.score(ctx)
}

// welcome makes the users and prints their logins. It returns the gateway's token.
func (d *demo) welcome(ctx context.Context) (token string, err error) {
	b := make([]byte, 4)
	rand.Read(b) //nolint:errcheck // crypto/rand does not fail (Go 1.24)
	password := fmt.Sprintf("demo-%x", b)
	fmt.Fprintf(d.io.out, "Vigía %s. Open %s and log in; the partner's door is %s/partner.\n\n", versionText(), d.address(), d.address())
	for _, role := range demoUsers {
		if _, err := d.house.identity.AddUser(ctx, "demo", string(role), role, password); err != nil {
			return "", err
		}
		fmt.Fprintf(d.io.out, "    %-14s password %s\n", role, password)
	}
	fmt.Fprintln(d.io.out)
	return d.house.identity.Token(ctx, string(vigia.Feeder), "demo gateway", 24*time.Hour)
}

// permit enters the town's map, the permission and the flight.
func (d *demo) permit(ctx context.Context, admin vigia.User) error {
	var town bytes.Buffer
	if err := d.world.WriteBuildings(&town); err != nil {
		return err
	}
	receipt, err := d.house.ingest.Buildings(ctx, ingest.Request{Name: "town", Body: &town})
	if err != nil {
		return err
	}
	d.say("map", "%d buildings of a made-up town", receipt.Accepted+receipt.Repeated)
	a := d.world.Authorisation("A-DEMO", vigia.Exercise)
	a.HostReference, a.PartnerReference = "an exercise: no paper", "an exercise: no paper"
	if err := d.house.task.Grant(ctx, admin, a); err != nil && vigia.ErrorCode(err) != vigia.Conflict {
		return err
	}
	d.say("permission", "%s: %s to %s, with both governments' references", a.ID, a.From.Format("15:04"), a.Until.Format("15:04 on 2 January 2006"))
	s := d.world.Scenario
	err = d.house.task.Register(ctx, admin, vigia.Flight{
		ID: s.Flight, Authorisation: a.ID, Purpose: a.Purpose, Aircraft: s.Aircraft, Chemical: s.Chemical, GroundM: s.Origin.Alt,
	})
	if err != nil && vigia.ErrorCode(err) != vigia.Conflict {
		return err
	}
	d.say("flight", "%s takes off: %s of data at %g×", s.Flight, d.world.Duration().Round(time.Second), d.Speed)
	return nil
}

// progress is a bar on a terminal that the story does not scroll away.
func (d *demo) progress() func(sim.Progress) {
	last := -1
	return func(p sim.Progress) {
		tenth := int(10 * p.Elapsed / max(p.Total, 1))
		if tenth > last {
			last = tenth
			d.say("flight", "%d %% flown, %d readings sent", 10*tenth, p.Observations)
		}
	}
}

func (d *demo) say(who, format string, args ...any) {
	fmt.Fprintf(d.io.out, "%s  %-10s  %s\n", time.Now().Format("15:04:05"), who, fmt.Sprintf(format, args...))
}

// tell prints each fact as it is announced.
func (d *demo) tell(ctx context.Context) {
	detections := 0
	_ = d.house.stream.Follow(ctx, []string{"detection.*", "source.*", "site.*", "lead.*"}, 1, func(_ context.Context, m stream.Message) error {
		switch m.Subject {
		case stream.DetectionFound:
			if detections++; detections == 1 || detections%10 == 0 {
				var v vigia.Detection
				d.read(m, &v)
				d.say("detection", "no. %d: %s read %.2f ppm over a background of %.2f", detections, v.Sensor, v.Peak, v.Background)
			}
		case stream.SourceLocated:
			var v vigia.Posterior
			d.read(m, &v)
			d.say("located", "%s", d.posterior(v))
		case stream.SiteChanged:
			var v vigia.Site
			d.read(m, &v)
			d.say("site", "%s is %s, version %d: 95 %% within %.0f m, %.2g kg/h", short(v.ID), v.Status, v.Version, v.Ellipse.SemiMajorM, v.RateKgH)
		default:
			var v vigia.Lead
			d.read(m, &v)
			d.say("lead", "%s is %s by %s", short(v.ID), v.Status, v.Steps[len(v.Steps)-1].By)
		}
		return nil
	})
}

func (d *demo) read(m stream.Message, v any) {
	if err := json.Unmarshal(m.Data, v); err != nil {
		d.house.Log.Error("a fact is not readable", "subject", m.Subject, "error", err)
	}
}

func short(id vigia.ID) string { return string(id[:min(len(id), 13)]) }

func (d *demo) posterior(p vigia.Posterior) string {
	if len(p.Sources) == 0 {
		return fmt.Sprintf("no source with %.0f %% (%d readings)", 100*p.CountProbability[0], p.Readings)
	}
	text := fmt.Sprintf("%d source(s) from %d readings; the first within %.0f m at 95 %%", len(p.Sources), p.Readings, p.Sources[0].Ellipse.SemiMajorM)
	if len(p.Buildings) > 0 {
		text += fmt.Sprintf("; likeliest building %s with %.0f %%", p.Buildings[0].ID, 100*p.Buildings[0].Probability)
	}
	return text
}

// score holds the picture against the truth, which nobody but the simulator knew.
func (d *demo) score(ctx context.Context) error {
	var sites []vigia.Site
	var entries int64
	err := d.house.store.View(ctx, func(r store.Reader) (err error) {
		if entries, err = r.AuditSize(); err != nil {
			return err
		}
		sites, err = r.Sites()
		return err
	})
	if err != nil {
		return err
	}
	truth := d.world.Truth()
	if truth.RateKgH == 0 {
		d.scoreEmpty(sites)
		return nil
	}
	fmt.Fprintf(d.io.out, "\nThe truth: %.2g kg/h of %s from building %s. What the system found:\n", truth.RateKgH, truth.Chemical, truth.Building)
	found := 0
	for _, s := range sites {
		if s.Status != vigia.Candidate {
			continue
		}
		found++
		board, err := truth.Scoreboard(sim.AnswerOfSite(s))
		if err != nil {
			return err
		}
		fmt.Fprintf(d.io.out, "\n%s\n%s\n", s.ID, board)
	}
	if found == 0 {
		fmt.Fprintln(d.io.out, "no site.")
	}
	fmt.Fprintf(d.io.out, "\nThe account has %d entries.\n", entries)
	return nil
}

// scoreEmpty scores a world without a source: every site is a false alarm.
func (d *demo) scoreEmpty(sites []vigia.Site) {
	alarms := 0
	for _, s := range sites {
		if s.Status == vigia.Candidate {
			alarms++
		}
	}
	fmt.Fprintf(d.io.out, "\nThe truth: there is no source. False alarms: %d.\n", alarms)
}
