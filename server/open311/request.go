package open311

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/limit"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Bounds of a question.
const (
	mostCodes    = 50
	mostPageSize = 1000
	mostSkipped  = 100_000 // records before a page; whoever wants more narrows the time
	mostSpan     = 90 * 24 * time.Hour
)

// request is a report as the standard's service request: what everybody may see of it, and nothing else.
type request struct {
	ID          string    `json:"service_request_id" xml:"service_request_id"`
	Status      string    `json:"status" xml:"status"`
	StatusNotes text      `json:"status_notes" xml:"status_notes"`
	ServiceName text      `json:"service_name" xml:"service_name"`
	ServiceCode string    `json:"service_code" xml:"service_code"`
	Description text      `json:"description" xml:"description"`
	Agency      text      `json:"agency_responsible" xml:"agency_responsible"`
	Notice      text      `json:"service_notice" xml:"service_notice"`
	Requested   string    `json:"requested_datetime" xml:"requested_datetime"`
	Updated     string    `json:"updated_datetime" xml:"updated_datetime"`
	Expected    text      `json:"expected_datetime" xml:"expected_datetime"`
	Address     text      `json:"address" xml:"address"`
	AddressID   text      `json:"address_id" xml:"address_id"`
	Zipcode     text      `json:"zipcode" xml:"zipcode"`
	Lat         number    `json:"lat" xml:"lat"`
	Long        number    `json:"long" xml:"long"`
	MediaURL    text      `json:"media_url" xml:"media_url"`
	Extended    *extended `json:"extended_attributes,omitempty" xml:"extended_attributes,omitempty"`
}

// extended is what extensions=true adds.
type extended struct {
	Status         string `json:"status" xml:"status"`                   // in the words of mySociety's extension: open, in_progress, closed
	DetailedStatus string `json:"detailed_status" xml:"detailed_status"` // in ours, as the public page has them
	StatusName     string `json:"status_name" xml:"status_name"`
	DueDate        text   `json:"due_date" xml:"due_date"`
	ResolvedDate   text   `json:"resolved_date" xml:"resolved_date"`
	Published      text   `json:"published_datetime" xml:"published_datetime"`
	Precision      string `json:"location_precision" xml:"location_precision"` // what lat, long and address stand for
	AreaCode       string `json:"area_code" xml:"area_code"`
	Division       string `json:"area_division" xml:"area_division"`
	Origin         string `json:"origin" xml:"origin"`
}

// precision says of what lat and long are the middle: of the commune, wherever in it the matter lies, or of a wider area while too
// few of its kind were received there that week.
func (d *Door) precision(division, code string) string {
	a, _ := d.Atlas.Tree.Get(division, code)
	return string(a.Level) + "_centre"
}

func (d *Door) listRequests(ctx context.Context, c *fiber.Ctx, f format) error {
	if err := d.Frame.Limit(c, limit.Costly(), ""); err != nil {
		return err
	}
	q := question{sent: func(name string) string { return strings.TrimSpace(c.Query(name)) }, now: d.Now()}
	filter, page := q.filter(d.known)
	more := q.flag("extensions")
	if err := fault.Join(q.faults...); err != nil {
		return err
	}
	filter.Real = d.Origin == report.Real
	filter.Limit++ // one beyond the page says that there is another
	records, err := d.Records.Records(ctx, filter)
	if err != nil {
		return err
	}
	if size := filter.Limit - 1; len(filter.Codes) == 0 {
		links(c, page, len(records) > size && filter.Offset+size <= mostSkipped)
		records = records[:min(len(records), size)]
	}
	return send(c, f, fiber.StatusOK, d.requests(c, records, more))
}

// links announces the pages beside this one (RFC 8288).
func links(c *fiber.Ctx, page int, next bool) {
	var all []string
	add := func(rel string, n int) {
		v := url.Values{}
		for name, value := range c.Context().QueryArgs().All() {
			v.Add(string(name), string(value))
		}
		v.Set("page", strconv.Itoa(n))
		all = append(all, "<"+c.Path()+"?"+v.Encode()+`>; rel="`+rel+`"`)
	}
	if next {
		add("next", page+1)
	}
	if page > 1 {
		add("prev", page-1)
		add("first", 1)
	}
	if len(all) > 0 {
		c.Set(fiber.HeaderLink, strings.Join(all, ", "))
	}
}

