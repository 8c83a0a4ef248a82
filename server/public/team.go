package public

import (
	"context"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// Visits is what a member of a community team (tổ công nghệ số cộng đồng) is asked to look at, and tells of it.
type Visits interface {
	OpenVisits(ctx context.Context, personID string) (list []store.OpenVisit, teams []string, err error)
	Arrive(ctx context.Context, s intake.OnSite) (report.Visit, error)
	Found(ctx context.Context, s intake.OnSite) (report.Visit, error)
	visitPhotos
}

const pathTeam = "/to-cong-nghe"

// teamPage is what a team's members see on their phones.
type teamPage struct {
	Teams   []string
	Visits  []visitShown
	Said    string // what was just done: den, anh, xong; empty for nothing
	Message string // why it was not done
	SignIn  bool   // nobody is signed in
}

// visitShown is one visit with its report as a team may see it.
type visitShown struct {
	view.TeamReport
	ID                    string
	CategoryName, Place   string
	Asked, Received, Note string
	Arrived               string // empty before
	Metres                string // from the place reported; empty when the phone did not say
	Map                   template.URL
	Photos                []string // ids of what can be seen
	Typed                 string   // a result that was not taken
	Wrong                 string   // why it was not
}

// Fault is what is wrong with its result.
func (v visitShown) Fault() formFault { return formFault{"result-" + v.ID, v.Wrong} }

func (s *Site) teamRoutes(app *fiber.App) {
	if s.Visits == nil {
		return
	}
	app.Get(pathTeam, s.getTeam)
	app.Post(pathTeam+"/:visit/den", s.Frame.SameSite, s.postArrival)
	s.Frame.BulkOf(pathTeam+"/", "/anh", photo.MaxBytes+mostEnvelope)
	app.Get(pathTeam+"/:visit/anh/:photo", s.getVisitPhoto)
	app.Post(pathTeam+"/:visit/anh", s.Frame.SameSite, s.postVisitPhoto)
	app.Post(pathTeam+"/:visit/xong", s.Frame.SameSite, s.postFound)
}

func (s *Site) getTeam(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	l, moved := s.lookOf(c)
	if moved {
		return c.Redirect(pathTeam, fiber.StatusSeeOther)
	}
	who, err := s.Member(c)
	if fault.Is(err, fault.KindUnauthenticated) {
		c.Status(fiber.StatusUnauthorized)
		return s.sendTeam(c, l, teamPage{SignIn: true})
	}
	if err != nil {
		return err
	}
	page, err := s.teamPage(c, l, who)
	if err != nil {
		return err
	}
	if said := c.Query("bao"); said == "den" || said == "anh" || said == "xong" {
		page.Said = said
	}
	return s.sendTeam(c, l, page)
}

func (s *Site) teamPage(c *fiber.Ctx, l look, who string) (teamPage, error) {
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	list, teams, err := s.Visits.OpenVisits(ctx, who)
	if err != nil {
		return teamPage{}, err
	}
	page := teamPage{Teams: teams}
	for _, v := range list {
		shown := s.showVisit(v, l)
		if v.Report.Photos > 0 {
			photos, err := s.Visits.Photos(ctx, v.ReportID)
			if err != nil {
				return teamPage{}, err
			}
			for _, p := range photos {
				shown.Photos = append(shown.Photos, p.ID)
			}
		}
		page.Visits = append(page.Visits, shown)
	}
	return page, nil
}

func (s *Site) showVisit(v store.OpenVisit, l look) visitShown {
	shown := visitShown{
		TeamReport: view.ForTeam(v.Report, s.Location), ID: v.ID, Asked: s.moment(&v.AskedAt), Note: v.Note,
		Arrived: s.moment(v.ArrivedAt),
	}
	if v.Metres != nil {
		shown.Metres = strconv.Itoa(*v.Metres)
	}
	shown.Received = shown.ReceivedAt.In(s.Location).Format("15 giờ 02/01/2006")
	if l.English {
		shown.Received = shown.ReceivedAt.In(s.Location).Format("15:00 02/01/2006")
	}
	if k, ok := s.Rules.Category(shown.Category); ok {
		shown.CategoryName = k.Name
	}
	if at, ok := s.Atlas.Tree.Get(shown.Division, shown.Area); ok {
		shown.Place = titleOf(at, l)
	}
	// Two numbers; whatever map the phone has opens them, and none is named to another server.
	shown.Map = template.URL(fmt.Sprintf("geo:%.5f,%.5f", shown.Lat, shown.Lon)) //nolint:gosec // numbers alone
	return shown
}

func (s *Site) sendTeam(c *fiber.Ctx, l look, page teamPage) error {
	m := s.model(c, l)
	m.Title, m.Closed, m.Here, m.Page = "Tổ công nghệ số cộng đồng", true, pathTeam, page
	if l.English {
		m.Title = "Community digital team"
	}
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	return s.send(c, "team", m)
}

// onSite reads what a member says about a visit.
func (s *Site) onSite(c *fiber.Ctx) (intake.OnSite, error) {
	if err := s.Frame.Limit(c, limit.Writes(), ""); err != nil {
		return intake.OnSite{}, err
	}
	if err := door.TakesForm(c, mostForm); err != nil {
		return intake.OnSite{}, err
	}
	return s.member(c)
}

// member is who asks for which visit.
func (s *Site) member(c *fiber.Ctx) (intake.OnSite, error) {
	who, err := s.Member(c)
	if err != nil {
		return intake.OnSite{}, err
	}
	id, err := uuid.Parse(c.Params("visit"))
	if err != nil {
		return intake.OnSite{}, fault.NotFound("Không có yêu cầu xác minh này.")
	}
	return intake.OnSite{Visit: id.String(), PersonID: who}, nil
}

func (s *Site) postArrival(c *fiber.Ctx) error {
	said, err := s.onSite(c)
	if err != nil {
		return err
	}
	// Without both numbers the phone did not say where it is: being there counts all the same.
	form := c.Request().PostArgs()
	lat, errLat := degrees(string(form.Peek("lat")))
	lon, errLon := degrees(string(form.Peek("lon")))
	if errLat == nil && errLon == nil {
		said.Here = &report.Point{Lat: lat, Lon: lon}
	}
	return s.told(c, said, "den", s.Visits.Arrive)
}

func (s *Site) postFound(c *fiber.Ctx) error {
	said, err := s.onSite(c)
	if err != nil {
		return err
	}
	said.Result = strings.ToValidUTF8(string(c.Request().PostArgs().Peek("result")), "�")
	return s.told(c, said, "xong", s.Visits.Found)
}

// told says what happened. Pressing twice, as people do in a poor network, finds it done and is told so. What cannot be
// taken stands on the page again, with what was typed.
func (s *Site) told(c *fiber.Ctx, said intake.OnSite, what string, tell func(context.Context, intake.OnSite) (report.Visit, error)) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	_, err := tell(ctx, said)
	if fault.Is(err, fault.KindConflict) {
		if reason := fault.Items(err)[0].Reason; reason == "arrived" || reason == "done" {
			err = nil
		}
	}
	if err == nil {
		return c.Redirect(pathTeam+"?bao="+what, fiber.StatusSeeOther)
	}
	kind := fault.KindOf(err)
	if kind != fault.KindInvalid && kind != fault.KindConflict && kind != fault.KindUnavailable {
		return err
	}
	l, _ := s.lookOf(c)
	page, readErr := s.teamPage(c, l, said.PersonID)
	if readErr != nil {
		return err // what went wrong first
	}
	c.Status(fiber.StatusUnprocessableEntity)
	if kind == fault.KindUnavailable {
		c.Status(fiber.StatusServiceUnavailable)
		c.Set(fiber.HeaderRetryAfter, "5")
	}
	page.Message = fault.Message(err)
	for i, v := range page.Visits {
		if v.ID == said.Visit {
			page.Visits[i].Typed = said.Result
			if kind == fault.KindInvalid {
				page.Visits[i].Wrong = page.Message
			}
		}
	}
	return s.sendTeam(c, l, page)
}
