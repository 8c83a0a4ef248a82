//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"golang.org/x/text/unicode/norm"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/embedded/testpg"
	"toancanh/server/embedded/testredis"
	"toancanh/server/photo/phototest"
)

// privateWords are what is planted: of a citizen, of staff, of strangers at the door, of machines.
func privateWords() map[string]string {
	return map[string]string{
		"citizen's name": "Trịnh Ngọc Bảo Quyên Wqzxv", "citizen's phone": "0978 631 452", "citizen's mail": "baoquyen.wqzxv@hopthu.example",
		"citizen's address": "Hẻm 9087 Ngõ Đỗ Quyên Kjxqz", "citizen's words": "Con gái tôi Diễm Hằng Vwzqj bị ngã", "citizen's signs": "🦜🪶🧿🦤",
		"citizen's plate": "48A-937.62", "citizen's identity number": "067 184 920 365", "citizen's account": "0651 0009 3847 21",
		"the form's name": "Lò Thị Mỵ Châu Zxqvw", "the form's phone": "0356 298 714", "the form's mail": "mychau.zxqvw@hopthu.example",
		"a clerk's note": "Đã gọi bà Ksor Hlim Qzvxw ở buôn", "a reason": "Trùng với đơn ông Rmah Blơi Xwqzv",
		"staff's name": "Vũ Đình Khánh Hoàn Jqxzw", "staff's login": "khanhhoan.jqxzw", "staff's password": "sầu riêng xoài thanh long Qwvxz",
		"a tried login": "ai.do.la.toi.vqzwx", "a tried password": "mật khẩu đoán mò Zvqxw", "a tried code": "918273645546372819",
		"a tried token": "bMzvqxwTokenDoanMoKjhg9876", "a key's label": "Trạm đo nhà ông Siu Wqvzx", "a screen's point": "Nhà riêng đồng chí Đặng Xvzwq",
		"a message to screens": "Mời đồng chí Phùng Quang Vzxwq họp", "a device": "cam-nha-ba-hvzqx-0042", "a stranger's agent": "TrinhDuyetCuaOngBaXqvzw",
		"a stranger's query": "tìm nhà chị Hờ Mai Wzvqx", "a stranger's referrer": "trang-rieng-cua-wqzvx.example",
		"a person's name": "Hoàng Thị Tường Vi Zqwxj", "a person's login": "tuongvi.zqwxj", "a role": "vai-cua-ong-zxqwv",
		"a desk's label": "Bàn trực của anh Y Blô Kxwqz", "the desk's PIN": "60937482915", "a tried PIN": "59173846201",
		"a reason to reveal": "Gọi bà Nông Thị Sẩm Qxzjw hỏi địa chỉ", "a screen's reason": "Anh Điểu Krung Wjqzx rút dây",
		"a stranger's id": "anh-kpa-ksor-wqxzv.0978", "a page's build": "tường của chú Huy Qzwvx", "a tried pairing": "màn hình nhà bác Lục Zvqxk",
		"a provider's subject": "sub-nha-co-hi-qzxwv", "a provider's login": "cohi.qwzvx", "a provider's mail": "cohi.zqxwv@coquan.example",
		"a provider's fault": "Không nhận cô Hồ Thị Hi Qvzxw", "a returned state": "trangThaiCuaChiZwqvx", "a returned code": "maTraVeCuaChiQzvwx",
		"the database's password": "matKhauKhoCuaChuYwqzx", "a photo's camera": phototest.Camera, "a photo's comment": phototest.Comment, "behind a photo": phototest.Behind,
	}
}

// publicWords are what the unit answers to everybody.
const publicWords = "Đã khắc phục hố ga trước chợ."

// planting is a town with the words in it.
type planting struct {
	t       *testing.T
	s       *server
	words   map[string]string
	scan    *scanner
	staff   *staff                     // who may see nearly everything
	second  *staff                     // for what takes two
	urgent  string                     // code of a report that is
	codes   []string                   // of reports, by which their senders follow them
	answers []answer                   // to those who planted
	looked  map[[sha256.Size]byte]bool // for words
	inner   map[[sha256.Size]byte]bool // for what is of the house
	urls    []string                   // sample addresses of every route that anybody may read
	inside  *scanner                   // for what is of the house, of which a stranger is told nothing
	moment  time.Time
	ids     []string // of the reports of citizens

	provider *teller
}

