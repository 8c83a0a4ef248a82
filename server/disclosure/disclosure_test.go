package disclosure_test

import (
	"cmp"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/disclosure"
	"toancanh/server/report"
)

// sampleAtlas is drawn once; it does not change.
var sampleAtlas = sync.OnceValues(area.Sample)

func ground(t testing.TB, division string) (*area.Tree, *disclosure.Ground) {
	t.Helper()
	atlas, err := sampleAtlas()
	if err != nil {
		t.Fatal(err)
	}
	return atlas.Tree, disclosure.NewGround(atlas.Tree, division)
}

func codes(t testing.TB) []string {
	t.Helper()
	rules, _, err := report.Load(sample.Files(), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range rules.Current().Categories {
		list = append(list, c.Code)
	}
	return list
}

func find(told []disclosure.Told, division, place string, m disclosure.Measure) disclosure.Number {
	i := slices.IndexFunc(told, func(x disclosure.Told) bool { return x.Division == division && x.Place == place && x.Measure == m })
	if i < 0 {
		return disclosure.Number{N: -1}
	}
	return told[i].Number
}

func TestASmallNumberIsToldOnlyAsPartOfAGreaterOne(t *testing.T) {
	t.Parallel()
	_, g := ground(t, "vn-2022")
	told := g.Areas([]disclosure.Tally{
		{Area: "24611", Open: 12, Late: 6},
		{Area: "24612", Open: 3},
		{Area: "24614", Open: 4, Late: 4},
		{Area: "24664", Open: 7, Resolved: 9, Kept: 9},
	})
	for _, c := range []struct {
		why, division, area string
		measure             disclosure.Measure
		want                disclosure.Number
	}{
		{"enough in the commune, and beside it", "vn-2022", "24611", disclosure.Open, disclosure.Number{N: 12}},
		{"too few: the district stands for it", "vn-2022", "24612", disclosure.Open, disclosure.Number{N: 19, Of: "660"}},
		{"none is too few as well", "vn-2022", "24615", disclosure.Open, disclosure.Number{N: 19, Of: "660"}},
		{"the district's own", "vn-2022", "660", disclosure.Open, disclosure.Number{N: 19}},
		{"the only one of its district has enough", "vn-2022", "24664", disclosure.Open, disclosure.Number{N: 7}},
		{"nothing in a whole district is no secret", "vn-2022", "661", disclosure.Open, disclosure.Number{}},
		{"the whole is told", "vn-2022", "67", disclosure.Open, disclosure.Number{N: 26}},
		{"also what is late of it", "vn-2022", "67", disclosure.Late, disclosure.Number{N: 10}},
		{"and late are told where what is not late is not few", "vn-2022", "24611", disclosure.Late, disclosure.Number{N: 10, Of: "660"}},
		{"none anywhere is no secret", "vn-2022", "24611", disclosure.Recent, disclosure.Number{}},
		{"none was missed, which hides nothing", "vn-2022", "24664", disclosure.Missed, disclosure.Number{}},
		{"a successor whose communes are told with others is not told", "vn-2025", "24611", disclosure.Open, disclosure.Number{N: 26, Of: "68"}},
	} {
		if got := find(told, c.division, c.area, c.measure); got != c.want {
			t.Errorf("%s: %s of %s is told as %+v, want %+v", c.why, c.measure, c.area, got, c.want)
		}
	}
}

func TestAFewInTheWholeOfAFewCommunesAreNotTold(t *testing.T) {
	t.Parallel()
	tree, err := area.NewTree(area.Rows{
		Divisions: []area.Division{{Code: "x", Label: "x", Default: true}},
		Areas: []area.Area{
			{Division: "x", Code: "1", Level: area.Province, Kind: "Tỉnh", Name: "A"},
			{Division: "x", Code: "2", Parent: "1", Level: area.Commune, Kind: "Xã", Name: "B"},
			{Division: "x", Code: "3", Parent: "1", Level: area.Commune, Kind: "Xã", Name: "C"},
		},
	})
	if err != nil {
		t.Skip("the tree wants more: ", err)
	}
	g := disclosure.NewGround(tree, "x")
	told := g.Areas([]disclosure.Tally{{Area: "2", Open: 3}})
	for code, want := range map[string]disclosure.Number{"1": {Less: true}, "2": {Less: true, Of: "1"}} {
		if got := find(told, "x", code, disclosure.Open); got != want {
			t.Errorf("%s is told as %+v, want %+v", code, got, want)
		}
	}
}

// equations are what everybody can know for certain: sums over unknowns. Every sum and difference of them is in their span.
type equations struct {
	width int
	rows  [][]*big.Rat // in echelon form; the last column is the sum
	heads []int
}

// reduce takes from a row what the equations say already.
func (e *equations) reduce(row []*big.Rat) []*big.Rat {
	for i, head := range e.heads {
		if row[head].Sign() == 0 {
			continue
		}
		by := new(big.Rat).Set(row[head])
		for j := range row {
			row[j] = new(big.Rat).Sub(row[j], new(big.Rat).Mul(by, e.rows[i][j]))
		}
	}
	return row
}

func (e *equations) row(unknowns []int, sum int) []*big.Rat {
	row := make([]*big.Rat, e.width+1)
	for j := range row {
		row[j] = new(big.Rat)
	}
	for _, u := range unknowns {
		row[u].SetInt64(1)
	}
	row[e.width].SetInt64(int64(sum))
	return row
}

// learn adds what is told.
func (e *equations) learn(unknowns []int, sum int) {
	e.keep(e.row(unknowns, sum))
}

// keep takes a row in, and returns what is left of one whose unknowns follow from the others.
func (e *equations) keep(row []*big.Rat) []*big.Rat {
	row = e.reduce(row)
	head := slices.IndexFunc(row[:e.width], func(x *big.Rat) bool { return x.Sign() != 0 })
	if head < 0 {
		return row
	}
	by := new(big.Rat).Inv(row[head])
	for j := range row {
		row[j] = new(big.Rat).Mul(row[j], by)
	}
	e.rows, e.heads = append(e.rows, row), append(e.heads, head)
	return nil
}

// knows reports whether a sum over unknowns follows from what was told.
func (e *equations) knows(unknowns []int) bool {
	row := e.reduce(e.row(unknowns, 0))
	return !slices.ContainsFunc(row[:e.width], func(x *big.Rat) bool { return x.Sign() != 0 })
}

// town is a made-up province small enough to be attacked with all arithmetic.
func town(r *rand.Rand, tree *area.Tree, division string, categories []string) []disclosure.Tally {
	var list []disclosure.Tally
	for _, leaf := range tree.Leaves(division) {
		busy := r.IntN(3) * r.IntN(4)
		for _, c := range categories {
			open, resolved := r.IntN(busy+1)*r.IntN(3), r.IntN(busy+1)*r.IntN(3)
			list = append(list, disclosure.Tally{
				Area: leaf.Code, Category: c, Open: open, Late: r.IntN(open + 1), Recent: r.IntN(busy + 1),
				Resolved: resolved, Kept: resolved - r.IntN(resolved+1)*r.IntN(2),
			})
		}
	}
	return list
}

// What is told of the areas of both divisions, of their parents and of the whole is subtracted from each other in every way
// there is: nobody learns of one commune a number below five, nor of what remains of a district without its told communes.
func TestNoSubtractionOfAreasTellsASmallNumber(t *testing.T) {
	t.Parallel()
	const open, late = disclosure.Open, disclosure.Late
	for _, division := range []string{"vn-2022", "vn-2025"} {
		tree, g := ground(t, division)
		for seed := range uint64(25) {
			r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a town that can be made again
			list := town(r, tree, division, []string{"GT", "AN"})
			told := g.Areas(list)
			for _, pair := range [][2]disclosure.Measure{{open, late}, {disclosure.Recent, ""}, {disclosure.Resolved, disclosure.Kept}, {disclosure.Resolved, disclosure.Missed}} {
				attackAreas(t, tree, division, attack{fmt.Sprintf("%s, seed %d", division, seed), list, told, pair})
			}
		}
	}
}

// few reports whether a number could point at somebody: none points at nobody.
func few(n int) bool { return 0 < n && n < disclosure.Few }

type attack struct {
	name string
	list []disclosure.Tally
	told []disclosure.Told
	pair [2]disclosure.Measure // the whole, and a part of it
}

func (a attack) truth(m disclosure.Measure, leaf string) (n int) {
	for _, x := range a.list {
		if x.Area != leaf {
			continue
		}
		switch m {
		case disclosure.Open:
			n += x.Open
		case disclosure.Late:
			n += x.Late
		case disclosure.Recent:
			n += x.Recent
		case disclosure.Resolved:
			n += x.Resolved
		case disclosure.Kept:
			n += x.Kept
		case disclosure.Missed:
			n += x.Resolved - x.Kept
		}
	}
	return n
}

// place is an area of a division.
type place struct{ division, code string }

// inside are the places in the list of leaves of a division of those that lie in an area of any division.
func inside(tree *area.Tree, division string, of place) (list []int) {
	root, _ := tree.Root(of.division)
	for i, leaf := range tree.Leaves(division) {
		if of.code == root.Code {
			list = append(list, i)
			continue
		}
		to, ok := tree.Successor(division, leaf.Code, of.division)
		if ok && slices.Contains(tree.Path(of.division, to), of.code) {
			list = append(list, i)
		}
	}
	return list
}

// attackAreas has two unknowns for each commune: the part, and what is not of it.
func attackAreas(t *testing.T, tree *area.Tree, division string, a attack) {
	t.Helper()
	leaves := tree.Leaves(division)
	e := &equations{width: 2 * len(leaves)}
	inside := func(other, code string) []int { return inside(tree, division, place{other, code}) }
	both := func(list []int) (all []int) {
		for _, i := range list {
			all = append(all, 2*i, 2*i+1)
		}
		return all
	}
	parts := func(list []int) (all []int) {
		for _, i := range list {
			all = append(all, 2*i)
		}
		return all
	}
	for _, x := range a.told {
		if x.Less || x.Measure != a.pair[0] && x.Measure != a.pair[1] {
			continue
		}
		own, list := x.N, inside(x.Division, cmp.Or(x.Of, x.Place))
		sum := 0
		for _, i := range list {
			sum += a.truth(x.Measure, leaves[i].Code)
		}
		if sum != own {
			t.Errorf("%s: %s of %s %s is told as %d, truly %d", a.name, x.Measure, x.Division, x.Place, own, sum)
		}
		if x.Measure == a.pair[0] {
			e.learn(both(list), own)
		} else {
			e.learn(parts(list), own)
		}
	}
	for i, leaf := range leaves {
		whole, part := a.truth(a.pair[0], leaf.Code), a.truth(a.pair[1], leaf.Code)
		if few(whole) && e.knows([]int{2 * i, 2*i + 1}) {
			t.Errorf("%s: %s of %s is known to be %d", a.name, a.pair[0], leaf.Code, whole)
		}
		if a.pair[1] == "" {
			continue
		}
		if few(part) && e.knows([]int{2 * i}) {
			t.Errorf("%s: %s of %s is known to be %d", a.name, a.pair[1], leaf.Code, part)
		}
		if few(whole-part) && e.knows([]int{2*i + 1}) {
			t.Errorf("%s: %s without %s of %s is known to be %d", a.name, a.pair[0], a.pair[1], leaf.Code, whole-part)
		}
	}
	for _, up := range tree.Areas(division) {
		var hidden []int
		sum := 0
		for _, child := range tree.Children(division, up.Code) {
			if _, exact := find(a.told, division, child.Code, a.pair[0]).Exact(); !exact {
				for _, i := range inside(division, child.Code) {
					hidden = append(hidden, i)
					sum += a.truth(a.pair[0], leaves[i].Code)
				}
			}
		}
		if few(sum) && e.knows(both(hidden)) {
			t.Errorf("%s: what is not told of %s is known to be %d", a.name, up.Code, sum)
		}
	}
}

// overTime is what somebody concludes who kept two states and knows that one report came between them.
type overTime struct {
	singled  int // of so many reports its commune is certain
	ofFew    int // of so many of them it is a commune of which fewer than five are open
	smallNow int // so many numbers below five follow, for who also knows the commune, that neither state tells by itself
}

// between takes the sums of two states from each other: each commune is taken for the one of the new report, and left out when
// that contradicts the sums. Beside its sum a row says in which communes the new report would have added to it.
func between(tree *area.Tree, division string, states [2]attack) (o overTime) {
	leaves := tree.Leaves(division)
	e := &equations{width: len(leaves)}
	possible := map[int]bool{}
	for i := range leaves {
		possible[i] = true
	}
	for state, a := range states {
		for _, x := range a.told {
			if x.Less || x.Measure != disclosure.Open {
				continue
			}
			list := inside(tree, division, place{x.Division, cmp.Or(x.Of, x.Place)})
			row := append(e.row(list, x.N), e.row(nil, 0)[:e.width]...)
			for _, i := range list {
				row[e.width+1+i].SetInt64(-int64(state)) // of the first state it is not there yet
			}
			if row = e.keep(row); row == nil {
				continue
			}
			for i := range leaves {
				if new(big.Rat).Add(row[e.width], row[e.width+1+i]).Sign() != 0 {
					delete(possible, i)
				}
			}
		}
	}
	for i, leaf := range leaves {
		was, is := states[0].truth(disclosure.Open, leaf.Code), states[1].truth(disclosure.Open, leaf.Code)
		if was != is && len(possible) == 1 && possible[i] {
			o.singled++
			if few(is) {
				o.ofFew++
			}
		}
		if few(was) && e.knows([]int{i}) {
			o.smallNow++
		}
	}
	return o
}

// Each state is protected by itself. What two of them tell is measured for the worst, when one report came between two batches:
// in a commune with many it is seen, as its number is told; of a commune with few, none is. Where groups are made anew, numbers before can follow.
// The figures are those of the sample towns, which are always the same; docs/disclosure.md says them.
func TestWhatTwoStatesTellOfAReportThatCameBetween(t *testing.T) {
	t.Parallel()
	const division = "vn-2022"
	tree, g := ground(t, division)
	leaves := tree.Leaves(division)
	var all overTime
	const towns, reports = 20, 4
	for seed := range uint64(towns) {
		r := rand.New(rand.NewPCG(seed, 23)) //nolint:gosec // a town that can be made again
		before := town(r, tree, division, []string{"GT", "AN"})
		for range reports {
			after := slices.Clone(before)
			after[2*r.IntN(len(leaves))].Open++
			o := between(tree, division, [2]attack{{list: before, told: g.Areas(before)}, {list: after, told: g.Areas(after)}})
			all.singled, all.ofFew, all.smallNow = all.singled+o.singled, all.ofFew+o.ofFew, all.smallNow+o.smallNow
			before = after
		}
	}
	if want := (overTime{singled: 4, ofFew: 0, smallNow: 3}); all != want {
		t.Errorf("of %d reports two states tell %+v; docs/disclosure.md says %+v", towns*reports, all, want)
	}
}

// TestBetweenTwoBatchesNoPlaceMoves lets reports come into towns one by one: but for the whole nothing that is told becomes another.
func TestBetweenTwoBatchesNoPlaceMoves(t *testing.T) {
	t.Parallel()
	for _, division := range []string{"vn-2022", "vn-2025"} {
		tree, g := ground(t, division)
		r := rand.New(rand.NewPCG(5, 29)) //nolint:gosec // a town that can be made again
		list := town(r, tree, division, []string{"GT", "AN"})
		batch := g.Areas(list)
		whole := 0
		for range 50 {
			list[r.IntN(len(list))].Open++
			for i, n := range g.Hold(g.Areas(list), batch) {
				root, _ := tree.Root(n.Division)
				switch was := batch[i]; {
				case n.Place == root.Code && n.Measure == disclosure.Open && n.N != was.N:
					whole++
				case n.Place != root.Code && n.Of != was.Of, n.Place != root.Code && n.Of != root.Code && n != was:
					t.Fatalf("%+v became %+v", was, n)
				}
			}
		}
		if whole < 50 {
			t.Errorf("%s: the number of the whole moved %d times of 50", division, whole)
		}
	}
}

// weeks are made-up weeks of a small province: some categories are frequent, one is rare.
func weeks(r *rand.Rand, tree *area.Tree, division string) []disclosure.Received {
	var list []disclosure.Received
	monday := time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)
	for _, leaf := range tree.Leaves(division) {
		busy := 1 + r.IntN(9)
		for week := range 4 {
			for c, often := range map[string]int{"GT": busy, "AN": busy / 4, "CR": r.IntN(60) / 59, "GC": r.IntN(600) / 599} {
				if n := r.IntN(often + 1); n > 0 {
					list = append(list, disclosure.Received{Area: leaf.Code, Category: c, Week: monday.AddDate(0, 0, 7*week), N: n})
				}
			}
		}
	}
	return list
}

