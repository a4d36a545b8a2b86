// Command vigia is the ground system: one binary, a subcommand a duty.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/vigia-project/vigia"
)

// cli is every subcommand. Flags and wiring only; a file a subcommand.
type cli struct {
	Serve         serveCmd         `cmd:"" help:"Run the system: API, console, partner's door and every step of the walk."`
	Demo          demoCmd          `cmd:"" help:"Run everything at once over a made-up town: a flight, a hidden source, a found site."`
	Ingest        ingestCmd        `cmd:"" help:"Send recorded observations, scan lines, wind and buildings to a running system."`
	Sources       sourcesCmd       `cmd:"" help:"Tell how the sources of a running system are."`
	Locate        locateCmd        `cmd:"" help:"Locate sources from plain files, without a system."`
	Decode        decodeCmd        `cmd:"" help:"Read KLV, MPEG-TS and other wire formats: one JSON object a line."`
	Track         trackCmd         `cmd:"" help:"Join position reports into tracks, from a plain file, without a system."`
	Visits        visitsCmd        `cmd:"" help:"Find where tracks stopped, and at which site, from plain files."`
	Rhythm        rhythmCmd        `cmd:"" help:"Tell what comes and goes at a site, from a plain file of visits."`
	Score         scoreCmd         `cmd:"" help:"Score tracks against the truth."`
	Motion        motionCmd        `cmd:"" help:"Find what moves in a video from the air, and where on the ground it is."`
	Spectra       spectraCmd       `cmd:"" help:"Find vapours in hyperspectral cubes, and plumes in score rasters, from plain files."`
	Lead          leadCmd          `cmd:"" help:"Raise, approve, release and follow leads."`
	Flight        flightCmd        `cmd:"" help:"Register flights and end them."`
	Authorisation authorisationCmd `cmd:"" help:"Enter the written permission of both governments."`
	User          userCmd          `cmd:"" help:"Make users, their passwords and API tokens."`
	Audit         auditCmd         `cmd:"" help:"Verify the account that nobody can alter."`
	Unseal        unsealCmd        `cmd:"" help:"For the overseer: open what was sensed without permission."`
	Replay        replayCmd        `cmd:"" help:"Compute everything again from the log, into an empty folder."`
	Version       versionCmd       `cmd:"" help:"Print the version."`
}

const description = `Vigía finds hidden emitters of vapour from the air, and carries a lead from a
sensor to a partner's acknowledgement. It never carries, aims or recommends a
weapon.

New here? Run "vigia demo" and open the address it prints.

Exit codes: 0 done; 1 a defect or a failure of this machine; 2 the input or the
usage is wrong; 3 not found; 4 conflict: look again and repeat; 5 you may not;
6 not available now: try again; 7 the account does not verify.`

// exitCodes maps each error code to the process's.
var exitCodes = map[vigia.Code]int{
	vigia.Internal: 1, vigia.Invalid: 2, vigia.NotFound: 3, vigia.Conflict: 4,
	vigia.Forbidden: 5, vigia.Unauthenticated: 5, vigia.Unavailable: 6,
}

const exitNotVerified = 7

// An exitError ends the process with a code and no more words.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// std is where a command reads and writes.
type std struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	os.Exit(run(os.Args[1:], std{os.Stdin, os.Stdout, os.Stderr}))
}

// run runs one command and returns the process's exit code. An interrupt ends
// its context, upon which every command drains and stops.
func run(args []string, io std) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit := -1
	parser, err := kong.New(&cli{},
		kong.Name("vigia"), kong.Description(description),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { exit = code }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(io),
	)
	if err != nil {
		fmt.Fprintln(io.err, "vigia:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintf(io.err, "vigia: %v\nRun \"vigia --help\", or \"vigia <command> --help\".\n", err)
		return 2
	}
	return exitCode(command.Run(), io)
}

func exitCode(err error, io std) int {
	if e, ok := err.(exitError); ok {
		return int(e)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(io.err, "vigia:", err)
	return exitCodes[vigia.ErrorCode(err)]
}