func newPlanting(t *testing.T, s *server) *planting {
	t.Helper()
	p := &planting{t: t, s: s, words: privateWords(), looked: map[[sha256.Size]byte]bool{}, inner: map[[sha256.Size]byte]bool{}, inside: newScanner(nil), moment: plantedMoment()}
	p.scan = newScanner(p.words)
	return p
}

// TestPlantedWordsStayInside plants private words through every door, lets the reports live until their results are
// published, and then reads everything that a stranger can read, and what operators read beside the data: log and metrics.
// Then it does so again without Redis, and without PostgreSQL.
func TestPlantedWordsStayInside(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	provider := newTeller(t, privateWords()["a provider's fault"])
	address := withPassword(t, w.postgres.DSN(testpg.App), privateWords()["the database's password"])
	s := w.serve(append(provider.settings(), "TOANCANH_DATABASE_URL="+address, "TOANCANH_PHOTOS="+filepath.Join(w.dir, "photos"), "TOANCANH_OPEN=no", "TOANCANH_LOG_LEVEL=debug", "TOANCANH_LOG_FORMAT=json")...)
	p := newPlanting(t, s)
	p.provider = provider
	p.employ(w)
	wall := p.plantAsScreen()
	socket := p.hear("ws")
	stream := p.hear("sse")
	p.plantAsCitizen()
	p.plantByForm()
	p.plantByPartner()
	p.plantAsStaff()
	p.plantAsOfficers()
	p.plantAtDesk()
	p.plantByProvider()
	p.plantAsStranger()
	p.plantTooMuch()

	published := p.codes[0]
	for _, h := range []*logbook{socket, stream, wall} {
		awaitWord(t, h, published)
	}
	eventually(t, "the public page shows the published report", limit(15*time.Second), func() bool {
		a, err := s.api().get("/")
		return err == nil && strings.Contains(plain(t, a), publicWords)
	}, nil)

	p.urls, p.inside = append(p.everyURL(), p.publicPhoto()), newScanner(p.insideWords(w, p.ids...))
	clear(p.inner) // nothing was looked at for these words yet
	p.mustFind()
	p.mustFindInside()
	p.readEverything()
	saved := filepath.Join(w.dir, "copy")
	p.saveCopy(saved, address, false)
	p.without(away{"Redis", redis.Kill, redis.Restart, false})
	p.without(away{"PostgreSQL", w.postgres.Kill, func() { p.saveCopy(saved, address, true); w.postgres.Restart() }, true})
	p.hanging(w.postgres.Pause, w.postgres.Resume)
	provider.Close()
	p.plantByProvider()
	p.cleanInside("the socket", []byte(socket.String()))
	p.cleanInside("the event stream", []byte(stream.String()))
	p.clean("the socket", []byte(socket.String()))
	p.clean("the event stream", []byte(stream.String()))
	p.cleanBut("the wall's socket", []byte(wall.String()), "citizen's words", "citizen's signs", "citizen's name") // what was written, redacted
	p.cleanAnswers()
	p.cleanLog(`"route":"/api/v1/reports"`, `"route":"/api/v1/oidc/return"`, `"route":"/api/v1/screens/pairing"`, `"status":503`)
}

// cleanAnswers looks through what those were told who planted.
func (p *planting) cleanAnswers() {
	p.t.Helper()
	for i, a := range p.answers {
		p.cleanAnswer(fmt.Sprintf("the answer to planting %d (%d)", i, a.status), a)
	}
}

// cleanLog ends the server and looks through all it has said, which must tell of what was planted.
func (p *planting) cleanLog(tells ...string) {
	p.t.Helper()
	p.s.stop() // what it says at its end, too
	p.clean("the log", []byte(p.s.log.String()))
	for _, word := range tells {
		if !strings.Contains(p.s.log.String(), word) {
			p.t.Errorf("the log does not tell of %s: nothing was looked at", word)
		}
	}
}

