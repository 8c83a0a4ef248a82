package disclosure

import (
	"cmp"
	"slices"
	"time"

	"toancanh/server/kpi"
)

// The measures of the rates.
const (
	Accepted Measure = "accepted"
	Cohort   Measure = "cohort" // accepted, of the span whose results are told
	Due      Measure = "due"
	Met      Measure = "met"
	Verified Measure = "verified"
	Reopened Measure = "reopened"
	Rated    Measure = "rated"
	Content  Measure = "content"
)

// The kinds of places that have rates.
const (
	OfArea = "area"
	OfUnit = "unit"
)

// Performed are the counts of one unit in one commune. They never leave the house.
type Performed struct {
	Area, Unit string
	kpi.Rates
}

// Rate is a count behind a rate that may be told; what may not be told is left out.
type Rate struct {
	Kind, Division, Place string
	Measure               Measure
	N                     int
}

// step adds measures that are told together, once every count one can work out from them stands for Few. Each step is told
// of the groups of the one it builds on, or of more of them together, so that no step undoes another.
type step struct {
	on    int // the step before; -1: none
	told  map[Measure]func(kpi.Rates) int
	parts func(kpi.Rates) []int
}

// Asked is what is told of the reports of a span: how they were replied to, what came of them, or both.
type Asked struct{ Replies, Results bool }

func (a Asked) steps() []step {
	type of = map[Measure]func(kpi.Rates) int
	const none, accepted = -1, 0
	received := of{}
	list := []step{{none, received, func(r kpi.Rates) []int { return []int{r.Accepted} }}}
	if a.Replies {
		received[Accepted] = func(r kpi.Rates) int { return r.Accepted }
		list = append(list, step{
			accepted,
			of{Due: func(r kpi.Rates) int { return r.Due }, Met: func(r kpi.Rates) int { return r.Met }},
			func(r kpi.Rates) []int { return []int{r.Met, r.Due - r.Met, r.Accepted - r.Due} },
		})
	}
	if !a.Results {
		return list
	}
	received[Cohort] = func(r kpi.Rates) int { return r.Accepted }
	verified := len(list)
	reopened := verified + 1
	return append(list, step{
		accepted,
		of{Verified: func(r kpi.Rates) int { return r.Resolved }},
		func(r kpi.Rates) []int { return []int{r.Resolved, r.Accepted - r.Resolved} },
	}, step{
		verified,
		of{Reopened: func(r kpi.Rates) int { return r.Reopened }},
		func(r kpi.Rates) []int { return []int{r.Resolved, r.Reopened, r.Accepted - r.Asked()} },
	}, step{
		reopened,
		of{Rated: func(r kpi.Rates) int { return r.Rated }, Content: func(r kpi.Rates) int { return r.Content }},
		func(r kpi.Rates) []int { return []int{r.Content, r.Rated - r.Content, r.Asked() - r.Rated} },
	})
}

// tells groups items for every step; the first begins with some that are given. rest are the counts of each item that others tell
// by taking from its own what they tell of it already; nil: nobody does.
func tells(steps []step, by []kpi.Rates, rest []int, levels []level, begin []group) [][]group {
	all := make([][]group, 0, len(steps))
	for _, s := range steps {
		start := slices.Clone(begin)
		if s.on >= 0 {
			start = slices.Clone(all[s.on])
		}
		for i, g := range start {
			start[i] = group{items: g.items, sums: s.parts(total(by, g.items)), plain: true}
			if rest != nil {
				start[i].sums = append(start[i].sums, sum(rest, g.items))
			}
		}
		groups := gather(start, levels)
		if slices.ContainsFunc(groups, func(g group) bool { return !g.enough() }) {
			groups = together(groups) // it is rare everywhere: the others would tell where it is
		}
		all = append(all, groups)
	}
	return all
}

func together(groups []group) []group {
	one := groups[0]
	for _, g := range groups[1:] {
		one = one.with(g)
	}
	return []group{one}
}

func total(by []kpi.Rates, items []int) (sum kpi.Rates) {
	for _, i := range items {
		sum = sum.Plus(by[i])
	}
	return sum
}

// Alone counts by commune the reports of the days from the first to the last that cells tell of it by itself, in whole weeks.
func Alone(cells []Cell, first, last time.Time) map[string]int {
	alone := map[string]int{}
	for _, c := range cells {
		if !c.Rest && !c.From.Before(first) && !c.Until.After(last) {
			alone[c.Area] += c.N
		}
	}
	return alone
}

