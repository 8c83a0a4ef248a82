package public

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"toancanh/server/sensor"
	"toancanh/server/store"
)

// sensorTable is what sensors of an area tell everybody, those first that ask for attention.
type sensorTable struct {
	All    []sensorRow
	Bad    []sensorRow // above a limit
	Silent int         // without a value that can be believed
	Limits []string    // the limits with who says so, each with the sensors that have them
}

// sensorRow is a sensor as a page says it.
type sensorRow struct {
	Topic, Name, Value string
	State              sensor.State
	Word               string // the state in words
	Limit              string // the limit that is reached
	At, AtISO          string // when it was measured; empty: never
	Stale              bool
}

// topics are what sensors of public interest tell of, in the order of the page, with the kinds of each.
func topics() []struct {
	name  string
	kinds []string
} {
	return []struct {
		name  string
		kinds []string
	}{
		{"water", []string{"river", "inflow"}},
		{"rain", []string{"rain", "rain_24h"}},
		{"fire risk", []string{"fire"}},
		{"air", []string{"pm25", "pm10", "so2", "no2", "co", "o3", "aqi"}},
	}
}

func topicOf(kind string) (rank int, name string) {
	for i, t := range topics() {
		if slices.Contains(t.kinds, kind) {
			return i, t.name
		}
	}
	return len(topics()), "other"
}

// loudness orders states, the loudest first.
func loudness(s sensor.State) int {
	return slices.Index([]sensor.State{sensor.Critical, sensor.Warning, sensor.Attention, sensor.Unknown, sensor.Normal}, s)
}

// sensorsIn are the sensors that stand in an area.
func (s *Site) sensorsIn(p store.PublicPicture, key pageKey) sensorTable {
	tree := s.Atlas.Tree
	var found []store.PublicSensor
	for _, one := range p.Sensors {
		code, ok := tree.Successor(one.Division, one.Area, key.division)
		if ok && slices.Contains(tree.Path(key.division, code), key.area) {
			found = append(found, one)
		}
	}
	slices.SortStableFunc(found, func(a, b store.PublicSensor) int {
		x, _ := topicOf(a.Kind)
		y, _ := topicOf(b.Kind)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(loudness(a.State), loudness(b.State)), cmp.Compare(a.Name, b.Name))
	})
	var table sensorTable
	table.Limits = s.limitsOf(found, key.look)
	for _, one := range found {
		row := s.sensorRow(one, key.look, p.At)
		table.All = append(table.All, row)
		switch {
		case row.Stale:
			table.Silent++
		case row.State != sensor.Normal:
			table.Bad = append(table.Bad, row)
		}
	}
	slices.SortStableFunc(table.Bad, func(a, b sensorRow) int { return cmp.Compare(loudness(a.State), loudness(b.State)) })
	return table
}

func (s *Site) sensorRow(one store.PublicSensor, l look, now time.Time) sensorRow {
	_, topic := topicOf(one.Kind)
	row := sensorRow{
		Topic: s.book.say(l, "sensors "+topic), Name: one.Name, State: one.State, Limit: one.Limit, Stale: one.Stale,
		Word: s.book.say(l, "state "+string(one.State)),
	}
	if one.Stale {
		row.Word = s.book.say(l, "state silent")
	}
	if !one.At.IsZero() {
		at := one.At.In(s.Location)
		row.Value, row.AtISO, row.At = s.measured(one.Value, one.Unit, l), at.Format(time.RFC3339), at.Format("15:04")
		if at.Format(time.DateOnly) != now.In(s.Location).Format(time.DateOnly) {
			row.At = at.Format("15:04 02/01")
		}
	}
	return row
}

// limitsOf tells limits, each set once with all sensors that have it.
func (s *Site) limitsOf(found []store.PublicSensor, l look) []string {
	var sets []string
	named := map[string][]string{}
	for _, one := range found {
		var levels []string
		for _, level := range one.Levels {
			if level.Confirmed() {
				levels = append(levels, level.Label+": "+s.measured(level.At, one.Unit, l)+" ("+level.Source+")")
			}
		}
		if len(one.Unconfirmed) > 0 {
			levels = append(levels, s.book.say(l, "unconfirmed", strings.Join(one.Unconfirmed, ", ")))
		}
		if len(levels) == 0 {
			continue
		}
		set := strings.Join(levels, "; ")
		if named[set] == nil {
			sets = append(sets, set)
		}
		named[set] = append(named[set], one.Name)
	}
	for i, set := range sets {
		sets[i] = strings.Join(named[set], ", ") + " – " + set + "."
	}
	return sets
}

// measured is a value with its unit, in at most two decimals.
func (s *Site) measured(value float64, unit string, l look) string {
	text := strconv.FormatFloat(value, 'f', 2, 64)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if !l.English {
		text = strings.Replace(text, ".", ",", 1)
	}
	if unit == grade {
		return unit + " " + text
	}
	return strings.TrimSpace(text + " " + unit)
}

// grade is the unit of what is told in grades, which Vietnamese writes before the number.
const grade = "cấp"
