package public

import (
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/limit"
	"toancanh/server/store"
	"toancanh/server/warning"
)

// mostFeedEntries bounds a feed of an area.
const mostFeedEntries = 50

// warningFeed is the word in the address of a feed that tells warnings instead of the results of a category.
const warningFeed = "canh-bao"

// feedKey names one feed in one language, for readers who know this house by one address.
type feedKey struct {
	division, area string
	about          string // a category, warningFeed, or empty: results of all categories
	english        bool
	base           string
}

func (s *Site) feedRoutes(app *fiber.App) {
	app.Get("/tinh-hinh/:division/:area/feed.atom", s.getAreaFeed)
	app.Get("/tinh-hinh/:division/:area/:about/feed.atom", s.getAreaFeed)
}

// feedURL is the address of a feed of an area.
func feedURL(division, code, about string) string {
	path := "/tinh-hinh/" + strings.TrimPrefix(division, "vn-") + "/" + code
	if about != "" {
		path += "/" + about
	}
	return path + "/feed.atom"
}

// getAreaFeed tells the newest published results of an area, all or of one category, or its warnings. Like the pages it is
// made of the newest edition alone, once, for all its readers.
func (s *Site) getAreaFeed(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	page, err := s.areaKey(c)
	if err != nil {
		return err
	}
	l, _ := s.lookOf(c)
	// Fiber's words are only lent for this request; the key stays.
	key := feedKey{strings.Clone(page.division), strings.Clone(page.area), strings.Clone(c.Params("about")), l.English, s.baseOf(c)}
	if _, ok := s.Rules.Category(key.about); !ok && key.about != "" && key.about != warningFeed {
		return fault.NotFound("Không có nguồn tin này: sau địa bàn là mã một lĩnh vực hoặc %s.", warningFeed)
	}
	e := s.now.Load()
	if e.condition == missing {
		return fault.Unavailable("Chưa đọc được số liệu, xin thử lại sau ít giây.")
	}
	p, err := s.feed(e, key)
	if err != nil {
		return err
	}
	p.Serve(c.Context())
	return nil
}

// feed is a feed of the edition, made at the first request for it.
func (s *Site) feed(e *edition, key feedKey) (*door.Prepared, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p, ok := e.feeds[key]; ok {
		return p, nil
	}
	f := s.resultFeed
	if key.about == warningFeed {
		f = s.warningFeed
	}
	feed, l := f(e, key), look{English: key.english}
	if s.Origin != "real" {
		feed.Rights = s.book.say(l, "simulated")
	}
	if e.condition == old {
		feed.Old = s.book.say(l, "feed old", e.picture.At.In(s.Location).Format("15:04:05 02/01/2006"))
	}
	body, err := feed.write()
	if err != nil {
		return nil, err
	}
	p := door.Prepare(door.Content{Body: body, Type: atomType, Cache: door.CacheAsk, Vary: "Cookie"})
	if len(e.feeds) >= mostPages {
		clear(e.feeds)
	}
	e.feeds[key] = p
	return p, nil
}

func (s *Site) resultFeed(e *edition, key feedKey) *atomFeed {
	l := look{English: key.english}
	here, _ := s.Atlas.Tree.Get(key.division, key.area)
	feed := s.newFeed(key.base, l, feedURL(key.division, key.area, key.about), s.areaURL(key.division, key.area))
	feed.ID = s.feedID(strings.TrimSuffix(key.division+"/"+key.area+"/"+key.about, "/"))
	feed.Title = s.book.say(l, "feed title", titleOf(here, l), s.centre())
	if key.about != "" {
		only, _ := s.Rules.Category(key.about)
		feed.Title = only.Name + " – " + feed.Title
	}
	leaves := s.leavesIn(key.division, key.area)
	var told []store.Published
	for _, r := range e.picture.Results {
		if len(told) < mostFeedEntries && (key.about == "" || r.Category == key.about) && slices.Contains(leaves, r.Area) {
			told = append(told, r)
		}
	}
	for _, r := range slices.Backward(told) {
		code, _ := s.Atlas.Tree.Successor(s.Division, r.Area, key.division)
		at, _ := s.Atlas.Tree.Get(key.division, code)
		category, _ := s.Rules.Category(r.Category)
		published := r.PublishedAt.Format(time.RFC3339)
		feed.add(atomEntry{
			ID: s.feedID(r.Code + " " + published), Title: category.Name + " – " + titleOf(at, l), Updated: published,
			Kind: &atomKind{category.Code, category.Name}, Content: &atomText{Type: "text", Lang: "vi", Text: r.Text},
		})
	}
	return feed
}

