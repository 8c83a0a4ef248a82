//go:build e2e

package browser_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"toancanh/server/disclosure"
)

// line is the network between phones and a province: it can be dead, and it can lose an answer on its way back.
type line struct {
	addr  string
	dead  atomic.Bool
	lose  atomic.Int32 // answers to reports that will be lost
	posts atomic.Int32 // reports that reached the province
}

// wire lays a line to a province.
func wire(t testing.TB, p *province) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		t.Fatal(err)
	}
	l := &line{addr: listener.Addr().String()}
	target := &url.URL{Scheme: "http", Host: p.addr}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method != http.MethodPost || r.Request.URL.Path != "/api/v1/reports" {
				return nil
			}
			l.posts.Add(1)
			if l.lose.Add(-1) >= 0 {
				return http.ErrAbortHandler
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := &http.Server{ReadHeaderTimeout: requestWithin, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.dead.Load() {
			panic(http.ErrAbortHandler) // the connection ends without a word
		}
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return l
}

// nextYear is a phone whose clock is a year ahead.
const nextYear = `(() => { const ahead = 365 * 864e5, True = Date;
	globalThis.Date = class extends True {
		constructor(...given) { if (given.length === 0) super(True.now() + ahead); else super(...given); }
		static now() { return True.now() + ahead; }
	} })()`

// beside opens another tab of the same browser.
func (g *tab) beside(path string) *tab {
	g.t.Helper()
	return open(g.t, &province{addr: strings.TrimPrefix(g.base, "http://")}, path, size{}, map[string]any{"script": true, "beside": g.name})
}

// awaitForm waits for the form in three steps.
func (g *tab) awaitForm() {
	g.t.Helper()
	eventually(g.t, "the form has come", liveWithin, func() bool { return g.text("#to-khai h2") != "" }, g.body)
}

// stepTo presses the button of the step and waits for the next.
func (g *tab) stepTo(heading string) {
	g.t.Helper()
	g.tabTo("#to-khai button[type=submit]")
	g.press("Enter")
	eventually(g.t, "the step "+heading, shownWithin, func() bool { return strings.Contains(g.text("#to-khai h2"), heading) }, g.body)
}

// pass holds what is on screen to axe and to its width.
func (g *tab) pass(what string) {
	g.t.Helper()
	var violations []string
	g.do("axe", nil, &violations)
	if over := overflow(g); over > 0 || len(violations) > 0 {
		g.t.Errorf("%s: %d px too wide; axe: %s", what, over, strings.Join(violations, "; "))
	}
	g.keep(what, true)
}

// TestAReportWrittenWithoutANetworkArrivesOnce lives a report on a phone with a wrong clock: written without a network by
// keys alone, the tab closed, the first answer lost, two tabs at once when the network is back.
func TestAReportWrittenWithoutANetworkArrivesOnce(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	db := p.database()
	l := wire(t, p)
	phone := open(t, &province{addr: l.addr}, "/phan-anh", size{390, 844}, map[string]any{"script": true, "init": nextYear})
	phone.hurt = true // a dead network is noted
	phone.awaitForm()
	eventually(t, "the form is kept", liveWithin, func() bool {
		var kept bool
		phone.eval(`(async () => navigator.serviceWorker.controller !== null && (await caches.match('/phan-anh')) !== undefined)()`, &kept)
		return kept
	}, nil)

	l.dead.Store(true)
	phone.visit("/phan-anh")
	phone.awaitForm()
	phone.pass("form-step1-390")
	phone.tabTo("#to-khai input[type=radio]")
	phone.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
	phone.stepTo("Chuyện thế nào?")
	phone.tabTo("#noi-dung-pa")
	const words = "Rác đổ tràn cống sau chợ, mùi nặng từ hôm qua."
	phone.write(words)
	phone.do("choose", map[string]any{"selector": "#anh", "files": photograph(t)}, nil)
	eventually(t, "the photo is drawn anew", shownWithin, func() bool { return phone.text("#to-khai .photos") != "" }, phone.body)
	phone.pass("form-step2-390")
	phone.visit("/phan-anh") // as when a reader asks for larger letters
	phone.awaitForm()
	phone.stepTo("Ở đâu?")
	phone.tabTo("#xa")
	phone.press("ArrowDown", "ArrowDown", "ArrowDown")
	phone.pass("form-step3-390")
	phone.tabTo("#to-khai button[type=submit]")
	phone.press("Enter")
	eventually(t, "the report waits", shownWithin, func() bool { return strings.Contains(phone.text(".outcome"), "Chưa có mạng") }, phone.body)
	phone.pass("form-waiting-390")
	phone.leave()
	if n := count1(t, p, "select count(*) from report"); n != 0 {
		t.Fatalf("%d reports arrived without a network", n)
	}

	l.lose.Store(1)
	l.dead.Store(false)
	first, second := phone.beside("/phan-anh"), phone.beside("/phan-anh")
	first.hurt, second.hurt = true, true
	isCode := regexp.MustCompile(`Theo dõi phản ánh ([0-9A-Z]{4}-[0-9A-Z]{4})`)
	for _, tab := range []*tab{first, second} {
		eventually(t, "the code is shown", liveWithin, func() bool { return isCode.MatchString(tab.text(".kept")) }, tab.body)
	}
	first.pass("form-sent-390")
	code := isCode.FindStringSubmatch(first.text(".kept"))[1]
	var got struct {
		n           int
		code, words string
		late        bool
	}
	if err := db.QueryRow(context.Background(), `select count(*) over (), code, description,
		abs(extract(epoch from now() - received_at)) > 600 or occurred_at is not null and abs(extract(epoch from now() - occurred_at)) > 600 from report`).
		Scan(&got.n, &got.code, &got.words, &got.late); err != nil {
		t.Fatal(err)
	}
	if got.n != 1 || got.code != code || got.words != words || got.late {
		t.Errorf("stored %+v, want one report %s with the words and with the server's time", got, code)
	}
	if n := l.posts.Load(); n < 2 {
		t.Errorf("%d attempts reached the server, want that the one whose answer was lost was made again", n)
	}
	eventually(t, "the photo has followed", liveWithin, func() bool { return strings.Contains(first.text(".kept"), "Đã gửi 1 trong 1 ảnh") }, first.body)
	if n := count1(t, p, "select count(*) from report join photo on report_id = report.id where source = 'form' and of_sender"); n != 1 {
		t.Errorf("%d photos came as the sender's, to a report of the form; want 1", n)
	}
	second.leave()

	// What was told of before is offered, and what the server refuses comes back with nothing lost.
	p.post("/api/v1/reports/"+code+"/acts", map[string]any{"act": "accept", "version": count1(t, p, "select version from report")}, nil)
	var kind string
	var lat, lon float64
	if err := db.QueryRow(context.Background(), "select category, lat, lon from report").Scan(&kind, &lat, &lon); err != nil {
		t.Fatal(err)
	}
	for range disclosure.Few - 1 { // of fewer, nobody is told the commune
		var other struct{ Code string }
		p.post("/api/v1/reports", map[string]any{"category": kind, "description": "Rác", "location": map[string]float64{"lat": lat, "lon": lon}}, &other)
		p.post("/api/v1/reports/"+other.Code+"/acts", map[string]any{"act": "accept", "version": 1}, nil)
	}
	eventually(t, "they have left for everybody", liveWithin, func() bool {
		return count1(t, p, "select count(*) from public_record where is_open and cardinality(path) = 3") == disclosure.Few
	}, nil)
	first.tabTo("#to-khai input[type=radio]")
	first.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
	first.stepTo("Chuyện thế nào?")
	first.tabTo("#noi-dung-pa")
	first.write("Rác vẫn còn đó.")
	first.stepTo("Ở đâu?")
	first.tabTo("#xa")
	first.press("ArrowDown", "ArrowDown", "ArrowDown")
	eventually(t, "the earlier report is offered", shownWithin, func() bool { return strings.Contains(first.text(".nearby"), "theo dõi "+code) }, first.body)
	first.tabTo("#lien-he-phone")
	first.write("0905")
	first.tabTo("#to-khai button[type=submit]")
	first.press("Enter")
	eventually(t, "the number is refused", liveWithin, func() bool {
		return strings.Contains(first.text("#to-khai .wrong"), "Số điện thoại không đúng")
	}, first.body)
	if !first.focused("#lien-he-phone") {
		t.Error("the field that is wrong has not got the focus")
	}
	first.pass("form-refused-390")
	first.write(" 111 222")
	first.tabTo("#to-khai button[type=submit]")
	first.press("Enter")
	eventually(t, "the second report has arrived", liveWithin, func() bool { return first.text(".outcome .code") != "" }, first.body)
	first.pass("form-done-390")
	if n := count1(t, p, "select count(*) from report where has_contact and description = 'Rác vẫn còn đó.'"); n != 1 {
		t.Errorf("%d reports with the mended number, want 1", n)
	}
}

// count1 asks the database for one number.
func count1(t testing.TB, p *province, query string) (n int) {
	t.Helper()
	if err := p.database().QueryRow(context.Background(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// photograph is a file with a large picture in it.
func photograph(t testing.TB) string {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 2400, 1800))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * i >> 7)
	}
	picture.Set(0, 0, color.White)
	path := filepath.Join(t.TempDir(), "anh.png")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(fmt.Errorf("draw %s: %w", path, err))
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// leave closes the page; what its browser keeps stays for the tabs beside it.
func (g *tab) leave() {
	g.t.Helper()
	g.do("leave", nil, nil)
}