func (d *Door) getRequest(ctx context.Context, c *fiber.Ctx, f format) error {
	if err := d.Frame.Limit(c, limit.Follows(), ""); err != nil {
		return err
	}
	q := question{sent: func(name string) string { return strings.TrimSpace(c.Query(name)) }}
	more := q.flag("extensions")
	if err := fault.Join(q.faults...); err != nil {
		return err
	}
	code, ok := report.ParseCode(c.Params("id"))
	if !ok {
		return errNoRequest
	}
	records, err := d.Records.Records(ctx, store.PublicFilter{Real: d.Origin == report.Real, Codes: []string{code}})
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return errNoRequest
	}
	return send(c, f, fiber.StatusOK, d.requests(c, records, more))
}

//nolint:gochecknoglobals // an error value
var errNoRequest = missing("service_request_id", "Không có yêu cầu công khai mang mã này; phản ánh hiện ra sau khi được tiếp nhận.")

func (d *Door) known(service string) bool {
	_, ok := d.Rules.Category(service)
	return ok
}

// question reads the parameters of a list and notes what is wrong with them.
type question struct {
	sent   func(name string) string
	now    time.Time
	faults []error
}

func (q *question) wrong(field, format string, args ...any) {
	q.faults = append(q.faults, wrong(field, format, args...))
}

// filter is what was asked for, and the number of the page.
func (q *question) filter(known func(string) bool) (f store.PublicFilter, page int) {
	for _, id := range q.items("service_request_id") {
		if code, ok := report.ParseCode(id); ok {
			f.Codes = append(f.Codes, code)
		} else {
			f.Codes = append(f.Codes, "") // nobody's; what was asked for by id is not all there is
		}
	}
	if len(f.Codes) > mostCodes {
		q.wrong("service_request_id", "Mỗi lần nhiều nhất %d mã.", mostCodes)
	}
	if len(f.Codes) > 0 {
		return f, 1
	}
	for _, service := range q.items("service_code") {
		if !known(service) {
			q.wrong("service_code", "Có mã không phải của dịch vụ nào.")
		}
		f.Categories = append(f.Categories, service)
	}
	f.Open = q.status()
	f.ChangedFrom, f.ChangedTo = q.window("updated_after", "updated_before", false)
	f.From, f.To = q.window("start_date", "end_date", f.ChangedFrom.IsZero())
	page = q.whole("page", 1, mostSkipped)
	f.Limit = q.whole("page_size", mostPageSize, mostPageSize)
	f.Offset = (page - 1) * f.Limit
	if f.Offset > mostSkipped {
		q.wrong("page", "Trang quá xa; hãy thu hẹp khoảng thời gian.")
	}
	return f, page
}

// items are those of a list with commas.
func (q *question) items(name string) []string {
	var items []string
	for item := range strings.SplitSeq(q.sent(name), ",") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	return items
}

// status is open or closed; nil for both.
func (q *question) status() *bool {
	var open, closed bool
	for _, item := range q.items("status") {
		switch strings.ToLower(item) {
		case "open":
			open = true
		case "closed":
			closed = true
		default:
			q.wrong("status", "Chỉ có open và closed.")
		}
	}
	if open == closed {
		return nil
	}
	return &open
}

// window is a time of at most 90 days: both its ends, or one with the 90 days on its other side, or the newest 90 days
// where they are wanted without a word.
func (q *question) window(first, last string, always bool) (from, to time.Time) {
	from, to = q.instant(first), q.instant(last)
	switch {
	case from.IsZero() && to.IsZero() && always:
		return q.now.Add(-mostSpan), q.now
	case from.IsZero() && to.IsZero():
		return from, to
	case from.IsZero():
		return to.Add(-mostSpan), to
	case to.IsZero():
		return from, from.Add(mostSpan)
	case to.Before(from):
		q.wrong(last, "Nằm trước %s.", first)
	case to.Sub(from) > mostSpan:
		q.wrong(first, "Khoảng thời gian dài quá 90 ngày.")
	}
	return from, to
}

func (q *question) instant(name string) time.Time {
	sent := q.sent(name)
	if sent == "" {
		return time.Time{}
	}
	at, err := parseInstant(sent)
	if err != nil {
		q.wrong(name, "%s", err.Error())
	}
	return at
}

func (q *question) whole(name string, usual, most int) int {
	sent := q.sent(name)
	if sent == "" {
		return usual
	}
	n, err := strconv.Atoi(sent)
	if err != nil || n < 1 || n > most {
		q.wrong(name, "Cần một số nguyên từ 1 đến %d.", most)
		return 1
	}
	return n
}

