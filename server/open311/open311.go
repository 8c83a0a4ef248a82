// Package open311 is the door for partner systems that speak Open311 GeoReport v2, in JSON and XML: what may be reported,
// reports as service requests, and sending one. It reads the public projection alone, so that whatever view does not let
// everybody see cannot leave by it, and hands what was sent to the intake. It decides nothing about a report, keeps no
// address that was sent with one, and fetches nothing.
package open311

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/store"
)

// answerLimit is how long an answer may take.
const answerLimit = 5 * time.Second

// Records reads the public projection.
type Records interface {
	Records(ctx context.Context, f store.PublicFilter) ([]store.PublicRecord, error)
}

// Intake accepts reports.
type Intake interface {
	AcceptReport(ctx context.Context, s intake.Submission) (receipt json.RawMessage, repeated bool, err error)
}

// Store answers for what only its sender knows of.
type Store interface {
	CodeOf(ctx context.Context, id string) (string, error)
	Promised(ctx context.Context, p store.Promise) (store.Accepted, bool, error)
}

// Keys opens the keys of partner systems.
type Keys interface {
	// OpenKey is the key of a token, counted against its rate.
	OpenKey(ctx context.Context, c *fiber.Ctx, token string) (auth.Key, error)
	// ReportWithin says why a report lies outside what a key is for.
	ReportWithin(k auth.Key) func(report.Report) error
}

// Receipts know the secret that makes somebody the sender of a report.
type Receipts interface {
	Secret(reportID string) string
}

// Config names what the door needs, all of it.
type Config struct {
	Frame    *door.Frame
	Records  Records
	Intake   Intake
	Store    Store
	Keys     Keys
	Receipts Receipts
	Atlas    *area.Atlas
	Rules    *report.Rulebook
	Location *time.Location
	Now      func() time.Time
	Log      *slog.Logger

	Division string // in which reports are placed
	Title    string // of the centre
	Origin   report.Origin
}

// Door is the door. Make it with New and hang it in with Routes.
type Door struct {
	Config
	book         *book
	jurisdiction string                    // the code of the whole province
	names        map[string]text           // of services, by code
	services     map[format]*door.Prepared // the list
	definitions  map[string]*door.Prepared // by "CODE.format"
}

// New prepares what does not change: services and their definitions.
func New(c Config) (*Door, error) {
	root, ok := c.Atlas.Tree.Root(c.Division)
	if !ok {
		return nil, fmt.Errorf("make open311: division %q is unknown", c.Division)
	}
	b, err := readBook(c.Rules.Current().Categories)
	if err != nil {
		return nil, fmt.Errorf("make open311: %w", err)
	}
	d := &Door{
		Config: c, book: b, jurisdiction: root.Code, names: map[string]text{},
		services: map[format]*door.Prepared{}, definitions: map[string]*door.Prepared{},
	}
	if err := d.prepare(); err != nil {
		return nil, fmt.Errorf("make open311: %w", err)
	}
	return d, nil
}

// Routes hangs the door into the application, after the frame was installed. What else is asked for under its address is
// refused in its own form.
func (d *Door) Routes(app *fiber.App) {
	app.Get("/open311/discovery.:format", d.answering(d.getDiscovery))
	app.Get("/open311/v2/services.:format", d.answering(d.getServices))
	app.Get("/open311/v2/services/:code.:format", d.answering(d.getDefinition))
	app.Get("/open311/v2/requests.:format", d.answering(d.listRequests))
	app.Post("/open311/v2/requests.:format", d.sameSite, d.answering(d.postRequest))
	app.Get("/open311/v2/requests/:id.:format", d.answering(d.getRequest))
	app.Get("/open311/v2/tokens/:token.:format", d.answering(d.getToken))
	app.Use("/open311", d.nothing)
}

// answering gives a handler its format and a context that ends in time, and says its error in that format.
func (d *Door) answering(handle func(context.Context, *fiber.Ctx, format) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, known := formatOf(c.Params("format"))
		if !known {
			return d.refuse(c, fallback(c), wrong("format", "Không có định dạng này; hãy dùng .xml hoặc .json."))
		}
		if err := d.sameJurisdiction(c); err != nil {
			return d.refuse(c, f, err)
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
		defer cancel()
		if err := handle(ctx, c, f); err != nil {
			return d.refuse(c, f, err)
		}
		return nil
	}
}

// nothing answers for addresses that are not there.
func (d *Door) nothing(c *fiber.Ctx) error {
	f := fallback(c)
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead {
		c.Set(fiber.HeaderAllow, "GET, HEAD")
		return d.refuse(c, f, &door.Refusal{Status: fiber.StatusMethodNotAllowed, Detail: "Địa chỉ này không nhận phương thức đó."})
	}
	return d.refuse(c, f, &door.Refusal{Status: fiber.StatusNotFound, Detail: "Không có địa chỉ này."})
}

// sameJurisdiction refuses a jurisdiction that is not ours. There is one, so that it may stay unnamed.
func (d *Door) sameJurisdiction(c *fiber.Ctx) error {
	named := c.Query("jurisdiction_id")
	if c.Method() == fiber.MethodPost && named == "" {
		named = string(c.Request().PostArgs().Peek("jurisdiction_id"))
	}
	if named == "" || named == d.jurisdiction {
		return nil
	}
	return missing("jurisdiction_id", "Máy chủ này chỉ phục vụ địa bàn %s.", d.jurisdiction)
}

// base is the address of this server as the caller reached it.
func (d *Door) base(c *fiber.Ctx) string {
	scheme := "http://"
	if d.Frame.HTTPS(c.Context()) {
		scheme = "https://"
	}
	return scheme + strings.ToLower(string(c.Context().Host()))
}

// notReal is what every answer says while it shows anything but real reports; empty for those.
func notReal(o report.Origin) string {
	switch o {
	case report.Real:
		return ""
	case report.Replayed:
		return "Dữ liệu phát lại của nơi khác, không phải phản ánh thật."
	case report.Imported:
		return "Dữ liệu nhập vào, không phải phản ánh gửi đến đây."
	case report.Drill:
		return "Dữ liệu diễn tập, không phải phản ánh thật."
	case report.Simulated:
	}
	return "Dữ liệu mô phỏng, không phải phản ánh thật."
}
