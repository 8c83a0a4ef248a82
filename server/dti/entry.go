package dti

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/view"
)

// Key names what a value is of: a main index ("7") or a component of it ("7.12"), of one area in one year.
type Key struct {
	Area   string
	Scheme string
	Year   int
	Code   string
}

// Evidence is where a value stands, for everybody to look it up.
type Evidence struct {
	Title     string // of the document
	Issuer    string // who issued it
	Number    string // of the document; may be empty when Reference is not
	Reference string // an address or a place where it lies; may be empty when Number is not
	Dated     string // YYYY-MM-DD
}

// Entry is a value with its evidence. That of a main index goes from 0 to 1, that of a component is in points out of Most.
type Entry struct {
	Key
	Name  string // of the component, as the scheme's annex has it; may be empty
	Value float64
	Most  float64 // 1 for a main index
	Evidence
	Replaces int64 // the entry in force whose place it takes; 0: there is none
}

// Bounds of what is written.
const (
	mostText      = 300
	mostReference = 500
	mostPoints    = 1000
	places        = 1e4 // four are kept
	firstDay      = "2000-01-01"
)

// Part reads a code: the main index it is of and the component's place there from 1, or 0 for the index itself. ok is
// false when the scheme has no such index or component.
func (s Scheme) Part(code string) (index Index, n int, ok bool) {
	main, part, parted := strings.Cut(code, ".")
	index, ok = s.Index(main)
	if !ok || !parted {
		return index, 0, ok
	}
	n, err := strconv.Atoi(part)
	return index, n, err == nil && strconv.Itoa(n) == part && n >= 1 && n <= index.Components
}

// Clean is the entry as it is kept, or everything that is wrong with it. today is the day of the centre.
func (b Book) Clean(e Entry, today time.Time) (Entry, error) {
	e.Area = b.Province
	w := entryFaults{}
	w.texts(&e)
	w.dated(e.Dated, today)
	s, ok := b.Scheme(e.Scheme)
	switch {
	case !ok:
		w.wrong("scheme", "unknown", "Không có bộ chỉ số này; có: %s.", strings.Join(b.codes(), ", "))
		return e, fault.Join(w...)
	case !s.Known():
		w.wrong("scheme", "no_structure", "Bộ chỉ số %s chưa có cấu trúc nên chưa nhập được giá trị.", s.Decision)
		return e, fault.Join(w...)
	}
	if first := s.FirstYear(); e.Year < first || e.Year > today.Year() {
		w.wrong("year", "out_of_range", "Năm phải từ %d đến %d.", first, today.Year())
	}
	index, n, ok := s.Part(e.Code)
	if !ok {
		w.wrong("code", "unknown", "Không có chỉ số này; ghi như 7 (chỉ số chính) hoặc 7.12 (thành phần, tối đa 7.%d).", max(1, index.Components))
		return e, fault.Join(w...)
	}
	w.value(&e, index, n)
	return e, fault.Join(w...)
}

// FirstYear is the first year a scheme may be of: that of its decision.
func (s Scheme) FirstYear() int {
	at, err := time.Parse(time.DateOnly, s.Date)
	if err != nil {
		return 0 // a book that was loaded has none
	}
	return at.Year()
}

func (b Book) codes() []string {
	var list []string
	for _, s := range b.Schemes {
		list = append(list, s.Code)
	}
	return list
}

type entryFaults []error

func (w *entryFaults) wrong(field, reason, format string, args ...any) {
	*w = append(*w, fault.Invalid(field, format, args...).Because(reason))
}

