package api_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/store"
)

// team keeps a team of a commune and returns its id.
func (h *house) team(area string, members ...string) string {
	h.t.Helper()
	id, err := auth.NewPersonID()
	must(h.t, err)
	t := store.Team{ID: id, Name: "Tổ công nghệ số " + area, Village: "Thôn 3", Division: "vn-2022", Area: area, Path: []string{"67", "660", area}}
	for _, m := range members {
		t.Members = append(t.Members, store.TeamMember{ID: m})
	}
	must(h.t, h.store.AddTeam(h.t.Context(), t))
	return id
}

type teamAnswer struct {
	ID, Name, Village, Area string
	AreaName                string `json:"area_name"`
	Version                 int64
	Disabled                bool
	Members                 []struct{ ID, Name string }
}

func TestALeadMakesTeamsOfItsArea(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, district())
	member := h.person("to-vien", access.Scope{}, access.CommunityTeam)
	other := h.person("truc", access.Scope{}, access.Operator)
	body := func(change map[string]any) map[string]any {
		b := map[string]any{"name": "Tổ công nghệ số thôn 3", "village": "Thôn 3", "area": "24611", "members": []string{member.ID}}
		maps.Copy(b, change)
		return b
	}
	made := read[teamAnswer](t, lead.try("POST", "/api/v1/teams", body(nil)), 201)
	if made.Version != 1 || made.AreaName != "Phường Nghĩa Đức" || len(made.Members) != 1 || made.Members[0].Name != "Nguyễn Văn An" {
		t.Errorf("%+v", made)
	}
	for field, c := range map[string]struct {
		change map[string]any
		reason string
	}{
		"name":    {map[string]any{"name": " "}, "format"},
		"village": {map[string]any{"village": "Thôn\n3"}, "format"},
		"area":    {map[string]any{"area": "660"}, "unknown"},
		"members": {map[string]any{"members": []string{other.ID}}, "role"},
	} {
		if p := problem(t, lead.try("POST", "/api/v1/teams", body(c.change)), 422); !hasFault(p, field, c.reason) {
			t.Errorf("%s: %+v", field, p.Errors)
		}
	}
	if p := problem(t, lead.try("POST", "/api/v1/teams", body(map[string]any{"members": []string{member.ID, member.ID}})), 422); !hasFault(p, "members", "format") {
		t.Errorf("%+v", p.Errors)
	}
	problem(t, lead.try("POST", "/api/v1/teams", body(map[string]any{"area": "24616"})), 403) // another district
	problem(t, lead.try("PUT", "/api/v1/teams/"+made.ID, body(map[string]any{"area": "24616", "version": 1})), 403)
	changed := read[teamAnswer](t, lead.try("PUT", "/api/v1/teams/"+made.ID, body(map[string]any{"members": []string{}, "disabled": true, "version": 1})), 200)
	if changed.Version != 2 || !changed.Disabled || len(changed.Members) != 0 {
		t.Errorf("%+v", changed)
	}
	problem(t, lead.try("PUT", "/api/v1/teams/"+made.ID, body(map[string]any{"version": 1})), 409)
	problem(t, lead.try("PUT", "/api/v1/teams/"+member.ID, body(map[string]any{"version": 1})), 404)
}

type visitAnswer struct {
	ID, Team, Note, Result string
	AskedBy                string     `json:"asked_by"`
	ArrivedAt              *time.Time `json:"arrived_at"`
	DoneAt                 *time.Time `json:"done_at"`
	ArrivedBy              string     `json:"arrived_by"`
	Metres                 *int
}