type cellKey struct {
	leaf, category string
	week           time.Time
}

// The cells of weeks and the rows of single reports are subtracted from each other: no commune has a category in a week, over
// all weeks, or over all categories, of which a number below five is known.
func TestNoSubtractionOfWeeksCategoriesAndRowsTellsASmallNumber(t *testing.T) {
	t.Parallel()
	for _, division := range []string{"vn-2022", "vn-2025"} {
		tree, g := ground(t, division)
		for seed := range uint64(6) {
			name := fmt.Sprintf("%s, seed %d", division, seed)
			list := weeks(rand.New(rand.NewPCG(seed, 11)), tree, division) //nolint:gosec // weeks that can be made again
			now := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
			cells := g.Cells(list, now)
			truth, total := map[cellKey]int{}, map[string]int{}
			for _, r := range list {
				truth[cellKey{r.Area, r.Category, r.Week}] += r.N
				total[r.Category] += r.N
			}
			sum := 0
			for _, c := range cells {
				if c.N < disclosure.Few {
					t.Errorf("%s: a cell holds %d", name, c.N)
				}
				sum += c.N
			}
			all := 0
			for _, n := range total {
				all += n
			}
			if untold := all - sum; untold < 0 || untold >= disclosure.Few {
				t.Errorf("%s: the cells hold %d of %d: what is not told has to be less than %d, and nothing twice", name, sum, all, disclosure.Few)
			}
			attackCells(t, tree, division, weeksTold{name, truth, cells, g.Reaches(list)})
		}
	}
}