// employ brings somebody in with nearly every right, in whose name and password words are planted, and a second.
func (p *planting) employ(w *town) {
	p.t.Helper()
	boss := employ(p.t, w, p.s, p.words["staff's login"])
	now, err := boss.store.Person(p.t.Context(), boss.person.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	now.Name, now.Roles = p.words["staff's name"], []access.Role{access.ShiftLead, access.Administrator, access.DataOfficer}
	if _, err := boss.store.ChangePerson(p.t.Context(), now); err != nil {
		p.t.Fatal(err)
	}
	p.enrol(boss)
	p.second = employ(p.t, w, p.s, "an")
	p.second.signIn(p.t)
}

// send plants, notes the answer, and returns it.
func (p *planting) send(method, path string, header http.Header, body any) answer {
	p.t.Helper()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			p.t.Fatal(err)
		}
	}
	a, err := p.s.api().send(method, path, header, raw)
	if err != nil {
		p.t.Fatal(err)
	}
	p.answers = append(p.answers, a)
	return a
}

// plantAsCitizen sends reports: composed, decomposed, with everything written into the words themselves, and an urgent one.
func (p *planting) plantAsCitizen() {
	p.t.Helper()
	at := p.s.communes()[0]
	const urgent = 3
	for i, form := range []func(string) string{norm.NFC.String, norm.NFD.String, norm.NFC.String, norm.NFC.String} {
		words := strings.Join([]string{p.words["citizen's words"], p.words["citizen's signs"], p.words["citizen's plate"], p.words["citizen's identity number"], p.words["citizen's account"]}, " ")
		if i == 2 {
			words = strings.Join([]string{words, p.words["citizen's name"], p.words["citizen's phone"], p.words["citizen's mail"]}, ", ")
		}
		a := p.send(http.MethodPost, "/api/v1/reports", http.Header{"User-Agent": {p.words["a stranger's agent"]}}, map[string]any{
			"category": p.s.categories()[0], "description": form(words), "address": form(p.words["citizen's address"]),
			"location": map[string]float64{"lat": at.Lat + northOfMiddle, "lon": at.Lon - westOfMiddle}, "emergency": i == urgent, // the middle itself is public
			"occurred_at": p.moment,
			"contact": map[string]string{
				"name": form(p.words["citizen's name"]), "phone": p.words["citizen's phone"], "email": p.words["citizen's mail"],
			},
		})
		var r written
		if err := a.into(nil, "report", &r); err != nil {
			p.t.Fatal(err)
		}
		p.codes, p.ids = append(p.codes, r.Code), append(p.ids, r.ID)
		if i == 0 {
			p.plantInPhoto(a)
		}
		if i == urgent { // it stays open
			p.urgent = r.Code
			continue
		}
		p.live(r.ID, i)
	}
}

// live takes a report through acts whose words are private until one is published.
func (p *planting) live(id string, turn int) {
	p.t.Helper()
	var now struct{ Report struct{ Version int } }
	if err := p.staff.ask(p.t, http.MethodGet, "/api/v1/reports/"+id, "").into(nil, "report", &now); err != nil {
		p.t.Fatal(err)
	}
	version := now.Report.Version
	acts := []map[string]any{
		{"act": "accept"},
		{"act": "assign", "unit": "so-xd", "text": p.words["a clerk's note"]},
		{"act": "start"},
		{"act": "resolve", "text": "Đã sửa xong, " + p.words["a clerk's note"]},
		{"act": "publish", "text": publicWords},
	}
	if turn > 0 {
		acts = []map[string]any{{"act": "refuse", "reason": "other", "text": p.words["a reason"]}}
	}
	for _, act := range acts {
		act["version"] = version
		raw, err := json.Marshal(act)
		if err != nil {
			p.t.Fatal(err)
		}
		a := p.staff.ask(p.t, http.MethodPost, "/api/v1/reports/"+id+"/acts", string(raw))
		if a.status != 200 {
			p.t.Fatalf("%s: %d %s", act["act"], a.status, a.body)
		}
		version++
	}
}

