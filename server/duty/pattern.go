package duty

import (
	"fmt"
	"time"
	"unicode/utf8"

	"toancanh/server/fault"
)

// Slot is one shift of every day, by the clock of the zone: from 22:00 until 06:00 ends on the next day.
type Slot struct {
	Name  string
	From  string // HH:MM
	Until string // HH:MM
}

// Crew is who takes a slot when its turn has come.
type Crew struct {
	Person     string
	Substitute string
}

// Pattern fills the days from a date on: the crews take the slots one after the other, day after day. Three slots and four
// crews give each crew a day of rest after three days.
type Pattern struct {
	Post
	First time.Time // its date in the zone
	Days  int
	Slots []Slot
	Crews []Crew
}

// Bounds of a pattern.
const (
	MostDays  = 62
	MostSlots = 6
	MostCrews = 24
)

// Check says everything that is wrong with a pattern.
func (p Pattern) Check() error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because(reason))
	}
	if p.Days < 1 || p.Days > MostDays {
		wrong("days", "out_of_range", "Số ngày phải từ 1 đến %d.", MostDays)
	}
	if n := len(p.Slots); n < 1 || n > MostSlots {
		wrong("slots", "out_of_range", "Mỗi ngày có từ 1 đến %d ca.", MostSlots)
	}
	if n := len(p.Crews); n < 1 || n > MostCrews {
		wrong("crews", "out_of_range", "Cần từ 1 đến %d kíp.", MostCrews)
	}
	for i, s := range p.Slots {
		field := fmt.Sprintf("slots[%d]", i)
		if _, _, err := clock(s.From); err != nil {
			wrong(field+".from", "format", "Giờ bắt đầu ca phải viết HH:MM.")
		}
		if _, _, err := clock(s.Until); err != nil {
			wrong(field+".until", "format", "Giờ kết thúc ca phải viết HH:MM.")
		}
		if n := utf8.RuneCountInString(s.Name); n == 0 || n > MostName {
			wrong(field+".name", "format", "Tên ca có từ 1 đến %d ký tự.", MostName)
		}
	}
	for i, c := range p.Crews {
		if c.Person == "" {
			wrong(fmt.Sprintf("crews[%d].person", i), "required", "Kíp cần người trực.")
		}
		if c.Substitute != "" && c.Substitute == c.Person {
			wrong(fmt.Sprintf("crews[%d].substitute", i), "same", "Người dự phòng phải khác người trực.")
		}
	}
	return fault.Join(faults...)
}

// Fill makes the shifts of a pattern that Check found nothing wrong with; they have no ids yet.
func (p Pattern) Fill(zone *time.Location) []Shift {
	y, m, d := p.First.In(zone).Date()
	list := make([]Shift, 0, p.Days*len(p.Slots))
	for day := range p.Days {
		for _, s := range p.Slots {
			fromH, fromM, _ := clock(s.From)
			untilH, untilM, _ := clock(s.Until)
			from := time.Date(y, m, d+day, fromH, fromM, 0, 0, zone)
			until := time.Date(y, m, d+day, untilH, untilM, 0, 0, zone)
			if !until.After(from) {
				until = time.Date(y, m, d+day+1, untilH, untilM, 0, 0, zone)
			}
			crew := p.Crews[len(list)%len(p.Crews)]
			list = append(list, Shift{
				Post: p.Post, Name: s.Name, Person: crew.Person, Substitute: crew.Substitute, From: from.UTC(), Until: until.UTC(),
			})
		}
	}
	return list
}

func clock(text string) (hour, minute int, err error) {
	at, err := time.Parse("15:04", text)
	return at.Hour(), at.Minute(), err
}
