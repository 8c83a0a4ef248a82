package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/photo/phototest"
	"toancanh/server/report"
)

// about says of every route what its right is asked of. The guard asks whether somebody may at all; what lies in an
// area or belongs to a unit, the handler asks again of the very thing.
const (
	aboutNothing = "nothing in particular: the guard alone decides" // TestEveryRouteAsksForItsRight walks these
	aboutReport  = "one report"
	aboutReports = "the reports of a list"
	aboutFigures = "the figures of an area"
	aboutPast    = "the past of an area"
	aboutTopics  = "the topics of a ticket"
	aboutViews   = "the templates and saved views of one's area, and one's own"
	aboutTeams   = "the teams of an area"
	aboutAlarms  = "the alarms of an area"
	aboutDrills  = "the drills of an area"
	aboutShifts  = "the shifts of an area"
	aboutSensors = "the sensors of an area"
	aboutHappens = "the incidents of an area, and the tasks of a unit" // TestIncidentsMeetTheTableOfRights walks these
	aboutWarned  = "the areas of a warning"                            // TestWhoMayDoWhatWithAWarning walks these
	aboutWhole   = "the whole province"
	aboutOneself = "one's own session or machine" // their own tests walk these
)

func aboutRoutes() map[string]string {
	table := map[string]string{
		"GET /api/v1/reports/:id":             aboutReport,
		"POST /api/v1/reports/:id/acts":       aboutReport,
		"GET /api/v1/reports/:id/transfers":   aboutReport,
		"GET /api/v1/transfers/:id.pdf":       aboutReport,
		"PUT /api/v1/transfers/:id":           aboutReport,
		"GET /api/v1/reports/:id/visits":      aboutReport,
		"POST /api/v1/reports/:id/visits":     aboutReport,
		"GET /api/v1/teams":                   aboutTeams,
		"POST /api/v1/teams":                  aboutTeams,
		"PUT /api/v1/teams/:id":               aboutTeams,
		"GET /api/v1/teams/board":             aboutFigures,
		"PATCH /api/v1/sensors/:code":         aboutSensors,
		"POST /api/v1/sensor-imports":         aboutSensors,
		"POST /api/v1/sensor-decisions":       aboutSensors,
		"POST /api/v1/maintenance":            aboutSensors,
		"DELETE /api/v1/maintenance/:id":      aboutSensors,
		"GET /api/v1/bounces":                 aboutFigures,
		"GET /api/v1/assignment/overruled":    aboutFigures,
		"PUT /api/v1/assignment":              aboutWhole,
		"POST /api/v1/reports/:id/photos":     aboutReport,
		"GET /api/v1/reports/:id/photos":      aboutReport,
		"GET /api/v1/photos/:photo":           aboutReport,
		"PUT /api/v1/photos/:photo/redaction": aboutReport,
		"POST /api/v1/reports/:id/contact":    aboutReport,
		"POST /api/v1/reports/:id/callbacks":  aboutReport,
		"GET /api/v1/reports":                 aboutReports,
		"POST /api/v1/reports/entries":        aboutReports,
		"POST /api/v1/reports/import":         aboutReports,
		"GET /api/v1/reports/rows":            aboutReports,
		"GET /api/v1/reports/export":          aboutReports,
		"GET /api/v1/forecast":                aboutReports,
		"POST /api/v1/reports/acts":           aboutReport,
		"POST /api/v1/reports/undo":           aboutReport,
		"GET /api/v1/reports/:id/notes":       aboutReport,
		"POST /api/v1/reports/:id/notes":      aboutReport,
		"GET /api/v1/reports/:id/templates":   aboutReport,
		"PUT /api/v1/reports/:id/presence":    aboutReport,
		"DELETE /api/v1/reports/:id/presence": aboutReport,
		"POST /api/v1/warnings":               aboutWarned,
		"PUT /api/v1/warnings/:id":            aboutWarned,
		"POST /api/v1/warnings/:id/acts":      aboutWarned,
		"POST /api/v1/warnings/:id/update":    aboutWarned,
		"POST /api/v1/warnings/:id/cancel":    aboutWarned,
		"GET /api/v1/kpis":                    aboutFigures,
		"GET /api/v1/areas/:division/map.svg": aboutFigures,
		"GET /api/v1/past":                    aboutPast,
		"GET /api/v1/past/changes":            aboutPast,
		"POST /api/v1/tickets":                aboutTopics,
		"GET /api/v1/boundaries/proposals":    aboutWhole,
		"POST /api/v1/boundaries/proposals":   aboutWhole,
		"POST /api/v1/dti/values":             aboutWhole,
		"POST /api/v1/dti/withdrawals":        aboutWhole,
		"POST /api/v1/dti/import":             aboutWhole,
		"GET /api/v1/alarms/:id/attempts":     aboutAlarms,
		"GET /api/v1/handovers":               aboutShifts,
		"POST /api/v1/handovers":              aboutShifts,
		"GET /api/v1/handovers/draft":         aboutShifts,
		"GET /api/v1/handovers/:id":           aboutShifts,
		"POST /api/v1/handovers/:id/taken":    aboutShifts,
		"GET /api/v1/drills":                  aboutDrills,
		"POST /api/v1/drills":                 aboutDrills,
		"GET /api/v1/drills/:id":              aboutDrills,
		"POST /api/v1/drills/:id/end":         aboutDrills,
	}
	for _, kept := range []string{"GET /templates", "POST /templates", "PUT /templates/:id", "DELETE /templates/:id", "GET /views", "POST /views", "PUT /views/:id", "DELETE /views/:id"} {
		method, path, _ := strings.Cut(kept, " ")
		table[method+" /api/v1"+path] = aboutViews
	}
	for _, incident := range []string{
		"GET /incidents", "POST /incidents", "GET /incidents/key", "GET /incidents/:id", "POST /incidents/:id/acts", "POST /incidents/:id/tasks",
		"POST /incidents/:id/attachments", "GET /incidents/:id/attachments/:file", "POST /incidents/:id/update-reporters",
		"GET /incidents/:id/evidence.zip", "GET /tasks", "POST /tasks/:id/acts",
	} {
		method, path, _ := strings.Cut(incident, " ")
		table[method+" /api/v1"+path] = aboutHappens
	}
	for _, callback := range []string{"GET /callbacks", "POST /callbacks/:id/confirmation", "POST /callbacks/:id/refusal", "POST /callbacks/:id/number"} {
		method, path, _ := strings.Cut(callback, " ")
		table[method+" /api/v1"+path] = aboutReports // of the reports a caller reaches
	}
	for _, alarms := range []string{
		"GET /alarms", "POST /alarms/group-acts", "GET /alarms/:id", "POST /alarms/:id/acts", "GET /alarm-flood", "GET /alarm-health",
		"PUT /alarm-types/:code", "POST /alarm-types/:code/enable", "POST /alarm-types/:code/disable",
	} {
		method, path, _ := strings.Cut(alarms, " ")
		table[method+" /api/v1"+path] = aboutAlarms
	}
	for _, own := range []string{
		"GET /session", "POST /session", "DELETE /session", "POST /session/code", "POST /session/factor", "POST /session/password",
		"PUT /session/pin", "DELETE /session/pin", "GET /sessions", "DELETE /sessions/:id", "POST /invitations", "GET /oidc",
		"GET /duty/ways", "POST /duty/ways/push", "PUT /duty/ways/sms", "PUT /duty/ways/mail", "POST /duty/ways/test", "DELETE /duty/ways/:id",
		"GET /oidc/return", "POST /desk/person", "POST /desk/unlock", "POST /desk/lock", "GET /screens", "GET /screens/:screen",
	} {
		method, path, _ := strings.Cut(own, " ")
		table[method+" /api/v1"+path] = aboutOneself
	}
	for _, plain := range []string{
		"GET /healthz", "GET /readyz", "GET /api", "GET /internal/hub/snapshot", "GET /internal/hub/since", "GET /internal/hub/key",
	} {
		table[plain] = aboutNothing
	}
	for _, plain := range []string{
		"GET /openapi.json", "GET /divisions", "GET /categories", "GET /units", "GET /scenes", "GET /areas/:division",
		"GET /areas/:division/geometry", "POST /reports", "GET /reports/nearby", "GET /follow/:code", "POST /follow/:code/acts", "POST /follow/:code/mail",
		"POST /readings", "POST /events", "GET /sensors", "PUT /sensors",
		"GET /sensors/:code/readings", "GET /sensors.csv", "GET /sensors/:code", "GET /sensors/:code/series", "GET /series",
		"GET /sensor-kinds", "POST /sensor-proposals", "GET /maintenance", "GET /boundaries", "POST /screens/orders", "POST /screens/pairing",
		"POST /readings", "POST /events", "OPTIONS /events", "GET /sensors", "PUT /sensors",
		"GET /gateways", "GET /gateways/:code", "PUT /gateways/:code", "DELETE /gateways/:code",
		"POST /gateways/:code/chirpstack", "POST /gateways/:code/tts",
		"GET /sensors/:code/readings", "GET /boundaries", "POST /screens/orders", "POST /screens/pairing",
		"PUT /screens/:screen/pairing", "DELETE /screens/:screen/pairing",
		"PUT /screens/:screen", "DELETE /screens/:screen", "POST /screens/:screen/seen", "POST /screens/:screen/beat", "POST /meetings",
		"DELETE /meetings/:presenter", "POST /history", "POST /history/readings", "POST /simulation", "GET /people", "POST /people",
		"GET /people/:id", "PUT /people/:id", "POST /people/:id/link", "DELETE /people/:id/factor", "PUT /people/:id/subject",
		"DELETE /people/:id/subject", "POST /units", "PUT /units/:id", "GET /rights", "GET /audit", "GET /desks", "POST /desks",
		"DELETE /desks/:id", "GET /keys", "POST /keys", "PUT /keys/:id", "POST /keys/:id/rotation", "DELETE /keys/:id", "GET /reveals",
		"POST /reveals/:id/seen", "GET /hooks", "POST /hooks", "PUT /hooks/:id", "POST /hooks/:id/rotation", "POST /hooks/:id/ping",
		"DELETE /hooks/:id", "POST /redactions", "GET /assignment", "GET /dti", "GET /dti/history", "GET /dti/export", "GET /duty/positions", "GET /duty/now", "GET /duty/shifts", "POST /duty/shifts",
		"PUT /duty/shifts/:id", "DELETE /duty/shifts/:id", "POST /duty/pattern", "GET /duty/people", "GET /duty/ladder", "PUT /duty/ladder",
		"POST /duty/tests", "GET /duty/tests/last", "GET /duty/tests/:id", "POST /callout/arrivals", "POST /subscriptions", "POST /subscriptions/move", "POST /subscriptions/end", "POST /callout/reports",
		"DELETE /hooks/:id", "POST /redactions", "GET /assignment", "GET /alarm-types", "GET /alarm-types/:code",
		"DELETE /hooks/:id", "POST /redactions", "GET /assignment", "GET /warning-templates", "GET /warning-feeds", "GET /warnings",
		"POST /warnings/preview", "POST /warnings/import", "GET /warnings/received", "GET /warnings/received/:id", "GET /warnings/:id",
	} {
		method, path, _ := strings.Cut(plain, " ")
		table[method+" /api/v1"+path] = aboutNothing
	}
	return table
}

