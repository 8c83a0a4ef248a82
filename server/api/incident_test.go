package api_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/evidence"
	"toancanh/server/gather"
	"toancanh/server/photo/phototest"
	"toancanh/server/view"
)

type incidentAnswer struct {
	ID, Code, State, Kind, Title, Commander, Closing, Reason string
	Version                                                  int64
	ByRule                                                   bool `json:"by_rule"`
	Alarms, Reports                                          []string
	Tasks                                                    struct{ Open, Done int }
}

type logAnswer struct {
	N                         int64
	Act, By, As, Text, Reason string
	Detail                    struct {
		Told *struct{ Reports, Mails, Left int }
	}
}

type taskAnswer struct {
	ID, State, Text, Unit, Result string
	Version                       int64
	Overdue, May                  bool
	AckedBy                       string `json:"acked_by"`
	Incident                      struct{ ID, Code, Title string }
}

type thingsAnswer struct {
	Alarms  []struct{ ID, Label, Priority string }
	Reports []struct{ ID, Code, Summary string }
	Hidden  int
}

type incidentPage struct {
	Incident     incidentAnswer
	Log          []logAnswer
	Tasks        []taskAnswer
	Things, Near thingsAnswer
	Attachments  []struct {
		ID, Name, Type, SHA256 string
		Bytes                  int
	}
	Allowed    []string
	Commanders []struct{ ID, Name, As string }
}

type incidentDone struct {
	Incident incidentAnswer
	Entry    logAnswer
	Task     taskAnswer
	Told     struct{ Reports, Mails, Left int }
}

// gather lets the rule look once, as the leader does.
func (h *house) gather() {
	h.t.Helper()
	zone := time.FixedZone("", 7*3600)
	g := gather.New(gather.Config{
		Store: h.store, Lens: view.Lens{Location: zone}, Now: time.Now, Log: slog.New(slog.DiscardHandler), Area: func(_, code string) string { return "Phường " + code },
	})
	must(h.t, g.Pass(h.t.Context()))
}

// flooded sends a report of a flood, so many metres north of the first.
func (h *house) flooded(text string, metres float64, emergency bool) receipt {
	h.t.Helper()
	return read[receipt](h.t, h.do(call{method: "POST", path: "/api/v1/reports", body: map[string]any{
		"category": "TT", "description": text, "emergency": emergency, "location": map[string]float64{"lat": 12.007 + metres/111195, "lon": 107.696},
	}}), 201)
}

// riverAlarm keeps a high alarm of a river gauge in Gia Nghĩa.
func (h *house) riverAlarm() string {
	h.t.Helper()
	id := uuid.NewString()
	for _, sql := range []string{
		`insert into alarm_type_version (at, response_time, version, enabled, sample, code, label, source, priority, cause, consequence, response, owner, call_list, condition, by, why)
			values (now(), '10 minutes', 1, true, false, 'river_bd2', 'Mực nước vượt BĐ2', 'sensor', 'high', 'x', 'x', 'x', 'x', '{}', '{}', 'x', 'x') on conflict do nothing`,
		`insert into alarm (id, raised_at, known_at, changed_at, lat, lon, value, version, type_version, type, origin, source, target, name, kind, priority, state, division, area, path, unit, limit_text)
			values ('` + id + `', now(), now(), now(), 12.008, 107.697, 589.61, 1, 1, 'river_bd2', 'simulated', 'sensor', 'river-1', 'Trạm Đắk Nông', 'river', 'high', 'unacked', 'vn-2022', '24612', '{67,660,24612}', 'm', 'BĐ2 589,50 m')`,
		`insert into alarm_entry (alarm_id, n, at, act, from_state, to_state) values ('` + id + `', 1, now(), 'raise', '', 'unacked')`,
	} {
		_, err := h.db.Owner.Exec(h.t.Context(), sql)
		must(h.t, err)
	}
	return id
}

func (v *visitor) incidents(query string) []incidentAnswer {
	v.h.t.Helper()
	return read[struct{ Incidents []incidentAnswer }](v.h.t, v.try("GET", "/api/v1/incidents"+query, nil), 200).Incidents
}

func (v *visitor) incident(id string) incidentPage {
	v.h.t.Helper()
	return read[incidentPage](v.h.t, v.try("GET", "/api/v1/incidents/"+id, nil), 200)
}

