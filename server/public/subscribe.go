package public

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/limit"
	"toancanh/server/report"
)

const subscribeKind kind = "theo-doi"

// pathSubscribe is where those who want to hear of public facts find how.
const pathSubscribe = "/theo-doi"

func (s *Site) subscribeRoutes(app *fiber.App) {
	app.Get(pathSubscribe, s.getSubscribe)
	app.Get(pathSubscribe+"/nguon-tin", s.getChosenFeed)
	app.Get(pathSubscribe+"/worker.js", getWorker(s.teller))
}

// prepareTeller reads the service worker that shows public notices. Its address bounds what it may answer, which is nothing.
func (s *Site) prepareTeller() error {
	body, err := pages.ReadFile("pages/subscribe-worker.js")
	if err != nil {
		return err
	}
	s.teller = door.Prepare(door.Content{
		Body: body, Type: "text/javascript; charset=utf-8", Cache: door.CacheAsk,
		Headers: [][2]string{{fiber.HeaderContentSecurityPolicy, workerPolicy}},
	})
	return nil
}

// subscribePage tells of the feeds and, where pushes are on, offers them.
type subscribePage struct {
	Places     []district
	Root       area.Area
	Categories []report.Category
	Kinds      []place // feeds of the whole division
	Key        string
	English    bool
}

// Title is an area's name in the reader's language.
func (p subscribePage) Title(a area.Area) string { return titleOf(a, look{English: p.English}) }

func (s *Site) getSubscribe(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	return s.servePage(c, pageKey{kind: subscribeKind})
}

func (s *Site) subscribeModel(_ *edition, key pageKey) model {
	root, _ := s.Atlas.Tree.Root(s.Division)
	page := subscribePage{
		Places: s.places, Root: root, Categories: s.Rules.Current().Categories, Key: s.PushKey, English: key.look.English,
	}
	for _, c := range page.Categories {
		page.Kinds = append(page.Kinds, place{c.Name, feedURL(s.Division, root.Code, c.Code)})
	}
	return model{
		Title: fmt.Sprintf("%s – %s", s.book.say(key.look, "subscribe"), s.Title), Here: pathSubscribe,
		Feed: feedURL(s.Division, root.Code, ""), Alerts: feedURL(s.Division, root.Code, warningFeed), Still: true, Page: page,
	}
}

// getChosenFeed leads to the feed that somebody chose in the plain form.
func (s *Site) getChosenFeed(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	here, ok := s.Atlas.Tree.Get(s.Division, c.Query("dia-ban"))
	if !ok {
		return fault.Invalid("dia-ban", "Xin chọn một địa bàn.").Because("unknown")
	}
	about := c.Query("loai")
	if _, ok := s.Rules.Category(about); !ok && about != "" && about != warningFeed {
		return fault.Invalid("loai", "Xin chọn một lĩnh vực, cảnh báo hoặc tất cả.").Because("unknown")
	}
	return c.Redirect(strings.Clone(feedURL(s.Division, here.Code, about)), fiber.StatusSeeOther)
}
