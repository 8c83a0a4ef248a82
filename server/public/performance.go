package public

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/disclosure"
	"toancanh/server/kpi"
	"toancanh/server/limit"
	"toancanh/server/store"
)

const performanceKind kind = "performance"

// fewRanked is below what a rate is grey and has no rank.
const fewRanked = 20

// performancePage is what the board of an area says.
type performancePage struct {
	Name      string
	Up        []place
	Sentences []string
	Period    string
	Tables    []rateTable
	Old       bool
	Empty     bool // never read
	Others    []place
}

type rateTable struct {
	Title, Head string
	Rows        []rateRow
}

type rateRow struct {
	place
	Cells []rateCell
}

// rateCell is one rate as it is shown.
type rateCell struct {
	Text, Note, Class string
	Bar               bool
	Width, Target     float64
}

// toldRates are the counts of one place that may be told.
type toldRates map[disclosure.Measure]int

type ratePlace struct{ kind, division, code string }

// ratesOf lays out the counts by place, with the names of units.
func ratesOf(p store.Performance) (all map[ratePlace]toldRates, units []place) {
	all = map[ratePlace]toldRates{}
	for _, r := range p.Rates {
		key := ratePlace{r.Kind, r.Division, r.Place}
		if all[key] == nil {
			all[key] = toldRates{}
			if r.Kind == disclosure.OfUnit {
				units = append(units, place{Name: cmp.Or(r.Name, r.Place), URL: r.Place})
			}
		}
		all[key][r.Measure] = r.N
	}
	return all, units
}

// share is a rate by its counts.
type share struct {
	part, whole []disclosure.Measure // each is a sum
	target      float64
	ripe        bool // it takes a cohort that is old enough
	limit       bool // less is better
}

func shares() []share {
	asked := []disclosure.Measure{disclosure.Verified, disclosure.Reopened}
	return []share{
		{part: []disclosure.Measure{disclosure.Met}, whole: []disclosure.Measure{disclosure.Due}, target: kpi.ResponseTarget},
		{part: asked[:1], whole: []disclosure.Measure{disclosure.Accepted}, target: kpi.ResolutionTarget, ripe: true},
		{part: asked[1:], whole: asked, target: kpi.ReopenLimit, ripe: true, limit: true},
		{part: []disclosure.Measure{disclosure.Content}, whole: []disclosure.Measure{disclosure.Rated}, target: kpi.SatisfactionTarget, ripe: true},
		{part: []disclosure.Measure{disclosure.Rated}, whole: asked, ripe: true},
	}
}

func (t toldRates) sum(list []disclosure.Measure) (n int, ok bool) {
	for _, m := range list {
		x, told := t[m]
		if !told {
			return 0, false
		}
		n += x
	}
	return n, true
}

// of are the counts of a rate; false when they are not told.
func (t toldRates) of(s share) (part, whole int, ok bool) {
	part, first := t.sum(s.part)
	whole, second := t.sum(s.whole)
	return part, whole, first && second
}

// performanceHome is the address of the board of the whole.
const performanceHome = "/hieu-qua"

// performanceURL is the address of an area's board.
func (s *Site) performanceURL(division, code string) string {
	if root, _ := s.Atlas.Tree.Root(s.Division); division == s.Division && code == root.Code {
		return performanceHome
	}
	return performanceHome + "/" + strings.TrimPrefix(division, "vn-") + "/" + code
}

func (s *Site) getPerformance(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	root, _ := s.Atlas.Tree.Root(s.Division)
	key := pageKey{division: s.Division, area: root.Code}
	if c.Params("division") != "" {
		var err error
		if key, err = s.areaKey(c); err != nil {
			return err
		}
	}
	key.kind = performanceKind
	return s.servePage(c, key)
}

// board writes the rates of one edition in one look.
type board struct {
	site *Site
	look look
	p    store.Performance
	all  map[ratePlace]toldRates
}

