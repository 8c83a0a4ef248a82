package public

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/paulmach/orb"

	"toancanh/server/area"
	"toancanh/server/disclosure"
	"toancanh/server/limit"
	"toancanh/server/store"
)

// areaPage is what the page of an area says.
type areaPage struct {
	Name      string // in the reader's language, as it stands inside a sentence
	Division  string
	Credit    string
	Schematic bool
	Up        []place // from the root down to the parent
	Summary   string
	Warnings  []inForce // in force
	Ended     []inForce // that were, as far as is known, until their time was over
	Total     store.PublicCount
	Rows      []areaRow
	Topics    []topicRow             // by category, of the whole division only
	Others    *store.PublicNumbersOf // of the categories that are told together; nil: none are
	Sensors   sensorTable
	Batch     string // when facts of single reports last left
	Map       *drawing
	Published []published
	OfWhole   bool   // Published are the newest of the whole province that lie here
	At        string // the data's own time
	AtISO     string
	Old       bool
	Empty     bool // never read
	English   bool
	Elsewhere []elsewhere
	Feed      string // the address of its results as an Atom feed
	Alerts    string // that of its warnings

	say    func(key string, args ...any) string
	nameOf func(code string) string // of an area of the page's division
	here   string                   // the page's area
}

type place struct{ Name, URL string }

// elsewhere is where the page's area lies by another division, or what it was made of.
type elsewhere struct {
	Division string
	Places   []place
}

type areaRow struct {
	place
	store.PublicCount
}

type topicRow struct {
	Name string
	store.PublicNumbersOf
}

type published struct {
	Code, Category, Area, At, Text string
}

// areaURL is the address of an area's page; a division's prefix may be left out of it.
func (s *Site) areaURL(division, code string) string {
	if root, _ := s.Atlas.Tree.Root(s.Division); division == s.Division && code == root.Code {
		return "/"
	}
	return "/tinh-hinh/" + strings.TrimPrefix(division, "vn-") + "/" + code
}

func (s *Site) getArea(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	root, _ := s.Atlas.Tree.Root(s.Division)
	key := pageKey{kind: areaKind, division: s.Division, area: root.Code}
	if c.Params("division") != "" {
		var err error
		if key, err = s.areaKey(c); err != nil {
			return err
		}
	}
	return s.servePage(c, key)
}

// areaModel lays out the page of an area.
func (s *Site) areaModel(e *edition, key pageKey) model {
	here, _ := s.Atlas.Tree.Get(key.division, key.area)
	page := s.areaPage(e, key)
	return model{
		Title: fmt.Sprintf("%s – %s", titleOf(here, key.look), s.Title), Here: s.areaURL(key.division, key.area), Feed: page.Feed, Alerts: page.Alerts, Page: page,
	}
}

func (s *Site) areaPage(e *edition, key pageKey) areaPage {
	tree := s.Atlas.Tree
	here, _ := tree.Get(key.division, key.area)
	division, _ := tree.Division(key.division)
	counts := e.counts[key.division]
	at := e.picture.At.In(s.Location)
	page := areaPage{
		here: key.area, Name: nameInSentence(here, key.look), Division: division.Label, Total: counts[key.area],
		At: at.Format("15:04:05 02/01/2006"), AtISO: at.Format(time.RFC3339), Old: e.condition == old, Empty: e.condition == missing,
		OfWhole: here.Parent != "", English: key.look.English,
		Feed: feedURL(key.division, key.area, ""), Alerts: feedURL(key.division, key.area, warningFeed),
		say: func(text string, args ...any) string { return s.book.say(key.look, text, args...) },
		nameOf: func(code string) string {
			a, _ := tree.Get(key.division, code)
			return titleOf(a, key.look)
		},
	}
	if key.look.English {
		page.Division = division.LabelEN
	}
	path := tree.Path(key.division, key.area)
	for _, code := range path[:len(path)-1] {
		up, _ := tree.Get(key.division, code)
		page.Up = append(page.Up, place{titleOf(up, key.look), s.areaURL(key.division, code)})
	}
	for _, child := range tree.Children(key.division, key.area) {
		page.Rows = append(page.Rows, areaRow{place{titleOf(child, key.look), s.areaURL(key.division, child.Code)}, counts[child.Code]})
	}
	if m, ok := s.Atlas.Map(key.division); ok && len(page.Rows) > 0 {
		level := tree.Children(key.division, key.area)[0].Level
		page.Credit, page.Schematic = m.CreditAt(level), m.SchematicAt(level)
		page.Map = s.draw(m, key, counts)
	}
	page.Published = s.published(e, key)
	for _, w := range s.warningsIn(e.picture, e.made, key) {
		if w.Ended {
			page.Ended = append(page.Ended, w)
		} else {
			page.Warnings = append(page.Warnings, w)
		}
	}
	page.Sensors = s.sensorsIn(e.picture, key)
	if key.division == s.Division && here.Parent == "" {
		for _, c := range e.picture.Categories {
			category, _ := s.Rules.Category(c.Category)
			page.Topics = append(page.Topics, topicRow{category.Name, c.PublicNumbersOf})
		}
		page.Others = othersOf(e.picture.Categories)
	}
	if !e.picture.BatchAt.IsZero() {
		page.Batch = e.picture.BatchAt.In(s.Location).Format("15:04 02/01/2006")
	}
	page.Summary = s.summary(e, key, page)
	page.Elsewhere = s.elsewhere(key)
	return page
}

