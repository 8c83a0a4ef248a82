package public

import (
	"context"
	"encoding/xml"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/area"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/follow"
	"toancanh/server/limit"
	"toancanh/server/store"
)

const atomType = "application/atom+xml; charset=utf-8"

// The parts of an Atom feed (RFC 4287) that ours have. A library's feed has room for one link only; ours names itself and
// the page it stands for.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Rights  string      `xml:"rights,omitempty"`
		Updated string      `xml:"updated"`
		Author  atomAuthor  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID      string     `xml:"id"`
		Title   string     `xml:"title"`
		Updated string     `xml:"updated"`
		Links   []atomLink `xml:"link"`
		Content *atomText  `xml:"content,omitempty"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Lang string `xml:"xml:lang,attr,omitempty"`
		Text string `xml:",chardata"`
	}
)

// newFeed is a feed without entries, of the page at an address of this house.
func (s *Site) newFeed(c *fiber.Ctx, l look, page string) *atomFeed {
	base := "http://"
	if s.Frame.HTTPS(c.Context()) {
		base = "https://"
	}
	base += string(c.Context().Host())
	f := &atomFeed{
		Lang: "vi", Author: atomAuthor{s.centre()}, Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{{"self", "application/atom+xml", base + c.Path()}, {"alternate", "text/html", base + page}},
	}
	if l.English {
		f.Lang = "en"
	}
	return f
}

// add puts an entry at the top. Entries come in the order of what they tell, so the newest is read first.
func (f *atomFeed) add(e atomEntry) {
	e.Links = f.Links[1:]
	f.Entries = slices.Insert(f.Entries, 0, e)
	f.Updated = max(f.Updated, e.Updated) // both in UTC
}

// feedID names something by words that nobody can find it from: it is keyed.
func (s *Site) feedID(words string) string {
	return "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(s.Receipts.Secret("feed "+words))).String()
}

func (s *Site) sendFeed(c *fiber.Ctx, f *atomFeed) error {
	body, err := xml.Marshal(f)
	if err != nil {
		return fault.Internal(fmt.Errorf("encode feed: %w", err))
	}
	body = append([]byte(xml.Header), body...)
	// Made for one reader: packing it would cost more than it spares.
	door.Prepare(door.Content{Body: body, Type: atomType, Cache: door.CacheAsk, Vary: "Cookie", Gzip: body, Brotli: body}).Serve(c.Context())
	return nil
}

// getReportFeed tells what everybody with the code may read of a report. The secret says nothing more here.
func (s *Site) getReportFeed(c *fiber.Ctx) error {
	f, _, err := s.readFollowed(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	sight, err := s.Follow.Look(ctx, f.code, "")
	if fault.Is(err, fault.KindNotFound) {
		return errNoReport
	}
	if err != nil {
		return err
	}
	return s.sendFeed(c, s.reportFeed(c, f, sight))
}

func (s *Site) reportFeed(c *fiber.Ctx, f followed, sight follow.Sight) *atomFeed {
	feed := s.newFeed(c, f.look, "/phan-anh/"+f.code)
	feed.ID, feed.Title = s.feedID(f.code), s.book.say(f.look, "report title", f.code)
	if sight.Origin != "real" {
		feed.Rights = s.book.say(f.look, "simulated")
	}
	at := sight.ReceivedHour
	for i, step := range sight.Steps {
		// A day is all that is told; it begins at its midnight, and never before the step before it.
		if midnight, err := time.ParseInLocation(time.DateOnly, step.Date, s.Location); err == nil && midnight.After(at) {
			at = midnight
		}
		e := atomEntry{
			ID:    s.feedID(fmt.Sprintf("%s %d", f.code, i)),
			Title: s.book.say(f.look, "step "+step.Step), Updated: at.UTC().Format(time.RFC3339),
		}
		if step.Step == "published" && i == lastOf(sight, "published") && sight.Text != "" {
			e.Content = &atomText{Type: "text", Lang: "vi", Text: sight.Text}
		}
		if step.Text != "" {
			e.Content = &atomText{Type: "text", Lang: "vi", Text: step.Text}
		}
		feed.add(e)
	}
	return feed
}

// lastOf is where a step comes last; -1 when nowhere.
func lastOf(sight follow.Sight, word string) int {
	last := -1
	for i, step := range sight.Steps {
		if step.Step == word {
			last = i
		}
	}
	return last
}

// getAreaFeed tells the newest published results of an area.
func (s *Site) getAreaFeed(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	key, here, err := s.areaKey(c)
	if err != nil {
		return err
	}
	key.look, _ = s.lookOf(c)
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	results, err := s.Pictures.Results(ctx, s.Division, s.leavesIn(key))
	if err != nil {
		return err
	}
	return s.sendFeed(c, s.areaFeed(c, key, here, results))
}

func (s *Site) areaFeed(c *fiber.Ctx, key pageKey, here area.Area, results []store.Published) *atomFeed {
	feed := s.newFeed(c, key.look, s.areaURL(key.division, key.area))
	feed.ID = s.feedID(key.division + "/" + key.area)
	feed.Title = s.book.say(key.look, "feed title", titleOf(here, key.look), s.centre())
	if s.Origin != "real" {
		feed.Rights = s.book.say(key.look, "simulated")
	}
	for _, r := range slices.Backward(results) {
		code, _ := s.Atlas.Tree.Successor(s.Division, r.Area, key.division)
		at, _ := s.Atlas.Tree.Get(key.division, code)
		category, _ := s.Rules.Category(r.Category)
		published := r.PublishedAt.Format(time.RFC3339)
		feed.add(atomEntry{
			ID: s.feedID(r.Code + " " + published), Title: category.Name + " – " + titleOf(at, key.look), Updated: published,
			Content: &atomText{Type: "text", Lang: "vi", Text: r.Text},
		})
	}
	return feed
}

// leavesIn are the innermost areas of the reports' division that lie in an area of any division.
func (s *Site) leavesIn(key pageKey) []string {
	tree := s.Atlas.Tree
	list := []string{}
	for _, leaf := range tree.Leaves(s.Division) {
		code, ok := tree.Successor(s.Division, leaf.Code, key.division)
		if ok && slices.Contains(tree.Path(key.division, code), key.area) {
			list = append(list, leaf.Code)
		}
	}
	return list
}

// areaKey finds the area in the address; a division's prefix may be left out.
func (s *Site) areaKey(c *fiber.Ctx) (pageKey, area.Area, error) {
	division, code := c.Params("division"), c.Params("area")
	if _, ok := s.Atlas.Tree.Division(division); !ok {
		division = "vn-" + division
	}
	here, ok := s.Atlas.Tree.Get(division, code)
	if !ok {
		return pageKey{}, here, fault.NotFound("Không có trang của địa bàn này.")
	}
	return pageKey{kind: areaKind, division: division, area: code}, here, nil
}
