// Toancanh is the operations centre in one program: see toancanh --help.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/redis/go-redis/v9/logging"

	"toancanh/server"
	"toancanh/server/embedded"
)

// build names this build; the Makefile sets it.
var build = "dev" //nolint:gochecknoglobals // set by the linker

type verbs struct {
	Up       upCmd       `cmd:"" help:"Run everything on this machine: database, server, live feed, and a sample province that moves."`
	Serve    serveCmd    `cmd:"" help:"Run the server against a PostgreSQL and a Redis that exist."`
	Hub      hubCmd      `cmd:"" help:"Run the live feed alone, beside a server; as many as wanted."`
	Migrate  migrateCmd  `cmd:"" help:"Bring a database to the newest schema, or say where it stands."`
	Simulate simulateCmd `cmd:"" help:"Play a province's day on a running server: sensors, reports, staff."`
	Replay   replayCmd   `cmd:"" help:"Play real files of reports or readings from elsewhere into a running server."`
	Bench    benchCmd    `cmd:"" help:"Measure this program beside its floors in the same run."`
	Geo      geoCmd      `cmd:"" help:"Bring real boundaries of provinces, districts and communes; list them; go back to the schematic."`
	Key      keyCmd      `cmd:"" help:"Make, list, scope, rotate or revoke keys of gateways and tools; rotate the keys that seal."`
	User     userCmd     `cmd:"" help:"List people, make a one-time link for one, or disable one."`
	Export   exportCmd   `cmd:"" help:"Write what everybody may see as files: the public pages."`
	Audit    auditCmd    `cmd:"" help:"Check the audit for changes, or write it out."`
	Evidence evidenceCmd `cmd:"" help:"Check a file of evidence, or print the fingerprint it is signed with."`
	Screen   screenCmd   `cmd:"" help:"List the screens of a running server, or set one up."`
	Ticket   ticketCmd   `cmd:"" help:"Print a ticket for topics of the live feed, for local tools."`
	Health   healthCmd   `cmd:"" help:"Ask a running server whether it could store a report now; exit status 0 says yes."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

func main() {
	embedded.Guard() // in the guard process this never returns
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	// The library writes a line for every failed try, past our log; relay and hub say once when the bus is lost.
	logging.Disable()
	var v verbs
	parser := kong.Must(&v, kong.Name("toancanh"), kong.UsageOnError(),
		kong.Description("Toàn Cảnh: an operations centre for a province. Start with: toancanh up"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err := checkEnvironment(parser.Model, os.LookupEnv); err != nil {
		fmt.Fprintln(os.Stderr, "toancanh: "+err.Error())
		return 2
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "toancanh: "+err.Error())
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "toancanh: "+err.Error())
		return 1
	}
	return 0
}

// newLog makes the process's log on standard error.
func newLog(c server.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // the setting's words are checked
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Fprintln(os.Stdout, "toancanh "+build)
	return err
}