// elsewhere is the same ground as other divisions name it.
func (s *Site) elsewhere(key pageKey) []elsewhere {
	tree := s.Atlas.Tree
	var all []elsewhere
	for _, d := range tree.Divisions() {
		if d.Code == key.division {
			continue
		}
		other := elsewhere{Division: d.Label}
		if key.look.English {
			other.Division = d.LabelEN
		}
		for _, code := range tree.Translate(key.division, key.area, d.Code) {
			there, _ := tree.Get(d.Code, code)
			other.Places = append(other.Places, place{titleOf(there, key.look), s.areaURL(d.Code, code)})
		}
		if len(other.Places) > 0 {
			all = append(all, other)
		}
	}
	return all
}

// otherDivisions are the whole as other divisions have it, at the addresses of a kind of page.
func (s *Site) otherDivisions(key pageKey, url func(division, code string) string) (list []place) {
	for _, d := range s.Atlas.Tree.Divisions() {
		if root, ok := s.Atlas.Tree.Root(d.Code); ok && d.Code != key.division {
			label := d.Label
			if key.look.English {
				label = d.LabelEN
			}
			list = append(list, place{label, url(d.Code, root.Code)})
		}
	}
	return list
}

// published are the results that lie in the area, of the newest ones the projection holds.
func (s *Site) published(e *edition, key pageKey) []published {
	tree := s.Atlas.Tree
	var list []published
	for _, r := range e.picture.Published {
		code, ok := tree.Successor(s.Division, r.Area, key.division)
		if !ok || !slices.Contains(tree.Path(key.division, code), key.area) {
			continue
		}
		at, _ := tree.Get(key.division, code)
		category, _ := s.Rules.Category(r.Category)
		list = append(list, published{
			Code: r.Code, Category: category.Name, Area: titleOf(at, key.look), Text: r.Text,
			At: r.PublishedAt.In(s.Location).Format("15:04 02/01/2006"),
		})
	}
	return list
}

// drawing is the schematic of an area's children, for an inline SVG.
type drawing struct {
	ViewBox string
	Font    int // in units of the drawing
	Shapes  []drawnArea
}

type drawnArea struct {
	place
	D     string
	Label string // its short name, where there is room for one
	Shade int    // 0 to 4 by the number of open reports; merged where that is told together with other places
	Open  disclosure.Number
	X, Y  int
}

// drawWidth is about how many units wide a drawing is.
const drawWidth = 360

func (s *Site) draw(m *area.Map, key pageKey, counts map[string]store.PublicCount) *drawing {
	children := s.Atlas.Tree.Children(key.division, key.area)
	level := children[0].Level
	var whole, part orb.Bound
	for i, f := range m.Features(level) {
		b := f.Shape.Bound()
		if i == 0 {
			whole = b
		}
		whole = whole.Union(b)
		if slices.ContainsFunc(children, func(a area.Area) bool { return a.Code == f.Area.Code }) {
			if part.IsZero() {
				part = b
			}
			part = part.Union(b)
		}
	}
	// The drawing is of the whole division; a part of it is cut out, drawn as much larger.
	width := int(drawWidth * (whole.Max[0] - whole.Min[0]) / (part.Max[0] - part.Min[0]))
	svg, err := m.SVG(level, min(width, 8*drawWidth))
	if err != nil {
		return nil
	}
	west, north := svg.Project(area.Point{Lat: part.Max[1], Lon: part.Min[0]})
	east, south := svg.Project(area.Point{Lat: part.Min[1], Lon: part.Max[0]})
	d := &drawing{
		ViewBox: fmt.Sprintf("%d %d %d %d", int(west)-1, int(north)-1, int(math.Ceil(east-west))+3, int(math.Ceil(south-north))+3),
		Font:    15,
	}
	most := 0
	for _, child := range children {
		if own, exact := counts[child.Code].Open.Exact(); exact {
			most = max(most, own)
		}
	}
	for _, p := range svg.Paths {
		i := slices.IndexFunc(children, func(a area.Area) bool { return a.Code == p.Code })
		if i < 0 {
			continue
		}
		open := counts[p.Code].Open
		label := ""
		if level != area.Commune {
			label = children[i].Name
		}
		d.Shapes = append(d.Shapes, drawnArea{
			Label: label,
			place: place{titleOf(children[i], key.look), s.areaURL(key.division, p.Code)},
			D:     p.D, Shade: shade(open, most), Open: open, X: p.LabelX, Y: p.LabelY,
		})
	}
	slices.SortFunc(d.Shapes, func(x, y drawnArea) int { return cmp.Compare(x.URL, y.URL) })
	return d
}

