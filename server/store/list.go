package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// Filter chooses reports for a list. The zero value of a field does not restrict.
type Filter struct {
	Division, Area string
	Statuses       []string
	Category       string
	Unit           string
	Open           *bool
	Query          string // words, matched without diacritics
	ByDue          bool   // running deadline first; else newest first
	Limit          int    // 1 to 200
	Cursor         string // of the page before; empty for the first
	// Reach is the part of all reports that the asker may see; the zero reach sees none.
	Reach access.Reached
}

type cursor struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

// dueOrder sorts by the running deadline; reports without one come last.
const dueOrder = `coalesce(due_now, timestamptz '9999-01-01 00:00:00+00')`

// List reads one page of reports and the cursor of the next; an empty one ends.
func (s *Store) List(ctx context.Context, f Filter) ([]report.Report, string, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	where, args, err := f.where()
	if err != nil {
		return nil, "", err
	}
	order := "received_at desc, id desc"
	if f.ByDue {
		order = dueOrder + ", id"
	}
	limit := min(max(f.Limit, 1), 200)
	args = append(args, limit+1)
	rows, err := s.read.Query(ctx, fmt.Sprintf("%s where %s order by %s limit $%d", reportSelect(), where, order, len(args)), args...)
	if err != nil {
		return nil, "", fmt.Errorf("list reports: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, scanReport)
	if err != nil {
		return nil, "", fmt.Errorf("list reports: %w", classify(err))
	}
	if len(list) <= limit {
		return list, "", nil
	}
	list = list[:limit]
	return list, f.next(list[limit-1]), nil
}

func (f Filter) where() (string, []any, error) {
	conds, args := []string{"true"}, []any{}
	add := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, fmt.Sprintf(cond, len(args)))
	}
	if f.Division != "" {
		add("division = $%d", f.Division)
	}
	if f.Area != "" {
		add("$%d = any(path)", f.Area)
	}
	if len(f.Statuses) > 0 {
		add("status = any($%d)", f.Statuses)
	}
	if f.Category != "" {
		add("category = $%d", f.Category)
	}
	if f.Unit != "" {
		add("unit = $%d", f.Unit)
	}
	if f.Open != nil {
		add("is_open = $%d", *f.Open)
	}
	if !f.Reach.All {
		cond, more := reached(f.Reach, len(args))
		conds, args = append(conds, cond), append(args, more...)
	}
	if b := f.Reach.Within; len(b.Places) > 0 {
		cond, more := reached(access.Reached{Places: b.Places}, len(args))
		conds, args = append(conds, cond), append(args, more...)
	}
	if b := f.Reach.Within; len(b.Categories) > 0 {
		add("category = any($%d)", b.Categories)
	}
	for word := range strings.FieldsSeq(area.Fold(f.Query)) {
		add("folded ~ $%d", wordStart(word))
	}
	if f.Cursor == "" {
		return strings.Join(conds, " and "), args, nil
	}
	c, err := readCursor(f.Cursor)
	if err != nil {
		return "", nil, err
	}
	if f.ByDue {
		args = append(args, c.At, uuid.MustParse(c.ID))
		conds = append(conds, fmt.Sprintf("(%s, id) > ($%d, $%d)", dueOrder, len(args)-1, len(args)))
	} else {
		args = append(args, c.At, uuid.MustParse(c.ID))
		conds = append(conds, fmt.Sprintf("(received_at, id) < ($%d, $%d)", len(args)-1, len(args)))
	}
	return strings.Join(conds, " and "), args, nil
}

// reached is the condition that a report lies in a place or belongs to a unit, with its arguments after the first n.
func reached(r access.Reached, n int) (cond string, args []any) {
	conds := []string{"false"}
	for _, p := range r.Places {
		args = append(args, p.Division, p.Path[len(p.Path)-1])
		conds = append(conds, fmt.Sprintf("(division = $%d and $%d = any(path))", n+len(args)-1, n+len(args)))
	}
	if len(r.Units) > 0 {
		args = append(args, r.Units)
		conds = append(conds, fmt.Sprintf("(unit <> '' and unit = any($%d))", n+len(args)))
	}
	return "(" + strings.Join(conds, " or ") + ")", args
}

// wordStart matches the word where one begins, so that "o" does not find every text; a sign is found anywhere.
func wordStart(word string) string {
	quoted := regexp.QuoteMeta(word)
	if first, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(first) || unicode.IsDigit(first) {
		return `\m` + quoted
	}
	return quoted
}

func readCursor(text string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err == nil {
		_, err = uuid.Parse(c.ID)
	}
	if err != nil {
		return c, fault.Invalid("cursor", "Dấu trang không đọc được; xin tải lại danh sách.")
	}
	return c, nil
}

// endless stands for "no deadline runs", in the list's order and in a cursor.
func endless() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

func (f Filter) next(last report.Report) string {
	c := cursor{At: last.ReceivedAt, ID: last.ID}
	if f.ByDue {
		c.At = endless()
		if due := last.Running(); due != nil {
			c.At = *due
		}
	}
	raw, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(raw)
}
