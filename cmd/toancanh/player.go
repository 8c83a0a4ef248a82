package main

import (
	"context"
	"log/slog"
	"sync"

	"toancanh/cmd/toancanh/simulation"
)

// player lets the server's page begin a storm of the simulation that runs beside it.
type player struct {
	log *slog.Logger

	mu    sync.Mutex
	sim   *simulation.Simulation
	asked bool // a storm, before there was a simulation
}

// ready hands the simulation over, and begins the storm that was asked for before.
func (p *player) ready(sim *simulation.Simulation) {
	p.mu.Lock()
	p.sim = sim
	asked := p.asked
	p.asked = false
	p.mu.Unlock()
	if asked {
		p.storm()
	}
}

// storm begins a storm, or will as soon as the simulation runs; while one rages nothing happens but a line in the log.
func (p *player) storm() {
	p.mu.Lock()
	sim := p.sim
	p.asked = sim == nil
	p.mu.Unlock()
	if sim == nil {
		p.log.Info("a storm was asked for and begins with the simulation")
		return
	}
	if err := sim.Storm(context.Background()); err != nil {
		p.log.Warn("storm does not begin", slog.Any("err", err))
	}
}
