package api

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/fault"
)

// mostTopics bounds one ticket.
const mostTopics = 20

func (a *API) postTicket(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	who := asking(c)
	topics, err := a.readTopics(ctx, o, who.Principal)
	if err != nil {
		return err
	}
	subject, screen, err := a.readScreen(ctx, o)
	if err != nil {
		return err
	}
	switch {
	case who.Pairing != nil: // ends with the pairing, and lasts a day
		subject, screen = who.Pairing.Subject, true
	case who.Desk != nil: // the desk's own: it stays while people come and go, and ends with the desk
		subject, screen = who.ID, false
	case who.Session != nil: // a person's ticket ends with the session and is short, whatever page asks for it
		subject, screen = who.Session.Subject, false
	case who.Key != nil: // ends with the key, and when it is changed; short, so that a secret that opens no more soon hears no more
		subject, screen = who.Key.Subject(), false
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

// readTopics reads the topics; of one the caller may not hear it says what it says of one that does not exist.
func (a *API) readTopics(ctx context.Context, o *object, who access.Principal) ([]string, error) {
	units, err := a.unitsNow(ctx)
	if err != nil {
		return nil, err
	}
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
		ok, err := a.exists(ctx, name, units)
		if err != nil {
			return nil, err
		}
		if !ok || !mayHear(who, name) {
			o.wrong("topics", "unknown", "Không có chủ đề %q.", clip(name))
			continue
		}
		topics = append(topics, name)
	}
	return topics, nil
}

// mayHear reports whether somebody may listen to a topic.
func mayHear(who access.Principal, topic string) bool {
	action, about, ok := access.Listen(topic)
	return ok && access.Decide(who, action, about) == access.Allow
}

// exists reports whether a topic's area, unit or screen is one of ours; the control topic is nobody's.
func (a *API) exists(ctx context.Context, name string, units map[string]bool) (bool, error) {
	t, err := schema.ParseTopic(name)
	if err != nil {
		return false, nil //nolint:nilerr // what cannot be read does not exist
	}
	switch t.Audience {
	case schema.Ops, schema.Wall, schema.Public:
		return slices.Equal(a.Atlas.Tree.Path(t.Division, t.Area()), t.Path), nil
	case schema.Unit:
		_, ok := units[t.Area()]
		return ok, nil
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
