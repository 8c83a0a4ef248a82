package warning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/warning"
)

const (
	author = "person:a"
	second = "person:b"
)

func now() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }

// draft is the template of a hazard with its places filled in.
func draft(t *testing.T, code string) warning.Draft {
	t.Helper()
	h, ok := warning.TemplateOf(code)
	if !ok {
		t.Fatalf("no template %s", code)
	}
	d := warning.Draft{
		Template: code, Status: warning.Actual, Category: h.Category, Urgency: h.Urgency, Severity: h.Severity, Certainty: h.Certainty,
		ResponseTypes: h.ResponseTypes, RiskLevel: h.RiskLevel, Expires: now().Add(time.Duration(h.Hours) * time.Hour), Areas: []string{"24616"},
		Values: map[string]string{}, Vi: h.Vi, En: &h.En,
	}
	for _, f := range h.Fields {
		d.Values[f.Name] = f.Example
	}
	return d
}

func written(t *testing.T, code string) warning.Warning {
	t.Helper()
	return warning.Warning{
		ID: "0192b3a4-0000-7000-8000-000000000001", Version: 1, Stage: warning.Drafted, MsgType: warning.New, Origin: "real", Draft: draft(t, code),
		Division: "vn-2022", Writers: []string{author}, CreatedAt: now(), ChangedAt: now(),
	}
}

func do(t *testing.T, w warning.Warning, acts ...warning.Act) warning.Warning {
	t.Helper()
	for _, a := range acts {
		after, err := w.Apply(a, now())
		if err != nil {
			t.Fatalf("%s by %s: %v", a.Name, a.Actor, err)
		}
		w = after
	}
	return w
}

func published(t *testing.T, code string) warning.Warning {
	t.Helper()
	return do(t, written(t, code), warning.Act{Name: warning.Send, Actor: author}, warning.Act{Name: warning.Approve, Actor: second},
		warning.Act{Name: warning.Publish, Actor: author})
}

func TestAWarningGoesOutOverASecondPerson(t *testing.T) {
	t.Parallel()
	w := published(t, "lu")
	if w.Stage != warning.Published || w.Approver != second || w.Version != 4 || !w.InForce(now()) || w.InForce(w.Draft.Expires) {
		t.Errorf("%+v", w)
	}
	for _, a := range append(warning.ActNames(), warning.Edit) {
		if _, err := w.Apply(warning.Act{Name: a, Actor: second, Reason: "x"}, now()); reason(err) != "published" {
			t.Errorf("%s on a published warning: %v", a, err)
		}
	}
}

// TestNoPathLeadsOutWithoutASecondPerson walks every sequence of acts of two people and finds none that publishes words which
// nobody but their writers has approved.
func TestNoPathLeadsOutWithoutASecondPerson(t *testing.T) {
	t.Parallel()
	var walk func(w warning.Warning, left int)
	out := 0
	walk = func(w warning.Warning, left int) {
		if w.Stage == warning.Published {
			out++
			for _, writer := range w.Writers {
				if w.Approver == "" || w.Approver == writer {
					t.Fatalf("published, approved by %q, written by %v", w.Approver, w.Writers)
				}
			}
			return
		}
		if left == 0 {
			return
		}
		for _, who := range []string{author, second, "desk", "key:1", ""} {
			for _, a := range append(warning.ActNames(), warning.Edit) {
				after, err := w.Apply(warning.Act{Name: a, Actor: who, Reason: "x", Draft: w.Draft}, now())
				if err == nil {
					walk(after, left-1)
				} else if !strings.HasPrefix(who, "person:") && reason(err) != "nameless" {
					t.Fatalf("%s by %q: %v", a, who, err)
				}
			}
		}
	}
	walk(written(t, "mua_lon"), 6)
	if out == 0 {
		t.Error("no path led out at all")
	}
}