// reaching are the actions whose rights end at an area, a unit or oneself for somebody: a route of one of them cannot be
// about nothing in particular.
func reaching(a access.Action) bool {
	for _, rule := range access.Table() {
		for _, reach := range rule.Grants {
			if rule.Action == a && (reach == access.OwnArea || reach == access.OwnUnit || reach == access.Oneself) {
				return true
			}
		}
	}
	return false
}

func TestEveryRouteSaysWhatItsRightIsAskedOf(t *testing.T) {
	t.Parallel()
	var app *fiber.App
	newHouse(t, func(_ *api.Config, a *fiber.App) { app = a })
	table := aboutRoutes()
	for _, r := range app.GetRoutes(true) {
		if r.Method == fiber.MethodHead {
			continue
		}
		name := r.Method + " " + r.Path
		about, ok := table[name]
		if !ok {
			t.Errorf("%s is not listed in aboutRoutes: say what its right is asked of, and walk it", name)
		}
		action, _ := api.ActionOf(r.Method, r.Path)
		// What a screen reports of itself is asked of its token.
		if about == aboutNothing && reaching(action) && action != access.ReportScreen {
			t.Errorf("%s is %s, whose right ends somewhere: it is about something", name, action)
		}
		delete(table, name)
	}
	for name := range table {
		t.Errorf("%s is listed and is no route", name)
	}
}