func TestATeamLooksAtTheSite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	member := h.person("to-vien", access.Scope{}, access.CommunityTeam)
	team, idle := h.team("24611", member.ID), h.team("24612", h.person("khac", access.Scope{}, access.CommunityTeam).ID)
	r := h.taken("MT")
	visits := "/api/v1/reports/" + r.ID + "/visits"
	ask := func(body map[string]any) answer { return h.do(call{method: "POST", path: visits, body: body}) }
	asked := read[visitAnswer](t, ask(map[string]any{"team": team, "note": "Còn rác không?"}), 201)
	if asked.AskedBy != "operator" || asked.Note != "Còn rác không?" || asked.ArrivedAt != nil {
		t.Errorf("%+v", asked)
	}
	if p := problem(t, ask(map[string]any{"team": team}), 409); !strings.Contains(p.Detail, "chưa xong") {
		t.Errorf("%+v", p)
	}
	for reason, body := range map[string]map[string]any{
		"unknown": {"team": r.ID}, "disabled": {"team": h.team("24614")},
	} {
		if p := problem(t, ask(body), 422); !hasFault(p, "team", reason) {
			t.Errorf("%s: %+v", reason, p.Errors)
		}
	}
	if p := problem(t, h.act(r.ID, map[string]any{"act": "arrive_visit"}), 422); !hasFault(p, "act", "unknown") {
		t.Errorf("an arrival is asked for by its name: %+v", p)
	}
	// The team's own page does these; here its deeds.
	in := h.deeds
	here := &report.Point{Lat: 12.007, Lon: 107.6964}
	if _, err := in.Arrive(t.Context(), intake.OnSite{Visit: asked.ID, PersonID: member.ID, Here: here}); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Found(t.Context(), intake.OnSite{Visit: asked.ID, PersonID: member.ID, Result: " Đã dọn sạch "}); err != nil {
		t.Fatal(err)
	}
	list := read[struct{ Visits []visitAnswer }](t, h.do(call{method: "GET", path: visits}), 200).Visits
	if len(list) != 1 || list[0].ArrivedAt == nil || list[0].DoneAt == nil || list[0].Metres == nil || *list[0].Metres != 40 ||
		list[0].ArrivedBy != member.Principal() || list[0].Result != "Đã dọn sạch" {
		t.Errorf("%+v", list)
	}
	got := h.get(r.ID)
	var acts []string
	for _, a := range got.Acts[2:] {
		acts = append(acts, a.Act+" by "+a.Actor+": "+a.Text)
	}
	want := []string{
		"ask_visit by operator: Tổ công nghệ số 24611\nCòn rác không?",
		"arrive_visit by " + member.Principal() + ": Tổ công nghệ số 24611, cách vị trí phản ánh khoảng 40 m",
		"finish_visit by " + member.Principal() + ": Đã dọn sạch",
	}
	if diff := cmp.Diff(want, acts); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if got.Report.Status != "da_tiep_nhan" {
		t.Errorf("a visit moved the report to %s", got.Report.Status)
	}
	board := read[struct {
		Count, Active int
		Value, Target *float64
		Teams         []struct {
			ID                   string
			Active               bool
			Asked, Arrived, Done int
		}
		Villages []struct {
			Village, Area string
			Visits        int
		}
	}](t, h.do(call{method: "GET", path: "/api/v1/teams/board?area=660"}), 200)
	if board.Count != 3 || board.Active != 1 || board.Target == nil || *board.Target != 80 || len(board.Villages) != 3 || board.Villages[0].Visits != 1 {
		t.Errorf("%+v", board)
	}
	for _, row := range board.Teams {
		if row.Active != (row.ID == team) || row.ID == idle && row.Asked+row.Arrived+row.Done != 0 {
			t.Errorf("%+v", row)
		}
	}
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "withdraw", "reason": "Gửi nhầm"}), 200)
	if list = read[struct{ Visits []visitAnswer }](t, h.do(call{method: "GET", path: visits}), 200).Visits; list[0].Result != "[đã thu hồi]" || list[0].Note != "" {
		t.Errorf("words about a withdrawn report: %+v", list)
	}
	problem(t, ask(map[string]any{"team": idle}), 409)
}

// Who may open the pages of teams is somebody signed in with that role, and what they do there is signed.
func TestAMemberIsWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	var h *house
	h = newHouse(t, func(c *api.Config, app *fiber.App) {
		c.Sample = true
		app.Post("/test/vao", func(c *fiber.Ctx) error { return h.api.EnterSample(c, c.FormValue("vai")) })
		app.Get("/test/thanh-vien", func(c *fiber.Ctx) error {
			id, err := h.api.Member(c)
			if err != nil {
				return err
			}
			return c.SendString(id + " " + audit.AuthorOf(c.UserContext()).Who)
		})
	})
	member := h.enterSample(access.CommunityTeam)
	a := member.try("GET", "/test/thanh-vien", nil)
	id, who, _ := strings.Cut(string(a.body), " ")
	if a.status != 200 || who != "person:"+id {
		t.Errorf("%d %s", a.status, a.body)
	}
	// The sample's member has a team of their own to try the page with, once.
	h.enterSample(access.CommunityTeam)
	list, err := h.store.Teams(t.Context(), access.Reached{All: true})
	must(t, err)
	if len(list) != 1 || len(list[0].Members) != 1 || list[0].Members[0].ID != id || len(list[0].Path) != 3 {
		t.Errorf("teams %+v", list)
	}
	problem(t, h.enterSample(access.Operator).try("GET", "/test/thanh-vien", nil), 403)
	problem(t, h.do(call{method: "GET", path: "/test/thanh-vien"}), 401)
	problem(t, h.do(call{method: "GET", path: "/test/thanh-vien", key: h.key(auth.RightReports)}), 401)
}
