//go:build e2e

package browser_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The keys of the wall's tiles.
const (
	tileOpen     = "kpi/open"
	tileOverdue  = "kpi/overdue"
	tileReceived = "kpi/received_24h"
	tileOnTime   = "kpi/on_time_30d"
	tileRain     = "kpi/rain_1h"
	tileSources  = "kpi/sources"
)

func tiles() []string {
	return []string{tileOpen, tileOverdue, tileReceived, tileOnTime, tileRain, tileSources}
}

// number is the number a tile shows, as it is written.
func (g *tab) number(tile string) string {
	g.t.Helper()
	return g.text(fmt.Sprintf(`[data-kpi=%q] .number`, tile))
}

// tile is everything a tile says.
func (g *tab) tile(tile string) string {
	g.t.Helper()
	return g.text(fmt.Sprintf(`[data-kpi=%q]`, tile))
}

// truth is what the API counts of the province, with SQL. null stays nil: nobody knows.
type truth struct {
	KPIs struct {
		Open     struct{ Value *int }
		Overdue  struct{ Value *int }
		Received struct{ Value *int } `json:"received_24h"`
		OnTime   struct {
			Value    *float64
			Met, Due *int
		} `json:"on_time_30d"`
		Areas struct{ Areas []areaTruth }
	} `json:"kpis"`
}

type areaTruth struct {
	Area          string
	Open, Overdue *int
	State         string
}

func (p *province) truth() truth {
	p.t.Helper()
	var now truth
	p.get("/api/v1/kpis", &now)
	// The wall of a province lists its communes: each district tells its own.
	var communes []areaTruth
	for _, district := range now.KPIs.Areas.Areas {
		var below truth
		p.get("/api/v1/kpis?area="+district.Area, &below)
		communes = append(communes, below.KPIs.Areas.Areas...)
	}
	now.KPIs.Areas.Areas = communes
	return now
}

// shown is what a wall shows of it, as written.
type shown struct {
	Open, Overdue, Received, OnTime, Share string
	Areas                                  map[string][2]string // open and overdue by code
}

// readWall reads a wall at one instant.
func (g *tab) readWall() shown {
	g.t.Helper()
	var s shown
	g.eval(`(() => {
		const of = (key, part) => document.querySelector('[data-kpi="kpi/' + key + '"] ' + part)?.innerText.trim() ?? '';
		const rows = [...document.querySelectorAll('tr[data-area]')].map((row) => [
			row.dataset.area,
			[...row.querySelectorAll('td.n')].map((cell) => cell.innerText.trim()),
		]);
		return {
			open: of('open', '.number'), overdue: of('overdue', '.number'), received: of('received_24h', '.number'),
			onTime: of('on_time_30d', '.number'), share: of('on_time_30d', '.compare'), areas: Object.fromEntries(rows),
		};
	})()`, &s)
	return s
}

// expected is what a wall must show of the truth.
func (p *province) expected(now truth) shown {
	p.t.Helper()
	k := now.KPIs
	want := shown{
		Open: number(k.Open.Value), Overdue: number(k.Overdue.Value), Received: number(k.Received.Value),
		OnTime: tenths(k.OnTime.Value), Areas: map[string][2]string{},
	}
	if k.OnTime.Value == nil {
		want.Share = "chưa có phản ánh đến hạn"
	} else {
		want.Share = number(k.OnTime.Met) + "/" + number(k.OnTime.Due) + " · mục tiêu 95 %"
	}
	for _, a := range k.Areas.Areas {
		want.Areas[a.Area] = [2]string{number(a.Open), number(a.Overdue)}
	}
	return want
}

// listedAreas is how many areas a wall that is read from near by lists.
const listedAreas = 4

// among leaves of the truth the areas that a wall lists, which must be as many as there is room for.
func (s shown) among(seen shown) shown {
	areas := map[string][2]string{}
	for code, row := range s.Areas {
		if _, listed := seen.Areas[code]; listed {
			areas[code] = row
		}
	}
	if len(seen.Areas) != listedAreas {
		return s // they differ, and all of the truth is said
	}
	s.Areas = areas
	return s
}

// number is a count as the wall writes it: a dot between thousands, a question mark for what nobody knows.
func number(n *int) string {
	if n == nil {
		return "?"
	}
	text := fmt.Sprint(*n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "." + text[i:]
	}
	return text
}

// tenths is a share as the wall writes it.
func tenths(x *float64) string {
	if x == nil {
		return "?"
	}
	whole, part, _ := strings.Cut(fmt.Sprintf("%.1f", *x), ".")
	return whole + "," + part
}

// agree waits until a wall shows exactly what the API counts. It returns how long that took.
func agree(t testing.TB, p *province, wall *tab, within time.Duration) time.Duration {
	t.Helper()
	var want, got string
	return eventually(t, "the wall shows what the API counts", within, func() bool {
		before := p.expected(p.truth())
		seen := wall.readWall()
		before = before.among(seen)
		if after := p.expected(p.truth()).among(seen); asText(after) != asText(before) {
			return false // it changed meanwhile: look again
		}
		want, got = asText(before), asText(seen)
		return want == got && wall.live() == "live"
	}, func() string { return "\nwant " + want + "\ngot  " + got })
}

func asText(s shown) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
