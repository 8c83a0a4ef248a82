package access

import (
	"slices"
	"strings"
)

// Bounds narrow somebody below their roles: what a key was made for. An empty list narrows nothing.
type Bounds struct {
	Places     []Place
	Categories []string
	Sensors    []string // codes, or beginnings of codes that end in "*"
}

// Narrow reports whether anything is left out.
func (b Bounds) Narrow() bool { return len(b.Places)+len(b.Categories)+len(b.Sensors) > 0 }

// HoldsPlace reports whether a place is inside.
func (b Bounds) HoldsPlace(p Place) bool {
	return len(b.Places) == 0 || slices.ContainsFunc(b.Places, func(own Place) bool { return own.Holds(p) })
}

// HoldsCategory reports whether a category of reports is inside.
func (b Bounds) HoldsCategory(code string) bool {
	return len(b.Categories) == 0 || slices.Contains(b.Categories, code)
}

// HoldsSensor reports whether the sensor with a code, standing at a place, is inside.
func (b Bounds) HoldsSensor(code string, p Place) bool {
	return b.HoldsPlace(p) && (len(b.Sensors) == 0 || slices.ContainsFunc(b.Sensors, func(pattern string) bool {
		begin, open := strings.CutSuffix(pattern, "*")
		return code == pattern || open && strings.HasPrefix(code, begin)
	}))
}

// hold reports whether an action on an object is inside. Bounds take nothing that is everybody's.
func (b Bounds) hold(r Rule, o Object) bool {
	if !b.Narrow() || r.Grants[Public] != Nothing {
		return true
	}
	switch about := r.Action.about(); {
	case about == aboutElse, about == aboutAll && len(b.Categories)+len(b.Sensors) > 0:
		return false
	case o.zero(), about == aboutSensors:
		return true // which sensor, HoldsSensor says
	case about == aboutAll:
		return b.HoldsPlace(o.Place)
	}
	return b.HoldsPlace(o.Place) && b.HoldsCategory(o.Category)
}

// subject is what an action is about, as far as bounds can narrow it.
type subject int

const (
	aboutElse    subject = iota // no bounds can narrow it: who has any may not do it
	aboutReports                // by place and category
	aboutSensors                // by place and code
	aboutAll                    // everything that lies in an area: by place alone
)

func (a Action) about() subject {
	if a.IsAct() {
		return aboutReports
	}
	switch a {
	case ListReports, ReadReport, SendVisitPhoto, SignTransfer, LoadHistory:
		return aboutReports
	case ReadSensors, SendReadings, SendEvents, RegisterSensors, GetTicket:
		return aboutSensors
	case ReadKPIs, ReadBounces, ReadPast, ListenWall, ListenOps:
		return aboutAll
	default:
		return aboutElse
	}
}
