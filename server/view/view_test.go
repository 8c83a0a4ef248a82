package view_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
	"toancanh/server/report"
	"toancanh/server/view"
)

func vietnam(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

var received = time.Date(2026, 11, 16, 1, 42, 7, 0, time.UTC) // Monday 08:42 in Vietnam

// Canaries: if one of these is seen where it must not be, the view leaks.
const (
	nameCanary  = "Chim Hoàng Yến"
	phoneCanary = "0912 345 678"
)

func lens(tb testing.TB) view.Lens {
	tb.Helper()
	return view.NewLens(vietnam(tb), []report.Unit{{ID: "so-tnmt", Name: "Sở Tài nguyên và Môi trường"}})
}

func rulebook(tb testing.TB) *report.Rulebook {
	tb.Helper()
	l := report.Limit{Clock: report.WorkingTime, Time: 4 * time.Hour}
	b, err := report.NewRulebook(report.Rules{
		Version: 1, Calendar: report.NewCalendar(1, vietnam(tb), nil),
		Categories: []report.Category{{Code: "MT", Name: "Môi trường", Clock: report.WorkingTime, Accept: l, Assign: l, Resolve: report.Limit{Clock: report.WorkingTime, Days: 3}, Priority: report.Cao}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func fresh(tb testing.TB) (*report.Rulebook, report.Report) {
	tb.Helper()
	b := rulebook(tb)
	r, _, err := b.New(report.Draft{
		Category: "MT", Description: "Rác trước nhà " + nameCanary + ", gọi " + phoneCanary, Address: "Số 5, cạnh nhà " + nameCanary,
		Location: report.Point{Lat: 12.01, Lon: 107.69}, HasContact: true, Source: report.FromForm, Origin: report.Real,
	}, report.Birth{
		ID: "0193a0b0-0000-7000-8000-000000000001", Code: "K7M2-Q9XD", At: received,
		Placed: report.Placed{Division: "vn-2022", Area: "24611", Path: []string{"67", "660", "24611"}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b, r
}

func do(tb testing.TB, b *report.Rulebook, r report.Report, acts ...report.Act) report.Report {
	tb.Helper()
	for i, a := range acts {
		var err error
		if r, _, err = b.Apply(r, a, r.ChangedAt.Add(time.Duration(i+1)*time.Minute)); err != nil {
			tb.Fatalf("%s: %v", a.Name, err)
		}
	}
	return r
}

// actsTo lead a fresh report to a status.
func actsTo(status report.Status) []report.Act {
	until := received.AddDate(0, 1, 0)
	accept := report.Act{Name: report.Accept}
	assign := report.Act{Name: report.Assign, Unit: "so-tnmt"}
	resolve := report.Act{Name: report.Resolve, Text: "Đã báo cho " + nameCanary}
	publish := report.Act{Name: report.Publish, Text: "Đã dọn sạch, liên hệ " + phoneCanary}
	switch status {
	case report.CanBoSung:
		return []report.Act{{Name: report.Ask, Reason: "Ở đâu? Gọi " + phoneCanary}}
	case report.KhongTiepNhan:
		return []report.Act{{Name: report.Refuse, Reason: "Ngoài địa bàn, số " + phoneCanary}}
	case report.TrungLap:
		return []report.Act{{Name: report.Merge, Parent: "AAAA-BBBB"}}
	case report.DaTiepNhan:
		return []report.Act{accept}
	case report.DaPhanCong:
		return []report.Act{accept, assign}
	case report.TraLai:
		return []report.Act{accept, assign, {Name: report.Return, Reason: "Không đúng thẩm quyền"}}
	case report.DangXuLy:
		return []report.Act{accept, assign, {Name: report.Start}}
	case report.XinGiaHan:
		return []report.Act{accept, assign, {Name: report.RequestExtension, Reason: "Chờ xe", Until: &until}}
	case report.DaXuLy:
		return []report.Act{accept, assign, resolve}
	case report.CongKhai:
		return []report.Act{accept, assign, resolve, publish}
	case report.MoLai:
		return []report.Act{accept, assign, resolve, publish, {Name: report.Reopen, Reason: "Vẫn còn"}}
	case report.HoanThanh:
		return []report.Act{accept, assign, resolve, publish, {Name: report.Complete}}
	default:
		return nil
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// names are the members of a struct's JSON.
func names(v any) []string {
	var list []string
	for f := range reflect.TypeOf(v).Fields() {
		list = append(list, strings.Split(f.Tag.Get("json"), ",")[0])
	}
	slices.Sort(list)
	return list
}

// Whoever adds a field to what strangers see must say so here, and think.
func TestThePublicSeesOnlyTheseFields(t *testing.T) {
	t.Parallel()
	want := []string{"answer", "area", "category", "code", "due_date", "origin", "path", "photos", "published_at", "received_hour", "resolved_date", "status", "text", "version"}
	if diff := cmp.Diff(want, names(view.PublicReport{})); diff != "" {
		t.Errorf("PublicReport (-want +got):\n%s", diff)
	}
	want = []string{"answer_until", "area", "category", "code", "due_date", "origin", "parent", "path", "photos", "published_at", "reason", "received_hour", "resolved_date", "status", "status_label", "text", "version"}
	if diff := cmp.Diff(want, names(view.FollowReport{})); diff != "" {
		t.Errorf("FollowReport (-want +got):\n%s", diff)
	}
	want = []string{"area", "category", "closed_at", "code", "due_at", "emergency", "id", "lat", "lon", "next_act", "open", "origin", "path", "priority", "received_at", "state", "status", "summary", "unit", "unit_name", "version"}
	if diff := cmp.Diff(want, names(view.WallReport{})); diff != "" {
		t.Errorf("WallReport (-want +got):\n%s", diff)
	}
}

func TestOpsIsTheContract(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	r = do(t, b, r, actsTo(report.DaPhanCong)...)
	want := `{"id":"0193a0b0-0000-7000-8000-000000000001","code":"K7M2-Q9XD","version":3,"origin":"real","category":"MT",` +
		`"description":"Rác trước nhà Chim Hoàng Yến, gọi 0912 345 678","address":"Số 5, cạnh nhà Chim Hoàng Yến","location":{"lat":12.01,"lon":107.69},` +
		`"division":"vn-2022","area":"24611","path":["67","660","24611"],"place_confirmed":false,"status":"da_phan_cong","priority":"cao","emergency":false,` +
		`"unit":"so-tnmt","level":"tinh","parent":"","source":"form","received_at":"2026-11-16T01:42:07Z","occurred_at":null,` +
		`"due":{"accept":"2026-11-16T07:42:07Z","assign":"2026-11-16T07:43:07Z","resolve":"2026-11-19T01:45:07Z","original":"2026-11-19T01:45:07Z","publish":null,"running":"2026-11-19T01:45:07Z"},` +
		`"accepted_at":"2026-11-16T01:43:07Z","assigned_at":"2026-11-16T01:45:07Z","resolved_at":null,"published_at":null,"closed_at":null,"withdrawn_at":null,` +
		`"reason":"","answer":"","public_text":"","bounces":0,"reopens":0,"has_contact":true,"photos":0}` + "\n"
	if diff := cmp.Diff(want, encode(t, view.Ops(r))); diff != "" {
		t.Errorf("ops (-want +got):\n%s", diff)
	}
}

func TestWallShowsARedactedSummary(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	w, ok := view.Wall(r, lens(t))
	if !ok || strings.Contains(w.Summary, phoneCanary) || w.State != "warning" || !w.Open || w.DueAt == nil || !w.DueAt.Equal(*r.Due.Accept) {
		t.Errorf("wall = %+v, %v", w, ok)
	}
	if got := encode(t, w); strings.Contains(got, "Số 5") {
		t.Errorf("the wall shows the address: %s", got)
	}
	w, _ = view.Wall(do(t, b, r, actsTo(report.DaXuLy)...), lens(t))
	if w.Open || w.DueAt != nil || w.ClosedAt == nil || w.State != "normal" {
		t.Errorf("handled on the wall = %+v", w)
	}
	r.Path = nil
	if w, _ := view.Wall(r, lens(t)); !strings.Contains(encode(t, w), `"path":[]`) {
		t.Error("a path of nothing is null")
	}
}

func TestTheWallNamesWhoActsNext(t *testing.T) {
	t.Parallel()
	const name = "Sở Tài nguyên và Môi trường"
	for status, want := range map[report.Status]string{
		report.Moi: "accept", report.CanBoSung: "", report.KhongTiepNhan: "", report.TrungLap: "",
		report.DaTiepNhan: "assign", report.TraLai: "assign",
		report.DaPhanCong: "resolve", report.DangXuLy: "resolve", report.XinGiaHan: "resolve", report.MoLai: "resolve",
		report.DaXuLy: "publish", report.CongKhai: "", report.HoanThanh: "",
	} {
		b, r := fresh(t)
		r = do(t, b, r, actsTo(status)...)
		w, ok := view.Wall(r, lens(t))
		if !ok || w.NextAct != want {
			t.Errorf("%s: next act = %q, want %q", status, w.NextAct, want)
		}
		if r.Unit != "" && (w.Unit != "so-tnmt" || w.UnitName != name) || r.Unit == "" && w.Unit+w.UnitName != "" {
			t.Errorf("%s: unit %q is named %q on the wall", status, w.Unit, w.UnitName)
		}
		if w, _ := view.Wall(r, view.Lens{}); w.UnitName != r.Unit {
			t.Errorf("%s: a unit without a name = %q, want its code", status, w.UnitName)
		}
	}
}

// The golden frames are read by the screens' tests too: they must say what the view says, all of it and no more.
func TestTheGoldenFramesHoldWholeWallReports(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(map[string]json.RawMessage) json.RawMessage{
		"event-report.json": func(frame map[string]json.RawMessage) json.RawMessage { return frame["data"] },
		"snapshot.json": func(frame map[string]json.RawMessage) json.RawMessage {
			var data struct{ Reports []json.RawMessage }
			if err := json.Unmarshal(frame["data"], &data); err != nil || len(data.Reports) == 0 {
				t.Fatalf("snapshot.json: %v, %d reports", err, len(data.Reports))
			}
			return data.Reports[0]
		},
	} {
		raw, err := os.ReadFile("../../schema/testdata/frames/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var frame, got map[string]json.RawMessage
		if err := json.Unmarshal(raw, &frame); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := json.Unmarshal(place(frame), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(names(view.WallReport{}), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s (-view +golden):\n%s", name, diff)
		}
	}
}

func TestTheGoldenNoteHoldsNoWords(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../schema/testdata/frames/event-note.json")
	if err != nil {
		t.Fatal(err)
	}
	var frame struct{ Data map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &frame); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(names(view.Note{}), slices.Sorted(maps.Keys(frame.Data))); diff != "" {
		t.Errorf("(-view +golden):\n%s", diff)
	}
}

func TestSummaryFitsAScreen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"  Ngập\n\nđường ", "Ngập đường"},
		{strings.Repeat("a", 140), strings.Repeat("a", 140)},
		{strings.Repeat("a", 141), strings.Repeat("a", 139) + "…"},
		{strings.Repeat("a", 130) + " " + strings.Repeat("b", 30), strings.Repeat("a", 130) + "…"},
		{strings.Repeat("a", 131) + "  " + phoneCanary, strings.Repeat("a", 131) + " [ẩn số]"},
		{strings.Repeat("a", 135) + " " + phoneCanary, strings.Repeat("a", 135) + " [ẩ…"},
	} {
		got := view.Summary(c.text)
		if utf8.RuneCountInString(got) > 140 || strings.Contains(got, "0912") {
			t.Errorf("Summary = %q", got)
		}
		if got != c.want && !strings.HasPrefix(c.want, strings.TrimSuffix(got, "…")) {
			t.Errorf("Summary(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestThePublicSeesOnlyWhatTheProcedureLetsOut(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	want := map[report.Status]string{
		report.DaTiepNhan: "da_tiep_nhan", report.DaPhanCong: "dang_xu_ly", report.DangXuLy: "dang_xu_ly", report.XinGiaHan: "dang_xu_ly",
		report.CongKhai: "da_xu_ly", report.MoLai: "dang_xu_ly", report.HoanThanh: "da_xu_ly",
	}
	for _, status := range report.Statuses() {
		at := do(t, b, r, actsTo(status)...)
		if at.Status != status {
			t.Fatalf("the acts to %s lead to %s", status, at.Status)
		}
		p, ok := view.Public(at, vietnam(t))
		if ok != (want[status] != "") || p.Status != want[status] {
			t.Errorf("%s: public %v as %q, want %q", status, ok, p.Status, want[status])
		}
		text := encode(t, p)
		for _, canary := range []string{nameCanary, phoneCanary, "0912", r.ID, "so-tnmt", "12.01", "01:42"} {
			if strings.Contains(text, canary) {
				t.Errorf("%s: the public sees %q: %s", status, canary, text)
			}
		}
		if published := status == report.CongKhai || status == report.HoanThanh; published != (p.Text != "") {
			t.Errorf("%s: public text %q", status, p.Text)
		}
		if _, ok := view.Public(do(t, b, at, report.Act{Name: report.Withdraw, Reason: "Nhầm"}), vietnam(t)); ok {
			t.Errorf("%s: public after withdrawal", status)
		}
	}
	p, _ := view.Public(do(t, b, r, actsTo(report.CongKhai)...), vietnam(t))
	wantText := `{"code":"K7M2-Q9XD","version":0,"category":"MT","area":"24611","path":["67","660","24611"],"origin":"real","status":"da_xu_ly",` +
		`"received_hour":"2026-11-16T01:00:00Z","due_date":"2026-11-19","resolved_date":"2026-11-16","published_at":"2026-11-16T01:45:00Z","text":"Đã dọn sạch, liên hệ [ẩn số]","answer":"","photos":[]}` + "\n"
	if diff := cmp.Diff(wantText, encode(t, p)); diff != "" {
		t.Errorf("public (-want +got):\n%s", diff)
	}
}

// Two locks on one door: neither a status nor a text alone opens it.
func TestThePublicSeesNothingOfAReportThatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	_, r := fresh(t)
	r.Status = report.CongKhai
	if p, ok := view.Public(r, vietnam(t)); ok {
		t.Errorf("public without acceptance: %+v", p)
	}
	r.AcceptedAt, r.PublicText = &r.ReceivedAt, "chưa duyệt"
	if p, _ := view.Public(r, vietnam(t)); p.Text != "" {
		t.Errorf("text without publication: %q", p.Text)
	}
}

func TestPublicDatesAreDaysInTheProvince(t *testing.T) {
	t.Parallel()
	_, r := fresh(t)
	r.Status, r.AcceptedAt = report.CongKhai, &r.ReceivedAt
	r.Due.Resolve = new(time.Date(2026, 11, 18, 17, 30, 0, 0, time.UTC)) // half past midnight of the 19th
	p, _ := view.Public(r, vietnam(t))
	if p.DueDate == nil || *p.DueDate != "2026-11-19" {
		t.Errorf("due date %v, want 2026-11-19", p.DueDate)
	}
}

func TestFollowTellsTheSenderWhatConcernsThem(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	for _, status := range report.Statuses() {
		f, ok := view.Follow(do(t, b, r, actsTo(status)...), vietnam(t))
		text := encode(t, f)
		if !ok || f.StatusLabel == "" || strings.Contains(text, "0912") || strings.Contains(text, nameCanary) || strings.Contains(text, "thẩm quyền") {
			t.Errorf("%s: %v, %s", status, ok, text)
		}
		if told := status == report.KhongTiepNhan || status == report.CanBoSung; told != (f.Reason != "") {
			t.Errorf("%s: reason %q", status, f.Reason)
		}
		if inside := status == report.TraLai || status == report.DaXuLy; inside && (f.Status != "dang_xu_ly" || f.ResolvedDate != nil) {
			t.Errorf("%s is shown as %s, resolved %v", status, f.Status, f.ResolvedDate)
		}
	}
	f, _ := view.Follow(do(t, b, r, actsTo(report.TrungLap)...), vietnam(t))
	if f.Parent != "AAAA-BBBB" {
		t.Errorf("parent %q", f.Parent)
	}
	if _, ok := view.Follow(do(t, b, r, report.Act{Name: report.Withdraw, Reason: "Nhầm"}), vietnam(t)); ok {
		t.Error("a withdrawn report can be followed")
	}
}

func TestFactCarriesWhatIsCounted(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	f := view.Fact(do(t, b, r, actsTo(report.DangXuLy)...))
	if !f.Open || f.DueNow == nil || f.Original == nil || f.EndedAt != nil || f.State != "warning" || f.Excluded || f.Version != 4 || f.Origin != "real" {
		t.Errorf("fact = %+v", f)
	}
	f = view.Fact(do(t, b, r, actsTo(report.TrungLap)...))
	if f.Open || !f.Excluded || f.EndedAt == nil || f.DueNow != nil {
		t.Errorf("fact of a merged report = %+v", f)
	}
}

// brief is a draft in one line.
func brief(ds []view.Draft) []string {
	var list []string
	for _, d := range ds {
		line := string(d.Audience) + " " + d.Kind + " " + d.ID + " " + strings.Join(d.Topics, " ")
		if d.Purge {
			line += " purge"
		}
		if (d.Kind == schema.KindGone) != (d.Data == nil) {
			line += " with the wrong data"
		}
		list = append(list, line)
	}
	return list
}

func TestEvents(t *testing.T) {
	t.Parallel()
	const id, code = "0193a0b0-0000-7000-8000-000000000001", "K7M2-Q9XD"
	path := func(audience, leaf string) string {
		p := audience + "/vn-2022/67"
		return p + " " + p + "/660 " + p + "/660/" + leaf
	}
	b, born := fresh(t)
	ops, wall := "ops report "+id+" "+path("ops", "24611"), "wall report "+id+" "+path("wall", "24611")
	goneOps := "ops gone " + id + " " + path("ops", "24611")
	gonePublic := "public gone " + code + " public/vn-2022/67" // the store adds where else it was told
	cases := []struct {
		name   string
		before report.Status
		act    *report.Act
		want   []string
	}{
		{"a birth is for operators and screens", "", nil, []string{ops, wall}},
		{"acceptance is told to the public later", report.Moi, &report.Act{Name: report.Accept}, []string{ops, wall}},
		{"refusal never", report.Moi, &report.Act{Name: report.Refuse, Reason: "x"}, []string{ops, wall}},
		{"assignment tells the unit", report.DaTiepNhan, &report.Act{Name: report.Assign, Unit: "so-tnmt"}, []string{ops, wall, "unit report " + id + " unit/so-tnmt"}},
		{"another unit gets it, the former loses it", report.DaPhanCong, &report.Act{Name: report.Assign, Unit: "so-xd"}, []string{ops, wall, "unit report " + id + " unit/so-xd", "unit gone " + id + " unit/so-tnmt"}},
		{"a return leaves the unit, and the public later", report.DaPhanCong, &report.Act{Name: report.Return, Reason: "x"}, []string{ops, wall, "unit gone " + id + " unit/so-tnmt"}},
		{"what the public cannot tell apart is no news to it", report.DaPhanCong, &report.Act{Name: report.Start}, []string{ops, wall, "unit report " + id + " unit/so-tnmt"}},
		{"a result waits for approval", report.DangXuLy, &report.Act{Name: report.Resolve, Text: "x"}, []string{ops, wall, "unit report " + id + " unit/so-tnmt"}},
		{"and is published", report.DaXuLy, &report.Act{Name: report.Publish, Text: "x"}, []string{ops, wall, "unit report " + id + " unit/so-tnmt"}},
		{
			"another commune of the district", report.DaTiepNhan,
			&report.Act{Name: report.ConfirmPlace, Place: &report.Placed{Division: "vn-2022", Area: "24628", Path: []string{"67", "660", "24628"}}},
			[]string{
				"ops report " + id + " " + path("ops", "24628"), "ops gone " + id + " ops/vn-2022/67/660/24611",
				"wall report " + id + " " + path("wall", "24628"), "wall gone " + id + " wall/vn-2022/67/660/24611",
			},
		},
		{
			"a withdrawal is forgotten everywhere", report.CongKhai, &report.Act{Name: report.Withdraw, Reason: "x"},
			[]string{goneOps + " purge", "wall gone " + id + " " + path("wall", "24611") + " purge", gonePublic + " purge", "unit gone " + id + " unit/so-tnmt purge"},
		},
		{
			"also by a public that does not see it at present", report.DaXuLy, &report.Act{Name: report.Withdraw, Reason: "x"},
			[]string{goneOps + " purge", "wall gone " + id + " " + path("wall", "24611") + " purge", gonePublic + " purge", "unit gone " + id + " unit/so-tnmt purge"},
		},
		{"before acceptance the public has nothing to forget", report.Moi, &report.Act{Name: report.Withdraw, Reason: "x"}, []string{goneOps + " purge", "wall gone " + id + " " + path("wall", "24611") + " purge"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var before *report.Report
			after := born
			if c.act != nil {
				before = new(do(t, b, born, actsTo(c.before)...))
				after = do(t, b, *before, *c.act)
			}
			drafts := view.Events(before, after, lens(t))
			if diff := cmp.Diff(c.want, brief(drafts)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			for _, d := range drafts {
				want := after.Version
				if d.Audience == schema.Public { // how often officers touched it is nobody's business
					want = view.PublicVersion(after)
				}
				if d.Version != want {
					t.Errorf("%s has version %d, want %d", d.Audience, d.Version, want)
				}
				for _, topic := range d.Topics {
					if _, err := schema.ParseTopic(topic); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

func TestAWithdrawnReportHasNoTextLeft(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	for _, status := range report.Statuses() {
		before := do(t, b, r, actsTo(status)...)
		after := do(t, b, before, report.Act{Name: report.Withdraw, Reason: "Gửi nhầm"})
		for _, d := range view.Events(&before, after, lens(t)) {
			if d.Kind != schema.KindGone || d.Data != nil || !d.Purge {
				t.Errorf("%s: %s %s after withdrawal, purge %v: %s", status, d.Audience, d.Kind, d.Purge, d.Data)
			}
		}
		text := encode(t, view.Ops(after))
		if strings.Contains(text, nameCanary) || strings.Contains(text, "0912") || !strings.Contains(text, view.Withdrawn) {
			t.Errorf("%s: operators read %s", status, text)
		}
	}
}

// What a client holds after any walk, by the rules of versions and gone, is what it may see now.
func TestTopicsHoldWhatTheirAudienceMaySee(t *testing.T) {
	t.Parallel()
	b, r := fresh(t)
	for _, status := range report.Statuses() {
		held := map[string]string{}
		take := func(before *report.Report, after report.Report) {
			for _, d := range view.Events(before, after, lens(t)) {
				for _, topic := range d.Topics {
					if d.Kind == schema.KindGone {
						delete(held, topic)
					} else {
						held[topic] = string(d.Data)
					}
				}
			}
		}
		now := r
		take(nil, now)
		for _, a := range append(actsTo(status), report.Act{Name: report.ConfirmPlace, Place: &report.Placed{Division: "vn-2022", Area: "24664", Path: []string{"67", "663", "24664"}}}) {
			if !slices.Contains(report.Allowed(now), a.Name) {
				continue
			}
			before := now
			now = do(t, b, now, a)
			take(&before, now)
		}
		want := map[string]bool{}
		for _, topic := range schema.AreaTopics(schema.Ops, now.Division, now.Path...) {
			want[topic] = true
		}
		for _, topic := range schema.AreaTopics(schema.Wall, now.Division, now.Path...) {
			want[topic] = true
		}
		if now.Unit != "" {
			want[schema.UnitTopic(now.Unit)] = true
		}
		for topic := range held {
			if !want[topic] {
				t.Errorf("%s: %s still holds the report", status, topic)
			}
		}
		for topic := range want {
			if held[topic] == "" {
				t.Errorf("%s: %s does not hold the report", status, topic)
			}
		}
	}
}

func BenchmarkEventsOfABirth(b *testing.B) {
	_, r := fresh(b)
	l := lens(b)
	b.ReportAllocs()
	for b.Loop() {
		view.Events(nil, r, l)
	}
}
