package open311_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/auth"
	"toancanh/server/report"
)

func ids(list []map[string]any) []string {
	codes := []string{}
	for _, r := range list {
		codes = append(codes, r["service_request_id"].(string))
	}
	return codes
}

// TestOnlyWhatEverybodyMaySeeLeaves sends a report full of marks and looks for them in every answer through its life.
func TestOnlyWhatEverybodyMaySeeLeaves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secrets := []string{"12.00712", "107.69634", "LỜI KỂ", "SỐ NHÀ", "HỌ TÊN", "0912345678", "an@example.vn", "THIẾT BỊ", "TÀI KHOẢN", "ẢNH", "CHỈ DẪN", "nội bộ", "so-tnmt"}
	code := h.send(form("lat", "12.00712", "long", "107.69634", "description", "LỜI KỂ", "address_string", "SỐ NHÀ", "first_name", "HỌ TÊN",
		"phone", "0912345678", "email", "an@example.vn", "device_id", "THIẾT BỊ", "account_id", "TÀI KHOẢN", "media_url", "http://127.0.0.1:1/ẢNH",
		"attribute[place_detail]", "CHỈ DẪN"))
	look := func(when string, want int) {
		t.Helper()
		for _, path := range []string{
			"requests/" + code + ".json", "requests/" + code + ".xml?extensions=true", "requests.json?extensions=true", "requests.xml",
			"requests.json?service_request_id=" + code,
		} {
			a := h.get("/open311/v2/" + path)
			for _, secret := range secrets {
				if strings.Contains(a.body, secret) {
					t.Errorf("%s, %s tells %q: %s", when, path, secret, a.body)
				}
			}
			if strings.HasPrefix(path, "requests/") && a.status != want {
				t.Errorf("%s, %s: %d, want %d", when, path, a.status, want)
			}
			if want == 404 && strings.Contains(a.body, `"`+code) {
				t.Errorf("%s, %s: %s", when, path, a.body)
			}
		}
	}
	look("new", 404)
	h.act(code, report.Act{Name: report.Accept})
	look("accepted", 200)
	h.act(code, report.Act{Name: report.Assign, Unit: "so-tnmt"})
	look("assigned", 200)
	h.act(code, report.Act{Name: report.Return, Reason: "không đúng thẩm quyền"})
	look("returned", 404)
	h.act(code, report.Act{Name: report.Assign, Unit: "so-tnmt"}, report.Act{Name: report.Resolve, Text: "nội bộ"})
	look("resolved", 404)
	h.act(code, report.Act{Name: report.Publish, Text: "Đã dọn. Gọi 0912 345 678 nếu còn."})
	look("published", 200)
	h.act(code, report.Act{Name: report.Withdraw, Reason: "người gửi yêu cầu"})
	look("withdrawn", 404)

	var contacts int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from report_contact").Scan(&contacts))
	if contacts != 1 {
		t.Errorf("%d contacts are sealed", contacts)
	}
	for _, table := range []string{"report", "report_act", "report_attribute", "event", "idempotency", "public_report"} {
		var found int
		must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from "+table+` x where x::text ~ 'HỌ TÊN|0912345678|an@example|THIẾT BỊ|TÀI KHOẢN|ẢNH'`).Scan(&found))
		if found != 0 {
			t.Errorf("%s holds something of the sender", table)
		}
	}
}