func (v *visitor) does(id string, act map[string]any) incidentDone {
	v.h.t.Helper()
	return read[incidentDone](v.h.t, v.try("POST", "/api/v1/incidents/"+id+"/acts", act), 200)
}

func (v *visitor) attaches(id, name string, content []byte) answer {
	v.h.t.Helper()
	return v.h.do(call{
		method: "POST", path: "/api/v1/incidents/" + id + "/attachments?name=" + name, body: content,
		header: map[string]string{"Cookie": v.cookie, "X-Toancanh": "1", "Content-Type": "application/octet-stream"},
	})
}

func TestThingsAreProposedOnceAndAProposalGrows(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	operator := h.as(access.Operator, district())
	first, second := h.flooded("Nước tràn vào nhà", 0, false), h.flooded("Đường ngập", 500, false)
	h.gather()
	if list := operator.incidents(""); len(list) != 0 {
		t.Fatalf("two ordinary reports are proposed: %+v", list)
	}
	alarm := h.riverAlarm()
	h.gather()
	h.gather()
	list := operator.incidents("?state=proposed")
	if len(list) != 1 || list[0].Version != 1 || !list[0].ByRule || list[0].Title != "Mưa lũ, ngập, sạt lở tại Phường 24612" || !slices.Equal(list[0].Alarms, []string{alarm}) || len(list[0].Reports) != 2 {
		t.Fatalf("proposed: %+v", list)
	}
	third := h.flooded("Cầu ngập", 900, true)
	h.gather()
	h.gather()
	page := operator.incident(list[0].ID)
	if page.Incident.Version != 2 || len(page.Incident.Reports) != 3 || page.Log[1].Act != "grow" || page.Log[1].By != "" || len(page.Things.Reports) != 3 || page.Things.Alarms[0].Label != "Mực nước vượt BĐ2" {
		t.Fatalf("grown: %+v", page)
	}
	// Dismissed for good: what it held is put together again by people only.
	dismissed := operator.does(list[0].ID, map[string]any{"act": "dismiss", "version": 2, "reason": "Diễn tập của phường"})
	if dismissed.Incident.State != "dismissed" || dismissed.Incident.Reason != "Diễn tập của phường" {
		t.Errorf("dismissed: %+v", dismissed)
	}
	h.gather()
	if list := operator.incidents("?state=proposed,open"); len(list) != 0 {
		t.Errorf("proposed again: %+v", list)
	}
	byHand := read[incidentDone](t, operator.try("POST", "/api/v1/incidents", map[string]any{
		"title": "Ngập cầu", "kind": "flood", "open": true, "alarms": []string{alarm}, "reports": []string{first.ID, third.Code},
	}), 201).Incident
	if byHand.State != "open" || byHand.ByRule || len(byHand.Reports) != 2 || byHand.Commander != "Nguyễn Văn An" || byHand.Version != 2 {
		t.Errorf("by hand: %+v", byHand)
	}
	// What belongs to a live incident belongs to no other one.
	if p := problem(t, operator.try("POST", "/api/v1/incidents", map[string]any{"reports": []string{first.ID, second.ID}}), 409); !strings.Contains(p.Detail, "sự cố khác") {
		t.Errorf("taken twice: %+v", p)
	}
	// An open incident is shown what lies near; its commander takes it or not.
	fourth := h.flooded("Nước vào trường học", 200, false)
	h.gather()
	if near := operator.incident(byHand.ID).Near; len(near.Reports) != 1 || near.Reports[0].ID != fourth.ID {
		t.Errorf("near: %+v", near)
	}
	joined := operator.does(byHand.ID, map[string]any{"act": "join", "reports": []string{fourth.ID, second.ID}})
	if len(joined.Incident.Reports) != 4 {
		t.Errorf("joined: %+v", joined)
	}
	left := operator.does(byHand.ID, map[string]any{"act": "leave", "reports": []string{second.ID}, "reason": "Ở suối khác"})
	if len(left.Incident.Reports) != 3 || left.Entry.Reason != "Ở suối khác" {
		t.Errorf("left: %+v", left)
	}
	// A proposal that nobody takes lapses, and is not made again.
	for _, words := range []string{"Nước lên", "Nước lên nữa", "Ngập chợ"} {
		h.flooded(words, 9000, false)
	}
	h.gather()
	waiting := operator.incidents("?state=proposed")
	if len(waiting) != 1 {
		t.Fatalf("proposed far away: %+v", waiting)
	}
	_, err := h.db.Owner.Exec(t.Context(), "update incident set last_at = now() - interval '13 hours' where id = $1", waiting[0].ID)
	must(t, err)
	h.gather()
	h.gather()
	if lapsed := operator.incident(waiting[0].ID); lapsed.Incident.State != "dismissed" || lapsed.Log[1].By != "" || len(operator.incidents("?state=proposed")) != 0 {
		t.Errorf("lapsed: %+v", lapsed)
	}
}

