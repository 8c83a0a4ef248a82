// Package gather proposes incidents on the leader: what came in is put together by the rule of package incident, and proposals that
// nobody takes for incidents lapse. It accepts none: that is for people.
package gather

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/fault"
	"toancanh/server/incident"
	"toancanh/server/store"
	"toancanh/server/view"
)

// How often the rule looks, and how far back. A thing that is older than lookBack and belongs to nothing is left alone.
const (
	every    = 2 * time.Second
	lookBack = 6 * time.Hour
)

// Store keeps incidents and knows what might be one.
type Store interface {
	IncidentCandidates(ctx context.Context, since time.Time) ([]incident.Thing, []incident.Known, error)
	DoIncident(ctx context.Context, d store.IncidentDeed) (incident.Done, store.Accepted, error)
}

// Config names what a gatherer needs.
type Config struct {
	Store   Store
	Lens    view.Lens
	Area    func(division, code string) string // what people call an area
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil: nothing is counted
}

// Gatherer puts things together.
type Gatherer struct {
	Config
	proposed *prometheus.CounterVec
	failing  bool // the last pass failed; Lead's alone
}

// New makes a gatherer.
func New(c Config) *Gatherer {
	g := &Gatherer{Config: c, proposed: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "toancanh_incident_proposals_total", Help: "What the rule of incidents did, by outcome: proposed, grown, lapsed.",
	}, []string{"outcome"})}
	if c.Metrics != nil {
		c.Metrics.MustRegister(g.proposed)
	}
	return g
}

// Lead looks again and again while this process leads; ctx ends with the term.
func (g *Gatherer) Lead(ctx context.Context, _ func([]schema.Level)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		g.note(ctx, g.Pass(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// note says once that passes fail, and once that they succeed again.
func (g *Gatherer) note(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !g.failing:
		g.Log.LogAttrs(ctx, slog.LevelWarn, "incidents cannot be proposed", slog.Any("err", err))
		g.failing = true
	case err == nil && g.failing:
		g.Log.LogAttrs(ctx, slog.LevelInfo, "incidents are proposed again")
		g.failing = false
	}
}

// Pass looks once. What somebody did meanwhile wins: the next pass sees it.
func (g *Gatherer) Pass(ctx context.Context) error {
	now := g.Now()
	things, known, err := g.Store.IncidentCandidates(ctx, now.Add(-lookBack))
	if err != nil {
		return err
	}
	var failed []error
	for _, k := range known {
		if k.Lapsed(now) {
			failed = append(failed, g.do(ctx, "lapsed", store.IncidentDeed{ID: k.ID, Acts: []incident.Act{{
				Name: incident.Dismiss, Reason: "Không ai nhận đề xuất này trong 12 giờ.",
			}}}))
		}
	}
	for _, group := range incident.Propose(things, known) {
		failed = append(failed, g.keep(ctx, group))
	}
	return errors.Join(failed...)
}

// keep makes a group a proposal, or lets one grow.
func (g *Gatherer) keep(ctx context.Context, group incident.Group) error {
	if group.Incident != "" {
		return g.do(ctx, "grown", store.IncidentDeed{ID: group.Incident, Acts: []incident.Act{{Name: incident.Grow, Things: group.Things}}})
	}
	first := group.Things[0]
	return g.do(ctx, "proposed", store.IncidentDeed{Birth: &incident.Birth{
		Family: group.Family, Title: incident.Title(group.Family, g.Area(first.Division, first.Area)), Things: group.Things,
	}})
}

func (g *Gatherer) do(ctx context.Context, outcome string, d store.IncidentDeed) error {
	d.Lens, d.Now = g.Lens, g.Now()
	_, _, err := g.Store.DoIncident(ctx, d)
	switch {
	case fault.Is(err, fault.KindConflict): // somebody was faster
		return nil
	case err == nil:
		g.proposed.WithLabelValues(outcome).Inc()
	}
	return err
}
