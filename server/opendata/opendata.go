// Package opendata is the door for whoever works with the centre's figures: datasets as JSON, CSV and GeoJSON with paging, schema,
// licence and freshness, for the scripts of every web site. It reads the public projection alone, into bytes that are made once a
// change. It decides nothing about what may be told, and asks no database while it answers.
package opendata

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/disclosure"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/limit"
	"toancanh/server/report"
	"toancanh/server/store"
)

// Base is where the datasets are.
const Base = "/api/open/v1/"

// cacheData lets anybody keep an answer for seconds, and for an hour while the house does not answer (RFC 5861, 4): it says its
// own time.
const cacheData = "public, max-age=5, stale-if-error=3600"

// Projection is what everybody may see.
type Projection interface {
	Picture(ctx context.Context, division string) (store.PublicPicture, error)
	OpenMark(ctx context.Context, division string, realOnes bool) (string, error)
	OpenResults(ctx context.Context, division string, realOnes bool, most int) ([]store.OpenResult, error)
	Cells(ctx context.Context, division string) ([]disclosure.Cell, error)
}

// Config names what the door needs, all of it.
type Config struct {
	Frame      *door.Frame
	Projection Projection
	Atlas      *area.Atlas
	Rules      *report.Rulebook
	Location   *time.Location
	Now        func() time.Time
	Log        *slog.Logger

	Division string // in which reports are placed
	Title    string // of the centre
	Licence  Licence
}

// Door is the door. Make it with New, hang it in with Routes, and keep Run running.
type Door struct {
	Config
	centre  string
	sets    []set
	schemas map[string]*door.Prepared
	now     atomic.Pointer[edition] // nil: never read

	lastGood time.Time // owned by Run
}

// New makes the door.
func New(c Config) (*Door, error) {
	root, ok := c.Atlas.Tree.Root(c.Division)
	if !ok {
		return nil, fmt.Errorf("make open data: division %q is unknown", c.Division)
	}
	d := &Door{Config: c, centre: c.Title + " " + strings.ToLower(root.Kind) + " " + root.Name, schemas: map[string]*door.Prepared{}}
	d.sets = allSets()
	for _, s := range d.sets {
		p, err := prepareSchema(s)
		if err != nil {
			return nil, err
		}
		d.schemas[s.ID] = p
	}
	return d, nil
}

// Routes hangs the door in.
func (d *Door) Routes(app *fiber.App) {
	app.Use(strings.TrimSuffix(Base, "/"), anybody)
	app.Get(Base+"catalogue", d.getCatalogue)
	app.Get(Base+"schema/:dataset.json", d.getSchema)
	app.Get(Base+":dataset.:format", d.getData)
}

// anybody lets the pages of every web site read what this door answers, and answers the question they ask before.
func anybody(c *fiber.Ctx) error {
	if !strings.HasPrefix(c.Path(), Base) { // the router takes a beginning for the whole
		return c.Next()
	}
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	c.Set(fiber.HeaderAccessControlExposeHeaders, "Link, ETag, Last-Modified, Data-As-Of, Data-Old, Data-Origin, Retry-After, RateLimit, RateLimit-Policy")
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if c.Method() != fiber.MethodOptions {
		return c.Next()
	}
	c.Set(fiber.HeaderAccessControlAllowMethods, "GET, HEAD, OPTIONS")
	c.Set(fiber.HeaderAccessControlAllowHeaders, "If-None-Match")
	c.Set(fiber.HeaderAccessControlMaxAge, "86400")
	c.Set(fiber.HeaderAllow, "GET, HEAD, OPTIONS")
	return c.SendStatus(fiber.StatusNoContent)
}

var (
	//nolint:gochecknoglobals // error values
	errNeverRead = fault.Unavailable("Dữ liệu mở chưa sẵn sàng, xin thử lại sau ít giây.")
	//nolint:gochecknoglobals // error values
	errNoSet = fault.NotFound("Không có bộ dữ liệu này; danh mục ở %scatalogue.", Base)
)

func (d *Door) set(id string) (set, bool) {
	for _, s := range d.sets {
		if s.ID == id {
			return s, true
		}
	}
	return set{}, false
}

func (d *Door) getData(c *fiber.Ctx) error {
	// What was asked for in words of one's own may have to be made; the rest lies there.
	class := limit.Reads()
	if len(c.Context().URI().QueryString()) > 0 {
		class = limit.Costly()
	}
	if err := d.Frame.Limit(c, class, ""); err != nil {
		return err
	}
	s, ok := d.set(c.Params("dataset"))
	if !ok {
		return errNoSet
	}
	f := format(c.Params("format"))
	if !s.has(f) {
		return fault.NotFound("Bộ dữ liệu này có ở dạng: %s.", strings.Join(s.Formats(), ", "))
	}
	a, err := d.asked(c, s, f)
	if err != nil {
		return err
	}
	e := d.now.Load()
	if e == nil {
		return errNeverRead
	}
	p, err := d.answer(e, s, a)
	if err != nil {
		return err
	}
	p.Serve(c.Context())
	return nil
}

func (d *Door) getSchema(c *fiber.Ctx) error {
	if err := d.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	p, ok := d.schemas[c.Params("dataset")]
	if !ok {
		return errNoSet
	}
	p.Serve(c.Context())
	return nil
}

func (d *Door) getCatalogue(c *fiber.Ctx) error {
	if err := d.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	e := d.now.Load()
	if e == nil {
		return errNeverRead
	}
	p, err := d.catalogue(e)
	if err != nil {
		return err
	}
	p.Serve(c.Context())
	return nil
}

// notice is what every answer says while the data are not real; empty for real ones.
func notice(origin string) string {
	if cmp.Or(origin, string(report.Real)) == string(report.Real) {
		return ""
	}
	return "Dữ liệu mô phỏng, không phải tình hình thật. Simulated data, not the real situation."
}
