package opendata

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/sensor"
)

// Bounds of a page.
const (
	usualPage  = 100
	mostPage   = 1000
	mostCursor = 500
)

// asked is one page that somebody asks for.
type asked struct {
	format  format
	limit   int
	after   string         // the key of the last row of the page before
	chosen  map[int]string // by column
	from    string         // days; empty: no bound
	to      string
	bom     bool
	address url.Values // what was asked for, without the cursor
}

// cursor is where the next page begins. It is opaque to callers, holds nothing they were not shown, and fits one question only.
type cursor struct {
	Set   string `json:"s"`
	Of    string `json:"f"` // hash of what was chosen
	After string `json:"k"`
}

// asked reads the parameters and says all that is wrong with them.
func (d *Door) asked(c *fiber.Ctx, s set, f format) (asked, error) {
	q := &question{sent: map[string]string{}, address: url.Values{}}
	known := append([]string{"limit", "cursor"}, s.filters...)
	if s.span != "" {
		known = append(known, "from", "to")
	}
	if f == asCSV {
		known = append(known, "bom")
	}
	for k, v := range c.Context().QueryArgs().All() {
		name := string(k)
		switch {
		case !slices.Contains(known, name):
			q.wrong(name, "unknown", "Không có tham số này; có: "+strings.Join(known, ", ")+".")
		case q.address.Has(name):
			q.wrong(name, "format", "Tham số có hai lần.")
		default:
			q.sent[name] = strings.TrimSpace(string(v))
			q.address.Set(name, q.sent[name])
		}
	}
	a := asked{format: f, limit: q.whole("limit"), chosen: map[int]string{}, from: q.day("from"), to: q.day("to"), address: q.address}
	switch q.sent["bom"] {
	case "", "0":
	case "1":
		a.bom = true
	default:
		q.wrong("bom", "format", "Chỉ có 0 hoặc 1.")
	}
	d.choose(q, s, &a)
	q.address.Del("cursor")
	a.after = q.cursor(s, a)
	return a, fault.Join(q.faults...)
}

// choose reads the columns rows are chosen by. Rows are those of the house's own division where nobody asks for another.
func (d *Door) choose(q *question, s set, a *asked) {
	division := d.Division
	for _, name := range s.filters {
		v, given := q.sent[name]
		if name == "division" {
			if given {
				division = v
			}
			v, given = division, true
		}
		if !given {
			continue
		}
		i := s.column(name)
		if !d.known(s.columns[i], division, v) {
			q.wrong(name, "unknown", "Không có giá trị này.")
		}
		a.chosen[i] = v
	}
}

// known reports whether a column can hold a value.
func (d *Door) known(c column, division, v string) (ok bool) {
	switch c.name {
	case "division":
		_, ok = d.Atlas.Tree.Division(v)
	case "area", "parent":
		_, ok = d.Atlas.Tree.Get(division, v)
	case "category":
		_, ok = d.Rules.Category(v)
	case "kind":
		_, ok = sensor.KindOf(v)
	default:
		ok = slices.Contains(c.among, v)
	}
	return ok
}

// question notes what is wrong with the parameters.
type question struct {
	sent    map[string]string
	address url.Values
	faults  []error
}

func (q *question) wrong(name, reason, text string) {
	q.faults = append(q.faults, fault.Invalid(name, "%s", text).Because(reason))
}

func (q *question) whole(name string) int {
	sent, given := q.sent[name]
	if !given {
		return usualPage
	}
	n, err := strconv.Atoi(sent)
	if err != nil || n < 1 || n > mostPage {
		q.wrong(name, "format", fmt.Sprintf("Cần một số nguyên từ 1 đến %d.", mostPage))
	}
	return n
}

func (q *question) day(name string) string {
	sent := q.sent[name]
	if _, err := time.Parse(time.DateOnly, sent); sent != "" && err != nil {
		q.wrong(name, "format", "Cần một ngày, ví dụ 2026-11-23.")
	}
	return sent
}

func (q *question) cursor(s set, a asked) string {
	sent, given := q.sent["cursor"]
	if !given {
		return ""
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(sent)
	if len(sent) > mostCursor || err != nil || json.Unmarshal(raw, &c) != nil || c.After == "" || c.Set != s.ID || c.Of != a.hash() {
		q.wrong("cursor", "format", "Dấu trang không đọc được hoặc thuộc về một câu hỏi khác; xin bắt đầu lại từ trang đầu.")
	}
	return c.After
}

// hash is of what was chosen, but for how much of it a page holds.
func (a asked) hash() string {
	h := fnv.New64a()
	for _, name := range []string{"division", "area", "measure", "category", "kind", "state", "severity", "level", "parent", "from", "to"} {
		_, _ = h.Write([]byte(name + "=" + a.address.Get(name) + "\n"))
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// next is the cursor of the page after a row.
func (a asked) next(s set, last row) string {
	raw, err := json.Marshal(cursor{s.ID, a.hash(), last.key})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// link is the address of a page, relative to this house; an empty cursor is that of the first.
func (a asked) link(s set, cursor string) string {
	v := maps.Clone(a.address)
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	path := Base + s.ID + "." + string(a.format)
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// page is what an answer holds.
type page struct {
	rows  []row
	total int
	next  string // cursor; empty: the last page
}

// page chooses the rows of a page.
func (a asked) page(s set, rows []row, loc *time.Location) page {
	var p page
	span := s.column(s.span)
	for _, r := range rows {
		if !a.takes(r, span, loc) {
			continue
		}
		p.total++
		if a.after != "" && r.key <= a.after {
			continue
		}
		if len(p.rows) == a.limit {
			p.next = a.next(s, p.rows[a.limit-1])
			continue // counted all the same
		}
		p.rows = append(p.rows, r)
	}
	return p
}

func (a asked) takes(r row, span int, loc *time.Location) bool {
	for i, want := range a.chosen {
		if r.cells[i] != want {
			return false
		}
	}
	if a.from == "" && a.to == "" {
		return true
	}
	at := dayIn(r.cells[span], loc)
	return (a.from == "" || at >= a.from) && (a.to == "" || at <= a.to)
}