// plantByForm fills the page's form in, decomposed.
func (p *planting) plantByForm() {
	p.t.Helper()
	a, err := p.s.api().get("/phan-anh")
	if err != nil {
		p.t.Fatal(err)
	}
	key := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(plain(p.t, a))
	if key == nil {
		p.t.Fatal("the form has no key")
	}
	form := url.Values{
		"category": {p.s.categories()[0]}, "description": {norm.NFD.String(p.words["citizen's words"])}, "commune": {p.s.communes()[0].Code},
		"name": {norm.NFD.String(p.words["the form's name"])}, "phone": {p.words["the form's phone"]}, "email": {p.words["the form's mail"]},
		"address": {norm.NFD.String(p.words["citizen's address"])}, "lat": {""}, "lon": {""}, "website": {""}, "key": {key[1]},
	}
	where := p.postForm("/phan-anh", form, http.StatusSeeOther)
	code, _, _ := strings.Cut(strings.TrimPrefix(where, "/phan-anh/"), "?")
	p.codes = append(p.codes, code)
}

// postForm posts a form that must be answered with the status, and says where the answer leads.
func (p *planting) postForm(path string, form url.Values, status int) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, "http://"+p.s.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := shared.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		p.t.Fatalf("the form of %s: %d %v", path, res.StatusCode, err)
	}
	p.answers = append(p.answers, answer{status: res.StatusCode, header: res.Header, body: body})
	return res.Header.Get("Location")
}

// plantByPartner sends a report as a partner system does, decomposed, with words in every place there is.
func (p *planting) plantByPartner() {
	p.t.Helper()
	form := url.Values{
		"service_code": {"MT"}, "lat": {"12.007"}, "long": {"107.696"},
		"description": {norm.NFD.String(p.words["citizen's words"])}, "address_string": {norm.NFD.String(p.words["citizen's address"])},
		"first_name": {norm.NFD.String(p.words["the form's name"])}, "phone": {p.words["the form's phone"]}, "email": {p.words["the form's mail"]},
		"device_id": {p.words["a device"]}, "account_id": {p.words["a tried login"]}, "media_url": {"http://127.0.0.1:1/" + p.words["a stranger's query"]},
		"attribute[place_detail]": {p.words["citizen's address"]},
	}
	where := p.postForm("/open311/v2/requests.json", form, http.StatusCreated)
	code, _, _ := strings.Cut(strings.TrimPrefix(where, "/open311/v2/requests/"), ".")
	p.codes = append(p.codes, code)
}

// plantAsStaff sets a screen up and sends a message to it.
func (p *planting) plantAsStaff() {
	p.t.Helper()
	for _, deed := range []struct{ method, path, body string }{
		{http.MethodPut, "/api/v1/screens/660", fmt.Sprintf(`{"title":"Phòng họp","point":%q}`, p.words["a screen's point"])},
		{http.MethodPost, "/api/v1/screens/orders", fmt.Sprintf(`{"screens":["660"],"show":{"message":{"text":%q}}}`, p.words["a message to screens"])},
	} {
		if a := p.staff.ask(p.t, deed.method, deed.path, deed.body); a.status > 299 && a.status != 404 {
			p.t.Fatalf("%s %s: %d %s", deed.method, deed.path, a.status, a.body)
		}
	}
}

// attempt is a request of a stranger's.
type attempt struct {
	method, path string
	header       http.Header
	body         any
}