func (b board) say(key string, args ...any) string { return b.site.book.say(b.look, key, args...) }

func (b board) percent(p float64) string {
	text := strconv.FormatFloat(p, 'f', 1, 64)
	if !b.look.English {
		text = strings.Replace(text, ".", ",", 1) + "\u00a0"
	}
	return text + "%"
}

// performanceModel lays out the board of an area.
func (s *Site) performanceModel(e *edition, key pageKey) model {
	tree := s.Atlas.Tree
	here, _ := tree.Get(key.division, key.area)
	b := board{site: s, look: key.look, p: e.picture.Performance}
	all, units := ratesOf(b.p)
	b.all = all
	page := performancePage{Name: nameInSentence(here, key.look), Old: e.condition == old, Empty: e.condition == missing}
	path := tree.Path(key.division, key.area)
	for _, code := range path[:len(path)-1] {
		up, _ := tree.Get(key.division, code)
		page.Up = append(page.Up, place{titleOf(up, key.look), s.performanceURL(key.division, code)})
	}
	if !b.p.At.IsZero() {
		page.Period = b.period()
		page.Sentences = b.sentences(all[ratePlace{disclosure.OfArea, key.division, key.area}])
	}
	if len(page.Sentences) > 0 {
		var areas []place
		for _, child := range tree.Children(key.division, key.area) {
			areas = append(areas, place{titleOf(child, key.look), child.Code})
		}
		page.Tables = b.tables(key, areas, units)
	}
	page.Others = s.otherDivisions(key, s.performanceURL)
	return model{Title: fmt.Sprintf("%s – %s", b.say("performance of", page.Name), s.Title), Here: s.performanceURL(key.division, key.area), Page: page}
}

func (b board) quarter() string {
	const months = 3
	return b.say("performance quarter", []string{"I", "II", "III", "IV"}[(int(b.p.From.Month())-1)/months], b.p.From.Year())
}

func (b board) period() string {
	const date = "02/01/2006"
	return b.say("performance period", b.p.From.Format(date), b.p.Until.Format(date), b.quarter(), b.p.At.In(b.site.Location).Format("15:04 "+date))
}

// sentences say the rates of an area in words; none while the first is not told.
func (b board) sentences(t toldRates) (list []string) {
	all := shares()
	if met, due, ok := t.of(all[0]); ok && due > 0 {
		list = append(list, b.say("performance response sentence", b.quarter(), b.percent(*kpi.Percent(met, due)), strconv.Itoa(met), strconv.Itoa(due)))
	}
	if part, whole, ok := t.of(all[1]); ok && whole > 0 && b.p.Mature {
		list = append(list, b.say("performance resolution sentence", b.percent(*kpi.Percent(part, whole))))
	}
	part, whole, ok := t.of(all[3])
	rated, asked, known := t.of(all[4])
	if ok && known && whole > 0 && b.p.Mature {
		list = append(list, b.say("performance satisfaction sentence", b.percent(*kpi.Percent(part, whole)), b.percent(*kpi.Percent(rated, asked))))
	}
	return list
}

// tables are those of the areas inside, and of units on the board of the whole.
func (b board) tables(key pageKey, areas, units []place) (list []rateTable) {
	if len(areas) > 0 {
		list = append(list, rateTable{b.say("performance areas"), b.say("area"), b.rows(disclosure.OfArea, key.division, areas)})
		for i, a := range areas {
			list[0].Rows[i].URL = b.site.performanceURL(key.division, a.URL)
		}
	}
	if root, _ := b.site.Atlas.Tree.Root(key.division); root.Code == key.area && len(units) > 0 {
		list = append(list, rateTable{b.say("performance units"), b.say("performance unit"), b.rows(disclosure.OfUnit, b.site.Division, units)})
	}
	return list
}

