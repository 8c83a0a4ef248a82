package scene

import (
	"maps"
	"slices"
	"strings"
)

// reading says how a role is read, and so how large it must be.
type reading int

const (
	words  reading = iota // Vietnamese text: two stacked marks must be told apart
	digits                // numbers and times
)

// role is one size of text within a part.
type role struct {
	reads reading
	// needed roles have a size wherever the part stands.
	needed bool
}

// kind is a type of part.
type kind struct {
	roles map[string]role
	// everywhere kinds stand in every layout: without them a wall cannot be believed.
	everywhere bool
	// filled kinds say how many rows there is room for.
	filled bool
}

// What the roles hold. The credit line of the map has none: it is a duty towards the source of the boundaries and no
// word that anybody in the room acts upon, so it may be smaller than the rule.
func kinds() map[string]kind {
	list := func(more map[string]role) kind {
		all := map[string]role{"title": {words, true}, "row": {words, true}, "number": {digits, true}}
		maps.Copy(all, more)
		return kind{roles: all, filled: true}
	}
	return map[string]kind{
		"header": {everywhere: true, roles: map[string]role{
			"title": {words, true}, "clock": {digits, true}, "note": {words, true}, "day": {words, false},
		}},
		"map": {everywhere: true, roles: map[string]role{"name": {words, false}, "key": {words, false}}},
		"tiles": {roles: map[string]role{
			"label": {words, true}, "number": {digits, true}, "state": {words, true}, "note": {words, false},
		}},
		"ticker":  {everywhere: true, filled: true, roles: map[string]role{"line": {words, true}, "time": {digits, true}}},
		"hours":   {roles: map[string]role{"title": {words, true}, "key": {words, false}, "tick": {digits, true}}},
		"areas":   list(nil),
		"rivers":  list(map[string]role{"note": {words, false}}),
		"rain":    list(nil),
		"reports": list(map[string]role{"note": {words, false}}),
		"changed": list(nil),
		"alarms":  list(map[string]role{"note": {words, false}}),
	}
}

// TileKeys are the numbers a tile can show.
func TileKeys() []string {
	return []string{
		"kpi/open", "kpi/overdue", "kpi/received_24h", "kpi/on_time_30d", "kpi/rain_1h", "kpi/sources",
		"storm/river", "storm/rain_24h", "storm/high", "storm/new",
	}
}

// PartTypes lists the types of parts there are, in order.
func PartTypes() []string { return slices.Sorted(maps.Keys(kinds())) }

func oneOf(list []string) string { return strings.Join(list, ", ") }
