// Package sheet reads reports, sensors and values of an index from a table that an office kept: a CSV as spreadsheets write it, with
// Vietnamese or English headings. It is pure: it says of every line what it holds or what is wrong with it, and keeps
// nothing.
package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// MostRows is how many reports one table may hold.
const MostRows = 5000

// Words are what the cells of a table may name, and where its times and places lie.
type Words struct {
	Categories []report.Category
	// Commune finds a point of a commune by its code or name; false for an unknown or an ambiguous one.
	Commune  func(text string) (report.Point, bool)
	Channels []report.Source
	Location *time.Location // of times that name no zone
}

// Row is one line of a table as a report. Line counts from 1, the headings included, as spreadsheets number them.
type Row struct {
	Line    int
	Draft   report.Draft
	Contact report.Contact
}

// Wrong is what is wrong with one line. Column is the heading as it stands in the table, empty where the whole line is at
// fault.
type Wrong struct {
	Line   int
	Column string
	Fault  *fault.Error
}

// Table is a table that was read: its rows in order, what is wrong with the others, and the headings that say nothing
// to us.
type Table struct {
	Rows    []Row
	Wrong   []Wrong
	Ignored []string
	heads   map[string]string // field -> heading
}

// Heading is the heading of a report's field, the field itself where the table has no column for it.
func (t Table) Heading(field string) string {
	for _, known := range fields() {
		if slices.Contains(known.faults, field) {
			if head, ok := t.heads[known.name]; ok {
				return head
			}
		}
	}
	return field
}

// Lines is how many lines the table has below its headings, empty ones left out.
func (t Table) Lines() int {
	lines := map[int]bool{}
	for _, w := range t.Wrong {
		lines[w.Line] = true
	}
	return len(t.Rows) + len(lines)
}

// field is what a column may hold: its headings without diacritics, and how faults name it.
type field struct {
	name   string
	heads  []string
	faults []string
}

func fields() []field {
	return []field{
		{"category", []string{"category", "linh vuc", "ma linh vuc"}, []string{"category"}},
		{"description", []string{"description", "noi dung", "noi dung phan anh", "mo ta"}, []string{"description"}},
		{"address", []string{"address", "dia chi", "dia diem"}, []string{"address"}},
		{"lat", []string{"lat", "latitude", "vi do"}, []string{"location.lat", "location"}},
		{"lon", []string{"lon", "long", "longitude", "kinh do"}, []string{"location.lon"}},
		{"commune", []string{"commune", "xa", "xa phuong", "xa, phuong", "dia ban"}, []string{"commune", "location"}},
		{"occurred_at", []string{"occurred at", "occurred_at", "thoi diem", "thoi diem xay ra", "ngay xay ra"}, []string{"occurred_at"}},
		{"emergency", []string{"emergency", "khan cap"}, []string{"emergency"}},
		{"channel", []string{"channel", "nguon", "kenh", "kenh tiep nhan"}, []string{"channel"}},
		{"name", []string{"name", "ho ten", "ho va ten", "nguoi phan anh"}, []string{"contact.name"}},
		{"phone", []string{"phone", "dien thoai", "so dien thoai", "sdt"}, []string{"contact.phone"}},
		{"email", []string{"email", "e-mail", "thu dien tu"}, []string{"contact.email"}},
	}
}

// Read reads a table in UTF-8, with or without its mark, parted by commas, semicolons or tabs. The error says why
// nothing of it can be read; what is wrong with single lines is in the table.
func Read(raw []byte, words Words) (Table, error) {
	r, head, err := open(raw)
	if err != nil {
		return Table{}, err
	}
	t, columns, err := headings(head)
	if err != nil {
		return Table{}, err
	}
	wrong, err := eachLine(r, MostRows, func(line int, cells []string) { t.take(line, cells, reading{columns, words}) })
	if err != nil {
		return Table{}, err
	}
	t.Wrong = append(t.Wrong, wrong...)
	return t, nil
}

// eachLine reads the lines below the headings, empty ones left out. The error says that there are too many; a line that
// cannot be read is the last one and is returned: where a quotation ends nobody can tell, and what follows is not guessed at.
func eachLine(r *csv.Reader, most int, take func(line int, cells []string)) ([]Wrong, error) {
	for n := 0; ; {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return []Wrong{broken(err)}, nil
		}
		line, _ := r.FieldPos(0)
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if n++; n > most {
			return nil, fault.Invalid("", "Tệp có quá %d dòng; hãy chia thành nhiều tệp.", most).Because("too_long")
		}
		take(line, cells)
	}
}