// plantAsStranger tries every door with words in places where they might be repeated.
func (p *planting) plantAsStranger() {
	p.t.Helper()
	q := url.QueryEscape(p.words["a stranger's query"])
	odd := http.Header{
		"User-Agent": {p.words["a stranger's agent"]}, "Referer": {"https://" + p.words["a stranger's referrer"] + "/"},
		"X-Request-Id": {p.words["a stranger's query"]}, "Cookie": {"toancanh-local=" + p.words["a tried token"]}, "X-Forwarded-For": {p.words["a stranger's referrer"]},
		"Idempotency-Key": {p.words["a tried token"]}, "Authorization": {"Bearer " + p.words["a tried token"]}, "Accept-Language": {p.words["a stranger's agent"]},
	}
	plainly := http.Header{"User-Agent": {p.words["a stranger's agent"]}, "X-Request-Id": {p.words["a stranger's id"]}}
	tried := map[string]string{"login": p.words["a tried login"], "password": p.words["a tried password"]}
	own := map[string]string{"login": p.words["staff's login"], "password": p.words["a tried password"]}
	for _, c := range append(p.strangersAtTheDoorsOfStaff(plainly, odd), []attempt{
		{"POST", "/api/v1/session", plainly, tried},
		{"POST", "/api/v1/session", plainly, own},
		{"POST", "/api/v1/session", plainly, map[string]any{"login": p.words["a tried login"], "password": 7}},
		{"POST", "/api/v1/session/code", odd, map[string]string{"code": p.words["a tried code"]}},
		{"POST", "/api/v1/invitations", plainly, map[string]string{"token": p.words["a tried token"], "password": p.words["a tried password"]}},
		{"GET", "/api/v1/reports?q=" + q, odd, nil},
		{"GET", "/api/v1/reports?q=" + q, plainly, nil},
		{"GET", "/api/v1/areas/" + url.PathEscape(p.words["a stranger's query"]), plainly, nil},
		{"GET", "/api/v1/kpis?area=" + q, plainly, nil},
		{"GET", "/api/v1/sensors/" + p.words["a device"] + "/readings", plainly, nil},
		{"GET", "/phan-anh/" + url.PathEscape(p.words["a stranger's query"]), odd, nil},
		{"GET", "/phan-anh?ma=" + q, plainly, nil},
		{"GET", "/open311/v2/requests.json?status=" + q + "&service_code=" + q + "&start_date=" + q + "&page=" + q, plainly, nil},
		{"GET", "/open311/v2/requests.xml?service_request_id=" + q + "&jurisdiction_id=" + q, odd, nil},
		{"GET", "/open311/v2/requests/" + url.PathEscape(p.words["a stranger's query"]) + ".xml", plainly, nil},
		{"GET", "/?lang=" + q, odd, nil},
		{"GET", "/tinh-hinh/x/" + url.PathEscape(p.words["a stranger's query"]), plainly, nil},
		{"GET", "/wall/" + url.PathEscape(p.words["a screen's point"]), plainly, nil},
		{"GET", "/" + url.PathEscape(p.words["a stranger's query"]), odd, nil},
		{"GET", "/live?topics=" + q, odd, nil},
		{"GET", "/live/sse?topics=" + q + "&since=" + q, plainly, nil},
		{"GET", "/assets/" + url.PathEscape(p.words["a stranger's query"]), plainly, nil},
		{"POST", "/api/v1/readings", plainly, []map[string]any{{"sensor": p.words["a device"], "value": 1}}},
		{"POST", "/api/v1/events", odd, map[string]any{"source": p.words["a device"]}},
		{"POST", "/api/v1/reports", plainly, map[string]any{"category": p.words["citizen's words"], "description": 5, "contact": map[string]string{"name": p.words["citizen's name"], "phone": p.words["citizen's mail"]}}},
		{"POST", "/api/v1/reports", plainly, map[string]any{"description": p.words["citizen's words"], "contact": p.words["citizen's phone"]}},
		{"PUT", "/api/v1/screens/660", plainly, map[string]string{"point": p.words["a screen's point"]}},
		{"POST", "/api/v1/tickets", plainly, map[string]any{"topics": []string{p.words["a stranger's query"]}, "screen": p.words["a screen's point"]}},
	}...) {
		if a := p.send(c.method, c.path, maps.Clone(c.header), c.body); a.status >= 500 && a.status != 503 {
			p.t.Errorf("%s %.40s: %d", c.method, c.path, a.status)
		}
	}
	// As bytes, since a client of Go sends no such thing.
	for _, raw := range []string{
		"GET /?" + p.words["a stranger's query"] + " HTTP/1.1\r\nHost: a\r\n\r\n",
		p.words["a device"] + " / HTTP/1.1\r\nHost: " + p.words["a stranger's referrer"] + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + norm.NFC.String(p.words["a stranger's query"]) + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n" + p.words["citizen's name"] + "\r\n\r\n",
	} {
		p.clean("the answer to odd bytes", []byte(rawAnswer(p.t, p.s.addr, raw)))
	}
}

