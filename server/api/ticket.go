package api

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/fault"
)

// mostTopics bounds one ticket.
const mostTopics = 20

func (a *API) postTicket(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	topics, err := a.readTopics(ctx, o)
	if err != nil {
		return err
	}
	subject, screen, err := a.readScreen(ctx, o)
	if err != nil {
		return err
	}
	if err := o.done(); err != nil {
		return err
	}
	token, ends, err := a.Signer.Ticket(subject, screen, topics, a.Now())
	if err != nil {
		return fault.Internal(err)
	}
	return send(c, fiber.StatusOK, struct {
		Ticket    string    `json:"ticket"`
		ExpiresAt time.Time `json:"expires_at"`
	}{token, ends})
}

func (a *API) readTopics(ctx context.Context, o *object) ([]string, error) {
	items := o.list("topics")
	if len(items) == 0 || len(items) > mostTopics {
		o.wrong("topics", "required", "Cần từ 1 đến %d chủ đề.", mostTopics)
		return nil, nil
	}
	var topics []string
	for _, v := range items {
		if v.kind != isText {
			o.wrongType("topics", isText, v.kind)
			return nil, nil
		}
		name := unquote(v.raw)
		ok, err := a.exists(ctx, name)
		if err != nil {
			return nil, err
		}
		if !ok {
			o.wrong("topics", "unknown", "Không có chủ đề %q.", clip(name))
			continue
		}
		topics = append(topics, name)
	}
	return topics, nil
}

// exists reports whether a topic's area, unit or screen is one of ours; the control topic is nobody's.
func (a *API) exists(ctx context.Context, name string) (bool, error) {
	t, err := schema.ParseTopic(name)
	if err != nil {
		return false, nil //nolint:nilerr // what cannot be read does not exist
	}
	switch t.Audience {
	case schema.Ops, schema.Wall, schema.Public:
		return slices.Equal(a.Atlas.Tree.Path(t.Division, t.Area()), t.Path), nil
	case schema.Unit:
		return a.units[t.Area()], nil
	case schema.Screen:
		_, err := a.screen(ctx, t.Area())
		return err == nil, unlessNotFound(err)
	}
	return false, nil
}

// readScreen is whom the ticket names, and whether it is a screen's. "screen" may be true or the screen's name. Of a
// person it says nothing.
func (a *API) readScreen(ctx context.Context, o *object) (subject string, screen bool, err error) {
	for _, m := range o.value.members {
		if m.name == "screen" && m.value.kind == isText {
			id := o.text("screen")
			if _, err := a.screen(ctx, id); err != nil {
				o.wrong("screen", "unknown", "Không có màn hình này.")
				return "", true, unlessNotFound(err)
			}
			return "screen:" + clip(id), true, nil
		}
	}
	if o.flag("screen") {
		return "screen:" + rand.Text()[:12], true, nil
	}
	return "desk:" + rand.Text()[:12], false, nil
}
