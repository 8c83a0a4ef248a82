package door_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
)

// roads are two listeners of one application: one whose connections answer plain requests themselves, and one of the HTTP
// server alone.
type roads struct {
	quick, usual string
	app          *fiber.App
	frame        *door.Frame
	routed       chan string // paths that reached the routes
}

func newRoads(t testing.TB, trusted ...netip.Prefix) *roads {
	t.Helper()
	frame := door.New(door.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now, Trusted: trusted})
	body := bytes.Repeat([]byte("<p>Trang công khai của tỉnh</p>\n"), 500)
	page := door.Prepare(door.Content{
		Body: body, Type: "text/html; charset=utf-8", Cache: door.CacheAsk, Vary: "Cookie",
		Headers: [][2]string{{fiber.HeaderContentSecurityPolicy, door.PagePolicy(body)}},
	})
	tiny := door.Prepare(door.Content{Body: []byte("x"), Type: "text/plain", Cache: door.CacheForever})
	frame.Prepared(func(path, cookies []byte) *door.Prepared {
		switch {
		case string(path) == "/" && len(cookies) == 0:
			return page
		case string(path) == "/tiny":
			return tiny
		}
		return nil
	})
	r := &roads{app: fiber.New(frame.AppConfig()), frame: frame, routed: make(chan string, 4096)}
	frame.Install(r.app)
	r.app.All("/*", func(c *fiber.Ctx) error {
		select {
		case r.routed <- c.Path():
		default:
		}
		return c.SendString(c.Method() + " " + c.OriginalURL() + " " + string(c.Body()))
	})
	r.app.Handler()
	listen := func(wrap func(net.Listener) net.Listener) string {
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = r.app.Server().Serve(wrap(l)) }()
		return l.Addr().String()
	}
	r.quick, r.usual = listen(frame.Quick), listen(func(l net.Listener) net.Listener { return l })
	t.Cleanup(func() { _ = r.app.Shutdown() })
	return r
}

