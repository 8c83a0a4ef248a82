package api

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

// teamwork is what the store knows of community teams.
type teamwork interface {
	Teams(ctx context.Context, reach access.Reached) ([]store.Team, error)
	Team(ctx context.Context, id string) (store.Team, error)
	SampleTeam(ctx context.Context, t store.Team) error
	AddTeam(ctx context.Context, t store.Team) error
	ChangeTeam(ctx context.Context, t store.Team) error
	TeamBoard(ctx context.Context, p store.Span) ([]store.TeamWork, error)
	Visits(ctx context.Context, reportID string) ([]report.Visit, error)
}

type teamShown struct {
	ID       string             `json:"id"`
	Name     string             `json:"name"`
	Village  string             `json:"village"`
	Division string             `json:"division"`
	Area     string             `json:"area"`
	AreaName string             `json:"area_name"`
	Version  int64              `json:"version"`
	Disabled bool               `json:"disabled"`
	Members  []store.TeamMember `json:"members"`
}

func (a *API) showTeam(t store.Team) teamShown {
	return teamShown{
		t.ID, t.Name, t.Village, t.Division, t.Area, a.areaName(t.Division, t.Area), t.Version, t.Disabled,
		append([]store.TeamMember{}, t.Members...),
	}
}

// listTeams lists the teams of the caller's areas.
func (a *API) listTeams(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	list, err := a.Store.Teams(ctx, access.ReachOf(asking(c).Principal, access.ReadTeams))
	if err != nil {
		return err
	}
	shown := make([]teamShown, len(list))
	for i, t := range list {
		shown[i] = a.showTeam(t)
	}
	return send(c, fiber.StatusOK, map[string]any{"teams": shown})
}

// Bounds of what is written about a team and for it, in characters, and of its members.
const (
	mostTeamName = 120
	mostNote     = 500
	mostMembers  = 50
)

// phrase is one line of text of at most so many characters.
func (o *object) phrase(name string, least, most int) string {
	text := strings.TrimSpace(norm.NFC.String(o.text(name)))
	if n := utf8.RuneCountInString(text); n < least || n > most || strings.ContainsFunc(text, unicode.IsControl) {
		o.wrong(name, "format", "Cần một dòng từ %d đến %d ký tự.", least, most)
	}
	return text
}

// readTeam reads a team; its area is a commune of the division in use.
func (a *API) readTeam(o *object) store.Team {
	t := store.Team{Name: o.phrase("name", 1, mostTeamName), Village: o.phrase("village", 1, mostTeamName), Division: a.Division, Area: o.text("area")}
	levels := a.Atlas.Tree.Levels(a.Division)
	if at, ok := a.Atlas.Tree.Get(a.Division, t.Area); !ok || at.Level != levels[len(levels)-1] {
		o.wrong("area", "unknown", "Không có xã, phường, thị trấn mang mã này.")
	} else {
		t.Path = a.Atlas.Tree.Path(a.Division, t.Area)
	}
	items := o.list("members")
	if len(items) > mostMembers {
		o.wrong("members", "too_many_items", "Một tổ có tối đa %d thành viên.", mostMembers)
		return t
	}
	for _, v := range items {
		id := ""
		if v.kind == isText {
			id = unquote(v.raw)
		}
		if _, err := uuid.Parse(id); err != nil || slices.Contains(t.Members, store.TeamMember{ID: id}) {
			o.wrong("members", "format", "Mỗi mục của members là id của một người dùng, không trùng nhau.")
			break
		}
		t.Members = append(t.Members, store.TeamMember{ID: id})
	}
	return t
}

// mayTeam says whether the caller may change a team that works there.
func (a *API) mayTeam(c *fiber.Ctx, t store.Team) error {
	switch access.Decide(asking(c).Principal, access.ManageTeams, access.Object{Place: t.Place()}) {
	case access.Allow:
		return nil
	case access.Forbid:
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	case access.Hide:
	}
	return errNoTeam
}

//nolint:gochecknoglobals // an error value
var errNoTeam = fault.NotFound("Không có tổ mang mã này.")

func (a *API) postTeam(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	t := a.readTeam(o)
	if err := o.done(); err != nil {
		return err
	}
	if err := a.mayTeam(c, t); err != nil {
		return fault.Forbidden("Địa bàn của tổ không thuộc phạm vi của bạn.").Because("right").Wrap(err)
	}
	if t.ID, err = auth.NewPersonID(); err != nil {
		return err
	}
	if err := a.Store.AddTeam(ctx, t); err != nil {
		return err
	}
	return a.sendTeam(ctx, c, fiber.StatusCreated, t.ID)
}

func (a *API) sendTeam(ctx context.Context, c *fiber.Ctx, status int, id string) error {
	t, err := a.Store.Team(ctx, id)
	if err != nil {
		return err
	}
	return send(c, status, a.showTeam(t))
}

// putTeam changes a team; whoever changes it answers for where it works and for where it is to work.
func (a *API) putTeam(ctx context.Context, c *fiber.Ctx) error {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return errNoTeam
	}
	was, err := a.Store.Team(ctx, id.String())
	if err != nil {
		return err
	}
	if err := a.mayTeam(c, was); err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	t := a.readTeam(o)
	t.ID, t.Version, t.Disabled = was.ID, o.whole("version"), o.flag("disabled")
	if err := o.done(); err != nil {
		return err
	}
	if err := a.mayTeam(c, t); err != nil {
		return fault.Forbidden("Địa bàn của tổ không thuộc phạm vi của bạn.").Because("right").Wrap(err)
	}
	if err := a.Store.ChangeTeam(ctx, t); err != nil {
		return err
	}
	return a.sendTeam(ctx, c, fiber.StatusOK, t.ID)
}

