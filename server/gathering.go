package server

import (
	"time"

	"toancanh/server/gather"
	"toancanh/server/view"
)

// gatherer puts alarms and reports together, on the leader.
func (s *Server) gatherer() *gather.Gatherer {
	return gather.New(gather.Config{
		Store: s.store, Lens: view.NewLens(s.location, s.units), Now: time.Now, Log: s.log, Metrics: s.metrics,
		Area: func(division, code string) string {
			at, _ := s.atlas.Tree.Get(division, code)
			return at.Title()
		},
	})
}
