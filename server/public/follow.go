package public

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/follow"
	"toancanh/server/limit"
	"toancanh/server/report"
)

// Follow answers those who follow a report.
type Follow interface {
	Look(ctx context.Context, code, secret string) (follow.Sight, error)
	Act(ctx context.Context, code, secret string, act report.Act) (follow.Sight, error)
	Mail(ctx context.Context, code, secret string, to follow.Address) error
}

// The cookie that keeps a receipt's secret on the sender's device. It is sent to the pages of that one report only.
const (
	secretCookie = "giu"
	secretLife   = 90 * 24 * time.Hour
)

// followPage is a report as the holder of its code sees it, and what its sender typed into it.
type followPage struct {
	follow.Sight
	New                     bool   // just sent
	Secret                  string // of the receipt; empty to all but the sender
	CategoryName, AreaName  string
	Received, Due, Resolved string
	Published, AnswerBefore string
	MayUntil                string
	Timeline                []followStep
	Mailed                  bool        // a mail that asks for the confirmation is on its way
	Added                   []photoNote // what became of the photos that its sender has just sent
	NotTaken                bool        // one of them was not taken
	Shots                   []shot
	Typed                   map[string]string
	Wrong                   map[string]string
	Message                 string
}

// followStep is a step with its day as people here write it.
type followStep struct{ Step, Date, Day, Text string }

// Can reports whether the sender may do something now.
func (p followPage) Can(what string) bool { return slices.Contains(p.May, what) }

// Fault is what is wrong with a field.
func (p followPage) Fault(field string) formFault { return formFault{field, p.Wrong[field]} }

// Is reports whether a field holds a value, for a list of choices.
func (p followPage) Is(field, value string) bool { return p.Typed[field] == value }

func (s *Site) routeFollow(app *fiber.App) {
	app.Get("/phan-anh/:code", s.getFollow)
	app.Get("/phan-anh/:code/feed.atom", s.getReportFeed)
	app.Post("/phan-anh/:code/khoa", s.Frame.SameSite, s.postSecret)
	app.Post("/phan-anh/:code/bo-sung", s.Frame.SameSite, s.postFollow(func(typed map[string]string) report.Act {
		return report.Act{Name: report.Supplement, Text: typed["text"]}
	}))
	app.Post("/phan-anh/:code/danh-gia", s.Frame.SameSite, s.postFollow(func(typed map[string]string) report.Act {
		return report.Act{Name: report.Rate, Rating: report.Rating{Solved: report.Solved(typed["solved"]), Manner: report.Manner(typed["manner"])}}
	}))
	app.Post("/phan-anh/:code/xu-ly-lai", s.Frame.SameSite, s.postFollow(func(typed map[string]string) report.Act {
		return report.Act{Name: report.Reopen, Reason: typed["reason"]}
	}))
	app.Post("/phan-anh/:code/anh", s.Frame.SameSite, s.postPhotos)
	app.Post("/phan-anh/:code/thu", s.Frame.SameSite, s.postMail)
	for _, deed := range s.mailDeeds() {
		app.Get(deed.path, s.getMailLink(deed))
		app.Post(deed.path, s.Frame.SameSite, s.postMailLink(deed))
	}
}

// followed is a request about one report.
type followed struct {
	code, secret string
	look         look
	filled
}

// readFollowed reads a request about a report and counts it. moved is true when the address should be another one.
func (s *Site) readFollowed(c *fiber.Ctx) (f followed, moved bool, err error) {
	// The code stays in the house; a form's origin must still be told (no-referrer would hide it from ourselves).
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	if err := s.Frame.Limit(c, limit.Follows(), ""); err != nil {
		return f, false, err
	}
	code, ok := report.ParseCode(c.Params("code"))
	if !ok {
		return f, false, errNoReport
	}
	f = followed{code: code, secret: c.Cookies(secretCookie), filled: filled{typed: map[string]string{}}}
	f.look, moved = s.lookOf(c)
	if c.Method() == fiber.MethodPost {
		if f.filled, err = readForm(c, []string{"secret", "forget", "text", "solved", "manner", "reason", "email"}); err != nil {
			return f, false, err
		}
		for name, text := range f.typed {
			f.typed[name] = strings.ToValidUTF8(text, "�")
		}
	}
	return f, moved || c.Params("code") != code, nil
}

//nolint:gochecknoglobals // an error value
var errNoReport = fault.NotFound("Không có phản ánh mang mã này, hoặc phản ánh đã được thu hồi.")

func (s *Site) getFollow(c *fiber.Ctx) error {
	f, moved, err := s.readFollowed(c)
	if err != nil {
		return err
	}
	if moved {
		return c.Redirect("/phan-anh/"+f.code, fiber.StatusSeeOther)
	}
	return s.sendFollow(c, f, nil)
}

// sendFollow shows the report, and above it what went wrong with what its sender wanted.
func (s *Site) sendFollow(c *fiber.Ctx, f followed, cause error) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	sight, err := s.Follow.Look(ctx, f.code, f.secret)
	if fault.Is(err, fault.KindNotFound) && f.secret != "" { // of a house with another key, or not ours at all
		if slow := s.Frame.Guessed(c, err); fault.Is(slow, fault.KindTooMany) {
			return slow
		}
		s.keepSecret(c, f.code, "")
		f.secret = ""
		sight, err = s.Follow.Look(ctx, f.code, "")
	}
	if fault.Is(err, fault.KindNotFound) {
		return errNoReport
	}
	if err != nil {
		return err
	}
	page := s.followPage(sight, f)
	page.New, page.Mailed = c.Query("moi") == "1", c.Query("thu") == "1"
	page.takeNotes(c.Query("anh"))
	if cause != nil {
		status, ok := page.blame(cause, f.look)
		if !ok {
			return cause
		}
		c.Status(status)
	}
	m := s.model(c, f.look)
	m.Here = "/phan-anh/" + f.code
	m.Title, m.Closed, m.Banner, m.Page = f.code, true, sight.Origin != string(report.Real), page
	m.Feed = m.Here + "/feed.atom"
	return s.send(c, "follow", m)
}

