package main

import (
	"context"
	"fmt"
	"os"

	"toancanh/cmd/toancanh/benching"
)

type benchCmd struct {
	Only    []string `help:"Measures to take, with commas: fanout, memory, storm, latency, signin, wal, single, bulk, page, launch, queue. Without it all; launch and queue take minutes and need --long then."`
	Rounds  int      `default:"3" help:"Alternating rounds of figure and floor, of which the median counts."`
	Long    bool     `help:"More sockets and longer windows: about twenty minutes."`
	Strict  bool     `help:"End with exit status 1 when a limit is not held."`
	Profile string   `type:"existingdir" help:"Directory to keep CPU profiles of the measured processes in."`
}

// Run measures this program beside its floors and prints the report.
func (c benchCmd) Run(ctx context.Context) error {
	if ok, err := benching.Play(ctx); ok {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	err = benching.Run(ctx, benching.Options{
		Only: c.Only, Rounds: c.Rounds, Long: c.Long, Profile: c.Profile, Out: os.Stdout, Program: []string{program},
	})
	if !c.Strict && err == benching.ErrOver { //nolint:errorlint // returned as it is
		return nil
	}
	return err
}
