package sheet

import (
	"strconv"
	"strings"
	"time"

	"toancanh/server/area"
	"toancanh/server/dti"
	"toancanh/server/fault"
)

// MostValues is how many values of an index one table may hold: more than a scheme has in a year.
const MostValues = 500

// ValueRow is one line of a table as a value of an index. Line counts from 1, the headings included.
type ValueRow struct {
	Line  int
	Entry dti.Entry
}

// ValueTable is a table that was read.
type ValueTable struct {
	Rows    []ValueRow
	Wrong   []Wrong
	Ignored []string
	Lines   int // below the headings, empty ones left out
	headed
}

// valueColumn is a column of a table of values.
type valueColumn struct {
	field
	title string
	need  bool
}

func valueColumns() []valueColumn {
	of := func(name, title string, need bool, heads ...string) valueColumn {
		return valueColumn{field{name: name, heads: append(heads, name, area.Fold(title))}, title, need}
	}
	return []valueColumn{
		of("scheme", "Bộ chỉ số", true), of("year", "Năm", true), of("code", "Mã chỉ số", true, "ma", "chi so"),
		of("name", "Tên thành phần", false, "ten"), of("value", "Giá trị", true, "diem"), of("most", "Điểm tối đa", false, "diem toi da"),
		of("title", "Văn bản minh chứng", true, "minh chung"), of("issuer", "Cơ quan ban hành", true), of("number", "Số hiệu", false),
		of("reference", "Nơi tra cứu", false, "nguon", "dia chi"), of("dated", "Ngày minh chứng", true, "ngay"),
		of("replaces", "Thay mục", false),
	}
}

// ValueHeadings are the headings of a table of values in the order of ValueCells.
func ValueHeadings() []string {
	var heads []string
	for _, c := range valueColumns() {
		heads = append(heads, c.title)
	}
	return heads
}

// ValueCells are the cells of an entry as the import takes them back; replaces is the entry in force. No spreadsheet takes
// one for a formula.
func ValueCells(e dti.Entry, replaces int64) []string {
	number := func(x float64) string { return strings.Replace(strconv.FormatFloat(x, 'f', -1, 64), ".", ",", 1) }
	most := ""
	if strings.Contains(e.Code, ".") {
		most = number(e.Most)
	}
	// A spreadsheet would make another number of the code 7.10: the sign before it keeps it a text.
	cells := []string{
		e.Scheme, strconv.Itoa(e.Year), "'" + e.Code, e.Name, number(e.Value), most, e.Title, e.Issuer, e.Number, e.Reference, e.Dated,
		strconv.FormatInt(replaces, 10),
	}
	for i, cell := range cells {
		cells[i] = Harmless(cell)
	}
	return cells
}

// ReadValues reads a table of values in UTF-8, parted by commas, semicolons or tabs. The error says why nothing of it can
// be read; what is wrong with single lines is in the table. What a value must be to be taken is not judged here.
func ReadValues(raw []byte) (ValueTable, error) {
	r, head, err := open(raw)
	if err != nil {
		return ValueTable{}, err
	}
	columns := valueColumns()
	known := make([]field, len(columns))
	var needs []need
	for i, c := range columns {
		known[i] = c.field
		if c.need {
			needs = append(needs, need{c.name, c.title})
		}
	}
	f, err := find(head, known)
	if err != nil {
		return ValueTable{}, err
	}
	if err := fault.Join(f.without(needs)...); err != nil {
		return ValueTable{}, err
	}
	t := ValueTable{Ignored: f.ignored, headed: headed{f.heads}}
	first := map[dti.Key]int{}
	wrong, err := eachLine(r, MostValues, func(line int, cells []string) {
		t.Lines++
		l := valueLine{tableLine{line: line, cells: cells, at: f}}
		e := l.read()
		if before, twice := first[e.Key]; twice {
			l.wrong("code", fault.Invalid("code", "Chỉ số này của năm này đã có ở dòng %d.", before).Because("duplicate"))
		}
		first[e.Key] = line
		if len(l.faults) > 0 {
			t.Wrong = append(t.Wrong, l.faults...)
			return
		}
		t.Rows = append(t.Rows, ValueRow{line, e})
	})
	if err != nil {
		return ValueTable{}, err
	}
	if len(wrong) > 0 {
		t.Wrong = append(t.Wrong, wrong...)
		t.Lines++
	}
	return t, nil
}

// valueLine is a line as a value.
type valueLine struct{ tableLine }

func (l *valueLine) read() dti.Entry {
	e := dti.Entry{
		Key:  dti.Key{Scheme: l.text("scheme"), Year: int(l.whole("year", true)), Code: strings.TrimPrefix(l.text("code"), "'")},
		Name: l.text("name"), Replaces: l.whole("replaces", false),
		Evidence: dti.Evidence{
			Title: l.text("title"), Issuer: l.text("issuer"), Number: l.text("number"), Reference: l.text("reference"), Dated: l.day("dated"),
		},
	}
	if x := l.number("value"); x != nil {
		e.Value = *x
	} else if l.text("value") == "" {
		l.wrong("value", fault.Invalid("value", "Chưa ghi giá trị.").Because("required"))
	}
	if x := l.number("most"); x != nil {
		e.Most = *x
	}
	return e
}

func (l *valueLine) whole(name string, need bool) int64 {
	text := l.text(name)
	if text == "" && !need {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || need && n > 9999 {
		l.wrong(name, fault.Invalid(name, "Ô này phải là một số nguyên lớn hơn 0.").Because("format"))
		return 0
	}
	return n
}

// day reads a day as offices here write it, and leaves to others what is none.
func (l *valueLine) day(name string) string {
	text := l.text(name)
	for _, layout := range []string{"02/01/2006", "2/1/2006"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.DateOnly)
		}
	}
	return text
}