type weeksTold struct {
	name    string
	truth   map[cellKey]int
	cells   []disclosure.Cell
	reaches []disclosure.Reach
}

func attackCells(t *testing.T, tree *area.Tree, division string, w weeksTold) {
	t.Helper()
	leaves := tree.Leaves(division)
	// Categories meet in one cell only, so each is attacked by itself.
	for _, category := range []string{"GT", "AN", "CR", "GC"} {
		number := map[cellKey]int{}
		e := &equations{}
		for week := range 4 {
			for _, leaf := range leaves {
				number[cellKey{leaf.Code, category, time.Date(2026, 9, 7+7*week, 0, 0, 0, 0, time.UTC)}] = len(number)
			}
		}
		e.width = len(number)
		in := func(code string, from, until time.Time, but map[string]bool) (list []int) {
			for _, leaf := range leaves {
				if !slices.Contains(tree.Path(division, leaf.Code), code) || but[leaf.Code] {
					continue
				}
				for day := from; !day.After(until); day = day.AddDate(0, 0, 7) {
					list = append(list, number[cellKey{leaf.Code, category, day}])
				}
			}
			return list
		}
		for _, c := range w.cells {
			if c.Category != category {
				continue
			}
			but, counts := map[string]bool{}, meant(tree, division, c, w.cells)
			for _, leaf := range leaves {
				but[leaf.Code] = !counts[leaf.Code]
			}
			e.learn(in(c.Area, c.From, c.Until, but), c.N)
		}
		sums := map[cellKey]int{} // as anybody counts the rows: by the area they name
		for _, r := range w.reaches {
			if r.Category == category {
				sums[cellKey{tree.Path(division, r.Area)[r.Depth-1], category, r.Week}] += r.N
			}
		}
		for told, n := range sums {
			but := map[string]bool{} // whoever is named more narrowly is not meant
			for other := range sums {
				if other.week.Equal(told.week) && other.leaf != told.leaf && slices.Contains(tree.Path(division, other.leaf), told.leaf) {
					for _, leaf := range tree.LeavesUnder(division, other.leaf) {
						but[leaf] = true
					}
				}
			}
			e.learn(in(told.leaf, told.week, told.week, but), n)
		}
		for key, n := range w.truth {
			if key.category == category && few(n) && e.knows([]int{number[key]}) {
				t.Errorf("%s: %s of %s in the week of %s is known to be %d", w.name, category, key.leaf, key.week.Format(time.DateOnly), n)
			}
		}
		for _, leaf := range leaves { // over all weeks
			n, unknowns := 0, []int{}
			for key, u := range number {
				if key.leaf == leaf.Code {
					n, unknowns = n+w.truth[key], append(unknowns, u)
				}
			}
			if few(n) && e.knows(unknowns) {
				t.Errorf("%s: %s of %s over all weeks is known to be %d", w.name, category, leaf.Code, n)
			}
		}
	}
}

