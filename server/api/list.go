package api

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Bounds of a list.
const (
	usualPage  = 50
	mostPage   = 200
	mostWords  = 200 // characters of a search
	mostCursor = 300
)

func (a *API) listReports(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "status", "division", "area", "category", "unit", "open", "q", "sort", "limit", "cursor")
	if err != nil {
		return err
	}
	f, err := a.filter(ctx, q)
	if err != nil {
		return err
	}
	f.Reach = access.ReachOf(asking(c).Principal, access.ListReports)
	list, next, err := a.Store.List(ctx, f)
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
	}{shown, next})
}

// filter checks a query and says all that is wrong with it.
func (a *API) filter(ctx context.Context, q map[string]string) (store.Filter, error) {
	f := store.Filter{
		Division: q["division"], Area: q["area"], Category: q["category"], Unit: q["unit"], Query: q["q"],
		Cursor: q["cursor"], Limit: usualPage,
	}
	var faults []error
	wrong := func(name, reason, text string) {
		faults = append(faults, fault.Invalid(name, "%s", text).Because(reason))
	}
	for _, s := range strings.FieldsFunc(q["status"], func(r rune) bool { return r == ',' }) {
		if !report.Status(s).Known() {
			wrong("status", "unknown", "Không có trạng thái này.")
			continue
		}
		f.Statuses = append(f.Statuses, s)
	}
	if f.Area != "" && f.Division == "" {
		f.Division = a.Division
	}
	if _, ok := a.Atlas.Tree.Division(f.Division); f.Division != "" && !ok {
		wrong("division", "unknown", "Không có bộ địa giới này.")
	} else if _, ok := a.Atlas.Tree.Get(f.Division, f.Area); f.Area != "" && !ok {
		wrong("area", "unknown", "Không có địa bàn mang mã này.")
	}
	if _, ok := a.Rules.Category(f.Category); f.Category != "" && !ok {
		wrong("category", "unknown", "Lĩnh vực không có trong danh mục.")
	}
	units, err := a.unitsNow(ctx)
	if err != nil {
		return f, err
	}
	if _, ok := units[f.Unit]; f.Unit != "" && !ok {
		wrong("unit", "unknown", "Không có đơn vị mang mã này.")
	}
	if len(f.Query) > mostWords*4 || len([]rune(f.Query)) > mostWords {
		wrong("q", "too_long", fmt.Sprintf("Từ tìm dài tối đa %d ký tự.", mostWords))
	}
	if len(f.Cursor) > mostCursor {
		wrong("cursor", "format", "Dấu trang không đọc được; xin tải lại danh sách.")
	}
	switch q["sort"] {
	case "", "received":
	case "due":
		f.ByDue = true
	default:
		wrong("sort", "unknown", "Chỉ sắp xếp được theo received hoặc due.")
	}
	if text, ok := q["open"]; ok {
		open := text == "true"
		if !open && text != "false" {
			wrong("open", "format", "Tham số open phải là true hoặc false.")
		}
		f.Open = &open
	}
	if text, ok := q["limit"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			wrong("limit", "format", "Số mục một trang phải là số nguyên từ 1.")
		}
		f.Limit = min(n, mostPage)
	}
	return f, fault.Join(faults...)
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
			return "/api/v1/reports"
		}
		return "/api/v1/reports?" + values.Encode()
	}
	text := fmt.Sprintf(`<%s>; rel="first"`, page(""))
	if next != "" {
		text = fmt.Sprintf(`<%s>; rel="next", `, page(next)) + text
	}
	return text
}