// texts brings what is written into one form. All of it is public, so nothing in it may lead to a person.
func (w *entryFaults) texts(e *Entry) {
	for _, f := range []struct {
		name string
		text *string
		need string
		most int
	}{
		{"name", &e.Name, "", mostText},
		{"title", &e.Title, "Chưa ghi tên văn bản làm minh chứng.", mostText},
		{"issuer", &e.Issuer, "Chưa ghi cơ quan ban hành minh chứng.", mostText},
		{"number", &e.Number, "", mostText},
		{"reference", &e.Reference, "", mostReference},
	} {
		*f.text = strings.TrimSpace(norm.NFC.String(*f.text))
		link := strings.Contains(*f.text, "://")
		switch {
		case !utf8.ValidString(*f.text) || strings.ContainsFunc(*f.text, unicode.IsControl):
			w.wrong(f.name, "encoding", "Ô này có ký tự không hợp lệ.")
		case utf8.RuneCountInString(*f.text) > f.most:
			w.wrong(f.name, "too_long", "Ô này dài quá %d ký tự.", f.most)
		case *f.text == "" && f.need != "":
			w.wrong(f.name, "required", "%s", f.need)
		case f.name == "reference" && link && !isAddress(*f.text):
			w.wrong(f.name, "format", "Địa chỉ phải bắt đầu bằng https:// hoặc http:// và không kèm tên đăng nhập.")
		case !link && view.Hidden(view.Redact(*f.text)) > 0 || link && f.name != "reference":
			w.wrong(f.name, "personal", "Ô này hiện nguyên văn trên trang công khai: không ghi số điện thoại, số giấy tờ, thư điện tử; địa chỉ trang chỉ ghi ở ô nguồn.")
		}
	}
	if e.Number == "" && e.Reference == "" {
		w.wrong("number", "required", "Cần số hiệu văn bản hoặc nơi tra cứu.")
	}
}

func isAddress(text string) bool {
	at, err := url.Parse(text)
	return err == nil && (at.Scheme == "https" || at.Scheme == "http") && at.Hostname() != "" && at.User == nil && !strings.Contains(text, " ")
}

func (w *entryFaults) dated(text string, today time.Time) {
	_, err := time.Parse(time.DateOnly, text)
	switch {
	case text == "":
		w.wrong("dated", "required", "Chưa ghi ngày của minh chứng.")
	case err != nil:
		w.wrong("dated", "format", "Ngày của minh chứng không đọc được; ghi như 2023-07-12.")
	case text < firstDay || text > today.Format(time.DateOnly):
		w.wrong("dated", "out_of_range", "Ngày của minh chứng phải từ năm 2000 đến hôm nay.")
	}
}

// value judges the numbers: a main index goes from 0 to 1, a component from 0 to its points, of which it has no more than
// its index.
func (w *entryFaults) value(e *Entry, index Index, n int) {
	whole := float64(mostPoints)
	if index.Weight > 0 {
		whole = float64(index.Weight)
	}
	switch {
	case n == 0 && (e.Most == 0 || e.Most == 1):
		e.Most = 1
	case n == 0:
		w.wrong("most", "out_of_range", "Chỉ số chính có thang từ 0 đến 1: để trống điểm tối đa.")
		return
	case !(e.Most > 0 && e.Most <= whole):
		w.wrong("most", "out_of_range", "Cần điểm tối đa của thành phần, lớn hơn 0 và không quá %s.", number(whole))
		return
	}
	switch {
	case !(e.Value >= 0 && e.Value <= e.Most):
		w.wrong("value", "out_of_range", "Giá trị phải từ 0 đến %s.", number(e.Most))
	case !fine(e.Value) || !fine(e.Most):
		w.wrong("value", "format", "Giá trị có tối đa 4 chữ số sau dấu phẩy.")
	}
}

// fine reports whether a number is one of four decimal places.
func fine(x float64) bool { return math.Abs(x*places-math.Round(x*places)) < 1e-6 }

// number writes a number as people here do.
func number(x float64) string {
	return strings.Replace(strconv.FormatFloat(x, 'f', -1, 64), ".", ",", 1)
}

// String is the key for people and for the audit: "922-2022/2022/7.12".
func (k Key) String() string { return fmt.Sprintf("%s/%d/%s", k.Scheme, k.Year, k.Code) }

// Sort puts entries in the order of their scheme: by year, the newest first, then by index and component.
func (b Book) Sort(list []Entry) {
	place := func(e Entry) []int {
		scheme := slices.IndexFunc(b.Schemes, func(s Scheme) bool { return s.Code == e.Scheme })
		main, part, _ := strings.Cut(e.Code, ".")
		index := -1
		if scheme >= 0 {
			index = slices.IndexFunc(b.Schemes[scheme].Indices, func(x Index) bool { return x.Code == main })
		}
		n, _ := strconv.Atoi(part)
		return []int{scheme, -e.Year, index, n}
	}
	slices.SortStableFunc(list, func(x, y Entry) int { return slices.Compare(place(x), place(y)) })
}
