package public

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/store"
)

// inForce is a warning to the public as a page says it.
type inForce struct {
	Headline, Event, Severity, Areas, Until, UntilISO, URL string
	Exercise                                               bool
	Ended                                                  bool // its time was over when the page was made
}

// warningsIn are the warnings for an area, for what lies in it, and for what it lies in, that were in force when they were read.
// Of a picture that is old some may have ended since.
func (s *Site) warningsIn(p store.PublicPicture, made time.Time, key pageKey) []inForce {
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
			URL: "/feed/cap/" + w.ID + ".xml", Exercise: w.Exercise, Ended: !w.Expires.After(made),
		})
	}
	return list
}

// ended reports whether a warning has ended since the edition was made.
func (e *edition) ended(now time.Time) bool {
	return slices.ContainsFunc(e.picture.Warnings, func(w store.WarningInForce) bool { return w.Expires.After(e.made) && !w.Expires.After(now) })
}
