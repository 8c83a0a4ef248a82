package public_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/disclosing/telltest"
	"toancanh/server/door"
	"toancanh/server/dti"
	"toancanh/server/embedded/testpg"
	"toancanh/server/follow"
	"toancanh/server/intake"
	"toancanh/server/mail"
	"toancanh/server/public"
	"toancanh/server/report"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// house is the pages on a loopback address with a real intake and a database behind them.
type house struct {
	t      *testing.T
	base   string
	db     testpg.DB
	store  *store.Store
	intake *intake.Intake
	site   *public.Site
	reader *store.PublicStore
	broken atomic.Bool // the projection cannot be read
	storms chan struct{}
	mails  *mail.Desk
	ahead  atomic.Int64 // how far the follow desk's clock is ahead, in nanoseconds
}

// now is the clock of those who follow reports.
func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// openData is what the page about open data tells in this house.
func openData() public.OpenData {
	return public.OpenData{
		Base: "/api/open/v1/", Licence: "CC-BY-4.0", URL: "https://example.org/by", PerMinute: 600, CostlyPerMinute: 30,
		Sets: []public.OpenSet{{ID: "results", Title: [2]string{"Kết quả", "Results"}, Text: [2]string{"Đã xử lý.", "What was done."}, Formats: []string{"json", "csv"}}},
	}
}

func receipts() *auth.Receipts { return auth.NewReceipts(bytes.Repeat([]byte{5}, 32)) }

// pictures reads the projection as the public role, unless it is broken.
type pictures struct {
	*store.PublicStore
	broken *atomic.Bool
}

var errBroken = errors.New("the database is away")

func (p pictures) Picture(ctx context.Context, division string) (store.PublicPicture, error) {
	if p.broken.Load() {
		return store.PublicPicture{}, errBroken
	}
	return p.PublicStore.Picture(ctx, division)
}

func newHouse(t *testing.T, change ...func(*public.Config)) *house {
	t.Helper()
	h := &house{t: t, db: testpg.New(t), storms: make(chan struct{}, 10)}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	h.store, err = store.Open(t.Context(), h.db.DSN(testpg.App), store.Sizes{Write: 3, Read: 2})
	must(t, err)
	t.Cleanup(h.store.Close)
	_, err = h.store.Born(t.Context(), "simulated")
	must(t, err)
	reader, err := store.OpenPublic(t.Context(), h.db.DSN(testpg.Public))
	must(t, err)
	t.Cleanup(reader.Close)
	h.reader = reader
	atlas, err := sampleAtlas()
	must(t, err)
	rules, _, err := report.Load(sample.Files(), zone)
	must(t, err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	h.intake, err = intake.New(intake.Config{
		Store: h.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Simulated,
		Location: zone, Now: h.now, Wake: func() {}, Log: log, Shelf: newShelf(t, h.store, sealer),
	})
	must(t, err)
	background(t, h.intake.Run)
	telltest.Keep(t, h.store, atlas.Tree, time.Now)
	frame := door.New(door.Config{Log: log, Now: time.Now})
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	h.mails, err = mail.New(mail.Config{Store: h.store, Sealer: sealer, Now: time.Now, Log: log})
	must(t, err)
	published, err := dti.Load(sample.Files())
	must(t, err)
	c := public.Config{
		DTI:   published,
		Mails: h.mails,
		Frame: frame, Pictures: pictures{reader, &h.broken}, Intake: h.intake, Atlas: atlas, Rules: rules,
		Location: zone, Now: time.Now, Log: log, Division: "vn-2022", Title: "Trung tâm Giám sát, điều hành thông minh",
		Origin: report.Simulated, Sample: true, Storm: func() { h.storms <- struct{}{} }, Faces: faces(), Photos: h.intake,
		Receipts: receipts(), OpenData: openData(), PushKey: "BPsubscribersAskTheirBrowserWithThis",
		Follow: follow.New(follow.Config{Store: h.store, Actor: h.intake, Receipts: receipts(), Mails: h.mails, Location: zone, Now: h.now, Photos: true}),
	}
	for _, f := range change {
		f(&c)
	}
	h.site, err = public.New(c)
	must(t, err)
	h.site.Routes(app)
	background(t, h.site.Run)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.ShutdownWithTimeout(5 * time.Second); <-ended })
	h.base = "http://" + listener.Addr().String()
	h.wait(func() bool { return h.get("/", nil).status == 200 })
	return h
}

