package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
	"toancanh/server/report"
)

// Hours of the day at which people report, midnight first, 1 on average; and
// what they report at night: noise, quarrels, fires.
var (
	dayHours = [24]float64{ //nolint:gochecknoglobals // a table
		0.15, 0.1, 0.08, 0.08, 0.15, 0.5, 1.1, 1.7, 2.0, 1.8, 1.6, 1.2,
		0.9, 1.1, 1.4, 1.6, 1.7, 1.6, 1.4, 1.3, 1.1, 0.8, 0.5, 0.3,
	}
	nightHours = [24]float64{ //nolint:gochecknoglobals // a table
		1.2, 0.9, 0.6, 0.4, 0.3, 0.4, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8,
		0.8, 0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 1.9, 2.2, 2.2, 1.9, 1.6,
	}
	weekdays = [7]float64{0.68, 1.12, 1.1, 1.1, 1.08, 1.07, 0.85} //nolint:gochecknoglobals // a table: Sunday first
)

// hoursOf is the daily course of a category's reports.
func hoursOf(category string) [24]float64 {
	switch category {
	case "AN", "CR", "DN":
		return nightHours
	default:
		return dayHours
	}
}

// emergencies is the part of a category's reports whose sender calls for help
// at once.
func emergencies(category string) float64 {
	switch category {
	case "CR":
		return 0.6
	case "TT":
		return 0.35
	case "RG", "AN":
		return 0.08
	case "DN":
		return 0.04
	default:
		return 0.002
	}
}

// withContact is the part of senders who say how to reach them.
const withContact = 0.55

// residents send reports until ctx ends.
func (s *Simulation) residents(ctx context.Context) error {
	link := s.newLink("reports")
	for wait(ctx, s.pause(s.Now())) {
		now := s.Now()
		r := dice(s.Seed, fmt.Sprintf("resident %d", now.UnixNano()))
		_, err := s.client.PostReport(ctx, s.write(r, s.category(r, now), s.places.draw(r)))
		if err := link.seen(ctx, err); final(err) {
			return err
		}
	}
	return context.Cause(ctx)
}

// pause is the time to the next report. In real time reports come as chance
// and the hour will have it; a faster play keeps an even beat.
func (s *Simulation) pause(now time.Time) time.Duration {
	r := dice(s.Seed, fmt.Sprintf("pause %d", now.UnixNano()))
	mean := 24 * time.Hour / reportsPerDay
	if s.Pace > 1 {
		return time.Duration(float64(mean) / s.Pace * (0.8 + 0.4*r.Float64()))
	}
	local := now.In(s.Location)
	busy := dayHours[local.Hour()] * weekdays[local.Weekday()]
	return time.Duration(min(float64(mean)/s.Pace/busy*r.ExpFloat64(), float64(time.Hour)))
}

// category draws what is reported at an hour: over a day the parts are those
// of the rules.
func (p *province) category(r *rand.Rand, at time.Time) report.Category {
	categories := p.Rules.Current().Categories
	weights := make([]float64, len(categories))
	for i, c := range categories {
		weights[i] = c.Share * hoursOf(c.Code)[at.In(p.Location).Hour()]
	}
	return categories[pickWeighted(r, weights)]
}

// write makes what a resident sends about a category from a place.
func (p *province) write(r *rand.Rand, c report.Category, from place) client.NewReport {
	section := c.Code
	if len(p.phrases[section]) == 0 {
		section = "KH"
	}
	return p.compose(r, c.Code, section, from)
}

func (p *province) compose(r *rand.Rand, category, section string, from place) client.NewReport {
	text := p.phrases.say(r, section)
	if r.Float64() < 0.6 {
		text += " " + p.phrases.say(r, "deNghi")
	}
	sent := client.NewReport{
		Category: category, Description: text,
		Location:  client.Location{Lat: from.point.Lat, Lon: from.point.Lon},
		Address:   address(p.phrases.say(r, "soNha"), from.area),
		Emergency: r.Float64() < emergencies(category),
	}
	if r.Float64() < withContact {
		sent.Contact = inventContact(r)
	}
	return sent
}

func address(quarter string, a area.Area) string {
	return fmt.Sprintf("%s, %s", quarter, a.Title())
}

// inventContact makes a sender whom nobody can mistake for a person: a number
// in place of a name, a subscriber number no exchange gives out, an address in
// a domain reserved for examples (RFC 2606).
func inventContact(r *rand.Rand) *client.Contact {
	n := r.IntN(10_000)
	c := &client.Contact{Name: fmt.Sprintf("Người gửi mẫu %04d", n)}
	if r.Float64() < 0.8 {
		c.Phone = fmt.Sprintf("0261000%04d", n)
	} else {
		c.Email = fmt.Sprintf("nguoi-gui-%04d@example.com", n)
	}
	return c
}