// merged is the shade of a place whose own number is not told: it says nothing of few or many.
const merged = -1

// Merged reports whether the place's number is told together with others.
func (a drawnArea) Merged() bool { return a.Shade == merged }

// shade is one of five steps from none to the most, or merged.
func shade(open disclosure.Number, most int) int {
	n, exact := open.Exact()
	switch {
	case !exact:
		return merged
	case most == 0:
		return 0
	}
	return int(math.Ceil(4 * float64(n) / float64(most)))
}

func titleOf(a area.Area, l look) string {
	if l.English && a.NameEN != "" {
		return a.NameEN
	}
	return a.Title()
}

func nameInSentence(a area.Area, l look) string {
	if l.English && a.NameEN != "" {
		return a.NameEN
	}
	return inSentence(a)
}

// inSentence is an area's name as it stands inside a Vietnamese sentence: "tỉnh Đắk Nông".
func inSentence(a area.Area) string {
	first, size := utf8.DecodeRuneInString(a.Kind)
	if size == 0 {
		return a.Title()
	}
	return string(unicode.ToLower(first)) + a.Title()[size:]
}

// Number is a count as the page says it: the place's own, or that of the wider area it is told with; a dash while nothing is
// known.
func (p areaPage) Number(n disclosure.Number) string {
	switch own, exact := n.Exact(); {
	case p.Empty:
		return "–"
	case exact:
		return p.thousands(own)
	case n.Less:
		return p.say("less than", disclosure.Few)
	}
	return p.say("among", p.thousands(n.N), p.nameOf(n.Of))
}

// Cell is a count in a table that tells below what it is part of.
func (p areaPage) Cell(n disclosure.Number) string {
	if _, exact := n.Exact(); !exact && !p.Empty && (n.Of == disclosure.Others || n.Of == p.here) {
		return p.say("together")
	}
	return p.Number(n)
}

// othersOf are the numbers of the categories that are told together.
func othersOf(list []store.PublicCategory) *store.PublicNumbersOf {
	var sum store.PublicNumbersOf
	some := false
	for _, c := range list {
		for _, n := range []struct {
			from disclosure.Number
			to   *disclosure.Number
		}{
			{c.Open, &sum.Open}, {c.Late, &sum.Late}, {c.Recent, &sum.Recent}, {c.Resolved, &sum.Resolved}, {c.Kept, &sum.Kept}, {c.Missed, &sum.Missed},
		} {
			if n.from.Of == disclosure.Others {
				*n.to, some = disclosure.Number{N: n.from.N, Less: n.from.Less}, true
			}
		}
	}
	if !some {
		return nil
	}
	return &sum
}

// Mark is a count as there is room for it on the map: a dot where the place's own is not told.
func (p areaPage) Mark(n disclosure.Number) string {
	own, exact := n.Exact()
	switch {
	case p.Empty:
		return "–"
	case exact:
		return p.thousands(own)
	}
	return "·"
}

func (p areaPage) thousands(n int) string { return thousands(n, look{English: p.English}) }

// thousands writes a number with its thousands apart.
func thousands(n int, l look) string {
	mark := "."
	if l.English {
		mark = ","
	}
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + mark + text[i:]
	}
	return text
}

// numbersOf is a row with its page, for the template that writes both rows and total.
type numbersOf struct {
	Page areaPage
	Row  store.PublicNumbersOf
	rest bool // it tells what its table tells together: of nothing there is no number
}

// With is a row of a table.
func (p areaPage) With(n store.PublicNumbersOf) numbersOf { return numbersOf{p, n, false} }

// WithRest is the row of what the table tells together.
func (p areaPage) WithRest(n store.PublicNumbersOf) numbersOf { return numbersOf{p, n, true} }

// Say is one number of the row.
func (r numbersOf) Say(n disclosure.Number) string {
	if r.rest && n == (disclosure.Number{}) {
		return "–"
	}
	return r.Page.Cell(n)
}

// tile is a number with its name.
type tile struct{ Name, Number, Class string }

// Tiles are the numbers of the area itself.
func (p areaPage) Tiles() []tile {
	n := p.Total
	tiles := []tile{
		p.tile(p.say("open"), n.Open), p.tile(p.say("late"), n.Late), p.tile(p.say("recent"), n.Recent),
		p.tile(p.say("resolved"), n.Resolved), p.tile(p.say("kept"), n.Kept), p.tile(p.say("missed"), n.Missed),
	}
	if n.Late.Some() {
		tiles[1].Class = "late"
	}
	return tiles
}

func (p areaPage) tile(name string, n disclosure.Number) tile {
	t := tile{Name: name, Number: p.Number(n)}
	if _, exact := n.Exact(); !exact {
		t.Class = "part"
	}
	return t
}