// What an operator does from the proposal to the closing report, what a unit and the reporters see of it, and what is left to check.
func TestTheStoryOfAnIncident(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead, unit, other := h.as(access.ShiftLead, district()), h.as(access.UnitOfficer, district()), h.as(access.UnitOfficer, foreign())
	const private = "Nhà bà Hoa ngập, gọi 0912 345 678"
	one, two := h.flooded(private, 0, true), h.flooded("Đường ngập", 500, false)
	withdrawn := h.flooded("Nhầm chỗ", 300, false)
	alarm := h.riverAlarm()
	h.gather()
	id := lead.incidents("")[0].ID
	read[opsAnswer](t, lead.try("POST", "/api/v1/reports/"+withdrawn.ID+"/acts", map[string]any{"act": "withdraw", "version": 1, "reason": "Người gửi nhầm"}), 200)
	path := "/api/v1/incidents/" + id

	accepted := lead.does(id, map[string]any{"act": "accept", "version": 1})
	if accepted.Incident.State != "open" || accepted.Entry.As != "Trưởng ca" {
		t.Fatalf("accepted: %+v", accepted)
	}
	problem(t, lead.try("POST", path+"/acts", map[string]any{"act": "dismiss", "version": 1, "reason": "x"}), 409)

	// A note that is sent again under its key is one note.
	noted := func() answer {
		return h.do(call{method: "POST", path: path + "/acts", body: map[string]any{"act": "note", "text": "Nước lên 30 cm"}, header: map[string]string{
			"Cookie": lead.cookie, "X-Toancanh": "1", "Idempotency-Key": "note-1",
		}})
	}
	if first, again := noted(), noted(); string(first.body) != string(again.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a note sent twice: %s then %s", first.body, again.body)
	}

	task := read[incidentDone](t, lead.try("POST", path+"/tasks", map[string]any{"text": "Chặn đường vào cầu", "unit": "so-xd"}), 201).Task
	listed := unit.try("GET", "/api/v1/tasks?running=true", nil)
	tasks := read[struct{ Tasks []taskAnswer }](t, listed, 200).Tasks
	if len(tasks) != 1 || tasks[0].ID != task.ID || !tasks[0].May || tasks[0].Incident.Code != accepted.Incident.Code {
		t.Fatalf("the unit sees %s", listed.body)
	}
	for _, secret := range []string{"bà Hoa", one.Code, one.ID, "0912"} {
		if strings.Contains(string(listed.body), secret) {
			t.Errorf("a unit's list of tasks tells %q: %s", secret, listed.body)
		}
	}
	if theirs := read[struct{ Tasks []taskAnswer }](t, other.try("GET", "/api/v1/tasks", nil), 200).Tasks; len(theirs) != 0 {
		t.Errorf("another unit sees %+v", theirs)
	}
	problem(t, other.try("POST", "/api/v1/tasks/"+task.ID+"/acts", map[string]any{"act": "ack"}), 404)
	problem(t, unit.try("POST", "/api/v1/tasks/"+task.ID+"/acts", map[string]any{"act": "cancel", "reason": "x"}), 403)
	problem(t, unit.try("GET", path, nil), 403)
	problem(t, lead.try("POST", path+"/acts", map[string]any{"act": "close", "text": "Xong"}), 409) // a task is open
	for n, act := range []map[string]any{{"act": "ack", "version": 1}, {"act": "done", "version": 2, "text": "Đã rào hai đầu"}} {
		got := read[struct{ Task taskAnswer }](t, unit.try("POST", "/api/v1/tasks/"+task.ID+"/acts", act), 200).Task
		if got.Version != int64(n+2) || got.AckedBy == "" {
			t.Errorf("%v: %+v", act, got)
		}
	}

	// One update answers all reporters, whoever they are.
	now := lead.incident(id).Incident.Version
	preview := read[struct {
		Text            string
		Hidden, Reports int
	}](t, lead.try("POST", path+"/update-reporters", map[string]any{"text": "Đường thông lúc 15 giờ, hỏi 0912 345 678", "version": now, "preview": true}), 200)
	if preview.Text != "Đường thông lúc 15 giờ, hỏi [ẩn số]" || preview.Hidden != 1 || preview.Reports != 3 {
		t.Errorf("previewed: %+v", preview)
	}
	update := map[string]any{"text": "Đường thông lúc 15 giờ, hỏi 0912 345 678", "version": now}
	told := read[incidentDone](t, lead.try("POST", path+"/update-reporters", update), 200)
	if told.Told.Reports != 2 || told.Told.Left != 1 || told.Incident.Version != now+1 {
		t.Errorf("told: %+v", told)
	}
	problem(t, lead.try("POST", path+"/update-reporters", update), 409) // nobody is told twice
	for _, r := range []receipt{one, two} {
		seen := h.follow(r.Code, r.Secret)
		if !strings.Contains(string(seen.body), `{"step":"informed","date":"`) || !strings.Contains(string(seen.body), `"text":"Đường thông lúc 15 giờ, hỏi [ẩn số]"`) {
			t.Errorf("the sender sees %s", seen.body)
		}
	}

	h.attachments(t, lead, id)

	closed := lead.does(id, map[string]any{"act": "close", "text": "Nước rút, không ai bị thương"})
	if closed.Incident.State != "closed" || closed.Incident.Closing != "Nước rút, không ai bị thương" {
		t.Errorf("closed: %+v", closed)
	}
	problem(t, lead.try("POST", path+"/acts", map[string]any{"act": "note", "text": "muộn"}), 409)
	_, err := h.db.Owner.Exec(t.Context(), `insert into warning_received (sent_at, expires_at, outside, id, source, sender, key, status, msg_type, scope, areas, refs, shown, body)
		select now() - interval '1 hour', now() + interval '1 hour', false, gen_random_uuid(), 'cap.example', 'x', areas[1], 'Actual', 'Alert', 'Public', areas, '{}',
			jsonb_build_object('id', areas[1], 'headline', 'Lũ quét ở ' || areas[1], 'event', 'Lũ quét', 'source', 'cap.example', 'areas', areas), '<alert/>'::bytea
		from (values ('{660}'::text[]), ('{661}'::text[])) x (areas)`)
	must(t, err)
	h.evidence(t, lead, id, []string{one.Code, two.Code}, alarm)
	reopened := lead.does(id, map[string]any{"act": "reopen", "reason": "Mưa lại"})
	if reopened.Incident.State != "open" || reopened.Incident.Closing != "" {
		t.Errorf("reopened: %+v", reopened)
	}
	h.announced(t, id)
}

