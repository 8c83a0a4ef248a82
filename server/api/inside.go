package api

import (
	"context"
	"crypto/subtle"
	"encoding/base64"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/fault"
)

// health says that the process lives. It asks nothing of anybody.
func (a *API) health(_ context.Context, c *fiber.Ctx) error {
	return send(c, fiber.StatusOK, map[string]string{"status": "ok", "build": a.Build})
}

// ready says whether a report could be stored now.
func (a *API) ready(ctx context.Context, c *fiber.Ctx) error {
	if a.Ready != nil {
		if err := a.Ready(ctx); err != nil {
			return fault.Unavailable("Hệ thống chưa thể lưu phản ánh lúc này.").Wrap(err)
		}
	}
	return send(c, fiber.StatusOK, map[string]string{"status": "ready"})
}

// hub lets stand-alone hubs through. Without a secret there are none, and no address either.
func (a *API) hub(c *fiber.Ctx) error {
	if a.Live == nil || a.HubSecret == "" {
		return fiber.ErrNotFound
	}
	if subtle.ConstantTimeCompare(c.Request().Header.Peek(schema.HubSecretHeader), []byte(a.HubSecret)) != 1 {
		return fault.Unauthenticated("Khóa của hub không đúng.")
	}
	return c.Next()
}

func (a *API) hubSnapshot(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "topic")
	if err != nil {
		return err
	}
	snapshot, err := a.Live.Snapshot(ctx, q["topic"])
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, snapshot)
}

// Bounds of what a hub asks for at once.
const (
	usualSince = 1000
	mostSince  = 10_000
)

func (a *API) hubSince(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "topic", "seq", "limit")
	if err != nil {
		return err
	}
	seq, err := wholeParam(q, "seq", bounded{most: 1 << 62})
	if err != nil {
		return err
	}
	limit, err := wholeParam(q, "limit", bounded{usual: usualSince, least: 1, most: mostSince})
	if err != nil {
		return err
	}
	since, err := a.Live.Since(ctx, q["topic"], int64(seq), limit)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, since)
}

func (a *API) hubKey(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Response().Header.SetContentType("text/plain; charset=utf-8")
	return c.SendString(base64.StdEncoding.EncodeToString(a.Signer.Public()))
}

// postSimulation plays the storm. Only the sample has one, and only its own user may ask.
func (a *API) postSimulation(_ context.Context, c *fiber.Ctx) error {
	if !a.Sample || a.Storm == nil || !a.Frame.Loopback(c.Context()) {
		return fiber.ErrNotFound
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	storm := o.flag("storm")
	if err := o.done(); err != nil {
		return err
	}
	if !storm {
		return fault.Invalid("storm", "Chỉ có thể yêu cầu storm: true.").Because("required")
	}
	a.Storm()
	return send(c, fiber.StatusAccepted, map[string]bool{"storm": true})
}