func (q *question) flag(name string) bool {
	switch strings.ToLower(q.sent(name)) {
	case "true", "1":
		return true
	case "", "false", "0":
		return false
	}
	q.wrong(name, "Cần true hoặc false.")
	return false
}

func (d *Door) requests(c *fiber.Ctx, records []store.PublicRecord, more bool) list[request] {
	all := list[request]{root: "service_requests", item: "request"}
	places := map[[2]string]spot{} // a page names few communes, and each often
	for _, r := range records {
		key := [2]string{r.Division, r.Area}
		at, known := places[key]
		if !known {
			at = d.place(r.Division, r.Area)
			places[key] = at
		}
		one := d.request(r, at)
		if len(r.Photos) > 0 {
			one.MediaURL = text(d.base(c) + r.Photos[0])
		}
		if more {
			one.Extended = d.extended(r)
		}
		all.items = append(all.items, one)
	}
	return all
}

func (d *Door) request(r store.PublicRecord, at spot) request {
	out := request{
		ID: r.Code, Status: "closed", ServiceCode: r.Category, Requested: d.stamp(r.ReceivedHour), Updated: d.stamp(r.ChangedAt),
		Notice: text(notReal(report.Origin(r.Origin))), StatusNotes: text(statusName(r.Status)),
		Address: at.address, Lat: at.lat, Long: at.long, ServiceName: d.names[r.Category],
	}
	if r.Open {
		out.Status = "open"
	}
	if r.PublishedAt != nil && r.Text != "" {
		out.Description, out.StatusNotes = text(r.Text), text(r.Text)
	}
	if r.DueDate != nil {
		out.Expected = text(d.endOf(*r.DueDate))
	}
	return out
}

func (d *Door) extended(r store.PublicRecord) *extended {
	e := &extended{
		Status: extendedStatus(r.Status), DetailedStatus: r.Status, StatusName: statusName(r.Status), DueDate: day(r.DueDate),
		ResolvedDate: day(r.ResolvedDate), Precision: d.precision(r.Division, r.Area), AreaCode: r.Area, Division: r.Division, Origin: r.Origin,
	}
	if r.PublishedAt != nil {
		e.Published = text(d.stamp(*r.PublishedAt))
	}
	return e
}

// extendedStatus is a public status in the words of mySociety's extension.
func extendedStatus(status string) string {
	switch report.Status(status) {
	case report.DaTiepNhan:
		return "open"
	case report.DangXuLy:
		return "in_progress"
	default: // the projection holds one status more
		return "closed"
	}
}

// statusName is a public status in the words of the public page.
func statusName(status string) string {
	if report.Status(status) == report.DaXuLy {
		return "Đã xử lý, kết quả đã công khai"
	}
	return report.Status(status).Label()
}

// spot is where a report lies as far as everybody may know: somewhere in a commune, or in a wider area.
type spot struct {
	address   text
	lat, long number
}

// place is the area: its name with those of the areas around it, and its middle.
func (d *Door) place(division, code string) (s spot) {
	var names []string
	for _, up := range slices.Backward(d.Atlas.Tree.Path(division, code)) {
		if a, ok := d.Atlas.Tree.Get(division, up); ok {
			names = append(names, a.Title())
		}
	}
	if at, ok := d.centre(division, code); ok {
		s.lat, s.long = degrees(at.Lat), degrees(at.Lon)
	}
	s.address = text(strings.Join(names, ", "))
	return s
}

// centre is where a map names an area.
func (d *Door) centre(division, code string) (report.Point, bool) {
	m, ok := d.Atlas.Map(division)
	if !ok {
		return report.Point{}, false
	}
	a, _ := d.Atlas.Tree.Get(division, code)
	for _, feature := range m.Features(a.Level) {
		if feature.Area.Code == code {
			return report.Point(feature.Label), true
		}
	}
	return report.Point{}, false
}

func degrees(x float64) number { return number(strconv.FormatFloat(x, 'f', 5, 64)) }

// stamp writes an instant with the offset of the province's zone.
func (d *Door) stamp(at time.Time) string { return at.In(d.Location).Format(time.RFC3339) }

// endOf is the last second of a day in the province.
func (d *Door) endOf(at time.Time) string {
	return d.stamp(time.Date(at.Year(), at.Month(), at.Day(), 23, 59, 59, 0, d.Location))
}

func day(at *time.Time) text {
	if at == nil {
		return ""
	}
	return text(at.Format(time.DateOnly))
}
