package public

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/dti"
	"toancanh/server/limit"
)

const dtiKind kind = "dti"

// dtiPage is what the page of the digital transformation index says: what was published, with its sources, the values that were
// entered with evidence, and nothing else.
type dtiPage struct {
	Old       bool // newer values cannot be read
	Empty     bool // none were ever read
	Province  string
	Summary   string
	Ranks     []rankRow // the newest first
	Chart     rankChart
	Scores    []scoreTable
	ScoreFrom string
	Schemes   []schemeTable // the newest first
}

type rankRow struct {
	Year, Rank, Of int
	Scheme, Source string
}

// scoreTable are the scores of one kind of office: kinds are not compared.
type scoreTable struct {
	Title string
	Rows  []scoreRow
}

type scoreRow struct{ Name, Score, Place string }

// schemeTable is a scheme with the values of its newest year that has any.
type schemeTable struct {
	ID, Decision, Source string
	Year                 int      // 0: no value was entered
	Sentences            []string // what is known of each year, the newest first
	Indices              []indexRow
	Evidence             []evidenceRow
}

// indexRow is a main index with its components.
type indexRow struct {
	Code, Name                  string
	Weight, Components, Entered int
	Value, Note                 string // the note says where it comes from
	Evidence                    int    // its number on the page; 0: none
	Parts                       []partRow
}

type partRow struct {
	Code, Name, Value string
	Evidence          int
}

// evidenceRow is where values stand; several may stand in one document.
type evidenceRow struct {
	N int
	dti.Evidence
	Day  string
	Link bool // the reference is an address
}

// rankChart is the history drawn with the first place at the top: lower is better.
type rankChart struct {
	Width, Height int
	Top, Bottom   int // heights of the first and of the last place
	Last          int // the last place
	Points        []rankPoint
	Lines         []string // the years that may be joined
}

type rankPoint struct{ X, Y, Year, Rank int }

func (s *Site) getDTI(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	return s.servePage(c, pageKey{kind: dtiKind})
}

func (s *Site) dtiModel(e *edition, key pageKey) model {
	var values []dti.Entry
	for _, v := range e.picture.DTI {
		if v.Area == s.DTI.Province {
			values = append(values, v)
		}
	}
	page := s.dtiPage(key.look, values)
	page.Old, page.Empty = e.condition == old, e.condition == missing
	// What is entered in a house that is not real may be made up, whatever it names as its evidence.
	return model{Title: s.book.say(key.look, "dti title", page.Province), Here: "/dti", Still: true, Facts: len(values) == 0, Page: page}
}

func (s *Site) dtiPage(l look, values []dti.Entry) dtiPage {
	in := func(w dti.Words) string {
		if l.English {
			return w.EN
		}
		return w.VI
	}
	b := s.DTI
	page := dtiPage{Province: s.centre(), ScoreFrom: in(b.ScoresSource), Chart: drawRanks(b.Ranks)}
	for _, d := range s.Atlas.Tree.Divisions() {
		if at, ok := s.Atlas.Tree.Get(d.Code, b.Province); ok && at.Parent == "" {
			page.Province = nameInSentence(at, l)
		}
	}
	var told []string
	for _, r := range slices.Backward(b.Ranks) {
		row := rankRow{Year: r.Year, Rank: r.Rank, Of: r.Of, Source: in(r.Source), Scheme: s.book.say(l, "dti scheme not told")}
		if scheme, ok := b.Scheme(r.Scheme); ok {
			row.Scheme = scheme.Decision
		}
		page.Ranks = append(page.Ranks, row)
		told = append(told, s.book.say(l, "dti rank in", r.Rank, r.Year))
	}
	page.Summary = s.book.say(l, "dti summary", page.Province, strings.Join(told, ", "))
	for _, kind := range []string{"department", "district"} {
		table := scoreTable{Title: s.book.say(l, "dti scores "+kind)}
		for _, x := range b.Scores {
			if x.Kind != kind {
				continue
			}
			row := scoreRow{Name: in(x.Words), Score: l.decimal(x.Score, 2)}
			if x.Place != "" {
				row.Place = s.book.say(l, "dti place "+x.Place)
			}
			table.Rows = append(table.Rows, row)
		}
		if len(table.Rows) > 0 {
			page.Scores = append(page.Scores, table)
		}
	}
	book := evidenceBook{look: l, numbers: map[dti.Evidence]int{}}
	for _, x := range slices.Backward(b.Schemes) {
		page.Schemes = append(page.Schemes, s.schemeTable(x, values, &book))
	}
	return page
}

