package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/hook"
)

// Hooks keeps the systems that are told of changes.
type Hooks interface {
	Hooks(ctx context.Context) ([]hook.Hook, error)
	AddHook(ctx context.Context, h hook.Hook) (hook.Hook, error)
	ChangeHook(ctx context.Context, id, why string, change func(*hook.Hook)) (hook.Hook, error)
}

// HookDesk reaches them.
type HookDesk interface {
	Check(address string) error
	Secret(h hook.Hook) string
	Ping(ctx context.Context, h hook.Hook) hook.Outcome
}

// mostHookLabel bounds the name of a hook, in characters.
const mostHookLabel = 100

type hookShown struct {
	ID           string     `json:"id"`
	Label        string     `json:"label"`
	URL          string     `json:"url"`
	Topic        string     `json:"topic"`
	Seq          int64      `json:"seq"` // the last event taken there
	Delivered    int64      `json:"delivered"`
	DeliveredAt  *time.Time `json:"delivered_at"`
	FailingSince *time.Time `json:"failing_since"`
	Attempts     int        `json:"attempts"` // since it failed
	NextAt       *time.Time `json:"next_at"`  // of the next attempt; null while nothing failed
	Problem      string     `json:"problem"`
	CreatedAt    time.Time  `json:"created_at"`
	FormerUntil  *time.Time `json:"former_until"`
	EndedAt      *time.Time `json:"ended_at"`
	EndedWhy     string     `json:"ended_why"`
}

func showHook(h hook.Hook) hookShown {
	shown := hookShown{
		ID: h.ID, Label: h.Label, URL: h.URL, Topic: h.Topic, Seq: h.Seq, Delivered: h.Delivered, DeliveredAt: h.DeliveredAt,
		FailingSince: h.FailingSince, Attempts: h.Attempts, Problem: h.Problem, CreatedAt: h.CreatedAt, FormerUntil: h.FormerUntil,
		EndedAt: h.EndedAt, EndedWhy: h.EndedWhy,
	}
	if h.FailingSince != nil && h.EndedAt == nil {
		shown.NextAt = &h.NextAt
	}
	return shown
}

// hookSecret is a hook with its secret, which is told this once.
type hookSecret struct {
	Hook   hookShown `json:"hook"`
	Secret string    `json:"secret"`
}

func (a *API) listHooks(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.Hooks.Hooks(ctx)
	if err != nil {
		return err
	}
	shown := make([]hookShown, len(list))
	for i, h := range list {
		shown[i] = showHook(h)
	}
	return send(c, fiber.StatusOK, map[string]any{"hooks": shown})
}

func (a *API) postHook(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	h := hook.Hook{Topic: o.text("topic"), Generation: 1}
	h.Label, h.URL = a.readHook(o)
	units, err := a.unitsNow(ctx)
	if err != nil {
		return err
	}
	known, err := a.tells(ctx, h.Topic, units)
	if err != nil {
		return err
	}
	if !known {
		o.wrong("topic", "unknown", "Chủ đề phải là public/<bộ địa giới>/<mã địa bàn…> hoặc unit/<mã đơn vị> có thật.")
	}
	if err := o.done(); err != nil {
		return err
	}
	var raw [8]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return fault.Internal(err)
	}
	h.ID = hex.EncodeToString(raw[:])
	if h, err = a.Hooks.AddHook(ctx, h); err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/api/v1/hooks/"+h.ID)
	return send(c, fiber.StatusCreated, hookSecret{showHook(h), a.HookDesk.Secret(h)})
}

// readHook reads a hook's name and address.
func (a *API) readHook(o *object) (label, address string) {
	label, address = strings.TrimSpace(o.text("label")), strings.TrimSpace(o.text("url"))
	if n := utf8.RuneCountInString(label); n == 0 || n > mostHookLabel {
		o.wrong("label", "required", "Cần tên của nơi nhận, tối đa %d ký tự.", mostHookLabel)
	}
	if err := a.HookDesk.Check(address); err != nil {
		o.wrong("url", "format", "Địa chỉ không dùng được: %s.", err.Error())
	}
	return label, address
}

// tells reports whether a topic exists and may leave the house: what everybody may see, and what a unit's own staff see.
func (a *API) tells(ctx context.Context, name string, units map[string]bool) (bool, error) {
	t, err := schema.ParseTopic(name)
	if err != nil || t.Audience != schema.Unit && (t.Audience != schema.Public || t.Division != a.Division) {
		return false, nil //nolint:nilerr // what cannot be read does not exist
	}
	return a.exists(ctx, name, units)
}

func (a *API) putHook(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	label, address := a.readHook(o)
	if err := o.done(); err != nil {
		return err
	}
	h, err := a.Hooks.ChangeHook(ctx, c.Params("id"), "changed", func(h *hook.Hook) { h.Label, h.URL = label, address })
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, showHook(h))
}

// postHookRotation gives a hook another secret; for a day deliveries are signed with the one before, too.
func (a *API) postHookRotation(ctx context.Context, c *fiber.Ctx) error {
	until := a.Now().UTC().Add(auth.UsualOverlap)
	h, err := a.Hooks.ChangeHook(ctx, c.Params("id"), "rotated", func(h *hook.Hook) {
		h.Generation++
		h.FormerUntil = &until
	})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, hookSecret{showHook(h), a.HookDesk.Secret(h)})
}

// postPing asks a hook's receiver now whether it is there.
func (a *API) postPing(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.Hooks.Hooks(ctx)
	if err != nil {
		return err
	}
	for _, h := range list {
		if h.ID == c.Params("id") && h.EndedAt == nil {
			outcome := a.HookDesk.Ping(ctx, h)
			return send(c, fiber.StatusOK, map[string]any{"taken": outcome.Taken(), "problem": outcome.Problem})
		}
	}
	return fault.NotFound("Không có địa chỉ nhận tin này, hoặc nó đã kết thúc.")
}

func (a *API) deleteHook(ctx context.Context, c *fiber.Ctx) error {
	now := a.Now().UTC()
	_, err := a.Hooks.ChangeHook(ctx, c.Params("id"), "ended", func(h *hook.Hook) { h.EndedAt, h.EndedWhy = &now, "deleted" })
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