// blame notes what went wrong; false when it is not for the sender to mend.
func (p *followPage) blame(cause error, l look) (status int, ok bool) {
	switch fault.KindOf(cause) {
	case fault.KindInvalid:
		for _, e := range fault.Items(cause) {
			p.Wrong[e.Field] = e.Message
		}
		p.Message = "Chưa thực hiện được: xin sửa những chỗ dưới đây."
		if l.English {
			p.Message = "This was not done: please correct the fields below."
		}
		return fiber.StatusUnprocessableEntity, true
	case fault.KindConflict:
		p.Message = fault.Message(cause)
		return fiber.StatusConflict, true
	default:
		return 0, false
	}
}

func (s *Site) followPage(sight follow.Sight, f followed) followPage {
	page := followPage{Sight: sight, Typed: f.typed, Wrong: map[string]string{}}
	if sight.Sender {
		page.Secret = f.secret
	}
	if r := sight.Rating; r != nil && page.Typed["solved"] == "" && page.Typed["manner"] == "" {
		page.Typed["solved"], page.Typed["manner"] = r.Solved, r.Manner
	}
	if k, ok := s.Rules.Category(sight.Category); ok {
		page.CategoryName = k.Name
	}
	if at, ok := s.Atlas.Tree.Get(s.Division, sight.Area); ok {
		page.AreaName = titleOf(at, f.look)
	}
	page.Received = sight.ReceivedHour.In(s.Location).Format("15 giờ 02/01/2006")
	if f.look.English {
		page.Received = sight.ReceivedHour.In(s.Location).Format("15:00 02/01/2006")
	}
	page.Due, page.Resolved = day(sight.DueDate), day(sight.ResolvedDate)
	page.Published, page.AnswerBefore = s.moment(sight.PublishedAt), s.moment(sight.AnswerUntil)
	page.MayUntil, page.Shots = s.moment(sight.Until), shots(sight)
	for _, step := range sight.Steps {
		page.Timeline = append(page.Timeline, followStep{step.Step, step.Date, day(&step.Date), step.Text})
	}
	return page
}

// postSecret takes the secret that was typed, or that the page's script found behind the address, into a cookie; or forgets
// it on this device.
func (s *Site) postSecret(c *fiber.Ctx) error {
	f, _, err := s.readFollowed(c)
	if err != nil {
		return err
	}
	if f.typed["forget"] != "" {
		s.keepSecret(c, f.code, "")
		return c.Redirect("/phan-anh/"+f.code, fiber.StatusSeeOther)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	secret := strings.TrimSpace(f.typed["secret"])
	sight, err := s.Follow.Look(ctx, f.code, secret)
	switch {
	case fault.Is(err, fault.KindNotFound) && secret != "":
		if err = s.Frame.Guessed(c, err); fault.Is(err, fault.KindTooMany) {
			return err
		}
		return s.sendFollow(c, f, fault.Invalid("secret", "Mã bí mật không đúng."))
	case err != nil:
		return err
	case !sight.Sender:
		return s.sendFollow(c, f, fault.Invalid("secret", "Chưa nhập mã bí mật."))
	}
	s.keepSecret(c, f.code, secret)
	return c.Redirect("/phan-anh/"+f.code, fiber.StatusSeeOther)
}

// keepSecret keeps a secret on the sender's device; an empty one is taken away.
func (s *Site) keepSecret(c *fiber.Ctx, code, secret string) {
	age := int(secretLife / time.Second)
	if secret == "" {
		age = -1
	}
	c.Cookie(&fiber.Cookie{
		Name: secretCookie, Value: secret, Path: "/phan-anh/" + code, MaxAge: age, HTTPOnly: true,
		SameSite: fiber.CookieSameSiteStrictMode, Secure: s.Frame.HTTPS(c.Context()),
	})
}

// postFollow does an act of the sender.
func (s *Site) postFollow(read func(typed map[string]string) report.Act) fiber.Handler {
	return s.senders(func(ctx context.Context, f followed) error {
		_, err := s.Follow.Act(ctx, f.code, f.secret, read(f.typed))
		return err
	}, "")
}

func (s *Site) postMail(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Mails(), ""); err != nil {
		return err
	}
	return s.senders(func(ctx context.Context, f followed) error {
		return s.Follow.Mail(ctx, f.code, f.secret, follow.Address{Mail: f.typed["email"], English: f.look.English})
	}, "?thu=1")(c)
}

// senders does what only the sender may, and leads back to the page.
func (s *Site) senders(do func(context.Context, followed) error, query string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, _, err := s.readFollowed(c)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
		defer cancel()
		err = do(ctx, f)
		switch {
		case fault.Is(err, fault.KindNotFound):
			return s.Frame.Guessed(c, errNoReport)
		case err != nil:
			return s.sendFollow(c, f, err)
		}
		return c.Redirect("/phan-anh/"+f.code+query, fiber.StatusSeeOther)
	}
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
