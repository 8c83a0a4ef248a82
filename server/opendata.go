package server

import (
	"time"

	"toancanh/server/door"
	"toancanh/server/limit"
	"toancanh/server/opendata"
	"toancanh/server/public"
)

// openData hangs the door for open data in.
func (s *Server) openData(frame *door.Frame) error {
	licence, err := opendata.ParseLicence(s.options.OpenLicence)
	if err != nil {
		return err
	}
	s.openSets, err = opendata.New(opendata.Config{
		Frame: frame, Projection: s.partners, Atlas: s.atlas, Rules: s.rules, Location: s.location, Now: time.Now, Log: s.log,
		Division: s.options.Division, Title: s.options.Title, Licence: licence,
	})
	if err != nil {
		return err
	}
	s.openSets.Routes(s.app)
	return nil
}

// openPage is what the page about open data tells of them.
func (s *Server) openPage() public.OpenData {
	page := public.OpenData{
		Base: opendata.Base, Licence: s.openSets.Licence.Name, URL: s.openSets.Licence.URL,
		PerMinute: limit.Reads().PerMinute, CostlyPerMinute: limit.Costly().PerMinute,
	}
	for _, set := range opendata.Sets() {
		page.Sets = append(page.Sets, public.OpenSet{ID: set.ID, Title: set.Title, Text: set.Text, Formats: set.Formats()})
	}
	return page
}