func TestARareCategoryIsToldOfALongerTimeOrWithOthers(t *testing.T) {
	t.Parallel()
	_, g := ground(t, "vn-2022")
	monday := func(n int) time.Time { return time.Date(2026, 9, 7+7*n, 0, 0, 0, 0, time.UTC) }
	got := g.Cells([]disclosure.Received{
		{Area: "24611", Category: "GT", Week: monday(0), N: 6},
		{Area: "24612", Category: "GT", Week: monday(0), N: 2},
		{Area: "24614", Category: "GT", Week: monday(0), N: 3},
		{Area: "24611", Category: "CR", Week: monday(0), N: 2},
		{Area: "24664", Category: "CR", Week: monday(1), N: 4},
		{Area: "24611", Category: "GC", Week: monday(0), N: 2},
		{Area: "24611", Category: "AN", Week: monday(1), N: 3},
		{Area: "24611", Category: "GT", Week: monday(1), N: 2},
		{Area: "24611", Category: "GT", Week: monday(2), N: 50},
	}, monday(2).AddDate(0, 0, 1))
	want := []disclosure.Cell{
		{Area: "67", Category: "CR", From: monday(0), Until: monday(2).AddDate(0, 0, -1), N: 6},
		{Area: "24611", Category: "GT", From: monday(0), Until: monday(1).AddDate(0, 0, -1), N: 6},
		{Area: "660", Category: "GT", From: monday(0), Until: monday(1).AddDate(0, 0, -1), Rest: true, N: 5},
		{Area: "67", From: monday(0), Until: monday(2).AddDate(0, 0, -1), Rest: true, N: 7},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

func TestPlacesAndTimesAreRough(t *testing.T) {
	t.Parallel()
	lat, lon := disclosure.Coarse(12.0071, 107.6963)
	for range 3 { // the middle of a square lies in it
		again, other := disclosure.Coarse(lat, lon)
		if again != lat || other != lon {
			t.Errorf("the middle %v %v of a square lies in %v %v", lat, lon, again, other)
		}
	}
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // places that can be made again
	for range 2000 {
		y, x := 11.7+r.Float64(), 107.2+r.Float64()
		lat, lon := disclosure.Coarse(y, x)
		const metres, most = 111_320, 251
		if d := (y - lat) * metres; d > most || d < -most {
			t.Fatalf("%v lies %v m from its square's middle", y, d)
		}
		if d := (x - lon) * metres * 0.98; d > most+5 || d < -most-5 {
			t.Fatalf("%v lies %v m from its square's middle", x, d)
		}
	}
	at := time.Date(2026, 11, 16, 8, 52, 7, 12, time.FixedZone("", 7*3600))
	if got := disclosure.Quarter(at); !got.Equal(time.Date(2026, 11, 16, 1, 45, 0, 0, time.UTC)) {
		t.Errorf("the quarter hour of %v is %v", at, got)
	}
}

func TestThePolicyOfPlacesNamesEveryCategoryOfTheSample(t *testing.T) {
	t.Parallel()
	f, err := sample.Files().Open("places.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	places, err := disclosure.ParsePlaces(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes(t) {
		if _, ok := places[code]; !ok {
			t.Errorf("category %s has no place", code)
		}
	}
	if places["AN"] || places["RG"] || !places["GT"] {
		t.Error("who tells of crime or of stolen forest is told by the square")
	}
	for _, wrong := range []string{"", "a,b\n", "category,place,sample,note\nGT,house,yes,\n", "category,place,sample,note\nGT,grid,,\nGT,grid,,\n"} {
		if _, err := disclosure.ParsePlaces(strings.NewReader(wrong)); err == nil {
			t.Errorf("the table %q is taken", wrong)
		}
	}
}

func TestCategoriesWithFewAreCountedTogether(t *testing.T) {
	t.Parallel()
	_, g := ground(t, "vn-2022")
	told := g.Categories([]string{"GT", "AN", "CR", "MT", "KH"}, []disclosure.Tally{
		{Area: "24611", Category: "GT", Open: 12}, {Area: "24612", Category: "MT", Open: 20}, {Area: "24614", Category: "AN", Open: 4}, {Area: "24614", Category: "CR", Open: 3},
	})
	for code, want := range map[string]disclosure.Number{
		"GT": {N: 12}, "MT": {N: 20}, "AN": {N: 7, Of: disclosure.Others}, "CR": {N: 7, Of: disclosure.Others}, "KH": {N: 7, Of: disclosure.Others},
	} {
		if got := find(told, "vn-2022", code, disclosure.Open); got != want {
			t.Errorf("%s is told as %+v, want %+v", code, got, want)
		}
	}
}
