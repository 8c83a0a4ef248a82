package server

import (
	"time"

	"toancanh/server/door"
	"toancanh/server/opendata"
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
