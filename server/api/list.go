package api

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Bounds of a list.
const (
	usualPage  = 50
	mostPage   = 200
	usualRows  = 500
	mostText   = 200 // characters of a search
	mostWords  = 10  // of a search
	mostChosen = 100 // values of one parameter
	mostCursor = 300
	mostAhead  = 720 // hours
)

// noUnit is what stands for no unit in a list of units.
const noUnit = "-"

// filterParams are what chooses reports, and sorted with how they come, in the address of every list of reports.
func filterParams() []string {
	return []string{
		"status", "open", "division", "area", "category", "unit", "priority", "emergency", "source", "overdue", "late", "due_within",
		"received_from", "received_to", "has_contact", "q", "sort",
	}
}

func pageParams() []string { return append(filterParams(), "limit", "cursor") }

// totalShown is how many reports a filter finds; null but on the first page.
type totalShown struct {
	Count int  `json:"count"`
	Exact bool `json:"exact"`
}

func (a *API) listReports(ctx context.Context, c *fiber.Ctx) error {
	f, err := a.listed(ctx, c, page{usualPage, mostPage})
	if err != nil {
		return err
	}
	list, next, err := a.Store.List(ctx, f)
	if err != nil {
		return err
	}
	total, err := a.total(ctx, f, len(list), next)
	if err != nil {
		return err
	}
	shown := make([]view.OpsReport, len(list))
	for i, r := range list {
		shown[i] = view.Ops(r)
	}
	c.Set(fiber.HeaderLink, links(c, next))
	return send(c, fiber.StatusOK, struct {
		Reports []view.OpsReport `json:"reports"`
		Next    string           `json:"next"`
		Total   *totalShown      `json:"total"`
	}{shown, next, total})
}

// page says how many things a page has when nobody says, and at most.
type page struct{ usual, most int }

// listed reads a page of reports from a request's address, for its caller.
func (a *API) listed(ctx context.Context, c *fiber.Ctx, p page) (store.Filter, error) {
	q, err := query(c, pageParams()...)
	if err != nil {
		return store.Filter{}, err
	}
	f, err := a.filter(ctx, q)
	f.Reach = access.ReachOf(asking(c).Principal, access.ListReports)
	f.Limit = p.usual
	if text, ok := q["limit"]; ok {
		n, bad := strconv.Atoi(text)
		if bad != nil || n < 1 {
			err = fault.Join(err, fault.Invalid("limit", "Số mục một trang phải là số nguyên từ 1.").Because("format"))
		}
		f.Limit = min(n, p.most)
	}
	if f.Cursor = q["cursor"]; len(f.Cursor) > mostCursor {
		err = fault.Join(err, fault.Invalid("cursor", "Dấu trang không đọc được; xin tải lại danh sách.").Because("format"))
	}
	return f, err
}

// total counts on the first page alone; one that is the whole list is counted already.
func (a *API) total(ctx context.Context, f store.Filter, n int, next string) (*totalShown, error) {
	switch {
	case f.Cursor != "":
		return nil, nil //nolint:nilnil // later pages have none
	case next == "":
		return &totalShown{n, true}, nil
	}
	t, err := a.Store.Count(ctx, f, store.MostCounted)
	shown := totalShown(t)
	return &shown, err
}

// filter checks a query and says all that is wrong with it.
func (a *API) filter(ctx context.Context, q map[string]string) (store.Filter, error) {
	units, err := a.unitsNow(ctx)
	if err != nil {
		return store.Filter{}, err
	}
	r := &filterReader{q: q}
	f := store.Filter{Division: q["division"], Query: q["q"], Codes: a.codesOf(q["division"]), Now: a.Now().UTC()}
	f.Statuses = r.list("status", "Không có trạng thái này.", func(s string) bool { return report.Status(s).Known() })
	f.Priorities = r.list("priority", "Không có mức ưu tiên này.", func(s string) bool { return report.Priority(s).Label() != "" })
	f.Sources = r.list("source", "Không có cửa tiếp nhận này.", func(s string) bool { return report.Source(s).Known() })
	f.Categories = r.list("category", "Lĩnh vực không có trong danh mục.", func(s string) bool {
		_, ok := a.Rules.Category(s)
		return ok
	})
	f.Units = r.list("unit", "Không có đơn vị mang mã này.", func(s string) bool {
		_, ok := units[s]
		return ok || s == noUnit
	})
	for i, u := range f.Units {
		if u == noUnit {
			f.Units[i] = ""
		}
	}
	if q["area"] != "" && f.Division == "" {
		f.Division = a.Division
	}
	if _, ok := a.Atlas.Tree.Division(f.Division); f.Division != "" && !ok {
		r.wrong("division", "unknown", "Không có bộ địa giới này.")
	} else {
		f.Areas = r.list("area", "Không có địa bàn mang mã này.", func(s string) bool {
			_, ok := a.Atlas.Tree.Get(f.Division, s)
			return ok
		})
	}
	f.Open, f.Emergency, f.HasContact, f.Overdue = r.flag("open"), r.flag("emergency"), r.flag("has_contact"), r.flag("overdue")
	f.Late = r.flag("late")
	f.From, f.To = r.instant("received_from"), r.instant("received_to")
	f.DueWithin = r.hours("due_within")
	r.search(f.Query)
	switch f.Order = store.Order(q["sort"]); f.Order {
	case "", store.ByReceived, store.ByDue, store.ByChanged:
	default:
		r.wrong("sort", "unknown", "Chỉ sắp xếp được theo received, due hoặc changed.")
	}
	return f, fault.Join(r.faults...)
}

