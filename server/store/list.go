package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// Order is how a list is sorted.
type Order string

// The orders. ByDue has the running deadlines first, the earliest first, and then what has none by ByReceived.
const (
	ByReceived Order = "received" // newest first
	ByChanged  Order = "changed"  // newest change first
	ByDue      Order = "due"
)

// Filter chooses reports for a list. The zero value of a field does not restrict.
type Filter struct {
	Division   string
	Areas      []string // with all that lies in them
	Statuses   []string // what was withdrawn stands in none that is open
	Categories []string
	Units      []string // empty text is one of them for those that nobody has
	Priorities []string
	Sources    []string
	Open       *bool
	Emergency  *bool
	HasContact *bool
	Overdue    *bool
	Late       *bool         // its original deadline fell in the last 30 days and was missed: what the rate of those on time leaves out
	DueWithin  time.Duration // the running deadline comes so soon and is not past
	From, To   *time.Time    // received at or after From and before To
	Now        time.Time     // what Overdue and DueWithin are asked of
	Query      string        // words, matched without diacritics at their beginnings, in any order
	// Codes are further terms that a word of Query stands for: AreaTerm and CategoryTerm of what bears the name. A word that
	// stands for everything restricts nothing. Nil: no word stands for anything else.
	Codes  func(word string) (terms []string, everything bool)
	Order  Order  // empty: ByReceived
	Limit  int    // at least 1
	Cursor string // of the page before; empty for the first
	// Reach is the part of all reports that the asker may see; the zero reach sees none.
	Reach access.Reached
}

// AreaTerm is what a report of an area is found by, beside its words.
func AreaTerm(division, code string) string { return "a:" + division + "/" + code }

// CategoryTerm is what a report of a category is found by, beside its words.
func CategoryTerm(code string) string { return "c:" + strings.ToLower(code) }

// searched is what a report is found by. The words of a withdrawn one are gone from here too.
func searched(r *report.Report) string {
	text := r.Description + " " + r.Address + " " + r.Code
	if r.WithdrawnAt != nil {
		text = r.Code
	}
	terms := area.Words(text)
	for _, code := range r.Path {
		terms = append(terms, AreaTerm(r.Division, code))
	}
	return strings.Join(append(terms, CategoryTerm(r.Category)), " ")
}

// List reads one page of reports and the cursor of the next; an empty one ends.
func (s *Store) List(ctx context.Context, f Filter) ([]report.Report, string, error) {
	return listPage(ctx, s, f, listing[report.Report]{reportSelect(), scanReport, func(r report.Report) place {
		return place{r.ID, r.ReceivedAt, r.ChangedAt, r.Running()}
	}})
}

// place is where a report stands in each order.
type place struct {
	id                string
	received, changed time.Time
	due               *time.Time
}

// listing is what is read of each report of a list.
type listing[T any] struct {
	selects string // "select … from report "
	scan    pgx.RowToFunc[T]
	place   func(T) place
}

// listPage reads one page in the order of the filter.
func listPage[T any](ctx context.Context, s *Store, f Filter, l listing[T]) ([]T, string, error) {
	var after *cursor
	if f.Cursor != "" {
		c, err := f.readCursor()
		if err != nil {
			return nil, "", err
		}
		after = &c
	}
	limit := max(f.Limit, 1)
	var list []T
	for _, stretch := range f.stretches(after) {
		q := f.where()
		stretch.cond(&q)
		sql := fmt.Sprintf("%s where %s order by %s limit %d", l.selects, q.sql(), stretch.order, limit+1-len(list))
		more, err := collect(ctx, s, l.scan, sql, q.args...)
		if err != nil {
			return nil, "", fmt.Errorf("list reports: %w", err)
		}
		if list = append(list, more...); len(list) > limit {
			list = list[:limit]
			return list, f.next(l.place(list[limit-1])), nil
		}
	}
	return list, "", nil
}

// stretch is a part of a list that one index holds in its order.
type stretch struct {
	order string
	cond  func(*conditions)
}