func TestARequestSaysWhereItStands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.send(form())
	type standing struct{ Status, Notes, Description, Extended, Detailed any }
	stands := func() standing {
		r := h.records("/open311/v2/requests/" + code + ".json?extensions=true")[0]
		e := r["extended_attributes"].(map[string]any)
		return standing{r["status"], r["status_notes"], r["description"], e["status"], e["detailed_status"]}
	}
	for _, step := range []struct {
		acts []report.Act
		want standing
	}{
		{[]report.Act{{Name: report.Accept}}, standing{"open", "Đã tiếp nhận", nil, "open", "da_tiep_nhan"}},
		{[]report.Act{{Name: report.Assign, Unit: "so-tnmt"}, {Name: report.Start}}, standing{"open", "Đang xử lý", nil, "in_progress", "dang_xu_ly"}},
		{[]report.Act{{Name: report.Resolve, Text: "xong"}, {Name: report.Publish, Text: "Đã dọn sạch."}}, standing{"closed", "Đã dọn sạch.", "Đã dọn sạch.", "closed", "da_xu_ly"}},
		{[]report.Act{{Name: report.Reopen, Reason: "còn rác"}}, standing{"open", "Đang xử lý", nil, "in_progress", "dang_xu_ly"}},
	} {
		h.act(code, step.acts...)
		if diff := cmp.Diff(step.want, stands()); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step.acts[0].Name, diff)
		}
	}
	r := h.records("/open311/v2/requests/" + code + ".json?extensions=true")[0]
	if r["address"] != "Tỉnh Đắk Nông" { // one alone in its commune and week would be told apart
		t.Errorf("address %q", r["address"])
	}
	h.act(code, report.Act{Name: report.Start}, report.Act{Name: report.Resolve, Text: "xong"}, report.Act{Name: report.Publish, Text: "Đã dọn thêm."})
	published := h.records("/open311/v2/requests/" + code + ".json?extensions=true")[0]
	if published["address"] != "Phường Nghĩa Thành, Thành phố Gia Nghĩa, Tỉnh Đắk Nông" {
		t.Errorf("the address of a published result is %q", published["address"])
	}
	if r["service_notice"] != "Dữ liệu mô phỏng, không phải phản ánh thật." {
		t.Errorf("simulated data are not marked: %v", r["service_notice"])
	}
	if e := r["expected_datetime"].(string); !strings.HasSuffix(e, "T23:59:59+07:00") || !strings.HasPrefix(e, r["extended_attributes"].(map[string]any)["due_date"].(string)) {
		t.Errorf("expected %q", e)
	}
	if q := r["requested_datetime"].(string); !strings.HasSuffix(q, ":00:00+07:00") {
		t.Errorf("the time of sending is told to the minute: %q", q)
	}
}

func TestAListIsFilteredAndPaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var codes []string
	for i := range 7 {
		code := h.send(form("service_code", []string{"MT", "XD"}[i%2], "description", fmt.Sprint("việc ", i)))
		h.act(code, report.Act{Name: report.Accept})
		// Hours apart, the newest first in the list.
		_, err := h.db.Owner.Exec(t.Context(), "update public_report set received_hour = date_trunc('hour', now()) - $2::int * interval '1 hour' where code = $1", code, i)
		must(t, err)
		codes = append(codes, code)
	}
	_, err := h.db.Owner.Exec(t.Context(), "update public_report set received_hour = received_hour - interval '100 days' where code = $1", codes[6])
	must(t, err)
	h.teller.Leave() // what changes from here on changes later
	h.act(codes[0], report.Act{Name: report.Assign, Unit: "so-tnmt"}, report.Act{Name: report.Resolve, Text: "x"}, report.Act{Name: report.Publish, Text: "Xong."})
	recent := codes[:6]
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Truncate(time.Hour).Format(time.RFC3339) }
	for path, want := range map[string][]string{
		"":                                 recent,
		"status=closed":                    codes[:1],
		"status=Open":                      codes[1:6],
		"status=open,closed":               recent,
		"service_code=XD":                  {codes[1], codes[3], codes[5]},
		"service_code=XD,MT":               recent,
		"page_size=4":                      recent[:4],
		"page_size=4&page=2":               recent[4:],
		"page_size=4&page=3":               {},
		"page=100000&page_size=1":          {},
		"start_date=" + at(-2*time.Hour):   codes[:3],
		"end_date=" + at(-4*time.Hour):     codes[4:6],
		"end_date=" + at(-91*24*time.Hour): codes[6:],
		"start_date=" + at(-3*time.Hour) + "&end_date=" + at(-2*time.Hour):                                                 codes[2:4],
		"start_date=" + strings.Replace(at(-2*time.Hour), "Z", "+00:00", 1):                                                codes[:3], // a bare plus
		"start_date=" + url.QueryEscape(time.Now().Add(-2*time.Hour).Truncate(time.Hour).Format("2006-01-02T15:04Z07:00")): codes[:3],
		"service_request_id=" + codes[6] + "," + codes[2] + ",K7M2-Q9XD&status=closed&start_date=2001-01-01T00:00:00Z":     {codes[2], codes[6]},
		"service_request_id=" + strings.ToLower(strings.Replace(codes[1], "-", "", 1)):                                     codes[1:2],
		"service_request_id=nothing": {},
	} {
		if diff := cmp.Diff(want, ids(h.records("/open311/v2/requests.json?"+path))); diff != "" {
			t.Errorf("?%s (-want +got):\n%s", path, diff)
		}
	}
	t.Run("what changed since", func(t *testing.T) {
		list := h.records("/open311/v2/requests.json?updated_after=" + at(-2*time.Hour))
		if got := ids(list); len(got) != 7 || got[0] != codes[0] { // also one received long ago, and the newest change first
			t.Errorf("%v", got)
		}
		if got := ids(h.records("/open311/v2/requests.json?updated_before=" + at(-2*time.Hour))); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
	t.Run("links lead through all pages", func(t *testing.T) {
		link := regexp.MustCompile(`<([^>]+)>; rel="(\w+)"`)
		var seen []string
		next := "/open311/v2/requests.json?page_size=2&status=open"
		for pages := 0; next != ""; pages++ {
			if pages > 5 {
				t.Fatal("the links lead in circles")
			}
			a := h.get(next)
			seen = append(seen, ids(read[[]map[string]any](t, a))...)
			next = ""
			for _, l := range link.FindAllStringSubmatch(a.header.Get("Link"), -1) {
				if l[2] == "next" {
					next = l[1]
				}
			}
		}
		if diff := cmp.Diff(codes[1:6], seen); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestTheTimeOfChangeIsThatOfWhatEverybodySees(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.send(form())
	h.act(code, report.Act{Name: report.Accept})
	changed := func() (at time.Time) {
		must(t, h.db.Owner.QueryRow(t.Context(), "select changed_at from public_report where code = $1", code).Scan(&at))
		return at
	}
	accepted := changed()
	h.act(code, report.Act{Name: report.Assign, Unit: "so-tnmt"})
	assigned := changed()
	h.act(code, report.Act{Name: report.Start}) // the same status for everybody
	if started := changed(); !assigned.After(accepted) || !started.Equal(assigned) {
		t.Errorf("accepted %s, assigned %s, started %s", accepted, assigned, started)
	}
}

func TestAnswersOfASenderReachTheStaff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := form("attribute[emergency]", "co", "attribute[occurred_at]", "2026-11-01T08:00:00+07:00", "attribute[place_detail]", "Sau tr\u01B0\u01A1\u0300ng học")
	f["attribute[kinds][]"] = []string{"mui", "nuoc_thai", "mui"}
	type detail struct {
		Report struct {
			Emergency  bool
			OccurredAt *time.Time `json:"occurred_at"`
			Source     string
		}
		Attributes []report.Attribute
	}
	code := h.send(f)
	got := read[detail](t, h.get("/api/v1/reports/"+code))
	if !got.Report.Emergency || got.Report.OccurredAt == nil || got.Report.OccurredAt.UTC().Hour() != 1 || got.Report.Source != "open311" {
		t.Errorf("%+v", got.Report)
	}
	want := []report.Attribute{
		{Code: "place_detail", Name: "Chỉ dẫn thêm để tìm đến nơi", Values: []string{"Sau trường học"}},
		{Code: "kinds", Name: "Ô nhiễm loại nào?", Values: []string{"Mùi hôi", "Nước thải"}},
	}
	if diff := cmp.Diff(want, got.Attributes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	none := h.get("/api/v1/reports/" + h.send(form("description", "không trả lời gì")))
	if !strings.Contains(none.body, `"attributes":[]`) {
		t.Errorf("%s", none.body)
	}
	h.act(code, report.Act{Name: report.Withdraw, Reason: "người gửi yêu cầu"})
	if got := read[detail](t, h.get("/api/v1/reports/"+code)); len(got.Attributes) != 0 {
		t.Errorf("a withdrawn report keeps %v", got.Attributes)
	}
}

func TestAReportWithoutADescriptionOrAPoint(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.send(form("description", "", "lat", "", "long", "", "address_string", "Thôn 3, xã Đắk Gằn, huyện Đắk Mil"))
	r, err := h.store.Report(t.Context(), code)
	must(t, err)
	if r.Area != "24673" || r.Address != "Thôn 3, xã Đắk Gằn, huyện Đắk Mil" || r.Description != "Vệ sinh môi trường, rác thải, nước thải, tiếng ồn" {
		t.Errorf("area %s, address %q, description %q", r.Area, r.Address, r.Description)
	}
}

func TestAReportSentTwiceIsOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.send(form("device_id", "a"))
	if again := h.send(form("device_id", "a")); again != first {
		t.Errorf("%s, and again %s", first, again)
	}
	if other := h.send(form("device_id", "b")); other == first {
		t.Error("another sender got the first one's receipt")
	}
	if other := h.send(form("device_id", "a", "description", "Rác ở chợ khác")); other == first {
		t.Error("another report got the first one's receipt")
	}
	// Ten minutes later by the book of repeated deeds: still known once, then no more.
	_, err := h.db.Owner.Exec(t.Context(), "update idempotency set key = regexp_replace(key, '\\d+$', '') || (substring(key from '\\d+$')::bigint - 1)")
	must(t, err)
	if again := h.send(form("device_id", "a")); again != first {
		t.Errorf("%s, and ten minutes later %s", first, again)
	}
	named := map[string]string{"Idempotency-Key": "k-1"}
	a := h.do("POST", "/open311/v2/requests.json", form("description", "có khóa"), named)
	b := h.do("POST", "/open311/v2/requests.json", form("description", "có khóa"), named)
	if a.status != 201 || a.body != b.body || b.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%d %s, %d %s", a.status, a.body, b.status, b.body)
	}
	if c := h.do("POST", "/open311/v2/requests.json", form("description", "nội dung khác"), named); c.status != 400 {
		t.Errorf("%d %s", c.status, c.body)
	}
}

func TestKeysOfPartners(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	post := func(f url.Values, header map[string]string) answer {
		return h.do("POST", "/open311/v2/requests.json", f, header)
	}
	whole := h.key(nil, auth.RightReports)
	if a := post(form("api_key", whole), nil); a.status != 201 {
		t.Errorf("in the form: %d %s", a.status, a.body)
	}
	if a := post(form("description", "khác"), map[string]string{"Authorization": "Bearer " + whole}); a.status != 201 {
		t.Errorf("in the header: %d %s", a.status, a.body)
	}
	if a := post(form("api_key", whole[:len(whole)-1]+"x"), nil); a.status != 403 {
		t.Errorf("a wrong secret: %d %s", a.status, a.body)
	}
	if a := post(form("api_key", h.key(nil, auth.RightReadings)), nil); a.status != 403 {
		t.Errorf("a key for readings: %d %s", a.status, a.body)
	}
	bound := h.key(func(k *auth.Key) { k.Scope.Categories = []string{"XD"} }, auth.RightReports)
	if a := post(form("api_key", bound), nil); a.status != 400 || !strings.Contains(a.body, "service_code") {
		t.Errorf("outside its services: %d %s", a.status, a.body)
	}
	if a := post(form("api_key", bound, "service_code", "XD"), nil); a.status != 201 {
		t.Errorf("inside its services: %d %s", a.status, a.body)
	}
	revoked, token, err := auth.NewKey("cũ", auth.RightReports)
	must(t, err)
	now := time.Now()
	revoked.RevokedAt = &now
	must(t, h.store.AddKey(t.Context(), revoked))
	_, err = h.db.Owner.Exec(t.Context(), "update api_key set revoked_at = now() where id = $1", revoked.ID)
	must(t, err)
	if a := post(form("api_key", token), nil); a.status != 403 {
		t.Errorf("a revoked key: %d %s", a.status, a.body)
	}
	if a := h.do("GET", "/open311/v2/requests.json?api_key=x", nil, nil); a.status != 200 {
		t.Errorf("reading needs no key: %d %s", a.status, a.body)
	}
}

func TestATokenLeadsToItsReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.do("POST", "/open311/v2/requests.json", form(), map[string]string{"Prefer": "respond-async"})
	token := read[[]map[string]string](t, a)[0]["token"]
	found := read[[]map[string]string](t, h.get("/open311/v2/tokens/"+token+".json"))[0]
	r, err := h.store.Report(t.Context(), found["service_request_id"])
	must(t, err)
	if r.ID != token || found["token"] != token {
		t.Errorf("%v", found)
	}
	h.act(r.Code, report.Act{Name: report.Withdraw, Reason: "người gửi yêu cầu"})
	if a := h.get("/open311/v2/tokens/" + token + ".json"); a.status != 404 {
		t.Errorf("of a withdrawn report: %d %s", a.status, a.body)
	}
}

// TestNoMediaIsFetched names a picture on this machine: nobody comes for it before the answer, and it is kept nowhere.
func TestNoMediaIsFetched(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var fetched atomic.Int32
	media := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched.Add(1) }))
	t.Cleanup(media.Close)
	a := h.do("POST", "/open311/v2/requests.json", form("media_url", media.URL+"/anh.jpg", "address_id", "7"), nil)
	notice := read[[]map[string]string](t, a)[0]["service_notice"]
	if a.status != http.StatusCreated || !strings.Contains(notice, "media_url") || !strings.Contains(notice, "address_id") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if n := fetched.Load(); n != 0 {
		t.Errorf("the picture was fetched %d times", n)
	}
	var kept int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from report x where x::text like '%anh.jpg%'").Scan(&kept))
	if kept != 0 {
		t.Error("the address of the picture is kept")
	}
}