// mustFind shows that the words are there and that the scanner sees them: on the lists of those who may.
func (p *planting) mustFind() {
	p.t.Helper()
	for path, wanted := range map[string][]string{
		"/api/v1/reports":           {"citizen's words", "citizen's address", "citizen's signs"},
		"/api/v1/screens":           {"a screen's point", "a screen's reason", "a page's build"},
		"/api/v1/session":           {"staff's name", "staff's login"},
		"/api/v1/reports/" + p.id(): {"citizen's words", "a clerk's note"},
		"/api/v1/people":            {"a person's name", "a person's login", "staff's name"},
		"/api/v1/desks":             {"a desk's label"},
		"/api/v1/keys":              {"a key's label", "a device"},
		"/api/v1/reveals":           {"a reason to reveal", "staff's name"},
		"/api/v1/callbacks":         {"staff's name"},

		"/api/v1/audit?what=desk.manage":    {"a desk's label"},
		"/api/v1/audit?what=key.manage":     {"a key's label"},
		"/api/v1/audit?what=contact.reveal": {"a reason to reveal"},
	} {
		a := p.staff.ask(p.t, http.MethodGet, path, "")
		p.mustHold(path, a, wanted...)
		found := p.scan.find(a.body)
		for _, word := range []string{"citizen's phone", "citizen's mail", "the form's name", "the form's phone", "the form's mail"} {
			if slices.Contains(found, word) && !strings.Contains(string(a.body), p.words["citizen's name"]+", "+p.words["citizen's phone"]) {
				p.t.Errorf("%s: %s is open to who has not asked for it", path, word)
			}
		}
	}
}

// id is what staff call the published report.
func (p *planting) id() string { return p.codes[0] }

// readEverything fetches all that anybody may ask for, in every look and form, and the doors that are closed.
func (p *planting) readEverything() {
	p.t.Helper()
	paths := []string{
		"/", "/?lang=en", "/?co=to", "/tinh-hinh/2022/67", "/tinh-hinh/2022/660", "/tinh-hinh/2025/67", "/tinh-hinh/2025/52", "/phan-anh",
		"/tinh-hinh/2022/67/feed.atom", "/tinh-hinh/2025/67/feed.atom",
		"/phan-anh?lang=en", "/phan-anh/K7M2-Q9XD", "/phan-anh?ma=x", "/wall/tinh", "/wall/660", "/console", "/bat-dau", "/api",
		"/api/v1/openapi.json", "/api/v1/divisions", "/api/v1/categories", "/api/v1/units", "/api/v1/scenes", "/api/v1/areas/vn-2022",
		"/api/v1/areas/vn-2022/geometry", "/api/v1/areas/vn-2022/map.svg", "/api/v1/areas/default/map.svg", "/api/v1/session", "/api/v1/rights",
		"/healthz", "/readyz", "/metrics", "/robots.txt", "/favicon.ico", "/nothing", "/live", "/live/sse",
		"/api/v1/reports", "/api/v1/kpis", "/api/v1/sensors", "/api/v1/screens", "/api/v1/screens/660", "/api/v1/people", "/api/v1/audit",
		"/api/v1/boundaries", "/api/v1/past", "/api/v1/past/changes", "/api/v1/sessions", "/internal/hub/snapshot?topic=" + publicTopic,
		"/api/v1/desks", "/api/v1/keys", "/api/v1/reveals", "/api/v1/callbacks", "/api/v1/oidc", "/api/v1/units?all=1", "/api/v1/people/" + p.staff.person.ID,
		"/open311/discovery.xml", "/open311/v2/services.json", "/open311/v2/services/MT.xml", "/open311/v2/requests.json?extensions=true", "/open311/v2/requests.xml",
		"/feed/alerts.atom", "/feed/cap/00000000-0000-4000-8000-000000000000.xml", "/api/v1/warnings", "/api/v1/warnings/received",
	}
	for _, place := range p.s.communes()[:3] {
		paths = append(paths, "/tinh-hinh/2022/"+place.Code)
	}
	for _, code := range p.codes {
		paths = append(paths, "/phan-anh/"+code, "/phan-anh/"+code+"?lang=en", "/api/v1/reports/"+code,
			"/phan-anh/"+code+"/feed.atom", "/api/v1/follow/"+code, "/open311/v2/requests/"+code+".xml?extensions=true")
	}
	if read := p.readPages(paths...); read < 200 {
		p.t.Errorf("only %d answers were read", read)
	}
	p.readWays(p.ways())
}