// filterReader reads the parameters of a filter and collects what is wrong with them.
type filterReader struct {
	q      map[string]string
	faults []error
}

func (r *filterReader) wrong(name, reason, text string) {
	r.faults = append(r.faults, fault.Invalid(name, "%s", text).Because(reason))
}

// list reads values with commas between them.
func (r *filterReader) list(name, unknown string, known func(string) bool) []string {
	list := strings.FieldsFunc(r.q[name], func(c rune) bool { return c == ',' })
	if len(list) > mostChosen {
		r.wrong(name, "too_long", fmt.Sprintf("Chỉ chọn tối đa %d giá trị.", mostChosen))
		return nil
	}
	if slices.ContainsFunc(list, func(s string) bool { return !known(s) }) {
		r.wrong(name, "unknown", unknown)
	}
	return list
}

func (r *filterReader) flag(name string) *bool {
	text, ok := r.q[name]
	if !ok {
		return nil
	}
	yes := text == "true"
	if !yes && text != "false" {
		r.wrong(name, "format", "Tham số "+name+" phải là true hoặc false.")
	}
	return &yes
}

func (r *filterReader) instant(name string) *time.Time {
	text, ok := r.q[name]
	if !ok {
		return nil
	}
	at, ok := parseTime(text)
	if !ok {
		r.wrong(name, "format", "Tham số "+name+" phải là thời điểm RFC 3339, ví dụ 2026-11-23T02:00:00Z.")
	}
	return &at
}

func (r *filterReader) hours(name string) time.Duration {
	n, err := wholeParam(r.q, name, bounded{0, 1, mostAhead})
	if err != nil {
		r.faults = append(r.faults, err)
	}
	return time.Duration(n) * time.Hour
}

func (r *filterReader) search(text string) {
	switch words := len(area.Words(text)); {
	case len(text) > mostText*4 || len([]rune(text)) > mostText:
		r.wrong("q", "too_long", fmt.Sprintf("Từ tìm dài tối đa %d ký tự.", mostText))
	case words > mostWords:
		r.wrong("q", "too_long", fmt.Sprintf("Chỉ tìm tối đa %d từ một lần.", mostWords))
	case words == 0 && strings.TrimSpace(text) != "":
		r.wrong("q", "format", "Từ tìm cần có ít nhất một chữ hoặc số.")
	}
}

// bearer is an area or a category with the words it is called by.
type bearer struct {
	division string // empty: a category
	words    []string
	term     string
}

// bearers are all areas and categories.
func (a *API) bearers() []bearer {
	var list []bearer
	for _, d := range a.Atlas.Tree.Divisions() {
		for _, x := range a.Atlas.Tree.Areas(d.Code) {
			names := strings.Join(append([]string{x.Title()}, x.Aliases...), " ")
			list = append(list, bearer{d.Code, area.Words(names), store.AreaTerm(d.Code, x.Code)})
		}
	}
	for _, k := range a.Rules.Current().Categories {
		list = append(list, bearer{"", area.Words(k.Name), store.CategoryTerm(k.Code)})
	}
	return list
}

// mostBearers is which part of all areas a word may name and still choose anything: "xã" names nearly all.
const mostBearers = 3

// codesOf finds what bears a name with a word that begins as asked, of areas in one division or, when that is empty, in all.
// A word of the name of the whole province stands for everything.
func (a *API) codesOf(division string) func(string) ([]string, bool) {
	root, _ := a.Atlas.Tree.Root(cmp.Or(division, a.Division))
	whole := store.AreaTerm(root.Division, root.Code)
	return func(word string) (terms []string, everything bool) {
		for _, b := range a.names {
			if division != "" && b.division != "" && b.division != division {
				continue
			}
			if slices.ContainsFunc(b.words, func(w string) bool { return strings.HasPrefix(w, word) }) {
				terms = append(terms, b.term)
			}
		}
		return terms, slices.Contains(terms, whole) || len(terms)*mostBearers > len(a.names)
	}
}

// links are the first and the next page, relative to the request and with every filter kept (RFC 8288).
func links(c *fiber.Ctx, next string) string {
	page := func(cursor string) string {
		values := url.Values{}
		for k, v := range c.Context().QueryArgs().All() {
			if string(k) != "cursor" {
				values.Set(string(k), string(v))
			}
		}
		if cursor != "" {
			values.Set("cursor", cursor)
		}
		if len(values) == 0 {
			return c.Path()
		}
		return c.Path() + "?" + values.Encode()
	}
	text := fmt.Sprintf(`<%s>; rel="first"`, page(""))
	if next != "" {
		text = fmt.Sprintf(`<%s>; rel="next", `, page(next)) + text
	}
	return text
}
