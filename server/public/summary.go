package public

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/disclosure"
	"toancanh/server/store"
)

// sayEvery is how long the words of a summary stand: who has them read aloud hears one a minute.
const sayEvery = time.Minute

// toldOf is the picture that summaries tell: that of the edition before while its minute lasts. A warning that comes or goes
// is told at once.
func toldOf(before *edition, p store.PublicPicture, c condition) store.PublicPicture {
	if before == nil || before.condition != c || p.At.Sub(before.told.At) >= sayEvery || p.At.Before(before.told.At) {
		return p
	}
	if leapt(before.told, p) {
		return p
	}
	same := slices.EqualFunc(before.told.Warnings, p.Warnings, func(a, b store.WarningInForce) bool { return a.ID == b.ID })
	if !same {
		return p
	}
	return before.told
}

// leapt reports whether so much has changed, as when a past was loaded, that the words of a minute ago would mislead.
func leapt(before, after store.PublicPicture) bool {
	most := func(p store.PublicPicture) (n int) {
		for _, c := range p.Counts {
			n = max(n, c.Open.N)
		}
		return n
	}
	x, y := most(before), most(after)
	return max(x, y) > 2*min(x, y)+10
}

// mostNamed is how many warnings or sensors a summary names.
const mostNamed = 2

// summary is the state of an area in words: warnings, reports, sensors.
func (s *Site) summary(e *edition, key pageKey, page areaPage) string {
	if page.Empty {
		return page.say("no data yet")
	}
	p := e.told
	var parts []string
	if page.Old {
		parts = append(parts, page.say("summary old", p.At.In(s.Location).Format("15:04")))
	} else {
		parts = append(parts, page.say("summary at", p.At.In(s.Location).Format("15:04")))
	}
	known := s.warningsIn(p, e.made, key)
	if inForce := slices.DeleteFunc(slices.Clone(known), func(w inForce) bool { return w.Ended }); len(inForce) > 0 || len(known) == 0 {
		parts = append(parts, sayWarnings(inForce, page))
	} else {
		parts = append(parts, page.say("summary warnings ended"))
	}
	var n store.PublicNumbersOf
	for _, c := range p.Counts {
		if c.Division == key.division && c.Area == key.area {
			n = c.PublicNumbersOf
		}
	}
	parts = append(parts, sayReports(n, page))
	if _, own := n.Open.Exact(); own && len(page.Up) > 0 && !p.BatchAt.IsZero() { // of the whole it is the number of now
		parts = append(parts, page.say("summary batch", p.BatchAt.In(s.Location).Format("15:04")))
	}
	if table := s.sensorsIn(p, key); len(table.All) > 0 {
		parts = append(parts, saySensors(table, page))
	}
	return strings.Join(parts, " ")
}

func sayWarnings(list []inForce, page areaPage) string {
	if len(list) == 0 {
		return page.say("summary no warnings")
	}
	var names []string
	for _, w := range list[:min(len(list), mostNamed)] {
		name := w.Headline
		if w.Exercise {
			name = page.say("exercise") + ": " + name
		}
		names = append(names, name)
	}
	return page.say("summary warnings", len(list), strings.Join(names, "; "))
}

func sayReports(n store.PublicNumbersOf, page areaPage) string {
	open, exact := n.Open.Exact()
	switch {
	case n.Open.Less:
		return page.say("summary few", disclosure.Few)
	case !exact:
		return page.say("summary among", page.thousands(n.Open.N), page.nameOf(n.Open.Of))
	case open == 0:
		return page.say("summary nothing open")
	}
	late, known := n.Late.Exact()
	switch {
	case !known:
		return page.say("summary open", page.thousands(open))
	case late == 0:
		return page.say("summary none late", page.thousands(open))
	}
	return page.say("summary late", page.thousands(open), page.thousands(late))
}

func saySensors(table sensorTable, page areaPage) string {
	var text string
	if len(table.Bad) == 0 {
		text = page.say("summary sensors calm", len(table.All)-table.Silent)
	} else {
		var names []string
		for _, r := range table.Bad[:min(len(table.Bad), mostNamed)] {
			name := r.Name + " " + r.Value
			if r.Limit != "" {
				name += " (" + r.Limit + ")"
			}
			names = append(names, name)
		}
		if more := len(table.Bad) - mostNamed; more > 0 {
			names = append(names, page.say("and more", more))
		}
		text = page.say("summary sensors", len(table.Bad), strings.Join(names, "; "))
	}
	if table.Silent > 0 {
		text += " " + page.say("summary silent", table.Silent)
	}
	return text
}