// readPages fetches addresses as anybody may, in every look and form, and says how many answers came.
func (p *planting) readPages(paths ...string) (read int) {
	p.t.Helper()
	for _, path := range paths {
		for _, header := range []http.Header{{}, {"Accept": {"text/html"}}, {"Accept-Encoding": {"br"}}, {"Accept-Encoding": {"gzip"}, "Cookie": {"nhin=en.+.1"}}} {
			a, err := p.s.api().send(http.MethodGet, path, header, nil)
			if err != nil {
				p.t.Fatalf("%s: %v", path, err)
			}
			read++
			// Whoever holds a report's code reads what was answered to its sender; nobody's name, number or address.
			p.cleanAnswer(path, a)
		}
	}
	return read
}

// cleanAnswer looks through an answer whole.
func (p *planting) cleanAnswer(what string, a answer) {
	p.t.Helper()
	var head bytes.Buffer
	_ = a.header.Write(&head)
	p.clean("the headers of "+what, head.Bytes())
	p.clean(what, a.body)
	if strings.Contains(what, "planting") { // a sender's own receipt names the report
		return
	}
	p.cleanInside("the headers of "+what, head.Bytes())
	if !strings.Contains(what, "/assets/") && !strings.Contains(what, ".js") && !strings.Contains(what, "/metrics") { // built files; names of tables
		p.cleanInside(what, a.body)
	}
}

func (p *planting) clean(what string, text []byte) {
	p.t.Helper()
	sum := sha256.Sum256(text)
	if p.looked[sum] { // another look, the same bytes
		return
	}
	p.looked[sum] = true
	p.cleanBut(what, text)
}

// cleanBut lets some words stand where they belong.
func (p *planting) cleanBut(what string, text []byte, belong ...string) {
	p.t.Helper()
	found := slices.DeleteFunc(p.scan.find(text), func(word string) bool { return slices.Contains(belong, word) })
	if len(found) > 0 {
		p.t.Errorf("%s says %q", what, found)
	}
}

func awaitWord(t *testing.T, h *logbook, word string) {
	t.Helper()
	eventually(t, "a listener hears of "+word, limit(15*time.Second), func() bool { return strings.Contains(h.String(), word) },
		func() string { return h.tail(3) })
}

// hear listens to the public topic until the test ends.
func (p *planting) hear(by string) *logbook {
	p.t.Helper()
	h := &logbook{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	p.t.Cleanup(func() { cancel(); running.Wait() })
	if by == "sse" {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.s.addr+"/live/sse?topics="+publicTopic, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		res, err := (&http.Client{}).Do(req)
		if err != nil {
			p.t.Fatal(err)
		}
		_ = res.Header.Write(h)
		running.Go(func() { _, _ = io.Copy(h, res.Body); _ = res.Body.Close() })
		return h
	}
	d := websocket.Dialer{Subprotocols: []string{schema.Protocol}, HandshakeTimeout: requestLimit}
	conn, res, err := d.DialContext(ctx, "ws://"+p.s.addr+"/live?topics="+publicTopic, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Header.Write(h)
	p.follow(conn, h)
	return h
}

// follow writes what a socket says into a book until the test ends.
func (p *planting) follow(conn *websocket.Conn, h *logbook) {
	var running sync.WaitGroup
	running.Go(func() {
		for {
			_, body, err := conn.ReadMessage()
			if err != nil {
				return
			}
			_, _ = h.Write(append(body, '\n'))
		}
	})
	p.t.Cleanup(func() { _ = conn.Close(); running.Wait() })
}
