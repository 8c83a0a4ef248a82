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
	"toancanh/server/sheet"
	"toancanh/server/store"
)

const performanceKind kind = "performance"

// fewRanked is below what a rate is grey and has no rank.
const fewRanked = 20

// performancePage is what the board of an area says.
type performancePage struct {
	Name      string
	Up        []place
	Wider     string // whose rates the sentences say, as the area's own are not told; empty: its own
	Sentences []string
	Periods   []string // of which reports the rates are
	Tables    []rateTable
	Words     []string // what stands in cells without a rate, and why
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
	Text, Class   string
	Notes         []string
	Bar           bool
	Width, Target float64
	Span          int // of columns
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
	results     bool    // it is of the reports whose results are told
	limit       bool    // less is better
	most        float64 // the end of its bar, in per cent
}

// mostReopened is where the bar of what was opened again ends: on one of a hundred nobody could see it.
const (
	wholeBar     = 100.0
	mostReopened = 10.0
)

func shares() []share {
	asked := []disclosure.Measure{disclosure.Verified, disclosure.Reopened}
	return []share{
		{part: []disclosure.Measure{disclosure.Met}, whole: []disclosure.Measure{disclosure.Due}, target: kpi.ResponseTarget, most: wholeBar},
		{part: asked[:1], whole: []disclosure.Measure{disclosure.Cohort}, target: kpi.ResolutionTarget, results: true, most: wholeBar},
		{part: asked[1:], whole: asked, target: kpi.ReopenLimit, results: true, limit: true, most: mostReopened},
		{part: []disclosure.Measure{disclosure.Content}, whole: []disclosure.Measure{disclosure.Rated}, target: kpi.SatisfactionTarget, results: true, most: wholeBar},
		{part: []disclosure.Measure{disclosure.Rated}, whole: asked, results: true},
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
	if len(b.p.Rates) > 0 {
		page.Periods = b.periods()
		page.Sentences, page.Wider = b.narrowest(key.division, path)
		var areas []place
		for _, child := range tree.Children(key.division, key.area) {
			areas = append(areas, place{titleOf(child, key.look), child.Code})
		}
		page.Tables = b.tables(key, areas, units)
		page.Words = b.words(page.Tables)
	}
	page.Others = s.otherDivisions(key, s.performanceURL)
	return model{Title: fmt.Sprintf("%s – %s", b.say("performance of", page.Name), s.Title), Here: s.performanceURL(key.division, key.area), Still: true, Page: page}
}

const dateForm = "02/01/2006"

// span names a period: a quarter, half a month, or its days.
func (b board) span(p store.RatePeriod) string {
	if name, ok := b.calendar(p); ok {
		return name
	}
	return b.say("performance days", p.From.Format("02/01"), p.Until.Format(dateForm))
}

// calendar is the name of a period that is a whole quarter or half of a month.
func (b board) calendar(p store.RatePeriod) (name string, ok bool) {
	const months, middle = 3, 15
	month := p.From.Format("1/2006")
	if b.look.English {
		month = p.From.Format("January 2006")
	}
	end := p.Until.AddDate(0, 0, 1)
	switch first := p.From.Day() == 1; {
	case first && p.From.AddDate(0, months, 0).Equal(end):
		return b.say("performance quarter", []string{"I", "II", "III", "IV"}[(int(p.From.Month())-1)/months], p.From.Year()), true
	case first && p.From.AddDate(0, 0, middle).Equal(end):
		return b.say("performance first half", month), true
	case p.From.Day() == middle+1 && p.From.AddDate(0, 1, -middle).Equal(end):
		return b.say("performance second half", month), true
	}
	return "", false
}

// periods say of which reports the rates are.
func (b board) periods() []string {
	list := []string{b.say("performance replies period", b.days(b.p.Newest), b.counted(b.p.Newest))}
	if !b.p.Ripe.At.IsZero() {
		return append(list, b.say("performance results period", b.days(b.p.Ripe), b.counted(b.p.Ripe)))
	}
	latest := b.p.Newest.Until.AddDate(0, 0, 1).Add(kpi.Ripe)
	return append(list, b.say("performance results wait", latest.Format(dateForm)))
}

// days are those of a period, and its name.
func (b board) days(p store.RatePeriod) string {
	days := b.say("performance dates", p.From.Format(dateForm), p.Until.Format(dateForm))
	if name, ok := b.calendar(p); ok {
		return days + " (" + name + ")"
	}
	return days
}

func (b board) counted(p store.RatePeriod) string {
	return p.At.In(b.site.Location).Format("15:04 " + dateForm)
}

// narrowest are the sentences of the innermost area of a path of which something may be told; it is named unless it is the
// last of the path.
func (b board) narrowest(division string, path []string) (list []string, wider string) {
	for i, code := range slices.Backward(path) {
		if list = b.sentences(b.all[ratePlace{disclosure.OfArea, division, code}]); len(list) == 0 {
			continue
		}
		if i < len(path)-1 {
			at, _ := b.site.Atlas.Tree.Get(division, code)
			wider = nameInSentence(at, b.look)
		}
		return list, wider
	}
	return nil, ""
}

// sentences say the rates of an area in words, as far as they are told.
func (b board) sentences(t toldRates) (list []string) {
	all := shares()
	enough := func(s share) (part, whole int, ok bool) {
		part, whole, ok = t.of(s)
		return part, whole, ok && whole >= disclosure.Few
	}
	if met, due, ok := enough(all[0]); ok {
		list = append(list, b.say("performance response sentence", b.span(b.p.Newest), b.percent(*kpi.Percent(met, due)), thousands(met, b.look), thousands(due, b.look)))
	}
	if part, whole, ok := enough(all[1]); ok {
		list = append(list, b.say("performance resolution sentence", b.span(b.p.Ripe), b.percent(*kpi.Percent(part, whole)), thousands(part, b.look), thousands(whole, b.look)))
	}
	part, whole, ok := enough(all[3])
	rated, asked, known := enough(all[4])
	if ok && known {
		list = append(list, b.say("performance satisfaction sentence", b.percent(*kpi.Percent(part, whole)), b.percent(*kpi.Percent(rated, asked))))
	}
	return list
}

// words explain what stands in cells without a rate.
func (b board) words(tables []rateTable) (list []string) {
	for _, word := range []struct{ text, why string }{
		{b.say("performance hidden"), b.say("performance why hidden")},
		{b.say("performance young"), b.say("performance why young")},
		{b.say("performance no data"), b.say("performance why no data")},
	} {
		if slices.ContainsFunc(tables, func(t rateTable) bool { return t.has(word.text) }) {
			list = append(list, word.why)
		}
	}
	return list
}

func (t rateTable) has(text string) bool {
	return slices.ContainsFunc(t.Rows, func(r rateRow) bool {
		return slices.ContainsFunc(r.Cells, func(c rateCell) bool { return c.Text == text })
	})
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
			cell = rateCell{Text: thousands(n, b.look)}
		}
		rows[i].Cells = append(rows[i].Cells, cell)
	}
	results := 0
	for _, s := range shares() {
		if s.results && b.p.Ripe.At.IsZero() {
			results++
			continue
		}
		for i := range rows {
			rows[i].Cells = append(rows[i].Cells, b.cell(told, i, s))
		}
	}
	for i := range rows {
		if results > 0 {
			rows[i].Cells = append(rows[i].Cells, rateCell{Text: b.say("performance young"), Class: "grey young", Span: results})
		}
	}
	return rows
}

