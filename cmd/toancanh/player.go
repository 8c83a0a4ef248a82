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

	mu  sync.Mutex
	sim *simulation.Simulation
}

func (p *player) ready(sim *simulation.Simulation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sim = sim
}

// storm begins a storm; without a simulation, or while one rages, nothing happens but a line in the log.
func (p *player) storm() {
	p.mu.Lock()
	sim := p.sim
	p.mu.Unlock()
	if sim == nil {
		p.log.Warn("a storm was asked for, and no simulation runs")
		return
	}
	if err := sim.Storm(context.Background()); err != nil {
		p.log.Warn("storm does not begin", slog.Any("err", err))
	}
}