// attachments keeps files of several kinds with an incident and refuses what is none of them.
func (h *house) attachments(t *testing.T, lead *visitor, id string) {
	t.Helper()
	pdf := []byte("%PDF-1.7 nothing much")
	read[incidentDone](t, lead.attaches(id, "bien%20b%E1%BA%A3n.pdf", pdf), 201)
	read[incidentDone](t, lead.attaches(id, "anh.webp", phototest.WebP()), 201)
	var macro bytes.Buffer
	z := zip.NewWriter(&macro)
	for _, name := range []string{"[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"} {
		_, err := z.Create(name)
		must(t, err)
	}
	must(t, z.Close())
	for name, content := range map[string][]byte{
		"virus.exe": []byte("MZ"), "lies.pdf": []byte("MZ"), "macro.docx": macro.Bytes(), "empty.txt": nil, "..%2F..%2Fetc": []byte("x"), "trang.html": []byte("<script>"), "x%00.pdf": pdf,
	} {
		if a := lead.attaches(id, name, content); a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	files := lead.incident(id).Attachments
	if len(files) != 2 || files[0].Name != "bien bản.pdf" || files[0].Bytes != len(pdf) || files[1].Name != "anh.jpg" || files[1].Type != "image/jpeg" {
		t.Fatalf("kept: %+v", files)
	}
	got := lead.try("GET", "/api/v1/incidents/"+id+"/attachments/"+files[0].ID, nil)
	if !bytes.Equal(got.body, pdf) || got.header.Get("Content-Disposition") != "attachment; filename*=UTF-8''bien%20b%E1%BA%A3n.pdf" ||
		got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("handed out: %v %s", got.header, got.body)
	}
	must(t, h.shelf.Sweep(t.Context()))
	if a := lead.try("GET", "/api/v1/incidents/"+id+"/attachments/"+files[1].ID, nil); a.status != 200 || !bytes.HasPrefix(a.body, []byte("\xff\xd8\xff")) {
		t.Errorf("after a sweep: %d", a.status)
	}
	problem(t, lead.try("GET", "/api/v1/incidents/"+uuid.NewString()+"/attachments/"+files[0].ID, nil), 404)
}

