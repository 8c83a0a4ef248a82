package public

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/limit"
	"toancanh/server/report"
	"toancanh/server/view"
)

// followPage is a report as the holder of its code sees it.
type followPage struct {
	view.FollowReport
	New                     bool // just sent
	CategoryName, AreaName  string
	Received, Due, Resolved string
	Published, AnswerBefore string
}

func (s *Site) getFollow(c *fiber.Ctx) error {
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	if err := s.Frame.Limit(c, limit.Follows(), ""); err != nil {
		return err
	}
	code, ok := report.ParseCode(c.Params("code"))
	if !ok {
		return errNoReport
	}
	l, moved := s.lookOf(c)
	if moved || c.Params("code") != code {
		return c.Redirect("/phan-anh/"+code, fiber.StatusSeeOther)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	r, err := s.Follow(ctx, code)
	if fault.Is(err, fault.KindNotFound) {
		return errNoReport
	}
	if err != nil {
		return err
	}
	page := s.followPage(r, l)
	page.New = c.Query("moi") == "1"
	m := s.model(c, l)
	m.Title, m.Closed, m.Banner, m.Page = code, true, r.Origin != string(report.Real), page
	return s.send(c, "follow", m)
}

//nolint:gochecknoglobals // an error value
var errNoReport = fault.NotFound("Không có phản ánh mang mã này, hoặc phản ánh đã được thu hồi.")

func (s *Site) followPage(r view.FollowReport, l look) followPage {
	page := followPage{FollowReport: r}
	if k, ok := s.Rules.Category(r.Category); ok {
		page.CategoryName = k.Name
	}
	if at, ok := s.Atlas.Tree.Get(s.Division, r.Area); ok {
		page.AreaName = titleOf(at, l)
	}
	page.Received = r.ReceivedHour.In(s.Location).Format("15 giờ 02/01/2006")
	if l.English {
		page.Received = r.ReceivedHour.In(s.Location).Format("15:00 02/01/2006")
	}
	page.Due, page.Resolved = day(r.DueDate), day(r.ResolvedDate)
	page.Published, page.AnswerBefore = s.moment(r.PublishedAt), s.moment(r.AnswerUntil)
	return page
}

// day writes a date of the API as people here do.
func day(date *string) string {
	if date == nil {
		return ""
	}
	at, err := time.Parse(time.DateOnly, *date)
	if err != nil {
		return *date
	}
	return at.Format("02/01/2006")
}

func (s *Site) moment(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.In(s.Location).Format("15:04 02/01/2006")
}