// walker is somebody with a role and a scope at the running door.
type walker struct {
	*visitor
	principal access.Principal
	name      string
	team      string // of the commune of the report
	alarm     string // in that commune
	// sensorPath is where the sensor mua-0 stands.
	sensorPath []string
}

func (w walker) may(a access.Action, o access.Object) access.Decision {
	return access.Decide(w.principal, a, o)
}

// scopes are one's own and others' area and unit in every combination.
func scopes() map[string]access.Scope {
	own, other := district().Places, foreign().Places
	return map[string]access.Scope{
		"own area, own unit":     {Places: own, Units: []string{"so-xd"}},
		"own area, other unit":   {Places: own, Units: []string{"so-yt"}},
		"other area, own unit":   {Places: other, Units: []string{"so-xd"}},
		"other area, other unit": {Places: other, Units: []string{"so-yt"}},
	}
}

// TestEveryRoleAndScopeMeetsTheTableAtTheDoors asks the running doors as every role with its own and others' areas and
// units, and holds each answer to the one table of rights.
func TestEveryRoleAndScopeMeetsTheTableAtTheDoors(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	key := "Bearer " + h.key("reports")
	asPartner := func(act map[string]any, id string) {
		a := h.do(call{method: "POST", path: "/api/v1/reports/" + id + "/acts", body: act, header: map[string]string{"Authorization": key}})
		if a.status != 200 {
			t.Fatalf("%v: %d %s", act, a.status, a.body)
		}
	}
	mine := h.post("Rác ở Gia Nghĩa")
	asPartner(map[string]any{"act": "accept", "version": 1}, mine.ID)
	asPartner(map[string]any{"act": "assign", "version": 2, "unit": "so-xd"}, mine.ID)
	picture := h.do(call{
		method: "POST", path: "/api/v1/reports/" + mine.ID + "/photos", body: phototest.WebP(),
		header: map[string]string{"Authorization": key, "Content-Type": "image/webp"},
	})
	photoID := read[photoAnswer](t, picture, 201).ID
	stored, err := h.store.Report(t.Context(), mine.ID)
	must(t, err)
	team := h.team("24611", h.person("thanhvien", access.Scope{}, access.CommunityTeam).ID)
	raised := h.alarm(riverType(), "song-1", "67", "660", "24611")
	object := access.Object{Place: access.Place{Division: stored.Division, Path: stored.Path}, Unit: stored.Unit}
	if object.Unit != "so-xd" || !district().Places[0].Holds(object.Place) {
		t.Fatalf("the report lies at %+v", object)
	}
	h.registerSensors(1)
	stood, err := h.store.Sensors(t.Context())
	must(t, err)
	for _, role := range access.PersonRoles() {
		for _, name := range slices.Sorted(maps.Keys(scopes())) {
			t.Run(fmt.Sprintf("%s, %s", role, name), func(t *testing.T) {
				scope := scopes()[name]
				v := h.as(role, scope)
				w := walker{v, access.Principal{ID: v.person.Principal(), Roles: []access.Role{role}, Scope: scope}, name, team, raised, stood["mua-0"].Path}
				w.report(t, mine, object)
				w.handing(t, mine, object)
				w.photos(t, mine, photoID, object)
				w.figures(t)
				w.past(t)
				w.teams(t)
				w.sensors(t)
				w.topics(t)
				w.whole(t)
				w.alarms(t)
			})
		}
	}
	if got, err := h.store.Report(t.Context(), mine.ID); err != nil || got.Version != 4 {
		t.Errorf("somebody changed the report: version %d, %v", got.Version, err)
	}
}