// evidenceBook numbers the evidence of a page.
type evidenceBook struct {
	look    look
	numbers map[dti.Evidence]int
	rows    []evidenceRow // of the scheme at hand
}

func (b *evidenceBook) number(e dti.Evidence) int {
	n, ok := b.numbers[e]
	if !ok {
		n = len(b.numbers) + 1
		b.numbers[e] = n
		day := e.Dated
		if at, err := time.Parse(time.DateOnly, e.Dated); err == nil {
			day = at.Format("02/01/2006")
		}
		b.rows = append(b.rows, evidenceRow{N: n, Evidence: e, Day: day, Link: strings.Contains(e.Reference, "://")})
	}
	return n
}

// schemeTable lays out a scheme: what is known of each year, and the values of the newest.
func (s *Site) schemeTable(x dti.Scheme, values []dti.Entry, book *evidenceBook) schemeTable {
	l := book.look
	table := schemeTable{ID: x.Code, Decision: x.Decision, Source: x.Source.VI}
	if l.English {
		table.Source = x.Source.EN
	}
	book.rows = nil
	tallies := x.Tallies(values)
	for _, t := range tallies {
		text := s.book.say(l, "dti index in", t.Year, l.decimal(t.Value, 4))
		if !t.Whole {
			text = s.book.say(l, "dti index lacks", t.Year, t.Have, t.Need)
		}
		table.Sentences = append(table.Sentences, text)
	}
	if len(tallies) == 0 {
		tallies = x.Blank()
	} else {
		table.Year = tallies[0].Year
	}
	byCode := map[string]dti.Entry{}
	for _, v := range values {
		if v.Scheme == x.Code && v.Year == table.Year {
			byCode[v.Code] = v
		}
	}
	for _, sum := range tallies[0].Sums {
		table.Indices = append(table.Indices, s.indexRow(sum, byCode, book))
	}
	table.Evidence = book.rows
	return table
}

func (s *Site) indexRow(sum dti.Sum, byCode map[string]dti.Entry, book *evidenceBook) indexRow {
	l := book.look
	row := indexRow{Code: sum.Code, Name: sum.VI, Weight: sum.Weight, Components: sum.Components, Entered: sum.Entered}
	if l.English {
		row.Name = sum.EN
	}
	if sum.From != dti.None {
		row.Value = l.decimal(sum.Value, 4)
	}
	switch {
	case sum.Apart:
		row.Note = s.book.say(l, "dti apart")
	case sum.From == dti.Summed:
		row.Note = s.book.say(l, "dti summed")
	case sum.From == dti.None && sum.Weight > 0 && sum.Entered == sum.Components:
		row.Note = s.book.say(l, "dti points", l.decimal(sum.Most, -1))
	}
	if v, ok := byCode[sum.Code]; ok {
		row.Evidence = book.number(v.Evidence)
	}
	for n := range sum.Components {
		part := partRow{Code: sum.Code + "." + strconv.Itoa(n+1)}
		if v, ok := byCode[part.Code]; ok {
			part.Name, part.Evidence = v.Name, book.number(v.Evidence)
			part.Value = s.book.say(l, "dti points of", l.decimal(v.Value, -1), l.decimal(v.Most, -1))
		}
		row.Parts = append(row.Parts, part)
	}
	return row
}

// decimal writes a number of so many places, or of as many as it has for -1.
func (l look) decimal(x float64, places int) string {
	text := strconv.FormatFloat(x, 'f', places, 64)
	if l.English {
		return text
	}
	return strings.Replace(text, ".", ",", 1)
}

// drawRanks lays the chart out in a drawing of 480 by 220.
func drawRanks(history []dti.Rank) rankChart {
	c := rankChart{Width: 480, Height: 220, Top: 24, Bottom: 176}
	for _, r := range history {
		c.Last = max(c.Last, r.Of, r.Rank)
	}
	if c.Last < 2 {
		return c
	}
	at := map[int]rankPoint{}
	for i, r := range history {
		p := rankPoint{
			X: 130 + i*300/max(1, len(history)-1), Year: r.Year, Rank: r.Rank,
			Y: c.Top + int(math.Round(float64((r.Rank-1)*(c.Bottom-c.Top))/float64(c.Last-1))),
		}
		at[r.Year], c.Points = p, append(c.Points, p)
	}
	for _, run := range dti.Runs(history) {
		if len(run) < 2 {
			continue
		}
		var line []string
		for _, r := range run {
			line = append(line, fmt.Sprintf("%d,%d", at[r.Year].X, at[r.Year].Y))
		}
		c.Lines = append(c.Lines, strings.Join(line, " "))
	}
	return c
}