// stretches are the parts of the list behind a cursor, in order.
func (f Filter) stretches(after *cursor) []stretch {
	behind := func(column string, c *conditions) {
		if after != nil { // the indices hold the column alone: they are entered by the first comparison
			c.add(column+" <= %s and ("+column+", report.id) < (%[1]s, %s)", after.At, after.uuid())
		}
	}
	received := stretch{"received_at desc, report.id desc", func(c *conditions) { behind("received_at", c) }}
	switch f.Order {
	case ByChanged:
		return []stretch{{"changed_at desc, report.id desc", func(c *conditions) { behind("changed_at", c) }}}
	case ByDue:
		rest := stretch{received.order, func(c *conditions) {
			c.add("due_now is null")
			if after != nil && after.Rest {
				behind("received_at", c)
			}
		}}
		if after != nil && after.Rest {
			return []stretch{rest}
		}
		if after == nil && f.Query != "" { // no index holds what was searched in an order: it is looked up once
			return []stretch{{`due_now nulls last, case when due_now is null then received_at end desc,
				case when due_now is null then report.id end desc, report.id`, func(*conditions) {}}}
		}
		return []stretch{{"due_now, report.id", func(c *conditions) {
			c.add("due_now is not null")
			if after != nil {
				c.add("(due_now, report.id) > (%s, %s)", after.At, after.uuid())
			}
		}}, rest}
	case ByReceived:
	}
	return []stretch{received}
}

// Total is how many reports a filter finds, counted up to MostCounted.
type Total struct {
	Count int
	Exact bool // false: there are more
}

// MostCounted is where counting ends: nobody reads on, and a count of everything takes as long as everything.
const MostCounted = 10_000

// Count counts what a filter finds, up to most.
func (s *Store) Count(ctx context.Context, f Filter, most int) (Total, error) {
	var n int
	err := s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// The planner takes comparing words for cheap and would read everything where an index knows the answer.
		if _, err := tx.Exec(ctx, "set local enable_seqscan = off"); err != nil {
			return err
		}
		q := f.where()
		return tx.QueryRow(ctx, fmt.Sprintf("select count(*)::int from (select from report where %s limit %d) as found", q.sql(), most+1), q.args...).Scan(&n)
	})
	if err != nil {
		return Total{}, fmt.Errorf("count reports: %w", classify(err))
	}
	return Total{min(n, most), n <= most}, nil
}

// conditions are what a report must meet, with the arguments they name.
type conditions struct {
	list []string
	args []any
}

// add adds a condition that holds a %s for each argument.
func (c *conditions) add(cond string, args ...any) {
	names := make([]any, len(args))
	for i, a := range args {
		c.args = append(c.args, a)
		names[i] = fmt.Sprintf("$%d", len(c.args))
	}
	c.list = append(c.list, fmt.Sprintf(cond, names...))
}

// anyOf adds that a column is one of a list; an empty list does not restrict.
func (c *conditions) anyOf(column string, list []string) {
	switch len(list) {
	case 0:
	case 1: // of one value an index still knows the order
		c.add(column+" = %s", list[0])
	default:
		c.add(column+" = any(%s)", list)
	}
}

// is adds that a condition holds or does not; nil does not restrict.
func (c *conditions) is(cond string, want *bool, args ...any) {
	switch {
	case want == nil:
	case *want:
		c.add("("+cond+")", args...)
	default:
		c.add("("+cond+") is not true", args...)
	}
}

func (c *conditions) sql() string {
	if len(c.list) == 0 {
		return "true"
	}
	return strings.Join(c.list, " and ")
}