// evidence takes the pack twice and reads what is in it.
func (h *house) evidence(t *testing.T, lead *visitor, id string, codes []string, alarm string) {
	t.Helper()
	take := func() (evidence.Verified, map[string]string) {
		a := lead.try("GET", "/api/v1/incidents/"+id+"/evidence.zip", nil)
		if a.status != 200 || a.header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("evidence: %d %v %.300s", a.status, a.header, a.body)
		}
		v, err := evidence.Verify(a.body)
		must(t, err)
		z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
		must(t, err)
		held := map[string]string{}
		for _, f := range z.File {
			r, err := f.Open()
			must(t, err)
			raw, err := io.ReadAll(r)
			must(t, err)
			held[f.Name] = string(raw)
		}
		broken := slices.Clone(a.body)
		broken[len(broken)/2] ^= 1
		if _, err := evidence.Verify(broken); err == nil {
			t.Error("a changed byte is not found")
		}
		return v, held
	}
	v, held := take()
	key := read[struct{ Fingerprint string }](t, lead.try("GET", "/api/v1/incidents/key", nil), 200)
	if v.Fingerprint != key.Fingerprint || v.ID != id {
		t.Errorf("verified %+v, published %+v", v, key)
	}
	_, again := take()
	for name, content := range held {
		if name != "MANIFEST.sha256" && name != "MANIFEST.sig" && again[name] != content {
			t.Errorf("%s differs when the incident is the same:\n%s\n%s", name, content, again[name])
		}
	}
	all := ""
	for name, content := range held {
		if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".txt") {
			all += content
		}
	}
	for _, want := range append(codes, alarm, "Nước lên 30 cm", "Đã rào hai đầu", "Nước rút, không ai bị thương", "bien bản.pdf", "Mực nước vượt BĐ2", "[ẩn số]") {
		if !strings.Contains(all, want) {
			t.Errorf("the evidence lacks %q", want)
		}
	}
	if strings.Contains(all, "0912") || strings.Contains(all, "Nhầm chỗ") {
		t.Error("the evidence tells a number, or the words of a withdrawn report")
	}
	if held["warnings/01.xml"] != "<alert/>" || !strings.Contains(held["warnings.json"], "Lũ quét ở 660") || strings.Contains(held["warnings.json"], "661") {
		t.Errorf("warnings %s", held["warnings.json"])
	}
	if !strings.HasPrefix(held["map.svg"], "<svg") || !strings.HasPrefix(held["readings.csv"], "at,sensor,name") {
		t.Errorf("map %.60s, readings %.60s", held["map.svg"], held["readings.csv"])
	}
}

// announced reads what the live feed was told of an incident.
func (h *house) announced(t *testing.T, id string) {
	t.Helper()
	rows, err := h.db.Owner.Query(t.Context(), "select audience, version, data from event where thing = $1 and kind = 'incident' order by id", id)
	must(t, err)
	newest := map[string]int64{}
	var audience, data string
	var version int64
	_, err = pgx.ForEachRow(rows, []any{&audience, &version, &data}, func() error {
		if version < newest[audience] {
			t.Errorf("%s goes back to version %d", audience, version)
		}
		newest[audience] = version
		if audience != "ops" && strings.Contains(data, "Nguyễn Văn An") || audience == "unit" && strings.Contains(data, "reports") || strings.Contains(data, "bà Hoa") {
			t.Errorf("%s is told %s", audience, data)
		}
		return nil
	})
	must(t, err)
	if newest["ops"] == 0 || newest["ops"] != newest["wall"] || newest["ops"] != newest["unit"] {
		t.Errorf("newest versions by audience: %v", newest)
	}
	for topic, want := range map[string]string{"ops/vn-2022/67/660": `"commander":"Nguyễn Văn An"`, "wall/vn-2022/67": `"commander":"Trưởng ca"`, "unit/so-xd": `"tasks":{"open":0,"done":1}`} {
		snap := h.snapshot(topic)
		if !strings.Contains(snap, `"incidents":[`) || !strings.Contains(snap, want) {
			t.Errorf("the snapshot of %s is %s", topic, snap)
		}
	}
	if snap := h.snapshot("public/vn-2022/67"); strings.Contains(snap, "incident") {
		t.Errorf("everybody is told: %s", snap)
	}
}

