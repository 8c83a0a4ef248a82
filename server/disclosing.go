package server

import (
	"fmt"
	"log/slog"
	"time"

	"toancanh/schema/sample"
	"toancanh/server/disclosing"
	"toancanh/server/disclosure"
	"toancanh/server/report"
)

// openDisclosing makes what tells everybody what may be told.
func (s *Server) openDisclosing() error {
	table, err := sample.Files().Open("places.csv")
	if err != nil {
		return fmt.Errorf("open places.csv: %w", err)
	}
	defer func() { _ = table.Close() }()
	places, err := disclosure.ParsePlaces(table)
	if err != nil {
		return err
	}
	if s.options.PublicEvery < disclosure.Batch {
		s.log.Warn("facts of single reports and numbers of narrow areas leave more often than every quarter hour", slog.Duration("every", s.options.PublicEvery))
	}
	var categories []string
	for _, c := range s.rules.Current().Categories {
		categories = append(categories, c.Code)
	}
	s.disclosing = disclosing.New(disclosing.Config{
		Store: s.store, Ground: disclosure.NewGround(s.atlas.Tree, s.options.Division), Categories: categories, Places: places,
		Division: s.options.Division, Location: s.location, Real: s.dataset.Origin == string(report.Real), Every: s.options.PublicEvery,
		Wake: func() { s.relay.Wake() }, Now: time.Now, Log: s.log,
	})
	return nil
}
