package api

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/past"
)

// pastLimit is how long a look back may take, the wait for a seat included.
const pastLimit = 14 * time.Second

// Past answers what walls showed.
type Past interface {
	At(ctx context.Context, topic schema.Topic, at time.Time) (past.Picture, error)
	Changes(ctx context.Context, topic schema.Topic, from, to time.Time) (past.Page, error)
}

// getPast answers with what a wall topic showed at an instant.
func (a *API) getPast(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "topic", "at")
	if err != nil {
		return err
	}
	topic, wrong := a.wallTopic(q, asking(c).Principal)
	at, early := instantParam(q, "at")
	if err := fault.Join(wrong, early); err != nil {
		return err
	}
	picture, err := a.Past.At(ctx, topic, at)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, picture)
}

// getPastChanges answers with what happened on a wall topic in a span of time.
func (a *API) getPastChanges(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "topic", "from", "to")
	if err != nil {
		return err
	}
	topic, wrong := a.wallTopic(q, asking(c).Principal)
	from, early := instantParam(q, "from")
	to, late := instantParam(q, "to")
	if err := fault.Join(wrong, early, late); err != nil {
		return err
	}
	page, err := a.Past.Changes(ctx, topic, from, to)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, page)
}

// wallTopic reads the parameter topic; the division must be the one walls show. A topic the caller may not look back at
// is none for them.
func (a *API) wallTopic(q map[string]string, who access.Principal) (schema.Topic, error) {
	name, ok := q["topic"]
	if !ok {
		return schema.Topic{}, fault.Invalid("topic", "Thiếu tham số topic.").Because("required")
	}
	t, err := schema.ParseTopic(name)
	known := err == nil && (t.Audience != schema.Wall ||
		t.Division == a.Division && slices.Equal(a.Atlas.Tree.Path(t.Division, t.Area()), t.Path))
	about := access.Object{Place: access.Place{Division: t.Division, Path: t.Path}}
	if !known || t.Audience == schema.Wall && access.Decide(who, access.ReadPast, about) != access.Allow {
		return t, fault.Invalid("topic", "Không có chủ đề %q.", clip(name)).Because("unknown")
	}
	return t, nil
}

func instantParam(q map[string]string, name string) (time.Time, error) {
	text, ok := q[name]
	if !ok {
		return time.Time{}, fault.Invalid(name, "Thiếu tham số %s.", name).Because("required")
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fault.Invalid(name, "Tham số %s phải là thời điểm RFC 3339, thí dụ 2026-11-23T02:00:00Z.", name).Because("format")
	}
	return at.UTC(), nil
}