// snapshot is what a hub gets of a topic.
func (h *house) snapshot(topic string) string {
	h.t.Helper()
	a := h.do(call{method: "GET", path: "/internal/hub/snapshot?topic=" + topic, header: map[string]string{schema.HubSecretHeader: hubSecret}})
	if a.status != 200 {
		h.t.Fatalf("snapshot of %s: %d %s", topic, a.status, a.body)
	}
	return string(a.body)
}

// TestIncidentsMeetTheTableOfRights asks every route of incidents as every role with its own and others' areas and units.
func TestIncidentsMeetTheTableOfRights(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	operator := h.as(access.Operator, district())
	one := h.flooded("Ngập", 0, true)
	id := read[incidentDone](t, operator.try("POST", "/api/v1/incidents", map[string]any{"open": true, "reports": []string{one.ID}}), 201).Incident.ID
	task := read[incidentDone](t, operator.try("POST", "/api/v1/incidents/"+id+"/tasks", map[string]any{"text": "Xem", "unit": "so-xd"}), 201).Task.ID
	about := place("67", "660", "24611")
	given := about
	given.Unit = "so-xd"
	path := "/api/v1/incidents/" + id
	for _, role := range access.PersonRoles() {
		for name, scope := range scopes() {
			t.Run(fmt.Sprintf("%s, %s", role, name), func(t *testing.T) {
				v := h.as(role, scope)
				w := walker{visitor: v, principal: access.Principal{ID: v.person.Principal(), Roles: []access.Role{role}, Scope: scope}, name: name}
				read := w.may(access.ReadIncident, about)
				w.expect(t, "reading it", w.try("GET", path, nil), read, access.ReadIncident, 404)
				list := w.try("GET", "/api/v1/incidents", nil)
				if listed := strings.Contains(string(list.body), id); listed != (w.may(access.ListIncidents, about) == access.Allow) {
					t.Errorf("listed %t", listed)
				}
				if listed := strings.Contains(string(w.try("GET", "/api/v1/tasks", nil).body), task); listed != (w.may(access.ListTasks, given) == access.Allow) {
					t.Errorf("the task is listed %t", listed)
				}
				run := w.may(access.RunIncidents, about)
				// Old versions: whoever may is told of the conflict, and nothing changes.
				w.expect(t, "writing its log", w.try("POST", path+"/acts", map[string]any{"act": "note", "text": "x", "version": 1}), run, access.ReadIncident, 404)
				w.expect(t, "giving a task", w.try("POST", path+"/tasks", map[string]any{"text": "x", "unit": "so-xd", "version": 1}), run, access.RunIncidents, 404)
				w.expect(t, "attaching", v.attaches(id, "a.pdf", []byte("MZ")), run, access.RunIncidents, 404)
				w.expect(t, "closing it", w.try("POST", path+"/acts", map[string]any{"act": "close", "text": "x", "version": 1}), w.may(access.LeadIncidents, about), access.ReadIncident, 404)
				w.expect(t, "telling", w.try("POST", path+"/update-reporters", map[string]any{"text": "x", "version": 1}), w.may(access.LeadIncidents, about), access.LeadIncidents, 404)
				w.expect(t, "its evidence", w.try("GET", path+"/evidence.zip", nil), w.may(access.TakeEvidence, about), access.TakeEvidence, 404)
				if file := w.try("GET", path+"/attachments/"+uuid.NewString(), nil); file.status < 400 {
					t.Errorf("a file that is none: %d", file.status)
				}
				answer := w.try("POST", "/api/v1/tasks/"+task+"/acts", map[string]any{"act": "ack", "version": 9})
				w.expect(t, "answering a task", answer, w.may(access.AnswerTasks, given), access.AnswerTasks, 404)
			})
		}
	}
	if page := operator.incident(id); page.Incident.Version != 3 {
		t.Errorf("somebody changed the incident: %+v", page)
	}
}