// expect holds the answer's status to the decision. A role without the right at all is refused before anything is looked
// up; hidden things are said not to be there, as hidden says it.
func (w walker) expect(t *testing.T, what string, a answer, decided access.Decision, entry access.Action, hidden int) {
	t.Helper()
	want := map[access.Decision]func(int) bool{
		access.Allow:  func(s int) bool { return s < 300 || s == 409 || s == 422 && hidden != 422 },
		access.Forbid: func(s int) bool { return s == 403 },
		access.Hide:   func(s int) bool { return s == hidden },
	}[decided]
	if !access.May(w.principal, entry) {
		want = func(s int) bool { return s == 403 }
	}
	if !want(a.status) {
		t.Errorf("%s: status %d, the table says %s: %.300s", what, a.status, decided, a.body)
	}
}

func (w walker) report(t *testing.T, mine receipt, o access.Object) {
	t.Helper()
	read := w.may(access.ReadReport, o)
	for _, id := range []string{mine.ID, mine.Code} {
		a := w.try("GET", "/api/v1/reports/"+id, nil)
		w.expect(t, "reading it", a, read, access.ReadReport, 404)
		if read != access.Allow && strings.Contains(string(a.body), mine.Code) {
			t.Errorf("the refusal tells of the report: %s", a.body)
		}
	}
	list := w.try("GET", "/api/v1/reports", nil)
	if listed := strings.Contains(string(list.body), mine.ID); listed != (read == access.Allow) {
		t.Errorf("listed %t, and reading is %s", listed, read)
	}
	for _, act := range report.ActNames() {
		// An old version: whoever may is told of the conflict, and nothing changes.
		body := map[string]any{"act": act, "version": 1, "reason": "lý do đủ dài", "text": "x", "unit": "so-xd"}
		a := w.try("POST", "/api/v1/reports/"+mine.ID+"/acts", body)
		w.expect(t, string(act), a, w.may(access.ActOn(string(act)), o), access.ReadReport, 404)
	}
	notes := w.try("GET", "/api/v1/reports/"+mine.ID+"/notes", nil)
	w.expect(t, "reading its notes", notes, w.may(access.ReadNotes, o), access.ReadNotes, 404)
	note := w.try("POST", "/api/v1/reports/"+mine.ID+"/notes", map[string]any{"text": "đã xem"})
	w.expect(t, "writing a note", note, w.may(access.WriteNotes, o), access.WriteNotes, 404)
	presence := w.try("PUT", "/api/v1/reports/"+mine.ID+"/presence", map[string]any{"page": "page-0001"})
	w.expect(t, "being present", presence, w.may(access.ShowPresence, o), access.ShowPresence, 404)
	rows, file := w.try("GET", "/api/v1/reports/rows", nil), w.try("GET", "/api/v1/reports/export", nil)
	for what, listed := range map[string]answer{"rows": rows, "export": file} {
		if found := strings.Contains(string(listed.body), mine.Code); found != (read == access.Allow) {
			t.Errorf("%s tell of it %t, and reading is %s", what, found, read)
		}
	}
	// The sender has left no contact: whoever may see one is told so.
	contact := w.try("POST", "/api/v1/reports/"+mine.ID+"/contact", map[string]any{"reason": "hỏi lại địa chỉ"})
	w.expect(t, "revealing its contact", contact, w.may(access.RevealContact, o), access.RevealContact, 404)
	call := w.try("POST", "/api/v1/reports/"+mine.ID+"/callbacks", map[string]any{"reason": "xac_minh_vi_tri"})
	w.expect(t, "asking to call back", call, w.may(access.CallBack, o), access.CallBack, 404)
}

