package benching

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// limit is what architecture.md asks of a figure or of its ratio to the floor.
type limit struct {
	most  float64 // 0: no upper bound
	least float64 // 0: no lower bound
	unit  string  // of a bound on the figure itself; empty: the bound is on the ratio
	none  bool    // the figure must be 0
	goal  bool    // a goal, not a limit: being over it is told and fails nothing
}

// held reports whether a value is within the limit.
func (l limit) held(value float64) bool {
	if l.none {
		return value == 0
	}
	return (l.most == 0 || value <= l.most) && (l.least == 0 || value >= l.least)
}

func (l limit) String() string {
	sign, bound := "≤", l.most
	if l.least != 0 {
		sign, bound = "≥", l.least
	}
	if l.none {
		return "= 0"
	}
	text := fmt.Sprintf("%s %.4g", sign, bound)
	if l.unit != "" {
		text += " " + l.unit
	}
	return text
}

// line is one row of the report.
type line struct {
	name   string
	figure string
	floor  string // empty: there is none
	spread string // the rounds' ratios, when there were several
	value  float64
	limit  *limit // of value; nil: the row is only told
}

// table prints rows as they are measured.
type table struct {
	out  io.Writer
	over int
}

// Widths of the columns, in characters.
const (
	nameWidth  = 38
	wideColumn = 24
	thinColumn = 12
)

func (t *table) head() {
	_, _ = fmt.Fprintf(t.out, "%s%s%s%s%s\n", pad("phép đo / measure", nameWidth), pad("số đo / figure", wideColumn),
		pad("mức nền / floor", wideColumn), pad("tỷ số/ratio", thinColumn), "giới hạn / limit")
}

func (t *table) title(name, what string) { _, _ = fmt.Fprintf(t.out, "\n%s: %s\n", name, what) }

func (t *table) note(format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, "  %s\n", fmt.Sprintf(format, args...))
}

func (t *table) row(l line) {
	ratio := ""
	if l.floor != "" {
		ratio = fmt.Sprintf("%.2f", l.value)
	}
	verdict := ""
	if l.limit != nil {
		verdict = l.limit.String() + "  " + t.judge(*l.limit, l.value)
	}
	_, _ = fmt.Fprintf(t.out, "%s%s%s%s%s\n", pad("  "+l.name, nameWidth), pad(l.figure, wideColumn),
		pad(l.floor, wideColumn), pad(ratio, thinColumn), verdict)
	if l.spread != "" {
		t.note("  các lượt / rounds: %s", l.spread)
	}
}

func (t *table) judge(l limit, value float64) string {
	switch {
	case l.held(value):
		return "giữ/held"
	case l.goal:
		return "chưa đạt/goal missed"
	}
	t.over++
	return "VƯỢT/over"
}

func (t *table) foot(took time.Duration) {
	verdict := "mọi giới hạn được giữ / every limit is held"
	if t.over > 0 {
		verdict = fmt.Sprintf("%d giới hạn bị vượt / %d limits are not held", t.over, t.over)
	}
	_, _ = fmt.Fprintf(t.out, "\n%s (%.0f s)\n", verdict, took.Seconds())
}

// pad fills text up to width characters, of which Vietnamese letters take one each in NFC.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 1))
}
