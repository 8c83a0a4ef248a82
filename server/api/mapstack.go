package api

import (
	"cmp"
	"math"
	"slices"
)

// mapMark is a report or a sensor on the map, in pixels.
type mapMark struct {
	id    string
	kind  byte // 'r' a report, 's' a sensor
	state string
	x, y  float64
}

// mapStack is what stands at one place, drawn as one mark: the worst of it, and how many there are.
type mapStack struct {
	mapMark
	top   mapMark
	count int
}

// How near two marks lie, in pixels at their full size, to be drawn as one.
const (
	reachOfAlarms = 17
	reachOfQuiet  = 7
)

// stateRank orders states: the higher, the more it needs a person.
func stateRank(state string) int {
	return slices.Index([]string{"normal", "unknown", "attention", "warning", "critical"}, state)
}

func (m mapMark) alarm() bool { return stateRank(m.state) >= stateRank("warning") }

// order is the higher, the later a mark is drawn.
func (m mapMark) order() int {
	if m.kind == 's' {
		return 2*stateRank(m.state) + 1
	}
	return 2 * stateRank(m.state)
}

// stackMarks puts marks that would cover each other on stacks, by the rule of the wall's own map: alarms first, then
// the rest, each by its id; a mark joins the nearest stack within reach or begins one. So a stack stands where its
// oldest mark does, and nothing that happens elsewhere moves it.
func stackMarks(marks []mapMark, size float64) []mapStack {
	sorted := slices.Clone(marks)
	slices.SortFunc(sorted, func(a, b mapMark) int {
		if a.alarm() != b.alarm() {
			if a.alarm() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.id, b.id)
	})
	var stacks []mapStack
	squares := map[[2]int][]int{}
	side := reachOfAlarms * size
	for _, m := range sorted {
		reach := reachOfQuiet * size
		if m.alarm() {
			reach = side
		}
		square := [2]int{int(math.Floor(m.x / side)), int(math.Floor(m.y / side))}
		if i := nearestStack(stacks, squares, square, m, reach); i >= 0 {
			stacks[i].count++
			if m.order() > stacks[i].top.order() {
				stacks[i].top = m
			}
			continue
		}
		squares[square] = append(squares[square], len(stacks))
		stacks = append(stacks, mapStack{mapMark: m, top: m, count: 1})
	}
	return stacks
}

func nearestStack(stacks []mapStack, squares map[[2]int][]int, square [2]int, m mapMark, reach float64) int {
	found, least := -1, reach
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			for _, i := range squares[[2]int{square[0] + dx, square[1] + dy}] {
				away := math.Hypot(stacks[i].x-m.x, stacks[i].y-m.y)
				if away < least || away == least && found >= 0 && stacks[i].id < stacks[found].id {
					found, least = i, away
				}
			}
		}
	}
	return found
}