// handing are the notes that hand the report over, and the visits to its site.
func (w walker) handing(t *testing.T, mine receipt, o access.Object) {
	t.Helper()
	read := w.may(access.ReadReport, o)
	w.expect(t, "its notes", w.try("GET", "/api/v1/reports/"+mine.ID+"/transfers", nil), read, access.ReadReport, 404)
	notes, err := w.h.store.Transfers(t.Context(), mine.ID)
	if err != nil || len(notes) != 1 {
		t.Fatalf("notes %+v, %v", notes, err)
	}
	note := "/api/v1/transfers/" + notes[0].ID
	w.expect(t, "its note as a document", w.try("GET", note+".pdf", nil), read, access.ReadReport, 404)
	// As it is: whoever may is told of the conflict, and nothing changes.
	w.expect(t, "signing its note", w.try("PUT", note, map[string]any{"state": "chua_ky_so"}), w.may(access.SignTransfer, o), access.SignTransfer, 404)
	w.expect(t, "the visits to it", w.try("GET", "/api/v1/reports/"+mine.ID+"/visits", nil), read, access.ReadReport, 404)
	ask := w.try("POST", "/api/v1/reports/"+mine.ID+"/visits", map[string]any{"team": w.team, "version": 1})
	w.expect(t, "asking for a visit", ask, w.may(access.ActOn("ask_visit"), o), access.ActOn("ask_visit"), 404)
}

