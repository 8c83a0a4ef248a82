package public

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/dti"
	"toancanh/server/limit"
)

const dtiKind kind = "dti"

// dtiPage is what the page of the digital transformation index says: what was published, with its sources, and nothing else.
type dtiPage struct {
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

type schemeTable struct {
	Decision, Source string
	Components       int
	Indices          []indexRow
}

type indexRow struct {
	Code, Name         string
	Weight, Components int
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

func (s *Site) dtiModel(_ *edition, key pageKey) model {
	page := s.dtiPage(key.look)
	return model{Title: s.book.say(key.look, "dti title", page.Province), Here: "/dti", Still: true, Facts: true, Page: page}
}

func (s *Site) dtiPage(l look) dtiPage {
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
			score := strconv.FormatFloat(x.Score, 'f', 2, 64)
			if !l.English {
				score = strings.Replace(score, ".", ",", 1)
			}
			row := scoreRow{Name: in(x.Words), Score: score}
			if x.Place != "" {
				row.Place = s.book.say(l, "dti place "+x.Place)
			}
			table.Rows = append(table.Rows, row)
		}
		if len(table.Rows) > 0 {
			page.Scores = append(page.Scores, table)
		}
	}
	for _, x := range slices.Backward(b.Schemes) {
		table := schemeTable{Decision: x.Decision, Source: in(x.Source), Components: x.Components}
		for _, index := range x.Indices {
			table.Indices = append(table.Indices, indexRow{index.Code, in(index.Words), index.Weight, index.Components})
		}
		page.Schemes = append(page.Schemes, table)
	}
	return page
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