func TestWhatAStageDoesNotAllowIsAConflict(t *testing.T) {
	t.Parallel()
	w := written(t, "lu")
	for _, tt := range []struct {
		name, want string
		w          warning.Warning
		act        warning.Act
	}{
		{"approving a draft", "stage", w, warning.Act{Name: warning.Approve, Actor: second}},
		{"publishing a draft", "stage", w, warning.Act{Name: warning.Publish, Actor: author}},
		{"an old version", "version", w, warning.Act{Name: warning.Send, Actor: author, Version: 7}},
		{"an act nobody knows", "unknown", w, warning.Act{Name: "explode", Actor: author}},
		{"approving one's own words", "own_words", do(t, w, warning.Act{Name: warning.Send, Actor: author}), warning.Act{Name: warning.Approve, Actor: author}},
		{
			"approving what one sent for approval", "own_words",
			do(t, w, warning.Act{Name: warning.Send, Actor: second}),
			warning.Act{Name: warning.Approve, Actor: second},
		},
		{"sending back without a reason", "required", do(t, w, warning.Act{Name: warning.Send, Actor: author}), warning.Act{Name: warning.Reject, Actor: second}},
		{"writing on while it waits", "stage", do(t, w, warning.Act{Name: warning.Send, Actor: author}), warning.Act{Name: warning.Edit, Actor: author, Draft: w.Draft}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := tt.w.Apply(tt.act, now()); reason(err) != tt.want {
				t.Errorf("%q, want %q: %v", reason(err), tt.want, err)
			}
		})
	}
	t.Run("what was approved and called back needs another approval", func(t *testing.T) {
		t.Parallel()
		back := do(t, w, warning.Act{Name: warning.Send, Actor: author}, warning.Act{Name: warning.Approve, Actor: second}, warning.Act{Name: warning.Recall, Actor: author})
		if back.Stage != warning.Drafted || back.Approver != "" || back.ApprovedAt != nil {
			t.Errorf("%+v", back)
		}
	})
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, field string
		change      func(*warning.Draft)
	}{
		{"no status", "status", func(d *warning.Draft) { d.Status = "" }},
		{"a status for machines", "status", func(d *warning.Draft) { d.Status = warning.System }},
		{"no area", "areas", func(d *warning.Draft) { d.Areas = nil }},
		{"no end", "expires", func(d *warning.Draft) { d.Expires = time.Time{} }},
		{"an end that has passed", "expires", func(d *warning.Draft) { d.Expires = now() }},
		{"an end in three weeks", "expires", func(d *warning.Draft) { d.Expires = now().AddDate(0, 0, 21) }},
		{"a beginning after the end", "onset", func(d *warning.Draft) { d.Onset = new(d.Expires) }},
		{"no headline", "vi.headline", func(d *warning.Draft) { d.Vi.Headline = "" }},
		{"half of the English", "en.instruction", func(d *warning.Draft) { d.En = &warning.Words{Event: "a", Headline: "a", Description: "a"} }},
		{"a place left to fill in", "vi.headline", func(d *warning.Draft) { delete(d.Values, "song") }},
		{"a level nobody chose", "risk_level", func(d *warning.Draft) { d.RiskLevel = 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := written(t, "lu")
			tt.change(&w.Draft)
			_, err := w.Apply(warning.Act{Name: warning.Send, Actor: author}, now())
			if field(err) != tt.field || !fault.Is(err, fault.KindInvalid) {
				t.Errorf("%q, want %q: %v", field(err), tt.field, err)
			}
		})
	}
	t.Run("what is not real never goes out as if it were", func(t *testing.T) {
		t.Parallel()
		w := written(t, "lu")
		w.Origin = "simulated"
		if _, err := w.Apply(warning.Act{Name: warning.Send, Actor: author}, now()); reason(err) != "origin" {
			t.Error(err)
		}
	})
}

func TestUpdatesAndCancelsFollowOn(t *testing.T) {
	t.Parallel()
	first := published(t, "lu")
	next, err := first.Next(warning.Update, warning.Act{Actor: second, Reason: "nước còn lên"}, "toancanh.67", now())
	if err != nil {
		t.Fatal(err)
	}
	next.ID = "0192b3a4-0000-7000-8000-000000000002"
	if len(next.Chain) != 1 || next.Chain[0].Key() != "toancanh.67,"+first.ID+",2026-11-23T08:00:00Z" || next.Follows != first.ID || next.Stage != warning.Drafted {
		t.Errorf("%+v", next)
	}
	changed := next.Draft
	changed.Status = warning.Exercise
	if _, err := next.Apply(warning.Act{Name: warning.Edit, Actor: second, Draft: changed}, now()); reason(err) != "fixed" {
		t.Errorf("a drill after a real warning: %v", err)
	}
	next = do(t, next, warning.Act{Name: warning.Send, Actor: second}, warning.Act{Name: warning.Approve, Actor: author}, warning.Act{Name: warning.Publish, Actor: second})
	ended, err := first.End(next)
	if err != nil || ended.InForce(now()) || ended.EndedBy != next.ID {
		t.Errorf("%+v %v", ended, err)
	}
	if _, err := ended.End(next); reason(err) != "superseded" {
		t.Errorf("ended twice: %v", err)
	}
	for _, kind := range []warning.MsgType{warning.Update, warning.Cancel} {
		if _, err := ended.Next(kind, warning.Act{Actor: author, Reason: "x"}, "s", now()); reason(err) != "superseded" {
			t.Errorf("%s of what was replaced: %v", kind, err)
		}
		if _, err := next.Next(kind, warning.Act{Actor: author, Reason: "x"}, "s", next.Draft.Expires); reason(err) != "expired" {
			t.Errorf("%s of what is over: %v", kind, err)
		}
	}
	if _, err := next.Next(warning.Cancel, warning.Act{Actor: author}, "s", now()); reason(err) != "required" {
		t.Errorf("cancelled without a reason: %v", err)
	}
	end, err := next.Next(warning.Cancel, warning.Act{Actor: author, Reason: "nước đã rút"}, "toancanh.67", now())
	if err != nil || len(end.Chain) != 2 || end.InForce(now()) {
		t.Errorf("%+v %v", end, err)
	}
}