func place(code ...string) access.Object {
	return access.Object{Place: access.Place{Division: "vn-2022", Path: code}}
}

func (w walker) figures(t *testing.T) {
	t.Helper()
	for _, o := range []access.Object{place("67"), place("67", "660"), place("67", "661")} {
		code := o.Place.Path[len(o.Place.Path)-1]
		for _, path := range []string{"/api/v1/kpis?area=" + code, "/api/v1/areas/vn-2022/map.svg?area=" + code} {
			w.expect(t, path, w.try("GET", path, nil), w.may(access.ReadKPIs, o), access.ReadKPIs, 404)
		}
		for _, path := range []string{"/api/v1/bounces?area=" + code, "/api/v1/assignment/overruled?area=" + code} {
			w.expect(t, path, w.try("GET", path, nil), w.may(access.ReadBounces, o), access.ReadBounces, 404)
		}
		board := "/api/v1/teams/board?area=" + code
		w.expect(t, board, w.try("GET", board, nil), w.may(access.ReadTeams, o), access.ReadTeams, 404)
	}
}

func (w walker) teams(t *testing.T) {
	t.Helper()
	o := place("67", "660", "24611")
	list := w.try("GET", "/api/v1/teams", nil)
	if !access.May(w.principal, access.ReadTeams) {
		w.expect(t, "teams", list, access.Forbid, access.ReadTeams, 403)
	} else if listed := strings.Contains(string(list.body), w.team); listed != (w.may(access.ReadTeams, o) == access.Allow) {
		t.Errorf("the team is listed: %t", listed)
	}
	// An old version: whoever may is told of the conflict, and nothing changes.
	body := map[string]any{"name": "Tổ khác", "village": "Thôn 1", "area": "24611", "version": 99}
	w.expect(t, "changing a team", w.try("PUT", "/api/v1/teams/"+w.team, body), w.may(access.ManageTeams, o), access.ManageTeams, 404)
}