// warningFeed tells the messages to the public that are of an area, of one around it or of one in it. One that has ended
// stays for as long as the picture has it, and says so.
func (s *Site) warningFeed(e *edition, key feedKey) *atomFeed {
	l := look{English: key.english}
	here, _ := s.Atlas.Tree.Get(key.division, key.area)
	feed := s.newFeed(key.base, l, feedURL(key.division, key.area, warningFeed), s.areaURL(key.division, key.area))
	feed.Links = append(feed.Links, atomLink{"related", "application/atom+xml", key.base + "/feed/alerts.atom"})
	feed.ID, feed.Title = s.feedID(key.division+"/"+key.area+"/"+warningFeed), s.book.say(l, "feed warnings title", titleOf(here, l), s.centre())
	leaves := s.leavesIn(key.division, key.area)
	var told []atomEntry
	for _, w := range e.picture.Sent {
		if len(told) < mostFeedEntries && s.concerns(w.Areas, leaves) {
			told = append(told, s.warningEntry(w, e.picture.At, key))
		}
	}
	slices.SortStableFunc(told, func(a, b atomEntry) int { return strings.Compare(a.Updated, b.Updated) }) // all in UTC
	for _, entry := range told {
		feed.add(entry)
	}
	return feed
}

func (s *Site) warningEntry(w store.WarningSent, now time.Time, key feedKey) atomEntry {
	l := look{English: key.english}
	entry := atomEntry{
		ID: s.feedID("warning " + w.ID), Title: w.Title, Content: &atomText{Type: "text", Lang: "vi", Text: w.Summary},
		Links: []atomLink{
			{"alternate", warning.MediaType, key.base + "/feed/cap/" + w.ID + ".xml"},
			{"related", "text/html", key.base + s.areaURL(key.division, key.area)},
		},
	}
	if key.english && w.TitleEN != "" {
		entry.Title = w.TitleEN
	}
	updated, state := w.SentAt, ""
	switch {
	case w.EndedAt != nil && w.EndedAs == warning.Cancel:
		updated, state = *w.EndedAt, s.book.say(l, "feed warning cancelled")
	case w.EndedAt != nil:
		updated, state = *w.EndedAt, s.book.say(l, "feed warning replaced")
	case w.MsgType == warning.Cancel:
		state = s.book.say(l, "feed warning cancels")
	case !w.ExpiresAt.After(now):
		updated, state = w.ExpiresAt, s.book.say(l, "feed warning ended")
	}
	entry.Updated = updated.Format(time.RFC3339)
	if state != "" {
		entry.Title = state + " – " + entry.Title
	}
	if w.Status != warning.Actual {
		entry.Title = s.book.say(l, "feed warning exercise") + " – " + entry.Title
	}
	return entry
}

// concerns reports whether areas of the reports' division, of any level, have something in common with innermost areas.
func (s *Site) concerns(areas, leaves []string) bool {
	return slices.ContainsFunc(leaves, func(leaf string) bool {
		return slices.ContainsFunc(s.Atlas.Tree.Path(s.Division, leaf), func(code string) bool { return slices.Contains(areas, code) })
	})
}

// leavesIn are the innermost areas of the reports' division that lie in an area of any division.
func (s *Site) leavesIn(division, in string) []string {
	tree := s.Atlas.Tree
	list := []string{}
	for _, leaf := range tree.Leaves(s.Division) {
		code, ok := tree.Successor(s.Division, leaf.Code, division)
		if ok && slices.Contains(tree.Path(division, code), in) {
			list = append(list, leaf.Code)
		}
	}
	return list
}

// areaKey finds the area in the address; a division's prefix may be left out.
func (s *Site) areaKey(c *fiber.Ctx) (pageKey, error) {
	division, code := c.Params("division"), c.Params("area")
	if _, ok := s.Atlas.Tree.Division(division); !ok {
		division = "vn-" + division
	}
	if _, ok := s.Atlas.Tree.Get(division, code); !ok {
		return pageKey{}, fault.NotFound("Không có trang của địa bàn này.")
	}
	return pageKey{kind: areaKind, division: division, area: code}, nil
}