// open begins to read a table and answers its headings.
func open(raw []byte) (*csv.Reader, []string, error) {
	raw = []byte(strings.TrimPrefix(string(raw), "\ufeff"))
	if !utf8.Valid(raw) {
		return nil, nil, fault.Invalid("", "Tệp không phải UTF-8; trong bảng tính hãy lưu thành “CSV UTF-8”.").Because("encoding")
	}
	r := csv.NewReader(strings.NewReader(string(raw)))
	r.Comma = separator(raw)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, nil, fault.Invalid("", "Tệp không có dòng tiêu đề.").Because("required")
	}
	return r, head, nil
}

func broken(err error) Wrong {
	line := 0
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		line = e.StartLine
	}
	return Wrong{Line: line, Fault: fault.Invalid("", "Dấu ngoặc kép không khép; không đọc tiếp được từ dòng này.").Because("format")}
}

// separator is the sign that parts the headings: spreadsheets in Vietnamese write semicolons.
func separator(raw []byte) rune {
	head, _, _ := strings.Cut(string(raw), "\n")
	best := ','
	for _, c := range []rune{';', '\t'} {
		if strings.Count(head, string(c)) > strings.Count(head, string(best)) {
			best = c
		}
	}
	return best
}

func headings(head []string) (Table, map[string]int, error) {
	f, err := find(head, fields())
	if err != nil {
		return Table{}, nil, err
	}
	t, columns := Table{Ignored: f.ignored, heads: f.heads}, f.columns
	missing := f.without([]need{{"category", "Lĩnh vực"}, {"description", "Nội dung"}})
	_, lat := columns["lat"]
	_, lon := columns["lon"]
	_, commune := columns["commune"]
	if !commune && !(lat && lon) {
		missing = append(missing, fault.Invalid("commune", "Thiếu cột “Xã, phường”, hoặc hai cột “Vĩ độ” và “Kinh độ”.").Because("required"))
	}
	return t, columns, fault.Join(missing...)
}

// found is where the fields of a table stand.
type found struct {
	columns map[string]int    // field -> its column
	heads   map[string]string // field -> its heading
	ignored []string
}

// need is a column that a table must have, by its field and by the word for it.
type need struct{ field, word string }

// without says which columns are missing.
func (f found) without(needs []need) []error {
	var missing []error
	for _, n := range needs {
		if _, ok := f.columns[n.field]; !ok {
			missing = append(missing, fault.Invalid(n.field, "Thiếu cột “%s”.", n.word).Because("required"))
		}
	}
	return missing
}

// headed are the headings of a table by field.
type headed struct{ heads map[string]string }

// Heading is the heading of a field, the field itself where the table has no column for it.
func (h headed) Heading(name string) string {
	if head, ok := h.heads[name]; ok {
		return head
	}
	return name
}

func find(head []string, known []field) (found, error) {
	f := found{columns: map[string]int{}, heads: map[string]string{}}
	for i, text := range head {
		name := fieldOf(text, known)
		switch _, twice := f.columns[name]; {
		case strings.TrimSpace(text) == "":
		case name == "":
			f.ignored = append(f.ignored, text)
		case twice:
			return found{}, fault.Invalid(text, "Hai cột cùng mang nghĩa “%s”.", text).Because("duplicate")
		default:
			f.columns[name], f.heads[name] = i, text
		}
	}
	return f, nil
}

func fieldOf(head string, known []field) string {
	folded := strings.Join(strings.Fields(area.Fold(head)), " ")
	for _, f := range known {
		if slices.Contains(f.heads, folded) {
			return f.name
		}
	}
	return ""
}

// reading is where a table's columns are and what their cells may say.
type reading struct {
	columns map[string]int
	words   Words
}

// cell is what stands in a field's column, without the apostrophe that keeps spreadsheets from reckoning.
func (r reading) cell(cells []string, name string) string { return cellOf(r.columns, cells, name) }

func cellOf(columns map[string]int, cells []string, name string) string {
	i, ok := columns[name]
	if !ok || i >= len(cells) {
		return ""
	}
	text := strings.TrimSpace(cells[i])
	if plain, marked := strings.CutPrefix(text, "'"); marked && Harmless(plain) != plain {
		return plain
	}
	return text
}

