package disclosure_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"toancanh/server/disclosure"
	"toancanh/server/kpi"
)

// atoms are what the counts of a report can be: each report is one of these.
func atoms() []kpi.Rates {
	return []kpi.Rates{
		{Accepted: 1},
		{Accepted: 1, Due: 1},
		{Accepted: 1, Due: 1, Met: 1},
		{Accepted: 1, Due: 1, Met: 1, Resolved: 1},
		{Accepted: 1, Due: 1, Resolved: 1},
		{Accepted: 1, Due: 1, Met: 1, Reopened: 1},
		{Accepted: 1, Due: 1, Met: 1, Resolved: 1, Rated: 1},
		{Accepted: 1, Due: 1, Met: 1, Resolved: 1, Rated: 1, Content: 1},
	}
}

func valueOf(r kpi.Rates, m disclosure.Measure) int {
	return map[disclosure.Measure]int{
		disclosure.Accepted: r.Accepted, disclosure.Cohort: r.Accepted, disclosure.Due: r.Due, disclosure.Met: r.Met, disclosure.Verified: r.Resolved,
		disclosure.Reopened: r.Reopened, disclosure.Rated: r.Rated, disclosure.Content: r.Content,
	}[m]
}

// Everything that is told of areas of both divisions and of units is taken together and subtracted in every way: one unknown
// for each commune, unit and kind of report. Nobody learns how many of a commune, or of a unit, stand between none and five.
func TestNoSubtractionOfRatesTellsASmallNumber(t *testing.T) {
	t.Parallel()
	for _, division := range []string{"vn-2022", "vn-2025"} {
		tree, g := ground(t, division)
		leaves := tree.Leaves(division)
		for seed := range uint64(1) {
			r := rand.New(rand.NewPCG(seed, 13)) //nolint:gosec // a town that can be made again
			units := []string{"", "so-a", "so-b", "ubnd-" + leaves[0].Code, "ubnd-" + leaves[3].Code}
			var list []disclosure.Performed
			var kinds []int
			for i, leaf := range leaves {
				for _, u := range units {
					if len(u) > 5 && u[5:] != leaf.Code {
						continue
					}
					for k, one := range atoms() {
						n := r.IntN(3) * (1 + r.IntN(1+4*(i%5)))
						var sum kpi.Rates
						for range n {
							sum = sum.Plus(one)
						}
						list, kinds = append(list, disclosure.Performed{Area: leaf.Code, Unit: u, Rates: sum}), append(kinds, k)
					}
				}
			}
			attackRates(t, fmt.Sprintf("%s, seed %d", division, seed), ratesTold{list, kinds, everTold(g, list)}, func(division2, code, leaf string) bool {
				root, _ := tree.Root(division2)
				to, ok := tree.Successor(division, leaf, division2)
				return code == root.Code || ok && slices.Contains(tree.Path(division2, to), code)
			})
		}
	}
}

// everTold is all that is told of one span as it ages: replies first, with results at last, and these alone once a newer span is there.
func everTold(g *disclosure.Ground, list []disclosure.Performed) []disclosure.Rate {
	return slices.Concat(
		g.Rates(list, disclosure.Asked{Replies: true}, nil),
		g.Rates(list, disclosure.Asked{Replies: true, Results: true}, nil),
		g.Rates(list, disclosure.Asked{Results: true}, nil),
	)
}

// A unit that works in one commune is not told beside it when the two tell what few others did there.
func TestAUnitIsNotToldWhereItGivesAwayTheOthers(t *testing.T) {
	t.Parallel()
	_, g := ground(t, "vn-2022")
	of := func(area, unit string, n int) disclosure.Performed {
		return disclosure.Performed{Area: area, Unit: unit, Rates: kpi.Rates{Accepted: n}}
	}
	for others, want := range map[int]bool{0: true, 3: false, 5: true} {
		list := []disclosure.Performed{of("24611", "ubnd", 17), of("24611", "so-a", others), of("24664", "so-a", 30), of("24664", "so-b", 40), of("24612", "so-b", 9)}
		told := slices.ContainsFunc(g.Rates(list, disclosure.Asked{Replies: true, Results: true}, nil), func(r disclosure.Rate) bool { return r.Kind == disclosure.OfUnit && r.Place == "ubnd" })
		if told != want {
			t.Errorf("with %d of others the unit is told: %t", others, told)
		}
	}
}

