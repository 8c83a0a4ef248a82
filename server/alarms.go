package server

import (
	"context"
	"log/slog"
	"time"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/alarming"
)

// openAlarms makes what judges alarms.
func (s *Server) openAlarms() {
	s.alarming = alarming.New(alarming.Config{
		Store: s.store, Atlas: s.atlas, Division: s.options.Division, Origin: s.dataset.Origin, Now: time.Now,
		Wake: func() { s.relay.Wake() }, Log: s.log, Metrics: s.metrics,
	})
}

// seedAlarmTypes keeps the types of alarms that a house starts with. A schema that is still older has none; the process waits
// for its migration, as /readyz says.
func (s *Server) seedAlarmTypes(ctx context.Context) error {
	list, err := alarming.Seeds(sample.Files(), s.options.Sample)
	if err != nil {
		return err
	}
	if err := s.store.SeedAlarmTypes(ctx, list, time.Now().UTC()); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "types of alarms are not kept yet", slog.Any("err", err))
	}
	return nil
}

// Stamped implements relay.Follower.
func (f followers) Stamped(events []schema.Announced) {
	f.Follower.Stamped(events)
	f.alarming.Stamped(events)
}