// sensors asks for changes of a sensor in Nghĩa Đức or beside it that a rule refuses, so that nothing changes.
func (w walker) sensors(t *testing.T) {
	t.Helper()
	o := access.Object{Place: access.Place{Division: "vn-2022", Path: w.sensorPath}}
	old := map[string]any{"version": 99, "note": "x"}
	w.expect(t, "changing a sensor", w.try("PATCH", "/api/v1/sensors/mua-0", old), w.may(access.ManageSensors, o), access.ManageSensors, 404)
	long := map[string]any{"sensor": "mua-0", "until": time.Now().Add(1000 * time.Hour).UTC().Format(time.RFC3339), "reason": "x"}
	if !access.May(w.principal, access.MaintainSensors) {
		w.expect(t, "maintaining a sensor", w.try("POST", "/api/v1/maintenance", long), access.Forbid, access.MaintainSensors, 404)
	}
	refused := map[string]any{"codes": []string{"mua-0"}, "decision": "refuse", "why": "x"}
	decided := w.try("POST", "/api/v1/sensor-decisions", refused)
	switch {
	case !access.May(w.principal, access.ManageSensors):
		w.expect(t, "deciding about a sensor", decided, access.Forbid, access.ManageSensors, 404)
	case w.may(access.ManageSensors, o) == access.Allow && decided.status != 200, w.may(access.ManageSensors, o) != access.Allow && decided.status != 422:
		t.Errorf("deciding about a sensor: %d %s", decided.status, decided.body)
	}
}

func (w walker) past(t *testing.T) {
	t.Helper()
	at := time.Now().Add(-time.Minute).UTC()
	for _, o := range []access.Object{place("67"), place("67", "660"), place("67", "661")} {
		topic := url.QueryEscape("wall/vn-2022/" + strings.Join(o.Place.Path, "/"))
		stamp := func(d time.Duration) string { return url.QueryEscape(at.Add(d).Format(time.RFC3339)) }
		for _, path := range []string{
			"/api/v1/past?topic=" + topic + "&at=" + stamp(0),
			"/api/v1/past/changes?topic=" + topic + "&from=" + stamp(-time.Minute) + "&to=" + stamp(0),
		} {
			w.expect(t, path, w.try("GET", path, nil), w.may(access.ReadPast, o), access.ReadPast, 422)
		}
	}
}

func (w walker) topics(t *testing.T) {
	t.Helper()
	for _, topic := range []string{
		"public/vn-2022/67", "public/vn-2022/67/661", "wall/vn-2022/67", "wall/vn-2022/67/660", "wall/vn-2022/67/661",
		"ops/vn-2022/67", "ops/vn-2022/67/660", "ops/vn-2022/67/661", "unit/so-xd", "unit/so-yt", "screen/tinh", "control",
	} {
		action, o, ok := access.Listen(topic)
		if !ok {
			t.Fatalf("%s is no topic", topic)
		}
		decided := w.may(action, o)
		if decided == access.Forbid || topic == "control" {
			decided = access.Hide // a ticket says of what it does not hold only that it is not there
		}
		a := w.try("POST", "/api/v1/tickets", map[string]any{"topics": []string{topic}})
		w.expect(t, topic, a, decided, access.GetTicket, 422)
		// A topic that may be heard buys no other beside it.
		if decided == access.Hide && access.May(w.principal, access.GetTicket) {
			a := w.try("POST", "/api/v1/tickets", map[string]any{"topics": []string{"public/vn-2022/67", topic}})
			w.expect(t, "beside a public one: "+topic, a, decided, access.GetTicket, 422)
		}
	}
}

func (w walker) whole(t *testing.T) {
	t.Helper()
	changes := w.may(access.ChangeAssignments, place("67"))
	if changes == access.Hide {
		changes = access.Forbid
	}
	w.expect(t, "rules of assignment", w.try("PUT", "/api/v1/assignment", map[string]any{}), changes, access.ChangeAssignments, 403)
	enters := w.may(access.EnterDTI, place("67"))
	if enters == access.Hide {
		enters = access.Forbid // the values are there for all who read them
	}
	for _, path := range []string{"values", "withdrawals"} {
		w.expect(t, path+" of the index", w.try("POST", "/api/v1/dti/"+path, map[string]any{}), enters, access.EnterDTI, 403)
	}
	decided := w.may(access.DecidePlaces, place("67"))
	if decided == access.Hide {
		decided = access.Forbid // the list is there; only those of the whole province see it
	}
	w.expect(t, "proposals", w.try("GET", "/api/v1/boundaries/proposals", nil), decided, access.DecidePlaces, 403)
	w.expect(t, "deciding proposals", w.try("POST", "/api/v1/boundaries/proposals", map[string]any{}), decided, access.DecidePlaces, 403)
}
