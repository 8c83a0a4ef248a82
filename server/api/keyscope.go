package api

import (
	"strings"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/sensor"
)

// bounds are what a key was made for. An area that is no more holds nothing, it does not open the rest.
func (a *API) bounds(k auth.Key) access.Bounds {
	b := access.Bounds{Categories: k.Scope.Categories, Sensors: k.Scope.Sensors}
	for _, name := range k.Scope.Areas {
		division, code, _ := strings.Cut(name, "/")
		path := a.Atlas.Tree.Path(division, code)
		if path == nil {
			path = []string{""}
		}
		b.Places = append(b.Places, access.Place{Division: division, Path: path})
	}
	return b
}

func (a *API) ofKey(k auth.Key) access.Principal {
	p := access.Principal{ID: k.Name(), Scope: access.Scope{Everywhere: true}, Bounds: a.bounds(k)}
	if len(p.Bounds.Places) > 0 {
		p.Scope = access.Scope{Places: p.Bounds.Places}
	}
	for _, r := range k.Rights {
		p.Roles = append(p.Roles, access.Role("may:"+string(r)))
	}
	return p
}

func placeOfSensor(s sensor.Sensor) access.Place {
	return access.Place{Division: s.Division, Path: s.Path}
}

// ReportWithin says why a report lies outside what the key is for.
func (a *API) ReportWithin(k auth.Key) func(report.Report) error {
	b := a.bounds(k)
	return func(r report.Report) error {
		var faults []error
		if !b.HoldsCategory(r.Category) {
			faults = append(faults, fault.Invalid("category", "Lĩnh vực này nằm ngoài phạm vi của khóa.").Because("out_of_scope"))
		}
		if !b.HoldsPlace(access.Place{Division: r.Division, Path: r.Path}) {
			faults = append(faults, fault.Invalid("location", "Vị trí này nằm ngoài phạm vi của khóa.").Because("out_of_scope"))
		}
		return fault.Join(faults...)
	}
}

// readingWithin says of which sensors the key may send readings. A drill speaks for its own sensors only, and for those nobody else.
func (a *API) readingWithin(k auth.Key) func(sensor.Sensor) bool {
	b := a.bounds(k)
	return func(s sensor.Sensor) bool {
		return b.HoldsSensor(s.Code, placeOfSensor(s)) && k.May(auth.RightDrill) == (s.Origin == string(report.Drill))
	}
}

// sensorWithin says why the key may not register a sensor.
func (a *API) sensorWithin(k auth.Key) func(sensor.Sensor) error {
	within := a.readingWithin(k)
	return func(s sensor.Sensor) error {
		if within(s) {
			return nil
		}
		return fault.Invalid("code", "%s.", sensor.OutOfScope.Detail()).Because(string(sensor.OutOfScope))
	}
}
