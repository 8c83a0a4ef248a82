package api

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// mostTopics bounds one ticket.
const mostTopics = 20

// tinh is the sample's screen of the whole province.
const tinh = "tinh"

func (a *API) postTicket(_ context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	topics := a.readTopics(o)
	subject, screen := a.readScreen(o)
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

func (a *API) readTopics(o *object) []string {
	items := o.list("topics")
	if len(items) == 0 || len(items) > mostTopics {
		o.wrong("topics", "required", "Cần từ 1 đến %d chủ đề.", mostTopics)
		return nil
	}
	var topics []string
	for _, v := range items {
		if v.kind != isText {
			o.wrongType("topics", isText, v.kind)
			return nil
		}
		name := unquote(v.raw)
		if !a.exists(name) {
			o.wrong("topics", "unknown", "Không có chủ đề %q.", clip(name))
			continue
		}
		topics = append(topics, name)
	}
	return topics
}

// exists reports whether a topic's area, unit or screen is one of ours; the control topic is nobody's.
func (a *API) exists(name string) bool {
	t, err := schema.ParseTopic(name)
	if err != nil {
		return false
	}
	switch t.Audience {
	case schema.Ops, schema.Wall, schema.Public:
		return slices.Equal(a.Atlas.Tree.Path(t.Division, t.Area()), t.Path)
	case schema.Unit:
		return a.units[t.Area()]
	case schema.Screen:
		_, ok := a.screen(t.Area())
		return ok
	}
	return false
}

// readScreen is whom the ticket names, and whether it is a screen's. "screen" may be true or the screen's name. Of a
// person it says nothing.
func (a *API) readScreen(o *object) (subject string, screen bool) {
	for _, m := range o.value.members {
		if m.name == "screen" && m.value.kind == isText {
			id := o.text("screen")
			if _, ok := a.screen(id); !ok {
				o.wrong("screen", "unknown", "Không có màn hình này.")
			}
			return "screen:" + clip(id), true
		}
	}
	if o.flag("screen") {
		return "screen:" + rand.Text()[:12], true
	}
	return "desk:" + rand.Text()[:12], false
}

// screen finds what a screen shows: the whole province, or the area whose code it is named by.
func (a *API) screen(id string) (area.Area, bool) {
	if id == tinh {
		return a.Atlas.Tree.Root(a.Division)
	}
	return a.Atlas.Tree.Get(a.Division, id)
}

type screenShown struct {
	Screen        string        `json:"screen"`
	Title         string        `json:"title"`
	Division      string        `json:"division"`
	DivisionLabel string        `json:"division_label"`
	Area          string        `json:"area"`
	AreaName      string        `json:"area_name"`
	Topics        []string      `json:"topics"`
	Credit        string        `json:"credit"`
	Schematic     bool          `json:"schematic"`
	Origin        report.Origin `json:"origin"`
	Timezone      string        `json:"timezone"`
	Build         string        `json:"build"`
}

func (a *API) getScreen(_ context.Context, c *fiber.Ctx) error {
	id := c.Params("screen")
	at, ok := a.screen(id)
	if !ok {
		return fault.NotFound("Không có màn hình này.")
	}
	division, _ := a.Atlas.Tree.Division(a.Division)
	name := inSentence(at)
	shown := screenShown{
		Screen: id, Title: a.Title + " " + name, Division: a.Division, DivisionLabel: division.Label,
		Area: at.Code, AreaName: name,
		Topics: []string{schema.AreaTopic(schema.Wall, a.Division, a.Atlas.Tree.Path(a.Division, at.Code)...)},
		Origin: a.Origin, Timezone: a.Location.String(), Build: a.Build,
	}
	if m, ok := a.Atlas.Map(a.Division); ok {
		shown.Credit, shown.Schematic = m.Credit, m.Schematic
	}
	return send(c, fiber.StatusOK, shown)
}