// Rates are the counts of every area of every division, and of every unit in the whole, as far as they may be told. alone are
// those of each commune that are told of it by other ways: beside them few others may not remain.
func (g *Ground) Rates(list []Performed, asked Asked, alone map[string]int) []Rate {
	steps := asked.steps()
	by := make([]kpi.Rates, len(g.leaves))
	ofUnit := map[string]kpi.Rates{}
	accepted := 0
	for _, p := range list {
		if i, ok := g.index[p.Area]; ok {
			by[i] = by[i].Plus(p.Rates)
			ofUnit[p.Unit] = ofUnit[p.Unit].Plus(p.Rates)
			accepted += p.Accepted
		}
	}
	if accepted < Few {
		return nil
	}
	var rates []Rate
	rest := make([]int, len(by))
	for i, leaf := range g.leaves {
		rest[i] = max(by[i].Accepted-alone[leaf], 0)
	}
	groups := tells(steps, by, rest, g.levels, single(len(by)))
	for _, p := range g.areas {
		root := len(p.path) == 1
		rates = append(rates, rated(steps, Rate{Kind: OfArea, Division: p.division, Place: p.code}, total(by, p.leaves), func(s int) bool {
			return root || !p.unknown && len(p.leaves) > 0 && covers(groups[s], p.leaves)
		})...)
	}
	return append(rates, g.unitRates(steps, list, ofUnit)...)
}

// rated are the measures of one place that may be told.
func rated(steps []step, r Rate, n kpi.Rates, may func(step int) bool) (list []Rate) {
	for i, s := range steps {
		if !may(i) {
			continue
		}
		for m, of := range s.told {
			r.Measure, r.N = m, of(n)
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Rate) int { return cmp.Compare(a.Measure, b.Measure) })
	return list
}

// single are groups of one item each.
func single(n int) []group {
	list := make([]group, n)
	for i := range list {
		list[i] = group{items: []int{i}}
	}
	return list
}

// unitRates are those of units. Units whose counts beside those of an area would tell few of somebody else are only counted
// together with each other and with the smallest of the rest.
func (g *Ground) unitRates(steps []step, list []Performed, ofUnit map[string]kpi.Rates) (rates []Rate) {
	units := sortedKeys(ofUnit)
	by := make([]kpi.Rates, len(units))
	var apart group
	smallest := -1
	var begin []group
	for i, u := range units {
		by[i] = ofUnit[u]
		if u == "" || g.crosses(steps, list, u) {
			apart.items = append(apart.items, i)
			continue
		}
		if smallest < 0 || by[i].Accepted < by[begin[smallest].items[0]].Accepted {
			smallest = len(begin)
		}
		begin = append(begin, group{items: []int{i}})
	}
	switch {
	case smallest < 0:
		return nil
	case len(apart.items) > 0:
		begin[smallest] = begin[smallest].with(apart)
	}
	groups := tells(steps, by, nil, []level{{keys: make([]int, len(units)), merges: true}}, begin)
	for i, u := range units {
		rates = append(rates, rated(steps, Rate{Kind: OfUnit, Division: g.division, Place: u}, by[i], func(s int) bool { return covers(groups[s], []int{i}) })...)
	}
	return rates
}

// crosses reports whether the counts of a unit beside those of an area would tell few of what is in one and not in the other.
func (g *Ground) crosses(steps []step, list []Performed, unit string) bool {
	for _, p := range g.areas {
		if len(p.path) == 1 || p.unknown {
			continue
		}
		var both, unitOnly, areaOnly kpi.Rates
		for _, x := range list {
			i, ok := g.index[x.Area]
			if !ok {
				continue
			}
			_, inside := slices.BinarySearch(p.leaves, i)
			switch {
			case inside && x.Unit == unit:
				both = both.Plus(x.Rates)
			case x.Unit == unit:
				unitOnly = unitOnly.Plus(x.Rates)
			case inside:
				areaOnly = areaOnly.Plus(x.Rates)
			}
		}
		if both.Accepted == 0 || unitOnly.Accepted > 0 && areaOnly.Accepted > 0 {
			continue
		}
		for _, s := range steps {
			for _, rest := range []kpi.Rates{unitOnly, areaOnly} {
				if slices.ContainsFunc(s.parts(rest), func(n int) bool { return n > 0 && n < Few }) {
					return true
				}
			}
		}
	}
	return false
}
