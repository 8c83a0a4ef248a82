package incident

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/alarm"
	"toancanh/server/area"
	"toancanh/server/report"
)

// Family is a kind of happening: things of one family may be one incident.
type Family string

// The families. Other is for what people put together by hand.
const (
	Flood Family = "flood"
	Fire  Family = "fire"
	Air   Family = "air"
	Power Family = "power"
	Other Family = "other"
)

// Families lists all of them, in the order faces show.
func Families() []Family { return []Family{Flood, Fire, Air, Power, Other} }

// Label is the family in Vietnamese, empty for an unknown one.
func (f Family) Label() string {
	switch f {
	case Flood:
		return "Mưa lũ, ngập, sạt lở"
	case Fire:
		return "Cháy, cháy rừng"
	case Air:
		return "Ô nhiễm không khí"
	case Power:
		return "Mất điện, mất liên lạc"
	case Other:
		return "Sự cố khác"
	}
	return ""
}

// Title is what an incident of the family in an area is called until somebody names it better.
func Title(f Family, place string) string { return f.Label() + " tại " + place }

// kin is one line of the table of families: which sensors and which reports tell of it.
type kin struct {
	family     Family
	sensors    []string // kinds of sensors whose alarms are of it
	categories []told
}

// told is a category of reports. Its reports count when they hold one of the words, or are urgent where urgent says so; with
// neither every report counts.
type told struct {
	category string
	words    []string
	urgent   bool
}

// kinships is the table. What stands in two lines belongs to the first that takes it.
func kinships() []kin {
	return []kin{
		{Flood, []string{"rain", "river", "inflow", "slope"}, []told{
			{category: "TT"},
			{category: "GT", words: []string{"ngập", "sạt", "lở", "sụt", "lũ", "cuốn", "trôi"}, urgent: true},
			{category: "CS", words: []string{"ngập", "cống", "úng", "tràn"}},
		}},
		{Fire, []string{"fire"}, []told{{category: "CR"}, {category: "RG", words: []string{"cháy", "đốt", "khói", "lửa"}, urgent: true}}},
		{Air, []string{"pm25", "pm10", "no2", "so2", "co", "o3", "aqi"}, []told{{category: "MT", words: []string{"đốt", "khói", "khét", "bụi"}}}},
		{Power, []string{"power"}, []told{{category: "DN"}}},
	}
}

// FamilyOfAlarm is the family of an alarm; false when the rule has nothing to say of it. An alarm about a report is that report.
func FamilyOfAlarm(a alarm.Alarm) (Family, bool) {
	for _, k := range kinships() {
		if a.Source != alarm.FromReport && slices.Contains(k.sensors, a.Kind) {
			return k.family, true
		}
	}
	return "", false
}

// FamilyOfReport is the family of a report; false when the rule has nothing to say of it.
func FamilyOfReport(r report.Report) (Family, bool) {
	for _, k := range kinships() {
		for _, t := range k.categories {
			if t.category == r.Category && t.of(r) {
				return k.family, true
			}
		}
	}
	return "", false
}

// of reports whether a report of the category counts.
func (t told) of(r report.Report) bool {
	if len(t.words) == 0 || t.urgent && urgent(r) {
		return true
	}
	text := strings.ToLower(norm.NFC.String(r.Description))
	bare := text == area.Fold(text) // typed without any diacritics
	return slices.ContainsFunc(strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) }), func(word string) bool {
		return slices.ContainsFunc(t.words, func(w string) bool { return word == w || bare && word == area.Fold(w) })
	})
}

// Categories are those of the reports that the rule looks at.
func Categories() []string {
	var list []string
	for _, k := range kinships() {
		for _, t := range k.categories {
			list = append(list, t.category)
		}
	}
	return list
}

// urgent reports whether a report counts like an alarm of high priority.
func urgent(r report.Report) bool { return r.Emergency || r.Priority == report.KhanCap }

// OfReport is a report as the rule sees it. Its family is empty when the rule has nothing to say of it.
func OfReport(r report.Report) Thing {
	f, _ := FamilyOfReport(r)
	return Thing{
		Ref: Ref{AReport, r.ID}, Family: f, At: r.ReceivedAt, Point: area.Point(r.Location), Division: r.Division, Area: r.Area, Path: r.Path,
		Urgent: urgent(r), Origin: string(r.Origin),
	}
}

// OfAlarm is an alarm as the rule sees it.
func OfAlarm(a alarm.Alarm) Thing {
	f, _ := FamilyOfAlarm(a)
	return Thing{
		Ref: Ref{AnAlarm, a.ID}, Family: f, At: a.RaisedAt, Point: area.Point{Lat: a.Lat, Lon: a.Lon}, Division: a.Division, Area: a.Area, Path: a.Path,
		Urgent: a.Priority == alarm.High, Origin: a.Origin,
	}
}