func (f Filter) where() conditions {
	var c conditions
	if f.Division != "" {
		c.add("division = %s", f.Division)
	}
	if len(f.Areas) > 0 {
		c.add("path && %s", f.Areas)
	}
	c.anyOf("status", f.Statuses)
	if len(f.Statuses) > 0 && !slices.ContainsFunc(f.Statuses, func(s string) bool { return !report.Status(s).Open() }) {
		c.add("is_open") // few are, and they have indices of their own
	}
	c.anyOf("category", f.Categories)
	c.anyOf("priority", f.Priorities)
	c.anyOf("source", f.Sources)
	c.anyOf("unit", f.Units)
	if len(f.Units) > 0 && !slices.Contains(f.Units, "") {
		c.add("unit <> ''") // as the index of open reports by unit says
	}
	c.is("is_open", f.Open)
	c.is("emergency", f.Emergency)
	c.is("has_contact", f.HasContact)
	c.is("is_open and due_now < %s", f.Overdue, f.Now)
	c.is("not is_excluded and due_original > %[1]s::timestamptz - interval '30 days' and due_original <= %[1]s and (resolved_at is null or resolved_at > due_original)",
		f.Late, f.Now)
	if f.DueWithin > 0 {
		c.add("is_open and due_now >= %s and due_now < %s", f.Now, f.Now.Add(f.DueWithin))
	}
	if f.From != nil {
		c.add("received_at >= %s", *f.From)
	}
	if f.To != nil {
		c.add("received_at < %s", *f.To)
	}
	f.reach(&c)
	f.search(&c)
	return c
}

// reach adds that the asker may see the report.
func (f Filter) reach(c *conditions) {
	if !f.Reach.All {
		reached(f.Reach, c)
	}
	if b := f.Reach.Within; len(b.Places) > 0 {
		reached(access.Reached{Places: b.Places}, c)
	}
	c.anyOf("category", f.Reach.Within.Categories)
}

// reached adds that a report lies in a place or belongs to a unit.
func reached(r access.Reached, c *conditions) {
	conds, args := []string{"false"}, []any{}
	for _, p := range r.Places {
		conds = append(conds, "division = %s and %s = any(path)")
		args = append(args, p.Division, p.Path[len(p.Path)-1])
	}
	if len(r.Units) > 0 {
		conds = append(conds, "unit <> '' and unit = any(%s)")
		args = append(args, r.Units)
	}
	c.add("("+strings.Join(conds, " or ")+")", args...)
}

// search adds that the report has the beginning of every word of the query, or a term the word stands for. Words are letters
// and digits alone, so that nothing in them is taken for an operator. A query without any finds nothing.
func (f Filter) search(c *conditions) {
	words := area.Words(f.Query)
	if len(words) == 0 && f.Query != "" {
		c.add("false")
	}
	var all []string
	for _, word := range words {
		either := []string{quoteTerm(word) + ":*"}
		if f.Codes != nil {
			terms, everything := f.Codes(word)
			if everything {
				continue
			}
			for _, term := range terms {
				either = append(either, quoteTerm(term))
			}
		}
		all = append(all, "("+strings.Join(either, " | ")+")")
	}
	if len(all) > 0 {
		c.add("words @@ %s::tsquery", strings.Join(all, " & "))
	}
}

func quoteTerm(term string) string {
	return "'" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(term) + "'"
}

// cursor is the last report of a page, where the list is sorted by By.
type cursor struct {
	By   Order     `json:"by"`
	At   time.Time `json:"at"`
	ID   string    `json:"id"`
	Rest bool      `json:"rest,omitempty"` // by due, among those without a running deadline
}

func (c cursor) uuid() uuid.UUID { return uuid.MustParse(c.ID) }

func (f Filter) order() Order {
	if f.Order == "" {
		return ByReceived
	}
	return f.Order
}

func (f Filter) readCursor() (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err == nil {
		_, err = uuid.Parse(c.ID)
	}
	if err != nil || c.By != f.order() {
		return c, fault.Invalid("cursor", "Dấu trang không đọc được; xin tải lại danh sách.").Because("format")
	}
	return c, nil
}

func (f Filter) next(last place) string {
	c := cursor{By: f.order(), At: last.received, ID: last.id}
	switch {
	case c.By == ByChanged:
		c.At = last.changed
	case c.By == ByDue && last.due != nil:
		c.At = *last.due
	case c.By == ByDue:
		c.Rest = true
	}
	raw, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(raw)
}
