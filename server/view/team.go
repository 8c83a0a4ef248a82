package view

import (
	"time"

	"toancanh/server/report"
)

// TeamReport is a report as a community team that is asked to look at its site sees it: where it is and what is said to be
// there, without whatever could name its sender.
type TeamReport struct {
	Code       string
	Category   string
	Division   string
	Area       string
	Text       string // redacted
	Address    string // redacted
	Lat, Lon   float64
	Emergency  bool
	Origin     string
	ReceivedAt time.Time // to the hour
}

// ForTeam is the report for a team. Days and hours are those of loc.
func ForTeam(r report.Report, loc *time.Location) TeamReport {
	r = withoutWithdrawn(r)
	return TeamReport{
		Code: r.Code, Category: r.Category, Division: r.Division, Area: r.Area, Text: Redact(r.Description), Address: Redact(r.Address),
		Lat: r.Location.Lat, Lon: r.Location.Lon, Emergency: r.Emergency, Origin: string(r.Origin), ReceivedAt: hourOf(r.ReceivedAt, loc),
	}
}
