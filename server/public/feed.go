package public

import (
	"context"
	"encoding/xml"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/follow"
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
		Old     string      `xml:"subtitle,omitempty"` // says so when newer data cannot be read
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
		Kind    *atomKind  `xml:"category,omitempty"`
		Content *atomText  `xml:"content,omitempty"`
	}
	atomKind struct {
		Term  string `xml:"term,attr"`
		Label string `xml:"label,attr"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Lang string `xml:"xml:lang,attr,omitempty"`
		Text string `xml:",chardata"`
	}
)

// newFeed is a feed without entries, of the page at an address of this house.
func (s *Site) newFeed(base string, l look, path, page string) *atomFeed {
	f := &atomFeed{
		Lang: "vi", Author: atomAuthor{s.centre()}, Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{{"self", "application/atom+xml", base + path}, {"alternate", "text/html", base + page}},
	}
	if l.English {
		f.Lang = "en"
	}
	return f
}

// baseOf is this house as the caller knows it, without a path.
func (s *Site) baseOf(c *fiber.Ctx) string {
	if s.Frame.HTTPS(c.Context()) {
		return "https://" + string(c.Context().Host())
	}
	return "http://" + string(c.Context().Host())
}

// add puts an entry at the top. Entries come in the order of what they tell, so the newest is read first.
func (f *atomFeed) add(e atomEntry) {
	if e.Links == nil {
		e.Links = f.Links[1:]
	}
	f.Entries = slices.Insert(f.Entries, 0, e)
	f.Updated = max(f.Updated, e.Updated) // both in UTC
}

// feedID names something by words that nobody can find it from: it is keyed.
func (s *Site) feedID(words string) string {
	return "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(s.Receipts.Secret("feed "+words))).String()
}

func (s *Site) sendFeed(c *fiber.Ctx, f *atomFeed) error {
	body, err := f.write()
	if err != nil {
		return err
	}
	// Made for one reader: packing it would cost more than it spares.
	door.Prepare(door.Content{Body: body, Type: atomType, Cache: door.CacheAsk, Vary: "Cookie", Gzip: body, Brotli: body}).Serve(c.Context())
	return nil
}

func (f *atomFeed) write() ([]byte, error) {
	body, err := xml.Marshal(f)
	if err != nil {
		return nil, fault.Internal(fmt.Errorf("encode feed: %w", err))
	}
	return append([]byte(xml.Header), body...), nil
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
	feed := s.newFeed(s.baseOf(c), f.look, c.Path(), "/phan-anh/"+f.code)
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
