package disclosure

import (
	"cmp"
	"slices"
	"time"
)

// Received counts the reports of one commune, category and week. It never leaves the house.
type Received struct {
	Area, Category string
	Week           time.Time // its Monday
	N              int
}

// Cell is a count of reports received that may be told: of a commune, a category and a week, or of more.
type Cell struct {
	Area        string
	Category    string    // empty: of all categories too rare to be told by themselves
	From, Until time.Time // days, both of them counted
	Rest        bool      // what no other cell of the category and the time counts in the area
	N           int
}

// Reach says how far the place of the single reports of a commune, category and week may be told: how many codes of the
// area's path.
type Reach struct {
	Received
	Depth int
}

// weekly is one category in one week.
type weekly struct {
	category string
	week     time.Time
}

// byWeek groups the communes of each category and week.
func (g *Ground) byWeek(list []Received) map[weekly][]group {
	counts := map[weekly][]int{}
	for _, r := range list {
		i, ok := g.index[r.Area]
		if !ok {
			continue
		}
		w := weekly{r.Category, r.Week}
		if counts[w] == nil {
			counts[w] = make([]int, len(g.leaves))
		}
		counts[w][i] += r.N
	}
	groups := map[weekly][]group{}
	for w, n := range counts {
		groups[w], _ = split(n, make([]int, len(n)), g.within)
	}
	return groups
}

// Reaches says for every commune, category and week with reports how far their place may be told.
func (g *Ground) Reaches(list []Received) []Reach {
	groups := g.byWeek(list)
	depths := map[weekly][]int{}
	for w, gs := range groups {
		depth := make([]int, len(g.leaves))
		for _, one := range gs {
			n := g.around(one.items)
			if !one.enough() {
				n = 1
			}
			for _, i := range one.items {
				depth[i] = n
			}
		}
		depths[w] = depth
	}
	var reaches []Reach
	for _, r := range list {
		if i, ok := g.index[r.Area]; ok {
			reaches = append(reaches, Reach{r, depths[weekly{r.Category, r.Week}][i]})
		}
	}
	return reaches
}

const (
	daysOfWeek = 7
	cellDelay  = 24 * time.Hour // a week is told when the count of the last 24 hours has left it
)

// Cells are the weeks that were over a day before now, each category by itself. A week in which the whole division has fewer
// than Few goes together with later ones; a category that never has enough goes together with others.
func (g *Ground) Cells(list []Received, now time.Time) []Cell {
	groups := g.byWeek(list)
	weeks := make([]weekly, 0, len(groups))
	for w := range groups {
		if !w.week.AddDate(0, 0, daysOfWeek).Add(cellDelay).After(now) {
			weeks = append(weeks, w)
		}
	}
	slices.SortFunc(weeks, func(a, b weekly) int {
		return cmp.Or(cmp.Compare(a.category, b.category), a.week.Compare(b.week))
	})
	var cells []Cell
	var rare Cell // of every category
	root := g.paths[0][0]
	for i := 0; i < len(weeks); {
		category := weeks[i].category
		var long Cell
		for ; i < len(weeks) && weeks[i].category == category; i++ {
			gs := groups[weeks[i]]
			if !gs[0].enough() { // all of the division in one
				long = long.and(Cell{Area: root, Category: category, From: weeks[i].week, Until: lastDay(weeks[i].week), N: gs[0].sums[0]})
				if long.N >= Few {
					cells, long = append(cells, long), Cell{}
				}
				continue
			}
			cells = append(cells, g.weekCells(weeks[i], gs)...)
		}
		long.Category = ""
		rare = rare.and(long)
	}
	if rare.N >= Few {
		rare.Rest = true
		cells = append(cells, rare)
	}
	return cells
}

// weekCells are the cells of a week that has enough.
func (g *Ground) weekCells(w weekly, groups []group) []Cell {
	rests := map[string]int{}
	var cells []Cell
	for _, one := range groups {
		if one.none() {
			continue
		}
		path := g.paths[one.items[0]]
		c := Cell{Area: path[g.around(one.items)-1], Category: w.category, From: w.week, Until: lastDay(w.week), N: one.sums[0]}
		if len(one.items) == 1 {
			cells = append(cells, c)
			continue
		}
		c.Rest = true
		if i, ok := rests[c.Area]; ok {
			cells[i].N += c.N
			continue
		}
		rests[c.Area] = len(cells)
		cells = append(cells, c)
	}
	return cells
}

func lastDay(week time.Time) time.Time { return week.AddDate(0, 0, daysOfWeek-1) }

// and is both cells as one, of the place of the second.
func (c Cell) and(other Cell) Cell {
	if c.N == 0 {
		return other
	}
	if other.N == 0 {
		return c
	}
	other.N += c.N
	if c.From.Before(other.From) {
		other.From = c.From
	}
	if c.Until.After(other.Until) {
		other.Until = c.Until
	}
	return other
}