// cell is one rate of one of some places.
func (b board) cell(told []toldRates, i int, s share) rateCell {
	part, whole, ok := told[i].of(s)
	switch {
	case !ok || whole > 0 && whole < disclosure.Few:
		return rateCell{Text: b.say("performance hidden"), Class: "grey"}
	case whole == 0:
		return rateCell{Text: b.say("performance no data"), Class: "grey"}
	}
	p := *kpi.Percent(part, whole)
	c := rateCell{Text: b.percent(p), Notes: []string{"n = " + thousands(whole, b.look)}, Bar: s.target > 0}
	if c.Bar {
		c.Width, c.Target = min(p/s.most, 1)*wholeBar, s.target/s.most*wholeBar
	}
	if whole < fewRanked {
		c.Class = "grey"
		return c
	}
	if s.target > 0 {
		c.Notes = append(c.Notes, b.say("performance rank", rank(told, s, part*1000/whole)))
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
		disclosure.Accepted, disclosure.Due, disclosure.Met, disclosure.Cohort, disclosure.Verified, disclosure.Reopened, disclosure.Rated, disclosure.Content,
	}
	head := []string{"kind", "division", "code", "name", "from", "until", "counted", "results_from", "results_until", "results_counted", "origin", "old"}
	for _, m := range measures {
		head = append(head, string(m))
	}
	lines := [][]string{head}
	all, units := ratesOf(p)
	line := func(key ratePlace, name string) {
		cells := slices.Concat([]string{key.kind, key.division, key.code, name}, periodCells(p.Newest), periodCells(p.Ripe),
			[]string{e.picture.Origin, strconv.FormatBool(e.condition != good)})
		for _, m := range measures {
			cell := ""
			if n, ok := all[key][m]; ok {
				cell = strconv.Itoa(n)
			}
			cells = append(cells, cell)
		}
		for i := range cells {
			cells[i] = sheet.Harmless(cells[i])
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

// periodCells are the days of a period and when it was counted; empty when there is none.
func periodCells(p store.RatePeriod) []string {
	if p.At.IsZero() {
		return []string{"", "", ""}
	}
	return []string{p.From.Format(time.DateOnly), p.Until.Format(time.DateOnly), p.At.Format(time.RFC3339)}
}
