package disclosure

import "slices"

// Measure is what is counted.
type Measure string

// The measures.
const (
	Open     Measure = "open"
	Late     Measure = "late" // open and past the promised day
	Recent   Measure = "recent"
	Resolved Measure = "resolved"
	Kept     Measure = "kept" // resolved by the promised day
	Missed   Measure = "missed"
)

// Measures are all of them.
func Measures() []Measure { return []Measure{Open, Late, Recent, Resolved, Kept, Missed} }

// Tally is what is truly there of one commune and category. It never leaves the house.
type Tally struct {
	Area, Category string
	Open, Late     int
	Recent         int
	Resolved, Kept int
}

// Told is a number of an area or category that may be told.
type Told struct {
	Division string
	Place    string // area or category
	Measure  Measure
	Number
}

// Others stands for the wider place of a category that is only counted together with others.
const Others = "*"

// counted are the counts of one measure with the part that is told beside it; the rest can be had by subtraction, so both
// have to stand for themselves.
type counted struct {
	whole, part, rest Measure // rest may be empty: it has no name
	of                func(t Tally) (whole, part int)
}

func measured() []counted {
	return []counted{
		{Open, Late, "", func(t Tally) (int, int) { return t.Open, t.Late }},
		{Recent, "", "", func(t Tally) (int, int) { return t.Recent, 0 }},
		{Resolved, Kept, Missed, func(t Tally) (int, int) { return t.Resolved, t.Kept }},
	}
}

// counts are those of one measure by item, and the groups they are told by.
type counts struct {
	name   Measure
	groups []group
	by     []int
}

// count counts n items; at says which one a tally is of.
func (c counted) count(n int, levels []level, list []Tally, at func(Tally) (int, bool)) []counts {
	whole, part := make([]int, n), make([]int, n)
	for _, t := range list {
		if i, ok := at(t); ok {
			w, p := c.of(t)
			whole[i], part[i] = whole[i]+w, part[i]+p
		}
	}
	coarse, fine := split(whole, part, levels)
	all := []counts{{c.whole, coarse, whole}, {c.part, fine, part}, {c.rest, fine, less(whole, part)}}
	return slices.DeleteFunc(all, func(m counts) bool { return m.name == "" })
}

// Areas are the numbers of every area of every division.
func (g *Ground) Areas(list []Tally) []Told {
	var told []Told
	for _, c := range measured() {
		for _, m := range c.count(len(g.leaves), g.levels, list, func(t Tally) (int, bool) { i, ok := g.index[t.Area]; return i, ok }) {
			for _, p := range g.areas {
				told = append(told, Told{p.division, p.code, m.name, g.tell(p, m.groups, m.by)})
			}
		}
	}
	return told
}

// Hold are the numbers between two batches: those of a whole division as they are now, those of every narrower area as they
// were told with the batch. Where a narrow one is told as that of the whole, it is the whole's of now. An area that was not
// told yet is told.
func (g *Ground) Hold(now, batch []Told) []Told {
	type key struct {
		division, place string
		measure         Measure
	}
	before, whole := make(map[key]Number, len(batch)), map[key]Number{}
	for _, t := range batch {
		before[key{t.Division, t.Place, t.Measure}] = t.Number
	}
	root := func(division, code string) bool {
		i, ok := g.places[[2]string{division, code}]
		return ok && len(g.areas[i].path) == 1
	}
	for _, t := range now {
		if root(t.Division, t.Place) {
			whole[key{t.Division, t.Place, t.Measure}] = t.Number
		}
	}
	told := slices.Clone(now)
	for i, t := range told {
		held, ok := before[key{t.Division, t.Place, t.Measure}]
		if !ok || root(t.Division, t.Place) {
			continue
		}
		if n, ok := whole[key{t.Division, held.Of, t.Measure}]; ok && held.Of != "" {
			held.N, held.Less = n.N, n.Less
		}
		told[i].Number = held
	}
	return told
}

// split groups items for their counts, and again for a part of them, in groups of those groups.
func split(whole, part []int, levels []level) (coarse, fine []group) {
	start := make([]group, len(whole))
	for i, n := range whole {
		start[i] = group{items: []int{i}, sums: []int{n}}
	}
	coarse = gather(start, levels)
	parts := 0
	for _, g := range coarse {
		n := sum(part, g.items)
		parts += n
		fine = append(fine, group{items: g.items, sums: []int{n, g.sums[0] - n}})
	}
	if parts == 0 || parts == sum(whole, all(len(whole))) {
		return coarse, coarse // none or all everywhere: the part tells nothing that the whole does not
	}
	return coarse, gather(fine, levels)
}

func less(whole, part []int) []int {
	rest := make([]int, len(whole))
	for i := range whole {
		rest[i] = whole[i] - part[i]
	}
	return rest
}

func sum(counts, items []int) int {
	n := 0
	for _, i := range items {
		n += counts[i]
	}
	return n
}

// tell is the number of an area, or of the narrowest one around it whose number may be told. That of the whole always may:
// it is of many communes. With few of them it points at one as well, and below Few it stays untold.
func (g *Ground) tell(p place, groups []group, counts []int) Number {
	root := sum(counts, all(len(g.leaves)))
	if root == 0 || len(p.leaves) == 0 && !p.unknown {
		return Number{}
	}
	for i := len(p.path) - 1; i > 0; i-- {
		up, ok := g.find(p.division, p.path[i])
		if ok && !up.unknown && covers(groups, up.leaves) {
			return around(p.code, up.code, sum(counts, up.leaves))
		}
	}
	if root < Few && len(g.leaves) < Few {
		return Number{Less: true, Of: wider(p.code, p.path[0])}
	}
	return around(p.code, p.path[0], root)
}

// around is the number of an area by that of one around it. Where there is none around, there is none inside.
func around(own, told string, n int) Number {
	if n == 0 {
		return Number{}
	}
	return Number{N: n, Of: wider(own, told)}
}

func wider(own, told string) string {
	if own == told {
		return ""
	}
	return told
}

func (g *Ground) find(division, code string) (place, bool) {
	i, ok := g.places[[2]string{division, code}]
	if !ok {
		return place{}, false
	}
	return g.areas[i], true
}

// Categories are the numbers of each category in the whole division. Those with few reports are counted together.
func (g *Ground) Categories(codes []string, list []Tally) []Told {
	index := map[string]int{}
	for i, code := range codes {
		index[code] = i
	}
	var told []Told
	together := []level{{keys: make([]int, len(codes)), merges: true}}
	for _, c := range measured() {
		for _, m := range c.count(len(codes), together, list, func(t Tally) (int, bool) { i, ok := index[t.Category]; return i, ok }) {
			for _, one := range m.groups {
				n := joint(one, sum(m.by, one.items), len(codes))
				for _, i := range one.items {
					told = append(told, Told{g.division, codes[i], m.name, n})
				}
			}
		}
	}
	return told
}

// joint is the number of a group of some of so many categories. Few of very few categories are not told.
func joint(one group, n, categories int) Number {
	told := Number{N: n, Less: n > 0 && n < Few && categories < Few}
	if told.Less {
		told.N = 0
	}
	if len(one.items) > 1 && n > 0 {
		told.Of = Others
	}
	return told
}
