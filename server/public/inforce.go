package public

import (
	"strings"

	"toancanh/server/store"
)

// inForce is a warning to the public as a page says it.
type inForce struct {
	Headline, Event, Severity, Areas, Until, UntilISO, URL string
	Exercise                                               bool
}

// warningsIn are the warnings in force for an area, for what lies in it, and for what it lies in.
func (s *Site) warningsIn(p store.PublicPicture, key pageKey) []inForce {
	tree := s.Atlas.Tree
	here := s.leavesIn(key.division, key.area)
	var list []inForce
	for _, w := range p.Warnings {
		if !s.concerns(w.Areas, here) {
			continue
		}
		names := make([]string, 0, len(w.Areas))
		for _, code := range w.Areas {
			if a, ok := tree.Get(s.Division, code); ok {
				names = append(names, titleOf(a, key.look))
			}
		}
		until := w.Expires.In(s.Location)
		list = append(list, inForce{
			Headline: w.Headline, Event: w.Event, Severity: s.book.say(key.look, "severity "+w.Severity), Areas: strings.Join(names, ", "),
			Until: until.Format("15:04 02/01/2006"), UntilISO: until.Format("2006-01-02T15:04:05Z07:00"),
			URL: "/feed/cap/" + w.ID + ".xml", Exercise: w.Exercise,
		})
	}
	return list
}