// dial connects until the test ends, or for as long as a test may wait.
func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address) //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// answers sends bytes in pieces, closes its side, and tells every answer in words: status, headers, body.
func answers(t testing.TB, address string, pieces ...string) []string {
	t.Helper()
	conn := dial(t, address)
	defer func() { _ = conn.Close() }()
	for _, piece := range pieces {
		if _, err := io.WriteString(conn, piece); err != nil {
			break // refused before it was whole
		}
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	raw, _ := io.ReadAll(conn) // whoever sends more than is read is reset
	methods := strings.Join(pieces, "")
	var told []string
	for r := bufio.NewReader(bytes.NewReader(raw)); ; {
		method := http.MethodGet
		if strings.HasPrefix(methods, "HEAD") {
			method = http.MethodHead
		}
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return told
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		for _, drawn := range []string{"Date", "X-Request-Id"} {
			if resp.Header.Get(drawn) != "" {
				resp.Header.Set(drawn, "one")
			}
		}
		if resp.StatusCode >= http.StatusBadRequest {
			body = nil // it tells its own id
			resp.ContentLength = 0
			resp.Header.Del("Content-Length")
		}
		told = append(told, fmt.Sprint(resp.StatusCode, resp.Proto, resp.ContentLength, maps.Clone(resp.Header), string(body)))
	}
}

// get is a request as a browser sends it.
func get(path string, headers ...string) string {
	var b strings.Builder
	b.WriteString("GET " + path + " HTTP/1.1\r\nHost: example.test\r\n")
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

// requests are plain, odd and hostile ones.
func requests() []string {
	list := []string{
		get("/"), get("/tiny"), get("/other"), get("/?a=1"), get("//"), get("/./"), get("/%2f"), get("/tiny/"), get("/tiny#x"),
		"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost::A\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a:8080\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / HTTP/1.1\r\nHost: 1.2.3.4\r\n\r\n", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n",
		"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "get / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET http://example.test/ HTTP/1.1\r\nHost: example.test\r\n\r\n", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "\r\n" + get("/"),
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/"),
		"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + fmt.Sprint(len(get("/"))) + "\r\n\r\n" + get("/") + get("/tiny"),
		"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + get("/"),
		get("/", "Content-Length: 5") + "abcde" + get("/tiny"), get("/", "Content-Length: 0"), get("/", "Content-Length: 1", "Transfer-Encoding: chunked") + "0\r\n\r\n",
		get("/", "Expect: 100-continue"), get("/", "Upgrade: websocket", "Connection: Upgrade"), get("/", "Connection: close") + get("/"),
		get("/", "Connection: keep-alive") + get("/tiny"), get("/", "Connection: Keep-Alive, X"), get("/", "Cookie: a=b"), get("/tiny", "Cookie: a=b"),
		get("/", "X-Forwarded-Proto: https"), get("/", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"), get("/", "Range: bytes=0-3"),
		strings.Repeat(get("/"), 9), get("/") + get("/tiny") + get("/other") + get("/") + "HTTP/1.1 garbage", get("/", "A: \x00"), get("/", "A: \x7f"), get("/", "A: tiếng Việt"),
		get("/", "A:\tb"), get("/", "A"), get("/", ": b"), get("/", "A b: c"), get("/", strings.Repeat("n", 60)+": v"), get("/", "X-Request-Id: 0123456789abcdef"),
		get("/", "A: "+strings.Repeat("v", 20<<10)), get("/") + strings.Repeat("x", 20<<10), "GET / HT", "G", get("/")[:30],
	}
	for _, accept := range []string{
		"gzip", "br", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd", "gzip;q=0", "gzip;q=0, br;q=0", "br;q=0.5, gzip;q=1", "*", "*;q=0",
		"identity", "GZIP", "gzip;q=x", "gzip, br;q=0", "", "  gzip  ", "deflate",
	} {
		list = append(list, get("/", "Accept-Encoding: "+accept), get("/tiny", "accept-encoding: "+accept), get("/", "Accept-Encoding: "+accept, "If-None-Match: *"))
	}
	return append(list, get("/", "Accept-Encoding: gzip", "Accept-Encoding: br"), get("/", `If-None-Match: "x"`), get("/", `If-None-Match: "x", *`), get("/", `If-None-Match: *`, `If-None-Match: "x"`))
}

func TestBothRoadsAnswerAlike(t *testing.T) {
	t.Parallel()
	for name, trusted := range map[string][]netip.Prefix{"stranger": nil, "proxy": {netip.MustParsePrefix("127.0.0.0/8")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoads(t, trusted...)
			etag := ""
			for line := range strings.SplitSeq(fmt.Sprint(answers(t, r.usual, get("/", "Accept-Encoding: gzip"))), "Etag:[") {
				etag, _, _ = strings.Cut(line, "]")
			}
			list := append(requests(), get("/", "If-None-Match: "+etag), get("/", "If-None-Match: W/"+etag, "Accept-Encoding: br"), get("/", `If-None-Match: "a", `+etag+`, "b"`))
			for _, text := range list {
				usual := answers(t, r.usual, text)
				if quick := answers(t, r.quick, text); fmt.Sprint(quick) != fmt.Sprint(usual) {
					t.Errorf("%.200q:\nquick %.900q\nusual %.900q", text, quick, usual)
				}
				half := len(text) / 2
				if pieces := answers(t, r.quick, text[:half], text[half:]); fmt.Sprint(pieces) != fmt.Sprint(usual) {
					t.Errorf("%.200q in pieces:\nquick %.900q\nusual %.900q", text, pieces, usual)
				}
			}
		})
	}
}

func FuzzBothRoadsAnswerAlike(f *testing.F) {
	for _, text := range requests() {
		f.Add(text)
	}
	r := newRoads(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 64<<10 {
			t.Skip()
		}
		usual := answers(t, r.usual, text)
		if quick := answers(t, r.quick, text); fmt.Sprint(quick) != fmt.Sprint(usual) {
			t.Errorf("%.300q:\nquick %.900q\nusual %.900q", text, quick, usual)
		}
	})
}

func TestPagesNeverReachTheRoutes(t *testing.T) {
	t.Parallel()
	r := newRoads(t)
	if n := len(answers(t, r.quick, strings.Repeat(get("/"), 20)+get("/other"))); n != 21 {
		t.Fatalf("%d answers, want 21", n)
	}
	if path := <-r.routed; path != "/other" || len(r.routed) > 0 {
		t.Errorf("routes saw %q and %d more, want /other alone", path, len(r.routed))
	}
}

func TestAConnectionGoesToAndFroBetweenBothRoads(t *testing.T) {
	t.Parallel()
	r := newRoads(t)
	conn := dial(t, r.quick)
	in := bufio.NewReader(conn)
	body := "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + fmt.Sprint(len(get("/"))) + "\r\n\r\n" + get("/")
	for range 5 {
		for _, text := range []string{get("/tiny"), body, get("/tiny"), get("/tiny"), get("/tiny"), get("/tiny"), get("/tiny"), get("/other")} {
			_, _ = io.WriteString(conn, text)
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			want := map[string]string{get("/tiny"): "x", body: "POST /x " + get("/"), get("/other"): "GET /other "}[text]
			if string(got) != want {
				t.Fatalf("%q is answered %q, want %q", text, got, want)
			}
		}
	}
}

// TestAStopClosesWhoeverIsIdle has readers of both roads, all at rest.
func TestAStopClosesWhoeverIsIdle(t *testing.T) {
	t.Parallel()
	r := newRoads(t)
	var conns []net.Conn
	for i := range 8 {
		conn := dial(t, r.quick)
		in := bufio.NewReader(conn)
		for range i {
			_, _ = io.WriteString(conn, get("/other")+get("/tiny"))
			for range 2 {
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
			}
		}
		if i > 0 { // who has asked for nothing yet is waited for a little
			conns = append(conns, conn)
		} else {
			_ = conn.Close()
		}
	}
	if err := r.app.ShutdownWithTimeout(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	for _, conn := range conns {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("a reader is still connected after the stop")
		}
		_ = conn.Close()
	}
}

// TestASlowReaderGetsAllOfManyAnswers asks for more at once than sockets hold.
func TestASlowReaderGetsAllOfManyAnswers(t *testing.T) {
	t.Parallel()
	r := newRoads(t)
	conn := dial(t, r.quick)
	const many = 2000
	go func() { _, _ = io.WriteString(conn, strings.Repeat(get("/"), many)) }()
	in := bufio.NewReader(conn)
	for i := range many {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if n, _ := io.Copy(io.Discard, resp.Body); n != resp.ContentLength {
			t.Fatalf("answer %d has %d of %d bytes", i, n, resp.ContentLength)
		}
	}
}

// BenchmarkPage shows that what a reader costs does not depend on how much the page was made of.
func BenchmarkPage(b *testing.B) {
	for _, lines := range []int{10, 1000, 100000} {
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			frame := door.New(door.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now})
			p := door.Prepare(door.Content{Body: bytes.Repeat([]byte("<p>một dòng</p>\n"), lines), Type: "text/html", Cache: door.CacheAsk})
			app := fiber.New(frame.AppConfig())
			frame.Prepared(func(_, _ []byte) *door.Prepared { return p })
			frame.Install(app)
			l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a benchmark
			if err != nil {
				b.Fatal(err)
			}
			go func() { _ = app.Server().Serve(frame.Quick(l)) }()
			defer func() { _ = app.Shutdown() }()
			conn := dial(b, l.Addr().String())
			_ = conn.SetDeadline(time.Time{})
			text, buffer := get("/", "If-None-Match: \""+p.Mark()+"\""), make([]byte, 4<<10)
			for b.Loop() {
				_, _ = io.WriteString(conn, text)
				if n, err := conn.Read(buffer); err != nil || !bytes.HasPrefix(buffer[:n], []byte("HTTP/1.1 304")) {
					b.Fatalf("%q, %v", buffer[:n], err)
				}
			}
		})
	}
}
