package open311

import (
	"context"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/door"
	"toancanh/server/limit"
	"toancanh/server/report"
)

// What the interface is called by.
const (
	specification = "http://wiki.open311.org/GeoReport_v2"
	// changeset is when the interface last changed.
	changeset = "2026-11-29T00:00:00Z"
)

type discovery struct {
	XMLName    xml.Name       `json:"-" xml:"discovery"`
	Changeset  string         `json:"changeset" xml:"changeset"`
	Contact    string         `json:"contact" xml:"contact"`
	KeyService string         `json:"key_service" xml:"key_service"`
	Endpoints  list[endpoint] `json:"endpoints" xml:"endpoints"`
}

type endpoint struct {
	Specification string       `json:"specification" xml:"specification"`
	URL           string       `json:"url" xml:"url"`
	Changeset     string       `json:"changeset" xml:"changeset"`
	Type          string       `json:"type" xml:"type"`
	Formats       list[string] `json:"formats" xml:"formats"`
}

type service struct {
	Code        string `json:"service_code" xml:"service_code"`
	Name        string `json:"service_name" xml:"service_name"`
	Description string `json:"description" xml:"description"`
	Metadata    bool   `json:"metadata" xml:"metadata"`
	Type        string `json:"type" xml:"type"`
	Keywords    string `json:"keywords" xml:"keywords"`
	Group       string `json:"group" xml:"group"`
}

type definition struct {
	XMLName    xml.Name        `json:"-" xml:"service_definition"`
	Code       string          `json:"service_code" xml:"service_code"`
	Attributes list[attribute] `json:"attributes" xml:"attributes"`
}

// getDiscovery lists one endpoint a format: readers exist that take a list of one for no list.
func (d *Door) getDiscovery(_ context.Context, c *fiber.Ctx, f format) error {
	if err := d.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	kind := "test"
	if d.Origin == report.Real {
		kind = "production"
	}
	base := d.base(c)
	answer := discovery{
		Changeset: changeset, Contact: d.Title + " – " + base + "/phan-anh",
		KeyService: "Khóa do quản trị viên của trung tâm cấp. Gửi không khóa được, trong giới hạn của mỗi địa chỉ mạng. " + base + "/api",
		Endpoints:  list[endpoint]{root: "endpoints", item: "endpoint"},
	}
	for _, media := range []string{"text/xml", "application/json"} {
		answer.Endpoints.items = append(answer.Endpoints.items, endpoint{
			Specification: specification, URL: base + "/open311/v2", Changeset: changeset, Type: kind,
			Formats: list[string]{"formats", "format", []string{media}},
		})
	}
	return send(c, f, fiber.StatusOK, answer)
}

// prepare writes services and definitions in every format.
func (d *Door) prepare() error {
	categories := d.Rules.Current().Categories
	services := list[service]{root: "services", item: "service"}
	for _, k := range categories {
		s := serviceOf(k)
		services.items = append(services.items, s)
		d.names[k.Code] = text(s.Name)
	}
	for _, f := range formats() {
		all, err := prepared(f, services)
		if err != nil {
			return err
		}
		d.services[f] = all
		for _, k := range categories {
			one, err := prepared(f, definition{Code: k.Code, Attributes: list[attribute]{"attributes", "attribute", d.book.of[k.Code]}})
			if err != nil {
				return err
			}
			d.definitions[k.Code+"."+string(f)] = one
		}
	}
	return nil
}

func prepared(f format, model any) (*door.Prepared, error) {
	body, err := encode(f, model)
	if err != nil {
		return nil, err
	}
	return door.Prepare(door.Content{Body: body, Type: f.contentType(), Cache: door.CacheAsk}), nil
}

// serviceOf is a category in the standard's words.
func serviceOf(k report.Category) service {
	name := norm.NFC.String(k.Name)
	s := service{
		Code: k.Code, Name: name, Metadata: true, Type: "realtime", Group: "Xử lý trong giờ làm việc",
		Description: name + ". Thời hạn xử lý thường là " + within(k.Resolve) + " từ khi được phân công.",
		Keywords:    strings.Join(strings.FieldsFunc(strings.ReplaceAll(name, ", ", ","), func(r rune) bool { return r == ',' || r == ':' }), ","),
	}
	if k.Clock == report.ClockTime {
		s.Group = "Xử lý cả ngày đêm"
	}
	return s
}

// within is a limit in words.
func within(l report.Limit) string {
	switch {
	case l.Days > 0 && l.Clock == report.WorkingTime:
		return fmt.Sprintf("%d ngày làm việc", l.Days)
	case l.Days > 0:
		return fmt.Sprintf("%d ngày", l.Days)
	case l.Time%time.Hour == 0:
		return fmt.Sprintf("%d giờ", l.Time/time.Hour)
	}
	return fmt.Sprintf("%d phút", l.Time/time.Minute)
}

func (d *Door) getServices(_ context.Context, c *fiber.Ctx, f format) error {
	return d.serve(c, d.services[f])
}

func (d *Door) getDefinition(_ context.Context, c *fiber.Ctx, f format) error {
	p, ok := d.definitions[c.Params("code")+"."+string(f)]
	if !ok {
		return missing("service_code", "Không có dịch vụ mang mã này.")
	}
	return d.serve(c, p)
}

func (d *Door) serve(c *fiber.Ctx, p *door.Prepared) error {
	if err := d.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	p.Serve(c.Context())
	return nil
}