// background runs until the test ends, and waits for the end.
func background(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

func faces() fs.FS {
	script := strings.Repeat("console.log('wall');", 100)
	return fstest.MapFS{
		"wall.html":                     {Data: []byte("<!doctype html><title>wall</title>")},
		"console.html":                  {Data: []byte("<!doctype html><title>console</title>")},
		"wall-worker.js":                {Data: []byte("self.skipWaiting()")},
		"assets/wall-AbCd1234.js":       {Data: []byte(script)},
		"assets/wall-AbCd1234.js.br":    {Data: []byte("brotli twin")},
		"assets/wall-AbCd1234.js.gz":    {Data: []byte("gzip twin")},
		"assets/icon-AbCd1234.svg":      {Data: []byte("<svg/>")},
		"assets/plain.svg":              {Data: []byte("<svg/>")},
		"assets/fonts/x-AbCd1234.woff2": {Data: []byte("font")},
	}
}

// sampleAtlas is drawn once; it does not change.
var sampleAtlas = sync.OnceValues(area.Sample)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wait polls until ok, or fails after a deadline far beyond any promise.
func (h *house) wait(ok func() bool) {
	h.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			h.t.Fatal("waited 20 s in vain")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second,
}

func (h *house) get(path string, header map[string]string) answer {
	h.t.Helper()
	return h.send("GET", path, nil, header)
}

func (h *house) send(method, path string, form url.Values, header map[string]string) answer {
	h.t.Helper()
	if form == nil {
		return h.do(method, path, nil, header)
	}
	all := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	maps.Copy(all, header)
	return h.do(method, path, []byte(form.Encode()), all)
}

func (h *house) do(method, path string, body []byte, header map[string]string) answer {
	h.t.Helper()
	req, err := http.NewRequest(method, h.base+path, bytes.NewReader(body))
	must(h.t, err)
	for name, text := range header {
		if name == "Host" {
			req.Host = text
			continue
		}
		req.Header.Set(name, text)
	}
	res, err := client.Do(req)
	must(h.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(h.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

// raw writes a request as it is and reads whatever comes until the connection ends.
func (h *house) raw(text string) string {
	h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.base, "http://"))
	must(h.t, err)
	defer conn.Close()
	must(h.t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Write([]byte(text))
	must(h.t, err)
	var out bytes.Buffer
	_, _ = io.Copy(&out, conn)
	return out.String()
}

// publish sends a report through its whole life to a published result, and returns its code.
func (h *house) publish(text string) string {
	h.t.Helper()
	code := h.report(report.Point{Lat: 12.007, Lon: 107.696})
	for _, act := range []report.Act{
		{Name: report.Accept}, {Name: report.Assign, Unit: "so-tnmt"}, {Name: report.Resolve, Text: "nội bộ"}, {Name: report.Publish, Text: text},
	} {
		h.act(code, act)
	}
	return code
}

func (h *house) report(at report.Point) string {
	h.t.Helper()
	raw, _, err := h.intake.AcceptReport(h.t.Context(), intake.Submission{
		Draft: report.Draft{Category: "MT", Description: "Lời kể riêng của người gửi", Location: at, Source: report.FromAPI},
	})
	must(h.t, err)
	_, rest, _ := strings.Cut(string(raw), `"code":"`)
	return rest[:9]
}

func (h *house) act(code string, act report.Act) {
	h.t.Helper()
	act.Actor = "test"
	_, err := h.intake.Act(h.t.Context(), code, act)
	must(h.t, err)
}

func gunzip(t *testing.T, body string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(body))
	must(t, err)
	raw, err := io.ReadAll(r)
	must(t, err)
	return string(raw)
}
