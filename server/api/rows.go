package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"toancanh/server/store"
	"toancanh/server/view"
)

// rowShown is as much of a report as a long table draws.
type rowShown struct {
	ID         string     `json:"id"`
	Code       string     `json:"code"`
	Version    int64      `json:"version"`
	Origin     string     `json:"origin"`
	Category   string     `json:"category"`
	Area       string     `json:"area"`
	Status     string     `json:"status"`
	Priority   string     `json:"priority"`
	Emergency  bool       `json:"emergency"`
	Open       bool       `json:"open"`
	Unit       string     `json:"unit"`
	ReceivedAt time.Time  `json:"received_at"`
	ChangedAt  time.Time  `json:"changed_at"`
	Due        *time.Time `json:"due"`
	Overdue    bool       `json:"overdue"`
	HasContact bool       `json:"has_contact"`
	Summary    string     `json:"summary"`
}

func showRow(r store.Row, now time.Time) rowShown {
	summary := view.Withdrawn
	if r.WithdrawnAt == nil {
		summary = view.Summary(r.Description)
	}
	return rowShown{
		ID: r.ID, Code: r.Code, Version: r.Version, Origin: string(r.Origin), Category: r.Category, Area: r.Area, Status: string(r.Status),
		Priority: string(r.Priority), Emergency: r.Emergency, Open: r.Open, Unit: r.Unit, ReceivedAt: r.ReceivedAt, ChangedAt: r.ChangedAt,
		Due: r.Due, Overdue: r.Open && r.Due != nil && r.Due.Before(now), HasContact: r.HasContact, Summary: summary,
	}
}

// listRows is the list of reports in rows for a table of tens of thousands.
func (a *API) listRows(ctx context.Context, c *fiber.Ctx) error {
	f, err := a.listed(ctx, c, page{usualRows, store.MostRows})
	if err != nil {
		return err
	}
	rows, next, err := a.Store.Rows(ctx, f)
	if err != nil {
		return err
	}
	total, err := a.total(ctx, f, len(rows), next)
	if err != nil {
		return err
	}
	shown := make([]rowShown, len(rows))
	for i, r := range rows {
		shown[i] = showRow(r, f.Now)
	}
	raw, err := json.Marshal(struct {
		Rows  []rowShown  `json:"rows"`
		Next  string      `json:"next"`
		Total *totalShown `json:"total"`
		AsOf  time.Time   `json:"as_of"`
	}{shown, next, total, f.Now})
	if err != nil {
		return fmt.Errorf("encode rows: %w", err)
	}
	c.Set(fiber.HeaderLink, links(c, next))
	return sendZipped(c, raw)
}

// sendZipped answers with JSON, compressed for whoever takes that.
func sendZipped(c *fiber.Ctx, raw []byte) error {
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if c.Request().Header.HasAcceptEncoding("gzip") {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		raw = fasthttp.AppendGzipBytesLevel(nil, raw, fasthttp.CompressBestSpeed)
	}
	return sendRaw(c, fiber.StatusOK, raw)
}