func house(t *testing.T) (warning.House, warning.Ground) {
	t.Helper()
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	m, _ := atlas.Map("vn-2022")
	ground := warning.Ground{Tree: atlas.Tree, Map: m}
	return warning.House{Sender: "toancanh.67", Name: "Trung tâm tỉnh Đắk Nông", Zone: time.FixedZone("", 7*3600), Place: ground.Places()}, ground
}

// TestEveryTemplateGoesOutAndIsValid writes each hazard as each kind of message and holds what went out to the schema of CAP.
func TestEveryTemplateGoesOutAndIsValid(t *testing.T) {
	t.Parallel()
	h, _ := house(t)
	want := []string{"lu", "lu_quet", "sat_lo", "mua_lon", "chay_rung", "khong_khi", "xa_lu", "khac"}
	var got []string
	for _, hazard := range warning.Templates() {
		got = append(got, hazard.Code)
		for _, status := range []warning.Status{warning.Actual, warning.Exercise, warning.Test} {
			w := written(t, hazard.Code)
			w.Draft.Status = status
			w = do(t, w, warning.Act{Name: warning.Send, Actor: author}, warning.Act{Name: warning.Approve, Actor: second}, warning.Act{Name: warning.Publish, Actor: author})
			m, err := h.Write(w, now())
			if err != nil {
				t.Fatalf("%s: %v", hazard.Code, err)
			}
			if status == warning.Actual {
				valid(t, m.Body)
			}
			if strings.ContainsAny(m.Title+m.TitleEN+m.Summary, "{}") || len(m.Alert.Infos) != 2 || strings.Contains(string(m.Body), "person:") {
				t.Errorf("%s: %s", hazard.Code, m.Body)
			}
			marks := map[warning.Status][2]string{warning.Actual: {"", ""}, warning.Exercise: {"[DIỄN TẬP] ", "[EXERCISE] "}, warning.Test: {"[THỬ NGHIỆM] ", "[TEST] "}}[status]
			if !strings.HasPrefix(m.Title, marks[0]) || !strings.HasPrefix(m.TitleEN, marks[1]) || strings.HasPrefix(m.Title, "[") != (status != warning.Actual) ||
				strings.Contains(m.Summary, "không phải cảnh báo thật") != (status != warning.Actual) {
				t.Errorf("%s %s: %q %q %q", hazard.Code, status, m.Title, m.TitleEN, m.Summary)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("templates (-want +got):\n%s", diff)
	}
}

func TestWhatGoesOutSaysWhatWasMeant(t *testing.T) {
	t.Parallel()
	h, _ := house(t)
	w := published(t, "lu")
	w.Origin, w.Draft.Status = "simulated", warning.Exercise
	m, err := h.Write(w, now())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"<sent>2026-11-23T15:00:00+07:00</sent>", "<status>Exercise</status>", "<sender>toancanh.67</sender>",
		"<headline>[DIỄN TẬP · MÔ PHỎNG] Cảnh báo lũ trên sông Đắk Nông: Xã Quảng Sơn (Huyện Đăk Glong)</headline>",
		"<headline>[EXERCISE · SIMULATED] Flood warning for the Đắk Nông river: Quang Son Commune (Dak Glong District)</headline>",
		"cấp 1 (nhỏ)", "<valueName>VN:DisasterRiskLevel</valueName>", "<valueName>vn-2022</valueName>", "<value>24616</value>", "<language>vi-VN</language>",
		"<note>DIỄN TẬP – không phải cảnh báo thật. Dữ liệu mô phỏng</note>",
	} {
		if !strings.Contains(string(m.Body), part) {
			t.Errorf("%q is not in\n%s", part, m.Body)
		}
	}
	if strings.Contains(string(m.Body), "<polygon>") {
		t.Error("the borders are a drawing of ours and went out as if they were a survey")
	}
	if s := m.Shown; s.RiskLevel != 1 || s.Expires != w.Draft.Expires || len(s.Areas) != 1 || s.Source != "" || s.Origin != "simulated" {
		t.Errorf("%+v", s)
	}
	t.Run("an update and a cancel name the whole chain", func(t *testing.T) {
		t.Parallel()
		first := published(t, "lu")
		next, err := first.Next(warning.Update, warning.Act{Actor: second, Reason: "nước còn lên"}, h.Sender, now())
		if err != nil {
			t.Fatal(err)
		}
		next.ID = "0192b3a4-0000-7000-8000-000000000002"
		next = do(t, next, warning.Act{Name: warning.Send, Actor: second}, warning.Act{Name: warning.Approve, Actor: author}, warning.Act{Name: warning.Publish, Actor: second})
		end, err := next.Next(warning.Cancel, warning.Act{Actor: author, Reason: "nước đã rút"}, h.Sender, now())
		if err != nil {
			t.Fatal(err)
		}
		end.ID = "0192b3a4-0000-7000-8000-000000000003"
		for i, w := range []warning.Warning{next, end} {
			m, err := h.Write(w, now())
			if err != nil {
				t.Fatal(err)
			}
			valid(t, m.Body)
			if len(m.Alert.References) != i+1 || m.Alert.References[0].Identifier != first.ID {
				t.Errorf("references %+v", m.Alert.References)
			}
			want := []string{"Cập nhật: Cảnh báo lũ", "Thu hồi: Cảnh báo lũ"}[i]
			why := []string{"Nội dung cập nhật: nước còn lên", "Lý do: nước đã rút"}[i]
			if !strings.HasPrefix(m.Title, want) || !strings.Contains(m.Summary, why) {
				t.Errorf("%q %q", m.Title, m.Summary)
			}
		}
	})
}

func TestSurveyedBordersGoOutLatitudeFirst(t *testing.T) {
	t.Parallel()
	h, _ := house(t)
	find := h.Place
	ring := []warning.Point{{Lat: 12, Lon: 107.6}, {Lat: 12, Lon: 107.7}, {Lat: 12.1, Lon: 107.7}, {Lat: 12, Lon: 107.6}}
	h.Place = func(code string) (warning.Place, bool) {
		p, ok := find(code)
		p.Polygons = [][]warning.Point{ring}
		return p, ok
	}
	m, err := h.Write(published(t, "lu"), now())
	if err != nil {
		t.Fatal(err)
	}
	valid(t, m.Body)
	if !strings.Contains(string(m.Body), "<polygon>12,107.6 12,107.7 12.1,107.7 12,107.6</polygon>") {
		t.Errorf("%s", m.Body)
	}
	t.Run("outlines too large are left to the codes", func(t *testing.T) {
		t.Parallel()
		big := make([]warning.Point, 30_000)
		for i := range big {
			big[i] = warning.Point{Lat: 12.12345, Lon: 107.12345}
		}
		h := h
		h.Place = func(code string) (warning.Place, bool) {
			p, ok := find(code)
			p.Polygons = [][]warning.Point{big}
			return p, ok
		}
		m, err := h.Write(published(t, "lu"), now())
		if err != nil || strings.Contains(string(m.Body), "<polygon>") {
			t.Errorf("%d bytes %v", len(m.Body), err)
		}
	})
}

func TestTheRiskLevelIsAWordAndANumeral(t *testing.T) {
	t.Parallel()
	var got []string
	for level := range 7 {
		got = append(got, warning.RiskWord(level, false)+"|"+warning.RiskSeverity(level))
	}
	want := []string{
		"|Unknown", "cấp 1 (nhỏ)|Minor", "cấp 2 (trung bình)|Moderate", "cấp 3 (lớn)|Severe", "cấp 4 (rất lớn)|Extreme", "cấp 5 (thảm họa)|Extreme", "|Unknown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhereAStrangersWarningHolds(t *testing.T) {
	t.Parallel()
	_, g := house(t)
	for _, tt := range []struct {
		name    string
		area    warning.Area
		want    []string
		outside bool
	}{
		{"our own code", warning.Area{Geocodes: []warning.Pair{{Name: "vn-2022", Value: "24616"}}}, []string{"24616"}, false},
		{"a code of today in the division of then", warning.Area{Geocodes: []warning.Pair{{Name: "vn-2025", Value: "24631"}}}, []string{"24631", "24634"}, false},
		{"a code of ours that is none", warning.Area{Geocodes: []warning.Pair{{Name: "vn-2022", Value: "99999"}}}, nil, true},
		{"a code of another list", warning.Area{Geocodes: []warning.Pair{{Name: "SAME", Value: "006109"}}, Description: "Tuolumne"}, nil, false},
		{"a circle around Gia Nghĩa", warning.Area{Circles: []warning.Circle{{Centre: warning.Point{Lat: 12.007, Lon: 107.696}, KM: 0.1}}}, []string{"24612"}, false},
		{"a polygon in California", warning.Area{Polygons: [][]warning.Point{{{Lat: 38, Lon: -120}, {Lat: 38, Lon: -119}, {Lat: 39, Lon: -119}, {Lat: 38, Lon: -120}}}}, nil, true},
		{"a district by its name", warning.Area{Description: "Mưa ở Huyện Đắk Mil, Huyện Cư Jút"}, []string{"662", "663"}, false},
		{"the province of today", warning.Area{Description: "tỉnh Lâm Đồng"}, []string{"67"}, false},
		{"words alone", warning.Area{Description: "Tây Nguyên"}, nil, false},
	} {
		got, outside := g.Locate(warning.Alert{Infos: []warning.Info{{Areas: []warning.Area{tt.area}}}})
		if diff := cmp.Diff(tt.want, got); diff != "" || outside != tt.outside {
			t.Errorf("%s: outside %v\n%s", tt.name, outside, diff)
		}
	}
}

func TestWhichOfOthersAreHeeded(t *testing.T) {
	t.Parallel()
	good, err := warning.Decode([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	inside := good.Sent.Add(time.Hour)
	for _, tt := range []struct {
		name   string
		want   bool
		at     time.Time
		change func(*warning.Received)
	}{
		{"as it came", true, inside, func(*warning.Received) {}},
		{"over", false, good.Sent.Add(6 * time.Hour), func(*warning.Received) {}},
		{"before it was sent", false, good.Sent.Add(-time.Minute), func(*warning.Received) {}},
		{"ended", false, inside, func(r *warning.Received) { r.EndedAt = &inside }},
		{"elsewhere", false, inside, func(r *warning.Received) { r.Outside = true }},
		{"a drill", true, inside, func(r *warning.Received) { r.Alert.Status = warning.Exercise }},
		{"for machines", false, inside, func(r *warning.Received) { r.Alert.Status = warning.System }},
		{"a draft", false, inside, func(r *warning.Received) { r.Alert.Status = warning.DraftStatus }},
		{"not for everybody", false, inside, func(r *warning.Received) { r.Alert.Scope = "Restricted" }},
		{"a cancel", false, inside, func(r *warning.Received) { r.Alert.MsgType = warning.Cancel }},
		{"without an end, on its day", true, good.Sent.Add(23 * time.Hour), func(r *warning.Received) { r.Alert.Infos = []warning.Info{{}} }},
		{"without an end, a day later", false, good.Sent.Add(24 * time.Hour), func(r *warning.Received) { r.Alert.Infos = []warning.Info{{}} }},
	} {
		r := warning.Received{Alert: good}
		r.Alert.Infos = append([]warning.Info(nil), good.Infos...)
		tt.change(&r)
		if got := r.Heeded(tt.at); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if err := warning.Admit(good, good.Sender, inside); reason(err) != "own" {
		t.Errorf("our own warning: %v", err)
	}
	if err := warning.Admit(good, "toancanh.67", good.Sent.Add(-6*time.Minute)); field(err) != "sent" {
		t.Errorf("from the future: %v", err)
	}
}

func TestTheWorstComesFirstAndALevelHasABound(t *testing.T) {
	t.Parallel()
	list := []warning.Shown{
		{ID: "a", Status: warning.Actual, Severity: "Minor"},
		{ID: "b", Status: warning.Exercise, Severity: "Extreme"},
		{ID: "c", Status: warning.Actual, Severity: "Extreme"},
	}
	level := warning.Arrange(list, "real", now())
	var got []string
	for _, s := range level.Warnings {
		got = append(got, s.ID)
	}
	if diff := cmp.Diff([]string{"c", "a", "b"}, got); diff != "" {
		t.Error(diff)
	}
	if l := warning.Arrange(make([]warning.Shown, 60), "real", now()); len(l.Warnings) != 50 || l.Truncated != 10 {
		t.Errorf("%d shown, %d left out", len(l.Warnings), l.Truncated)
	}
	if l := warning.Arrange(nil, "real", now()); l.Warnings == nil {
		t.Error("no list at all")
	}
}
