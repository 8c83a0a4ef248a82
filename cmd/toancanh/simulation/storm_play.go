package simulation

import (
	"context"
	"fmt"
	"time"

	"toancanh/server/area"
)

// Who reports what in a storm: the category, its sentences, its part, and how
// many of its senders call for help.
type stormMatter struct {
	category, section string
	part, emergency   float64
}

func stormMatters() []stormMatter {
	return []stormMatter{
		{"TT", "bao.TT", 0.44, 0.45},
		{"CS", "bao.CS", 0.21, 0.05},
		{"DN", "bao.DN", 0.19, 0.12},
		{"GT", "bao.GT", 0.14, 0.08},
		{"CR", "bao.CR", 0.02, 0.8},
	}
}

const (
	stormFirst    = 25 * time.Second // until the first report
	stormShortest = 4 * time.Second  // between two
	stormLongest  = 10 * time.Second
	stormNearKM   = 18.0
)

// stormWatch waits for storms to be asked for and plays them.
func (s *Simulation) stormWatch(ctx context.Context) error {
	for {
		select {
		case <-s.storms:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := s.playStorm(ctx); err != nil {
			return err
		}
	}
}

// playStorm lets rain and rivers rise and sends the reports of those it meets.
func (s *Simulation) playStorm(ctx context.Context) error {
	now := &storm{from: s.Now(), lasts: s.StormLasts, centre: s.stormCentre()}
	s.storm.Store(now)
	s.Log.InfoContext(ctx, "storm begins")
	link := s.newLink("storm")
	pause := now.stretched(stormFirst)
	for wait(ctx, pause) && now.raging(s.Now()) {
		r := dice(s.Seed, fmt.Sprintf("storm %d", s.Now().UnixNano()))
		matters := stormMatters()
		parts := make([]float64, len(matters))
		for i, m := range matters {
			parts[i] = m.part
		}
		matter := matters[pickWeighted(r, parts)]
		sent := s.compose(r, matter.category, matter.section, s.places.near(r, now.centre, stormNearKM))
		sent.Emergency = r.Float64() < matter.emergency
		call, cancel := context.WithTimeout(ctx, stormLasts)
		_, err := s.client.PostReport(call, sent)
		cancel()
		if err := link.seen(ctx, err); final(err) {
			return err
		}
		pause = now.stretched(stormShortest + time.Duration(r.Float64()*float64(stormLongest-stormShortest)))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.Log.InfoContext(ctx, "storm eases")
	return nil
}

// stormCentre is the first river that a storm fills, where its level is read.
func (p *province) stormCentre() area.Point {
	for _, sensor := range p.Sensors {
		if sensor.Kind == kindRiver && sensor.Storm != nil {
			return sensor.Point()
		}
	}
	return p.places.centre
}

// Storming reports whether people are still reporting a storm.
func (s *Simulation) Storming() bool { return s.storm.Load().raging(s.Now()) }
