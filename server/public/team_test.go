package public_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/photo"
	"toancanh/server/photo/phototest"
	"toancanh/server/public"
	"toancanh/server/report"
	"toancanh/server/store"
)

// visits joins what the store and the intake know of visits.
type visits struct {
	*store.Store
	*intake.Intake
}

func (v visits) AddPhoto(ctx context.Context, b intake.PhotoBody) (json.RawMessage, bool, error) {
	return v.Intake.AddPhoto(ctx, b)
}

// onSite is a house with the pages of community teams, whose member says in a header who they are.
func onSite(t *testing.T) (h *house, member string) {
	t.Helper()
	var visits visits
	h = newHouse(t, func(c *public.Config) {
		c.Visits = &visits
		c.Member = func(c *fiber.Ctx) (string, error) {
			switch id := c.Get("X-Member"); id {
			case "":
				return "", fault.Unauthenticated("Cần đăng nhập.").Because("sign_in")
			case "leader":
				return "", fault.Forbidden("Trang này dành cho thành viên tổ.").Because("right")
			default:
				return strings.Clone(id), nil
			}
		}
	})
	visits.Store, visits.Intake = h.store, h.intake
	return h, h.person("to-vien")
}

func (h *house) person(login string) string {
	h.t.Helper()
	id, err := auth.NewPersonID()
	must(h.t, err)
	must(h.t, h.store.AddPerson(h.t.Context(), auth.Person{ID: id, Login: login, Name: "Trần Văn Bình", Roles: []access.Role{access.CommunityTeam}},
		store.Invitation{Hash: []byte(login), ExpiresAt: time.Now().Add(time.Hour)}))
	return id
}

// ask keeps a team with a member and asks it to visit a report.
func (h *house) ask(code, member string) report.Visit {
	h.t.Helper()
	id, err := auth.NewPersonID()
	must(h.t, err)
	must(h.t, h.store.AddTeam(h.t.Context(), store.Team{
		ID: id, Name: "Tổ công nghệ số thôn 3", Village: "Thôn 3", Division: "vn-2022", Area: "24611", Path: []string{"67", "660", "24611"},
		Members: []store.TeamMember{{ID: member}},
	}))
	v, err := h.intake.AskVisit(h.t.Context(), report.Visit{ReportID: code, TeamID: id, Team: "Tổ công nghệ số thôn 3", AskedBy: "operator", Note: "Còn rác không?"},
		0, func(report.Report) error { return nil })
	must(h.t, err)
	return v
}

// told is a report with a contact whose words name its sender.
func (h *house) told() string {
	h.t.Helper()
	raw, _, err := h.intake.AcceptReport(h.t.Context(), intake.Submission{
		Draft: report.Draft{
			Category: "MT", Description: "Rác trước nhà, gọi 0912 345 678", Address: "Số 5, hỏi 0987 654 321",
			Location: report.Point{Lat: 12.007, Lon: 107.696}, Source: report.FromAPI,
		},
		Contact: report.Contact{Name: "Chim Hoàng Yến", Phone: "0905 111 222"},
	})
	must(h.t, err)
	_, rest, _ := strings.Cut(string(raw), `"code":"`)
	return rest[:9]
}