// rows are those of some places, whose URL is their code.
func (b board) rows(kind, division string, places []place) []rateRow {
	rows := make([]rateRow, len(places))
	told := make([]toldRates, len(places))
	for i, p := range places {
		told[i] = b.all[ratePlace{kind, division, p.URL}]
		rows[i].Name = p.Name
		cell := rateCell{Text: b.say("performance hidden"), Class: "grey"}
		if n, ok := told[i][disclosure.Accepted]; ok {
			cell = rateCell{Text: strconv.Itoa(n)}
		}
		rows[i].Cells = append(rows[i].Cells, cell)
	}
	for _, s := range shares() {
		for i := range rows {
			rows[i].Cells = append(rows[i].Cells, b.cell(told, i, s))
		}
	}
	return rows
}

// cell is one rate of one of some places.
func (b board) cell(told []toldRates, i int, s share) rateCell {
	part, whole, ok := told[i].of(s)
	switch {
	case s.ripe && !b.p.Mature:
		return rateCell{Text: b.say("performance young"), Class: "grey young"}
	case !ok || whole > 0 && whole < disclosure.Few:
		return rateCell{Text: b.say("performance hidden"), Class: "grey"}
	case whole == 0:
		return rateCell{Text: b.say("performance no data"), Class: "grey"}
	}
	p := *kpi.Percent(part, whole)
	c := rateCell{Text: b.percent(p), Note: fmt.Sprintf("n = %d", whole), Bar: s.target > 0, Width: p, Target: s.target}
	if whole < fewRanked {
		c.Class = "grey"
		return c
	}
	if s.target > 0 {
		c.Note += " · " + b.say("performance rank", rank(told, s, part*1000/whole))
	}
	return c
}

// rank counts who does better, of those with enough; equal ones share it. Rates are compared in tenths of a per cent.
func rank(told []toldRates, s share, own int) int {
	n := 1
	for _, t := range told {
		part, whole, ok := t.of(s)
		if !ok || whole < fewRanked {
			continue
		}
		if other := part * 1000 / whole; other > own && !s.limit || other < own && s.limit {
			n++
		}
	}
	return n
}

// getPerformanceTable answers with all counts of the board as CSV. A cell is empty where the count is not told.
func (s *Site) getPerformanceTable(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	e := s.now.Load()
	p := e.picture.Performance
	measures := []disclosure.Measure{
		disclosure.Accepted, disclosure.Due, disclosure.Met, disclosure.Verified, disclosure.Reopened, disclosure.Rated, disclosure.Content,
	}
	head := []string{"kind", "division", "code", "name", "from", "until", "mature", "origin", "old"}
	for _, m := range measures {
		head = append(head, string(m))
	}
	lines := [][]string{head}
	all, units := ratesOf(p)
	line := func(key ratePlace, name string) {
		cells := []string{
			key.kind, key.division, key.code, name, p.From.Format(time.DateOnly), p.Until.Format(time.DateOnly), strconv.FormatBool(p.Mature),
			e.picture.Origin, strconv.FormatBool(e.condition != good),
		}
		for i, m := range measures {
			n, ok := all[key][m]
			const young = 3 // of the measures, those before need no old cohort
			if !ok || i >= young && !p.Mature {
				cells = append(cells, "")
				continue
			}
			cells = append(cells, strconv.Itoa(n))
		}
		lines = append(lines, cells)
	}
	for _, d := range s.Atlas.Tree.Divisions() {
		for _, a := range s.Atlas.Tree.Areas(d.Code) {
			if key := (ratePlace{disclosure.OfArea, d.Code, a.Code}); all[key] != nil {
				line(key, a.Title())
			}
		}
	}
	slices.SortFunc(units, func(a, b place) int { return cmp.Compare(a.URL, b.URL) })
	for _, u := range units {
		line(ratePlace{disclosure.OfUnit, s.Division, u.URL}, u.Name)
	}
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(lines); err != nil {
		return fmt.Errorf("write performance table: %w", err)
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="hieu-qua.csv"`)
	return c.Send(out.Bytes())
}