// What is rare everywhere is told of the whole alone: beside all others, the one where it is would be known.
func TestWhatIsRareEverywhereIsToldOfTheWholeAlone(t *testing.T) {
	t.Parallel()
	_, g := ground(t, "vn-2022")
	var list []disclosure.Performed
	for i, area := range []string{"24611", "24612", "24614", "24664"} {
		r := kpi.Rates{Accepted: 20, Due: 20, Met: 20, Resolved: 20}
		if i == 0 {
			r.Resolved, r.Reopened = 19, 1
		}
		list = append(list, disclosure.Performed{Area: area, Unit: "so-" + area, Rates: r})
	}
	for _, r := range g.Rates(list, disclosure.Asked{Replies: true, Results: true}, nil) {
		whole := r.Kind == disclosure.OfArea && (r.Place == "67" || r.Place == "68")
		if rare := r.Measure == disclosure.Reopened || r.Measure == disclosure.Verified; rare && !whole {
			t.Errorf("%s of %s %s is told", r.Measure, r.Kind, r.Place)
		}
	}
}

type ratesTold struct {
	list  []disclosure.Performed
	kinds []int
	told  []disclosure.Rate
}

func attackRates(t *testing.T, name string, a ratesTold, inside func(division, code, leaf string) bool) {
	t.Helper()
	zero := make([]bool, len(a.list)) // known to be none, because they are part of none
	has := func(i int, m disclosure.Measure) bool { return valueOf(atoms()[a.kinds[i]], m) > 0 }
	within := func(x disclosure.Rate) (unknowns []int, sum int) {
		for i, p := range a.list {
			in := x.Kind == disclosure.OfUnit && p.Unit == x.Place || x.Kind == disclosure.OfArea && inside(x.Division, x.Place, p.Area)
			if in && has(i, x.Measure) {
				unknowns, sum = append(unknowns, i), sum+p.Accepted
			}
		}
		return unknowns, sum
	}
	for _, x := range a.told {
		unknowns, sum := within(x)
		if sum != x.N {
			t.Errorf("%s: %s of %s %s is told as %d, truly %d", name, x.Measure, x.Kind, x.Place, x.N, sum)
		}
		for _, i := range unknowns {
			zero[i] = zero[i] || x.N == 0
		}
	}
	number, open := make([]int, len(a.list)), 0
	for i := range a.list {
		number[i] = open
		if !zero[i] {
			open++
		}
	}
	left := func(unknowns []int) (rest []int) {
		for _, i := range unknowns {
			if !zero[i] {
				rest = append(rest, number[i])
			}
		}
		return rest
	}
	e := &equations{width: open}
	for _, x := range a.told {
		if unknowns, _ := within(x); x.N > 0 {
			e.learn(left(unknowns), x.N)
		}
	}
	// What could be asked of a commune or unit: each measure, and what it leaves of the one around it.
	type question struct{ of, not disclosure.Measure }
	for _, q := range []question{
		{disclosure.Accepted, ""},
		{disclosure.Due, ""},
		{disclosure.Met, ""},
		{disclosure.Verified, ""},
		{disclosure.Reopened, ""},
		{disclosure.Rated, ""},
		{disclosure.Content, ""},
		{disclosure.Accepted, disclosure.Due},
		{disclosure.Due, disclosure.Met},
		{disclosure.Accepted, disclosure.Verified},
		{disclosure.Rated, disclosure.Content},
	} {
		places := map[string][]int{}
		for i, p := range a.list {
			if has(i, q.of) && (q.not == "" || !has(i, q.not)) {
				places["area "+p.Area] = append(places["area "+p.Area], i)
				places["others in "+p.Area] = append(places["others in "+p.Area], i)
				if strings.HasPrefix(p.Unit, "ubnd-") { // works there alone
					list := places["others in "+p.Area]
					places["others in "+p.Area] = list[:len(list)-1]
				}
				if p.Unit != "" {
					places["unit "+p.Unit] = append(places["unit "+p.Unit], i)
				}
			}
		}
		for place, unknowns := range places {
			n := 0
			for _, i := range unknowns {
				n += a.list[i].Accepted
			}
			if few(n) && e.knows(left(unknowns)) {
				t.Errorf("%s: %s without %q of %s is known to be %d", name, q.of, q.not, place, n)
			}
		}
	}
}