type teamWorkShown struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Village  string     `json:"village"`
	Area     string     `json:"area"`
	AreaName string     `json:"area_name"`
	Members  int        `json:"members"`
	Active   bool       `json:"active"`
	Asked    int        `json:"asked"`
	Arrived  int        `json:"arrived"`
	Done     int        `json:"done"`
	LastAt   *time.Time `json:"last_at"`
}

type villageShown struct {
	Village  string `json:"village"`
	Area     string `json:"area"`
	AreaName string `json:"area_name"`
	Visits   int    `json:"visits"`
}

// getTeamBoard tells which teams did something in the span: a team is active when somebody of it was on a site.
func (a *API) getTeamBoard(ctx context.Context, c *fiber.Ctx) error {
	p, err := a.span(c, access.ReadTeams)
	if err != nil {
		return err
	}
	list, err := a.Store.TeamBoard(ctx, p)
	if err != nil {
		return err
	}
	shown, villages, active := []teamWorkShown{}, []villageShown{}, 0
	for _, w := range list {
		name := a.areaName(p.Division, w.Area)
		row := teamWorkShown{w.ID, w.Name, w.Village, w.Area, name, w.Members, w.Arrived+w.Done > 0, w.Asked, w.Arrived, w.Done, w.LastAt}
		shown = append(shown, row)
		if row.Active {
			active++
		}
		// Teams of one village stand beside each other.
		if n := len(villages); n == 0 || villages[n-1].Village != w.Village || villages[n-1].Area != w.Area {
			villages = append(villages, villageShown{Village: w.Village, Area: w.Area, AreaName: name})
		}
		villages[len(villages)-1].Visits += w.Arrived
	}
	return send(c, fiber.StatusOK, struct {
		spanShown
		Count    int             `json:"count"`
		Active   int             `json:"active"`
		Value    *float64        `json:"value"` // per cent
		Target   float64         `json:"target"`
		Teams    []teamWorkShown `json:"teams"`
		Villages []villageShown  `json:"villages"`
	}{showSpan(p), len(shown), active, percent(active, len(shown)), kpi.TeamsTarget, shown, villages})
}

type visitShown struct {
	ID        string     `json:"id"`
	Team      string     `json:"team"`
	TeamName  string     `json:"team_name"`
	AskedAt   time.Time  `json:"asked_at"`
	AskedBy   string     `json:"asked_by"`
	Note      string     `json:"note"`
	ArrivedAt *time.Time `json:"arrived_at"`
	ArrivedBy string     `json:"arrived_by"`
	Metres    *int       `json:"metres"`
	DoneAt    *time.Time `json:"done_at"`
	DoneBy    string     `json:"done_by"`
	Result    string     `json:"result"`
}

func showVisit(v report.Visit) visitShown {
	return visitShown{v.ID, v.TeamID, v.Team, v.AskedAt, v.AskedBy, v.Note, v.ArrivedAt, v.ArrivedBy, v.Metres, v.DoneAt, v.DoneBy, v.Result}
}

// listVisits lists the visits to a report; the words about a withdrawn one are gone.
func (a *API) listVisits(ctx context.Context, c *fiber.Ctx) error {
	r, err := a.reportFor(ctx, c, access.ReadReport)
	if err != nil {
		return err
	}
	list, err := a.Store.Visits(ctx, r.ID)
	if err != nil {
		return err
	}
	shown := make([]visitShown, len(list))
	for i, v := range list {
		shown[i] = showVisit(v)
		if r.WithdrawnAt != nil {
			shown[i].Note, shown[i].Result = "", view.Withdrawn
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"visits": shown})
}

// postVisit asks a team to look at the site of a report.
func (a *API) postVisit(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	id, err := reportID(c)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	v := report.Visit{ReportID: id, AskedBy: actor(who), Note: o.phrase("note", 0, mostNote), TeamID: o.text("team")}
	version := o.whole("version")
	if v.Team, err = a.teamNamed(ctx, o, v.TeamID); err != nil {
		return err
	}
	if err := o.done(); err != nil {
		return err
	}
	v, err = a.Intake.AskVisit(ctx, v, version, may(who, report.AskVisit))
	if fault.Is(err, fault.KindForbidden) {
		return a.refuse(c, refused{access.ActOn(string(report.AskVisit)), "report:" + id, err})
	}
	if err != nil {
		return hideID(err)
	}
	return send(c, fiber.StatusCreated, showVisit(v))
}

// teamNamed is the name of a team that can be asked.
func (a *API) teamNamed(ctx context.Context, o *object, id string) (string, error) {
	var t store.Team
	err := error(errNoTeam)
	if uuid.Validate(id) == nil {
		t, err = a.Store.Team(ctx, id)
	}
	switch {
	case fault.Is(err, fault.KindNotFound):
		o.wrong("team", "unknown", "Không có tổ mang mã này.")
		err = nil
	case err == nil && (t.Disabled || len(t.Members) == 0):
		o.wrong("team", "disabled", "Tổ này không còn hoạt động hoặc chưa có thành viên.")
	}
	return t.Name, err
}

// Member is the person whose session comes with a request to the pages of community teams; no rights and no such page for
// who is of no team's role. What they do there is signed with their name.
func (a *API) Member(c *fiber.Ctx) (personID string, err error) {
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	s, err := a.session(ctx, c, true)
	if err != nil {
		return "", err
	}
	if s.Stage != auth.StageFull || s.Locked {
		return "", errNobody
	}
	who := a.ofPerson(s.Person)
	a.sign(c, who)
	if !access.May(who, access.ActOn(string(report.ArriveVisit))) {
		return "", fault.Forbidden("Trang này dành cho thành viên tổ công nghệ số cộng đồng.").Because("right")
	}
	return s.Person.ID, nil
}