func TestAMemberGoesToTheSiteWithAPhone(t *testing.T) {
	t.Parallel()
	h, member := onSite(t)
	code := h.told()
	v := h.ask(code, member)
	as := map[string]string{"X-Member": member}
	page := h.get("/to-cong-nghe", as)
	for _, want := range []string{"Tổ công nghệ số thôn 3", code, "Còn rác không?", "Rác trước nhà", "Tôi đã có mặt tại hiện trường", "geo:12.00700,107.69600", "DỮ LIỆU MÔ PHỎNG", `name="robots" content="noindex"`} {
		if page.status != 200 || !strings.Contains(page.body, want) {
			t.Errorf("status %d, the page lacks %q", page.status, want)
		}
	}
	for _, not := range []string{"0912", "345 678", "0987", "Chim Hoàng Yến", "0905", "Kết quả xác minh</label>"} {
		if strings.Contains(page.body, not) {
			t.Errorf("the page tells %q", not)
		}
	}
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	english := h.get("/to-cong-nghe?lang=en", as)
	if !strings.Contains(english.body, "I am on site") || !strings.Contains(english.body, `<html lang="en"`) {
		t.Errorf("no English page: %s", english.body)
	}
	arrive := "/to-cong-nghe/" + v.ID + "/den"
	there := h.send("POST", arrive, url.Values{"lat": {"12,0073"}, "lon": {"107,696"}}, as)
	if there.status != 303 || there.header.Get("Location") != "/to-cong-nghe?bao=den" {
		t.Fatalf("%d %v %s", there.status, there.header, there.body)
	}
	if again := h.send("POST", arrive, url.Values{}, as); again.status != 303 {
		t.Errorf("pressed twice: %d %s", again.status, again.body)
	}
	page = h.get("/to-cong-nghe?bao=den", as)
	for _, want := range []string{"Đã ghi nhận bạn có mặt", "khoảng 30 m", `name="result"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	done := "/to-cong-nghe/" + v.ID + "/xong"
	empty := h.send("POST", done, url.Values{"result": {"  "}}, as)
	if empty.status != 422 || !strings.Contains(empty.body, `aria-invalid="true"`) || !strings.Contains(empty.body, "Chưa nhập nội dung") {
		t.Errorf("%d %s", empty.status, empty.body)
	}
	if a := h.send("POST", done, url.Values{"result": {"Đã dọn sạch"}}, as); a.status != 303 || a.header.Get("Location") != "/to-cong-nghe?bao=xong" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := h.send("POST", done, url.Values{"result": {"Đã dọn sạch"}}, as); a.status != 303 {
		t.Errorf("pressed twice: %d %s", a.status, a.body)
	}
	page = h.get("/to-cong-nghe?bao=xong", as)
	if strings.Contains(page.body, code) || !strings.Contains(page.body, "Hiện không có nơi nào cần xác minh") {
		t.Errorf("what is done is still asked: %s", page.body)
	}
	r, err := h.store.Report(context.Background(), code)
	must(t, err)
	if r.Version != 4 || r.Status != report.Moi {
		t.Errorf("version %d, status %s", r.Version, r.Status)
	}
}

func TestTheTeamsPageIsTheTeamsAlone(t *testing.T) {
	t.Parallel()
	h, member := onSite(t)
	code := h.told()
	v := h.ask(code, member)
	stranger := h.person("khac")
	if a := h.get("/to-cong-nghe", nil); a.status != 401 || !strings.Contains(a.body, `href="/console"`) || strings.Contains(a.body, code) {
		t.Errorf("nobody: %d %s", a.status, a.body)
	}
	if a := h.get("/to-cong-nghe", map[string]string{"X-Member": "leader"}); a.status != 403 || strings.Contains(a.body, code) {
		t.Errorf("a leader: %d", a.status)
	}
	if a := h.get("/to-cong-nghe", map[string]string{"X-Member": stranger}); a.status != 200 || strings.Contains(a.body, code) || !strings.Contains(a.body, "chưa thuộc tổ nào") {
		t.Errorf("of no team: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/to-cong-nghe/" + v.ID + "/den", "/to-cong-nghe/" + v.ID + "/xong", "/to-cong-nghe/x/den"} {
		form := url.Values{"result": {"x"}}
		if a := h.send("POST", path, form, map[string]string{"X-Member": stranger}); a.status != 404 {
			t.Errorf("%s by a stranger: %d", path, a.status)
		}
		if a := h.send("POST", path, form, nil); a.status != 401 {
			t.Errorf("%s by nobody: %d", path, a.status)
		}
		if a := h.send("POST", path, form, map[string]string{"X-Member": member, "Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}); a.status != 403 {
			t.Errorf("%s from another site: %d", path, a.status)
		}
	}
	early := h.send("POST", "/to-cong-nghe/"+v.ID+"/xong", url.Values{"result": {"Đã xem"}}, map[string]string{"X-Member": member})
	if early.status != 422 || !strings.Contains(early.body, "trước khi báo kết quả") {
		t.Errorf("a result before arriving: %d %s", early.status, early.body)
	}
	h.act(code, report.Act{Name: report.Withdraw, Reason: "Gửi nhầm"})
	if a := h.get("/to-cong-nghe", map[string]string{"X-Member": member}); strings.Contains(a.body, code) {
		t.Error("a withdrawn report is still asked for")
	}
	if a := h.send("POST", "/to-cong-nghe/"+v.ID+"/den", url.Values{}, map[string]string{"X-Member": member}); a.status != 422 || strings.Contains(a.body, code) {
		t.Errorf("arriving at a withdrawn one: %d", a.status)
	}
}

// aPhoto is a form with a photo as a browser sends it.
func (h *house) aPhoto(path string, content []byte, header map[string]string) answer {
	h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("photo", "IMG_1.jpg")
	must(h.t, err)
	_, err = part.Write(content)
	must(h.t, err)
	must(h.t, form.Close())
	req, err := http.NewRequest("POST", h.base+path, &body)
	must(h.t, err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	for name, text := range header {
		req.Header.Set(name, text)
	}
	res, err := client.Do(req)
	must(h.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(h.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

func TestAMemberSendsAPhotoFromTheSite(t *testing.T) {
	t.Parallel()
	h, member := onSite(t)
	v := h.ask(h.told(), member)
	as, other := map[string]string{"X-Member": member}, map[string]string{"X-Member": h.person("khac")}
	path := "/to-cong-nghe/" + v.ID + "/anh"
	picture := phototest.JPEG(phototest.Picture(64, 48))
	if a := h.aPhoto(path, picture, as); a.status != 422 || !strings.Contains(a.body, "trước khi gửi ảnh") {
		t.Errorf("before arriving: %d %s", a.status, a.body)
	}
	if a := h.send("POST", "/to-cong-nghe/"+v.ID+"/den", url.Values{}, as); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for range 2 { // twice, as in a poor network
		if a := h.aPhoto(path, picture, as); a.status != 303 || a.header.Get("Location") != "/to-cong-nghe?bao=anh" {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	list, err := h.store.Photos(t.Context(), v.ReportID)
	must(t, err)
	if len(list) != 1 || list[0].Kind != photo.Visit || list[0].OfSender {
		t.Fatalf("%+v", list)
	}
	address := path + "/" + list[0].ID
	if page := h.get("/to-cong-nghe?bao=anh", as); !strings.Contains(page.body, `src="`+address+`"`) || !strings.Contains(page.body, "Đã nhận ảnh") {
		t.Errorf("the page lacks its photo: %s", page.body)
	}
	if a := h.get(address, as); a.status != 200 || a.header.Get("Content-Type") != "image/jpeg" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", a.status, a.header)
	}
	for name, a := range map[string]answer{
		"of no team":       h.get(address, other),
		"of nobody":        h.get(address, nil),
		"sent by another":  h.aPhoto(path, picture, other),
		"no photo":         h.aPhoto(path, nil, as),
		"another file":     h.aPhoto(path, []byte("<svg/>"), as),
		"another form":     h.send("POST", path, url.Values{"photo": {"x"}}, as),
		"no such photo":    h.get(path+"/0193a0b0-0000-7000-8000-000000000001", as),
		"from another one": h.aPhoto(path, picture, map[string]string{"X-Member": member, "Sec-Fetch-Site": "cross-site"}),
	} {
		want := map[string]int{
			"of no team": 404, "of nobody": 401, "sent by another": 404, "no photo": 422, "another file": 422, "another form": 415,
			"no such photo": 404, "from another one": 403,
		}[name]
		if a.status != want {
			t.Errorf("%s: %d, want %d: %.200s", name, a.status, want, a.body)
		}
	}
	if list, err = h.store.Photos(t.Context(), v.ReportID); err != nil || len(list) != 1 {
		t.Errorf("%d photos, %v", len(list), err)
	}
}
