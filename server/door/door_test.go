package door_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"toancanh/server/door"
)

// request is a request from an address with headers, as fasthttp hands it on.
func request(remote string, headers ...string) *fasthttp.RequestCtx {
	var req fasthttp.Request
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	var ctx fasthttp.RequestCtx
	ctx.Init(&req, &net.TCPAddr{IP: net.ParseIP(remote), Port: 9}, nil)
	return &ctx
}

func frame(trusted ...string) *door.Frame {
	c := door.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now}
	for _, p := range trusted {
		c.Trusted = append(c.Trusted, netip.MustParsePrefix(p))
	}
	return door.New(c)
}

func TestTheCallerIsTheLastHopNobodyTrusts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, remote string
		forwarded    []string // a line of the header each
		want         string
	}{
		{"no proxy", "203.0.113.7", nil, "203.0.113.7"},
		{"a header nobody may send", "203.0.113.7", []string{"198.51.100.1"}, "203.0.113.7"},
		{"one proxy", "10.0.0.1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a forged hop before it", "10.0.0.1", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"a forged line before it", "10.0.0.1", []string{"127.0.0.1", "198.51.100.1"}, "198.51.100.1"},
		{"an empty line before it", "10.0.0.1", []string{"", "198.51.100.1"}, "198.51.100.1"},
		{"a line of each of two proxies", "10.0.0.1", []string{"1.1.1.1", "198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1", []string{"1.1.1.1, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"rubbish", "10.0.0.1", []string{"198.51.100.1, x"}, "10.0.0.1"},
		{"IPv4 in IPv6", "::ffff:10.0.0.1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"nothing from the proxy", "10.0.0.1", []string{""}, "10.0.0.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, line := range tc.forwarded {
				lines = append(lines, "X-Forwarded-For", line)
			}
			got := frame("10.0.0.0/8").Caller(request(tc.remote, lines...))
			if got.String() != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestOnlyThisMachinesOwnUserIsLoopback(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, remote string
		headers      []string
		trusted      string
		want         bool
	}{
		{"by address", "127.0.0.1", []string{"Host", "127.0.0.1:8080"}, "", true},
		{"by name", "127.0.0.1", []string{"Host", "localhost:8080"}, "", true},
		{"IPv6", "::1", []string{"Host", "[::1]:8080"}, "", true},
		{"another machine", "203.0.113.7", []string{"Host", "localhost"}, "", false},
		{"a name pointed here", "127.0.0.1", []string{"Host", "evil.example"}, "", false},
		{"no name", "127.0.0.1", nil, "", false},
		{"a proxy nobody told of", "127.0.0.1", []string{"Host", "localhost", "X-Forwarded-For", "203.0.113.7"}, "", false},
		{"a proxy nobody told of, below an empty line", "127.0.0.1", []string{"Host", "localhost", "X-Forwarded-For", "", "X-Forwarded-For", "203.0.113.7"}, "", false},
		{"a known proxy", "127.0.0.1", []string{"Host", "localhost", "X-Forwarded-For", "203.0.113.7"}, "127.0.0.1/32", false},
		{"a known proxy below a forged line", "127.0.0.1", []string{"Host", "localhost", "X-Forwarded-For", "127.0.0.1", "X-Forwarded-For", "203.0.113.7"}, "127.0.0.1/32", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := frame()
			if tc.trusted != "" {
				f = frame(tc.trusted)
			}
			if got := f.Loopback(request(tc.remote, tc.headers...)); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}

func TestHTTPSIsBelievedFromProxiesOnly(t *testing.T) {
	t.Parallel()
	if frame().HTTPS(request("203.0.113.7", "X-Forwarded-Proto", "https")) {
		t.Error("a stranger's word was believed")
	}
	if !frame("10.0.0.0/8").HTTPS(request("10.0.0.1", "X-Forwarded-Proto", "https")) {
		t.Error("the proxy's word was not believed")
	}
}

func TestAPolicyNamesEveryInlineStyle(t *testing.T) {
	t.Parallel()
	policy := door.PagePolicy([]byte("<style>a{}</style><p><style>b{}</style>"))
	if strings.Count(policy, "'sha256-") != 2 || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
}

func BenchmarkServePreparedGzip(b *testing.B) { serve(b, "gzip", "") }

func BenchmarkServeNotModified(b *testing.B) { serve(b, "gzip", "held") }

func serve(b *testing.B, accept, held string) {
	b.Helper()
	var body strings.Builder
	for i := range 400 {
		fmt.Fprintf(&body, "<tr><td>Xã số %d<td>%d", i, i*7919)
	}
	p := door.Prepare(door.Content{Body: []byte(body.String()), Type: "text/html; charset=utf-8", Cache: door.CacheAsk})
	ctx := request("127.0.0.1", "Accept-Encoding", accept)
	if held != "" {
		ctx.Request.Header.Set("If-None-Match", `"`+p.Mark()+`"`)
	}
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		p.Serve(ctx)
	}
}