// take reads one line into a row, or says all that is wrong with it.
func (t *Table) take(line int, cells []string, r reading) {
	var wrong []Wrong
	bad := func(name string, err *fault.Error) {
		wrong = append(wrong, Wrong{line, t.heads[name], err})
	}
	row := Row{Line: line, Draft: report.Draft{
		Description: r.cell(cells, "description"), Address: r.cell(cells, "address"), Source: report.FromStaff,
	}, Contact: report.Contact{Name: r.cell(cells, "name"), Phone: r.cell(cells, "phone"), Email: r.cell(cells, "email")}}

	var err *fault.Error
	if row.Draft.Category, err = r.category(r.cell(cells, "category")); err != nil {
		bad("category", err)
	}
	if row.Draft.Location, err = r.place(cells); err != nil {
		bad(map[bool]string{true: "lat", false: "commune"}[r.cell(cells, "lat") != ""], err)
	}
	if row.Draft.OccurredAt, err = r.instant(r.cell(cells, "occurred_at")); err != nil {
		bad("occurred_at", err)
	}
	if row.Draft.Emergency, err = yes(r.cell(cells, "emergency")); err != nil {
		bad("emergency", err)
	}
	if text := r.cell(cells, "channel"); text != "" {
		if row.Draft.Source, err = channel(text, r.words.Channels); err != nil {
			bad("channel", err)
		}
	}
	if len(wrong) > 0 {
		t.Wrong = append(t.Wrong, wrong...)
		return
	}
	t.Rows = append(t.Rows, row)
}

func (r reading) category(text string) (string, *fault.Error) {
	if text == "" {
		return "", fault.Invalid("category", "Chưa ghi lĩnh vực.").Because("required")
	}
	folded := area.Fold(text)
	for _, c := range r.words.Categories {
		if strings.EqualFold(c.Code, text) || area.Fold(c.Name) == folded {
			return c.Code, nil
		}
	}
	return "", fault.Invalid("category", "Không có lĩnh vực này; dùng mã hoặc tên trong danh mục.").Because("unknown")
}

func (r reading) place(cells []string) (report.Point, *fault.Error) {
	lat, lon, commune := r.cell(cells, "lat"), r.cell(cells, "lon"), r.cell(cells, "commune")
	if lat != "" || lon != "" {
		y, errY := degrees(lat)
		x, errX := degrees(lon)
		if errY != nil || errX != nil {
			return report.Point{}, fault.Invalid("location", "Tọa độ phải là hai số, ví dụ 12,0041 và 107,6907.").Because("format")
		}
		return report.Point{Lat: y, Lon: x}, nil
	}
	if commune == "" {
		return report.Point{}, fault.Invalid("commune", "Chưa ghi xã, phường hoặc tọa độ.").Because("required")
	}
	at, ok := r.words.Commune(commune)
	if !ok {
		return report.Point{}, fault.Invalid("commune", "Không có xã, phường này, hoặc có nhiều nơi cùng tên; hãy ghi mã.").Because("unknown")
	}
	return at, nil
}

func degrees(text string) (float64, error) {
	x, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil {
		return 0, fmt.Errorf("read degrees: %w", err)
	}
	return x, nil
}

// layouts are how offices here write a time; the zone is the centre's unless the text names one.
func layouts() []string {
	return []string{
		time.RFC3339, "02/01/2006 15:04", "2/1/2006 15:04", "02/01/2006 15:04:05", "15:04 02/01/2006", "02/01/2006", "2/1/2006",
		"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly,
	}
}

func (r reading) instant(text string) (*time.Time, *fault.Error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range layouts() {
		if at, err := time.ParseInLocation(layout, text, r.words.Location); err == nil {
			return &at, nil
		}
	}
	return nil, fault.Invalid("occurred_at", "Thời điểm không đọc được; ghi như 30/11/2026 14:05.").Because("format")
}

func yes(text string) (bool, *fault.Error) {
	switch area.Fold(text) {
	case "", "0", "khong", "no", "false":
		return false, nil
	case "1", "co", "x", "yes", "true", "khan cap":
		return true, nil
	}
	return false, fault.Invalid("emergency", "Ô khẩn cấp ghi “có” hoặc “không”.").Because("format")
}

func channel(text string, known []report.Source) (report.Source, *fault.Error) {
	folded := area.Fold(text)
	for _, s := range known {
		if string(s) == folded || area.Fold(s.Label()) == folded {
			return s, nil
		}
	}
	var words []string
	for _, s := range known {
		words = append(words, "“"+s.Label()+"”")
	}
	return "", fault.Invalid("channel", "Không có kênh tiếp nhận này; có: %s.", strings.Join(words, ", ")).Because("unknown")
}
