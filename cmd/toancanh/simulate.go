package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/cmd/toancanh/client"
	"toancanh/cmd/toancanh/simulation"
)

// simulateCmd plays the sample province against a server that runs elsewhere.
type simulateCmd struct {
	URL *url.URL `env:"TOANCANH_URL" default:"http://127.0.0.1:8080" help:"Address of the server to play against."`
	localFlags
	Pace        float64       `env:"TOANCANH_PACE" default:"11" help:"How many times faster than a real province the simulator plays; 1 is real time."`
	Storm       bool          `help:"Begin with a storm: rain, a river over its flood levels and a flood of reports."`
	StormLasts  time.Duration `default:"6m" help:"How long a storm takes; over some hours its rain and rivers are as slow as nature."`
	Seed        uint64        `default:"1" help:"Another number plays other weather and other people."`
	HistoryDays int           `env:"TOANCANH_HISTORY_DAYS" default:"0" help:"Days of history to load first; 0: none."`
	Timezone    string        `env:"TOANCANH_TIMEZONE" default:"Asia/Ho_Chi_Minh" help:"Zone whose hours of the day the province keeps."`
}

// Run plays until it is told to end.
func (c simulateCmd) Run(ctx context.Context) error {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return fmt.Errorf("TOANCANH_TIMEZONE: %w", err)
	}
	if c.HistoryDays < 0 || c.HistoryDays > 365 {
		return fmt.Errorf("TOANCANH_HISTORY_DAYS: %d is not within 0 to 365", c.HistoryDays)
	}
	key, err := c.key()
	if err != nil {
		return err
	}
	cfg := simulation.Config{
		Base: c.URL, Key: key, Pace: c.Pace, Seed: c.Seed, Location: zone, Storm: c.Storm, StormLasts: c.StormLasts,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	if err := refuseReal(ctx, cfg); err != nil {
		return err
	}
	sim, err := simulation.New(cfg)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return sim.Run(ctx) })
	if c.HistoryDays > 0 {
		group.Go(func() error { return simulation.History(ctx, cfg, c.HistoryDays) })
	}
	return ended(ctx, group.Wait())
}

// refuseReal keeps invented reports out of a database of real ones.
func refuseReal(ctx context.Context, cfg simulation.Config) error {
	c, err := client.New(client.Options{Base: cfg.Base, Key: cfg.Key, Log: cfg.Log})
	if err != nil {
		return err
	}
	origin, err := c.Origin(ctx)
	if err != nil {
		return fmt.Errorf("ask %s what its data are: %w", cfg.Base, err)
	}
	if origin != "simulated" {
		return fmt.Errorf("the server at %s holds %s data: the simulator is refused; it plays only where the data were born simulated", cfg.Base, origin)
	}
	return nil
}
